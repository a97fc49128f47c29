"""What CyclicLR, PolicyLR and LearningRateHistory refuse."""

import math
import re
import warnings

import keras
import pytest

from callback_cases import RESTARTS, OwnUpdates, not_on_torch
from clr_utils import CycleWarning, CyclicalLearningRate, CyclicLR, LearningRateHistory, PolicyLR
from helpers import batches_with_an_overflow, dtype_policy, fit, probe_model, weight

pytestmark = pytest.mark.filterwarnings("ignore::clr_utils.CycleWarning")

SETTERS = {
    "CyclicLR": (lambda: CyclicLR(0.1, 0.5, 3), "CyclicalLearningRate(...)", "step_size counts"),
    "PolicyLR": (lambda: PolicyLR("sgdr", **RESTARTS), "PolicySchedule(...)", "its length counts"),
}
each_setter = pytest.mark.parametrize("setter", SETTERS)


def constant_rate():
    return 0.1


@pytest.mark.parametrize(
    ("settings", "error", "parts"),
    [
        (
            {"learning_rate": CyclicalLearningRate(0.1, 0.5, 3)},
            TypeError,
            ["learning_rate is a CyclicalLearningRate", "remove SETTER", "a number as learning_rate"],
        ),
        (
            {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)},
            TypeError,
            ["learning_rate is a ExponentialDecay", "remove SETTER", "a number as learning_rate"],
        ),
        (
            {"learning_rate": constant_rate},
            TypeError,
            ["learning_rate is a function", "remove SETTER", "a number as learning_rate"],
        ),
        pytest.param(
            {"steps_per_execution": 4},
            ValueError,
            ["steps_per_execution is 4", "set it to 1", "SCHEDULE"],
            marks=not_on_torch,
        ),
        (
            {"accumulate": 3},
            ValueError,
            ["gradient_accumulation_steps is 3", "SETTER sets one", "remove it", "SCHEDULE", "COUNTED batches"],
        ),
    ],
    ids=["our schedule", "a schedule of Keras", "a function", "steps_per_execution", "accumulation"],
)
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
@each_setter
def test_what_a_callback_cannot_serve_is_refused_before_the_first_update(setter, settings, error, parts, dtype):
    make, schedule, counted = SETTERS[setter]
    with dtype_policy(dtype):  # mixed precision wraps the optimizer
        model = probe_model(**settings)
        with pytest.raises(error) as caught:
            fit(model, 4, [make()])
    for part in parts:
        told = part.replace("SETTER", setter).replace("SCHEDULE", schedule).replace("COUNTED", counted)
        assert told in str(caught.value)
    assert weight(model) == 0


several = pytest.mark.skipif(not hasattr(keras.optimizers, "MultiOptimizer"), reason="this Keras has none")


@several
@pytest.mark.parametrize("name", [*SETTERS, "LearningRateHistory"])
def test_an_optimizer_of_several_rates_is_refused(name):
    make, schedule, _ = SETTERS.get(name, (LearningRateHistory, "CyclicalLearningRate(...)", None))
    model = probe_model()
    model.compile(keras.optimizers.MultiOptimizer(lambda variable: keras.optimizers.SGD(0.1)), "mae")
    with pytest.raises(TypeError, match=rf"is a MultiOptimizer without one rate: .*{re.escape(schedule)}"):
        fit(model, 2, [make()])


@pytest.mark.parametrize(("updates", "epochs"), [(4, 1), (1, 4)])
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
@each_setter
@pytest.mark.usefixtures("collected")
def test_a_train_step_with_another_optimizer_is_noticed_at_the_first_batch(setter, updates, epochs, dtype):
    make, schedule, _ = SETTERS[setter]
    with dtype_policy(dtype):  # loss scaling may leave an update out
        model = OwnUpdates()
        told = (
            rf"first batch made no update .* {setter} sets: .* another optimizer\? Give that one {re.escape(schedule)}"
        )
        with pytest.raises(RuntimeError, match=told):
            fit(model, updates, [make()], epochs=epochs)
    assert model.trained == 1


def test_a_model_without_a_trainable_weight_is_told(eager):
    model = probe_model(0.1)
    model.trainable = False
    model.compile("sgd", "mae")
    with pytest.raises(ValueError, match="^there is nothing to train: .* Set trainable = True .*, and compile again"):
        fit(model, 2, [CyclicLR(0.1, 0.5, 2)])


def test_a_first_update_that_loss_scaling_skips_is_none_of_another_optimizer():
    with dtype_policy("mixed_float16"):
        model = probe_model()
    x, y = batches_with_an_overflow(3, at=0)
    callback = CyclicLR(0.1, 0.5, 3)
    model.fit(x, y, batch_size=2, shuffle=False, verbose=0, callbacks=[callback])
    assert callback.history["iterations"] == [0, 0, 1]


def test_an_epoch_that_loss_scaling_skips_is_none_of_another_optimizer():
    with dtype_policy("mixed_float16"):
        model, history = probe_model(), LearningRateHistory()
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        x, y = batches_with_an_overflow(1, at=0)
        model.fit(x, y, batch_size=2, verbose=0, callbacks=[history])
    assert history.learning_rates == []


@pytest.mark.parametrize("mode", ["one_cycle", "cosine"])
def test_a_policy_that_is_no_cycle_is_sent_on(mode):
    with pytest.raises(ValueError, match=f"'{mode}' is no cycle of CyclicLR: write PolicyLR\\('{mode}', ...\\)"):
        CyclicLR(0.1, 0.5, 10, mode=mode)


@pytest.mark.parametrize(
    ("scale", "message"), [(-1, "0 or more; it is -0.0"), (math.nan, "a finite number; it is nan")]
)
@pytest.mark.usefixtures("collected")
def test_a_rate_that_cannot_be_is_refused_before_its_update(scale, message, plain_model):
    model = plain_model()
    callback = CyclicLR(0.05, 0.5, 3, scale_fn=lambda cycle: scale, warn=False)
    with pytest.raises(ValueError, match=f"^the rate of update [01] must be {message}"):
        fit(model, 3, [callback])
    assert len(callback.history["lr"]) <= 1
