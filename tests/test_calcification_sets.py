"""Cases, validation and test sets, by their counts; standardisation that knows the training set only."""

import numpy as np
import pytest

from clr_utils.calcification import sets
from clr_utils.calcification.patches import generate_patches, join
from clr_utils.calcification.sets import Standardiser, fit_standardiser, test_set, training_set, validation_set

pytestmark = pytest.mark.usefixtures("patients_once")

SCALE = 1 / 40


@pytest.fixture(autouse=True)
def no_files(monkeypatch):
    monkeypatch.delenv("CLR_DATA_DIR", raising=False)


@pytest.fixture(scope="module")
def small():
    return training_set(1, scale=SCALE, source="synthetic")


@pytest.fixture(scope="module")
def larger():
    return training_set(2, scale=SCALE, source="synthetic")


def test_the_patients_of_the_test_set_are_known_without_it():
    y, patients = sets.tested_patients()
    assert (y.sum(), len(y), len(np.unique(patients))) == (1_164, 111_164, 100)
    small = test_set(scale=SCALE, seed=3)
    y, patients = sets.tested_patients(scale=SCALE)
    assert (y == small.y).all()
    assert (patients == small.patient).all()


def test_the_published_sizes():
    """All of them, without generating a patch."""
    assert sets.CASES == {1: 64_000, 2: 128_000}
    assert (sets.POSITIVES, sets.NEGATIVES) == (3_459, 304_225)
    assert (sets.TEST_POSITIVES, sets.TEST_NEGATIVES) == (1_164, 110_000)


@pytest.mark.parametrize(("case", "skew", "patients"), [(1, 17.5, 60), (2, 36.0, 123)])
def test_a_scaled_case_keeps_the_skew_and_the_patients_share(small, larger, case, skew, patients):
    patches = small if case == 1 else larger
    assert len(patches.y) == sets.CASES[case] * SCALE
    assert patches.skew == pytest.approx(skew, abs=0.25)
    assert abs(len(np.unique(patches.patient[patches.y == 0])) - patients) <= 1


def test_case_2_goes_on_where_case_1_ends(small, larger):
    negatives, more = (each.x[each.y == 0] for each in (small, larger))
    assert (more[: len(negatives)] == negatives).all()
    assert (larger.x[larger.y == 1] == small.x[small.y == 1]).all()


def test_random_negatives_come_from_all_patients_and_from_the_same_file(small):
    patches = training_set(1, order="random", scale=SCALE)
    assert patches.counts == small.counts
    assert len(np.unique(patches.patient[patches.y == 0])) > 290
    file = {x.tobytes() for x in generate_patches(86, 7_606).x}
    assert all(x.tobytes() in file for x in patches.x)
    assert len({x.tobytes() for x in patches.x}) == len(patches.x)
    other = training_set(1, order="random", scale=SCALE, seed=1)
    assert not np.array_equal(other.patient, patches.patient)


def test_another_size_is_another_skew():
    assert training_set(size=6_400, scale=SCALE).counts == (86, 74)


def test_sizes_are_whole_batches():
    assert len(training_set(size=8_000, scale=0.03).y) == 8 * 32


def test_validation_and_test_sets():
    held, tested = validation_set(scale=1 / 50), test_set(scale=1 / 50)
    assert held.counts == (12, 1_100)
    assert tested.counts == (23, 2_200)
    assert (held.split, tested.split) == ("validation", "test")
    assert not set(held.patient) & set(tested.patient)


def test_seed_and_difficulty_reach_the_generator():
    options = {"scale": 1 / 200, "seed": 3, "difficulty": "harder"}
    expected = generate_patches(6, 550, seed=3, split="test", difficulty="harder")
    assert (test_set(**options).x == expected.x).all()
    held = generate_patches(3, 275, seed=3, split="validation", difficulty="harder")
    assert (validation_set(**options).x == held.x).all()
    first = training_set(1, **options)
    expected = generate_patches(17, 1_521, seed=3, difficulty="harder")
    assert (first.x[first.y == 1] == expected.x[expected.y == 1]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"case": 3}, "case must be 1 or 2; it is 3. For another skew give size="),
        ({"case": True}, "case must be 1 or 2"),
        ({"case": "1"}, "case must be 1 or 2; it is '1'"),
        ({"size": 4_001}, "size must be a multiple of the batch, 32; it is 4001"),
        ({"size": 3_200}, "room for 1 to 304,225 negatives beside the 3,459 positives"),
        ({"size": 320_000}, "room for 1 to 304,225 negatives"),
        ({"scale": 0}, "scale must be greater than 0"),
        ({"scale": 2}, "scale must be 1.0 or less|scale must be 1 or less"),
        ({"scale": 1e-5}, "must leave room"),
        ({"order": "last"}, "'first', 'random'; it is 'last'"),
        ({"source": "file"}, "'auto', 'synthetic', 'files'; it is 'file'"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        training_set(**options)


def test_standardiser_has_the_training_sets_mean_and_deviation(small):
    standardise = fit_standardiser(small)
    assert standardise == pytest.approx((small.x.mean(), small.x.std()))
    x = standardise(small)
    assert x.shape == (1_600, 16, 16, 1)
    assert x.dtype == np.float32
    assert x.mean() == pytest.approx(0, abs=1e-3)
    assert x.std() == pytest.approx(1, abs=1e-3)


def test_standardiser_applies_the_training_numbers_elsewhere():
    tested = generate_patches(2, 3, split="test")
    assert Standardiser(1000.0, 50.0)(tested)[..., 0] == pytest.approx((tested.x - 1000.0) / 50, rel=1e-5)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_standardiser_is_never_fitted_elsewhere(split):
    with pytest.raises(ValueError, match=f"to training patches, not to the {split} set"):
        fit_standardiser(generate_patches(2, 3, split=split))


def test_standardiser_of_nothing_and_of_one_value():
    patches = generate_patches(2, 3)
    with pytest.raises(ValueError, match="patches is empty"):
        fit_standardiser(patches.select(slice(0)))
    with pytest.raises(ValueError, match="all pixels of patches are 7"):
        fit_standardiser(patches._replace(x=np.full_like(patches.x, 7)))


def test_patches_keep_together_when_chosen(small):
    halves = [small.select(slice(800)), small.select(np.arange(1_600) >= 800)]
    assert (join(halves).x == small.x).all()
    assert (halves[1].kind == small.kind[800:]).all()
    assert halves[1].split == "train"


@pytest.mark.parametrize(
    ("make", "scale"), [(sets.test_set, 4e-4), (sets.validation_set, 8e-4)], ids=["test", "validation"]
)
def test_a_scale_that_leaves_no_positive_is_refused(make, scale):
    with pytest.raises(ValueError, match=f"scale must leave at least one positive; {scale:g} leaves 0: raise it"):
        make(scale=scale)
