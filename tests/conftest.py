"""Tests draw without a screen, and compile without optimising: their models train for milliseconds.

(MPLBACKEND would do the first too, but the notebooks' kernels would inherit it.)
"""

import gc
import os
import sys
from functools import cache, partialmethod
from pathlib import Path

import matplotlib
import pytest

from toy_study import toy  # noqa: F401

matplotlib.use("agg")
if os.environ.get("KERAS_BACKEND") == "jax":
    # Keras would import it, some seconds, to ask of a schedule whether it is one of TensorFlow's shapes.
    sys.modules["tensorflow"] = None
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
    # What is compiled once serves all tests, both workers and the next run; `make clean` removes it.
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parent.parent / ".pytest_cache" / "jax"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


def pytest_collection_finish():
    """Where a test file has imported TensorFlow, switch its graph optimiser off."""
    if tensorflow := sys.modules.get("tensorflow"):
        tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def pytest_terminal_summary(terminalreporter):
    """The seconds that tests have recorded, as the property "seconds NAME", a line each."""
    reports = [each for group in ("passed", "failed") for each in terminalreporter.stats.get(group, [])]
    seconds = [(name, value) for each in reports for name, value in each.user_properties if name.startswith("seconds")]
    for name, value in sorted(seconds):
        terminalreporter.write_line(f"{name.removeprefix('seconds '):<48} {value:6.1f} s")


@pytest.fixture
def eager(monkeypatch):
    """For trainings of few updates, in which nothing hangs on the compiled step: it is not worth its making."""
    import keras

    monkeypatch.setattr(keras.Model, "compile", partialmethod(keras.Model.compile, run_eagerly=True))


@pytest.fixture(scope="module")
def plain_model():
    """One compiled model with a plain rate of 0.3; each call begins again at iteration 0."""
    from helpers import probe_model

    model = probe_model(0.3)

    def again():
        model.optimizer.iterations.assign(0)
        model.optimizer.learning_rate = 0.3
        return model

    return again


@pytest.fixture(scope="module")
def schedule_model():
    """One compiled model with a schedule whose cycle is six updates; each call begins again at iteration 0."""
    from clr_utils import CyclicalLearningRate
    from helpers import beginning_again, probe_model

    return beginning_again(probe_model(CyclicalLearningRate(0.1, 0.5, 3)))


@pytest.fixture
def collected():
    """An epoch that ends early leaves the iterator over its data to the garbage collector.

    TensorFlow then waits for the thread that tunes it, for about as long as the iterator has lived: better at once.
    """
    yield
    gc.collect()


@pytest.fixture(scope="module")
def patients_once():
    """The patches of a patient are generated once for a file of tests; test_calcification_patches.py has them twice."""
    from clr_utils.calcification import patches

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patches, "_patient_patches", cache(patches._patient_patches))
        yield


@pytest.fixture
def recorded_race(monkeypatch):
    """Curves as if they had been recorded: an accuracy for each arm, that of its end, with 0.1 more each seed."""
    import numpy as np

    from clr_utils.findings import race
    from clr_utils.studies import cifar10 as study
    from clr_utils.studies.smith import EVERY

    ends = {"fixed_staged": 70.0, "fixed_drops": 67.0, "mean_drops": 69.0, "triangular2": 68.5, "decay": 66.0}

    def curves(name, scale="reduced", seeds=None):
        updates = study.arms(scale)[name]["updates"]
        readings = np.arange(EVERY // 2, updates + 1, EVERY // 2)
        shape = np.minimum(1, 0.9 + 0.1 * readings / readings[-1])
        return readings, np.array([(ends[name] + 0.1 * seed) * shape for seed in seeds])

    monkeypatch.setattr(study, "recorded_curves", curves)
    monkeypatch.setattr(
        study,
        "recorded_accuracies",
        lambda names, scale, seeds: {name: curves(name, scale, seeds)[1][:, -1].tolist() for name in names},
    )
    monkeypatch.setattr(
        race, "seeds_recorded", lambda names, scale="reduced": study.SEEDS[scale] if {*names} <= ends.keys() else ()
    )
    return ends
