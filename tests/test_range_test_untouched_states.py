"""A range test puts back variables beyond those of the model's weights."""

from functools import partial

import keras
import numpy as np
import pytest

from clr_utils.range_test.reachable import reachable
from range_models import TARGETS, Counting, X, applying_another_too, mlp, recurrent
from range_traces import range_test


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
