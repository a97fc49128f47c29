"""The CIFAR-10 study: Smith 2017, section 4.1.1, and the controls that the paper lacks.

The full scale has the paper's images (32x32) and iterations, and whole cifar10_quick. The reduced scale carries the
statistics: images averaged to 16x16, cifar10_quick with half of its channels, half of every number of iterations, the
rates unchanged. An exponential decay per iteration has gamma squared there, so that it falls as far. In both an arm's
name says its length in the paper's iterations (`clr_utils.studies.smith`).
The scale "full_network" is the full one with cifar10_full, which the paper most likely trained. All biases learn at
twice the rate in these studies; in Caffe's cifar10_full its third one does not.
The grids come in the order of their need; `python -m clr_utils.studies cifar10` trains them all.
"""

from functools import lru_cache
from statistics import fmean

import numpy as np

from clr_utils.experiments import Run, load_records, recorded_values
from clr_utils.studies.classifiers import train_on
from clr_utils.studies.rates import cyclical
from clr_utils.studies.smith import (
    BOUNDS,
    CHOSEN,
    CYCLES,
    ENSEMBLES,
    EXP_RANGE,
    LONG,
    RACE,
    SCALES,
    SHUFFLED,
    SIGMOID,
    TABLE_3,
    TABLE_4,
    WINDOWS,
    arms,
    candidates,
    settings_of,
)

STUDY = "cifar10"
DESIGN = {
    "endpoint": "accuracy on the 10,000 test images, in percent, after an arm's last update; at the reduced scale, in "
    "paired differences over seeds. Of claim 12 the training accuracy, as published; of ensembles their own accuracy. "
    "Curves, maxima over a curve, and readings at other ends are shown and not judged. Updates to the target: the "
    "first of two readings in a row, 500 of the paper's iterations apart, that both reach the mean final accuracy of "
    "fixed_staged; a run that never does is counted as such",
    "margin": "0.5 points of accuracy",
    "seeds": "2 to 11 at the reduced scale, ten, for Table 1 and its controls, for shuffled rates, ensembles and "
    "whatever is claimed to be equal (windows, step_size, base_lr as a share of max_lr): a trial of the seeds 0 and 1 "
    "chose the scale, and they choose rates. The first five of them for Table 3, the sigmoid network, the range test "
    "and rates fixed for 70,000 iterations, which are looked at. One seed at the full scale: it shows whether the "
    "reduced scale misleads, and gives no verdict",
    "chosen": "the rate of best_drops and the peak of line: of four rates (0.001, 0.002, 0.004, 0.008) the one with "
    "the best mean accuracy on 5,000 held-out training images, seeds 0 and 1. A best rate at the edge is called that",
    "undecided": "an interval that reaches over a margin. Intervals that are judged together hold together "
    "(Bonferroni): those of the race, those of shuffled rates, of ensembles, of windows, of the number and the length "
    "of cycles, of bounds",
}
OPTIONS = {"--scale": {"choices": tuple(SCALES), "default": "reduced", "help": "default: reduced"}}
TOLERANCES = {"updates": 0, "accuracy": 6.0, "loss": 0.1}
SEEDS = {"reduced": tuple(range(2, 12)), "full": (2,), "full_network": (2,)}
FEWER_SEEDS = 5
SCREENING_SEEDS, SCREENED_RATES, HELD_OUT = (0, 1), (0.001, 0.002, 0.004, 0.008), 5000
FULL_FIRST = ("fixed_staged", "triangular2", "decay", "mean_drops", "exp_range_bounds", "exp_range")


def study_runs(names, scale="reduced", seeds=None):
    """The runs of some arms at a scale, seed by seed, so that a grid that is interrupted has whole pairs.

    Args:
        names: Names of `arms`, or of CHOSEN.
        scale: A key of SCALES.
        seeds: Of the runs; the study's own unless given.

    Raises:
        FileNotFoundError: An arm's rate is to be chosen by a screening that is not recorded yet.
    """
    chosen = {name: candidates(chosen_rate(name), scale)[name] for name in CHOSEN if name in names}
    prefix = "" if scale == "reduced" else f"{scale}_"
    runs = []
    for seed in SEEDS[scale] if seeds is None else seeds:
        known = {**arms(scale, seed), **chosen}
        runs += [Run(STUDY, prefix + name, known[name], seed) for name in names]
    return runs


def screening_runs(name, rate):
    """The runs that show how good a rate is for an arm of CHOSEN: two seeds, held-out training images."""
    settings = {**candidates(rate)[name], "held_out": HELD_OUT}
    return [Run(STUDY, f"screen_{name}_{rate:g}", settings, seed) for seed in SCREENING_SEEDS]


@lru_cache
def chosen_rate(name):
    """The rate that the recorded screening chooses for an arm of CHOSEN; it serves both scales.

    Raises:
        FileNotFoundError: The screening is not recorded yet.
    """

    def mean_accuracy(rate):
        return fmean(value or 0 for value in recorded_values(screening_runs(name, rate), "accuracy"))

    return max(SCREENED_RATES, key=mean_accuracy)


def small_run():
    """A short run on the images that ship with the project, recorded so that a test can train it again and compare."""
    policy = cyclical("triangular", 0.001, 0.005, 25)
    more = {"data": "fashion_mnist_14", "policy": policy, "updates": 100, "every": 50}
    return Run(STUDY, "small", settings_of("reduced", **more), seed=0)


def grids(seeds=None, scale="reduced"):
    """The grids of a scale in the order of their need; `seeds` is how many of the study's own."""
    own = SEEDS[scale][:seeds]
    if scale != "reduced":
        yield study_runs(FULL_FIRST, scale, own)
        return
    yield [small_run(), *study_runs(RACE, seeds=own)]
    yield [run for name in CHOSEN for rate in SCREENED_RATES for run in screening_runs(name, rate)]
    yield study_runs(CHOSEN, seeds=own)
    for names in (EXP_RANGE, SHUFFLED, tuple(CYCLES.values()), ENSEMBLES, WINDOWS, tuple(BOUNDS)):
        yield study_runs(names, seeds=own)
    for names in (LONG, ("range_test",), SIGMOID, TABLE_3):
        yield study_runs(names, seeds=own[:FEWER_SEEDS])
    yield study_runs(TABLE_4, seeds=own[:1])


def recorded_accuracies(names, scale="reduced", seeds=None):
    """The recorded final test accuracies, in percent: {arm: values of the seeds, None where a run diverged}.

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """
    return {name: recorded_values(study_runs([name], scale, seeds), "accuracy") for name in names}


def recorded_curves(name, scale="reduced", seeds=None):
    """The recorded test accuracy of an arm along its training.

    Returns:
        The updates at which it was read, shape (readings,), and the accuracies in percent, shape (seeds, readings).

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """
    runs = study_runs([name], scale, seeds)
    curves = np.array([record["history"]["accuracy"] for record in load_records(runs)], float)
    return np.arange(1, curves.shape[1] + 1) * runs[0].settings["every"], curves


def train(settings, seed):
    """Train one run; metrics and history as in `clr_utils.studies.classifiers.train_on`."""
    return train_on(settings, seed)
