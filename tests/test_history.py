"""LearningRateHistory: the rates that updates applied, whatever sets them, and the rate in the logs."""

import csv
import warnings

import keras
import numpy as np
import pytest

from callback_cases import OwnUpdates, not_on_torch, only_cycle_warning
from clr_utils import CycleWarning, CyclicalLearningRate, CyclicLR, LearningRateHistory, PolicySchedule, triangular
from helpers import applied_rates, assert_rates, fit, on_tensorflow, probe_model, weight

pytestmark = pytest.mark.filterwarnings("ignore::clr_utils.CycleWarning")


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
