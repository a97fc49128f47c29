"""What the curves of a learning-rate range test suggest as base_lr and max_lr, and when they suggest nothing."""

from typing import NamedTuple

import numpy as np

from clr_utils import arguments
from clr_utils.range_test.curves import SMOOTHING, loss_level, start_length, start_of
from clr_utils.range_test.names import falls, is_accuracy

METHODS = ("smith", "fall", "steepest", "valley", "minimum/10")
BY_ACCURACY = ("smith", "fall")
# Fewer updates show no curve.
SHORTEST = 20
# A rise below this share of the curve's first value, or below this many times the noise of a batch, says nothing.
FLAT, NOISE = 0.01, 2.5
# The shares of the accuracy's rise at which it has started, and slowed; a fall by the first of them is one.
STARTED, SLOWED = 0.1, 0.95


class NoSuggestionError(ValueError):
    """A range test's curve does not support a suggestion; the message says why, and what to try."""


class Suggestion(NamedTuple):
    """Bounds for a cyclical policy, as learning rates; `note` says what to know of them: a limit of the sweep, or that
    the loss was read for want of an accuracy; "" if nothing.
    """

    base_lr: float
    max_lr: float
    method: str
    note: str = ""


class Curve(NamedTuple):
    """A smoothed curve of a range test, turned so that its heights grow as training gets better.

    `start` is the height at its start; `rates` and `heights` have an entry for each update at which it was measured.
    """

    name: str
    rates: np.ndarray
    heights: np.ndarray
    start: float

    @property
    def better(self):
        """What the recorded curve does as training gets better: "rise" or "fall"."""
        return "fall" if falls(self.name) else "rise"

    @property
    def worse(self):
        """The other one of the two."""
        return "rise" if falls(self.name) else "fall"


def suggest(learning_rates, losses, accuracy=None, method="smith", *, ratio=None, smoothing=SMOOTHING):
    """Read bounds for a cyclical policy from the curves of a range test.

    All methods read the smoothed curve (`level`) and rates on a log scale. max_lr is
    "smith": where the accuracy has made 95 % of its rise, or falls back by a tenth of it before (Smith 2017, 3.3:
    where it "slows, becomes ragged, or starts to fall"; the two thresholds are ours);
    "fall": where the accuracy has fallen by a tenth of its rise after its highest point: the last of those signs;
    "steepest": where the loss falls fastest with respect to the logarithm of the rate; in a regression often less than
    a tenth of the rate that trains best;
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
    name, values = ("accuracy", accuracy) if method in BY_ACCURACY else ("loss", losses)
    if values is None:
        raise ValueError(f'the method "{method}" reads an accuracy: compile the model with metrics=["accuracy"]')
    learning_rates = arguments.sample("learning_rates", learning_rates)
    read_by_it = {"losses": losses} if name == "loss" else {"losses": losses, "accuracy": accuracy}
    for curve, entries in read_by_it.items():
        if (shape := arguments.reals(curve, entries).shape) != learning_rates.shape:
            raise ValueError(
                f"{curve} must have an entry for each of the {len(learning_rates)} learning_rates; its shape is {shape}"
            )
    return read(turned(learning_rates, losses, values, name, smoothing=smoothing), method, ratio)


def chosen(names, method=None, metric=None):
    """The method and the curve that a suggestion is read by, where one or both are not named.

    Args:
        names: The metrics that the test recorded.
        method: None: "smith".
        metric: None: for "smith" and "fall" the first accuracy, that of the validation data first; for the others, and
            where no method is named and no accuracy was recorded, the loss.

    Raises:
        ValueError: The method is unknown, or reads an accuracy and there is none.
    """
    if method is not None:
        arguments.one_of("method", method, METHODS)
    if metric is not None:
        return method or "smith", metric
    accuracies = sorted(filter(is_accuracy, names), key=lambda name: not name.startswith("val_"))
    if accuracies and method in (None, *BY_ACCURACY):
        return method or "smith", accuracies[0]
    if method in BY_ACCURACY:
        named = [*names, "loss"][0]
        raise ValueError(
            f'"{method}" reads an accuracy, and the test recorded {", ".join(["loss", *names])}: compile the model '
            f'with metrics=["accuracy"], name another curve (metric="{named}"), or take a method that reads the loss '
            '("steepest")'
        )
    return method or "smith", "loss"


def turned(learning_rates, losses, values, name, *, smoothing=SMOOTHING):
    """One curve of a range test as a `Curve`, up to the first loss that is not finite.

    Args:
        learning_rates, losses, values: One entry an update; NaN among the values where nothing was measured.
        name: Of the curve; it tells whether it falls as training gets better (`names.falls`), as a loss does.
        smoothing: As for `level`.

    Raises:
        NoSuggestionError: The curve is too short, flat or all noise.
    """
    rates, losses = np.asarray(learning_rates, float), np.asarray(losses, float)
    finite = int(np.argmin(np.append(np.isfinite(losses), False)))
    sign = -1 if falls(name) else 1
    heights = sign * np.asarray(values, float)[:finite]
    measured = np.isfinite(heights) & (rates[:finite] > 0)
    rates, heights = rates[:finite][measured], heights[measured]
    if len(rates) < SHORTEST:
        hint = ""
        if not finite:
            raise NoSuggestionError(
                "the loss was not finite before the first update, so that no rate is to blame: look for NaN and "
                "infinite numbers in the data"
            )
        if finite < len(losses):
            hint = f", or lower max_lr: the loss was not finite after {finite} updates"
        elif 2 * len(rates) < finite:
            hint = f", or measure more often: the {name} was measured at {len(rates)} of {finite} updates"
        raise NoSuggestionError(
            f"the curve is too short: {len(rates)} usable updates, {SHORTEST} are needed; raise steps{hint}"
        )
    smoothed = -loss_level(-heights, smoothing)
    curve = Curve(name, rates, smoothed, start_of(heights))
    _refuse_without_rise(curve, heights)
    return curve


def read(curve, method, ratio=None):
    """The `Suggestion` of a method, as `suggest` describes them, for any `Curve`: what rises there may be any score,
    and what falls any loss or error, turned round where the method speaks of the other kind.
    """
    arguments.one_of("method", method, METHODS)
    if ratio is not None:
        ratio = arguments.number("ratio", ratio, above=1)
    return _READERS[method](curve, ratio)


def comes_down(curve):
    """The rate at which a `Curve` has got worse by a tenth of its rise after its best, or None."""
    place = _end(curve)
    return None if place is None else float(curve.rates[place])


def _end(curve):
    top = int(np.argmax(curve.heights))
    fallen = np.flatnonzero(curve.heights[top:] < curve.heights[top] - STARTED * (curve.heights[top] - curve.start))
    return top + int(fallen[0]) if len(fallen) else None


def _refuse_without_rise(curve, raw):
    rise = curve.heights.max() - curve.start
    if rise <= FLAT * abs(curve.start):
        recorded = 0 - curve.start if falls(curve.name) else curve.start
        raise NoSuggestionError(
            f"the curve is flat: the {curve.name} {curve.better}s by {max(0, rise):.2g} from {recorded:.3g}; raise "
            "max_lr, or check that the model can learn from these data"
        )
    if np.argmax(curve.heights) < start_length(curve.heights):
        raise NoSuggestionError(f"the {curve.name} is best at the first rates and gets worse from there: lower min_lr")
    # Differences of neighbours show the noise alone; their median is not moved by a divergence at the end. It is 0
    # where most batches have the same accuracy: there the upper quartile tells more.
    jumps = np.abs(np.diff(raw))
    noise = np.median(jumps) / 0.954
    if not falls(curve.name):
        noise = max(noise, np.quantile(jumps, 0.75) / 1.627)
    if rise < NOISE * noise:
        raise NoSuggestionError(
            f"the curve is all noise: the {curve.name} {curve.better}s by {rise:.2g}, and neighbouring updates differ "
            f"by {noise:.2g}; use larger or stratified batches, more steps, or validation data"
        )


def _smith(curve, ratio):
    heights = curve.heights
    rise = heights.max() - curve.start
    falls_back = np.maximum.accumulate(heights) - heights > STARTED * rise
    ends = (heights >= curve.start + SLOWED * rise) | (falls_back & (heights > curve.start + rise / 2))
    top = int(np.argmax(ends))
    note = ""
    if top >= len(heights) - 1 - len(heights) // 50:
        note = f"the {curve.name} still {curve.better}s at the last rate: max_lr is the sweep's last rate; raise max_lr"
    return _with_foot(curve, top, ratio, "smith", note)


def _fall(curve, ratio):
    end = _end(curve)
    if end is None:
        raise NoSuggestionError(
            f"the {curve.name} does not {curve.worse} before the last rate, {curve.rates[-1]:.3g}: raise max_lr"
        )
    return _with_foot(curve, end, ratio, "fall", "")


def _with_foot(curve, end, ratio, method, note):
    """The suggestion whose base_lr is where training starts to get better."""
    rates, heights = curve.rates, curve.heights
    if ratio is not None:
        return Suggestion(float(rates[end] / ratio), float(rates[end]), method, note)
    below = np.flatnonzero(heights[: end + 1] <= curve.start + STARTED * (heights.max() - curve.start))
    foot = int(below[-1]) if len(below) else 0
    if foot == end:
        raise NoSuggestionError(f"the {curve.name} starts to {curve.better} and stops at the same rate; use more steps")
    if foot < start_length(rates):
        first = (
            f"the {curve.name} {curve.better}s from the first rates on: base_lr is at the sweep's start; lower min_lr"
        )
        note = "; ".join(filter(None, (first, note)))
    return Suggestion(float(rates[foot]), float(rates[end]), method, note)


def _steepest(curve, ratio):
    rates, heights = curve.rates, curve.heights
    best = max(int(np.argmax(heights)), 2)
    slope = np.gradient(heights[: best + 1], np.log(rates[: best + 1]))
    # The ends of the curve are smoothed from one side only.
    margin = min(len(rates) // 20, best // 3)
    place = margin + int(np.argmax(slope[margin : best + 1 - margin]))
    note = ""
    if place >= len(rates) - 1 - len(rates) // 10:
        note = f"the {curve.name} {curve.better}s fastest at the end of the sweep: raise max_lr"
    return _with_base(rates[place], ratio, "steepest", note)


def _valley(curve, ratio):
    first, last = _longest_rise(curve.heights)
    note = ""
    if last == len(curve.rates) - 1:
        note = f"the {curve.name} still {curve.better}s at the last rate: raise max_lr"
    return _with_base(np.sqrt(curve.rates[first] * curve.rates[last]), ratio, "valley", note)


def _minimum(curve, ratio):
    best = int(np.argmax(curve.heights))
    if best >= len(curve.rates) - 1 - len(curve.rates) // 50:
        raise NoSuggestionError(
            f"the {curve.name} is {'lowest' if falls(curve.name) else 'highest'} at the last rate, "
            f"{curve.rates[-1]:.3g}: the sweep ends before its best; raise max_lr"
        )
    return _with_base(curve.rates[best] / 10, ratio, "minimum/10", "")


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
