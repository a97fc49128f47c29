"""Small models of many kinds, with data, for the tests of the learning-rate range test."""

import keras
import numpy as np
from keras import layers

from helpers import dtype_policy

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(22, 3)).astype("float32")
CLASSES = (X[:, :1] + 0.3 * RANDOM.normal(size=(22, 1)) > 0.4).astype("float32")
TARGETS = X @ np.array([[1.0], [-2.0], [0.5]], "float32")


class OwnStep(keras.Model):
    """A subclass with a train_step, a metric and a compile() of its own; it has no weights before the first call."""

    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(4, activation="relu")
        self.drop = layers.Dropout(0.3)
        self.outer = layers.Dense(1)
        self.size = keras.metrics.Mean(name="size")

    def compile(self, rate, extra):
        super().compile(keras.optimizers.Adam(rate), loss="mse")
        self.extra = extra

    def call(self, x, training=None):
        return self.outer(self.drop(self.inner(x), training=training))

    def train_step(self, *state_and_data):
        return super().train_step(*state_and_data)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        self.size.update_state(keras.ops.abs(y_pred) * self.extra)
        return super().compute_metrics(x, y, y_pred, sample_weight)


class NoConfig(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that cannot be saved."""

    def __call__(self, step):
        return 0.1 / (1 + keras.ops.cast(step, "float32"))


def mlp(*hidden, units=1, activation=None):
    """A Sequential model of three inputs."""
    return keras.Sequential([keras.Input((3,)), *hidden, layers.Dense(units, activation=activation)])


def plain(optimizer=None, **compiled):
    """A linear model of TARGETS, SGD of rate 0.05 unless told otherwise."""
    model = mlp()
    model.compile(optimizer or keras.optimizers.SGD(0.05), "mse", **compiled)
    return model


def eager(**compiled):
    """As `plain`, for tests in which nothing hangs on the compiled step: it is not worth its making."""
    return plain(run_eagerly=True, **compiled)


def normalized():
    """BatchNormalization, Dropout and Adam, with accuracy."""
    model = mlp(layers.Dense(4), layers.BatchNormalization(), layers.Dropout(0.4), activation="sigmoid")
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model


def frozen():
    """Momentum, and a layer that does not learn."""
    model = mlp(layers.Dense(4, trainable=False))
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), "mse")
    return model


def decayed():
    """Weight decay, but not of biases."""
    optimizer = keras.optimizers.AdamW(0.05, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return plain(optimizer)


def averaged():
    """An exponential mean of the weights, which Keras puts in their place when training ends."""
    return plain(keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.5))


def measured():
    """Metrics as objects, weighted ones too."""
    model = mlp(activation="sigmoid")
    metrics = {"metrics": [keras.metrics.AUC(name="auc")], "weighted_metrics": [keras.metrics.BinaryAccuracy("acc")]}
    model.compile(keras.optimizers.SGD(0.05), "binary_crossentropy", **metrics)
    return model


def branched():
    """Two inputs and two outputs, by name."""
    a, b = keras.Input((2,), name="a"), keras.Input((1,), name="b")
    joined = layers.Concatenate()([a, b])
    outputs = {"value": layers.Dense(1, name="value")(joined), "kind": layers.Dense(2, name="kind")(joined)}
    model = keras.Model({"a": a, "b": b}, outputs)
    loss = {"value": "mse", "kind": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}
    model.compile("sgd", loss, loss_weights={"value": 0.3, "kind": 1.0}, metrics={"kind": "accuracy"})
    return model


def own_step():
    """A subclass of `keras.Model` without weights before the first call."""
    model = OwnStep()
    model.compile(0.01, extra=2)
    return model


def unbuilt():
    """A Sequential model without weights before the first call."""
    model = keras.Sequential([layers.Dense(4, activation="relu"), layers.Dropout(0.3), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def scaled():
    """Loss scaling."""
    return plain(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.05)))


def half():
    """Mixed precision, with the loss scaling that Keras adds."""
    with dtype_policy("mixed_float16"):
        return plain()


KINDS = {
    "plain": plain,
    "normalized": normalized,
    "frozen": frozen,
    "decayed": decayed,
    "averaged": averaged,
    "measured": measured,
    "branched": branched,
    "own_step": own_step,
    "unbuilt": unbuilt,
    "scaled": scaled,
    "half": half,
    "jit": lambda: plain(jit_compile=True),
    "eager": eager,
    "steps": lambda: plain(steps_per_execution=3),
    "schedule": lambda: plain(keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 50))),
    "no_config": lambda: plain(keras.optimizers.SGD(NoConfig(), momentum=0.5)),
}


def data_for(kind):
    """Inputs and targets of a kind of model."""
    if kind == "branched":
        return {"a": X[:, :2], "b": X[:, 2:]}, {"value": TARGETS, "kind": CLASSES.astype("int32")}
    return X, CLASSES if kind in ("normalized", "measured") else TARGETS


def new(kind, seed=1):
    """A new model of a kind, with initial weights by the seed."""
    keras.utils.set_random_seed(seed)
    return KINDS[kind]()


# --- trainings of one's own ---


def own_training(apply, base=keras.Model):
    """A linear model whose train_step unpacks `x, y = data`, as in the guides, and calls apply(model, gradients).

    On JAX the step is that of the guides for JAX, and `apply` is not called.
    """

    class Own(base):
        def train_step(self, *state_and_data):
            x, y = state_and_data[-1]
            if keras.backend.backend() == "jax":
                return super().train_step(state_and_data[0], (x, y))
            if keras.backend.backend() == "torch":
                return super().train_step((x, y))
            import tensorflow as tf

            with tf.GradientTape() as tape:
                loss = keras.ops.mean(keras.ops.square(self(x, training=True) - y))
            apply(self, tape.gradient(loss, self.trainable_variables))
            return {"loss": loss}

    inputs = keras.Input((3,))
    model = Own(inputs, layers.Dense(1)(inputs))
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model


def applying(model, gradients):
    """One update with the model's optimizer."""
    model.optimizer.apply(gradients, model.trainable_variables)


def applying_another_too(optimizer):
    """One update with the model's optimizer, and one with another, which the model keeps in a list in a dict."""

    def apply(model, gradients):
        applying(model, gradients)
        model.others["adam"][0].apply(gradients, model.trainable_variables)

    model = own_training(apply)
    model.others = {"adam": [optimizer]}
    return model


def recurrent():
    """A stateful recurrent layer, for batches of two examples of three steps."""
    model = keras.Sequential([keras.Input(batch_shape=(2, 3, 1)), layers.SimpleRNN(4, stateful=True), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model


class Counting(keras.losses.Loss):
    """The mean squared error times one more than a variable, which grows with each call."""

    def __init__(self):
        super().__init__()
        self.calls = keras.Variable(0.0, name="calls")

    def call(self, y, answer):
        self.calls.assign_add(1.0)
        return (1 + self.calls) * keras.ops.mean(keras.ops.square(y - answer), axis=-1)
