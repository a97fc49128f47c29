"""The policies of tensors, as a compiled training step has them, on each backend."""

import math

import keras
import numpy as np
import pytest

from clr_utils import custom_policy
from clr_utils.cycles import LONGEST_STEP
from clr_utils.policies import locate, triangular
from helpers import BACKEND, exact_rates, in_graph
from policy_cases import AWKWARD_BOUNDS, LONG_RUNS, each_policy, long_run, policy


@pytest.mark.parametrize(("name", "step_size", "own"), LONG_RUNS)
@pytest.mark.parametrize("xla", [False, True])
def test_long_runs_are_right_in_the_graph(name, step_size, own, xla):
    at = long_run(step_size)
    assert at[-1] == 2**31 - 1
    own, down = dict(own), own.get("step_size_down")
    rates = in_graph(lambda n: policy(name)(n, 0.001, 0.006, step_size, **own), at, xla=xla)
    own.pop("step_size_down", None)
    exact = exact_rates(name, at, 0.001, 0.006, step_size, down, **own)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(rates), exact, rtol=1e-6, atol=0)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="elsewhere Keras counts in int32")
def test_tensors_of_int64_go_on_beyond_2_to_31():
    at = [2**31, 2**33 + 1, 2**53 + 1, 2**62 + 3]
    rates = in_graph(lambda n: triangular(n, 0.001, 0.006, 2_003), at)
    np.testing.assert_allclose(rates, exact_rates("triangular", at, 0.001, 0.006, 2_003), rtol=1e-6)


@each_policy
@pytest.mark.parametrize("limits", AWKWARD_BOUNDS)
def test_the_graph_agrees_with_numpy(name, own, limits):
    at = np.arange(60)
    settings = {"step_size_down": 5, "start_lr_policy": 4, **own}
    rates = in_graph(lambda n: policy(name)(n, *limits, 9, **settings), at)
    np.testing.assert_allclose(rates, policy(name)(at, *limits, 9, **settings), rtol=1e-6, atol=1e-6 * limits[1])


@each_policy
@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
def test_tensors_keep_their_shape_and_give_float32(name, own, shape):
    at = np.arange(math.prod(shape)).reshape(shape)
    rates = policy(name)(keras.ops.convert_to_tensor(at, "int32"), 0.1, 0.5, 2, **own)
    assert keras.ops.is_tensor(rates)
    assert keras.backend.standardize_dtype(rates.dtype) == "float32"
    assert tuple(rates.shape) == shape
    np.testing.assert_allclose(rates, policy(name)(at, 0.1, 0.5, 2, **own), rtol=1e-6)


def test_a_negative_iteration_in_a_tensor_gets_the_first_rate():
    np.testing.assert_allclose(in_graph(lambda n: triangular(n, 0.1, 0.5, 2), [-3, 0, 1]), [0.1, 0.1, 0.3], rtol=1e-6)


@pytest.mark.parametrize("scale_mode", ["cycle", "iterations"])
def test_custom_scale_works_in_the_graph(scale_mode):
    def rate(n):
        return custom_policy(n, 0.1, 0.5, 3, lambda k: 1 / (1 + k), scale_mode=scale_mode, start_lr_policy=2)

    at = np.arange(25)
    np.testing.assert_allclose(in_graph(rate, at), rate(at), rtol=1e-6)


def test_the_longest_cycle_is_counted():
    at = locate(keras.ops.convert_to_tensor(2**31 - 3, "int32"), 0, 1, LONGEST_STEP)
    assert float(at.cycle) == 0
    np.testing.assert_allclose(float(at.height), 1 / LONGEST_STEP, rtol=1e-6)


no_uint64 = pytest.mark.skipif(BACKEND == "torch", reason="Keras has no uint64 on PyTorch")


@pytest.mark.parametrize(
    "dtype",
    ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", pytest.param("uint64", marks=no_uint64)],
)
def test_narrow_and_unsigned_integers_are_counted_right(dtype):
    """A cycle of 4,000 does not fit in int8, and 100 - 1000 not in an unsigned integer."""
    for iteration in (np.array([0, 100], dtype), keras.ops.convert_to_tensor(np.array([0, 100], dtype))):
        height = keras.ops.convert_to_numpy(locate(iteration, 0, 1, 2000).height)
        np.testing.assert_allclose(height, [0, 0.05], rtol=1e-6)
        assert not np.any(keras.ops.convert_to_numpy(locate(iteration, 0, 1, 50, None, 1000).height))
