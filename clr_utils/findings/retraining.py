"""Retraining with cyclical rates (Chopade 2021): the published gains, and ours, taken apart.

A gain is a sum of three steps, each of which changes one thing: more epochs at the last small rate; a rate that rises
again, and falls in one line to where triangular ends; and cycles, with the same mean rate and the same end.
"""

from functools import partial

import numpy as np
import pandas as pd

from clr_utils import arguments
from clr_utils.citations import published
from clr_utils.findings.contrasts import judged_table, seeds_with_records
from clr_utils.plotting import axes
from clr_utils.studies import chest_xray as study
from clr_utils.styles import style_of

RETRAINED = ("Atelectasis", "Infiltration", "Fibrosis", "Pneumothorax")
# From the network before to triangular, each step as (with, without).
STEPS = {
    "more epochs": ("last_rate", "before"),
    "a rate that rises again": ("one_line", "last_rate"),
    "cycling": ("triangular", "one_line"),
}
# What is judged, each as (arm, other): "arm is better". All hold together, for all optimizers (`study.DESIGN`).
CONTRASTS = {
    "claim 20: triangular against before": ("triangular", "before"),
    "modified triangular2 against before": ("modified_triangular2", "before"),
    **{
        f"{step}: {style_of(arm).label} against {style_of(other).label}": (arm, other)
        for step, (arm, other) in STEPS.items()
    },
    "triangular against all epochs at once": ("triangular", "from_start"),
}
SHORT = 0.04  # share of an axis
MARGINS = {"train_accuracy": 1.0, "test_roc_area": 0.01}
# How a table shows these scores: the words, and how many of this unit are 1 of the score's own.
UNITS = {"train_accuracy": ("training accuracy, points", 1), "test_roc_area": ("test ROC area, hundredths", 100)}


def published_table():
    """The slides' four findings with an accuracy before and after: both, their epochs, and the gain in points."""
    rows = {}
    for finding in RETRAINED:
        names = ("accuracy", "epochs", "clr_accuracy", "clr_epochs")
        before, epochs, after, more = (published(f"chopade.{finding}.{name}").value for name in names)
        rows[finding] = (before, int(epochs), after, int(more), round(after - before, 2))
    columns = ["before (%)", "epochs", "after CLR (%)", "epochs, CLR", "gain (points)"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def seeds_recorded(arms, data="pneumonia", **which):
    """The seeds of the study for which each of these arms is recorded, in their order.

    Args:
        arms: Of `study.ARMS`, or "before".
        data: "pneumonia", or a finding of `study.NIH`.
        **which: network and optimizer, as for `study.study_runs`.
    """
    arms = {_run_of(arguments.one_of("arms", arm, ("before", *study.ARMS))) for arm in arms}
    runs = partial(study.study_runs, sorted(arms), data=data, **which)
    return seeds_with_records(_planned(data), runs)


def values(arm, score, seeds, **which):
    """A recorded score of an arm, one a seed, NaN where a run diverged.

    "before" is the score of triangular's runs after phase 1.
    """
    prefix = "before_" if arm == "before" else ""
    return np.array(study.recorded_scores(prefix + score, _run_of(arm), seeds, **which), dtype=float)


def _run_of(arm):
    return "triangular" if arm == "before" else arm


def _planned(data):
    return study.SEEDS["pneumonia" if arguments.one_of("data", data, study.EPOCHS) == "pneumonia" else "nih"]


def steps(score, seeds, **which):
    """What each of the three STEPS adds to a score, one a seed: {step: differences}; NaN where a run diverged."""
    return {step: np.subtract(*(values(arm, score, seeds, **which) for arm in pair)) for step, pair in STEPS.items()}


def mean_steps(trained, data="pneumonia"):
    """The mean over the recorded seeds of what each of the STEPS adds to each score of UNITS.

    Args:
        trained: (network, optimizer) pairs, such as ("alexnet", "adam").
        data: "pneumonia", or a finding of `study.NIH`.

    Returns:
        A DataFrame, a row for each score, network and optimizer: the STEPS and "seeds", how many there are. A step is
        NaN where a run diverged, or none is recorded.
    """
    rows = {}
    for score, (unit, per_one) in UNITS.items():
        for network, optimizer in trained:
            which = {"data": data, "network": network, "optimizer": optimizer}
            seeds = seeds_recorded({arm for pair in STEPS.values() for arm in pair}, **which)
            gains = steps(score, seeds, **which) if seeds else dict.fromkeys(STEPS, [np.nan])
            rows[unit, network, optimizer] = [*(per_one * np.mean(gains[step]) for step in STEPS), len(seeds)]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[*STEPS, "seeds"])
    return table.set_index(pd.MultiIndex.from_tuples(rows, names=["score", "network", "optimizer"]))


def judged(score, data="pneumonia", contrasts=CONTRASTS):
    """A row for each contrast and optimizer: the difference of a score, its interval, and the verdict.

    Args:
        score: A key of MARGINS; of the NIH findings the training accuracy alone is judged (`study.DESIGN`).
        data: "pneumonia", or a finding of `study.NIH`.
        contrasts: {what is claimed: (arm, other)}; the intervals hold together for all of them and both optimizers
            (Bonferroni).

    Returns:
        A DataFrame. "verdict" is about "the first is better". There is none until all seeds of the design are
        recorded, and none where a run diverged: without it the rest would look better than they are.

    Raises:
        ValueError: The study does not judge this score of these data.
    """
    margin, planned = MARGINS[arguments.one_of("score", score, MARGINS)], len(_planned(data))
    if score != "train_accuracy" and data != "pneumonia":
        raise ValueError(f"{score} of {data} is untestable: too few test patients. Judge its train_accuracy")

    def seeds_of(pair):
        (first, optimizer), (other, _) = pair
        return seeds_recorded((first, other), data=data, optimizer=optimizer)

    def scores_of(each, seeds):
        arm, optimizer = each
        return values(arm, score, seeds, data=data, optimizer=optimizer)

    pairs = {
        (claim, optimizer): [(arm, optimizer) for arm in pair]
        for claim, pair in contrasts.items()
        for optimizer in study.JUDGED_OPTIMIZERS
    }
    digits = 1 if margin >= 1 else 3
    return judged_table(pairs, seeds_of, scores_of, planned=planned, margin=margin, digits=digits, column="difference")


def plot_arrows(ends, ax=None, *, unit):
    """An arrow for each arm from the mean score before to the mean after, rows from the top.

    Above an arrow stands a tick for each seed before, below it a dot for each seed after. The dotted line is the mean
    before. A way shorter than SHORT of the axis would vanish under its arrowhead: there a bar stands at the mean after.

    Args:
        ends: {arm of `clr_utils.styles`: (scores before, scores after)}, one a seed each.
        ax: The Axes to draw in; new ones unless given.
        unit: The label of the horizontal axis.

    Raises:
        TypeError, ValueError: There is no arm, an unknown one, a score that is no finite number (such as that of a run
            that diverged), or an arm has not as many scores before as after.
    """
    arguments.instance("ends", ends, dict, "a dict from an arm to its scores before and after")
    if not ends:
        raise ValueError("ends must have one arm or more; it is empty")
    unit, pairs = arguments.text("unit", unit), {style_of(arm): _pair(arm, *pair) for arm, pair in ends.items()}
    ax = axes(ax, figsize=(6, 0.6 * len(ends) + 1))
    for row, (style, (before, after)) in enumerate(pairs.items()):
        ax.plot(before, [row - 0.25] * len(before), "|", color="0.5", markeredgewidth=1.5, linestyle="none")
        ax.plot(after, [row + 0.25] * len(after), "o", color=style.color, markersize=4.5, linestyle="none")
    start = np.mean([before.mean() for before, _ in pairs.values()])
    ax.axvline(start, color="0.5", linewidth=1, linestyle=":", zorder=1)
    ax.annotate("before", (start, -0.6), (4, -3), textcoords="offset points", va="top", size=9, color="0.35")
    for row, (style, (before, after)) in enumerate(pairs.items()):
        if abs(after.mean() - before.mean()) < SHORT * np.ptp(ax.get_xlim()):
            ax.plot([after.mean()], [row], "|", color=style.color, markersize=16, markeredgewidth=3.5)
        else:
            arrow = {"arrowstyle": "-|>", "color": style.color, "linewidth": 3, "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", (after.mean(), row), (before.mean(), row), arrowprops=arrow)
    ax.set(yticks=range(len(pairs)), yticklabels=[style.label for style in pairs], xlabel=unit)
    ax.set_ylim(len(pairs) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    return ax


def _pair(arm, before, after):
    before, after = (
        arguments.sample(f"ends[{arm!r}], {when},", scores, hint="did a run diverge?")
        for when, scores in (("before", before), ("after", after))
    )
    if len(before) != len(after):
        raise ValueError(f"ends[{arm!r}] has {len(before)} scores before and {len(after)} after; give one a seed each")
    return before, after
