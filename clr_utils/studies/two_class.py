"""The training of the two-class networks of the study `chest_xray`: one network, read at some of its updates."""

from functools import lru_cache
from math import gcd

import numpy as np

from clr_utils.datasets.chest_xray import finding_or_none, load_chest_sample, patient_split
from clr_utils.metrics import detection
from clr_utils.studies.classifiers import in_order
from clr_utils.studies.rates import rate_of_each_update

MOST = 250  # updates whose images are gathered at a time
SCORES = (
    "train_accuracy",
    "validation_roc_area",
    "test_accuracy",
    "test_balanced_accuracy",
    "test_roc_area",
    "test_pr_area",
)


def train_on(settings, seed):
    """Train one run of the study `chest_xray`.

    Returns:
        metrics: The scores after the last update, and with the prefix "before_" those after phase 1. Accuracies are in
            percent, of the training and the test images at a threshold of 0.5, the balanced one of the test images at
            the threshold with the best F1 on the validation images. Where a training diverged the last ones are None.
            Also "updates", and "negatives", the number of test images without the finding.
        history: The scores at each reading, and "loss", of the updates since the last one. "above" and "before_above":
            for each positive test image, from the highest score, how many negatives score as much or more.
    """
    import keras

    from clr_utils.range_test.recorder import Sweep

    parts = prepared(settings["data"], settings["images"], seed)
    x, y = parts[0]
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = network(settings, x.shape[1:])
    readings, options = settings["readings"], dict(settings["optimizer"])
    lengths = np.diff([0, *readings]).tolist()
    rates = Sweep(rate_of_each_update(settings["policy"], readings[-1]))
    optimizer = getattr(keras.optimizers, options.pop("name"))(rates, **options)
    execution, most = at_a_time(lengths)
    model.compile(optimizer, "sparse_categorical_crossentropy", steps_per_execution=execution)
    batches = in_order(len(x), settings["batch_size"], seed)
    history, above = {name: [] for name in ("loss", *SCORES)}, {}
    for reading, length in zip(readings, lengths, strict=True):
        loss = 0.0
        for start in range(0, length, most):
            chosen = np.concatenate([next(batches) for _ in range(min(most, length - start))])
            fitted = model.fit(x[chosen], y[chosen], batch_size=settings["batch_size"], shuffle=False, verbose=0)
            loss += fitted.history["loss"][0] * len(chosen) / (length * settings["batch_size"])
        scores = [model.predict(images, batch_size=1000, verbose=0)[:, 1] for images, _ in parts]
        if not np.isfinite([loss, *map(np.sum, scores)]).all():
            break
        labels = [labels for _, labels in parts]
        for name, value in {"loss": loss, **scores_of(labels, scores)}.items():
            history[name].append(round(float(value), 5))
        if reading == settings["first"]:
            above["before_above"] = detection.negatives_above(labels[2], scores[2]).tolist()
        above["above"] = detection.negatives_above(labels[2], scores[2]).tolist()
    whole = len(history["loss"]) == len(readings)
    before = readings.index(settings["first"])
    metrics = {name: history[name][-1] if whole else None for name in SCORES}
    metrics |= {f"before_{name}": history[name][before] if len(history[name]) > before else None for name in SCORES}
    metrics |= {"updates": int(model.optimizer.iterations), "negatives": int((parts[2][1] == 0).sum())}
    return metrics, {**history, **above}


def at_a_time(lengths):
    """Updates in one call of Keras's, a divisor of all lengths, and in one `fit`, at most MOST: memory bounds both."""
    whole = gcd(*lengths)
    execution = max(n for n in range(1, MOST + 1) if whole % n == 0)
    return execution, MOST // execution * execution


def scores_of(labels, scores):
    """The SCORES of a network, by name.

    Args:
        labels: 0 and 1, of the training, the validation and the test images.
        scores: The network's probabilities of 1 for them.
    """
    train, validation, test = zip(labels, scores, strict=True)
    threshold = detection.best_threshold(*validation)
    called = detection.confusion(*test, threshold)
    values = (
        accuracy(*train),
        detection.roc_auc(*validation),
        accuracy(*test),
        50 * (called.recall + 1 - called.false_positive_rate),
        detection.roc_auc(*test),
        detection.pr_area(*test),
    )
    return dict(zip(SCORES, values, strict=True))


def accuracy(labels, scores):
    """The share of right answers at a threshold of 0.5, in percent."""
    return 100 * np.mean((scores > 0.5) == labels)


def network(settings, shape):
    """The network of a run's settings for images of this shape, not compiled; the full scale has Keras's own."""
    import keras

    from clr_utils import models, residual

    name, options = settings["network"], settings["network_options"]
    size, _, channels = shape
    if name in ("MobileNet", "DenseNet121"):
        return getattr(keras.applications, name)(input_shape=shape, weights=None, classes=2, **options)
    home = residual if name == "densenet" else models
    return getattr(home, name)(size, channels, classes=2, **options)


@lru_cache(maxsize=1)
def prepared(data, images, seed):
    """Images and labels of training, validation and test: (x, y) three times.

    The images are float32, less the mean pixel of the training images, and divided by their standard deviation.

    Args:
        data: "pneumonia", or a finding of the NIH sample; with "_full" at its end all images that there are.
        images: The number of training images to keep, drawn once for all seeds; all unless given.
        seed: Draws the patients of each part of the NIH images; PneumoniaMNIST has parts of its own.
    """
    from clr_utils.datasets.nih_folder import load_chest_xrays
    from clr_utils.datasets.pneumonia import load_pneumonia

    name = data.removesuffix("_full")
    if name == "pneumonia":
        found = load_pneumonia()
    else:
        xrays = load_chest_xrays() if data.endswith("_full") else load_chest_sample()
        found = patient_split(finding_or_none(xrays, name), name, seed)._asdict()
        found = [array for key, array in found.items() if not key.startswith("patients")]
    x, y = found[0], found[1]
    if images:
        kept = np.random.default_rng(0).permutation(len(x))[:images]
        x, y = x[kept], y[kept]
    mean, deviation = x.mean(dtype=np.float64), x.std(dtype=np.float64)
    parts = ((x, y), *zip(found[2::2], found[3::2], strict=True))
    return tuple((((part - mean) / deviation).astype(np.float32), labels) for part, labels in parts)
