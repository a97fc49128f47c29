"""The policies against published sequences, Smith's own recurrence, exact arithmetic, and their laws."""

import inspect
import math
from fractions import Fraction

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from clr_utils import SMITH_TABLE_2, Stage, custom_policy, cycles, policies, staged
from clr_utils.policies import exp_range, hann, modified_triangular2, triangular, triangular2, welch
from helpers import ALL_POLICIES, exact_rate, exact_rates

each_policy = pytest.mark.parametrize(("name", "own"), ALL_POLICIES, ids=lambda x: x if isinstance(x, str) else "")
each_policy_name = pytest.mark.parametrize("name", ["triangular", "triangular2", "welch", "hann"])

positive = st.floats(1e-6, 10)
bounds = st.tuples(st.one_of(st.just(0.0), positive), positive).filter(lambda pair: pair[0] < pair[1])
halves = st.tuples(st.integers(1, 5_000), st.integers(1, 5_000))
iterations = st.integers(0, 100_000)
AWKWARD_BOUNDS = [(0.1, 0.7), (0.001, 0.006), (0.002, 0.03), (0.0, 1 / 3), (1e-4, 0.1 + 0.2), (5e-7, 9.999999999999998)]


def policy(name):
    return getattr(policies, name)


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


LONG_RUNS = [  # step_size, own settings that leave something of the amplitude after 2**31 iterations
    ("triangular", 2000, {}),
    ("triangular", 1, {}),
    ("triangular", 2**30 - 1, {}),
    ("triangular", 48_271, {"step_size_down": 69_621}),
    ("triangular2", 2**29 + 1, {}),
    ("modified_triangular2", 2**28 + 3, {}),
    ("welch", 3_001, {}),
    ("hann", 3_001, {}),
    ("exp_range", 2_003, {"gamma": 1 - 1e-9}),
    ("exp_range", 2_003, {"gamma": 1 - 1e-9, "decay": "bounds"}),
]


def long_run(step_size):
    """Iterations around 2**24 and 2**31, and around the ends and peaks of cycles beyond 2**24."""
    marks = [2**24, 2**25, 2**31 - 3]
    marks += [mark // step_size * step_size for mark in (2**24 + step_size, 2**30, 2**31 - 4) if mark >= step_size]
    return sorted({mark + k for mark in marks for k in (-2, -1, 0, 1, 2) if mark + k >= 0})


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


# --- laws ---


@pytest.mark.parametrize(("name", "own"), [pair for pair in ALL_POLICIES if "decay" not in pair[1]])
@given(limits=bounds, lengths=halves, n=iterations)
def test_rates_lie_between_the_bounds(name, own, limits, lengths, n):
    if name == "modified_triangular2":
        assume(n < sum(lengths))
    rate = policy(name)(n, *limits, lengths[0], step_size_down=lengths[1], **own)
    assert math.nextafter(limits[0], -1) <= rate <= math.nextafter(limits[1], math.inf)


@pytest.mark.parametrize("name", ["triangular", "welch", "hann"])
@given(limits=bounds, lengths=halves, n=iterations, cycles=st.integers(1, 1000))
def test_a_cycle_is_like_the_others(name, limits, lengths, n, cycles):
    settings = {"step_size": lengths[0], "step_size_down": lengths[1]}
    later = n + cycles * sum(lengths)
    assert policy(name)(n, *limits, **settings) == policy(name)(later, *limits, **settings)


@pytest.mark.parametrize("name", ["triangular", "triangular2", "modified_triangular2", "welch", "hann"])
@given(limits=bounds, up=st.integers(1, 5000), cycle=st.integers(0, 9), data=st.data())
def test_a_cycle_falls_as_it_rose(name, limits, up, cycle, data):
    peak, away = (2 * cycle + 1) * up, data.draw(st.integers(0, up - 1))
    before, after = policy(name)([peak - away, peak + away], *limits, up)
    assert before == after


@given(limits=bounds, lengths=halves, n=iterations)
def test_triangular2_halves_the_amplitude_and_keeps_base_lr(limits, lengths, n):
    now, next_cycle = triangular2([n, n + sum(lengths)], *limits, lengths[0], step_size_down=lengths[1])
    assert next_cycle - limits[0] == pytest.approx((now - limits[0]) / 2, rel=1e-9, abs=4 * math.ulp(limits[1]))


@given(limits=bounds, lengths=halves, n=iterations)
def test_modified_triangular2_halves_the_whole_rate(limits, lengths, n):
    now, next_cycle = modified_triangular2([n, n + sum(lengths)], *limits, lengths[0], step_size_down=lengths[1])
    assert next_cycle == now / 2


@given(limits=bounds, lengths=halves, gamma=st.floats(0.9, 1, exclude_max=True))
def test_peaks_never_rise(limits, lengths, gamma):
    peaks = lengths[0] + np.arange(8) * sum(lengths)
    settings = {"step_size": lengths[0], "step_size_down": lengths[1]}
    for rates in (
        triangular2(peaks, *limits, **settings),
        modified_triangular2(peaks, *limits, **settings),
        exp_range(peaks, *limits, gamma=gamma, **settings),
        exp_range(peaks, *limits, gamma=gamma, decay="bounds", **settings),
    ):
        assert (np.diff(rates) <= 0).all()
        assert rates[-1] < limits[1]


@pytest.mark.parametrize("name", ["triangular", "triangular2", "modified_triangular2", "welch", "hann"])
@given(limits=bounds, lengths=halves)
def test_a_cycle_climbs_to_its_peak_and_descends(name, limits, lengths):
    rates = policy(name)(np.arange(sum(lengths)), *limits, lengths[0], step_size_down=lengths[1])
    slack = 2 * math.ulp(limits[1])
    assert (np.diff(rates[: lengths[0] + 1]) >= -slack).all()
    assert (np.diff(rates[lengths[0] :]) <= slack).all()


@given(limits=bounds, lengths=halves, n=iterations, gamma=st.floats(0.99, 1))
def test_the_two_readings_of_exp_range(limits, lengths, n, gamma):
    settings = {"step_size": lengths[0], "step_size_down": lengths[1]}
    triangle = triangular(n, *limits, **settings)
    amplitude = exp_range(n, *limits, gamma=gamma, **settings)
    both = exp_range(n, *limits, gamma=gamma, decay="bounds", **settings)
    tolerance = {"rel": 1e-9, "abs": 1e-15 * limits[1]}
    assert amplitude == pytest.approx(limits[0] + (triangle - limits[0]) * gamma**n, **tolerance)
    assert both == pytest.approx(triangle * gamma**n, **tolerance)
    assert both <= amplitude + math.ulp(amplitude)


def test_exp_range_by_default_keeps_base_lr():
    """At the first cycle end Alyafi's eq. 5 is back at base_lr; in Smith's words the lower bound has declined too."""
    assert exp_range(8, 1, 5, 4, 0.9) == 1
    assert exp_range(8, 1, 5, 4, 0.9, decay="bounds") == pytest.approx(0.9**8)


@given(limits=bounds, lengths=halves, n=iterations)
def test_exp_range_without_decline_is_triangular(limits, lengths, n):
    for decay in ("amplitude", "bounds"):
        assert exp_range(n, *limits, lengths[0], 1, decay=decay) == triangular(n, *limits, lengths[0])


def test_exp_range_counts_iterations_over_all_cycles():
    first, second = exp_range([4, 12], 0, 1, 4, 0.9)
    assert (first, second) == (pytest.approx(0.9**4), pytest.approx(0.9**12))


@each_policy
@given(limits=bounds, lengths=halves, n=iterations, start=st.integers(1, 10**6))
def test_a_start_offset_shifts_everything(name, own, limits, lengths, n, start):
    settings = {"step_size": lengths[0], "step_size_down": lengths[1], **own}
    shifted = policy(name)([0, start - 1, start, n + start], *limits, start_lr_policy=start, **settings)
    assert shifted[:3].tolist() == [limits[0]] * 3
    assert shifted[3] == policy(name)(n, *limits, **settings)


def test_windows_at_half_height():
    """With x = 1/2: triangular 1 - x = 1/2, Welch 1 - x**2 = 3/4, Hann (1 + cos(pi x)) / 2 = 1/2; and at x = 3/4."""
    np.testing.assert_allclose([f(4, 0, 1, 8) for f in (triangular, welch, hann)], [0.5, 0.75, 0.5])
    hann_value = (1 + math.cos(0.75 * math.pi)) / 2
    np.testing.assert_allclose([f(2, 0, 1, 8) for f in (triangular, welch, hann)], [0.25, 0.4375, hann_value])


# --- a scale of one's own ---


def test_custom_scale_per_cycle_counts_from_one():
    np.testing.assert_allclose(
        custom_policy([4, 12, 20], 1, 5, 4, lambda cycle: 1 / cycle), [1 + 4 / 1, 1 + 4 / 2, 1 + 4 / 3]
    )


def test_custom_scale_per_iteration_counts_from_zero():
    rates = custom_policy([0, 3, 4], 1, 5, 4, lambda n: n + 10, scale_mode="iterations")
    np.testing.assert_allclose(rates, [1, 1 + 3 * 13, 1 + 4 * 14])


def test_custom_scale_per_iteration_counts_from_the_start_offset():
    rates = custom_policy([2, 9], 1, 5, 4, lambda n: n, scale_mode="iterations", start_lr_policy=5)
    np.testing.assert_allclose(rates, [1, 1 + 4 * 4])


@given(limits=bounds, up=st.integers(1, 500), n=iterations, gamma=st.floats(0.99, 1))
def test_custom_scales_make_the_named_policies(limits, up, n, gamma):
    """As the classic callback defines them: 1, 1 / 2**(cycle - 1), gamma**iterations."""
    tolerance = {"rel": 1e-9, "abs": 1e-12 * limits[1]}
    custom = lambda scale, mode: custom_policy(n, *limits, up, scale, scale_mode=mode)  # noqa: E731
    assert custom(lambda c: 1, "cycle") == triangular(n, *limits, up)
    assert custom(lambda c: 2.0 ** (1 - c), "cycle") == pytest.approx(triangular2(n, *limits, up), **tolerance)
    assert custom(lambda i: gamma**i, "iterations") == pytest.approx(exp_range(n, *limits, up, gamma), **tolerance)


# --- staged ---


def test_stages_change_where_table_2_says():
    table = {
        0: 0.001,
        2_000: 0.005,
        4_000: 0.001,
        6_000: 0.003,
        15_999: 0.001 + 0.004 / 2_000 / 8,  # one before the end of the fourth cycle
        16_000: 0.0001,
        17_000: 0.0005,
        18_000: 0.0001,
        21_999: 0.0001 + 0.0004 / 1_000 / 4,
        22_000: 0.00001,
        22_500: 0.00005,
        23_000: 0.00001,
        24_999: 0.00001 + 0.00004 / 500 / 4,
        25_000: 0.00001,
        25_500: 0.00001 + 0.00004 / 8,  # after the table the last stage goes on
    }
    np.testing.assert_allclose(staged(list(table)), list(table.values()), rtol=1e-12)


def test_table_2_is_smiths():
    assert [tuple(stage) for stage in SMITH_TABLE_2] == [
        (0.001, 0.005, 2000, 0, 16000),
        (0.0001, 0.0005, 1000, 16000, 22000),
        (0.00001, 0.00005, 500, 22000, 25000),
    ]


def test_stages_take_another_policy_and_plain_rows():
    rates = staged(np.arange(8), [(1, 5, 2, 0, 4), (0, 2, 2, 4, 8)], policy=triangular)
    assert rates.tolist() == [1, 3, 5, 3, 0, 1, 2, 1]
    assert staged(6, [(1, 5, 2, 0, 4), (0, 2, 2, 4, 8)], policy=triangular) == 2
    assert np.shape(staged(6)) == ()


def test_stages_may_be_a_table():
    table = pd.DataFrame([(1, 5, 2, 0, 4), (0, 2, 2, 4, 8)], columns=Stage._fields)
    assert staged(np.arange(8), table, policy=triangular).tolist() == [1, 3, 5, 3, 0, 1, 2, 1]


def test_one_stage_is_its_policy():
    at = np.arange(30)
    assert staged(at, [(1, 5, 3, 0, 10)]).tolist() == triangular2(at, 1, 5, 3).tolist()


@pytest.mark.parametrize(
    ("stages", "parts"),
    [
        ([], ["stages", "at least one row", "empty"]),
        ([Stage(1, 5, 2, 1, 4)], ["start=1", "must start at 0"]),
        ([Stage(1, 5, 2, 0, 4), Stage(1, 5, 2, 5, 9)], ["start=5", "must start at 4"]),
        ([Stage(1, 5, 2, 0, 4), Stage(1, 5, 2, 3, 9)], ["start=3", "must start at 4"]),
        ([Stage(1, 5, 2, 0, 0)], ["max_iter=0", "end after its start"]),
        ([Stage(5, 1, 2, 0, 4)], ["max_lr (1.0) must be greater than base_lr (5.0)"]),
        ([Stage(1, 5, 0, 0, 4)], ["step_size", "it is 0"]),
    ],
)
def test_stages_that_do_not_fit_are_refused(stages, parts):
    with pytest.raises(ValueError, match="must") as error:
        staged(0, stages)
    for part in parts:
        assert part in str(error.value)


@pytest.mark.parametrize("iteration", [-1, float("nan")])
def test_staged_refuses_negative_iterations(iteration):
    with pytest.raises(ValueError, match="iteration must be 0 or more"):
        staged(iteration)


# --- arguments ---


def test_signatures_are_those_of_papers_and_people():
    cycle = ["iteration", "base_lr", "max_lr", "step_size"]
    for name, own in ALL_POLICIES:
        parameters = inspect.signature(policy(name)).parameters
        positional = [p.name for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert positional == (cycle + ["gamma"] if own else cycle)
        assert {"step_size_down", "start_lr_policy"} <= parameters.keys()
    assert exp_range(5, 1, 5, 4, 0.9) == exp_range(5, base_lr=1, max_lr=5, step_size=4, gamma=0.9, decay="amplitude")


BAD_CYCLES = [
    ({"base_lr": 0.6, "max_lr": 0.1}, ["max_lr (0.1)", "base_lr (0.6)", "swap"]),
    ({"base_lr": 0.5}, ["max_lr (0.5)", "base_lr (0.5)", "`fixed`"]),
    ({"base_lr": -0.1}, ["base_lr", "0 or more", "-0.1"]),
    ({"max_lr": float("nan")}, ["max_lr", "finite", "nan"]),
    ({"max_lr": float("inf")}, ["max_lr", "finite", "inf"]),
    ({"base_lr": True}, ["base_lr", "a number", "True"]),
    ({"base_lr": "0.1"}, ["base_lr", "a number", "'0.1'"]),
    ({"max_lr": None}, ["max_lr", "a number", "None"]),
    ({"step_size": 0}, ["step_size", "1 or more", "it is 0"]),
    ({"step_size": -1}, ["step_size", "1 or more", "it is -1"]),
    ({"step_size": 2.5}, ["step_size", "whole number of iterations", "2.5", "round()"]),
    ({"step_size": float("nan")}, ["step_size", "finite", "nan"]),
    ({"step_size": float("inf")}, ["step_size", "finite", "inf"]),
    ({"step_size": True}, ["step_size", "a number", "True"]),
    ({"step_size": "4"}, ["step_size", "a number", "'4'"]),
    ({"step_size": None}, ["step_size", "a number", "None"]),
    ({"step_size": cycles.LONGEST_STEP + 1}, ["step_size", "1073741823 or less", "1073741824"]),
    ({"step_size_down": 0}, ["step_size_down", "1 or more", "it is 0"]),
    ({"step_size_down": 2.5}, ["step_size_down", "whole number", "2.5"]),
    ({"start_lr_policy": -1}, ["start_lr_policy", "0 or more", "it is -1"]),
    ({"start_lr_policy": 0.5}, ["start_lr_policy", "whole number", "0.5"]),
]


@each_policy
@pytest.mark.parametrize(("bad", "parts"), BAD_CYCLES, ids=str)
def test_bad_cycles_are_refused_by_every_policy(name, own, bad, parts):
    settings = {"base_lr": 0.1, "max_lr": 0.5, "step_size": 4, **own, **bad}
    for call in (policy(name), lambda n, **s: policies.named_policy(name, **s)):
        with pytest.raises((TypeError, ValueError)) as error:
            call(0, **settings)
        for part in parts:
            assert part in str(error.value)


BAD_SETTINGS = [
    ({"gamma": 0}, ["gamma", "greater than 0", "it is 0"]),
    ({"gamma": -0.5}, ["gamma", "greater than 0", "it is -0.5"]),
    ({"gamma": 1.0000001}, ["gamma", "1 or less", "it is 1.0000001"]),
    ({"gamma": float("nan")}, ["gamma", "finite", "nan"]),
    ({"gamma": "0.9"}, ["gamma", "a number", "'0.9'"]),
    ({"gamma": None}, ["gamma", "a number", "None"]),
    ({"gamma": True}, ["gamma", "a number", "True"]),
    ({"decay": "both"}, ["decay", "'amplitude', 'bounds'", "'both'"]),
    ({"decay": None}, ["decay", "'amplitude', 'bounds'", "None"]),
]


@pytest.mark.parametrize(("bad", "parts"), BAD_SETTINGS, ids=str)
def test_exp_range_refuses_bad_settings(bad, parts):
    for call in (lambda **s: exp_range(0, 0.1, 0.5, 4, **s), named_triangular):
        with pytest.raises((TypeError, ValueError)) as error:
            call(**{"gamma": 0.9, **bad})
        for part in parts:
            assert part in str(error.value)


def named_triangular(**settings):
    return policies.named_policy("triangular", 0.1, 0.5, 4, **settings)


@pytest.mark.parametrize(
    ("bad", "parts"),
    [
        ({"scale_fn": 0.5}, ["scale_fn", "a function", "0.5"]),
        ({"scale_mode": "epoch"}, ["scale_mode", "'cycle', 'iterations'", "'epoch'"]),
        ({"scale_mode": None}, ["scale_mode", "'cycle', 'iterations'", "None"]),
    ],
    ids=str,
)
def test_a_custom_scale_is_checked(bad, parts):
    for call in (lambda **s: custom_policy(0, 0.1, 0.5, 4, **s), named_triangular):
        with pytest.raises((TypeError, ValueError)) as error:
            call(**{"scale_fn": np.sqrt, **bad})
        for part in parts:
            assert part in str(error.value)


@pytest.mark.parametrize("name", ["", "Triangular", "cosine", None, 1, ["hann"]])
def test_unknown_policies_are_refused_with_the_list(name):
    with pytest.raises(ValueError, match="policy must be one of 'triangular', 'triangular2'") as error:
        policies.named_policy(name, 0.1, 0.5, 4)
    assert repr(name) in str(error.value)


@each_policy
def test_a_policy_by_name_is_the_policy(name, own):
    at = np.arange(40)
    settings = {"base_lr": 0.1, "max_lr": 0.5, "step_size": 3, "step_size_down": 4, "start_lr_policy": 2, **own}
    assert policies.named_policy(name, **settings)(at).tolist() == policy(name)(at, **settings).tolist()
