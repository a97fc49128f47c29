"""Pictures of range tests, by the data in their Axes."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from clr_utils import RangeTest, RangeTests, sweep_rates
from clr_utils.range_test.curves import level, loss_level
from clr_utils.range_test.plots import METHOD_STYLES, plot_against_sweep, plot_range_test, plot_range_tests
from clr_utils.range_test.suggestions import METHODS, Suggestion

RATES = sweep_rates(1e-4, 1, 300)
NAMED = ("accuracy", "loss")


def made(center=0.03, seed=0, **settings):
    """A range test with noise: the accuracy rises at a rate, and the loss falls there and rises again later."""
    noise = 0.02 * np.random.default_rng(seed).normal(size=300)
    accuracy = 0.1 + 0.8 / (1 + (center / RATES) ** 3) - 0.5 * np.maximum(np.log(RATES / center / 10), 0) + noise
    losses = 2.3 - 2 / (1 + (center / RATES) ** 3) + 4 * np.maximum(np.log(RATES / center / 10), 0) + noise
    return RangeTest(RATES, losses, {"accuracy": accuracy}, **settings)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_raw_and_smoothed_curve():
    test = made()
    ax = plot_range_test(test)
    raw, smoothed = ax.lines
    np.testing.assert_array_equal(raw.get_xdata(), RATES)
    np.testing.assert_array_equal(raw.get_ydata(), test.losses)
    np.testing.assert_array_equal(smoothed.get_ydata(), loss_level(test.losses))
    assert raw.get_linewidth() < smoothed.get_linewidth()
    assert raw.get_color() == smoothed.get_color()
    assert ax.get_xscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("learning rate (log)", "loss")


def test_short_names_of_a_lines_style_are_taken_too():
    for ax in (plot_range_test(made(), c="C3", lw=2, ls=":"), plot_range_tests([made()], c="C3", lw=2, ls=":")):
        line = ax.lines[-1]
        assert (line.get_color(), line.get_linewidth(), line.get_linestyle()) == ("C3", 2, ":")


def test_a_second_test_in_the_same_axes_hides_nothing_of_the_first():
    high = RangeTest(RATES, 5 * made().losses)
    for draw in (plot_range_test, lambda test, ax=None: plot_range_tests([test], ax, smoothing=0)):
        ends = draw(high).get_ylim()
        ax = draw(high)
        low, top = draw(made(), ax).get_ylim()
        assert top == pytest.approx(ends[1], rel=0.01)
        assert low <= ends[0]


def test_without_an_accuracy_smith_reads_the_curve_that_is_drawn():
    regression = RangeTest(RATES, made().losses)
    rate = regression.suggest("smith", metric="loss").max_lr
    assert plot_range_tests([regression], method="smith").lines[-1].get_xdata()[0] == rate
    assert f"smith: max_lr {rate:.2g}" in texts(plot_range_test(regression, suggestions=["smith"]))


def test_without_smoothing_the_raw_curve_alone():
    (line,) = plot_range_test(made(), smoothing=0).lines
    np.testing.assert_array_equal(line.get_ydata(), made().losses)


def test_axes_metric_label_and_style_as_given():
    given = plt.subplots()[1]
    ax = made().plot(given, metric="accuracy", label="all data", color="C3", linestyle=":", smoothing=0.1)
    assert ax is given
    assert ax.get_ylabel() == "accuracy"
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), level(made().metrics["accuracy"], 0.1))
    assert {line.get_color() for line in ax.lines} == {"C3"}
    assert [line.get_linestyle() for line in ax.lines] == ["-", ":"]
    assert [text.get_text() for text in ax.legend().get_texts()] == ["all data"]


def test_entries_that_are_not_finite_are_left_out():
    test = made()
    test.losses[-1] = np.inf
    test.metrics["val_accuracy"] = np.where(np.arange(300) % 10 == 9, 0.5, np.nan)
    assert len(plot_range_test(test).lines[0].get_xdata()) == 299
    line = plot_range_test(test, metric="val_accuracy").lines[0]
    np.testing.assert_array_equal(line.get_xdata(), RATES[9::10])


@pytest.mark.parametrize("metric", ["loss", "val_loss"])
def test_a_test_without_a_finite_loss(metric):
    """It stopped at the first update, or nothing was measured."""
    test = RangeTest(RATES[:1], np.array([np.nan]), {"val_loss": np.array([np.nan])}, stopped_at=RATES[0])
    ax = plot_range_test(test, metric=metric, suggestions=METHODS[2:])
    assert texts(ax) == ["stopped"]
    plot_range_tests(RangeTests((0, 1), (test, made())), metric="loss", method="steepest")


def test_a_curve_that_was_never_measured_is_drawn_empty():
    """Its test stopped before; what the loss suggests stands there all the same."""
    test = made()
    test.metrics["val_accuracy"] = np.full(300, np.nan)
    ax = plot_range_test(test, metric="val_accuracy", suggestions=["steepest"])
    assert ax.lines[-1].get_xdata()[0] == test.suggest("steepest").max_lr
    plot_range_tests(RangeTests((0,), (test,)), metric="val_accuracy", method="steepest")


def test_suggestions_stand_at_their_rates_with_their_names():
    test = made()
    methods = ["smith", "steepest", "valley", "minimum/10"]
    ax = plot_range_test(test, suggestions=methods)
    marked = {(line.get_xdata()[0], line.get_color()) for line in ax.lines[2:]}
    for method in methods:
        found = test.suggest(method)
        color = METHOD_STYLES[method]["color"]
        assert (found.max_lr, color) in marked
        assert any(text.startswith(f"{method}: max_lr {found.max_lr:.2g}") for text in texts(ax))
    smith = test.suggest("smith")
    assert (smith.base_lr, METHOD_STYLES["smith"]["color"]) in marked
    assert f"smith: base_lr {smith.base_lr:.2g}" in texts(ax)
    assert len(marked) == 5
    for text in ax.texts:
        assert text.xy[1] in (0, 1)
        assert float(text.get_text().split()[-1]) == pytest.approx(text.xy[0], rel=0.05)


def test_a_suggestion_may_be_a_value_and_one_that_is_refused_is_left_out():
    flat = RangeTest(RATES, np.ones(300), {})
    ax = plot_range_test(flat, suggestions=["steepest", Suggestion(0.01, 0.04, "valley")])
    assert texts(ax) == ["valley: max_lr 0.04"]
    assert ax.lines[-1].get_xdata()[0] == 0.04


def test_names_of_close_suggestions_stand_on_both_sides():
    close = [Suggestion(0.01, 0.04, "valley"), Suggestion(0.01, 0.045, "steepest")]
    first, second = plot_range_test(made(), suggestions=close).texts
    assert (first.get_ha(), second.get_ha()) == ("right", "left")


def test_names_stand_where_the_curve_is_not():
    ends = {
        metric: [text.xy[1] for text in made().plot(metric=metric, suggestions=["smith"]).texts] for metric in NAMED
    }
    assert ends == {"accuracy": [1, 0], "loss": [0, 1]}, "base_lr stands before the climb, max_lr after it"


def test_against_a_sweep_small_errors_can_be_told_apart():
    tests = RangeTests((0, 1), (made(), made(seed=1)))
    above, below = plot_against_sweep(tests, [0.01, 0.1], [[90.0, 2.0], [90.0, 4.0]])
    assert below.get_yscale() == "log"
    assert all(ax.get_title(loc="left") for ax in (above, below))
    (mean,) = [line for line in below.lines if line.get_linestyle() == "-"]
    assert list(mean.get_ydata()) == [90, 3]
    names = [text for text in above.texts if text.get_text() in ("it slows", "it falls")]
    assert [(text.xy[1], text.get_va()) for text in names] == [(1, "bottom")] * 2, "above the Axes, off the curves"


def test_every_method_has_a_style_of_its_own():
    assert set(METHOD_STYLES) == set(METHODS)
    assert len({to_hex(style["color"]) for style in METHOD_STYLES.values()}) == len(METHODS)
    assert len({str(style["linestyle"]) for style in METHOD_STYLES.values()}) == len(METHODS)


def test_an_early_stop_is_marked():
    ax = plot_range_test(made(stopped_at=0.5, stop_reason="the loss is nan"))
    assert texts(ax) == ["stopped"]
    assert ax.lines[-1].get_xdata()[0] == 0.5
    assert not texts(plot_range_test(made()))


def test_a_divergence_does_not_squeeze_the_curve():
    test = made()
    low, start = test.losses.min(), np.median(test.losses[:15])
    test.losses[-20:] = 1e6
    bottom, top = plot_range_test(test).get_ylim()
    assert bottom < low
    assert start < top < start + (start - low)
    test.losses[:] = np.linspace(2, 1, 300)
    assert plot_range_test(test).get_ylim()[1] > 2


def test_repeated_tests_as_one_curve_each_with_a_mark():
    tests = RangeTests((0, 1, 2), (made(0.02), RangeTest(RATES, np.ones(300)), made(0.05)))
    ax = tests.plot(method="steepest")
    curves = [line for line in ax.lines if len(line.get_xdata()) > 1]
    marks = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert len(curves) == 3
    for curve, test in zip(curves, tests, strict=True):
        np.testing.assert_array_equal(curve.get_ydata(), loss_level(test.losses))
    assert [mark.get_xdata()[0] for mark in marks] == [tests.tests[k].suggest("steepest").max_lr for k in (0, 2)]
    for mark, k in zip(marks, (0, 2), strict=True):
        place = np.interp(mark.get_xdata()[0], RATES, loss_level(tests.tests[k].losses))
        assert mark.get_ydata()[0] == pytest.approx(place)
        assert mark.get_color() == METHOD_STYLES["steepest"]["color"]
    assert (ax.get_xscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "learning rate (log)", "loss")


def test_the_marks_are_read_off_the_curves_as_they_are_smoothed():
    test = made()
    mark = plot_range_tests([test], method="smith", smoothing=0.2).lines[-1]
    assert mark.get_xdata()[0] == test.suggest("smith", smoothing=0.2).max_lr != test.suggest("smith").max_lr


def test_repeated_tests_without_marks_in_the_axes_given():
    given = plt.subplots()[1]
    ax = plot_range_tests([made(), made(seed=1)], given, metric="accuracy", linewidth=3)
    assert ax is given
    assert [line.get_linewidth() for line in ax.lines] == [3, 3]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), level(made(seed=1).metrics["accuracy"]))


def test_one_divergence_among_repeated_tests_does_not_squeeze_them():
    wild = made()
    wild.losses[-20:] = 1e6
    bottom, top = plot_range_tests([made(), made(seed=1), wild]).get_ylim()
    assert bottom < 0.5
    assert 2.3 < top < 5


@pytest.mark.parametrize("draw", [plot_range_test, lambda test, **settings: plot_range_tests([test], **settings)])
def test_an_unknown_metric_is_told(draw):
    with pytest.raises(ValueError, match="the test recorded no 'auc'; it recorded loss, accuracy"):
        draw(made(), metric="auc")


@pytest.mark.parametrize("metric", ["mae", "head_loss", "val_mean_squared_error"])
def test_what_falls_is_drawn_as_a_loss(metric):
    """Its divergence neither moves its smoothed course nor squeezes it."""
    losses = made().losses
    losses[-20:] = 1e6
    test = RangeTest(RATES, np.ones(300), {metric: losses, "loss_of_life": losses})
    for ax in (plot_range_test(test, metric=metric), plot_range_tests([test], metric=metric)):
        np.testing.assert_array_equal(ax.lines[-1].get_ydata(), loss_level(losses))
        assert ax.get_ylim()[1] < 5
    ax = plot_range_test(test, metric="loss_of_life")
    np.testing.assert_array_equal(ax.lines[-1].get_ydata(), level(losses))


def test_a_curve_a_class_and_one_called_learning_rate():
    test = RangeTest(RATES, np.ones(300), {"f1_score_0": RATES * 2, "learning_rate": RATES * 3})
    for metric, factor in (("f1_score_0", 2), ("learning_rate", 3)):
        line = plot_range_test(test, metric=metric).lines[0]
        np.testing.assert_array_equal(line.get_xdata(), RATES)
        np.testing.assert_array_equal(line.get_ydata(), factor * RATES)


def test_no_test_at_all_is_told():
    with pytest.raises(ValueError, match="tests is empty: there is nothing to draw; give at least one RangeTest"):
        plot_range_tests([])
