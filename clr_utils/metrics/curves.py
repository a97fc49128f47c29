"""ROC and precision-recall curves of several recipes, each over its seeds, drawn by scikit-plots."""

import matplotlib.pyplot as plt
import numpy as np

from clr_utils.metrics.detection import curve_points, negatives_above
from clr_utils.plotting import axes
from clr_utils.styles import style_of

RATES, RECALLS = np.concatenate([[0], np.geomspace(1e-5, 1, 500)]), np.linspace(0, 1, 501)


def scores_of_curve(above, negatives):
    """Classes and scores that have a recorded curve: the inverse of `negatives_above`, but for the scores' scale.

    Args:
        above: For each positive, from the highest score down, the number of negatives that score as much or more.
        negatives: How many negatives there are.

    Returns:
        y and scores, shape (positives + negatives,) each; the scores lie between 0 and 1.

    Raises:
        ValueError: `above` falls, or exceeds the number of negatives.
    """
    above = np.asarray(above)
    if len(above) and (np.any(np.diff(above) < 0) or above[0] < 0 or above[-1] > negatives):
        raise ValueError(f"above must rise from 0 or more to at most {negatives}, the number of negatives")
    between = np.arange(1, len(above) + 1) / (len(above) + 1)
    ranks = np.concatenate([above + between, np.arange(1, negatives + 1)])
    y = np.concatenate([np.ones(len(above), int), np.zeros(negatives, int)])
    return y, 1 - ranks / (negatives + 1)


def plot_score_curves(results, axes=None):
    """ROC and precision-recall curves on one pair of axes: a thin line a run, a thick mean, a band over the runs.

    The mean is taken over recalls at equal false-positive rate, and over precisions at equal recall.

    Args:
        results: {name in `clr_utils.styles`: [(y, scores), ...]}, a pair for each run; see
            `clr_utils.metrics.detection.confusion`. Scores may be any finite numbers.
        axes: Two Axes; new ones unless given.

    Returns:
        The two Axes: ROC, and precision-recall with the prevalence as a line, the mean over the runs of the first
            recipe.

    Raises:
        ValueError: There is no run, or a run has no curve; the message says why.
    """
    from scikitplot.api.metrics import plot_precision_recall, plot_roc

    if not results:
        raise ValueError("results is empty: give at least one recipe with its runs, {name: [(y, scores), ...]}")
    for name, runs in results.items():
        if not runs:
            raise ValueError(f"{name!r} has no runs: give at least one pair (y, scores)")
    grids = {name: [_on_grid(y, scores) for y, scores in runs] for name, runs in results.items()}
    roc, pr = plt.subplots(1, 2, figsize=(11, 4.6), layout="tight")[1] if axes is None else axes
    for ax in (roc, pr):
        ax.set_axis_off()  # scikit-plots lays the figure out at every curve, which takes as long as all the rest
    for name, runs in results.items():
        label, color, dash = style_of(name)
        for ax, draw in ((roc, plot_roc), (pr, plot_precision_recall)):
            before = len(ax.lines)
            for y, scores in runs:
                draw(
                    np.asarray(y, int),
                    _ranked(scores),
                    ax=ax,
                    to_plot_class_index=1,
                    plot_micro=False,
                    title="",
                    show_labels=False,
                    show_fig=False,
                )
            for line in list(ax.lines[before:]):
                # Of the lines of scikit-plots the curves stay; its chance line of precision-recall is not one.
                if line.get_linestyle() == "--":
                    line.remove()
                else:
                    line.set(color=color, linewidth=0.9, alpha=0.75, label="_run")
        recalls, precisions = zip(*grids[name], strict=True)
        for ax, where, heights in ((roc, RATES, recalls), (pr, RECALLS, precisions)):
            if len(runs) > 1:
                ax.fill_between(where, np.min(heights, axis=0), np.max(heights, axis=0), color=color, alpha=0.15, lw=0)
            ax.plot(where, np.mean(heights, axis=0), color=color, linestyle=dash, linewidth=2.2, label=label)
    prevalence = np.mean([np.mean(y) for y, _ in next(iter(results.values()))])
    roc.plot(RATES, RATES, color="0.35", linestyle=":", linewidth=1.8, label="guessing")
    pr.axhline(prevalence, color="0.35", linestyle=":", linewidth=1.8, label=f"guessing: 1 in {1 / prevalence:.0f}")
    roc.set(xlabel="false-positive rate", ylabel="recall", title="ROC", xlim=(0, 1), ylim=(0, 1.02))
    pr.set(xlabel="recall", ylabel="precision", title="precision-recall", xlim=(0, 1), ylim=(0, 1.02))
    for ax in (roc, pr):
        ax.set_axis_on()
        ax.tick_params(labelsize="medium")
        ax.xaxis.label.set_size("medium")
        ax.yaxis.label.set_size("medium")
    roc.legend(loc="lower right", fontsize=10, frameon=True, framealpha=0.9, edgecolor="none")
    roc.figure.tight_layout()
    return roc, pr


def plot_areas(areas, marked, lines=None, ax=None):
    """A histogram of areas under ROC curves; above it the areas of some recipes as dots, and lines at others.

    Args:
        areas: The areas of the histogram, from 0 to 1.
        marked: {name in `clr_utils.styles`: areas}, a row of dots each.
        lines: {name: area}, a dashed line each.
        ax: The Axes to draw in; new ones unless given.
    """
    ax = axes(ax, figsize=(9, 3.8))
    counts, *_ = ax.hist(areas, bins=np.linspace(0, 1, 21), color="0.58", edgecolor="white")
    top = max(counts)
    for row, (name, values) in enumerate(marked.items(), 1):
        color = style_of(name).color
        ax.plot(values, [top * (1 + 0.12 * row)] * len(values), "o", color=color, linestyle="none")
        place = {"xytext": (1.01, top * (1 + 0.12 * row)), "textcoords": "data", "va": "center"}
        ax.annotate(name, (1, 0), color=color, **place)
    for name, area in (lines or {}).items():
        ax.axvline(area, color="0.2", linestyle="--", linewidth=1.2)
        ax.annotate(f"{name}: {area:g}", (area, 1), (0, 4), ("data", "axes fraction"), "offset points", ha="center")
    ax.set(
        xlim=(0, 1), ylim=(0, top * (1.1 + 0.12 * len(marked))), xlabel="area under the ROC curve", ylabel="networks"
    )
    return ax


def _ranked(scores):
    """The scores' ranks, between 0 and 1: the curves hang on the order alone, and scikit-plots refuses 0 and 1."""
    distinct, ranks = np.unique(np.asarray(scores, float), return_inverse=True)
    return (ranks + 1) / (len(distinct) + 1)


def _on_grid(y, scores):
    """Recall at each of RATES, and precision at each of RECALLS."""
    recall, rate, precision = curve_points(negatives_above(y, scores), np.sum(np.asarray(y) == 0))
    reached = np.searchsorted(rate, RATES, side="right") / len(rate)
    needed = np.clip(np.ceil(RECALLS * len(recall)).astype(int) - 1, 0, None)
    return reached, precision[needed]
