"""Fashion-MNIST: grey pictures of ten kinds of clothes, MNIST's layout; 6,000 of them ship."""

import numpy as np

from clr_utils import arguments, places
from clr_utils.datasets.archives import read_or_download, shipped
from clr_utils.datasets.images import Images

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
FASHION_MNIST_6K_SHA256 = "ad07cff4df30c3f5c1c64f0677e4614c118fb1e042eddf8205831c8f30849f3f"
FASHION_MNIST_SHA256 = "ca3ab2a37f845e1b8ae23cab1b51749a3011ba3bf1d9016176d75cbaabac376f"


def load_fashion_mnist(profile="quick"):
    """Fashion-MNIST (Xiao, Rasul and Vollgraf 2017), as many images of each of ten classes.

    "quick": 5,000 images for training and 1,000 for a test, 500 and 100 of each class, from `data/`; offline.
    "paper": all 60,000 and 10,000, from `fashion_mnist.npz` in the folder that the environment variable CLR_DATA_DIR
    names (keys x_train, y_train, x_test, y_test; uint8), or else by `keras.datasets.fashion_mnist`, which downloads
    31 MB once; they are verified here.

    Args:
        profile: "quick" or "paper".

    Returns:
        An `Images`: x_train and x_test of shape (n, 28, 28, 1), uint8, 0 is the ground; y_train and y_test of shape
        (n,), int64, 0 to 9.

    Raises:
        FileNotFoundError: A file is missing or the download failed; the message says what to do.
        ValueError: The profile is unknown, or a file is broken; the message names it.
    """
    arguments.one_of("profile", profile, ("quick", "paper"))
    x_train, y_train, x_test, y_test = _6k() if profile == "quick" else _full()
    return Images(x_train[..., None], y_train.astype(np.int64), x_test[..., None], y_test.astype(np.int64))


def _6k(path=places.DATA / "fashion_mnist_6k.npz"):
    return shipped(path, FASHION_MNIST_6K_SHA256).values()


def _full():
    return read_or_download(
        "fashion_mnist",
        "Fashion-MNIST",
        image=(28, 28),
        train=60_000,
        test=10_000,
        balanced=True,
        sha256=FASHION_MNIST_SHA256,
    )
