"""Figures from numbers: each function takes numbers and an optional Axes, draws, and returns the Axes."""

import matplotlib.pyplot as plt
import numpy as np

# A policy keeps its colour and line style in every notebook.
POLICY_STYLES = {
    "triangular": {"color": "C0", "linestyle": "-"},
    "triangular2": {"color": "C1", "linestyle": "--"},
    "exp_range": {"color": "C2", "linestyle": "-."},
    "fixed": {"color": "C4", "linestyle": "-"},
}


def plot_policy(rates, ax=None, *, label=None, label_at=None, iter_per_epoch=None, bounds=(), fill=False, **line):
    """The learning rate of each update, as a line.

    Args:
        rates: The rates of the updates 0, 1, 2 and so on.
        ax: The Axes to draw in; new ones unless given.
        label: A name, written beside the line in its colour; a policy's name also sets the line's style.
        label_at: The iteration at which the label stands, above the line; after the last one unless given.
        iter_per_epoch: Iterations in an epoch, for an axis in epochs; in iterations unless given.
        bounds: Rates to mark with thin dashed lines.
        fill: Shade the area under the line, which is the rate added up over the updates.
        **line: Keyword arguments of `Axes.plot`, which win over the policy's style.
    """
    ax = ax or plt.subplots()[1]
    rates = np.asarray(rates)
    unit = iter_per_epoch or 1
    where = np.arange(len(rates)) / unit
    for bound in bounds:
        ax.axhline(bound, color="0.5", linestyle=(0, (4, 4)), linewidth=1, zorder=1)
    (drawn,) = ax.plot(where, rates, **{**POLICY_STYLES.get(label, {}), **line})
    if fill:
        ax.fill_between(where, rates, color=drawn.get_color(), alpha=0.25, linewidth=0)
    if label:
        at = len(rates) - 1 if label_at is None else label_at
        offset, align = ((6, 0), "left") if label_at is None else ((0, 4), "center")
        ax.annotate(
            label,
            (where[at], rates[at]),
            offset,
            textcoords="offset points",
            color=drawn.get_color(),
            ha=align,
            va="center" if label_at is None else "bottom",
        )
    ax.set(xlabel="epoch" if iter_per_epoch else "iteration", ylabel="learning rate")
    return ax


def mark_cycle(base_lr, max_lr, step_size, ax=None):
    """Name the two bounds, step_size and the cycle beside a policy whose axis counts iterations from 0."""
    ax = ax or plt.subplots()[1]
    height = max_lr - base_lr
    for name, rate in (("base_lr", base_lr), ("max_lr", max_lr)):
        ax.axhline(rate, color="0.5", linestyle=(0, (4, 4)), linewidth=1, zorder=1)
        ax.annotate(f"{name}\n{rate:g}", (1, rate), (6, 0), ("axes fraction", "data"), "offset points", va="center")
    _span(ax, 0, step_size, base_lr - 0.15 * height, f"step_size = {step_size:,}")
    _span(ax, 0, 2 * step_size, max_lr + 0.12 * height, f"one cycle = 2 × step_size = {2 * step_size:,} iterations")
    ax.set_ylim(base_lr - 0.38 * height, max_lr + 0.32 * height)
    return ax


def plot_bill(bill, ax=None, *, unit, label=None):
    """One bar: the learning rate added up over a training, `bill` times the rate `unit`."""
    ax = ax or plt.subplots()[1]
    color = POLICY_STYLES.get(label, {}).get("color", "C0")
    ax.barh(0, bill, height=0.55, color=color, alpha=0.85)
    ax.annotate(f"{bill:,.0f}", (bill, 0), (6, 0), textcoords="offset points", va="center", weight="bold", color=color)
    ax.set(yticks=[], xlabel=f"rate added up, in units of {unit:g}")
    ax.grid(axis="y", visible=False)
    return ax


def _span(ax, start, end, height, text):
    """A double arrow from start to end with its text in the middle, above it."""
    ax.annotate("", (start, height), (end, height), arrowprops={"arrowstyle": "<->", "shrinkA": 0, "shrinkB": 0})
    ax.annotate(text, ((start + end) / 2, height), (0, 3), textcoords="offset points", ha="center", va="bottom")


def dot_plot(values, ax=None, *, unit="test error (%)"):
    """One row a recipe, one dot a run, a tick at the mean.

    Args:
        values: A dict from the recipe's name to the results of its runs, in rows from the top.
        ax: The Axes to draw in; new ones unless given.
        unit: The label of the horizontal axis.
    """
    ax = ax or plt.subplots(figsize=(8, 0.6 * len(values) + 1))[1]
    for row, (name, results) in enumerate(values.items()):
        ax.plot(results, [row] * len(results), "o", color="C0", alpha=0.6, linestyle="none")
        ax.plot([np.mean(results)], [row], "|", color="C1", markersize=22, markeredgewidth=3, linestyle="none")
    ax.set(yticks=range(len(values)), yticklabels=list(values), xlabel=unit, ylim=(len(values) - 0.4, -0.6))
    ax.grid(axis="y", visible=False)
    return ax


def forest_plot(differences, ax=None, *, noise=None, unit="test error minus the baseline's (points)"):
    """Paired differences, one row a comparison: a dot a pair, the mean and its interval, and the noise band.

    Args:
        differences: A dict from the comparison's name to a `clr_utils.metrics.PairedDifference`, rows from the top.
        ax: The Axes to draw in; new ones unless given.
        noise: Half the width of a band around 0, in which differences between runs of one recipe lie.
        unit: The label of the horizontal axis.
    """
    ax = ax or plt.subplots(figsize=(8, 0.6 * len(differences) + 1.2))[1]
    if noise:
        ax.axvspan(-noise, noise, color="0.5", alpha=0.2, linewidth=0)
        ax.annotate(
            "noise band", (0, 1), (0, 3), ("data", "axes fraction"), "offset points", ha="center", va="bottom", color="0.3"
        )
    ax.axvline(0, color="0.3", linewidth=1)
    for row, (_, pairs) in enumerate(differences.items()):
        color = "C2" if pairs.high < 0 else "C1" if pairs.low > 0 else "0.35"
        ax.plot(pairs.differences, [row + 0.22] * len(pairs.differences), ".", color=color, alpha=0.55, linestyle="none")
        ax.plot([pairs.low, pairs.high], [row, row], "-", color=color, linewidth=3)
        ax.plot([pairs.mean], [row], "D", color=color, markersize=7, linestyle="none")
        text = f"{pairs.mean:+.2f} [{pairs.low:+.2f}, {pairs.high:+.2f}]"
        ax.annotate(text, (1.02, row), (0, 0), ("axes fraction", "data"), "offset points", va="center", color=color)
    ax.set(yticks=range(len(differences)), yticklabels=list(differences), xlabel=unit, ylim=(len(differences) - 0.4, -0.6))
    ax.grid(axis="y", visible=False)
    return ax
