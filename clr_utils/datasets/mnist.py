"""Data as NumPy arrays with stated shapes and units."""

from typing import NamedTuple

import numpy as np

from clr_utils import arguments, places
from clr_utils.datasets.archives import read_or_download, shipped

MNIST_5K_SHA256 = "246e0c30eeea57c8d0037d3f38c8e00651ec204cc61b8022563e9aeeb9d756f4"


class Digits(NamedTuple):
    """MNIST digits: images of shape (n, 784), float32 from 0 (paper) to 1 (ink); labels of shape (n,), 0 to 9."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def load_mnist(profile="quick"):
    """MNIST digits (LeCun and Cortes), for a training and a test.

    "quick": 3,600 and 1,400 digits, 360 and 140 of each class, from the 5,000 in `data/`; offline.
    "paper": all 60,000 and 10,000, from `mnist.npz` in the folder that the environment variable CLR_DATA_DIR
    names, or else by `keras.datasets.mnist`, which downloads 11 MB once and verifies them.

    Args:
        profile: "quick" or "paper".

    Returns:
        A `Digits`: x_train, y_train, x_test, y_test.

    Raises:
        FileNotFoundError: A file is missing or the download failed; the message says what to do.
        ValueError: The profile is unknown, or a file is broken; the message names it.
    """
    arguments.one_of("profile", profile, ("quick", "paper"))
    images_train, y_train, images_test, y_test = _mnist_5k() if profile == "quick" else _full()
    return Digits(_flat(images_train), y_train.astype(np.int64), _flat(images_test), y_test.astype(np.int64))


def _flat(images):
    return images.reshape(len(images), 784).astype(np.float32) / 255


def _mnist_5k(path=places.DATA / "mnist_5k.npz"):
    images, labels = shipped(path, MNIST_5K_SHA256).values()
    test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        test[np.flatnonzero(labels == digit)[-140:]] = True
    return images[~test], labels[~test], images[test], labels[test]


def _full():
    return read_or_download("mnist", "MNIST", image=(28, 28), train=60_000, test=10_000)
