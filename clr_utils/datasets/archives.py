"""Data sets in archives of arrays: one that ships, one in the folder of CLR_DATA_DIR, or else Keras's download."""

import hashlib

import numpy as np

from clr_utils import places
from clr_utils.files import read_arrays

KEYS = ("x_train", "y_train", "x_test", "y_test")


def shipped(path, sha256):
    """The arrays of an archive of `data/`, by key.

    Raises:
        FileNotFoundError: It is missing; the message says how to restore it.
        ValueError: It is not the one with this SHA-256.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: it comes with the project; {places.RESTORE}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise ValueError(f"{path} is not the file that the project ships; {places.RESTORE}")
    with np.load(path) as file:
        return dict(file)


def read_or_download(name, title, image, train, test, balanced=False, sha256=None, classes=10):
    """Images and labels, as uint8 arrays: x_train, y_train, x_test, y_test.

    Args:
        name: Of the data set in `keras.datasets`; `name.npz` is its archive in the folder of CLR_DATA_DIR.
        title: What messages call it.
        image: Shape of one image.
        train, test: Numbers of images.
        balanced: Whether each of the classes has equally many.
        sha256: Of the bytes of all arrays in a download, where Keras does not verify it.
        classes: Number of classes.

    Raises:
        FileNotFoundError: There is no archive, and the download failed; the message says what to do.
        ValueError: The archive is broken or of another layout, or the download is another; the message names it.
    """
    if path := places.data_file(f"{name}.npz"):
        shapes = ((train, *image), (train,), (test, *image), (test,))
        mend = f"replace it by Keras's {path.name}, or unset CLR_DATA_DIR to download it"
        return read(path, dict(zip(KEYS, shapes, strict=True)), mend, balanced, classes)
    return _downloaded(name, title, sha256)


def _downloaded(name, title, sha256):
    import keras

    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:
        raise FileNotFoundError(
            f"{title} could not be downloaded ({error}). Check the network, or put {name}.npz (keys {', '.join(KEYS)}) "
            f"into a folder and set CLR_DATA_DIR to it (now {places.data_folder()})"
        ) from error
    arrays = x_train, y_train.reshape(-1), x_test, y_test.reshape(-1)
    if sha256 and hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest() != sha256:
        raise ValueError(
            f"the download of {title} is not what its authors published; delete it in Keras's folder, mostly "
            f"~/.keras/datasets, or put {name}.npz into a folder and set CLR_DATA_DIR to it"
        )
    return arrays


def read(path, shapes, mend, balanced=False, classes=10):
    """The images and labels of an archive, as uint8 arrays in the order of `shapes`.

    Args:
        path: The archive.
        shapes: The shape that each key's array must have; those of one dimension are labels, which may also lie in a
            column.
        mend: What to do with a wrong archive, said in the messages.
        balanced: Whether each of the classes has equally many.
        classes: Number of classes.

    Raises:
        ValueError: The archive is broken or of another layout; the message names it.
    """
    arrays = read_arrays(path, mend, shapes)
    labels = [key for key, shape in shapes.items() if len(shape) == 1]
    for key, shape in shapes.items():
        if key in labels and arrays[key].shape == (*shape, 1):
            arrays[key] = arrays[key].reshape(shape)
        if arrays[key].shape != shape or arrays[key].dtype != np.uint8:
            found = f"{arrays[key].shape}, {arrays[key].dtype}"
            raise ValueError(f"{path}: {key} is {found}; it should be {shape}, uint8; {mend}")
    for key in labels:
        if (largest := arrays[key].max()) >= classes:
            raise ValueError(
                f"{path}: {key} should be labels from 0 to {classes - 1}; the largest is {largest}; {mend}"
            )
        counts, each = np.bincount(arrays[key], minlength=classes), len(arrays[key]) // classes
        if balanced and (counts != each).any():
            raise ValueError(
                f"{path}: {key} should hold each class {each:,} times; it holds them {counts} times; {mend}"
            )
    return tuple(arrays.values())
