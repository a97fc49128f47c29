"""The table of published figures: readable, unique, cited."""

import csv
import math
import re

import pytest

from clr_utils import published
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
        assert re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", row["key"]), row
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


def test_an_unknown_key_lists_those_that_begin_alike():
    with pytest.raises(ValueError, match="no published figure has the key 'datacamp.mnist.speed'") as error:
        published("datacamp.mnist.speed")
    assert "datacamp.mnist.clr_error" in str(error.value)
    assert "smith" not in str(error.value)


def test_an_unknown_source_lists_all_keys():
    with pytest.raises(ValueError, match="no published figure has the key 'nobody'") as error:
        published("nobody")
    assert all(row["key"] in str(error.value) for row in ROWS)
