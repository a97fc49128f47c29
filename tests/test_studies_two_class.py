"""The training of the two-class networks: what is read when, from which images, and what diverges."""

import keras
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from clr_utils.datasets.chest_xray import FINDINGS, finding_or_none, load_chest_sample, patient_split
from clr_utils.datasets.pneumonia import Pneumonia
from clr_utils.metrics.curves import scores_of_curve
from clr_utils.studies import chest_xray, two_class
from clr_utils.studies.rates import fixed, stages


@pytest.fixture
def settings(monkeypatch):
    """A short training, and each part of the images cut to its first sixty."""

    def few(*arguments):
        return tuple((x[:60], y[:60]) for x, y in prepared(*arguments))

    prepared = two_class.prepared
    monkeypatch.setattr(two_class, "prepared", few)
    small = {"first": 2, "readings": [1, 2, 4], "policy": fixed(0.001), "batch_size": 8}
    return {**chest_xray.small_run().settings, **small, "network_options": {"width": 0.02}}


def test_nih_images_are_split_by_patient_and_standardised_by_the_training_images():
    (x, y), (_, y_validation), (x_test, y_test) = two_class.prepared("Effusion", None, 3)
    assert (x.mean(), x.std()) == pytest.approx((0, 1), abs=1e-4)
    assert abs(x_test.mean()) > 1e-3
    kept = finding_or_none(load_chest_sample(), "Effusion")
    assert len(y) + len(y_validation) + len(y_test) == len(kept.images)
    assert sum(map(sum, (y, y_validation, y_test))) == kept.findings[:, FINDINGS.index("Effusion")].sum()
    split = patient_split(kept, "Effusion", 3)
    assert not set(split.patients_train) & set(split.patients_test)
    np.testing.assert_array_equal(y_test, split.y_test)
    wanted = (split.x_test - split.x_train.mean(dtype=float)) / split.x_train.std(dtype=float)
    np.testing.assert_allclose(x_test, wanted, atol=1e-5)
    assert len(two_class.prepared("Effusion", None, 4)[0][1]) != len(y)


@pytest.fixture
def pneumonia(monkeypatch):
    """PneumoniaMNIST, much smaller, in which each image is its number."""

    def part(n, start):
        return np.full((n, 28, 28, 1), np.arange(start, start + n)[:, None, None, None], np.uint8), np.arange(n) % 2

    found = Pneumonia(*part(40, 0), *part(10, 100), *part(10, 200))
    monkeypatch.setattr("clr_utils.datasets.pneumonia.load_pneumonia", lambda: found)
    two_class.prepared.cache_clear()
    yield
    two_class.prepared.cache_clear()


@pytest.mark.usefixtures("pneumonia")
def test_of_pneumonia_as_many_training_images_are_kept_the_same_for_all_seeds():
    (x, _), (x_validation, _), (x_test, _) = two_class.prepared("pneumonia", 16, 2)
    again = two_class.prepared("pneumonia", 16, 3)[0][0]
    assert len(x) == 16
    np.testing.assert_array_equal(x, again)
    assert (len(x_validation), len(x_test)) == (10, 10)
    assert len(two_class.prepared("pneumonia_full", None, 2)[0][0]) == 40


def test_scores_by_hand():
    """The threshold comes from the validation images, 0.5 for plain accuracy."""
    labels = [np.array([0, 1]), np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])]
    scores = [np.array([0.6, 0.7]), np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.1, 0.24, 0.3, 0.45])]
    found = two_class.scores_of(labels, scores)
    assert list(found) == list(two_class.SCORES)
    assert found["train_accuracy"] == 50
    assert found["validation_roc_area"] == found["test_roc_area"] == found["test_pr_area"] == 1
    assert found["test_accuracy"] == 75
    assert found["test_balanced_accuracy"] == pytest.approx(50 * (1 + 2 / 3))


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [([250, 250, 250], (250, 250)), ([60, 60, 66], (6, 246)), ([6900, 6900, 6900], (230, 230)), ([1, 1, 2], (1, 250))],
)
def test_images_are_gathered_in_pieces(lengths, expected):
    assert two_class.at_a_time(lengths) == expected


@pytest.mark.usefixtures("eager")
def test_pieces_change_nothing(settings, monkeypatch):
    whole = two_class.train_on(settings, seed=0)
    monkeypatch.setattr(two_class, "MOST", 1)
    metrics, history = two_class.train_on(settings, seed=0)
    assert history["loss"] == pytest.approx(whole[1]["loss"], abs=1e-4)
    assert metrics == pytest.approx(whole[0], abs=1e-3)


@pytest.mark.usefixtures("eager")
def test_before_and_after_stand_in_one_record(settings):
    metrics, history = two_class.train_on(settings, seed=0)
    assert metrics["updates"] == 4
    for score in two_class.SCORES:
        assert len(history[score]) == 3
        assert metrics[f"before_{score}"] == history[score][1]
        assert metrics[score] == history[score][2]
    for which in ("", "before_"):
        y, scores = scores_of_curve(history[f"{which}above"], metrics["negatives"])
        assert roc_auc_score(y, scores) == pytest.approx(metrics[f"{which}test_roc_area"], abs=1e-4)


@pytest.mark.usefixtures("eager")
def test_one_optimizer_goes_through_both_phases_with_the_rates_of_the_policy(settings, monkeypatch):
    """At a rate of 0 in phase 2 nothing moves."""
    still = stages((2, fixed(0.01)), (2, fixed(0.0)))
    metrics, history = two_class.train_on({**settings, "policy": still}, seed=0)
    assert metrics["test_roc_area"] == metrics["before_test_roc_area"]
    assert history["above"] == history["before_above"]
    moved, _ = two_class.train_on({**settings, "policy": fixed(0.01)}, seed=0)
    assert moved["before_test_roc_area"] == metrics["before_test_roc_area"]
    assert moved["test_roc_area"] != metrics["test_roc_area"]


@pytest.mark.usefixtures("eager")
def test_readings_change_nothing_and_the_seed_decides(settings):
    """Adam's moments, the order of the images and dropout go on over them."""
    often, _ = two_class.train_on({**settings, "readings": [1, 2, 3, 4]}, seed=1)
    once, _ = two_class.train_on({**settings, "first": 4, "readings": [4]}, seed=1)
    other, _ = two_class.train_on({**settings, "first": 4, "readings": [4]}, seed=2)
    scores = [[each[score] for score in two_class.SCORES] for each in (often, once, other)]
    assert scores[0] == scores[1] != scores[2]


@pytest.mark.usefixtures("eager")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_training_that_diverges_in_its_last_update_keeps_what_was_before(settings):
    """No loss shows it: that of the last update was taken before it."""
    last = stages((3, fixed(0.001)), (1, fixed(1e30)))
    metrics, history = two_class.train_on({**settings, "policy": last}, seed=0)
    assert {metrics[score] for score in two_class.SCORES} == {None}
    for score in two_class.SCORES:
        assert metrics[f"before_{score}"] == history[score][-1]
        assert len(history[score]) == 2


@pytest.mark.usefixtures("eager")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_training_that_diverges_has_no_scores(settings):
    diverging = {**settings, "policy": fixed(1e18), "optimizer": {"name": "SGD"}}
    metrics, history = two_class.train_on(diverging, seed=0)
    assert {metrics[score] for score in two_class.SCORES} == {None}
    assert len(history["loss"]) < 3


def test_networks_have_two_classes(monkeypatch):
    built = {}
    for name in ("MobileNet", "DenseNet121"):
        monkeypatch.setattr(keras.applications, name, lambda name=name, **options: built.setdefault(name, options))
    for scale, networks in chest_xray.NETWORKS.items():
        for name, options in networks.items():
            model = two_class.network({"network": name, "network_options": options}, (28, 28, 1))
            if name in built:
                assert built[name] == {"input_shape": (28, 28, 1), "weights": None, "classes": 2}
            else:
                assert (model.name, model.input_shape[1:], model.output_shape) == (name, (28, 28, 1), (None, 2)), scale
