"""The MNIST study: its arms differ as notebook 04 says, its rates are chosen on validation, its records hold."""

import numpy as np
import pytest
from scipy import stats

from clr_utils.metrics.comparison import t_interval
from clr_utils.studies import mnist


def test_what_04_says_of_cycles_and_line_and_of_the_seeds_that_would_tell():
    recorded = {name: np.array(errors) for name, errors in mnist.recorded_errors().items()}

    def gains(arm, other):
        return recorded[arm] - recorded[other]

    mean, low, _ = t_interval(gains("best_triangular", "best_linear"))
    assert 0 < low < mean < 0.1

    def enough(gains, margin=0.1, contrasts=7):
        """The seeds with which the interval, at this mean and spread, no longer reaches over the margin."""
        mean, spread = gains.mean(), gains.std(ddof=1)
        room = min(abs(mean - margin), abs(mean + margin))
        reach = (stats.t.ppf(1 - 0.025 / contrasts, n - 1) * spread / n**0.5 for n in range(2, 1000))
        return next(n for n, half in enumerate(reach, 2) if half < room)

    assert round(enough(gains("published", "baseline")), -1) == 40
    assert round(enough(gains("published", "published_fixed")), -1) == 180


def updates(settings, examples):
    return [phase["epochs"] * -(-examples // phase["batch_size"]) for phase in settings["phases"]]


@pytest.mark.parametrize(("scale", "examples", "total"), [("paper", 60_000, 3000), ("quick", 3600, 600)])
def test_numbers_of_updates(scale, examples, total):
    counts = {name: updates(settings, examples) for name, settings in mnist.published_arms(scale).items()}
    assert counts == {
        "baseline": [total],
        "published": [total, total // 10],
        "published_fixed": [total, total // 10],
        "cold_start": [total // 10],
        "same_batch": [total // 10],
        "same_updates": [total],
        "real_cycles": [total],
    }


def test_the_published_arm_is_the_tutorial():
    baseline, clr = mnist.published_arms("paper")["published"]["phases"]
    assert (baseline["batch_size"], baseline["epochs"], baseline["policy"]) == (200, 10, {"name": "fixed", "lr": 0.001})
    assert (clr["batch_size"], clr["epochs"]) == (2000, 10)
    assert clr["policy"] == {"name": "triangular", "base_lr": 0.001, "max_lr": 0.006, "step_size": 2000}


def test_each_arm_changes_one_thing_from_the_one_before():
    arms = mnist.published_arms("paper")

    def features(name):
        *warm, last = arms[name]["phases"]
        return {
            "warm start": bool(warm),
            "batch": last["batch_size"],
            "updates": last["epochs"] * 60_000 // last["batch_size"],
            "policy": str(last["policy"]),
        }

    chain = ["published", "cold_start", "same_batch", "same_updates", "real_cycles"]
    changes = [
        [key for key in features(old) if features(old)[key] != features(new)[key]]
        for old, new in zip(chain, chain[1:], strict=False)
    ]
    assert changes == [["warm start"], ["batch"], ["updates"], ["policy"]]
    control = [key for key in features("published") if features("published")[key] != features("published_fixed")[key]]
    assert control == ["policy"]


@pytest.mark.parametrize(("candidate", "base_lr"), [("triangular", 0.001), ("triangular_from_0", 0.0)])
def test_three_cycles_end_with_the_training(candidate, base_lr):
    policy = mnist.CANDIDATES[candidate](0.004)
    assert policy == {"name": "triangular", "base_lr": base_lr, "max_lr": 0.004, "step_size": 500}


def test_screening_sees_no_test_digit_and_spends_the_same_on_each_candidate():
    grids = [mnist.screening_runs(candidate) for candidate in mnist.CANDIDATES]
    runs = [run for grid in grids for run in grid]
    assert {run.settings["validation"] for run in runs} == {10_000}
    assert {tuple(updates(run.settings, 50_000)) for run in runs} == {(3000,)}
    assert {len(grid) for grid in grids} == {len(mnist.SCREENED_RATES) * mnist.SCREENING_SEEDS}


def test_the_fair_arms_differ_in_their_policy_alone():
    best = {run.arm: run.settings for run in mnist.study_runs(1) if run.arm.startswith("best_")}
    assert len(best) == len(mnist.CANDIDATES)
    assert {tuple(updates(settings, 60_000)) for settings in best.values()} == {(3000,)}
    assert {settings["phases"][0]["batch_size"] for settings in best.values()} == {200}


def test_chosen_rates_are_the_recorded_minima():
    errors = mnist.screening_errors()
    for name, rate in mnist.chosen_rates().items():
        means = {r: sum(values) / len(values) for r, values in errors[name].items()}
        assert means[rate] == pytest.approx(min(means.values()))
        assert min(means) < rate < max(means), f"{name}: the best rate lies at the edge of the screened ones"


def test_recorded_study_is_complete():
    errors = mnist.recorded_errors(seeds=10)
    assert {len(values) for values in errors.values()} == {10}
    assert set(mnist.LABELS) < set(errors)


def test_the_loss_of_three_cycles_rises_in_the_epochs_that_the_notebook_names():
    """The fifth and sixth, and the ninth, each time by a factor of two or more."""
    losses = mnist.recorded_losses("real_cycles").mean(axis=0)
    assert [epoch for epoch in range(2, 11) if losses[epoch - 1] > losses[epoch - 2]] == [5, 6, 9]
    assert losses[5] > 2 * losses[3]
    assert losses[8] > 2 * losses[7]


def test_shuffled_rates_are_those_of_the_cycles_and_one_kind_keeps_their_last_descent():
    whole, ending = mnist.rates_in_order("shuffled"), mnist.rates_in_order("shuffled_ending")
    np.testing.assert_allclose(np.sort(whole), np.sort(ending))
    assert (np.diff(ending[-500:]) < 0).all()
    assert not (np.diff(whole[-500:]) < 0).all()


def test_a_network_that_has_trained_is_as_good_as_new():
    """The runs of a policy share a compiled network."""
    first = mnist.test_errors("cold_start", [0])
    mnist._trained.cache_clear()
    again = mnist.test_errors("cold_start", [0])
    mnist._trained.cache_clear()
    mnist._compiled.cache_clear()
    assert first == again == mnist.test_errors("cold_start", [0])


def test_arms_that_begin_alike_train_their_start_once():
    short, changed = mnist._phase(600, 1, mnist.fixed(0.001)), mnist._phase(600, 1, mnist.fixed(0.002))
    mnist._trained.cache_clear()
    shared = mnist.train(mnist._settings("quick", [short, changed]), seed=0)
    mnist._trained.cache_clear()
    for seed in (0, 7):
        mnist.train(mnist._settings("quick", [short]), seed=seed)
    before = mnist._trained.cache_info().misses
    assert mnist.train(mnist._settings("quick", [short, changed]), seed=0) == shared
    assert mnist._trained.cache_info().misses == before + 1
    assert mnist.train(mnist._settings("quick", [short, changed]), seed=1) != shared


def test_a_validation_set_takes_the_place_of_the_test_set_and_is_not_trained_on():
    settings = {**mnist.published_arms("quick")["cold_start"], "validation": 3000}
    metrics, _ = mnist.train(settings, seed=0)
    assert metrics["updates"] == 10, "600 digits are left to train on, one batch an epoch"
    wrong = metrics["error"] / 100 * 3000
    assert wrong == pytest.approx(round(wrong), abs=0.01)
