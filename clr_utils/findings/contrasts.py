"""Contrasts of recorded arms: for which seeds both are there, and a row of a table with the verdict."""

import numpy as np
import pandas as pd

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


def judged_table(pairs, seeds_of, scores_of, *, planned, margin, digits=2, together=None, column="points of accuracy"):
    """A row for each pair of arms: the difference of the first from the other with its interval, and the verdict.

    Args:
        pairs: {what is claimed: (first, other)}.
        seeds_of: A function from a pair to the seeds for which both are recorded.
        scores_of: A function from one of a pair and seeds to its scores, one a seed, None or NaN where a run diverged.
        planned, margin, digits: As for `judged_row`.
        together: How many intervals hold together (Bonferroni); those of `pairs` unless given.
        column: The name of the column of differences.

    Returns:
        A DataFrame with the columns `column`, "seeds" and "verdict".
    """
    rows, confidence = {}, 1 - 0.05 / (together or len(pairs))
    for claim, pair in pairs.items():
        seeds = seeds_of(pair)
        scores = np.array([scores_of(each, seeds) for each in pair], float) if seeds else []
        rows[claim] = judged_row(scores, len(seeds), planned, margin, confidence, digits)
    return pd.DataFrame(list(rows.values()), pd.Index(list(rows)), [column, "seeds", "verdict"])


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
