"""The self-checks of notebook 02, beyond the answers of test_exercises.py."""

import numpy as np
import pytest

from clr_utils import policies
from clr_utils.exercises import NotYet, nb02


def rule(n, base_lr, max_lr, s, *, cycle_of, distance=abs, height=lambda x: max(0, 1 - x), foot=1):
    x = distance(n / s - 2 * cycle_of(n, s) - 1)
    return foot * base_lr + (max_lr - base_lr) * height(x)


def from_zero(n, s):
    return n // (2 * s)


def variant(**changes):
    return lambda n, base_lr, max_lr, s: rule(n, base_lr, max_lr, s, **{"cycle_of": from_zero, **changes})


def shifted(by):
    return lambda n, base_lr, max_lr, s: variant()(n + by, base_lr, max_lr, s)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda n, base_lr, max_lr, s: "0.002", "one finite number"),
        (variant(cycle_of=lambda n, s: n // (2 * s) - 1), "off-by-one in the cycle"),
        (lambda n, *settings: shifted(0)(abs(n - 1), *settings), "an update too late"),
        (variant(height=lambda x: x), "upside down"),
        (lambda n, base_lr, max_lr, s: variant()(n, base_lr, max_lr, 2 * s), "at iteration s"),
        (policies.hann, "wrong between them, first at iteration 1"),
        (lambda n, base_lr, max_lr, s: variant()(n, base_lr, max_lr, 10), "fixed in your code"),
        (lambda n, base_lr, max_lr, s: base_lr + 0.001 * (n % 7), "at iteration s"),
        (lambda n, base_lr, max_lr, s: base_lr + 0.001 * (1 + n % 7), "at iteration 0"),
    ],
)
def test_triangular_hints(answer, hint):
    with pytest.raises(NotYet, match=hint):
        nb02.check_triangular(answer)


def test_triangular_another_solution():
    nb02.check_triangular(policies.triangular)


def counting(count):
    """A training whose update `batch` of `epoch` gets the rate of iteration `count(...)`."""

    def training_rates(epochs, iter_per_epoch, base_lr, max_lr, step_size):
        counts = [count(epoch, batch, iter_per_epoch) for epoch in range(epochs) for batch in range(iter_per_epoch)]
        return policies.triangular(np.array(counts, dtype=float), base_lr, max_lr, step_size)

    return training_rates


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda *settings: None, "returned None"),
        (counting(lambda epoch, batch, per_epoch: max(epoch * per_epoch + batch - 1, 0)), "off by one update"),
        (counting(lambda epoch, batch, per_epoch: 2 * (epoch * per_epoch + batch)), r"update 1 \(counted from 0\)"),
    ],
)
def test_training_rates_hints(answer, hint):
    with pytest.raises(NotYet, match=hint):
        nb02.check_training_rates(answer)


@pytest.mark.parametrize(
    ("step_size", "epochs", "hint"),
    [
        (None, 12, "missing"),
        (58, ..., "epochs is missing"),
        (58, -12, "whole number"),
        (319, 66, "the advice is 2 to 10 epochs a step, and here it is 11"),
    ],
)
def test_plan_hints(step_size, epochs, hint):
    with pytest.raises(NotYet, match=hint):
        nb02.check_plan(step_size, epochs)


@pytest.mark.parametrize(("step_size", "epochs"), [(58, 12), (87, 18), (290.0, 60)])
def test_plan_solutions(step_size, epochs):
    nb02.check_plan(step_size, epochs)
