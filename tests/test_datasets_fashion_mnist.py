"""Fashion-MNIST: what ships, what CLR_DATA_DIR holds, what is downloaded, missing or broken."""

import gzip
import hashlib

import numpy as np
import pytest

import make_fashion
from clr_utils.datasets import fashion_mnist
from clr_utils.datasets.cifar10 import halved
from clr_utils.datasets.fashion_mnist import load_fashion_mnist

TRAIN, TEST = (np.arange(n, dtype=np.int64) % 10 for n in (60_000, 10_000))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that CLR_DATA_DIR names."""
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def download(folder, monkeypatch):
    """Replace the download, which gives two black images; the folder of CLR_DATA_DIR is empty."""
    keras = pytest.importorskip("keras")
    part = np.zeros((2, 28, 28), np.uint8), np.array([3, 4], np.uint8)
    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", lambda: (part, part))


def test_quick_images_are_those_of_the_card():
    images = load_fashion_mnist()
    assert images.x_train.shape == (5000, 28, 28, 1)
    assert images.x_test.shape == (1000, 28, 28, 1)
    assert [part.dtype for part in images] == [np.uint8, np.int64, np.uint8, np.int64]
    assert np.bincount(images.y_train).tolist() == [500] * 10
    assert np.bincount(images.y_test).tolist() == [100] * 10
    assert (images.x_train.min(), images.x_train.max()) == (0, 255)
    assert halved(images).x_train.shape == (5000, 14, 14, 1)


def test_classes_are_mixed():
    """A part of 1,000 holds each class about as often as the others."""
    images = load_fashion_mnist()
    for start in range(0, 5000, 1000):
        counts = np.bincount(images.y_train[start : start + 1000], minlength=10)
        assert counts.min() > 60, counts


def test_no_image_is_in_training_and_test():
    images = load_fashion_mnist()
    seen = {image.tobytes() for image in images.x_train}
    assert len(seen) == 5000
    assert not any(image.tobytes() in seen for image in images.x_test)


def test_labels_fit_what_is_seen():
    """Trousers are narrow and fill the height; sneakers are flat and fill the width."""
    images = load_fashion_mnist()
    ink = {
        name: images.x_train[images.y_train == label, ..., 0].mean(axis=0)
        for label, name in enumerate(fashion_mnist.CLASSES)
    }
    assert len(ink) == 10
    width = {name: (mean.mean(axis=0) > 30).sum() for name, mean in ink.items()}
    height = {name: (mean.mean(axis=1) > 30).sum() for name, mean in ink.items()}
    assert min(width, key=width.get) == "Trouser"
    assert min(height, key=height.get) == "Sneaker"


def test_all_images_come_from_the_folder_that_is_named(folder):
    x_train, x_test = np.zeros((60_000, 28, 28), np.uint8), np.full((10_000, 28, 28), 255, np.uint8)
    arrays = {"x_train": x_train, "x_test": x_test, "y_train": TRAIN.astype(np.uint8), "y_test": TEST.astype(np.uint8)}
    np.savez_compressed(folder / "fashion_mnist.npz", **arrays)
    images = load_fashion_mnist("paper")
    assert images.x_train.shape == (60_000, 28, 28, 1)
    assert (images.x_train.max(), images.x_test.min()) == (0, 255)
    assert (images.y_train == TRAIN).all()
    assert (images.y_test == TEST).all()
    arrays["y_test"] = np.maximum(arrays["y_test"], 1)
    np.savez_compressed(folder / "fashion_mnist.npz", **arrays)
    with pytest.raises(ValueError, match=r"fashion_mnist\.npz: y_test should hold each class 1,000 times"):
        load_fashion_mnist("paper")


@pytest.mark.usefixtures("download")
def test_without_the_file_keras_downloads(monkeypatch):
    part = bytes(2 * 28 * 28) + bytes([3, 4])
    monkeypatch.setattr(fashion_mnist, "FASHION_MNIST_SHA256", hashlib.sha256(2 * part).hexdigest())
    images = load_fashion_mnist("paper")
    assert images.x_train.shape == (2, 28, 28, 1)
    assert images.y_test.tolist() == [3, 4]


@pytest.mark.usefixtures("download")
def test_another_download_is_refused():
    with pytest.raises(ValueError, match=r"the download of Fashion-MNIST is not what.*delete it.*CLR_DATA_DIR"):
        load_fashion_mnist("paper")


def test_unknown_profile():
    with pytest.raises(ValueError, match="'quick', 'paper'; it is 'full'"):
        load_fashion_mnist("full")


def test_the_file_is_made_of_the_first_images_of_each_class(tmp_path, monkeypatch):
    """On IDX files in which every image is its number, and the classes follow each other."""
    monkeypatch.setattr(make_fashion, "TARGET", tmp_path / "made.npz")
    for part, n in (("train", 6000), ("t10k", 1100)):
        numbers = np.arange(n, dtype=">u2")
        images = np.zeros((n, 784), np.uint8)
        images[:, :2] = numbers.view(np.uint8).reshape(n, 2)
        labels = (np.arange(n) * 10 // n).astype(np.uint8)
        for name, header, content in (("images-idx3", 16, images), ("labels-idx1", 8, labels)):
            with gzip.open(tmp_path / f"{part}-{name}-ubyte.gz", "wb") as file:
                file.write(bytes(header) + content.tobytes())
    make_fashion.main(tmp_path)
    with np.load(tmp_path / "made.npz") as made:
        for part, each, n in (("train", 500, 6000), ("test", 100, 1100)):
            numbers = made[f"x_{part}"].reshape(-1, 784)[:, :2].copy().view(">u2")[:, 0].astype(int)
            assert (made[f"y_{part}"] == numbers * 10 // n).all()
            assert sorted(numbers) == [start + k for start in range(0, n, n // 10) for k in range(each)]
            assert len(set(made[f"y_{part}"][:20])) > 5, "the classes are mixed"
