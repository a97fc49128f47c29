"""What the curves of a learning-rate range test suggest as base_lr and max_lr, and when they suggest nothing."""

from typing import NamedTuple

import numpy as np

from clr_utils import arguments
from clr_utils.range_test.curves import SMOOTHING, level, loss_level, start_length, start_of

METHODS = ("smith", "fall", "steepest", "valley", "minimum/10")
# Fewer updates show no curve.
SHORTEST = 20
# A rise below this share of the curve's first value, or below this many times the noise of a batch, says nothing.
FLAT, NOISE = 0.01, 2.5
# "smith": the shares of the accuracy's rise at which it has started, and slowed.
STARTED, SLOWED = 0.1, 0.95


class NoSuggestionError(ValueError):
    """A range test's curve does not support a suggestion; the message says why, and what to try."""


class Suggestion(NamedTuple):
    """Bounds for a cyclical policy, as learning rates; `note` says which of them is a limit of the sweep, if any."""

    base_lr: float
    max_lr: float
    method: str
    note: str = ""


def suggest(learning_rates, losses, accuracy=None, method="smith", *, ratio=None, smoothing=SMOOTHING):
    """Read bounds for a cyclical policy from the curves of a range test.

    All methods read the smoothed curve (`level`) and rates on a log scale. max_lr is
    "smith": where the accuracy has made 95 % of its rise, or falls back by a tenth of it before (Smith 2017, 3.3:
    where it "slows, becomes ragged, or starts to fall"; the two thresholds are ours);
    "fall": where the accuracy has fallen by a tenth of its rise after its highest point: the last of those signs;
    "steepest": where the loss falls fastest with respect to the logarithm of the rate;
    "valley": the middle of the longest falling sequence of the loss;
    "minimum/10": a tenth of the rate at which the loss is lowest.
    base_lr is max_lr / ratio (Smith's rule of thumb: 3 or 4). Without a ratio it is max_lr / 4, save for "smith" and
    "fall", which take the rate at which the accuracy has made a tenth of its rise.

    Args:
        learning_rates, losses: One entry an update, rates rising; entries after the first loss that is not finite
            are left out.
        accuracy: As long, for "smith" and "fall": any score that grows as training gets better; NaN where it was not
            measured.
        method: "smith", "fall", "steepest", "valley" or "minimum/10".
        ratio: max_lr / base_lr, above 1.
        smoothing: As for `level`.

    Returns:
        A `Suggestion`.

    Raises:
        NoSuggestionError: The curve is too short, flat or all noise, or ends before what the method looks for.
        TypeError, ValueError: An argument is outside what is allowed.
    """
    arguments.one_of("method", method, METHODS)
    if ratio is not None:
        ratio = arguments.number("ratio", ratio, above=1)
    by_accuracy = method in ("smith", "fall")
    if by_accuracy and accuracy is None:
        raise ValueError(f'the method "{method}" reads an accuracy: compile the model with metrics=["accuracy"]')
    rates, losses = np.asarray(learning_rates, float), np.asarray(losses, float)
    finite = int(np.argmin(np.append(np.isfinite(losses), False)))
    curve = np.asarray(accuracy, float)[:finite] if by_accuracy else -losses[:finite]
    measured = np.isfinite(curve) & (rates[:finite] > 0)
    rates, curve = rates[:finite][measured], curve[measured]
    if len(rates) < SHORTEST:
        raise NoSuggestionError(
            f"the curve is too short: {len(rates)} usable updates, {SHORTEST} are needed; raise steps"
            + (f", or lower max_lr: the loss was not finite after {finite} updates" if finite < len(losses) else "")
        )
    start = start_of(curve)
    heights = level(curve, smoothing) if by_accuracy else -loss_level(-curve, smoothing)
    _refuse_without_rise(curve, heights, start, "accuracy" if by_accuracy else "loss")
    return _READERS[method](rates, heights, start, ratio)


def _refuse_without_rise(curve, heights, start, name):
    rise = heights.max() - start
    if rise <= FLAT * abs(start):
        raise NoSuggestionError(
            f"the curve is flat: the {name} gains {max(rise, 0):.2g} on {abs(start):.3g}; raise max_lr, or check that "
            "the model can learn from these data"
        )
    if np.argmax(heights) < start_length(heights):
        raise NoSuggestionError(f"the {name} is best at the first rates and gets worse from there: lower min_lr")
    # Differences of neighbours show the noise alone; their median is not moved by a divergence at the end. It is 0
    # where most batches have the same accuracy: there the upper quartile tells more.
    jumps = np.abs(np.diff(curve))
    noise = np.median(jumps) / 0.954
    if name == "accuracy":
        noise = max(noise, np.quantile(jumps, 0.75) / 1.627)
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
    note = ""
    if top >= len(rates) - 1 - len(rates) // 50:
        note = "the accuracy still rises at the last rate: max_lr is the sweep's last rate; raise max_lr"
    return _with_foot(rates, heights, start, top, ratio, "smith", note)


def _fall(rates, heights, start, ratio):
    top = int(np.argmax(heights))
    fallen = np.flatnonzero(heights[top:] < heights[top] - STARTED * (heights[top] - start))
    if not len(fallen):
        raise NoSuggestionError(f"the accuracy does not fall before the last rate, {rates[-1]:.3g}: raise max_lr")
    return _with_foot(rates, heights, start, top + int(fallen[0]), ratio, "fall", "")


def _with_foot(rates, heights, start, end, ratio, method, note):
    """The suggestion whose base_lr is where the accuracy starts to rise."""
    if ratio is not None:
        return Suggestion(float(rates[end] / ratio), float(rates[end]), method, note)
    below = np.flatnonzero(heights[: end + 1] <= start + STARTED * (heights.max() - start))
    foot = int(below[-1]) if len(below) else 0
    if foot == end:
        raise NoSuggestionError("the accuracy starts to rise and stops at the same rate; use more steps")
    if foot < start_length(rates):
        first = "the accuracy rises from the first rates on: base_lr is at the sweep's start; lower min_lr"
        note = "; ".join(filter(None, (first, note)))
    return Suggestion(float(rates[foot]), float(rates[end]), method, note)


def _steepest(rates, heights, start, ratio):
    lowest = max(int(np.argmax(heights)), 2)
    slope = np.gradient(heights[: lowest + 1], np.log(rates[: lowest + 1]))
    # The ends of the curve are smoothed from one side only.
    margin = min(len(rates) // 20, lowest // 3)
    place = margin + int(np.argmax(slope[margin : lowest + 1 - margin]))
    note = ""
    if place >= len(rates) - 1 - len(rates) // 10:
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


_READERS = {"smith": _smith, "fall": _fall, "steepest": _steepest, "valley": _valley, "minimum/10": _minimum}
