"""Scores of a two-class detector: counted by hand, against scikit-learn, and what they refuse."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve, roc_auc_score, roc_curve

from clr_utils.metrics.detection import (
    best_threshold,
    confusion,
    curve_points,
    log_false_positive_rate,
    negatives_above,
    pr_area,
    precision_at,
    roc_auc,
)

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


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("upper", [1.0, 0.1, -0.1, 3e4])
def test_best_threshold_parts_scores_in_their_own_type(kind, upper):
    """As a user compares them: NumPy rounds the threshold to the type of the scores."""
    upper, above, below = kind(upper), np.nextafter(kind(upper), kind(np.inf)), np.nextafter(kind(upper), kind(-np.inf))
    for scores in ([below, upper], [upper, above]):
        scores = np.array(scores, kind)
        threshold = best_threshold([0, 1], scores)
        assert (scores > threshold).tolist() == [False, True]
        assert confusion([0, 1], scores, threshold) == (1, 0, 1, 0)
    scores = np.array([upper, upper], kind)
    assert (scores > best_threshold([0, 1], scores)).all()


def test_best_threshold_for_a_rarer_class_is_higher():
    y, scores = detector(5000, prevalence=0.5)
    assert best_threshold(y, scores, prevalence=0.01) > best_threshold(y, scores) + 0.5


def test_best_threshold_does_not_part_equal_scores():
    y, scores = np.array([1, 0, 0, 1]), np.array([0.5, 0.5, 0.5, 0.2])
    assert not 0.2 < best_threshold(y, scores) <= 0.5 - 1e-9 or (scores > best_threshold(y, scores)).sum() == 3
    assert best_threshold([1, 0], [0.7, 0.7]) < 0.7


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
    ],
)
def test_what_is_no_sample_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_classes_may_be_true_and_false():
    assert roc_auc(Y == 1, SCORES) == roc_auc(Y, SCORES)
    assert confusion((Y == 1).tolist(), SCORES) == confusion(Y, SCORES)


def test_the_false_positives_at_a_recall():
    """Half the positives have one negative above them; no false positive at all counts as half of one."""
    assert log_false_positive_rate([1, 2], 20, 0.5) == pytest.approx(np.log10(1 / 20))
    assert log_false_positive_rate([0] * 20, 110_000, 0.95) == pytest.approx(np.log10(0.5 / 110_000))
