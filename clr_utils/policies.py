"""Cyclical learning-rate policies as pure functions: iteration in, learning rate out.

An iteration is one update of the weights, counted from 0: `triangular(0, ...)` is the rate of the first update.
Every policy takes an integer, a NumPy array or a Keras tensor of iterations, of any shape, and returns rates of
that shape: float64 for integers and arrays, float32 for tensors. Iterations are reduced by integer arithmetic
before they become floating-point numbers, so that rates stay right in long runs. Negative iterations raise
ValueError; in a tensor, where a compiled function could not raise, they get the rate of iteration 0.

Sources: Smith 2017 (arXiv:1506.01186) and Alyafi et al. 2018, eq. (1) to (5). The equations' 1 - x is `height`
in the code: 0 at the ends of a cycle, 1 at its peak.
"""

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from clr_utils import arguments
from clr_utils.cycles import counts, half_lengths, start_iteration


class Place(NamedTuple):
    """Where iterations lie, for bounds base_lr and max_lr: updates since the start, cycle from 0, height 0 to 1."""

    xp: Any
    count: Any
    cycle: Any
    height: Any
    base_lr: float
    max_lr: float

    def rate(self, height):
        """The rate at a height between the bounds: exactly base_lr at 0 and max_lr at 1."""
        return self.base_lr * (1 - height) + self.max_lr * height


def locate(iteration, base_lr, max_lr, step_size, step_size_down=None, start_lr_policy=0):
    """The `Place` of iterations in cycles of step_size iterations up and step_size_down down.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
    """
    base_lr, max_lr = arguments.bounds(base_lr, max_lr)
    up, down = half_lengths(step_size, step_size_down)
    start = start_iteration(start_lr_policy)
    numbers = counts(iteration, start)
    xp, n = numbers
    done = n % (up + down)
    rising, falling = numbers.real(done) / up, numbers.real(up + down - done) / down
    cycle = numbers.real(n // (up + down))
    return Place(xp, numbers.real(n), cycle, xp.minimum(rising, falling), base_lr, max_lr)


def triangular(iteration, base_lr, max_lr, step_size, *, step_size_down=None, start_lr_policy=0):
    """The triangular policy: up from base_lr to max_lr in step_size iterations, and down again.

    lr = base_lr + (max_lr - base_lr) * max(0, 1 - x),  x = abs(iteration / step_size - 2 * cycle + 1),
    cycle = floor(1 + iteration / (2 * step_size)).  (Smith 2017, section 3.1; Alyafi 2018, eq. 1 to 3)

    Args:
        iteration: Updates done so far, 0 or more; an integer, array or tensor.
        base_lr, max_lr: Lower and upper bound of the rate, 0 <= base_lr < max_lr.
        step_size: Iterations in the rising half of a cycle, a whole number of 1 or more.
        step_size_down: Iterations in the falling half; as many as step_size unless given.
        start_lr_policy: Iteration at which the first cycle starts; before it the rate is base_lr
            (Smith 2017, Appendix A).

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
    """
    at = locate(iteration, base_lr, max_lr, step_size, step_size_down, start_lr_policy)
    return at.rate(at.height)


def triangular2(iteration, base_lr, max_lr, step_size, *, step_size_down=None, start_lr_policy=0):
    """The triangular2 policy: triangular, with the difference max_lr - base_lr halved after each cycle.

    lr = base_lr + (max_lr - base_lr) * max(0, 1 - x) / 2**(cycle - 1).  (Alyafi 2018, eq. 4)
    Arguments and errors as for `triangular`.
    """
    at = locate(iteration, base_lr, max_lr, step_size, step_size_down, start_lr_policy)
    return at.rate(at.height * at.xp.exp2(-at.cycle))


def exp_range(
    iteration, base_lr, max_lr, step_size, gamma, *, decay="amplitude", step_size_down=None, start_lr_policy=0
):
    """The exp_range policy: triangular, declining by a factor gamma at each iteration.

    decay="amplitude": lr = base_lr + (max_lr - base_lr) * max(0, 1 - x) * gamma**iteration, so base_lr stays
    (Alyafi 2018, eq. 5). decay="bounds": lr = triangular * gamma**iteration, so both bounds decline (the words
    of Smith 2017, section 3.1). The exponent counts iterations since start_lr_policy, over all cycles.

    Args:
        gamma: Factor per iteration, 0 < gamma <= 1.
        decay: "amplitude" or "bounds", the two readings.

    Other arguments and errors as for `triangular`.
    """
    gamma = arguments.number("gamma", gamma, above=0, maximum=1)
    arguments.one_of("decay", decay, ("amplitude", "bounds"))
    at = locate(iteration, base_lr, max_lr, step_size, step_size_down, start_lr_policy)
    scale = at.xp.exp(at.count * math.log(gamma))
    return at.rate(at.height * scale) if decay == "amplitude" else at.rate(at.height) * scale


def modified_triangular2(iteration, base_lr, max_lr, step_size, *, step_size_down=None, start_lr_policy=0):
    """The modified triangular2 policy: triangular, with both bounds halved after each cycle.

    lr = triangular / 2**(cycle - 1). The slides of Chopade et al. 2021 use the name and do not define it: this is our
    reading.
    Arguments and errors as for `triangular`.
    """
    at = locate(iteration, base_lr, max_lr, step_size, step_size_down, start_lr_policy)
    return at.rate(at.height) * at.xp.exp2(-at.cycle)


def welch(iteration, base_lr, max_lr, step_size, *, step_size_down=None, start_lr_policy=0):
    """The triangular policy with a parabolic (Welch) window: 1 - x**2 in place of 1 - x (Smith 2017, section 3.1).

    Arguments and errors as for `triangular`.
    """
    at = locate(iteration, base_lr, max_lr, step_size, step_size_down, start_lr_policy)
    return at.rate(at.height * (2 - at.height))


def hann(iteration, base_lr, max_lr, step_size, *, step_size_down=None, start_lr_policy=0):
    """The triangular policy with a sinusoidal (Hann) window: (1 + cos(pi * x)) / 2 (Smith 2017, section 3.1).

    Arguments and errors as for `triangular`.
    """
    at = locate(iteration, base_lr, max_lr, step_size, step_size_down, start_lr_policy)
    return at.rate((1 - at.xp.cos(math.pi * at.height)) / 2)


def custom_policy(
    iteration, base_lr, max_lr, step_size, scale_fn, *, scale_mode="cycle", step_size_down=None, start_lr_policy=0
):
    """The triangular policy with a scale of your own for the difference max_lr - base_lr.

    lr = base_lr + (max_lr - base_lr) * max(0, 1 - x) * scale_fn(n), as in the classic Keras callback.

    Args:
        scale_fn: A function of n, in arithmetic that works on floating-point arrays and tensors.
        scale_mode: "cycle": n is the cycle, counted from 1; "iterations": n counts iterations from 0, since
            start_lr_policy.

    Other arguments and errors as for `triangular`.
    """
    if not callable(scale_fn):
        raise TypeError(f"scale_fn must be a function of one number; it is {scale_fn!r}")
    arguments.one_of("scale_mode", scale_mode, ("cycle", "iterations"))
    at = locate(iteration, base_lr, max_lr, step_size, step_size_down, start_lr_policy)
    return at.rate(at.height * scale_fn(at.cycle + 1 if scale_mode == "cycle" else at.count))


class Stage(NamedTuple):
    """One row of a staged schedule: cyclical bounds from iteration `start` up to, not including, `max_iter`."""

    base_lr: float
    max_lr: float
    step_size: int
    start: int
    max_iter: int


SMITH_TABLE_2 = (
    Stage(0.001, 0.005, 2_000, 0, 16_000),
    Stage(0.0001, 0.0005, 1_000, 16_000, 22_000),
    Stage(0.00001, 0.00005, 500, 22_000, 25_000),
)


def staged(iteration, stages=SMITH_TABLE_2, policy=triangular2):
    """A staged schedule: each stage runs `policy` in its own bounds, its first cycle beginning at its start.

    After the last stage's max_iter its policy goes on. The default is Table 2 of Smith 2017, whose CIFAR-10 run
    section 4.1.1 calls triangular2 (and section 3.1 triangular).

    Args:
        iteration: Updates done so far, an integer or a NumPy array.
        stages: `Stage` rows, or rows of five numbers in its order, each starting where the one before ended.
        policy: `triangular` or another policy with its arguments.

    Raises:
        TypeError, ValueError: There is no stage, a gap or an overlap, or a row is outside what is allowed.
    """
    if not callable(policy):
        raise TypeError(f"policy must be a function such as clr_utils.triangular; it is {policy!r}")
    table = arguments.numbers("stages", stages)
    if not table.size:
        raise ValueError("stages must have at least one row; it is empty")
    if table.ndim != 2 or table.shape[1] != len(Stage._fields):
        raise ValueError(f"stages must be rows of {', '.join(Stage._fields)}; it has the shape {table.shape}")
    stages = [Stage(*stage) for stage in table.tolist()]
    ends = [0] + [stage.max_iter for stage in stages[:-1]]
    for stage, end in zip(stages, ends, strict=True):
        if stage.start != end or stage.max_iter <= stage.start:
            raise ValueError(f"{stage} must start at {end}, where the one before it ends, and end after its start")
    iteration = arguments.reals("iteration", iteration)
    rates = [policy(iteration, s.base_lr, s.max_lr, s.step_size, start_lr_policy=s.start) for s in stages]
    return np.select([iteration < s.max_iter for s in stages[:-1]] + [iteration >= 0], rates)[()]


POLICIES = {
    "triangular": triangular,
    "triangular2": triangular2,
    "exp_range": exp_range,
    "modified_triangular2": modified_triangular2,
    "welch": welch,
    "hann": hann,
}


def named_policy(
    policy,
    base_lr,
    max_lr,
    step_size,
    *,
    gamma=1.0,
    decay="amplitude",
    step_size_down=None,
    start_lr_policy=0,
    scale_fn=None,
    scale_mode="cycle",
):
    """The function iteration -> rate of a policy given by name, with every argument checked at once.

    `gamma` and `decay` are for exp_range alone; `scale_fn`, where given, replaces the policy's own scale
    (`custom_policy`).

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
    """
    arguments.one_of("policy", policy, tuple(POLICIES))
    arguments.number("gamma", gamma, above=0, maximum=1)
    arguments.one_of("decay", decay, ("amplitude", "bounds"))
    arguments.one_of("scale_mode", scale_mode, ("cycle", "iterations"))
    if policy != "exp_range" and (gamma, decay) != (1, "amplitude"):
        raise ValueError(
            f"gamma and decay are for exp_range; the policy is {policy!r}: leave them out, or write 'exp_range'"
        )
    cycle = {"step_size_down": step_size_down, "start_lr_policy": start_lr_policy}
    locate(0, base_lr, max_lr, step_size, **cycle)
    settings = {"base_lr": base_lr, "max_lr": max_lr, "step_size": step_size, **cycle}
    if scale_fn is not None:
        if not callable(scale_fn):
            raise TypeError(f"scale_fn must be a function of one number; it is {scale_fn!r}")
        return partial(custom_policy, scale_fn=scale_fn, scale_mode=scale_mode, **settings)
    if policy == "exp_range":
        return partial(exp_range, gamma=gamma, decay=decay, **settings)
    return partial(POLICIES[policy], **settings)
