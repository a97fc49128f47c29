"""A record of the rates that a training applied, whatever set them."""

import math

import keras

from clr_utils import arguments
from clr_utils.callback_checks import (
    count,
    follows,
    log_rate,
    optimizer_of,
    progress,
    rate_in,
    refuse_several,
    warn_mid_cycle,
    warn_no_decline,
    warn_no_update,
    warn_short_step,
    warn_total,
    warn_total_in_epochs,
)
from clr_utils.keras_internals import rate_source, schedule_count
from clr_utils.schedules import CyclicalLearningRate, PolicySchedule


class LearningRateHistory(keras.callbacks.Callback):
    """Records the learning rate applied to each update, whatever sets it: a number, a callback or a schedule.

    A callback that sets the rate at a batch's *end*, for the next batch, belongs after this one in the list.
    With a schedule nothing is read during an epoch: its rates are computed from the iterations at the epoch's end,
    or when they are looked at, after an interrupt too, so they cost nothing and `steps_per_execution` may be any.
    With gradient accumulation an entry is one update. A schedule that is assigned to `optimizer.learning_rate` after a
    first `fit` is recorded, and on TensorFlow not applied: its compiled step keeps the former rate until `compile`.

    At an epoch's end the rate of its last update joins the logs as "learning_rate", unless a metric or another
    callback has put that name there (NaN where no update was made): `History`, and a `CSVLogger` that stands after
    this callback in the list, show it. `TensorBoard` asks the optimizer itself; with a schedule it shows the rate of
    the next update.

    Attributes:
        iterations: Updates done before each recorded one, a list of ints.
        learning_rates: The rates applied, a list of floats as long.

    Args:
        warn: Give a `CycleWarning` when a training with `CyclicalLearningRate` ends inside a cycle, when its step is
            shorter than an epoch or its exp_range has no gamma below 1, when a training with `PolicySchedule` has as
            many epochs as its `total` has updates, ends before its `total` or goes on after it at a rate of nearly 0,
            or when the first epoch made no update with the model's optimizer.

    Raises:
        TypeError: When training begins: the model's optimizer has more than one rate.
        RuntimeError: In a training loop of your own: there is no compiled model, or a method was called out of the
            order of `fit`.
    """

    def __init__(self, *, warn=True):
        super().__init__()
        self._warn = arguments.flag("warn", warn)
        self._iterations, self._rates = [], []
        self._batches = 0

    @property
    def iterations(self):
        """Updates done before each recorded one, a list of ints."""
        self._catch_up()
        return self._iterations

    @property
    def learning_rates(self):
        """The rates applied, a list of floats."""
        self._catch_up()
        return self._rates

    def set_model(self, model):
        """Belong to a model; what an interrupted training has left unread is recorded first."""
        self._catch_up()
        super().set_model(model)

    def on_train_begin(self, logs=None):
        """Look at what sets the rate; warn when a step of the schedule is shorter than an epoch."""
        self._optimizer = optimizer_of(self)
        refuse_several(self._optimizer, "LearningRateHistory records one rate")
        source = rate_source(self._optimizer)
        self._schedule = source if isinstance(source, keras.optimizers.schedules.LearningRateSchedule) else None
        self._warn_cycle = self._warn and isinstance(self._schedule, CyclicalLearningRate)
        self._ahead = 0
        self._first_epoch, self._steps = True, (self.params or {}).get("steps")
        if self._warn_cycle:
            warn_no_decline(self._schedule)
            warn_short_step(self._schedule, self._steps)
        elif self._warn and isinstance(self._schedule, PolicySchedule):
            warn_total_in_epochs(self._schedule, self.params)

    def on_epoch_begin(self, epoch, logs=None):
        """Note where the epoch begins."""
        follows(self, "_schedule", "on_train_begin")
        self._optimizer = optimizer_of(self)
        self._began = self._next = count(self._optimizer)
        self._before = self._progress()
        self._batches = 0

    def on_train_batch_end(self, batch, logs=None):
        """Record the rate that the optimizer's variable held for the update that was done."""
        follows(self, "_next", "on_epoch_begin")
        self._batches = batch + 1
        if self._schedule is None:
            self._optimizer = optimizer_of(self)
            done = count(self._optimizer)
            rate = rate_in(self._optimizer)
            self._record(range(self._next, done), [rate] * (done - self._next))

    def on_epoch_end(self, epoch, logs=None):
        """Record the rates that a schedule gave to the epoch's updates; put the last rate into the logs."""
        follows(self, "_next", "on_epoch_begin")
        self._optimizer = optimizer_of(self)
        if self._schedule is not None:
            done = count(self._optimizer)
            # Where the data end unannounced, TensorFlow counts one update more than it makes.
            ahead = done == self._began + self._batches + 1
            self._ahead += ahead
            self._record_schedule(done - ahead)
        log_rate(logs, self._rates[-1] if self._next > self._began else math.nan)
        if self._first_epoch:
            self._first_epoch = False
            if self._warn and self._progress() == self._before:
                warn_no_update()
            if self._warn_cycle and not self._steps:
                warn_short_step(self._schedule, self._batches)
        self._batches = 0

    def on_train_end(self, logs=None):
        """Warn when training has ended inside a cycle of the schedule, before its total, or long after it."""
        follows(self, "_schedule", "on_train_begin")
        optimizer = optimizer_of(self)
        unit = "batches" if optimizer.gradient_accumulation_steps else "updates"
        if self._warn_cycle:
            warn_mid_cycle(self._schedule.updates_left(schedule_count(optimizer)), unit, self._ahead)
        elif self._warn and isinstance(self._schedule, PolicySchedule):
            warn_total(self._schedule, schedule_count(optimizer), unit, self._ahead)

    def _progress(self):
        """What moves with each batch: the count of the schedule or, where loss scaling skips an update, the scale."""
        return schedule_count(self._optimizer), progress(self.model.optimizer)

    def _catch_up(self):
        """Record what a schedule gave to the batches of an epoch that has not ended, if any."""
        if self._batches and self._schedule is not None:
            _ = self.model  # JAX brings the variables up to date when a callback asks for its model
            # Not the updates of a later training, of which this callback was not told.
            self._record_schedule(min(count(self._optimizer), self._began + self._batches))

    def _record_schedule(self, done):
        batches_each = self._optimizer.gradient_accumulation_steps or 1
        updates = range(self._next, done)
        counts = [(update + 1) * batches_each - 1 for update in updates]
        self._record(updates, [float(self._schedule(n)) for n in counts])

    def _record(self, updates, rates):
        self._iterations.extend(updates)
        self._rates.extend(rates)
        self._next = updates.stop
