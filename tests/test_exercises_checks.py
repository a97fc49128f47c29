"""What no wrong answer shows of the self-checks: other right answers pass, and the figures they are told by hold."""

import re
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clr_utils import policies, published
from clr_utils.exercises import NotYet, nb01, nb02, nb03, nb05, nb06, nb07, nb08, nb09
from clr_utils.range_test.curves import level
from clr_utils.studies import chest_xray
from clr_utils.studies.rates import rate_of_each_update


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


def alarms_in_steps(precision, recall, positives):
    found = round(recall * positives)
    return round(found / precision) - found


def with_numpy(updates, accuracies, target):
    reached = accuracies >= target
    pairs = np.flatnonzero(reached[:-1] & reached[1:])
    return updates[pairs[0]] if len(pairs) else None


def with_lists(updates, accuracies, target):
    pairs = [min(pair) >= target for pair in zip(accuracies, accuracies[1:], strict=False)]
    return updates[pairs.index(True)] if True in pairs else None


def for_lists_alone(updates, accuracies, target):
    for first, second in zip(accuracies, accuracies[1:] + [-1], strict=True):
        if min(first, second) >= target:
            return updates[accuracies.index(first)]


def with_pandas(updates, accuracies, target):
    reached = pd.Series(accuracies, index=updates) >= target
    pairs = reached & reached.shift(-1, fill_value=False)
    return pairs.idxmax() if pairs.any() else None


def stages(*bounds):
    lengths = ((2000, 0, 16_000), (1000, 16_000, 24_000), (1000, 24_000, 30_000))
    return lambda: [(*pair, *length) for pair, length in zip(bounds, lengths, strict=True)]


def welch(mean, sd, other_mean, other_sd, n):
    a, b = sd**2 / n, other_sd**2 / n
    half = stats.t.ppf(0.975, (a + b) ** 2 / (a**2 + b**2) * (n - 1)) * np.sqrt(a + b)
    return np.array([mean - other_mean - half, mean - other_mean + half])


def opposed(rates, momenta):
    return bool(momenta.any() and (momenta[rates > 0] <= 0).all() and (momenta[rates < 0] >= 0).all())


RUNNERS = [
    ("cycling", ["triangular", "one_line"]),
    ("epochs", ["before", "last_rate"]),
    ("retraining", ["from_start", "triangular"]),
]
RIGHT = {
    "the largest singular value": (nb01.check_max_stable_rate, lambda hessian: 2 / np.linalg.norm(hessian, 2)),
    "a drop": (nb01.check_schedule, lambda step: 0.1 if step < 100 else 0.01),
    "an exponential decay": (nb01.check_schedule, lambda step: 0.1 * 0.99**step),
    "a line": (nb01.check_schedule, lambda step: 0.1 - step / 3000),
    "the library's policy": (nb02.check_triangular, policies.triangular),
    "the library's policy, in single precision": (
        nb02.check_triangular,
        lambda *at: np.float32(policies.triangular(*at)),
    ),
    "steps of two epochs": (nb02.check_plan, 58, 12),
    "steps of three epochs": (nb02.check_plan, 87, 18),
    "steps of ten epochs": (nb02.check_plan, 290.0, 60),
    "an end near the best": (nb03.check_hits_edge, ends_near_its_best),
    "an array": (nb03.check_smooth, corrected),
    "odds": (nb05.check_precision_at, lambda pi, recall, fpr: np.float64(1 / (1 + fpr * (1 / pi - 1) / recall))),
    "whole numbers": (nb05.check_false_positives, lambda *case: round(alarms(*case))),
    "rounded step by step": (nb05.check_false_positives, alarms_in_steps),
    "true positives rounded": (
        nb05.check_false_positives,
        lambda precision, recall, positives: round(round(recall * positives) * (1 - precision) / precision),
    ),
    "whole arrays": (nb07.check_updates_to_target, with_numpy),
    "lists": (nb07.check_updates_to_target, with_lists),
    "lists alone": (nb07.check_updates_to_target, for_lists_alone),
    "pandas": (nb07.check_updates_to_target, with_pandas),
    "bounds times powers": (nb07.check_stages, stages(*((0.001 * 0.1**k, 0.005 * 0.1**k) for k in range(3)))),
    "bounds by logspace": (nb07.check_stages, stages(*((low, 5 * low) for low in np.logspace(-3, -5, 3)))),
    "stages in single precision": (
        nb07.check_stages,
        lambda: np.array(stages((1e-3, 5e-3), (1e-4, 5e-4), (1e-5, 5e-5))(), np.float32),
    ),
    "a loop": (nb06.check_equivalent_steps, lambda decay, updates: sum(1 / (1 + decay * t) for t in range(updates))),
    "Welch by hand": (nb06.check_welch, welch),
    "signs": (nb09.check_moves_against, lambda rates, momenta: opposed(np.diff(rates), np.diff(momenta))),
    "counts": (nb08.check_without_looking, lambda labels: 100 * np.bincount(labels).max() / len(labels)),
    "single precision": (nb08.check_without_looking, lambda labels: np.float32(50 + abs(100 * labels.mean() - 50))),
    "an array of one": (nb08.check_without_looking, lambda labels: 50 + abs(100 * labels.mean(keepdims=True) - 50)),
    "tenths": (
        nb08.check_without_looking,
        lambda labels: round(max(100 * labels.mean(), 100 * (1 - labels.mean())), 1),
    ),
    "lists, in another order": (nb08.check_runners, lambda: {name: sorted(two) for name, two in RUNNERS[::-1]}),
    "tuples": (nb08.check_runners, lambda: {name: tuple(two) for name, two in RUNNERS}),
    "NumPy's text": (nb08.check_runners, lambda: {name: frozenset(map(np.str_, two)) for name, two in RUNNERS}),
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


def test_no_other_set_of_runners_passes_and_no_hint_names_one_of_the_right():
    for question, right in RUNNERS:
        others = (set(names) for size in range(len(nb08.RUNNERS) + 1) for names in combinations(nb08.RUNNERS, size))
        for names in others:
            if names != set(right):
                with pytest.raises(NotYet) as hint:
                    nb08.check_runners(lambda answers=dict(RUNNERS) | {question: names}: answers)
                needless = names - set(right) if len(names) > 1 and not names > set(right) else set()
                assert set(re.findall("'(.+?)'", str(hint.value))) <= needless, hint.value
                assert needless or "look at" not in str(hint.value)


def test_what_is_said_of_the_runners_is_true_of_their_rates():
    """The library's own runners, after ten epochs of 50 updates: their mean rate, and that with which they end."""
    assert set(nb08.RUNNERS) < {"before", *chest_xray.ARMS}
    settings = {arm: chest_xray.settings_of(arm, 0.004) for arm in nb08.RUNNERS}
    epochs = {arm: each["readings"][-1] // 50 for arm, each in settings.items()}
    assert {arm for arm, number in epochs.items() if number != 30} == {"before"}
    assert epochs["before"] == 10
    rates = {arm: rate_of_each_update(each["policy"], 30 * 50) for arm, each in settings.items() if arm != "before"}
    means = {arm: each[500:].mean() for arm, each in rates.items()}
    foot = pytest.approx(0.001, rel=0.03)
    for arm, each in rates.items():
        said = nb08.WHY_NOT["cycling"].get(arm, "")
        if arm == "from_start":
            assert (each[:500] < rates["triangular"][:500]).mean() < 0.01
            continue
        assert (means[arm] != pytest.approx(means["triangular"], rel=0.01)) == ("another mean rate" in said), arm
        assert (each[-1] != foot) == bool(re.search("not end at|nearly zero", said)), arm
        np.testing.assert_array_equal(each[:500], rates["triangular"][:500])
        moved = nb08.WHY_NOT["epochs"].get(arm, "")
        assert (each[500] > 2 * each[499]) == ("leaves the rate" in moved), arm
    assert rates["from_start"][-2] > rates["from_start"][-1] == pytest.approx(0.00004, rel=0.01)
