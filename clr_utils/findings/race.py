"""The race of Smith 2017, Table 1, as recorded: who saved the 45,000 iterations?

Iterations are those of the paper. At the reduced scale an update of ours stands for two of them.
"""

from functools import partial

import numpy as np

from clr_utils import arguments
from clr_utils.experiments import recorded_values
from clr_utils.findings.contrasts import judged_table, seeds_with_records
from clr_utils.plotting import axes
from clr_utils.policies import SMITH_TABLE_2
from clr_utils.studies import cifar10 as study
from clr_utils.studies.smith import DIVIDE, EVERY
from clr_utils.styles import style_of

MARGIN = 0.5  # points of accuracy, fixed before the runs (`study.DESIGN`)
# What is judged, each as (arm, other): "arm is better". All hold together.
CONTRASTS = {
    "claim 9: triangular2 against fixed, 70,000": ("triangular2", "fixed_staged"),
    "claim 10: triangular2 against decay": ("triangular2", "decay"),
    "the cycles: triangular2 against its stage means": ("triangular2", "mean_drops"),
    "a larger rate: the stage means against 0.001": ("mean_drops", "fixed_drops"),
    "the drops, with cycles": ("triangular2", "cycles_no_drops"),
    "the drops, without cycles": ("mean_drops", "mean_no_drops"),
    "triangular2 against the best rate with the drops": ("triangular2", "best_drops"),
    "triangular2 against one line to 0": ("triangular2", "line"),
}
# Smith's practical reason is that rates near the best one are used throughout. So are they in any order: what is the
# order worth, within each stage of Table 2, and over the whole training? These two hold together.
SHUFFLED = {
    "cycles against the same rates shuffled in each stage": ("triangular2", "shuffled_stages"),
    "cycles and stages against the same rates shuffled": ("triangular2", "shuffled"),
}
# Claim 15 is that other windows give equivalent results: both with six cycles. These two hold together.
WINDOWS = {
    "Welch's window against the triangular one": ("welch", "cycles_6"),
    "Hann's window against the triangular one": ("hann", "cycles_6"),
}
# Claim 18 is that base_lr may be a third or a quarter of max_lr; in Table 2 it is a fifth. These two hold together.
BOUNDS = {
    "base_lr a third of max_lr, against a fifth": ("third", "cycles_6"),
    "base_lr a quarter of max_lr, against a fifth": ("quarter", "cycles_6"),
}
# Claim 16 is that the accuracy is robust to the length of the cycles, steps of 8 epochs being slightly better than 2
# (epochs of the paper; `smith.CYCLES`); claim 25 that it takes three cycles or more, and that four are better. All in
# 24,000 iterations without a drop. These hold together.
CYCLES = {
    "claim 16: a step_size of 8 epochs against 2": ("cycles_3", "cycles_12"),
    "claim 16: a step_size of 4 epochs against 2": ("cycles_6", "cycles_12"),
    "claim 25: three cycles against one": ("cycles_3", "cycles_1"),
    "claim 25: three cycles against two": ("cycles_3", "cycles_2"),
    "claim 25: four cycles against three": ("cycles_4", "cycles_3"),
}
# What a vote of the feet is worth (`votes`), at the same price. These two hold together.
VOTES = {
    "six snapshots, voting, against the last alone": ("six snapshots, voting", "the last snapshot alone"),
    "six snapshots, voting, against six unrelated": ("six snapshots, voting", "six unrelated networks, voting"),
}


def seeds_recorded(names, scale="reduced"):
    """The seeds of the study for which each of these arms is recorded, in their order; none where one is never."""
    return seeds_with_records(study.SEEDS[scale], partial(study.study_runs, names, scale))


def at_iteration(name, iteration, seeds, scale="reduced"):
    """The recorded test accuracies of an arm after so many of the paper's iterations, one a seed.

    Raises:
        ValueError: The accuracy was not read there.
    """
    updates, curves = study.recorded_curves(name, scale, seeds)
    where = np.flatnonzero(updates * DIVIDE[scale] == iteration)
    if not len(where):
        raise ValueError(f"the accuracy was read every {EVERY} iterations, up to the end; not at {iteration!r}")
    return curves[:, where[0]].tolist()


def final(name, seeds, scale="reduced"):
    """The recorded test accuracies of an arm at its end, one a seed, in percent; None where a run diverged."""
    return study.recorded_accuracies([name], scale, seeds)[name]


def judged(contrasts=CONTRASTS, margin=MARGIN):
    """A row for each contrast whose arms are recorded: the difference of the accuracies and its verdict.

    Args:
        contrasts: CONTRASTS, SHUFFLED, WINDOWS, BOUNDS, CYCLES, or other ones, {what is claimed: (arm, other)}; the
            intervals hold together for all of them (Bonferroni).
        margin: The smallest difference that matters, in points.

    Returns:
        A DataFrame. "verdict" is about "the first is better"; until all seeds of the design are recorded there is none.
    """
    return judged_table(contrasts, seeds_recorded, final, planned=len(study.SEEDS["reduced"]), margin=margin)


def judged_votes():
    """As `judged`, of VOTES."""
    seeds = seeds_recorded(study.ENSEMBLES)
    found = votes(seeds)
    planned = len(study.SEEDS["reduced"])
    return judged_table(VOTES, lambda _: seeds, lambda who, _: found[who], planned=planned, margin=MARGIN)


def updates_to_target(updates, accuracies, target):
    """The updates after which an accuracy stays at the target for two readings in a row; None where it never does.

    One reading alone would favour a curve that swings: it would be caught at a lucky moment.

    Args:
        updates: At which the accuracy was read, ascending, shape (n,).
        accuracies: The readings, shape (n,).
        target: The accuracy to reach, in their unit.

    Returns:
        The updates at the first of the two readings, or None.

    Raises:
        TypeError, ValueError: The lengths differ, or something is not a finite number.
    """
    updates, accuracies = arguments.sample("updates", updates), arguments.sample("accuracies", accuracies)
    if len(updates) != len(accuracies):
        raise ValueError(f"updates ({len(updates)}) and accuracies ({len(accuracies)}) must be as many")
    above = accuracies >= arguments.number("target", target)
    found = np.flatnonzero(above[:-1] & above[1:])
    return int(updates[found[0]]) if len(found) else None


def parts(seeds):
    """What each ingredient adds on the way from 0.001 at 25,000 iterations to triangular2, in points, one a seed.

    Returns:
        {ingredient: differences}, in the order in which they are added; the last leads from triangular2 on to fixed
        with Caffe's stages at 70,000.
    """
    values = [at_iteration("fixed_staged", 25_000, seeds)]
    values += [final(name, seeds) for name in ("fixed_drops", "mean_drops", "triangular2", "fixed_staged")]
    names = ("two drops", "a larger rate", "cycles around that rate", "on to fixed, 70,000")
    steps = zip(values[:-1], values[1:], strict=True)
    return {name: np.subtract(after, before) for name, (before, after) in zip(names, steps, strict=True)}


def votes(seeds, scale="reduced"):
    """The recorded test accuracies of snapshots and of unrelated networks, alone and voting: {who: one a seed}.

    Both spent the same updates: the feet of six cycles in one training, or the ends of six trainings of one cycle.
    """
    found = {}
    for name, last, together in (
        ("snapshots", "the last snapshot alone", "six snapshots, voting"),
        ("members", "one unrelated network alone", "six unrelated networks, voting"),
    ):
        runs = study.study_runs([name], scale, seeds)
        found |= {last: recorded_values(runs, "accuracy"), together: recorded_values(runs, "ensemble")}
    return found


def at_feet(name, seeds):
    """By how much the accuracy at the feet inside Table 2's first stage is above that at the peaks before and after.

    Peaks on both sides cancel a steady gain, not learning that slows.

    Args:
        name: triangular2, or an arm of the same stages without cycles to compare the same readings.
        seeds: Of the runs.

    Returns:
        The mean over the feet, in points, an array of shape (seeds,).
    """
    step_size, end = SMITH_TABLE_2[0].step_size, SMITH_TABLE_2[0].max_iter
    gains = []
    for foot in range(2 * step_size, end, 2 * step_size):
        before, there, after = (at_iteration(name, foot + shift, seeds) for shift in (-step_size, 0, step_size))
        gains.append(np.array(there) - (np.array(before) + np.array(after)) / 2)
    return np.mean(gains, axis=0)


def plot_race(names, seeds, ax=None, *, scale="reduced"):
    """Test accuracy against the paper's iterations: a line for the mean over seeds, and a band for their range."""
    ax = axes(ax, figsize=(9, 4.6))
    for name in names:
        updates, curves = study.recorded_curves(name, scale, seeds)
        iterations, style = updates * DIVIDE[scale], style_of(name)
        ax.plot(iterations, curves.mean(axis=0), **style.line, label=style.label)
        ax.fill_between(iterations, curves.min(axis=0), curves.max(axis=0), color=style.color, alpha=0.15, linewidth=0)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set(xlabel="iteration of the paper", ylabel="test accuracy (%)")
    return ax


def plot_parts(seeds, ax=None):
    """A staircase of mean gains from 0.001 at 25,000 iterations to triangular2 and on; under an arrow a dot a seed."""
    ax = axes(ax, figsize=(9, 3.6))
    steps = parts(seeds)
    ends = np.cumsum(
        [np.mean(at_iteration("fixed_staged", 25_000, seeds)), *(gains.mean() for gains in steps.values())]
    )
    for row, (gains, start, end) in enumerate(zip(steps.values(), ends[:-1], ends[1:], strict=True)):
        color = "0.42" if row == len(steps) - 1 else "C2" if end > start else "C1"
        ax.annotate("", (end, row), (start, row), arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 4})
        ax.plot(start + gains, [row + 0.28] * len(gains), ".", color=color, linestyle="none")
        label = f"{end - start:+.1f}"
        ax.annotate(label, (max(start, end), row), (10, 0), textcoords="offset points", va="center", color=color)
        ax.plot([start, start], [row - 0.7, row], color="0.5", linewidth=1, linestyle="-")
    ax.annotate("0.001, no drops", (ends[0], -0.7), (5, 0), textcoords="offset points", va="center", color="0.35")
    ax.set(yticks=range(len(steps)), yticklabels=list(steps), xlabel="test accuracy (%)", ylim=(len(steps) - 0.4, -1))
    ax.grid(axis="y", visible=False)
    return ax
