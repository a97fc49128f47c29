"""The four HDF5 files of Alyafi et al. 2018: read them, or write synthetic patches in their layout.

Each holds one dataset, found as the file's first key, of shape (n, 16, 16) and 16-bit whole numbers.
"""

from contextlib import ExitStack
from pathlib import Path

import h5py
import numpy as np

from clr_utils import arguments, places
from clr_utils.calcification.patches import PATCH_SHAPE, Patches, patch_blocks
from clr_utils.files import written_whole

FILES = {
    ("train", 1): ("Positive_train.h5", 3_459),
    ("train", 0): ("300kNegative_train.h5", 304_225),
    ("test", 1): ("Positive_test.h5", 1_164),
    ("test", 0): ("300kNegative_test.h5", 110_000),
}
MEND = "put the authors' file there, write the four files anew with write_calcification_files, or unset CLR_DATA_DIR"
# What h5py raises where bytes of a file are wrong.
DAMAGED = (OSError, TypeError, RuntimeError, KeyError)


def calcification_folder():
    """The folder that CLR_DATA_DIR names, if one of the four files lies in it; None otherwise."""
    folder = places.data_folder()
    return folder if folder and any((folder / name).exists() for name, _ in FILES.values()) else None


def read_calcification_files(folder, split, positives, negatives):
    """Patches from the two files of a split.

    Args:
        folder: Where the four files lie; all are looked at, whichever split is read.
        split: "train" or "test".
        positives, negatives: Which patches of each file: a slice, or rising indices.

    Returns:
        `Patches`, the positives first, both in the order of their files.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A file is truncated or damaged, holds something else, was swapped with another, or is of another
            world than the others; the message names it.
    """
    folder = Path(arguments.path("folder", folder)).expanduser()
    sources = {}
    for key in FILES:
        with _opened(folder, key) as file:
            sources[FILES[key][0]] = _source(file)
    if len(set(sources.values())) > 1:
        found = "; ".join(f"{name} of {source}" for name, source in sources.items())
        raise ValueError(f"the four files in {folder} do not belong together: {found}; {MEND}")
    source, parts = sources[FILES[split, 1][0]], []
    for label, where in ((1, positives), (0, negatives)):
        with _opened(folder, (split, label)) as file:
            parts.append(_pixels(file, where))
    x, y = np.concatenate(parts), np.repeat([1, 0], [len(part) for part in parts])
    nothing = np.full((2, len(y)), np.nan, np.float32)
    return Patches(x, y, np.full(len(y), -1), np.full(len(y), ""), *nothing, split, source)


def write_calcification_files(folder, *, seed=0, difficulty="published"):
    """Write synthetic patches as the four files, about 215 MB; a file has its final name when it is complete.

    Args:
        folder: Made if it is missing; files of these names are replaced.
        seed, difficulty: As for `generate_patches`.

    Returns:
        The paths of the four files.
    """
    folder = Path(arguments.path("folder", folder)).expanduser()
    return [path for split in ("train", "test") for path in _write_split(folder, split, seed, difficulty)]


def _write_split(folder, split, seed, difficulty):
    counts = {label: FILES[split, label][1] for label in (1, 0)}
    paths = {label: folder / FILES[split, label][0] for label in (1, 0)}
    with ExitStack() as stack:
        drafts = {label: stack.enter_context(written_whole(path)) for label, path in paths.items()}
        files = {label: stack.enter_context(h5py.File(draft, "w")) for label, draft in drafts.items()}
        for label, file in files.items():
            file.attrs["source"] = f"synthetic files (seed {seed}, {difficulty})"
            file.create_dataset("data", (counts[label], *PATCH_SHAPE), np.uint16)
        written = {1: 0, 0: 0}
        for block in patch_blocks(counts[1], counts[0], seed=seed, split=split, difficulty=difficulty):
            for label, file in files.items():
                x = block.x[block.y == label]
                file["data"][written[label] : written[label] + len(x)] = x
                written[label] += len(x)
    return list(paths.values())


def _opened(folder, key):
    name, count = FILES[key]
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing, though others of the four files are there; {MEND}")
    try:
        file = h5py.File(path)
    except OSError as error:
        raise ValueError(f"{path} cannot be read, it is truncated or no HDF5 file ({error}); {MEND}") from error
    try:
        _check_layout(path, file, count)
    except DAMAGED as error:
        file.close()
        raise ValueError(f"{path} is damaged ({error}); {MEND}") from error
    except ValueError:
        file.close()
        raise
    return file


def _check_layout(path, file, count):
    first = next(iter(file), None)
    link = file.get(first, getlink=True) if first is not None else None
    if link is not None and not isinstance(link, h5py.HardLink):
        raise ValueError(
            f"{path} should hold its dataset itself; its first key {first!r} is a {type(link).__name__} to "
            f"{getattr(link, 'filename', '')}{link.path}; {MEND}"
        )
    data = None if first is None else file[first]
    if not isinstance(data, h5py.Dataset):
        raise ValueError(f"{path} should hold one dataset as its first key; its keys are {list(file)}; {MEND}")
    if data.dtype.kind not in "ui" or data.dtype.itemsize != 2:
        raise ValueError(f"{path} should hold 16-bit whole numbers; it holds {data.dtype}; {MEND}")
    if data.shape[1:] != PATCH_SHAPE:
        raise ValueError(f"{path} should hold patches of shape (n, 16, 16); its shape is {data.shape}; {MEND}")
    if len(data) != count:
        owner = {number: name for name, number in FILES.values()}.get(len(data))
        swapped = f", as many as {owner} should: were they swapped? Rename them" if owner else ""
        raise ValueError(f"{path} should hold {count:,} patches; it holds {len(data):,}{swapped}; {MEND}")


def _source(file):
    try:
        source = file.attrs.get("source", "the authors' files")
    except (*DAMAGED, ValueError) as error:
        raise ValueError(f"{file.filename}: its attribute 'source' cannot be read ({error}); {MEND}") from error
    if not isinstance(source, str):
        raise ValueError(f"{file.filename}: its attribute 'source' should be text; it is {source!r}; {MEND}")
    return source


def _pixels(file, where):
    try:
        data = file[next(iter(file))]
        x = data[where] if isinstance(where, slice) else np.concatenate(list(_picked(data, where)))
    except DAMAGED as error:
        raise ValueError(f"{file.filename} is damaged ({error}); {MEND}") from error
    if x.size and x.min() < 0:
        raise ValueError(f"{file.filename} should hold brightness from 0 up; its lowest is {x.min()}; {MEND}")
    return x.astype(np.uint16, copy=False)


def _picked(data, indices, block=16_384):
    """The rows at rising indices, read in blocks: HDF5 itself takes a minute to pick 60,000."""
    for start in range(0, len(data), block):
        yield data[start : start + block][indices[(start <= indices) & (indices < start + block)] - start]
