"""What `make test-colab` compares, and what it says; the run itself takes minutes and is that command's."""

import re
import tomllib
from types import SimpleNamespace

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
    pinned = as_colab.pinned()
    assert len({"tensorflow", "tensorflow-cpu"} & pinned.keys()) == 1
    assert pinned.keys() >= {"keras", "numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "ipywidgets"}
    assert all(requirements()[name].specifier.contains(version) for name, version in pinned.items())


@pytest.mark.parametrize("named", ["", "python3.99"])
def test_a_missing_python_is_said(named, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("COLAB_PYTHON", named)
    with pytest.raises(SystemExit):
        as_colab.main(["--folder", str(tmp_path)])
    assert re.search(r"Python 3\.13.* is missing here.*COLAB_PYTHON=", capsys.readouterr().err)


@pytest.mark.parametrize(("version", "found"), [("3.13", True), ("3.12", False), ("", False)])
def test_python_is_found_by_its_version(version, found, tmp_path, monkeypatch):
    command = tmp_path / "some python"
    command.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("COLAB_PYTHON", str(command))
    if found:
        assert as_colab.find_python() == str(command)
    else:
        with pytest.raises(FileNotFoundError):
            as_colab.find_python()


def test_an_environment_with_another_version_is_made_anew(tmp_path, monkeypatch):
    colab = as_colab.Colab(tmp_path)
    assert not colab.is_ready()
    colab.python.parent.mkdir(parents=True)
    colab.python.touch()
    monkeypatch.setattr(colab, "versions", as_colab.pinned)
    assert colab.is_ready()
    monkeypatch.setattr(colab, "versions", lambda: as_colab.pinned() | {"keras": "3.99"})
    assert not colab.is_ready()


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
        assert colab.name == "there", "it was not there"

    def colab(name, *changes):
        return SimpleNamespace(name=name, changes=lambda: list(changes))

    assert as_colab.scenario(colab("there"), check)
    assert not as_colab.scenario(colab("gone"), check)
    assert not as_colab.scenario(colab("there", "keras was 3.13.2, is 3.15.1"), check)
    reports = re.findall(r"It works\. +(holds|FAILED\n    .*)", capsys.readouterr().out)
    assert reports == ["holds", "FAILED\n    it was not there", "FAILED\n    keras was 3.13.2, is 3.15.1"]


def test_changed_packages_are_named(tmp_path, monkeypatch):
    colab = as_colab.Colab(tmp_path)
    colab.before = {"keras": "3.13.2", "numpy": "2.1.3", "dask": "1"}
    monkeypatch.setattr(
        colab, "versions", lambda: {"keras": "3.15.1", "numpy": "2.1.3", "tqdm": "4", "scikit-plots": "0.4"}
    )
    assert colab.changes() == ["dask was 1, is None", "keras was 3.13.2, is 3.15.1", "tqdm was None, is 4"]


def test_cells_that_may_stop_are_marked():
    notebook = as_colab.cells_of("# stops\n1 / 0", badges.setup_cell(""))
    assert [cell.metadata.tags for cell in notebook.cells] == [["raises-exception"], []]
