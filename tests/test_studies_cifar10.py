"""The CIFAR-10 study: the paper's numbers, controls with the same bill, and a training that does what it says."""

import keras
import numpy as np
import pytest

from clr_utils.policies import staged
from clr_utils.studies import cifar10
from clr_utils.studies.rates import fixed, rate_of_each_update


def rates_of(name, scale="full", seed=2):
    settings = cifar10.arms(scale, seed)[name]
    return rate_of_each_update(settings["policy"], settings["updates"])


def test_triangular2_is_table_2():
    np.testing.assert_allclose(rates_of("triangular2"), staged(np.arange(25_000)), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "updates", "bill"),
    [
        ("fixed_staged", 70_000, 60 + 0.5 + 0.05),
        ("fixed", 70_000, 70),
        ("decay", 25_000, 25 + 0.003 * 4_000),
        ("exp_0.001", 70_000, 16.4),
        ("exp_0.006", 70_000, 98.5),
        ("fixed_drops", 25_000, 16 + 0.6 + 0.03),
        ("cycles_6", 24_000, 0.003 * 24_000),
    ],
)
def test_the_bills_are_the_papers(name, updates, bill):
    rates = rates_of(name)
    assert len(rates) == updates
    assert rates.sum() == pytest.approx(bill, rel=2e-3)


def test_exp_range_ends_at_a_peak_after_42_000_and_its_readings_differ():
    both, height = rates_of("exp_range_bounds"), rates_of("exp_range")
    assert both[:42_000].sum() == pytest.approx(53.6, abs=0.1)
    assert height[:42_000].sum() == pytest.approx(80.3, abs=0.1)
    assert height[41_990] < height[42_000] > height[42_010]


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("mean_drops", "triangular2"),
        ("mean_no_drops", "cycles_no_drops"),
        ("shuffled_stages", "triangular2"),
        ("shuffled", "triangular2"),
        ("cycles_1", "cycles_6"),
    ],
)
@pytest.mark.parametrize("scale", cifar10.SCALES)
def test_a_control_has_the_bill_of_what_it_controls(name, like, scale):
    control, cycles = rates_of(name, scale), rates_of(like, scale)
    assert len(control) == len(cycles)
    assert control.sum() == pytest.approx(cycles.sum(), rel=1e-3)
    assert not np.allclose(control, cycles)


def test_shuffled_rates_stay_in_their_stage_or_not():
    table, stages, mixed = (rates_of(name) for name in ("triangular2", "shuffled_stages", "shuffled"))
    for start, end in ((0, 16_000), (16_000, 22_000), (22_000, 25_000)):
        np.testing.assert_allclose(np.sort(stages[start:end]), np.sort(table[start:end]))
    np.testing.assert_allclose(np.sort(mixed), np.sort(table))
    assert mixed[22_000:].max() > 0.004
    assert not np.allclose(stages, rates_of("shuffled_stages", seed=3))


def test_the_reduced_scale_halves_the_numbers_and_keeps_the_rates():
    full, reduced = cifar10.arms("full"), cifar10.arms("reduced")
    assert full.keys() == reduced.keys()
    for name in ("triangular2", "decay", "fixed_staged", "exp_range", "exp_0.006"):
        assert reduced[name]["updates"] * 2 == full[name]["updates"]
        np.testing.assert_allclose(rates_of(name, "reduced"), rates_of(name)[::2], rtol=1e-3)
    assert {settings["updates"] % settings["every"] for settings in (*full.values(), *reduced.values())} == {0}


def test_runs_come_seed_by_seed_with_names_of_their_scale():
    runs = cifar10.study_runs(["triangular2", "decay"], "reduced", seeds=(2, 3))
    assert [(run.arm, run.seed) for run in runs] == [
        ("triangular2", 2),
        ("decay", 2),
        ("triangular2", 3),
        ("decay", 3),
    ]
    assert [run.arm for run in cifar10.study_runs(["decay"], "full")] == ["full_decay"]


def test_the_screening_chooses_by_the_mean_and_counts_a_diverged_run_as_nothing(monkeypatch):
    found = {0.001: [60, 61], 0.002: [63, 64], 0.004: [70, None], 0.008: [None, None]}
    monkeypatch.setattr(cifar10, "recorded_values", lambda runs, metric: found[runs[0].settings["policy"]["lr"]])
    cifar10.chosen_rate.cache_clear()
    assert cifar10.chosen_rate("line") == 0.002
    cifar10.chosen_rate.cache_clear()


def test_screening_is_on_held_out_images_and_other_seeds():
    for run in cifar10.screening_runs("best_drops", 0.002):
        assert run.settings["held_out"] == 5_000
        assert run.seed not in cifar10.SEEDS["reduced"]


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("resnet_fixed_0.2", 0.2, 0.2),
        ("stochastic_depth_triangular_0.3", 0.1, 0.3),
        ("densenet_triangular_0.2", 0.1, 0.2),
        ("densenet_triangular_0.3", 0.1, 0.3),
    ],
)
@pytest.mark.parametrize("scale", cifar10.SCALES)
def test_rates_of_table_4_go_in_ten_cycles_through_two_drops(name, low, high, scale):
    rates = rates_of(name, scale)
    done = np.arange(len(rates)) / len(rates)
    height = 1 - np.abs(20 * done % 2 - 1)
    drops = np.select([done < 1 / 2, done < 3 / 4], [1, 1 / 10], 1 / 100)
    np.testing.assert_allclose(rates, (low + (high - low) * height) * drops, rtol=1e-9)


def test_table_4_has_its_arms_and_the_originals_optimizer_and_comes_last(monkeypatch):
    monkeypatch.setattr(cifar10, "chosen_rate", lambda name: 0.002)
    kinds = ("fixed_0.1", "fixed_0.2", "fixed_0.3", "triangular_0.3")
    expected = {f"{network}_{kind}" for network in ("resnet", "stochastic_depth", "densenet") for kind in kinds}
    assert set(cifar10.TABLE_4) == expected | {"densenet_triangular_0.2"}
    arms = cifar10.arms("reduced")
    assert {arms[name]["updates"] for name in cifar10.TABLE_4} == {6_000}
    optimizer = {"name": "SGD", "momentum": 0.9, "nesterov": True}
    assert all(arms[name]["optimizer"] == optimizer for name in cifar10.TABLE_4)
    *_, last = cifar10.grids()
    assert [(run.arm, run.seed) for run in last] == [(name, 2) for name in cifar10.TABLE_4]


def test_networks_of_table_4_have_their_settings_and_one_rate_for_all_weights(monkeypatch):
    x, y = np.random.default_rng(0).normal(size=(8, 8, 8, 3)).astype("float32"), np.arange(8)
    monkeypatch.setattr(cifar10, "prepared", lambda data, held_out: (x, y, x, y))
    monkeypatch.setattr(cifar10, "twice_for_biases", lambda optimizer: pytest.fail("biases have a rate of their own"))
    options = {"blocks": 2, "filters": 1, "survival": 0.6}
    settings = cifar10.arms("reduced")["stochastic_depth_triangular_0.3"] | {"network_options": options}
    model = cifar10.network(settings, (8, 8, 3))
    assert model.name == "stochastic_depth"
    assert model.get_layer("block6").output.shape == (None, 2, 2, 4)
    metrics, _ = cifar10.train({**settings, "batch_size": 4, "updates": 2, "every": 1}, seed=0)
    assert metrics["updates"] == 2


def test_biases_train_at_twice_the_rate():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(cifar10.twice_for_biases(keras.optimizers.SGD)(0.1), "mse")
    model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
    kernel, bias = (float(weight.squeeze()) for weight in model.get_weights())
    assert (kernel, bias) == pytest.approx((0.2, 0.4), rel=1e-5)


def test_each_epoch_takes_every_image_once_and_the_order_is_the_seeds():
    batches = cifar10.in_order(10, 3, seed=0)
    first, second = (np.concatenate([next(batches) for _ in range(3)]) for _ in range(2))
    assert len(set(first)) == len(set(second)) == 9
    assert list(first) != list(second)
    again = cifar10.in_order(10, 3, seed=0)
    assert list(first) == list(np.concatenate([next(again) for _ in range(3)]))


@pytest.fixture
def small_settings():
    return {**cifar10.small_run().settings, "updates": 20, "every": 10, "policy": fixed(0.001)}


def test_an_ensemble_is_the_mean_of_all_that_was_kept(small_settings, monkeypatch):
    """Two networks, of each a snapshot halfway and one at the end: after each further one the mean of them votes."""
    found = []

    def spied(probabilities, labels):
        found.append(probabilities)
        return accuracy(probabilities, labels)

    accuracy = cifar10._accuracy
    monkeypatch.setattr(cifar10, "_accuracy", spied)
    metrics, history = cifar10.train({**small_settings, "members": 2, "snapshots": 10}, seed=0)
    assert metrics["updates"] == 40
    assert metrics["accuracy"] == history["accuracy"][-1]
    assert len(history["accuracy"]) == len(history["ensemble"]) == 4
    assert history["ensemble"][0] == history["accuracy"][0]
    assert history["ensemble"][-1] == metrics["ensemble"]
    single, together = found[:4], found[4:]
    np.testing.assert_allclose(together, np.cumsum(single, axis=0))
    assert not np.allclose(single[1], single[3])


def test_a_training_that_diverges_has_no_accuracy(small_settings):
    metrics, history = cifar10.train({**small_settings, "policy": fixed(1e6)}, seed=0)
    assert metrics["accuracy"] is None
    assert metrics["updates"] < 20
    assert history["accuracy"] == []


def test_images_have_the_mean_of_the_training_set_taken_off():
    x, y, x_test, _ = cifar10.prepared("fashion_mnist_14")
    assert x.shape == (5_000, 14, 14, 1)
    assert np.abs(x.mean(axis=0)).max() < 1e-3
    assert np.bincount(y).tolist() == [500] * 10
    assert x_test.shape == (1_000, 14, 14, 1)
