"""When the range test stops, and the copy of the optimizer that it trains with."""

import functools

import keras
import numpy as np
import pandas as pd
import pytest

from clr_utils import sweep_rates
from clr_utils.range_test.recorder import DivergenceWatch, Sweep, sweeping_copy
from helpers import in_graph
from range_models import TARGETS, X, eager, plain
from range_runs import BOUNDS, close, range_test

# --- the copy of the optimizer ---


def test_the_sweep_in_the_graph_and_saved():
    rates = sweep_rates(1e-5, 1, 7)
    sweep = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(Sweep(rates)))
    close(in_graph(lambda step: keras.ops.stack([sweep(step[n]) for n in range(9)]), np.arange(9)), [*rates, 1, 1])


def optimizers():
    """The optimizer classes of Keras that have one learning rate."""
    for name in sorted(vars(keras.optimizers)):
        kind = getattr(keras.optimizers, name)
        if isinstance(kind, type) and name not in ("Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"):
            yield kind


def updated(optimizer):
    """Two variables after one update."""
    shapes = {"kernel": (2, 2), "bias": (2,)}
    variables = [keras.Variable(np.ones(shape, "float32"), name=name) for name, shape in shapes.items()]
    optimizer.apply([keras.ops.full(variable.shape, 0.1) for variable in variables], variables)
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


@pytest.mark.parametrize("kind", optimizers(), ids=lambda kind: kind.__name__)
def test_the_copy_of_an_optimizer_keeps_its_settings(kind):
    """That biases do not decay among them, which no config tells."""
    optimizer = kind(learning_rate=0.5, clipnorm=0.7, weight_decay=0.3)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    copy = sweeping_copy(optimizer, np.array([0.5, 0.6]))
    assert type(copy) is type(optimizer)
    before, after = optimizer.get_config(), copy.get_config()
    assert before.pop("learning_rate") == 0.5
    assert after.pop("learning_rate")["config"]["rates"] == pytest.approx([0.5, 0.6])
    assert before == after
    for one, other in zip(updated(copy), updated(optimizer), strict=True):
        close(one, other)


def test_the_copy_of_loss_scaling():
    inner = keras.optimizers.Adam(0.1, beta_1=0.5)
    scaled = keras.optimizers.LossScaleOptimizer(inner, initial_scale=8.0, dynamic_growth_steps=5)
    copy = sweeping_copy(scaled, np.array([0.5, 0.6]))
    assert (copy.initial_scale, copy.dynamic_growth_steps, copy.inner_optimizer.beta_1) == (8.0, 5, 0.5)
    assert copy.inner_optimizer is not inner


class Layerwise(keras.optimizers.SGD):
    """SGD with a factor that get_config does not tell."""

    def __init__(self, learning_rate=0.01, factor=1.0, **settings):
        super().__init__(learning_rate, **settings)
        self.factor = factor

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(self.factor * gradient, variable, learning_rate)


def attribute_set_later():
    optimizer = Layerwise(0.1)
    optimizer.factor = 0.0
    return optimizer


@pytest.mark.parametrize("make", [functools.partial(Layerwise, 0.1, 0.0), attribute_set_later])
def test_settings_outside_of_the_config_hold(make):
    """With a factor of 0 nothing is learnt: one batch, again and again, has the same loss."""
    losses = range_test(plain(make()), X[:8], TARGETS[:8], steps=3).losses
    close(losses, losses[[0, 0, 0]])


class Demanding(keras.optimizers.SGD):
    """Cannot be made from its config."""

    def __init__(self, learning_rate, factor):
        super().__init__(learning_rate)
        self.factor = factor


def holding_variables():
    optimizer = keras.optimizers.SGD(0.1)
    vars(optimizer)["rules"] = functools.partial(print, keras.Variable(2.0))
    return optimizer


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Demanding(0.1, 2.0),
            r"Demanding cannot be made anew from its get_config\(\): .*argument.*let get_",
        ),
        (holding_variables, r"SGD.rules holds variables, and get_config\(\) does not tell it"),
    ],
)
def test_settings_that_cannot_be_copied_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        range_test(plain(make()), X, TARGETS)


# --- stops ---


def test_stops_at_a_loss_that_is_not_finite():
    targets = TARGETS.copy()
    targets[7] = np.nan
    test = range_test(eager(), X[:8], targets[:8], batch_size=1, stop_factor=None)
    place = len(test.losses) - 1
    assert np.isnan(test.losses[place])
    assert np.isfinite(test.losses[:place]).all()
    assert test.stopped_at == sweep_rates(**BOUNDS, steps=9)[place]
    assert test.stop_reason == "the loss is nan"


def test_stops_when_the_loss_diverges():
    model = eager()
    model.set_weights([np.ones((3, 1)), np.ones(1)])
    test = range_test(model, X, TARGETS, max_lr=1e3, steps=40, stop_factor=4)
    assert len(test.losses) < 40
    assert test.stopped_at == test.learning_rates[-1] == sweep_rates(0.01, 1e3, 40)[len(test.losses) - 1]
    assert "the smoothed loss has risen from" in test.stop_reason
    later = range_test(model, X, TARGETS, max_lr=1e3, steps=40, stop_factor=50)
    longest = range_test(model, X, TARGETS, max_lr=1e3, steps=40, stop_factor=None)
    assert len(test.losses) < len(later.losses) < len(longest.losses)
    np.testing.assert_array_equal(longest.losses[: len(test.losses)], test.losses)


def stops(losses, factor=4):
    """After how many losses the watch stops the test, and why."""
    watch = DivergenceWatch(factor)
    for count, loss in enumerate(losses, 1):
        if reason := watch.diverged(loss):
            return count, reason
    return None, ""


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("factor", [4, None])
def test_a_loss_that_is_not_finite_stops(bad, factor):
    assert stops([1, 1, bad, 1], factor) == (3, f"the loss is {bad}")


def test_the_watch_sees_the_smoothed_loss():
    """The first loss is the lowest; the mean exceeds four times it where 1 + 99 * (0.1, ...) does."""
    losses = [1.0] * 50 + [100.0] * 50
    means = pd.Series(losses).ewm(alpha=0.1, adjust=True).mean()
    assert stops(losses)[0] == int(np.argmax(means > 4)) + 1
    assert stops(losses, 50)[0] == int(np.argmax(means > 50)) + 1
    assert stops(losses, None)[0] is None
    assert stops([1.0] * 50 + [3.9] * 500)[0] is None


def test_losses_at_and_below_zero():
    """A loss that falls from 1 to -1 may rise by three times the fall; from -1 and lower, by three times itself."""
    assert stops([1.0] * 30 + [-1.0] * 300 + [4.5] * 500)[0] is None
    assert stops([1.0] * 30 + [-1.0] * 300 + [6.0] * 500)[0] > 330
    assert stops([-2.0] * 100 + [3.5] * 500)[0] is None
    assert stops([-2.0] * 100 + [4.5] * 500)[0] > 100
    assert stops([0.0] * 50)[0] is None
    assert "from -2 to " in stops([-2.0] * 100 + [45.0] * 500)[1]


def test_a_noisy_loss_does_not_stop():
    random = np.random.default_rng(0)
    assert stops(np.exp(0.8 * random.normal(size=1000)))[0] is None
