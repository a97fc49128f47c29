"""The self-checks of notebook 04: stub, wrong answers, solution."""

import math

import pytest

from clr_utils import CyclicLR
from clr_utils.exercises import NotYet
from clr_utils.exercises.nb04 import check_difference_interval, check_three_cycles


def interval(errors_a, errors_b, n, sign=1, unit=100, z=1.96, error=None):
    a, b = errors_a / n, errors_b / n
    parts = [p * (1 - p) / n for p in (a, b)]
    half = z * (error(parts) if error else math.sqrt(sum(parts)))
    return unit * (sign * (b - a) - half), unit * (sign * (b - a) + half)


def test_difference_interval():
    check_difference_interval(interval)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda a, b, n: None, "returned None"),
        (lambda a, b, n: interval(a, b, n)[::-1], "is not below high"),
        (lambda a, b, n: interval(a, b, n, sign=-1), "sign is turned round"),
        (lambda a, b, n: interval(a, b, n, unit=1), "percentage points"),
        (lambda a, b, n: interval(a, b, n, z=1), "one standard error"),
        (lambda a, b, n: interval(a, b, n, error=lambda parts: math.sqrt(parts[1])), "both counts vary"),
        (lambda a, b, n: interval(a, b, n, error=lambda parts: sum(map(math.sqrt, parts))), "too wide"),
        (lambda a, b, n: (-1.0, 1.5), "which is not b minus a"),
    ],
)
def test_difference_interval_not_yet(wrong, hint):
    with pytest.raises(NotYet, match=hint):
        check_difference_interval(wrong)


def test_three_cycles():
    check_three_cycles(lambda: CyclicLR(0.001, 0.006, step_size=50))


@pytest.mark.parametrize(
    ("callback", "hint"),
    [
        (lambda: None, "should return a CyclicLR"),
        (lambda: CyclicLR(0.001, 0.006, step_size=100), "1 peaks|2 peaks"),
        (lambda: CyclicLR(), "0 peaks"),
        (lambda: CyclicLR(0.001, 0.006, step_size=50, mode="triangular2"), "0.001 to 0.006"),
        (lambda: CyclicLR(0.002, 0.006, step_size=50), "0.001 to 0.006"),
        (lambda: CyclicLR(0.001, 0.006, step_size=58), "before the foot"),
    ],
)
def test_three_cycles_not_yet(callback, hint):
    with pytest.raises(NotYet, match=hint):
        check_three_cycles(callback)
