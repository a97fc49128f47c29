"""What a range test does during training: it applies the rates of the sweep, records, and stops."""

import math

import keras
import numpy as np

from clr_utils.keras_internals import copy_with_schedule
from clr_utils.range_test.results import RangeTest

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
    if inner := getattr(optimizer, "inner_optimizer", None):
        settings = {name: getattr(optimizer, name) for name in ("initial_scale", "dynamic_growth_steps")}
        return type(optimizer)(sweeping_copy(inner, rates), **settings)
    return copy_with_schedule(optimizer, Sweep(rates))


class Recorder:
    """Trains a model batch by batch and records one row a rate, until the last rate or until the loss diverges.

    Args:
        model: The model, compiled with a `sweeping_copy` of its optimizer.
        rates: The rates of the sweep, which that optimizer applies.
        stop_factor: As for `lr_range_test`.
        class_weight: As for `fit`.
        validation_data, every, scores: (x, y) or None, the updates between measurements, the further scores.
    """

    def __init__(self, model, rates, stop_factor, class_weight, validation_data, every, scores):
        self._model, self._rates, self._class_weight = model, rates, class_weight
        self._validation, self._every, self._scores = validation_data, every, scores
        self._watch = DivergenceWatch(stop_factor)
        self._rows, self._skipped, self._stop_reason = [], 0, ""

    def train(self, batches, verbose):
        """Train on batches (x, y) or (x, y, sample_weight), with a progress bar if verbose."""
        from tqdm.auto import tqdm

        with tqdm(total=len(self._rates), desc="range test", unit="update", disable=not verbose) as bar:
            for batch in batches:
                if self._update(batch):
                    row = self._rows[-1]
                    bar.update(1)
                    bar.set_postfix(rate=f"{row['learning_rate']:.2g}", loss=f"{row['loss']:.3g}", refresh=False)
                if self._stop_reason or len(self._rows) == len(self._rates):
                    return

    def _update(self, batch):
        """Make one update; whether it is recorded."""
        x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
        if self._class_weight:
            y = keras.ops.convert_to_numpy(y)
        # What comes back is then the batch's own, and no running mean; Keras 3.15 does this by itself.
        self._model.reset_metrics()
        logs = self._model.train_on_batch(x, y, weight, self._class_weight, return_dict=True)
        if "loss" not in logs:
            raise ValueError(f'train_step must return the batch\'s "loss"; it returns {", ".join(logs)}')
        self._stop_reason = self._watch.diverged(float(logs["loss"]))
        if not self._stop_reason and int(self._model.optimizer.iterations) == len(self._rows):
            self._skip()
            return False
        self._rows.append({"learning_rate": float(self._rates[len(self._rows)]), **logs})
        if self._validation and len(self._rows) % self._every == 0:
            self._rows[-1] |= self._validate()
        return True

    def _skip(self):
        """Loss scaling can skip an update: the next batch then has the same rate, and takes its place."""
        self._skipped += 1
        if self._skipped > len(self._rates) + 100:
            raise RuntimeError(
                f"{self._skipped} batches made no update with model.optimizer: loss scaling skips them (use float32, "
                "or a lower max_lr), or train_step uses another optimizer"
            )

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
        found = self._model.evaluate(x, y, batch_size=1024, verbose=0, return_dict=True)
        if self._scores:
            answers = self._model.predict(x, batch_size=1024, verbose=0)
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
