"""For the tests of callbacks: settings of restarts, a model with an optimizer of its own, and the one warning."""

import keras
import pytest

from clr_utils import CycleWarning
from helpers import BACKEND

RESTARTS = {"max_lr": 0.5, "period": 3, "min_lr": 0.1, "multiplier": 2}
not_on_torch = pytest.mark.skipif(BACKEND == "torch", reason="Keras refuses steps_per_execution on PyTorch")


class OwnUpdates(keras.Model):
    """Its train_step does not use the optimizer of the model, as one does that applies an optimizer of its own."""

    def __init__(self):
        super().__init__()
        self.trained = 0
        self.compile("sgd", "mae", run_eagerly=True)

    def call(self, x):
        return x

    def train_step(self, *state_and_data):
        self.trained += 1
        logs = {"loss": keras.ops.zeros(())}
        return (logs, state_and_data[0]) if BACKEND == "jax" else logs


def only_cycle_warning(train):
    """The message of the one CycleWarning that a training gives."""
    with pytest.warns(CycleWarning) as caught:
        train()
    messages = [str(warning.message) for warning in caught if warning.category is CycleWarning]
    assert len(messages) == 1
    return messages[0]
