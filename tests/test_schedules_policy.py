"""PolicySchedule: a policy of restarts as a schedule, trained with, saved and loaded."""

import json
from functools import partial

import keras
import numpy as np
import pytest
from keras.optimizers import schedules

import clr_utils
from clr_utils import PolicyLR, PolicySchedule, cosine, fixed, one_cycle, plot_policy
from clr_utils.schedules import RULES
from helpers import applied_rates, assert_rates, probe_model
from restart_cases import AT, EACH, FALL, by_hand_sgdr, each, fixed_1


def test_every_rule_has_its_public_name():
    assert {name for name, _ in EACH} == set(RULES)
    assert all(getattr(clr_utils, name) is rule for name, rule in RULES.items())


def test_settings_without_names_are_refused():
    with pytest.raises(TypeError, match=r"by their names: cosine\(iteration, max_lr, total.*\(0.1, 1000\) have none"):
        PolicySchedule("cosine", 0.1, 1000)
    with pytest.raises(TypeError, match=r"by their names: cosine\(iteration, max_lr, total.*\(0.1, 1000\) have none"):
        PolicyLR("cosine", 0.1, 1000)


@pytest.mark.parametrize(
    ("policy", "settings", "parts"),
    [
        ("no such", {}, ["policy", "'cosine', 'polynomial'", "'no such'"]),
        ("triangular", {}, ["is a cycle", "CyclicalLearningRate(base_lr, max_lr, step_size, policy='triangular')"]),
        (cosine, {}, ["policy", "'cosine', 'polynomial'"]),
        ("cosine", {"max_lr": 0.1, "step_size": 9}, ["cosine(iteration, max_lr, total, min_lr=0)", "'total'"]),
        ("cosine", {"max_lr": 0.1, "total": 9, "step": 9}, ["cosine(iteration, max_lr, total, min_lr=0)", "'step'"]),
        ("cosine", {"max_lr": 0.1, "total": 9, "name": 3}, ["name", "text", "3"]),
    ],
)
def test_a_schedule_says_what_it_takes(policy, settings, parts):
    with pytest.raises((TypeError, ValueError)) as error:
        PolicySchedule(policy, **settings)
    for part in parts:
        assert part in str(error.value)


@each
def test_a_configuration_makes_the_same_schedule(name, settings):
    schedule = PolicySchedule(name, **settings, name="mine")
    again = schedules.deserialize(json.loads(json.dumps(schedules.serialize(schedule))))
    assert type(again) is PolicySchedule
    assert (again.policy, again.name) == (name, "mine")
    assert again(AT).tolist() == schedule(AT).tolist()
    assert again.get_config() == schedule.get_config()


def test_functions_are_saved_where_they_can_be_found_again():
    def nested(policy):
        return PolicySchedule("joined", parts=[(2, FALL), (3, policy)])

    again = PolicySchedule.from_config(nested(fixed_1).get_config())
    assert again([0, 2]).tolist() == [FALL(0), 1]
    for policy in (lambda n: fixed(n, 1), partial(fixed, lr=1)):
        with pytest.raises(ValueError, match=r"parts \(.*\) cannot be saved: .* named function"):
            nested(policy).get_config()


def test_updates_apply_the_rates_and_a_saved_training_goes_on(tmp_path):
    """A warm-up before restarts of growing length, stopped in the middle of a cycle."""
    restarts = PolicySchedule("sgdr", max_lr=0.5, period=3, multiplier=2, min_lr=np.float32(0.125))
    schedule = PolicySchedule("warmed_up", policy=restarts, warmup=np.int64(4))
    model = probe_model(schedule)
    before = applied_rates(model, 9)
    model.save(tmp_path / "model.keras")
    after = applied_rates(keras.saving.load_model(tmp_path / "model.keras"), 8)
    by_hand = [n / 8 for n in range(4)] + [by_hand_sgdr(n, 0.5, 3, 0.125, 2) for n in range(13)]
    assert_rates(before + after, by_hand)


def test_a_schedule_is_drawn():
    schedule = PolicySchedule("one_cycle", max_lr=0.5, total=30)
    assert_rates(plot_policy(schedule, updates=35).lines[0].get_ydata(), one_cycle(np.arange(35), 0.5, 30))


def test_a_schedule_keeps_the_parts_that_it_was_given():
    """Schedules made in a loop from one list that grows, and a pair of it that changes."""
    parts, schedules = [], []
    for rate in (0.5, 0.25, 0.125):
        parts.append([2, PolicySchedule("fixed", lr=rate)])
        schedules.append(PolicySchedule("joined", parts=parts))
    parts[0][0] = 9
    assert [float(schedule(9)) for schedule in schedules] == [0.5, 0.25, 0.125]
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedules[1]))
    assert [float(again(n)) for n in (0, 1, 2, 9)] == [0.5, 0.5, 0.25, 0.25]
