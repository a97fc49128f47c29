"""Intervals, paired differences, Holm's correction and verdicts, against SciPy and by hand."""

import numpy as np
import pytest
from scipy import stats

from clr_utils.metrics.comparison import holm, judge, noise_band, paired_difference, t_interval, welch_interval

VALUES = [1.91, 2.05, 1.98, 2.11, 1.87]
OTHERS = [1.64, 2.01, 1.99, 1.90, 1.80]


@pytest.mark.parametrize("confidence", [0.001, 0.8, 0.95, 0.99, 1 - 0.05 / 1000])
def test_t_interval_is_that_of_scipy(confidence):
    expected = stats.ttest_1samp(VALUES, 0).confidence_interval(confidence)
    assert t_interval(VALUES, confidence) == pytest.approx((np.mean(VALUES), *expected))


def test_paired_difference_is_the_paired_t_test_of_scipy():
    test = stats.ttest_rel(OTHERS, VALUES)
    pairs = paired_difference(OTHERS, VALUES)
    assert pairs.differences == pytest.approx(np.subtract(OTHERS, VALUES))
    assert (pairs.low, pairs.high) == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert pairs.p_value == pytest.approx(test.pvalue)
    assert pairs.mean < 0


def test_the_noise_band_holds_95_of_100_differences_of_two_runs():
    """Ten runs tell the spread, two more runs differ by it: simulated, where 1.96 in place of t would hold 92."""
    runs = np.random.default_rng(0).normal(size=(4_000, 12))
    held = [abs(run[10] - run[11]) < noise_band(run[:10]) for run in runs]
    assert np.mean(held) == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize(("shift", "p_value"), [(0.0, 1.0), (0.5, 0.0)])
def test_differences_without_spread(shift, p_value):
    pairs = paired_difference([1 + shift, 2 + shift], [1, 2])
    assert (pairs.mean, pairs.low, pairs.high, pairs.p_value) == (shift, shift, shift, p_value)


def test_holm_by_hand_and_in_the_order_given():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.6]) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.5, -0.2, "supported"),
        (0.2, 0.5, "contradicted"),
        (-0.05, 0.05, "no difference beyond the margin"),
        (-0.1, 0.1, "no difference beyond the margin"),
        (-0.2, 0.05, "undecided"),
        (-0.05, 0.2, "undecided"),
        (-0.2, -0.05, "undecided"),
        (-0.2, 0.2, "undecided"),
    ],
)
def test_judge(low, high, verdict):
    assert judge(low, high, margin=0.1) == verdict


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: t_interval([1.0]), "two or more"),
        (lambda: t_interval([[1.0, 2.0]]), "a list of numbers"),
        (
            lambda: t_interval(np.ma.array([1.0, 2.0, 99.0], mask=[0, 0, 1])),
            "values must be numbers; 1 of 3 are masked",
        ),
        (lambda: paired_difference([1, 2], [1, np.inf]), "baseline must be finite"),
        (lambda: t_interval([1.0, np.nan]), "finite"),
        (lambda: t_interval(VALUES, 1), "confidence"),
        (lambda: t_interval(VALUES, 0), "confidence"),
        (lambda: paired_difference([1, 2, 3], [1, 2]), "same seeds"),
        (lambda: holm([]), "p_values must be one or more"),
        (lambda: holm([0.5, 1.5]), "p_values must be 1 or less"),
        (lambda: judge(0, 1, 0), "margin"),
        (lambda: judge(1, -1, 0.1), r"low \(1.0\) must not be greater than high \(-1.0\); did you swap them"),
        (lambda: judge(np.nan, 1, 0.1), "low must be a finite number"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_welch_interval_is_that_of_scipy():
    a, b = np.array([0.7, 0.75, 0.65]), np.array([0.6, 0.64, 0.62, 0.61])
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.9)
    found = welch_interval(a.mean(), a.std(ddof=1), 3, b.mean(), b.std(ddof=1), 4, confidence=0.9)
    assert found == pytest.approx((a.mean() - b.mean(), expected.low, expected.high))
    assert welch_interval(1, 0.1, 3, 0.9, 0.1, 3, confidence=1 - 0.05 / 1000).high > 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 1}, "n must be a whole number of runs, 2 or more"),
        ({"other_sd": -1.0}, "other_sd must be 0 or more"),
        ({"sd": 0.0, "other_sd": 0.0}, "both 0"),
        ({"confidence": 1.0}, "confidence"),
        ({"mean": np.nan}, "mean must be a finite number"),
        ({"other_mean": np.inf}, "other_mean must be a finite number"),
    ],
)
def test_welch_interval_refuses(change, message):
    good = {"mean": 1.0, "sd": 0.1, "n": 3, "other_mean": 0.9, "other_sd": 0.1, "other_n": 3}
    with pytest.raises(ValueError, match=message):
        welch_interval(**{**good, **change})
