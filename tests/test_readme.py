"""The code of the README runs, from the range test to `fit`."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import clr_utils

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, flags=re.M | re.S)


@pytest.fixture
def _small(monkeypatch):
    """A few digits and a small network in the place of the whole."""
    digits, build = clr_utils.load_mnist(), clr_utils.mnist_mlp
    few = type(digits)(digits.x_train[::10], digits.y_train[::10], digits.x_test[::20], digits.y_test[::20])
    monkeypatch.setattr(clr_utils, "load_mnist", lambda: few, raising=False)
    monkeypatch.setattr(clr_utils, "mnist_mlp", lambda: build(32), raising=False)
    yield
    plt.close("all")


@pytest.mark.usefixtures("_small")
@pytest.mark.filterwarnings("ignore::clr_utils.RangeTestWarning")
def test_the_code_runs_as_it_stands(capsys):
    names = {}
    for block in BLOCKS:
        exec(block, names)
    model, schedule = names["model"], names["schedule"]
    assert model.optimizer._learning_rate is schedule
    assert int(model.optimizer.iterations) == 12 * 12
    assert schedule.updates_left(12 * 12) == 0
    assert "3 cycles in 12 epochs of 12 updates" in capsys.readouterr().out


def test_it_takes_no_more_than_ten_lines():
    assert len(BLOCKS) == 2
    for block in BLOCKS:
        assert len([line for line in block.splitlines() if line]) <= 10
