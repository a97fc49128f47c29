"""Weights kept at the feet of cycles, whose answers are averaged: an ensemble for the price of one training."""

import re
from collections.abc import Iterator
from numbers import Real
from pathlib import Path

import keras
import numpy as np

from clr_utils import arguments
from clr_utils.callback_checks import follows, optimizer_of
from clr_utils.files import read_arrays, written_whole
from clr_utils.keras_internals import schedule_count
from clr_utils.range_test.untouched import kept_variables
from clr_utils.schedules import CyclicalLearningRate


class Snapshots(keras.callbacks.Callback):
    """Keeps the weights after every so many updates, at the feet of cycles, and averages what they answer.

    A snapshot ensemble (Huang et al. 2017, arXiv:1704.00109): the networks at the feet differ enough to vote, and cost
    one training. The feet are found by the optimizer's own count of updates, so they lie where the schedule has them:
    inside an epoch, and after a resume too. `ModelCheckpoint(save_freq=n)` counts batches since it was made, so that
    after a resume, or with a `steps_per_execution` that does not divide n, it saves at other updates; it knows no
    cycles, and writes over its one file unless the name has {epoch} and {batch} in it.

    A snapshot holds the weights as `get_weights` gives them, statistics of BatchNormalization among them; with
    use_ema=True they are the weights in training, not their averages, which Keras puts in place at the end. It belongs
    to one training: one that begins again from an earlier update drops those made later, and makes them anew. With
    gradient accumulation batches are counted in place of updates, as the schedule counts them.

    Args:
        every: Updates from one snapshot to the next, a whole number; or the `CyclicalLearningRate` that the model is
            compiled with, for one at the end of each of its cycles. For SGDR with a constant period, its period.
        last: How many of the last ones are kept, a whole number; all unless given.
        folder: Where each is written to a file (snapshot_000012000.npz, after 12,000 updates; whole or not at all) and
            read from, so that the next session has them too. In memory unless given.

    Attributes:
        updates: The counts of updates after which the snapshots were made, a list of ints.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it. When training begins: the
            folder holds snapshots of another training, or steps_per_execution would jump over a foot.
        RuntimeError: An update at which a snapshot was due was jumped over.

    Example:
        >>> schedule = CyclicalLearningRate(0.001, 0.1, step_size=2000)
        >>> model.compile(keras.optimizers.SGD(schedule), "sparse_categorical_crossentropy")
        >>> snapshots = Snapshots(every=schedule, last=5)
        >>> model.fit(x, y, epochs=50, callbacks=[snapshots])
        >>> probabilities = snapshots.predict(x_test)
    """

    def __init__(self, every, *, last=None, folder=None):
        super().__init__()
        kinds = "a number of updates (for SGDR its period) or a CyclicalLearningRate"
        arguments.instance("every", every, Real | CyclicalLearningRate, kinds)
        self._every = arguments.whole("every", every, unit="updates") if isinstance(every, Real) else every
        self._last = None if last is None else arguments.whole("last", last, unit="snapshots")
        self._folder = None if folder is None else Path(arguments.path("folder", folder)).expanduser()
        self._kept = {}

    @property
    def updates(self):
        """The counts of updates after which the snapshots were made, a list of ints."""
        if self._folder is None:
            return sorted(self._kept)
        found = [re.fullmatch(r"snapshot_(\d+)\.npz", path.name) for path in self._folder.glob("snapshot_*.npz")]
        return sorted(int(match[1]) for match in found if match)

    def on_train_begin(self, logs=None):
        """Begin anew: where the training stands is known at its first epoch, after `BackupAndRestore`."""
        self._begun = False

    def on_epoch_begin(self, epoch, logs=None):
        """Note where the epoch begins; before the first, drop what an earlier training made."""
        follows(self, "_begun", "on_train_begin")
        self._epoch_began = self._count()
        if not self._begun:
            self._begun = True
            self._drop_later(self._epoch_began)
            self._due = self._after(self._epoch_began)
            self._check_executions(epoch)

    def on_train_batch_end(self, batch, logs=None):
        """Keep the weights where this was the last update before a foot."""
        follows(self, "_due", "on_epoch_begin")
        # Not the count, which costs a synchronisation on JAX: no update lies further on than the batch.
        if self._epoch_began + batch + 1 >= self._due:
            self._look()

    def on_epoch_end(self, epoch, logs=None):
        """Keep the weights where the last batch came to a foot unannounced."""
        follows(self, "_due", "on_epoch_begin")
        self._look()

    def predict(self, x, *, model=None, **settings):
        """The mean of the outputs of the model with each snapshot's weights; it has its own weights again afterwards.

        Means of probabilities, where the model gives probabilities; of logits, where it gives logits.

        Args:
            x: As for `model.predict`, but no generator, and a dataset in a fixed order: each snapshot reads it.
            model: A model of the same shape; the one of the training unless given.
            **settings: Other arguments of `model.predict`.

        Returns:
            What `model.predict` returns: an array, or a list or dict of them.

        Raises:
            RuntimeError: There is no snapshot, or no model.
            TypeError: x can be read once only.
            ValueError: The weights of the model have other shapes, or a snapshot's file is damaged.
        """
        model = self.model if model is None else arguments.instance("model", model, keras.Model, "a Keras model")
        if not (updates := self.updates):
            where = "yet" if self._folder is None else f"in {self._folder}"
            raise RuntimeError(f"there is no snapshot {where}: train until the first is due, {self._words()}")
        if model is None:
            raise RuntimeError("Snapshots belongs to no model yet: give predict(x, model=...) one of the same shape")
        if isinstance(x, Iterator):
            raise TypeError(
                f"x is a {type(x).__name__}, which can be read once only, and each snapshot reads it: give arrays, a "
                "PyDataset or a tf.data.Dataset in a fixed order"
            )
        total = None
        with kept_variables(model):
            for each in updates:
                self._put_into(model, each)
                output = model.predict(x, **settings)
                exact = keras.tree.map_structure(lambda each: np.asarray(each, "float64"), output)
                total = exact if total is None else keras.tree.map_structure(np.add, total, exact)
        return keras.tree.map_structure(lambda sums, like: (sums / len(updates)).astype(like.dtype), total, output)

    def _count(self):
        """Updates done, or batches where the optimizer accumulates gradients: the unit of its schedule."""
        return schedule_count(optimizer_of(self))

    def _after(self, count):
        """The first count after this one at which a snapshot is due."""
        if isinstance(self._every, CyclicalLearningRate):
            after = max(count, int(self._every.settings["start_lr_policy"])) + 1
            return after + self._every.updates_left(after)
        return count - count % self._every + self._every

    def _look(self):
        count = self._count()
        if count > self._due:
            raise RuntimeError(
                f"a snapshot was due after {self._due} updates, and the training came from fewer to {count} at once: "
                "set steps_per_execution=1 in compile, and let train_step apply the optimizer once"
            )
        if count == self._due:
            self._keep(count)
            self._due = self._after(count)

    def _keep(self, count):
        weights = self.model.get_weights()
        if self._folder is None:
            self._kept[count] = weights
        else:
            # NumPy's files know no bfloat16.
            known = [each if each.dtype.kind != "V" else each.astype("float32") for each in weights]
            with written_whole(self._file(count)) as draft, draft.open("wb") as file:
                np.savez(file, *known)
        for each in self.updates[: -self._last] if self._last else []:
            self._drop(each)

    def _drop(self, count):
        if self._folder is None:
            del self._kept[count]
        else:
            self._file(count).unlink()

    def _drop_later(self, count):
        if self._folder is not None and count == 0 and self.updates:
            raise ValueError(
                f"the folder {self._folder} holds snapshots, and this training begins at update 0: name another "
                "folder, or remove them"
            )
        for each in self.updates:
            if each > count:
                self._drop(each)

    def _check_executions(self, epoch):
        """Refuse what would jump over the next feet, where the length of an epoch is known."""
        together, params = self.model.steps_per_execution, self.params or {}
        steps, epochs = params.get("steps"), params.get("epochs")
        if together == 1 or not steps or not epochs:
            return
        due, end = self._due, self._epoch_began + steps * (epochs - epoch)
        while due <= end:
            if (done := (due - self._epoch_began) % steps) % together:
                raise ValueError(
                    f"steps_per_execution is {together}, and a snapshot is due after {due} updates, {done} after the "
                    f"beginning of an epoch of {steps}: callbacks are called every {together} updates. Set it to 1, or "
                    f"to a number that divides {done}"
                )
            due = self._after(due)

    def _file(self, count):
        return self._folder / f"snapshot_{count:09d}.npz"

    def _put_into(self, model, count):
        if self._folder is None:
            weights = self._kept[count]
        else:
            arrays = read_arrays(self._file(count), "delete it, or train again")
            weights = [arrays[f"arr_{place}"] for place in range(len(arrays))]
        ours, theirs = ([tuple(each.shape) for each in side] for side in (weights, model.weights))
        if ours != theirs:
            raise ValueError(
                f"the snapshot after {count} updates has weights of the shapes {ours}, and the model {theirs}: give "
                "the model that was trained, or one built alike"
            )
        model.set_weights(weights)

    def _words(self):
        if isinstance(self._every, CyclicalLearningRate):
            return "at the end of a cycle of the schedule"
        return f"after {self._every} updates"
