"""Policies as Keras callbacks, and a record of the rates that a training applied."""

import math

import keras

from clr_utils import arguments
from clr_utils.callback_checks import (
    check_trainable,
    count,
    follows,
    log_rate,
    optimizer_of,
    progress,
    rate_in,
    refuse_several,
    warn_mid_cycle,
    warn_no_decline,
    warn_other_setter,
    warn_short_step,
    warn_total,
    warn_total_in_epochs,
)
from clr_utils.keras_internals import rate_source
from clr_utils.optimizers import rate_not_momentum
from clr_utils.policies import POLICIES
from clr_utils.schedules import CyclicalLearningRate, PolicySchedule, refuse_no_cycle


class _RateCallback(keras.callbacks.Callback):
    """Sets the rate of each update from a schedule, and records it; `_lengths` is what the schedule counts in."""

    _lengths = "its length"

    def __init__(self, schedule, warn):
        super().__init__()
        self.schedule = schedule
        self._warn = arguments.flag("warn", warn)
        self.history = {"iterations": [], "lr": []}

    def on_train_begin(self, logs=None):
        """Refuse what a callback cannot serve, before the first update."""
        me, schedule = type(self).__name__, type(self.schedule).__name__
        optimizer = optimizer_of(self)
        refuse_several(optimizer, f"{me} sets one rate", schedule)
        way_out = f"compile the model with {schedule}(...) as the optimizer's learning_rate instead"
        source = rate_source(optimizer)
        if not isinstance(source, keras.Variable):
            raise TypeError(
                f"the optimizer's learning_rate is a {type(source).__name__}, which {me} cannot change: remove "
                f"{me}, or compile the model with a number as learning_rate"
            )
        if self.model.steps_per_execution != 1:
            raise ValueError(
                f"steps_per_execution is {self.model.steps_per_execution}, and callbacks are not called before each "
                f"update: set it to 1, or {way_out}"
            )
        if optimizer.gradient_accumulation_steps:
            raise ValueError(
                f"gradient_accumulation_steps is {optimizer.gradient_accumulation_steps}, and {me} sets one rate a "
                f"batch: remove it, or {way_out}; {self._lengths} counts batches there"
            )
        self._batches, self._ahead, self._told = 0, 0, False

    def on_train_batch_begin(self, batch, logs=None):
        """Set the rate of the update that follows."""
        follows(self, "_batches", "on_train_begin")
        optimizer = optimizer_of(self)
        if not self._batches:
            self._before = progress(self.model.optimizer)
        elif self._warn and not self._told and rate_in(optimizer) != self._held:
            self._told = True
            warn_other_setter(type(self).__name__)
        iteration = count(optimizer)
        rate = arguments.number(f"the rate of update {iteration}", float(self.schedule(iteration)), minimum=0)
        optimizer.learning_rate = rate
        self._set, self._held = (iteration, rate), rate_in(optimizer)

    def on_train_batch_end(self, batch, logs=None):
        """Record what was set: Keras begins a last batch that does not come where it knows no length of the data."""
        follows(self, "_set", "on_train_batch_begin")
        for name, value in zip(("iterations", "lr"), self._set, strict=True):
            self.history[name].append(value)
        if not self._batches and progress(self.model.optimizer) == self._before:
            if self.model.weights:
                check_trainable(self.model)
            raise RuntimeError(
                f"the first batch made no update with model.optimizer, whose rate {type(self).__name__} sets: does "
                f"train_step apply another optimizer? Give that one {type(self.schedule).__name__}(...) as its "
                "learning_rate instead"
            )
        self._batches += 1

    def on_epoch_end(self, epoch, logs=None):
        """Put the last rate into the logs."""
        follows(self, "_batches", "on_train_begin")
        # Where the data end unannounced, TensorFlow counts one update more than it makes.
        self._ahead += bool(self._batches) and count(optimizer_of(self)) == self.history["iterations"][-1] + 2
        log_rate(logs, self.history["lr"][-1] if self._batches else math.nan)


class CyclicLR(_RateCallback):
    """A cyclical learning-rate policy as a callback, with the arguments of the classic Keras callback.

    Before each update the rate is set from `optimizer.iterations`, so a training that is stopped and resumed (a
    `.keras` file, `BackupAndRestore`) continues the sequence of rates exactly. The optimizer's own rate is
    overwritten. `history` records what was applied: `history["iterations"]` and `history["lr"]`, one entry a
    batch; a batch whose update loss scaling skips leaves its rate to the next one, and so appears twice. `schedule` is
    the `CyclicalLearningRate` with the same arguments, which computes the rates. At an epoch's end the last of its
    rates joins the logs as "learning_rate", unless a metric has that name: `History`, and a `CSVLogger` that stands
    after this callback in the list, show it.

    `CyclicalLearningRate` gives the same rates at less cost, above all on the JAX backend, and works where a callback
    cannot set each update's rate: `steps_per_execution` above 1 and gradient accumulation are refused here.

    Args:
        base_lr, max_lr: Lower and upper bound of the rate, 0 <= base_lr < max_lr.
        step_size: Iterations (updates, not epochs) in half a cycle; `2000.` is accepted. See `step_size_for`.
        mode: "triangular", "triangular2", "exp_range", "modified_triangular2", "welch" or "hann".
        gamma: Factor per iteration of exp_range, 0 < gamma <= 1; other modes have none.
        scale_fn: A scale in place of the mode's own (`clr_utils.custom_policy`).
        scale_mode: What scale_fn is given: "cycle" (from 1) or "iterations" (from 0).
        decay: "amplitude" or "bounds", the two readings of exp_range (`clr_utils.exp_range`).
        step_size_down: Iterations in the falling half; as many as step_size unless given.
        start_lr_policy: Iteration at which the first cycle starts; the rate is base_lr before it.
        warn: Give a `CycleWarning` when training ends inside a cycle, a step is shorter than an epoch, exp_range has
            no gamma below 1, or another callback sets the rate too.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it. When training begins:
            the optimizer or the compiled model does not let a callback set the rate of each update.
        RuntimeError: The first batch made no update with the model's optimizer: `train_step` applies another one. In a
            training loop of your own: there is no compiled model, or a method was called out of the order of `fit`.

    Example:
        >>> model.fit(x, y, batch_size=32, epochs=12, callbacks=[CyclicLR(0.002, 0.03, step_size=4000)])
    """

    _lengths = "step_size"

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
        refuse_no_cycle(mode, "CyclicLR", "PolicyLR")
        arguments.one_of("mode", mode, tuple(POLICIES))
        schedule = CyclicalLearningRate(
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
        super().__init__(schedule, warn)

    def on_train_begin(self, logs=None):
        """Refuse what a callback cannot serve; warn when a step is shorter than an epoch."""
        super().on_train_begin(logs)
        self._steps = (self.params or {}).get("steps")
        if self._warn:
            warn_no_decline(self.schedule)
            warn_short_step(self.schedule, self._steps)

    def on_epoch_end(self, epoch, logs=None):
        """Put the last rate into the logs; warn when a step was shorter than an epoch of unknown length."""
        super().on_epoch_end(epoch, logs)
        if self._warn and not self._steps:
            self._steps = self._batches
            warn_short_step(self.schedule, self._steps)

    def on_train_end(self, logs=None):
        """Warn when training has ended inside a cycle."""
        follows(self, "_batches", "on_train_begin")
        if self._warn:
            warn_mid_cycle(self.schedule.updates_left(count(optimizer_of(self))), ahead=self._ahead)


class PolicyLR(_RateCallback):
    """A policy that is no cycle of `CyclicLR` as a callback, such as a restart, a single cycle or a warm-up.

    What `CyclicLR` says of resumed trainings, of `history`, of the logs, of what is refused and of the schedule that
    does the same at less cost holds here too. `schedule` is that `PolicySchedule`.

    Args:
        policy: The name of a function, as for `PolicySchedule`.
        **settings: Its arguments, as for `PolicySchedule`.
        warn: Give a `CycleWarning` when training ends before the `total` of the policy, if it has one, or goes on
            after it at a rate of nearly 0, or when another callback sets the rate too.

    Raises:
        TypeError, ValueError, RuntimeError: As for `PolicySchedule`, and as for `CyclicLR` when training begins.

    Example:
        >>> model.fit(x, y, batch_size=32, epochs=12, callbacks=[PolicyLR("sgdr", max_lr=0.1, period=1000)])
    """

    def __init__(self, policy=None, /, *unnamed, warn=True, **settings):
        if isinstance(policy, str) and policy in POLICIES:
            raise ValueError(f"{policy!r} is a cycle: write CyclicLR(base_lr, max_lr, step_size, mode={policy!r})")
        super().__init__(rate_not_momentum("policy", PolicySchedule(policy, *unnamed, **settings)), warn)

    def on_train_begin(self, logs=None):
        """Refuse what a callback cannot serve; warn when the policy's length looks like one in epochs."""
        super().on_train_begin(logs)
        if self._warn:
            warn_total_in_epochs(self.schedule, self.params)

    def on_train_end(self, logs=None):
        """Warn when training has ended before the policy, or after it."""
        follows(self, "_batches", "on_train_begin")
        if self._warn:
            warn_total(self.schedule, count(optimizer_of(self)), ahead=self._ahead)
