"""PneumoniaMNIST, from the folder that is named or downloaded."""

import inspect

import numpy as np
import pytest

from clr_utils.datasets.pneumonia import load_pneumonia


def pneumonia_arrays(**changes):
    arrays = {}
    for name, n in (("train", 4708), ("val", 524), ("test", 624)):
        arrays[f"{name}_images"] = np.broadcast_to(np.uint8(n % 256), (n, 28, 28))
        arrays[f"{name}_labels"] = (np.arange(n, dtype=np.uint8) % 3 % 2)[:, None]
    return arrays | changes


@pytest.fixture
def download(tmp_path, monkeypatch):
    """A function that replaces the download; the folder of CLR_DATA_DIR is empty."""
    keras = pytest.importorskip("keras")
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    takes = inspect.signature(keras.utils.get_file)

    def replace(answer):
        def get_file(*args, **named):
            return answer(**takes.bind(*args, **named).arguments)

        monkeypatch.setattr(keras.utils, "get_file", get_file)

    return replace


@pytest.mark.parametrize("column", [True, False])
def test_pneumonia_comes_from_the_folder_that_is_named(tmp_path, monkeypatch, column):
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    arrays = pneumonia_arrays()
    if not column:
        arrays["val_labels"] = arrays["val_labels"][:, 0]
    np.savez_compressed(tmp_path / "pneumoniamnist.npz", **arrays)
    found = load_pneumonia()
    for name, ours in (("train", "train"), ("val", "validation"), ("test", "test")):
        x, y = getattr(found, f"x_{ours}"), getattr(found, f"y_{ours}")
        assert x.shape == (*arrays[f"{name}_images"].shape, 1)
        assert (x[..., 0] == arrays[f"{name}_images"]).all()
        assert y.shape == (len(x),)
        assert (y == arrays[f"{name}_labels"].reshape(-1)).all()
        assert (x.dtype, y.dtype) == (np.uint8, np.int64)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"val_images": np.zeros((523, 28, 28), np.uint8)}, r"val_images is \(523, 28, 28\), uint8; it should be"),
        ({"test_images": np.zeros((624, 28, 28))}, r"test_images is \(624, 28, 28\), float64"),
        ({"train_labels": np.zeros((4708, 2), np.uint8)}, r"train_labels is \(4708, 2\)"),
        ({"test_labels": np.full((624, 1), 2, np.uint8)}, "test_labels should be labels from 0 to 1; the largest is 2"),
    ],
)
def test_another_file_of_pneumonia_is_named(tmp_path, monkeypatch, changes, message):
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    np.savez_compressed(tmp_path / "pneumoniamnist.npz", **pneumonia_arrays(**changes))
    with pytest.raises(ValueError, match=rf"pneumoniamnist\.npz: {message}.*; replace it by .*zenodo.*CLR_DATA_DIR"):
        load_pneumonia()


def test_a_file_of_pneumonia_without_one_of_the_arrays_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    np.savez(tmp_path / "pneumoniamnist.npz", train_images=np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match=r"pneumoniamnist\.npz cannot be read .*train_labels"):
        load_pneumonia()


def test_without_the_file_pneumonia_is_downloaded_and_verified(download, tmp_path):
    asked = {}

    def answer(**arguments):
        asked.update(arguments)
        np.savez_compressed(tmp_path / "cached.npz", **pneumonia_arrays())
        return str(tmp_path / "cached.npz")

    download(answer)
    assert len(load_pneumonia().y_train) == 4708
    assert asked == {
        "fname": "pneumoniamnist.npz",
        "origin": "https://zenodo.org/records/10519652/files/pneumoniamnist.npz?download=1",
        "file_hash": "28209eda62fecd6e6a2d98b1501bb15f",
        "hash_algorithm": "md5",
    }


def test_a_failed_download_of_pneumonia_says_what_to_do(download, tmp_path):
    def fail(**_):
        raise Exception("URL fetch failure")

    download(fail)
    with pytest.raises(FileNotFoundError, match=r"^PneumoniaMNIST .*URL fetch failure.*zenodo.*CLR_DATA_DIR") as error:
        load_pneumonia()
    assert str(tmp_path) in str(error.value)
