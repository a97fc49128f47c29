"""Scores of a two-class detector: counted by hand, against scikit-learn, and what they refuse."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve, roc_auc_score, roc_curve

from clr_utils.metrics import detection
from clr_utils.metrics.detection import (
    best_threshold,
    confusion,
    curve_points,
    log_false_positive_rate,
    negatives_above,
    paired_patient_interval,
    patient_interval,
    percentile_interval,
    pr_area,
    precision_at,
    roc_auc,
)
from clr_utils.metrics.order import pack_order, unpack_order

Y = np.array([1, 0, 1, 0, 0, 1, 0, 0])
SCORES = np.array([0.9, 0.8, 0.7, 0.5, 0.4, 0.3, 0.2, 0.1])


def detector(n=2000, prevalence=0.1, seed=0):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < prevalence).astype(int)
    return y, rng.normal(2 * y, 1)


def test_confusion_by_hand():
    found = confusion(Y, SCORES)
    assert found == (2, 1, 4, 1)
    assert (found.recall, found.precision) == (2 / 3, 2 / 3)
    assert found.false_positive_rate == 1 / 5
    assert found.f1 == pytest.approx(f1_score(Y, SCORES > 0.5))


def test_a_score_at_the_threshold_is_negative():
    assert confusion([1, 0], [0.5, 0.5])[:2] == (0, 0)


def test_a_detector_that_always_says_no():
    found = confusion(Y, np.zeros(8))
    assert np.isnan(found.precision)
    assert (found.recall, found.f1) == (0, 0)


def test_areas():
    y, scores = detector()
    assert roc_auc(y, scores) == pytest.approx(roc_auc_score(y, scores))
    assert pr_area(y, scores) == pytest.approx(average_precision_score(y, scores))


def test_a_guess_has_auc_one_half_and_the_prevalence_as_area():
    assert roc_auc(Y, np.ones(8)) == 0.5
    assert pr_area(Y, np.ones(8)) == pytest.approx(Y.mean())


def test_precision_at_is_what_a_resampled_test_set_has():
    y, scores = detector(40_000)
    found = confusion(y, scores, 1.0)
    kept = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[::10]])
    predicted = precision_at(y[kept].mean(), found.recall, found.false_positive_rate)
    assert predicted == pytest.approx(confusion(y[kept], scores[kept], 1.0).precision, abs=0.03)
    assert precision_at(y.mean(), found.recall, found.false_positive_rate) == pytest.approx(found.precision)


def test_precision_at_takes_arrays_and_has_no_value_for_no_calls():
    values = precision_at(np.array([0.5, 0.1]), recall=0.8, false_positive_rate=0.2)
    np.testing.assert_allclose(values, [0.8, 0.08 / (0.08 + 0.18)])
    assert np.isnan(precision_at(0.5, 0.0, 0.0))


@pytest.mark.parametrize("prevalence", [0, -0.1, 1.1])
def test_precision_at_refuses(prevalence):
    with pytest.raises(ValueError, match="prevalence"):
        precision_at(prevalence, 0.9, 0.1)


@pytest.mark.parametrize("seed", range(5))
def test_best_threshold_has_the_largest_f1(seed):
    y, scores = detector(300, seed=seed)
    best = f1_score(y, scores > best_threshold(y, scores))
    assert best == pytest.approx(max(f1_score(y, scores > limit) for limit in scores - 1e-9))


@pytest.mark.parametrize("upper", [1.0, 0.1, 1e17, 1e308, 5e-324, -1e17])
def test_best_threshold_parts_neighbouring_floats(upper):
    for scores in ([upper, np.nextafter(upper, -np.inf)], [np.nextafter(upper, np.inf), upper]):
        threshold = best_threshold([1, 0], scores)
        assert confusion([1, 0], scores, threshold) == (1, 0, 1, 0)
    assert confusion([1, 0, 1], [upper] * 3, best_threshold([1, 0, 1], [upper] * 3))[:2] == (2, 1)


def test_best_threshold_for_a_rarer_class_is_higher():
    y, scores = detector(5000, prevalence=0.5)
    assert best_threshold(y, scores, prevalence=0.01) > best_threshold(y, scores) + 0.5


def test_best_threshold_does_not_part_equal_scores():
    y, scores = np.array([1, 0, 0, 1]), np.array([0.5, 0.5, 0.5, 0.2])
    assert not 0.2 < best_threshold(y, scores) <= 0.5 - 1e-9 or (scores > best_threshold(y, scores)).sum() == 3
    assert best_threshold([1, 0], [0.7, 0.7]) < 0.7


def of_patients(seed, patients=25):
    """Six positives and 60 negatives each, whose scores a patient shifts together."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), 66)
    y = np.tile(np.repeat([1, 0], [6, 60]), patients)
    shift = rng.normal(0, 0.8, (2, patients))[:, patient]
    return y, np.where(y == 1, 2.2 + shift[0], 0.5 * shift[1]) + rng.normal(size=len(y)), patient


def test_patient_interval_covers_the_truth(monkeypatch):
    """The true area is 0.9066, the mean over 40 draws of 600 patients.

    Of these draws of 12 patients `percentile_interval` holds it in 133, and one that takes patches for patients in
    fewer.
    """
    monkeypatch.setattr(detection, "FEWEST_PATIENTS", 12)
    intervals = [patient_interval(roc_auc, *of_patients(seed, 12)) for seed in range(150)]
    assert sum(low < 0.9066 < high for _, low, high in intervals) >= 138


def test_patient_interval_is_wider_than_that_of_independent_patches():
    y, scores, patients = of_patients(0, 40)
    clustered = patient_interval(roc_auc, y, scores, patients)
    independent = patient_interval(roc_auc, y, scores, np.random.default_rng(1).permutation(patients))
    assert clustered.low < clustered.mean < clustered.high
    assert clustered.mean == roc_auc(y, scores)
    assert clustered.high - clustered.low > 1.2 * (independent.high - independent.low)


def test_patient_interval_of_a_good_detector_ends_below_1():
    y, scores, patients = of_patients(0)
    mean, low, high = patient_interval(roc_auc, y, scores + 2.5 * y, patients, confidence=0.999)
    assert low < mean < high < 1
    assert mean - low > 1.5 * (high - mean), "there is more room below"


def of_two_detectors(seed, patients=25, better=0.5, alike=0.75, base=2.2):
    """As `of_patients`, of two detectors that share most of what shifts a patient, and of the noise."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), 66)
    y = np.tile(np.repeat([1, 0], [6, 60]), patients)

    def part():
        shift = rng.normal(0, 0.8, (2, patients))[:, patient]
        return np.where(y == 1, shift[0], 0.5 * shift[1]) + rng.normal(size=len(y))

    shared, own, other = part(), part(), part()
    scores, baseline = (alike**0.5 * shared + (1 - alike) ** 0.5 * each for each in (own, other))
    return y, (base + better) * y + scores, base * y + baseline, patient


@pytest.mark.parametrize(("area", "truth"), [(roc_auc, 0.0281), (pr_area, 0.1157)])
def test_paired_patient_interval_covers_the_truth(monkeypatch, area, truth):
    """The true differences are means over 40 draws of 600 patients.

    Of these draws of 12 patients Student's t on the plain difference holds it in 87 (ROC) and 90 (PR).
    """
    monkeypatch.setattr(detection, "FEWEST_PATIENTS", 12)
    draws = (of_two_detectors(seed, 12, better=1.0, base=3.0) for seed in range(100))
    assert sum(low < truth < high for _, low, high in (paired_patient_interval(area, *draw) for draw in draws)) >= 93


def test_paired_patient_interval_is_narrower_than_the_detectors_alone():
    y, scores, baseline, patients = of_two_detectors(0, 40, alike=0.96)
    paired = paired_patient_interval(roc_auc, y, scores, baseline, patients)
    assert paired.mean == roc_auc(y, scores) - roc_auc(y, baseline)
    assert 0 < paired.low < paired.mean < paired.high
    alone = [patient_interval(roc_auc, y, each, patients) for each in (scores, baseline)]
    assert paired.high - paired.low < 0.6 * min(high - low for _, low, high in alone)


def test_paired_patient_interval_turns_with_its_detectors():
    y, scores, baseline, patients = of_two_detectors(1)
    for more in ({}, {"confidence": 0.8}):
        one = paired_patient_interval(pr_area, y, scores, baseline, patients, **more)
        other = paired_patient_interval(pr_area, y, baseline, scores, patients, **more)
        np.testing.assert_allclose([-other.mean, -other.high, -other.low], one, rtol=1e-12)
    assert one.high - one.low < 0.75 * np.ptp(paired_patient_interval(pr_area, y, scores, baseline, patients)[1:])


def test_paired_with_a_detector_that_guesses_it_is_the_interval_of_the_other():
    y, scores, _, patients = of_two_detectors(2)
    mean, low, high = patient_interval(roc_auc, y, scores, patients)
    paired = paired_patient_interval(roc_auc, y, scores, np.zeros(len(y)), patients)
    np.testing.assert_allclose(paired, [mean - 0.5, low - 0.5, high - 0.5])


def test_paired_patient_interval_refuses():
    y, scores, baseline, patients = of_two_detectors(0)
    with pytest.raises(ValueError, match="scores has 1650 entries, baseline 1649"):
        paired_patient_interval(roc_auc, y, scores, baseline[:-1], patients)
    with pytest.raises(ValueError, match="did the training diverge"):
        paired_patient_interval(roc_auc, y, scores, np.full(len(y), np.nan), patients)
    with pytest.raises(ValueError, match="24 have positives"):
        paired_patient_interval(roc_auc, *of_two_detectors(0, 24))
    for perfect in ((y, baseline), (scores, y)):
        with pytest.raises(ValueError, match="must lie between 0 and 1, also without one patient; it is 1.0"):
            paired_patient_interval(roc_auc, y, *perfect, patients)
    for same in (scores, unpack_order(pack_order(y, scores))):
        with pytest.raises(ValueError, match="did you give the same scores twice"):
            paired_patient_interval(roc_auc, y, scores, same, patients)


def test_negatives_above_is_all_of_both_curves():
    y, scores = detector()
    recall, false_rate, precision = curve_points(negatives_above(y, scores), (y == 0).sum())
    assert np.mean(precision) == pytest.approx(average_precision_score(y, scores))
    assert 1 - np.mean(false_rate) == pytest.approx(roc_auc_score(y, scores))
    rates, recalls, _ = roc_curve(y, scores, drop_intermediate=False)
    np.testing.assert_allclose(recall, np.unique(recalls)[1:])
    assert set(np.round(false_rate, 9)) <= set(np.round(rates, 9))
    precisions = precision_recall_curve(y, scores)[0]
    assert set(np.round(precision, 9)) <= set(np.round(precisions, 9))


def test_a_negative_with_the_score_of_a_positive_counts_against_it():
    assert negatives_above([1, 0, 0], [0.5, 0.5, 0.1]).tolist() == [1]


@pytest.mark.parametrize(
    ("y", "scores", "message"),
    [
        ([1, 0], [0.1], r"one length; y has 2 entries, scores 1"),
        ([[1, 0]], [[0.1, 0.2]], r"y must be a list of numbers; it has the shape \(1, 2\)"),
        ([1, 0], [[0.1, 0.2]], r"scores must be a list of numbers; it has the shape \(1, 2\)"),
        ([0, 1], np.ma.array([0.1, 0.2], mask=[1, 0]), "scores must be numbers; 1 of 2 are masked"),
        (np.ma.array([0, 1, 1], mask=[1, 0, 0]), [0.1, 0.2, 0.3], "y must be numbers; 1 of 3 are masked"),
        ([0, np.nan], [0.1, 0.2], "y must be finite numbers"),
        ([0, 0], [0.1, 0.2], "both of them"),
        ([0, 1, 2], [0.1, 0.2, 0.3], "classes 0 and 1"),
        ([0, 1], [0.1, np.nan], "did the training diverge"),
    ],
)
@pytest.mark.parametrize("score", [roc_auc, pr_area, confusion, best_threshold, negatives_above])
def test_refusals(score, y, scores, message):
    with pytest.raises(ValueError, match=message):
        score(y, scores)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: roc_auc(["0", "1"], [0.1, 0.2]), TypeError, "y must be numbers"),
        (lambda: roc_auc([0, 1], ["0.1", "0.2"]), TypeError, "scores must be numbers"),
        (lambda: pr_area([0, 1], [0.1, None]), TypeError, r"scores\[1\] must be a number; it is None"),
        (lambda: confusion(Y, SCORES, np.nan), ValueError, "threshold must be a finite number"),
        (lambda: precision_at(0.01, 2, 0.1), ValueError, "recall must be 1 or less"),
        (lambda: precision_at(0.01, 0.9, [-0.1, 0.1]), ValueError, "false_positive_rate must be 0 or more"),
        (lambda: precision_at([0.01, np.nan], 0.9, 0.1), ValueError, "prevalence must be finite"),
        (lambda: precision_at("0.01", 0.9, 0.1), TypeError, "prevalence must be numbers"),
        (lambda: precision_at([0.1, 0.2], [0.9, 0.8, 0.7], 0.1), ValueError, "shapes .*do not go together"),
        (lambda: curve_points([2, 1], 5), ValueError, "above must rise from 0 or more to at most 5"),
        (lambda: curve_points([1, 9], 5), ValueError, "above must rise from 0 or more to at most 5"),
        (lambda: curve_points([0.5], 5), ValueError, "above must be whole numbers"),
        (lambda: curve_points([], 5), ValueError, "above must be one or more numbers"),
        (lambda: curve_points([1], 0), ValueError, "negatives must be .* 1 or more"),
        (lambda: patient_interval(0.5, Y, SCORES, np.arange(8)), TypeError, "metric must be a function"),
        (lambda: percentile_interval(roc_auc, Y, SCORES, np.arange(8), seed=-1), ValueError, "seed must be"),
        (
            lambda: percentile_interval(lambda y, s: np.nan, Y, SCORES, np.arange(8)),
            ValueError,
            r"metric\(y, scores\) must be a finite number",
        ),
    ],
)
def test_what_is_no_sample_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_classes_may_be_true_and_false():
    assert roc_auc(Y == 1, SCORES) == roc_auc(Y, SCORES)
    assert confusion((Y == 1).tolist(), SCORES) == confusion(Y, SCORES)


def test_patient_interval_refuses():
    with pytest.raises(ValueError, match="patient of each score"):
        patient_interval(roc_auc, Y, SCORES, [1, 2])
    with pytest.raises(ValueError, match="resamples"):
        percentile_interval(roc_auc, Y, SCORES, np.arange(8), resamples=3)
    with pytest.raises(ValueError, match="two patients or more; all scores are of one"):
        patient_interval(roc_auc, Y, SCORES, np.full(8, -1))
    with pytest.raises(ValueError, match="25 or more with positives.*24 have positives"):
        patient_interval(roc_auc, *of_patients(0, 24))
    y = np.tile([1, 0], 30)
    with pytest.raises(ValueError, match="must lie between 0 and 1, also without one patient; it is 1.0"):
        patient_interval(roc_auc, y, y, np.arange(60) // 2)


NAN = float("nan")


@pytest.mark.parametrize(
    ("patients", "missing"),
    [
        ([1.0, NAN, 2, 3, NAN, 4, 5, 6], 2),
        (["a", None, "b", "a", "b", "c", "c", "d"], 1),
        (["a", NAN, "b", "a", "b", "c", "c", NAN], 2),
        (pd.Series([1, 2, None, 4, 5, 6, 7, 8], dtype="Int64"), 1),
        (pd.Series(["a", "b", None, "a", "b", "c", "c", "d"], dtype="string"), 1),
        (np.array(["2020-01-01", "NaT"] * 4, "datetime64[D]"), 4),
        (np.ma.masked_equal([1, 2, 3, 1, 2, 3, 1, 2], 3), 2),
        ([None] * 8, 8),
        ([NAN] * 8, 8),
    ],
    ids=lambda value: type(value).__name__,
)
def test_patient_interval_refuses_missing_patients(patients, missing):
    with pytest.raises(ValueError, match=f"{missing} of 8 are missing .*leave their scores out"):
        patient_interval(roc_auc, Y, SCORES, patients)


def test_patients_may_have_names():
    by_number = percentile_interval(roc_auc, Y, SCORES, [0, 0, 1, 1, 2, 2, 3, 3], resamples=20)
    for names in (list("aabbccdd"), pd.Series(list("aabbccdd"), dtype="category"), [0, 0, 1, 1, "b", "b", "c", "c"]):
        assert percentile_interval(roc_auc, Y, SCORES, names, resamples=20) == by_number


def test_the_false_positives_at_a_recall():
    """Half the positives have one negative above them; no false positive at all counts as half of one."""
    assert log_false_positive_rate([1, 2], 20, 0.5) == pytest.approx(np.log10(1 / 20))
    assert log_false_positive_rate([0] * 20, 110_000, 0.95) == pytest.approx(np.log10(0.5 / 110_000))
