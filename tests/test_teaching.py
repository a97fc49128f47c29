"""The teacher's guide agrees with the notebooks, the clock and the recorded timings; `make timings` works."""

import json
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

import notebook_rules as rules
import timings

FOLDER = Path(__file__).parent.parent / "notebooks"
PATHS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
TEXT = (FOLDER / "TEACHING.md").read_text(encoding="utf-8")
GUIDE = {"cells": [{"cell_type": "markdown", "source": TEXT, "metadata": {}}]}
RECORDS = timings.read_records(timings.RECORDS)
PLANS = ("45", "90", "180")


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def minutes(path):
    """The minutes that a notebook's first cell names."""
    return int(re.search(r"^Time: (\d+) minutes", rules.prose(read(path)), flags=re.M)[1])


def part(heading):
    """The guide's text under a heading, up to the next one of the same level or a higher one."""
    level = heading.split()[0]
    return re.search(rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", TEXT, flags=re.M | re.S)[1]


def plan(length):
    """The rows of a lesson plan: begin, end, and the cells after them."""
    rows = re.findall(r"^\| (\d+)–(\d+) \| (.+) \|$", part(f"### {length} minutes"), flags=re.M)
    return [(int(begin), int(end), *cells.split(" | ")) for begin, end, cells in rows]


# The guide


def test_links_lead_somewhere():
    assert rules.links(GUIDE, FOLDER, read) == []


@pytest.mark.parametrize("rule", [rules.no_banned_words, rules.no_machine_paths, rules.alt_texts])
def test_rules_for_notebooks(rule):
    assert rule({**GUIDE, "metadata": {}}) == []


@pytest.mark.parametrize("length", PLANS)
def test_plan_adds_up(length):
    rows = plan(length)
    assert rows[0][0] == 0
    assert rows[-1][1] == int(length)
    assert all(begin < end for begin, end, *_ in rows)
    assert all(before[1] == after[0] for before, after in pairwise(rows))
    assert len(rows) == part(f"### {length} minutes").count("\n|") - 2


@pytest.mark.parametrize("length", PLANS)
def test_plan_names_sections_and_leaves_no_cell_empty(length):
    for _, _, where, *said in plan(length):
        if where == "break":
            continue
        number, shown, target, anchor = re.fullmatch(r"\[(\d\d) (.+)\]\((\d\d)_\w+\.ipynb#(.+)\)", where).groups()
        assert number == target
        assert shown.replace(" ", "-") == anchor
        assert len(said) == 2
        assert all(said)


@pytest.mark.parametrize("length", PLANS)
def test_plan_gives_no_notebook_more_than_its_own_time(length):
    spent = {}
    for begin, end, where, *_ in plan(length):
        spent[where[1:3]] = spent.get(where[1:3], 0) + end - begin
    assert all(spent.get(path.name[:2], 0) <= minutes(path) for path in PATHS)


@pytest.mark.parametrize(("length", "numbers"), [("90", "00 01 02 03 04 06"), ("180", "00 01 02 03 04 05 06")])
def test_plan_takes_its_path(length, numbers):
    assert sorted({where[1:3] for _, _, where, *_ in plan(length)} - {"re"}) == numbers.split()


@pytest.mark.parametrize("length", PLANS)
def test_rows_to_drop_are_there(length):
    advice = re.search(r"Short of time: drop the rows? at ([\d and]+)", part(f"### {length} minutes"))[1]
    assert set(map(int, re.findall(r"\d+", advice))) <= {begin for begin, *_ in plan(length)[:-1]}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_notebook_has_its_part(path):
    heading = f"### {rules.headings(read(path), 1)[0]} ({minutes(path)} minutes)"
    assert heading in TEXT.splitlines()
    text = part(heading)
    assert all(f"- **{what}" in text for what in ("Surprise.**", "Stop at** ", "Skip** "))
    assert len(re.findall(r'^- \*".+"\* \S', text, flags=re.M)) >= 2
    assert path.name in text


def test_misconceptions_are_confronted_with_a_cell():
    table = part("## Misconceptions, and the cell to confront each")
    assert len(re.findall(r"^\| .+ \| \[\d\d .+\]\(.+#.+\) \| .+ \|$", table, flags=re.M)) == table.count("\n|") - 2


@pytest.mark.parametrize("path", PATHS[1:], ids=lambda path: path.stem)
def test_map_of_the_first_notebook_has_the_same_minutes(path):
    assert re.search(rf"\({re.escape(path.name)}\) \|.*\| {minutes(path)} \|", rules.prose(read(PATHS[0])))


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
        nbformat.v4.new_code_cell("time.sleep(0.2)"),
        nbformat.v4.new_code_cell("time.sleep(0.2)\nassert os.environ['CLR_PROFILE'] == 'quick'"),
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
    monkeypatch.setattr(timings.joblib, "cpu_count", lambda: 2)
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
    assert all(0.4 <= each < 2 for each in record["seconds"]["Theory: Slow"])
    assert all(each < 0.3 for each in record["seconds"]["Practice"])
    guide = (project / "TEACHING.md").read_text(encoding="utf-8")
    assert guide.startswith("before\n")
    assert guide.endswith("\nafter\n")
    assert "| Theory: Slow |" in guide
    assert "median of 2 runs" in guide
    assert "\nold\n" not in guide


def test_a_notebook_that_stops_leaves_record_and_guide(project, capsys):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")]), project / "01_waiting.ipynb")
    guide = (project / "TEACHING.md").read_text(encoding="utf-8")
    assert timings.main([]) == 1
    assert "make run NB=01" in capsys.readouterr().out
    assert not (project / "records").exists()
    assert (project / "TEACHING.md").read_text(encoding="utf-8") == guide


@pytest.mark.parametrize("arguments", [["09"], ["--repeats", "0"]])
def test_arguments_that_cannot_be(project, arguments):
    with pytest.raises(SystemExit):
        timings.main(arguments)


@pytest.mark.parametrize("guide", ["", timings.END + timings.BEGIN, f"{timings.BEGIN}{timings.BEGIN}{timings.END}"])
def test_guide_without_its_marks(guide):
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
