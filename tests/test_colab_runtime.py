"""What the tests in tests/colab stand on; those take minutes and are run by `make test-colab`."""

import tomllib

import colab_runtime
import nbformat
import pytest
from packaging.requirements import Requirement

PROJECT = tomllib.loads((colab_runtime.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_colab_has_what_the_project_needs_but_for_one_package():
    there = {each.name: each for each in colab_runtime.requirements()}
    needed = [Requirement(each) for each in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["cpu"]]
    assert {each.name for each in needed} - there.keys() == {colab_runtime.LACKING}
    for each in needed:
        for pin in there[each.name].specifier if each.name in there else ():
            assert each.specifier.contains(pin.version), f"{each} excludes Colab's {pin.version}"


def test_the_versions_that_count_are_pinned():
    pinned = colab_runtime.pinned()
    assert len({"tensorflow", "tensorflow-cpu"} & pinned.keys()) == 1
    assert pinned.keys() >= {"keras", "numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "ipywidgets"}
    assert {pin.operator for each in colab_runtime.requirements() for pin in each.specifier} == {"=="}


@pytest.mark.parametrize("named", ["", "python3.99"])
def test_a_missing_python_ends_the_session(named, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("COLAB_PYTHON", named)
    with pytest.raises(pytest.exit.Exception, match=r"Python 3\.13.* is missing here.*COLAB_PYTHON="):
        colab_runtime.make_python(tmp_path)


@pytest.mark.parametrize(("version", "found"), [("3.13", True), ("3.12", False), ("", False)])
def test_python_is_found_by_its_version(version, found, tmp_path, monkeypatch):
    command = tmp_path / "some python"
    command.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("COLAB_PYTHON", str(command))
    if found:
        assert colab_runtime.find_python() == str(command)
    else:
        with pytest.raises(pytest.exit.Exception):
            colab_runtime.find_python()


def test_a_command_that_fails_ends_the_session():
    assert colab_runtime.call("echo", "done") == "done\n"
    with pytest.raises(pytest.exit.Exception, match=r"^ls /not/there failed\. .*need git.*\n.*/not/there"):
        colab_runtime.call("ls", "/not/there")


@pytest.mark.parametrize(("other", "made"), [({}, False), ({"keras": "3.99"}, True)])
def test_an_environment_with_another_version_is_made_anew(other, made, tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(colab_runtime, "find_python", lambda: "python3.13")
    monkeypatch.setattr(colab_runtime, "call", lambda *command: commands.append(command))
    monkeypatch.setattr(colab_runtime, "versions", lambda python: colab_runtime.pinned() | {"tqdm": "4"} | other)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    assert colab_runtime.make_python(tmp_path) == tmp_path / "bin" / "python"
    assert [command[2] for command in commands] == ["venv", "pip"] * made


def test_changed_packages_are_named():
    before = {"keras": "3.13.2", "numpy": "2.1.3", "dask": "1"}
    after = {"keras": "3.15.1", "numpy": "2.1.3", "tqdm": "4", "scikit-plots": "0.4"}
    found = colab_runtime.changes(before, after)
    assert found == ["dask was 1, is None", "keras was 3.13.2, is 3.15.1", "tqdm was None, is 4"]


def executed(*outputs, ignored=()):
    notebook = colab_runtime.cells_of(*(f"cell_{number}()" for number in range(len(outputs))))
    for number, (cell, text) in enumerate(zip(notebook.cells, outputs, strict=True)):
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
        cell.metadata.tags = ["nbval-ignore-output"] if number in ignored else []
    return notebook


def test_differences_are_found_after_the_set_up_cell():
    saved = executed("profile quick\n", "it falls: True\n", "it rises: True\n")
    assert colab_runtime.differences(saved, executed("GPU: T4\n", "it falls: True\n", "it rises: True\n")) == []
    (found,) = colab_runtime.differences(saved, executed("profile quick\n", "it falls: True\n", ""))
    assert found.startswith("cell_2(): '', saved: 'it rises")


def test_ignored_cells_may_differ():
    saved = executed("profile quick\n", "3 s\n", ignored=[1])
    assert colab_runtime.differences(saved, executed("profile quick\n", "4 s\n")) == []
