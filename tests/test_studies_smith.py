"""The arms of Smith 2017 as settings: the paper's numbers, and controls with the same bill."""

import numpy as np
import pytest

from clr_utils.policies import staged
from clr_utils.studies import smith
from clr_utils.studies.rates import rate_of_each_update


def rates_of(name, scale="full", seed=2):
    settings = smith.arms(scale, seed)[name]
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
@pytest.mark.parametrize("scale", smith.SCALES)
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
    full, reduced = smith.arms("full"), smith.arms("reduced")
    assert full.keys() == reduced.keys()
    for name in ("triangular2", "decay", "fixed_staged", "exp_range", "exp_0.006"):
        assert reduced[name]["updates"] * 2 == full[name]["updates"]
        np.testing.assert_allclose(rates_of(name, "reduced"), rates_of(name)[::2], rtol=1e-3)
    assert {settings["updates"] % settings["every"] for settings in (*full.values(), *reduced.values())} == {0}


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("resnet_fixed_0.2", 0.2, 0.2),
        ("stochastic_depth_triangular_0.3", 0.1, 0.3),
        ("densenet_triangular_0.2", 0.1, 0.2),
        ("densenet_triangular_0.3", 0.1, 0.3),
    ],
)
@pytest.mark.parametrize("scale", smith.SCALES)
def test_rates_of_table_4_go_in_ten_cycles_through_two_drops(name, low, high, scale):
    rates = rates_of(name, scale)
    done = np.arange(len(rates)) / len(rates)
    height = 1 - np.abs(20 * done % 2 - 1)
    drops = np.select([done < 1 / 2, done < 3 / 4], [1, 1 / 10], 1 / 100)
    np.testing.assert_allclose(rates, (low + (high - low) * height) * drops, rtol=1e-9)


def settings_of(name, scale="full"):
    return smith.arms(scale)[name]


def test_windows_and_bounds_are_six_cycles_between_their_bounds():
    for name, low, mean in (("welch", 0.001, 2 / 3), ("hann", 0.001, 1 / 2), ("third", 0.005 / 3, 1 / 2)):
        rates = rates_of(name)
        assert (rates.min(), rates.max()) == pytest.approx((low, 0.005))
        assert rates.mean() == pytest.approx(low + (0.005 - low) * mean, rel=1e-3)
    assert rates_of("quarter").min() == pytest.approx(0.005 / 4)
    for name in (*smith.WINDOWS, *smith.BOUNDS):
        assert rates_of(name).reshape(6, 4_000).argmax(axis=1).tolist() == [2_000] * 6


def test_members_and_snapshots_spend_the_same_in_cycles_down_to_0():
    snapshots, members = settings_of("snapshots"), settings_of("members")
    assert snapshots["updates"] == members["updates"] * members["members"] == 24_000
    assert snapshots["snapshots"] == members["updates"]
    rates = rates_of("snapshots")
    np.testing.assert_allclose(rates, np.tile(rates_of("members"), 6))
    assert (rates[0], rates.max()) == (0, 0.005)


def test_the_sigmoid_network_trains_as_in_caffes_file():
    for name in smith.SIGMOID:
        settings = settings_of(name)
        assert (settings["network"], settings["batch_size"]) == ("cifar10_sigmoid", 111)
    fixed, cycles, mean = (rates_of(name) for name in smith.SIGMOID)
    assert set(fixed) == {0.001}
    assert cycles.sum() == pytest.approx(mean.sum(), rel=1e-3)


@pytest.mark.parametrize(("name", "bounds"), [(name, row[:2]) for name, row in smith.ADAPTIVE.items()])
def test_table_3_has_its_bounds_and_lengths(name, bounds):
    low, high, cycles = (rates_of(f"{name}_{kind}") for kind in ("low", "high", "triangular"))
    assert (set(low), set(high)) == ({bounds[0]}, {bounds[1]})
    assert (cycles.min(), cycles.max()) == pytest.approx(bounds)
    assert (len(low), len(high)) == (70_000, 25_000)
    assert len(cycles) == (70_000 if name in ("adam", "rmsprop") else 25_000)
    assert settings_of(f"{name}_low")["optimizer"] == smith.ADAPTIVE[name][2]


def test_the_range_test_climbs_to_its_end_as_in_figure_3():
    rates, settings = rates_of("range_test"), settings_of("range_test")
    assert rates[0] == 0
    assert (np.diff(rates) > 0).all()
    assert rates[-1] == pytest.approx(0.02, rel=1e-3)
    assert len(rates) / 500 == 8, "epochs"
    assert settings["every"] == 50


def test_what_the_screening_chooses_for_has_the_drops_or_falls_to_0():
    chosen = smith.candidates(0.004, "full")
    drops, line = (rate_of_each_update(each["policy"], each["updates"]) for each in chosen.values())
    assert list(chosen) == ["best_drops", "line"]
    np.testing.assert_allclose(drops, 4 * rates_of("fixed_drops"))
    np.testing.assert_allclose(line, 0.004 * (1 - np.arange(25_000) / 25_000))
