"""Case 1 against case 2: each arm changes one cause of the arm it is held against."""

import numpy as np
import pytest

from clr_utils import test_set as tested_patches
from clr_utils import training_set
from clr_utils.calcification import sets
from clr_utils.studies import case_contrast as study

CHANGED = {
    "weighted": {"class_weights"},
    "random": {"order"},
    "longer": {"epochs"},
    "more_data": {"case", "epochs"},
    "random_more": {"case", "epochs"},
    "one_cycle": set(),
    "short": {"epochs"},
    "leaky": {"leaky"},
}


def changes(name):
    known = study.arms()
    arm, against = known[name], known[study.CONTRASTS[name][0]]
    keys = {key for key in {**arm, **against} if arm.get(key) != against.get(key)}
    return keys - {"policy", "shifted_threshold"}


def test_each_arm_changes_what_it_says():
    assert {name: changes(name) for name in study.CONTRASTS} == CHANGED


def updates(name):
    arm = study.arms()[name]
    return arm["epochs"] * study.BATCHES[arm["case"]]


def test_more_data_is_compared_at_equal_updates():
    assert updates("more_data") == updates("longer") == 48_000
    assert updates("random_more") == updates("random") == 24_000


@pytest.mark.parametrize("name", study.arms())
def test_every_arm_ends_at_the_foot_of_a_cycle(name):
    cycles = updates(name) / (2 * study.arms()[name]["policy"]["step_size"])
    assert cycles == (1 if name in ("one_cycle", "short") else 3)


def test_the_shifted_threshold_is_the_ratio_of_the_skews():
    threshold = study.arms()["first"]["shifted_threshold"]
    assert np.log(threshold / (1 - threshold)) == pytest.approx(0.72, abs=0.005)
    more, fewer = (sets.CASES[case] - sets.POSITIVES for case in (2, 1))
    assert more / fewer == pytest.approx(study.SKEW_RATIO, rel=0.01)


def test_the_leaky_arm_trains_on_the_patients_of_the_test_set_and_not_on_its_patches():
    settings = {**study.arms()["leaky"], "scale": 0.005}
    clean = training_set(2, scale=0.005)
    leaky = study._with_test_patients(clean, settings, seed=0)
    test = tested_patches(scale=0.005)
    assert leaky.counts == clean.counts
    assert leaky.split == "train"
    shared = np.isin(leaky.patient, test.patient)
    assert shared.sum() == clean.counts[1] - training_set(1, scale=0.005).counts[1]
    assert not leaky.y[shared].any()
    pixels = {patch.tobytes() for patch in test.x}
    assert not any(patch.tobytes() in pixels for patch in leaky.x[shared])


def test_the_weights_keep_the_rate_where_it_is():
    """Their mean over the training set is 1, and a negative counts SKEW_RATIO times as much as a positive."""
    negative, positive = study.arms()["weighted"]["class_weights"]
    share = sets.POSITIVES / sets.CASES[1]
    assert share * positive + (1 - share) * negative == pytest.approx(1, abs=0.001)
    assert negative / positive == pytest.approx(study.SKEW_RATIO)


def record(above, **metrics):
    return {"metrics": metrics, "history": {"negatives_above": above}}


def test_the_false_positives_are_counted_at_recall_095():
    """Of 20 positives the last may be missed; there are 110,000 negatives."""
    assert study._value(record([0] * 18 + [11, 5000]), "log_fpr") == pytest.approx(-4)
    assert study._value(record([], pr_area=0.9), "pr_area") == 0.9


def test_a_training_that_diverged_has_no_false_positives():
    assert np.isnan(study.log_false_positives(record(None)))
