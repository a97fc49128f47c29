"""What a range test found: its curves as arrays, table and picture, and the bounds that they suggest."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from clr_utils import arguments
from clr_utils.files import write_atomically
from clr_utils.range_test.curves import SMOOTHING, SWEEPS
from clr_utils.range_test.suggestions import NoSuggestionError, chosen, read, turned
from clr_utils.range_test.training import schedule_of


@dataclass(frozen=True, eq=False)
class RangeTest:
    """The curves of a learning-rate range test, one entry an update.

    Attributes:
        learning_rates: The rate applied, shape (n,), rising.
        losses: The loss of the batch before the update, shape (n,); the last entry may be NaN or infinite.
        metrics: Arrays of shape (n,) by name: the compiled metrics of the batch, and those of the validation data
            ("val_loss", ...), NaN at updates without a measurement. A metric of several numbers is a curve each
            ("f1_score_0", ...).
        sweep: "linear" or "log".
        min_lr, max_lr: The bounds of the sweep that was asked for.
        stopped_at: The rate at which the test stopped early, or None.
        stop_reason: Why it stopped, or "".

    Raises:
        TypeError, ValueError: The curves are no numbers, differ in length or hold no update, or the rates do not rise.
    """

    learning_rates: np.ndarray
    losses: np.ndarray
    metrics: dict = field(default_factory=dict)
    sweep: str = "log"
    min_lr: float | None = None
    max_lr: float | None = None
    stopped_at: float | None = None
    stop_reason: str = ""

    def __post_init__(self):
        arguments.one_of("sweep", self.sweep, SWEEPS)
        if not isinstance(self.metrics, dict):
            raise TypeError(f"metrics must be a dict from name to curve; it is {self.metrics!r}")
        if "loss" in self.metrics:
            raise ValueError("metrics holds a 'loss', which is the name of the losses: give the metric another name")
        rates = _rates(self.learning_rates)
        curves = {name: _curve(f"metrics[{name!r}]", values, len(rates)) for name, values in self.metrics.items()}
        checked = {"learning_rates": rates, "losses": _curve("losses", self.losses, len(rates)), "metrics": curves}
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def __repr__(self):
        end = f", stopped at {self.stopped_at:.3g}: {self.stop_reason}" if self.stop_reason else ""
        first, last = self.learning_rates[[0, -1]]
        return f"RangeTest({len(self.losses)} updates, {self.sweep} sweep, {first:.3g} to {last:.3g}{end})"

    def curve(self, metric="loss"):
        """The losses, or the metric of this name; shape (n,).

        Raises:
            TypeError, ValueError: The test did not record it; the message lists what it recorded.
        """
        curves = {"loss": self.losses, **self.metrics}
        if arguments.text("metric", metric) not in curves:
            raise ValueError(
                f"metric names a curve, and the test recorded no {metric!r}; it recorded {', '.join(curves)}"
            )
        return curves[metric]

    def suggest(self, method=None, *, ratio=None, metric=None, smoothing=SMOOTHING):
        """Bounds for a cyclical policy: `clr_utils.range_test.suggestions.suggest` on these curves.

        Args:
            method: "smith", "fall", "steepest", "valley" or "minimum/10". None: "smith", which reads the loss where no
                accuracy was recorded, as in a regression; the note of the `Suggestion` says so.
            ratio: max_lr / base_lr, the rule of thumb 3 or 4. None: 4, or base_lr from the curve for "smith" and
                "fall".
            metric: The curve to read. None: for "smith" and "fall" the first accuracy, that of the validation data
                first; for the others the loss. By its name a loss or an error is read as one that falls
                (`clr_utils.range_test.names`); any other metric as a score that rises as training gets better.
            smoothing: Share of the curve to average over.

        Raises:
            NoSuggestionError: The curve does not support a suggestion; the message says why.
            TypeError, ValueError: An argument is outside what is allowed, the test did not record `metric`, or no
                accuracy where the method reads one.
        """
        by, name = chosen(self.metrics, method, metric)
        found = read(turned(self.learning_rates, self.losses, self.curve(name), name, smoothing=smoothing), by, ratio)
        if method is None and metric is None and name == "loss":
            note = f'no accuracy was recorded, so "{by}" reads the loss'
            found = found._replace(note="; ".join(filter(None, (note, found.note))))
        return found

    def schedule(
        self, examples, batch_size, epochs, *, cycles=None, policy="triangular", method=None, verbose=1, **options
    ):
        """A cyclical schedule for the training that the test was made for, ready for `compile`.

        The bounds are those of `suggest`; step_size follows from the training's length, which is whole cycles: it
        ends where the rate is lowest. What was chosen is printed as a sentence. A `RangeTestWarning` is given where
        the bounds lie at an edge of the sweep, where the test did not see the limit, or stopped soon after max_lr,
        and where the accuracy slows long before it falls.

        Args:
            examples: Training examples in an epoch (after a validation split). For a dataset of n batches write
                `schedule(n, 1, epochs)`.
            batch_size: Examples in a batch, as in the test.
            epochs: Epochs of the training.
            cycles: Whole cycles in the training; 3 unless given, or 2 or 1 where 3 do not fit or their steps would be
                shorter than an epoch.
            policy: As for `CyclicalLearningRate`.
            method: As for `suggest`.
            verbose: 1 prints what was chosen, 0 does not; warnings come with both.
            **options: ratio, metric and smoothing as for `suggest`; gamma and other arguments of
                `CyclicalLearningRate`, but for the bounds and the lengths.

        Returns:
            A `CyclicalLearningRate`.

        Raises:
            NoSuggestionError: The curve does not support a suggestion; the message says why.
            TypeError, ValueError: An argument is outside what is allowed; the message says which cycles would fit.

        Example:
            >>> schedule = test.schedule(len(x), batch_size=32, epochs=12)
            >>> model.compile(keras.optimizers.SGD(schedule), loss, metrics=["accuracy"])
        """
        lengths = (examples, batch_size, epochs)
        return schedule_of((self,), *lengths, cycles=cycles, policy=policy, method=method, verbose=verbose, **options)

    def to_frame(self):
        """A `pandas.DataFrame`, one row an update: learning_rate, loss, and a column a metric.

        The column of a metric that is called learning_rate as well is "logged_learning_rate".
        """
        import pandas as pd

        columns = {"learning_rate": self.learning_rates, "loss": self.losses}
        for name, values in self.metrics.items():
            column = name
            while column == "learning_rate" or (column != name and column in self.metrics):
                column = f"logged_{column}"
            columns[column] = values
        return pd.DataFrame(columns)

    def to_csv(self, path):
        """Write the table of `to_frame` to a file, whole or not at all."""
        write_atomically(arguments.path("path", path), self.to_frame().to_csv(index=False))

    def plot(self, ax=None, **options):
        """Draw the curves: `clr_utils.range_test.plots.plot_range_test`."""
        from clr_utils.range_test.plots import plot_range_test

        return plot_range_test(self, ax, **options)


class Spread(NamedTuple):
    """How far the suggestions of repeated tests lie apart.

    `base_lr` and `max_lr` are pairs (lowest, highest); `factor` is highest / lowest max_lr; `refused` counts the tests
    that gave no suggestion. With no suggestion at all the numbers are NaN.
    """

    method: str
    base_lr: tuple
    max_lr: tuple
    factor: float
    refused: int


@dataclass(frozen=True, eq=False)
class RangeTests:
    """Range tests that differ in their seed: `tests[k]` is that of `seeds[k]`.

    Raises:
        TypeError, ValueError: There is no test, one is no `RangeTest`, or there are not as many seeds.
    """

    seeds: tuple
    tests: tuple

    def __post_init__(self):
        for name, of in (("seeds", "numbers"), ("tests", "RangeTest values")):
            values = getattr(self, name)
            if isinstance(values, str | bytes) or not isinstance(values, Iterable):
                raise TypeError(f"{name} must be a list of {of}; it is {values!r}")
            object.__setattr__(self, name, tuple(values))
        for place, seed in enumerate(self.seeds):
            arguments.whole(f"seeds[{place}]", seed, minimum=0, unit="any size")
        for test in self.tests:
            if not isinstance(test, RangeTest):
                raise TypeError(f"tests must be RangeTest values; one is {test!r}")
        if not self.tests:
            raise ValueError("tests is empty: give at least one RangeTest")
        if len(self.seeds) != len(self.tests):
            raise ValueError(f"each test needs its seed: there are {len(self.seeds)} seeds and {len(self.tests)} tests")

    def __iter__(self):
        return iter(self.tests)

    def suggestions(self, method=None, **options):
        """A `pandas.DataFrame`, one row a seed: base_lr, max_lr (NaN where refused) and the note or reason.

        The arguments are those of `RangeTest.suggest`.
        """
        import pandas as pd

        rows = []
        for test in self.tests:
            try:
                base_lr, max_lr, _, note = test.suggest(method, **options)
            except NoSuggestionError as reason:
                base_lr, max_lr, note = np.nan, np.nan, f"refused: {reason}"
            rows.append({"base_lr": base_lr, "max_lr": max_lr, "note": note})
        return pd.DataFrame(rows, index=pd.Index(self.seeds, name="seed"))

    def spread(self, method=None, **options):
        """The range of the suggestions over the seeds, a `Spread`; the arguments are those of `RangeTest.suggest`."""
        table = self.suggestions(method, **options)
        (base_low, low), (base_high, high) = (table[["base_lr", "max_lr"]].agg(how) for how in ("min", "max"))
        method, _ = chosen(self.tests[0].metrics, method, options.get("metric"))
        return Spread(method, (base_low, base_high), (low, high), high / low, int(table["max_lr"].isna().sum()))

    def schedule(self, examples, batch_size, epochs, **options):
        """A cyclical schedule with the medians of the suggested bounds: `RangeTest.schedule`, with its arguments.

        A `RangeTestWarning` is given also where a test refuses, and where the largest max_lr is more than three times
        the smallest.

        Raises:
            NoSuggestionError: No test supports a suggestion.
        """
        return schedule_of(self.tests, examples, batch_size, epochs, **options)

    def plot(self, ax=None, **options):
        """Draw the smoothed curve of each test, and its suggestion: `clr_utils.range_test.plots.plot_range_tests`."""
        from clr_utils.range_test.plots import plot_range_tests

        return plot_range_tests(self, ax, **options)


def _rates(values):
    rates = _numbers("learning_rates", values)
    if not len(rates):
        raise ValueError("learning_rates is empty: a range test has at least one update")
    if not (np.isfinite(rates) & (rates >= 0)).all():
        raise ValueError("learning_rates must be finite numbers, 0 or more")
    if len(places := np.flatnonzero(np.diff(rates) <= 0)):
        place = int(places[0]) + 1
        raise ValueError(
            f"learning_rates must rise from entry to entry: entry {place} is {rates[place]:g} after "
            f"{rates[place - 1]:g}; sort the curves by the rate"
        )
    return rates


def _curve(name, values, length):
    curve = _numbers(name, values, None)
    if curve.ndim == 2 and len(curve) == length:
        raise ValueError(
            f"{name} has the shape {curve.shape}: give its {curve.shape[1]} columns as a curve each, under names such "
            "as f1_0 and f1_1"
        )
    curve = _numbers(name, values)
    if len(curve) != length:
        raise ValueError(
            f"{name} must have an entry for each of the {length} learning_rates; it has the shape {curve.shape}"
        )
    return curve


def _numbers(name, values, dimensions=1):
    try:
        numbers = arguments.reals(name, values).astype(float)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"{name} must be numbers, one an update: {error}") from error
    if dimensions and numbers.ndim != dimensions:
        raise ValueError(f"{name} must be one row of numbers, an entry an update; it has the shape {numbers.shape}")
    return numbers
