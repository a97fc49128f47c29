"""Self-checks of the exercises, one file a notebook.

A check, `check_...(answer)`, returns nothing when the answer is right and raises `NotYet` with a hint
when it is not. In a notebook `attempt` runs it and prints, so that Run All never stops.
"""

from numbers import Real

import numpy as np


class NotYet(AssertionError):
    """An exercise's answer is missing or wrong; the message says what to look at."""


def attempt(check, *answer):
    """Run `check(*answer)` and print `correct`, or `not yet:` and what is still wrong."""
    try:
        check(*answer)
    except NotYet as hint:
        print(f"not yet: {hint}")
    except Exception as error:
        print(f"not yet: your code stopped with {type(error).__name__}: {error}")
    else:
        print("correct")


def returned(value, name, wanted):
    """`value`, or a hint where the function `name` returned nothing; `wanted` says in words what it must return."""
    if value is None:
        raise NotYet(f"{name} returned None: replace the dots, and return {wanted}")
    return value


def one_number(value, name):
    """`value` as a float, or a hint where the call `name` did not return one finite number."""
    if value is None:
        raise NotYet(f"{name} returned None: replace the dots by a calculation and return its result")
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if not isinstance(value, Real) or not np.isfinite(value):
        raise NotYet(f"{name} must return one finite number; it returned {value!r}")
    return float(value)


def answered(value, name, keys, wanted="a dict"):
    """`value`, or a hint where the function `name` did not return a dict with these keys."""
    answers = returned(value, name, wanted)
    if not isinstance(answers, dict) or answers.keys() != keys:
        raise NotYet(f"{name} must return a dict with the keys {', '.join(keys)}")
    return answers
