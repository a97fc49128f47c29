"""The mathematics of the learning-rate range test: its sweep, its smoothing, and what its curves suggest."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d

from clr_utils import arguments

SWEEPS = ("linear", "log")
METHODS = ("smith", "steepest", "valley", "minimum/10")
# Fewer updates show no curve.
SHORTEST = 20
# A rise below this share of the curve's first value, or below this many times the noise of a batch, says nothing.
FLAT, NOISE = 0.01, 2.5
# "smith": the shares of the accuracy's rise at which it has started, and slowed.
STARTED, SLOWED = 0.1, 0.95
SMOOTHING, NARROWEST = 0.03, 2


class NoSuggestionError(ValueError):
    """A range test's curve does not support a suggestion; the message says why, and what to try."""


class Suggestion(NamedTuple):
    """Bounds for a cyclical policy, as learning rates; `note` says which of them is a limit of the sweep, if any."""

    base_lr: float
    max_lr: float
    method: str
    note: str = ""


def sweep_rates(min_lr, max_lr, steps, sweep="log"):
    """The learning rates of a range test, one an update.

    With i = 0, ..., steps - 1 and u = i / (steps - 1):
    linear (Smith 2017, 3.3): min_lr + (max_lr - min_lr) * u;  log: min_lr * (max_lr / min_lr) ** u.

    Args:
        min_lr, max_lr: First and last rate, 0 < min_lr < max_lr. A linear sweep may start at 0.
        steps: Number of updates, 2 or more.
        sweep: "linear" or "log".

    Returns:
        Float array of shape (steps,); the last entry is exactly max_lr.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed.
    """
    arguments.one_of("sweep", sweep, SWEEPS)
    limits = {"minimum": 0} if sweep == "linear" else {"above": 0}
    min_lr = arguments.number("min_lr", min_lr, **limits)
    max_lr = arguments.number("max_lr", max_lr, above=0)
    if not max_lr > min_lr:
        raise ValueError(f"max_lr ({max_lr}) must be greater than min_lr ({min_lr}); did you swap them?")
    share = np.arange(steps := arguments.whole("steps", steps, minimum=2, unit="updates")) / (steps - 1)
    rates = min_lr + (max_lr - min_lr) * share if sweep == "linear" else min_lr * (max_lr / min_lr) ** share
    rates[-1] = max_lr
    return rates


def smooth(values, beta):
    """Exponentially weighted mean with bias correction.

    m[n] = beta * m[n-1] + (1 - beta) * values[n], and m[n] / (1 - beta ** n) with n from 1 (Kingma and Ba 2015,
    section 3). It looks back only, so it lags behind a rising or falling curve by about beta / (1 - beta) entries.

    Args:
        values: Numbers, shape (n,).
        beta: Weight of the past, 0 <= beta < 1; 0 changes nothing.

    Returns:
        Float array of shape (n,).
    """
    beta = arguments.number("beta", beta, minimum=0)
    if beta >= 1:
        raise ValueError(f"beta must be less than 1; it is {beta}")
    mean, smoothed = 0.0, np.empty(len(values))
    for n, value in enumerate(values, 1):
        mean = beta * mean + (1 - beta) * value
        smoothed[n - 1] = mean / (1 - beta**n)
    return smoothed


def level(values, smoothing=SMOOTHING):
    """The course of a noisy curve: its mean with Gaussian weights, which look to both sides and so do not lag.

    Args:
        values: Finite numbers, shape (n,).
        smoothing: Standard deviation of the weights as a share of the curve; 2 updates at least. 0 changes nothing.

    Returns:
        Float array of shape (n,).
    """
    smoothing = arguments.number("smoothing", smoothing, minimum=0, maximum=1)
    values = np.asarray(values, dtype=float)
    return gaussian_filter1d(values, max(NARROWEST, smoothing * len(values))) if smoothing else values


def loss_level(losses, smoothing=SMOOTHING):
    """The `level` of a loss that may diverge at its end.

    How far it then goes says nothing, and would pull up its neighbours: above its start it is cut off where it has
    risen by as much as it fell before.
    """
    start = start_of(losses)
    fall = max(start - np.min(level(losses, smoothing)), 0)
    return level(np.minimum(losses, start + fall), smoothing)


def start_of(values):
    """Where a curve starts: the median of its first twentieth, of 3 entries at least."""
    return float(np.median(values[: max(3, len(values) // 20)]))


def suggest(learning_rates, losses, accuracy=None, method="smith", *, ratio=None, smoothing=SMOOTHING):
    """Read bounds for a cyclical policy from the curves of a range test.

    All methods read the smoothed curve (`level`) and rates on a log scale. max_lr is
    "smith": where the accuracy has made 95 % of its rise, or falls back by a tenth of it before (Smith 2017, 3.3:
    where it "slows, becomes ragged, or starts to fall"; the two thresholds are ours);
    "steepest": where the loss falls fastest with respect to the logarithm of the rate;
    "valley": the middle of the longest falling sequence of the loss;
    "minimum/10": a tenth of the rate at which the loss is lowest.
    base_lr is max_lr / ratio (Smith's rule of thumb: 3 or 4). Without a ratio it is max_lr / 4, save for "smith",
    which takes the rate at which the accuracy has made a tenth of its rise.

    Args:
        learning_rates, losses: One entry an update, rates rising; entries after the first loss that is not finite
            are left out.
        accuracy: As long, for "smith": any score that grows as training gets better. NaN where it was not measured.
        method: "smith", "steepest", "valley" or "minimum/10".
        ratio: max_lr / base_lr, above 1.
        smoothing: As for `level`.

    Returns:
        A `Suggestion`.

    Raises:
        NoSuggestionError: The curve is too short, flat or all noise, or has its minimum at the sweep's last rate.
        TypeError, ValueError: An argument is outside what is allowed.
    """
    arguments.one_of("method", method, METHODS)
    if ratio is not None:
        ratio = arguments.number("ratio", ratio, above=1)
    if method == "smith" and accuracy is None:
        raise ValueError('the method "smith" reads an accuracy: compile the model with metrics=["accuracy"]')
    rates, losses = np.asarray(learning_rates, float), np.asarray(losses, float)
    finite = int(np.argmin(np.append(np.isfinite(losses), False)))
    curve = np.asarray(accuracy, float)[:finite] if method == "smith" else -losses[:finite]
    measured = np.isfinite(curve) & (rates[:finite] > 0)
    rates, curve = rates[:finite][measured], curve[measured]
    if len(rates) < SHORTEST:
        raise NoSuggestionError(
            f"the curve is too short: {len(rates)} usable updates, {SHORTEST} are needed; raise steps"
            + (f", or lower max_lr: the loss was not finite after {finite} updates" if finite < len(losses) else "")
        )
    start = start_of(curve)
    heights = level(curve, smoothing) if method == "smith" else -loss_level(-curve, smoothing)
    _refuse_without_rise(curve, heights, start, "accuracy" if method == "smith" else "loss")
    return _READERS[method](rates, heights, start, ratio)


def _refuse_without_rise(curve, heights, start, name):
    rise = heights.max() - start
    if rise <= FLAT * abs(start):
        raise NoSuggestionError(
            f"the curve is flat: the {name} gains {max(rise, 0):.2g} on {abs(start):.3g}; raise max_lr, or check that "
            "the model can learn from these data"
        )
    # Differences of neighbours show the noise alone; their median is not moved by a divergence at the end.
    noise = np.median(np.abs(np.diff(curve))) / 0.954
    if rise < NOISE * noise:
        raise NoSuggestionError(
            f"the curve is all noise: the {name} gains {rise:.2g}, and neighbouring updates differ by {noise:.2g}; "
            "use larger or stratified batches, more steps, or validation data"
        )


def _smith(rates, heights, start, ratio):
    rise = heights.max() - start
    falls = np.maximum.accumulate(heights) - heights > STARTED * rise
    ends = (heights >= start + SLOWED * rise) | (falls & (heights > start + rise / 2))
    top = int(np.argmax(ends))
    below = np.flatnonzero(heights[: top + 1] <= start + STARTED * rise)
    foot = int(below[-1]) if len(below) else 0
    if ratio is None and foot == top:
        raise NoSuggestionError("the accuracy starts to rise and stops at the same rate; use more steps")
    notes = []
    if ratio is None and foot == 0:
        notes.append("the accuracy rises from the first rate on: base_lr is the sweep's first rate; lower min_lr")
    if top >= len(rates) - 1 - len(rates) // 50:
        notes.append("the accuracy still rises at the last rate: max_lr is the sweep's last rate; raise max_lr")
    return Suggestion(rates[top] / ratio if ratio else rates[foot], rates[top], "smith", "; ".join(notes))


def _steepest(rates, heights, start, ratio):
    lowest = max(int(np.argmax(heights)), 2)
    slope = np.gradient(heights[: lowest + 1], np.log(rates[: lowest + 1]))
    # The ends of the curve are smoothed from one side only.
    margin = min(len(rates) // 20, lowest // 3)
    place = margin + int(np.argmax(slope[margin : lowest + 1 - margin]))
    note = ""
    if place >= len(rates) - 1 - len(rates) // 20:
        note = "the loss falls fastest at the end of the sweep: raise max_lr"
    return _with_base(rates[place], ratio, "steepest", note)


def _valley(rates, heights, start, ratio):
    first, last = _longest_rise(heights)
    note = "the loss still falls at the last rate: raise max_lr" if last == len(rates) - 1 else ""
    return _with_base(np.sqrt(rates[first] * rates[last]), ratio, "valley", note)


def _minimum(rates, heights, start, ratio):
    lowest = int(np.argmax(heights))
    if lowest >= len(rates) - 1 - len(rates) // 50:
        raise NoSuggestionError(
            f"the loss is lowest at the last rate, {rates[-1]:.3g}: the sweep ends before its minimum; raise max_lr"
        )
    return _with_base(rates[lowest] / 10, ratio, "minimum/10", "")


def _with_base(max_lr, ratio, method, note):
    return Suggestion(float(max_lr) / (ratio or 4), float(max_lr), method, note)


def _longest_rise(heights):
    """First and last index of the longest increasing subsequence (patience sorting)."""
    tails, previous = [], []
    for index, height in enumerate(heights):
        pile = int(np.searchsorted([heights[tail] for tail in tails], height))
        previous.append(tails[pile - 1] if pile else index)
        tails[pile : pile + 1] = [index]
    first = last = tails[-1]
    while previous[first] != first:
        first = previous[first]
    return first, last


_READERS = {"smith": _smith, "steepest": _steepest, "valley": _valley, "minimum/10": _minimum}
