"""Policies as settings: JSON can hold them, and the optimizer gets the rates that their names promise."""

import json

import numpy as np
import pytest

from clr_utils.decays import time_decay as time_decay_rule
from clr_utils.policies import triangular
from clr_utils.studies import rates


def applied(policy, count):
    rate = rates.learning_rate(policy)
    return np.array([float(rate(n)) if callable(rate) else rate for n in range(count)])


POLICIES = {
    "fixed": (rates.fixed(0.1), lambda n: np.full(n.shape, 0.1)),
    "linear": (rates.linear(0.1, 50), lambda n: 0.1 * (1 - n / 50)),
    "time_decay": (rates.time_decay(0.002, 0.96), lambda n: time_decay_rule(n, 0.002, 0.96)),
    "cosine": (rates.cosine(0.1, 50), lambda n: 0.05 * (1 + np.cos(np.pi * n / 50))),
    "staircase": (rates.staircase(0.1, (20, 40), 0.5), lambda n: 0.1 * 0.5 ** ((n > 20).astype(int) + (n > 40))),
    "triangular": (rates.cyclical("triangular", 0.01, 0.1, 10), lambda n: triangular(n, 0.01, 0.1, 10)),
}


@pytest.mark.parametrize("name", POLICIES)
def test_the_optimizer_gets_the_rates_of_the_policy(name):
    policy, rule = POLICIES[name]
    assert policy["name"] == name
    assert json.loads(json.dumps(policy)) == policy
    np.testing.assert_allclose(applied(policy, 50), rule(np.arange(50)), rtol=1e-5, atol=1e-8)


def test_shuffled_rates_are_those_of_the_policy_in_another_order():
    policy = rates.cyclical("triangular", 0.01, 0.1, 10)
    cycles = applied(policy, 40)
    whole, ending, other = (
        applied(rates.shuffled(policy, 40, order, kept), 40) for order, kept in ((0, 0), (0, 10), (1, 0))
    )
    for moved in (whole, ending, other):
        np.testing.assert_allclose(np.sort(moved), np.sort(cycles), rtol=1e-5)
    np.testing.assert_allclose(ending[30:], cycles[30:], rtol=1e-5)
    assert not np.allclose(ending[:30], cycles[:30])
    assert not np.allclose(whole, other)


def test_cyclical_settings_reach_the_schedule():
    amplitude = applied(rates.cyclical("exp_range", 0.01, 0.1, 10, gamma=0.99), 40)
    bounds = applied(rates.cyclical("exp_range", 0.01, 0.1, 10, gamma=0.99, decay="bounds"), 40)
    assert amplitude[20] == pytest.approx(0.01, rel=1e-4)
    assert bounds[20] == pytest.approx(0.01 * 0.99**20, rel=1e-4)
    warm_up = applied(rates.cyclical("triangular", 0.0, 0.1, 5, step_size_down=35), 40)
    assert warm_up.argmax() == 5
    assert warm_up[0] == 0


@pytest.mark.parametrize("name", POLICIES)
def test_the_rates_of_all_updates_are_those_of_the_optimizer(name):
    policy, _ = POLICIES[name]
    np.testing.assert_allclose(rates.rate_of_each_update(policy, 50), applied(policy, 50), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("kind", [rates.linear, rates.cosine])
def test_a_rate_that_has_come_to_0_stays_there(kind):
    assert rates.rate_of_each_update(kind(0.1, 4), 8)[4:] == pytest.approx(0)


def test_stages_follow_one_another_and_the_last_goes_on():
    policy = rates.stages((3, rates.fixed(0.1)), (4, rates.cyclical("triangular", 0.01, 0.05, 2)), (1, rates.fixed(1)))
    expected = [0.1, 0.1, 0.1, 0.01, 0.03, 0.05, 0.03, 1, 1, 1]
    np.testing.assert_allclose(rates.rate_of_each_update(policy, 10), expected)
    np.testing.assert_allclose(rates.rate_of_each_update(policy, 5), expected[:5])
    assert json.loads(json.dumps(policy)) == policy


def test_decays_of_caffe_and_of_smith():
    exp = rates.rate_of_each_update(rates.exp_decay(0.1, 0.9), 3)
    np.testing.assert_allclose(exp, [0.1, 0.09, 0.081])
    decay = rates.rate_of_each_update(rates.linear_decay(0.1, 0.5, 4), 6)
    np.testing.assert_allclose(decay, [0.5, 0.4, 0.3, 0.2, 0.1, 0.1])


def test_stages_can_be_shuffled_each_in_itself():
    cycle = rates.cyclical("triangular", 0.01, 0.1, 10)
    mixed = rates.stages((20, rates.shuffled(cycle, 20, 0)), (20, rates.shuffled(cycle, 20, 1)))
    found = rates.rate_of_each_update(mixed, 40)
    for half in (found[:20], found[20:]):
        np.testing.assert_allclose(np.sort(half), np.sort(rates.rate_of_each_update(cycle, 20)))
    assert not np.allclose(found[:20], found[20:])
