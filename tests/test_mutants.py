"""The mutants fit the code as it is, and the tool that tries them (`make mutants`) tells killed from survived."""

import subprocess
from pathlib import Path

import pytest

import mutants

ROOT = mutants.ROOT
MUTANTS = mutants.load()


def test_each_changes_one_place_of_its_file_and_compiles():
    for mutant in MUTANTS:
        assert mutant["before"] != mutant["after"], mutant["fault"]
        compile(mutants.mutated(mutant), mutant["file"], "exec")


def test_their_tests_are_there():
    for mutant in MUTANTS:
        assert mutant["tests"], mutant["fault"]
        assert all((ROOT / test).is_file() for test in mutant["tests"]), f"files of tests: {mutant['tests']}"


def test_every_folder_has_some_in_the_order_of_the_files():
    files = [mutant["file"] for mutant in MUTANTS]
    assert files == sorted(files)
    folders = {path.relative_to(ROOT).parent for path in (ROOT / "clr_utils").rglob("*.py")}
    assert {Path(file).parent for file in files} == folders


# The tool, on a project of one function and one test

MODULE = "def double(n):\n    return 2 * n\n"
TEST = "from clr_utils.numbers import double\n\n\ndef test_double():\n    assert double(3) == {}\n"
MUTANT = """
[[mutant]]
file = "clr_utils/numbers.py"
before = "2 * n"
after = "{0}"
tests = ["tests/test_double.py"]
fault = "it returns {0}"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Makes a project whose function is `module`, whose test wants `result`, and whose mutants return `afters`."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p xdist.plugin")

    def make(*afters, module=MODULE, result=6):
        (tmp_path / "clr_utils").mkdir()
        (tmp_path / "tests").mkdir()
        (tmp_path / "clr_utils" / "__init__.py").touch()
        (tmp_path / "clr_utils" / "numbers.py").write_text(module, encoding="utf-8")
        (tmp_path / "tests" / "test_double.py").write_text(TEST.format(result), encoding="utf-8")
        (tmp_path / "tests" / "mutants.toml").write_text("".join(map(MUTANT.format, afters)), encoding="utf-8")
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
        return tmp_path

    return make


def test_killed_is_told_from_survived(project, capsys):
    root = project("n", "n + n", "no number")
    assert mutants.main([], root) == 1
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["killed", "SURVIVED", "BROKEN"]
    assert lines[0].endswith(" s  clr_utils/numbers.py: it returns n")
    assert last == "1 of 3 killed"
    assert (root / "clr_utils" / "numbers.py").read_text(encoding="utf-8") == MODULE


def test_all_killed_is_a_success(project):
    assert mutants.main(["clr_utils"], project("n")) == 0


def test_tests_that_fail_without_a_mutant_would_tell_nothing(project):
    with pytest.raises(SystemExit, match=r"(?s)assert 6 == 7.*without a mutant tests/test_double\.py must pass"):
        mutants.main([], project("n", result=7))


def test_a_place_that_is_not_there_once_is_named(project):
    with pytest.raises(ValueError, match=r"'2 \* n' stands 0 times in clr_utils/numbers\.py"):
        mutants.main([], project("n", module="def double(n):\n    return n + n\n"))


def test_a_file_without_mutants_is_refused(project, capsys):
    with pytest.raises(SystemExit):
        mutants.main(["clr_utils/nothing.py"], project("n"))
    assert "has no mutant of clr_utils/nothing.py" in capsys.readouterr().err
