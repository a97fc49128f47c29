"""The grid: resumed after a kill, alone in its folder, checked before it trains; what fails sinks nothing else."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import toy_study
from clr_utils import places
from clr_utils.experiments import load_records, read_record
from clr_utils.grids import checks, run
from clr_utils.grids.checks import GridError
from clr_utils.grids.run import run_grid
from toy_study import Run, attempt_without_keras, train

GRID = """
import sys
from toy_study import toy_runs, train
from clr_utils.grids import run
run.made_with = dict  # without the import of Keras
run.run_grid(toy_runs(sys.argv[1], 6, seconds=0.3), train)
"""


def grid_process(toy):
    command = [sys.executable, "-c", GRID, str(toy.log)]
    return subprocess.Popen(command, cwd=Path(__file__).parent, stderr=subprocess.PIPE, text=True)


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_without_a_design_nothing_is_trained(toy, monkeypatch):
    monkeypatch.delattr(toy_study, "DESIGN")
    with pytest.raises(TypeError, match="must say in a dict DESIGN what will be judged"):
        run_grid(toy(1), train)
    assert toy.trained() == []


def test_what_is_recorded_is_not_trained_again(toy):
    run_grid(toy(2), train)
    run_grid(toy(4), train)
    assert toy.trained() == [0, 1, 2, 3]


IN_THIS_PROCESS = {
    "raises": "RuntimeError: it diverged",
    "exits": "SystemExit: 3",
    "object": "TypeError: a record cannot hold <object",
    "no dicts": "TypeError: train must return its metrics as a dict",
    "one value": "ValueError: not enough values to unpack",
}


@pytest.mark.parametrize(("fault", "message"), IN_THIS_PROCESS.items(), ids=IN_THIS_PROCESS)
def test_a_failing_run_is_reported_and_the_rest_goes_on(toy, capsys, fault, message):
    assert run_grid(toy(3, faults={"1": fault}), train) == 1
    assert f"failed: toy/arm, seed 1: {message}" in capsys.readouterr().err
    assert toy.files() == ["arm-s00.json", "arm-s02.json"]


def test_a_full_disk_is_reported_with_its_run(toy, capsys, monkeypatch):
    replace = os.replace

    def full(draft, path):
        if "s01" in str(path):
            raise OSError(28, "No space left on device")
        replace(draft, path)

    monkeypatch.setattr(os, "replace", full)
    assert run_grid(toy(3), train) == 1
    assert "failed: toy/arm, seed 1: OSError: [Errno 28] No space left" in capsys.readouterr().err
    assert toy.files() == ["arm-s00.json", "arm-s02.json"]


def test_processes_of_their_own_record_the_same_and_one_that_is_killed_sinks_no_other(toy, capsys, monkeypatch):
    monkeypatch.setattr(run, "attempt", attempt_without_keras)
    runs = toy(3, faults={"0": "is killed"})
    assert run_grid(runs, train, workers=2) == 1
    told = capsys.readouterr().err
    assert re.search(r"seed 0: ProcessDiedError: its process was killed by signal 9 .*, in 2 attempts", told)
    assert sorted(toy.trained()) == [0, 0, 1, 2], "the run that was killed is tried once more"
    assert toy.files() == ["arm-s01.json", "arm-s02.json"]
    apart = read_record(runs[2])
    assert (apart["metrics"], apart["history"]["loss"]) == ({"error": 0.5, "wrong": 2}, [1.0, 0.5, None])


def test_a_killed_grid_goes_on_where_it_was(toy):
    first = grid_process(toy)
    wait_for(lambda: len(toy.trained()) >= 3)
    first.send_signal(signal.SIGKILL)
    first.wait()
    recorded = [name for name in toy.files() if not name.startswith(".")]
    assert 1 <= len(recorded) < 6
    before = {name: (toy.folder / name).read_text() for name in recorded}

    second = grid_process(toy)
    assert second.wait() == 0, second.stderr.read()
    assert [record["seed"] for record in load_records(toy(6, seconds=0.3))] == list(range(6))
    assert {name: (toy.folder / name).read_text() for name in recorded} == before
    assert toy.trained().count(0) == 1


def test_a_second_grid_in_the_same_folder_says_so_and_trains_nothing(toy):
    first = grid_process(toy)
    wait_for(toy.trained)
    with pytest.raises(GridError, match="another grid is training into .*toy: let it finish, or name another"):
        run_grid(toy(6, seconds=0.3), train)
    assert first.wait() == 0, first.stderr.read()
    assert run_grid(toy(6, seconds=0.3), train) == 0
    assert toy.trained() == list(range(6))


def test_an_interrupted_write_leaves_no_file_and_no_lock(toy, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        run_grid(toy(1), train)
    assert toy.files() == []


def test_grids_of_two_folders_keep_apart(toy, monkeypatch, tmp_path):
    run_grid(toy(1), train)
    monkeypatch.setenv("CLR_RESULTS_DIR", str(tmp_path / "others"))
    run_grid(toy(2), train)
    assert (toy.files(), toy.trained()) == (["arm-s00.json"], [0, 0, 1])
    assert len(list((tmp_path / "others" / "toy").iterdir())) == 2


def test_stale_records_fail_alone(toy, capsys):
    run_grid(toy(1), train)
    assert run_grid([*toy(1, rate=1), *toy(2)[1:]], train) == 1
    assert "seed 0: StaleRecordError" in capsys.readouterr().err
    assert toy.trained() == [0, 1]


# Before the first training


def test_a_run_that_is_named_twice_is_trained_once(toy):
    assert run_grid(toy(2) * 2, train) == 0
    assert toy.trained() == [0, 1]


UNFIT = {
    "two settings, one file": (
        [Run("toy", "arm", {"rate": rate}, 0) for rate in (1, 2)],
        "would share the file arm-s00",
    ),
    "capitals": ([Run("toy", arm, {}, 0) for arm in ("arm", "Arm")], "differ in .* capital letters alone"),
    "up a folder": ([Run("toy", "../arm", {}, 0)], "a run's arm must be a name of letters"),
    "dots": ([Run("..", "arm", {}, 0)], "a run's study must be a name"),
    "no text": ([Run("toy", None, {}, 0)], "a run's arm must be a name"),
    "negative seed": ([Run("toy", "arm", {}, -1)], "a run's seed must be an int from 0 to"),
    "half a seed": ([Run("toy", "arm", {}, 0.5)], "a run's seed must be an int"),
    "not for JSON": ([Run("toy", "arm", {"rates": {1, 2}}, 0)], "the settings of toy/arm, seed 0 must be what JSON"),
    "not finite": ([Run("toy", "arm", {"rate": float("nan")}, 0)], "the settings of toy/arm, seed 0 must be what JSON"),
}


@pytest.mark.parametrize(("runs", "message"), UNFIT.values(), ids=UNFIT)
def test_runs_that_cannot_be_recorded_are_refused(toy, runs, message):
    with pytest.raises((TypeError, ValueError), match=message):
        run_grid(runs, train)
    assert not toy.results.exists()


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2", None])
def test_workers_are_counted(toy, workers):
    with pytest.raises((TypeError, ValueError), match="workers must be"):
        run_grid(toy(1), train, workers)


def test_a_folder_that_cannot_be_made_is_named(toy, monkeypatch):
    toy.log.write_text("")
    monkeypatch.setenv("CLR_RESULTS_DIR", str(toy.log / "results"))
    with pytest.raises(GridError, match="cannot be written .* name another folder for the records by CLR_RESULTS_DIR"):
        run_grid(toy(1), train)
    assert toy.trained() == []


def test_a_folder_without_room_is_named(toy, monkeypatch):
    """There is room for one record and almost for another."""
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda folder: SimpleNamespace(free=2 * checks.ROOM - 1))
    with pytest.raises(GridError, match="has less than 2 MiB left, for 2 records: make room"):
        run_grid(toy(2), train)
    assert toy.trained() == []
    assert run_grid(toy(1), train) == 0


def test_an_unknown_backend_is_named(toy, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    with pytest.raises(ValueError, match="KERAS_BACKEND is 'theano'"):
        run_grid(toy(1), train)


# Records that the project ships


@pytest.fixture
def shipped(toy, monkeypatch):
    """A project that ships the records of the toy's seeds 0 and 1, and a user whose folder is still empty."""
    monkeypatch.setattr(places, "RESULTS", toy.log.parent / "shipped")
    monkeypatch.delenv("CLR_RESULTS_DIR")
    run_grid(toy(2), train)
    monkeypatch.setenv("CLR_RESULTS_DIR", str(toy.results))
    return toy.log.parent / "shipped" / "toy"


def test_shipped_records_are_read_beside_an_own_folder(toy, shipped):
    assert run_grid(toy(3), train) == 0
    assert toy.trained() == [0, 1, 2]
    assert toy.files() == ["arm-s02.json"]
    assert [record["seed"] for record in load_records(toy(3))] == [0, 1, 2]
    assert len(list(shipped.iterdir())) == 2


def test_anew_trains_what_is_shipped_and_then_reads_the_own_record(toy, shipped):
    assert run_grid(toy(2), train, anew=True) == 0
    assert toy.trained() == [0, 1, 0, 1]
    own = toy.folder / "arm-s00.json"
    own.write_text(own.read_text().replace('"seconds"', '"own": true, "seconds"'))
    assert [record.get("own", False) for record in load_records(toy(2))] == [True, False]
    assert run_grid(toy(2), train, anew=True) == 0
    assert len(toy.trained()) == 4
