"""Archives of arrays, as all loaders read them: each wrong layout is named with its remedy."""

import hashlib
import re
import zipfile

import numpy as np
import pytest

from clr_utils import places
from clr_utils.datasets import chest_xray, fashion_mnist, mnist
from clr_utils.datasets.archives import read_or_download
from clr_utils.datasets.cifar10 import load_cifar10, load_cifar100
from clr_utils.datasets.fashion_mnist import load_fashion_mnist
from clr_utils.datasets.mnist import load_mnist

LABELS = np.arange(20, dtype=np.uint8) // 2
ARRAYS = {
    "x_train": np.zeros((20, 2, 3), np.uint8),
    "y_train": LABELS,
    "x_test": np.full((10, 2, 3), 255, np.uint8),
    "y_test": np.arange(10, dtype=np.uint8),
}


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    return tmp_path / "cifar10.npz"


def read(balanced=True, **more):
    return read_or_download("cifar10", "Little", image=(2, 3), train=20, test=10, balanced=balanced, **more)


def test_the_arrays_are_read(file):
    np.savez(file, **ARRAYS)
    for found, array in zip(read(), ARRAYS.values(), strict=True):
        assert (found == array).all()


def test_a_column_of_labels_becomes_a_row(file):
    np.savez(file, **ARRAYS | {"y_train": LABELS[:, None]})
    assert read()[1].tolist() == LABELS.tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": np.zeros((5, 2, 3), np.uint8)}, "x_train is (5, 2, 3), uint8; it should be (20, 2, 3), uint8"),
        ({"x_test": np.zeros((10, 3, 2), np.uint8)}, "x_test is (10, 3, 2), uint8; it should be (10, 2, 3), uint8"),
        ({"x_test": np.zeros((10, 2, 3))}, "x_test is (10, 2, 3), float64"),
        ({"y_train": np.arange(10, dtype=np.uint8)}, "y_train is (10,), uint8; it should be (20,), uint8"),
        ({"y_train": LABELS.astype(np.float32)}, "y_train is (20,), float32"),
        ({"y_train": np.stack([LABELS, LABELS], axis=1)}, "y_train is (20, 2), uint8"),
        ({"y_test": np.arange(1, 11, dtype=np.uint8)}, "y_test should be labels from 0 to 9; the largest is 10"),
        (
            {"y_train": np.maximum(LABELS, 1)},
            "y_train should hold each class 2 times; it holds them [0 4 2 2 2 2 2 2 2 2] times",
        ),
        ({"y_test": np.zeros(10, np.uint8)}, "y_test should hold each class 1 times"),
    ],
)
def test_a_file_of_another_layout_is_named_with_the_remedy(file, changes, message):
    np.savez(file, **ARRAYS | changes)
    with pytest.raises(ValueError, match=re.escape(f"{file}: {message}")) as error:
        read()
    assert "; replace it by Keras's cifar10.npz, or unset CLR_DATA_DIR" in str(error.value)


def test_classes_need_not_be_ten(file):
    np.savez(
        file, **ARRAYS | {"y_train": np.arange(20, dtype=np.uint8) % 5, "y_test": np.arange(10, dtype=np.uint8) % 5}
    )
    assert read(classes=5)[3].tolist() == [0, 1, 2, 3, 4] * 2
    with pytest.raises(ValueError, match="y_train should be labels from 0 to 3; the largest is 4"):
        read(classes=4)


def test_classes_need_not_be_balanced_everywhere(file):
    np.savez(file, **ARRAYS | {"y_test": np.zeros(10, np.uint8)})
    assert read(balanced=False)[3].tolist() == [0] * 10


@pytest.mark.parametrize("content", [b"", b"not a file of arrays", b"PK\x05\x06" + bytes(18)])
def test_a_broken_file_is_named_with_the_remedy(file, content):
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"cifar10\.npz cannot be read.*CLR_DATA_DIR"):
        read()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, "encrypted"])
def test_a_file_with_a_hole_is_named_with_the_remedy(file, method):
    """As of a download that was not finished; or with the flag of a password."""
    noise = np.random.default_rng(0).integers(0, 255, (20, 2, 3), np.uint8)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED if method == "encrypted" else method) as archive:
        for key, array in (ARRAYS | {"x_train": noise}).items():
            with archive.open(f"{key}.npy", "w") as entry:
                np.save(entry, array)
        place = archive.start_dir
    content = bytearray(file.read_bytes())
    if method == "encrypted":
        content[place + 8] |= 1
    else:
        start = 30 + len("x_train.npy")
        content[start : start + 60] = bytes(60)
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"cifar10\.npz cannot be read.*CLR_DATA_DIR"):
        read()


def test_a_file_without_one_of_the_arrays_is_named(file):
    np.savez(file, **{key: array for key, array in ARRAYS.items() if key != "y_test"})
    with pytest.raises(ValueError, match=r"cifar10\.npz cannot be read.*y_test"):
        read()


@pytest.mark.parametrize(
    ("load", "name"),
    [(mnist._mnist_5k, "mnist_5k"), (fashion_mnist._6k, "fashion_mnist_6k"), (chest_xray._sample, "nih_chest_1k")],
    ids=["mnist", "fashion_mnist", "chest_xray"],
)
def test_a_changed_file_of_the_project_is_refused(load, name, tmp_path):
    broken = tmp_path / f"{name}.npz"
    broken.write_bytes((places.DATA / f"{name}.npz").read_bytes()[:-1])
    with pytest.raises(ValueError, match="git checkout data"):
        load(broken)
    with pytest.raises(FileNotFoundError, match="git checkout data"):
        load(tmp_path / "missing.npz")


def test_each_archive_that_ships_has_a_card_with_its_hash():
    cards = re.split(r"(?m)^## ", (places.DATA / "README.md").read_text(encoding="utf-8"))
    archives = sorted(places.DATA.glob("*.npz"))
    assert len(archives) >= 2
    for path in archives:
        (card,) = (card for card in cards if card.startswith(f"{path.name}\n"))
        assert f"SHA-256: `{hashlib.sha256(path.read_bytes()).hexdigest()}`" in card
        assert "icen" in card


@pytest.mark.parametrize(
    ("load", "name", "title"),
    [
        (lambda: load_mnist("paper"), "mnist", "MNIST"),
        (lambda: load_fashion_mnist("paper"), "fashion_mnist", "Fashion-MNIST"),
        (load_cifar10, "cifar10", "CIFAR-10"),
        (load_cifar100, "cifar100", "CIFAR-100"),
    ],
    ids=["mnist", "fashion_mnist", "cifar10", "cifar100"],
)
def test_a_failed_download_says_what_to_do(load, name, title, tmp_path, monkeypatch):
    keras = pytest.importorskip("keras")
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))

    def fail(**_):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(getattr(keras.datasets, name), "load_data", fail)
    with pytest.raises(FileNotFoundError, match=rf"^{title} .*URL fetch failure.*{name}\.npz.*CLR_DATA_DIR") as error:
        load()
    assert str(tmp_path) in str(error.value)
