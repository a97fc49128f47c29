"""Warm-ups, restarts, single cycles and momentum: closed forms, boundaries, and tensors."""

from functools import partial

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clr_utils
from clr_utils import (
    PolicySchedule,
    cosine,
    fixed,
    inverse_sqrt,
    joined,
    mirrored,
    one_cycle,
    one_cycle_momentum,
    polynomial,
    sgdr,
    triangular,
    warmed_up,
    warmup_stable_decay,
)
from helpers import BACKEND, assert_rates, in_graph
from restart_cases import AT, BY_HAND, CYCLE, EACH, by_hand_sgdr, each, fixed_1, turn


@pytest.mark.parametrize(("name", "settings"), [row for row in EACH if row[0] in BY_HAND])
def test_each_is_its_equation(name, settings):
    expected = [BY_HAND[name](n, **settings) for n in AT.tolist()]
    np.testing.assert_allclose(getattr(clr_utils, name)(AT, **settings), expected, rtol=1e-12, atol=1e-15)


def test_the_transformers_rates_are_a_step_ahead():
    """Vaswani et al., eq. 3: d_model**-0.5 * min(step**-0.5, step * warmup**-1.5), the first update being step 1."""
    steps = np.array([1, 2, 3_999, 4_000, 4_001, 100_000])
    paper = 512**-0.5 * np.minimum(steps**-0.5, steps * 4_000**-1.5)
    np.testing.assert_allclose(inverse_sqrt(steps, (512 * 4_000) ** -0.5, 4_000), paper, rtol=1e-12)


# --- boundaries ---


@given(low=st.floats(0, 1), rise=st.floats(1e-6, 10), total=st.integers(2, 10**6), power=st.floats(0.1, 4))
def test_ends_are_reached_exactly_and_kept(low, rise, total, power):
    high, at = low + rise, [0, total, total + 1, 2**40]
    for rates in (
        cosine(at, high, total, low),
        polynomial(at, high, total, low, power),
        sgdr(at, high, total, low, multiplier=3, cycles=1),
        warmup_stable_decay(at, high, total, 0, total - 1, low, shape="1-sqrt"),
    ):
        assert rates.tolist() == [high, low, low, low]


@given(total=st.integers(4, 10**6), share=st.floats(0, 1), shape=st.sampled_from(["linear", "cosine"]))
def test_one_cycle_turns_exactly_where_it_says(total, share, shape):
    step = 1 + int(share * (total / 2 - 2))
    settings = {"base_lr": 0.1, "step_size": step, "final_lr": 0.001, "shape": shape}
    at = [0, step, total, total + 1]
    assert one_cycle(at, 0.7, total, **settings).tolist() == [0.1, 0.7, 0.001, 0.001]
    at = [0, step, 2 * step, total, 2**40]
    assert one_cycle(at, 0.7, total, phases=3, **settings).tolist() == [0.1, 0.7, 0.1, 0.001, 0.001]


@given(total=st.integers(4, 10**6), share=st.floats(0, 1), shape=st.sampled_from(["linear", "cosine"]))
def test_the_momentum_turns_where_one_cycle_does(total, share, shape):
    step = 1 + int(share * (total / 2 - 2))
    settings = {"step_size": step, "shape": shape}
    assert one_cycle_momentum([0, step, total, total + 1], total, **settings).tolist() == [0.95, 0.85, 0.95, 0.95]
    at = [0, step, 2 * step, (2 * step + total) // 2, total]
    three = one_cycle_momentum(at, total, phases=3, **settings)
    np.testing.assert_allclose(three, [0.95, 0.85, 0.95, 0.95, 0.95], rtol=1e-15)
    rates = one_cycle(at, 0.7, total, base_lr=0.1, final_lr=0, phases=3, **settings)
    np.testing.assert_allclose(mirrored(at, lambda n: rates, 0.1, 0.7), three, rtol=1e-15)


def test_one_cycle_takes_its_defaults_from_max_lr_and_total():
    assert one_cycle([0, 300, 1000], 0.5, 1000).tolist() == [0.5 / 25, 0.5, 0.5 / 25 / 10_000]
    assert one_cycle([0, 1, 2], 0.5, 2).tolist() == [0.5 / 25, 0.5, 0.5 / 25 / 10_000]


@pytest.mark.parametrize(
    "policy",
    [
        partial(cosine, max_lr=1, total=2_000),
        partial(polynomial, max_lr=1, total=2_000, power=1.5),
        partial(inverse_sqrt, max_lr=1, warmup=1_000),
        partial(sgdr, max_lr=1, period=4_000),
        partial(one_cycle, max_lr=1, total=4_000, phases=3),
        partial(one_cycle, max_lr=1, total=4_000),
        partial(warmup_stable_decay, max_lr=1, total=4_000, warmup=1_000, cooldown=1_000),
        partial(warmup_stable_decay, max_lr=1, total=4_000, warmup=1_000, cooldown=1_000, shape="cosine"),
        partial(warmed_up, policy=partial(cosine, max_lr=1, total=2_000), warmup=1_000),
    ],
)
def test_no_jumps_but_at_restarts(policy):
    rates = policy(np.arange(4_000))
    assert np.abs(np.diff(rates)).max() < 0.0016
    assert rates.max() == 1


@given(period=st.integers(1, 50), multiplier=st.integers(1, 3), peak_decay=st.floats(0.5, 1), cycle=st.integers(0, 6))
def test_restarts_lie_at_the_sums_of_the_periods(period, multiplier, peak_decay, cycle):
    start = sum(period * multiplier**k for k in range(cycle))
    peak = 0.1 + 0.4 * peak_decay**cycle
    settings = {"multiplier": multiplier, "peak_decay": peak_decay}
    assert sgdr(start, 0.5, period, 0.1, **settings) == pytest.approx(peak, rel=1e-12)
    last = sgdr(start + period * multiplier**cycle - 1, 0.5, period, 0.1, **settings)
    share = 1 - 1 / (period * multiplier**cycle)
    assert last == pytest.approx(turn(peak, 0.1, share, "cosine"), rel=1e-12)
    if cycle:
        assert sgdr([start - 1, start], 0.5, period, 0.1, cycles=cycle, **settings)[1] == 0.1


def test_parts_are_counted_from_their_own_starts_and_the_last_ends():
    rates = joined(
        np.arange(9), [(2, partial(fixed, lr=7)), (4, partial(triangular, base_lr=1, max_lr=5, step_size=2))]
    )
    assert rates.tolist() == [7, 7, 1, 3, 5, 3, 1, 1, 1]
    cut = joined(np.arange(6), [(3, partial(triangular, base_lr=1, max_lr=5, step_size=2))])
    assert cut.tolist() == [1, 3, 5, 3, 3, 3]


def test_policies_can_be_nested():
    policy = partial(joined, parts=[(4, partial(warmed_up, policy=partial(fixed, lr=8), warmup=2)), (1, fixed_1)])
    assert warmed_up(np.arange(9), policy, 2, start_lr=0).tolist() == [0, 0, 0, 4, 8, 8, 1, 1, 1]


def test_no_warm_up_is_the_policy():
    assert warmed_up(AT, CYCLE, 0).tolist() == CYCLE(AT).tolist()


# --- numbers, arrays, tensors ---


@each
def test_numbers_and_arrays_keep_their_shape(name, settings):
    policy = partial(getattr(clr_utils, name), **settings)
    whole = policy(AT)
    assert whole.dtype == np.float64
    assert policy(AT[:6].reshape(2, 3)).tolist() == whole[:6].reshape(2, 3).tolist()
    assert policy(np.array([], int)).shape == (0,)
    assert isinstance(policy(5), float)
    assert policy(5) == whole[5]


@each
def test_the_graph_agrees_with_numpy(name, settings):
    schedule = PolicySchedule(name, **settings)
    rates = in_graph(schedule, AT.reshape(1, -1))
    assert keras.backend.standardize_dtype(rates.dtype) == "float32"
    assert_rates(keras.ops.convert_to_numpy(rates), schedule(AT.reshape(1, -1)))
    assert tuple(schedule(keras.ops.convert_to_tensor(3, "int32")).shape) == ()


@pytest.mark.parametrize("multiplier", [1, 2, 3])
def test_restarts_are_right_in_long_runs(multiplier):
    """Whole numbers first: as floats, iterations beyond 2**24 would lie in the wrong place."""
    policy = partial(sgdr, max_lr=0.5, period=7, multiplier=multiplier)
    starts = np.cumsum([7 * multiplier**k for k in range(33)])
    at = np.array([0, 2**24 + 1, *[n for n in starts[-20:] if n < 2**31], 2**31 - 1])
    expected = [by_hand_sgdr(n % 7 if multiplier == 1 else n, 0.5, 7, multiplier=multiplier) for n in at.tolist()]
    np.testing.assert_allclose(policy(at), expected, rtol=1e-12)
    assert_rates(keras.ops.convert_to_numpy(in_graph(policy, at)), expected)
    if multiplier > 1 and BACKEND == "tensorflow":  # elsewhere Keras counts in int32
        far = [2**40, 2**62]
        assert_rates(in_graph(policy, far), [by_hand_sgdr(n, 0.5, 7, multiplier=multiplier) for n in far])
