"""The comparators: fixed, exp, Smith's `decay`, and the time-based decay of Keras 2."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clr_utils import exp_decay, fixed, linear_decay, time_decay
from helpers import in_graph

DECAYS = [
    (fixed, (0.01,)),
    (exp_decay, (0.01, 0.99994)),
    (linear_decay, (0.001, 0.007, 4000)),
    (time_decay, (0.002, 0.96)),
]
each_decay = pytest.mark.parametrize(("decay", "settings"), DECAYS, ids=[decay.__name__ for decay, _ in DECAYS])


@pytest.mark.parametrize(
    ("decay", "settings", "table"),
    [
        (fixed, (0.01,), {0: 0.01, 1: 0.01, 10**9: 0.01}),
        (fixed, (0,), {0: 0.0, 5: 0.0}),
        (exp_decay, (2, 0.5), {0: 2, 1: 1, 2: 0.5, 10: 2 / 1024}),
        (exp_decay, (2, 1), {0: 2, 10**9: 2}),
        (linear_decay, (0.001, 0.007, 4000), {0: 0.007, 1000: 0.0055, 2000: 0.004, 4000: 0.001, 70_000: 0.001}),
        (linear_decay, (0, 1, 1.0), {0: 1, 1: 0, 2: 0}),
        (time_decay, (0.002, 0.96), {0: 0.002, 1: 0.002 / 1.96, 100: 0.002 / 97, 24_000: 0.002 / 23_041}),
        (time_decay, (0.002, 0), {0: 0.002, 10**9: 0.002}),
    ],
)
def test_values(decay, settings, table):
    np.testing.assert_allclose(decay(list(table), *settings), list(table.values()), rtol=1e-12, atol=0)


@given(base_lr=st.floats(0, 1), amplitude=st.floats(1e-6, 10), step_size=st.integers(1, 10**6))
def test_linear_decay_begins_and_ends_exactly_at_its_bounds(base_lr, amplitude, step_size):
    max_lr = base_lr + amplitude
    rates = linear_decay([0, step_size, step_size + 1], base_lr, max_lr, step_size)
    assert rates.tolist() == [max_lr, base_lr, base_lr]


def test_time_decay_is_the_inverse_time_decay_of_keras():
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.002, decay_steps=1, decay_rate=0.96)
    at = [0, 1, 2, 100, 23_999]
    theirs = [float(keras.ops.convert_to_numpy(schedule(n))) for n in at]
    np.testing.assert_allclose(time_decay(at, 0.002, 0.96), theirs, rtol=1e-6)


@pytest.mark.parametrize(("updates", "steps"), [(24_000, 11.04), (48_000, 11.76)])
def test_the_published_fixed_baseline_adds_up_to_about_eleven_steps(updates, steps):
    total = time_decay(np.arange(updates), 0.002, 0.96).sum()
    assert round(total / 0.002, 2) == steps


def test_exp_decay_does_not_drift_in_float32():
    """float32 powers drift by 0.2 % at 100,000 steps; the exponential of a float64 logarithm does not."""
    at = [0, 1, 70_000, 100_000]
    np.testing.assert_allclose(
        in_graph(lambda n: exp_decay(n, 0.001, 0.99994), at), [0.001 * 0.99994**n for n in at], rtol=1e-6
    )


@each_decay
def test_the_graph_agrees_with_numpy(decay, settings):
    at = np.array([[0, 1, 2], [3999, 4000, 4001]])
    rates = in_graph(lambda n: decay(n, *settings), at)
    assert keras.backend.standardize_dtype(rates.dtype) == "float32"
    np.testing.assert_allclose(rates, decay(at, *settings), rtol=1e-6)


@each_decay
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_shape_and_dtype(decay, settings, shape):
    rates = decay(np.ones(shape, "int32"), *settings)
    assert rates.shape == shape
    assert rates.dtype == np.float64
    assert np.shape(decay(1, *settings)) == ()


@each_decay
@pytest.mark.parametrize("iteration", [-1, float("nan"), [1, -1]])
def test_negative_iterations_are_refused(decay, settings, iteration):
    with pytest.raises(ValueError, match="iteration must be 0 or more"):
        decay(iteration, *settings)


@pytest.mark.parametrize(
    ("decay", "settings", "parts"),
    [
        (fixed, (-0.1,), ["lr", "0 or more", "-0.1"]),
        (fixed, (float("nan"),), ["lr", "finite", "nan"]),
        (fixed, ("0.1",), ["lr", "a number", "'0.1'"]),
        (exp_decay, (-1, 0.9), ["lr", "0 or more", "-1"]),
        (exp_decay, (1, 0), ["gamma", "greater than 0"]),
        (exp_decay, (1, 1.0000001), ["gamma", "1 or less", "1.0000001"]),
        (exp_decay, (1, float("nan")), ["gamma", "finite", "nan"]),
        (linear_decay, (0.007, 0.001, 4000), ["max_lr (0.001)", "base_lr (0.007)", "swap"]),
        (linear_decay, (0.001, 0.007, 0), ["step_size", "1 or more"]),
        (linear_decay, (0.001, 0.007, 2.5), ["step_size", "2.5", "round()"]),
        (linear_decay, (0.001, 0.007, 2**40), ["step_size", str(2**30 - 1), str(2**40)]),
        (time_decay, (-1, 0.9), ["lr", "0 or more", "-1"]),
        (time_decay, (1, -0.1), ["decay", "0 or more", "-0.1"]),
        (time_decay, (1, float("inf")), ["decay", "finite", "inf"]),
        (time_decay, (1, None), ["decay", "a number", "None"]),
    ],
)
def test_bad_arguments_are_named(decay, settings, parts):
    with pytest.raises((TypeError, ValueError)) as error:
        decay(0, *settings)
    for part in parts:
        assert part in str(error.value)
