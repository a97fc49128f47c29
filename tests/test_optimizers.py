"""Momentum that is a schedule acts on each update: trajectories by hand, saved and resumed, and what is refused."""

import keras
import numpy as np
import pytest

from clr_utils import LearningRateHistory, MomentumAdam, MomentumSGD, PolicySchedule
from helpers import assert_rates, fit, probe_model, weight

RATE = PolicySchedule("one_cycle", max_lr=0.1, total=10)
MOMENTUM = PolicySchedule("one_cycle_momentum", total=10, base_momentum=0.3)


def weights(model, updates):
    found = []

    class ReadOff(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            found.append(weight(self.model))

    history = LearningRateHistory()
    fit(model, updates, [history, ReadOff()])
    return found, history


def by_hand(kind, nesterov, updates):
    w = v = m = s = 0.0
    for n in range(updates):
        rate, momentum, slope = float(RATE(n)), float(MOMENTUM(n)), (w + 1000) / 500
        if kind is MomentumSGD:
            v = momentum * v - rate * slope
            w += momentum * v - rate * slope if nesterov else v
        else:
            m, s = momentum * m + (1 - momentum) * slope, 0.999 * s + 0.001 * slope**2
            root = np.sqrt(s)
            w -= rate * np.sqrt(1 - 0.999 ** (n + 1)) / (1 - momentum ** (n + 1)) * m / (root + 1e-7)
        yield w


@pytest.mark.parametrize(
    ("kind", "settings"), [(MomentumSGD, {}), (MomentumSGD, {"nesterov": True}), (MomentumAdam, {})]
)
def test_the_trajectory_is_that_by_hand_and_goes_on_when_resumed(kind, settings, tmp_path):
    model = probe_model()
    model.compile(kind(RATE, MOMENTUM, **settings), "mse", loss_weights=[0.001])
    before, history = weights(model, 5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    after, later = weights(again, 4)
    np.testing.assert_allclose(before + after, list(by_hand(kind, settings.get("nesterov"), 9)), rtol=2e-5)
    assert_rates(again.optimizer.momenta(history.iterations + later.iterations), MOMENTUM(np.arange(9)))


@pytest.mark.parametrize(("kind", "name"), [(MomentumSGD, "momentum"), (MomentumAdam, "beta_1")])
def test_what_cannot_work_is_refused(kind, name):
    for value, told in ((1, "less than 1"), (-0.1, "0 or more"), (PolicySchedule("fixed", lr=1.5), "at every")):
        with pytest.raises(ValueError, match=rf"{name} must be .*{told}"):
            kind(0.1, value)
    with pytest.raises(TypeError, match=rf"{name} must be a number or a schedule"):
        kind(0.1, lambda: 0.9)
    optimizer = kind(0.1, MOMENTUM)
    optimizer.build([keras.Variable(0.0)])
    with pytest.raises(AttributeError, match=rf"{name} was assigned to a {kind.__name__} that is in use"):
        setattr(optimizer, name, 0.5)
