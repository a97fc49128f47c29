"""ROC and precision-recall curves: the drawn numbers are those of the scores."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from clr_utils.metrics.curves import RATES, RECALLS, plot_areas, plot_score_curves, scores_of_curve
from clr_utils.metrics.detection import negatives_above, pr_area, roc_auc


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def some_scores(seed, shift=2.0):
    rng = np.random.default_rng(seed)
    y = np.repeat([1, 0], [20, 400])
    return y, 1 / (1 + np.exp(-(rng.normal(size=420) + shift * y)))


def test_scores_of_a_recorded_curve_have_its_areas():
    y, scores = some_scores(0)
    above = negatives_above(y, scores)
    again = scores_of_curve(above, 400)
    assert np.array_equal(negatives_above(*again), above)
    assert roc_auc(*again) == pytest.approx(roc_auc(y, scores))
    assert pr_area(*again) == pytest.approx(pr_area(y, scores))
    assert again[1].min() > 0
    assert again[1].max() < 1


@pytest.mark.parametrize("above", [[3, 2], [-1, 0], [0, 401]])
def test_a_curve_that_cannot_be_is_refused(above):
    with pytest.raises(ValueError, match="above must rise"):
        scores_of_curve(above, 400)


def line(ax, label):
    (found,) = [each for each in ax.lines if each.get_label().startswith(label)]
    return found


def test_every_run_is_drawn_by_its_scores_and_the_mean_lies_between():
    runs = [some_scores(seed) for seed in range(3)]
    roc, pr = plot_score_curves({"triangular": runs, "fixed 0.03": runs[:1]})
    drawn = [each for each in roc.lines if each.get_label() == "_run"]
    assert len(drawn) == 4
    for each, (y, scores) in zip(drawn[:3], runs, strict=True):
        assert np.trapezoid(each.get_ydata(), each.get_xdata()) == pytest.approx(roc_auc(y, scores))
    mean = line(roc, "triangular")
    areas = [roc_auc(*run) for run in runs]
    assert np.trapezoid(mean.get_ydata(), RATES) == pytest.approx(np.mean(areas), abs=0.003)
    assert mean.get_color() == "C0"
    assert line(roc, "fixed 0.03").get_color() == "C5"
    mean = line(pr, "triangular")
    assert np.trapezoid(mean.get_ydata(), RECALLS) == pytest.approx(np.mean([pr_area(*run) for run in runs]), abs=0.03)
    assert len(roc.collections) == len(pr.collections) == 1


def test_means_by_hand():
    """One positive above all, a negative between the two: half the recall at once, all behind that negative."""
    roc, pr = plot_score_curves({"triangular": [([1, 0, 1, 0], [0.9, 0.8, 0.6, 0.1])]})
    np.testing.assert_array_equal(line(roc, "triangular").get_ydata(), np.where(RATES < 0.5, 0.5, 1))
    np.testing.assert_allclose(line(pr, "triangular").get_ydata(), np.where(RECALLS <= 0.5, 1, 2 / 3))


def test_guessing_has_the_prevalence_in_the_precision_recall_plot():
    _, pr = plot_score_curves({"triangular": [some_scores(0)]})
    level = line(pr, "guessing")
    assert set(level.get_ydata()) == {20 / 420}
    assert level.get_label() == "guessing: 1 in 21"
    dashed = [each for each in pr.lines if each.get_linestyle() == "--"]
    assert not dashed


def test_guessing_is_the_mean_over_runs_whose_test_sets_differ():
    runs = [([1, 0], [0.9, 0.1]), ([1, 0, 0, 0], [0.9, 0.3, 0.2, 0.1])]
    assert set(line(plot_score_curves({"triangular": runs})[1], "guessing").get_ydata()) == {0.375}


def test_it_draws_in_given_axes():
    axes = plt.subplots(1, 2)[1]
    assert plot_score_curves({"triangular": [some_scores(0)]}, axes) == tuple(axes)


KINDS = {
    "0.0 and 1.0": lambda scores: (scores > 0.8).astype(float),
    "0 and 1": lambda scores: (scores > 0.8).astype(int),
    "logits": lambda scores: 40 * scores - 20,
}


@pytest.mark.parametrize("kind", KINDS)
def test_any_scores_that_have_a_roc_curve_are_drawn(kind):
    """Exactly 0 and 1 among them, and numbers that are no probabilities; classes as a list or as truth values."""
    y, scores = some_scores(0)
    scores = KINDS[kind](scores)
    for classes in (y, y == 1, y.tolist()):
        roc, pr = plot_score_curves({"triangular": [(classes, scores)]})
        (run,) = [each for each in roc.lines if each.get_label() == "_run"]
        assert np.trapezoid(run.get_ydata(), run.get_xdata()) == pytest.approx(roc_auc(y, scores))
        assert set(line(pr, "guessing").get_ydata()) == {20 / 420}


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({}, "results is empty: give at least one recipe with its runs"),
        ({"triangular": []}, "'triangular' has no runs: give at least one pair"),
        ({"triangular": [(np.ones(3), np.ones(3))]}, "y must hold the classes 0 and 1"),
        ({"triangular": [([0, 1], [0.5, np.nan])]}, "scores must be finite numbers .*; 1 of 2 are not"),
    ],
)
def test_results_without_a_curve_are_told(results, message):
    with pytest.raises(ValueError, match=message):
        plot_score_curves(results)


def test_areas_are_a_histogram_with_rows_of_dots():
    ax = plot_areas([0.12, 0.13, 0.81], {"fixed as published": [0.3, 0.6], "fixed 0.03": [0.9]}, {"published": 0.38})
    assert sum(bar.get_height() for bar in ax.patches) == 3
    assert max(bar.get_height() for bar in ax.patches) == 2
    first, second, published = ax.lines
    assert list(published.get_xdata()) == [0.38, 0.38]
    assert "published: 0.38" in [text.get_text() for text in ax.texts]
    assert list(first.get_xdata()) == [0.3, 0.6]
    assert first.get_ydata()[0] > 2
    assert second.get_ydata()[0] > first.get_ydata()[0]
    assert first.get_color() == "C3"
