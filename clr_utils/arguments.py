"""Checks of arguments: each returns the checked value, or says what was wrong and how to mend it."""

import math
from numbers import Integral, Real


def number(name, value, *, minimum=None, above=None, maximum=None):
    """A finite real number within the stated limits, as a float.

    Raises:
        TypeError: `value` is not a real number.
        ValueError: It is NaN, infinite, or outside the limits.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number; it is {value!r} ({type(value).__name__})")
    value = float(value)
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number; it is {value}")
    if minimum is not None and value < minimum:
        raise ValueError(f"{name} must be {minimum} or more; it is {value}")
    if above is not None and value <= above:
        raise ValueError(f"{name} must be greater than {above}; it is {value}")
    if maximum is not None and value > maximum:
        raise ValueError(f"{name} must be {maximum} or less; it is {value}")
    return value


def whole(name, value, *, minimum=1, maximum=None, unit="iterations"):
    """A whole number within the stated limits, as an int; `2000.0` is accepted.

    Raises:
        TypeError: `value` is not a real number.
        ValueError: It is NaN, infinite, fractional, or outside the limits.
    """
    exact = value if isinstance(value, Integral) and not isinstance(value, bool) else number(name, value)
    if exact != int(exact):
        raise ValueError(
            f"{name} must be a whole number of {unit}; it is {value!r}. Round it, for example with round()"
        )
    if exact < minimum:
        raise ValueError(f"{name} must be a whole number of {unit}, {minimum} or more; it is {value!r}")
    if maximum is not None and exact > maximum:
        raise ValueError(f"{name} must be a whole number of {unit}, {maximum} or less; it is {value!r}")
    return int(exact)


def bounds(base_lr, max_lr):
    """The two bounds of a cycle as floats, 0 <= base_lr < max_lr.

    Raises:
        TypeError: A bound is not a real number.
        ValueError: A bound is negative, NaN or infinite, or max_lr is not the greater one.
    """
    base_lr = number("base_lr", base_lr, minimum=0)
    max_lr = number("max_lr", max_lr, minimum=0)
    if not max_lr > base_lr:
        hint = "did you swap them?" if max_lr < base_lr else "for a constant rate use `fixed`, or a plain number"
        raise ValueError(f"max_lr ({max_lr}) must be greater than base_lr ({base_lr}); {hint}")
    return base_lr, max_lr


def one_of(name, value, allowed):
    """`value` when it is one of the strings `allowed`.

    Raises:
        ValueError: It is not; the message lists what is allowed.
    """
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}; it is {value!r}")
    return value
