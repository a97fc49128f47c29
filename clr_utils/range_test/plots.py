"""Pictures of learning-rate range tests."""

from collections.abc import Iterable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import cbook
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from clr_utils import arguments
from clr_utils.plotting import axes, log_axis, mark_range
from clr_utils.range_test.curves import SMOOTHING, loss_level, start_of
from clr_utils.range_test.names import falls, is_accuracy
from clr_utils.range_test.results import RangeTest, RangeTests
from clr_utils.range_test.suggestions import BY_ACCURACY, METHODS, NoSuggestionError, Suggestion

METHOD_STYLES = {
    "smith": {"color": "C1", "linestyle": "--"},
    "fall": {"color": "C2", "linestyle": (0, (1, 1))},
    "steepest": {"color": "C3", "linestyle": "-."},
    "valley": {"color": "C4", "linestyle": ":"},
    "minimum/10": {"color": "C5", "linestyle": "-"},
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
    arguments.instance("test", test, RangeTest, "a RangeTest, such as lr_range_test makes")
    smoothing = arguments.number("smoothing", smoothing, minimum=0, maximum=1)
    if label is not None:
        arguments.text("label", label)
    rates, values = _curve(test, metric)
    found = [_suggestion(test, each, smoothing, metric) for each in _listed(suggestions)]
    ax = axes(ax)
    before = ax.get_ylim() if ax.has_data() else None
    line = {"color": "C0", **cbook.normalize_kwargs(line, Line2D)}
    if smoothing:
        ax.plot(rates, values, **{**line, "alpha": 0.75, "linewidth": 1, "linestyle": "-"})
    ax.plot(rates, _smoothed(values, metric, smoothing), label=label, **line)
    if test.stopped_at:
        ax.axvline(test.stopped_at, color="0.3", linewidth=1)
        ax.annotate("stopped", (test.stopped_at, 0), (-4, 4), ("data", "axes fraction"), "offset points", ha="right")
    log_axis(ax, test.learning_rates)
    ax.set(xlabel="learning rate (log)", ylabel=metric)
    if falls(metric):
        _limit(ax, [values], before)
    _mark(ax, [each for each in found if each], rates, _smoothed(values, metric, smoothing))
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
    tests, smoothing = _several(tests), arguments.number("smoothing", smoothing, minimum=0, maximum=1)
    if method is not None:
        arguments.one_of("method", method, METHODS)
    curves = [_curve(test, metric) for test in tests]
    ax = axes(ax)
    before = ax.get_ylim() if ax.has_data() else None
    line = {"color": "C0", "linewidth": 1.5, "alpha": 0.8, **cbook.normalize_kwargs(line, Line2D)}
    swept, drawn = [], []
    for test, (rates, values) in zip(tests, curves, strict=True):
        swept.extend(test.learning_rates)
        drawn.append(_smoothed(values, metric, smoothing))
        ax.plot(rates, drawn[-1], **line)
        if method is None or not len(rates):
            continue
        try:
            max_lr = test.suggest(method, metric=_read(test, method, metric), smoothing=smoothing).max_lr
        except NoSuggestionError:
            continue
        style = {**METHOD_STYLES[method], "linestyle": "none", "marker": "|", "markersize": 14, "markeredgewidth": 2.5}
        ax.plot([max_lr], [np.interp(max_lr, rates, drawn[-1])], **style, zorder=3)
    log_axis(ax, swept)
    ax.set(xlabel="learning rate (log)", ylabel=metric)
    if falls(metric):
        _limit(ax, drawn, before)
    return ax


def plot_against_sweep(tests, rates, errors):
    """Repeated range tests above, the results of whole trainings at fixed rates below, on one axis, in a new figure.

    A band reaches from the median rate at which the accuracy slows ("smith") to that at which it falls ("fall"). The
    axis of the errors is logarithmic, so that a difference of a point shows among the small ones.

    Args:
        tests: `RangeTests` with an accuracy.
        rates: The fixed rates, shape (n,).
        errors: The final test errors in percent, one row a seed, shape (seeds, n).

    Returns:
        The two Axes.
    """
    arguments.instance("tests", tests, RangeTests, "RangeTests, such as repeat_range_test makes")
    rates, errors = arguments.sample("rates", rates, above=0), arguments.reals("errors", errors)
    if errors.ndim != 2 or errors.shape[1] != len(rates) or not len(errors):
        raise ValueError(
            f"errors must be one row a seed, with an entry for each of the {len(rates)} rates; its shape is "
            f"{errors.shape}"
        )
    slowing, falling = (tests.suggestions(sign)["max_lr"].median() for sign in ("smith", "fall"))
    fig, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(8, 6))
    plot_range_tests(tests, above, metric="accuracy", method="smith")
    below.plot(rates, np.transpose(errors), "o", color="C0", alpha=0.75, linestyle="none")
    below.plot(rates, np.mean(errors, axis=0), "-", color="C0")
    for ax in (above, below):
        mark_range(ax, slowing, falling, color="C1")
    for rate, text, side in ((slowing, "it slows", "right"), (falling, "it falls", "left")):
        above.annotate(text, (rate, 1), (0, 3), ("data", "axes fraction"), "offset points", ha=side, va="bottom")
    above.set(xlabel="", ylabel="accuracy in the test")
    above.set_title("Cheap: range tests", loc="left")
    below.set(xlabel="learning rate (log)", ylabel="final test error (%, log)", yscale="log")
    below.yaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), major_formatter="{x:g}", minor_formatter=NullFormatter())
    below.set_title("Costly: a whole training for each dot", loc="left")
    return above, below


def _several(tests):
    tests = list(tests) if isinstance(tests, Iterable) else [tests]
    for test in tests:
        arguments.instance("tests", test, RangeTest, "RangeTests, or a list of RangeTest values")
    if not tests:
        raise ValueError("tests is empty: there is nothing to draw; give at least one RangeTest")
    return tests


def _listed(suggestions):
    if isinstance(suggestions, str | Suggestion) or not isinstance(suggestions, Iterable):
        raise TypeError(f'suggestions must be a list, such as ["smith"]; it is {suggestions!r}')
    suggestions = list(suggestions)
    for each in suggestions:
        if not isinstance(each, Suggestion):
            arguments.one_of("suggestions", each, METHODS)
    return suggestions


def _curve(test, metric):
    values = test.curve(metric)
    kept = np.isfinite(values)
    return test.learning_rates[kept], values[kept]


def _read(test, method, metric):
    """The curve that a method reads: without an accuracy, that which is drawn."""
    return metric if method in BY_ACCURACY and not any(map(is_accuracy, test.metrics)) else None


def _suggestion(test, method, smoothing, metric):
    if not isinstance(method, str):
        return method
    try:
        return test.suggest(method, metric=_read(test, method, metric), smoothing=smoothing)
    except NoSuggestionError:
        return None


def _mark(ax, suggestions, rates, course):
    """Dashed lines at the suggested rates; each name stands at that end of its line which is far from the curve."""
    marks = [(each.max_lr, f"{each.method}: max_lr", each.method) for each in suggestions]
    marks += [(each.base_lr, "smith: base_lr", "smith") for each in suggestions if each.method == "smith"]
    previous, middle = 0, np.mean(ax.get_ylim())
    for rate, name, method in sorted(marks):
        style = METHOD_STYLES[method]
        ax.axvline(rate, **style, linewidth=1.5)
        # Where two lines lie close together, the second name stands to the right of its line.
        side, gap = ("left", 4) if rate < 1.3 * previous else ("right", -3)
        above = len(rates) and np.interp(rate, rates, course) > middle
        end, inwards, va = (0, 4, "bottom") if above else (1, -4, "top")
        place = {"xytext": (gap, inwards), "textcoords": "offset points", "rotation": 90, "ha": side, "va": va}
        place["bbox"] = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.5}
        place |= {"xycoords": ("data", "axes fraction"), "color": style["color"], "size": 11}
        ax.annotate(f"{name} {rate:.2g}", (rate, end), **place)
        previous = rate


def _smoothed(values, metric, smoothing):
    if not smoothing or not len(values):
        return values
    return loss_level(values, smoothing) if falls(metric) else -loss_level(-values, smoothing)


def _limit(ax, curves, before=None):
    """Keep a divergence from squeezing the rest of the curves into a line."""
    curves = [curve for curve in curves if len(curve)]
    if not curves:
        return
    low, high = np.min(np.concatenate(curves)), np.max(np.concatenate(curves))
    start = max(start_of(curve) for curve in curves)
    if high - start > start - low > 0:
        ends = (low - 0.1 * (start - low), start + 0.6 * (start - low), *(before or ()))
        ax.set_ylim(min(ends), max(ends))
