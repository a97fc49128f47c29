"""make run: notebooks are executed in place, and one that fails stays as it was."""

import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import nbformat
import pytest

import run_notebooks
from small_notebooks import write_notebook

ROOT = Path(__file__).parent.parent

WHERE_AND_HOW = "import os; print(os.path.basename(os.getcwd()), os.environ['CLR_PROFILE'])"


def test_run_executes_in_place_leaves_what_fails_alone_and_goes_on(tmp_path, capsys):
    write_notebook(tmp_path, "01_fails.ipynb", "import os", "raise ValueError(os.path.basename(os.getcwd()))", "b = 2")
    solutions = write_notebook(tmp_path, "solutions/01_fails_solutions.ipynb", WHERE_AND_HOW)
    write_notebook(tmp_path, "02_dies.ipynb", "import os; os.kill(os.getpid(), 9)")
    write_notebook(tmp_path, "03_not_asked_for.ipynb", "1")
    before = files(tmp_path)
    assert run_notebooks.main(["--folder", str(tmp_path), "--profile", "paper", "1", "02"]) == 1
    cell = nbformat.read(solutions, 4).cells[0]
    assert cell.outputs[0].text == "solutions paper\n"
    assert cell.execution_count == 1
    assert cell.metadata == {"tags": ["keep"]}
    after = files(tmp_path)
    assert before.keys() == after.keys()
    assert [path for path in before if before[path] != after[path]] == [solutions]
    first, why, solved, second, died, summary, _ = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"01_fails\.ipynb +\d+\.\d s  FAILED, the file is as it was", first)
    assert why.endswith(f"code cell 2 (raise ValueError(os.path.basename(os.getcwd()))): ValueError: {tmp_path.name}")
    assert re.fullmatch(r"solutions/01_fails_solutions\.ipynb +\d+\.\d s", solved)
    assert second.startswith("02_dies.ipynb ")
    assert "code cell 1 (import os; os.kill(os.getpid(), 9)): the kernel died" in died
    assert summary.startswith("1 of 3 notebooks")


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("environment", "arguments", "ran"),
    [("", [], "quick"), ("paper", [], "paper"), ("paper", ["--profile", "quick"], "quick")],
)
def test_run_takes_the_profile_of_the_environment_unless_one_is_named(
    tmp_path, monkeypatch, environment, arguments, ran
):
    write_notebook(tmp_path, "01_a.ipynb", "1")
    monkeypatch.delenv("CLR_PROFILE")
    if environment:
        monkeypatch.setenv("CLR_PROFILE", environment)
    asked = []
    monkeypatch.setattr(run_notebooks, "run", lambda path, folder, profile: asked.append(profile) or True)
    assert run_notebooks.main(["--folder", str(tmp_path), *arguments]) == 0
    assert asked == [ran]


@pytest.mark.parametrize("typed", ["fast", ""])
def test_run_refuses_a_profile_of_the_environment_that_is_none(tmp_path, capsys, monkeypatch, typed):
    path = write_notebook(tmp_path, "01_a.ipynb", "1")
    before = path.read_bytes()
    monkeypatch.setenv("CLR_PROFILE", typed)
    with pytest.raises(SystemExit):
        run_notebooks.main(["--folder", str(tmp_path)])
    assert f"CLR_PROFILE is {typed!r}; it must be one of: quick, paper" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_run_keeps_what_is_folded(tmp_path):
    path = write_notebook(tmp_path, "01_a.ipynb", "1")
    notebook = nbformat.read(path, 4)
    notebook.cells[0].metadata["jupyter"] = folds = {"source_hidden": True, "outputs_hidden": True}
    nbformat.write(notebook, path)
    assert run_notebooks.main(["--folder", str(tmp_path)]) == 0
    assert nbformat.read(path, 4).cells[0].metadata.jupyter == folds


def test_run_is_a_success_where_nothing_fails(tmp_path, capsys, monkeypatch):
    write_notebook(tmp_path, "01_a.ipynb", "1")
    monkeypatch.setattr(run_notebooks, "run", lambda path, folder, profile: True)
    assert run_notebooks.main(["--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 of 1 notebooks ran to their end in the quick profile\n"


def test_run_stops_at_ctrl_c(tmp_path):
    path = write_notebook(tmp_path, "01_a.ipynb", "open('started', 'w').close(); import time; time.sleep(60)")
    before = path.read_bytes()
    command = [sys.executable, ROOT / "tools" / "run_notebooks.py", "--folder", tmp_path]
    # A background job of a shell ignores SIGINT, and hands that on.
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=listen) as process:
        deadline = time.monotonic() + 40
        while not (tmp_path / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "stopped" in printed
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["07"], "there is no notebook 07 in "),
        (["--profile", "fast"], "PROFILE is 'fast'; it must be one of: quick, paper"),
    ],
)
def test_run_refuses_what_does_not_exist(tmp_path, capsys, arguments, message):
    path = write_notebook(tmp_path, "01_a.ipynb", "1")
    before = path.read_bytes()
    with pytest.raises(SystemExit) as exit_:
        run_notebooks.main(["--folder", str(tmp_path), *arguments])
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err
    assert path.read_bytes() == before


def test_save_keeps_the_old_file_when_writing_fails(tmp_path):
    path = write_notebook(tmp_path, "01_a.ipynb", "1")
    before = path.read_bytes()
    with pytest.raises(AttributeError):
        run_notebooks.save("no notebook", path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
