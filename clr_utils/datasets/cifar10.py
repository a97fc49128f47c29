"""CIFAR-10 and CIFAR-100, each 60,000 small colour photographs, for the paper profile. No licence, so none ship."""

import numpy as np

from clr_utils import arguments
from clr_utils.datasets.archives import read_or_download
from clr_utils.datasets.images import Images

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load_cifar10():
    """CIFAR-10 (Krizhevsky 2009): 50,000 images for training and 10,000 for a test, as many of each of ten classes.

    Read from `cifar10.npz` in the folder that the environment variable CLR_DATA_DIR names (keys x_train, y_train,
    x_test, y_test; uint8; labels of shape (n,) or (n, 1)), or else by `keras.datasets.cifar10`, which downloads
    170 MB once and verifies them. The examples are not shuffled, and a file of your own may hold one class after the
    other: a training must shuffle.

    Returns:
        An `Images`: x_train and x_test of shape (n, 32, 32, 3), uint8; y_train and y_test of shape (n,), int64, 0 to 9.

    Raises:
        FileNotFoundError: There is no such file, and the download failed; the message says what to do.
        ValueError: The file is broken or of another layout; the message names it.
    """
    x_train, y_train, x_test, y_test = read_or_download(
        "cifar10", "CIFAR-10", image=(32, 32, 3), train=50_000, test=10_000, balanced=True
    )
    return Images(x_train, y_train.astype(np.int64), x_test, y_test.astype(np.int64))


def load_cifar100():
    """CIFAR-100 (Krizhevsky 2009): as `load_cifar10`, but of a hundred classes, which the authors call fine.

    Read from `cifar100.npz` as there, or else by `keras.datasets.cifar100`, which downloads 169 MB once.

    Returns:
        An `Images` as of `load_cifar10`; labels are 0 to 99.

    Raises:
        FileNotFoundError, ValueError: As for `load_cifar10`.
    """
    x_train, y_train, x_test, y_test = read_or_download(
        "cifar100", "CIFAR-100", image=(32, 32, 3), train=50_000, test=10_000, balanced=True, classes=100
    )
    return Images(x_train, y_train.astype(np.int64), x_test, y_test.astype(np.int64))


def halved(images):
    """The images at half their size: each pixel is the mean of 2x2.

    Args:
        images: An `Images`, of even height and width.

    Returns:
        An `Images` with x_train and x_test of shape (n, height / 2, width / 2, channels), float32 from 0 to 255.

    Raises:
        TypeError: `images` is no `Images`.
        ValueError: The height or the width is odd.
    """
    arguments.instance("images", images, Images, "Images, such as load_cifar10() gives")
    return images._replace(x_train=_halved(images.x_train), x_test=_halved(images.x_test))


def _halved(x):
    height, width = x.shape[1:3]
    if height % 2 or width % 2:
        raise ValueError(
            f"images must have an even height and width for means of 2x2 pixels; they are {height}x{width}. "
            "Crop or pad them first"
        )
    total = x[:, ::2, ::2].astype(np.float32)
    for row, column in ((0, 1), (1, 0), (1, 1)):
        total += x[:, row::2, column::2]
    total /= 4
    return total
