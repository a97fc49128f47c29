"""Training, validation and test sets of micro-calcification patches, in the numbers of Alyafi et al. 2018.

Their four files are read where they lie in the folder that the environment variable CLR_DATA_DIR names; otherwise
the patches are synthetic, of the same numbers and order.
"""

from numbers import Integral
from typing import NamedTuple

import numpy as np

from clr_utils import arguments, places
from clr_utils.calcification.files import FILES, calcification_folder, read_calcification_files
from clr_utils.calcification.patches import Patches, classes_and_patients, generate_patches, join, patch_blocks

CASES = {1: 64_000, 2: 128_000}
BATCH = 32
POSITIVES, NEGATIVES = FILES["train", 1][1], FILES["train", 0][1]
TEST_POSITIVES, TEST_NEGATIVES = FILES["test", 1][1], FILES["test", 0][1]
SOURCES = ("auto", "synthetic", "files")


def training_set(
    case=1, *, size=None, order="first", scale=1, seed=0, difficulty="published", source="auto", held_out=False
):
    """The training set of case 1 (64,000 patches, 1/17.5) or 2 (128,000, 1/36): all 3,459 positives and negatives.

    Args:
        case: 1 or 2.
        size: Patches in all, a multiple of 32, instead of the case's: another skew.
        order: Which of the 304,225 negatives: the "first" ones of the file, as published, or a "random" choice. Of the
            synthetic sets the first come from few patients; of the authors' files that is not known.
        scale: A factor on all the numbers, for quick trials; the skew and the share of the patients stay.
        seed: Of the synthetic patients, and of a random choice.
        difficulty: Of synthetic patches, as for `generate_patches`.
        source: "auto" reads the files where they are present and `scale` is 1; "synthetic" and "files" insist.
        held_out: Leave out the tenth of the files that `validation_set` takes. Synthetic ones have other patients.

    Returns:
        `Patches`, whose repr tells the source, the counts and the skew.

    Raises:
        FileNotFoundError: A file that is asked for is missing.
        TypeError, ValueError: An argument or a file is wrong; the message says how to mend it.
    """
    if isinstance(case, bool) or not isinstance(case, Integral) or case not in CASES:
        raise ValueError(f"case must be 1 or 2; it is {case!r}. For another skew give size=")
    held_out, seed = arguments.flag("held_out", held_out), arguments.whole("seed", seed, minimum=0, unit="any size")
    arguments.one_of("order", order, ("first", "random"))
    scale = arguments.number("scale", scale, above=0, maximum=1)
    folder = _folder(source, scale)
    size = arguments.whole("size", CASES[case] if size is None else size, unit="patches")
    if size % BATCH:
        raise ValueError(f"size must be a multiple of the batch, {BATCH}; it is {size}")
    size = BATCH * round(size * scale / BATCH)
    positives, available = round(POSITIVES * scale), round(NEGATIVES * scale)
    if folder and held_out:
        positives, available = positives - positives // 10, available - available // 10
    negatives = size - positives
    if not 0 < negatives <= available or not positives:
        raise ValueError(
            f"size ({size:,} after scaling by {scale}) must leave room for 1 to {available:,} negatives beside the "
            f"{positives:,} positives"
        )
    if order == "first":
        chosen = np.arange(negatives)
    else:
        chosen = np.sort(np.random.default_rng(seed).choice(available, negatives, replace=False))
    if folder:
        where = slice(negatives) if order == "first" else chosen
        return read_calcification_files(folder, "train", slice(positives), where)
    first = negatives if order == "first" else None
    blocks = patch_blocks(positives, available, seed=seed, difficulty=difficulty, first=first)
    return join(_chosen(blocks, chosen))


def validation_set(*, scale=1, seed=0, difficulty="published", source="auto"):
    """Patches to choose rates, thresholds and stopping by: 50 patients who are in no other set, 582 : 55,000.

    Where the files are read, it is the last tenth of both training files: train with `held_out=True` then.

    Args, returns and raises: as for `training_set`.
    """
    scale = arguments.number("scale", scale, above=0, maximum=1)
    if folder := _folder(source, scale):
        tails = (slice(count - count // 10, count) for count in (POSITIVES, NEGATIVES))
        return read_calcification_files(folder, "train", *tails)._replace(split="validation")
    counts = _scaled(scale, 0.5)
    return generate_patches(*counts, seed=seed, split="validation", difficulty=difficulty)


def test_set(*, scale=1, seed=0, difficulty="published", source="auto"):
    """The one test set of both cases: 1,164 positives and 110,000 negatives, 1/94.5, of patients of its own.

    Args, returns and raises: as for `training_set`.
    """
    scale = arguments.number("scale", scale, above=0, maximum=1)
    if folder := _folder(source, scale):
        return read_calcification_files(folder, "test", slice(None), slice(None))
    counts = _scaled(scale)
    return generate_patches(*counts, seed=seed, split="test", difficulty=difficulty)


test_set.__test__ = False  # pytest would take the name for a test's


def tested_patients(*, scale=1):
    """The classes and the patients of the synthetic `test_set` of every seed, without its patches.

    Returns:
        Two arrays of whole numbers, shape (n,) each: 1 for a calcification and 0 for none, and the patient's number.
    """
    return classes_and_patients(*_scaled(arguments.number("scale", scale, above=0, maximum=1)), split="test")


class Standardiser(NamedTuple):
    """The global mean and standard deviation of the training pixels, in the detector's units."""

    mean: float
    sd: float

    def __call__(self, patches):
        """(x - mean) / sd of `Patches` of any split, as a network takes it: float32, shape (n, 16, 16, 1)."""
        x = patches.x[..., None].astype(np.float32)
        x -= np.float32(self.mean)
        x /= np.float32(self.sd)
        return x


def fit_standardiser(patches):
    """The `Standardiser` of training patches: one mean and one standard deviation for all pixels.

    Raises:
        ValueError: The patches are none, all alike, or not of the training split.
    """
    arguments.instance("patches", patches, Patches, "Patches, such as training_set() makes")
    if patches.split != "train":
        raise ValueError(
            f"fit the standardiser to training patches, not to the {patches.split} set, and apply it there"
        )
    if not len(patches.x):
        raise ValueError("patches is empty; give at least one")
    levels = sum(
        np.bincount(part.ravel(), minlength=2**16) for part in np.array_split(patches.x, len(patches.x) // 4096 + 1)
    )
    values = np.arange(2**16)
    mean = np.average(values, weights=levels)
    sd = np.sqrt(np.average((values - mean) ** 2, weights=levels))
    if sd == 0:
        raise ValueError(f"all pixels of patches are {mean:.0f}; they cannot be standardised")
    return Standardiser(float(mean), float(sd))


def _scaled(scale, share=1):
    counts = [round(count * scale * share) for count in (TEST_POSITIVES, TEST_NEGATIVES)]
    if not all(counts):
        raise ValueError(f"scale must leave at least one positive; {scale} leaves {counts[0]}: raise it")
    return counts


def _folder(source, scale):
    arguments.one_of("source", source, SOURCES)
    folder = calcification_folder() if source == "files" or (source == "auto" and scale == 1) else None
    if source == "files" and folder is None:
        names = ", ".join(name for name, _ in FILES.values())
        raise FileNotFoundError(
            f"set CLR_DATA_DIR to the folder of {names} (now {places.data_folder()}), or take source='synthetic'"
        )
    if folder and scale != 1:
        raise ValueError(f"scale must be 1 where the files are read; it is {scale}")
    return folder


def _chosen(blocks, negatives):
    seen = 0
    for block in blocks:
        kept = np.flatnonzero(block.y)
        free = np.flatnonzero(block.y == 0)
        here = negatives[np.searchsorted(negatives, seen) : np.searchsorted(negatives, seen + len(free))] - seen
        seen += len(free)
        yield block.select(np.concatenate([kept, free[here]]))
