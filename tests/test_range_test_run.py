"""lr_range_test: the losses are those of each batch, at the rates recorded, for any model that it accepts."""

import functools

import keras
import numpy as np
import pytest

from clr_utils import repeat_range_test, sweep_rates
from helpers import BACKEND, on_tensorflow
from range_models import CLASSES, TARGETS, X, data_for, eager, measured, mlp, new, own_training, plain
from range_runs import BOUNDS, batches_of, by_hand, close, endless, range_test

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


def test_a_train_function_of_ones_own():
    class Bypass(keras.Sequential):
        def make_train_function(self, force=False):
            logs = {"loss": 1.0}
            self.train_function = (lambda state, data: (logs, state)) if BACKEND == "jax" else lambda data: logs

    model = Bypass([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(RuntimeError, match="train_function does not call its train_step"):
        range_test(model, X, TARGETS)


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
