"""CyclicLR and PolicyLR: the rates that they apply, in fit and called by hand."""

import inspect

import keras
import numpy as np
import pytest

from callback_cases import RESTARTS
from clr_utils import CyclicLR, LearningRateHistory, PolicyLR, PolicySchedule, sgdr, triangular
from helpers import applied_rates, assert_rates, batches, probe_model

pytestmark = pytest.mark.filterwarnings("ignore::clr_utils.CycleWarning")


# --- CyclicLR ---


def test_the_arguments_are_those_of_the_classic_callback():
    parameters = inspect.signature(CyclicLR).parameters.values()
    assert {p.name: p.default for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD} == {
        "base_lr": 0.001,
        "max_lr": 0.006,
        "step_size": 2000,
        "mode": "triangular",
        "gamma": 1.0,
        "scale_fn": None,
        "scale_mode": "cycle",
    }


@pytest.mark.parametrize("step_size", [2000, 2000.0])
def test_the_tutorials_call_runs_as_published(step_size):
    """CyclicLR(mode='triangular') over Adam(0.1), batch 2000; here two epochs of two updates."""
    callback = CyclicLR(mode="triangular", step_size=step_size)
    model = probe_model(0.1, optimizer="Adam")
    x, y = batches(2000)
    model.fit(x, y, epochs=2, batch_size=2000, callbacks=[callback], verbose=0)
    assert callback.history["iterations"] == [0, 1, 2, 3]
    np.testing.assert_allclose(callback.history["lr"], [0.001, 0.0010025, 0.001005, 0.0010075], rtol=1e-12)
    assert float(model.optimizer.learning_rate.numpy()) == pytest.approx(0.0010075)


def test_the_classic_positional_call(plain_model):
    callback = CyclicLR(0.1, 0.5, 2, "exp_range", 0.9, None, "iterations")
    expected = [0.1, 0.1 + 0.2 * 0.9, 0.1 + 0.4 * 0.9**2, 0.1 + 0.2 * 0.9**3, 0.1]
    assert_rates(applied_rates(plain_model(), 5, [callback]), expected)
    np.testing.assert_allclose(callback.history["lr"], expected)


def test_a_second_fit_goes_on_where_the_first_stopped(plain_model):
    model, callback = plain_model(), CyclicLR(0.1, 0.5, 3)
    rates = applied_rates(model, 4, [callback]) + applied_rates(model, 5, [callback])
    assert_rates(rates, triangular(np.arange(9), 0.1, 0.5, 3))
    assert callback.history["iterations"] == list(range(9))


def test_a_partial_batch_is_an_update(plain_model):
    callback = CyclicLR(0.1, 0.5, 3)
    x, y = np.ones((5, 1)), np.ones((5, 1))
    plain_model().fit(x, y, batch_size=2, epochs=2, verbose=0, callbacks=[callback])
    assert callback.history["iterations"] == list(range(6))


@pytest.mark.parametrize("between", ["evaluate", "predict", "validation"])
def test_evaluation_does_not_disturb(between, plain_model, schedule_model):
    x, y = batches(3)
    expected = triangular(np.arange(8), 0.1, 0.5, 3)
    for model, callbacks in ((plain_model(), [CyclicLR(0.1, 0.5, 3)]), (schedule_model(), [])):
        history = LearningRateHistory()
        callbacks = [*callbacks, history]
        validation = {"validation_data": (x, y)} if between == "validation" else {}
        rates = applied_rates(model, 4, callbacks, **validation)
        if between == "evaluate":
            model.evaluate(x, y, batch_size=2, verbose=0, callbacks=callbacks)
        if between == "predict":
            model.predict(x, batch_size=2, verbose=0, callbacks=callbacks)
        rates += applied_rates(model, 4, callbacks, **validation)
        assert_rates(rates, expected)
        assert history.iterations == list(range(8))
        assert_rates(history.learning_rates, expected)


# --- PolicyLR ---


def test_a_policy_sets_the_rate_of_each_update_and_goes_on_when_resumed(plain_model, tmp_path):
    model, callback, history = plain_model(), PolicyLR("sgdr", **RESTARTS), LearningRateHistory()
    rates = applied_rates(model, 4, [callback, history])
    model.save(tmp_path / "model.keras")
    rates += applied_rates(keras.saving.load_model(tmp_path / "model.keras"), 7, [callback, history])
    expected = sgdr(np.arange(11), **RESTARTS)
    assert_rates(rates, expected)
    assert callback.history == {"iterations": list(range(11)), "lr": expected.tolist()}
    assert_rates(history.learning_rates, expected)


def test_its_schedule_is_the_one_to_train_with_at_less_cost():
    callback = PolicyLR("sgdr", **RESTARTS, name="mine")
    assert callback.schedule.get_config() == PolicySchedule("sgdr", **RESTARTS, name="mine").get_config()


@pytest.mark.parametrize(
    ("policy", "settings", "parts"),
    [
        ("no such", {}, ["policy", "'cosine'", "'no such'"]),
        ("triangular", {}, ["CyclicLR(base_lr, max_lr, step_size, mode='triangular')"]),
        ("cosine", {"max_lr": 0.1}, ["cosine(iteration, max_lr, total, min_lr=0)", "'total'"]),
        ("cosine", {"max_lr": 0.1, "total": 0}, ["total", "1 or more"]),
        ("cosine", {"max_lr": 0.1, "total": 9, "warn": "no"}, ["warn", "True or False", "'no'"]),
    ],
)
def test_a_policy_is_checked_when_the_callback_is_made(policy, settings, parts):
    with pytest.raises((TypeError, ValueError)) as caught:
        PolicyLR(policy, **settings)
    for part in parts:
        assert part in str(caught.value)


def test_a_policy_of_momenta_is_refused():
    with pytest.raises(ValueError, match=r"^policy is the schedule of a momentum \('one_.* argument of MomentumSGD"):
        PolicyLR("one_cycle_momentum", total=2)


def test_a_policy_is_named_first():
    for form in (PolicyLR, PolicySchedule):
        with pytest.raises(TypeError, match='^name the policy first, without "policy="'):
            form(policy="sgdr", max_lr=0.1, period=9)


# --- called by hand ---


CALLBACKS = {"CyclicLR": lambda: CyclicLR(0.1, 0.2, 2, warn=False), "LearningRateHistory": LearningRateHistory}
each_callback = pytest.mark.parametrize("make", CALLBACKS.values(), ids=CALLBACKS)


@each_callback
@pytest.mark.parametrize(
    ("model", "told"), [(None, "no model"), (keras.Sequential(), "a model that is not compiled")], ids=["none", "bare"]
)
def test_a_callback_without_a_compiled_model_says_so(make, model, told):
    callback = make()
    callback.set_model(model)
    with pytest.raises(RuntimeError, match=rf"^\w+ was given {told}: pass it to fit\(callbacks=\[\.\.\.\]\)"):
        callback.on_train_begin()


@pytest.mark.parametrize(
    ("name", "calls", "missing"),
    [
        ("CyclicLR", "batch_begin", "on_train_begin"),
        ("CyclicLR", "train_begin batch_end", "on_train_batch_begin"),
        ("CyclicLR", "epoch_end", "on_train_begin"),
        ("CyclicLR", "train_end", "on_train_begin"),
        ("PolicyLR", "train_end", "on_train_begin"),
        ("LearningRateHistory", "epoch_begin", "on_train_begin"),
        ("LearningRateHistory", "train_begin batch_end", "on_epoch_begin"),
        ("LearningRateHistory", "train_begin epoch_end", "on_epoch_begin"),
        ("LearningRateHistory", "train_end", "on_train_begin"),
    ],
)
def test_methods_called_in_another_order_name_the_one_that_is_missing(name, calls, missing, plain_model):
    callback = PolicyLR("sgdr", **RESTARTS) if name == "PolicyLR" else CALLBACKS[name]()
    callback.set_model(plain_model())
    *before, last = calls.split()
    for call in before:
        by_hand(callback, call)
    with pytest.raises(RuntimeError, match=rf"^{name}\.{missing} was not called: .*the order of fit, on_train_begin"):
        by_hand(callback, last)


def by_hand(callback, call):
    """One call of a callback's method, such as "epoch_begin"."""
    if call.startswith("batch"):
        getattr(callback, f"on_train_{call}")(0)
    elif call.startswith("epoch"):
        getattr(callback, f"on_{call}")(0)
    else:
        getattr(callback, f"on_{call}")()


def test_a_training_loop_of_ones_own(plain_model):
    """No set_params is needed, and an epoch without a batch has no rate."""
    cycles, history, logs = CyclicLR(0.1, 0.2, 2, warn=False), LearningRateHistory(), {}
    model, (x, y) = plain_model(), batches(1)
    for callback in (cycles, history):
        callback.set_model(model)
    for call in ("train_begin", "epoch_begin", *("batch_begin", "batch_end") * 3, "epoch_end", "train_end"):
        if call == "batch_end":
            model.train_on_batch(x, y)
        for callback in (cycles, history):
            by_hand(callback, call)
    assert_rates(cycles.history["lr"], [0.1, 0.15, 0.2])
    assert_rates(history.learning_rates, [0.1, 0.15, 0.2])
    cycles.on_train_begin()
    cycles.on_epoch_end(0, logs)
    assert np.isnan(logs["learning_rate"])
