"""Contrasts of recorded arms: for which seeds both are there, and a row of a table with the verdict."""

import numpy as np

from clr_utils.experiments import read_record
from clr_utils.metrics.comparison import judge, paired_difference


def seeds_with_records(seeds, runs):
    """The seeds for which every run is recorded, in their order.

    Args:
        seeds: Of a study.
        runs: A function from a list of seeds to the runs; FileNotFoundError where a screening that they hang on is not
            recorded, so that no seed counts.
    """
    try:
        return tuple(seed for seed in seeds if all(read_record(run) is not None for run in runs([seed])))
    except FileNotFoundError:
        return ()


def judged_row(scores, seeds, planned, margin, confidence, digits):
    """The difference of two arms with its interval, the number of seeds, and the verdict or why there is none.

    Args:
        scores: Of the first arm and of the other, one a seed, NaN where a run diverged.
        seeds: How many seeds are recorded, of the `planned` ones.
        margin: The smallest difference that matters. The verdict is about "the first is better".
        confidence: Of the interval.
        digits: To which the difference is rounded.
    """
    if seeds < 2:
        return "-", seeds, "not recorded yet"
    if diverged := np.isnan(scores).any(axis=0).sum():
        return "-", seeds, f"seeds with a run that diverged: {diverged} of {seeds}"
    pairs, missing = paired_difference(*scores, confidence=confidence), planned - seeds
    verdict = f"seeds missing: {missing} of {planned}" if missing else judge(-pairs.high, -pairs.low, margin)
    mean, low, high = (f"{round(each, digits) + 0.0:+.{digits}f}" for each in (pairs.mean, pairs.low, pairs.high))
    return f"{mean} [{low}, {high}]", seeds, verdict
