"""MNIST: what ships, what CLR_DATA_DIR holds, what is missing or broken."""

import numpy as np
import pytest

from clr_utils.datasets.images import validation_split
from clr_utils.datasets.mnist import load_mnist


@pytest.fixture
def full(tmp_path, monkeypatch):
    """A file as Keras's mnist.npz, in a folder that CLR_DATA_DIR names; the test may change it."""
    arrays = {
        "x_train": np.zeros((60_000, 28, 28), np.uint8),
        "y_train": (np.arange(60_000) % 10).astype(np.uint8),
        "x_test": np.full((10_000, 28, 28), 255, np.uint8),
        "y_test": (np.arange(10_000) % 10).astype(np.uint8),
    }
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))

    def write(**changes):
        np.savez_compressed(tmp_path / "mnist.npz", **{**arrays, **changes})
        return tmp_path / "mnist.npz"

    return write


def test_quick_digits_are_real_and_balanced():
    digits = load_mnist("quick")
    assert digits.x_train.shape == (3600, 784)
    assert digits.x_test.shape == (1400, 784)
    assert np.bincount(digits.y_train).tolist() == [360] * 10
    assert np.bincount(digits.y_test).tolist() == [140] * 10
    assert digits.x_train.dtype == np.float32
    assert digits.x_train.min() == 0
    assert digits.x_train.max() == 1
    ink = np.array([digits.x_train[digits.y_train == digit].mean() for digit in range(10)])
    assert ink.argmin() == 1, "a one has least ink"


def test_no_digit_is_in_training_and_test():
    digits = load_mnist("quick")
    seen = {image.tobytes() for image in digits.x_train}
    assert not any(image.tobytes() in seen for image in digits.x_test)


def test_full_mnist_comes_from_the_folder_that_is_named(full):
    full()
    digits = load_mnist("paper")
    assert [len(part) for part in digits] == [60_000, 60_000, 10_000, 10_000]
    assert digits.x_train.max() == 0
    assert digits.x_test.min() == 1
    assert digits.y_test[:3].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "changes",
    [
        {"x_train": np.zeros((5, 28, 28), np.uint8)},
        {"y_test": np.zeros(10_000, np.float32)},
        {"x_test": np.zeros((60_000, 28, 28), np.uint8)},
    ],
)
def test_a_full_file_of_another_layout_is_named(full, changes):
    full(**changes)
    with pytest.raises(ValueError, match=r"mnist\.npz.*" + next(iter(changes))):
        load_mnist("paper")


def test_labels_above_9_are_named(full):
    full(y_test=np.full(10_000, 200, np.uint8))
    with pytest.raises(ValueError, match=r"mnist\.npz: y_test should be labels from 0 to 9; the largest is 200"):
        load_mnist("paper")


def test_an_npy_under_the_name_of_the_file_is_named(full):
    np.save(full().with_suffix(".npy"), np.zeros(3))
    full().with_suffix(".npy").rename(full())
    with pytest.raises(ValueError, match=r"mnist\.npz .*CLR_DATA_DIR"):
        load_mnist("paper")


@pytest.mark.parametrize("content", [b"", b"not a file of arrays", None])
def test_a_broken_full_file_is_named_with_the_remedy(full, content):
    path = full()
    path.write_bytes(path.read_bytes()[:5000] if content is None else content)
    with pytest.raises(ValueError, match=r"mnist\.npz cannot be read.*CLR_DATA_DIR"):
        load_mnist("paper")


def test_without_the_file_keras_downloads(tmp_path, monkeypatch):
    keras = pytest.importorskip("keras")
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    small = (np.ones((2, 28, 28), np.uint8), np.array([3, 4], np.uint8))
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: (small, small))
    assert load_mnist("paper").y_train.tolist() == [3, 4]


def test_unknown_profile():
    with pytest.raises(ValueError, match="'quick', 'paper'; it is 'full'"):
        load_mnist("full")


def test_validation_split_takes_from_training_only():
    digits = load_mnist("quick")
    split = validation_split(digits, 600, seed=3)
    assert len(split.y_train) == 3000
    assert len(split.y_test) == 600
    whole = sorted(image.tobytes() for image in digits.x_train)
    assert sorted(image.tobytes() for image in np.concatenate([split.x_train, split.x_test])) == whole
    assert (split.y_test == validation_split(digits, 600, seed=3).y_test).all()
    assert not (split.y_test == validation_split(digits, 600, seed=4).y_test).all()


@pytest.mark.parametrize("examples", [0, 3600, 2.5])
def test_validation_split_of_a_wrong_size(examples):
    with pytest.raises(ValueError, match="examples"):
        validation_split(load_mnist("quick"), examples)
