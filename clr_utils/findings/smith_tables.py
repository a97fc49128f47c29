"""Tables 1, 3 and 4 of Smith 2017 beside the recorded runs of the CIFAR-10 study.

Iterations are those of the paper, accuracies are of the test images, in percent.
"""

import pandas as pd

from clr_utils.citations import published
from clr_utils.findings import race
from clr_utils.metrics.comparison import t_interval
from clr_utils.studies.smith import ADAPTIVE, DIVIDE, RESIDUAL, RESIDUAL_RATES, arms
from clr_utils.styles import style_of

# Arms of the study, and the rows of Table 1 that they re-enact.
TABLE_1 = {
    "fixed_staged": "fixed",
    "triangular2": "triangular2",
    "decay": "decay",
    "exp_0.006": "exp",
    "exp_range_bounds": "exp_range",
}
# What Table 1 leaves open: the drops of "fixed", the first rate of exp, what falls in exp_range and how long its steps
# are; and triangular, which section 3.1 tells of and the table lacks. Each as (arm, row of the table, iteration).
OPEN = (
    ("fixed", "fixed", 70_000),
    ("exp_0.001", "exp", 70_000),
    ("exp_range", "exp_range", 42_000),
    ("exp_range_bounds", "exp_range", 40_000),
    ("triangular", None, 24_000),
    ("triangular", None, 25_000),
)
# What is recorded at the full scale, in one seed; likewise.
FULL = (("fixed_staged", "fixed", 70_000), ("triangular2", "triangular2", 25_000), ("mean_drops", None, 25_000))
# Columns of Table 3: the kind of arm, the iteration at which it is read, and the published figure. "low" and "high" are
# rates fixed at the bounds of the cycles; the paper has none at the upper bound.
TABLE_3 = {
    "low, 70,000": ("low", 70_000, "fixed_70000"),
    "triangular, 25,000": ("triangular", 25_000, "triangular_25000"),
    "triangular, 70,000": ("triangular", 70_000, "triangular_70000"),
    "high, 25,000": ("high", 25_000, None),
}


def table_1(scale="reduced"):
    """Table 1's CIFAR-10 rows beside ours: iterations, the published accuracy, our mean, its interval, the seeds."""
    lengths = {key: int(published(f"smith.cifar10.table1.{key}.iterations").value) for key in TABLE_1.values()}
    return _rows([(name, key, lengths[key]) for name, key in TABLE_1.items()], scale)


def open_readings(scale="reduced"):
    """As `table_1`, of OPEN: other settings and other stops that the rows of Table 1 may have had."""
    return _rows(OPEN, scale)


def full_scale():
    """As `table_1`, of FULL: the published accuracies, and ours at both scales. Does the reduced scale mislead?"""
    reduced, full = (_rows(FULL, scale).drop(columns="seeds") for scale in ("reduced", "full"))
    return reduced.join(full.iloc[:, -1])


def _rows(rows, scale):
    index, found = [style_of(name).label for name, *_ in rows], []
    for name, key, iteration in rows:
        ours, seeds = _ours(name, iteration, scale)
        found.append((f"{iteration:,}", _figure(f"smith.cifar10.table1.{key}.accuracy"), ours, seeds))
    return pd.DataFrame(found, index, columns=["iterations", "published", f"ours, {scale}", "seeds"])


def table_3(scale="reduced"):
    """Table 3, other optimizers, with a fixed rate and with cycles: published test accuracies above ours, in percent.

    Returns:
        A DataFrame with two rows for each optimizer; "-" where nothing is published or recorded.
    """
    rows = {}
    for name in ADAPTIVE:
        figures = [_figure(f"smith.cifar10.table3.{name}.{figure}") for _, _, figure in TABLE_3.values()]
        ours = [_ours(f"{name}_{kind}", iteration, scale)[0] for kind, iteration, _ in TABLE_3.values()]
        rows |= {(name, "published"): figures, (name, f"ours, {scale}"): ours}
    return pd.DataFrame(rows, index=list(TABLE_3)).T


def table_4(scale="reduced"):
    """Table 4, residual networks: the published test accuracies of both data sets above ours on CIFAR-10, in percent.

    Returns:
        A DataFrame with three rows for each network; "-" where nothing is recorded. The cycles are between 0.1 and 0.3
        (DenseNet's: 0.2).
    """
    fixed, rows = [f"fixed_{rate}" for rate in RESIDUAL_RATES], {}
    for name, (_, (high, *_)) in RESIDUAL.items():
        for data in ("cifar10", "cifar100"):
            rows[name, f"published, {data}"] = [
                _figure(f"smith.table4.{name}.{data}.{kind}") for kind in (*fixed, "clr")
            ]
        kinds = (*fixed, f"triangular_{high}")
        rows[name, f"ours, cifar10, {scale}"] = [_ours(f"{name}_{kind}", 12_000, scale)[0] for kind in kinds]
    return pd.DataFrame(rows, index=[*(f"fixed {rate}" for rate in RESIDUAL_RATES), "cycles"]).T


def _figure(key):
    """A published accuracy as it is printed in a table, "-" where there is none of this key."""
    try:
        return f"{published(key).value:.1f}"
    except ValueError:
        return "-"


def _ours(name, iteration, scale):
    """The recorded accuracies of an arm after so many of the paper's iterations: mean and interval, number of seeds."""
    seeds = race.seeds_recorded([name], scale)
    if not seeds or iteration > arms(scale)[name]["updates"] * DIVIDE[scale]:
        return "-", len(seeds)
    values = race.at_iteration(name, iteration, seeds, scale)
    if len(seeds) == 1:
        return f"{values[0]:.1f}", 1
    interval = t_interval(values)
    return f"{interval.mean:.1f} [{interval.low:.1f}, {interval.high:.1f}]", len(seeds)
