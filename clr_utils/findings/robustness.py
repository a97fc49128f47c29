"""Do the verdicts on Alyafi et al. 2018 hold elsewhere: in a single cycle, on easier and harder patches, in one world?

And what sets case 2 apart from case 1? Until all seeds of a design are recorded a row says how many are missing.
"""

from functools import partial

import numpy as np
import pandas as pd

from clr_utils import arguments
from clr_utils.experiments import load_records, recorded_values
from clr_utils.findings.claims import MARGINS
from clr_utils.findings.contrasts import judged_table, seeds_with_records
from clr_utils.studies import case_contrast
from clr_utils.studies import microcalcification as study
from clr_utils.styles import style_of

DIFFICULTIES = ("easier", "harder")
# Each is the claim "the first has the larger PR area", in case 1.
IN_ONE_CYCLE = (("triangular", "fixed_0.03"), ("exp_range", "fixed_0.03"), ("exp_range", "triangular"))
AT_A_DIFFICULTY = (("triangular", "fixed_0.016"), ("triangular", "fixed_0.03"))
# The margin of the false positives is of a power of ten (`case_contrast.DESIGN`).
ENDPOINTS = {"pr_area": MARGINS["pr_area"], "false_positives": 0.1}
CAUSES_TOGETHER = len(ENDPOINTS) * len(case_contrast.CONTRASTS)  # intervals that hold together


def one_cycle():
    """IN_ONE_CYCLE judged by the paper's other protocol: 10 epochs with 5 a step, a single cycle.

    Returns:
        A DataFrame with a row for each contrast: the paired difference of PR area with its interval, the seeds that
        are recorded, and the verdict. The intervals hold together (Bonferroni).
    """
    return _table(study.one_cycle_runs(), "case1_one_cycle_", _named(IN_ONE_CYCLE), "pr_area", len(IN_ONE_CYCLE))


def at_difficulty(difficulty):
    """AT_A_DIFFICULTY judged on other patches than the published ones; result as of `one_cycle`.

    Args:
        difficulty: "easier" or "harder"; the intervals of both hold together.
    """
    runs = study.difficulty_runs(arguments.one_of("difficulty", difficulty, DIFFICULTIES))
    together = len(DIFFICULTIES) * len(AT_A_DIFFICULTY)
    return _table(runs, f"case1_{difficulty}_", _named(AT_A_DIFFICULTY), "pr_area", together)


def causes(endpoint):
    """What each cause of `case_contrast.CONTRASTS` does to one of the study's two endpoints; result as of `one_cycle`.

    "supported" is the claim that the cause raises the area, or makes false positives fewer.

    Args:
        endpoint: "pr_area", or "false_positives": by how many powers of ten they get fewer at recall 0.95. The
            intervals of both hold together.
    """
    arguments.one_of("endpoint", endpoint, tuple(ENDPOINTS))
    pairs = {cause: (name, held) for name, (held, cause) in case_contrast.CONTRASTS.items()}
    return _table(case_contrast.study_runs(), "", pairs, endpoint, CAUSES_TOGETHER)


def spreads(metric="pr_area"):
    """How far the runs of an arm of case 1 stray over worlds, and over weights and order within one world.

    The published deviations are over runs on one data set, so the second is what they compare with.

    Args:
        metric: A metric of the study, such as "pr_area" or "f1".

    Returns:
        A DataFrame with a row for each of `study.WEIGHT_ARMS`: the standard deviation over worlds, that over weights
        in one world, and the runs behind each. NaN where fewer than two are recorded.
    """
    rows = {}
    for name in study.WEIGHT_ARMS:
        over = [_recorded(runs, metric) for runs in (study.study_runs(1, [name]), study.weight_runs([name]))]
        deviations = [np.std(values, ddof=1) if len(values) > 1 else np.nan for values in over]
        rows[style_of(name).label] = (*deviations, *map(len, over))
    columns = ["over worlds", "over weights in one world", "worlds", "runs in one world"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _named(pairs):
    return {" - ".join(style_of(name).label for name in pair): pair for pair in pairs}


def _table(runs, prefix, pairs, endpoint, together):
    """A row for each pair of arms, by its name; the confidence is that of `together` intervals that hold together."""
    seeds = list(dict.fromkeys(run.seed for run in runs))

    def runs_of(names, chosen):
        arms = {prefix + name for name in names}
        return [run for run in runs if run.arm in arms and run.seed in chosen]

    def seeds_of(pair):
        return seeds_with_records(seeds, partial(runs_of, pair))

    def scores_of(name, chosen):
        return _scores(runs_of([name], chosen), endpoint)

    return judged_table(
        pairs,
        seeds_of,
        scores_of,
        planned=len(seeds),
        margin=ENDPOINTS[endpoint],
        digits=4,
        together=together,
        column=endpoint,
    )


def _recorded(runs, metric):
    by_seed = {run.seed: run for run in runs}
    seeds = seeds_with_records(list(by_seed), lambda chosen: [by_seed[seed] for seed in chosen])
    return [value for value in recorded_values([by_seed[seed] for seed in seeds], metric) if value is not None]


def _scores(runs, endpoint):
    """One a run, larger is better; NaN where it diverged."""
    if endpoint == "pr_area":
        return np.array(recorded_values(runs, endpoint), float)
    return np.array([-case_contrast.log_false_positives(record) for record in load_records(runs)])
