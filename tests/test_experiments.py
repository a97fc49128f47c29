"""The grid: records whole or not at all, resumed after a kill, stale ones refused, failures that sink nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from clr_utils import places
from clr_utils.experiments import (
    BrokenRecordError,
    Run,
    StaleRecordError,
    load_records,
    read_record,
    run_grid,
    settings_hash,
)

GRID = """
import sys
from test_experiments import toy_runs, train
from clr_utils import experiments
experiments.made_with = dict  # without the import of Keras
experiments.run_grid(toy_runs(sys.argv[1], 6, seconds=0.3), train)
"""


DESIGN = {"endpoint": "nothing"}


def train(settings, seed):
    """A training that takes no Keras: it logs its seed, waits, and fails where it is told to."""
    with open(settings["log"], "a") as log:
        log.write(f"{seed}\n")
    time.sleep(settings.get("seconds", 0))
    if seed in settings.get("fails", []):
        raise RuntimeError("it diverged")
    return {"error": seed / 10}, {"loss": [1.0, 0.5]}


def toy_runs(log, seeds, **settings):
    return [Run("toy", "arm", {"log": str(log), **settings}, seed) for seed in range(seeds)]


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Makes runs of a toy study; records go to a temporary folder, `toy.trained()` lists the seeds trained."""
    monkeypatch.setenv("CLR_RESULTS_DIR", str(tmp_path / "results"))
    log = tmp_path / "log"
    runs = partial(toy_runs, log)
    runs.trained = lambda: [int(seed) for seed in log.read_text().split()] if log.exists() else []
    runs.folder, runs.log = tmp_path, log
    return runs


def files(toy):
    return sorted(path.name for path in (toy.folder / "results" / "toy").iterdir())


def test_runs_are_recorded_one_file_each(toy):
    assert run_grid(toy(3), train) == 0
    assert files(toy) == ["arm-s00.json", "arm-s01.json", "arm-s02.json"]
    record = load_records(toy(3))[2]
    assert (record["study"], record["arm"], record["seed"]) == ("toy", "arm", 2)
    assert record["metrics"] == {"error": 0.2}
    assert record["history"] == {"loss": [1.0, 0.5]}
    assert record["settings_hash"] == settings_hash(record["settings"])
    assert record["design_hash"] == settings_hash(DESIGN)
    assert record["device"]
    assert {"python", "keras", "numpy"} < set(record["versions"])
    assert record["seconds"] >= 0


def test_without_a_design_nothing_is_trained(toy, monkeypatch):
    monkeypatch.delattr(sys.modules[__name__], "DESIGN")
    with pytest.raises(TypeError, match="must say in a dict DESIGN what will be judged"):
        run_grid(toy(1), train)
    assert toy.trained() == []


def test_what_is_recorded_is_not_trained_again(toy):
    run_grid(toy(2), train)
    run_grid(toy(4), train)
    assert toy.trained() == [0, 1, 2, 3]


def test_a_failing_run_is_reported_and_the_rest_goes_on(toy, capsys):
    assert run_grid(toy(3, fails=[1]), train) == 1
    assert "failed: toy/arm, seed 1: RuntimeError: it diverged" in capsys.readouterr().err
    assert files(toy) == ["arm-s00.json", "arm-s02.json"]


def test_a_killed_grid_goes_on_where_it_was(toy):
    command = [sys.executable, "-c", GRID, str(toy.log)]
    first = subprocess.Popen(command, cwd=Path(__file__).parent, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(toy.trained()) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.wait()
    recorded = [name for name in files(toy) if not name.startswith(".")]
    assert 1 <= len(recorded) < 6
    before = {name: (toy.folder / "results" / "toy" / name).read_text() for name in recorded}

    assert subprocess.run(command, cwd=Path(__file__).parent, stderr=subprocess.DEVNULL, check=False).returncode == 0
    errors = [record["metrics"]["error"] for record in load_records(toy(6, seconds=0.3))]
    assert errors == [seed / 10 for seed in range(6)]
    assert {name: (toy.folder / "results" / "toy" / name).read_text() for name in recorded} == before
    assert toy.trained().count(0) == 1


def test_a_broken_write_leaves_no_file(toy, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        run_grid(toy(1), train)
    assert files(toy) == []


def test_a_record_of_other_settings_is_stale(toy):
    run_grid(toy(3), train)
    with pytest.raises(StaleRecordError, match=r"arm-s00\.json was recorded with other settings.*delete it"):
        load_records(toy(3, rate=0.1))
    with pytest.raises(StaleRecordError):
        run_grid(toy(3, rate=0.1), train)


def test_a_record_whose_settings_were_edited_is_stale(toy):
    run_grid(toy(1), train)
    path = toy(1)[0].path
    record = json.loads(path.read_text())
    record["settings"]["log"] = "elsewhere"
    path.write_text(json.dumps(record))
    with pytest.raises(StaleRecordError):
        read_record(toy(1)[0])


BROKEN = {
    "empty": "",
    "half": '{"study": "toy", "arm"',
    "no record": "[1, 2]",
    "without metrics": '{"settings": {}, "settings_hash": ""}',
    "no text": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_record_is_named_and_the_rest_is_trained(toy, capsys, content):
    run_grid(toy(1), train)
    path = toy(1)[0].path
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(
        BrokenRecordError, match=r"arm-s00\.json holds no whole record .*: delete it and run .*studies toy"
    ):
        load_records(toy(1))
    capsys.readouterr()
    assert run_grid(toy(3), train) == 1
    assert "failed: toy/arm, seed 0: BrokenRecordError: " + str(path) in capsys.readouterr().err
    assert toy.trained() == [0, 1, 2]
    path.unlink()
    assert run_grid(toy(3), train) == 0
    assert len(load_records(toy(3))) == 3


@pytest.fixture
def shipped(toy, monkeypatch):
    """A project that ships the records of the toy's seeds 0 and 1, and a user whose folder is still empty."""
    monkeypatch.setattr(places, "RESULTS", toy.folder / "shipped")
    monkeypatch.delenv("CLR_RESULTS_DIR")
    run_grid(toy(2), train)
    monkeypatch.setenv("CLR_RESULTS_DIR", str(toy.folder / "results"))
    return toy.folder / "shipped" / "toy"


def test_shipped_records_are_read_beside_an_own_folder(toy, shipped):
    assert run_grid(toy(3), train) == 0
    assert toy.trained() == [0, 1, 2]
    assert files(toy) == ["arm-s02.json"]
    assert [record["seed"] for record in load_records(toy(3))] == [0, 1, 2]
    assert len(list(shipped.iterdir())) == 2


def test_anew_trains_what_is_shipped_and_then_reads_the_own_record(toy, shipped):
    assert run_grid(toy(2), train, anew=True) == 0
    assert toy.trained() == [0, 1, 0, 1]
    own = toy.folder / "results" / "toy" / "arm-s00.json"
    own.write_text(own.read_text().replace('"seconds"', '"own": true, "seconds"'))
    assert [record.get("own", False) for record in load_records(toy(2))] == [True, False]
    assert run_grid(toy(2), train, anew=True) == 0
    assert len(toy.trained()) == 4


def test_missing_records_are_named_with_the_command(toy):
    run_grid(toy(1), train)
    with pytest.raises(FileNotFoundError, match=r"2 of 3 runs.*arm-s01\.json.*clr_utils\.studies toy"):
        load_records(toy(3))


def test_the_hash_knows_values_and_not_their_order():
    assert settings_hash({"a": 1, "b": [2, 3]}) == settings_hash({"b": [2, 3], "a": 1})
    assert settings_hash({"a": 1}) != settings_hash({"a": 2})
