"""Momentum as a schedule: closed forms, Keras's own with a number, what acted is what is told, resumed exactly."""

import json

import keras
import numpy as np
import pytest

from clr_utils import (
    LearningRateHistory,
    MomentumAdam,
    MomentumSGD,
    PolicySchedule,
    differential_rates,
    lr_range_test,
    one_cycle,
    one_cycle_momentum,
)
from helpers import BACKEND, applied_rates, assert_rates, dtype_policy, fit, on_tensorflow, probe_model, weight

LENGTHS = {"total": 12, "step_size": 5}
RATE, MOMENTUM = {"max_lr": 0.1, **LENGTHS}, {"base_momentum": 0.5, "max_momentum": 0.95, **LENGTHS}
KINDS = [
    pytest.param(MomentumSGD, {}, id="SGD"),
    pytest.param(MomentumSGD, {"nesterov": True}, id="Nesterov"),
    pytest.param(MomentumAdam, {}, id="Adam"),
    pytest.param(MomentumAdam, {"amsgrad": True, "beta_2": 0.9}, id="AMSGrad"),
]


def rate():
    return PolicySchedule("one_cycle", **RATE)


def momentum():
    return PolicySchedule("one_cycle_momentum", **MOMENTUM)


def by_hand(kind, updates, nesterov=False, amsgrad=False, beta_2=0.999):
    """The weights after each update of (w - 1)**2 from w = 0, in float64, at the rates and momenta above."""
    w = velocity = square = largest = 0.0
    weights = []
    for n in range(updates):
        lr, m, gradient = one_cycle(n, **RATE), one_cycle_momentum(n, **MOMENTUM), 2 * (w - 1)
        if kind is MomentumSGD:
            velocity = m * velocity - lr * gradient
            w += m * velocity - lr * gradient if nesterov else velocity
        else:
            velocity = m * velocity + (1 - m) * gradient
            square = beta_2 * square + (1 - beta_2) * gradient**2
            largest = max(largest, square) if amsgrad else square
            mean = velocity / (1 - m ** (n + 1))
            w -= lr * mean / (np.sqrt(largest / (1 - beta_2 ** (n + 1))) + 1e-7 / np.sqrt(1 - beta_2 ** (n + 1)))
        weights.append(w)
    return weights


class Weights(keras.callbacks.Callback):
    """The probe model's weight after each batch, or each group of them."""

    def __init__(self):
        super().__init__()
        self.found = []

    def on_train_batch_end(self, batch, logs=None):
        self.found.append(weight(self.model))


def trained(optimizer, updates, **compiled):
    """What `Weights` finds in a training with the loss (w - 1)**2 from w = 0."""
    model, weights = probe_model(), Weights()
    model.compile(optimizer, "mse", **compiled)
    ones = np.ones((2 * updates, 1), "float32")
    model.fit(ones, ones, batch_size=2, shuffle=False, verbose=0, callbacks=[weights])
    return weights.found


def network():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])


X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def train(model, epochs=1):
    model.fit(X, Y, batch_size=6, epochs=epochs, shuffle=False, verbose=0)
    return model


def assert_same_weights(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        if BACKEND == "tensorflow":
            np.testing.assert_array_equal(a, b)
        else:
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kind", [MomentumSGD, MomentumAdam])
def test_a_rate_that_is_a_number(kind):
    for given in (np.float32(0.5), 1, 0):
        assert float(kind(given).learning_rate) == given
    for given in (-0.1, np.nan, True):
        with pytest.raises((TypeError, ValueError), match="^learning_rate must be"):
            kind(given)


# --- the updates ---


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_the_updates_are_those_of_the_equations(kind, settings, eager):
    expected = by_hand(kind, 14, **settings)
    np.testing.assert_allclose(trained(kind(rate(), momentum(), **settings), 14), expected, rtol=2e-5)


@pytest.mark.parametrize(("kind", "settings"), KINDS[::2])
@pytest.mark.parametrize(
    "compiled",
    [
        pytest.param({"steps_per_execution": 5}, marks=pytest.mark.skipif(BACKEND == "torch", reason="no")),
        pytest.param({"jit_compile": True}, marks=on_tensorflow),
    ],
    ids=str,
)
def test_how_the_step_is_compiled_makes_no_difference(kind, settings, compiled):
    weights = trained(kind(rate(), momentum(), **settings), 10, **compiled)
    np.testing.assert_allclose(weights[-1], by_hand(kind, 10, **settings)[-1], rtol=2e-5)


@pytest.mark.parametrize(
    ("ours", "theirs", "settings"),
    [
        (MomentumSGD, keras.optimizers.SGD, {"momentum": 0.0}),
        (MomentumSGD, keras.optimizers.SGD, {"momentum": 0.9, "weight_decay": 0.01}),
        (MomentumSGD, keras.optimizers.SGD, {"momentum": 0.9, "nesterov": True, "clipnorm": 0.5}),
        (MomentumAdam, keras.optimizers.Adam, {"beta_1": 0.8, "amsgrad": True}),
        (MomentumAdam, keras.optimizers.Adam, {}),
        (MomentumAdam, keras.optimizers.AdamW, {"weight_decay": 0.1}),
    ],
)
def test_with_a_number_it_is_the_optimizer_of_keras(ours, theirs, settings, eager):
    models = network(), network()
    for model, kind in zip(models, (ours, theirs), strict=True):
        model.compile(kind(rate(), **settings), "mse")
        train(model)
    assert_same_weights(*models)


def test_the_defaults():
    assert (MomentumSGD().momentum, MomentumSGD().nesterov, float(MomentumSGD().learning_rate)) == (
        *(0.9, False),
        pytest.approx(0.01),
    )
    assert (MomentumAdam().beta_1, float(MomentumAdam().learning_rate)) == (0.9, pytest.approx(0.001))


# --- what acted ---


def momenta_that_acted(model, updates, rate=0.1, **settings):
    """The momenta of the second and further updates, read off the velocities: the gradient is 1."""
    moves = np.array([move for move in applied_rates(model, updates, **settings) if move])
    return (moves[1:] - rate) / moves[:-1]


def test_the_momenta_that_are_told_are_those_that_acted():
    model, history = probe_model(), LearningRateHistory()
    model.compile(MomentumSGD(0.1, momentum()), "mae")
    acted = momenta_that_acted(model, 5, callbacks=[history], epochs=2)
    told = model.optimizer.momenta(history.iterations)
    assert_rates(told, one_cycle_momentum(np.arange(10), **MOMENTUM))
    np.testing.assert_allclose(acted, told[1:], rtol=1e-5)
    assert_rates(float(model.optimizer.momentum), one_cycle_momentum(10, **MOMENTUM))


def test_momenta_of_a_number_are_that_number():
    assert MomentumSGD(0.1, 0.5).momenta([0, 7]).tolist() == [0.5, 0.5]
    assert MomentumAdam(0.1, 0.5).momenta([]).shape == (0,)
    with pytest.raises(ValueError, match="^iterations must be 0 or more"):
        MomentumAdam().momenta([-1])


def test_with_gradient_accumulation_lengths_count_batches():
    model, history = probe_model(), LearningRateHistory()
    model.compile(MomentumSGD(0.1, momentum(), gradient_accumulation_steps=2), "mae")
    acted = momenta_that_acted(model, 10, callbacks=[history])
    told = model.optimizer.momenta(history.iterations)
    assert_rates(told, one_cycle_momentum(np.arange(1, 10, 2), **MOMENTUM))
    np.testing.assert_allclose(acted, told[1:], rtol=1e-5)


def test_updates_that_loss_scaling_skips_do_not_count():
    with dtype_policy("mixed_float16"):
        model, history = probe_model(), LearningRateHistory()
        inner = MomentumSGD(0.1, momentum())
        model.compile(keras.optimizers.LossScaleOptimizer(inner, initial_scale=2.0**18), "mae")
        acted = momenta_that_acted(model, 9, callbacks=[history])
    updates = int(inner.iterations)
    assert 4 < updates < 9
    told = inner.momenta(range(updates))
    np.testing.assert_allclose(acted, told[1:], rtol=1e-5)
    assert_rates(told, one_cycle_momentum(np.arange(updates), **MOMENTUM))


# --- saved, copied, joined with others ---


@pytest.mark.parametrize(("kind", "settings"), KINDS[1:3])
def test_a_saved_training_goes_on_as_if_not_interrupted(kind, settings, tmp_path):
    whole, half = network(), network()
    for model in (whole, half):
        model.compile(kind(rate(), momentum(), **settings), "mse")
    train(half).save(tmp_path / "half.keras")
    again = keras.saving.load_model(tmp_path / "half.keras")
    assert int(again.optimizer.iterations) == 4
    assert_same_weights(train(again), train(whole, epochs=2))


@pytest.mark.parametrize(("kind", "settings"), KINDS)
@pytest.mark.parametrize("given", [0.25, "schedule"])
def test_it_is_made_again_from_its_config(kind, settings, given):
    optimizer = kind(rate(), momentum() if given == "schedule" else given, **settings)
    config = optimizer.get_config()
    again = keras.optimizers.deserialize(json.loads(json.dumps(keras.optimizers.serialize(optimizer))))
    for made in (again, kind.from_config(config)):
        assert type(made) is kind
        assert made.get_config() == config
        assert {name: getattr(made, name) for name in settings} == settings
        np.testing.assert_array_equal(made.momenta(range(14)), optimizer.momenta(range(14)))


def test_each_group_of_differential_rates_may_have_it(eager):
    model = probe_model()
    groups = [(model.layers, 0.1)]
    model.compile(differential_rates(model, groups, MomentumSGD, momentum=momentum()), "mae")
    acted = momenta_that_acted(model, 5)
    np.testing.assert_allclose(acted, one_cycle_momentum(np.arange(1, 5), **MOMENTUM), rtol=1e-5)


def test_a_range_test_trains_with_its_momentum_and_leaves_it(eager):
    model, plain = network(), network()
    plain.compile(keras.optimizers.SGD(0.1, momentum=0.5), "mse")
    model.compile(MomentumSGD(0.1, PolicySchedule("fixed", lr=0.5)), "mse")
    sweep = {"x": X, "y": Y, "min_lr": 0.01, "max_lr": 0.1, "steps": 6, "batch_size": 6, "verbose": 0}
    tests = [lr_range_test(each, **sweep) for each in (model, plain)]
    np.testing.assert_allclose(tests[0].losses, tests[1].losses, rtol=1e-6)
    assert int(model.optimizer.iterations) == 0
    assert float(model.optimizer.momentum) == 0.5


# --- what is refused ---


class Fallen(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.5 - 0.001 * keras.ops.cast(step, "float32")


@pytest.mark.parametrize(("kind", "name"), [(MomentumSGD, "momentum"), (MomentumAdam, "beta_1")])
@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (PolicySchedule("cosine", max_lr=2, total=90), ValueError, "at 0 this schedule is .*of the learning rate"),
        (PolicySchedule("one_cycle", max_lr=0.1, total=90), ValueError, "is the schedule of a rate .*_momentum"),
        (Fallen(), ValueError, "must be 0 or more .* at 512 this schedule is -0.01"),
        (lambda: 0.9, TypeError, "must be a number or a schedule, such as PolicySchedule.'one_cycle_momentum'"),
        (1.0, ValueError, "must be less than 1; it is 1.0"),
        (-0.1, ValueError, "must be 0 or more.* -0.1"),
        ("0.9", TypeError, "must be a number"),
        (None, TypeError, "must be a number"),
        (float("nan"), ValueError, "finite"),
    ],
)
def test_what_cannot_be_is_refused_by_name(kind, name, given, error, message):
    with pytest.raises(error, match=f"^{name} .*{message}"):
        kind(0.1, given)


@pytest.mark.parametrize("kind", [MomentumSGD, MomentumAdam])
def test_a_momentum_in_the_place_of_the_rate_is_refused(kind):
    with pytest.raises(ValueError, match="learning_rate is the schedule of a momentum .*are the two swapped"):
        kind(PolicySchedule("one_cycle_momentum", total=90))


def test_adam_is_told_the_name_of_its_momentum():
    with pytest.raises(TypeError, match="MomentumAdam.learning_rate, beta_1="):
        MomentumAdam(0.001, momentum=PolicySchedule("one_cycle_momentum", total=90))


def test_nesterov_is_true_or_false():
    with pytest.raises(TypeError, match="^nesterov must be True or False"):
        MomentumSGD(nesterov="yes")


@pytest.mark.parametrize(("kind", "name"), [(MomentumSGD, "momentum"), (MomentumAdam, "beta_1")])
def test_it_is_not_assigned_to_one_in_use(kind, name, eager):
    model = probe_model()
    model.compile(kind(0.1), "mae")
    setattr(model.optimizer, name, 0.5)
    assert getattr(model.optimizer, name) == 0.5
    fit(model, 1)
    with pytest.raises(AttributeError, match=f"^{name} was assigned .*in use.*: give {name} a schedule when you make"):
        setattr(model.optimizer, name, 0.6)
    assert getattr(model.optimizer, name) == 0.5
