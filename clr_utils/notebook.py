"""What every notebook starts with: the profile, the seed, the figure style; and verdicts that can fail."""

import json
import os
from contextlib import contextmanager
from pathlib import Path

PROFILES = {
    "quick": "data that ships with the project, a reduced scale, under a minute on two cores",
    "paper": "the published scale on the real data sets; hours on a CPU, minutes on a GPU",
}


def setup_notebook():
    """Import Keras, set the figure style, and return the profile's name, "quick" or "paper".

    TensorFlow's start-up messages are kept out of the notebook. The profile is the environment variable CLR_PROFILE,
    by default "quick".

    Raises:
        ValueError: CLR_PROFILE is neither "quick" nor "paper".
    """
    profile = os.environ.get("CLR_PROFILE", "quick")
    if profile not in PROFILES:
        raise ValueError(
            f"the environment variable CLR_PROFILE is {profile!r}; set it to 'quick' or 'paper', or unset it"
        )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import matplotlib.pyplot as plt

    with _no_stderr():
        import keras  # noqa: F401

    plt.style.use(Path(__file__).with_name("clr.mplstyle"))
    print(f"profile {profile}: {PROFILES[profile]}")
    return profile


def notebook_seed():
    """The seed that a notebook's experiments start from: the environment variable CLR_SEED, by default 0.

    Committed outputs use 0; `make calibrate` runs a notebook with the seeds 0 to 19.

    Raises:
        ValueError: CLR_SEED is not a whole number of 0 or more.
    """
    text = os.environ.get("CLR_SEED", "0")
    if not text.isdecimal():
        raise ValueError(f"the environment variable CLR_SEED is {text!r}; set it to a whole number of 0 or more")
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
    if above is None and below is None:
        if not hasattr(value, "__bool__") or value not in (True, False):
            raise TypeError(f"verdict needs True or False, or a number with above= or below=; it got {value!r}")
        margin, detail = (0.0 if value else -1.0), ""
    elif above is not None and below is not None:
        raise TypeError("verdict takes above= or below=, not both; make two verdicts of it")
    else:
        margin = float(value) - above if above is not None else below - float(value)
        side, bound = ("above", above) if above is not None else ("below", below)
        detail = f" (value {float(value):.6g}, needed {side} {bound:g})"
        if path := os.environ.get("CLR_CALIBRATION"):
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps({"claim": claim, "value": float(value), side: bound, "margin": margin}) + "\n")
            return
        margin = margin if margin != 0 else -1.0
    if not margin >= 0:
        raise AssertionError(f"{claim}: False{detail}")
    print(f"{claim}: True")


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
