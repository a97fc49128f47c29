"""From a range test to a training: whole cycles, bounds, words and warnings."""

import re
import warnings

import keras
import numpy as np
import pytest

from clr_utils import (
    CycleWarning,
    CyclicalLearningRate,
    LearningRateHistory,
    NoSuggestionError,
    RangeTest,
    RangeTests,
    RangeTestWarning,
    lr_range_test,
    sweep_rates,
)
from clr_utils.range_test.training import halves, whole_cycles
from helpers import assert_rates
from range_models import TARGETS, X, eager

RATES = sweep_rates(1e-4, 1, 300)


def made(center=0.02, limit=0.2, rates=RATES, **settings):
    """A range test without noise: the accuracy rises at a rate, and falls from another one on."""
    accuracy = 0.1 + 0.8 / (1 + (center / rates) ** 4) - 0.5 * np.maximum(np.log(rates / limit), 0)
    return RangeTest(rates, 2 - accuracy, {"accuracy": accuracy}, **settings)


def quietly(test, *lengths, **options):
    """The schedule, where nothing is in doubt."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return test.schedule(*lengths, verbose=0, **options)


# --- whole cycles ---


@pytest.mark.parametrize(
    ("per_epoch", "epochs", "cycles"),
    [(100, 12, 3), (157, 10, 2), (157, 7, 1), (99, 5, 1), (100, 4, 2), (100, 3, 1), (100, 6, 3), (5, 1, 1), (2, 1, 1)],
)
def test_three_cycles_or_as_many_as_fit(per_epoch, epochs, cycles):
    assert whole_cycles(per_epoch, epochs) == cycles


@pytest.mark.parametrize(
    ("examples", "batch_size", "epochs"), [(960, 32, 12), (1000, 32, 10), (157, 1, 7), (33, 16, 6)]
)
@pytest.mark.parametrize("cycles", [None, 1])
@pytest.mark.parametrize("policy", ["triangular", "hann"])
def test_the_training_ends_at_the_foot_of_a_cycle(examples, batch_size, epochs, cycles, policy):
    test = made()
    found = test.suggest()
    schedule = quietly(test, examples, batch_size, epochs, cycles=cycles, policy=policy)
    total = -(-examples // batch_size) * epochs
    assert isinstance(schedule, CyclicalLearningRate)
    assert schedule.updates_left(total) == 0
    rates = schedule(np.arange(total + 1))
    assert (rates[0], rates[-1], rates.max()) == pytest.approx((found.base_lr, found.base_lr, found.max_lr))
    peaks = np.flatnonzero(np.isclose(rates, found.max_lr, rtol=1e-9))
    assert len(peaks) == (cycles or whole_cycles(-(-examples // batch_size), epochs))


@pytest.mark.parametrize(
    ("per_epoch", "epochs", "cycles", "error", "message"),
    [
        (
            157,
            10,
            3,
            ValueError,
            r"10 epochs of 157 updates do not make 3 whole cycles: train for 9 or 12 epochs, .*=2 or 5$",
        ),
        (157, 2, 3, ValueError, r"train for 3 epochs, or choose cycles=2 or 157$"),
        (4, 2, 5, ValueError, "8 updates are too few for 5 cycles of 2 or more"),
        (1, 1, None, ValueError, "1 updates are too few for 1 cycles"),
        (10, 6, 0, ValueError, "cycles must be a whole number of cycles, 1 or more"),
        (10, 6, 2.5, ValueError, "cycles must be a whole number of cycles"),
        (10, 6, "3", TypeError, "cycles must be a number"),
    ],
)
def test_cycles_that_do_not_fit_are_told_with_what_does(per_epoch, epochs, cycles, error, message):
    with pytest.raises(error, match=message):
        whole_cycles(per_epoch, epochs, cycles)
    with pytest.raises(error, match=message):
        quietly(made(), per_epoch, 1, epochs, cycles=cycles)


def test_what_is_advised_fits():
    for epochs, cycles in ((9, 3), (12, 3), (10, 2), (10, 5)):
        assert whole_cycles(157, epochs, cycles) == cycles


def test_an_odd_cycle_rises_one_update_longer():
    assert halves(785) == (393, 392)
    assert halves(784) == (392, 392)
    settings = quietly(made(), 157, 1, 10).settings
    assert (settings["step_size"], settings["step_size_down"]) == (393, 392)
    assert quietly(made(), 100, 1, 12).settings["step_size_down"] is None


# --- the bounds, in words ---


def test_what_was_chosen_is_said(capsys):
    base_lr, max_lr, *_ = made().suggest()
    made().schedule(1000, 32, 12)
    assert capsys.readouterr().out == (
        f'triangular between base_lr {base_lr:.3g} and max_lr {max_lr:.3g} (read off the accuracy by "smith"): 3 '
        "cycles in 12 epochs of 32 updates, step_size 64 (2 epochs)\n"
    )
    made().schedule(157, 1, 1, policy="triangular2")
    assert capsys.readouterr().out.endswith(
        "1 cycle in 1 epoch of 157 updates, step_size 79 up and 78 down (0.5 epochs)\n"
    )
    quietly(made(), 1000, 32, 12)
    assert not capsys.readouterr().out


def test_the_reading_and_the_policy_are_as_asked():
    test = made()
    found = test.suggest("valley", ratio=3, smoothing=0)
    schedule = quietly(
        test, 100, 1, 12, method="valley", ratio=3, smoothing=0, policy="exp_range", gamma=0.999, name="a"
    )
    assert (schedule.policy, schedule.name, schedule.settings["gamma"]) == ("exp_range", "a", 0.999)
    assert (schedule.settings["base_lr"], schedule.settings["max_lr"]) == found[:2]
    assert quietly(test, 100, 1, 12, metric="loss").settings["max_lr"] == test.suggest("smith", metric="loss").max_lr


def test_a_regression_needs_no_method(capsys):
    test = RangeTest(RATES, made().losses, {"mae": made().losses})
    test.schedule(1000, 32, 12)
    assert '(read off the loss by "smith")' in capsys.readouterr().out


def test_exp_range_asks_for_its_factor():
    with pytest.raises(ValueError, match=r"exp_range needs .*: gamma=0\.998083\d* leaves a tenth .* 1200 updates"):
        quietly(made(), 100, 1, 12, policy="exp_range")
    with pytest.raises(ValueError, match="exp_range needs") as caught:
        quietly(made(), 1_000_000, 1, 12, policy="exp_range")
    told = re.search(r"gamma=([\d.]+) leaves a tenth .* (\d+) updates", str(caught.value))
    assert float(told[1]) ** int(told[2]) == pytest.approx(0.1, rel=1e-2)


@pytest.mark.parametrize(
    ("lengths", "options", "error", "message"),
    [
        ((0, 32, 12), {}, ValueError, "examples must be a whole number"),
        ((100, 32, 1.5), {}, ValueError, "epochs must be a whole number of epochs"),
        ((100, "32", 12), {}, TypeError, "batch_size must be a number"),
        ((100, 32, 12), {"policy": "zigzag"}, ValueError, "policy must be one of"),
        ((100, 32, 12), {"policy": "cosine"}, ValueError, r"write PolicySchedule\('cosine', max_lr=test"),
        ((100, 32, 12), {"method": "best"}, ValueError, "method must be one of"),
        ((100, 32, 12), {"metric": "auc"}, ValueError, "the test recorded no 'auc'"),
        *(
            ((100, 32, 12), {name: 50}, TypeError, f"schedule chooses {name} itself: leave it out")
            for name in ("base_lr", "max_lr", "step_size", "step_size_down", "start_lr_policy")
        ),
    ],
)
def test_arguments_that_are_refused(lengths, options, error, message):
    with pytest.raises(error, match=message):
        quietly(made(), *lengths, **options)


# --- doubts ---

DOUBTS = {
    "the last rate": (made(rates=sweep_rates(1e-4, 0.02, 300)), "still rises at the last rate: .*; raise max_lr$"),
    "the first rate": (
        made(rates=sweep_rates(0.02, 1, 300), limit=0.5),
        "base_lr is at the sweep's start; lower min_lr$",
    ),
    "no limit": (
        made(limit=10),
        "the accuracy does not fall before the last rate, 1, so that .*: raise the test's max_lr$",
    ),
    "a close stop": (made(stopped_at=0.1, stop_reason="nan"), "stopped at 0.1, so that .* max_lr 0.0474 may diverge$"),
    "a wide band": (
        made(0.002, 0.5),
        r"the accuracy slows at 0.004\d+ and falls only at 0.5\d+: max_lr may be much too low$",
    ),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_doubts_are_warnings(name):
    test, message = DOUBTS[name]
    with pytest.warns(
        RangeTestWarning, match=f"^look at the plot of the range test before you train: .*{message}"
    ) as given:
        test.schedule(1000, 32, 12, verbose=0)
    (warning,) = given
    assert warning.filename == __file__


def test_a_stop_that_is_far_enough_is_a_limit():
    quietly(made(limit=10, stopped_at=0.9, stop_reason="nan"), 1000, 32, 12)


def test_no_suggestion_no_schedule():
    with pytest.raises(NoSuggestionError, match="^the curve is flat"):
        quietly(RangeTest(RATES, np.ones(300), {"accuracy": np.ones(300)}), 1000, 32, 12)


# --- several seeds ---

FLAT = RangeTest(RATES, np.ones(300), {"accuracy": np.ones(300)})


def several(*tests):
    return RangeTests(range(len(tests)), tests)


def test_the_medians_of_the_seeds(capsys):
    tests = several(made(0.02), made(0.025), made(0.03, 0.3))
    table = tests.suggestions()
    settings = quietly(tests, 1000, 32, 12).settings
    assert (settings["base_lr"], settings["max_lr"]) == tuple(table.loc[1, ["base_lr", "max_lr"]])
    tests.schedule(1000, 32, 12, method="fall", policy="hann")
    assert '(read off the accuracy by "fall", medians of 3 tests): 3 cycles' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        ([made(), FLAT, made()], "1 of 3 tests refused, the first because the curve is flat"),
        ([made(0.01, 0.1), made(0.05, 0.5), made()], "the tests suggest a max_lr from 0.02[0-9]* to 0.1[0-9]*$"),
        ([made(), made(limit=10)], "1 of 2 tests leave doubts, the first because the accuracy does not fall"),
    ],
)
def test_doubts_of_several(tests, message):
    with pytest.warns(RangeTestWarning, match=message) as given:
        several(*tests).schedule(1000, 32, 12, verbose=0)
    assert given[0].filename == __file__


def test_none_of_several():
    with pytest.raises(
        NoSuggestionError, match="none of the 2 tests supports a suggestion, the first because the curve is"
    ):
        several(FLAT, FLAT).schedule(1000, 32, 12)


# --- the whole way ---


def test_from_the_test_to_fit():
    """The training that was asked for applies the bounds that were read, and ends at the foot of a cycle."""
    keras.utils.set_random_seed(0)
    model = eager()
    test = lr_range_test(model, X, TARGETS, min_lr=1e-3, max_lr=3, steps=40, batch_size=11, verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RangeTestWarning)
        schedule = test.schedule(len(X), 11, 6, verbose=0)
    model.compile(keras.optimizers.SGD(schedule), "mse", run_eagerly=True)
    history = LearningRateHistory()
    with warnings.catch_warnings():
        warnings.simplefilter("error", CycleWarning)
        model.fit(X, TARGETS, batch_size=11, epochs=6, verbose=0, callbacks=[history])
    base_lr, max_lr, *_ = test.suggest()
    assert_rates(history.learning_rates, 3 * [base_lr, (base_lr + max_lr) / 2, max_lr, (base_lr + max_lr) / 2])
