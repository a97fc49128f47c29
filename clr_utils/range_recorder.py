"""What a range test does during training: it applies the rates of the sweep, records, and stops."""

import math
from contextlib import contextmanager

import keras
import numpy as np

from clr_utils.range_results import RangeTest

SCORES = ("roc_auc", "pr_area")
# The weight of the past in the smoothed loss that is watched for a divergence.
BETA = 0.9


@keras.saving.register_keras_serializable(package="clr_utils")
class Sweep(keras.optimizers.schedules.LearningRateSchedule):
    """The given rates, one an update."""

    def __init__(self, rates):
        self._rates = np.asarray(rates, "float32")

    def __call__(self, step):
        """The rate of the update with this number, counted from 0; the last rate from there on."""
        place = keras.ops.minimum(keras.ops.cast(step, "int32"), len(self._rates) - 1)
        return keras.ops.take(keras.ops.convert_to_tensor(self._rates), place)

    def get_config(self):
        """The arguments, for serialisation."""
        return {"rates": self._rates.tolist()}


def sweeping_copy(optimizer, rates):
    """A new optimizer with the settings of this one, its state fresh and its learning rate a `Sweep`."""
    kind = type(optimizer)
    if inner := getattr(optimizer, "inner_optimizer", None):
        settings = {name: getattr(optimizer, name) for name in ("initial_scale", "dynamic_growth_steps")}
        return kind(sweeping_copy(inner, rates), **settings)
    # A stand-in with the sweep in place: the optimizer's own schedule may have no config.
    stand_in = object.__new__(kind)
    vars(stand_in).update(vars(optimizer), _learning_rate=Sweep(rates))
    copy = kind.from_config(stand_in.get_config())
    undecayed = {name: value for name, value in vars(optimizer).items() if name.startswith("_exclude_from_weight")}
    vars(copy).update(undecayed)
    return copy


class Recorder(keras.callbacks.Callback):
    """Records one row a rate; ends the training after the last rate, or when the loss diverges.

    Args:
        rates: The rates of the sweep, which the model's optimizer applies.
        stop_factor: As for `lr_range_test`.
        validation_data, every, scores: (x, y) or None, the updates between measurements, the further scores.
        verbose: Whether to show a progress bar.
    """

    def __init__(self, rates, stop_factor, validation_data, every, scores, verbose):
        super().__init__()
        self._rates, self._verbose = rates, verbose
        self._validation, self._every, self._scores = validation_data, every, scores
        self._watch = DivergenceWatch(stop_factor)
        self._rows, self._batches, self._stop_reason = [], 0, ""

    @contextmanager
    def progress_bar(self):
        """Show the rate and the loss while training, and close the bar whatever happens."""
        from tqdm.auto import tqdm

        with tqdm(total=len(self._rates), desc="range test", unit="update", disable=not self._verbose) as self._bar:
            yield

    def on_train_begin(self, logs=None):
        """Find the optimizer that counts the updates."""
        optimizer = self.model.optimizer
        self._counter = getattr(optimizer, "inner_optimizer", optimizer)

    def on_epoch_begin(self, epoch, logs=None):
        """Note how many batches came before this epoch."""
        self._before = self._batches

    def on_train_batch_begin(self, batch, logs=None):
        """Empty the running means, so that what `fit` logs is the batch's own; see to the number of the update."""
        self.model.reset_metrics()
        counted = int(self._counter.iterations)
        # Loss scaling can skip an update: the next batch then has the same rate, and takes its place.
        del self._rows[counted:]
        # TensorFlow counts one too many where a dataset of unknown length ends.
        if counted > len(self._rows):
            self._counter.iterations.assign(len(self._rows))

    def on_train_batch_end(self, batch, logs=None):
        """Record the update."""
        self._batches += 1
        rate, loss = float(self._rates[len(self._rows)]), logs["loss"]
        self._rows.append({"learning_rate": rate, **logs})
        if self._validation and len(self._rows) % self._every == 0:
            self._rows[-1] |= self._validate()
        self._bar.update(1)
        self._bar.set_postfix(rate=f"{rate:.2g}", loss=f"{loss:.3g}", refresh=False)
        self._stop_reason = self._watch.diverged(loss)
        if self._stop_reason or len(self._rows) == len(self._rates):
            self.model.stop_training = True
        elif self._batches > 2 * len(self._rates) + 100:
            raise RuntimeError(f"loss scaling skipped most of {self._batches} updates: use float32, or a lower max_lr")

    def on_epoch_end(self, epoch, logs=None):
        """End the training when the data gave no batch any more."""
        if self._batches == self._before:
            self.model.stop_training = True

    def result(self, sweep):
        """The recorded curves as a `RangeTest`.

        Raises:
            ValueError: The data ended before the sweep did.
        """
        done, planned = len(self._rows), len(self._rates)
        if done < planned and not self._stop_reason:
            raise ValueError(
                f"the data ended after {done} of {planned} updates: give fewer steps, or data that can be read again "
                "(arrays, a PyDataset, a tf.data.Dataset with repeat())"
            )
        names = dict.fromkeys(name for row in self._rows for name in row)
        curves = {name: np.array([row.get(name, math.nan) for row in self._rows], float) for name in names}
        return RangeTest(
            learning_rates=curves.pop("learning_rate"),
            losses=curves.pop("loss"),
            metrics=curves,
            sweep=sweep,
            min_lr=float(self._rates[0]),
            max_lr=float(self._rates[-1]),
            stopped_at=self._rows[-1]["learning_rate"] if self._stop_reason else None,
            stop_reason=self._stop_reason,
        )

    def _validate(self):
        x, y = self._validation
        found = self.model.evaluate(x, y, batch_size=1024, verbose=0, return_dict=True)
        if self._scores:
            answers = self.model.predict(x, batch_size=1024, verbose=0)
            found |= {name: _binary_score(name, y, answers) for name in self._scores}
        return {f"val_{name}": value for name, value in found.items()}


class DivergenceWatch:
    """Tells from the losses, one after the other, when training diverges."""

    def __init__(self, stop_factor):
        self._factor = math.inf if stop_factor is None else stop_factor
        self._mean, self._count, self._first, self._lowest = 0.0, 0, None, math.inf

    def diverged(self, loss):
        """Why training should stop after this loss, in words, or "" when it should go on."""
        if not math.isfinite(loss):
            return f"the loss is {loss}"
        self._count += 1
        self._mean = BETA * self._mean + (1 - BETA) * loss
        smoothed = self._mean / (1 - BETA**self._count)
        if self._first is None:
            self._first = smoothed
        self._lowest = min(self._lowest, smoothed)
        scale = max(abs(self._lowest), self._first - self._lowest)
        if smoothed - self._lowest > (self._factor - 1) * scale > 0:
            return f"the smoothed loss has risen from {self._lowest:.3g} to {smoothed:.3g}"
        return ""


def _binary_score(name, y, answers):
    from sklearn.metrics import average_precision_score, roc_auc_score

    y, answers = (np.asarray(each).reshape(len(each), -1) for each in (y, answers))
    if answers.shape[1] > 2 or y.shape[1] > 2:
        raise ValueError(f"{name} is a score of two classes; the model answers with {answers.shape[1]} numbers")
    if not np.isfinite(answers).all():
        return math.nan
    return float((roc_auc_score if name == "roc_auc" else average_precision_score)(y[:, -1], answers[:, -1]))
