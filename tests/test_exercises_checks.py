"""What no wrong answer shows of the self-checks: other right answers pass, and the figures they are told by hold."""

import numpy as np
import pytest
from scipy import stats

from clr_utils import policies, published
from clr_utils.exercises import nb01, nb02, nb03, nb05, nb06
from clr_utils.range_test.curves import level


def ends_near_its_best(test):
    heights = level(test.metrics["accuracy"])
    return heights[-1] > heights.max() - 0.1 * (heights.max() - heights[0])


def corrected(values, beta):
    mean, means = 0.0, []
    for n, value in enumerate(values, 1):
        mean = beta * mean + (1 - beta) * value
        means.append(mean / (1 - beta**n))
    return np.array(means)


def alarms(precision, recall, positives):
    return recall * positives * (1 / precision - 1)


def welch(mean, sd, other_mean, other_sd, n):
    a, b = sd**2 / n, other_sd**2 / n
    half = stats.t.ppf(0.975, (a + b) ** 2 / (a**2 + b**2) * (n - 1)) * np.sqrt(a + b)
    return np.array([mean - other_mean - half, mean - other_mean + half])


RIGHT = {
    "the largest singular value": (nb01.check_max_stable_rate, lambda hessian: 2 / np.linalg.norm(hessian, 2)),
    "a drop": (nb01.check_schedule, lambda step: 0.1 if step < 100 else 0.01),
    "an exponential decay": (nb01.check_schedule, lambda step: 0.1 * 0.99**step),
    "a line": (nb01.check_schedule, lambda step: 0.1 - step / 3000),
    "the library's policy": (nb02.check_triangular, policies.triangular),
    "steps of two epochs": (nb02.check_plan, 58, 12),
    "steps of three epochs": (nb02.check_plan, 87, 18),
    "steps of ten epochs": (nb02.check_plan, 290.0, 60),
    "an end near the best": (nb03.check_hits_edge, ends_near_its_best),
    "an array": (nb03.check_smooth, corrected),
    "odds": (nb05.check_precision_at, lambda pi, recall, fpr: np.float64(1 / (1 + fpr * (1 / pi - 1) / recall))),
    "whole numbers": (nb05.check_false_positives, lambda *case: round(alarms(*case))),
    "a loop": (nb06.check_equivalent_steps, lambda decay, updates: sum(1 / (1 + decay * t) for t in range(updates))),
    "Welch by hand": (nb06.check_welch, welch),
}


@pytest.mark.parametrize("answer", RIGHT)
def test_another_right_answer_passes(answer):
    check, *answers = RIGHT[answer]
    check(*answers)


def test_the_best_constant_rate_is_what_runs_give():
    rates = np.geomspace(0.005, 0.1, 12)
    measured = min(nb01.mean_final_loss(rate) for rate in rates)
    assert nb01.best_constant_loss() == pytest.approx(measured, rel=0.15)


def test_the_tables_have_1234_and_92_false_positives():
    positives = published("alyafi.test.positives").value
    for case, number in ((1, 1234), (2, 92)):
        shares = [published(f"alyafi.case{case}.triangular.{name}").value for name in ("precision", "recall")]
        assert round(alarms(*shares, positives)) == number
