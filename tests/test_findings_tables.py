"""The published tables beside ours: the right figures in the right cells."""

import numpy as np
import pytest

from clr_utils.findings import tables
from clr_utils.studies import microcalcification as study


@pytest.fixture
def made_up(monkeypatch):
    values = {"auc": [0.9, 0.8, 0.7], "precision": [None, 0.5, 0.6], "recall": [0.1, 0.1, 0.1], "f1": [None, None, 0.2]}
    monkeypatch.setattr(study, "recorded", lambda case, arm, metric: values[metric])


def test_published_cells(made_up):
    table = tables.tables(1)
    assert table.loc["triangular", ("published", "auc")] == "0.9940 (0.0004)"
    assert table.loc["fixed as published", ("published", "recall")] == "0.4940 (0.3690)"
    assert table.loc["fixed 0.03", ("published", "auc")] == "-"


def test_case_2_has_one_figure_of_the_fixed_arm(made_up):
    table = tables.tables(2)
    assert list(table.loc["fixed as published", "published"]) == ["about 0.38", "-", "-", "-"]
    assert table.loc["exp_range", ("published", "f1")] == "0.9135 (0.0034)"


def test_recorded_cells_leave_out_what_does_not_exist(made_up):
    row = tables.tables(1).loc["triangular", "re-enacted"]
    assert list(row) == [
        *("0.8000 (0.1000), 3 runs", "0.5500 (0.0707), 2 runs", "0.1000 (0.0000), 3 runs", "-"),
    ]


def test_a_cell_is_the_mean_of_its_records():
    areas = study.recorded(1, "triangular", "auc")
    cell = tables._recorded(1, "triangular", "auc")
    assert cell == f"{np.mean(areas):.4f} ({np.std(areas, ddof=1):.4f})"
