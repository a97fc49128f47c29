"""What `make test-colab` compares, and what it says; the run itself takes minutes and is that command's."""

import re
import tomllib

import nbformat
import pytest
from packaging.requirements import Requirement

import as_colab
import badges

PROJECT = tomllib.loads((as_colab.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements():
    lines = as_colab.REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return {each.name: each for each in (Requirement(line) for line in lines if line and not line.startswith("#"))}


def test_colab_has_what_the_project_needs_but_for_one_package():
    there = requirements()
    needed = [Requirement(each) for each in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["cpu"]]
    assert {each.name for each in needed} - there.keys() == {as_colab.LACKING}
    for each in needed:
        for pin in there[each.name].specifier if each.name in there else ():
            assert each.specifier.contains(pin.version), f"{each} excludes Colab's {pin.version}"


def test_the_versions_that_count_are_pinned():
    pinned = {name for name, each in requirements().items() if "==" in str(each.specifier)}
    assert pinned == set(as_colab.pinned())
    assert pinned >= {"tensorflow", "keras", "numpy", "scipy", "pandas", "scikit-learn", "matplotlib"}


def test_a_missing_python_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"Python 3\.13.* is missing here.*COLAB_PYTHON="):
        as_colab.find_python()


@pytest.mark.parametrize(("version", "found"), [("3.13", True), ("3.12", False), ("", False)])
def test_python_is_found_by_its_version(version, found, tmp_path):
    command = tmp_path / "some python"
    command.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
    command.chmod(0o755)
    if found:
        assert as_colab.find_python([str(tmp_path / "none"), str(command)]) == str(command)
    else:
        with pytest.raises(FileNotFoundError):
            as_colab.find_python([str(command)])


def executed(*outputs, ignored=()):
    notebook = as_colab.cells_of(*(f"cell_{number}()" for number in range(len(outputs))))
    for number, (cell, text) in enumerate(zip(notebook.cells, outputs, strict=True)):
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
        cell.metadata.tags = ["nbval-ignore-output"] if number in ignored else []
    return notebook


def test_differences_are_found_after_the_set_up_cell():
    saved = executed("profile quick\n", "it falls: True\n", "it rises: True\n")
    assert as_colab.differences(saved, executed("GPU: T4\n", "it falls: True\n", "it rises: True\n")) == []
    (found,) = as_colab.differences(saved, executed("profile quick\n", "it falls: True\n", ""))
    assert found.startswith("cell_2(): '', saved: 'it rises")


def test_ignored_cells_may_differ():
    saved = executed("profile quick\n", "3 s\n", ignored=[1])
    assert as_colab.differences(saved, executed("profile quick\n", "4 s\n")) == []


def test_a_scenario_that_fails_is_reported(capsys):
    def check(colab):
        """It works."""
        assert colab == "there", "it was not there"

    assert as_colab.scenario("there", check)
    assert not as_colab.scenario("gone", check)
    assert re.search(r"It works\. +holds\nIt works\. +FAILED\n    it was not there", capsys.readouterr().out)


def test_cells_that_may_stop_are_marked():
    notebook = as_colab.cells_of("# stops\n1 / 0", badges.setup_cell(""))
    assert [cell.metadata.tags for cell in notebook.cells] == [["raises-exception"], []]
