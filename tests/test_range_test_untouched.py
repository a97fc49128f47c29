"""A range test leaves no trace: training afterwards gives, bit for bit, what it would have given without one."""

import random

import keras
import numpy as np
import pytest

from clr_utils.range_test.recorder import DivergenceWatch
from helpers import BACKEND, on_tensorflow
from range_models import TARGETS, X, data_for, mlp, new, plain
from range_traces import only_torch, random_numbers, range_test, torch


def train(model, x, y):
    """One epoch of shuffled arrays; its history."""
    return model.fit(x, y, batch_size=8, verbose=0).history


def values(model):
    """Weights, states of dropout and of BatchNormalization, the optimizer and the metrics, as arrays."""
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "kind",
    ["normalized", "scaled", "own_step", "unbuilt", "half"]
    + [pytest.param(kind, marks=on_tensorflow) for kind in ("frozen", "averaged", "branched", "no_config")],
)
def test_training_afterwards_is_as_without(kind):
    """A test of the fresh model, and one of the trained model, which keeps its attributes.

    The optimizer, the compiled training function and the history are the same objects as before.
    """
    x, y = data_for(kind)
    model = new(kind)
    expected = [(train(model, x, y), values(model), model.metrics_names) for _ in range(2)]
    numbers = random_numbers()
    model = new(kind)
    range_test(model, x, y)
    assert_trained_as(expected[0], model, x, y)
    before, metrics = dict(vars(model)), model.get_metrics_result()
    range_test(model, x, y)
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())
    assert_same(values(model), expected[0][1])
    assert model.get_metrics_result() == metrics
    assert_trained_as(expected[1], model, x, y)
    assert random_numbers() == numbers


def assert_trained_as(expected, model, x, y):
    history, variables, names = expected
    assert train(model, x, y) == history
    assert_same(values(model), variables)
    assert model.metrics_names == names


def broken_at(monkeypatch, update, error):
    """Let the range test break off with an error in the middle."""
    losses = []

    def diverged(self, loss):
        losses.append(loss)
        if len(losses) == update:
            raise error
        return ""

    monkeypatch.setattr(DivergenceWatch, "diverged", diverged)


def test_no_trace_after_an_error_either(monkeypatch):
    """Nor in the measurement of validation data, which comes between two updates."""
    x, y = data_for("frozen")
    model = new("frozen")
    expected = [train(model, x, y) for _ in range(2)]
    model = new("frozen")
    assert train(model, x, y) == expected[0]
    before, variables, numbers = dict(vars(model)), values(model), random.getstate()
    for update, error in ((1, KeyboardInterrupt()), (4, RuntimeError("broken off"))):
        with monkeypatch.context() as patch:
            broken_at(patch, update, error)
            with pytest.raises(type(error)):
                range_test(model, x, y, validation_data=(x, y), validation_every=2)
        assert_same(values(model), variables)
        assert all(vars(model)[name] is value for name, value in before.items())
        assert random.getstate() == numbers
    assert train(model, x, y) == expected[1]


class Fragile(keras.metrics.MeanSquaredError):
    """A metric that cannot be told."""

    def result(self):
        raise ArithmeticError("no result")


class Breaking(keras.utils.PyDataset):
    """Data whose fourth batch cannot be read."""

    def __len__(self):
        return 6

    def __getitem__(self, index):
        if index == 3:
            raise OSError("unreadable")
        return X[:4], TARGETS[:4]


def raising_loss(y, answer):
    raise ArithmeticError("no loss")


def generator():
    yield X[:4], TARGETS[:4]
    yield X[:4], TARGETS[:4]
    yield X[:4], TARGETS[:4]
    raise OSError("unreadable")


@pytest.mark.parametrize(
    ("compiled", "data"),
    [
        ({"metrics": [Fragile(name="fragile")]}, (X, TARGETS)),
        ({}, (Breaking(), None)),
        ({}, (generator(), None)),
        ({"loss": raising_loss}, (X, TARGETS)),
    ],
    ids=["metric", "dataset", "generator", "loss"],
)
def test_no_trace_when_data_metric_or_loss_raise(compiled, data):
    keras.utils.set_random_seed(0)
    model = mlp(keras.layers.BatchNormalization())
    model.compile(**{"optimizer": keras.optimizers.SGD(0.05), "loss": "mse", **compiled})
    before, variables, numbers = dict(vars(model)), values(model), random.getstate()
    with pytest.raises(Exception, match=r"no result|unreadable|no loss"):
        range_test(model, *data)
    assert_same(values(model), variables)
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())
    assert random.getstate() == numbers


def standing_still():
    """An optimizer with the same state as the range test's, and a schedule that is always 0."""
    return keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.0, 10, 0.9))


each_training = pytest.mark.parametrize(
    "training", [train, lambda model, x, y: model.train_on_batch(x[:8], y[:8])], ids=["fit", "train_on_batch"]
)


@each_training
def test_the_step_compiled_for_an_earlier_training_is_not_taken(training):
    """JAX finds a compiled step again by its method: with the schedule of the model's own optimizer, for one."""
    losses = []
    for trained in (False, True):
        model = plain(standing_still())
        model.set_weights([np.ones((3, 1)), np.ones(1)])
        if trained:
            training(model, X, TARGETS)
        losses.append(range_test(model, X, TARGETS, seed=0, batch_size=8).losses)
    np.testing.assert_array_equal(*losses)


@each_training
def test_training_after_a_test_does_not_take_the_tests_step(training):
    model = plain(standing_still())
    range_test(model, X, TARGETS, batch_size=8)
    before = model.get_weights()
    training(model, X, TARGETS)
    assert_same(model.get_weights(), before)


def test_settings_changed_after_compile_hold():
    """`model.run_eagerly = True`, as for debugging: the loss then sees numbers, not symbols."""
    seen = []

    def loss(y, answer):
        seen.append(keras.ops.is_tensor(answer) and hasattr(answer, "devices" if BACKEND == "jax" else "numpy"))
        return keras.ops.mean(keras.ops.square(y - answer))

    model = mlp()
    model.compile("sgd", loss)
    model.run_eagerly = True
    range_test(model, X, TARGETS)
    assert seen
    assert all(seen[-3:])


def test_an_error_of_the_data_comes_as_it_is():
    """Whichever thread reads them."""
    with pytest.raises(OSError, match="^unreadable$"):
        range_test(plain(run_eagerly=True), generator(), None)


@only_torch
def test_gradients_are_those_of_the_training_before():
    """A loop of one's own may add to them."""
    model = plain()
    range_test(model, X, TARGETS)
    assert all(parameter.grad is None for parameter in model.parameters())
    train(model, X, TARGETS)
    before = [parameter.grad.clone() for parameter in model.parameters()]
    range_test(model, X, TARGETS)
    for parameter, gradient in zip(model.parameters(), before, strict=True):
        assert torch.equal(parameter.grad, gradient)
