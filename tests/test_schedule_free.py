"""The schedule-free optimizer against its formula, in NumPy."""

import keras
import numpy as np
import pytest

import clr_utils
from clr_utils import ScheduleFreeAdamW

in_keras = pytest.mark.skipif(not hasattr(keras.optimizers, "ScheduleFreeAdamW"), reason="this Keras has none")
X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
START = np.arange(6, dtype="float32").reshape(3, 2) / 10


def trained(optimizer):
    """The weights after ten updates that `fit` makes, with an optimizer that nobody has built before."""
    layer = keras.layers.Dense(2, use_bias=False)
    model = keras.Sequential([keras.Input((3,)), layer])
    layer.set_weights([START])
    model.compile(optimizer, "mse")
    model.fit(X, X[:, :2], batch_size=4, shuffle=False, verbose=0)
    return layer.get_weights()[0]


def by_formula(learning_rate, warmup_steps=1, beta_1=0.9, beta_2=0.999):
    """Defazio et al. 2024, Algorithm 1: gradients at y, steps of z, and x the mean of all z."""
    y = z = x = START.astype(float)
    v = 0
    for t in range(1, 11):
        batch = X[4 * t - 4 : 4 * t].astype(float)
        gradient = batch.T @ (batch @ y - batch[:, :2]) * 2 / (2 * len(batch))
        v = beta_2 * v + (1 - beta_2) * gradient**2
        z = z - learning_rate * min(t / warmup_steps, 1) * gradient / (np.sqrt(v / (1 - beta_2**t)) + 1e-8)
        x = (1 - 1 / t) * x + z / t
        y = (1 - beta_1) * z + beta_1 * x
    return y


@in_keras
@pytest.mark.parametrize("settings", [{}, {"warmup_steps": 4}, {"beta_1": 0.5, "beta_2": 0.9}], ids=str)
def test_it_follows_the_formula(settings):
    assert np.abs(trained(ScheduleFreeAdamW(0.01, **settings)) - by_formula(0.01, **settings)).max() < 2e-6


@in_keras
def test_it_is_saved_with_a_model(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(ScheduleFreeAdamW(0.01, warmup_steps=4), "mse")
    model.fit(X, X[:, :2], batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert type(again.optimizer) is ScheduleFreeAdamW
    assert again.optimizer.warmup_steps == 4
    for each in (model, again):
        each.fit(X, X[:, :2], batch_size=4, shuffle=False, verbose=0)
    np.testing.assert_allclose(again.get_weights()[0], model.get_weights()[0], rtol=1e-5)


@in_keras
def test_the_mend_is_needed():
    """Where this fails Keras is right at last, and clr_utils.schedule_free can go."""
    away = np.abs(trained(keras.optimizers.ScheduleFreeAdamW(0.01)) - by_formula(0.01)).max()
    assert away < 2e-6 if keras.backend.backend() == "jax" else away > 0.001


@in_keras
def test_accumulated_gradients_are_one_update():
    """The mean of two batches, so the same as one batch of twice the size."""
    one, two = (keras.layers.Dense(2, use_bias=False) for _ in range(2))
    for layer, batch, steps in ((one, 8, None), (two, 4, 2)):
        model = keras.Sequential([keras.Input((3,)), layer])
        layer.set_weights([START])
        model.compile(ScheduleFreeAdamW(0.01, warmup_steps=4, gradient_accumulation_steps=steps), "mse")
        model.fit(X, X[:, :2], batch_size=batch, shuffle=False, verbose=0)
    np.testing.assert_allclose(one.get_weights()[0], two.get_weights()[0], atol=1e-6)


@in_keras
def test_a_schedule_of_momenta_is_no_rate():
    with pytest.raises(ValueError, match="learning_rate is the schedule of a momentum"):
        ScheduleFreeAdamW(clr_utils.PolicySchedule("one_cycle_momentum", total=10))


def test_an_older_keras_is_told_what_to_do(monkeypatch):
    monkeypatch.delattr(keras.optimizers, "ScheduleFreeAdamW", raising=False)
    with pytest.raises(ImportError, match="in Keras from 3.14 on, and this is 3.*: pip install -U keras"):
        ScheduleFreeAdamW()
