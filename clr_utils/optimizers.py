"""SGD and Adam whose momentum is a schedule: computed in the graph, saved with the model."""

from numbers import Real

import keras
import numpy as np
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule

from clr_utils import arguments
from clr_utils.keras_internals import schedule_variable

LOOKED_AT = (0, *(2**k for k in range(21)))  # the iterations at which a schedule is checked
MOMENTA = ("one_cycle_momentum", "mirrored")  # policies of momenta alone


class _ScheduledMomentum:
    """What both optimizers share; `_key` is the name that Keras has for the momentum."""

    def _momentum(self):
        if isinstance(self._given, LearningRateSchedule):
            return self._given(schedule_variable(self))
        return self._given

    def _give(self, momentum):
        if self.built:
            raise AttributeError(
                f"{self._key} was assigned to a {type(self).__name__} that is in use, whose compiled step would not "
                f"notice it: give {self._key} a schedule when you make the optimizer"
            )
        self._given = _checked(self._key, momentum)

    def momenta(self, iterations):
        """The momentum of updates, such as those of `LearningRateHistory`.

        Args:
            iterations: Updates done before each of them, shape (n,), such as `history.iterations`.

        Returns:
            Their momenta, shape (n,), float64.
        """
        updates = arguments.sample("iterations", iterations, at_least=0, minimum=0).astype(np.int64)
        batches_each = self.gradient_accumulation_steps or 1
        return np.array([_at(self._given, int(n + 1) * batches_each - 1) for n in updates])

    def get_config(self):
        """What `from_config` makes this optimizer from again."""
        return {**super().get_config(), self._key: keras.saving.serialize_keras_object(self._given)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The optimizer of what `get_config` returned."""
        momentum = keras.saving.deserialize_keras_object(config[cls._key], custom_objects)
        return super().from_config({**config, cls._key: momentum}, custom_objects)


@keras.saving.register_keras_serializable(package="clr_utils")
class MomentumSGD(_ScheduledMomentum, keras.optimizers.SGD):
    """SGD whose momentum may be a schedule, such as that of 1cycle; with a number it is Keras's SGD.

    velocity = momentum * velocity - learning_rate * gradient, then w = w + velocity; with nesterov
    w = w + momentum * velocity - learning_rate * gradient. Both numbers are those of the same update, functions of the
    updates done so far, computed inside the compiled training step: a training that is stopped and resumed goes on
    with the same momenta, and `steps_per_execution`, XLA and mixed precision make no difference. Updates that loss
    scaling skips do not count. With gradient accumulation Keras passes the count of *batches*, so lengths count
    batches there, for the momentum as for the rate.

    As in Keras, the rate is inside the velocity. PyTorch has it outside (velocity = momentum * velocity + gradient,
    w = w - learning_rate * velocity): the same while the rate is constant, another training where it changes.

    `optimizer.momenta(history.iterations)` are the momenta of the updates that a `LearningRateHistory` recorded;
    `optimizer.momentum` is that of the next update.

    Args:
        learning_rate: A number or a schedule.
        momentum: A number, 0 or more and less than 1, or a schedule of such numbers, such as
            `PolicySchedule("one_cycle_momentum", total=1000)`. A schedule is looked at now, at some iterations.
        nesterov: Step with the momentum looked ahead.
        **settings: Other arguments of `keras.optimizers.SGD`.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
        AttributeError: The momentum of an optimizer in use is assigned, of which a compiled step would not know.

    Example:
        >>> rate = PolicySchedule("one_cycle", max_lr=0.1, total=1000)
        >>> optimizer = MomentumSGD(rate, PolicySchedule("one_cycle_momentum", total=1000))
    """

    _key = "momentum"
    momentum = property(_ScheduledMomentum._momentum, _ScheduledMomentum._give)

    def __init__(self, learning_rate=0.01, momentum=0.9, nesterov=False, **settings):
        super().__init__(
            rate_not_momentum("learning_rate", learning_rate), nesterov=arguments.flag("nesterov", nesterov), **settings
        )
        self.momentum = momentum

    def build(self, variables):
        """Make the velocities, which Keras's SGD leaves out where the momentum is 0 at first."""
        if not self.built:
            super(keras.optimizers.SGD, self).build(variables)
            self.momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient, variable, learning_rate):
        """Move a variable, with the momentum of this update."""
        momentum = ops.cast(self.momentum, variable.dtype)
        step = ops.multiply(ops.cast(gradient, variable.dtype), ops.cast(learning_rate, variable.dtype))
        velocity = self.momentums[self._get_variable_index(variable)]
        self.assign(velocity, ops.subtract(ops.multiply(velocity, momentum), step))
        move = ops.subtract(ops.multiply(velocity, momentum), step) if self.nesterov else velocity
        self.assign_add(variable, move)


@keras.saving.register_keras_serializable(package="clr_utils")
class MomentumAdam(_ScheduledMomentum, keras.optimizers.Adam):
    """Adam whose beta_1, its momentum, may be a schedule; with a number it is Keras's Adam.

    What `MomentumSGD` says of compiled steps, resuming, gradient accumulation and the momenta holds here too
    (`optimizer.beta_1` is that of the next update).

    The mean of the gradients is divided by 1 - beta_1**t, with the beta_1 of update number t, as PyTorch's `OneCycleLR`
    has it. The exact divisor, 1 minus the product of all beta_1 so far, would be one more number to keep in step when
    a training is saved. Where beta_1 changes slowly the two agree: both are near 1 before it has changed by much.

    Args:
        learning_rate: A number or a schedule.
        beta_1: A number, 0 or more and less than 1, or a schedule of such numbers, such as
            `PolicySchedule("one_cycle_momentum", total=1000)`. A schedule is looked at now, at some iterations.
        **settings: Other arguments of `keras.optimizers.Adam`, amsgrad among them.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
        AttributeError: The beta_1 of an optimizer in use is assigned, of which a compiled step would not know.
    """

    _key = "beta_1"
    beta_1 = property(_ScheduledMomentum._momentum, _ScheduledMomentum._give)

    def __init__(self, learning_rate=0.001, beta_1=0.9, **settings):
        if "momentum" in settings:
            raise TypeError("the momentum of Adam is its beta_1: write MomentumAdam(learning_rate, beta_1=...)")
        super().__init__(rate_not_momentum("learning_rate", learning_rate), beta_1, **settings)


def rate_not_momentum(name, rate):
    """A learning rate, a number as float; ValueError where it is no rate, or the schedule of a momentum."""
    if isinstance(rate, Real):
        return arguments.number(name, rate, minimum=0)
    if (policy := getattr(rate, "policy", None)) in MOMENTA:
        raise ValueError(
            f"{name} is the schedule of a momentum ({policy!r}): are the two swapped? A momentum is an argument of "
            "MomentumSGD, or beta_1 of MomentumAdam"
        )
    return rate


def _checked(name, momentum):
    if isinstance(momentum, LearningRateSchedule):
        if getattr(momentum, "policy", None) == "one_cycle":
            raise ValueError(
                f"{name} is the schedule of a rate ('one_cycle'): give it PolicySchedule('one_cycle_momentum', "
                "total=...)"
            )
        for n in LOOKED_AT:
            value = _at(momentum, n)
            if not 0 <= value < 1:
                raise ValueError(
                    f"{name} must be 0 or more and less than 1 at every iteration; at {n} this schedule is {value}. "
                    "Is it one of the learning rate?"
                )
        return momentum
    if callable(momentum):
        raise TypeError(
            f"{name} must be a number or a schedule, such as PolicySchedule('one_cycle_momentum', total=1000); it is "
            f"{momentum!r}"
        )
    return arguments.number(name, momentum, minimum=0, below=1)


def _at(momentum, count):
    """The momentum at a count of Keras, a float."""
    return float(ops.convert_to_numpy(momentum(count) if isinstance(momentum, LearningRateSchedule) else momentum))
