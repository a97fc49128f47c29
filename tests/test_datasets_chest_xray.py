"""Chest X-rays: the 1,000 that ship, sets that are split by patient, and a finding against none."""

import re

import numpy as np
import pytest

import make_chest
from clr_utils import places
from clr_utils.datasets.chest_xray import FINDINGS, ChestXrays, finding_or_none, load_chest_sample, patient_split

SAMPLE = load_chest_sample()
PARTS = ("train", "validation", "test")


def part(split, name):
    return tuple(getattr(split, f"{field}_{name}") for field in ("x", "y", "patients"))


def xrays(patients, positive, finding="Mass"):
    """An image a number in `patients`, each of its own grey; those at the places in `positive` have the finding."""
    n = len(patients)
    findings = np.zeros((n, 14), bool)
    findings[positive, FINDINGS.index(finding)] = True
    return ChestXrays(np.arange(n, dtype=np.uint8).reshape(n, 1, 1, 1), np.array(patients), findings)


# What ships


def test_the_sample_is_that_of_the_card():
    assert SAMPLE.images.shape == (1000, 32, 32, 1)
    assert [array.dtype for array in SAMPLE] == [np.uint8, np.int64, bool]
    assert (SAMPLE.images.min(), SAMPLE.images.max()) == (0, 253)
    assert len({image.tobytes() for image in SAMPLE.images}) == 1000
    assert len(set(SAMPLE.patients)) == 264
    assert (np.diff(SAMPLE.patients) >= 0).all()
    (card,) = re.findall(
        r"(?ms)^## nih_chest_1k\.npz\n(.*?)^## ", (places.DATA / "README.md").read_text(encoding="utf-8")
    )
    counts = {
        name: (int(images), int(whose)) for name, images, whose in re.findall(r"\| ([\w ]+) \| (\d+) \| (\d+)", card)
    }
    columns = dict(zip(FINDINGS, SAMPLE.findings.T, strict=True)) | {"No Finding": ~SAMPLE.findings.any(axis=1)}
    assert counts == {name: (has.sum(), len(set(SAMPLE.patients[has]))) for name, has in columns.items()}
    for asked in ("https://nihcc.app.box.com/v/ChestXray-NIHCC", "https://arxiv.org/abs/1705.02315", "NIH Clinical"):
        assert asked in card


def test_labels_and_orientation_fit_what_is_seen():
    """Lungs are darker than what is below them; a large heart is at the right of the middle, and is bright there."""
    mean = SAMPLE.images[..., 0].mean(axis=0)
    assert mean[8:18, 8:12].mean() < mean[26:, 8:12].mean() - 20
    assert mean[20:24, 17:20].mean() > mean[20:24, 9:12].mean() + 10
    large = SAMPLE.findings[:, FINDINGS.index("Cardiomegaly")]
    brighter = SAMPLE.images[large, ..., 0].mean(axis=0) - SAMPLE.images[~large, ..., 0].mean(axis=0)
    assert brighter[18:24, 20:25].mean() > brighter[4:10, 20:25].mean() + 10


def test_the_file_is_made_of_all_three_parts_at_half_their_size(tmp_path, monkeypatch):
    monkeypatch.setattr(make_chest, "TARGET", tmp_path / "made.npz")
    given = {
        "train": ("00000007_001.png", "Hernia|Mass", [[0, 1, 10, 20], [0, 1, 30, 41]]),
        "valid": ("00000003_000.png", "No Finding", [[255] * 4] * 2),
        "test": ("00000007_000.png", "Pneumonia", [[0, 0, 9, 9], [1, 0, 9, 9]]),
    }
    np.savez(
        tmp_path / "nih1000.npz",
        **{
            f"{name}_{key}": np.array([value], np.uint8 if key == "images" else None)
            for name, values in given.items()
            for key, value in zip(("names", "findings", "images"), values, strict=True)
        },
    )
    make_chest.main(tmp_path / "nih1000.npz")
    with np.load(tmp_path / "made.npz") as made:
        assert made["patients"].tolist() == [3, 7, 7]
        assert made["images"].tolist() == [[[255, 255]], [[0, 9]], [[1, 25]]]
        assert [[FINDINGS[i] for i in np.flatnonzero(row)] for row in made["findings"]] == [
            [],
            ["Pneumonia"],
            ["Hernia", "Mass"],
        ]


# By patient


@pytest.mark.parametrize("finding", [name for name in FINDINGS if name != "Hernia"])
def test_no_patient_is_in_two_parts_and_every_image_in_one(finding):
    split = patient_split(SAMPLE, finding, seed=3)
    parts = [part(split, name) for name in PARTS]
    assert split == tuple(array for each in parts for array in each), "the fields are in this order"
    owners = [set(patients) for _, _, patients in parts]
    assert sum(map(len, owners)) == len(set.union(*owners)) == 264
    images = [image.tobytes() for x, _, _ in parts for image in x]
    assert len(images) == 1000
    label = dict(zip(images, np.concatenate([y for _, y, _ in parts]), strict=True))
    has = SAMPLE.findings[:, FINDINGS.index(finding)]
    assert label == {image.tobytes(): each for image, each in zip(SAMPLE.images, has, strict=True)}
    for x, y, patients in parts:
        assert len(x) == len(y) == len(patients)
        assert y.dtype == np.int64
        assert set(y) == {0, 1}
        assert (np.diff(patients) >= 0).all(), "the order is that of the images"


def test_patients_with_and_without_the_finding_are_dealt_by_the_shares():
    many = xrays(np.repeat(np.arange(60), 2), np.arange(0, 40, 2))
    split = patient_split(many, "Mass", shares=(0.5, 0.3, 0.2))
    for name, positive, negative in zip(PARTS, (10, 6, 4), (20, 12, 8), strict=True):
        _, y, patients = part(split, name)
        assert y.sum() == positive, "each positive patient has one image with the finding"
        assert len(set(patients)) == positive + negative
        assert len(set(patients[patients < 20])) == positive


@pytest.mark.parametrize("shares", [(0.6, 0.2, 0.2), (0.98, 0.01, 0.01), (0.01, 0.01, 0.98), (0.01, 0.98, 0.01)])
@pytest.mark.parametrize("positive", [3, 4, 5])
def test_each_part_has_both_classes_however_few_there_are(shares, positive):
    split = patient_split(xrays(np.arange(positive + 3), np.arange(positive)), "Mass", shares=shares)
    for name in PARTS:
        assert set(part(split, name)[1]) == {0, 1}


def test_the_seed_draws_the_patients():
    def owners(seed, given=SAMPLE):
        split = patient_split(given, "Effusion", seed)
        return [set(part(split, name)[2]) for name in PARTS]

    assert owners(0) == owners(0)
    assert owners(0) != owners(1)
    assert owners(0) == owners(0, ChestXrays(*(array[::-1] for array in SAMPLE)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"finding": "No Finding"}, "finding must be one of 'Atelectasis', .*'Pneumothorax'; it is 'No Finding'"),
        ({"finding": "Hernia"}, "Hernia: 2 patients have it, and training, validation and test need one each"),
        ({"shares": (0.6, 0.2, 0.3)}, "shares must be three numbers.* that sum to 1; they are .*, 3 with the sum 1.1"),
        ({"shares": (0.8, 0.2)}, "shares must be three numbers.*, 2 with the sum 1"),
        ({"shares": (1.1, 0.1, -0.2)}, "shares must be greater than 0; 1 of 3 are not"),
        ({"shares": (0.8, 0.2, 0)}, "shares must be greater than 0; 1 of 3 are not"),
        ({"xrays": SAMPLE._replace(patients=SAMPLE.patients[1:])}, "1000 images, 999 patients"),
        ({"xrays": SAMPLE._replace(findings=SAMPLE.findings[1:])}, r"of the shape \(999, 14\)"),
        (
            {"xrays": SAMPLE._replace(findings=SAMPLE.findings[:, 1:])},
            r"rows of 14 findings.*of the shape \(1000, 13\)",
        ),
        ({"xrays": xrays(np.arange(5), [0, 1, 2]), "finding": "Mass"}, "Mass: 2 patients are without it"),
    ],
)
def test_what_cannot_be_split_is_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        patient_split(**{"xrays": SAMPLE, "finding": "Effusion", **wrong})


def test_arrays_alone_are_refused():
    with pytest.raises(TypeError, match=r"xrays must be ChestXrays, such as load_chest_sample\(\) gives"):
        patient_split(tuple(SAMPLE), "Effusion")


# A finding, or none


def test_other_findings_are_left_out():
    """A patient's images with another finding alone go; those without any, and those with both, stay."""
    given = xrays([7, 7, 3, 3, 5], [1, 4])
    given.findings[[0, 1], FINDINGS.index("Edema")] = True
    kept = finding_or_none(given, "Mass")
    assert kept.images.ravel().tolist() == [1, 2, 3, 4]
    assert kept.patients.tolist() == [7, 3, 3, 5]
    assert kept.findings[:, FINDINGS.index("Mass")].tolist() == [True, False, False, True]
    assert finding_or_none(given, "Hernia").images.ravel().tolist() == [2, 3]


def test_of_the_sample_no_image_with_the_finding_is_lost():
    for finding, has in zip(FINDINGS, SAMPLE.findings.T, strict=True):
        assert len(finding_or_none(SAMPLE, finding).images) == has.sum() + (~SAMPLE.findings.any(axis=1)).sum()


@pytest.mark.parametrize(
    ("xrays", "finding", "message"),
    [
        (SAMPLE, "No Finding", "finding must be one of 'Atelectasis', .*'Pneumothorax'; it is 'No Finding'"),
        (SAMPLE._replace(patients=SAMPLE.patients[1:]), "Mass", "1000 images, 999 patients"),
        (tuple(SAMPLE), "Mass", r"xrays must be ChestXrays, such as load_chest_sample\(\) gives"),
    ],
)
def test_what_has_no_such_finding_is_told(xrays, finding, message):
    with pytest.raises((TypeError, ValueError), match=message):
        finding_or_none(xrays, finding)
