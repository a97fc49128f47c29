"""Figures are compared by the data in their Axes: a wrong picture has the same file type as a right one."""

from functools import partial

import ipywidgets
import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba

from clr_utils import CyclicalLearningRate, plotting, policies
from clr_utils.metrics.comparison import paired_difference, t_interval
from clr_utils.styles import style_of

RATES = policies.triangular(np.arange(24), 0.002, 0.03, 4)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_plot_policy_draws_one_point_an_update():
    ax = plotting.plot_policy(RATES)
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_xdata(), np.arange(24))
    np.testing.assert_array_equal(line.get_ydata(), RATES)
    assert ax.get_xlabel() == "iteration"
    assert ax.get_ylabel() == "learning rate"


def test_plot_policy_computes_the_rates_of_a_schedule():
    schedule = partial(policies.triangular, base_lr=0.002, max_lr=0.03, step_size=4)
    for each in (
        schedule,
        lambda n: schedule(n) if n < 9 else float(schedule(n)),
        CyclicalLearningRate(0.002, 0.03, 4),
    ):
        ax = plotting.plot_policy(each, updates=24, label="triangular", fill=True, iter_per_epoch=2)
        (line,) = ax.lines
        np.testing.assert_allclose(line.get_ydata(), RATES, rtol=1e-6)
        assert line.get_xdata()[-1] == 23 / 2


def test_plot_policy_draws_a_schedule_of_keras():
    """One that takes no arrays."""
    warming = keras.optimizers.schedules.CosineDecay(0.0, 20, warmup_target=0.1, warmup_steps=10)
    rates = plotting.plot_policy(warming, updates=30).lines[0].get_ydata()
    np.testing.assert_allclose(rates[:11], np.linspace(0, 0.1, 11), atol=1e-7)
    np.testing.assert_allclose(rates[[20, 29]], [0.05, 0.1 * (1 + np.cos(0.95 * np.pi)) / 2], atol=1e-7)


def test_plot_policy_draws_a_schedule_with_a_branch_of_python():
    class Drop(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.1 if step < 3 else keras.ops.cast(0.01, "float32")

    rates = plotting.plot_policy(Drop(), updates=5).lines[0].get_ydata()
    np.testing.assert_allclose(rates, [0.1, 0.1, 0.1, 0.01, 0.01])


@pytest.mark.parametrize(
    ("rates", "settings", "error", "message"),
    [
        (lambda n: 0.1, {}, ValueError, "a schedule has no end: give updates, the number of updates to draw"),
        (lambda n: 0.1, {"updates": 0}, ValueError, "updates must be a whole number of updates, 1 or more"),
        (lambda n: 0.1, {"updates": "9"}, TypeError, "updates must be a number"),
        (RATES, {"updates": 24}, ValueError, "updates is for a schedule; there are 24 rates"),
        (0.1, {}, ValueError, r"rates must be the rate of each update, .* or a schedule with updates=.*; it is 0\.1"),
        (RATES.reshape(2, 12), {}, ValueError, "rates must be the rate of each update"),
        ([], {}, ValueError, "rates must be the rate of each update"),
    ],
)
def test_plot_policy_tells_what_it_cannot_draw(rates, settings, error, message):
    with pytest.raises(error, match=message):
        plotting.plot_policy(rates, **settings)
    assert not plt.get_fignums()


def test_plot_policy_in_epochs():
    ax = plotting.plot_policy(RATES, iter_per_epoch=2)
    assert ax.lines[0].get_xdata()[-1] == 23 / 2
    assert ax.get_xlabel() == "epoch"


def test_plot_policy_draws_in_the_axes_given():
    given = plt.subplots()[1]
    assert plotting.plot_policy(RATES, given) is given
    assert len(given.lines) == 1


def test_plot_policy_marks_bounds_and_fills_the_area():
    ax = plotting.plot_policy(RATES, bounds=(0.002, 0.03), fill=True)
    assert [line.get_ydata()[0] for line in ax.lines[:2]] == [0.002, 0.03]
    corners = ax.collections[0].get_paths()[0].vertices
    assert corners[:, 1].min() == 0
    assert corners[:, 1].max() == RATES.max()


def test_a_line_has_its_style_and_is_named_at_its_end():
    ax = plotting.plot_policy(RATES, label="falls", **style_of("exp_range").line)
    assert (ax.lines[0].get_color(), ax.lines[0].get_linestyle()) == ("C2", "-.")
    (text,) = ax.texts
    assert (text.get_text(), text.get_color()) == ("falls", "C2")
    assert text.xy == (23, RATES[-1])


def test_mark_cycle_names_the_bounds_the_step_and_the_cycle():
    ax = plotting.mark_cycle(0.002, 0.03, 4000)
    texts = {text.get_text(): text for text in ax.texts}
    assert {"base_lr", "max_lr", "step_size = 4,000", "one cycle: 8,000 iterations"} <= set(texts)
    assert texts["max_lr"].xy == (1, 0.03)
    assert texts["step_size = 4,000"].xy[0] == 2000
    assert texts["one cycle: 8,000 iterations"].xy[0] == 4000
    assert [line.get_ydata()[0] for line in ax.lines] == [0.002, 0.03]


def test_bills_are_the_rates_added_up():
    curves = {"triangular": RATES, "fixed": np.full(24, 0.002)}
    axes = plotting.plot_bills(curves, unit=0.002, iter_per_epoch=2)
    assert axes.shape == (2, 2)
    for (curve, bar), (name, rates) in zip(axes, curves.items(), strict=True):
        np.testing.assert_array_equal(curve.lines[0].get_ydata(), rates)
        assert curve.get_title(loc="right") == name
        assert bar.patches[0].get_width() == pytest.approx(rates.sum() / 0.002)
        assert bar.patches[0].get_facecolor() == to_rgba(style_of(name).color)
        assert f"{rates.sum() / 0.002:,.0f}" in [text.get_text() for text in bar.texts]
        assert f"mean rate {rates.mean():.4f}" in [text.get_text() for text in bar.texts]


def test_explorer_draws_anew_when_a_control_changes(monkeypatch):
    shown, drawn = [], []
    monkeypatch.setattr("IPython.display.display", lambda box: shown.append((box, box.children[-1].value)))
    slider = ipywidgets.IntSlider(1, min=1, max=9)

    def draw(ax, height):
        drawn.append(height)
        ax.plot([0, height])

    plotting.explorer(draw, height=slider)
    ((box, picture_when_shown),) = shown
    first = bytes(box.children[-1].value)
    assert picture_when_shown == first
    assert first.startswith(b"\x89PNG")
    assert slider.description == "height"
    slider.value = 5
    assert drawn == [1, 5]
    assert bytes(box.children[-1].value) != first
    assert not plt.get_fignums()


def test_dot_plot_has_a_row_of_dots_and_a_mean_for_each_recipe():
    ax = plotting.dot_plot({"one": [1.0, 2.0, 3.0], "other": [4.0, 6.0]})
    dots, means = ax.lines[::2], ax.lines[1::2]
    assert [line.get_xdata().tolist() for line in map(_numbers, dots)] == [[1, 2, 3], [4, 6]]
    assert [line.get_ydata().tolist() for line in map(_numbers, dots)] == [[0, 0, 0], [1, 1]]
    assert [float(line.get_xdata()[0]) for line in means] == [2.0, 5.0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "other"]


def test_dots_that_would_hide_each_other_are_stacked():
    for log in (False, True):
        ax = plotting.dot_plot({"one": [1.0, 5.0, 1.001, 1.0], "other": [1.0]}, log=log)
        heights = [list(line.get_ydata()) for line in ax.lines[::2]]
        assert heights == [[0, 0, pytest.approx(-0.16), pytest.approx(-0.32)], [1]], "rows count from the top"
    spread = {
        log: plotting.dot_plot({"one": [1.0, 1.06, 100.0]}, log=log).lines[0].get_ydata() for log in (False, True)
    }
    assert (spread[False][1], spread[True][1]) == (pytest.approx(-0.16), 0), "near on the axis that is drawn"
    pairs = paired_difference([1.0, 1.0, 2.0], [0.0, 0.0, 0.0])
    lower = plotting.forest_plot({"one": pairs}).lines[1].get_ydata()
    assert lower[0] == lower[2] < lower[1]


def test_a_tall_stack_of_the_first_row_is_inside_the_axes():
    for many in (1, 4, 5, 10):
        ax = plotting.dot_plot({"one": [1.0] * many, "other": [2.0]})
        below, top = ax.get_ylim()
        assert top < min(ax.lines[0].get_ydata()) - 0.1, "and its uppermost dot is whole"
        assert (below, top <= -0.6) == (1.6, True)


def test_on_a_logarithmic_axis_the_tick_is_at_the_geometric_mean():
    ax = plotting.dot_plot({"one": [0.01, 1.0]}, log=True)
    assert ax.lines[1].get_xdata()[0] == pytest.approx(0.1)
    assert (ax.get_xscale(), ax.get_xlabel()) == ("log", "test error (%) (log)")


@pytest.mark.parametrize("results", [[0.0, 0.1], [-0.1]])
def test_a_logarithmic_axis_has_no_place_for_0(results):
    with pytest.raises(ValueError, match=r"^values\['one'\] must be greater than 0"):
        plotting.dot_plot({"one": results}, log=True)
    plotting.dot_plot({"one": results})


def test_a_dot_plot_of_nothing_is_empty():
    for log in (False, True):
        assert not plotting.dot_plot({}, log=log).lines


@pytest.mark.parametrize(
    ("scale", "text"),
    [(1, "-1.03 [-1.29, -0.77]"), (1e-3, "-0.0010 [-0.0013, -0.0008]"), (0, "+0.00 [+0.00, +0.00]")],
)
def test_forest_plot_writes_as_many_digits_as_the_interval_needs(scale, text):
    pairs = paired_difference(scale * np.array([1.0, 1.1, 1.0]), scale * np.array([2.0, 2.05, 2.15]))
    written, _ = plotting.forest_plot({"one": pairs}).texts
    assert written.get_text() == text


@pytest.mark.parametrize("given", [[1, 2], t_interval([1.0, 2.0, 3.0])], ids=["numbers", "an interval"])
def test_forest_plot_takes_paired_differences(given):
    with pytest.raises(TypeError, match=r"^differences\['one'\] must be what paired_difference\(\) gives"):
        plotting.forest_plot({"one": given})


def test_forest_plot_shows_each_pair_the_mean_and_the_interval():
    better = paired_difference([1.0, 1.2, 1.1], [2.0, 2.3, 2.0])
    unclear = paired_difference([1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    ax = plotting.forest_plot({"better": better, "unclear": unclear}, noise=0.3)
    dots, intervals, means = ax.lines[1::3], ax.lines[2::3], ax.lines[3::3]
    np.testing.assert_allclose(dots[0].get_xdata(), [-1.0, -1.1, -0.9])
    np.testing.assert_allclose([line.get_xdata() for line in intervals], [better[2:4], unclear[2:4]])
    np.testing.assert_allclose([line.get_xdata()[0] for line in means], [better.mean, unclear.mean])
    assert [line.get_ydata()[0] for line in means] == [0, 1], "rows from the top"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert to_rgba(means[0].get_color()) != to_rgba(means[1].get_color()), "an interval without 0 has its colour"
    assert ax.patches[0].get_x() == -0.3
    assert ax.patches[0].get_width() == pytest.approx(0.6)


def test_a_margin_takes_the_place_of_0_for_the_colours():
    pairs = {"clear": paired_difference([1.0, 1.2, 1.1], [2.0, 2.3, 2.0])}
    pairs |= {"within": paired_difference([1.9, 2.2, 1.9], [2.0, 2.3, 2.01])}
    for margin, alike in ((None, True), (0.2, False)):
        ax = plotting.forest_plot(pairs, margin=margin)
        clear, within = (to_rgba(line.get_color()) for line in ax.lines[3::3])
        assert (clear == within) == alike
        assert [text.get_text() for text in ax.texts if text.get_text() == "margin"] == ["margin"] * (not alike)
    with pytest.raises(ValueError, match="^margin must be"):
        plotting.forest_plot(pairs, margin=-1)


def _numbers(line):
    line.set_data(np.asarray(line.get_xdata()), np.asarray(line.get_ydata()))
    return line
