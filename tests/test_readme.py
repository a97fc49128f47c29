"""The code of the README runs, from the range test to `fit`; what it says again elsewhere is the same."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest

import clr_utils
import notebook_rules as rules

ROOT = Path(__file__).parent.parent
README, FRONT = ((ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/index.md"))
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, flags=re.M | re.S)


@pytest.fixture
def _small(monkeypatch):
    """A few digits and a small network in the place of the whole."""
    digits, build = clr_utils.load_mnist(), clr_utils.mnist_mlp
    few = type(digits)(digits.x_train[::10], digits.y_train[::10], digits.x_test[::20], digits.y_test[::20])
    monkeypatch.setattr(clr_utils, "load_mnist", lambda: few, raising=False)
    monkeypatch.setattr(clr_utils, "mnist_mlp", lambda: build(32), raising=False)
    yield
    plt.close("all")


@pytest.mark.usefixtures("_small")
@pytest.mark.filterwarnings("ignore::clr_utils.RangeTestWarning")
def test_the_code_runs_as_it_stands(capsys):
    names = {}
    for block in BLOCKS:
        exec(block, names)
    model, schedule = names["model"], names["schedule"]
    assert model.optimizer._learning_rate is schedule
    assert int(model.optimizer.iterations) == 12 * 12
    assert schedule.updates_left(12 * 12) == 0
    assert "3 cycles in 12 epochs of 12 updates" in capsys.readouterr().out


def test_it_takes_no_more_than_ten_lines():
    assert len(BLOCKS) == 2
    for block in BLOCKS:
        assert len([line for line in block.splitlines() if line]) <= 10


# The site's front page says some of it again


@pytest.mark.parametrize("page", [README, FRONT], ids=["README.md", "docs/index.md"])
def test_a_students_hours_are_those_of_the_notebooks(page):
    paths = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    minutes = [rules.minutes(nbformat.read(path, as_version=4)) for path in paths]
    student = " ".join(re.search(r"^\*\*A student\*\*.+?\n\n", page, flags=re.M | re.S)[0].split())
    named = re.findall(r"\[(\d\d)\]", student)
    assert (named[:3], named[-1]) == (["00", "04", "05"], "09")
    assert len(paths) == 10
    assert "about three hours" in student
    assert "another four hours" in student
    assert [round(sum(part) / 30) / 2 for part in (minutes[:5], minutes[5:])] == [3, 4]


def test_a_practitioners_minutes_and_sections_are_those_of_the_notebooks():
    notebooks = [nbformat.read(path, as_version=4) for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))]
    practitioner = " ".join(re.search(r"^\*\*A practitioner\*\*.+?\n\n", README, flags=re.M | re.S)[0].split())
    assert f"before trusting them: {rules.minutes(notebooks[3])} minutes." in practitioner
    assert "Each notebook has a section *In your own training*" in practitioner
    assert all("In your own training" in rules.headings(notebook, 2) for notebook in notebooks)


def test_both_pages_tell_the_same_finding():
    first, again = (re.search(r"## What came out\n\n(.+?)\n\n[^-]", page, flags=re.S)[1] for page in (README, FRONT))
    assert first.count("\n- ") == 5
    assert first == again
