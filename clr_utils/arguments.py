"""Checks of arguments: each returns the checked value, or says what was wrong and how to mend it."""

import math
import os
from argparse import ArgumentTypeError
from numbers import Integral, Real

import numpy as np

LARGEST = 2**63 - 1  # what an int64 holds


def number(name, value, *, minimum=None, above=None, maximum=None, below=None):
    """A finite real number within the stated limits, as a float.

    Raises:
        TypeError: `value` is not a real number.
        ValueError: It is NaN, infinite, or outside the limits.
    """
    if isinstance(value, bool | np.timedelta64) or not isinstance(value, Real):
        single = getattr(value, "shape", None) == () and not isinstance(value, np.generic)
        hint = ". Make it a number with float() or int()" if single else ""
        raise TypeError(f"{name} must be a number; it is {value!r} ({type(value).__name__}){hint}")
    try:
        value = float(value)
    except OverflowError:
        raise ValueError(f"{name} must be a number that a float can hold; it is too large") from None
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number; it is {value}")
    if minimum is not None and value < minimum:
        raise ValueError(f"{name} must be {minimum} or more; it is {value}")
    if above is not None and value <= above:
        raise ValueError(f"{name} must be greater than {above}; it is {value}")
    if maximum is not None and value > maximum:
        raise ValueError(f"{name} must be {maximum} or less; it is {value}")
    if below is not None and value >= below:
        raise ValueError(f"{name} must be less than {below}; it is {value}")
    return value


def whole(name, value, *, minimum=1, maximum=LARGEST, unit="iterations"):
    """A whole number within the stated limits, as an int; `2000.0` is accepted.

    Raises:
        TypeError: `value` is not a real number.
        ValueError: It is NaN, infinite, fractional, or outside the limits.
    """
    integral = _integral(value)
    exact = value if integral else number(name, value)
    if exact != int(exact):
        way_out = "Round it, for example with round()"
        if 0 < exact < 1:
            way_out = "If it is a share, multiply it by the whole, and round"
        raise ValueError(f"{name} must be a whole number of {unit}; it is {value!r}. {way_out}")
    if exact < minimum:
        raise ValueError(f"{name} must be a whole number of {unit}, {minimum} or more; it is {value!r}")
    if exact > maximum:
        raise ValueError(f"{name} must be a whole number of {unit}, {maximum} or less; it is {value!r}")
    return int(exact)


def numbers(name, values, *, minimum=None, above=None, maximum=None, bools=False, hint=""):
    """Finite real numbers within the stated limits, one or many, as a float64 array of their shape.

    Args:
        name: The caller's name for them.
        values: A number, or a list, an array, a Series, a tensor of numbers.
        minimum, above, maximum: As for `number`.
        bools: Take True and False for 1 and 0.
        hint: What to think of where a number is not finite.

    Raises:
        TypeError: `values` are no real numbers, such as text, dates, None, complex numbers, a set.
        ValueError: Some are NaN, infinite, masked, or outside the limits, or rows differ in length.
    """
    array = reals(name, values, bools=bools).astype(np.float64)
    for wrong, allowed in (
        (~np.isfinite(array), f"finite numbers{hint and f' ({hint})'}"),
        (minimum is not None and array < minimum, f"{minimum} or more"),
        (above is not None and array <= above, f"greater than {above}"),
        (maximum is not None and array > maximum, f"{maximum} or less"),
    ):
        if count := np.count_nonzero(wrong):
            first = array[np.broadcast_to(wrong, array.shape)][0]
            raise ValueError(f"{name} must be {allowed}; {count} of {array.size} are not, the first is {first}")
    return array


def sample(name, values, *, at_least=1, **limits):
    """A list of finite real numbers as a float64 array, shape (n,).

    Args:
        name, values, **limits: As for `numbers`.
        at_least: The smallest n.

    Raises:
        TypeError, ValueError: As for `numbers`; they are no list, or too few.
    """
    array = numbers(name, values, **limits)
    if array.ndim != 1:
        raise ValueError(f"{name} must be a list of numbers; it has the shape {array.shape}")
    if len(array) < at_least:
        fewest = {1: "one", 2: "two"}.get(at_least, at_least)
        raise ValueError(f"{name} must be {fewest} or more numbers; it has {len(array)}")
    return array


def reals(name, values, *, bools=False):
    """Real numbers, NaN and infinite ones among them, as an array of their shape and type.

    Args, raises: As for `numbers`, which takes finite ones only.
    """
    if masked := np.count_nonzero(np.ma.getmask(values)):
        raise ValueError(f"{name} must be numbers; {masked} of {np.size(values)} are masked: leave them out")
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be numbers in rows of one length; it is {values!r}") from None
    if array.dtype == object and array.ndim:
        # Fractions and large integers, say; what is no number is named with its place.
        each = [number(f"{name}[{', '.join(map(str, place))}]", value) for place, value in np.ndenumerate(array)]
        return np.array(each).reshape(array.shape)
    if not bools and isinstance(values, list | tuple) and array.dtype.kind in "iuf":
        # NumPy takes True for 1 among numbers.
        for place, value in enumerate(values):
            if isinstance(value, bool | np.bool_):
                number(f"{name}[{place}]", value)
    if array.dtype.kind not in ("iufb" if bools else "iuf"):
        first = array.flat[0]
        raise TypeError(f"{name} must be numbers; it holds {first!r} ({type(first).__name__})")
    return array


def bounds(base_lr, max_lr, *, lower="base_lr", upper="max_lr", maximum=None, of="rate"):
    """The two bounds of a cycle as floats, 0 <= base_lr < max_lr; `lower` and `upper` are the caller's names for them.

    Raises:
        TypeError: A bound is not a real number.
        ValueError: A bound is negative, above `maximum`, NaN or infinite, or max_lr is not the greater one.
    """
    base_lr = number(lower, base_lr, minimum=0, maximum=maximum)
    max_lr = number(upper, max_lr, minimum=0, maximum=maximum)
    if not max_lr > base_lr:
        hint = "did you swap them?" if max_lr < base_lr else f"for a constant {of} use `fixed`, or a plain number"
        raise ValueError(f"{upper} ({max_lr}) must be greater than {lower} ({base_lr}); {hint}")
    return base_lr, max_lr


def _integral(value):
    return isinstance(value, Integral) and not isinstance(value, bool | np.timedelta64)


def one_of(name, value, allowed):
    """`value` when it is one of those `allowed`, strings or whole numbers; True is not taken for 1.

    Raises:
        ValueError: It is not; the message lists what is allowed.
    """
    for each in allowed:
        same_kind = isinstance(value, str) if isinstance(each, str) else _integral(value)
        if same_kind and value == each:
            return each
    raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}; it is {value!r}")


def flag(name, value):
    """True or False; text such as "no", which Python takes for True, is refused.

    Raises:
        TypeError: `value` is neither.
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False; it is {value!r} ({type(value).__name__})")
    return bool(value)


def verbosity(value):
    """The argument verbose: 1 or 0, True and False among them.

    Raises:
        ValueError: `value` is none of them, such as the text "no", which Python takes for True.
    """
    if not isinstance(value, Integral | np.bool_) or value not in (0, 1):
        raise ValueError(f"verbose must be 1 or 0; it is {value!r}")
    return int(value)


def policy(name, value):
    """`value` when it can be called as a policy.

    Raises:
        TypeError: It cannot.
    """
    if not callable(value):
        such_as = f'"fixed", lr={value}' if isinstance(value, Real) else '"cosine", max_lr=0.1, total=1000'
        raise TypeError(
            f"{name} must be a function from the iteration to the rate, such as PolicySchedule({such_as}); it is "
            f"{value!r}"
        )
    return value


def text(name, value):
    """`value` when it is text.

    Raises:
        TypeError: It is not.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text; it is {value!r} ({type(value).__name__})")
    return value


def path(name, value):
    """`value` when it is the path of a file or folder.

    Raises:
        TypeError: It is neither text nor a `pathlib.Path`.
    """
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{name} must be a path, as text or pathlib.Path; it is {value!r} ({type(value).__name__})")
    return value


def instance(name, value, kind, hint):
    """`value` when it is a `kind`; `hint` says where one comes from.

    Raises:
        TypeError: It is something else.
    """
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {hint}; it is {value!r} ({type(value).__name__})")
    return value


def typed_count(text, maximum=math.inf):
    """A whole number from 1 to `maximum`, as an int, of what was typed on a command line: a type for argparse."""
    allowed = "of 1 or more" if maximum == math.inf else f"from 1 to {maximum}"
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= maximum):
        raise ArgumentTypeError(f"it must be a whole number {allowed}; it is {text!r}")
    return int(text)
