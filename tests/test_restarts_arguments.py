"""What warm-ups, restarts, single cycles and momentum refuse, as functions and as schedules."""

from functools import partial

import pytest

import clr_utils
from clr_utils import (
    PolicySchedule,
    cosine,
    inverse_sqrt,
    joined,
    mirrored,
    one_cycle,
    one_cycle_momentum,
    polynomial,
    sgdr,
    warmed_up,
    warmup_stable_decay,
)
from clr_utils.restarts import LONGEST
from restart_cases import EACH, FALL

BAD = [
    (cosine, {"max_lr": 0.01, "total": 9, "min_lr": 0.1}, ["max_lr (0.01)", "min_lr (0.1)", "swap"]),
    (cosine, {"max_lr": 0.1, "total": 0}, ["total", "1 or more", "it is 0"]),
    (cosine, {"max_lr": 0.1, "total": 2**31}, ["total", "2147483647 or less"]),
    (polynomial, {"max_lr": 0.1, "total": 9, "power": 0}, ["power", "greater than 0"]),
    (inverse_sqrt, {"max_lr": -1, "warmup": 9}, ["max_lr", "0 or more", "-1"]),
    (inverse_sqrt, {"max_lr": 1, "warmup": 0}, ["warmup", "1 or more", "it is 0"]),
    (sgdr, {"max_lr": 1, "period": 2.5}, ["period", "whole number of iterations", "2.5", "round()"]),
    (sgdr, {"max_lr": 1, "period": 2, "multiplier": 1.5}, ["multiplier", "whole number", "1.5"]),
    (sgdr, {"max_lr": 1, "period": 2, "multiplier": 0}, ["multiplier", "1 or more", "0"]),
    (sgdr, {"max_lr": 1, "period": 2, "peak_decay": 1.1}, ["peak_decay", "1 or less", "1.1"]),
    (sgdr, {"max_lr": 1, "period": 2, "peak_decay": 0}, ["peak_decay", "greater than 0"]),
    (sgdr, {"max_lr": 1, "period": 2, "cycles": 0}, ["cycles", "whole number of cycles", "it is 0"]),
    (one_cycle, {"max_lr": 0.1, "total": 9, "base_lr": 0.2}, ["max_lr (0.1)", "base_lr (0.2)", "swap"]),
    (one_cycle, {"max_lr": 0.1, "total": 9, "final_lr": 0.01}, ["final_lr", "0.004 or less", "0.01"]),
    (one_cycle, {"max_lr": 0.1, "total": 9, "step_size": 9}, ["step_size (9)", "2 phases", "total (9)", "exceed 9"]),
    (one_cycle, {"max_lr": 0.1, "total": 8, "step_size": 4, "phases": 3}, ["step_size (4)", "3 phases", "exceed 8"]),
    (one_cycle, {"max_lr": 0.1, "total": 1}, ["step_size (1)", "total (1)"]),
    (one_cycle, {"max_lr": 0.1, "total": 9, "phases": 4}, ["phases", "2, 3", "it is 4"]),
    (one_cycle, {"max_lr": 0.1, "total": 9, "shape": "1-sqrt"}, ["shape", "'linear', 'cosine'", "'1-sqrt'"]),
    (
        warmup_stable_decay,
        {"max_lr": 1, "total": 9, "warmup": 4, "cooldown": 5},
        ["total (9)", "warmup (4)", "cooldown (5)"],
    ),
    (warmup_stable_decay, {"max_lr": 1, "total": 9, "warmup": -1, "cooldown": 5}, ["warmup", "0 or more", "-1"]),
    (warmup_stable_decay, {"max_lr": 1, "total": 9, "warmup": 1, "cooldown": 0}, ["cooldown", "1 or more", "it is 0"]),
    (
        warmup_stable_decay,
        {"max_lr": 1, "total": 9, "warmup": 1, "cooldown": 5, "shape": "sqrt"},
        ["shape", "'linear', 'cosine', '1-sqrt'", "'sqrt'"],
    ),
    (warmed_up, {"policy": 0.1, "warmup": 5}, ["policy", "function from the iteration to the rate", "0.1"]),
    (warmed_up, {"policy": FALL, "warmup": 0.5}, ["warmup", "whole number of iterations", "0.5"]),
    (warmed_up, {"policy": FALL, "warmup": 5, "start_lr": -0.1}, ["start_lr", "0 or more", "-0.1"]),
    (mirrored, {"policy": 0.1, "base_lr": 0.1, "max_lr": 1}, ["policy", "function from the iteration to the rate"]),
    (mirrored, {"policy": FALL, "base_lr": 1, "max_lr": 0.1}, ["max_lr (0.1)", "base_lr (1.0)", "swap"]),
    (one_cycle_momentum, {"total": 9, "base_momentum": 0.97}, ["max_momentum (0.95)", "base_momentum (0.97)", "swap"]),
    (
        one_cycle_momentum,
        {"total": 9, "base_momentum": 0.95},
        ["max_momentum (0.95)", "a constant momentum", "`fixed`"],
    ),
    (one_cycle_momentum, {"total": 9, "max_momentum": 95}, ["max_momentum", "1 or less", "95"]),
    (one_cycle_momentum, {"total": 9, "base_momentum": -0.1}, ["base_momentum", "0 or more", "-0.1"]),
    (one_cycle_momentum, {"total": 8, "step_size": 4, "phases": 3}, ["step_size (4)", "3 phases", "exceed 8"]),
    (joined, {"parts": [(500, 0.1)]}, ['PolicySchedule("fixed", lr=0.1)', "it is 0.1"]),
    (warmed_up, {"policy": "cosine", "warmup": 5}, ['PolicySchedule("cosine", max_lr=0.1, total=1000)', "'cosine'"]),
    (joined, {"parts": []}, ["parts", "pairs (length, policy)", "[]"]),
    (joined, {"parts": FALL}, ["parts", "pairs (length, policy)"]),
    (joined, {"parts": [(3, FALL), FALL]}, ["parts[1]", "pair (length, policy)"]),
    (joined, {"parts": [(3, FALL), (FALL, 3)]}, ["parts[1][0]", "a number"]),
    (joined, {"parts": [(0, FALL)]}, ["parts[0][0]", "1 or more"]),
    (joined, {"parts": [(3, 0.1)]}, ["parts[0][1]", "function from the iteration to the rate", "0.1"]),
    (joined, {"parts": [(LONGEST, FALL), (1, FALL)]}, ["parts", "2147483647 iterations or less", "2147483648"]),
]


@pytest.mark.parametrize(("function", "settings", "parts"), BAD)
def test_bad_arguments_are_named_by_function_and_schedule(function, settings, parts):
    for call in (partial(function, 0), partial(PolicySchedule, function.__name__)):
        with pytest.raises((TypeError, ValueError)) as error:
            call(**settings)
        for part in parts:
            assert part in str(error.value)


@pytest.mark.parametrize("name", ["cosine", "sgdr", "warmed_up", "joined"])
@pytest.mark.parametrize("iteration", [-1, [0, -1], float("nan")])
def test_negative_iterations_are_refused(name, iteration):
    with pytest.raises(ValueError, match="iteration must be 0 or more"):
        getattr(clr_utils, name)(iteration, **dict(EACH)[name])
