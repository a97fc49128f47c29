"""The self-checks of notebook 04, beyond the answers of test_exercises.py."""

import pytest

from clr_utils import CyclicLR
from clr_utils.exercises import NotYet
from clr_utils.exercises.nb04 import check_difference_interval, check_three_cycles


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda a, b, n: (-1.0, 0.0, 1.5), "two numbers"),
        (lambda a, b, n: (-1.0, 1.5), "which is not b minus a"),
        (lambda a, b, n: (100 * (b - a) / n - 0.1, 100 * (b - a) / n + 0.1), "too narrow: variances"),
    ],
)
def test_difference_interval_not_yet(wrong, hint):
    with pytest.raises(NotYet, match=hint):
        check_difference_interval(wrong)


def test_three_cycles_from_another_base_lr():
    with pytest.raises(NotYet, match="should run from 0.001 to 0.006"):
        check_three_cycles(lambda: CyclicLR(0.002, 0.006, step_size=50))
