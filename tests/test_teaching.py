"""The teacher's guide agrees with the notebooks, the clock and the recorded timings; `make timings` works.

Its links are tests/test_build_site.py's.
"""

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

import notebook_rules as rules
import timings

FOLDER = Path(__file__).parent.parent / "notebooks"
PATHS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
TEXT = (FOLDER / "TEACHING.md").read_text(encoding="utf-8")
GUIDE = {"cells": [{"cell_type": "markdown", "source": TEXT, "metadata": {}}], "metadata": {}}
RECORDS = timings.read_records(timings.RECORDS)
# The lengths of the lesson plans in minutes, and the notebooks that they go through where the guide promises it.
PLANS = {"45": None, "90": "00 01 02 03 04 06", "180": "00 01 02 03 04 05 06"}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


NOTEBOOKS = {path: read(path) for path in PATHS}
MINUTES = {path.name[:2]: rules.minutes(notebook) for path, notebook in NOTEBOOKS.items()}


def part(heading):
    """The guide's text under a heading, up to the next one of the same level or a higher one."""
    level = heading.split()[0]
    return re.search(rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", TEXT, flags=re.M | re.S)[1]


def plan(length):
    """The rows of a lesson plan: begin, end, and the cells after them."""
    rows = re.findall(r"^\| (\d+)–(\d+) \| (.+) \|$", part(f"### {length} minutes"), flags=re.M)
    return [(int(begin), int(end), *cells.split(" | ")) for begin, end, cells in rows]


# The guide


def test_rules_for_notebooks():
    for rule in (rules.no_banned_words, rules.no_machine_paths, rules.alt_texts):
        assert rule(GUIDE) == [], rule.__name__


@pytest.mark.parametrize("length", PLANS)
def test_plan(length):
    text, rows = part(f"### {length} minutes"), plan(length)
    assert len(rows) == text.count("\n|") - 2
    assert all(begin < end for begin, end, *_ in rows)
    assert [0, *(end for _, end, *_ in rows)] == [*(begin for begin, *_ in rows), int(length)]
    spent = {}
    for begin, end, where, *said in rows:
        if where == "break":
            continue
        number, shown, target, anchor = re.fullmatch(r"\[(\d\d) (.+)\]\((\d\d)_\w+\.ipynb#(.+)\)", where).groups()
        assert (number, shown.replace(" ", "-")) == (target, anchor)
        assert len(said) == 2
        assert all(said), where
        spent[number] = spent.get(number, 0) + end - begin
    assert all(time <= MINUTES[number] for number, time in spent.items()), f"more than its own time: {spent}"
    assert PLANS[length] in (None, " ".join(sorted(spent)))
    advice = re.search(r"Short of time: drop the rows? at ([\d and]+)", text)[1]
    assert set(map(int, re.findall(r"\d+", advice))) <= {begin for begin, *_ in rows[:-1]}


def test_every_notebook_has_its_part():
    for path, notebook in NOTEBOOKS.items():
        heading = f"### {rules.headings(notebook, 1)[0]} ({MINUTES[path.name[:2]]} minutes)"
        assert heading in TEXT.splitlines()
        text = part(heading)
        assert all(f"- **{what}" in text for what in ("Surprise.**", "Stop at** ", "Skip** ")), heading
        assert len(re.findall(r'^- \*".+"\* \S', text, flags=re.M)) >= 2, heading
        assert path.name in text, heading


def test_misconceptions_are_confronted_with_a_cell():
    table = part("## Misconceptions, and the cell to confront each")
    assert len(re.findall(r"^\| .+ \| \[\d\d .+\]\(.+#.+\) \| .+ \|$", table, flags=re.M)) == table.count("\n|") - 2


def test_map_of_the_first_notebook_has_the_same_minutes():
    for path in PATHS[1:]:
        row = rf"\({re.escape(path.name)}\) \|.*\| {MINUTES[path.name[:2]]} \|"
        assert re.search(row, rules.prose(NOTEBOOKS[PATHS[0]])), path.name


# The table


def test_table_is_that_of_the_records():
    assert timings.put_in(TEXT, timings.table(RECORDS)) == TEXT, "run `make timings`"


@pytest.mark.parametrize("kind", RECORDS)
def test_record_has_the_sections_of_the_notebooks(kind):
    assert sorted(RECORDS[kind]) == [path.stem for path in PATHS], "run `make timings`, or remove its record"
    for path in PATHS:
        record = RECORDS[kind][path.stem]
        sections = dict.fromkeys(timings.sections(nbformat.read(path, as_version=4)))
        assert list(record["seconds"]) == [timings.KERNEL, *sections], f"run `make timings NB={path.name[:2]}`"
        assert record["profile"] == "quick"
        assert timings.machine(record["device"], record["cpus"]) == kind
        assert len({len(each) for each in record["seconds"].values()}) == 1


# make timings

NOTEBOOK = nbformat.v4.new_notebook(
    cells=[
        nbformat.v4.new_markdown_cell("# 01 · Waiting\n\n## Theory"),
        nbformat.v4.new_code_cell("import os\nimport time"),
        nbformat.v4.new_markdown_cell("### Slow\n\ntext"),
        nbformat.v4.new_code_cell("time.sleep(0.1)"),
        nbformat.v4.new_code_cell("time.sleep(0.1)\nassert os.environ['CLR_PROFILE'] == 'quick'"),
        nbformat.v4.new_markdown_cell("## Practice"),
        nbformat.v4.new_code_cell("1 + 1"),
    ]
)
MADE = {"profile": "quick", "date": "2026-01-31", "cpus": 2, "versions": {"keras": "3.15"}, "device": "x86_64 CPU"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "TEACHING.md").write_text(f"before\n{timings.BEGIN}\nold\n{timings.END}\nafter\n", encoding="utf-8")
    nbformat.write(NOTEBOOK, tmp_path / "01_waiting.ipynb")
    monkeypatch.setattr(timings, "FOLDER", tmp_path)
    monkeypatch.setattr(timings, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(timings, "made_with", lambda: {"versions": MADE["versions"], "device": MADE["device"]})
    monkeypatch.setattr(timings.os, "cpu_count", lambda: 2)
    return tmp_path


def test_sections_are_the_headings_above_a_cell():
    assert timings.sections(NOTEBOOK) == ["Theory", "Theory: Slow", "Theory: Slow", "Practice"]


def test_measures_and_leaves_the_notebook_as_it_was(project):
    notebook = (project / "01_waiting.ipynb").read_bytes()
    assert timings.main(["1", "--repeats", "2"]) == 0
    assert (project / "01_waiting.ipynb").read_bytes() == notebook
    record = read(project / "records" / "2-cores.json")["01_waiting"]
    assert list(record["seconds"]) == [timings.KERNEL, "Theory", "Theory: Slow", "Practice"]
    assert all(len(each) == 2 for each in record["seconds"].values())
    assert all(0.2 <= each < 2 for each in record["seconds"]["Theory: Slow"])
    assert all(each < 0.2 for each in record["seconds"]["Practice"])
    guide = (project / "TEACHING.md").read_text(encoding="utf-8")
    assert guide.startswith("before\n")
    assert guide.endswith("\nafter\n")
    assert "| Theory: Slow |" in guide
    assert "median of 2 runs" in guide
    assert "\nold\n" not in guide


def test_a_notebook_that_stops_leaves_record_and_guide(project, capsys, monkeypatch):
    def stop(path, repeats):
        raise CellExecutionError("the traceback", "ZeroDivisionError", "division by zero")

    monkeypatch.setattr(timings, "measure", stop)
    guide = (project / "TEACHING.md").read_text(encoding="utf-8")
    assert timings.main([]) == 1
    printed = capsys.readouterr().out
    assert "make run NB=01" in printed
    assert "the traceback" in printed
    assert not (project / "records").exists()
    assert (project / "TEACHING.md").read_text(encoding="utf-8") == guide


def test_arguments_that_cannot_be(project, capsys):
    for arguments, message in ((["09"], "no notebook 09"), (["--repeats", "0"], "it is '0'")):
        with pytest.raises(SystemExit):
            timings.main(arguments)
        assert message in capsys.readouterr().err


def test_guide_without_its_marks():
    for guide in ("", timings.END + timings.BEGIN, f"{timings.BEGIN}{timings.BEGIN}{timings.END}"):
        with pytest.raises(ValueError, match=r"TEACHING.md must hold"):
            timings.put_in(guide, "table")


def test_kind_of_machine():
    assert timings.machine("x86_64 CPU", 2) == "2-cores"
    assert timings.machine("Tesla T4", 2) == "Tesla-T4"


def test_table_has_a_column_for_each_machine():
    slow = {"01_a": {**MADE, "seconds": {timings.KERNEL: [1.0, 3.0, 2.0], "Theory": [7.0, 7.4, 9.0]}}}
    quick = {"01_a": {**MADE, "device": "Tesla T4", "seconds": {timings.KERNEL: [2.0], "Theory": [0.5]}}}
    alone = timings.table({"2-cores": slow})
    assert "not measured yet" in alone
    assert "median of 3 runs." in alone
    assert "| Theory | **7** |" in alone
    assert "one run." in timings.table({"Tesla-T4": quick})
    both = timings.table({"2-cores": slow, "Tesla-T4": quick})
    assert "not measured yet" not in both
    assert "| notebook, section | 2-cores | Tesla-T4 |" in both
    assert "| **[01](01_a.ipynb), as a whole** | 9 | 2 |" in both
    assert "| Theory | **7** | 0.5 |" in both
    assert "| Theory | **7** |  |" in timings.table({"2-cores": slow, "Tesla-T4": {}})
