"""The sweep of the range test, and how its curves are smoothed."""

import numpy as np
import pandas as pd
import pytest

from clr_utils.range_test.curves import level, loss_level, smooth, start_of, sweep_rates

# --- the sweep ---


def test_a_logarithmic_sweep_has_equal_factors():
    rates = sweep_rates(1e-4, 1, 5)
    np.testing.assert_allclose(rates, [1e-4, 1e-3, 1e-2, 1e-1, 1], rtol=1e-12)


def test_a_linear_sweep_has_equal_differences_and_may_start_at_zero():
    np.testing.assert_allclose(sweep_rates(0, 0.02, 5, "linear"), [0, 0.005, 0.01, 0.015, 0.02], rtol=1e-12)


@pytest.mark.parametrize("sweep", ["log", "linear"])
@pytest.mark.parametrize("steps", [2, 3, 10, 997, 10.0])
def test_a_sweep_ends_exactly_at_its_bounds(sweep, steps):
    rates = sweep_rates(1e-7, 0.3, steps, sweep)
    assert len(rates) == steps
    assert (rates[0], rates[-1]) == (1e-7, 0.3)
    assert (np.diff(rates) > 0).all()


@pytest.mark.parametrize("sweep", ["log", "linear"])
def test_no_rounding_at_the_last_rate(sweep):
    random = np.random.default_rng(0)
    for min_lr, max_lr in zip(random.uniform(0, 1, 200), random.uniform(1, 2, 200), strict=True):
        assert sweep_rates(min_lr, max_lr, 7, sweep)[-1] == max_lr


@pytest.mark.filterwarnings("error")
def test_the_widest_sweep_is_finite_as_the_optimizer_holds_it():
    for rates in (sweep_rates(1e-37, 1e38, 5), sweep_rates(0, 1e38, 5, "linear")):
        assert np.isfinite(rates.astype("float32")).all()
        assert (np.diff(rates.astype("float32")) > 0).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 1, 5), ValueError, "min_lr must be greater than 0"),
        ((-0.1, 1, 5, "linear"), ValueError, "min_lr must be 0 or more"),
        ((0.1, "1", 5), TypeError, "max_lr must be a number"),
        ((np.nan, 1, 5), ValueError, "min_lr must be a finite number"),
        ((0.1, np.inf, 5), ValueError, "max_lr must be a finite number"),
        ((1, 0.1, 5), ValueError, "did you swap them"),
        ((0.1, 0.1, 5), ValueError, "max_lr .* must be greater than min_lr"),
        ((0.1, 1, 1), ValueError, "steps must be a whole number of updates, 2 or more"),
        ((0.1, 1, 2.5), ValueError, "steps must be a whole number"),
        ((0.1, 1, 5, "exp"), ValueError, "sweep must be one of 'linear', 'log'"),
        ((0.1, 1e308, 5), ValueError, "max_lr must be 1e\\+38 or less; it is 1e\\+308"),
        ((0, 1e39, 5, "linear"), ValueError, "max_lr must be 1e\\+38 or less"),
        ((1e-300, 1e300, 5), ValueError, "min_lr must be 1e-37 or more; it is 1e-300"),
    ],
)
def test_sweeps_that_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        sweep_rates(*arguments)


# --- smoothing ---

NOISE = np.random.default_rng(0).normal(size=300)


@pytest.mark.parametrize("beta", [0, 0.5, 0.98])
def test_smooth_is_the_exponential_mean_of_pandas(beta):
    np.testing.assert_allclose(smooth(NOISE, beta), pd.Series(NOISE).ewm(alpha=1 - beta, adjust=True).mean())


def test_smooth_by_hand():
    """Weights 0.9 ** age, over their sum."""
    expected = [np.average(NOISE[: n + 1], weights=0.9 ** np.arange(n, -1, -1)) for n in range(20)]
    np.testing.assert_allclose(smooth(NOISE[:20], 0.9), expected)


def test_smooth_lags_and_level_does_not():
    line = np.arange(1000.0)
    middle = slice(300, 700)
    np.testing.assert_allclose((line - smooth(line, 0.98))[middle], 49, atol=0.8)
    np.testing.assert_allclose(level(line)[middle], line[middle], atol=1e-9)


def test_level_averages():
    assert np.std(level(NOISE)) < 0.3 * np.std(NOISE)
    assert np.std(level(NOISE, 0.1)) < np.std(level(NOISE))
    np.testing.assert_allclose(level(np.full(50, 0.3)), 0.3)
    np.testing.assert_allclose(level(NOISE)[::-1], level(NOISE[::-1]))
    np.testing.assert_array_equal(level(NOISE, 0), NOISE)


def test_a_divergence_does_not_move_the_level_of_the_loss_before_it():
    losses = np.concatenate([np.linspace(2, 1, 100), np.geomspace(1, 1e12, 20)])
    assert np.argmin(loss_level(losses)) == pytest.approx(np.argmin(losses), abs=8)
    assert loss_level(losses).max() < 3.1
    assert np.argmin(level(losses)) < np.argmin(loss_level(losses))


def test_the_start_of_a_curve_is_a_median():
    assert start_of(np.array([1, 100, 2, 3, 4])) == 2
    assert start_of(np.arange(200.0)) == 4.5


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        (smooth, (NOISE, 1), ValueError, "beta must be less than 1"),
        (smooth, (NOISE, -0.1), ValueError, "beta must be 0 or more"),
        (smooth, (NOISE, "0.9"), TypeError, "beta must be a number"),
        (level, (NOISE, -0.1), ValueError, "smoothing must be 0 or more"),
        (level, (NOISE, 1.1), ValueError, "smoothing must be 1 or less"),
        (level, (NOISE, None), TypeError, "smoothing must be a number"),
    ],
)
def test_smoothing_that_is_refused(function, arguments, error, message):
    with pytest.raises(error, match=message):
        function(*arguments)


def test_the_level_of_a_loss_that_only_rises_stays_at_its_start():
    losses = np.geomspace(1, 100, 100)
    assert loss_level(losses) == pytest.approx(np.full(100, start_of(losses)), rel=0.1)
    assert loss_level(losses)[-1] == pytest.approx(start_of(losses))
