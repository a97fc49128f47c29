"""The policies that cyclical rates are compared with; arguments and results as in `clr_utils.policies`."""

import math

from clr_utils import arguments
from clr_utils.cycles import LONGEST_STEP, counts


def fixed(iteration, lr):
    """A constant rate: lr at every iteration.

    Args:
        iteration: Updates done so far, 0 or more; an integer, array or tensor.
        lr: The rate, 0 or more.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
    """
    lr = arguments.number("lr", lr, minimum=0)
    numbers = counts(iteration)
    return numbers.real(numbers.n) * 0 + lr


def exp_decay(iteration, lr, gamma):
    """Exponential decay, Caffe's `exp`: lr * gamma**iteration (Smith 2017, section 4.1.1), 0 < gamma <= 1.

    Other arguments and errors as for `fixed`.
    """
    lr = arguments.number("lr", lr, minimum=0)
    gamma = arguments.number("gamma", gamma, above=0, maximum=1)
    numbers = counts(iteration)
    return lr * numbers.xp.exp(numbers.real(numbers.n) * math.log(gamma))


def linear_decay(iteration, base_lr, max_lr, step_size):
    """Smith's `decay`: down in a line from max_lr to base_lr over step_size iterations, then base_lr.

    His comparator for CIFAR-10: 0.007 to 0.001 over 4,000 iterations (Smith 2017, section 4.1.1).
    Arguments and errors as for `triangular`.
    """
    base_lr, max_lr = arguments.bounds(base_lr, max_lr)
    step_size = arguments.whole("step_size", step_size, maximum=LONGEST_STEP)
    numbers = counts(iteration)
    done = numbers.real(numbers.xp.minimum(numbers.n, step_size)) / step_size
    return max_lr * (1 - done) + base_lr * done


def time_decay(iteration, lr, decay):
    """The time-based decay of Keras 2's `SGD(lr, decay=decay)`: lr / (1 + decay * iteration), decay >= 0.

    In Keras 3 the same law is `InverseTimeDecay(lr, decay_steps=1, decay_rate=decay)`.
    Other arguments and errors as for `fixed`.
    """
    lr = arguments.number("lr", lr, minimum=0)
    decay = arguments.number("decay", decay, minimum=0)
    numbers = counts(iteration)
    return lr / (1 + decay * numbers.real(numbers.n))
