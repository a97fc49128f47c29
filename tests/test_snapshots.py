"""Snapshots: at which updates they are made, after a resume too; what they hold; the mean of their answers."""

import keras
import numpy as np
import pytest

from clr_utils import CyclicalLearningRate, CyclicLR, PolicySchedule, Snapshots
from helpers import BACKEND, assert_rates, dtype_policy, fit, on_tensorflow, probe_model, weight

ONE = np.ones((1, 1), "float32")
not_on_torch = pytest.mark.skipif(BACKEND == "torch", reason="Keras refuses steps_per_execution on PyTorch")


@pytest.fixture(params=["memory", "folder"])
def kept(request, tmp_path):
    """Makes a callback that keeps its snapshots in memory, or in a folder that is the same for all of a test."""

    def make(every, **settings):
        return Snapshots(every, **settings, folder=tmp_path / "kept" if request.param == "folder" else None)

    return make


def mean_weight(snapshots, **settings):
    return float(snapshots.predict(ONE, verbose=0, **settings)[0, 0])


# --- when ---


def test_after_every_so_many_updates_inside_epochs_too(kept):
    model, snapshots = probe_model(0.1), kept(3)
    fit(model, 5, [snapshots], epochs=2)
    assert snapshots.updates == [3, 6, 9]
    assert_rates(mean_weight(snapshots), -0.1 * 6)
    assert_rates(weight(model), -1.0)


@pytest.mark.parametrize(
    ("schedule", "feet"),
    [
        (CyclicalLearningRate(0.1, 0.5, 2), [4, 8, 12]),
        (CyclicalLearningRate(0.1, 0.5, 2, step_size_down=3), [5, 10]),
        (CyclicalLearningRate(0.1, 0.5, 2, start_lr_policy=1), [5, 9]),
        (CyclicalLearningRate(0.1, 0.5, 2, start_lr_policy=7), [11]),
    ],
)
def test_at_the_feet_of_a_schedule(schedule, feet, eager):
    model, snapshots = probe_model(schedule), Snapshots(schedule)
    fit(model, 4, [snapshots], epochs=3)
    assert snapshots.updates == feet
    assert_rates(mean_weight(snapshots), np.mean([-schedule(np.arange(foot)).sum() for foot in feet]))


def test_the_last_ones_are_kept(kept, eager):
    snapshots = kept(2, last=3)
    fit(probe_model(0.1), 12, [snapshots])
    assert snapshots.updates == [8, 10, 12]
    assert_rates(mean_weight(snapshots), -1.0)


@not_on_torch
@pytest.mark.parametrize(("every", "updates", "together"), [(4, 8, 2), (7, 7, 3)])
def test_executions_of_several_updates_that_end_at_the_feet(every, updates, together):
    snapshots = Snapshots(every)
    fit(probe_model(0.1, steps_per_execution=together), updates, [snapshots], epochs=2)
    assert snapshots.updates == list(range(every, 2 * updates + 1, every))


@not_on_torch
@pytest.mark.parametrize(("every", "updates", "together", "due"), [(3, 6, 2, 3), (4, 5, 2, 8), (5, 7, 3, 5)])
def test_executions_that_would_jump_over_a_foot_are_refused(every, updates, together, due):
    model = probe_model(0.1, steps_per_execution=together)
    with pytest.raises(ValueError, match=f"^steps_per_execution is {together}, and a snapshot is due after {due} "):
        fit(model, updates, [Snapshots(every)], epochs=2)
    assert weight(model) == 0


@not_on_torch
def test_a_foot_after_the_end_of_a_resumed_training_is_no_reason_to_refuse():
    def resumed(epochs, snapshots):
        model = probe_model(0.1, steps_per_execution=4)
        model.optimizer.iterations.assign(50)
        fit(model, 10, [snapshots], epochs=epochs, initial_epoch=5)

    resumed(6, snapshots := Snapshots(75))
    assert snapshots.updates == []
    with pytest.raises(ValueError, match="a snapshot is due after 75 updates"):
        resumed(8, Snapshots(75))


@on_tensorflow
@pytest.mark.filterwarnings("ignore:`shuffle=True` was passed")
def test_a_jump_that_could_not_be_foreseen_is_told():
    model = probe_model(0.1, steps_per_execution=2)
    data = ((ONE, -1000 * ONE) for _ in range(10))
    with pytest.raises(RuntimeError, match="due after 3 updates, and the training came from fewer to 4 at once"):
        model.fit(data, epochs=1, callbacks=[Snapshots(3)], verbose=0)


@pytest.mark.parametrize("length", [3, 4, 5])
@pytest.mark.filterwarnings("ignore:Your input ran out of data", "ignore:`shuffle=True` was passed")
def test_data_of_unknown_length(length):
    model, snapshots = probe_model(0.1), Snapshots(2)
    model.fit(((ONE, -1000 * ONE) for _ in range(length)), callbacks=[snapshots], verbose=0)
    assert [each for each in snapshots.updates if each <= length] == list(range(2, length + 1, 2))


def test_batches_are_counted_where_gradients_are_accumulated(eager):
    model, snapshots = probe_model(0.1, accumulate=2), Snapshots(4)
    fit(model, 8, [snapshots])
    assert snapshots.updates == [4, 8]
    assert_rates(mean_weight(snapshots), -0.3)


def test_with_averaged_weights_those_in_training_are_kept(eager):
    model, snapshots = probe_model(0.1), Snapshots(2)
    model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), "mae")
    fit(model, 4, [snapshots])
    assert_rates(mean_weight(snapshots), -0.3)
    assert weight(model) > -0.39


# --- resumed ---


def test_a_resumed_training_goes_on_at_the_same_updates(kept, tmp_path):
    model, first = probe_model(0.1), kept(4, last=3)
    fit(model, 3, [first], epochs=2)
    model.save(tmp_path / "half.keras")
    fit(model, 3, [first])
    assert first.updates == [4, 8]
    assert_rates(mean_weight(first), -0.6)
    again = keras.saving.load_model(tmp_path / "half.keras")
    second = kept(4, last=3)
    fit(again, 5, [second], epochs=2)
    assert second.updates == [8, 12, 16]
    assert_rates(mean_weight(second), -1.2)


def test_backup_and_restore_goes_on_at_the_same_updates(kept, tmp_path, eager):
    class Power(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        fit(probe_model(0.1), 3, [backup, kept(4), Power()], epochs=4)
    second = kept(4)
    fit(probe_model(0.1), 3, [second, keras.callbacks.BackupAndRestore(tmp_path / "backup")], epochs=4)
    assert second.updates[-2:] == [8, 12]


def test_a_training_that_begins_earlier_drops_what_was_made_later(eager):
    snapshots, model = Snapshots(2), probe_model(0.1)
    fit(model, 6, [snapshots])
    model.optimizer.iterations.assign(3)
    fit(model, 2, [snapshots])
    assert snapshots.updates == [2, 4]
    fit(probe_model(0.1), 2, [snapshots])
    assert snapshots.updates == [2]
    assert_rates(mean_weight(snapshots), -0.2)


def test_a_folder_of_another_training_is_refused(tmp_path, eager):
    fit(probe_model(0.1), 2, [Snapshots(2, folder=tmp_path)])
    with pytest.raises(ValueError, match="^the folder .* holds snapshots, and this training begins at update 0"):
        fit(probe_model(0.1), 2, [Snapshots(2, folder=tmp_path)])


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch, eager):
    def half(file, *_):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(KeyboardInterrupt):
        fit(probe_model(0.1), 2, [Snapshots(2, folder=tmp_path)])
    assert not list(tmp_path.iterdir())


# --- the mean ---


def two_outputs():
    x = keras.Input((1,))
    hidden = keras.layers.BatchNormalization(momentum=0.5)(keras.layers.Dense(2)(x))
    model = keras.Model(x, {"a": keras.layers.Dense(3, activation="softmax")(hidden), "b": hidden})
    model.compile(keras.optimizers.Adam(0.1), {"a": "mse", "b": "mse"})
    return model


def test_the_mean_of_several_outputs_with_the_statistics_of_each(kept, eager):
    model, snapshots, each = two_outputs(), kept(2), []
    x = np.random.default_rng(0).normal(size=(12, 1)).astype("float32")

    class Ask(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch % 2:
                each.append({name: np.asarray(out) for name, out in self.model(x, training=False).items()})

    model.fit(x, {"a": np.ones((12, 3)), "b": np.ones((12, 2))}, batch_size=2, verbose=0, callbacks=[snapshots, Ask()])
    found = snapshots.predict(x, batch_size=5, verbose=0)
    for name in ("a", "b"):
        np.testing.assert_allclose(found[name], np.mean([out[name] for out in each], axis=0), rtol=1e-5, atol=1e-6)
    assert len(each) == 3


def test_the_weights_are_those_of_the_training_afterwards_whatever_happens(kept, eager, monkeypatch):
    model, snapshots = probe_model(0.1, optimizer="Adam"), kept(2)
    fit(model, 4, [snapshots])
    before = [np.array(each) for each in (*model.get_weights(), *(each.numpy() for each in model.optimizer.variables))]

    def unchanged():
        after = (*model.get_weights(), *(each.numpy() for each in model.optimizer.variables))
        return all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))

    mean_weight(snapshots)
    assert unchanged()
    with pytest.raises(ValueError, match="shape"):
        snapshots.predict(np.ones((1, 7)), verbose=0)
    assert unchanged()


def test_another_session_reads_the_folder(tmp_path, eager):
    fit(probe_model(0.1), 4, [Snapshots(2, folder=tmp_path)])
    snapshots = Snapshots(2, folder=tmp_path)
    assert snapshots.updates == [2, 4]
    with pytest.raises(RuntimeError, match=r"^Snapshots belongs to no model yet: give predict\(x, model=\.\.\.\)"):
        mean_weight(snapshots)
    assert_rates(mean_weight(snapshots, model=probe_model()), -0.3)


def test_weights_in_half_precision_are_kept(kept, eager):
    with dtype_policy("bfloat16"):
        model, snapshots = probe_model(0.5), kept(1)
        fit(model, 2, [snapshots])
        assert mean_weight(snapshots) == -0.75


def test_large_outputs_in_half_precision_have_a_mean(eager):
    with dtype_policy("float16"):
        model, snapshots = probe_model(0.5), Snapshots(1)
        fit(model, 2, [snapshots])
        outputs = snapshots.predict(np.full((1, 1), 6e4, "float16"), verbose=0)
    assert (outputs.dtype, float(outputs[0, 0])) == ("float16", pytest.approx(-45_000, rel=1e-3))


def test_data_that_can_be_read_once_are_refused(eager):
    snapshots = Snapshots(2)
    fit(probe_model(0.1), 4, [snapshots])
    with pytest.raises(TypeError, match="^x is a generator, which can be read once only, and each snapshot reads it"):
        snapshots.predict((ONE for _ in range(2)), verbose=0)


@pytest.mark.parametrize("content", [b"", b"moved to a cloud", "the first half"])
def test_a_damaged_file_is_named_and_a_copy_is_none(tmp_path, content, eager):
    snapshots = Snapshots(2, folder=tmp_path)
    fit(probe_model(0.1), 2, [snapshots])
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.with_name("snapshot_000000002 (1).npz").write_bytes(whole)
    assert snapshots.updates == [2]
    path.write_bytes(whole[: len(whole) // 2] if isinstance(content, str) else content)
    with pytest.raises(ValueError, match=f"^{path} cannot be read .it is no archive of arrays.; delete it, or"):
        mean_weight(snapshots)


def test_before_the_first_snapshot(kept, eager):
    model, snapshots = probe_model(0.1), kept(5)
    with pytest.raises(RuntimeError, match="^there is no snapshot .*: train until the first is due, after 5 updates"):
        snapshots.predict(ONE)
    fit(model, 4, [snapshots])
    with pytest.raises(RuntimeError, match="^there is no snapshot"):
        snapshots.predict(ONE)
    with pytest.raises(RuntimeError, match="is due, at the end of a cycle of the schedule"):
        Snapshots(CyclicalLearningRate(0.1, 0.5, 2)).predict(ONE)


def test_a_model_of_another_shape_is_refused(kept, eager):
    snapshots = kept(2)
    fit(probe_model(0.1), 2, [snapshots])
    other = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match=r"^the snapshot after 2 updates has weights of the shapes \[\(1, 1\)\], and"):
        mean_weight(snapshots, model=other)
    with pytest.raises(TypeError, match="^model must be a Keras model"):
        mean_weight(snapshots, model="other")


@pytest.mark.parametrize("every", [PolicySchedule("sgdr", max_lr=0.1, period=5), CyclicLR()])
def test_what_is_neither_a_number_nor_a_schedule_of_cycles_is_refused(every):
    with pytest.raises(TypeError, match=r"every must be a number of updates \(for SGDR its period\) or a Cyclical"):
        Snapshots(every)


# --- a training loop of one's own ---


def test_methods_out_of_order_are_told():
    snapshots = Snapshots(2)
    with pytest.raises(RuntimeError, match="on_train_begin was not called"):
        snapshots.on_epoch_begin(0)
    with pytest.raises(RuntimeError, match="on_epoch_begin was not called"):
        snapshots.on_train_batch_end(0)
    with pytest.raises(RuntimeError, match="on_epoch_begin was not called"):
        snapshots.on_epoch_end(0)


def test_what_modelcheckpoint_does_instead(tmp_path):
    """What the docstring says of it: its count begins anew, and an execution that does not divide it shifts it."""

    def saved(model, updates, folder, **settings):
        name = tmp_path / folder / "{epoch}-{batch}.weights.h5"
        checkpoint = keras.callbacks.ModelCheckpoint(name, save_freq=4, save_weights_only=True)
        fit(model, updates, [checkpoint], **settings)
        return sorted(path.name for path in (tmp_path / folder).glob("*"))

    model = probe_model(0.1)
    assert saved(model, 6, "first") == ["1-4.weights.h5"]
    assert saved(model, 6, "resumed") == ["1-4.weights.h5"]  # the tenth update, not the eighth
    if BACKEND != "torch":
        assert saved(probe_model(0.1, steps_per_execution=3), 12, "three") == ["1-12.weights.h5", "1-6.weights.h5"]
