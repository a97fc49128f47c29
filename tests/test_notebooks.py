"""Every notebook obeys the rules of notebook_rules.py, and is known where it should be."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

import notebook_rules as rules

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "notebooks"
CALIBRATION = ROOT / "data" / "results" / "calibration"
NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
SOLUTIONS = sorted((FOLDER / "solutions").glob("*.ipynb"))


@cache
def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def solutions_of(path):
    return path.parent / "solutions" / f"{path.stem}_solutions.ipynb"


def forgotten(root, stem):
    """The places that should know the notebook of this name and do not."""
    number = stem[:2]
    files = (
        f"notebooks/solutions/{stem}_solutions.ipynb",
        f"clr_utils/exercises/nb{number}.py",
        f"tests/wrong_answers/{stem}.toml",
    )
    rows = {
        "README.md": rf"^\| \[{number} .*\]\(notebooks/{stem}\.ipynb\) \|",
        "notebooks/00_start_here.ipynb": rf"\| \[{number} · .*\]\({stem}\.ipynb\) \|" if number != "00" else "",
        "notebooks/TEACHING.md": rf"^### {number} · ",
    }
    missing = [place for place in files if not (root / place).is_file()]
    return missing + [
        f"a row in {place}"
        for place, row in rows.items()
        if not re.search(row, (root / place).read_text(encoding="utf-8"), flags=re.M)
    ]


def test_every_notebook_is_known_where_it_should_be():
    for path in NOTEBOOKS:
        assert not forgotten(ROOT, path.stem), path.name


def test_what_a_new_notebook_still_needs_is_named():
    assert forgotten(ROOT, "99_more") == [
        "notebooks/solutions/99_more_solutions.ipynb",
        "clr_utils/exercises/nb99.py",
        "tests/wrong_answers/99_more.toml",
        "a row in README.md",
        "a row in notebooks/00_start_here.ipynb",
        "a row in notebooks/TEACHING.md",
    ]


def test_notebooks_are_numbered_from_00_without_a_gap():
    assert [int(path.name[:2]) for path in NOTEBOOKS] == list(range(len(NOTEBOOKS)))
    assert {path.stem.removesuffix("_solutions") for path in SOLUTIONS} == {path.stem for path in NOTEBOOKS}


def complaints(path):
    """What is wrong with a notebook or with solutions, each complaint after the name of its rule."""
    notebook, solved = read(path), path in SOLUTIONS
    found = {rule: rule(notebook) for rule in rules.FOR_BOTH}
    found[rules.title] = rules.title(notebook, path.name[:2])
    found[rules.exercises] = rules.exercises(notebook, solved=solved)
    if not solved:
        record = CALIBRATION / f"{path.stem}.json"
        found |= {rule: rule(notebook) for rule in rules.FOR_NOTEBOOKS}
        found[rules.same_exercises] = rules.same_exercises(notebook, read(solutions_of(path)))
        found[rules.calibrated] = rules.calibrated(notebook, read(record) if record.exists() else None)
    return [f"{rule.__name__}: {complaint}" for rule, said in found.items() for complaint in said]


@pytest.mark.parametrize("path", NOTEBOOKS + SOLUTIONS, ids=lambda path: path.stem)
def test_every_rule_is_obeyed(path):
    found = complaints(path)
    assert not found, "\n  ".join([f"{path.name}:", *found])
