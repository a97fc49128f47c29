"""What both callbacks ask of an optimizer, and what they warn of."""

import warnings

import keras


class CycleWarning(UserWarning):
    """Training and rates do not fit together; `warnings.simplefilter("ignore", CycleWarning)` silences it."""


def inner(optimizer):
    """The optimizer in which the updates are made: that inside a loss-scaling one."""
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def optimizer_of(callback):
    """The optimizer in which the updates of a callback's model are made.

    Raises:
        RuntimeError: The callback was given no compiled model.
    """
    model = callback.model
    if (optimizer := getattr(model, "optimizer", None)) is None:
        what = "no model" if model is None else "a model that is not compiled"
        raise RuntimeError(
            f"{type(callback).__name__} was given {what}: pass it to fit(callbacks=[...]) of a compiled model, or in a "
            "training loop of your own call set_model(model) before on_train_begin()"
        )
    return inner(optimizer)


def check_trainable(model):
    """ValueError where no weight of a built model learns."""
    if not model.trainable_variables:
        raise ValueError(
            "there is nothing to train: no weight of the model is trainable. Set trainable = True where layers should "
            "learn, and compile again"
        )


def follows(callback, attribute, method):
    """RuntimeError where an earlier method of a callback, which sets `attribute`, was not called."""
    if not hasattr(callback, attribute):
        raise RuntimeError(
            f"{type(callback).__name__}.{method} was not called: in a training loop of your own call all methods in "
            "the order of fit, on_train_begin, on_epoch_begin, on_train_batch_begin, on_train_batch_end, on_epoch_end, "
            "on_train_end"
        )


def count(optimizer):
    """The updates that an optimizer has made, an int; also where every replica has its own copy of the number."""
    return int(keras.ops.convert_to_numpy(optimizer.iterations))


def rate_in(optimizer):
    """The rate that an optimizer's variable holds, a float."""
    return float(keras.ops.convert_to_numpy(optimizer.learning_rate))


def progress(optimizer):
    """What moves with each batch that uses the optimizer: its count or, where loss scaling skips it, the scale."""
    scale = getattr(optimizer, "dynamic_scale", None)
    return count(inner(optimizer)), None if scale is None else float(keras.ops.convert_to_numpy(scale))


def refuse_several(optimizer, purpose, schedule="CyclicalLearningRate"):
    """TypeError for an optimizer without a learning rate of its own; `purpose` says what the callback does."""
    if not hasattr(optimizer, "learning_rate"):
        raise TypeError(
            f"{purpose}, and the model's optimizer is a {type(optimizer).__name__} without one rate: remove the "
            f"callback; each optimizer in it, or each group of differential_rates, can have {schedule}(...) as its "
            "learning_rate"
        )


def log_rate(logs, rate):
    """Put a rate into the logs of an epoch, unless something of that name is there."""
    if logs is not None:
        logs.setdefault("learning_rate", rate)


def warn_short_step(schedule, steps):
    """Warn where a step of the schedule is shorter than an epoch of `steps` updates; None: not known yet."""
    step_size = int(schedule.settings["step_size"])
    if steps and step_size < steps:
        message = (
            f"step_size ({step_size} iterations) is shorter than an epoch ({steps} iterations); the advice is 2 to 10 "
            "epochs (step_size_for computes it). Is step_size given in epochs? warn=False silences this"
        )
        warnings.warn(message, CycleWarning, stacklevel=2)


def warn_no_decline(schedule):
    """Warn where exp_range has the factor 1, and so is triangular."""
    if schedule.policy == "exp_range" and schedule.settings["gamma"] == 1 and schedule.settings["scale_fn"] is None:
        message = (
            "exp_range with gamma=1 is triangular, nothing declines: give gamma, its factor an update; 0.1 ** (1 / n) "
            "leaves a tenth after n updates. warn=False silences this"
        )
        warnings.warn(message, CycleWarning, stacklevel=2)


def warn_other_setter(name):
    """Warn that something else sets the rate too."""
    message = (
        f"between two updates something else changed the rate that {name} sets, another callback perhaps. Of two that "
        "set it before each update the last in the list decides, and the history of the other is wrong; one that sets "
        "it once an epoch is overwritten. Keep one of them. warn=False silences this"
    )
    warnings.warn(message, CycleWarning, stacklevel=2)


def warn_no_update():
    """Warn that an epoch went by without an update."""
    message = (
        "the first epoch made no update with model.optimizer, so no rate is recorded: does train_step apply another "
        "optimizer? Compile the model with that one, or remove LearningRateHistory. warn=False silences this"
    )
    warnings.warn(message, CycleWarning, stacklevel=2)


def warn_mid_cycle(missing, unit="updates", ahead=0):
    """Warn where updates, or batches, are missing to the end of a cycle; `ahead` as for `_not_made`."""
    if missing:
        message = (
            f"training ended inside a cycle, {missing} {unit} before its end, where the rate is lowest; train "
            f"{missing} {unit} more, or choose another step_size. {_not_made(ahead, unit)}warn=False silences this"
        )
        warnings.warn(message, CycleWarning, stacklevel=2)


def warn_total(schedule, done, unit="updates", ahead=0):
    """Warn where training ended before the `total` of a policy, if it has one, or went on at a rate of nearly 0.

    `ahead` as for `_not_made`.
    """
    total, max_lr = _end(schedule)
    if total is None:
        return
    if done < total:
        message = (
            f"training ended {total - done} {unit} before the policy's total, so its last and smallest rates are "
            f"missing; train {total - done} {unit} more, or choose another total."
        )
    # The rate arrives at update number `total`, so one more is no mistake. A momentum's policy has no max_lr.
    elif done > total + 1 and float(schedule(total)) < 0.01 * max_lr:
        message = (
            f"the rate came down at the policy's total, {total} {unit}, and {done - total} {unit} more were made at "
            "next to nothing. Is total given in epochs, or is this a second fit? To train on, compile with a new "
            "schedule."
        )
    else:
        return
    warnings.warn(f"{message} {_not_made(ahead, unit)}warn=False silences this", CycleWarning, stacklevel=2)


def warn_total_in_epochs(schedule, params):
    """Warn, before a training, where a policy ends after as many updates as the training has epochs."""
    total, _ = _end(schedule)
    steps, epochs = ((params or {}).get(name) for name in ("steps", "epochs"))
    if total is not None and (steps or 0) > 1 and epochs and total <= epochs:
        message = (
            f"the policy ends after {total} updates, and this training has {epochs} epochs of {steps} updates: is its "
            f"length given in epochs? Lengths count updates, {epochs * steps} for all of it. warn=False silences this"
        )
        warnings.warn(message, CycleWarning, stacklevel=2)


def _end(schedule):
    """The updates after which a policy has come down, and its largest rate; None and 0 where it has no such end."""
    settings = getattr(schedule, "settings", {})
    if getattr(schedule, "policy", None) == "warmed_up":
        total, max_lr = _end(settings["policy"])
        return None if total is None else int(settings["warmup"]) + total, max_lr
    total = settings.get("total")
    return None if total is None else int(total), settings.get("max_lr", 0)


def _not_made(ahead, unit):
    """A sentence on how many of the counted updates, or batches, were not made; nothing where all were."""
    if not ahead:
        return ""
    return (
        f"({ahead} of the counted {unit} were not made: TensorFlow counts one more in each epoch whose length it does "
        "not know, and the schedule skips a rate there. Give fit steps_per_epoch=n, with data that repeat, or "
        "dataset.apply(tf.data.experimental.assert_cardinality(n)).) "
    )
