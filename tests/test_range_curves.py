"""The mathematics of the range test, against curves whose answers are known."""

import numpy as np
import pandas as pd
import pytest

from clr_utils.range_test.curves import level, loss_level, smooth, start_of, sweep_rates
from clr_utils.range_test.recorder import DivergenceWatch
from clr_utils.range_test.suggestions import METHODS, NoSuggestionError, Suggestion, suggest

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


# --- suggestions with known answers ---

SWEEPS = {"log": sweep_rates(1e-3, 1, 600), "linear": sweep_rates(1e-3, 1, 6000, "linear")}
each_sweep = pytest.mark.parametrize("rates", SWEEPS.values(), ids=SWEEPS)


def sigmoid(rates, center, width):
    """From 0 to 1 around a rate, over a logarithmic width."""
    return 1 / (1 + np.exp(-(np.log(rates / center)) / width))


def accuracy_curve(rates):
    """0.1, then a rise by 0.8 around 0.1, and from 0.4 on a fall."""
    return 0.1 + 0.8 * sigmoid(rates, 0.1, 0.15) - 0.5 * np.maximum(np.log(rates / 0.4), 0)


def valley(rates):
    """A loss that rises a little, falls steadily from a rate of 0.08 to one of 0.3, and rises again."""
    slopes = {0.08: 0.15, 0.3: -1, np.inf: 1}
    ends = np.clip(np.log(rates)[:, None], *np.log([[1e-3, 0.08, 0.3], [0.08, 0.3, 1]])) - np.log([1e-3, 0.08, 0.3])
    return 2 + ends @ list(slopes.values())


def parabola(rates):
    """A loss that is lowest at a rate of 0.1."""
    return 1 + np.log(rates / 0.1) ** 2


KNOWN = {
    "smith": (accuracy_curve, 0.1 * np.exp(0.15 * np.log(19)), 0.1 * np.exp(-0.15 * np.log(9))),
    "fall": (accuracy_curve, 0.4 * np.exp(0.08 / 0.5), 0.1 * np.exp(-0.15 * np.log(9))),
    "steepest": (lambda rates: 2 - sigmoid(rates, 0.1, 0.2) + 0.5 * np.maximum(np.log(rates / 0.5), 0), 0.1, 0.025),
    "valley": (valley, np.sqrt(0.08 * 0.3), np.sqrt(0.08 * 0.3) / 4),
    "minimum/10": (parabola, 0.01, 0.0025),
}


def known(method, rates, **settings):
    """The suggestion of a method on the curve whose answer is known."""
    curve = KNOWN[method][0](rates)
    accuracy = curve if method in ("smith", "fall") else None
    return suggest(rates, np.ones(len(rates)) if accuracy is not None else curve, accuracy, method, **settings)


def test_every_method_has_a_known_answer():
    assert set(KNOWN) == set(METHODS)


@each_sweep
@pytest.mark.parametrize("method", METHODS)
def test_known_answers(method, rates):
    """Exact to the grid without smoothing, and near with it; the same from both sweeps."""
    _, max_lr, base_lr = KNOWN[method]
    found = known(method, rates, smoothing=0)
    assert isinstance(found, Suggestion)
    assert found.method == method
    assert found.note == ""
    assert found.max_lr == pytest.approx(max_lr, rel=0.025)
    assert found.base_lr == pytest.approx(base_lr, rel=0.025)
    if len(rates) == 600:
        assert known(method, rates).max_lr == pytest.approx(max_lr, rel=0.2 if method == "valley" else 0.12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("ratio", [3, 4, 10.5])
def test_a_ratio_sets_base_lr(method, ratio):
    free, bound = known(method, SWEEPS["log"]), known(method, SWEEPS["log"], ratio=ratio)
    assert bound.max_lr == free.max_lr
    assert bound.base_lr == pytest.approx(bound.max_lr / ratio, rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_suggestions_are_plain_numbers(method):
    for ratio in (None, 3):
        found = known(method, SWEEPS["log"], ratio=ratio)
        assert type(found.base_lr) is type(found.max_lr) is float


@pytest.mark.parametrize("method", ["steepest", "valley", "minimum/10"])
@pytest.mark.parametrize(("scale", "shift"), [(1, -40), (1, -1.5), (100, 0)])
def test_the_height_of_the_loss_does_not_matter(method, scale, shift):
    """Losses below zero, or that cross it, among others."""
    rates = SWEEPS["log"]
    losses = KNOWN[method][0](rates)
    if shift == -40:
        losses = losses * 10
        shift *= 10
    expected = suggest(rates, losses, method=method)
    assert suggest(rates, scale * losses + shift, method=method) == pytest.approx(expected)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_follows_a_loss_that_is_not_finite_is_left_out(bad):
    rates = SWEEPS["log"]
    losses = parabola(rates)
    losses[500:] = -100
    losses[500] = bad
    found = suggest(rates, losses, method="minimum/10")
    assert found == suggest(rates[:500], losses[:500], method="minimum/10")
    assert found.max_lr == pytest.approx(0.01, rel=0.1)


def test_an_accuracy_may_be_measured_now_and_then():
    rates, measured = SWEEPS["log"], slice(4, None, 5)
    accuracy = np.full(len(rates), np.nan)
    accuracy[measured] = accuracy_curve(rates)[measured]
    found = suggest(rates, np.ones(len(rates)), accuracy)
    assert found == suggest(rates[measured], np.ones(len(rates))[measured], accuracy[measured])


def test_a_linear_sweep_from_zero_is_read_from_its_second_rate():
    rates = sweep_rates(0, 1, 4000, "linear")
    losses = np.append(1, KNOWN["steepest"][0](rates[1:]))
    found = suggest(rates, losses, method="steepest")
    assert found == suggest(rates[1:], losses[1:], method="steepest")
    assert found.max_lr == pytest.approx(0.1, rel=0.2)


@pytest.mark.parametrize("method", METHODS)
def test_noise_moves_the_answer_little(method):
    """In nineteen of twenty seeds, by less than a third of a decade."""
    rates, (curve, max_lr, _) = SWEEPS["log"], KNOWN[method]
    near = 0
    for seed in range(40):
        values = curve(rates)
        values += 0.05 * np.ptp(values) * np.random.default_rng(seed).normal(size=len(rates))
        accuracy = values if method in ("smith", "fall") else None
        found = suggest(rates, np.abs(values), accuracy, method)
        near += abs(np.log10(found.max_lr / max_lr)) < 1 / 3
    assert near >= 38


# --- refusals and notes ---


@pytest.mark.parametrize("method", METHODS)
def test_too_short(method):
    rates, curve = SWEEPS["log"], KNOWN[method][0](SWEEPS["log"])
    few = np.linspace(0, 599, 19).astype(int)
    with pytest.raises(NoSuggestionError, match="too short: 19 usable updates, 20 are needed; raise steps$"):
        suggest(rates[few], curve[few], curve[few], method)
    curve[15] = np.nan
    with pytest.raises(NoSuggestionError, match="too short: 15 .*lower max_lr: the loss was not finite after 15 upd"):
        suggest(rates, curve, curve, method)


@pytest.mark.parametrize("method", METHODS)
def test_flat(method):
    for curve in (np.ones(100), np.zeros(100), 1 + 0.001 * np.linspace(0, 1, 100), -np.ones(100)):
        with pytest.raises(NoSuggestionError, match="the curve is flat: the (accuracy|loss) gains"):
            suggest(sweep_rates(1e-3, 1, 100), curve, curve, method)


@pytest.mark.parametrize("method", ["steepest", "valley", "minimum/10"])
@pytest.mark.parametrize("steps", [20, 600])
def test_a_loss_that_only_rises(method, steps):
    with pytest.raises(NoSuggestionError, match="the curve is flat|best at the first rates .*: lower min_lr"):
        suggest(sweep_rates(1e-3, 1, steps), np.linspace(1, 5, steps), method=method)


NOISES = {
    "normal loss": lambda random, n: 1 + 0.3 * random.normal(size=n),
    "skewed loss": lambda random, n: np.exp(0.5 * random.normal(size=n)),
    "negative loss": lambda random, n: -3 + random.normal(size=n),
    **{
        f"accuracy {chance} of {batch}": lambda random, n, chance=chance, batch=batch: (
            random.binomial(batch, chance, n) / batch
        )
        for chance in (0.1, 0.5, 0.9, 0.98)
        for batch in (8, 32, 200)
    },
}


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("steps", [20, 50, 100, 300])
def test_noise_gives_no_suggestion(name, steps):
    """At most five curves of a hundred without any course are taken for one."""
    rates, taken = sweep_rates(1e-5, 1, steps), 0
    method = "smith" if name.startswith("accuracy") else "steepest"
    for seed in range(200):
        curve = NOISES[name](np.random.default_rng(seed), steps)
        try:
            suggest(rates, np.ones(steps) if method == "smith" else curve, curve, method)
            taken += 1
        except NoSuggestionError:
            pass
    assert taken <= 10


def test_a_minimum_at_the_last_rate_is_no_minimum():
    rates = sweep_rates(1e-3, 0.1, 200)
    with pytest.raises(NoSuggestionError, match="lowest at the last rate, 0.1: .*raise max_lr"):
        suggest(rates, parabola(rates), method="minimum/10")


def test_an_accuracy_that_does_not_fall():
    rates = sweep_rates(1e-3, 0.39, 200)
    with pytest.raises(NoSuggestionError, match="does not fall before the last rate, 0.39: raise max_lr"):
        suggest(rates, np.ones(200), accuracy_curve(rates), "fall")


def test_notes_at_the_ends_of_the_sweep():
    rates = sweep_rates(1e-3, 1, 300)
    late = suggest(rates, np.ones(300), rates, "smith", smoothing=0)
    assert "max_lr is the sweep's last rate; raise max_lr" in late.note
    early = suggest(rates, np.ones(300), sigmoid(rates, 2e-3, 0.4), "smith", smoothing=0)
    assert "base_lr is at the sweep's start; lower min_lr" in early.note
    both = suggest(rates, np.ones(300), np.log(rates) + 10, "smith", smoothing=0)
    assert both.note == ""
    assert suggest(rates, np.ones(300), rates**0.01, "smith").note.count(";") == 0
    assert suggest(rates, np.ones(300), sigmoid(rates, 2e-3, 0.4), "smith", smoothing=0, ratio=3).note == ""
    falling = -np.log(rates)
    assert "still falls at the last rate: raise max_lr" in suggest(rates, falling, method="valley").note
    assert "falls fastest at the end of the sweep: raise max_lr" in suggest(rates, 2 - rates, method="steepest").note


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"method": "best"}, ValueError, "method must be one of 'smith', .*; it is 'best'"),
        ({"method": None}, ValueError, "method must be one of"),
        ({"ratio": 1}, ValueError, "ratio must be greater than 1; it is 1"),
        ({"ratio": 0.25}, ValueError, "ratio must be greater than 1"),
        ({"ratio": "3"}, TypeError, "ratio must be a number"),
        ({"ratio": np.nan}, ValueError, "ratio must be a finite number"),
        ({"smoothing": -1}, ValueError, "smoothing must be 0 or more"),
        ({"accuracy": None}, ValueError, r'"smith" reads an accuracy: compile .* metrics=\["accuracy"\]'),
        ({"accuracy": None, "method": "fall"}, ValueError, '"fall" reads an accuracy'),
    ],
)
def test_arguments_that_are_refused(settings, error, message):
    rates = SWEEPS["log"]
    with pytest.raises(error, match=message) as raised:
        suggest(**{"learning_rates": rates, "losses": parabola(rates), "accuracy": accuracy_curve(rates), **settings})
    assert not isinstance(raised.value, NoSuggestionError)


# --- the watch over divergence ---


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
