"""Range tests of nine updates, the same computed by hand, and data in batches."""

import keras
import numpy as np
import pytest

from clr_utils import lr_range_test
from clr_utils.range_test.batches import ShuffledBatches
from helpers import BACKEND
from range_models import TARGETS, X

BOUNDS = {"min_lr": 0.01, "max_lr": 0.3}
USUAL = {**BOUNDS, "steps": 9, "batch_size": 8, "stop_factor": None, "seed": 3, "verbose": 0}


def range_test(model, x, y=None, **settings):
    """Nine updates in batches of eight, whatever the loss, in silence."""
    return lr_range_test(model, x, y, **{**USUAL, **settings})


def batches_of(x, y, count, batch_size=8, seed=3):
    """The batches that a test with this seed reads."""
    data, found = ShuffledBatches(x, y, batch_size=batch_size, seed=seed), []
    while len(found) < count:
        data.on_epoch_begin()
        found += [data[index] for index in range(len(data))]
    return found[:count]


def by_hand(model, rates, batches, momentum=0.0, weight=lambda y: np.ones(len(y))):
    """Losses and mean absolute errors of a linear model, each before its update, in NumPy."""
    kernel, bias = (np.array(each, "float64") for each in model.get_weights())
    speed = [np.zeros_like(kernel), np.zeros_like(bias)]
    losses, errors = [], []
    for rate, (x, y) in zip(rates, batches, strict=True):
        error = x @ kernel + bias - y
        shares = weight(y)[:, None]
        losses.append(np.mean(shares * error**2))
        errors.append(np.mean(np.abs(error)))
        slope = 2 * shares * error / len(x)
        speed = [momentum * v - rate * g for v, g in zip(speed, (x.T @ slope, slope.sum(axis=0)), strict=True)]
        kernel, bias = kernel + speed[0], bias + speed[1]
    return np.array(losses), np.array(errors)


def close(found, expected, rtol=2e-5):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-6)


class InOrder(keras.utils.PyDataset):
    """X in batches of eight, which notes their numbers."""

    def __init__(self):
        super().__init__()
        self.read = []

    def __len__(self):
        return 3

    def __getitem__(self, index):
        self.read.append(index)
        return IN_ORDER[index % 3]


class Endless(InOrder):
    """As InOrder, again and again."""

    num_batches = None


IN_ORDER = [(X[start : start + 8], TARGETS[start : start + 8]) for start in (0, 8, 16)]


def endless(count=1000):
    for n in range(count):
        yield IN_ORDER[n % 3]


def tf_data():
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((X, TARGETS)).batch(8)


def unknown_length():
    return tf_data().filter(lambda x, y: True)


needs_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="tf.data needs TensorFlow")
PAIR = (X, TARGETS)
