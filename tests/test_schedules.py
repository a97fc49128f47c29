"""CyclicalLearningRate in real trainings: the rates that updates apply, also in the graph; and what it refuses."""

import copy

import keras
import numpy as np
import pytest

from clr_utils import CyclicalLearningRate, CyclicLR, LearningRateHistory, policies
from clr_utils.policies import POLICIES, custom_policy, triangular
from helpers import (
    ALL_POLICIES,
    BACKEND,
    applied_rates,
    assert_rates,
    batches_with_an_overflow,
    dtype_policy,
    fit,
    in_graph,
    probe_model,
    weight,
)
from schedule_cases import CUSTOM, CYCLE, FORMS

pytestmark = pytest.mark.filterwarnings("ignore::clr_utils.CycleWarning")

each_setting = pytest.mark.parametrize(
    ("policy", "own"),
    ALL_POLICIES + CUSTOM,
    ids=[
        "-".join([name, *(getattr(v, "__name__", str(v)) for v in own.values())]) for name, own in ALL_POLICIES + CUSTOM
    ],
)


def random_cycle(seed):
    """Random bounds, halves and start offset, so short that 20 updates see more than one cycle."""
    random = np.random.default_rng(seed)
    base_lr = random.uniform(0, 0.2)
    return {
        "base_lr": base_lr,
        "max_lr": base_lr + random.uniform(0.01, 0.8),
        "step_size": int(random.integers(1, 6)),
        "step_size_down": [None, int(random.integers(1, 6))][seed % 2],
        "start_lr_policy": int(random.integers(0, 4)),
    }


# --- schedule == callback == function ---


def by_function(policy, iterations, **settings):
    return (custom_policy if "scale_fn" in settings else getattr(policies, policy))(iterations, **settings)


@each_setting
def test_schedule_callback_and_function_apply_the_same_rates(policy, own, plain_model):
    cycle = random_cycle(len(policy) + len(own))
    expected = by_function(policy, np.arange(20), **cycle, **own)
    by_schedule, by_callback = LearningRateHistory(), LearningRateHistory()
    schedule = CyclicalLearningRate(policy=policy, **cycle, **own)
    assert_rates(applied_rates(probe_model(schedule), 10, [by_schedule], epochs=2), expected)
    assert_rates(
        applied_rates(plain_model(), 10, [CyclicLR(mode=policy, **cycle, **own), by_callback], epochs=2), expected
    )
    for history in (by_schedule, by_callback):
        assert history.iterations == list(range(20))
        assert_rates(history.learning_rates, expected)


@pytest.mark.parametrize("seed", range(16))
def test_random_settings(seed, plain_model):
    policy, own = (ALL_POLICIES + CUSTOM)[seed % 9]
    cycle = random_cycle(seed)
    expected = by_function(policy, np.arange(12), **cycle, **own)
    schedule = CyclicalLearningRate(policy=policy, **cycle, **own)
    in_training = in_graph(schedule, np.arange(12))
    by_callback = applied_rates(plain_model(), 12, [CyclicLR(mode=policy, **cycle, **own)])
    assert_rates(schedule(np.arange(12)), expected)
    assert_rates(keras.ops.convert_to_numpy(in_training), expected)
    assert_rates(by_callback, expected)


def test_both_are_the_function_in_an_eager_training():
    cycle = {"base_lr": 0.1, "max_lr": 0.5, "step_size": 3}
    expected = triangular(np.arange(7), **cycle)
    assert_rates(applied_rates(probe_model(CyclicalLearningRate(**cycle), run_eagerly=True), 7), expected)
    assert_rates(applied_rates(probe_model(run_eagerly=True), 7, [CyclicLR(**cycle)]), expected)


@pytest.mark.parametrize("optimizer", ["Adam", "RMSprop"])
def test_adaptive_optimizers_get_the_same_rates(optimizer):
    """Their first update of a constant gradient is the rate times a known factor; later ones keep the proportion."""
    schedule = CyclicalLearningRate(0.1, 0.5, 2)
    model, fixed = probe_model(schedule, optimizer=optimizer), probe_model(1.0, optimizer=optimizer)
    np.testing.assert_allclose(
        applied_rates(model, 5), np.array(applied_rates(fixed, 5)) * schedule(np.arange(5)), rtol=1e-4
    )


# --- in the graph ---


@pytest.mark.parametrize("jit_compile", [True, False])
def test_with_and_without_xla(jit_compile):
    schedule = CyclicalLearningRate(0.1, 0.5, 3, "hann")
    assert_rates(applied_rates(probe_model(schedule, jit_compile=jit_compile), 8), schedule(np.arange(8)))


@pytest.mark.skipif(BACKEND == "torch", reason="Keras refuses it on PyTorch")
def test_steps_per_execution():
    """Each execution of three updates takes the sum of three rates off the weight."""
    schedule, history = CyclicalLearningRate(0.1, 0.5, 5, "triangular2"), LearningRateHistory()
    model = probe_model(schedule, steps_per_execution=3)
    expected = schedule(np.arange(12))
    assert_rates(applied_rates(model, 6, [history], epochs=2), expected.reshape(4, 3).sum(axis=1))
    assert history.iterations == list(range(12))
    assert_rates(history.learning_rates, expected)


@pytest.mark.skipif(BACKEND == "torch", reason="Keras compiles nothing on PyTorch unless it is told to")
def test_the_training_step_is_traced_once():
    traces = []

    def counted(cycle):
        traces.append(cycle)
        return 1 / cycle

    model = probe_model(CyclicalLearningRate(0.1, 0.5, 3, scale_fn=counted))
    fit(model, 2)
    first = len(traces)
    assert first > 0
    fit(model, 8, epochs=6)
    fit(model, 5)
    assert len(traces) == first


@pytest.fixture
def mixed_float16():
    with dtype_policy("mixed_float16"):
        yield


@pytest.mark.usefixtures("mixed_float16")
@pytest.mark.parametrize("form", ["schedule", "callback"])
def test_mixed_precision_counts_only_the_updates_that_were_done(form):
    rate = triangular(np.arange(5), 0.25, 0.75, 4)
    history = LearningRateHistory()
    if form == "schedule":
        model, callbacks = probe_model(CyclicalLearningRate(0.25, 0.75, 4)), [history]
    else:
        model, callbacks = probe_model(), [CyclicLR(0.25, 0.75, 4), history]
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    x, y = batches_with_an_overflow(6, at=2)
    model.fit(x, y, batch_size=2, shuffle=False, verbose=0, callbacks=callbacks)
    assert weight(model) == pytest.approx(-rate.sum(), rel=1e-3)
    assert history.iterations == [0, 1, 2, 3, 4]
    assert_rates(history.learning_rates, rate)
    assert int(model.optimizer.iterations.numpy()) == 5
    if form == "callback":  # it set a rate for the batch that overflowed, too
        assert callbacks[0].history["iterations"] == [0, 1, 2, 2, 3, 4]


def test_gradient_accumulation_counts_batches():
    """Keras gives the schedule the batch that completes an update: 2, 5, 8, 11 for accumulation over three."""
    schedule, history = CyclicalLearningRate(0.1, 0.5, 5), LearningRateHistory()
    rates = applied_rates(probe_model(schedule, accumulate=3), 7, [history], epochs=2)
    expected = schedule(np.array([2, 5, 8, 11]))
    assert_rates([rate for rate in rates if rate], expected)
    assert history.iterations == [0, 1, 2, 3]
    assert_rates(history.learning_rates, expected)


# --- the object itself ---


def test_numbers_give_numbers_and_tensors_give_tensors():
    schedule = CyclicalLearningRate(0.1, 0.5, 4)
    assert schedule(0) == 0.1
    assert schedule(4) == 0.5
    assert schedule(np.arange(6).reshape(2, 3)).shape == (2, 3)
    assert keras.ops.is_tensor(schedule(keras.ops.convert_to_tensor(3)))


def test_a_copy_gives_the_same_rates():
    schedule = CyclicalLearningRate(0.1, 0.5, 4, "exp_range", gamma=0.9)
    assert copy.deepcopy(schedule)(np.arange(9)).tolist() == schedule(np.arange(9)).tolist()


def test_what_is_no_cycle_is_sent_to_its_schedule():
    with pytest.raises(ValueError, match="'cosine' is no cycle .*PolicySchedule.'cosine'"):
        CyclicalLearningRate(0.1, 0.5, 4, "cosine")


def test_every_policy_has_its_name():
    assert list(POLICIES) == ["triangular", "triangular2", "exp_range", "modified_triangular2", "welch", "hann"]
    assert CyclicalLearningRate(0.1, 0.5, 4).policy == "triangular"


def test_updates_left_counts_from_the_offset_with_unequal_halves():
    schedule = CyclicalLearningRate(0.1, 0.5, 3, step_size_down=5, start_lr_policy=2)
    assert [schedule.updates_left(n) for n in (2, 3, 9, 10, 18)] == [0, 7, 1, 0, 0]


@pytest.mark.parametrize(
    ("bad", "parts"),
    [
        ({"base_lr": 0.5, "max_lr": 0.1}, ["max_lr (0.1)", "base_lr (0.5)", "swap"]),
        ({"max_lr": float("nan")}, ["max_lr", "finite", "nan"]),
        ({"step_size": 0}, ["step_size", "1 or more", "it is 0"]),
        ({"step_size": 2.5}, ["step_size", "2.5", "round()"]),
        ({"policy": "no such"}, ["policy", "'triangular', 'triangular2', 'exp_range'", "'no such'"]),
        ({"policy": None}, ["policy", "'triangular', 'triangular2', 'exp_range'"]),
        ({"gamma": 1.0000001}, ["gamma", "1 or less", "1.0000001"]),
        ({"decay": "none"}, ["decay", "'amplitude', 'bounds'", "'none'"]),
        ({"gamma": 0.5}, ["gamma and decay are for exp_range", "'triangular'", "leave them out"]),
        ({"decay": "bounds"}, ["gamma and decay are for exp_range", "'triangular'", "leave them out"]),
        ({"step_size_down": -1}, ["step_size_down", "it is -1"]),
        ({"start_lr_policy": -1}, ["start_lr_policy", "it is -1"]),
        ({"scale_fn": "sqrt"}, ["scale_fn", "a function", "'sqrt'"]),
        ({"scale_mode": "batch"}, ["scale_mode", "'cycle', 'iterations'", "'batch'"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("form", FORMS)
def test_bad_arguments_are_refused_when_the_object_is_made(form, bad, parts):
    settings = {**CYCLE, **bad}
    if form == "callback" and "policy" in settings:
        settings["mode"] = settings.pop("policy")
        parts = ["mode" if part == "policy" else part for part in parts]
    with pytest.raises((TypeError, ValueError)) as error:
        (CyclicLR if form == "callback" else CyclicalLearningRate)(**settings)
    for part in parts:
        assert part in str(error.value)
    assert str(error.value).startswith(parts[0])


def test_the_backend_is_the_one_asked_for():
    assert keras.backend.backend() == BACKEND
