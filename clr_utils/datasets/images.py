"""Colour or grey images with their labels, whatever they show, and a validation set out of their training set."""

from typing import NamedTuple

import numpy as np

from clr_utils import arguments


class Images(NamedTuple):
    """Images of shape (n, height, width, channels), as loaded uint8, 0 to 255; labels of shape (n,), int64 from 0."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def validation_split(data, examples, seed=0):
    """The data with a validation set in the place of the test set: `examples` of the training set, set apart.

    Args:
        data: `Digits` or `Images`, such as `load_mnist` and `load_cifar10` give.
        examples: Size of the validation set, smaller than the training set.
        seed: Chooses the examples; those that are left are shuffled by it.

    Returns:
        Data of the same kind.

    Raises:
        TypeError, ValueError: `data` is something else, or `examples` is not a whole number from 1 up to the training
            set's size less 1.
    """
    if getattr(data, "_fields", None) != Images._fields:
        raise TypeError(
            "data must be Digits or Images, such as load_mnist() and load_cifar10() give; it is a "
            f"{type(data).__name__}"
        )
    examples = arguments.whole("examples", examples, unit="examples")
    seed = arguments.whole("seed", seed, minimum=0, unit="any size")
    if examples >= len(data.y_train):
        raise ValueError(f"examples must be smaller than the training set ({len(data.y_train)}); it is {examples}")
    order = np.random.default_rng(seed).permutation(len(data.y_train))
    held, kept = order[:examples], order[examples:]
    return type(data)(data.x_train[kept], data.y_train[kept], data.x_train[held], data.y_train[held])
