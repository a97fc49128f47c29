"""Batches for a range test: of arrays, in an order of their own, and of whatever else can be read batch by batch."""

import itertools
import random
import threading
from collections.abc import Iterator

import keras
import numpy as np

from clr_utils import arguments


class ShuffledBatches(keras.utils.PyDataset):
    """Arrays in batches, shuffled anew in each epoch; the last batch of an epoch may be smaller, as in `fit`.

    (Where a seed is set, `fit` on TensorFlow takes the same order in every epoch.)

    A batch is what `fit` makes of the arrays: (x, y, sample_weight), (x, y), or x alone.

    Args:
        x: An array, a pandas Series or DataFrame, a matrix of scipy.sparse, or a list, tuple or dict of these, with as
            many examples each. A Series becomes one column, as in `fit`.
        y: As x, or None.
        sample_weight: As y, a weight an example, or None.
        class_weight: A dict from class to weight, 1 where it has none, in place of sample_weight; or None.
        batch_size: Examples in a batch.
        seed: Of the order of the examples.
        stratified: Each batch has the classes of y in the shares of the whole data: of two classes within one example,
            of more classes nearly. y is then an array of class numbers, shape (n,) or (n, 1), or of one-hot rows.

    Raises:
        TypeError, ValueError: x and y do not hold the same number of examples, or none, or y holds no classes.
    """

    def __init__(self, x, y=None, sample_weight=None, *, class_weight=None, batch_size=32, seed=0, stratified=False):
        super().__init__()
        given = {"x": x, "y": y, "sample_weight": sample_weight}
        x, y, sample_weight = (_as_arrays(name, each) for name, each in given.items())
        if class_weight is not None:
            sample_weight = weights_of(y, class_weight)
        elif sample_weight is not None and keras.tree.is_nested(y):
            sample_weight = _one_each(y, sample_weight)
        self._arrays = keras.utils.pack_x_y_sample_weight(x, y, sample_weight)
        counts = {array.shape[0] for array in keras.tree.flatten(self._arrays) if array is not None}
        if len(counts) != 1 or 0 in counts:
            names = " and ".join(name for name, each in given.items() if each is not None)
            raise ValueError(f"{names} must hold the same number of examples, at least one; they hold {sorted(counts)}")
        self._count = counts.pop()
        self._batch_size = arguments.whole("batch_size", batch_size, unit="examples")
        self._classes = _classes(y) if stratified else np.zeros(self._count, int)
        self._random = np.random.default_rng(seed)
        self.on_epoch_begin()

    def __len__(self):
        return -(-self._count // self._batch_size)

    def __getitem__(self, index):
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return keras.tree.map_structure(lambda array: _rows(array, chosen), self._arrays)

    def on_epoch_begin(self):
        """Draw the order of the epoch."""
        self._order = stratified_order(self._classes, self._random)


class Stream:
    """Batches that `fit` reads: ahead of the training and in a thread of its own, and from the first one on anew.

    Args:
        batches: Yields the batches, each read once only.

    Attributes:
        alone: Whether the batches come as they are, and not as a tuple (x,), (x, y) or (x, y, sample_weight).
        error: What reading them raised, or None. The stream then ends.
    """

    def __init__(self, batches):
        self._batches, self._kept, self._lock = iter(batches), [], threading.Lock()
        self._keeps, self._open = True, True
        self.alone, self.error = False, None

    def __call__(self):
        """Yield the batches as tuples, from the first one on until the training has begun, from the next one later."""
        for place in itertools.count():
            with self._lock:
                if place >= len(self._kept) and not self._read():
                    return
                batch = self._kept[place] if place < len(self._kept) else self._last
            yield batch

    def begin(self):
        """Keep no batch any more: from now on each is trained on."""
        self._keeps = False

    def close(self):
        """End the stream; when this returns, nothing is read any more."""
        with self._lock:
            self._open = False

    def _read(self):
        try:
            batch = next(self._batches) if self._open else None
        except StopIteration:
            self._open = False
        except Exception as error:
            self._open, self.error = False, error
        if not self._open:
            return False
        self.alone = not isinstance(batch, tuple | list)
        self._last = (batch,) if self.alone else tuple(batch)
        if keras.backend.backend() == "tensorflow":
            # As `fit` does with arrays: its datasets would stack a list.
            self._last = keras.tree.lists_to_tuples(self._last)
        if self._keeps:
            self._kept.append(self._last)
        return True


def repeated_batches(data):
    """The batches of a dataset, epoch after epoch, without end where it can be read again.

    Args:
        data: A `PyDataset`, whose batches come in a random order as in `fit` (those of `ShuffledBatches` as they
            are); or anything that can be iterated. A generator is read once.
    """
    if isinstance(data, keras.utils.PyDataset):
        yield from _batches_of(data)
    again = True
    while again:
        again = False
        for batch in data:
            again = not isinstance(data, Iterator)
            yield batch


def _batches_of(data):
    count = data.num_batches
    ours = isinstance(data, ShuffledBatches)
    while True:
        data.on_epoch_begin()
        order = itertools.count() if count is None else list(range(count))
        if count and not ours:
            random.shuffle(order)
        for index in order:
            batch = data[index]
            yield (batch,) if isinstance(batch, np.ndarray) and not ours else batch
        data.on_epoch_end()


def stratified_order(classes, random):
    """A random order of examples in which every stretch holds the classes in nearly the shares of the whole.

    The k-th example of a class of m, in random order, is placed at (k + u) / m, with one uniform u a class.

    Args:
        classes: The class of each example, shape (n,).
        random: A `numpy.random.Generator`.

    Returns:
        The indices 0 to n - 1 in the new order, shape (n,).
    """
    places = np.empty(len(classes))
    for name in np.unique(classes):
        members = np.flatnonzero(classes == name)
        places[members] = (random.permutation(len(members)) + random.random()) / len(members)
    return np.argsort(places, kind="stable")


def weights_of(y, class_weight):
    """The weights of examples by their classes, as `fit` gives them: shape (n,), 1 for a class that is not named.

    Args:
        y: Class numbers, shape (n,) or (n, 1), or one-hot rows.
        class_weight: A dict from class to weight.
    """
    y = np.asarray(keras.ops.convert_to_numpy(y))
    if y.ndim > 1:
        y = y[..., 0] if y.shape[-1] == 1 else y.argmax(axis=-1)
    weights = [class_weight.get(int(each), 1.0) for each in np.round(y).ravel()]
    return np.array(weights, keras.config.floatx()).reshape(y.shape)


def weighted(batches, class_weight):
    """Batches (x, y) with the weights of their classes besides."""
    for batch in batches:
        x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
        if weight is not None or y is None or keras.tree.is_nested(y):
            raise ValueError("class_weight needs batches (x, y) with one y, an array of classes, and no weights yet")
        yield x, y, weights_of(y, class_weight)


def _rows(array, chosen):
    part = array[chosen]
    if hasattr(part, "tocsr") and keras.backend.backend() == "torch":
        part = part.toarray()  # as `fit` does there
    return keras.ops.convert_to_tensor(part, "string") if part.dtype.kind in "OSU" else part


def _as_arrays(name, given):
    if given is not None and not keras.tree.flatten(given):
        raise TypeError(f"{name} must be arrays, or lists, tuples or dicts of them; it is {given!r}")
    return keras.tree.map_structure(lambda array: None if array is None else _as_array(name, array), given)


def _one_each(y, sample_weight):
    """The weights of each array of y: one for all, or one each, of which None stands for ones as in `fit`."""
    if not keras.tree.is_nested(sample_weight):
        return keras.tree.map_structure(lambda _: sample_weight, y)
    try:
        keras.tree.assert_same_structure(*map(keras.tree.lists_to_tuples, (y, sample_weight)))
    except (ValueError, TypeError):
        raise ValueError(
            "sample_weight must be one array for all outputs, or one each in the structure of y, under the same names: "
            "give None for an output without weights"
        ) from None
    pairs = zip(keras.tree.flatten(y), keras.tree.flatten(sample_weight), strict=True)
    ones = [np.ones(len(one), keras.config.floatx()) if weight is None else weight for one, weight in pairs]
    return keras.tree.pack_sequence_as(y, ones)


def _as_array(name, array):
    kind = type(array).__name__
    if kind in ("RaggedTensor", "SparseTensor"):
        raise TypeError(
            f"{name} must be arrays, and it is a {kind}: make a dataset of its batches, for example "
            "tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1000).batch(32)"
        )
    if hasattr(array, "tocsr"):
        array = array.tocsr()
    elif hasattr(array, "to_numpy"):
        array = array.to_numpy()[:, None] if array.ndim == 1 else array.to_numpy()
    else:
        array = keras.ops.convert_to_numpy(array) if keras.ops.is_tensor(array) else np.asarray(array)
    if array.ndim == 0:
        raise TypeError(
            f"{name} must be arrays, or lists, tuples or dicts of them: np.asarray({name}) makes one of numbers"
        )
    return array.astype(keras.config.floatx()) if array.dtype == np.float64 else array


def _classes(y):
    labels = None if keras.tree.is_nested(y) else y
    if labels is not None and labels.ndim == 2:
        labels = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    if labels is None or labels.ndim != 1:
        raise ValueError("stratified=True needs y as one array of class numbers, or of one-hot rows")
    return labels
