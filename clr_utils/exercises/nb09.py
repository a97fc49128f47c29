"""Self-checks of notebook 09."""

import numpy as np

from clr_utils.exercises import NotYet, answered, returned
from clr_utils.policies import triangular
from clr_utils.restarts import one_cycle

UPDATES, BASE_LR, MAX_LR, STEP_SIZE, FINAL_LR = 1_000, 0.02, 0.2, 400, 0.0002
HINTS = {
    "max_lr": "the peak of the triangle",
    "base_lr": "where the triangle begins",
    "step_size": "how many updates the triangle takes to climb",
    "total": "how many updates the whole training has",
    "final_lr": "a hundredth of the rate with which it began",
}
RIGHT = {"max_lr": MAX_LR, "base_lr": BASE_LR, "step_size": STEP_SIZE, "total": UPDATES, "final_lr": FINAL_LR}
# Learning rates, momenta, what they are, and whether the momentum moves against the rate.
RECORDS = (
    ("the rate rises and falls, and the momentum falls and rises", [1, 2, 3, 2, 1], [0.9, 0.8, 0.7, 0.8, 0.9], True),
    ("both rise and fall together", [1, 2, 3, 2, 1], [0.7, 0.8, 0.9, 0.8, 0.7], False),
    ("the rate moves and the momentum never changes", [1, 2, 3, 2, 1], [0.9] * 5, False),
    ("the momentum follows in the fall alone", [1, 2, 3, 2, 1], [0.9, 0.8, 0.7, 0.6, 0.5], False),
    ("the momentum stays at its end while the rate falls on", [1, 3, 2, 1, 0.5], [0.9, 0.7, 0.8, 0.9, 0.9], True),
    ("both fall in the last update", [1, 2, 3, 2, 1], [0.9, 0.8, 0.7, 0.8, 0.75], False),
)
TASKS = {"wolves": "tenth", "sounds": "full", "again": "full"}
CHOICES = ("full", "tenth", "not matter")
THINK = {
    "wolves": "what do layers that know dogs and cats know of wolves, and how fast would 80 photographs change it?",
    "sounds": "the pictures are new to these layers, and there are enough to learn from: what would a tenth cost?",
    "again": "a tenth of the rate protects what layers know, and slows them down; what do these know?",
}


def check_my_one_cycle(my_one_cycle):
    """`my_one_cycle()`: the arguments that turn a triangle into the published 1cycle."""
    answer = returned(my_one_cycle(), "my_one_cycle", "the arguments as a dict")
    if not isinstance(answer, dict):
        raise NotYet(f"my_one_cycle must return a dict of arguments; it returned a {type(answer).__name__}")
    for name, hint in HINTS.items():
        if (given := answer.get(name)) is None or given is ...:
            raise NotYet(f"{name} is missing: put there {hint}")
    try:
        rates = one_cycle(np.arange(UPDATES), **answer)
    except (TypeError, ValueError) as error:
        raise NotYet(f"one_cycle refuses these arguments: {error}") from error
    wrong = [name for name, right in RIGHT.items() if not np.isclose(answer[name], right)]
    if wrong:
        raise NotYet(f"{wrong[0]} is {answer[wrong[0]]}: is that {HINTS[wrong[0]]}?")
    triangle = triangular(np.arange(2 * STEP_SIZE), BASE_LR, MAX_LR, STEP_SIZE)
    if not np.allclose(rates[: 2 * STEP_SIZE], triangle):
        raise NotYet("the first 800 rates are not those of the triangle: leave phases at 3 and shape at 'linear'")


def check_moves_against(moves_against):
    """`moves_against(learning_rates, momenta)`: whether the momentum moved against the rate."""
    for what, rates, momenta, right in RECORDS:
        answer = returned(moves_against(np.array(rates, float), np.array(momenta)), "moves_against", "True or False")
        if not isinstance(answer, bool | np.bool_):
            raise NotYet(f"moves_against must return True or False; where {what}, it returned {answer!r}")
        if answer != right:
            raise NotYet(f"where {what}, you returned {bool(answer)}; the rates are {rates}, the momenta {momenta}")


def check_early_rates(early_rates):
    """`early_rates()`: for each of three tasks the rate of the early layers."""
    answers = answered(early_rates(), "early_rates", TASKS.keys())
    for task, right in TASKS.items():
        answer = answers[task]
        if not isinstance(answer, str) or answer not in CHOICES:
            given = "the dots are still there" if answer is ... else f"it is {answer!r}"
            raise NotYet(f"{task}: choose one of {', '.join(map(repr, CHOICES))}; {given}")
        if answer != right:
            raise NotYet(f"{task}: think of this: {THINK[task]}")
