"""The table of published figures: readable, unique, cited."""

import csv
import math
import re

import pytest

from clr_utils import FINDINGS, published
from helpers import ROOT

with (ROOT / "data" / "published.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


def test_the_table_has_its_columns_and_every_key_once():
    assert list(ROWS[0]) == ["key", "value", "unit", "source", "where"]
    keys = [row["key"] for row in ROWS]
    assert len(keys) == len(set(keys))


def test_every_row_is_complete():
    for row in ROWS:
        assert None not in row, f"a comma too many, quote the text: {row}"
        words = ["finding" if word in FINDINGS else word for word in row["key"].split(".")]
        assert re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", ".".join(words)), row
        assert math.isfinite(float(row["value"])), row
        assert re.search(r"\b(19|20)\d\d\b", row["source"]), f"the source is an author or site and a year: {row}"
        assert all(value and value == value.strip() for value in row.values()), row


def test_every_source_has_its_address():
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for source in {row["source"] for row in ROWS}:
        entry = re.search(rf"^- \*\*{re.escape(source)}\*\*.*?(?=^- |\Z)", text, re.M | re.S)
        assert entry, f"data/README.md does not say where {source} can be read"
        assert "<https://" in entry[0]


def test_every_key_gives_its_row():
    for row in ROWS:
        assert published(row["key"]) == (float(row["value"]), row["unit"], row["source"], row["where"])


def test_figures_read_in_the_sources():
    for name, value, unit in (
        ("baseline_error", 1.91, "%"),
        ("clr_error", 1.64, "%"),
        ("baseline_seconds", 86.4, "s"),
        ("clr_seconds", 43.2, "s"),
    ):
        assert published(f"datacamp.mnist.{name}")[:2] == (value, unit)


@pytest.mark.parametrize(
    ("network", "low", "mid", "high", "clr", "bounds"),
    [
        ("resnet.cifar10", 92.8, 93.3, 91.8, 93.6, "0.1 to 0.3"),
        ("resnet.cifar100", 71.2, 71.6, 71.9, 72.5, "0.1 to 0.3"),
        ("stochastic_depth.cifar10", 94.6, 94.5, 94.2, 94.5, "0.1 to 0.3"),
        ("stochastic_depth.cifar100", 75.2, 75.2, 74.6, 75.4, "0.1 to 0.3"),
        ("densenet.cifar10", 94.5, 94.5, 94.2, 94.9, "0.1 to 0.2"),
        ("densenet.cifar100", 75.2, 75.3, 74.5, 75.9, "0.1 to 0.2"),
    ],
)
def test_table_4_as_read_in_the_paper(network, low, mid, high, clr, bounds):
    kinds = ("fixed_0.1", "fixed_0.2", "fixed_0.3", "clr")
    found = [published(f"smith.table4.{network}.{kind}") for kind in kinds]
    assert [figure.value for figure in found] == [low, mid, high, clr]
    assert bounds in found[-1].where


# The two tables of Chopade 2021: epochs and accuracy before retraining, and after it with the policy.
SLIDES = {
    "Atelectasis": (10, 75.10, 32, 79.59, "Triangular"),
    "Cardiomegaly": (12, 75.78),
    "Consolidation": (10, 73.32),
    "Edema": (12, 93.37),
    "Emphysema": (10, 85.60),
    "Effusion": (10, 86.53),
    "Fibrosis": (10, 66.58, 32, 88.96, "Modified Triangular2"),
    "Infiltration": (10, 64.60, 10, 76.15, "Modified Triangular2"),
    "Mass": (10, 70.11),
    "Nodule": (10, 68.23),
    "Pneumothorax": (10, 70.12, 36, 79.83, "Triangular"),
    "Pneumonia": (None, None, 30, 88.43, "Triangular"),
    "Pleural_Thickening": (10, 71.67),
    "Hernia": (30, 90.81),
}
# How many images of NIH's Data_Entry_2017.csv name each finding.
NIH = {
    "Infiltration": 19_894,
    "Effusion": 13_317,
    "Atelectasis": 11_559,
    "Nodule": 6_331,
    "Mass": 5_782,
    "Pneumothorax": 5_302,
    "Consolidation": 4_667,
    "Pleural_Thickening": 3_385,
    "Cardiomegaly": 2_776,
    "Emphysema": 2_516,
    "Edema": 2_303,
    "Fibrosis": 1_686,
    "Pneumonia": 1_431,
    "Hernia": 227,
}


def test_the_slides_as_read():
    wanted = {}
    for finding, (epochs, accuracy, *after) in SLIDES.items():
        if accuracy:
            wanted[f"chopade.{finding}.epochs"] = (epochs, "epochs")
            wanted[f"chopade.{finding}.accuracy"] = (accuracy, "%")
            assert published(f"chopade.{finding}.accuracy").where.endswith(f"after {epochs} epochs")
        if after:
            more, better, policy = after
            wanted[f"chopade.{finding}.clr_epochs"] = (more, "epochs")
            wanted[f"chopade.{finding}.clr_accuracy"] = (better, "%")
            assert published(f"chopade.{finding}.clr_accuracy").where.endswith(f", {policy}")
    found = [row["key"] for row in ROWS if row["key"].startswith("chopade.")]
    assert {key: published(key)[:2] for key in found} == wanted


def test_the_counts_of_nih_are_those_of_its_table():
    assert sum(NIH.values()) == 81_176
    found = {row["key"].removeprefix("nih.chestxray14."): row for row in ROWS if row["key"].startswith("nih.")}
    assert {finding: int(row["value"]) for finding, row in found.items()} == NIH
    assert set(FINDINGS) == NIH.keys() == SLIDES.keys()
    assert {(row["unit"], row["where"]) for row in found.values()} == {("images", "Data_Entry_2017, of 112,120 images")}


def test_an_unknown_key_lists_those_that_begin_alike():
    with pytest.raises(ValueError, match="no published figure has the key 'datacamp.mnist.speed'") as error:
        published("datacamp.mnist.speed")
    assert "datacamp.mnist.clr_error" in str(error.value)
    assert "smith" not in str(error.value)


def test_an_unknown_source_lists_all_keys():
    with pytest.raises(ValueError, match="no published figure has the key 'nobody'") as error:
        published("nobody")
    assert all(row["key"] in str(error.value) for row in ROWS)
