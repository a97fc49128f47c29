"""What tuning buys in the micro-calcification study: the plateau of good peak rates, and what a score costs."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np

from clr_utils.findings.claims import MARGINS
from clr_utils.studies import microcalcification as study
from clr_utils.studies.range_test import recorded_tests
from clr_utils.styles import style_of

MARKERS = {"fixed": "s", "triangular": "o"}


def sweep(kind, metric="pr_area", case=1):
    """The recorded sweep over PEAK_RATES: {peak rate: [metric of each seed]}; 0 where a training diverged.

    Args:
        kind: "fixed", or "triangular", whose base_lr is a fifteenth of the peak, as published.
        metric: An area.
        case: 1 or 2.

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """
    return {
        rate: [value or 0.0 for value in study.recorded(case, arm, metric, study.SWEEP_SEEDS)]
        for rate, arm in study.peak_arms(kind).items()
    }


def plateau(areas, margin=MARGINS["pr_area"]):
    """The smallest and the largest peak rate whose mean area is at most `margin` below the best.

    Args:
        areas: As of `sweep`.
        margin: A difference of areas, 0 or more.
    """
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
    held, tested = (np.array(list(areas.values())) for areas in (validation, test))
    seeds = np.arange(held.shape[1])
    found = []
    for k in range(1, len(held) + 1):
        tries = [list(chosen) for chosen in combinations(range(len(held)), k)]
        found.append(np.mean([tested[chosen][held[chosen].argmax(axis=0), seeds] for chosen in tries]))
    return found


def plot_plateaus(case=1):
    """PR area on test patients against the peak rate: a dot a seed, a line of means; above, how wide "good" is.

    The thick bar is the plateau of the means, the thin ones below it are those of the single seeds.
    """
    ax = plt.subplots(figsize=(8, 4))[1]
    for row, (kind, marker) in enumerate(MARKERS.items()):
        line, areas = style_of(kind).line | {"marker": marker}, sweep(kind, case=case)
        for rate, values in areas.items():
            ax.plot([rate] * len(values), values, ".", color=line["color"], linestyle="none", alpha=0.75)
        ax.plot(list(areas), [np.mean(values) for values in areas.values()], **line, label=kind)
        top = 1.06 + 0.08 * row
        ax.plot(plateau(areas), [top] * 2, color=line["color"], linewidth=4, linestyle="-")
        for seed in range(study.SWEEP_SEEDS):
            ends = plateau({rate: values[seed] for rate, values in areas.items()})
            ax.plot(ends, [top - 0.015 * (seed + 1)] * 2, color=line["color"], linewidth=1, linestyle="-")
    ax.set(xscale="log", xlabel="peak learning rate", ylabel="PR area", ylim=(0, 1.18))
    ax.legend(loc="lower center")
    return ax


def plot_tuning_cost(case=1):
    """PR area on test patients of the setting chosen on validation, against the updates spent: sweeps, a range test."""
    ax = plt.subplots(figsize=(8, 4))[1]
    for kind, marker in MARKERS.items():
        best = chosen_of(sweep(kind, "validation_pr_area", case), sweep(kind, case=case))
        spent = study.UPDATES[case] * np.arange(1, len(best) + 1)
        ax.plot(spent, best, **style_of(kind).line, marker=marker, label=f"{kind}, best of the rates tried")
    tests = recorded_tests("patches_log").tests
    cost = study.UPDATES[case] + sum(len(test.learning_rates) for test in tests)
    area = np.mean(study.recorded(case, "range_test_bounds", "pr_area", study.SWEEP_SEEDS))
    ax.plot([cost], [area], "D", color="C2", linestyle="none", label="triangular by range tests, them included")
    ax.set(xlabel="updates spent", ylabel="PR area, test patients")
    ax.legend(loc="lower right")
    return ax
