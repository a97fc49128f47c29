"""The self-checks of notebook 06, beyond the answers of test_exercises.py."""

import numpy as np
import pytest
from scipy import stats

from clr_utils.exercises import NotYet
from clr_utils.exercises.nb06 import check_equivalent_steps, check_welch


def test_equivalent_steps_another_solution():
    check_equivalent_steps(lambda decay, updates: sum(1 / (1 + decay * t) for t in range(updates)))


def welch(mean, sd, other_mean, other_sd, n):
    a, b = sd**2 / n, other_sd**2 / n
    half = stats.t.ppf(0.975, (a + b) ** 2 / (a**2 + b**2) * (n - 1)) * np.sqrt(a + b)
    return mean - other_mean - half, mean - other_mean + half


def test_welch_another_solution():
    check_welch(lambda *case: np.array(welch(*case)))


def test_welch_twice_as_wide():
    def wide(*case):
        low, high = welch(*case)
        return low - (high - low) / 2, high + (high - low) / 2

    with pytest.raises(NotYet, match="too wide; check"):
        check_welch(wide)
