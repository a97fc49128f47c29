"""Keras's `ScheduleFreeAdamW`, mended.

In Keras 3.15.1 it is right on JAX only. On TensorFlow and PyTorch it overwrites the sequence that takes the steps (z,
its "momentum") before it has read the old one. And where `fit` builds it on TensorFlow, z starts from zeros and not
from the weights: a network with small weights does not train at all.
"""

import keras
from keras import ops

from clr_utils import arguments
from clr_utils.optimizers import rate_not_momentum

_Mended = getattr(keras.optimizers, "ScheduleFreeAdamW", keras.optimizers.Adam)


@keras.saving.register_keras_serializable(package="clr_utils")
class ScheduleFreeAdamW(_Mended):
    """Adam that steps at a constant rate and trains at an average of its weights, so that no rate has to fall.

    Three sequences of weights: z takes the steps, x is the mean of all z so far, and y, between the two, is where the
    gradients are taken. The weights of the model are y:

        z = z - rate * min(t / warmup_steps, 1) * gradient / (sqrt(v / (1 - beta_2**t)) + epsilon)
        x = x + (z - x) / t
        y = (1 - beta_1) * z + beta_1 * x

    with v as in Adam and t the number of the update, from 1. This is Algorithm 1 of Defazio et al. 2024
    (arXiv:2405.15682), each z weighted alike, as in Keras. Its authors evaluate at x. Here a model is evaluated at y,
    by default nine tenths of the way to x, as in Keras.

    Args:
        learning_rate: A number or a schedule.
        beta_1: How near to the average the gradients are taken, above 0 and less than 1.
        beta_2: Of the mean of the squared gradients, as in Adam; 0 or more and less than 1.
        epsilon: Added to the divisor.
        warmup_steps: Updates in which the rate climbs from 0 in a line. A twentieth of the training did well in 09.
        **settings: Other arguments of `keras.optimizers.ScheduleFreeAdamW`, such as `weight_decay`.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
        ImportError: This Keras is older than 3.14, and has no such optimizer.

    Example:
        >>> optimizer = ScheduleFreeAdamW(0.004, warmup_steps=100)
    """

    def __init__(self, learning_rate=0.0025, beta_1=0.9, beta_2=0.999, epsilon=1e-8, warmup_steps=0, **settings):
        if not hasattr(keras.optimizers, "ScheduleFreeAdamW"):
            raise ImportError(
                f"ScheduleFreeAdamW is in Keras from 3.14 on, and this is {keras.__version__}: pip install -U keras"
            )
        super().__init__(
            rate_not_momentum("learning_rate", learning_rate),
            beta_1=arguments.number("beta_1", beta_1, above=0, below=1),
            beta_2=arguments.number("beta_2", beta_2, minimum=0, below=1),
            epsilon=arguments.number("epsilon", epsilon, minimum=0),
            warmup_steps=arguments.whole("warmup_steps", warmup_steps, minimum=0),
            **settings,
        )

    def update_step(self, gradient, variable, learning_rate):
        """Move z by the gradient, its average towards z, and the variable between the two."""
        slot = self._get_variable_index(variable)
        z, velocity = self._momentums[slot], self._velocities[slot]
        t = ops.cast(self.iterations + 1, variable.dtype)
        rate = ops.cast(learning_rate, variable.dtype) * ops.minimum(t / max(self.warmup_steps, 1), 1)
        self.assign(velocity, self.beta_2 * velocity + (1 - self.beta_2) * ops.square(gradient))
        step = rate * gradient / (ops.sqrt(velocity / (1 - ops.power(self.beta_2, t))) + self.epsilon)
        old = ops.where(t == 1, ops.convert_to_tensor(variable), ops.convert_to_tensor(z))
        average = (variable - (1 - self.beta_1) * old) / self.beta_1
        new = old - step
        average = average + (new - average) / t
        self.assign(z, new)
        self.assign(variable, (1 - self.beta_1) * new + self.beta_1 * average)
