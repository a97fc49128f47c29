"""What tuning buys in the micro-calcification study: the plateau of good peak rates, and what a score costs."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np

from clr_utils import arguments
from clr_utils.findings.claims import MARGINS
from clr_utils.studies import microcalcification as study
from clr_utils.studies.range_test import recorded_tests
from clr_utils.styles import style_of

MARKERS = {"fixed": "s", "triangular": "o"}
AREAS = ("auc", "pr_area", "validation_auc", "validation_pr_area")
LACKING = "1 - PR area (log), low is good"
LOWEST_MEAN = 0.019  # of 1 - PR area in the recorded sweep: the bars lie below


def sweep(kind, metric="pr_area"):
    """The recorded sweep over PEAK_RATES in case 1: {peak rate: [metric of each seed]}; 0 where a training diverged.

    Args:
        kind: "fixed", or "triangular", whose base_lr is a fifteenth of the peak, as published.
        metric: An area.

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """
    arguments.one_of("kind", kind, tuple(MARKERS))
    arguments.one_of("metric", metric, AREAS)
    return {
        rate: [value or 0.0 for value in study.recorded(1, arm, metric, study.SWEEP_SEEDS)]
        for rate, arm in study.peak_arms(kind).items()
    }


def plateau(areas, margin=MARGINS["pr_area"]):
    """The smallest and the largest peak rate whose mean area is at most `margin` below the best.

    Args:
        areas: As of `sweep`.
        margin: A difference of areas, 0 or more.
    """
    areas, margin = _areas("areas", areas), arguments.number("margin", margin, minimum=0)
    means = {rate: np.mean(values) for rate, values in areas.items()}
    good = [rate for rate, mean in means.items() if mean >= max(means.values()) - margin]
    return min(good), max(good)


def chosen_of(validation, test):
    """The test area to expect of the rate that is best on validation among k rates, for k = 1, 2, ... all.

    It is the mean over all choices of k rates, and over seeds. The best validation area itself would not do: the
    largest of several noisy numbers grows with their number.

    Args:
        validation, test: As of `sweep`, the areas of the two sets.
    """
    validation, test = _areas("validation", validation), _areas("test", test)
    if list(validation) != list(test):
        raise ValueError(
            f"validation and test must be of the same rates; they are of {list(validation)} and {list(test)}"
        )
    held, tested = (np.array(list(areas.values())) for areas in (validation, test))
    seeds = np.arange(held.shape[1])
    found = []
    for k in range(1, len(held) + 1):
        tries = [list(chosen) for chosen in combinations(range(len(held)), k)]
        found.append(np.mean([tested[chosen][held[chosen].argmax(axis=0), seeds] for chosen in tries]))
    return found


def plot_plateaus():
    """What PR area lacks to 1 on test patients, against the peak rate: a dot a seed, a line of means; low is good.

    A thick bar below is the plateau of the means, where at most `MARGINS["pr_area"]` is lost against the best peak;
    the thin ones are those of the single seeds. A training that diverged lacks all.
    """
    ax = plt.subplots(figsize=(8, 4.6))[1]
    for row, (kind, marker) in enumerate(MARKERS.items()):
        line, areas = style_of(kind).line | {"marker": marker}, sweep(kind)
        beside = {"fixed": (-6, -36), "triangular": (10, -2)}[kind]  # no line passes there
        for rate, values in areas.items():
            lacking = 1 - np.array(values)
            ax.plot([rate] * len(values), lacking, ".", color=line["color"], linestyle="none", alpha=0.75)
        means = [1 - np.mean(values) for values in areas.values()]
        ax.plot(list(areas), means, **line)
        _say(ax, kind, (study.PEAK_RATES[0], means[0]), beside, line["color"])
        below = LOWEST_MEAN * 0.7 ** (row + 1)
        ax.plot(plateau(areas), [below] * 2, color=line["color"], linewidth=4, linestyle="-")
        _say(ax, "good peaks", (max(study.PEAK_RATES[:-1]), below), (8, -4), line["color"])
        for seed in range(study.SWEEP_SEEDS):
            ends = plateau({rate: [values[seed]] for rate, values in areas.items()})
            ax.plot(ends, [below * 0.94 ** (seed + 2)] * 2, color=line["color"], linewidth=1, linestyle="-")
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="peak learning rate (log)",
        ylabel=LACKING,
        title="Every peak rate, three seeds each",
    )
    ax.set_yticks([0.02, 0.1, 1], labels=["0.02", "0.1", "1"])
    ax.set_xticks(study.PEAK_RATES, labels=[f"{rate:g}" for rate in study.PEAK_RATES])
    ax.minorticks_off()
    return ax


def tries_needed():
    """How many peak rates a sweep must try to end as well as a training between the bounds of the range tests.

    Returns:
        {"fixed": k, "triangular": k}, the smallest k of `chosen_of`; None where all rates together end below it.
    """
    found = {}
    for kind in MARKERS:
        best = chosen_of(sweep(kind, "validation_pr_area"), sweep(kind))
        found[kind] = next((k for k, area in enumerate(best, 1) if area >= _by_range_tests()), None)
    return found


def _by_range_tests():
    return np.mean(study.recorded(1, "range_test_bounds", "pr_area", study.SWEEP_SEEDS))


def plot_tuning_cost():
    """What PR area lacks to 1 on test patients, of the setting chosen on validation, against the updates spent."""
    ax = plt.subplots(figsize=(8, 4.6))[1]
    for (kind, marker), offset in zip(MARKERS.items(), [(40, -4), (10, 0)], strict=True):
        style = style_of(kind)
        best = 1 - np.array(chosen_of(sweep(kind, "validation_pr_area"), sweep(kind)))
        spent = study.UPDATES[1] * np.arange(1, len(best) + 1)
        ax.plot(spent, best, **style.line, marker=marker)
        _say(ax, f"{kind}: the best of 1, 2, ... {len(best)} rates tried", (spent[0], best[0]), offset, style.color)
    tests = recorded_tests("patches_log").tests
    cost = study.UPDATES[1] + sum(len(test.learning_rates) for test in tests)
    area = 1 - _by_range_tests()
    style = style_of("range_test_bounds")
    ax.plot([cost], [area], "D", color=style.color, linestyle="none", markersize=9)
    _say(ax, f"{len(tests)} range tests, then one training:\n{style.label}", (cost, area), (-6, -38), style.color)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set(yscale="log", ylim=(0.012, 0.3), xlabel="updates spent", ylabel=LACKING, title="What a good setting costs")
    ax.set_yticks([0.02, 0.05, 0.1, 0.2], labels=["0.02", "0.05", "0.1", "0.2"])
    ax.minorticks_off()
    return ax


def _areas(name, areas):
    """Areas by rate, each row checked: as many seeds a rate."""
    if not isinstance(areas, dict) or not areas:
        raise TypeError(f"{name} must be a dict from peak rate to the areas of its seeds, as of sweep; it is {areas!r}")
    rows = {rate: arguments.sample(f"{name}[{rate}]", values) for rate, values in areas.items()}
    if len({len(row) for row in rows.values()}) > 1:
        raise ValueError(f"{name} must have as many seeds at each rate; it has {[len(row) for row in rows.values()]}")
    return rows


def _say(ax, text, place, offset, color):
    ax.annotate(text, place, offset, textcoords="offset points", color=color)
