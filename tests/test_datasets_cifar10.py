"""CIFAR-10 from a file or by download, missing or broken; images at half their size; a validation set."""

import numpy as np
import pytest

from clr_utils.datasets import cifar10
from clr_utils.datasets.cifar10 import halved, load_cifar10, load_cifar100
from clr_utils.datasets.images import Images, validation_split

TRAIN, TEST = np.repeat(np.arange(10, dtype=np.uint8), 5000), np.repeat(np.arange(10, dtype=np.uint8), 1000)


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write cifar10.npz, one class after the other, in a folder that CLR_DATA_DIR names; the test may change it."""
    arrays = {
        "x_train": np.zeros((50_000, 32, 32, 3), np.uint8),
        "y_train": TRAIN,
        "x_test": np.full((10_000, 32, 32, 3), 255, np.uint8),
        "y_test": TEST,
    }
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))

    def to_file(name="cifar10", **changes):
        np.savez_compressed(tmp_path / f"{name}.npz", **{**arrays, **changes})
        return tmp_path / f"{name}.npz"

    return to_file


@pytest.fixture
def download(tmp_path, monkeypatch):
    """Replace the download; the folder of CLR_DATA_DIR is empty."""
    keras = pytest.importorskip("keras")
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    return lambda load_data: monkeypatch.setattr(keras.datasets.cifar10, "load_data", load_data)


def images(height=4, width=6, channels=3, n=5):
    x = np.random.default_rng(0).integers(0, 256, (n, height, width, channels), np.uint8)
    return Images(x, np.arange(n), x[:2], np.arange(2))


def test_the_file_of_the_folder_is_read_in_its_order(write):
    write()
    loaded = load_cifar10()
    assert [part.shape for part in loaded] == [(50_000, 32, 32, 3), (50_000,), (10_000, 32, 32, 3), (10_000,)]
    assert [part.dtype for part in loaded] == [np.uint8, np.int64, np.uint8, np.int64]
    assert (loaded.x_train.max(), loaded.x_test.min()) == (0, 255)
    assert (loaded.y_train == TRAIN).all()
    assert (loaded.y_test == TEST).all()


def test_a_file_with_too_many_of_a_class_is_named(write):
    path = write(y_test=np.maximum(TEST, 1))
    with pytest.raises(ValueError, match="y_test should hold each class 1,000 times") as error:
        load_cifar10()
    assert str(path) in str(error.value)


def test_cifar100_has_a_file_of_its_own_and_a_hundred_classes(write):
    path = write("cifar100")
    with pytest.raises(ValueError, match="y_train should hold each class 500 times") as error:
        load_cifar100()
    assert str(path) in str(error.value)
    y_train, y_test = ((np.arange(n) % 100).astype(np.uint8) for n in (50_000, 10_000))
    write("cifar100", y_train=y_train, y_test=y_test)
    loaded = load_cifar100()
    assert (loaded.y_train == y_train).all()
    assert (loaded.y_test == y_test).all()
    assert loaded.x_test.shape == (10_000, 32, 32, 3)
    assert loaded.y_test.dtype == np.int64


def test_without_the_file_keras_downloads(download):
    x = np.ones((2, 32, 32, 3), np.uint8)
    download(lambda: ((x, np.array([[3], [4]], np.uint8)), (x, np.array([[5], [6]], np.uint8))))
    loaded = load_cifar10()
    assert loaded.y_train.tolist() == [3, 4]
    assert loaded.y_test.tolist() == [5, 6]
    assert loaded.y_train.dtype == np.int64


def test_the_classes_are_named_in_the_order_of_their_labels():
    assert len(cifar10.CLASSES) == 10
    assert list(cifar10.CLASSES) == sorted(cifar10.CLASSES), "the authors' order is the alphabet's"


@pytest.mark.parametrize("channels", [1, 3])
def test_a_halved_pixel_is_the_mean_of_four(channels):
    whole = images(channels=channels)
    half = halved(whole)
    assert half.x_train.shape == (5, 2, 3, channels)
    assert half.x_test.shape == (2, 2, 3, channels)
    assert (half.x_train.dtype, half.x_test.dtype) == (np.float32, np.float32)
    for row in range(2):
        for column in range(3):
            block = whole.x_train[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            assert (half.x_train[:, row, column] == block.mean(axis=(1, 2))).all()
    assert (half.x_test == half.x_train[:2]).all()
    assert half.y_train is whole.y_train
    assert half.y_test is whole.y_test


def test_white_stays_white_and_the_images_are_left_as_they_are():
    white = images()
    white.x_train[:] = 255
    assert (halved(white).x_train == 255).all()
    assert halved(halved(images(8, 8))).x_train.shape == (5, 2, 2, 3)
    given = images()
    halved(given)
    assert (given.x_train == images().x_train).all()


@pytest.mark.parametrize(("height", "width"), [(5, 6), (4, 7)])
def test_an_odd_size_cannot_be_halved(height, width):
    with pytest.raises(ValueError, match=f"images must have an even height and width.*they are {height}x{width}"):
        halved(images(height, width))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (halved, "images must be Images, such as load_cifar10"),
        (lambda x: validation_split(x, 2), "data must be Digits or Images, such as load_mnist.* it is a ndarray"),
    ],
)
def test_other_things_than_images_are_refused(function, message):
    with pytest.raises(TypeError, match=message):
        function(np.zeros((3, 4, 4, 1)))


def test_validation_images_are_set_apart():
    whole = images(n=50)
    split = validation_split(whole, 20, seed=3)
    assert isinstance(split, Images)
    assert sorted([*split.y_train, *split.y_test]) == list(range(50))
    assert len(split.y_test) == 20
    assert (split.x_train == whole.x_train[split.y_train]).all()
    assert (split.x_test == whole.x_train[split.y_test]).all()
    assert (validation_split(whole, 20, seed=4).y_test != split.y_test).any()
    with pytest.raises(ValueError, match=r"examples must be smaller than the training set \(50\)"):
        validation_split(whole, 50)
