"""Scales of one's own that can be saved, and a cycle by either form, for the tests of schedules."""

import keras


@keras.saving.register_keras_serializable(package="tests")
def harmonic(cycle):
    return 1 / cycle


@keras.saving.register_keras_serializable(package="tests")
def slow_decline(iteration):
    return 1 / (1 + 0.05 * iteration)


CUSTOM = [
    ("triangular", {"scale_fn": harmonic}),
    ("triangular", {"scale_fn": slow_decline, "scale_mode": "iterations"}),
]
FORMS = ["schedule", "callback"]
CYCLE = {"base_lr": 0.1, "max_lr": 0.5, "step_size": 4}
