"""Self-checks of notebook 04."""

import math
import warnings

from clr_utils.exercises import NotYet, returned

UPDATES = 300


def check_difference_interval(difference_interval):
    """`difference_interval(errors_a, errors_b, n)`: the 95 % interval of a difference of two error rates, in points."""
    for errors_a, errors_b, n in ((191, 164, 10_000), (164, 191, 10_000), (80, 80, 1_000)):
        answer = returned(
            difference_interval(errors_a, errors_b, n), "difference_interval", "two numbers, low and high"
        )
        case = f"{errors_a} against {errors_b} errors of {n:,}"
        try:
            low, high = (float(bound) for bound in answer)
        except (TypeError, ValueError):
            raise NotYet(f"for {case} it returned {answer!r}; it should return two numbers, low and high") from None
        _compare(case, low, high, errors_a, errors_b, n)


def _compare(case, low, high, errors_a, errors_b, n):
    a, b = errors_a / n, errors_b / n
    middle = 100 * (b - a)
    half = 196 * math.sqrt((a * (1 - a) + b * (1 - b)) / n)
    if not low < high:
        raise NotYet(f"for {case} low ({low:.3g}) is not below high ({high:.3g})")
    found, width = (low + high) / 2, (high - low) / 2
    if abs(found - middle) > 0.005:
        if abs(found + middle) <= 0.005:
            raise NotYet(f"for {case} the sign is turned round: the interval is for b minus a")
        if abs(found - middle / 100) <= 0.005:
            raise NotYet(f"for {case} the middle is {found:.3g}: is it in percentage points?")
        raise NotYet(
            f"for {case} the middle of the interval is {found:.3g}, which is not b minus a in percentage points"
        )
    if abs(width / half - 1) > 0.03:
        only_one = 196 * math.sqrt(b * (1 - b) / n)
        hint = "too narrow" if width < half else "too wide"
        if abs(width / only_one - 1) < 0.03:
            hint += ": both counts vary, not one of them"
        elif abs(width / half - 1 / 1.96) < 0.03:
            hint += ": that is one standard error to each side"
        elif abs(width / half / math.sqrt(n) - 1) < 0.03:
            hint += ": that is the spread of a single digit; a rate over n digits varies less"
        else:
            hint += ": variances of independent counts add up, standard errors do not; 95 % takes 1.96 of them"
        raise NotYet(f"for {case} the middle is right and the interval is {hint}")


def check_three_cycles(make_callback):
    """`make_callback()`: a CyclicLR that makes three whole cycles in 300 updates, between 0.001 and 0.006."""
    import keras
    import numpy as np

    from clr_utils.callbacks import CyclicLR

    if not callable(make_callback):
        raise NotYet("three_cycles must stay a function: return the callback from it")
    callback = returned(make_callback(), "three_cycles", "a CyclicLR")
    if not isinstance(callback, CyclicLR):
        found = getattr(callback, "__name__", type(callback).__name__)
        raise NotYet(f"three_cycles must return a callback, CyclicLR(...); it returned {found}")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(), "mean_squared_error")
    nothing = np.zeros((UPDATES, 1))
    with warnings.catch_warnings(action="ignore"):
        model.fit(nothing, nothing, batch_size=1, verbose=0, callbacks=[callback])
    rates = np.array(callback.history["lr"])
    peaks = np.flatnonzero((rates[1:-1] > rates[:-2]) & (rates[1:-1] > rates[2:])) + 1
    if len(peaks) != 3:
        raise NotYet(
            f"peaks of the rate in {UPDATES} updates: {len(peaks)}; three are asked for. step_size is one climb, "
            "and a cycle is a climb and a fall"
        )
    if not np.allclose(rates[peaks], 0.006) or not math.isclose(rates.min(), 0.001):
        raise NotYet(
            f"the rate runs from {rates.min():.4g} to peaks of {np.unique(rates[peaks].round(6)).tolist()}; "
            "it should run from 0.001 to 0.006 each time"
        )
    step = rates[1] - rates[0]
    if rates[-1] > 0.001 + 1.5 * step:
        raise NotYet(f"three peaks, but the last rate is {rates[-1]:.4g}: training ends before the foot of the cycle")
