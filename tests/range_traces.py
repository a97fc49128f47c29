"""Range tests that would leave a trace if they could, and the random numbers that would show it."""

import random
from importlib import import_module

import keras
import numpy as np
import pytest

from clr_utils import lr_range_test
from helpers import BACKEND

torch = import_module("torch") if BACKEND == "torch" else None
only_torch = pytest.mark.skipif(BACKEND != "torch", reason="of PyTorch")


def range_test(model, x, y, **settings):
    """Five updates that move every weight a lot."""
    return lr_range_test(model, x, y, **{"min_lr": 0.01, "max_lr": 0.5, "steps": 5, "verbose": 0, **settings})


def random_numbers():
    """The next numbers of Python, NumPy, Keras and PyTorch."""
    numbers = [random.random(), np.random.random(), *keras.ops.convert_to_numpy(keras.random.normal((2,)))]  # noqa: NPY002
    return [*numbers, float(torch.rand(()))] if torch else numbers
