"""The micro-calcification study: its arms are the published ones and the missing baselines, at equal updates."""

import json

import numpy as np
import pytest

from clr_utils import published
from clr_utils.experiments import load_records
from clr_utils.metrics.detection import curve_points, pr_area
from clr_utils.studies import microcalcification as study
from clr_utils.studies.range_test import recorded_tests
from clr_utils.studies.rates import learning_rate

CASES = (1, 2)


def rates(policy, case):
    rate = learning_rate(policy)
    return np.array([float(rate(n)) if callable(rate) else rate for n in range(0, study.UPDATES[case], 500)])


@pytest.mark.parametrize("case", CASES)
def test_the_published_arms_are_table_ii(case):
    examples = published(f"alyafi.case{case}.examples").value
    assert study.UPDATES[case] == study.EPOCHS * examples / study.BATCH
    assert published("alyafi.epochs").value == study.EPOCHS
    assert published("alyafi.batch_size").value == study.BATCH
    arms = study.published_arms(case)
    for name in study.CYCLICAL:
        assert arms[name]["base_lr"] == published("alyafi.base_lr").value
        assert arms[name]["max_lr"] == published("alyafi.max_lr").value
        assert arms[name]["step_size"] == published("alyafi.epochs_per_step").value * examples / study.BATCH
    assert arms["exp_range"]["gamma"] == published("alyafi.gamma").value
    assert arms["published_fixed"]["decay"] == published("alyafi.fixed_decay").value


def test_the_fixed_rates_are_base_mean_and_max():
    assert [policy["lr"] for policy in study.fixed_arms().values()] == [0.002, 0.016, 0.03]


def test_mean_rates():
    assert study.mean_rates(1) == {"triangular": 0.016, "triangular2": 0.0102, "exp_range": 0.0094}
    assert study.mean_rates(2)["exp_range"] == 0.0065


@pytest.mark.parametrize("case", CASES)
def test_falling_rates_start_or_peak_at_max_lr_and_end_low(case):
    arms = study.further_arms(case)
    for name in ("step_decay", "cosine", "warm_up_linear"):
        applied = rates(arms[name], case)
        assert applied.max() == pytest.approx(0.03, rel=0.01)
        assert applied[-1] < 0.002
    assert rates(arms["step_decay"], case)[-1] == pytest.approx(0.0003)
    assert rates(arms["warm_up_linear"], case)[0] == 0


@pytest.mark.parametrize("case", CASES)
def test_every_arm_differs_in_its_policy_alone(case):
    runs = study.study_runs(case, study.arms(case), seeds=1)
    assert len({json.dumps(run.settings["policy"], sort_keys=True) for run in runs}) == len(runs)
    assert len({json.dumps({**run.settings, "policy": None}, sort_keys=True) for run in runs}) == 1


def test_the_sweep_has_each_peak_rate_once_and_shares_the_published_runs():
    known = study.arms(1)
    for kind, peak in (("fixed", "lr"), ("triangular", "max_lr")):
        names = study.peak_arms(kind)
        assert list(names) == list(study.PEAK_RATES)
        assert [known[name][peak] for name in names.values()] == list(study.PEAK_RATES)
    assert study.peak_arms("triangular")[0.03] == "triangular"
    for name in study.peak_arms("triangular").values():
        assert known[name]["max_lr"] / known[name]["base_lr"] == pytest.approx(15)


def test_the_best_peaks_are_chosen_on_validation_patients_and_not_at_an_edge(monkeypatch):
    best = {kind: study.best_peak(kind) for kind in ("fixed", "triangular")}
    assert best == {"fixed": "fixed_0.03", "triangular": "triangular_0.1"}
    for kind, arm in best.items():
        assert arm in list(study.peak_arms(kind).values())[1:-1]
    asked = []
    monkeypatch.setattr(study, "recorded", lambda case, arm, metric, seeds: asked.append(metric) or [len(asked), None])
    assert study.best_peak("fixed") == "fixed_1"
    assert set(asked) == {"validation_pr_area"}


def test_the_bounds_of_the_range_test_are_the_recorded_suggestion():
    found = recorded_tests("patches_log").suggestions("smith")[["base_lr", "max_lr"]].median()
    assert tuple(float(f"{value:.2g}") for value in found) == study.RANGE_TEST_BOUNDS


def test_the_grids_of_one_case_are_its_published_and_fixed_arms():
    (runs,) = study.grids(seeds=3, case=2)
    assert {run.settings["case"] for run in runs} == {2}
    assert {run.seed for run in runs} == {0, 1, 2}
    assert len(runs) == 21


def test_the_number_of_seeds_is_that_of_all_arms_but_the_small_run():
    seeds = {}
    for run in (run for runs in study.grids(seeds=2) for run in runs if run != study.small_run()):
        seeds.setdefault(run.arm, []).append(run.seed)
    assert {arm: found for arm, found in seeds.items() if len(set(found)) != 2} == {}
    assert set(seeds["case1_world0_triangular"]) == {1, 2}, "seed 0 has its world already"


def test_runs_come_seed_by_seed():
    runs = study.study_runs(1, ["triangular", "fixed_0.03"])
    assert [run.seed for run in runs] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert len(study.study_runs(2, ["triangular"])) == 3


def test_the_recorded_curve_gives_the_recorded_areas():
    (record,) = load_records([study.small_run()])
    _, false_rate, precision = curve_points(record["history"]["negatives_above"], 550)
    assert 1 - np.mean(false_rate) == pytest.approx(record["metrics"]["auc"], abs=1e-5)
    assert np.mean(precision) == pytest.approx(record["metrics"]["pr_area"], abs=1e-5)


def test_recorded_curves_have_the_recorded_areas():
    curves = study.recorded_curves(1, "triangular", seeds=2)
    for (y, scores), area in zip(curves, study.recorded(1, "triangular", "pr_area", seeds=2), strict=True):
        assert (y.sum(), len(y)) == (1164, 111_164)
        assert pr_area(y, scores) == pytest.approx(area, abs=1e-5)


def test_the_difficulty_is_that_of_the_published_patches():
    """The calibration that the module's docstring tells of, by a policy that is not cyclical."""
    from clr_utils.calcification import patches

    areas = {metric: study.recorded(2, "fixed_0.016", metric) for metric in ("auc", "pr_area")}
    assert np.mean(areas["auc"]) == pytest.approx(published("alyafi.case2.triangular.auc").value, abs=0.001)
    assert np.mean(areas["pr_area"]) == pytest.approx(published("alyafi.case2.pr_area").value, abs=0.005)
    text = " ".join(patches.__doc__.split())
    assert "{:.4f}, {:.4f} and {:.4f}".format(*areas["auc"]) in text
    assert "{:.3f}, {:.3f} and {:.3f}".format(*areas["pr_area"]) in text


def test_a_mean_leaves_out_the_runs_that_have_no_such_metric(monkeypatch):
    monkeypatch.setattr(study, "recorded", lambda case, name, metric: [0.0, None, 0.5])
    assert study.mean_of(1, "published_fixed", "precision") == 0.25


@pytest.mark.parametrize("case", CASES)
def test_the_first_runs_are_those_of_tables_iii_to_vi_seed_by_seed(case):
    found = study.first_runs(case)
    assert found == study.study_runs(case, [*study.published_arms(case), *study.fixed_arms()])
    assert [run.seed for run in found] == sorted(run.seed for run in found)
