"""Warm-ups, restarts, single cycles and momentum: closed forms, other libraries, boundaries, and as a schedule."""

import json
import math
from functools import partial

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.optimizers import schedules

import clr_utils
from clr_utils import (
    CyclicalLearningRate,
    PolicyLR,
    PolicySchedule,
    cosine,
    fixed,
    inverse_sqrt,
    joined,
    mirrored,
    one_cycle,
    one_cycle_momentum,
    plot_policy,
    polynomial,
    sgdr,
    triangular,
    triangular2,
    warmed_up,
    warmup_stable_decay,
)
from clr_utils.restarts import LONGEST
from clr_utils.schedules import RULES
from helpers import BACKEND, applied_rates, assert_rates, in_graph, probe_model

CYCLE = CyclicalLearningRate(0.1, 0.5, 4, "hann")
FALL = PolicySchedule("cosine", max_lr=0.4, total=6, min_lr=0.1)
# Every policy with settings, so short that 40 updates see all of it.
EACH = [
    ("cosine", {"max_lr": 0.5, "total": 20, "min_lr": 0.1}),
    ("polynomial", {"max_lr": 0.5, "total": 20, "min_lr": 0.1, "power": 0.9}),
    ("inverse_sqrt", {"max_lr": 0.5, "warmup": 7}),
    ("sgdr", {"max_lr": 0.5, "period": 7, "min_lr": 0.1, "peak_decay": 0.5}),
    ("sgdr", {"max_lr": 0.5, "period": 5, "multiplier": 2, "cycles": 3}),
    ("sgdr", {"max_lr": 0.5, "period": 3, "multiplier": 3, "peak_decay": 0.8, "min_lr": 0.1}),
    ("one_cycle", {"max_lr": 0.5, "total": 30}),
    ("one_cycle", {"max_lr": 0.5, "total": 30, "base_lr": 0.1, "step_size": 13, "phases": 3, "shape": "linear"}),
    ("warmup_stable_decay", {"max_lr": 0.5, "total": 30, "warmup": 5, "cooldown": 8}),
    ("warmup_stable_decay", {"max_lr": 0.5, "total": 30, "warmup": 0, "cooldown": 29, "shape": "cosine"}),
    ("warmup_stable_decay", {"max_lr": 0.5, "total": 30, "warmup": 4, "cooldown": 9, "shape": "1-sqrt", "min_lr": 0.1}),
    ("warmed_up", {"policy": CYCLE, "warmup": 5, "start_lr": 0.02}),
    ("joined", {"parts": [(3, FALL), (9, CYCLE), (5, PolicySchedule("fixed", lr=0.2))]}),
    ("mirrored", {"policy": CYCLE, "base_lr": 0.2, "max_lr": 0.45}),
    ("mirrored", {"policy": FALL, "base_lr": 0.0, "max_lr": 0.4, "base_momentum": 0.2, "max_momentum": 0.9}),
    ("one_cycle_momentum", {"total": 30}),
    (
        "one_cycle_momentum",
        {"total": 30, "base_momentum": 0, "max_momentum": 1, "step_size": 13, "phases": 3, "shape": "linear"},
    ),
    ("fixed", {"lr": 0.1}),
    ("linear_decay", {"base_lr": 0.1, "max_lr": 0.5, "step_size": 9}),
    ("exp_decay", {"lr": 0.1, "gamma": 0.9}),
    ("time_decay", {"lr": 0.1, "decay": 0.5}),
]
each = pytest.mark.parametrize(("name", "settings"), EACH, ids=[f"{name}-{k}" for k, (name, _) in enumerate(EACH)])
AT = np.arange(41)


# --- the equations, typed anew ---


def turn(start, end, share, shape):
    """From start to end, of which a share is gone."""
    if shape == "linear":
        return start + (end - start) * share
    return start + (end - start) * (math.sqrt(share) if shape == "1-sqrt" else 0.5 - 0.5 * math.cos(math.pi * share))


def by_hand_sgdr(n, max_lr, period, min_lr=0, multiplier=1, peak_decay=1, cycles=math.inf):
    cycle = 0
    while n >= period:
        n, period, cycle = n - period, period * multiplier, cycle + 1
    height = peak_decay**cycle * 0.5 * (1 + math.cos(math.pi * n / period))
    return min_lr + (max_lr - min_lr) * height * (cycle < cycles)


def by_hand_one_cycle(n, max_lr, total, base_lr=None, step_size=None, final_lr=None, phases=2, shape="cosine"):
    base_lr = max_lr / 25 if base_lr is None else base_lr
    step_size = round(0.3 * total) if step_size is None else step_size
    final_lr = base_lr / 10_000 if final_lr is None else final_lr
    if n <= step_size:
        return turn(base_lr, max_lr, n / step_size, shape)
    if phases == 2:
        return turn(max_lr, final_lr, min(1, (n - step_size) / (total - step_size)), shape)
    if n <= 2 * step_size:
        return turn(max_lr, base_lr, (n - step_size) / step_size, shape)
    return turn(base_lr, final_lr, min(1, (n - 2 * step_size) / (total - 2 * step_size)), shape)


def by_hand_wsd(n, max_lr, total, warmup, cooldown, min_lr=0, shape="linear"):
    if n < warmup:
        return n / warmup * max_lr
    return turn(max_lr, min_lr, min(1, max(0, n - (total - cooldown)) / cooldown), shape)


def by_hand_mirrored(n, policy, base_lr, max_lr, base_momentum=0.85, max_momentum=0.95):
    height = (min(max(policy(n), base_lr), max_lr) - base_lr) / (max_lr - base_lr)
    return max_momentum - (max_momentum - base_momentum) * height


def by_hand_momentum(n, total, base_momentum=0.85, max_momentum=0.95, step_size=None, phases=2, shape="cosine"):
    step_size = round(0.3 * total) if step_size is None else step_size
    down, up = step_size, total - step_size if phases == 2 else step_size
    if n <= down:
        return turn(max_momentum, base_momentum, n / down, shape)
    return turn(base_momentum, max_momentum, min(1, (n - down) / up), shape)


BY_HAND = {
    "cosine": lambda n, max_lr, total, min_lr: turn(max_lr, min_lr, min(n / total, 1), "cosine"),
    "polynomial": lambda n, max_lr, total, min_lr, power: min_lr + (max_lr - min_lr) * (1 - min(n / total, 1)) ** power,
    "inverse_sqrt": lambda n, max_lr, warmup: (
        max_lr * math.sqrt(warmup) * min(n * warmup**-1.5, n**-0.5 if n else math.inf)
    ),
    "sgdr": by_hand_sgdr,
    "one_cycle": by_hand_one_cycle,
    "warmup_stable_decay": by_hand_wsd,
    "warmed_up": lambda n, policy, warmup, start_lr: (
        start_lr + (policy(0) - start_lr) * n / warmup if n < warmup else policy(n - warmup)
    ),
    "mirrored": by_hand_mirrored,
    "one_cycle_momentum": by_hand_momentum,
    "joined": lambda n, parts: FALL(n) if n < 3 else CYCLE(n - 3) if n < 12 else 0.2,
}


@pytest.mark.parametrize(("name", "settings"), [row for row in EACH if row[0] in BY_HAND])
def test_each_is_its_equation(name, settings):
    expected = [BY_HAND[name](n, **settings) for n in AT.tolist()]
    np.testing.assert_allclose(getattr(clr_utils, name)(AT, **settings), expected, rtol=1e-12, atol=1e-15)


def test_the_transformers_rates_are_a_step_ahead():
    """Vaswani et al., eq. 3: d_model**-0.5 * min(step**-0.5, step * warmup**-1.5), the first update being step 1."""
    steps = np.array([1, 2, 3_999, 4_000, 4_001, 100_000])
    paper = 512**-0.5 * np.minimum(steps**-0.5, steps * 4_000**-1.5)
    np.testing.assert_allclose(inverse_sqrt(steps, (512 * 4_000) ** -0.5, 4_000), paper, rtol=1e-12)


# --- other libraries ---

# PyTorch 2.13, each scheduler on SGD(lr=0.1), its rate, or its momentum, before each update.
PYTORCH = {
    "OneCycleLR(max_lr=0.1, total_steps=20)": (
        partial(one_cycle, max_lr=0.1, total=19, step_size=5),
        {0: 0.004, 1: 0.013167184270002533, 4: 0.09083281572999748, 5: 0.1, 12: 0.0500002, 18: 0.0012539993764912555},
    ),
    "OneCycleLR(max_lr=0.1, total_steps=20, three_phase=True, anneal_strategy='linear', pct_start=0.4, div_factor=10, "
    "final_div_factor=100)": (
        partial(one_cycle, max_lr=0.1, total=19, base_lr=0.01, step_size=7, final_lr=1e-4, phases=3, shape="linear"),
        {0: 0.01, 1: 0.02285714285714286, 7: 0.1, 8: 0.08714285714285715, 14: 0.01, 15: 0.00802, 19: 1e-4},
    ),
    "CosineAnnealingWarmRestarts(T_0=4, T_mult=2, eta_min=0.01)": (
        partial(sgdr, max_lr=0.1, period=4, min_lr=0.01, multiplier=2),
        {0: 0.1, 3: 0.023180194846605363, 4: 0.1, 5: 0.0965745789630079, 11: 0.013425421036992097, 12: 0.1},
    ),
    "CosineAnnealingLR(T_max=10, eta_min=0.01)": (
        partial(cosine, max_lr=0.1, total=10, min_lr=0.01),
        {0: 0.1, 1: 0.09779754323328192, 5: 0.055, 9: 0.012202456766718092, 10: 0.01},
    ),
    "PolynomialLR(total_iters=10, power=0.9)": (
        partial(polynomial, max_lr=0.1, total=10, power=0.9),
        {0: 0.1, 1: 0.09095325760829623, 9: 0.01258925411794167, 10: 0, 11: 0},
    ),
    "SequentialLR([LinearLR(start_factor=0.1, total_iters=4), CosineAnnealingLR(T_max=6)], milestones=[4])": (
        partial(warmed_up, policy=partial(cosine, max_lr=0.1, total=6), warmup=4, start_lr=0.01),
        {0: 0.01, 1: 0.0325, 3: 0.0775, 4: 0.1, 5: 0.09330127018922195, 9: 0.006698729810778065, 10: 0},
    ),
    "momentum of OneCycleLR(max_lr=0.1, total_steps=20)": (
        partial(one_cycle_momentum, total=19, step_size=5),
        {0: 0.95, 1: 0.9404508497187474, 5: 0.85, 6: 0.8512536043909088, 12: 0.9, 18: 0.9487463956090911, 19: 0.95},
    ),
    "momentum of OneCycleLR(max_lr=0.1, total_steps=20, three_phase=True, anneal_strategy='linear', pct_start=0.4)": (
        partial(one_cycle_momentum, total=19, step_size=7, phases=3, shape="linear"),
        {0: 0.95, 1: 0.9357142857142857, 7: 0.85, 8: 0.8642857142857142, 13: 0.9357142857142857, 14: 0.95, 18: 0.95},
    ),
    "momentum of CyclicLR(base_lr=0.1, max_lr=0.5, step_size_up=3, step_size_down=5, mode='triangular2')": (
        partial(
            mirrored,
            policy=partial(triangular2, base_lr=0.1, max_lr=0.5, step_size=3, step_size_down=5),
            **{"base_lr": 0.1, "max_lr": 0.5, "base_momentum": 0.8, "max_momentum": 0.9},
        ),
        {0: 0.9, 1: 0.8666666666666667, 3: 0.8, 4: 0.82, 8: 0.9, 9: 0.8833333333333333, 11: 0.85},
    ),
}

# PyTorch's own test of OneCycleLR (test/optim/test_lrscheduler.py), linear: ten rates and ten momenta. Its momenta are
# 25 times ours, which may not exceed 1.
TESTED_BY_PYTORCH = {
    "two phases": (
        partial(one_cycle, max_lr=25, total=9, base_lr=1, step_size=2, final_lr=0.5, shape="linear"),
        [1, 13, 25, 21.5, 18, 14.5, 11, 7.5, 4, 0.5],
    ),
    "three phases": (
        partial(one_cycle, max_lr=25, total=9, base_lr=1, step_size=3, final_lr=0.25, phases=3, shape="linear"),
        [1, 9, 17, 25, 17, 9, 1, 0.75, 0.5, 0.25],
    ),
    "momentum, two phases": (
        partial(one_cycle_momentum, total=9, base_momentum=1 / 25, max_momentum=22 / 25, step_size=2, shape="linear"),
        np.divide([22, 11.5, 1, 4, 7, 10, 13, 16, 19, 22], 25),
    ),
    "momentum, three phases": (
        partial(
            one_cycle_momentum,
            total=9,
            **{"base_momentum": 1 / 25, "max_momentum": 22 / 25, "step_size": 3, "phases": 3, "shape": "linear"},
        ),
        np.divide([22, 15, 8, 1, 8, 15, 22, 22, 22, 22], 25),
    ),
}


@pytest.mark.parametrize(("policy", "expected"), TESTED_BY_PYTORCH.values(), ids=TESTED_BY_PYTORCH.keys())
def test_the_numbers_that_pytorch_tests_itself_with(policy, expected):
    np.testing.assert_allclose(policy(np.arange(10)), expected, rtol=1e-12)


@pytest.mark.parametrize(("policy", "table"), PYTORCH.values(), ids=PYTORCH.keys())
def test_pytorch_gives_the_same_rates(policy, table):
    np.testing.assert_allclose(policy(list(table)), list(table.values()), rtol=1e-12, atol=1e-17)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (partial(cosine, max_lr=0.5, total=20, min_lr=0.1), schedules.CosineDecay(0.5, 20, alpha=0.2)),
        (partial(polynomial, max_lr=0.5, total=20, power=2), schedules.PolynomialDecay(0.5, 20, 0.0, power=2)),
        (
            partial(sgdr, max_lr=0.5, period=5, min_lr=0.1, multiplier=2, peak_decay=0.7),
            schedules.CosineDecayRestarts(0.5, 5, t_mul=2, m_mul=0.7, alpha=0.2),
        ),
    ],
)
def test_keras_gives_the_same_rates(ours, theirs):
    at = [0, 1, 4, 6, 14, 16, 19, 20, 33]
    assert_rates(ours(at), [float(keras.ops.convert_to_numpy(theirs(n))) for n in at])


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


@keras.saving.register_keras_serializable(package="tests")
def fixed_1(iteration):
    return fixed(iteration, 1)


def live_pytorch():
    """Pairs of a scheduler of PyTorch, as a function of its optimizer, and the same momentum by clr_utils."""
    cycle = {"base_lr": 0.1, "max_lr": 0.5}
    for mode in ("triangular", "triangular2"):
        policy = CyclicalLearningRate(**cycle, step_size=7, step_size_down=11, policy=mode)
        settings = {**cycle, "base_momentum": 0.7, "max_momentum": 0.9}
        yield (
            "CyclicLR",
            {**settings, "step_size_up": 7, "step_size_down": 11, "mode": mode},
            partial(mirrored, policy=policy, **settings),
        )
    for total, share, three, shape in ((50, 0.3, False, "cos"), (40, 0.25, True, "linear"), (80, 0.2, True, "cos")):
        yield (
            "OneCycleLR",
            {
                **{"max_lr": 0.5, "total_steps": total, "pct_start": share, "three_phase": three},
                "anneal_strategy": shape,
            },
            partial(
                one_cycle_momentum,
                total=total - 1,
                step_size=share * total - 1,
                phases=3 if three else 2,
                shape="cosine" if shape == "cos" else "linear",
            ),
        )


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
@pytest.mark.parametrize(("scheduler", "settings", "policy"), live_pytorch())
def test_the_schedulers_of_pytorch_give_the_same_momentum(scheduler, settings, policy):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    scheduler, momenta = getattr(torch.optim.lr_scheduler, scheduler)(optimizer, **settings), []
    for _ in range(40):
        momenta.append(optimizer.param_groups[0]["momentum"])
        scheduler.step()
    np.testing.assert_allclose(policy(np.arange(40)), momenta, rtol=1e-12)


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


@pytest.mark.parametrize("name", ["cosine", "sgdr", "warmed_up", "joined"])
@pytest.mark.parametrize("iteration", [-1, [0, -1], float("nan")])
def test_negative_iterations_are_refused(name, iteration):
    with pytest.raises(ValueError, match="iteration must be 0 or more"):
        getattr(clr_utils, name)(iteration, **dict(EACH)[name])


# --- what is refused ---

BAD = [
    (cosine, {"max_lr": 0.01, "total": 9, "min_lr": 0.1}, ["max_lr (0.01)", "min_lr (0.1)", "swap"]),
    (cosine, {"max_lr": 0.1, "total": 0}, ["total", "1 or more", "it is 0"]),
    (cosine, {"max_lr": 0.1, "total": 2**31}, ["total", "2147483647 or less"]),
    (polynomial, {"max_lr": 0.1, "total": 9, "power": 0}, ["power", "greater than 0"]),
    (inverse_sqrt, {"max_lr": -1, "warmup": 9}, ["max_lr", "0 or more", "-1"]),
    (inverse_sqrt, {"max_lr": 1, "warmup": 0}, ["warmup", "1 or more", "it is 0"]),
    (sgdr, {"max_lr": 1, "period": 2.5}, ["period", "whole number of iterations", "2.5", "round()"]),
    (sgdr, {"max_lr": 1, "period": 2, "multiplier": 1.5}, ["multiplier", "whole number", "1.5"]),
    (sgdr, {"max_lr": 1, "period": 2, "multiplier": 0}, ["multiplier", "1 or more", "0"]),
    (sgdr, {"max_lr": 1, "period": 2, "peak_decay": 1.1}, ["peak_decay", "1 or less", "1.1"]),
    (sgdr, {"max_lr": 1, "period": 2, "peak_decay": 0}, ["peak_decay", "greater than 0"]),
    (sgdr, {"max_lr": 1, "period": 2, "cycles": 0}, ["cycles", "whole number of cycles", "it is 0"]),
    (one_cycle, {"max_lr": 0.1, "total": 9, "base_lr": 0.2}, ["max_lr (0.1)", "base_lr (0.2)", "swap"]),
    (one_cycle, {"max_lr": 0.1, "total": 9, "final_lr": 0.01}, ["final_lr", "0.004 or less", "0.01"]),
    (one_cycle, {"max_lr": 0.1, "total": 9, "step_size": 9}, ["step_size (9)", "2 phases", "total (9)", "exceed 9"]),
    (one_cycle, {"max_lr": 0.1, "total": 8, "step_size": 4, "phases": 3}, ["step_size (4)", "3 phases", "exceed 8"]),
    (one_cycle, {"max_lr": 0.1, "total": 1}, ["step_size (1)", "total (1)"]),
    (one_cycle, {"max_lr": 0.1, "total": 9, "phases": 4}, ["phases", "2, 3", "it is 4"]),
    (one_cycle, {"max_lr": 0.1, "total": 9, "shape": "1-sqrt"}, ["shape", "'linear', 'cosine'", "'1-sqrt'"]),
    (
        warmup_stable_decay,
        {"max_lr": 1, "total": 9, "warmup": 4, "cooldown": 5},
        ["total (9)", "warmup (4)", "cooldown (5)"],
    ),
    (warmup_stable_decay, {"max_lr": 1, "total": 9, "warmup": -1, "cooldown": 5}, ["warmup", "0 or more", "-1"]),
    (warmup_stable_decay, {"max_lr": 1, "total": 9, "warmup": 1, "cooldown": 0}, ["cooldown", "1 or more", "it is 0"]),
    (
        warmup_stable_decay,
        {"max_lr": 1, "total": 9, "warmup": 1, "cooldown": 5, "shape": "sqrt"},
        ["shape", "'linear', 'cosine', '1-sqrt'", "'sqrt'"],
    ),
    (warmed_up, {"policy": 0.1, "warmup": 5}, ["policy", "function from the iteration to the rate", "0.1"]),
    (warmed_up, {"policy": FALL, "warmup": 0.5}, ["warmup", "whole number of iterations", "0.5"]),
    (warmed_up, {"policy": FALL, "warmup": 5, "start_lr": -0.1}, ["start_lr", "0 or more", "-0.1"]),
    (mirrored, {"policy": 0.1, "base_lr": 0.1, "max_lr": 1}, ["policy", "function from the iteration to the rate"]),
    (mirrored, {"policy": FALL, "base_lr": 1, "max_lr": 0.1}, ["max_lr (0.1)", "base_lr (1.0)", "swap"]),
    (one_cycle_momentum, {"total": 9, "base_momentum": 0.97}, ["max_momentum (0.95)", "base_momentum (0.97)", "swap"]),
    (
        one_cycle_momentum,
        {"total": 9, "base_momentum": 0.95},
        ["max_momentum (0.95)", "a constant momentum", "`fixed`"],
    ),
    (one_cycle_momentum, {"total": 9, "max_momentum": 95}, ["max_momentum", "1 or less", "95"]),
    (one_cycle_momentum, {"total": 9, "base_momentum": -0.1}, ["base_momentum", "0 or more", "-0.1"]),
    (one_cycle_momentum, {"total": 8, "step_size": 4, "phases": 3}, ["step_size (4)", "3 phases", "exceed 8"]),
    (joined, {"parts": [(500, 0.1)]}, ['PolicySchedule("fixed", lr=0.1)', "it is 0.1"]),
    (warmed_up, {"policy": "cosine", "warmup": 5}, ['PolicySchedule("cosine", max_lr=0.1, total=1000)', "'cosine'"]),
    (joined, {"parts": []}, ["parts", "pairs (length, policy)", "[]"]),
    (joined, {"parts": FALL}, ["parts", "pairs (length, policy)"]),
    (joined, {"parts": [(3, FALL), FALL]}, ["parts[1]", "pair (length, policy)"]),
    (joined, {"parts": [(3, FALL), (FALL, 3)]}, ["parts[1][0]", "a number"]),
    (joined, {"parts": [(0, FALL)]}, ["parts[0][0]", "1 or more"]),
    (joined, {"parts": [(3, 0.1)]}, ["parts[0][1]", "function from the iteration to the rate", "0.1"]),
    (joined, {"parts": [(LONGEST, FALL), (1, FALL)]}, ["parts", "2147483647 iterations or less", "2147483648"]),
]


@pytest.mark.parametrize(("function", "settings", "parts"), BAD)
def test_bad_arguments_are_named_by_function_and_schedule(function, settings, parts):
    for call in (partial(function, 0), partial(PolicySchedule, function.__name__)):
        with pytest.raises((TypeError, ValueError)) as error:
            call(**settings)
        for part in parts:
            assert part in str(error.value)


# --- as a schedule ---


def test_every_rule_has_its_public_name():
    assert {name for name, _ in EACH} == set(RULES)
    assert all(getattr(clr_utils, name) is rule for name, rule in RULES.items())


def test_settings_without_names_are_refused():
    with pytest.raises(TypeError, match=r"by their names: cosine\(iteration, max_lr, total.*\(0.1, 1000\) have none"):
        PolicySchedule("cosine", 0.1, 1000)
    with pytest.raises(TypeError, match=r"by their names: cosine\(iteration, max_lr, total.*\(0.1, 1000\) have none"):
        PolicyLR("cosine", 0.1, 1000)


@pytest.mark.parametrize(
    ("policy", "settings", "parts"),
    [
        ("no such", {}, ["policy", "'cosine', 'polynomial'", "'no such'"]),
        ("triangular", {}, ["is a cycle", "CyclicalLearningRate(base_lr, max_lr, step_size, policy='triangular')"]),
        (cosine, {}, ["policy", "'cosine', 'polynomial'"]),
        ("cosine", {"max_lr": 0.1, "step_size": 9}, ["cosine(iteration, max_lr, total, min_lr=0)", "'total'"]),
        ("cosine", {"max_lr": 0.1, "total": 9, "step": 9}, ["cosine(iteration, max_lr, total, min_lr=0)", "'step'"]),
        ("cosine", {"max_lr": 0.1, "total": 9, "name": 3}, ["name", "text", "3"]),
    ],
)
def test_a_schedule_says_what_it_takes(policy, settings, parts):
    with pytest.raises((TypeError, ValueError)) as error:
        PolicySchedule(policy, **settings)
    for part in parts:
        assert part in str(error.value)


@each
def test_a_configuration_makes_the_same_schedule(name, settings):
    schedule = PolicySchedule(name, **settings, name="mine")
    again = schedules.deserialize(json.loads(json.dumps(schedules.serialize(schedule))))
    assert type(again) is PolicySchedule
    assert (again.policy, again.name) == (name, "mine")
    assert again(AT).tolist() == schedule(AT).tolist()
    assert again.get_config() == schedule.get_config()


def test_functions_are_saved_where_they_can_be_found_again():
    def nested(policy):
        return PolicySchedule("joined", parts=[(2, FALL), (3, policy)])

    again = PolicySchedule.from_config(nested(fixed_1).get_config())
    assert again([0, 2]).tolist() == [FALL(0), 1]
    for policy in (lambda n: fixed(n, 1), partial(fixed, lr=1)):
        with pytest.raises(ValueError, match=r"parts \(.*\) cannot be saved: .* named function"):
            nested(policy).get_config()


def test_updates_apply_the_rates_and_a_saved_training_goes_on(tmp_path):
    """A warm-up before restarts of growing length, stopped in the middle of a cycle."""
    restarts = PolicySchedule("sgdr", max_lr=0.5, period=3, multiplier=2, min_lr=np.float32(0.125))
    schedule = PolicySchedule("warmed_up", policy=restarts, warmup=np.int64(4))
    model = probe_model(schedule)
    before = applied_rates(model, 9)
    model.save(tmp_path / "model.keras")
    after = applied_rates(keras.saving.load_model(tmp_path / "model.keras"), 8)
    by_hand = [n / 8 for n in range(4)] + [by_hand_sgdr(n, 0.5, 3, 0.125, 2) for n in range(13)]
    assert_rates(before + after, by_hand)


def test_a_schedule_is_drawn():
    schedule = PolicySchedule("one_cycle", max_lr=0.5, total=30)
    assert_rates(plot_policy(schedule, updates=35).lines[0].get_ydata(), one_cycle(np.arange(35), 0.5, 30))


def test_a_schedule_keeps_the_parts_that_it_was_given():
    """Schedules made in a loop from one list that grows, and a pair of it that changes."""
    parts, schedules = [], []
    for rate in (0.5, 0.25, 0.125):
        parts.append([2, PolicySchedule("fixed", lr=rate)])
        schedules.append(PolicySchedule("joined", parts=parts))
    parts[0][0] = 9
    assert [float(schedule(9)) for schedule in schedules] == [0.5, 0.25, 0.125]
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedules[1]))
    assert [float(again(n)) for n in (0, 1, 2, 9)] == [0.5, 0.5, 0.25, 0.25]
