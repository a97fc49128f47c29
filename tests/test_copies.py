"""The copies that students work in: their work is never lost, what they did not touch follows the originals."""

import json
import runpy
from types import SimpleNamespace

import nbformat
import pytest

import copies
import run_notebooks


@pytest.fixture
def project(tmp_path):
    for name in ("01_a.ipynb", "glossary.ipynb", "TEACHING.md", "solutions/01_a_solutions.ipynb"):
        write(tmp_path / "notebooks" / name, f"{name}, first")
    write(tmp_path / "notebooks" / ".ipynb_checkpoints" / "01_a-checkpoint.ipynb", "old")
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def held(project):
    folder = project / copies.COPIES
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.*") if path.is_file()}


def test_all_notebooks_are_copied_and_told_of(project, capsys):
    assert copies.main(project) == 0
    found = held(project)
    assert found.pop(copies.RECORD)
    names = ["01_a.ipynb", "TEACHING.md", "glossary.ipynb", "solutions/01_a_solutions.ipynb"]
    assert found == {name: f"{name}, first" for name in names}
    assert "Your copies of the notebooks are in my_notebooks/" in capsys.readouterr().out


def test_work_stays_and_what_was_not_touched_follows(project, capsys):
    copies.main(project)
    write(project / copies.COPIES / "01_a.ipynb", "my answers")
    write(project / copies.COPIES / "mine.ipynb", "mine")
    assert copies.main(project) == 0
    assert "newer" not in capsys.readouterr().out
    for name in ("01_a.ipynb", "glossary.ipynb"):
        write(project / "notebooks" / name, f"{name}, second")
    for _ in range(2):
        assert copies.main(project) == 0
        found = held(project)
        assert found["01_a.ipynb"] == "my answers"
        assert found["mine.ipynb"] == "mine"
        assert found["glossary.ipynb"] == "glossary.ipynb, second"
        assert "my_notebooks/01_a.ipynb holds your work and stays" in capsys.readouterr().out


def test_a_copy_that_was_moved_away_is_made_anew_and_then_follows(project, capsys):
    copies.main(project)
    write(project / copies.COPIES / "01_a.ipynb", "my answers")
    write(project / "notebooks" / "01_a.ipynb", "second")
    (project / copies.COPIES / "01_a.ipynb").rename(project / copies.COPIES / "old.ipynb")
    for text in ("second", "third"):
        write(project / "notebooks" / "01_a.ipynb", text)
        capsys.readouterr()
        copies.main(project)
        assert held(project)["01_a.ipynb"] == text
        assert "newer" not in capsys.readouterr().out
    assert held(project)["old.ipynb"] == "my answers"


def test_without_its_record_nothing_is_lost(project):
    copies.main(project)
    write(project / copies.COPIES / "01_a.ipynb", "my answers")
    (project / copies.COPIES / copies.RECORD).unlink()
    assert copies.main(project) == 0
    assert held(project)["01_a.ipynb"] == "my answers"


def test_what_stands_in_the_way_is_named(project, capsys):
    (project / copies.COPIES).write_text("")
    assert copies.main(project) == 1
    assert "cannot be copied into my_notebooks/" in capsys.readouterr().err


def saved_by_lab(notebook):
    """What the settings of `make lab` leave of a notebook that JupyterLab is about to save."""
    config = SimpleNamespace(ContentsManager=SimpleNamespace())
    runpy.run_path(copies.ROOT / "tools/jupyter/jupyter_server_config.py", {"get_config": lambda: config})
    model = {"type": "notebook", "content": json.loads(json.dumps(notebook))}
    config.ContentsManager.pre_save_hook(model=model, path="01_a.ipynb", contents_manager=None)
    config.ContentsManager.pre_save_hook(model={"type": "file", "content": "text"}, path="a.md", contents_manager=None)
    return model["content"]


@pytest.mark.filterwarnings("ignore")
def test_jupyterlab_saves_what_make_run_saves():
    metadata = {"jupyter": {"outputs_hidden": True}, "tags": ["keep"]}
    notebook = run_notebooks.normalise(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", metadata=metadata)])
    )
    opened = json.loads(json.dumps(notebook))
    opened["metadata"]["kernelspec"]["display_name"] = "Python 3 (ipykernel)"
    opened["metadata"]["language_info"].update(version="3.11.7", file_extension=".py")
    opened["cells"][0]["metadata"]["collapsed"] = True
    assert saved_by_lab(opened) == notebook
    opened["metadata"]["kernelspec"]["name"] = "julia"
    assert saved_by_lab(opened) == opened
