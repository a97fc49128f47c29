"""Intervals over patients: what they cover, by simulation, and what they refuse."""

import numpy as np
import pandas as pd
import pytest

from clr_utils.metrics import patients as module
from clr_utils.metrics.detection import pr_area, roc_auc
from clr_utils.metrics.order import pack_order, unpack_order
from clr_utils.metrics.patients import paired_patient_interval, patient_interval, percentile_interval

Y = np.array([1, 0, 1, 0, 0, 1, 0, 0])
SCORES = np.array([0.9, 0.8, 0.7, 0.5, 0.4, 0.3, 0.2, 0.1])


def quick_roc_auc(y, scores):
    """`roc_auc` of scores without ties, and without its checks, which would take most of the time of a simulation."""
    places, positives = scores.argsort().argsort(), y.sum()
    return (places[y == 1].sum() - positives * (positives - 1) / 2) / (positives * (len(y) - positives))


def quick_pr_area(y, scores):
    """`pr_area`, likewise."""
    found = y[scores.argsort()[::-1]]
    return float((found.cumsum() / np.arange(1, len(y) + 1))[found == 1].mean())


def test_the_quick_areas_are_those_of_the_package():
    y, scores, _ = of_patients(0, 12)
    np.testing.assert_allclose(quick_roc_auc(y, scores), roc_auc(y, scores), rtol=1e-12)
    np.testing.assert_allclose(quick_pr_area(y, scores), pr_area(y, scores), rtol=1e-12)


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
    monkeypatch.setattr(module, "FEWEST_PATIENTS", 12)
    intervals = [patient_interval(quick_roc_auc, *of_patients(seed, 12)) for seed in range(150)]
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


@pytest.mark.parametrize(("area", "truth"), [(quick_roc_auc, 0.0281), (quick_pr_area, 0.1157)])
def test_paired_patient_interval_covers_the_truth(monkeypatch, area, truth):
    """The true differences are means over 40 draws of 600 patients.

    Of these draws of 12 patients Student's t on the plain difference holds it in 87 (ROC) and 90 (PR).
    """
    monkeypatch.setattr(module, "FEWEST_PATIENTS", 12)
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


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: patient_interval(0.5, Y, SCORES, np.arange(8)), TypeError, "metric must be a function"),
        (lambda: percentile_interval(roc_auc, Y, SCORES, np.arange(8), seed=-1), ValueError, "seed must be"),
        (
            lambda: percentile_interval(lambda y, s: np.nan, Y, SCORES, np.arange(8)),
            ValueError,
            r"metric\(y, scores\) must be a finite number",
        ),
    ],
)
def test_what_is_no_metric_and_no_seed_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


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


def test_a_confidence_may_be_that_of_a_thousand_intervals():
    """Which are judged together, each at 1 - 0.05 / 1000."""
    y, scores, patients = of_patients(0, 30)
    for interval in (
        patient_interval,
        percentile_interval,
        lambda metric, y, *others, **settings: paired_patient_interval(metric, y, -scores, *others, **settings),
    ):
        wide, usual = (interval(roc_auc, y, scores, patients, confidence=level) for level in (1 - 0.05 / 1000, 0.95))
        assert wide.low < usual.low < usual.high < wide.high
        with pytest.raises(ValueError, match="confidence must be less than 1"):
            interval(roc_auc, y, scores, patients, confidence=1)


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
