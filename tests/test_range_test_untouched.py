"""A range test leaves no trace: training afterwards gives, bit for bit, what it would have given without one."""

import random
from functools import partial
from importlib import import_module

import keras
import numpy as np
import pytest

from clr_utils import lr_range_test, repeat_range_test
from clr_utils.range_test.reachable import reachable
from clr_utils.range_test.recorder import DivergenceWatch
from clr_utils.range_test.untouched import kept_random_states
from helpers import BACKEND, on_tensorflow
from range_models import TARGETS, Counting, X, applying_another_too, data_for, mlp, new, plain, recurrent

torch = import_module("torch") if BACKEND == "torch" else None


def range_test(model, x, y, **settings):
    """Five updates that move every weight a lot."""
    return lr_range_test(model, x, y, **{"min_lr": 0.01, "max_lr": 0.5, "steps": 5, "verbose": 0, **settings})


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


def random_numbers():
    """The next numbers of Python, NumPy, Keras and PyTorch."""
    numbers = [random.random(), np.random.random(), *keras.ops.convert_to_numpy(keras.random.normal((2,)))]  # noqa: NPY002
    return [*numbers, float(torch.rand(()))] if torch else numbers


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


# --- seeds ---


class Late(keras.layers.Layer):
    """Draws the seed of its weights when it is built."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 1), initializer="random_normal")

    def call(self, inputs):
        return keras.ops.matmul(inputs, self.kernel)


def test_a_model_that_is_not_built_yet_begins_with_the_users_weights():
    def losses(with_test):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([Late()])
        model.compile("sgd", "mse", run_eagerly=True)
        if with_test:
            range_test(model, X, TARGETS)
        return model.fit(X, TARGETS, epochs=2, verbose=0).history["loss"]

    assert losses(True) == losses(False)


def test_two_tests_in_a_row_are_alike():
    model, (x, y) = new("normalized"), data_for("normalized")
    first, second = (range_test(model, x, y, batch_size=8) for _ in range(2))
    np.testing.assert_array_equal(first.losses, second.losses)
    np.testing.assert_array_equal(first.metrics["accuracy"], second.metrics["accuracy"])


def test_the_seed_decides_whatever_the_global_generators_say():
    model = new("eager")
    losses = []
    for seed, state in ((3, 1), (3, 2), (4, 2), (None, 2), (None, 1)):
        keras.utils.set_random_seed(state)
        losses.append(range_test(model, X, TARGETS, seed=seed, batch_size=4).losses)
    np.testing.assert_array_equal(losses[0], losses[1])
    assert not np.array_equal(losses[1], losses[2])
    assert not np.array_equal(losses[3], losses[4])


def test_repeats_depend_on_their_seed_alone():
    """Weights, dropout, keras.random and the order of the examples; and no trace in the global generators."""

    def build():
        model = new_weights()
        model.compile("sgd", "mse", run_eagerly=True)
        return model

    def new_weights():
        model = mlp(keras.layers.Dense(3), keras.layers.Dropout(0.5))
        model.layers[0].kernel.assign(keras.random.normal((3, 3)))
        return model

    def repeat(seeds):
        return repeat_range_test(build, X, TARGETS, seeds=seeds, min_lr=0.01, max_lr=0.5, steps=5, verbose=0)

    keras.utils.set_random_seed(1)
    random_numbers()
    first = repeat(2)
    numbers = random_numbers()
    keras.utils.set_random_seed(1)
    random_numbers()
    assert random_numbers() == numbers
    second = repeat([1, 0])
    assert first.seeds == (0, 1)
    assert second.seeds == (1, 0)
    assert not np.array_equal(first.tests[0].losses, first.tests[1].losses)
    for one, other in zip(first, reversed(second.tests), strict=True):
        np.testing.assert_array_equal(one.losses, other.losses)


@pytest.mark.parametrize("existing", [True, False])
def test_random_states_are_kept(existing):
    """Whether or not Keras has drawn from its own generator before."""
    keras.utils.set_random_seed(5)
    if existing:
        random_numbers()
    expected = random_numbers()
    for seed in (None, 7):
        keras.utils.set_random_seed(5)
        if existing:
            random_numbers()
        with kept_random_states(seed):
            random_numbers()
        assert random_numbers() == expected


def test_a_block_with_a_seed_starts_from_it():
    drawn = []
    for state, seed in ((1, 7), (2, 7), (2, 8)):
        keras.utils.set_random_seed(state)
        with kept_random_states(seed):
            drawn.append(random_numbers())
    assert drawn[0] == drawn[1] != drawn[2]


# --- what only PyTorch has ---

only_torch = pytest.mark.skipif(BACKEND != "torch", reason="of PyTorch")


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


@only_torch
def test_the_generator_of_every_gpu_is_kept(monkeypatch):
    states = {0: "a", 1: "b"}
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "get_rng_state", states.get)
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, gpu: states.update({gpu: state}))
    with kept_random_states():
        states.update({0: "c", 1: "d"})
    assert states == {0: "a", 1: "b"}


# --- variables beyond those of the model's weights ---


def with_a_counting_loss():
    model = mlp()
    model.compile(keras.optimizers.SGD(0.05), Counting())
    return model


def with_a_counting_loss_in_a_function():
    """The variable hangs on the closure of a function in a list."""
    model, loss = mlp(), Counting()
    model.compile(keras.optimizers.SGD(0.05), [lambda y, answer: loss(y, answer)])
    return model


SEQUENCES = (X[:6, :, None], TARGETS[:6])
ADAM = partial(keras.optimizers.Adam, 0.05)


@pytest.mark.parametrize(
    ("make", "data"),
    [
        (recurrent, SEQUENCES),
        (lambda: applying_another_too(ADAM()), (X, TARGETS)),
        (with_a_counting_loss, (X, TARGETS)),
        (with_a_counting_loss_in_a_function, (X, TARGETS)),
    ],
    ids=["stateful", "optimizer", "loss", "closure"],
)
def test_states_of_layers_losses_and_further_optimizers_are_put_back(make, data):
    """A test of the fresh model, whose second optimizer is not built yet, and one of the trained model."""
    size = {"batch_size": 2} if data is SEQUENCES else {"batch_size": 8}

    def fit(model):
        history = model.fit(*data, shuffle=False, verbose=0, **size).history
        return history, [keras.ops.convert_to_numpy(each) for each in reachable(model, keras.Variable)]

    def fresh():
        keras.utils.set_random_seed(1)
        return make()

    model = fresh()
    expected = [fit(model) for _ in range(2)]
    model = fresh()
    for history, variables in expected:
        range_test(model, *data, **size)
        found = fit(model)
        assert found[0] == history
        assert sorted(map(np.sum, found[1])) == sorted(map(np.sum, variables))


class Tiring(keras.layers.Layer):
    """Answers less with each call, in a training and in a measurement."""

    def build(self, _):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.calls.assign_add(1)
        return x / self.calls


def tiring():
    """A model with a state that moves on each backend; the recurrent layers' stands still on JAX."""
    model = keras.Sequential([keras.Input((3, 1)), keras.layers.Flatten(), Tiring(), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model


@pytest.mark.parametrize("make", [recurrent, tiring])
def test_validation_is_tried_without_a_trace(make):
    """A layer with a state begins the training where it stood."""
    keras.utils.set_random_seed(1)
    model = make()
    settings = {"batch_size": 2, "seed": 1}
    alone = range_test(model, *SEQUENCES, **settings)
    tried = range_test(model, *SEQUENCES, **settings, validation_data=SEQUENCES, validation_every=5)
    np.testing.assert_array_equal(alone.losses, tried.losses)


def test_an_error_of_the_data_comes_as_it_is():
    """Whichever thread reads them."""
    with pytest.raises(OSError, match="^unreadable$"):
        range_test(plain(run_eagerly=True), generator(), None)


def test_nothing_is_read_after_the_test():
    """The data may draw from the global generators."""

    def drawing():
        while True:
            read.append(np.random.random())  # noqa: NPY002
            yield X[:4], TARGETS[:4]

    read, model = [], plain(run_eagerly=True)
    keras.utils.set_random_seed(3)
    numbers = random_numbers()
    keras.utils.set_random_seed(3)
    range_test(model, drawing(), None)
    count = len(read)
    assert random_numbers() == numbers
    assert len(read) == count >= 5
