"""The learning-rate range test for Keras models."""

import random
from collections.abc import Iterable, Iterator

import keras
import numpy as np

from clr_utils import arguments
from clr_utils.callback_checks import check_trainable
from clr_utils.range_test.batches import ShuffledBatches, Stream, repeated_batches, weighted
from clr_utils.range_test.checks import check_data, check_model, check_weights
from clr_utils.range_test.curves import sweep_rates
from clr_utils.range_test.recorder import Recorder, sweeping_copy
from clr_utils.range_test.results import RangeTests
from clr_utils.range_test.untouched import kept_random_states, strategy_scope, untouched
from clr_utils.range_test.validation import check_measure, check_validation, measuring


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
    sample_weight=None,
    validation_data=None,
    validation_every=10,
    validation_batch_size=None,
    validation_scores=(),
    stop_factor=4,
    seed=None,
    verbose=1,
):
    """Train while the learning rate climbs from min_lr to max_lr, record the curves, and put everything back.

    One training, as `fit` does it, with a fresh copy of the model's optimizer, at the rates of `sweep_rates` (Smith
    2017, section 3.3). The loss and metrics of an update are those of its batch alone, before the update; `fit` logs
    running means instead. Afterwards, also after an error or an interrupt, the model is as it was: its attributes, and
    every Keras variable that it, its layers, losses, metrics, optimizers and attributes reach, such as weights,
    statistics of BatchNormalization, states of recurrent layers, seeds of dropout, and slots, iterations and rate of
    its optimizers; so are the random states of Python, NumPy, Keras and its backend PyTorch. Training it from arrays
    then gives, bit for bit, what it would have given without the test.

    Not put back: the position of a generator or iterator, which `fit` reads ahead; a `tf.data` shuffle with
    reshuffle_each_iteration, or a PyDataset that shuffles itself, which change by being read; what a custom layer or
    train_step keeps outside Keras variables and attributes of the model.

    Args:
        model: A compiled Keras model; whatever its optimizer has as learning rate, a schedule included, is left out.
        x: Arrays (or a list, tuple or dict of them), pandas Series and DataFrames and matrices of scipy.sparse among
            them, a `tf.data.Dataset`, a `PyDataset`, a generator of batches, or on PyTorch a `DataLoader`. Each batch
            reaches train_step as `fit` gives it. A PyDataset is read without its workers.
        y: Targets, where x is arrays.
        min_lr, max_lr: First and last rate, 0 < min_lr < max_lr; a linear sweep may start at 0.
        steps: Number of updates, 2 or more; or else
        epochs: the length as passes over the data, where their number of batches is known.
        sweep: "log" (equal factors) or "linear" (equal differences, as in the papers).
        batch_size: Examples in a batch, where x is arrays.
        stratified: Give each batch the class shares of the whole data, where x is arrays: for unbalanced data.
        class_weight: As for `fit`, a dict from class to weight, for models with one output.
        sample_weight: As for `fit`, a weight an example, where x is arrays.
        validation_data: (x, y), arrays, on which the compiled loss and metrics are measured besides, as "val_loss"
            and so on. A few hundred examples suffice; they are the same all through the test.
        validation_every: Updates from one such measurement to the next.
        validation_batch_size: Examples in a batch of a measurement; batch_size by default.
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
        RuntimeError: Training does not apply the rates of the sweep, one an update of model.optimizer.

    Example:
        >>> test = lr_range_test(model, x, y, min_lr=1e-4, max_lr=1, steps=200)
        >>> base_lr, max_lr, *_ = test.suggest("smith")
    """
    check_model(model)
    check_weights(class_weight, sample_weight, x, y)
    check_validation(validation_data, validation_scores)
    verbose, stratified = arguments.verbosity(verbose), arguments.flag("stratified", stratified)
    every = arguments.whole("validation_every", validation_every, unit="updates")
    if stop_factor is not None:
        stop_factor = arguments.number("stop_factor", stop_factor, above=1)
    if validation_batch_size is not None:
        batch_size_there = arguments.whole("validation_batch_size", validation_batch_size, unit="examples")
    else:
        batch_size_there = batch_size
    with kept_random_states():
        if seed is None:
            seed = np.random.randint(2**31)  # noqa: NPY002
        seed = arguments.whole("seed", seed, minimum=0, unit="any size")
        data = _as_data(x, y, sample_weight, class_weight, batch_size, seed, stratified)
        rates = sweep_rates(min_lr, max_lr, _count_updates(steps, epochs, data), sweep)
        if validation_data is not None and every > len(rates):
            raise ValueError(
                f"validation_every ({every}) exceeds the {len(rates)} updates of the test, so that nothing would be "
                f"measured: give {len(rates)} or less"
            )
    # From the user's random state, as `fit` would build it.
    _build(model, data)
    with kept_random_states():
        # For a PyDataset, the order of whose batches is drawn from it.
        random.seed(seed)
        check_data(model, x, y)
        check_trainable(model)
        with strategy_scope(model):
            optimizer = sweeping_copy(model.optimizer, rates)
        with untouched(model, optimizer):
            measure, measured = None, []
            if validation_data is not None:
                measure = measuring(validation_data, validation_scores, batch_size_there)
                measured = check_measure(model, measure, validation_data)
            recorder = Recorder(model, rates, stop_factor, measure, every)
            _train(recorder, data, class_weight, verbose)
    return recorder.result(sweep, measured)


def _train(recorder, data, class_weight, verbose):
    if hasattr(data, "element_spec"):
        recorder.train(data, verbose, class_weight)
        return
    batches = repeated_batches(data)
    if class_weight is not None and not isinstance(data, ShuffledBatches):
        batches = weighted(batches, class_weight)
    stream = Stream(batches)
    try:
        if next(stream(), None) is None and not stream.error:
            raise ValueError("x holds no batch: it ended before the first one. Give data with a batch an update")
        if not stream.error:
            recorder.train(stream, verbose)
    finally:
        stream.close()
    if stream.error:
        raise stream.error


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
    if isinstance(x, Iterator):
        raise TypeError(
            f"x is a {type(x).__name__}, which can be read once only: the second test would read on where the first "
            "one stopped. Give arrays, a PyDataset or a tf.data.Dataset, or make the tests one by one"
        )
    seeds, tests, last = _checked_seeds(seeds), [], None
    for seed in seeds:
        with kept_random_states(seed):
            model = build()
            if tests and model is last:
                raise ValueError(
                    "build returned the same model again: let it make, and compile, a new one each time it is called"
                )
            tests.append(lr_range_test(model, x, y, seed=seed, **settings))
            last = model
    return RangeTests(seeds, tuple(tests))


def _checked_seeds(seeds):
    listed = seeds.tolist() if isinstance(seeds, np.ndarray) else seeds
    if isinstance(listed, str | bytes) or not isinstance(listed, Iterable):
        return tuple(range(arguments.whole("seeds", listed, unit="seeds")))
    checked = tuple(
        arguments.whole(f"seeds[{place}]", seed, minimum=0, maximum=2**32 - 1, unit="any size")
        for place, seed in enumerate(listed)
    )
    if not checked or len(set(checked)) < len(checked):
        raise ValueError(f"seeds must be one or more numbers that differ; they are {list(checked)}")
    return checked


def _as_data(x, y, sample_weight, class_weight, batch_size, seed, stratified):
    if (leaves := keras.tree.flatten(x)) and all(hasattr(leaf, "shape") for leaf in leaves):
        weights = {"sample_weight": sample_weight, "class_weight": class_weight}
        return ShuffledBatches(x, y, **weights, batch_size=batch_size, seed=seed, stratified=stratified)
    if y is not None:
        raise TypeError(
            f"x must be arrays where y is given; it is a {type(x).__name__}. A dataset yields its own targets"
        )
    if sample_weight is not None:
        raise TypeError(
            f"x must be arrays where sample_weight is given; it is a {type(x).__name__}. A dataset yields its own "
            "weights, in batches (x, y, sample_weight)"
        )
    if stratified:
        raise ValueError("stratified=True needs arrays; a dataset makes its own batches")
    if not isinstance(x, Iterable | keras.utils.PyDataset):
        raise TypeError(f"x must be arrays, a dataset or a generator of batches; it is {x!r} ({type(x).__name__})")
    if _count_batches(x) == 0:
        raise ValueError(f"x holds no batch: the length of this {type(x).__name__} is 0")
    return x


def _count_batches(data):
    """The number of batches of an epoch, or None where it is not known."""
    if isinstance(data, keras.utils.PyDataset):
        return data.num_batches
    try:
        return len(data)
    except TypeError:
        return None


def _count_updates(steps, epochs, data):
    if (steps is None) == (epochs is None):
        raise ValueError("give either steps (updates) or epochs (passes over the data)")
    if steps is not None:
        return arguments.whole("steps", steps, minimum=2, unit="updates")
    if (batches := _count_batches(data)) is None:
        raise ValueError("the number of batches in an epoch is not known for these data: give steps")
    return arguments.whole("epochs", epochs, unit="epochs") * batches


def _build(model, data):
    if model.built:
        return
    if not isinstance(data, ShuffledBatches):
        raise ValueError(
            "the model has no weights yet, so they could not be put back: give it a keras.Input(shape) as its first "
            "layer, or call model.build(input_shape)"
        )
    x, *_ = keras.utils.unpack_x_y_sample_weight(data[0])
    # As `fit` does it: symbolically, for batches of any size.
    with strategy_scope(model):
        model(keras.tree.map_structure(_symbol, x))


def _symbol(array):
    dtype = keras.backend.standardize_dtype(array.dtype)
    return keras.KerasTensor((None, *array.shape[1:]), dtype, sparse=hasattr(array, "tocsr"))
