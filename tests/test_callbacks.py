"""CyclicLR, PolicyLR and LearningRateHistory: what they apply and record, what they refuse, when they warn."""

import csv
import gc
import inspect
import math
import re
import warnings

import keras
import numpy as np
import pytest

from clr_utils import (
    CycleWarning,
    CyclicalLearningRate,
    CyclicLR,
    LearningRateHistory,
    PolicyLR,
    PolicySchedule,
    sgdr,
    triangular,
)
from helpers import (
    BACKEND,
    applied_rates,
    assert_rates,
    batches,
    batches_with_an_overflow,
    beginning_again,
    dtype_policy,
    fit,
    on_tensorflow,
    probe_model,
    weight,
)

pytestmark = pytest.mark.filterwarnings("ignore::clr_utils.CycleWarning")


@pytest.fixture(scope="module")
def plain_model():
    """One compiled model with a plain rate of 0.3; each call begins again at iteration 0."""
    model = probe_model(0.3)

    def again():
        model.optimizer.iterations.assign(0)
        model.optimizer.learning_rate = 0.3
        return model

    return again


@pytest.fixture(scope="module")
def schedule_model():
    """One compiled model with a schedule whose cycle is six updates; each call begins again at iteration 0."""
    return beginning_again(probe_model(CyclicalLearningRate(0.1, 0.5, 3)))


@pytest.fixture
def collected():
    """An epoch that ends early leaves the iterator over its data to the garbage collector.

    TensorFlow then waits for the thread that tunes it, for about as long as the iterator has lived: better at once.
    """
    yield
    gc.collect()


def only_cycle_warning(train):
    """The message of the one CycleWarning that a training gives."""
    with pytest.warns(CycleWarning) as caught:
        train()
    messages = [str(warning.message) for warning in caught if warning.category is CycleWarning]
    assert len(messages) == 1
    return messages[0]


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

RESTARTS = {"max_lr": 0.5, "period": 3, "min_lr": 0.1, "multiplier": 2}


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


@pytest.mark.parametrize(("updates", "missing"), [(4, 2), (6, 0), (7, 0)])
def test_training_that_ends_before_the_policy_warns(updates, missing, plain_model):
    def train(**settings):
        fit(plain_model(), updates, [PolicyLR("one_cycle", max_lr=0.5, **settings)])

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CycleWarning)
        train(total=6.0)
        train(total=6, warn=False)
    messages = [str(warning.message) for warning in caught if warning.category is CycleWarning]
    assert len(messages) == bool(missing)
    for message in messages:
        for part in (f"{missing} updates before the policy's total", f"train {missing} updates more", "warn=False"):
            assert part in message


@pytest.mark.parametrize("form", ["callback", "schedule"])
@pytest.mark.parametrize(
    ("total", "final_lr", "part"),
    [
        (6, 0, None),
        (5, 0, None),
        (4, 0, "total, 4 updates, and 2 updates more were made at next to nothing"),
        (4, 0.01, None),
        (8, 0.01, "2 updates before the policy's total"),
    ],
)
def test_training_that_goes_on_after_the_policy_warns(form, total, final_lr, part, plain_model):
    """In six updates; PyTorch's form arrives at the last of them, and a rate above 0 trains on."""
    settings = {"max_lr": 0.5, "total": total, "final_lr": final_lr}
    schedule = PolicySchedule("one_cycle", **settings)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CycleWarning)
        if form == "callback":
            fit(plain_model(), 6, [PolicyLR("one_cycle", **settings), LearningRateHistory()])
        else:
            fit(probe_model(schedule), 6, [LearningRateHistory()])
            fit(probe_model(schedule), 6, [LearningRateHistory(warn=False)])
    messages = [str(warning.message) for warning in caught if warning.category is CycleWarning]
    assert len(messages) == (part is not None)
    assert all(part in message for message in messages)


@pytest.mark.parametrize(
    ("total", "part"),
    [(2, "total, 3 updates, and 3 updates more"), (7, "2 updates before the policy's total"), (5, None)],
)
def test_the_end_of_a_policy_after_a_warm_up_is_looked_at(total, part):
    """A warm-up of one update and a fall, in six updates."""
    schedule = PolicySchedule("warmed_up", policy=PolicySchedule("cosine", max_lr=0.5, total=total), warmup=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CycleWarning)
        fit(probe_model(schedule), 6, [LearningRateHistory()])
    messages = [str(warning.message) for warning in caught if warning.category is CycleWarning]
    assert len(messages) == (part is not None)
    assert all(part in message for message in messages)


@pytest.mark.parametrize("form", ["schedule", "callback"])
def test_a_total_in_epochs_is_told_before_the_training(form, plain_model):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            raise InterruptedError

    settings = {"max_lr": 0.5, "total": 2}
    if form == "callback":
        model, callback = plain_model(), PolicyLR("cosine", **settings)
    else:
        model, callback = probe_model(PolicySchedule("cosine", **settings)), LearningRateHistory()
    told = pytest.warns(CycleWarning, match="ends after 2 updates.* 2 epochs of 6 updates.* 12 for all of it")
    with told, pytest.raises(InterruptedError):
        fit(model, 6, [callback, Stop()], epochs=2)


def test_a_policy_without_an_end_does_not_warn(plain_model):
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        fit(plain_model(), 2, [PolicyLR("sgdr", **RESTARTS)])
        fit(probe_model(PolicySchedule("sgdr", **RESTARTS)), 2, [LearningRateHistory()])


def test_a_policy_of_momenta_is_refused():
    with pytest.raises(ValueError, match=r"^policy is the schedule of a momentum \('one_.* argument of MomentumSGD"):
        PolicyLR("one_cycle_momentum", total=2)


def test_a_schedule_of_momenta_does_not_warn():
    """As a learning rate, of which Keras's SGD cannot know: it has a total, and no max_lr to be small beside."""
    schedule = PolicySchedule("one_cycle_momentum", total=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        fit(probe_model(schedule), 4, [LearningRateHistory()])


def test_a_policy_is_named_first():
    for form in (PolicyLR, PolicySchedule):
        with pytest.raises(TypeError, match='^name the policy first, without "policy="'):
            form(policy="sgdr", max_lr=0.1, period=9)


def policy_lr(**settings):
    return PolicyLR("sgdr", **RESTARTS, **settings)


def once_an_epoch(**settings):
    return keras.callbacks.LearningRateScheduler(lambda epoch: 0.3)


@pytest.mark.parametrize(
    ("callbacks", "epochs", "told"),
    [
        ([policy_lr], 2, []),
        ([lambda **settings: CyclicLR(0.1, 0.5, 3, **settings), policy_lr], 2, ["CyclicLR", "PolicyLR"]),
        ([policy_lr, once_an_epoch], 1, []),  # before the first update, where it does no harm
        ([policy_lr, once_an_epoch], 3, ["PolicyLR"]),
    ],
    ids=["one", "two", "one an epoch, once", "one an epoch"],
)
def test_two_callbacks_that_set_the_rate_are_told_once_each(callbacks, epochs, told, plain_model):
    def messages(**settings):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", CycleWarning)
            fit(plain_model(), 3, [make(**settings) for make in callbacks], epochs=epochs)
        return [str(each.message) for each in caught if "something else" in str(each.message)]

    found = messages()
    assert all(name in message for name, message in zip(sorted(told), sorted(found), strict=True))
    assert not messages(warn=False)


@pytest.mark.parametrize(
    ("scale", "message"), [(-1, "0 or more; it is -0.0"), (math.nan, "a finite number; it is nan")]
)
@pytest.mark.usefixtures("collected")
def test_a_rate_that_cannot_be_is_refused_before_its_update(scale, message, plain_model):
    model = plain_model()
    callback = CyclicLR(0.05, 0.5, 3, scale_fn=lambda cycle: scale, warn=False)
    with pytest.raises(ValueError, match=f"^the rate of update [01] must be {message}"):
        fit(model, 3, [callback])
    assert len(callback.history["lr"]) <= 1


@on_tensorflow
@pytest.mark.parametrize("form", ["callback", "schedule"])
@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: CyclicLR(0.1, 0.5, 6), "inside a cycle, 9 updates before its end"),
        (lambda: PolicyLR("one_cycle", max_lr=0.5, total=12), "total, 12 updates, and 3 updates more"),
        (lambda: PolicyLR("one_cycle", max_lr=0.5, total=16), "1 updates before the policy's total"),
    ],
    ids=["inside a cycle", "after the total", "before the total"],
)
def test_where_tensorflow_counts_more_updates_than_it_makes_the_warnings_say_so(make, part, form, plain_model):
    """In three epochs of four updates."""
    import tensorflow as tf

    known = tf.data.Dataset.from_tensor_slices(batches(4)).batch(2)

    def told(data):
        setter = make()
        if form == "callback":
            model, callback = plain_model(), setter
        else:
            model, callback = probe_model(setter.schedule), LearningRateHistory()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", CycleWarning)
            model.fit(data, epochs=3, callbacks=[callback], verbose=0)
        return "".join(str(each.message) for each in caught if each.category is CycleWarning)

    message = told(known.filter(lambda x, y: True))
    assert part in message
    assert "(3 of the counted updates were not made: TensorFlow counts one more in each epoch" in message
    assert "not made" not in told(known)


# --- what both refuse ---

SETTERS = {
    "CyclicLR": (lambda: CyclicLR(0.1, 0.5, 3), "CyclicalLearningRate(...)", "step_size counts"),
    "PolicyLR": (lambda: PolicyLR("sgdr", **RESTARTS), "PolicySchedule(...)", "its length counts"),
}
each_setter = pytest.mark.parametrize("setter", SETTERS)

not_on_torch = pytest.mark.skipif(BACKEND == "torch", reason="Keras refuses steps_per_execution on PyTorch")


def constant_rate():
    return 0.1


@pytest.mark.parametrize(
    ("settings", "error", "parts"),
    [
        (
            {"learning_rate": CyclicalLearningRate(0.1, 0.5, 3)},
            TypeError,
            ["learning_rate is a CyclicalLearningRate", "remove SETTER", "a number as learning_rate"],
        ),
        (
            {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)},
            TypeError,
            ["learning_rate is a ExponentialDecay", "remove SETTER", "a number as learning_rate"],
        ),
        (
            {"learning_rate": constant_rate},
            TypeError,
            ["learning_rate is a function", "remove SETTER", "a number as learning_rate"],
        ),
        pytest.param(
            {"steps_per_execution": 4},
            ValueError,
            ["steps_per_execution is 4", "set it to 1", "SCHEDULE"],
            marks=not_on_torch,
        ),
        (
            {"accumulate": 3},
            ValueError,
            ["gradient_accumulation_steps is 3", "SETTER sets one", "remove it", "SCHEDULE", "COUNTED batches"],
        ),
    ],
    ids=["our schedule", "a schedule of Keras", "a function", "steps_per_execution", "accumulation"],
)
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
@each_setter
def test_what_a_callback_cannot_serve_is_refused_before_the_first_update(setter, settings, error, parts, dtype):
    make, schedule, counted = SETTERS[setter]
    with dtype_policy(dtype):  # mixed precision wraps the optimizer
        model = probe_model(**settings)
        with pytest.raises(error) as caught:
            fit(model, 4, [make()])
    for part in parts:
        told = part.replace("SETTER", setter).replace("SCHEDULE", schedule).replace("COUNTED", counted)
        assert told in str(caught.value)
    assert weight(model) == 0


several = pytest.mark.skipif(not hasattr(keras.optimizers, "MultiOptimizer"), reason="this Keras has none")


@several
@pytest.mark.parametrize("name", [*SETTERS, "LearningRateHistory"])
def test_an_optimizer_of_several_rates_is_refused(name):
    make, schedule, _ = SETTERS.get(name, (LearningRateHistory, "CyclicalLearningRate(...)", None))
    model = probe_model()
    model.compile(keras.optimizers.MultiOptimizer(lambda variable: keras.optimizers.SGD(0.1)), "mae")
    with pytest.raises(TypeError, match=rf"is a MultiOptimizer without one rate: .*{re.escape(schedule)}"):
        fit(model, 2, [make()])


class OwnUpdates(keras.Model):
    """Its train_step does not use the optimizer of the model, as one does that applies an optimizer of its own."""

    def __init__(self):
        super().__init__()
        self.trained = 0
        self.compile("sgd", "mae", run_eagerly=True)

    def call(self, x):
        return x

    def train_step(self, *state_and_data):
        self.trained += 1
        logs = {"loss": keras.ops.zeros(())}
        return (logs, state_and_data[0]) if BACKEND == "jax" else logs


@pytest.mark.parametrize(("updates", "epochs"), [(4, 1), (1, 4)])
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
@each_setter
@pytest.mark.usefixtures("collected")
def test_a_train_step_with_another_optimizer_is_noticed_at_the_first_batch(setter, updates, epochs, dtype):
    make, schedule, _ = SETTERS[setter]
    with dtype_policy(dtype):  # loss scaling may leave an update out
        model = OwnUpdates()
        told = (
            rf"first batch made no update .* {setter} sets: .* another optimizer\? Give that one {re.escape(schedule)}"
        )
        with pytest.raises(RuntimeError, match=told):
            fit(model, updates, [make()], epochs=epochs)
    assert model.trained == 1


def test_a_model_without_a_trainable_weight_is_told(eager):
    model = probe_model(0.1)
    model.trainable = False
    model.compile("sgd", "mae")
    with pytest.raises(ValueError, match="^there is nothing to train: .* Set trainable = True .*, and compile again"):
        fit(model, 2, [CyclicLR(0.1, 0.5, 2)])


def test_a_first_update_that_loss_scaling_skips_is_none_of_another_optimizer():
    with dtype_policy("mixed_float16"):
        model = probe_model()
    x, y = batches_with_an_overflow(3, at=0)
    callback = CyclicLR(0.1, 0.5, 3)
    model.fit(x, y, batch_size=2, shuffle=False, verbose=0, callbacks=[callback])
    assert callback.history["iterations"] == [0, 0, 1]


def test_an_epoch_that_loss_scaling_skips_is_none_of_another_optimizer():
    with dtype_policy("mixed_float16"):
        model, history = probe_model(), LearningRateHistory()
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        x, y = batches_with_an_overflow(1, at=0)
        model.fit(x, y, batch_size=2, verbose=0, callbacks=[history])
    assert history.learning_rates == []


@pytest.mark.parametrize("mode", ["one_cycle", "cosine"])
def test_a_policy_that_is_no_cycle_is_sent_on(mode):
    with pytest.raises(ValueError, match=f"'{mode}' is no cycle of CyclicLR: write PolicyLR\\('{mode}', ...\\)"):
        CyclicLR(0.1, 0.5, 10, mode=mode)


# --- LearningRateHistory ---


def test_history_of_a_plain_rate(plain_model):
    history = LearningRateHistory()
    fit(plain_model(), 3, [history], epochs=2)
    assert history.iterations == [0, 1, 2, 3, 4, 5]
    assert_rates(history.learning_rates, [0.3] * 6)
    assert all(type(rate) is float for rate in history.learning_rates)


@on_tensorflow
def test_a_schedule_that_is_assigned_after_a_first_fit_is_recorded_and_not_applied():
    """As the docstring and the page for practitioners say: the compiled step keeps its rate until compile."""
    model, history, schedule = probe_model(0.3), LearningRateHistory(), PolicySchedule("fixed", lr=0.1)
    fit(model, 1)
    model.optimizer.learning_rate = schedule
    fit(model, 2, [history])
    assert_rates(history.learning_rates, [0.1, 0.1])
    assert weight(model) == pytest.approx(-3 * 0.3)
    model.compile(model.optimizer, loss="mae")
    fit(model, 2)
    assert weight(model) == pytest.approx(-3 * 0.3 - 2 * 0.1)


@not_on_torch
@pytest.mark.parametrize("steps", [2, 3])
def test_history_of_a_plain_rate_sees_every_update_of_an_execution(steps):
    history = LearningRateHistory()
    fit(probe_model(0.3, steps_per_execution=steps), 6, [history])
    assert history.iterations == list(range(6))
    assert_rates(history.learning_rates, [0.3] * 6)


def test_history_of_a_plain_rate_with_accumulation():
    history = LearningRateHistory()
    rates = applied_rates(probe_model(0.3, accumulate=3), 7, [history])
    assert np.count_nonzero(rates) == 2
    assert history.iterations == [0, 1]
    assert_rates(history.learning_rates, [0.3, 0.3])


def test_history_of_a_schedule_with_accumulation():
    """The rate of an update is that of its last batch."""
    history = LearningRateHistory(warn=False)
    rates = applied_rates(probe_model(CyclicalLearningRate(0.1, 0.5, 4), accumulate=2), 8, [history])
    assert_rates(history.learning_rates, [rate for rate in rates if rate])
    assert_rates(history.learning_rates, [0.2, 0.4, 0.4, 0.2])


def test_history_of_a_rate_per_epoch(plain_model):
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 * (epoch + 1))
    history = LearningRateHistory()
    rates = applied_rates(plain_model(), 2, [history, scheduler], epochs=3)
    assert_rates(rates, [0.1, 0.1, 0.2, 0.2, 0.3, 0.3])
    assert_rates(history.learning_rates, rates)


class NextRate(keras.callbacks.Callback):
    """As some callbacks do: at the end of a batch, sets the rate of the next."""

    def on_train_batch_end(self, batch, logs=None):
        self.model.optimizer.learning_rate = 0.1 * (batch + 1)


def test_history_before_a_callback_that_sets_the_next_rate(plain_model):
    history = LearningRateHistory()
    rates = applied_rates(plain_model(), 4, [history, NextRate()])
    assert_rates(rates, [0.3, 0.1, 0.2, 0.3])
    assert_rates(history.learning_rates, rates)


@pytest.mark.parametrize("history_first", [True, False])
def test_history_beside_cyclic_lr_in_either_order(history_first, plain_model):
    history, callback = LearningRateHistory(), CyclicLR(0.1, 0.5, 3, "triangular2")
    order = [history, callback] if history_first else [callback, history]
    rates = applied_rates(plain_model(), 8, order)
    assert_rates(history.learning_rates, rates)
    assert_rates(callback.history["lr"], rates)
    assert history.iterations == callback.history["iterations"]


@pytest.mark.parametrize(
    "schedule",
    [
        keras.optimizers.schedules.ExponentialDecay(0.5, decay_steps=3, decay_rate=0.5),
        keras.optimizers.schedules.PiecewiseConstantDecay([2, 5], [0.5, 0.25, 0.125]),
        keras.optimizers.schedules.CosineDecay(0.5, decay_steps=7),
    ],
    ids=lambda schedule: type(schedule).__name__,
)
def test_history_of_the_schedules_of_keras(schedule):
    history = LearningRateHistory()
    rates = applied_rates(probe_model(schedule), 4, [history], epochs=2)
    assert_rates(history.learning_rates, rates)
    assert len(set(history.learning_rates)) > 2


@pytest.mark.usefixtures("collected")
def test_history_of_a_training_stopped_inside_an_epoch(schedule_model):
    class Enough(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 2

    history = LearningRateHistory()
    fit(schedule_model(), 9, [history, Enough()], epochs=3)
    assert history.iterations == [0, 1, 2]
    assert_rates(history.learning_rates, triangular([0, 1, 2], 0.1, 0.5, 3))


def test_history_goes_on_in_a_second_fit(schedule_model):
    history, model = LearningRateHistory(), schedule_model()
    fit(model, 4, [history])
    fit(model, 3, [history])
    assert history.iterations == list(range(7))
    assert_rates(history.learning_rates, triangular(np.arange(7), 0.1, 0.5, 3))


class Interrupt(keras.callbacks.Callback):
    """The kernel is interrupted after the fifth batch."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 4:
            raise KeyboardInterrupt


@pytest.mark.parametrize("then", ["nothing", "a training without it", "a training with it"])
@pytest.mark.usefixtures("collected")
def test_history_of_a_schedule_keeps_the_updates_of_an_interrupted_epoch(then, schedule_model):
    history, model = LearningRateHistory(), schedule_model()
    with pytest.raises(KeyboardInterrupt):
        fit(model, 9, [history, Interrupt()])
    if then != "nothing":
        fit(model, 3, [history] if then == "a training with it" else [LearningRateHistory()])
    updates = np.arange(8 if then == "a training with it" else 5)
    assert history.iterations == updates.tolist()
    assert_rates(history.learning_rates, triangular(updates, 0.1, 0.5, 3))


def test_history_of_a_schedule_can_be_read_during_an_epoch(schedule_model):
    history, lengths = LearningRateHistory(), []

    class Reader(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            lengths.append(len(history.learning_rates))

    fit(schedule_model(), 3, [history, Reader()], epochs=2)
    assert lengths == history.iterations[1:] + [6] == [1, 2, 3, 4, 5, 6]
    assert_rates(history.learning_rates, triangular(np.arange(6), 0.1, 0.5, 3))


# --- the rate in the logs ---


@pytest.mark.parametrize("form", ["schedule", "callback", "both"])
def test_the_last_rate_of_an_epoch_is_logged(form, plain_model, schedule_model, tmp_path):
    model = schedule_model() if form == "schedule" else plain_model()
    callbacks = [LearningRateHistory()] if form != "callback" else []
    callbacks += [CyclicLR(0.1, 0.5, 3)] if form != "schedule" else []
    logger = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    logged = fit(model, 2, [*callbacks, logger], epochs=4).history["learning_rate"]
    assert_rates(logged, triangular([1, 3, 5, 7], 0.1, 0.5, 3))
    rows = csv.DictReader((tmp_path / "log.csv").read_text().splitlines())
    assert [float(row["learning_rate"]) for row in rows] == logged


def test_a_metric_called_learning_rate_stays_in_the_logs(schedule_model):
    class Metric(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["learning_rate"] = 7.0

    assert fit(schedule_model(), 2, [Metric(), LearningRateHistory()]).history["learning_rate"] == [7.0]
    assert fit(probe_model(), 2, [Metric(), CyclicLR(0.1, 0.5, 3)]).history["learning_rate"] == [7.0]


def test_history_of_a_train_step_with_another_optimizer_says_that_it_is_empty():
    history = LearningRateHistory()
    logged = []
    message = only_cycle_warning(
        lambda: logged.extend(fit(OwnUpdates(), 2, [history], epochs=2).history["learning_rate"])
    )
    assert "no update with model.optimizer, so no rate is recorded" in message
    assert history.learning_rates == []
    assert np.isnan(logged).tolist() == [True, True]
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        fit(OwnUpdates(), 2, [LearningRateHistory(warn=False)])


# --- warnings ---


@pytest.fixture(params=["callback", "history"])
def train(request, plain_model, schedule_model):
    """Trains with a cycle of six updates by either form, `updates` an epoch."""

    def run(updates, epochs=1, warn=True):
        if request.param == "callback":
            model, callbacks = plain_model(), [CyclicLR(0.1, 0.5, 3, warn=warn), LearningRateHistory()]
        else:
            model, callbacks = schedule_model(), [LearningRateHistory(warn=warn)]
        fit(model, updates, callbacks, epochs=epochs)

    return run


@pytest.mark.parametrize(("updates", "missing"), [(1, 5), (3, 3), (5, 1), (7, 5), (10, 2)])
def test_training_that_ends_inside_a_cycle_warns(updates, missing, train):
    message = only_cycle_warning(lambda: train(1, epochs=updates))
    for part in ("inside a cycle", f"{missing} updates before", f"train {missing} updates more", "warn=False"):
        assert part in message


@pytest.mark.parametrize("cycles", [1, 2])
def test_training_that_ends_with_a_cycle_does_not_warn(cycles, train):
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        train(3, epochs=2 * cycles)


def test_a_step_shorter_than_an_epoch_warns(train):
    message = only_cycle_warning(lambda: train(4, epochs=3))
    for part in (
        "step_size (3 iterations)",
        "an epoch (4 iterations)",
        "2 to 10 epochs",
        "step_size_for",
        "warn=False",
    ):
        assert part in message


@pytest.mark.filterwarnings("ignore:Your input ran out of data", "ignore:`shuffle=True` was passed")
@pytest.mark.parametrize("form", ["callback", "history"])
@pytest.mark.parametrize(("step_size", "warned"), [(3, 1), (4, 0)])
@pytest.mark.usefixtures("collected")
def test_the_length_of_an_epoch_may_show_at_its_end_only(form, step_size, warned, plain_model):
    schedule = CyclicalLearningRate(0.1, 0.5, step_size, step_size_down=1)
    model = plain_model() if form == "callback" else probe_model(schedule)
    callback = CyclicLR(0.1, 0.5, step_size, step_size_down=1) if form == "callback" else LearningRateHistory()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CycleWarning)
        model.fit((batches(1) for _ in range(4)), verbose=0, callbacks=[callback])
    messages = [str(each.message) for each in caught]
    assert sum("(3 iterations) is shorter than an epoch (4 iterations)" in message for message in messages) == warned
    # Keras begins a fifth batch, and TensorFlow counts it.
    recorded = callback.history["lr"] if form == "callback" else callback.learning_rates
    assert_rates(recorded, schedule(np.arange(4)))


@pytest.mark.parametrize("form", ["callback", "history"])
def test_exp_range_without_a_decline_is_told(form, plain_model):
    """The classic callback's default for gamma is 1."""

    def told(**settings):
        warn, policy = settings.pop("warn", True), settings.pop("policy", "exp_range")
        if form == "callback":
            model, callback = plain_model(), CyclicLR(0.1, 0.5, 2, policy, warn=warn, **settings)
        else:
            model = probe_model(CyclicalLearningRate(0.1, 0.5, 2, policy, **settings))
            callback = LearningRateHistory(warn=warn)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", CycleWarning)
            fit(model, 4, [callback])
        return [str(each.message) for each in caught if "gamma=1 is triangular" in str(each.message)]

    assert len(told()) == 1
    assert not told(warn=False)
    assert not told(gamma=0.9)
    assert not told(policy="triangular")
    assert not told(scale_fn=lambda cycle: 1 / cycle)


def test_warn_false_silences_both(train):
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        train(5, warn=False)


def test_a_filter_silences_both(train):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", CycleWarning)
        train(5)
    assert not [warning for warning in caught if warning.category is CycleWarning]


def test_before_a_start_offset_the_first_cycle_is_missing_too(plain_model):
    with pytest.warns(CycleWarning, match="8 updates before its end"):
        fit(plain_model(), 2, [CyclicLR(0.1, 0.5, 3, start_lr_policy=4)])


def test_unequal_halves_count(plain_model):
    with pytest.warns(CycleWarning, match="4 updates before its end"):
        fit(plain_model(), 3, [CyclicLR(0.1, 0.5, 3, step_size_down=4)])


def test_with_accumulation_the_missing_batches_are_counted():
    """Seven batches are two whole updates of three batches; the schedule counts all seven of a cycle of ten."""
    model = probe_model(CyclicalLearningRate(0.1, 0.5, 5), accumulate=3)
    message = only_cycle_warning(lambda: fit(model, 1, [LearningRateHistory()], epochs=7))
    assert "3 batches before its end" in message


def test_history_of_a_schedule_of_keras_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        fit(probe_model(keras.optimizers.schedules.CosineDecay(0.5, 7)), 3, [LearningRateHistory()])


def test_the_warning_can_be_filtered_as_a_user_warning():
    assert issubclass(CycleWarning, UserWarning)


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
