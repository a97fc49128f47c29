"""What a range test found: its curves as arrays, table and picture, and the bounds that they suggest."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from clr_utils.files import write_atomically
from clr_utils.range_test.curves import SMOOTHING
from clr_utils.range_test.suggestions import NoSuggestionError, suggest


@dataclass(frozen=True, eq=False)
class RangeTest:
    """The curves of a learning-rate range test, one entry an update.

    Attributes:
        learning_rates: The rate applied, shape (n,).
        losses: The loss of the batch before the update, shape (n,); the last entry may be NaN or infinite.
        metrics: Arrays of shape (n,) by name: the compiled metrics of the batch, and those of the validation data
            ("val_loss", ...), NaN at updates without a measurement.
        sweep: "linear" or "log".
        min_lr, max_lr: The bounds of the sweep that was asked for.
        stopped_at: The rate at which the test stopped early, or None.
        stop_reason: Why it stopped, or "".
    """

    learning_rates: np.ndarray
    losses: np.ndarray
    metrics: dict = field(default_factory=dict)
    sweep: str = "log"
    min_lr: float | None = None
    max_lr: float | None = None
    stopped_at: float | None = None
    stop_reason: str = ""

    def __repr__(self):
        end = f", stopped at {self.stopped_at:.3g}: {self.stop_reason}" if self.stop_reason else ""
        first, last = self.learning_rates[[0, -1]]
        return f"RangeTest({len(self.losses)} updates, {self.sweep} sweep, {first:.3g} to {last:.3g}{end})"

    def suggest(self, method="smith", *, ratio=None, metric=None, smoothing=SMOOTHING):
        """Bounds for a cyclical policy: `clr_utils.range_test.suggestions.suggest` on these curves.

        Args:
            method: "smith", "fall", "steepest", "valley" or "minimum/10".
            ratio: max_lr / base_lr, the rule of thumb 3 or 4. None: 4, or base_lr from the curve for "smith" and
                "fall".
            metric: The score that these two read; the first accuracy unless given, that of the validation data first.
            smoothing: Share of the curve to average over.

        Raises:
            NoSuggestionError: The curve does not support a suggestion; the message says why.
        """
        accuracy = None
        if method in ("smith", "fall") or metric is not None:
            accuracy = self.metrics[self._accuracy(metric)]
        return suggest(self.learning_rates, self.losses, accuracy, method, ratio=ratio, smoothing=smoothing)

    def to_frame(self):
        """A `pandas.DataFrame`, one row an update: learning_rate, loss, and a column a metric."""
        import pandas as pd

        return pd.DataFrame({"learning_rate": self.learning_rates, "loss": self.losses, **self.metrics})

    def to_csv(self, path):
        """Write the table of `to_frame` to a file, whole or not at all."""
        write_atomically(path, self.to_frame().to_csv(index=False))

    def plot(self, ax=None, **options):
        """Draw the curves: `clr_utils.range_test.plots.plot_range_test`."""
        from clr_utils.range_test.plots import plot_range_test

        return plot_range_test(self, ax, **options)

    def _accuracy(self, metric):
        names = sorted((name for name in self.metrics if "acc" in name), key=lambda name: not name.startswith("val_"))
        if metric is None and names:
            return names[0]
        if metric not in self.metrics:
            raise ValueError(
                f"the test recorded {', '.join(['loss', *self.metrics])}, not {metric or 'accuracy'!r}: compile the "
                'model with metrics=["accuracy"], or name another metric that grows as training gets better'
            )
        return metric


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
    """Range tests that differ in their seed: `tests[k]` is that of `seeds[k]`."""

    seeds: tuple
    tests: tuple

    def __iter__(self):
        return iter(self.tests)

    def suggestions(self, method="smith", **options):
        """A `pandas.DataFrame`, one row a seed: base_lr, max_lr (NaN where refused) and the note or reason."""
        import pandas as pd

        rows = []
        for test in self.tests:
            try:
                base_lr, max_lr, _, note = test.suggest(method, **options)
            except NoSuggestionError as reason:
                base_lr, max_lr, note = np.nan, np.nan, f"refused: {reason}"
            rows.append({"base_lr": base_lr, "max_lr": max_lr, "note": note})
        return pd.DataFrame(rows, index=pd.Index(self.seeds, name="seed"))

    def spread(self, method="smith", **options):
        """The range of the suggestions over the seeds, a `Spread`."""
        table = self.suggestions(method, **options)
        (base_low, low), (base_high, high) = (table[["base_lr", "max_lr"]].agg(how) for how in ("min", "max"))
        return Spread(method, (base_low, base_high), (low, high), high / low, int(table["max_lr"].isna().sum()))

    def plot(self, ax=None, **options):
        """Draw the smoothed curve of each test, and its suggestion: `clr_utils.range_test.plots.plot_range_tests`."""
        from clr_utils.range_test.plots import plot_range_tests

        return plot_range_tests(self, ax, **options)
