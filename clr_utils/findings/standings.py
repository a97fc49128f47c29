"""The league as recorded: each family of schedules at each budget, beside one line to 0."""

import numpy as np
import pandas as pd

from clr_utils import arguments
from clr_utils.findings.contrasts import judged_table, seeds_with_records
from clr_utils.metrics.comparison import t_interval
from clr_utils.plotting import axes
from clr_utils.studies import league as study
from clr_utils.styles import style_of

MARGIN = 0.5  # points of accuracy, fixed before the runs (`study.DESIGN`)
BASELINE = "linear"
# What is judged on the residual network, each as ((budget, family), (budget, family)): "the first is better".
ON_RESNET = {
    "short: 1cycle with momentum against steps": (("short", "one_cycle_momentum"), ("short", "steps")),
    "long: 1cycle with momentum against steps": (("long", "one_cycle_momentum"), ("long", "steps")),
    "short: 1cycle with momentum against linear to 0": (("short", "one_cycle_momentum"), ("short", "linear")),
    "long: 1cycle with momentum against linear to 0": (("long", "one_cycle_momentum"), ("long", "linear")),
    "short: triangular against linear to 0": (("short", "triangular"), ("short", "linear")),
    "long: triangular against linear to 0": (("long", "triangular"), ("long", "linear")),
    # Super-convergence.
    "1cycle with momentum, short, against steps, long": (("short", "one_cycle_momentum"), ("long", "steps")),
}


def tuned(network, budget):
    """The screening of a budget: what each family's peak rate was chosen from, best family first.

    Args:
        network: "quick" or "resnet".
        budget: One of `study.BUDGETS`.

    Returns:
        A DataFrame with a row for each family whose screening is recorded: the chosen peak rate, whether it is at the
        "edge" of the rates that were tried, the mean accuracy on held-out images in percent, and the seeds in it.
    """
    rows = {}
    for name in study.FAMILIES[arguments.one_of("network", network, study.NETWORKS)]:
        rates = study.rates_of(network, name)
        if not _screened(network, budget, name):
            continue
        rate = study.chosen_rate(network, budget, name)
        seeds = _recorded(study.TUNING_SEEDS + study.LEADING_SEEDS, network, budget, name, [rate])
        scores = study.recorded_scores(study.screening_runs(network, budget, name, rate, seeds), budget)
        edge = "yes" if rate in (rates[0], rates[-1]) else "no"
        rows[style_of(name).label] = (rate, edge, np.mean(_numbers(scores)), len(seeds))
    columns = ["peak rate", "edge", "held-out accuracy (%)", "seeds"]
    found = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    found = found.sort_values("held-out accuracy (%)", ascending=False, kind="stable")
    return found.round({"held-out accuracy (%)": 1})


def _screened(network, budget, name):
    return _recorded(study.TUNING_SEEDS, network, budget, name, study.rates_of(network, name)) == study.TUNING_SEEDS


def _recorded(seeds, network, budget, name, rates):
    return seeds_with_records(
        seeds,
        lambda chosen: [run for each in rates for run in study.screening_runs(network, budget, name, each, chosen)],
    )


def plateau(network, length):
    """The mean error on held-out images at each peak rate that was tried, in percent; where a run diverged NaN.

    Args:
        network: "quick" or "resnet".
        length: "short" or "long".

    Returns:
        {family: (rates, errors)} of the families whose screening is recorded.
    """
    found = {}
    for name in study.FAMILIES[arguments.one_of("network", network, study.NETWORKS)]:
        if _screened(network, length, name):
            rates = study.rates_of(network, name)
            runs = [study.screening_runs(network, length, name, rate) for rate in rates]
            found[name] = rates, [100 - np.mean(_numbers(study.recorded_scores(each, length))) for each in runs]
    return found


def seeds_recorded(network, budget, names):
    """The seeds of the study for which each of these families is recorded at a budget, in their order."""
    return seeds_with_records(
        study.SEEDS[arguments.one_of("network", network, study.NETWORKS)],
        lambda seeds: study.study_runs(network, budget, names, seeds),
    )


def accuracies(network, budget, name, seeds):
    """The recorded test accuracy of a family at a budget, in percent, one a seed; NaN where a run diverged.

    At the budget "any" it is the mean over five stops.
    """
    return _numbers(study.recorded_scores(study.study_runs(network, budget, [name], seeds), budget))


def judged(budget, margin=MARGIN):
    """A row for each judged family on the network of 07: its accuracy less that of one line to 0, and the verdict.

    Args:
        budget: One of `study.BUDGETS`.
        margin: The smallest difference that matters, in points.

    Returns:
        A DataFrame; its intervals hold together (Bonferroni). "verdict" is about "better than one line to 0". There is
        none until all seeds of the design are recorded.
    """
    try:
        names = study.judged_families("quick", budget)
    except FileNotFoundError:
        names = study.FAMILIES["quick"]
    pairs = {style_of(name).label: ((budget, name), (budget, BASELINE)) for name in names if name != BASELINE}
    return _table("quick", pairs, margin)


def differences(budget):
    """Each judged family's accuracy less that of one line to 0, on the network of 07; the best mean first.

    Args:
        budget: One of `study.BUDGETS`.

    Returns:
        {family: points, one a seed of the design}; NaN where a run diverged.

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """
    seeds = study.SEEDS["quick"]
    line = accuracies("quick", budget, BASELINE, seeds)
    names = [name for name in study.judged_families("quick", budget) if name != BASELINE]
    found = {name: accuracies("quick", budget, name, seeds) - line for name in names}
    return dict(sorted(found.items(), key=lambda item: item[1].mean(), reverse=True))


def judged_on_resnet():
    """A row for each of ON_RESNET: the difference of the accuracies on the residual network, and the verdict.

    Result as for `judged`.
    """
    return _table("resnet", ON_RESNET, MARGIN)


def _table(network, pairs, margin):
    def seeds_of(pair):
        first, other = (seeds_recorded(network, budget, [name]) for budget, name in pair)
        return [seed for seed in first if seed in other]

    def scores_of(each, seeds):
        return accuracies(network, *each, seeds)

    return judged_table(pairs, seeds_of, scores_of, planned=len(study.SEEDS[network]), margin=margin)


def plot_plateaus(plateaus, ax=None):
    """Mean error on held-out images against the peak rate, a line a family, with its name at its end.

    Args:
        plateaus: As `plateau` returns them.
        ax: Axes to draw on; new ones unless given.
    """
    ax = axes(ax)
    for name, (rates, errors) in plateaus.items():
        style = style_of(name)
        ax.plot(rates, errors, marker="o", markersize=4, **style.line)
        last = np.flatnonzero(np.isfinite(errors))[-1]
        place = {"xytext": (8, 0), "textcoords": "offset points", "va": "center"}
        ax.annotate(style.label, (rates[last], errors[last]), **place, color=style.color)
    ax.set(xscale="log", xlabel="peak rate (log)", ylabel="error on held-out images (%)")
    tried = sorted({float(rate) for rates, _ in plateaus.values() for rate in rates})
    ax.set_xticks(tried, labels=[f"{rate:g}" for rate in tried])
    ax.minorticks_off()
    return ax


def plot_differences(points, ax=None):
    """A row for each family: how many points its accuracy is above that of one line to 0.

    A dot is a seed, an upright bar the mean, and the line under the dots its interval, as `judged` has it. The grey
    band is MARGIN to each side of 0.

    Args:
        points: {family: points, one a seed}, as `differences` returns them.
        ax: Axes to draw on; new ones unless given.
    """
    ax = axes(ax)
    ax.axvspan(-MARGIN, MARGIN, color="0.9")
    ax.axvline(0, color="0.5", linewidth=1)
    for row, (name, values) in enumerate(points.items()):
        style = style_of(name)
        ax.plot(values, np.full(len(values), row), "o", color=style.color, markersize=4, alpha=0.6)
        mean, low, high = t_interval(values, confidence=1 - 0.05 / len(points))
        ax.plot([mean], [row], "|", color=style.color, markersize=22, markeredgewidth=3)
        ax.plot([low, high], [row + 0.28] * 2, "-", color=style.color, linewidth=3, solid_capstyle="butt")
    _rows_of_families(ax, points)
    ax.set_xlabel("points of test accuracy above one line to 0")
    return ax


def plot_lengths(scores, ax=None):
    """A row for each family: its test accuracies after a short training, hollow, and after a long one, filled.

    A dot is a seed, an upright bar the mean.

    Args:
        scores: {family: {length: accuracies, one a seed}}, the short length first.
        ax: Axes to draw on; new ones unless given.
    """
    ax = axes(ax)
    for row, (name, lengths) in enumerate(scores.items()):
        color = style_of(name).color
        for values, fill in zip(lengths.values(), ("white", color), strict=True):
            ax.plot(values, np.full(len(values), row), "o", color=color, markerfacecolor=fill, markersize=5, alpha=0.8)
            ax.plot([np.mean(values)], [row], "|", color=color, markersize=24, markeredgewidth=3)
    _rows_of_families(ax, scores)
    ax.set_xlabel("test accuracy (%)")
    return ax


def _rows_of_families(ax, names):
    ax.set(yticks=range(len(names)), yticklabels=[style_of(name).label for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)


def _numbers(scores):
    return np.array(scores, float)
