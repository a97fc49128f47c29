"""Warm-ups, restarts, single cycles and momentum give the numbers of PyTorch and Keras."""

from functools import partial

import keras
import numpy as np
import pytest
from keras.optimizers import schedules

from clr_utils import (
    CyclicalLearningRate,
    cosine,
    mirrored,
    one_cycle,
    one_cycle_momentum,
    polynomial,
    sgdr,
    triangular2,
    warmed_up,
)
from helpers import assert_rates

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
