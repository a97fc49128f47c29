"""Keras's `ScheduleFreeAdamW`, mended for the league.

In Keras 3.15.1 it is right on JAX only. On TensorFlow and PyTorch it overwrites the sequence that takes the steps (z,
its "momentum") before it has read the old one. And where `fit` builds it on TensorFlow, z starts from zeros and not
from the weights: a network with small weights does not train at all.
"""

from keras import ops, optimizers, saving


@saving.register_keras_serializable(package="clr_utils")
class ScheduleFreeAdamW(optimizers.ScheduleFreeAdamW):
    """Algorithm 1 of Defazio et al. 2024 (arXiv:2405.15682) with Adam's divisor, each z weighted alike, as in Keras."""

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
