"""The policies against published sequences, Smith's own recurrence and exact arithmetic; what comes in and goes out."""

import math
from fractions import Fraction

import keras
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clr_utils.policies import modified_triangular2, triangular
from helpers import exact_rate, exact_rates
from policy_cases import AWKWARD_BOUNDS, LONG_RUNS, bounds, each_policy, halves, iterations, long_run, policy

each_policy_name = pytest.mark.parametrize("name", ["triangular", "triangular2", "welch", "hann"])


# --- published sequences (tolerance: 1e-5 relative) ---


@pytest.mark.parametrize(
    ("name", "step_size", "own", "rates"),
    [
        ("triangular", 4, {}, [1, 2, 3, 4, 5, 4, 3, 2, 1, 2, 3]),
        (
            "triangular2",
            4,
            {},
            [1, 2, 3, 4, 5, 4, 3, 2, 1, 1.5, 2, 2.5, 3, 2.5, 2, 1.5, 1, 1.25, 1.5, 1.75, 2, 1.75],
        ),
        (
            "exp_range",
            4,
            {"gamma": 0.9},
            [1, 1.9, 2.62, 3.187, 3.6244, 2.77147, 2.062882, 1.4782969, 1, 1.3874205, 1.6973569, 1.9414318, 2.1297181],
        ),
        (
            "triangular",
            4,
            {"step_size_down": 6},
            [1, 2, 3, 4, 5, 4.3333333, 3.6666667, 3, 2.3333333, 1.6666667, 1],
        ),
        (
            "triangular2",
            2,
            {"step_size_down": 6},
            [1, 3, 5, 4.3333333, 3.6666667, 3, 2.3333333, 1.6666667, 1, 2, 3, 2.6666667]
            + [2.3333333, 2, 1.6666667, 1.3333333, 1, 1.5, 2, 1.8333333, 1.6666667, 1.5, 1.3333333, 1.1666667],
        ),
    ],
)
def test_sequences_of_pytorch(name, step_size, own, rates):
    np.testing.assert_allclose(policy(name)(np.arange(len(rates)), 1, 5, step_size, **own), rates, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "own", "rates"),
    [
        ("triangular", {}, [0.001, 0.0035, 0.006, 0.001, 0.006, 0.006]),
        ("triangular2", {}, [0.001, 0.0035, 0.006, 0.001, 0.0035, 0.00225]),
        ("exp_range", {"gamma": 0.99994}, [0.001, 0.0033544071, 0.0054345862, 0.001, 0.004488344, 0.0037440088]),
    ],
)
def test_checkpoints_of_the_classic_callback(name, own, rates):
    at = [0, 1000, 2000, 4000, 6000, 10000]
    np.testing.assert_allclose(policy(name)(at, 0.001, 0.006, 2000, **own), rates, rtol=1e-5)


def caffe_rates(lr_policy, base_lr, max_lr, stepsize, start_lr_policy, max_iter):
    """Smith 2017, Appendix A, line for line."""
    rates = []
    for iteration in range(max_iter):
        itr = iteration - start_lr_policy
        if itr > 0:
            cycle = itr // (2 * stepsize)
            x = (itr - (2 * cycle + 1) * stepsize) / stepsize
            height = max(0.0, 1.0 - abs(x))
            if lr_policy == "triangular2":
                height = min(1.0, max(0.0, (1.0 - abs(x)) / 2.0**cycle))
            rates.append(base_lr + (max_lr - base_lr) * height)
        else:
            rates.append(base_lr)
    return rates


@pytest.mark.parametrize("name", ["triangular", "triangular2"])
@pytest.mark.parametrize("start", [0, 1, 13])
@pytest.mark.parametrize("step_size", [1, 7, 20])
def test_recurrence_of_appendix_a(name, start, step_size):
    rates = policy(name)(np.arange(200), 0.002, 0.03, step_size, start_lr_policy=start)
    np.testing.assert_allclose(rates, caffe_rates(name, 0.002, 0.03, step_size, start, 200), rtol=1e-12)


# --- exact arithmetic ---


def within_one_ulp(rate, exact):
    return abs(Fraction(float(rate)) - exact) <= math.ulp(float(exact))


@each_policy_name
@given(limits=bounds, up=st.integers(1, 10**6), down=st.integers(1, 10**6), cycle=st.integers(0, 12))
@example(limits=AWKWARD_BOUNDS[0], up=3, down=3, cycle=0)
@example(limits=AWKWARD_BOUNDS[1], up=2000, down=2000, cycle=5)
@example(limits=AWKWARD_BOUNDS[2], up=4000, down=4000, cycle=2)
@example(limits=AWKWARD_BOUNDS[3], up=7, down=11, cycle=1)
@example(limits=AWKWARD_BOUNDS[4], up=49, down=49, cycle=3)
@example(limits=AWKWARD_BOUNDS[5], up=1, down=1, cycle=12)
def test_ends_and_peaks_are_right_to_the_last_place(name, limits, up, down, cycle):
    foot, peak = cycle * (up + down), cycle * (up + down) + up
    rate = {n: policy(name)(n, *limits, up, step_size_down=down) for n in (foot, peak)}
    assert rate[foot] == limits[0]
    assert within_one_ulp(rate[peak], exact_rate(name, peak, *limits, up, down))
    if name != "triangular2":
        assert rate[peak] == limits[1]


@given(limits=bounds, up=st.integers(1, 10**6), cycle=st.integers(0, 40))
def test_modified_triangular2_halves_both_bounds_exactly(limits, up, cycle):
    foot, peak = modified_triangular2([2 * cycle * up, (2 * cycle + 1) * up], *limits, up)
    assert (foot, peak) == (limits[0] / 2**cycle, limits[1] / 2**cycle)


@each_policy
@given(limits=bounds, lengths=halves, start=st.integers(0, 1000), n=iterations)
def test_every_rate_is_that_of_exact_arithmetic(name, own, limits, lengths, start, n):
    up, down = lengths
    rate = policy(name)(n, *limits, up, step_size_down=down, start_lr_policy=start, **own)
    exact = float(exact_rate(name, n, *limits, up, down, start=start, **own))
    assert rate == pytest.approx(exact, rel=1e-12, abs=1e-15 * limits[1])


@pytest.mark.parametrize(("name", "step_size", "own"), LONG_RUNS)
def test_long_runs_are_right_in_numpy(name, step_size, own):
    at = [*long_run(step_size), 2**53 + 1, 2**62, 2**62 + 1, 2**63 - 1]
    rates = policy(name)(at, 0.001, 0.006, step_size, **own)
    own = dict(own)
    exact = exact_rates(name, at, 0.001, 0.006, step_size, own.pop("step_size_down", None), **own)
    np.testing.assert_allclose(rates, exact, rtol=1e-12, atol=0)


# --- what comes in, what goes out ---


@each_policy
@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (2, 1, 3), (0,)])
def test_arrays_keep_their_shape_and_give_float64(name, own, shape):
    at = np.arange(math.prod(shape)).reshape(shape)
    rates = policy(name)(at, 0.1, 0.5, 2, **own)
    assert rates.dtype == np.float64
    assert rates.shape == shape
    assert rates.ravel().tolist() == [policy(name)(int(n), 0.1, 0.5, 2, **own) for n in at.ravel()]


@pytest.mark.parametrize(
    "iteration",
    [
        3,
        3.0,
        np.int8(3),
        np.uint64(3),
        np.float32(3),
        np.array(3),
        keras.ops.convert_to_tensor(3, "int32"),
        keras.ops.convert_to_tensor(3.0, "float32"),
        keras.Variable(3, dtype="int32", trainable=False),
        keras.optimizers.SGD().iterations,
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_kind_of_number_is_an_iteration(iteration):
    if isinstance(iteration, keras.Variable):
        iteration.assign(3)
    assert float(triangular(iteration, 1, 5, 4)) == pytest.approx(4, rel=1e-6)


@pytest.mark.parametrize("iteration", [[0, 1, 2, 3], (0, 1, 2, 3), range(4)])
def test_sequences_are_read_as_arrays(iteration):
    np.testing.assert_allclose(triangular(iteration, 1, 5, 4), [1, 2, 3, 4])


def test_iterations_between_two_updates_lie_on_the_line():
    np.testing.assert_allclose(triangular([0.5, 3.5, 4.5, 7.75], 1, 5, 4), [1.5, 4.5, 4.5, 1.25])


def test_the_input_is_left_as_it_was():
    at = np.array([9, 3, 12])
    triangular(at, 1, 5, 4, start_lr_policy=5)
    assert at.tolist() == [9, 3, 12]


@each_policy
@pytest.mark.parametrize("iteration", [-1, [0, -1], float("nan"), [0.0, float("inf")]])
def test_negative_and_endless_iterations_are_refused(name, own, iteration):
    with pytest.raises(ValueError, match="iteration must be 0 or more"):
        policy(name)(iteration, 0.1, 0.5, 2, **own)
