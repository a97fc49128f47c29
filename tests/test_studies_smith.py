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
