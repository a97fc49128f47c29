"""A grid on a Dask cluster of two processes: a worker that dies, one with other versions, a scheduler that is gone."""

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import keras
import pytest

from clr_utils.experiments import read_record
from clr_utils.grids import cluster
from clr_utils.grids.checks import GridError
from clr_utils.grids.run import run_grid
from test_grids_run import wait_for
from toy_study import train

distributed = pytest.importorskip("distributed")
CLUSTER = """
import time
from distributed import LocalCluster
cluster = LocalCluster(n_workers=1, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=":0")
print(cluster.scheduler_address, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def workers():
    """A cluster of two processes, whose trainings take JAX, which starts sooner than TensorFlow."""
    before = os.environ.get("KERAS_BACKEND")
    os.environ["KERAS_BACKEND"] = "jax"
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs="CRITICAL"
    ) as running:
        yield running
    os.environ.pop("KERAS_BACKEND")
    if before:
        os.environ["KERAS_BACKEND"] = before


@pytest.fixture
def client(workers):
    with distributed.Client(workers, set_as_default=False) as connected:
        yield connected


def test_the_records_are_those_of_one_machine(toy, client):
    """What a worker sends back is what is recorded here, with the versions that made it."""
    assert run_grid(toy(1), train, client=client) == 0
    on_cluster = read_record(toy(1)[0])
    assert toy.files() == ["arm-s00.json"]
    toy(1)[0].path.unlink()
    assert run_grid(toy(1), train) == 0
    here = read_record(toy(1)[0])
    made = on_cluster["versions"]
    assert made.pop("jax") == cluster.installed_version("jax")
    here["versions"].pop(keras.backend.backend(), None)
    assert {**on_cluster, "seconds": 0} == {**here, "seconds": 0}


def trainings(toy, seeds, seconds):
    return [partial(train, run.settings, run.seed) for run in toy(seeds, seconds=seconds)]


def test_a_run_of_a_worker_that_dies_is_trained_by_another(toy, client):
    """Both the worker and the process of its training are gone; the other run is not touched."""

    def kill_one_worker():
        wait_for(lambda: len(toy.trained()) == 2)
        worker = next(worker for worker, calls in client.processing().items() if calls)
        os.kill(client.run(os.getpid)[worker], signal.SIGKILL)

    killer = threading.Thread(target=kill_one_worker)
    killer.start()
    outcomes = dict(cluster.call_on_cluster(client, trainings(toy, 2, seconds=2)))
    killer.join()
    assert [outcomes[number][0]["wrong"] for number in range(2)] == [0, 1]
    assert len(toy.trained()) == 3
    client.wait_for_workers(2, timeout=30)


def test_a_worker_with_other_versions_is_refused_by_name(toy, client, monkeypatch):
    real = cluster.installed_version
    monkeypatch.setattr(cluster, "installed_version", lambda *names: "3.99" if "keras" in names else real(*names))
    with pytest.raises(
        GridError, match=rf"the worker tcp://127\S+ has keras {real('keras')} instead of 3\.99: install"
    ):
        run_grid(toy(1), train, client=client)
    assert toy.trained() == []


def test_a_scheduler_that_goes_away_is_told_in_one_sentence(toy):
    running = subprocess.Popen(
        [sys.executable, "-c", CLUSTER], cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    )
    threading.Thread(target=lambda: (wait_for(toy.trained), running.kill())).start()
    gone = pytest.raises(GridError, match="the scheduler of the cluster went away; what was recorded is kept")
    with cluster.connected(running.stdout.readline().strip()) as client, gone:
        list(cluster.call_on_cluster(client, trainings(toy, 2, seconds=30)))


def test_no_scheduler_answers(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    began = time.monotonic()
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        silent = pytest.raises(GridError, match=f"no Dask scheduler answers at '{address}' .*: start one with")
        with silent, cluster.connected(address):
            pass
    assert time.monotonic() - began < 20


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    named = pytest.raises(GridError, match=r"a cluster needs Dask: pip install 'clr-notebooks\[cluster\]'")
    with named, cluster.connected("tcp://127.0.0.1:9"):
        pass
