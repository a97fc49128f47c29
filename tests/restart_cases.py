"""Warm-ups, restarts, single cycles and momentum with settings, and their equations, typed anew."""

import math

import keras
import numpy as np
import pytest

from clr_utils import CyclicalLearningRate, PolicySchedule, fixed

CYCLE = CyclicalLearningRate(0.1, 0.5, 4, "hann")
FALL = PolicySchedule("cosine", max_lr=0.4, total=6, min_lr=0.1)
# Every policy with settings, so short that 40 updates see all of it.
EACH = [
    ("cosine", {"max_lr": 0.5, "total": 20, "min_lr": 0.1}),
    ("polynomial", {"max_lr": 0.5, "total": 20, "min_lr": 0.1, "power": 0.9}),
    ("inverse_sqrt", {"max_lr": 0.5, "warmup": 7}),
    ("sgdr", {"max_lr": 0.5, "period": 7, "min_lr": 0.1, "peak_decay": 0.5}),
    ("sgdr", {"max_lr": 0.5, "period": 5, "multiplier": 2, "cycles": 3}),
    ("sgdr", {"max_lr": 0.5, "period": 3, "multiplier": 3, "peak_decay": 0.8, "min_lr": 0.1}),
    ("one_cycle", {"max_lr": 0.5, "total": 30}),
    ("one_cycle", {"max_lr": 0.5, "total": 30, "base_lr": 0.1, "step_size": 13, "phases": 3, "shape": "linear"}),
    ("warmup_stable_decay", {"max_lr": 0.5, "total": 30, "warmup": 5, "cooldown": 8}),
    ("warmup_stable_decay", {"max_lr": 0.5, "total": 30, "warmup": 0, "cooldown": 29, "shape": "cosine"}),
    ("warmup_stable_decay", {"max_lr": 0.5, "total": 30, "warmup": 4, "cooldown": 9, "shape": "1-sqrt", "min_lr": 0.1}),
    ("warmed_up", {"policy": CYCLE, "warmup": 5, "start_lr": 0.02}),
    ("joined", {"parts": [(3, FALL), (9, CYCLE), (5, PolicySchedule("fixed", lr=0.2))]}),
    ("mirrored", {"policy": CYCLE, "base_lr": 0.2, "max_lr": 0.45}),
    ("mirrored", {"policy": FALL, "base_lr": 0.0, "max_lr": 0.4, "base_momentum": 0.2, "max_momentum": 0.9}),
    ("one_cycle_momentum", {"total": 30}),
    (
        "one_cycle_momentum",
        {"total": 30, "base_momentum": 0, "max_momentum": 1, "step_size": 13, "phases": 3, "shape": "linear"},
    ),
    ("fixed", {"lr": 0.1}),
    ("linear_decay", {"base_lr": 0.1, "max_lr": 0.5, "step_size": 9}),
    ("exp_decay", {"lr": 0.1, "gamma": 0.9}),
    ("time_decay", {"lr": 0.1, "decay": 0.5}),
]
each = pytest.mark.parametrize(("name", "settings"), EACH, ids=[f"{name}-{k}" for k, (name, _) in enumerate(EACH)])
AT = np.arange(41)


# --- the equations ---


def turn(start, end, share, shape):
    """From start to end, of which a share is gone."""
    if shape == "linear":
        return start + (end - start) * share
    return start + (end - start) * (math.sqrt(share) if shape == "1-sqrt" else 0.5 - 0.5 * math.cos(math.pi * share))


def by_hand_sgdr(n, max_lr, period, min_lr=0, multiplier=1, peak_decay=1, cycles=math.inf):
    cycle = 0
    while n >= period:
        n, period, cycle = n - period, period * multiplier, cycle + 1
    height = peak_decay**cycle * 0.5 * (1 + math.cos(math.pi * n / period))
    return min_lr + (max_lr - min_lr) * height * (cycle < cycles)


def by_hand_one_cycle(n, max_lr, total, base_lr=None, step_size=None, final_lr=None, phases=2, shape="cosine"):
    base_lr = max_lr / 25 if base_lr is None else base_lr
    step_size = round(0.3 * total) if step_size is None else step_size
    final_lr = base_lr / 10_000 if final_lr is None else final_lr
    if n <= step_size:
        return turn(base_lr, max_lr, n / step_size, shape)
    if phases == 2:
        return turn(max_lr, final_lr, min(1, (n - step_size) / (total - step_size)), shape)
    if n <= 2 * step_size:
        return turn(max_lr, base_lr, (n - step_size) / step_size, shape)
    return turn(base_lr, final_lr, min(1, (n - 2 * step_size) / (total - 2 * step_size)), shape)


def by_hand_wsd(n, max_lr, total, warmup, cooldown, min_lr=0, shape="linear"):
    if n < warmup:
        return n / warmup * max_lr
    return turn(max_lr, min_lr, min(1, max(0, n - (total - cooldown)) / cooldown), shape)


def by_hand_mirrored(n, policy, base_lr, max_lr, base_momentum=0.85, max_momentum=0.95):
    height = (min(max(policy(n), base_lr), max_lr) - base_lr) / (max_lr - base_lr)
    return max_momentum - (max_momentum - base_momentum) * height


def by_hand_momentum(n, total, base_momentum=0.85, max_momentum=0.95, step_size=None, phases=2, shape="cosine"):
    step_size = round(0.3 * total) if step_size is None else step_size
    down, up = step_size, total - step_size if phases == 2 else step_size
    if n <= down:
        return turn(max_momentum, base_momentum, n / down, shape)
    return turn(base_momentum, max_momentum, min(1, (n - down) / up), shape)


BY_HAND = {
    "cosine": lambda n, max_lr, total, min_lr: turn(max_lr, min_lr, min(n / total, 1), "cosine"),
    "polynomial": lambda n, max_lr, total, min_lr, power: min_lr + (max_lr - min_lr) * (1 - min(n / total, 1)) ** power,
    "inverse_sqrt": lambda n, max_lr, warmup: (
        max_lr * math.sqrt(warmup) * min(n * warmup**-1.5, n**-0.5 if n else math.inf)
    ),
    "sgdr": by_hand_sgdr,
    "one_cycle": by_hand_one_cycle,
    "warmup_stable_decay": by_hand_wsd,
    "warmed_up": lambda n, policy, warmup, start_lr: (
        start_lr + (policy(0) - start_lr) * n / warmup if n < warmup else policy(n - warmup)
    ),
    "mirrored": by_hand_mirrored,
    "one_cycle_momentum": by_hand_momentum,
    "joined": lambda n, parts: FALL(n) if n < 3 else CYCLE(n - 3) if n < 12 else 0.2,
}


@keras.saving.register_keras_serializable(package="tests")
def fixed_1(iteration):
    return fixed(iteration, 1)
