"""CyclicalLearningRate saved and loaded, and trainings with it stopped and resumed."""

import functools
import json

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clr_utils import CyclicalLearningRate, CyclicLR, PolicySchedule
from clr_utils.keras_internals import rate_source
from clr_utils.policies import triangular2
from helpers import ALL_POLICIES, applied_rates, assert_rates, fit, on_tensorflow, probe_model, run_python
from schedule_cases import CUSTOM, CYCLE, FORMS, harmonic

pytestmark = pytest.mark.filterwarnings("ignore::clr_utils.CycleWarning")


def unregistered(cycle):
    return 1 / cycle


@on_tensorflow
def test_a_fresh_process_loads_and_continues(tmp_path, monkeypatch):
    """Without custom_objects, once the class (and the module of a custom scale) has been imported; on JAX."""
    (tmp_path / "scales.py").write_text(
        "import keras\n\n\n@keras.saving.register_keras_serializable()\ndef root(cycle):\n    return cycle**-0.5\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    from scales import root

    settings = {
        "named": {"policy": "exp_range", "gamma": 0.97, "decay": "bounds", "step_size_down": 4, "start_lr_policy": 2},
        "scaled": {"scale_fn": root},
    }
    for name, own in settings.items():
        model = probe_model(CyclicalLearningRate(0.1, 0.5, 3, **own))
        fit(model, 5)
        model.save(tmp_path / f"{name}.keras")

    output = run_python(
        f"""
import gc, json, sys
gc.disable()  # as in quick_start.py
sys.modules["tensorflow"] = None  # as in conftest.py
sys.path[:0] = ["tests", {str(tmp_path)!r}]
from clr_utils import CyclicalLearningRate, keras_internals
import keras, helpers, scales
def load(name):
    return keras.saving.load_model({str(tmp_path)!r} + f"/{{name}}.keras")
rates = {{name: helpers.applied_rates(load(name), 9) for name in ("named", "scaled")}}
sources = [keras_internals.rate_source(load(name).optimizer) for name in rates]
assert all(type(source) is CyclicalLearningRate for source in sources)
print(json.dumps(rates))
""",
        KERAS_BACKEND="jax",
    )
    rates = json.loads(output.splitlines()[-1])
    for name, own in settings.items():
        assert_rates(rates[name], CyclicalLearningRate(0.1, 0.5, 3, **own)(np.arange(5, 14)))


@given(
    base_lr=st.floats(0, 1),
    amplitude=st.floats(1e-3, 1),
    step_size=st.integers(1, 9),
    own=st.sampled_from(ALL_POLICIES + CUSTOM),
    down=st.one_of(st.none(), st.integers(1, 9)),
    start=st.integers(0, 9),
)
def test_a_configuration_makes_the_same_schedule(base_lr, amplitude, step_size, own, down, start):
    schedule = CyclicalLearningRate(
        base_lr, base_lr + amplitude, step_size, own[0], step_size_down=down, start_lr_policy=start, **own[1]
    )
    written = json.dumps(keras.optimizers.schedules.serialize(schedule))
    again = keras.optimizers.schedules.deserialize(json.loads(written))
    assert type(again) is CyclicalLearningRate
    assert again.get_config() == schedule.get_config()
    assert again(np.arange(40)).tolist() == schedule(np.arange(40)).tolist()


def test_a_name_is_kept():
    config = CyclicalLearningRate(0.1, 0.5, 4, name="mine").get_config()
    assert CyclicalLearningRate.from_config(config).name == "mine"


@pytest.mark.parametrize("name", ["my rate", "rate/warm", "", "_rate", "größer"])
def test_a_name_that_tensorflow_could_not_take_is_refused(name):
    for make in (lambda: CyclicalLearningRate(0.1, 0.5, 4, name=name), lambda: PolicySchedule("cosine", name=name)):
        with pytest.raises(ValueError, match="name must begin with a letter or digit"):
            make()


def test_a_name_of_all_that_is_allowed_trains():
    fit(probe_model(CyclicalLearningRate(0.1, 0.5, 4, name="2.my-rate_>A")), 2, [])


@pytest.mark.parametrize("number", [np.float32, np.float64, np.float16])
def test_numpy_numbers_can_be_saved(number, tmp_path):
    schedule = CyclicalLearningRate(number(0.25), number(0.5), np.int64(4), step_size_down=np.int32(2))
    model = probe_model(schedule)
    model.save(tmp_path / "model.keras")
    again = rate_source(keras.saving.load_model(tmp_path / "model.keras").optimizer)
    assert again(np.arange(12)).tolist() == schedule(np.arange(12)).tolist()


class Scale:
    def __call__(self, cycle):
        return 1 / cycle


@pytest.mark.parametrize(
    "scale_fn",
    [
        lambda cycle: 1 / cycle,
        keras.saving.register_keras_serializable("tests")(lambda cycle: 1 / cycle),
        unregistered,
        functools.partial(harmonic),
        Scale(),
        np.sqrt,
    ],
    ids=["lambda", "registered lambda", "unregistered", "partial", "object", "numpy"],
)
def test_scales_that_cannot_be_found_again_are_refused_when_saved(scale_fn, tmp_path):
    model = probe_model(CyclicalLearningRate(0.1, 0.5, 3, scale_fn=scale_fn))
    with pytest.raises(ValueError, match="scale_fn .* cannot be saved") as error:
        model.save(tmp_path / "model.keras")
    assert "named function (not a lambda)" in str(error.value)
    assert "@keras.saving.register_keras_serializable()" in str(error.value)


# --- stopped and resumed ---


def trained_by(form):
    """A model and its callbacks that train with triangular2, by either form."""
    if form == "schedule":
        return probe_model(CyclicalLearningRate(**CYCLE, policy="triangular2")), []
    return probe_model(), [CyclicLR(**CYCLE, mode="triangular2")]


@pytest.mark.parametrize("form", FORMS)
def test_a_saved_model_continues_in_the_middle_of_a_cycle(form, tmp_path):
    model, callbacks = trained_by(form)
    before = applied_rates(model, 10, callbacks)
    model.save(tmp_path / "model.keras")
    _, callbacks = trained_by(form)
    after = applied_rates(keras.saving.load_model(tmp_path / "model.keras"), 11, callbacks)
    assert_rates(before + after, triangular2(np.arange(21), **CYCLE))


class PowerCut(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations.numpy()) == 7:
            raise InterruptedError


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("save_freq", "saved"), [("epoch", 5), (3, 6)])
def test_backup_and_restore_continue_in_the_middle_of_a_cycle(form, save_freq, saved, tmp_path):
    """After a stop at 7 of 3 * 5 updates; a backup inside an epoch repeats that epoch, its rates go on."""

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path, save_freq=save_freq)

    model, callbacks = trained_by(form)
    with pytest.raises(InterruptedError):
        fit(model, 5, [*callbacks, backup(), PowerCut()], epochs=3)
    model, callbacks = trained_by(form)
    rates = applied_rates(model, 5, [*callbacks, backup()], epochs=3)
    assert_rates(rates, triangular2(np.arange(saved, saved + 10), **CYCLE))
