"""What curves suggest whose answers are known, and when they suggest nothing."""

import numpy as np
import pytest

from clr_utils.range_test.curves import sweep_rates
from clr_utils.range_test.suggestions import (
    METHODS,
    NoSuggestionError,
    Suggestion,
    chosen,
    comes_down,
    read,
    suggest,
    turned,
)

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


def test_how_deep_a_score_falls_moves_no_answer():
    """R2 has no lower bound: what a divergence does to it says nothing of the rates before."""
    rates = np.geomspace(1e-4, 10, 200)
    before = sigmoid(rates, 0.01, 0.5)
    found = {
        depth: suggest(rates, np.ones(200), np.where(rates < 1, before, -depth * rates), "fall").max_lr
        for depth in (10, 1e8)
    }
    assert found[1e8] == pytest.approx(found[10], rel=0.1)


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
    curve[0] = np.nan
    with pytest.raises(NoSuggestionError, match="^the loss was not finite before the first update, .* in the data$"):
        suggest(rates, curve, curve, method)


@pytest.mark.parametrize("method", METHODS)
def test_flat(method):
    for curve in (np.ones(100), np.zeros(100), 1 + 0.001 * np.linspace(0, 1, 100), -np.ones(100)):
        moves = "the accuracy rises by" if method in ("smith", "fall") else "the loss falls by"
        with pytest.raises(NoSuggestionError, match=f"the curve is flat: {moves} [0-9][^ ]* from {curve[2]:.3g};"):
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


# --- any curve by any method ---


def by_name(name, values, method, rates=SWEEPS["log"], **settings):
    """The suggestion read off one curve, beside a loss that stays as it is."""
    return read(turned(rates, np.ones(len(rates)), values, name, **settings), method)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["val_loss", "mae", "acceleration_loss"])
def test_what_falls_is_turned_round(name, method):
    """A loss that mirrors the accuracy gives what the accuracy gives; its divergence is cut off, the rest alike."""
    curve = accuracy_curve(SWEEPS["log"])
    rising, falling = (by_name(each, values, method) for each, values in (("f1_score_0", curve), (name, 1 - curve)))
    assert falling.max_lr == pytest.approx(rising.max_lr, rel=0.03)
    assert falling.base_lr == pytest.approx(rising.base_lr, rel=0.03)


@pytest.mark.parametrize(
    ("name", "sign", "words"),
    [("val_roc_auc", 1, ("rise", "fall", "highest")), ("val_mae", -1, ("fall", "rise", "lowest"))],
)
def test_messages_name_the_curve_and_its_way(name, sign, words):
    better, worse, best = words
    rates = sweep_rates(1e-3, 0.39, 200)
    curve = sign * accuracy_curve(rates)
    with pytest.raises(NoSuggestionError, match=f"the {name} does not {worse} before the last rate"):
        by_name(name, curve, "fall", rates)
    with pytest.raises(NoSuggestionError, match=f"the {name} is {best} at the last rate"):
        by_name(name, sign * np.log(rates), "minimum/10", rates)
    with pytest.raises(NoSuggestionError, match=f"flat: the {name} {better}s by 0 from {sign * 0.5}; raise"):
        by_name(name, np.full(200, sign * 0.5), "smith", rates)
    with pytest.raises(NoSuggestionError, match=f"all noise: the {name} {better}s by"):
        by_name(name, np.random.default_rng(0).normal(size=200), "smith", rates)
    with pytest.raises(NoSuggestionError, match=f"the {name} is best at the first rates"):
        by_name(name, -sign * np.linspace(0, 1, 200) + sign * np.exp(-((np.arange(200) - 5) ** 2) / 4), "smith", rates)
    assert f"the {name} still {better}s at the last rate" in by_name(name, sign * rates, "smith", rates).note
    assert f"the {name} {better}s fastest at the end" in by_name(name, sign * rates, "steepest", rates).note


def test_few_measurements_are_told():
    values = np.full(600, np.nan)
    values[::60] = accuracy_curve(SWEEPS["log"])[::60]
    with pytest.raises(NoSuggestionError, match="10 usable updates, .* the val_acc was measured at 10 of 600 "):
        by_name("val_acc", values, "smith")


def test_where_a_curve_comes_down():
    rates = SWEEPS["log"]
    found = comes_down(turned(rates, np.ones(600), accuracy_curve(rates), "accuracy", smoothing=0))
    assert found == known("fall", rates, smoothing=0).max_lr
    assert comes_down(turned(rates[:500], np.ones(500), accuracy_curve(rates)[:500], "accuracy")) is None


@pytest.mark.parametrize(
    ("names", "method", "metric", "expected"),
    [
        (["acc", "val_acc"], None, None, ("smith", "val_acc")),
        (["acc", "val_acc"], "fall", None, ("fall", "val_acc")),
        (["acc"], "valley", None, ("valley", "loss")),
        (["acceleration_loss", "account_mae", "head_accuracy"], "smith", None, ("smith", "head_accuracy")),
        (["mae"], None, None, ("smith", "loss")),
        (["mae"], None, "mae", ("smith", "mae")),
        (["auc"], None, "auc", ("smith", "auc")),
        (["auc"], "smith", "loss", ("smith", "loss")),
        (["auc"], "valley", "auc", ("valley", "auc")),
    ],
)
def test_what_is_read_unless_it_is_named(names, method, metric, expected):
    assert chosen(names, method, metric) == expected


@pytest.mark.parametrize("method", ["smith", "fall"])
def test_no_accuracy_is_told_with_the_ways_out(method):
    with pytest.raises(
        ValueError,
        match=f'"{method}" reads an accuracy, and the test recorded loss, vaccine_loss: compile .*, name another curve '
        r'\(metric="vaccine_loss"\), or take a method that reads the loss \("steepest"\)',
    ) as raised:
        chosen(["vaccine_loss"], method, None)
    assert not isinstance(raised.value, NoSuggestionError)


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
