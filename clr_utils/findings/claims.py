"""The claims of Alyafi et al. 2018, judged twice: on their published tables, and on our recorded runs."""

import numpy as np

from clr_utils.citations import published
from clr_utils.metrics.comparison import judge, paired_difference, welch_interval
from clr_utils.studies import microcalcification as study
from clr_utils.styles import style_of

# The smallest differences that matter, fixed before the runs.
MARGINS = {"auc": 0.001, "pr_area": 0.005, "precision": 0.005, "recall": 0.005, "f1": 0.005}


def in_tables(case, policy, other, metric):
    """Whether `policy` is better than `other` by the published means and standard deviations.

    Args:
        case: 1 (Tables III and IV) or 2 (Tables V and VI).
        policy, other: "triangular", "triangular2", "exp_range" or, in case 1, "fixed".
        metric: "auc", "precision", "recall" or "f1".

    Returns:
        A row, as `row` makes it; the interval is Welch's, the runs are not paired.
    """
    runs = int(published("alyafi.runs").value)
    first, second = (_published(case, name, metric) for name in (policy, other))
    interval = welch_interval(*first, runs, *second, runs)
    return row("published", f"case {case}: {policy} - {other}", metric, interval, runs)


def in_records(case, policy, other, metric="pr_area"):
    """Whether `policy` is better than `other` in our recorded runs, paired by their seeds.

    Args:
        case: 1 or 2.
        policy, other: Arms of the tables, by their names in `clr_utils.studies.microcalcification`.
        metric: One of MARGINS.

    Returns:
        A row, as `row` makes it.

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """
    values = [study.recorded(case, name, metric) for name in (policy, other)]
    contrast = f"case {case}: {style_of(policy).label} - {style_of(other).label}"
    return row("ours", contrast, metric, paired_difference(*values), len(values[0]))


def row(evidence, contrast, metric, interval, runs):
    """One judged contrast as a dict of texts; larger is better, by more than the margin of the metric."""
    verdict = judge(-interval.high, -interval.low, MARGINS[metric])
    text = f"{interval.mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"
    return {
        "evidence": evidence,
        "contrast": contrast,
        "metric": metric,
        "difference": text,
        "runs": runs,
        "is better": verdict,
    }


def best_fixed(case):
    """The arm of a truly fixed rate with the best mean PR area on the validation patients."""
    return max(study.fixed_arms(), key=lambda arm: np.mean(study.recorded(case, arm, "validation_pr_area")))


def lost_against_best_fixed(case):
    """Hundredths of PR area that each cyclical policy loses: {name: paired difference, best fixed arm minus policy}."""
    best, *others = (
        100 * np.array(study.recorded(case, name, "pr_area")) for name in (best_fixed(case), *study.CYCLICAL)
    )
    return {name: paired_difference(best, each) for name, each in zip(study.CYCLICAL, others, strict=True)}


def _published(case, policy, metric):
    return tuple(published(f"alyafi.case{case}.{policy}.{metric}{end}").value for end in ("", "_sd"))
