"""Is this computer ready for the notebooks? One line a question, for a teacher before class."""

import platform
import sys
from typing import NamedTuple

from clr_utils.devices import device_name, installed_version

PACKAGES = (
    *("numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "pillow", "keras", "h5py", "scikit-plots"),
    *("ipywidgets", "cloudpickle", "filelock", "tqdm", "platformdirs"),
)


class Answer(NamedTuple):
    """What was looked at, whether it is in order, and what was found or what to do."""

    what: str
    ok: bool
    detail: str


def check_setup():
    """Look at Python, the packages and the data, and train for one cycle of four updates.

    What fails is an answer that is not `ok`, never an error. The detail of the training names the device.

    Returns:
        A list of `Answer`: one for Python, one a package, one for the data and one for the training.
    """
    return [_python(), *map(_package, PACKAGES), _attempt("data", _data), _attempt("training", _training)]


def _python():
    ok = (3, 11) <= sys.version_info < (3, 14)
    return Answer("Python", ok, platform.python_version() if ok else f"{platform.python_version()}: use 3.11 to 3.13")


def _package(name):
    found = installed_version(name)
    return Answer(name, found is not None, found or f"missing: run `make lab` again, or `pip install {name}`")


def _attempt(what, look):
    try:
        return Answer(what, True, look())
    except Exception as error:
        return Answer(what, False, f"{type(error).__name__}: {error}")


def _data():
    from clr_utils.datasets.mnist import load_mnist

    digits = load_mnist("quick")
    return f"{len(digits.y_train):,} + {len(digits.y_test):,} MNIST digits, undamaged"


def _training():
    import keras
    import numpy as np

    from clr_utils.history import LearningRateHistory
    from clr_utils.models import mnist_mlp
    from clr_utils.schedules import CyclicalLearningRate

    model, rates = mnist_mlp(hidden=4), LearningRateHistory(warn=False)
    model.compile(keras.optimizers.SGD(CyclicalLearningRate(0.001, 0.006, step_size=2)), "mean_squared_error")
    model.fit(np.zeros((8, 784)), np.zeros((8, 10)), batch_size=2, verbose=0, callbacks=[rates])
    if not np.allclose(rates.learning_rates, [0.001, 0.0035, 0.006, 0.0035], rtol=1e-6):
        raise RuntimeError(f"a cycle of four updates got the rates {rates.learning_rates}")
    return f"four updates at the right rates, on {keras.backend.backend()}, {device_name()}"
