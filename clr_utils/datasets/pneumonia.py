"""PneumoniaMNIST: small chest X-rays of children, with pneumonia or without."""

from typing import NamedTuple

import numpy as np

from clr_utils import places
from clr_utils.datasets.archives import read

FILE = "pneumoniamnist.npz"
URL = f"https://zenodo.org/records/10519652/files/{FILE}?download=1"
MD5 = "28209eda62fecd6e6a2d98b1501bb15f"
COUNTS = {"train": 4_708, "val": 524, "test": 624}


class Pneumonia(NamedTuple):
    """Chest X-rays of shape (n, 28, 28, 1), uint8, 255 is white; labels of shape (n,), int64, 1 is pneumonia."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def load_pneumonia():
    """PneumoniaMNIST (Kermany et al. 2018; MedMNIST v2, Yang et al. 2023, CC BY 4.0): 5,856 X-rays of children.

    Read from `pneumoniamnist.npz` in the folder that the environment variable CLR_DATA_DIR names (keys train_images,
    train_labels, val_images, val_labels, test_images, test_labels; uint8; labels of shape (n, 1) or (n,)), or else
    downloaded once from MedMNIST's record on Zenodo, 4 MB, and verified. The order within a part is not the same in
    all copies, and says nothing: a training must shuffle. Not for diagnosis.

    Returns:
        A `Pneumonia`: x_train, y_train, x_validation, y_validation, x_test, y_test; 4,708, 524 and 624 images.

    Raises:
        FileNotFoundError: There is no such file, and the download failed; the message says what to do.
        ValueError: The file is broken or of another layout; the message names it.
    """
    path = places.data_file(FILE) or _downloaded()
    shapes = {}
    for part, n in COUNTS.items():
        shapes |= {f"{part}_images": (n, 28, 28), f"{part}_labels": (n,)}
    mend = f"replace it by the {FILE} of {URL}, or unset CLR_DATA_DIR to download it"
    arrays = read(path, shapes, mend, classes=2)
    return Pneumonia(*(each.astype(np.int64) if each.ndim == 1 else each[..., None] for each in arrays))


def _downloaded():
    import keras

    try:
        return keras.utils.get_file(FILE, URL, file_hash=MD5, hash_algorithm="md5")
    except Exception as error:
        raise FileNotFoundError(
            f"PneumoniaMNIST could not be downloaded ({error}). Check the network, or put {FILE} of {URL} into a "
            f"folder and set CLR_DATA_DIR to it (now {places.data_folder()})"
        ) from error
