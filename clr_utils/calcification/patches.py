"""Synthetic breast micro-calcification patches, in the numbers of Alyafi et al. 2018: generated, never measured.

Every patch is cut from a wider field of texture, may hold a look-alike (fibre, blob, dust), and is exposed with its
patient's X-rays (`physics`). A positive patch has one calcification near its centre besides, often with smaller
ones around it; nothing else tells the classes apart.

The contrast was set once, by a policy that is not cyclical: `calcification_cnn`, SGD without momentum at the constant
rate 0.016, batches of 32, 12 epochs of case 2, tested on 1,164 : 110,000. In the worlds of the seeds 0, 1 and 2 this
reached an area under the ROC curve of 0.9978, 0.9971 and 0.9980 and an average precision of 0.981, 0.972 and 0.979
(`data/results/microcalcification/case2_fixed_0.016-s*.json`); published are 0.997 (Table V) and 0.979 (Fig. 9).
"""

from typing import NamedTuple

import numpy as np

from clr_utils import arguments
from clr_utils.calcification import objects, physics

# Raised whenever the same arguments give other patches, so that records of the old ones are known to be stale.
VERSION = 1
MOST = 10**7  # thirty times the published numbers; a patient of more would take minutes
KINDS = ("calcification", "tissue", "fibre", "blob", "dust")
LOOK_ALIKES = {"tissue": 0.62, "fibre": 0.17, "blob": 0.16, "dust": 0.05}
DIFFICULTIES = {"easier": 1.5, "published": 1.0, "harder": 0.6}
SPLITS = {"train": range(300), "validation": range(300, 350), "test": range(350, 450)}

# Slots for positives in a field of 144 cells: a patient's patches do not depend on how many are asked for.
POSITIVE_SLOTS = 16
PATCH_SHAPE = (physics.SIZE, physics.SIZE)


class Patches(NamedTuple):
    """Patches, patient by patient.

    Args:
        x: Shape (n, 16, 16), uint16; bright absorbs much. A pixel of synthetic patches is 70 micrometres wide.
        y: Shape (n,), 1 for a calcification and 0 for none.
        patient: Shape (n,), a number that no other split has; -1 where it is not known.
        kind: Shape (n,), one of KINDS; "" where it is not known.
        diameter, contrast: Of the largest calcification, in micrometres and as peak attenuation; shape (n,), NaN where
            there is none or it is not known.
        split: "train", "validation" or "test".
        source: "synthetic", or the files that the patches were read from.
    """

    x: np.ndarray
    y: np.ndarray
    patient: np.ndarray
    kind: np.ndarray
    diameter: np.ndarray
    contrast: np.ndarray
    split: str
    source: str

    @property
    def counts(self):
        """Positives and negatives."""
        positives = int(self.y.sum())
        return positives, len(self.y) - positives

    @property
    def skew(self):
        """Negatives for each positive."""
        positives, negatives = self.counts
        return negatives / positives if positives else float("inf")

    def select(self, where):
        """The patches at the indices `where`, or where it is True."""
        return self._replace(**{name: getattr(self, name)[where] for name in self._fields[:-2]})

    def __repr__(self):
        positives, negatives = self.counts
        patients = f"{len(np.unique(self.patient))} patients" if (self.patient >= 0).all() else "patients not known"
        return (
            f"{self.source}, {self.split}: {len(self.y):,} patches, {positives:,} with and {negatives:,} without "
            f"calcification (1/{self.skew:.1f}), {patients}"
        )


class Patient(NamedTuple):
    """What all patches of a patient share: quanta a pixel, detector units a quantum, texture, blur in pixels."""

    quanta: float
    gain: float
    texture: float
    blur: float


def generate_patches(positives, negatives, *, seed=0, split="train", difficulty="published"):
    """Synthetic patches of both classes, spread evenly over the patients of a split.

    Args:
        positives, negatives: How many of each, 0 to ten million, not both 0.
        seed: Chooses the world: another seed has other patients.
        split: "train" (300 patients), "validation" (50) or "test" (100): no patient is in two.
        difficulty: "easier", "published" or "harder", or a factor on the calcifications' contrast, 0 or more. The same
            seed with the factor 0 gives the same patches without the calcifications.

    Returns:
        `Patches`. A patient's k-th patch of a class is the same however many are asked for; the first patches of a
        larger set are more patches of fewer patients. (Another processor may round a pixel to its neighbour.)

    Raises:
        TypeError, ValueError: A number is not whole or below 0, both are 0, or a name is unknown.
    """
    return join(patch_blocks(positives, negatives, seed=seed, split=split, difficulty=difficulty))


def patch_blocks(positives, negatives, *, seed=0, split="train", difficulty="published", first=None):
    """The patches of `generate_patches`, one patient's `Patches` at a time, for sets that should not be held at once.

    Args:
        positives, negatives, seed, split, difficulty: As for `generate_patches`.
        first: Generate only this many of the negatives, the first ones; all unless given.

    Yields:
        `Patches` of one patient each, both classes, in the order of the patients' numbers, without empty ones.
    """
    seed = arguments.whole("seed", seed, minimum=0, unit="any size")
    factor = _factor(difficulty)
    wanted = _wanted(positives, negatives, split, first)
    return (_patient_patches(seed, split, *each, factor) for each in wanted)


def classes_and_patients(positives, negatives, split="train"):
    """`y` and `patient` of `generate_patches`, without the patches: they are the same for every seed.

    Args, raises: as for `generate_patches`.

    Returns:
        Two arrays of whole numbers, shape (positives + negatives,) each.
    """
    wanted = _wanted(positives, negatives, split)
    y = np.concatenate([np.repeat([1, 0], each) for _, *each in wanted])
    return y, np.concatenate([np.repeat(patient, sum(each)) for patient, *each in wanted])


def patient_traits(seed, patient):
    """The `Patient` of that number."""
    rng = np.random.default_rng([seed, patient, 0])
    return Patient(
        quanta=2500 * np.exp(0.08 * rng.standard_normal()),
        gain=2.4 * np.exp(0.06 * rng.standard_normal()),
        texture=0.06 * np.exp(0.3 * rng.standard_normal()),
        blur=rng.uniform(0.6, 0.9),
    )


def join(blocks):
    """One `Patches` from several of the same split and source, in their order."""
    *arrays, splits, sources = zip(*blocks, strict=True)
    return Patches(*map(np.concatenate, arrays), splits[0], sources[0])


def _factor(difficulty):
    if isinstance(difficulty, str):
        return DIFFICULTIES[arguments.one_of("difficulty", difficulty, tuple(DIFFICULTIES))]
    return arguments.number("difficulty", difficulty, minimum=0)


def _wanted(positives, negatives, split, first=None):
    """(patient, positives, negatives) of each patient who has some."""
    positives = arguments.whole("positives", positives, minimum=0, maximum=MOST, unit="patches")
    negatives = arguments.whole("negatives", negatives, minimum=0, maximum=MOST, unit="patches")
    patients = SPLITS[arguments.one_of("split", split, tuple(SPLITS))]
    first = negatives if first is None else arguments.whole("first", first, minimum=0, unit="patches")
    if not positives + min(negatives, first):
        raise ValueError("positives and negatives are both 0; ask for at least one patch")
    shares = (_shares(positives, positives, len(patients)), _shares(negatives, first, len(patients)))
    return [(patient, *share) for patient, *share in zip(patients, *shares, strict=True) if any(share)]


def _shares(total, first, patients):
    ends = np.minimum(np.arange(patients + 1) * total // patients, first)
    return np.diff(ends).tolist()


def _patient_patches(seed, split, patient, positives, negatives, factor):
    traits = patient_traits(seed, patient)
    per_field = POSITIVE_SLOTS, physics.CELLS - POSITIVE_SLOTS
    fields = max(-(-wanted // slots) for wanted, slots in zip((positives, negatives), per_field, strict=True))
    parts = [_field(traits, factor, np.random.default_rng([seed, patient, 1 + k])) for k in range(fields)]
    x, kind, diameter, contrast = map(np.concatenate, zip(*parts, strict=True))
    calcified = np.isfinite(diameter)
    kept = np.concatenate([np.flatnonzero(calcified)[:positives], np.flatnonzero(~calcified)[:negatives]])
    y = calcified[kept].astype(np.int64)
    patients = np.full(len(kept), patient)
    return Patches(x[kept], y, patients, kind[kept], diameter[kept], contrast[kept], split, "synthetic")


def _field(traits, factor, rng):
    cells = physics.CELLS
    attenuation = traits.texture * physics.windows(physics.texture_field(rng))[rng.permutation(cells)]
    kind = rng.choice(list(LOOK_ALIKES), cells, p=list(LOOK_ALIKES.values())).astype("U13")
    for look, draw in (("fibre", objects.fibres), ("blob", objects.blobs)):
        attenuation[kind == look] += draw(np.count_nonzero(kind == look), rng)
    dust = np.zeros((cells, *PATCH_SHAPE), np.float32)
    dust[kind == "dust"] = objects.dust(np.count_nonzero(kind == "dust"), rng)
    grains, diameters, contrasts = objects.calcifications(POSITIVE_SLOTS, rng)
    attenuation[:POSITIVE_SLOTS] += factor * grains
    kind[:POSITIVE_SLOTS] = "calcification"
    diameter, contrast = np.full((2, cells), np.nan, np.float32)
    diameter[:POSITIVE_SLOTS], contrast[:POSITIVE_SLOTS] = diameters, factor * contrasts
    x = physics.expose(attenuation, dust, traits.quanta, traits.gain, traits.blur, rng)
    return x, kind, diameter, contrast
