"""The grid: records whole or not at all, resumed after a kill, stale ones refused, failures that sink nothing."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from clr_utils import places
from clr_utils.experiments import Run, StaleRecordError, load_records, read_record, run_grid, settings_hash
from clr_utils.studies import __main__ as command

# A study whose training takes no Keras: the grid looks it up by its name in clr_utils.studies.
STUDY = """
import time
from pathlib import Path

def train(settings, seed):
    with open(settings["log"], "a") as log:
        log.write(f"{seed}\\n")
    time.sleep(settings.get("seconds", 0))
    if seed in settings.get("fails", []):
        raise RuntimeError("it diverged")
    return {"error": seed / 10}, {"loss": [1.0, 0.5]}
"""
GRID = """
import sys
from clr_utils import studies
studies.__path__.append(sys.argv[1])
from clr_utils.experiments import Run, run_grid
run_grid([Run("toy", "arm", {"log": sys.argv[2], "seconds": 0.3}, seed) for seed in range(6)])
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Makes runs of a toy study; records go to a temporary folder, `toy.trained()` lists the seeds trained."""
    from clr_utils import studies

    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "toy.py").write_text(STUDY)
    monkeypatch.setenv("CLR_RESULTS_DIR", str(tmp_path / "results"))
    monkeypatch.setattr(studies, "__path__", [*studies.__path__, str(tmp_path / "studies")])
    monkeypatch.delitem(sys.modules, "clr_utils.studies.toy", raising=False)
    log = tmp_path / "log"

    def runs(seeds=3, **settings):
        return [Run("toy", "arm", {"log": str(log), **settings}, seed) for seed in range(seeds)]

    runs.trained = lambda: [int(seed) for seed in log.read_text().split()] if log.exists() else []
    runs.folder, runs.log = tmp_path, log
    return runs


def files(toy):
    return sorted(path.name for path in (toy.folder / "results" / "toy").iterdir())


def test_runs_are_recorded_one_file_each(toy):
    assert run_grid(toy()) == 0
    assert files(toy) == ["arm-s00.json", "arm-s01.json", "arm-s02.json"]
    record = load_records(toy())[2]
    assert (record["study"], record["arm"], record["seed"]) == ("toy", "arm", 2)
    assert record["metrics"] == {"error": 0.2}
    assert record["history"] == {"loss": [1.0, 0.5]}
    assert record["settings_hash"] == settings_hash(record["settings"])
    assert record["device"]
    assert {"python", "keras", "numpy"} < set(record["versions"])
    assert record["seconds"] >= 0


def test_what_is_recorded_is_not_trained_again(toy):
    run_grid(toy(2))
    run_grid(toy(4))
    assert toy.trained() == [0, 1, 2, 3]


def test_a_failing_run_is_reported_and_the_rest_goes_on(toy, capsys):
    assert run_grid(toy(fails=[1])) == 1
    assert "failed: toy/arm, seed 1: RuntimeError: it diverged" in capsys.readouterr().err
    assert files(toy) == ["arm-s00.json", "arm-s02.json"]


def test_a_killed_grid_goes_on_where_it_was(toy):
    command = [sys.executable, "-c", GRID, str(toy.folder / "studies"), str(toy.log)]
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(toy.trained()) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.wait()
    recorded = [name for name in files(toy) if not name.startswith(".")]
    assert 1 <= len(recorded) < 6
    before = {name: (toy.folder / "results" / "toy" / name).read_text() for name in recorded}

    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
    runs = [Run("toy", "arm", {"log": str(toy.log), "seconds": 0.3}, seed) for seed in range(6)]
    assert [record["metrics"]["error"] for record in load_records(runs)] == [seed / 10 for seed in range(6)]
    assert {name: (toy.folder / "results" / "toy" / name).read_text() for name in recorded} == before
    assert toy.trained().count(0) == 1


def test_a_broken_write_leaves_no_file(toy, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        run_grid(toy(1))
    assert files(toy) == []


def test_a_record_of_other_settings_is_stale(toy):
    run_grid(toy())
    with pytest.raises(StaleRecordError, match=r"arm-s00\.json was recorded with other settings.*delete it"):
        load_records(toy(rate=0.1))
    with pytest.raises(StaleRecordError):
        run_grid(toy(rate=0.1))


def test_a_record_whose_settings_were_edited_is_stale(toy):
    run_grid(toy(1))
    path = toy(1)[0].path
    record = json.loads(path.read_text())
    record["settings"]["log"] = "elsewhere"
    path.write_text(json.dumps(record))
    with pytest.raises(StaleRecordError):
        read_record(toy(1)[0])


@pytest.fixture
def shipped(toy, monkeypatch):
    """A project that ships the records of the toy's seeds 0 and 1, and a user whose folder is still empty."""
    monkeypatch.setattr(places, "RESULTS", toy.folder / "shipped")
    monkeypatch.delenv("CLR_RESULTS_DIR")
    run_grid(toy(2))
    monkeypatch.setenv("CLR_RESULTS_DIR", str(toy.folder / "results"))
    return toy.folder / "shipped" / "toy"


def test_shipped_records_are_read_beside_an_own_folder(toy, shipped):
    assert run_grid(toy(3)) == 0
    assert toy.trained() == [0, 1, 2]
    assert files(toy) == ["arm-s02.json"]
    assert [record["seed"] for record in load_records(toy(3))] == [0, 1, 2]
    assert len(list(shipped.iterdir())) == 2


def test_anew_trains_what_is_shipped_and_then_reads_the_own_record(toy, shipped):
    assert run_grid(toy(2), anew=True) == 0
    assert toy.trained() == [0, 1, 0, 1]
    own = toy.folder / "results" / "toy" / "arm-s00.json"
    own.write_text(own.read_text().replace('"seconds"', '"own": true, "seconds"'))
    assert [record.get("own", False) for record in load_records(toy(2))] == [True, False]
    assert run_grid(toy(2), anew=True) == 0
    assert len(toy.trained()) == 4


def test_anew_needs_an_own_folder(monkeypatch, capsys):
    monkeypatch.delenv("CLR_RESULTS_DIR", raising=False)
    with pytest.raises(SystemExit):
        command.main(["mnist", "--anew"])
    assert "--anew needs the environment variable CLR_RESULTS_DIR" in capsys.readouterr().err


def test_missing_records_are_named_with_the_command(toy):
    run_grid(toy(1))
    with pytest.raises(FileNotFoundError, match=r"2 of 3 runs.*arm-s01\.json.*clr_utils\.studies toy"):
        load_records(toy(3))


def test_the_hash_knows_values_and_not_their_order():
    assert settings_hash({"a": 1, "b": [2, 3]}) == settings_hash({"b": [2, 3], "a": 1})
    assert settings_hash({"a": 1}) != settings_hash({"a": 2})


def test_the_command_line_names_the_studies(capsys):
    with pytest.raises(SystemExit):
        command.main(["nothing"])
    assert "mnist" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mnist", "--case", "1"], "--case belongs to the study microcalcification; mnist has no cases"),
        (["microcalcification", "--case", "3"], "invalid choice: 3"),
        (["mnist", "--seeds", "0"], "--seeds must be 1 or more"),
    ],
)
def test_the_command_line_refuses(capsys, arguments, message):
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert message in capsys.readouterr().err


def test_the_command_line_trains_one_case(monkeypatch):
    grids = []
    monkeypatch.setattr(command, "run_grid", lambda runs, workers, anew: grids.append((runs, workers)))
    assert command.main(["microcalcification", "--case", "1", "--seeds", "3", "--workers", "1"]) == 0
    ((runs, workers),) = grids
    assert workers == 1
    assert {(run.settings["case"], run.seed) for run in runs} == {(1, 0), (1, 1), (1, 2)}
