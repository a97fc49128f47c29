"""The arguments of the policies, by function and by name, and what is refused."""

import inspect

import numpy as np
import pytest

from clr_utils import custom_policy, cycles, policies
from clr_utils.policies import exp_range
from helpers import ALL_POLICIES
from policy_cases import each_policy, policy


def test_signatures_are_those_of_papers_and_people():
    cycle = ["iteration", "base_lr", "max_lr", "step_size"]
    for name, own in ALL_POLICIES:
        parameters = inspect.signature(policy(name)).parameters
        positional = [p.name for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert positional == (cycle + ["gamma"] if own else cycle)
        assert {"step_size_down", "start_lr_policy"} <= parameters.keys()
    assert exp_range(5, 1, 5, 4, 0.9) == exp_range(5, base_lr=1, max_lr=5, step_size=4, gamma=0.9, decay="amplitude")


BAD_CYCLES = [
    ({"base_lr": 0.6, "max_lr": 0.1}, ["max_lr (0.1)", "base_lr (0.6)", "swap"]),
    ({"base_lr": 0.5}, ["max_lr (0.5)", "base_lr (0.5)", "`fixed`"]),
    ({"base_lr": -0.1}, ["base_lr", "0 or more", "-0.1"]),
    ({"max_lr": float("nan")}, ["max_lr", "finite", "nan"]),
    ({"max_lr": float("inf")}, ["max_lr", "finite", "inf"]),
    ({"base_lr": True}, ["base_lr", "a number", "True"]),
    ({"base_lr": "0.1"}, ["base_lr", "a number", "'0.1'"]),
    ({"max_lr": None}, ["max_lr", "a number", "None"]),
    ({"step_size": 0}, ["step_size", "1 or more", "it is 0"]),
    ({"step_size": -1}, ["step_size", "1 or more", "it is -1"]),
    ({"step_size": 2.5}, ["step_size", "whole number of iterations", "2.5", "round()"]),
    ({"step_size": float("nan")}, ["step_size", "finite", "nan"]),
    ({"step_size": float("inf")}, ["step_size", "finite", "inf"]),
    ({"step_size": True}, ["step_size", "a number", "True"]),
    ({"step_size": "4"}, ["step_size", "a number", "'4'"]),
    ({"step_size": None}, ["step_size", "a number", "None"]),
    ({"step_size": cycles.LONGEST_STEP + 1}, ["step_size", "1073741823 or less", "1073741824"]),
    ({"step_size_down": 0}, ["step_size_down", "1 or more", "it is 0"]),
    ({"step_size_down": 2.5}, ["step_size_down", "whole number", "2.5"]),
    ({"start_lr_policy": -1}, ["start_lr_policy", "0 or more", "it is -1"]),
    ({"start_lr_policy": 0.5}, ["start_lr_policy", "whole number", "0.5"]),
]


@each_policy
@pytest.mark.parametrize(("bad", "parts"), BAD_CYCLES, ids=str)
def test_bad_cycles_are_refused_by_every_policy(name, own, bad, parts):
    settings = {"base_lr": 0.1, "max_lr": 0.5, "step_size": 4, **own, **bad}
    for call in (policy(name), lambda n, **s: policies.named_policy(name, **s)):
        with pytest.raises((TypeError, ValueError)) as error:
            call(0, **settings)
        for part in parts:
            assert part in str(error.value)


BAD_SETTINGS = [
    ({"gamma": 0}, ["gamma", "greater than 0", "it is 0"]),
    ({"gamma": -0.5}, ["gamma", "greater than 0", "it is -0.5"]),
    ({"gamma": 1.0000001}, ["gamma", "1 or less", "it is 1.0000001"]),
    ({"gamma": float("nan")}, ["gamma", "finite", "nan"]),
    ({"gamma": "0.9"}, ["gamma", "a number", "'0.9'"]),
    ({"gamma": None}, ["gamma", "a number", "None"]),
    ({"gamma": True}, ["gamma", "a number", "True"]),
    ({"decay": "both"}, ["decay", "'amplitude', 'bounds'", "'both'"]),
    ({"decay": None}, ["decay", "'amplitude', 'bounds'", "None"]),
]


@pytest.mark.parametrize(("bad", "parts"), BAD_SETTINGS, ids=str)
def test_exp_range_refuses_bad_settings(bad, parts):
    for call in (lambda **s: exp_range(0, 0.1, 0.5, 4, **s), named_triangular):
        with pytest.raises((TypeError, ValueError)) as error:
            call(**{"gamma": 0.9, **bad})
        for part in parts:
            assert part in str(error.value)


def named_triangular(**settings):
    return policies.named_policy("triangular", 0.1, 0.5, 4, **settings)


@pytest.mark.parametrize(
    ("bad", "parts"),
    [
        ({"scale_fn": 0.5}, ["scale_fn", "a function", "0.5"]),
        ({"scale_mode": "epoch"}, ["scale_mode", "'cycle', 'iterations'", "'epoch'"]),
        ({"scale_mode": None}, ["scale_mode", "'cycle', 'iterations'", "None"]),
    ],
    ids=str,
)
def test_a_custom_scale_is_checked(bad, parts):
    for call in (lambda **s: custom_policy(0, 0.1, 0.5, 4, **s), named_triangular):
        with pytest.raises((TypeError, ValueError)) as error:
            call(**{"scale_fn": np.sqrt, **bad})
        for part in parts:
            assert part in str(error.value)


@pytest.mark.parametrize("name", ["", "Triangular", "cosine", None, 1, ["hann"]])
def test_unknown_policies_are_refused_with_the_list(name):
    with pytest.raises(ValueError, match="policy must be one of 'triangular', 'triangular2'") as error:
        policies.named_policy(name, 0.1, 0.5, 4)
    assert repr(name) in str(error.value)


@each_policy
def test_a_policy_by_name_is_the_policy(name, own):
    at = np.arange(40)
    settings = {"base_lr": 0.1, "max_lr": 0.5, "step_size": 3, "step_size_down": 4, "start_lr_policy": 2, **own}
    assert policies.named_policy(name, **settings)(at).tolist() == policy(name)(at, **settings).tolist()
