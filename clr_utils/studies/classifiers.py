"""The training of the studies `cifar10` and `league`: one network, one with snapshots, or an ensemble."""

from functools import lru_cache

import numpy as np

from clr_utils.studies.rates import rate_of_each_update
from clr_utils.studies.smith import RESIDUAL


def train_on(settings, seed):
    """Train one run of one of these studies: one network, or the "members" of an ensemble one after another.

    Returns:
        metrics: "accuracy" on the test set (or the held-out images) of the last network, in percent, and "updates" of
            all. Where a training diverged "accuracy" is None. Of an ensemble also "ensemble", its own accuracy.
        history: One a reading: "accuracy" as above, and of the updates since the last reading "loss" (penalty
            included) and "train_accuracy". Of an ensemble its accuracy, "ensemble", after each further network.
    """
    images = prepared(settings["data"], settings["held_out"])
    members = [_train_network(settings, seed + 1000 * k, images) for k in range(settings.get("members", 1))]
    history = {name: [value for member in members for value in member[0][name]] for name in members[0][0]}
    updates = sum(member[2] for member in members)
    whole = updates == settings["updates"] * len(members)
    metrics = {"accuracy": history["accuracy"][-1] if whole else None, "updates": updates}
    if "snapshots" in settings or "members" in settings:
        found = np.cumsum([probabilities for member in members for probabilities in member[1]], axis=0)
        history["ensemble"] = [_accuracy(together, images[3]) for together in found]
        metrics["ensemble"] = history["ensemble"][-1] if whole else None
    return metrics, history


def _train_network(settings, seed, images):
    """The history of one network, its probabilities for the test images at its snapshots or end, and its updates."""
    import keras

    from clr_utils.range_test.recorder import Sweep

    x, y, x_test, y_test = images
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = network(settings, x.shape[1:])
    every, batch_size = settings["every"], settings["batch_size"]
    optimizer, options = optimizer_class(**settings["optimizer"])
    if settings["network"] not in RESIDUAL:
        optimizer = twice_for_biases(optimizer)
    rates = Sweep(rate_of_each_update(settings["policy"], settings["updates"]))
    model.compile(
        optimizer(rates, **options), "sparse_categorical_crossentropy", metrics=["accuracy"], steps_per_execution=every
    )
    history, kept = {"loss": [], "train_accuracy": [], "accuracy": []}, []
    batches = in_order(len(x), batch_size, seed)
    for done in range(every, settings["updates"] + 1, every):
        chosen = np.concatenate([next(batches) for _ in range(every)])
        fitted = model.fit(x[chosen], y[chosen], batch_size=batch_size, shuffle=False, verbose=0).history
        if not np.isfinite(fitted["loss"][0]):
            break
        probabilities = model.predict(x_test, batch_size=1000, verbose=0)
        values = (fitted["loss"][0], 100 * fitted["accuracy"][0], _accuracy(probabilities, y_test))
        for name, value in zip(history, values, strict=True):
            history[name].append(round(value, 4))
        if done % settings.get("snapshots", settings["updates"]) == 0:
            kept.append(probabilities)
    return history, kept, int(model.optimizer.iterations)


def optimizer_class(name, **options):
    """The class of an optimizer, and its options; SGD with a policy as its momentum is `MomentumSGD`.

    `ScheduleFreeAdamW` is Keras's, mended.
    """
    import keras

    from clr_utils.optimizers import MomentumSGD
    from clr_utils.schedule_free import ScheduleFreeAdamW
    from clr_utils.schedules import PolicySchedule

    if isinstance(options.get("momentum"), dict):
        policy = dict(options["momentum"])
        return MomentumSGD, {**options, "momentum": PolicySchedule(policy.pop("name"), **policy)}
    if name == "ScheduleFreeAdamW":
        return ScheduleFreeAdamW, options
    return getattr(keras.optimizers, name), options


def _accuracy(probabilities, labels):
    return round(100 * float((probabilities.argmax(axis=1) == labels).mean()), 4)


def in_order(examples, batch_size, seed):
    """Batches of the numbers 0 to examples - 1 without end, each epoch in an order of its own; a rest is left out."""
    generator = np.random.default_rng(seed)
    while True:
        order = generator.permutation(examples)
        yield from order[: examples // batch_size * batch_size].reshape(-1, batch_size)


def network(settings, shape):
    """The network of a run's settings for images of this shape, not compiled."""
    from clr_utils import models, residual

    size, _, channels = shape
    if settings["network"] in RESIDUAL:
        return getattr(residual, settings["network"])(size, channels, **settings["network_options"])
    return getattr(models, settings["network"])(size, channels, settings["width"])


def twice_for_biases(optimizer):
    """A subclass of a Keras optimizer that trains biases at twice the rate, as cifar10_quick of Caffe has it."""

    class TwiceForBiases(optimizer):
        def update_step(self, gradient, variable, learning_rate):
            name = variable.name.split("/")[-1].split(":")[0]  # "bias" on JAX, "model/layer/bias:0" on TensorFlow
            super().update_step(gradient, variable, learning_rate * (2 if name == "bias" else 1))

    return TwiceForBiases


@lru_cache(maxsize=1)
def prepared(data, held_out=0):
    """Images less the mean image of the training set, float32, and labels: training, then test or held-out images."""
    from clr_utils.datasets.cifar10 import halved, load_cifar10
    from clr_utils.datasets.fashion_mnist import load_fashion_mnist
    from clr_utils.datasets.images import validation_split

    loaders = {
        "cifar10": load_cifar10,
        "cifar10_16": lambda: halved(load_cifar10()),
        "fashion_mnist_14": lambda: halved(load_fashion_mnist()),
    }
    images = loaders[data]()
    if held_out:
        images = validation_split(images, held_out)
    mean = images.x_train.mean(axis=0, dtype=np.float64).astype(np.float32)
    return images.x_train - mean, images.y_train, images.x_test - mean, images.y_test
