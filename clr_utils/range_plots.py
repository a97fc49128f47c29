"""Pictures of learning-rate range tests."""

import matplotlib.pyplot as plt
import numpy as np

from clr_utils.range_curves import METHODS, SMOOTHING, NoSuggestionError, level, loss_level, start_of

METHOD_STYLES = {
    method: {"color": f"C{number}", "linestyle": dash}
    for number, (method, dash) in enumerate(zip(METHODS, ("--", "-.", ":", "-"), strict=True), 1)
}


def plot_range_test(test, ax=None, *, metric="loss", suggestions=(), smoothing=SMOOTHING, label=None, **line):
    """A curve of a range test against the learning rate: raw and smoothed, with suggestions and the early stop.

    Args:
        test: A `RangeTest`.
        ax: The Axes to draw in; new ones unless given.
        metric: "loss", or a name in `test.metrics`.
        suggestions: Methods of `RangeTest.suggest`, or `Suggestion` values. Each becomes a line at max_lr with
            its name, "smith" one at base_lr too; a method that refuses is left out.
        smoothing: Share of the curve to average over; 0 draws the raw curve only.
        label: A name for the legend.
        **line: Keyword arguments of `Axes.plot`, for the curve.
    """
    ax = ax or plt.subplots()[1]
    rates, values = _curve(test, metric)
    line = {"color": "C0", **line}
    if smoothing:
        ax.plot(rates, values, **{**line, "alpha": 0.3, "linewidth": 1, "linestyle": "-"})
    ax.plot(rates, _smoothed(values, metric, smoothing), label=label, **line)
    found = [_suggestion(test, each, smoothing) for each in suggestions]
    _mark(ax, [each for each in found if each])
    if test.stopped_at:
        ax.axvline(test.stopped_at, color="0.3", linewidth=1)
        ax.annotate("stopped", (test.stopped_at, 0), (-4, 4), ("data", "axes fraction"), "offset points", ha="right")
    ax.set(xscale="log", xlabel="learning rate", ylabel=metric)
    if metric.endswith("loss"):
        _limit(ax, values)
    return ax


def plot_range_tests(tests, ax=None, *, metric="loss", method=None, smoothing=SMOOTHING, **line):
    """The smoothed curves of repeated range tests, with a tick at the max_lr that `method` suggests for each.

    Args:
        tests: `RangeTests`, or any `RangeTest` values.
        ax: The Axes to draw in; new ones unless given.
        metric: "loss", or a name in the tests' metrics.
        method: As for `RangeTest.suggest`; None marks nothing. Tests that refuse have no tick.
        smoothing: Share of the curve to average over.
        **line: Keyword arguments of `Axes.plot`, for the curves.
    """
    ax = ax or plt.subplots()[1]
    line = {"color": "C0", "linewidth": 1.5, "alpha": 0.7, **line}
    drawn = []
    for test in tests:
        rates, values = _curve(test, metric)
        drawn.append(_smoothed(values, metric, smoothing))
        ax.plot(rates, drawn[-1], **line)
        if method is None:
            continue
        try:
            max_lr = test.suggest(method, smoothing=smoothing).max_lr
        except NoSuggestionError:
            continue
        style = {**METHOD_STYLES[method], "linestyle": "none", "marker": "|", "markersize": 14, "markeredgewidth": 2.5}
        ax.plot([max_lr], [np.interp(max_lr, rates, drawn[-1])], **style, zorder=3)
    ax.set(xscale="log", xlabel="learning rate", ylabel=metric)
    if metric.endswith("loss"):
        _limit(ax, np.concatenate(drawn))
    return ax


def _curve(test, metric):
    if metric != "loss" and metric not in test.metrics:
        raise ValueError(f"the test recorded no {metric!r}; it recorded {', '.join(['loss', *test.metrics])}")
    values = test.losses if metric == "loss" else test.metrics[metric]
    kept = np.isfinite(values)
    return test.learning_rates[kept], values[kept]


def _suggestion(test, method, smoothing):
    if not isinstance(method, str):
        return method
    try:
        return test.suggest(method, smoothing=smoothing)
    except NoSuggestionError:
        return None


def _mark(ax, suggestions):
    marks = [(each.max_lr, f"{each.method}: max_lr", each.method) for each in suggestions]
    marks += [(each.base_lr, "smith: base_lr", "smith") for each in suggestions if each.method == "smith"]
    previous = 0
    for rate, name, method in sorted(marks):
        style = METHOD_STYLES[method]
        ax.axvline(rate, **style, linewidth=1.5)
        # Where two lines lie close together, the second name stands to the right of its line.
        side, gap = ("left", 4) if rate < 1.3 * previous else ("right", -3)
        place = {"xytext": (gap, -4), "textcoords": "offset points", "rotation": 90, "ha": side, "va": "top"}
        ax.annotate(
            f"{name} {rate:.2g}", (rate, 1), xycoords=("data", "axes fraction"), color=style["color"], size=9, **place
        )
        previous = rate


def _smoothed(values, metric, smoothing):
    return (loss_level if metric.endswith("loss") else level)(values, smoothing)


def _limit(ax, values):
    """Keep a divergence from squeezing the rest of the curve into a line."""
    low, start, high = np.min(values), start_of(values), np.max(values)
    if high - start > start - low > 0:
        ax.set_ylim(low - 0.1 * (start - low), start + 0.6 * (start - low))
