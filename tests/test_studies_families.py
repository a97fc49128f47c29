"""The families of schedules as settings: lengths, ends and bills."""

import numpy as np
import pytest

from clr_utils.studies import families
from clr_utils.studies.rates import rate_of_each_update

PEAK, UPDATES = 0.8, 6_000


def rates_of(name):
    return rate_of_each_update(families.family(name, PEAK, UPDATES)["policy"], UPDATES)


@pytest.mark.parametrize("name", families.POLICIES)
def test_the_tuned_number_is_the_largest_rate(name):
    rates = rates_of(name)
    assert rates.max() == pytest.approx(PEAK, rel=1e-3)
    assert len(rates) == UPDATES
    assert (rates >= 0).all()


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("constant", PEAK),
        ("steps", PEAK / 100),
        ("linear", 0),
        ("warmup_linear", 0),
        ("cosine", 0),
        ("sgdr", 0),
        ("triangular", PEAK / 4),
        ("triangular2", PEAK / 4),
        ("triangular_0", 0),
        ("one_cycle", 0),
        ("one_cycle_momentum", 0),
        ("warmup_stable_decay", 0),
    ],
)
def test_a_family_ends_at_a_foot(name, last):
    assert rates_of(name)[-1] == pytest.approx(last, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("constant", 1),
        ("steps", 0.5 + 0.25 / 10 + 0.25 / 100),
        ("linear", 1 / 2),
        ("warmup_linear", 1 / 2),
        ("cosine", 1 / 2),
        ("sgdr", 1 / 2),
        ("triangular", 5 / 8),
        ("triangular2", (5 + 3.5 + 2.75) / 24),
        ("triangular_0", 1 / 2),
        ("one_cycle", 0.3 * 26 / 50 + 0.7 / 2),
        ("warmup_stable_decay", 1 - 0.05 / 2 - 0.2 / 2),
    ],
)
def test_the_mean_rate_is_the_shapes(name, share):
    assert rates_of(name).mean() == pytest.approx(PEAK * share, rel=2e-3)


@pytest.mark.parametrize(("name", "peaks"), [("triangular", 3), ("triangular_0", 3), ("triangular2", 3), ("sgdr", 3)])
def test_cycles_are_three(name, peaks):
    rates = np.concatenate([[-1], rates_of(name)])
    assert ((rates[1:-1] > rates[:-2]) & (rates[1:-1] > rates[2:])).sum() == peaks


def test_the_optimizer_is_sgd_but_where_the_family_is_another_one():
    found = {name: families.family(name, PEAK, 1_000)["optimizer"]["name"] for name in families.POLICIES}
    assert found.pop("schedule_free") == "ScheduleFreeAdamW"
    assert found.pop("adam_linear") == "Adam"
    assert set(found.values()) == {"SGD"}
    assert families.family("schedule_free", PEAK, 1_000)["optimizer"]["warmup_steps"] == 50


def test_the_momentum_is_a_policy_in_one_family_alone():
    found = {name: families.family(name, PEAK, 1_000)["optimizer"].get("momentum") for name in families.POLICIES}
    assert found.pop("one_cycle_momentum") == {"name": "one_cycle_momentum", "total": 1_000}
    assert {found.pop(name) for name in ("schedule_free", "adam_linear")} == {None}
    assert set(found.values()) == {0.9}
