"""What a range test does during training: it applies the rates of the sweep, records, and stops."""

import math
import sys
import warnings

import keras
import numpy as np

from clr_utils.keras_internals import copy_with_schedule, data_for_fit, optimizer_settings
from clr_utils.range_test.batches import Stream
from clr_utils.range_test.reachable import reachable
from clr_utils.range_test.results import RangeTest

# The optimizer's count of updates, among the logs of a step.
COUNT = "clr_utils_updates"
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
    """A new optimizer with the settings of this one, its state fresh and its learning rate a `Sweep`.

    Raises:
        ValueError: The optimizer has settings that its get_config does not tell.
    """
    if inner := getattr(optimizer, "inner_optimizer", None):
        settings = {name: getattr(optimizer, name) for name in ("initial_scale", "dynamic_growth_steps")}
        return type(optimizer)(sweeping_copy(inner, rates), **settings)
    return fresh_copy(optimizer, Sweep(rates))


def fresh_copy(optimizer, source):
    """A new optimizer with the settings of this one, its state fresh, and `source` as where its rate comes from.

    Settings that get_config leaves out are taken over; ValueError where they cannot be told from the state.
    """
    kind = type(optimizer).__name__
    try:
        copy = copy_with_schedule(optimizer, source)
    except Exception as error:
        raise ValueError(
            f"{kind} cannot be made anew from its get_config(): {error}. The test trains with a copy of the optimizer: "
            "let get_config() return every argument of __init__"
        ) from error
    for name, told in optimizer_settings(optimizer).items():
        made = vars(copy).get(name)
        held = reachable(told, keras.Variable)
        if not held:
            if not _equal(told, made):
                vars(copy)[name] = told
        elif type(made) is not type(told) and not {*map(id, held)} <= {*map(id, optimizer.variables)}:
            raise ValueError(
                f"{kind}.{name} holds variables, and get_config() does not tell it. The test trains with a copy of the "
                "optimizer: let get_config() return every argument of __init__"
            )
    return copy


def _equal(one, other):
    try:
        return one is other or bool(np.all(one == other))
    except (ValueError, TypeError):
        return False


class Recorder(keras.callbacks.Callback):
    """Trains a model by `fit` and records one row a rate, until the last rate or until the loss diverges.

    Args:
        model: The model, compiled with a `sweeping_copy` of its optimizer.
        rates: The rates of the sweep, which that optimizer applies.
        stop_factor: As for `lr_range_test`.
        validation: What measures the validation data: a function from the model to a dict of numbers; or None.
        every: Updates from one measurement to the next.
    """

    def __init__(self, model, rates, stop_factor, validation, every):
        super().__init__()
        # Not self.model, which costs a synchronisation of the weights on JAX.
        self._trained, self._rates = model, rates
        self._validation, self._every = validation, every
        self._watch = DivergenceWatch(stop_factor)
        self._rows, self._skipped, self._stop_reason = [], 0, ""

    def train(self, data, verbose, class_weight=None):
        """Train on a `Stream`, or on a `tf.data.Dataset` with class weights, with a progress bar if verbose."""
        from tqdm.auto import tqdm

        self._stream = data if isinstance(data, Stream) else None
        vars(self._trained)["train_step"] = recorded_step(self._trained, self._stream)
        x = data_for_fit(data) if self._stream else data
        settings = {"class_weight": class_weight, "shuffle": False, "epochs": sys.maxsize, "verbose": 0}
        self._bar = tqdm(total=len(self._rates), desc="range test", unit="update", disable=not verbose)
        with self._bar, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Your input ran out of data")
            self._trained.fit(x, callbacks=[self], **settings)

    def on_train_begin(self, logs=None):
        """Let the stream know that its batches are trained on from now on."""
        if self._stream:
            self._stream.begin()

    def on_epoch_begin(self, epoch, logs=None):
        """Note where the epoch begins."""
        self._before = len(self._rows) + self._skipped
        if not self._stream and keras.backend.backend() == "tensorflow":
            # TensorFlow counts one update more than it makes where a dataset ends unannounced.
            self._trained.optimizer.iterations.assign(len(self._rows))

    def on_epoch_end(self, epoch, logs=None):
        """Stop where an epoch brought nothing: the data can be read once only."""
        if self._stream or len(self._rows) + self._skipped == self._before:
            self._trained.stop_training = True

    def on_train_batch_end(self, batch, logs=None):
        """Record the update, and stop where it was the last one."""
        logs = dict(logs)
        if COUNT not in logs:
            raise RuntimeError("the model's train_function does not call its train_step, so its updates are not known")
        if "loss" not in logs:
            names = ", ".join(name for name in logs if name != COUNT)
            raise ValueError(f'train_step must return the batch\'s "loss"; it returns {names}')
        done, updates = len(self._rows), int(logs.pop(COUNT))
        self._stop_reason = self._watch.diverged(float(logs["loss"]))
        if updates > done + 1:
            raise RuntimeError(
                f"a batch made {updates - done} updates with model.optimizer, which took {updates - done} rates of the "
                "sweep: the test needs one update a batch. Let train_step apply the optimizer once"
            )
        if updates == done and not self._stop_reason:
            self._skip()
            return
        rate = float(self._rates[done])
        self._rows.append((rate, columns(logs)))
        if self._validation and (done + 1) % self._every == 0:
            # self.model has the weights of this update, on JAX too.
            self._rows[-1][1].update(self._validation(self.model))
        self._bar.update(1)
        self._bar.set_postfix(rate=f"{rate:.2g}", loss=f"{float(logs['loss']):.3g}", refresh=False)
        if self._stop_reason or len(self._rows) == len(self._rates):
            self._trained.stop_training = True

    def _skip(self):
        """Loss scaling can skip an update: the next batch then has the same rate, and takes its place."""
        self._skipped += 1
        if not hasattr(self._trained.optimizer, "inner_optimizer"):
            raise RuntimeError(
                "the batch made no update with model.optimizer: train_step uses another optimizer, whose rate the test "
                "does not set. Let it use self.optimizer, and compile the model with that one"
            )
        if self._skipped > len(self._rates) + 100:
            raise RuntimeError(
                f"{self._skipped} batches made no update with model.optimizer: loss scaling skips them (use float32, "
                "or a lower max_lr), or train_step uses another optimizer"
            )

    def result(self, sweep, measured=()):
        """The recorded curves as a `RangeTest`; those of `measured` also where the test stopped before any measurement.

        Raises:
            ValueError: The data ended before the sweep did.
        """
        done, planned = len(self._rows), len(self._rates)
        if done < planned and not self._stop_reason:
            raise ValueError(
                f"the data ended after {done} of {planned} updates: give fewer steps, or data that can be read again "
                "(arrays, a PyDataset, a tf.data.Dataset with repeat())"
            )
        rates, rows = zip(*self._rows, strict=True)
        names = dict.fromkeys([*(name for row in rows for name in row), *measured])
        curves = {name: np.array([row.get(name, math.nan) for row in rows], float) for name in names}
        return RangeTest(
            learning_rates=np.array(rates),
            losses=curves.pop("loss"),
            metrics=curves,
            sweep=sweep,
            min_lr=float(self._rates[0]),
            max_lr=float(self._rates[-1]),
            stopped_at=rates[-1] if self._stop_reason else None,
            stop_reason=self._stop_reason,
        )


def recorded_step(model, stream=None):
    """The train_step of a model with logs of the batch alone, and with the optimizer's count of updates among them.

    From a `Stream`, the batch comes as `fit` gives it.
    """
    step, optimizer = model.train_step, model.optimizer

    def batch(data):
        return data[0] if stream and stream.alone else data

    if keras.backend.backend() == "jax":

        def train_step(state, data):
            *kept, _ = state
            metrics = [value for metric in model.metrics for value in metric.stateless_reset_state()]
            logs, state = step((*kept, metrics), batch(data))
            places = [place for place, each in enumerate(optimizer.variables) if each is optimizer.iterations]
            return {**logs, COUNT: state[2][places[0]]}, state

        return train_step

    # In the graph the metrics may be built only by the first step; outside, logs may be the metrics' own tensors.
    afterwards = keras.backend.backend() == "tensorflow" and not model.run_eagerly

    def train_step(data):
        if not afterwards:
            model.reset_metrics()
        logs = step(batch(data))
        if afterwards:
            model.reset_metrics()
        return {**logs, COUNT: keras.ops.convert_to_tensor(optimizer.iterations)}

    return train_step


def columns(logs):
    """Logs as numbers by name: the values of a metric that answers with several are numbered, as "f1_score_0".

    Raises:
        ValueError: Two of them have the same name then.
    """
    found = {}
    for name, value in logs.items():
        value = np.asarray(keras.ops.convert_to_numpy(value) if keras.ops.is_tensor(value) else value)
        for place in np.ndindex(value.shape):
            column = "_".join([name, *map(str, place)])
            if column in found:
                raise ValueError(f"two columns of the test are called {column!r}: give the metrics other names")
            found[column] = float(value[place])
    return found


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
