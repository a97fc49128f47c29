"""lr_range_test: the losses are those of each batch, at the rates recorded, for any model and any data it accepts."""

import functools
import random

import keras
import numpy as np
import pandas as pd
import pytest
import scipy
from sklearn.metrics import average_precision_score, roc_auc_score

from clr_utils import lr_range_test, repeat_range_test, sweep_rates
from clr_utils.range_test.batches import ShuffledBatches
from clr_utils.range_test.recorder import Sweep, sweeping_copy
from helpers import BACKEND, in_graph, on_tensorflow
from range_models import (
    CLASSES,
    TARGETS,
    X,
    applying,
    data_for,
    eager,
    measured,
    mlp,
    new,
    own_training,
    plain,
)

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


# --- the curves ---


@pytest.mark.parametrize("sweep", ["log", "linear"])
def test_losses_and_metrics_are_those_of_each_batch(sweep):
    """Three epochs of three batches, the last of six examples instead of eight."""
    model = plain(metrics=["mae"])
    test = range_test(model, X, TARGETS, sweep=sweep)
    rates = sweep_rates(**BOUNDS, steps=9, sweep=sweep)
    np.testing.assert_array_equal(test.learning_rates, rates)
    assert test.learning_rates[-1] == 0.3
    losses, errors = by_hand(model, rates, batches_of(X, TARGETS, 9))
    close(test.losses, losses)
    close(test.metrics["mae"], errors)
    assert list(test.metrics) == ["mae"]
    assert (test.sweep, test.min_lr, test.max_lr) == (sweep, 0.01, 0.3)
    assert (test.stopped_at, test.stop_reason) == (None, "")


@pytest.mark.parametrize("kind", ["jit", "eager", "steps", "schedule", "no_config", "scaled", "averaged", "loaded"])
def test_the_same_losses_however_the_model_is_compiled(kind, tmp_path):
    model = new("schedule" if kind == "loaded" else kind)
    if kind == "loaded":
        model.save(tmp_path / "model.keras")
        model = keras.saving.load_model(tmp_path / "model.keras")
    test = range_test(model, X, TARGETS)
    momentum = 0.5 if kind == "no_config" else 0
    expected, _ = by_hand(model, test.learning_rates, batches_of(X, TARGETS, 9), momentum)
    close(test.losses, expected)


def test_the_same_losses_in_mixed_precision():
    """With targets so small that loss scaling skips no update."""
    model = new("half")
    model.set_weights([each / 10 for each in model.get_weights()])
    test = range_test(model, X, TARGETS / 10)
    close(test.losses, by_hand(model, test.learning_rates, batches_of(X, TARGETS / 10, 9))[0], rtol=0.03)


class AtRates(keras.callbacks.Callback):
    """Trains each batch at its rate, and keeps what it logs alone."""

    def __init__(self, rates):
        super().__init__()
        self.rates, self.rows = rates, []

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = self.rates[batch]
        self.model.reset_metrics()

    def on_train_batch_end(self, batch, logs=None):
        self.rows.append({name: float(value) for name, value in logs.items()})


@pytest.mark.parametrize(
    "kind",
    ["normalized", "own_step", "unbuilt"]
    + [pytest.param(kind, marks=on_tensorflow) for kind in ("frozen", "decayed", "measured", "branched")],
)
def test_the_same_losses_as_in_a_training(kind):
    """The model is as before the test, so the same training follows: Dropout's and Adam's states too."""
    x, y = data_for(kind)
    model = new(kind)
    test = range_test(model, x, y, steps=5)
    training = AtRates(test.learning_rates)
    if BACKEND == "torch":
        # Its `fit` draws from the generator that Dropout uses, and train_on_batch does not.
        model.fit((batch for batch in batches_of(x, y, 5)), callbacks=[training], verbose=0)
    else:
        training.set_model(model)
        for place, (inputs, targets) in enumerate(batches_of(x, y, 5)):
            training.on_train_batch_begin(place)
            training.on_train_batch_end(place, model.train_on_batch(inputs, targets, return_dict=True))
    assert set(training.rows[0]) == {"loss", *test.metrics}
    for name in training.rows[0]:
        close(test.losses if name == "loss" else test.metrics[name], [row[name] for row in training.rows])


def test_data_smaller_than_a_batch():
    model = eager()
    test = range_test(model, X[:5], TARGETS[:5], steps=4)
    close(test.losses, by_hand(model, test.learning_rates, [(X[:5], TARGETS[:5])] * 4)[0])


def test_class_weights():
    model = eager()
    test = range_test(model, X, CLASSES, class_weight={0: 1, 1: 7})
    weighted = {"weight": lambda y: np.where(y[:, 0] == 1, 7.0, 1.0)}
    close(test.losses, by_hand(model, test.learning_rates, batches_of(X, CLASSES, 9), **weighted)[0])


def test_stratified_batches():
    test = range_test(eager(), X, CLASSES, stratified=True, steps=2, batch_size=22)
    assert len(test.losses) == 2


def test_a_negative_loss():
    model = mlp()
    model.compile("sgd", lambda y, answer: keras.ops.mean(keras.ops.square(answer - y)) - 100)
    expected, _ = by_hand(model, sweep_rates(**BOUNDS, steps=9), batches_of(X, TARGETS, 9))
    close(range_test(model, X, TARGETS).losses, expected - 100)


def test_a_linear_sweep_from_zero():
    assert range_test(eager(), X, TARGETS, sweep="linear", min_lr=0, steps=3).learning_rates.tolist() == [0, 0.15, 0.3]


def test_epochs_are_passes_over_the_data():
    assert len(range_test(eager(), X, TARGETS, steps=None, epochs=2).losses) == 6


@pytest.mark.skipif(BACKEND == "jax", reason="Keras cannot train a layer that measures itself on JAX")
def test_a_layer_that_measures_itself():
    @keras.saving.register_keras_serializable(package="tests")
    class Watched(keras.layers.Dense):
        def __init__(self, units):
            super().__init__(units)
            self.watch = keras.metrics.Mean(name="watch")

        def call(self, x):
            answer = super().call(x)
            self.watch.update_state(answer)
            return answer

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), Watched(1)])
    model.compile("sgd", "mse")
    test = range_test(model, X, TARGETS, min_lr=1e-9, max_lr=2e-9, steps=3)
    close(test.metrics["watch"], [np.mean(model.predict(x, verbose=0)) for x, _ in batches_of(X, TARGETS, 3)])


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


@pytest.mark.parametrize("skipped", [1, 3])
def test_an_update_that_loss_scaling_skips_is_made_with_the_next_batch(skipped):
    """A gradient that overflows until the scale has been halved often enough: the rates wait for it."""
    scale = 2.0 ** (124 + skipped)
    model = plain(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), initial_scale=scale))
    model.set_weights([np.zeros((3, 1)), np.zeros(1)])
    x, y = np.ones((8, 3), "float32"), np.full((8, 1), -4.0, "float32")
    test = range_test(model, x, y, steps=6, max_lr=0.02)
    np.testing.assert_array_equal(test.learning_rates, sweep_rates(0.01, 0.02, 6))
    close(test.losses, by_hand(model, test.learning_rates, [(x, y)] * 6)[0])


def test_loss_scaling_that_skips_every_update_is_told():
    model = mlp()
    loss = lambda y, answer: keras.ops.sqrt(0 * keras.ops.mean(keras.ops.square(answer)))  # noqa: E731
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)), loss)
    with pytest.raises(RuntimeError, match=r"made no update with model.optimizer: loss scaling skips.* float32"):
        range_test(model, X, TARGETS, steps=3)


# --- data ---


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


def torch_loader():
    from torch.utils.data import DataLoader, TensorDataset, default_convert

    return DataLoader(TensorDataset(default_convert(X), default_convert(TARGETS)), batch_size=8)


needs_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="tf.data needs TensorFlow")
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


# --- validation ---


def test_validation_data():
    """Measured after every third update, with what the model was compiled with; NaN elsewhere."""
    model = eager(metrics=["mae"])
    test = range_test(model, X, TARGETS, validation_data=(X[:6], TARGETS[:6]), validation_every=3, steps=8)
    assert list(test.metrics) == ["mae", "val_loss", "val_mae"]
    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(test.metrics["val_loss"])), [2, 5])
    batches = batches_of(X, TARGETS, 8)
    close(test.losses, by_hand(model, test.learning_rates, batches)[0])
    rates = [*test.learning_rates[:3], 0]
    losses, errors = by_hand(model, rates, [*batches[:3], (X[:6], TARGETS[:6])])
    close(test.metrics["val_loss"][2], losses[-1])
    close(test.metrics["val_mae"][2], errors[-1])


@pytest.mark.parametrize(("units", "one_hot"), [(1, False), (2, False), pytest.param(2, True, marks=on_tensorflow)])
def test_validation_scores(units, one_hot):
    activation, loss = ("sigmoid", "binary_crossentropy") if units == 1 else ("softmax", "categorical_crossentropy")
    labels = CLASSES.astype("int32")
    targets = np.eye(2)[labels[:, 0]] if one_hot else labels
    model = mlp(units=units, activation=activation)
    model.compile("sgd", loss if one_hot or units == 1 else "sparse_" + loss, run_eagerly=one_hot)
    test = range_test(
        model,
        X,
        targets,
        validation_data=(X, targets),
        validation_every=2,
        validation_scores=["roc_auc", "pr_area"],
        **{"min_lr": 1e-9, "max_lr": 1e-8, "steps": 3},
    )
    scores = model.predict(X, verbose=0)[:, -1]
    for name, score in (("val_roc_auc", roc_auc_score), ("val_pr_area", average_precision_score)):
        close(test.metrics[name], [np.nan, score(labels[:, 0], scores), np.nan])


def test_scores_of_more_than_two_classes_are_refused():
    model = mlp(units=3, activation="softmax")
    model.compile("sgd", "sparse_categorical_crossentropy")
    data = (X, CLASSES.astype("int32"))
    with pytest.raises(ValueError, match="roc_auc is a score of two classes; the model answers with 3 numbers"):
        range_test(model, *data, validation_data=data, validation_every=1, validation_scores=["roc_auc"])


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


def test_a_test_that_stops_before_it_measures_has_empty_curves():
    """An accuracy of the training would be read in the place of the one that was asked for."""
    targets = np.full_like(TARGETS[:8], np.nan)
    data = (X[:6], TARGETS[:6])
    test = range_test(eager(metrics=["mae"]), X[:8], targets, validation_data=data, validation_every=5)
    assert list(test.metrics) == ["mae", "val_loss", "val_mae"]
    assert np.isnan([*test.metrics["val_loss"], *test.metrics["val_mae"]]).all()


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


# --- what is refused ---


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


GENERATOR = endless()
PAIR = (X, TARGETS)


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


# --- the rates are those that were applied ---


class Twice(keras.Model):
    """A model that trains twice on each batch, on any backend."""

    def train_step(self, *state_and_data):
        *state, data = state_and_data
        made = super().train_step(*state, data)
        return super().train_step(made[1], data) if state else super().train_step(data)


def test_two_updates_a_batch_are_refused():
    inputs = keras.Input((3,))
    model = Twice(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd", "mse", run_eagerly=True)
    with pytest.raises(RuntimeError, match="a batch made 2 updates with model.optimizer.*one update a batch"):
        range_test(model, X, TARGETS)


@on_tensorflow
def test_another_optimizer_is_told_at_once():
    """Not blamed on loss scaling."""
    other = keras.optimizers.SGD(0.05)
    model = own_training(lambda model, gradients: other.apply(gradients, model.trainable_variables))
    with pytest.raises(RuntimeError, match="train_step uses another optimizer, whose rate the test does not set"):
        range_test(model, X, TARGETS)


def test_a_frozen_model_has_nothing_to_train():
    model = plain()
    model.trainable = False
    with pytest.raises(ValueError, match="nothing to train.*trainable = True"):
        range_test(model, X, TARGETS)


def test_a_train_function_of_ones_own():
    class Bypass(keras.Sequential):
        def make_train_function(self, force=False):
            logs = {"loss": 1.0}
            self.train_function = (lambda state, data: (logs, state)) if BACKEND == "jax" else lambda data: logs

    model = Bypass([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(RuntimeError, match="train_function does not call its train_step"):
        range_test(model, X, TARGETS)


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


# --- metrics of many values, and of odd names ---


def several_classes(**compiled):
    """Three classes, one-hot, with an F1 score for each."""
    model = mlp(units=3, activation="softmax")
    model.compile("sgd", "categorical_crossentropy", metrics=[keras.metrics.F1Score(name="f1")], **compiled)
    return model, np.eye(3, dtype="float32")[np.arange(22) % 3]


def test_a_metric_that_answers_with_a_vector_has_a_column_a_class():
    model, y = several_classes()
    test = range_test(model, X, y, steps=4, validation_data=(X[:9], y[:9]), validation_every=4)
    assert list(test.metrics) == [*(f"{half}f1_{k}" for half in ("", "val_") for k in range(3)), "val_loss"]
    model.optimizer.learning_rate = test.learning_rates[0]
    ((x, targets),) = batches_of(X, y, 1)
    expected = model.train_on_batch(x, targets, return_dict=True)["f1"]
    close([test.metrics[f"f1_{k}"][0] for k in range(3)], np.asarray(expected))
    assert test.to_frame().shape == (4, 9)


def test_a_metric_called_learning_rate_does_not_replace_the_rates():
    model = eager(metrics=[keras.metrics.MeanAbsoluteError(name="learning_rate")])
    test = range_test(model, X, TARGETS)
    np.testing.assert_array_equal(test.learning_rates, sweep_rates(**BOUNDS, steps=9))
    assert "learning_rate" in test.metrics


# --- what is refused before training ---


class Empty(InOrder):
    def __len__(self):
        return 0


def test_validation_data_come_in_batches_of_the_training():
    """Or in those that are asked for."""
    sizes = []

    class Sizes(keras.losses.Loss):
        def call(self, y, answer):
            sizes.append(len(y))
            return keras.ops.mean(keras.ops.square(y - answer), axis=-1)

    model = mlp()
    model.compile("sgd", Sizes(), run_eagerly=True)
    settings = {"steps": 2, "validation_data": (X[:16], TARGETS[:16]), "validation_every": 2}
    range_test(model, X[:8], TARGETS[:8], **settings)
    assert set(sizes) == {8}
    range_test(model, X[:8], TARGETS[:8], validation_batch_size=16, **settings)
    assert set(sizes) == {8, 16}


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


# --- several tests ---


def test_repeats_are_tests_with_a_seed_each():
    tests = repeat_range_test(plain, X, TARGETS, seeds=[4, 2], steps=3, batch_size=8, verbose=0, **BOUNDS)
    assert tests.seeds == (4, 2)
    assert [len(test.losses) for test in tests] == [3, 3]
    assert tests.tests[0].losses[0] != tests.tests[1].losses[0]


@pytest.mark.parametrize(
    ("build", "settings", "error", "message"),
    [
        (measured(), {}, TypeError, "build must be a function that returns a new compiled model"),
        (None, {}, TypeError, "build must be a function"),
        (plain, {"seeds": 0}, ValueError, "seeds must be a whole number of seeds, 1 or more"),
        (plain, {"seeds": "3"}, TypeError, "seeds must be a number"),
        (plain, {"seeds": [1.5]}, ValueError, r"seeds\[0\] must be a whole number"),
        (plain, {"seeds": ["3"]}, TypeError, r"seeds\[0\] must be a number"),
        (plain, {"seeds": [True]}, TypeError, r"seeds\[0\] must be a number"),
        (plain, {"seeds": [0, 0]}, ValueError, r"seeds must be one or more numbers that differ; they are \[0, 0\]"),
        (plain, {"seeds": []}, ValueError, "seeds must be one or more numbers"),
        (functools.cache(plain), {"verbose": 0}, ValueError, "build returned the same model again"),
        (lambda: 3, {}, TypeError, "model must be a compiled Keras model; it is 3"),
        (lambda: None, {}, TypeError, "model must be a compiled Keras model; it is None"),
        (plain, {"seed": 1}, TypeError, "seed"),
    ],
)
def test_repeats_that_are_refused(build, settings, error, message):
    with pytest.raises(error, match=message):
        repeat_range_test(build, X, TARGETS, steps=3, **BOUNDS, **settings)


def test_repeats_of_a_generator_are_refused():
    with pytest.raises(TypeError, match="x is a generator, which can be read once only"):
        repeat_range_test(plain, endless(), steps=3, **BOUNDS)


@pytest.mark.parametrize("verbose", [0, 1])
def test_a_progress_bar_when_asked_for(verbose, capsys):
    range_test(eager(), X, TARGETS, steps=2, verbose=verbose)
    shown = capsys.readouterr()
    assert ("range test" in shown.err) == bool(verbose)
    assert not shown.out
