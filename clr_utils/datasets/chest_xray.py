"""Chest X-rays of the NIH: 1,000 small ones ship; any set of them is split by patient."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from clr_utils import arguments, places
from clr_utils.datasets.archives import shipped

FINDINGS = (
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Effusion",
    "Emphysema",
    "Fibrosis",
    "Hernia",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pleural_Thickening",
    "Pneumonia",
    "Pneumothorax",
)
NIH_CHEST_1K_SHA256 = "33464565861fba2e64cd1da85938ae6c7656772f45068054151356b65f361cb9"
PARTS = ("training", "validation", "test")


class ChestXrays(NamedTuple):
    """Frontal chest X-rays, with the findings that were read from the radiologists' reports by a program.

    Args:
        images: Shape (n, size, size, 1), uint8, from 0, black (air), to 255, white (bone).
        patients: Shape (n,), int64: the patient's number. One patient may have many images.
        findings: Shape (n, 14), bool, a column for each of `FINDINGS`; a row without any is "No Finding".
    """

    images: np.ndarray
    patients: np.ndarray
    findings: np.ndarray


class PatientSplit(NamedTuple):
    """Images (x), whether each has the finding (y: int64, 1 or 0) and whose it is, for training, validation and test.

    No patient is in two parts. The shapes of a part are (n, size, size, 1), (n,) and (n,).
    """

    x_train: np.ndarray
    y_train: np.ndarray
    patients_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    patients_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    patients_test: np.ndarray


def load_chest_sample():
    """1,000 images of 264 patients at 32x32, from NIH ChestX-ray14 (Wang et al. 2017), in `data/`; offline.

    They are sorted by patient, so a training must shuffle. For teaching, not for diagnosis: half have a finding, which
    is far more than a clinic sees, and the labels are not all right (see the card in `data/README.md`).

    Returns:
        A `ChestXrays`: images, patients, findings.

    Raises:
        FileNotFoundError, ValueError: The file in `data/` is missing or is another one; the message says what to do.
    """
    return _sample()


def _sample(path=places.DATA / "nih_chest_1k.npz"):
    arrays = shipped(path, NIH_CHEST_1K_SHA256)
    return ChestXrays(arrays["images"][..., None], arrays["patients"], arrays["findings"])


def patient_split(xrays, finding, seed=0, shares=(0.6, 0.2, 0.2)):
    """X-rays for training, validation and test, by patient: all images of a patient are in one part.

    Those patients who have the finding on some image are dealt out by the shares, and so are the others. The shares
    are of patients; those of images differ, as some patients have many. Within a part images keep their order: a
    training must shuffle.

    Args:
        xrays: A `ChestXrays`.
        finding: One of `FINDINGS`.
        seed: Draws the patients: the same for the same seed, in whatever order the images are.
        shares: Of training, validation and test; they sum to 1.

    Returns:
        A `PatientSplit`, each part of which has images with the finding and others.

    Raises:
        TypeError: `xrays` is no `ChestXrays`, or the seed or the shares are no numbers.
        ValueError: The finding is unknown, the shares are not three positive numbers that sum to 1, the arrays of
            `xrays` do not belong together, or too few patients have the finding, or lack it, for three parts.
    """
    _check(xrays)
    arguments.one_of("finding", finding, FINDINGS)
    seed = arguments.whole("seed", seed, minimum=0, unit="any size")
    shares = arguments.sample("shares", shares, above=0)
    if len(shares) != len(PARTS) or not np.isclose(shares.sum(), 1, atol=1e-6):
        raise ValueError(
            f"shares must be three numbers, of training, validation and test, that sum to 1; they are "
            f"{shares.tolist()}, {len(shares)} with the sum {shares.sum():g}"
        )
    has = xrays.findings[:, FINDINGS.index(finding)]
    positive = np.unique(xrays.patients[has])
    negative = np.setdiff1d(xrays.patients, positive)
    rng = np.random.default_rng(seed)
    groups = [
        _dealt(positive, shares, rng, f"{finding}: {len(positive)} patients have it"),
        _dealt(negative, shares, rng, f"{finding}: {len(negative)} patients are without it"),
    ]
    arrays = []
    for patients in map(np.concatenate, zip(*groups, strict=True)):
        part = np.isin(xrays.patients, patients)
        arrays += [xrays.images[part], has[part].astype(np.int64), xrays.patients[part]]
    return PatientSplit(*arrays)


def finding_or_none(xrays, finding):
    """The X-rays with a finding, and those without any: what a binary classifier of it is trained on.

    Args:
        xrays: A `ChestXrays`.
        finding: One of `FINDINGS`.

    Returns:
        A `ChestXrays` of these images, in their order.

    Raises:
        TypeError, ValueError: As for `patient_split`.
    """
    _check(xrays)
    arguments.one_of("finding", finding, FINDINGS)
    kept = xrays.findings[:, FINDINGS.index(finding)] | ~xrays.findings.any(axis=1)
    return ChestXrays(*(part[kept] for part in xrays))


def _check(xrays):
    arguments.instance("xrays", xrays, ChestXrays, "ChestXrays, such as load_chest_sample() gives")
    lengths = len(xrays.images), len(xrays.patients), len(xrays.findings)
    if len(set(lengths)) > 1 or np.shape(xrays.findings)[1:] != (len(FINDINGS),):
        raise ValueError(
            f"xrays must hold as many images as patients and as rows of {len(FINDINGS)} findings; it has "
            f"{lengths[0]} images, {lengths[1]} patients, and findings of the shape {np.shape(xrays.findings)}"
        )


def _dealt(patients, shares, rng, found):
    """The patients, shuffled, in three parts by the shares, each of one patient at least."""
    n = len(patients)
    if n < len(PARTS):
        raise ValueError(
            f"{found}, and training, validation and test need one each at least; choose another finding, or more images"
        )
    first, second = np.rint(np.cumsum(shares)[:-1] * n).astype(int)
    first = np.clip(first, 1, n - 2)
    second = np.clip(second, first + 1, n - 1)
    shuffled = rng.permutation(patients)
    return [shuffled[start:end] for start, end in pairwise((0, first, second, n))]
