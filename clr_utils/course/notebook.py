"""What every notebook starts with: the profile, the seed, the figure style; and verdicts that can fail."""

import gc
import json
import os
from contextlib import contextmanager
from importlib import import_module

import numpy as np

from clr_utils import arguments, places
from clr_utils.course import colab
from clr_utils.devices import chosen_backend

PROFILES = {
    "quick": "data that ships with the project, a reduced scale, under a minute on two cores",
    "paper": "the published scale; runs that are not recorded are trained, for hours on two cores",
}


def setup_notebook(keras=True):
    """Import Keras, set the figure style, and return the profile's name, "quick" or "paper".

    TensorFlow's start-up messages are kept out of the notebook. The profile is the environment variable CLR_PROFILE,
    by default "quick". In Colab it also installs what is missing there (`clr_utils.course.colab`).

    Args:
        keras: False in a notebook that trains nothing: without Keras it starts some seconds sooner.

    Raises:
        ValueError: CLR_PROFILE is neither "quick" nor "paper", or KERAS_BACKEND names none of Keras's backends.
    """
    keras = arguments.flag("keras", keras)
    profile = os.environ.get("CLR_PROFILE", "quick")
    if profile not in PROFILES:
        raise ValueError(
            f"the environment variable CLR_PROFILE is {profile!r}; set it to 'quick' or 'paper', or unset it"
        )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    chosen_backend()
    import matplotlib.pyplot as plt

    if keras:
        with _no_stderr(), _no_garbage_collection():
            import_module("keras")

    plt.style.use(places.STYLE)
    print(f"profile {profile}: {PROFILES[profile]}")
    if colab.in_colab():
        with _no_stderr():
            colab.prepare()
    return profile


def notebook_seed():
    """The seed that a notebook's experiments start from: the environment variable CLR_SEED, by default 0.

    Committed outputs use 0; `make calibrate` runs a notebook with the seeds 0 to 19.

    Raises:
        ValueError: CLR_SEED is not a whole number from 0 to 2**32 - 1, which Keras takes.
    """
    text = os.environ.get("CLR_SEED", "0")
    if not text.isdecimal() or int(text) >= 2**32:
        raise ValueError(
            f"the environment variable CLR_SEED is {text!r}; set it to a whole number of 0 or more, below 2**32"
        )
    return int(text)


def verdict(claim, value, *, above=None, below=None):
    """Assert a claim of a notebook and print it with `True`.

    Args:
        claim: The claim in words, as printed.
        value: True or False; or a number, with exactly one of `above` and `below`.
        above, below: The bound that the number must exceed, or stay under.

    With the environment variable CLR_CALIBRATION set to a file's path, a claim about a number is not
    asserted: its margin is added to that file, one JSON object a line (`make calibrate`).

    Raises:
        AssertionError: The claim does not hold; the message gives the value and the bound.
        TypeError: A number without a bound, with two bounds, or a bound for True or False.
    """
    arguments.text("claim", claim)
    bounds = [
        (side, arguments.number(side, bound))
        for side, bound in (("above", above), ("below", below))
        if bound is not None
    ]
    exact = isinstance(value, bool | np.bool_)
    if len(bounds) != (0 if exact else 1):
        raise TypeError(
            "value must be True or False without a bound, or a number with one of above= and below=; "
            f"it is {value!r} with {len(bounds)} bounds"
        )
    if exact:
        holds, detail = bool(value), ""
    else:
        (side, bound), value = bounds[0], arguments.reals("value", value)
        if value.ndim:
            raise TypeError(f"value must be one number; it has the shape {value.shape}")
        value = float(value)
        margin = value - bound if side == "above" else bound - value
        if path := os.environ.get("CLR_CALIBRATION"):
            _add_to(path, {"claim": claim, "value": value, side: bound, "margin": margin})
            return
        holds, detail = margin > 0, f" (value {value:.6g}, needed {side} {bound:g})"
    if not holds:
        raise AssertionError(f"{claim}: False{detail}")
    print(f"{claim}: True")


def _add_to(path, margin):
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(margin) + "\n")
    except OSError as error:
        raise OSError(
            f"the environment variable CLR_CALIBRATION is {path!r}, which cannot be written ({error.strerror}); name "
            "a file in a folder that is there, or unset it"
        ) from error


@contextmanager
def _no_stderr():
    # TensorFlow's C++ code writes to the file descriptor, past sys.stderr and before its log level counts.
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


@contextmanager
def _no_garbage_collection():
    # Keras's imports make very many objects and no garbage: to look for it among them takes a fifth of their time.
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
