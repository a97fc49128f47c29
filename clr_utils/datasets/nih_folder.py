"""All of NIH ChestX-ray14, from the folder in which a user has unpacked it."""

import hashlib
import warnings

import numpy as np

from clr_utils import arguments, places
from clr_utils.datasets.chest_xray import FINDINGS, ChestXrays
from clr_utils.files import BROKEN, written_whole

FOLDER = "ChestX-ray14"
COLUMNS = ("Image Index", "Finding Labels", "Patient ID")
LISTS = ("train_val_list.txt", "test_list.txt")
SOURCE = "https://nihcc.app.box.com/v/ChestXray-NIHCC"


def load_chest_xrays(size=64):
    """NIH ChestX-ray14 (Wang et al. 2017), 112,120 images of 30,805 patients, each image made smaller.

    Read from the folder `ChestX-ray14` in the one that the environment variable CLR_DATA_DIR names, or from that one
    itself, in NIH's layout: `Data_Entry_2017.csv` or `Data_Entry_2017_v2020.csv`, and the PNG files that it names, in
    `images/` or in `images_001/images/` to `images_012/images/`. Get them from
    https://nihcc.app.box.com/v/ChestXray-NIHCC (42 GB).

    The first call takes a quarter of an hour or more. It keeps the small images in the user's cache folder, such as
    `~/.cache/clr-notebooks`, and later calls take seconds. They are made anew when the CSV file or the size is another;
    after a change of the PNG files alone, delete `chest_xrays_64.npz` there.

    Args:
        size: Height and width, 1 to 1024; a pixel is the mean of those that it covers.

    Returns:
        A `ChestXrays` in the order of the CSV file; 64x64 take 460 MB.

    Raises:
        TypeError, ValueError: The size is no whole number from 1 to 1024.
        FileNotFoundError: The folder, the CSV file or some of its images are missing.
        ValueError: There are two CSV files, or the one is of another layout, names an unknown finding, or an image
            twice; an image is broken; NIH's lists cannot be read, or have one patient for training and for the
            test.
    """
    size = arguments.whole("size", size, maximum=1024, unit="pixels")
    folder = _folder()
    path = _entries(folder)
    names, patients, findings = _read_entries(path)
    _check_lists(folder, dict(zip(names, patients, strict=True)))
    return ChestXrays(_images(folder, names, size, hashlib.sha256(path.read_bytes()).hexdigest()), patients, findings)


def _folder():
    data = places.data_folder()
    if data and (data / FOLDER).is_dir():
        return data / FOLDER
    if data and any(data.glob("Data_Entry_2017*.csv")):
        return data
    raise FileNotFoundError(
        f"NIH ChestX-ray14 is not there: get its images and Data_Entry_2017.csv from {SOURCE}, put them into a folder "
        f"{FOLDER}, and set CLR_DATA_DIR to the folder around it (now {data})"
    )


def _entries(folder):
    found = sorted(folder.glob("Data_Entry_2017*.csv"))
    if not found:
        raise FileNotFoundError(f"{folder} holds no Data_Entry_2017*.csv: get it from {SOURCE}")
    if len(found) > 1:
        raise ValueError(
            f"{folder} holds {' and '.join(path.name for path in found)}, which differ: leave one of them there"
        )
    return found[0]


def _read_entries(path):
    """The names of the images, their patients and their findings."""
    import pandas as pd

    mend = f"replace it by NIH's, from {SOURCE}"
    try:
        table = pd.read_csv(path, usecols=COLUMNS.__contains__, dtype=str, keep_default_na=False, index_col=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read ({error}); {mend}") from error
    if missing := [column for column in COLUMNS if column not in table]:
        raise ValueError(f"{path} should have the columns {', '.join(COLUMNS)}; it lacks {', '.join(missing)}; {mend}")
    names, labels, patients = (table[column] for column in COLUMNS)
    if (twice := names[names.duplicated()]).size:
        raise ValueError(f"{path} names {_some(twice)} more than once; {mend}")
    if (wrong := patients[~patients.str.fullmatch("[0-9]{1,9}")]).size:
        raise ValueError(f"{path} should have numbers as Patient ID; {_some(wrong.map(repr))} are none; {mend}")
    each = labels.str.split("|").explode()
    if unknown := sorted({*each} - {*FINDINGS, "No Finding"}):
        raise ValueError(
            f"{path} has the unknown findings {_some(map(repr, unknown))}; known are {', '.join(FINDINGS)} and "
            f"No Finding; {mend}"
        )
    findings = np.stack([(each == finding).groupby(level=0).any() for finding in FINDINGS], axis=1)
    return names.tolist(), patients.to_numpy(np.int64), findings


def _check_lists(folder, patient_of):
    """NIH's own lists for training and test must share no patient."""
    paths = [folder / name for name in LISTS]
    if not all(path.is_file() for path in paths):
        return
    train, test = ({patient_of.get(name) for name in _listed(path)} for path in paths)
    if both := sorted((train & test) - {None}):
        raise ValueError(
            f"{folder}: {' and '.join(LISTS)} share the patients {_some(both)}; replace both by NIH's, from {SOURCE}, "
            "or delete them: they are not needed"
        )


def _listed(path):
    try:
        return path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{path} cannot be read ({error}); replace it by NIH's, from {SOURCE}, or delete it: it is not needed"
        ) from error


def _images(folder, names, size, entries):
    """The small images, from the cache when it has those of this CSV file."""
    cache = places.cache_folder() / f"chest_xrays_{size}.npz"
    try:
        with np.load(cache) as file:
            if file["entries"] == entries and len(images := file["images"]) == len(names):
                return images
    except BROKEN:
        pass  # there is none, or a broken one
    images = _smaller(_paths(folder, names), size)
    try:
        with written_whole(cache) as draft, draft.open("wb") as file:
            np.savez(file, images=images, entries=entries)
    except OSError as error:
        warnings.warn(f"{cache} could not be written ({error}): the next call reads all images anew", stacklevel=3)
    return images


def _paths(folder, names):
    there = {path.name: path for pattern in ("images", "images_*/images") for path in folder.glob(f"{pattern}/*.png")}
    if missing := [name for name in names if name not in there]:
        raise FileNotFoundError(
            f"{folder} lacks {len(missing):,} of the {len(names):,} images of its CSV file: {_some(missing)}. Get them "
            f"from {SOURCE}, into images/ or images_001/images/ and so on, or take their lines out of the CSV file"
        )
    return [there[name] for name in names]


def _smaller(paths, size):
    from tqdm.auto import tqdm

    images = np.empty((len(paths), size, size, 1), np.uint8)
    for image, path in zip(images, tqdm(paths, desc="chest X-rays", unit="image"), strict=True):
        image[..., 0] = _read(path, size)
    return images


def _read(path, size):
    from PIL import Image

    mend = f"replace it by NIH's, from {SOURCE}"
    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.mode not in ("L", "LA", "RGB", "RGBA", "P"):
                raise ValueError(f"it should have 8 bits a pixel; its mode is {image.mode}")
            if min(image.size) < size:
                raise ValueError(f"it is {image.width}x{image.height}, smaller than the size {size}")
            return np.asarray(image.convert("L").resize((size, size), Image.Resampling.BOX))
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"{path} cannot be read ({error}); {mend}") from error


def _some(values):
    """The first three of some values, and how many there are more."""
    values = list(values)
    more = f" and {len(values) - 3:,} more" if len(values) > 3 else ""
    return ", ".join(map(str, values[:3])) + more
