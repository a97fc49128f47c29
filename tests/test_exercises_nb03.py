"""The self-checks of notebook 03: unsolved, wrong and right answers."""

import numpy as np
import pytest

from clr_utils.exercises import NotYet
from clr_utils.exercises.nb03 import check_hits_edge, check_smooth
from clr_utils.range_curves import level


def never_falls(test):
    heights = level(test.metrics["accuracy"])
    return bool(np.argmax(heights) > 0.9 * len(heights))


def ends_near_its_best(test):
    heights = level(test.metrics["accuracy"])
    return heights[-1] > heights.max() - 0.1 * (heights.max() - heights[0])


@pytest.mark.parametrize("answer", [never_falls, ends_near_its_best])
def test_hits_edge_solved(answer):
    check_hits_edge(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda test: None, "returned None"),
        (lambda test: "yes", "True or False"),
        (lambda test: False, "still rising"),
        (lambda test: True, "came down"),
        (lambda test: test.suggest("smith").max_lr > 0.75 * test.learning_rates[-1], "0.002 to 0.03"),
        (lambda test: bool(np.argmax(test.metrics["accuracy"]) == len(test.losses) - 1), "it returned False"),
        (lambda test: bool(np.max(test.metrics["accuracy"][-20:]) > 0.7), "lucky last batch"),
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


def uncorrected(values, beta):
    mean, means = 0.0, []
    for value in values:
        mean = beta * mean + (1 - beta) * value
        means.append(mean)
    return means


def carried_on(values, beta):
    mean, means = 0.0, []
    for n, value in enumerate(values, 1):
        mean = (beta * mean + (1 - beta) * value) / (1 - beta**n)
        means.append(mean)
    return means


def counted_from_zero(values, beta):
    means = uncorrected(values, beta)
    return [mean / (1 - beta**n) if n else mean for n, mean in enumerate(means)]


def started_with_the_first(values, beta):
    mean, means = values[0], []
    for value in values:
        mean = beta * mean + (1 - beta) * value
        means.append(mean)
    return means


def test_smooth_solved():
    check_smooth(corrected)
    check_smooth(lambda values, beta: np.array(corrected(values, beta)))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda values, beta: None, "returned None"),
        (lambda values, beta: np.mean(values), "shape"),
        (uncorrected, "without its correction"),
        (carried_on, "must stay 2|corrected mean carried on"),
        (counted_from_zero, "must stay 2"),
        (started_with_the_first, "with beta = 0.5 entry 1"),
    ],
)
def test_smooth_not_yet(answer, hint):
    with pytest.raises(NotYet, match=hint):
        check_smooth(answer)
