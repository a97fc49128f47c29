"""lr_range_test takes the kinds of data that fit takes, and train_step gets them as from fit."""

import functools
import random

import keras
import numpy as np
import pandas as pd
import pytest
import scipy

from helpers import BACKEND, on_tensorflow
from range_models import CLASSES, TARGETS, X, applying, data_for, eager, new, own_training, plain
from range_runs import (
    IN_ORDER,
    Endless,
    InOrder,
    batches_of,
    by_hand,
    close,
    endless,
    needs_tensorflow,
    range_test,
    tf_data,
    unknown_length,
)


def torch_loader():
    from torch.utils.data import DataLoader, TensorDataset, default_convert

    return DataLoader(TensorDataset(default_convert(X), default_convert(TARGETS)), batch_size=8)


needs_torch = pytest.mark.skipif(BACKEND != "torch", reason="a DataLoader needs PyTorch")


@pytest.mark.parametrize(
    "make",
    [
        Endless,
        endless,
        functools.partial(endless, 9),
        pytest.param(tf_data, marks=needs_tensorflow),
        pytest.param(unknown_length, marks=needs_tensorflow),
        pytest.param(torch_loader, marks=needs_torch),
    ],
    ids=["PyDataset", "generator", "generator-exact", "tf.data", "tf.data-unknown", "DataLoader"],
)
@pytest.mark.filterwarnings("ignore:.shuffle=True. was passed")
def test_other_kinds_of_data(make):
    model = eager()
    test = range_test(model, make())
    close(test.losses, by_hand(model, test.learning_rates, 3 * IN_ORDER)[0])
    assert test.learning_rates[-1] == 0.3


@on_tensorflow
def test_data_that_end_unannounced_after_each_pass_in_a_compiled_step():
    """TensorFlow counts one update more than it makes where a dataset of unknown length ends."""
    model = plain()
    test = range_test(model, unknown_length())
    close(test.losses, by_hand(model, test.learning_rates, 3 * IN_ORDER)[0])


def test_a_dataset_is_shuffled_as_in_fit():
    data = InOrder()
    assert len(range_test(eager(), data, steps=None, epochs=4).losses) == 12
    epochs = np.reshape(data.read[:12], (4, 3))
    assert (np.sort(epochs) == [0, 1, 2]).all()
    assert len(set(map(tuple, epochs))) > 1


def test_the_order_of_a_pydataset_is_drawn_by_the_seed():
    """Whatever Python's own generator stands at."""
    orders = {}
    for state, seed in ((1, 7), (2, 7), (1, 8)):
        random.seed(state)
        data = InOrder()
        range_test(eager(), data, steps=None, epochs=4, seed=seed)
        orders[state, seed] = data.read[:12]
    assert orders[1, 7] == orders[2, 7] != orders[1, 8]


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_a_generator_that_ends_too_early(count):
    with pytest.raises(ValueError, match=f"the data ended after {count} of 9 updates: give fewer steps, or data that"):
        range_test(eager(), endless(count))


@needs_tensorflow
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_a_dataset_that_can_be_read_once_only():
    import tensorflow as tf

    once = endless(5)
    data = tf.data.Dataset.from_generator(lambda: once, output_signature=tf_data().element_spec)
    with pytest.raises(ValueError, match="the data ended after 5 of 9 updates"):
        range_test(eager(), data)


# --- batches reach train_step as fit gives them ---


def test_a_train_step_that_unpacks_x_and_y():
    """The pattern of every guide; on JAX the losses are those of the step that it calls."""
    model = own_training(applying)
    test = range_test(model, X, TARGETS)
    close(test.losses, by_hand(model, test.learning_rates, batches_of(X, TARGETS, 9))[0])


class Alone(keras.Sequential):
    """Learns from inputs alone, and notes what train_step is given."""

    def train_step(self, *state_and_data):
        data = state_and_data[-1]
        self.given.append(type(data).__name__ if isinstance(data, tuple | list | dict) else "tensor")
        return super().train_step(*state_and_data)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return keras.ops.mean(keras.ops.square(y_pred))


@pytest.mark.parametrize(
    ("make", "given"),
    [
        (lambda: X[:8], "tensor"),
        (lambda: iter([X[:8]] * 20), "tensor"),
        (lambda: iter([[X[:8], TARGETS[:8]]] * 20), "list" if BACKEND == "torch" else "tuple"),  # as from fit
        pytest.param(lambda: tf_data().map(lambda x, y: x).take(2), "tensor", marks=on_tensorflow),
    ],
    ids=["array", "iterator", "pairs", "tf.data"],
)
def test_bare_batches(make, given):
    model = Alone([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd")
    model.given = []
    range_test(model, make(), steps=3)
    assert set(model.given) == {given}


def test_two_inputs_in_a_list():
    inputs = [keras.Input((2,)), keras.Input((1,))]
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Concatenate()(inputs)))
    model.compile("sgd", "mse")
    test = range_test(model, [X[:, :2], X[:, 2:]], TARGETS, steps=4)
    close(test.losses, by_hand(model, test.learning_rates, batches_of(X, TARGETS, 4))[0])


def test_series_are_columns_as_in_fit():
    """A metric of one's own would broadcast (n,) and (n, 1) to (n, n)."""

    def gap(y, answers):
        return keras.ops.abs(y - answers)

    model = eager(metrics=[gap])
    test = range_test(model, pd.DataFrame(X), pd.Series(TARGETS[:, 0]))
    losses, errors = by_hand(model, test.learning_rates, batches_of(X, TARGETS, 9))
    close(test.losses, losses)
    close(test.metrics["gap"], errors)


@on_tensorflow
def test_a_series_as_the_feature_of_an_unbuilt_model():
    model = new("unbuilt")
    model.run_eagerly = True
    range_test(model, pd.Series(X[:, 0]), TARGETS, steps=2)
    assert model.input_shape == (None, 1)


def test_sparse_matrices():
    model = plain()
    dense = np.where(X > 0, X, 0)
    test = range_test(model, scipy.sparse.coo_matrix(dense), TARGETS)
    close(test.losses, by_hand(model, test.learning_rates, batches_of(dense, TARGETS, 9))[0])


def test_sample_weights():
    model = eager()
    weights = np.where(CLASSES[:, 0] == 1, 7.0, 1.0)
    test = range_test(model, X, CLASSES, sample_weight=weights)
    expected = range_test(model, X, CLASSES, class_weight={1: 7})
    np.testing.assert_array_equal(test.losses, expected.losses)


def test_one_sample_weight_for_all_outputs():
    x, y = data_for("branched")
    model, weights = new("branched"), np.linspace(0, 1, 22)
    model.run_eagerly = True
    test = range_test(model, x, y, sample_weight=weights, steps=2)
    both = range_test(model, x, y, sample_weight={"value": weights, "kind": weights}, steps=2)
    np.testing.assert_array_equal(test.losses, both.losses)


def test_none_among_sample_weights_stands_for_ones():
    x, y = data_for("branched")
    model, weights = new("branched"), np.linspace(0, 1, 22)
    model.run_eagerly = True
    found = [
        range_test(model, x, y, sample_weight={"value": weights, "kind": other}, steps=2).losses
        for other in (None, np.ones(22))
    ]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("weights", [{"value": np.ones(22)}, [np.ones(22)], {"value": None, "another": np.ones(22)}])
def test_sample_weights_of_another_structure_are_refused(weights):
    x, y = data_for("branched")
    with pytest.raises(ValueError, match="sample_weight must be one array for all outputs, .* the structure of y"):
        range_test(new("branched"), x, y, sample_weight=weights, steps=2)


@pytest.mark.parametrize(
    "make",
    [
        lambda batch: iter([batch] * 9),
        pytest.param(lambda batch: tf_data().map(lambda x, y: batch), marks=needs_tensorflow),
    ],
    ids=["iterator", "tf.data"],
)
def test_class_weights_of_a_dataset(make):
    model, batch = eager(), (X[:8], CLASSES[:8])
    test = range_test(model, make(batch), class_weight={0: 3, 1: 1}, steps=2)
    weighted = {"weight": lambda y: np.where(y[:, 0] == 1, 1.0, 3.0)}
    close(test.losses, by_hand(model, test.learning_rates, [batch] * 2, **weighted)[0])
