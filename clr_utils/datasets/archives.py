"""Data sets that Keras downloads: read from an archive of arrays in the folder of CLR_DATA_DIR, or else downloaded."""

from zipfile import BadZipFile, is_zipfile

import numpy as np

from clr_utils import places

KEYS = ("x_train", "y_train", "x_test", "y_test")


def read_or_download(name, title, image, train, test, balanced=False):
    """Images and labels, as uint8 arrays: x_train, y_train, x_test, y_test.

    Args:
        name: Of the data set in `keras.datasets`; `name.npz` is its archive in the folder of CLR_DATA_DIR.
        title: What messages call it.
        image: Shape of one image.
        train, test: Numbers of images.
        balanced: Whether each of the ten classes has equally many.

    Raises:
        FileNotFoundError: There is no archive, and the download failed; the message says what to do.
        ValueError: The archive is broken or of another layout; the message names it.
    """
    if path := places.data_file(f"{name}.npz"):
        shapes = ((train, *image), (train,), (test, *image), (test,))
        return _read(path, dict(zip(KEYS, shapes, strict=True)), balanced)
    return _downloaded(name, title)


def _downloaded(name, title):
    import keras

    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:
        raise FileNotFoundError(
            f"{title} could not be downloaded ({error}). Check the network, or put {name}.npz (keys {', '.join(KEYS)}) "
            f"into a folder and set CLR_DATA_DIR to it (now {places.data_folder()})"
        ) from error
    return x_train, y_train.reshape(-1), x_test, y_test.reshape(-1)


def _read(path, shapes, balanced):
    mend = f"replace it by Keras's {path.name}, or unset CLR_DATA_DIR to download it"
    try:
        if not is_zipfile(path):
            raise BadZipFile("it is no archive of arrays")
        with np.load(path) as file:
            arrays = {key: file[key] for key in KEYS}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ValueError(f"{path} cannot be read ({error}); {mend}") from error
    for key, shape in shapes.items():
        if key[0] == "y" and arrays[key].shape == (*shape, 1):
            arrays[key] = arrays[key].reshape(shape)
        if arrays[key].shape != shape or arrays[key].dtype != np.uint8:
            found = f"{arrays[key].shape}, {arrays[key].dtype}"
            raise ValueError(f"{path}: {key} is {found}; it should be {shape}, uint8; {mend}")
    for key in ("y_train", "y_test"):
        if (largest := arrays[key].max()) > 9:
            raise ValueError(f"{path}: {key} should be labels from 0 to 9; the largest is {largest}; {mend}")
        counts = np.bincount(arrays[key], minlength=10)
        if balanced and (counts != (each := len(arrays[key]) // 10)).any():
            raise ValueError(
                f"{path}: {key} should hold each class {each:,} times; it holds them {counts} times; {mend}"
            )
    return tuple(arrays.values())
