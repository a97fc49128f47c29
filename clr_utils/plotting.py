"""Figures from numbers: each function takes numbers and an optional Axes, draws, and returns the Axes."""

import contextlib
import io
import math
import sys

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, MultipleLocator, NullFormatter

from clr_utils import arguments
from clr_utils.metrics.comparison import PairedDifference
from clr_utils.styles import style_of


def axes(ax=None, **figure):
    """The Axes to draw in: where `ax` is None new ones, in a figure that `plt.subplots` makes with these arguments.

    Raises:
        TypeError: `ax` is something else, such as all that `plt.subplots` answers with.
    """
    if ax is None:
        return plt.subplots(**figure)[1]
    return arguments.instance("ax", ax, Axes, "one Axes of Matplotlib, such as plt.subplots()[1], or None")


def plot_policy(rates, ax=None, *, updates=None, label=None, iter_per_epoch=None, bounds=(), fill=False, **line):
    """The learning rate of each update, as a line.

    Args:
        rates: The rates of the updates 0, 1, 2 and so on, shape (n,); or a schedule, such as `CyclicalLearningRate`
            or any function from an iteration to its rate.
        ax: The Axes to draw in; new ones unless given.
        updates: How many updates of a schedule to draw.
        label: A name, written at the line's end in its colour.
        iter_per_epoch: Iterations in an epoch, for an axis in epochs; in iterations unless given.
        bounds: Rates to mark with thin dashed lines.
        fill: Shade the area under the line, which is the rate added up over the updates.
        **line: Keyword arguments of `Axes.plot`, such as `**style_of("triangular").line` (`clr_utils.styles`).

    Raises:
        TypeError, ValueError: There are no rates to draw; the message says what was expected.
    """
    rates, bounds = _rates(rates, updates), arguments.sample("bounds", bounds, at_least=0)
    fill = arguments.flag("fill", fill)
    if label is not None:
        arguments.text("label", label)
    if iter_per_epoch is not None:
        arguments.number("iter_per_epoch", iter_per_epoch, above=0)
    ax = axes(ax)
    unit = iter_per_epoch or 1
    where = np.arange(len(rates)) / unit
    for bound in bounds:
        ax.axhline(bound, color="0.5", linestyle=(0, (4, 4)), linewidth=1, zorder=1)
    (drawn,) = ax.plot(where, rates, **line)
    if fill:
        ax.fill_between(where, rates, color=drawn.get_color(), alpha=0.25, linewidth=0)
    if label:
        ax.annotate(
            label,
            (where[-1], rates[-1]),
            (6, 0),
            textcoords="offset points",
            color=drawn.get_color(),
            va="center",
        )
    ax.set(xlabel="epoch" if iter_per_epoch else "iteration", ylabel="learning rate")
    if not iter_per_epoch:
        ax.xaxis.set_major_formatter("{x:,.0f}")
    return ax


def mark_cycle(base_lr, max_lr, step_size, ax=None):
    """Name the two bounds, step_size and the cycle beside a policy whose axis counts iterations from 0."""
    ax = axes(ax)
    height = max_lr - base_lr
    for name, rate in (("base_lr", base_lr), ("max_lr", max_lr)):
        ax.axhline(rate, color="0.5", linestyle=(0, (4, 4)), linewidth=1, zorder=1)
        ax.annotate(name, (1, rate), (6, 0), ("axes fraction", "data"), "offset points", va="center")
    _span(ax, 0, step_size, base_lr - 0.15 * height, f"step_size = {step_size:,}")
    _span(ax, 0, 2 * step_size, max_lr + 0.1 * height, f"one cycle: {2 * step_size:,} iterations")
    ax.set(ylim=(base_lr - 0.25 * height, max_lr + 0.28 * height), yticks=(base_lr, base_lr + height / 2, max_lr))
    ax.xaxis.set_major_locator(MultipleLocator(step_size))
    return ax


def plot_bills(policies, *, unit, iter_per_epoch):
    """A row for each policy: its rates over the epochs, shaded, and the area as a bar, in a new figure.

    Args:
        policies: The rates of every update, by the policy's name (`clr_utils.styles`).
        unit: The rate in which the sums are expressed.
        iter_per_epoch: Iterations in an epoch.

    Returns:
        The Axes as an array, one row a policy: the curve and the bar.
    """
    _, grid = plt.subplots(
        len(policies),
        2,
        figsize=(11, 1.6 * len(policies)),
        sharex="col",
        sharey="col",
        width_ratios=[3, 2],
        squeeze=False,
    )
    bills = {name: np.sum(rates) / unit for name, rates in policies.items()}
    for (curve, bar), (name, rates) in zip(grid, policies.items(), strict=True):
        style = style_of(name)
        plot_policy(rates, curve, fill=True, iter_per_epoch=iter_per_epoch, **style.line)
        curve.set_title(style.label, color=style.color, y=0.8, x=0.99, loc="right")
        bar.barh(0, bills[name], height=0.5, color=style.color)
        for text, height, size in ((f"{bills[name]:,.0f}", 5, 17), (f"mean rate {np.mean(rates):.4f}", -13, 11)):
            place = {"xytext": (7, height), "textcoords": "offset points", "va": "center"}
            bar.annotate(text, (bills[name], 0), **place, size=size, color=style.color)
        bar.set(xlim=(0, 1.65 * max(bills.values())), ylim=(-0.5, 0.5), yticks=[])
        bar.set_xlabel(f"rate added up, in units of {unit:g}")
        bar.xaxis.set(major_formatter="{x:,.0f}", major_locator=MaxNLocator(3))
        bar.grid(axis="y", visible=False)
        for ax in (curve, bar):
            ax.label_outer()
    grid[0, 0].set_title("the rate of each update")
    grid[0, 1].set_title("the learning-rate bill")
    return grid


def _rates(rates, updates):
    if callable(rates):
        if updates is None:
            raise ValueError("a schedule has no end: give updates, the number of updates to draw")
        updates = arguments.whole("updates", updates, unit="updates")
        if "keras" in sys.modules:
            from keras import ops, optimizers

            if isinstance(rates, optimizers.schedules.LearningRateSchedule):
                # At once, as one at a time is slow. A schedule with a Python `if` cannot, and each backend has its own
                # error for that.
                with contextlib.suppress(Exception):
                    return ops.convert_to_numpy(ops.vectorized_map(rates, ops.arange(updates)))
        return np.array([float(rates(n)) for n in range(updates)])
    values = arguments.numbers("rates", rates)
    if values.ndim != 1 or not len(values):
        raise ValueError(
            f"rates must be the rate of each update, shape (n,), or a schedule with updates=...; it is {rates!r}"
        )
    if updates is not None:
        raise ValueError(f"updates is for a schedule; there are {len(values)} rates: leave it out, or cut them")
    return values


def _span(ax, start, end, height, text):
    """A double arrow from start to end with its text in the middle, above it."""
    ax.annotate("", (start, height), (end, height), arrowprops={"arrowstyle": "<->", "shrinkA": 0, "shrinkB": 0})
    ax.annotate(text, ((start + end) / 2, height), (0, 3), textcoords="offset points", ha="center", va="bottom")


def mark_range(ax, low, high, name=None, *, color="0.45"):
    """Shade the horizontal axis from low to high, between thin lines, and write a name above; returns the Axes."""
    ax.axvspan(low, high, facecolor=(color, 0.15), edgecolor=color, linewidth=0.8)
    if name:
        middle = np.sqrt(low * high) if ax.get_xscale() == "log" else (low + high) / 2
        place = {"xycoords": ("data", "axes fraction"), "xytext": (0, 3), "textcoords": "offset points"}
        ax.annotate(name, (middle, 1), **place, ha="center", va="bottom", color="0.3")
    return ax


def dot_plot(values, ax=None, *, unit="test error (%)", log=False):
    """One row a recipe, one dot a run, a tick at the mean. Dots that would hide each other are stacked.

    Args:
        values: A dict from the recipe's name to the results of its runs, in rows from the top.
        ax: The Axes to draw in; new ones unless given.
        unit: The label of the horizontal axis.
        log: A logarithmic axis, for rates, and named so; the tick is then at the geometric mean.
    """
    arguments.instance("values", values, dict, "a dict from a name to the results of its runs")
    log, unit = arguments.flag("log", log), arguments.text("unit", unit)
    above = 0 if log else None
    values = {name: arguments.sample(f"values[{name!r}]", each, above=above) for name, each in values.items()}
    ax = axes(ax, figsize=(8, 0.6 * len(values) + 1))
    if log and values:
        log_axis(ax, [value for results in values.values() for value in results])
    levels_of_rows = _stacked(values.values(), np.log if log else np.asarray)
    for row, (results, levels) in enumerate(zip(values.values(), levels_of_rows, strict=True)):
        ax.plot(results, row - 0.16 * levels, "o", color="C0", alpha=0.75, linestyle="none")
        middle = np.exp(np.mean(np.log(results))) if log else np.mean(results)
        ax.plot([middle], [row], "|", color="C1", markersize=22, markeredgewidth=3, linestyle="none")
    stack = 0.16 * max((levels.max() for levels in levels_of_rows[:1]), default=0)  # of the first row
    top = -max(0.6, stack + 0.12)
    ax.set(yticks=range(len(values)), yticklabels=list(values), ylim=(len(values) - 0.4, top))
    ax.set_xlabel(f"{unit} (log)" if log else unit)
    ax.grid(axis="y", visible=False)
    return ax


def _stacked(rows, scale):
    """For each row of values, how many earlier ones of the row lie under each: by a hundredth of all."""
    placed = [scale(np.array(row, dtype=float)) for row in rows]
    near = 0.01 * np.ptp(np.concatenate(placed)) if placed else 0.0
    return [np.array([np.sum(np.abs(row[:k] - row[k]) <= near) for k in range(len(row))]) for row in placed]


def log_axis(ax, values):
    """Make the horizontal axis logarithmic, with plain numbers at 1, 2 and 5, or at powers of ten for a wide range."""
    steps = (1, 2, 5) if np.max(values) < 100 * np.min(values) else (1,)
    ax.set_xscale("log")
    ax.xaxis.set(major_locator=LogLocator(subs=steps), major_formatter="{x:g}", minor_formatter=NullFormatter())
    return ax


def forest_plot(differences, ax=None, *, noise=None, margin=None, unit="test error minus the baseline's (points)"):
    """Paired differences, one row a comparison: a dot a pair, the mean and its interval, and a band around 0.

    A row is green or orange where its whole interval lies to the left or to the right of 0, or of the margin; a row
    that is undecided is grey.

    Args:
        differences: A dict from the comparison's name to a `clr_utils.metrics.comparison.PairedDifference`, rows from
            the top.
        ax: The Axes to draw in; new ones unless given.
        noise: Half the width of a band around 0, in which differences between runs of one recipe lie.
        margin: The smallest difference that matters: a band, too, which then takes the place of 0 for the colours.
        unit: The label of the horizontal axis.
    """
    arguments.instance("differences", differences, dict, "a dict from a name to a PairedDifference")
    for name, pairs in differences.items():
        arguments.instance(f"differences[{name!r}]", pairs, PairedDifference, "what paired_difference() gives")
    unit = arguments.text("unit", unit)
    noise, margin = (
        half if half is None else arguments.number(name, half, minimum=0)
        for name, half in (("noise", noise), ("margin", margin))
    )
    ax = axes(ax, figsize=(8, 0.6 * len(differences) + 1.2))
    for name, half in (("noise band", noise), ("margin", margin)):
        if half is not None:
            mark_range(ax, -half, half, name)
    limit = margin or 0
    ax.axvline(0, color="0.3", linewidth=1)
    for row, pairs in enumerate(differences.values()):
        color = "C2" if pairs.high < -limit else "C1" if pairs.low > limit else "0.35"
        heights = row + 0.2 + 0.1 * _stacked([pairs.differences], np.asarray)[0]
        ax.plot(pairs.differences, heights, "o", color=color, alpha=0.8, markersize=4, linestyle="none")
        ax.plot([pairs.low, pairs.high], [row, row], "-", color=color, linewidth=3)
        ax.plot([pairs.mean], [row], "D", color=color, markersize=7, linestyle="none")
        size = pairs.high - pairs.low or abs(pairs.mean)
        digits = max(2, -math.floor(math.log10(size))) if size else 2
        mean, low, high = (round(value, digits) + 0.0 for value in (pairs.mean, pairs.low, pairs.high))
        text = f"{mean:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"
        ax.annotate(text, (1.02, row), (0, 0), ("axes fraction", "data"), "offset points", va="center", color=color)
    ax.annotate("mean [interval]", (1.02, 1), (0, 4), "axes fraction", "offset points", color="0.35")
    ax.set(
        yticks=range(len(differences)), yticklabels=list(differences), xlabel=unit, ylim=(len(differences) - 0.4, -0.6)
    )
    ax.grid(axis="y", visible=False)
    return ax


def explorer(draw, *, size=(9, 3.4), **controls):
    """Display a figure with sliders: `draw(ax, **values)` draws it anew whenever a control changes.

    Args:
        draw: A function of the Axes and of the controls' values, by name.
        size: Width and height of the figure in inches.
        **controls: ipywidgets, such as a FloatSlider, under the names that draw knows them by.
    """
    import ipywidgets
    from IPython.display import display

    picture = ipywidgets.Image(layout={"object_fit": "scale-down"})

    def redraw(_change=None):
        fig, ax = plt.subplots(figsize=size)
        file = io.BytesIO()
        try:
            draw(ax, **{name: control.value for name, control in controls.items()})
            fig.savefig(file, format="png")
        finally:
            plt.close(fig)
        picture.value = file.getvalue()

    for name, control in controls.items():
        control.description = name
        control.observe(redraw, "value")
    # Drawn before it is shown: Chromium never lays out a picture that was empty and is filled while out of view.
    redraw()
    display(ipywidgets.VBox([*controls.values(), picture]))
