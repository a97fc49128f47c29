"""Models, arguments and data that lr_range_test refuses."""

import functools

import keras
import numpy as np
import pandas as pd
import pytest

from helpers import BACKEND
from range_models import TARGETS, X, eager, mlp, new, plain
from range_runs import PAIR, InOrder, endless, needs_tensorflow, range_test

# --- models ---


def uncompiled():
    return mlp()


def accumulating(scaled=False):
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=4)
    return plain(keras.optimizers.LossScaleOptimizer(optimizer) if scaled else optimizer)


def with_a_metric_called_loss():
    model = mlp()
    model.compile("sgd", "mse", metrics=[keras.metrics.MeanAbsoluteError(name="loss")])
    return model


def many_rates():
    kinds = keras.optimizers
    if not hasattr(kinds, "MultiOptimizer"):
        pytest.skip("this Keras has no MultiOptimizer")
    return plain(kinds.MultiOptimizer(lambda variable: kinds.SGD(0.1)))


def without_optimizer():
    model = mlp()
    model.compile(None, "mse")
    return model


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: "model", TypeError, "model must be a compiled Keras model; it is 'model'"),
        (uncompiled, ValueError, r"not compiled: call model.compile\(optimizer, loss\) first"),
        (accumulating, ValueError, "gradient_accumulation_steps is 4.* in batches 4 times as large"),
        (functools.partial(accumulating, True), ValueError, "gradient_accumulation_steps is 4"),
        (many_rates, ValueError, "MultiOptimizer.*needs one with one learning rate"),
        (without_optimizer, ValueError, "optimizer is None"),
        (with_a_metric_called_loss, ValueError, "a metric is called 'loss'.*give it another name"),
    ],
)
def test_models_that_cannot_be_tested(make, error, message):
    with pytest.raises(error, match=message):
        range_test(make(), X, TARGETS)


def test_an_unbuilt_model_is_built_for_batches_of_any_size():
    model = new("unbuilt")
    range_test(model, X, TARGETS, steps=2)
    assert model.input_shape == (None, 3)


def test_an_unbuilt_model_needs_arrays():
    with pytest.raises(ValueError, match=r"no weights yet.*keras.Input\(shape\).*model.build\(input_shape\)"):
        range_test(new("unbuilt"), InOrder())


def test_a_frozen_model_has_nothing_to_train():
    model = plain()
    model.trainable = False
    with pytest.raises(ValueError, match="nothing to train.*trainable = True"):
        range_test(model, X, TARGETS)


def test_a_loss_by_another_name():
    class Renamed(keras.Sequential):
        def train_step(self, *state_and_data):
            answer = super().train_step(*state_and_data)
            if BACKEND == "jax":
                return {"objective": answer[0]["loss"]}, answer[1]
            return {"objective": answer["loss"]}

    model = Renamed([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match='train_step must return the batch\'s "loss"; it returns objective'):
        range_test(model, X, TARGETS)


# --- arguments ---


GENERATOR = endless()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"min_lr": "a"}, TypeError, "min_lr must be a number"),
        ({"min_lr": 0}, ValueError, "min_lr must be greater than 0"),
        ({"min_lr": -1, "sweep": "linear"}, ValueError, "min_lr must be 0 or more"),
        ({"max_lr": float("nan")}, ValueError, "max_lr must be a finite number"),
        ({"min_lr": 1, "max_lr": 0.1}, ValueError, r"max_lr \(0.1\) must be greater.*did you swap them"),
        ({"min_lr": 0.3, "max_lr": 0.3}, ValueError, "max_lr .* must be greater"),
        ({"steps": None}, ValueError, r"give either steps \(updates\) or epochs"),
        ({"steps": 5, "epochs": 1}, ValueError, "give either steps"),
        ({"steps": 1}, ValueError, "steps must be a whole number of updates, 2 or more; it is 1"),
        ({"steps": 2.5}, ValueError, "steps must be a whole number of updates"),
        ({"steps": True}, TypeError, "steps must be a number"),
        ({"steps": None, "epochs": 0}, ValueError, "epochs must be a whole number of epochs, 1 or more"),
        ({"steps": None, "epochs": 1, "batch_size": 30}, ValueError, "steps must be a whole number of updates, 2 or"),
        ({"x": GENERATOR, "y": None, "steps": None, "epochs": 1}, ValueError, "not known for these data: give steps"),
        ({"sweep": "cosine"}, ValueError, "sweep must be one of 'linear', 'log'; it is 'cosine'"),
        ({"batch_size": 0}, ValueError, "batch_size must be a whole number of examples, 1 or more"),
        ({"batch_size": "8"}, TypeError, "batch_size must be a number"),
        (
            {"stratified": True, "y": {"a": TARGETS}},
            ValueError,
            "stratified=True needs y as one array of class numbers",
        ),
        ({"stratified": True, "y": None}, ValueError, "stratified=True needs y"),
        ({"x": GENERATOR, "y": None, "stratified": True}, ValueError, "stratified=True needs arrays"),
        ({"x": GENERATOR}, TypeError, "x must be arrays where y is given; it is a generator"),
        ({"x": InOrder()}, TypeError, "x must be arrays where y is given; it is a InOrder"),
        ({"y": TARGETS[:5]}, ValueError, r"x and y must hold the same number of examples.*\[5, 22\]"),
        ({"y": TARGETS.tolist()}, TypeError, "y must be arrays.*np.asarray"),
        ({"x": X[:0], "y": TARGETS[:0]}, ValueError, "at least one"),
        ({"validation_data": X}, TypeError, r"validation_data must be a pair \(x, y\)"),
        ({"validation_every": 0}, ValueError, "validation_every must be a whole number of updates, 1 or more"),
        ({"validation_scores": "roc_auc"}, TypeError, r"validation_scores must be a list of names, such as"),
        ({"validation_scores": ["auc"]}, ValueError, "validation_scores must be one of 'roc_auc', 'pr_area'"),
        ({"validation_scores": ["roc_auc"]}, ValueError, r"measured on validation_data=\(x, y\); give that too"),
        ({"stop_factor": 1}, ValueError, "stop_factor must be greater than 1"),
        ({"stop_factor": "4"}, TypeError, "stop_factor must be a number"),
        ({"seed": -1}, ValueError, "seed must be a whole number of any size, 0 or more; it is -1"),
        ({"seed": 0.5}, ValueError, "seed must be a whole number"),
    ],
)
def test_arguments_that_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        range_test(**{"model": eager(), "x": X, "y": TARGETS, **settings})


# --- data ---


class Empty(InOrder):
    def __len__(self):
        return 0


def text(count=22):
    return np.array(["cat", "dog"] * (count // 2))


SPARSE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"x": Empty(), "y": None}, ValueError, "x holds no batch: the length of this Empty is 0"),
        ({"x": iter([]), "y": None}, ValueError, "x holds no batch"),
        ({"x": 3, "y": None}, TypeError, "x must be arrays, a dataset or a generator"),
        ({"class_weight": [1, 5]}, TypeError, r"class_weight must be a dict.*it is \[1, 5\] \(list\)"),
        ({"class_weight": "balanced"}, TypeError, "class_weight must be a dict.*'balanced'"),
        ({"class_weight": np.ones(2)}, TypeError, r"class_weight must be a dict.*\(ndarray\).*sample_weight"),
        ({"class_weight": {"cat": 1}}, TypeError, "a class in class_weight must be a number"),
        ({"class_weight": {0: "1"}}, TypeError, r"class_weight\[0\] must be a number"),
        ({"class_weight": {0: 1}, "sample_weight": np.ones(22)}, ValueError, "not both"),
        ({"class_weight": {0: 1}, "y": [TARGETS, TARGETS]}, ValueError, "class_weight is for models with one output"),
        ({"class_weight": {0: 1}, "y": None}, ValueError, "class_weight needs the classes: give y"),
        ({"sample_weight": np.ones(3)}, ValueError, "the same number of examples"),
        ({"x": InOrder(), "y": None, "sample_weight": np.ones(22)}, TypeError, "arrays where sample_weight is given"),
        ({"validation_data": PAIR}, ValueError, r"validation_every \(10\) exceeds the 9 updates"),
        ({"validation_data": (X, TARGETS[:3])}, ValueError, r"as many targets as inputs.*\[3, 22\]"),
        ({"validation_data": (X.tolist(), TARGETS)}, TypeError, r"a pair \(x, y\) of arrays; it holds float"),
        ({"validation_batch_size": 0}, ValueError, "validation_batch_size must be a whole number"),
        (
            {"validation_data": (X[:, :2], TARGETS), "validation_every": 3},
            ValueError,
            r"cannot be measured on validation_data, of shapes \(22, 2\), \(22, 1\)",
        ),
        (
            {"validation_data": (X, np.ones((22, 1))), "validation_every": 3, "validation_scores": ["roc_auc"]},
            ValueError,
            "roc_auc is a score of two classes; the validation data hold 1",
        ),
        ({"y": text()}, ValueError, "y holds text.*np.unique"),
        ({"x": text()[:, None]}, ValueError, "x holds text.*TextVectorization"),
        ({"x": pd.DataFrame({"a": [1, "b"] * 11})}, ValueError, "x holds text or other objects"),
        ({"x": pd.DataFrame({"a": [0.5, 1.5] * 11, "b": [True, False] * 11})}, ValueError, "x holds .*astype"),
    ],
)
def test_data_that_are_refused(settings, error, message):
    model = eager()
    before = model.get_weights()
    with pytest.raises(error, match=message):
        range_test(**{"model": model, "x": X, "y": TARGETS, **settings})
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("loss", [SPARSE, keras.losses.SparseCategoricalCrossentropy(), getattr(keras.losses, SPARSE)])
@pytest.mark.parametrize("label", [-1, 3])
def test_labels_without_an_output_are_refused(loss, label):
    model = mlp(units=3, activation="softmax")
    model.compile("sgd", loss)
    y = np.arange(22) % 3
    y[5] = label
    with pytest.raises(ValueError, match="y holds class numbers from .* the model has 3 outputs, for classes 0 to 2"):
        range_test(model, X, y)


def test_a_label_that_the_loss_ignores_is_none():
    model = mlp(units=3, activation="softmax")
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(ignore_class=-1), run_eagerly=True)
    assert len(range_test(model, X, np.arange(22) % 4 - 1, steps=2).losses) == 2


@needs_tensorflow
@pytest.mark.parametrize("kind", ["RaggedTensor", "SparseTensor"])
def test_ragged_tensors_are_refused_by_name(kind):
    import tensorflow as tf

    x = tf.RaggedTensor.from_tensor(X) if kind == "RaggedTensor" else tf.sparse.from_dense(X)
    with pytest.raises(TypeError, match=f"x must be arrays, and it is a {kind}: make a dataset of its batches"):
        range_test(eager(), x, TARGETS)


@needs_tensorflow
def test_text_for_a_model_that_takes_it():
    layer = keras.layers.TextVectorization(output_mode="multi_hot", vocabulary=["cat", "dog"])
    model = keras.Sequential([keras.Input((1,), dtype="string"), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert len(range_test(model, text()[:, None], TARGETS, steps=2).losses) == 2
