"""The generator of synthetic patches: what is the same, what differs, what is refused; how little it holds at once."""

import tracemalloc

import numpy as np
import pytest
from scipy import stats

from clr_utils.calcification import patches as generator
from clr_utils.calcification.patches import (
    KINDS,
    SPLITS,
    classes_and_patients,
    generate_patches,
    join,
    patch_blocks,
    patient_traits,
)

ARRAYS = ("x", "y", "patient", "kind", "diameter", "contrast")


@pytest.fixture(scope="module")
def patches():
    return generate_patches(300, 600, seed=5, split="validation")


def equal(some, others):
    return all(
        np.array_equal(getattr(some, name), getattr(others, name), equal_nan=name in ARRAYS[4:]) for name in ARRAYS
    )


def alike(some, others):
    """The correlation of each patch with its partner."""
    some, others = (each.reshape(-1, 256) - each.mean(axis=(1, 2))[:, None] for each in (some, others))
    return (some * others).sum(axis=1) / np.sqrt((some**2).sum(axis=1) * (others**2).sum(axis=1))


def test_counts_shapes_and_types(patches):
    assert patches.counts == (300, 600)
    assert patches.skew == 2
    assert patches.x.shape == (900, 16, 16)
    assert patches.x.dtype == np.uint16
    assert all(len(getattr(patches, name)) == 900 for name in ARRAYS)
    assert (patches.split, patches.source) == ("validation", "synthetic")


def test_repr_calls_it_synthetic_and_counts(patches):
    assert repr(patches) == (
        "synthetic, validation: 900 patches, 300 with and 600 without calcification (1/2.0), 50 patients"
    )


@pytest.mark.parametrize("counts", [(0, 5), (5, 0), (1, 1), (1700, 3)])
def test_any_counts(counts):
    assert generate_patches(*counts, split="validation").counts == counts


def test_kind_says_what_is_shown(patches):
    positive = patches.y == 1
    assert (patches.kind[positive] == "calcification").all()
    assert set(patches.kind[~positive]) == set(KINDS) - {"calcification"}
    for name in ("diameter", "contrast"):
        values = getattr(patches, name)
        assert np.isfinite(values[positive]).all()
        assert np.isnan(values[~positive]).all()
    assert patches.diameter[positive].min() > 100
    assert patches.diameter[positive].max() < 700
    assert np.percentile(patches.contrast[positive], [1, 50, 99]) == pytest.approx([0.09, 0.3, 0.9], rel=0.3)


def test_shares_of_look_alikes():
    kind = generate_patches(0, 12_800, split="validation").kind
    shares = {name: np.mean(kind == name) for name in generator.LOOK_ALIKES}
    assert shares == pytest.approx(generator.LOOK_ALIKES, abs=0.015)


def test_a_seed_is_a_world(patches):
    same, other = (generate_patches(300, 600, seed=seed, split="validation") for seed in (5, 6))
    assert equal(same, patches)
    negative = patches.y == 0
    assert abs(alike(other.x[negative], patches.x[negative]).mean()) < 0.1


def test_patients_are_stored_one_after_another_and_evenly(patches):
    assert (np.diff(patches.patient) >= 0).all()
    assert np.unique(patches.patient, return_counts=True)[1].tolist() == [18] * 50
    uneven = generate_patches(80, 0, split="validation")
    assert set(np.unique(uneven.patient, return_counts=True)[1]) == {1, 2}


def test_no_patient_is_in_two_splits():
    sets = [set(generate_patches(0, 300, split=split).patient.tolist()) for split in SPLITS]
    assert [len(each) for each in sets] == [300, 50, 100]
    assert len(set.union(*sets)) == 450


@pytest.mark.parametrize("label", [0, 1])
def test_a_patient_has_the_same_patches_however_many_are_asked_for(patches, label):
    """24 positives of a patient need a second field, 600 negatives five."""
    more = next(patch_blocks(24 * 50, 600 * 50, seed=5, split="validation"))
    some = patches.select((patches.y == label) & (patches.patient == 0))
    assert equal(some, more.select(np.flatnonzero(more.y == label)[: len(some.y)]))


def test_a_patient_shows_no_field_twice():
    patient = next(patch_blocks(0, 128 * 3 * 300))
    fields = np.split(patient.x, 3)
    for some, others in zip(fields, fields[1:] + fields[:1], strict=True):
        assert abs(alike(some, others).mean()) < 0.15


def test_blocks_are_the_whole_in_pieces(patches):
    blocks = list(patch_blocks(300, 600, seed=5, split="validation"))
    assert len(blocks) == 50
    assert equal(join(blocks), patches)


@pytest.mark.parametrize("counts", [(300, 600), (3, 70), (70, 0)])
def test_classes_and_patients_are_known_without_the_patches(counts):
    whole = generate_patches(*counts, seed=5, split="validation")
    y, patient = classes_and_patients(*counts, split="validation")
    assert (y == whole.y).all()
    assert (patient == whole.patient).all()


def test_the_first_negatives_of_the_order_are_those_of_fewer_patients(patches):
    first = join(patch_blocks(300, 600, seed=5, split="validation", first=202))
    assert first.counts == (300, 202)
    assert equal(first.select(first.y == 0), patches.select(np.flatnonzero(patches.y == 0)[:202]))
    assert equal(first.select(first.y == 1), patches.select(patches.y == 1))
    assert len(np.unique(first.patient[first.y == 0])) == 17


def test_blocks_are_generated_when_they_are_asked_for():
    tracemalloc.start()
    blocks = patch_blocks(3_459, 304_225)
    assert [next(blocks).counts for _ in range(3)] == [(11, 1014), (12, 1014), (11, 1014)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16e6, "a patient's thousand patches need a megabyte of the 158"


def test_every_patient_has_an_exposure_texture_noise_and_blur_of_its_own():
    traits = np.array([patient_traits(0, patient) for patient in range(200)])
    assert (traits > 0).all()
    assert all(len(set(column)) == 200 for column in traits.T)
    assert traits[:, 3].min() >= 0.6
    assert traits[:, 3].max() <= 0.9
    assert patient_traits(0, 7) == patient_traits(0, 7) != patient_traits(1, 7)


def test_the_patches_show_their_patients_traits():
    tissue = generate_patches(0, 4000, split="validation")
    tissue = tissue.select(tissue.kind == "tissue")
    patients = np.unique(tissue.patient)
    traits = np.array([patient_traits(0, patient) for patient in patients])
    mean, rough = (
        np.array([look(tissue.x[tissue.patient == each]) for each in patients]) for look in (np.mean, _rough)
    )
    assert stats.spearmanr(mean, traits[:, 0] * traits[:, 1]).statistic < -0.8
    assert stats.spearmanr(rough, traits[:, :3].prod(axis=1)).statistic > 0.8


def _rough(x):
    return x.std(axis=(1, 2)).mean()


def test_without_contrast_the_same_patches_without_calcifications(patches):
    absent = generate_patches(300, 600, seed=5, split="validation", difficulty=0)
    negative = patches.y == 0
    assert (absent.x[negative] == patches.x[negative]).all()
    change = patches.x[~negative].astype(int) - absent.x[~negative]
    assert (change[:, 4:12, 4:12].max(axis=(1, 2)) > 50).all()
    assert (change[:, 4:12, 4:12].mean(axis=(1, 2)) > 0).all()


def test_difficulty_is_a_factor_on_the_contrast():
    easier, published, harder = (
        generate_patches(100, 0, split="validation", difficulty=name) for name in ("easier", "published", "harder")
    )
    factors = generator.DIFFICULTIES
    assert factors["easier"] > factors["published"] == 1 > factors["harder"]
    assert easier.contrast == pytest.approx(factors["easier"] * published.contrast)
    assert harder.contrast == pytest.approx(factors["harder"] * published.contrast)
    assert (easier.diameter == harder.diameter).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"positives": -1}, ValueError, "positives must be a whole number of patches, 0 or more; it is -1"),
        ({"negatives": 2.5}, ValueError, "negatives must be a whole number of patches"),
        ({"negatives": "many"}, TypeError, "negatives must be a number"),
        ({"positives": 0, "negatives": 0}, ValueError, "both 0; ask for at least one patch"),
        ({"seed": -3}, ValueError, "seed must be a whole number"),
        ({"split": "tests"}, ValueError, "'train', 'validation', 'test'; it is 'tests'"),
        ({"difficulty": "hard"}, ValueError, "'easier', 'published', 'harder'; it is 'hard'"),
        ({"difficulty": -1}, ValueError, "difficulty must be 0"),
        ({"difficulty": None}, TypeError, "difficulty must be a number"),
        ({"difficulty": float("nan")}, ValueError, "difficulty must be a finite number"),
    ],
)
def test_wrong_arguments(arguments, error, message):
    for generate in (generate_patches, patch_blocks):
        with pytest.raises(error, match=message):
            generate(**{"positives": 3, "negatives": 3} | arguments)


def test_wrong_first():
    with pytest.raises(ValueError, match="first must be a whole number"):
        patch_blocks(3, 3, first=-1)
