"""Batches of arrays in an order of their own, independent of the global random generators."""

import itertools
import random
from collections.abc import Iterator

import keras
import numpy as np

from clr_utils import arguments


class ShuffledBatches(keras.utils.PyDataset):
    """Arrays in batches, shuffled anew in each epoch; the last batch of an epoch may be smaller, as in `fit`.

    Args:
        x: An array, or a list, tuple or dict of arrays, with as many examples each.
        y: As x, or None.
        batch_size: Examples in a batch.
        seed: Of the order of the examples.
        stratified: Each batch has the classes of y in the shares of the whole data: of two classes within one example,
            of more classes nearly. y is then an array of class numbers, shape (n,) or (n, 1), or of one-hot rows.

    Raises:
        TypeError, ValueError: x and y do not hold the same number of examples, or none, or y holds no classes.
    """

    def __init__(self, x, y=None, *, batch_size=32, seed=0, stratified=False):
        super().__init__()
        self._arrays = tuple(keras.tree.map_structure(_as_array, each) for each in (x, y) if each is not None)
        counts = {len(array) for array in keras.tree.flatten(self._arrays)}
        if len(counts) != 1 or 0 in counts:
            raise ValueError(f"x and y must hold the same number of examples, at least one; they hold {sorted(counts)}")
        self._count = counts.pop()
        self._batch_size = arguments.whole("batch_size", batch_size, unit="examples")
        self._classes = _classes(y) if stratified else np.zeros(self._count, int)
        self._random = np.random.default_rng(seed)
        self.on_epoch_begin()

    def __len__(self):
        return -(-self._count // self._batch_size)

    def __getitem__(self, index):
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return keras.tree.map_structure(lambda array: array[chosen], self._arrays)

    def on_epoch_begin(self):
        """Draw the order of the epoch."""
        self._order = stratified_order(self._classes, self._random)


def repeated_batches(data):
    """The batches of a dataset, epoch after epoch, without end where it can be read again.

    Args:
        data: A `PyDataset`, whose batches come in a random order as in `fit` (those of `ShuffledBatches` as they
            are); or anything that can be iterated, such as a `tf.data.Dataset`. A generator is read once.
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
    if count is None:
        yield from map(data.__getitem__, itertools.count())
    while True:
        data.on_epoch_begin()
        order = list(range(count))
        if not isinstance(data, ShuffledBatches):
            random.shuffle(order)
        for index in order:
            yield data[index]
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


def _as_array(array):
    array = np.asarray(array)
    if array.ndim == 0:
        raise TypeError("x and y must be arrays, or lists, tuples or dicts of them: np.asarray(y) makes one of numbers")
    return array.astype(keras.config.floatx()) if array.dtype == np.float64 else array


def _classes(y):
    labels = None if y is None or isinstance(y, dict | list | tuple) else np.asarray(y)
    if labels is not None and labels.ndim == 2:
        labels = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    if labels is None or labels.ndim != 1:
        raise ValueError("stratified=True needs y as one array of class numbers, or of one-hot rows")
    return labels
