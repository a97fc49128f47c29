"""The learning-rate range test for Keras models."""

import random

import keras
import numpy as np

from clr_utils import arguments
from clr_utils.range_test.batches import ShuffledBatches, repeated_batches
from clr_utils.range_test.curves import sweep_rates
from clr_utils.range_test.recorder import SCORES, Recorder, sweeping_copy
from clr_utils.range_test.results import RangeTests
from clr_utils.range_test.untouched import kept_random_states, untouched


def lr_range_test(
    model,
    x,
    y=None,
    *,
    min_lr,
    max_lr,
    steps=None,
    epochs=None,
    sweep="log",
    batch_size=32,
    stratified=False,
    class_weight=None,
    validation_data=None,
    validation_every=10,
    validation_scores=(),
    stop_factor=4,
    seed=None,
    verbose=1,
):
    """Train while the learning rate climbs from min_lr to max_lr, record the curves, and put everything back.

    One training, as `fit` does it, with a fresh copy of the model's optimizer, at the rates of `sweep_rates` (Smith
    2017, section 3.3). The loss and metrics of an update are those of its batch alone, before the update; `fit` logs
    running means instead. Afterwards, also after an error or an interrupt, the model is as it was: weights,
    statistics of BatchNormalization, its own optimizer with slots, iterations and rate, metrics, seeds of dropout,
    and the random states of Python, NumPy, Keras and its backend PyTorch. Training it from arrays then gives, bit for
    bit, what it would have given without the test.

    Not put back: a generator's or iterator's position; a `tf.data` shuffle with reshuffle_each_iteration, or a
    PyDataset that shuffles itself, which change by being read; what a custom layer or train_step keeps outside Keras
    variables and attributes of the model.

    Args:
        model: A compiled Keras model; whatever its optimizer has as learning rate, a schedule included, is left out.
        x: Arrays (or a list, tuple or dict of them), a `tf.data.Dataset`, a `PyDataset`, a generator of
            batches, or on PyTorch a `DataLoader`.
        y: Targets, where x is arrays.
        min_lr, max_lr: First and last rate, 0 < min_lr < max_lr.
        steps: Number of updates, 2 or more; or else
        epochs: the length as passes over the data, where their number of batches is known.
        sweep: "log" (equal factors) or "linear" (equal differences, as in the papers).
        batch_size: Examples in a batch, where x is arrays.
        stratified: Give each batch the class shares of the whole data, where x is arrays: for unbalanced data.
        class_weight: As for `fit`, a dict from class to weight.
        validation_data: (x, y), arrays, on which the compiled loss and metrics are measured besides, as "val_loss"
            and so on. A few hundred examples suffice; they are the same all through the test.
        validation_every: Updates from one such measurement to the next.
        validation_scores: Further scores on validation_data, of a binary classifier: "roc_auc" and "pr_area"
            (average precision), recorded as "val_roc_auc" and "val_pr_area".
        stop_factor: Stop when the smoothed loss has risen from its lowest value L by more than stop_factor - 1 times
            |L|, or times the fall that led to L where that is larger. None: stop at a loss that is not finite only.
        seed: Of the order of the examples. By default it is read off NumPy's global state.
        verbose: 1 shows a progress bar, 0 does not.

    Returns:
        A `RangeTest`; `stopped_at` and `stop_reason` tell whether it stopped early, and why.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it and the way out.

    Example:
        >>> test = lr_range_test(model, x, y, min_lr=1e-4, max_lr=1, steps=200)
        >>> base_lr, max_lr, *_ = test.suggest("smith")
    """
    _check_model(model)
    _check_validation(validation_data, validation_scores)
    every = arguments.whole("validation_every", validation_every, unit="updates")
    if stop_factor is not None:
        stop_factor = arguments.number("stop_factor", stop_factor, above=1)
    with kept_random_states():
        if seed is None:
            seed = np.random.randint(2**31)  # noqa: NPY002
        seed = arguments.whole("seed", seed, minimum=0, unit="any size")
        # For a PyDataset, the order of whose batches is drawn from it.
        random.seed(seed)
        data = _as_data(x, y, batch_size, seed, stratified)
        rates = sweep_rates(min_lr, max_lr, _count_updates(steps, epochs, data), sweep)
        _build(model, data)
        with untouched(model, sweeping_copy(model.optimizer, rates)):
            recorder = Recorder(model, rates, stop_factor, class_weight, validation_data, every, validation_scores)
            recorder.train(repeated_batches(data), verbose)
    return recorder.result(sweep)


def repeat_range_test(build, x, y=None, *, seeds=5, **settings):
    """The same range test with several seeds: of the initial weights, of dropout, and of the order of the examples.

    Args:
        build: A function without arguments that returns a new compiled model.
        x, y: As for `lr_range_test`, but no generator: the second test would read on where the first one stopped.
        seeds: How many, counted from 0; or the seeds themselves.
        **settings: Keyword arguments of `lr_range_test`, other than seed.

    Returns:
        `RangeTests`, in the order of the seeds.
    """
    if not callable(build) or isinstance(build, keras.Model):
        raise TypeError(f"build must be a function that returns a new compiled model; it is {build!r}")
    if np.ndim(seeds) == 0:
        seeds = range(arguments.whole("seeds", seeds, unit="seeds"))
    tests = []
    for seed in seeds:
        with kept_random_states(int(seed)):
            tests.append(lr_range_test(build(), x, y, seed=int(seed), **settings))
    return RangeTests(tuple(map(int, seeds)), tuple(tests))


def _check_model(model):
    if not isinstance(model, keras.Model):
        raise TypeError(f"model must be a compiled Keras model; it is {model!r}")
    if not model.compiled:
        raise ValueError("the model is not compiled: call model.compile(optimizer, loss) first")
    if not hasattr(model.optimizer, "learning_rate"):
        raise ValueError(f"the model's optimizer is {model.optimizer!r}: the test needs one with one learning rate")
    if batches := getattr(model.optimizer, "inner_optimizer", model.optimizer).gradient_accumulation_steps:
        raise ValueError(
            f"gradient_accumulation_steps is {batches}, and the test needs one update a batch: test a model compiled "
            f"without it, in batches {batches} times as large"
        )


def _check_validation(data, scores):
    if isinstance(scores, str):
        raise TypeError(f"validation_scores must be a list of names, such as [{scores!r}]")
    for name in scores:
        arguments.one_of("validation_scores", name, SCORES)
    if scores and data is None:
        raise ValueError("validation_scores are measured on validation_data=(x, y); give that too")
    if data is not None and not (isinstance(data, tuple | list) and len(data) == 2):
        raise TypeError("validation_data must be a pair (x, y) of arrays")


def _as_data(x, y, batch_size, seed, stratified):
    if all(hasattr(leaf, "shape") for leaf in keras.tree.flatten(x)):
        return ShuffledBatches(x, y, batch_size=batch_size, seed=seed, stratified=stratified)
    if y is not None:
        raise TypeError(
            f"x must be arrays where y is given; it is a {type(x).__name__}. A dataset yields its own targets"
        )
    if stratified:
        raise ValueError("stratified=True needs arrays; a dataset makes its own batches")
    return x


def _count_updates(steps, epochs, data):
    if (steps is None) == (epochs is None):
        raise ValueError("give either steps (updates) or epochs (passes over the data)")
    if steps is not None:
        return arguments.whole("steps", steps, minimum=2, unit="updates")
    try:
        batches = len(data)
    except TypeError:
        raise ValueError("the number of batches in an epoch is not known for these data: give steps") from None
    return arguments.whole("epochs", epochs, unit="epochs") * batches


def _build(model, data):
    if model.built:
        return
    if not isinstance(data, ShuffledBatches):
        raise ValueError(
            "the model has no weights yet, so they could not be put back: give it a keras.Input(shape) as its first "
            "layer, or call model.build(input_shape)"
        )
    # As `fit` does it: symbolically, for batches of any size.
    model(keras.tree.map_structure(lambda array: keras.KerasTensor((None, *array.shape[1:]), array.dtype), data[0][0]))
