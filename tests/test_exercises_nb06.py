"""The self-checks of notebook 06: unsolved, wrong and right answers."""

import numpy as np
import pytest
from scipy import stats

from clr_utils.exercises import NotYet
from clr_utils.exercises.nb06 import check_equivalent_steps, check_welch


def steps(decay, updates):
    return sum(1 / (1 + decay * t) for t in range(updates))


def test_equivalent_steps_solved():
    check_equivalent_steps(steps)
    check_equivalent_steps(lambda decay, updates: np.sum(1 / (1 + decay * np.arange(updates))))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda decay, updates: None, "returned None"),
        (lambda decay, updates: sum(1 / (1 + decay * t) for t in range(1, updates + 1)), "not decayed yet"),
        (lambda decay, updates: 0.002 * steps(decay, updates), "steps of the first rate"),
        (lambda decay, updates: sum((1 - decay) ** t for t in range(updates)), "divides by a growing number"),
        (lambda decay, updates: updates / (1 + decay * updates), "by hand"),
    ],
)
def test_equivalent_steps_not_yet(answer, hint):
    with pytest.raises(NotYet, match=hint):
        check_equivalent_steps(answer)


def welch(mean, sd, other_mean, other_sd, n):
    a, b = sd**2 / n, other_sd**2 / n
    half = stats.t.ppf(0.975, (a + b) ** 2 / (a**2 + b**2) * (n - 1)) * np.sqrt(a + b)
    return mean - other_mean - half, mean - other_mean + half


def scaled(factor):
    def interval(mean, sd, other_mean, other_sd, n):
        low, high = welch(mean, sd, other_mean, other_sd, n)
        middle = (low + high) / 2
        return middle - factor(n) * (middle - low), middle + factor(n) * (middle - low)

    return interval


def normal(mean, sd, other_mean, other_sd, n):
    half = 1.96 * np.sqrt((sd**2 + other_sd**2) / n)
    return mean - other_mean - half, mean - other_mean + half


def test_welch_solved():
    check_welch(welch)
    check_welch(lambda *case: np.array(welch(*case)))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda *case: None, "is None"),
        (lambda *case: 0.065, "two numbers"),
        (lambda mean, sd, other_mean, other_sd, n: (mean - sd, mean + sd), "difference of the two means"),
        (normal, "1.96 belongs to many runs"),
        (scaled(np.sqrt), "varies less than one run"),
        (scaled(lambda n: 2), "degrees of freedom"),
    ],
)
def test_welch_not_yet(answer, hint):
    with pytest.raises(NotYet, match=hint):
        check_welch(answer)
