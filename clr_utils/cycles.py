"""Counting: iterations made ready for arithmetic, and how long a cycle should be (Alyafi 2018, eq. 6 and 7)."""

import math
import sys
from typing import Any, NamedTuple

import numpy as np

from clr_utils import arguments

LONGEST_STEP = 2**30 - 1  # a cycle of two such steps can still be counted in the int32 of the JAX backend


class Counts(NamedTuple):
    """Iterations ready for arithmetic: the array module that fits them, and whole numbers of 0 or more."""

    xp: Any
    n: Any

    def real(self, whole_numbers):
        """Floating-point numbers: float64 in NumPy, float32 in tensors."""
        return whole_numbers.astype(np.float64) if self.xp is np else self.xp.cast(whole_numbers, "float32")


def counts(iteration, start=0):
    """`Counts` of the updates done since `start`, none before it; for integers, arrays and tensors.

    Raises:
        TypeError: `iteration` is not numeric.
        ValueError: An iteration in an integer or array is negative, NaN, infinite, or 2**63 or more.
    """
    if _is_tensor(iteration):
        from keras import backend, ops

        n = ops.convert_to_tensor(iteration)
        if backend.is_int_dtype(n.dtype):
            n = ops.cast(n, "int")  # the integers that Keras counts in; int8 would not hold a cycle's length
        return Counts(ops, ops.maximum(n - start, 0))
    n = arguments.reals("iteration", iteration)
    if not ((n >= 0) & (n < 2**63)).all():  # not so for NaN, either
        raise ValueError(f"iteration must be 0 or more (updates are counted from 0), and finite; it is {iteration!r}")
    n = n.astype(np.float64 if n.dtype.kind == "f" else np.int64)
    return Counts(np, np.maximum(n - start, 0)[()])


def half_lengths(step_size, step_size_down=None):
    """The checked numbers of iterations up and down in a cycle; down is as long as up unless given."""
    up = arguments.whole("step_size", step_size, maximum=LONGEST_STEP)
    if step_size_down is None:
        return up, up
    return up, arguments.whole("step_size_down", step_size_down, maximum=LONGEST_STEP)


def start_iteration(start_lr_policy):
    """The checked iteration at which the first cycle starts."""
    return arguments.whole("start_lr_policy", start_lr_policy, minimum=0, maximum=2**31 - 1)


def step_size_for(examples, batch_size, epochs_per_step=2):
    """step_size in iterations: epochs_per_step times the iterations in an epoch.

    iter_per_epoch = examples / batch_size (Alyafi 2018, eq. 6), rounded up as Keras does, because the
    last, partial batch of an epoch is an update too.

    Args:
        examples: Training examples in an epoch (after a validation split).
        batch_size: Examples in a batch.
        epochs_per_step: Epochs in half a cycle; Smith 2017, section 3.2, advises 2 to 10.

    Raises:
        TypeError, ValueError: An argument is not a positive number, or the result is not a whole number.
    """
    examples = arguments.whole("examples", examples, unit="examples")
    batch_size = arguments.whole("batch_size", batch_size, unit="examples")
    epochs = arguments.number("epochs_per_step", epochs_per_step, above=0)
    per_epoch = -(-examples // batch_size)
    step_size = round(per_epoch * epochs)
    if not math.isclose(step_size, per_epoch * epochs):
        raise ValueError(
            f"epochs_per_step ({epochs}) times {per_epoch} iterations an epoch is {per_epoch * epochs}, which is "
            "not a whole number of iterations; choose whole epochs"
        )
    return step_size


def half_cycles(num_epochs, epochs_per_step):
    """steps_num = num_epochs / epochs_per_step: the half cycles in a training (Alyafi 2018, eq. 7).

    Raises:
        TypeError, ValueError: An argument is not a positive number, or steps_num is not an even whole number,
            so that training would not end at the foot of a cycle; the message says which lengths would.
    """
    epochs = arguments.number("num_epochs", num_epochs, above=0)
    per_step = arguments.number("epochs_per_step", epochs_per_step, above=0)
    steps = epochs / per_step
    even = 2 * round(steps / 2)
    if not math.isclose(even, steps):
        shorter = math.floor(steps / 2) * 2 * per_step
        longer = shorter + 2 * per_step
        advice = f"{shorter:g} or {longer:g}" if shorter else f"{longer:g}"
        raise ValueError(
            f"num_epochs / epochs_per_step is {steps:g}; it must be an even whole number, so that training ends at "
            f"the foot of a cycle. Train for {advice} epochs, or choose another epochs_per_step"
        )
    return even


def updates_left(iterations, step_size, step_size_down=None, start_lr_policy=0):
    """Updates still missing to the end of the cycle, 0 when training stopped at its end.

    A training of n updates has applied the rates of the iterations 0 to n - 1. It ends a cycle when iteration
    n, the next one, would begin a new cycle.
    """
    up, down = half_lengths(step_size, step_size_down)
    n = arguments.whole("iterations", iterations, minimum=0)
    start = start_iteration(start_lr_policy)
    return up + down + start - n if n < start else -(n - start) % (up + down)


def _is_tensor(value):
    # A tensor exists only where Keras has been imported; NumPy users never wait for that import.
    if isinstance(value, (int, float, np.ndarray, np.generic)) or "keras" not in sys.modules:
        return False
    import keras

    return keras.ops.is_tensor(value) or isinstance(value, keras.Variable)
