"""The detectors of the studies, in trainings of ten updates: what is recorded, what acts, how thresholds are chosen."""

from functools import cache

import numpy as np
import pytest

from clr_utils.calcification import sets
from clr_utils.calcification.patches import generate_patches
from clr_utils.experiments import RecordError, load_records
from clr_utils.metrics import detection, patients
from clr_utils.studies import case_contrast, detectors
from clr_utils.studies import microcalcification as study
from clr_utils.studies.rates import fixed


@pytest.fixture(scope="module")
def shared_patches():
    """The sets of a world are generated once for all trainings; of the intervals only a rough idea is had."""
    interval = patients.percentile_interval
    with pytest.MonkeyPatch.context() as patch:
        for name in ("training_set", "validation_set", "test_set"):
            patch.setattr(sets, name, cache(getattr(sets, name)))
        patch.setattr(patients, "percentile_interval", lambda *data, resamples: interval(*data, resamples=20))
        yield


def trained(**settings):
    return study.train({**study.small_run().settings, "epochs": 1, **settings}, 0)


@pytest.mark.usefixtures("shared_patches", "eager")
def test_a_network_that_is_not_trained_keeps_its_initial_weights():
    metrics, history = trained(epochs=0, policy=fixed(0.0))
    assert metrics["updates"] == 0
    assert history["loss"] == []
    assert len(history["negatives_above"]) == 6


@pytest.mark.usefixtures("shared_patches", "eager")
def test_a_training_that_diverges_is_recorded_as_such():
    metrics, history = trained(policy=fixed(1e4))
    assert metrics == {**dict.fromkeys(detectors.METRICS), "updates": 10}
    assert history == {"loss": [None], "accuracy": history["accuracy"], "negatives_above": [], "order": ""}


@pytest.mark.usefixtures("shared_patches", "eager")
def test_weights_and_a_shifted_threshold_act():
    metrics, history = trained(shifted_threshold=0.0)
    assert metrics["recall_shifted"] == 1 > metrics["recall"]
    weighted, loss = trained(class_weights=[2.0, 1.0])
    assert loss["loss"][0] > 1.2 * history["loss"][0]
    assert "recall_shifted" not in weighted


def test_the_threshold_is_chosen_on_the_validation_patients():
    """Where the scores part the classes at another place than on the test patients."""
    held, tested = (generate_patches(2, 2, split=split) for split in ("validation", "test"))
    metrics, _ = detectors.evaluate(held, held.y + 0.0, tested, tested.y + 10.0, {"": 0.5})
    assert metrics["threshold"] == 0.5
    assert metrics["f1_chosen"] == pytest.approx(2 / 3, abs=1e-6), "all are called positive"


def test_the_world_is_that_of_the_seed_unless_it_is_named():
    settings = study.weight_runs()[0].settings
    assert detectors.world(settings, 4)["seed"] == settings["world"] == 0
    assert detectors.world(study.small_run().settings, 4)["seed"] == 4


@pytest.mark.usefixtures("shared_patches")
def test_the_threshold_is_chosen_for_the_prevalence_of_the_test_set(monkeypatch):
    """One in four of the validation patches shows a calcification, and one in eleven of the test set's."""
    validation, test = generate_patches(40, 120, seed=1), generate_patches(40, 400, seed=2)
    asked = []
    monkeypatch.setattr(detection, "best_threshold", lambda y, scores, prevalence=None: asked.append(prevalence) or 0.5)
    rng = np.random.default_rng(0)
    detectors.evaluate(validation, validation.y + rng.normal(size=160), test, test.y + rng.normal(size=440), {"": 0.5})
    assert asked == [pytest.approx(1 / 11)]


@pytest.mark.parametrize("run", [study.small_run(), case_contrast.small_run()], ids=str)
def test_recorded_scores_have_the_recorded_areas_patch_by_patch(run):
    y, scores, patients = detectors.recorded_scores(run)
    (record,) = load_records([run])
    for name, area in (("auc", detection.roc_auc), ("pr_area", detection.pr_area)):
        assert area(y, scores) == pytest.approx(record["metrics"][name], abs=1e-6)
    test = sets.test_set(**detectors.world(run.settings, run.seed))
    assert (y == test.y).all()
    assert (patients == test.patient).all()


@pytest.fixture
def edited(monkeypatch):
    """The record of the small run, with another history."""

    def edit(**changes):
        (record,) = load_records([study.small_run()])
        history = {name: value for name, value in {**record["history"], **changes}.items() if value is not None}
        monkeypatch.setattr(detectors, "load_records", lambda runs: [{**record, "history": history}])
        return study.small_run()

    return edit


def test_a_record_without_scores_says_how_to_have_them(edited):
    wanted = (
        r"microcalcification/small, seed 0 was recorded without .*delete its record, small-s00\.json, and run .*stud"
    )
    with pytest.raises(RecordError, match=wanted):
        detectors.recorded_scores(edited(order=None))


@pytest.mark.parametrize("order", ["", "no order", 3])
def test_scores_that_are_none_are_refused(edited, order):
    with pytest.raises(RecordError, match="are not those of its curve: delete its record"):
        detectors.recorded_scores(edited(order=order))


def test_scores_of_another_curve_are_refused(edited):
    with pytest.raises(RecordError, match="small, seed 0 are not those of its curve"):
        detectors.recorded_scores(edited(negatives_above=[0, 1, 2, 3, 4, 5]))


def test_a_training_that_diverged_has_no_scores(edited):
    with pytest.raises(RuntimeError, match="small, seed 0 diverged"):
        detectors.recorded_scores(edited(negatives_above=[], order=""))
