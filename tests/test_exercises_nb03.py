"""The self-checks of notebook 03, beyond the answers of test_exercises.py."""

import numpy as np
import pytest

from clr_utils.exercises import NotYet
from clr_utils.exercises.nb03 import check_hits_edge, check_smooth
from clr_utils.range_test.curves import level


def ends_near_its_best(test):
    heights = level(test.metrics["accuracy"])
    return heights[-1] > heights.max() - 0.1 * (heights.max() - heights[0])


def test_hits_edge_another_solution():
    check_hits_edge(ends_near_its_best)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda test: "yes", "True or False"),
        (lambda test: False, "still rising"),
    ],
)
def test_hits_edge_not_yet(answer, hint):
    with pytest.raises(NotYet, match=hint):
        check_hits_edge(answer)


def corrected(values, beta):
    mean, means = 0.0, []
    for n, value in enumerate(values, 1):
        mean = beta * mean + (1 - beta) * value
        means.append(mean / (1 - beta**n))
    return means


def carried_on(values, beta):
    mean, means = 0.0, []
    for n, value in enumerate(values, 1):
        mean = (beta * mean + (1 - beta) * value) / (1 - beta**n)
        means.append(mean)
    return means


def test_smooth_may_return_an_array():
    check_smooth(lambda values, beta: np.array(corrected(values, beta)))


def test_smooth_carries_on_the_uncorrected_mean():
    with pytest.raises(NotYet, match="must stay 2.*m itself"):
        check_smooth(carried_on)
