"""The claims of Alyafi et al. 2018, judged twice: on their published tables, and on our recorded runs."""

import numpy as np

from clr_utils import arguments
from clr_utils.citations import published
from clr_utils.experiments import load_records
from clr_utils.metrics.comparison import judge, paired_difference, welch_interval
from clr_utils.studies import case_contrast
from clr_utils.studies import microcalcification as study
from clr_utils.styles import style_of

# The smallest differences that matter. Those of the areas were fixed before the runs (`study.DESIGN`), and our runs are
# judged by areas alone; the margin of F1, for the published tables, was set after they had been read.
MARGINS = {"auc": 0.001, "pr_area": 0.005, "f1": 0.005}


def in_tables(case, policy, other, metric):
    """Whether `policy` is better than `other` by the published means and standard deviations.

    Args:
        case: 1 (Tables III and IV) or 2 (Tables V and VI).
        policy, other: "triangular", "triangular2", "exp_range" or, in case 1, "fixed".
        metric: "auc" or "f1".

    Returns:
        A row, as `row` makes it; the interval is Welch's, the runs are not paired.
    """
    check_case(case)
    names = ("triangular", "triangular2", "exp_range", *(["fixed"] if case == 1 else []))
    for name, value in (("policy", policy), ("other", other)):
        arguments.one_of(name, value, names)
    arguments.one_of("metric", metric, ("auc", "f1"))
    runs = int(published("alyafi.runs").value)
    first, second = (_published(case, name, metric) for name in (policy, other))
    interval = welch_interval(*first, runs, *second, runs)
    return row("published", f"case {case}: {policy} - {other}", metric, interval, runs)


def in_records(case, policy, other, metric="pr_area", *, together=1):
    """Whether `policy` is better than `other` in our recorded runs, paired by their seeds.

    Args:
        case: 1 or 2.
        policy, other: Arms of the study, by their names in `clr_utils.studies.microcalcification`, that have a row in
            `clr_utils.styles`.
        metric: "auc" or "pr_area".
        together: How many such contrasts are judged: with more than one the intervals are wider, so that all of them
            hold together with 95 % confidence (Bonferroni).

    Returns:
        A row, as `row` makes it.

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """
    check_arms(case, policy=policy, other=other)
    arguments.one_of("metric", metric, ("auc", "pr_area"))
    together = arguments.whole("together", together, unit="contrasts")
    seeds = study.seeds_of(case, (policy, other))
    values = [study.recorded(case, name, metric, seeds) for name in (policy, other)]
    contrast = f"case {case}: {style_of(policy).label} - {style_of(other).label}"
    interval = paired_difference(*values, confidence=1 - 0.05 / together)
    return row("ours", contrast, metric, interval, len(values[0]))


def row(evidence, contrast, metric, interval, runs):
    """One judged contrast as a dict of texts; larger is better, by more than the margin of the metric."""
    verdict = judge(-interval.high, -interval.low, MARGINS[metric])
    text = f"{interval.mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"
    return {
        "evidence": evidence,
        "contrast": contrast,
        "metric": metric,
        "margin": MARGINS[metric],
        "difference": text,
        "runs": runs,
        "is better": verdict,
    }


def best_fixed(case):
    """The arm of a truly fixed rate with the best mean PR area on the validation patients."""
    check_case(case)
    return max(study.fixed_arms(), key=lambda arm: np.mean(study.recorded(case, arm, "validation_pr_area")))


def lost(case, policy, other):
    """Hundredths of PR area that an arm loses against another one: the paired difference, `other` minus `policy`."""
    check_arms(case, policy=policy, other=other)
    seeds = study.seeds_of(case, (policy, other))
    first, second = (100 * np.array(study.recorded(case, name, "pr_area", seeds)) for name in (other, policy))
    return paired_difference(first, second)


def log_false_positives(case, arm):
    """The logarithm to base 10 of the false-positive rate at recall 0.95, of each recorded run that both cases have."""
    check_arms(case, arm=arm)
    records = load_records(study.study_runs(case, [arm], min(study.SEEDS.values())))
    return [case_contrast.log_false_positives(record) for record in records]


def check_case(case):
    """ValueError where the study has no such case."""
    arguments.one_of("case", case, study.CASES)


def check_arms(case, **names):
    """ValueError where the study has no such case, or no arm of one of the names, which are given by argument."""
    check_case(case)
    known = tuple(study.arms(case))
    for argument, name in names.items():
        arguments.one_of(argument, name, known)


def _published(case, policy, metric):
    return tuple(published(f"alyafi.case{case}.{policy}.{metric}{end}").value for end in ("", "_sd"))
