"""Tables III to VI of Alyafi et al. 2018 beside the recorded runs of the micro-calcification study."""

import numpy as np
import pandas as pd

from clr_utils.citations import published
from clr_utils.findings.claims import check_case
from clr_utils.studies import microcalcification as study
from clr_utils.styles import style_of

METRICS = ("auc", "precision", "recall", "f1")


def tables(case):
    """The two published tables of a case beside ours, "mean (standard deviation)" in each cell.

    Precision, recall and F1 are at the threshold 0.5. The published figures are of 3 runs, ours of 5 in case 1 and 3
    in case 2, on synthetic patches. A run that calls nothing positive has no precision and is left out of its mean; the
    cell then says of how many runs it is.

    Args:
        case: 1 (Tables III and IV) or 2 (Tables V and VI).

    Returns:
        A DataFrame with a row for each policy and the columns (published or re-enacted, metric), named after the case.

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """
    check_case(case)
    rows = {
        style_of(arm).label: [_published(case, arm, metric) for metric in METRICS]
        + [_recorded(case, arm, metric) for metric in METRICS]
        for arm in study.first_arms(case)
    }
    columns = pd.MultiIndex.from_product([("published", "re-enacted"), METRICS], names=[f"case {case}", "metric"])
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _published(case, arm, metric):
    policy = "fixed" if arm == "published_fixed" else arm
    if arm not in study.published_arms(case) or (case == 2 and policy == "fixed" and metric != "auc"):
        return "-"
    key = f"alyafi.case{case}.{policy}.{metric}"
    mean = published(key).value
    return f"about {mean}" if key == "alyafi.case2.fixed.auc" else f"{mean:.4f} ({published(key + '_sd').value:.4f})"


def _recorded(case, arm, metric):
    values = [value for value in study.recorded(case, arm, metric) if value is not None]
    if len(values) < 2:
        return "-"
    fewer = "" if len(values) == study.SEEDS[case] else f", {len(values)} runs"
    return f"{np.mean(values):.4f} ({np.std(values, ddof=1):.4f}){fewer}"
