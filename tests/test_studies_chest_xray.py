"""The chest X-ray study: every runner's rates by closed forms, its screening, and the order of its grids."""

from itertools import product

import numpy as np
import pytest

from clr_utils import places
from clr_utils.experiments import settings_hash, write_record
from clr_utils.studies import chest_xray as study
from clr_utils.studies.rates import rate_of_each_update

HIGH, LOW, EPOCH = 0.004, 0.001, 50
FIRST, THEN, CYCLE = 10 * EPOCH, 20 * EPOCH, 5 * EPOCH


@pytest.fixture
def chosen(monkeypatch):
    """A screening that has chosen a rate for everything."""
    monkeypatch.setattr(study, "chosen_rate", lambda network, optimizer: HIGH)


def rates_of(arm):
    settings = study.settings_of(arm, HIGH)
    rates = rate_of_each_update(settings["policy"], settings["readings"][-1])
    return rates[:FIRST], rates[FIRST:]


def test_phase_1_is_one_decay_to_a_hundredth_for_all_but_from_start():
    n = np.arange(FIRST)
    for arm in ("before", *study.ARMS):
        first, then = rates_of(arm)
        if arm != "from_start":
            np.testing.assert_allclose(first, HIGH * 0.01 ** (n / FIRST), rtol=1e-9)
        assert len(then) == (0 if arm == "before" else THEN), arm


def test_each_phase_2_by_a_closed_form():
    n = np.arange(THEN)
    height = 1 - np.abs(n % CYCLE / (CYCLE / 2) - 1)
    triangular = LOW + (HIGH - LOW) * height
    wanted = {
        "triangular": triangular,
        "modified_triangular2": triangular / 2.0 ** (n // CYCLE),
        "last_rate": np.full(THEN, HIGH / 100),
        "decay_again": HIGH * 0.01 ** (n / THEN),
        "one_line": HIGH - (HIGH - LOW) * n / THEN,
        "mean_rate": np.full(THEN, (HIGH + LOW) / 2),
        "mean_fall": np.where(n < THEN - CYCLE, 1, 1 - (n - THEN + CYCLE) / CYCLE) * (HIGH + LOW) / 2,
    }
    assert wanted.keys() | {"from_start"} == set(study.ARMS)
    for arm, rates in wanted.items():
        np.testing.assert_allclose(rates_of(arm)[1], rates, rtol=1e-9, atol=1e-12, err_msg=arm)
    whole = np.concatenate(rates_of("from_start"))
    np.testing.assert_allclose(whole, HIGH * 0.01 ** (np.arange(FIRST + THEN) / (FIRST + THEN)), rtol=1e-9)


def test_the_line_has_triangulars_mean_and_end():
    """The line's mean is higher by half a step of its own; both would reach LOW at the update after the last."""
    triangular, line = rates_of("triangular")[1], rates_of("one_line")[1]
    assert line.mean() == pytest.approx(triangular.mean(), rel=1e-3)
    assert (line[-1], triangular[-1]) == pytest.approx((LOW, LOW), rel=0.03)


def test_the_mean_rate_is_triangulars_and_with_a_fall_ends_at_0():
    triangular, mean, fall = (rates_of(arm)[1] for arm in ("triangular", "mean_rate", "mean_fall"))
    assert triangular.mean() == pytest.approx(mean.mean(), rel=1e-12)
    assert fall[-1] == pytest.approx(mean[0] / CYCLE)


@pytest.mark.parametrize(("scale", "data"), product(("reduced", "full"), study.EPOCHS))
def test_cycles_are_whole_and_every_foot_is_read(scale, data):
    epoch = study.UPDATES[scale][data]
    first, then, cycles = 10 * epoch, study.EPOCHS[data] * epoch, round(study.EPOCHS[data] / 5)
    assert then % (2 * cycles) == 0
    network = next(iter(study.NETWORKS[scale]))
    settings = study.settings_of("triangular", HIGH, data, network, scale=scale)
    feet = [first + then * k // cycles for k in range(1, cycles + 1)]
    assert settings["readings"] == [first // 2, first, *feet]
    assert settings["first"] == first
    rates = rate_of_each_update(settings["policy"], first + then)
    for foot in feet[:-1]:
        assert rates[foot] == pytest.approx(LOW)
        assert rates[foot - 1] > LOW < rates[foot + 1]
    assert rates[-1] == pytest.approx(LOW + (HIGH - LOW) * 2 * cycles / then)


@pytest.mark.parametrize(("scale", "data"), product(("reduced", "full"), study.EPOCHS))
def test_all_arms_have_as_many_updates_and_the_same_phase_1(scale, data):
    network = next(iter(study.NETWORKS[scale]))
    phase_1 = study.settings_of("before", HIGH, data, network, scale=scale)
    alone = rate_of_each_update(phase_1["policy"], phase_1["first"])
    for arm in study.ARMS:
        settings = study.settings_of(arm, HIGH, data, network, scale=scale)
        assert settings["readings"][-1] == (10 + study.EPOCHS[data]) * study.UPDATES[scale][data]
        policy = settings["policy"]
        if arm != "from_start":
            assert sum(stage["updates"] for stage in policy["stages"]) == settings["readings"][-1]
            np.testing.assert_array_equal(rate_of_each_update(policy, phase_1["first"]), alone, err_msg=arm)


def test_a_cycle_has_about_five_epochs():
    assert {data: epochs / round(epochs / 5) for data, epochs in study.EPOCHS.items()} == {
        "pneumonia": 5,
        "Effusion": 5,
        "Infiltration": 5,
        "Atelectasis": 5.5,
    }


def test_an_arm_differs_from_another_in_its_policy_alone():
    all_settings = [study.settings_of(arm, HIGH) for arm in study.ARMS]
    assert len({settings_hash(settings["policy"]) for settings in all_settings}) == len(study.ARMS)
    rest = [{key: value for key, value in each.items() if key != "policy"} for each in all_settings]
    assert all(each == rest[0] for each in rest)


def test_full_scale_has_all_images_and_the_networks_of_keras():
    settings = study.settings_of("triangular", HIGH, "Effusion", "MobileNet", "adam", "full")
    assert (settings["data"], settings["images"], settings["network_options"]) == ("Effusion_full", None, {})
    assert study.settings_of("triangular", HIGH)["images"] == 1600


def test_the_screening_chooses_by_the_mean_of_validation_and_of_equals_the_smaller(monkeypatch):
    found = {0.0003: [0.9, 0.94], 0.001: [0.95, 0.93], 0.003: [0.93, 0.95], 0.01: [0.99, None]}
    asked = []

    def recorded(runs, metric):
        asked.append(metric)
        return found[float(runs[0].arm.rsplit("_", 1)[1])]

    monkeypatch.setattr(study, "recorded_values", recorded)
    study.chosen_rate.cache_clear()
    assert study.chosen_rate("alexnet", "adam") == 0.001
    study.chosen_rate.cache_clear()
    assert set(asked) == {"validation_roc_area"}


@pytest.fixture
def records(tmp_path, monkeypatch):
    """An empty folder for records; those of the project are out of sight."""
    monkeypatch.setattr(places, "RESULTS", tmp_path / "none")
    monkeypatch.setenv("CLR_RESULTS_DIR", str(tmp_path))
    study.chosen_rate.cache_clear()
    yield
    study.chosen_rate.cache_clear()


def record(run, metrics):
    more = {"settings_hash": settings_hash(run.settings), "metrics": metrics, "history": {}}
    write_record(run.path, run._asdict() | more)


@pytest.mark.usefixtures("records")
def test_the_screening_is_read_from_its_records():
    runs = [run for rate in study.SCREENED_RATES["sgd"] for run in study.screening_runs("alexnet", "sgd", rate)]
    for run, area in zip(runs[:-1], (0.90, 0.91, 0.92, 0.93, 0.97, 0.90, 0.94), strict=True):
        record(run, {"validation_roc_area": area, "test_roc_area": 1 - area})
    with pytest.raises(
        FileNotFoundError, match=r"1 of 2 runs are not recorded \(screen_alexnet_sgd_0\.1-s01[.]json\);"
    ):
        study.study_runs(["triangular"], [2])
    record(runs[-1], {"validation_roc_area": None})
    (run,) = study.study_runs(["triangular"], [2])
    assert run.settings == study.settings_of("triangular", 0.03)


@pytest.mark.usefixtures("records")
def test_without_a_screening_there_is_only_the_first_grid():
    grids = study.grids()
    assert {run.arm.split("_")[0] for run in next(grids)} == {"small", "screen"}
    with pytest.raises(FileNotFoundError, match="not recorded"):
        next(grids)


@pytest.mark.usefixtures("chosen")
def test_screening_is_of_phase_1_and_on_seeds_of_no_other_run():
    own = {run.seed for grid in study.grids() for run in grid if "screen" not in run.arm and run.arm != "small"}
    for run in study.screening_runs("mobilenet", "sgd", 0.01):
        assert run.settings["readings"][-1] == run.settings["first"]
        assert run.seed not in own


@pytest.mark.usefixtures("chosen")
def test_no_two_names_stand_for_one_training():
    for scale in ("reduced", "full"):
        runs = {run.path: run for grid in study.grids(scale=scale) for run in grid}.values()
        assert len({settings_hash([run.settings, run.seed]) for run in runs}) == len(runs), scale


@pytest.mark.usefixtures("chosen")
def test_the_grids_hold_what_the_design_plans_the_judged_first():
    grids = list(study.grids())
    assert [len(grid) for grid in grids[1:5]] == [20 * 2 * 5, *[10 * 5] * 3]
    judged, whole = grids[1], grids[5]
    assert len(whole) == 20 * 2 * 8
    assert [run.seed for run in judged] == sorted(run.seed for run in judged)
    seeds = {}
    for run in {run.path: run for grid in grids for run in grid}.values():
        seeds.setdefault(run.arm, set()).add(run.seed)
    assert seeds["pneumonia_alexnet_sgd_triangular"] == set(range(2, 22))
    assert seeds["Infiltration_alexnet_adam_one_line"] == set(range(2, 12))
    assert seeds["pneumonia_densenet_rmsprop_last_rate"] == set(range(2, 7))
    assert seeds["screen_densenet_rmsprop_0.01"] == {0, 1}
    full = [run.arm for grid in study.grids(scale="full") for run in grid]
    assert full[:3] == [f"full_pneumonia_alexnet_adam_{arm}" for arm in study.FEWER_ARMS]
    assert full[-1] == "full_Effusion_DenseNet121_adam_one_line"


def test_a_network_of_the_full_scale_takes_the_rate_of_its_small_sister(monkeypatch):
    asked = []
    monkeypatch.setattr(study, "chosen_rate", lambda *which: asked.append(which) or HIGH)
    study.study_runs(["triangular"], [2], "Effusion", "DenseNet121", "adam", "full")
    assert asked == [("densenet", "adam")]
