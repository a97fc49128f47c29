"""A cyclical policy as a Keras callback, and a record of the rates that a training applied."""

import warnings

import keras

from clr_utils import arguments
from clr_utils.keras_internals import rate_source, schedule_count
from clr_utils.policies import POLICIES
from clr_utils.schedules import CyclicalLearningRate


class CycleWarning(UserWarning):
    """Training and cycle do not fit together; `warnings.simplefilter("ignore", CycleWarning)` silences it."""


class CyclicLR(keras.callbacks.Callback):
    """A cyclical learning-rate policy as a callback, with the arguments of the classic Keras callback.

    Before each update the rate is set from `optimizer.iterations`, so a training that is stopped and resumed (a
    `.keras` file, `BackupAndRestore`) continues the sequence of rates exactly. The optimizer's own rate is
    overwritten. `history` records what was applied: `history["iterations"]` and `history["lr"]`, one entry a
    batch; a batch whose update loss scaling skips leaves its rate to the next one, and so appears twice. `schedule` is
    the `CyclicalLearningRate` with the same arguments, which computes the rates.

    `CyclicalLearningRate` gives the same rates at less cost, above all on the JAX backend, and works where a callback
    cannot set each update's rate: `steps_per_execution` above 1 and gradient accumulation are refused here.

    Args:
        base_lr, max_lr: Lower and upper bound of the rate, 0 <= base_lr < max_lr.
        step_size: Iterations (updates, not epochs) in half a cycle; `2000.` is accepted. See `step_size_for`.
        mode: "triangular", "triangular2", "exp_range", "modified_triangular2", "welch" or "hann".
        gamma: Factor per iteration of exp_range, 0 < gamma <= 1.
        scale_fn: A scale in place of the mode's own (`clr_utils.custom_policy`).
        scale_mode: What scale_fn is given: "cycle" (from 1) or "iterations" (from 0).
        decay: "amplitude" or "bounds", the two readings of exp_range (`clr_utils.exp_range`).
        step_size_down: Iterations in the falling half; as many as step_size unless given.
        start_lr_policy: Iteration at which the first cycle starts; the rate is base_lr before it.
        warn: Give a `CycleWarning` when training ends inside a cycle or a step is shorter than an epoch.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it. When training begins:
            the optimizer or the compiled model does not let a callback set the rate of each update.

    Example:
        >>> model.fit(x, y, batch_size=32, epochs=12, callbacks=[CyclicLR(0.002, 0.03, step_size=4000)])
    """

    def __init__(
        self,
        base_lr=0.001,
        max_lr=0.006,
        step_size=2000,
        mode="triangular",
        gamma=1.0,
        scale_fn=None,
        scale_mode="cycle",
        *,
        decay="amplitude",
        step_size_down=None,
        start_lr_policy=0,
        warn=True,
    ):
        super().__init__()
        arguments.one_of("mode", mode, tuple(POLICIES))
        self.schedule = CyclicalLearningRate(
            base_lr,
            max_lr,
            step_size,
            mode,
            gamma=gamma,
            decay=decay,
            step_size_down=step_size_down,
            start_lr_policy=start_lr_policy,
            scale_fn=scale_fn,
            scale_mode=scale_mode,
        )
        self._warn = warn
        self.history = {"iterations": [], "lr": []}

    def on_train_begin(self, logs=None):
        """Refuse what a callback cannot serve, before the first update."""
        optimizer = _inner(self.model.optimizer)
        way_out = "compile the model with CyclicalLearningRate(...) as the optimizer's learning_rate instead"
        source = rate_source(optimizer)
        if not isinstance(source, keras.Variable):
            raise TypeError(
                f"the optimizer's learning_rate is a {type(source).__name__}, which CyclicLR cannot change: remove "
                "CyclicLR, or compile the model with a number as learning_rate"
            )
        if self.model.steps_per_execution != 1:
            raise ValueError(
                f"steps_per_execution is {self.model.steps_per_execution}, and callbacks are not called before each "
                f"update: set it to 1, or {way_out}"
            )
        if optimizer.gradient_accumulation_steps:
            raise ValueError(
                f"gradient_accumulation_steps is {optimizer.gradient_accumulation_steps}, and CyclicLR sets one rate a "
                f"batch: remove it, or {way_out}; step_size counts batches there"
            )
        if self._warn:
            _warn_short_step(self.schedule, self.params)

    def on_train_batch_begin(self, batch, logs=None):
        """Set the rate of the update that follows."""
        optimizer = _inner(self.model.optimizer)
        iteration = _count(optimizer)
        rate = float(self.schedule(iteration))
        optimizer.learning_rate = rate
        self.history["iterations"].append(iteration)
        self.history["lr"].append(rate)

    def on_train_end(self, logs=None):
        """Warn when training has ended inside a cycle."""
        if self._warn:
            _warn_mid_cycle(self.schedule.updates_left(_count(_inner(self.model.optimizer))))


class LearningRateHistory(keras.callbacks.Callback):
    """Records the learning rate applied to each update, whatever sets it: a number, a callback or a schedule.

    A callback that sets the rate at a batch's *end*, for the next batch, belongs after this one in the list.
    With a schedule nothing is read during an epoch: its rates are computed from the iterations at the epoch's end,
    so they cost nothing and `steps_per_execution` may be any. With gradient accumulation an entry is one update.

    Attributes:
        iterations: Updates done before each recorded one, a list of ints.
        learning_rates: The rates applied, a list of floats as long.

    Args:
        warn: Give a `CycleWarning` when a training with `CyclicalLearningRate` ends inside a cycle, or when its
            step is shorter than an epoch.
    """

    def __init__(self, *, warn=True):
        super().__init__()
        self._warn = warn
        self.iterations = []
        self.learning_rates = []

    def on_train_begin(self, logs=None):
        """Look at what sets the rate; warn when a step of the schedule is shorter than an epoch."""
        source = rate_source(_inner(self.model.optimizer))
        self._schedule = source if isinstance(source, keras.optimizers.schedules.LearningRateSchedule) else None
        self._warn_cycle = self._warn and isinstance(self._schedule, CyclicalLearningRate)
        if self._warn_cycle:
            _warn_short_step(self._schedule, self.params)

    def on_epoch_begin(self, epoch, logs=None):
        """Note where the epoch begins."""
        self._next = _count(_inner(self.model.optimizer))

    def on_train_batch_end(self, batch, logs=None):
        """Record the rate that the optimizer's variable held for the update that was done."""
        if self._schedule is None:
            optimizer = _inner(self.model.optimizer)
            done = _count(optimizer)
            rate = float(optimizer.learning_rate)
            self._record(range(self._next, done), [rate] * (done - self._next))

    def on_epoch_end(self, epoch, logs=None):
        """Record the rates that a schedule gave to the epoch's updates."""
        if self._schedule is not None:
            optimizer = _inner(self.model.optimizer)
            updates = range(self._next, _count(optimizer))
            batches_each = optimizer.gradient_accumulation_steps or 1
            counts = [(update + 1) * batches_each - 1 for update in updates]
            self._record(updates, [float(self._schedule(count)) for count in counts])

    def on_train_end(self, logs=None):
        """Warn when training has ended inside a cycle of the schedule."""
        if self._warn_cycle:
            optimizer = _inner(self.model.optimizer)
            unit = "batches" if optimizer.gradient_accumulation_steps else "updates"
            _warn_mid_cycle(self._schedule.updates_left(schedule_count(optimizer)), unit)

    def _record(self, updates, rates):
        self.iterations.extend(updates)
        self.learning_rates.extend(rates)
        self._next = updates.stop


def _inner(optimizer):
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def _count(optimizer):
    return int(optimizer.iterations)


def _warn_short_step(schedule, params):
    step_size, steps = int(schedule.settings["step_size"]), params.get("steps")
    if steps and step_size < steps:
        message = (
            f"step_size ({step_size} iterations) is shorter than an epoch ({steps} iterations); the advice is 2 to 10 "
            "epochs (step_size_for computes it). Is step_size given in epochs? warn=False silences this"
        )
        warnings.warn(message, CycleWarning, stacklevel=2)


def _warn_mid_cycle(missing, unit="updates"):
    if missing:
        message = (
            f"training ended inside a cycle, {missing} {unit} before its end, where the rate is lowest; train "
            f"{missing} {unit} more, or choose another step_size. warn=False silences this"
        )
        warnings.warn(message, CycleWarning, stacklevel=2)
