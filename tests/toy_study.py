"""A study that takes no Keras, for the tests of grids and records: it logs each seed that it trains.

`settings` may hold "seconds" to wait, and "faults", {seed: what happens}: a name of FAULTS.
"""

import os
import signal
import sys
import time
from functools import partial

import numpy as np
import pytest

from clr_utils.experiments import Run

DESIGN = {"endpoint": "nothing"}


def _diverge():
    raise RuntimeError("it diverged")


FAULTS = {
    "raises": _diverge,
    "exits": lambda: sys.exit(3),
    "is killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "object": lambda: ({"error": object()}, {}),
    "no dicts": lambda: (0.5, []),
    "one value": lambda: {"error": 0.5},
}


def train(settings, seed):
    with open(settings["log"], "a") as log:
        log.write(f"{seed}\n")
    time.sleep(settings.get("seconds", 0))
    if fault := settings.get("faults", {}).get(str(seed)):
        return FAULTS[fault]()
    return {"error": np.float32(seed) / 4, "wrong": np.int64(seed)}, {"loss": np.array([1, 0.5, np.nan])}


def attempt_without_keras(*arguments):
    """As `run.attempt`, in a process of its own that imports no Keras: the record has no versions."""
    from clr_utils.grids import run

    run.made_with = dict
    return run.attempt(*arguments)


def toy_runs(log, seeds, **settings):
    return [Run("toy", "arm", {"log": str(log), **settings}, seed) for seed in range(seeds)]


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Makes runs of the study; records go to a temporary folder, `toy.trained()` lists the seeds trained."""
    monkeypatch.setenv("CLR_RESULTS_DIR", str(tmp_path / "results"))
    log = tmp_path / "log"
    runs = partial(toy_runs, log)
    runs.trained = lambda: [int(seed) for seed in log.read_text().split()] if log.exists() else []
    runs.results, runs.folder, runs.log = tmp_path / "results", tmp_path / "results" / "toy", log
    runs.files = lambda: sorted(path.name for path in runs.folder.iterdir())
    return runs
