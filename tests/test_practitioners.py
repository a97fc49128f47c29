"""The page for practitioners: its lines run, and each row of its tables has the rates that it promises."""

import ast
import math
import re
from pathlib import Path

import keras
import numpy as np
import pytest

import clr_utils

PAGE = (Path(__file__).parents[1] / "docs" / "practitioners.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]*)` \| `([^`]*)`", PAGE, re.M)
INLINE = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.S))
PYTORCH = [row for row in ROWS if "(opt" in row[0]]
KERAS = [row for row in ROWS if row[0].startswith("keras.optimizers.schedules.")]
T = np.arange(1000)


def rates(schedule, t=T):
    return np.array([float(schedule(int(n))) for n in t])


def ours(code, **names):
    return eval(code, {**vars(clr_utils), **{name: getattr(clr_utils, name) for name in clr_utils.__all__}, **names})


def half_cosine(x):
    return (1 + np.cos(math.pi * x)) / 2


# What the rows must give, written without clr_utils; PyTorch itself is asked where it is installed.
WRITTEN_OUT = {
    "CosineAnnealingLR(opt, T_max=1000)": 0.1 * half_cosine(T / 1000),
    "PolynomialLR(opt, total_iters=1000, power=2)": 0.1 * (1 - T / 1000) ** 2,
    "LinearLR(opt, start_factor=1.0, end_factor=0.0, total_iters=1000)": 0.1 * (1 - T / 1000),
    "ExponentialLR(opt, gamma=0.999)": 0.1 * 0.999**T,
    "MultiStepLR(opt, [500, 800])": 0.1 * 0.1 ** np.digitize(T, [500, 800]),
    "CosineAnnealingWarmRestarts(opt, T_0=100, T_mult=2)": 0.1
    * half_cosine(np.concatenate([np.arange(n) / n for n in (100, 200, 400, 800)])[:1000]),
    "OneCycleLR(opt, max_lr=0.1, total_steps=1000)": np.concatenate(
        [
            0.1 - 0.096 * half_cosine(np.arange(299) / 299),
            4e-7 + (0.1 - 4e-7) * half_cosine(np.arange(701) / 700),
        ]
    ),
}


def test_the_tables_have_the_rows_that_are_looked_for():
    assert len(PYTORCH) == 12
    assert len(KERAS) == 4
    assert set(WRITTEN_OUT) < {there for there, _ in PYTORCH}


@pytest.mark.parametrize("there", WRITTEN_OUT)
def test_a_row_has_the_rates_of_its_formula(there):
    np.testing.assert_allclose(rates(ours(dict(ROWS)[there])), WRITTEN_OUT[there], rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("there", "here"), PYTORCH, ids=[there.split("(")[0] for there, _ in PYTORCH])
def test_a_row_has_the_rates_of_pytorch(there, here):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    scheduler = eval(there, {**vars(torch.optim.lr_scheduler), "opt": optimizer})
    expected = [optimizer.param_groups[0]["lr"]]
    for _ in T[1:]:
        optimizer.step()
        scheduler.step()
        expected.append(optimizer.param_groups[0]["lr"])
    np.testing.assert_allclose(rates(ours(here)), expected, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize(("there", "here"), KERAS, ids=[there.split("(")[0] for there, _ in KERAS])
def test_a_row_of_keras_has_its_rates(there, here):
    theirs = eval(there, {"keras": keras})
    np.testing.assert_allclose(rates(ours(here), T[:690]), rates(theirs, T[:690]), rtol=1e-4, atol=1e-8)


def test_one_cycle_of_fastai_has_its_defaults():
    (here,) = (row for there, row in ROWS if there.startswith("learn.fit_one_cycle"))
    found = rates(ours(here, lr_max=0.1, updates=1000), [0, 250, 1000])
    np.testing.assert_allclose(found, [0.1 / 25, 0.1, 0.1 / 1e5], rtol=1e-5)
    (momentum,) = re.findall(r'and for the momentum `(PolicySchedule\("one_cycle_momentum".*?\))`', PAGE)
    np.testing.assert_allclose(rates(ours(momentum, updates=1000), [0, 250, 1000]), [0.95, 0.85, 0.95], rtol=1e-6)


@pytest.mark.parametrize(
    ("start", "names", "at", "expected"),
    [
        ("learn.fit_flat_cos", {"lr": 0.1, "updates": 1000}, [0, 750, 1000], [0.1, 0.1, 1e-6]),
        (
            "learn.fit_sgdr",
            {"lr_max": 0.1, "cycle_len": 1, "updates_per_epoch": 100},
            [0, 50, 100, 300],
            [0.1, 0.05, 0.1, 0.1],
        ),
    ],
)
def test_a_row_of_fastai_has_its_rates(start, names, at, expected):
    (here,) = (row for there, row in ROWS if there.startswith(start))
    np.testing.assert_allclose(rates(ours(here, **names), at), expected, rtol=1e-4)


def test_every_name_of_ours_on_the_page_exists():
    here = "\n".join([here for _, here in ROWS] + [code for code in INLINE if code not in dict(ROWS)])
    called = set(re.findall(r"(?<![.\w])([A-Za-z_]+)\(", here))
    assert called - {"len", "round", "load_model", "SGD", "ScheduleFreeAdamW"} <= set(clr_utils.__all__)
    assert {"PolicySchedule", "CyclicalLearningRate", "layerwise", "differential_rates", "Snapshots"} <= called
    assert {"MomentumSGD", "MomentumAdam"} <= called


def test_rates_for_layers_are_those_of_fastais_slice():
    (here,) = (row for there, row in ROWS if there.startswith("lr_max=slice"))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dense(2), keras.layers.Dense(1)])
    optimizer = ours(here, lr=0.1, groups=model.layers, model=model, keras=keras)
    found = [float(each.learning_rate) for each in optimizer.optimizers]
    np.testing.assert_allclose(found, [0.001, 0.01, 0.1], rtol=1e-6)


def test_the_three_steps_run(monkeypatch):
    """As typed, but for the length of the training."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.S))
    ast.parse(code)
    names = {}
    exec(
        code.replace("epochs, batch_size = 4, 32", "epochs, batch_size = 1, 64").replace("steps=300", "steps=60"), names
    )
    assert names["updates"] == int(names["model"].optimizer.iterations)
    assert float(names["schedule"](names["updates"])) == 0
    foot = 2 * (names["updates"] // 4)
    assert names["snapshots"].updates == [foot, 2 * foot]
    assert names["probabilities"].shape == (len(names["x_test"]), 10)
