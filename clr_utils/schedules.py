"""Policies as Keras learning-rate schedules: computed in the graph, saved with the model."""

import inspect
import re
from functools import partial

import keras

from clr_utils import arguments, decays, momentum, restarts
from clr_utils.cycles import updates_left
from clr_utils.policies import POLICIES, named_policy


@keras.saving.register_keras_serializable(package="clr_utils")
class CyclicalLearningRate(keras.optimizers.schedules.LearningRateSchedule):
    """A cyclical learning-rate policy as a schedule, to be passed to an optimizer.

    The rate of each update is a function of `optimizer.iterations` alone. It is computed inside the compiled
    training step, so it works with `steps_per_execution`, XLA and mixed precision, and a training that is stopped
    and resumed from a `.keras` file or by `BackupAndRestore` continues the sequence of rates exactly. (Weights are
    bit-equal after a resume only on the TensorFlow backend, at an epoch's end and without dropout: neither the
    state of a dropout seed nor that of the shuffling is in a `.keras` file; `BackupAndRestore(save_freq=...)`
    repeats the updates of a broken epoch.) With gradient accumulation Keras passes the count of *batches*, so
    step_size counts batches there. With loss scaling, updates that are skipped do not count.

    A schedule is not told how long an epoch is, so a step_size given in epochs passes unnoticed here, and Keras puts
    no rate of a schedule into its logs: `LearningRateHistory` among the callbacks warns of the one and does the other.

    `keras.saving.load_model` finds this class once it has been imported: write
    `from clr_utils import CyclicalLearningRate` before loading.

    Args:
        base_lr, max_lr: Lower and upper bound of the rate, 0 <= base_lr < max_lr.
        step_size: Iterations (updates, not epochs) in half a cycle; see `step_size_for`.
        policy: "triangular", "triangular2", "exp_range", "modified_triangular2", "welch" or "hann".
        gamma: Factor per iteration of exp_range, 0 < gamma <= 1; other policies have none.
        decay: "amplitude" or "bounds", the two readings of exp_range (`clr_utils.exp_range`).
        step_size_down: Iterations in the falling half; as many as step_size unless given.
        start_lr_policy: Iteration at which the first cycle starts; the rate is base_lr before it.
        scale_fn: A scale in place of the policy's own (`clr_utils.custom_policy`). To be saved it must be a named
            function decorated with `@keras.saving.register_keras_serializable()`.
        scale_mode: What scale_fn is given: "cycle" (from 1) or "iterations" (from 0).

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.

    Example:
        >>> schedule = CyclicalLearningRate(0.001, 0.006, step_size=2000, policy="triangular2")
        >>> model.compile(optimizer=keras.optimizers.SGD(schedule), loss="categorical_crossentropy")
    """

    def __init__(
        self,
        base_lr,
        max_lr,
        step_size,
        policy="triangular",
        *,
        gamma=1.0,
        decay="amplitude",
        step_size_down=None,
        start_lr_policy=0,
        scale_fn=None,
        scale_mode="cycle",
        name="CyclicalLearningRate",
    ):
        super().__init__()
        refuse_no_cycle(policy, "CyclicalLearningRate", "PolicySchedule")
        self.policy = policy
        self.settings = {
            "base_lr": base_lr,
            "max_lr": max_lr,
            "step_size": step_size,
            "gamma": gamma,
            "decay": decay,
            "step_size_down": step_size_down,
            "start_lr_policy": start_lr_policy,
            "scale_fn": scale_fn,
            "scale_mode": scale_mode,
        }
        self.name = _scope(name)
        self._rate = named_policy(policy, **self.settings)

    def __call__(self, step):
        """The rate of the update that follows `step` updates; a number, an array or a tensor of them."""
        with keras.name_scope(self.name):
            return self._rate(step)

    def updates_left(self, iterations):
        """Updates still missing to the end of the cycle after this many updates, 0 at its end."""
        return updates_left(
            iterations, *(self.settings[name] for name in ("step_size", "step_size_down", "start_lr_policy"))
        )

    def get_config(self):
        """The arguments that make this schedule again.

        Raises:
            ValueError: scale_fn is a function that Keras could not find again.
        """
        return {
            "policy": self.policy,
            **self.settings,
            "scale_fn": _saved("scale_fn", self.settings["scale_fn"]),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config):
        """The schedule with these arguments, as `get_config` returns them."""
        return cls(**{**config, "scale_fn": keras.saving.deserialize_keras_object(config["scale_fn"])})


RULES = {
    rule.__name__: rule
    for rule in (
        *(restarts.cosine, restarts.polynomial, restarts.inverse_sqrt, restarts.sgdr, restarts.one_cycle),
        *(restarts.warmup_stable_decay, restarts.warmed_up, restarts.joined),
        *(momentum.mirrored, momentum.one_cycle_momentum),
        *(decays.fixed, decays.linear_decay, decays.exp_decay, decays.time_decay),
    )
}


@keras.saving.register_keras_serializable(package="clr_utils")
class PolicySchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A policy that is no cycle of `CyclicalLearningRate` as a schedule, to be passed to an optimizer.

    What `CyclicalLearningRate` says of compiled steps, of saved and of resumed trainings holds here too.

    Args:
        policy: The name of a function of clr_utils: "cosine", "polynomial", "inverse_sqrt", "sgdr", "one_cycle",
            "warmup_stable_decay", "warmed_up", "joined", "fixed", "linear_decay", "exp_decay" or "time_decay"; for a
            momentum (`MomentumSGD`) "mirrored" or "one_cycle_momentum".
        **settings: The arguments of that function, without the iteration. A policy among them, in "warmed_up",
            "joined" and "mirrored", is best a schedule: a plain function works, but to be saved it must be a named one
            decorated with `@keras.saving.register_keras_serializable()`.
        name: The schedule's name in the graph.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.

    Example:
        >>> PolicySchedule("sgdr", max_lr=0.1, period=1000, multiplier=2)
        >>> PolicySchedule("warmed_up", policy=CyclicalLearningRate(0.001, 0.006, 2000), warmup=500)
    """

    def __init__(self, policy=None, /, *unnamed, name="PolicySchedule", **settings):
        super().__init__()
        if isinstance(policy, str) and policy in POLICIES:
            raise ValueError(
                f"{policy!r} is a cycle: write CyclicalLearningRate(base_lr, max_lr, step_size, policy={policy!r})"
            )
        if policy is None:
            raise TypeError('name the policy first, without "policy=": "sgdr", max_lr=0.1, period=1000')
        self.policy = arguments.one_of("policy", policy, tuple(RULES))
        self.settings = settings = {name: _copied(value) for name, value in settings.items()}
        self.name = _scope(name)
        signature = inspect.signature(RULES[policy])
        if unnamed:
            raise TypeError(f"give the settings of {policy} by their names: {policy}{signature}; {unnamed} have none")
        try:
            signature.bind(0, **settings)
        except TypeError as error:
            raise TypeError(f"the settings of {policy} are the arguments of {policy}{signature}: {error}") from None
        self._rate = partial(RULES[policy], **settings)
        self._rate(0)  # refuses settings now that a training would refuse later

    def __call__(self, step):
        """The rate of the update that follows `step` updates; a number, an array or a tensor of them."""
        with keras.name_scope(self.name):
            return self._rate(step)

    def get_config(self):
        """What `from_config` makes this schedule from again.

        Raises:
            ValueError: A policy among the settings is a function that Keras could not find again.
        """
        settings = {name: _saved_setting(name, value) for name, value in self.settings.items()}
        return {"policy": self.policy, "settings": settings, "name": self.name}

    @classmethod
    def from_config(cls, config):
        """The schedule of what `get_config` returned."""
        settings = keras.saving.deserialize_keras_object(config["settings"])
        return cls(config["policy"], name=config["name"], **settings)


def _scope(name):
    """A name of a schedule, which TensorFlow must be able to give to a part of its graph."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.>-]*", arguments.text("name", name)):
        raise ValueError(f"name must begin with a letter or digit, and hold these and _ . > - alone; it is {name!r}")
    return name


def _copied(value):
    """Lists copied, inner ones too, so that the caller's changes of them do not reach the schedule."""
    return type(value)(map(_copied, value)) if type(value) in (list, tuple) else value


def _saved_setting(name, value):
    if isinstance(value, list | tuple):
        return [_saved_setting(name, each) for each in value]
    if isinstance(value, keras.optimizers.schedules.LearningRateSchedule) or not callable(value):
        return keras.saving.serialize_keras_object(value)
    return _saved(name, value)


def refuse_no_cycle(name, owner, instead, settings="..."):
    """Send on who names a policy of RULES where `owner` takes a cycle, to `instead`."""
    if isinstance(name, str) and name in RULES:
        raise ValueError(f"{name!r} is no cycle of {owner}: write {instead}({name!r}, {settings})")


def _saved(name, function):
    if function is None:
        return None
    named = getattr(function, "__name__", "<lambda>") != "<lambda>"
    if not named or keras.saving.get_registered_object(keras.saving.get_registered_name(function)) is not function:
        raise ValueError(
            f"{name} ({function!r}) cannot be saved: make it a named function (not a lambda) decorated with "
            "@keras.saving.register_keras_serializable()"
        )
    return keras.saving.serialize_keras_object(function)
