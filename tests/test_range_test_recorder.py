"""When the range test stops."""

import numpy as np
import pandas as pd
import pytest

from clr_utils.range_test.recorder import DivergenceWatch


def stops(losses, factor=4):
    """After how many losses the watch stops the test, and why."""
    watch = DivergenceWatch(factor)
    for count, loss in enumerate(losses, 1):
        if reason := watch.diverged(loss):
            return count, reason
    return None, ""


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("factor", [4, None])
def test_a_loss_that_is_not_finite_stops(bad, factor):
    assert stops([1, 1, bad, 1], factor) == (3, f"the loss is {bad}")


def test_the_watch_sees_the_smoothed_loss():
    """The first loss is the lowest; the mean exceeds four times it where 1 + 99 * (0.1, ...) does."""
    losses = [1.0] * 50 + [100.0] * 50
    means = pd.Series(losses).ewm(alpha=0.1, adjust=True).mean()
    assert stops(losses)[0] == int(np.argmax(means > 4)) + 1
    assert stops(losses, 50)[0] == int(np.argmax(means > 50)) + 1
    assert stops(losses, None)[0] is None
    assert stops([1.0] * 50 + [3.9] * 500)[0] is None


def test_losses_at_and_below_zero():
    """A loss that falls from 1 to -1 may rise by three times the fall; from -1 and lower, by three times itself."""
    assert stops([1.0] * 30 + [-1.0] * 300 + [4.5] * 500)[0] is None
    assert stops([1.0] * 30 + [-1.0] * 300 + [6.0] * 500)[0] > 330
    assert stops([-2.0] * 100 + [3.5] * 500)[0] is None
    assert stops([-2.0] * 100 + [4.5] * 500)[0] > 100
    assert stops([0.0] * 50)[0] is None
    assert "from -2 to " in stops([-2.0] * 100 + [45.0] * 500)[1]


def test_a_noisy_loss_does_not_stop():
    random = np.random.default_rng(0)
    assert stops(np.exp(0.8 * random.normal(size=1000)))[0] is None
