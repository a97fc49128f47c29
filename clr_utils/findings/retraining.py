"""Retraining with cyclical rates (Chopade 2021): the published gains, and ours, taken apart.

A gain is a sum of three steps, each of which changes one thing: more epochs at the last small rate; a rate that rises
again, and falls in one line to where triangular ends; and cycles, with the same mean rate and the same end.
"""

from functools import partial

import numpy as np
import pandas as pd

from clr_utils import arguments
from clr_utils.citations import published
from clr_utils.experiments import read_record
from clr_utils.metrics.comparison import judge, paired_difference
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
MARGINS = {"train_accuracy": 1.0, "test_roc_area": 0.01}


def published_table():
    """The slides' four findings with an accuracy before and after: both, their epochs, and the gain in points."""
    rows = {}
    for finding in RETRAINED:
        names = ("accuracy", "epochs", "clr_accuracy", "clr_epochs")
        before, epochs, after, more = (published(f"chopade.{finding.lower()}.{name}").value for name in names)
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
    arms = {_run_of(arm) for arm in arms}
    seeds = study.SEEDS["pneumonia" if data == "pneumonia" else "nih"]
    runs = partial(study.study_runs, sorted(arms), data=data, **which)
    try:
        return tuple(seed for seed in seeds if all(read_record(run) is not None for run in runs([seed])))
    except FileNotFoundError:  # the screening that chooses the rate
        return ()


def values(arm, score, seeds, **which):
    """A recorded score of an arm, one a seed; "before" is the score of triangular's runs after phase 1."""
    prefix = "before_" if arm == "before" else ""
    return study.recorded_scores(prefix + score, _run_of(arm), seeds, **which)


def _run_of(arm):
    return "triangular" if arm == "before" else arm


def steps(score, seeds, **which):
    """What each of the three STEPS adds to a score, one a seed, NaN where a run diverged: {step: differences}."""
    return {
        step: np.subtract(*(np.array(values(arm, score, seeds, **which), float) for arm in pair))
        for step, pair in STEPS.items()
    }


def judged(score, data="pneumonia", contrasts=CONTRASTS):
    """A row for each contrast and optimizer: the difference of a score, its interval, and the verdict.

    Args:
        score: A key of MARGINS.
        data: "pneumonia", or a finding of `study.NIH`.
        contrasts: {what is claimed: (arm, other)}; the intervals hold together for all of them and both optimizers
            (Bonferroni).

    Returns:
        A DataFrame. "verdict" is about "the first is better"; until all seeds of the design are recorded there is none.
    """
    margin = MARGINS[arguments.one_of("score", score, MARGINS)]
    planned = len(study.SEEDS["pneumonia" if data == "pneumonia" else "nih"])
    confidence = 1 - 0.05 / (len(contrasts) * len(study.JUDGED_OPTIMIZERS))
    rows = {}
    for claim, pair in contrasts.items():
        for optimizer in study.JUDGED_OPTIMIZERS:
            which = {"data": data, "optimizer": optimizer}
            seeds = seeds_recorded(pair, **which)
            if len(seeds) < 2:
                rows[claim, optimizer] = ("-", len(seeds), "not recorded yet")
                continue
            sides = [values(arm, score, seeds, **which) for arm in pair]
            if diverged := sum(side.count(None) for side in sides):
                rows[claim, optimizer] = ("-", len(seeds), f"{diverged} runs diverged")
                continue
            pairs = paired_difference(*sides, confidence=confidence)
            missing = planned - len(seeds)
            verdict = f"{missing} seeds are missing" if missing else judge(-pairs.high, -pairs.low, margin)
            digits = 1 if margin >= 1 else 3
            text = f"{pairs.mean:+.{digits}f} [{pairs.low:+.{digits}f}, {pairs.high:+.{digits}f}]"
            rows[claim, optimizer] = (text, len(seeds), verdict)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["difference", "seeds", "verdict"])
    table.index = pd.MultiIndex.from_tuples(table.index)
    return table


def plot_arrows(ends, ax=None, *, unit):
    """An arrow for each arm from the mean score before to the mean after, rows from the top, and a dot a seed.

    Args:
        ends: {arm of `clr_utils.styles`: (scores before, scores after)}, one a seed each.
        ax: The Axes to draw in; new ones unless given.
        unit: The label of the horizontal axis.
    """
    ax = axes(ax, figsize=(6, 0.6 * len(ends) + 1))
    for row, (arm, (before, after)) in enumerate(ends.items()):
        style, start, end = style_of(arm), np.mean(before), np.mean(after)
        arrow = {"arrowstyle": "-|>", "color": style.color, "linewidth": 3, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (end, row), (start, row), arrowprops=arrow)
        ax.plot(before, [row - 0.25] * len(before), "|", color="0.5", linestyle="none")
        ax.plot(after, [row + 0.25] * len(after), ".", color=style.color, linestyle="none")
    starts = [np.mean(before) for before, _ in ends.values()]
    ax.axvline(np.mean(starts), color="0.5", linewidth=1, linestyle=":", zorder=1)
    ax.set(yticks=range(len(ends)), yticklabels=[style_of(arm).label for arm in ends], xlabel=unit)
    ax.set_ylim(len(ends) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    return ax
