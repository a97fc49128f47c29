"""Counting iterations, cycles, half cycles and the updates that are missing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clr_utils import half_cycles, step_size_for
from clr_utils.cycles import LONGEST_STEP, counts, half_lengths, updates_left
from clr_utils.policies import locate
from helpers import fit, probe_model


@pytest.mark.parametrize(
    ("examples", "batch_size", "epochs_per_step", "step_size"),
    [
        (64_000, 32, 2, 4_000),  # Alyafi 2018, case 1
        (128_000, 32, 2, 8_000),  # Alyafi 2018, case 2
        (50_000, 100, 8, 4_000),
        (60_000, 2_000, 2, 60),
        (5, 2, 1, 3),  # the partial batch is an update
        (5, 10, 1, 1),
        (100, 10, 0.5, 5),
        (100, 1, 0.07, 7),  # 100 * 0.07 is 7.000000000000001 in floating point
        (64_000.0, 32.0, 2.0, 4_000),
        (2**53 + 1, 2, 1, 2**52 + 1),  # floating-point division would lose the last example
    ],
)
def test_step_size_for(examples, batch_size, epochs_per_step, step_size):
    result = step_size_for(examples, batch_size, epochs_per_step)
    assert type(result) is int
    assert result == step_size


def test_step_size_for_advises_two_epochs():
    assert step_size_for(60_000, 200) == 600


@pytest.mark.parametrize(("examples", "batch_size"), [(8, 2), (9, 2), (7, 3), (2, 5)])
def test_step_size_for_counts_the_updates_of_a_real_fit(examples, batch_size):
    model = probe_model(run_eagerly=True)
    model.fit(np.ones((examples, 1)), np.ones((examples, 1)), batch_size=batch_size, epochs=2, verbose=0)
    assert int(model.optimizer.iterations.numpy()) == step_size_for(examples, batch_size, epochs_per_step=2)


@pytest.mark.parametrize(
    ("arguments", "error", "parts"),
    [
        ((0, 32, 2), ValueError, ["examples", "1 or more", "it is 0"]),
        ((10.5, 32, 2), ValueError, ["examples", "whole number of examples", "10.5"]),
        ((None, 32, 2), TypeError, ["examples", "None"]),
        ((100, 0, 2), ValueError, ["batch_size", "1 or more", "it is 0"]),
        ((100, -3, 2), ValueError, ["batch_size", "1 or more", "it is -3"]),
        ((100, "32", 2), TypeError, ["batch_size", "'32'"]),
        ((100, 32, 0), ValueError, ["epochs_per_step", "greater than 0", "it is 0"]),
        ((100, 32, -2), ValueError, ["epochs_per_step", "greater than 0", "it is -2"]),
        ((100, 32, float("nan")), ValueError, ["epochs_per_step", "finite", "nan"]),
        ((100, 32, True), TypeError, ["epochs_per_step", "True"]),
        ((100, 10, 0.25), ValueError, ["epochs_per_step (0.25)", "10 iterations an epoch", "2.5", "whole epochs"]),
        ((100, 10, 0.01), ValueError, ["epochs_per_step (0.01)", "not a whole number", "whole epochs"]),
    ],
)
def test_step_size_for_names_what_it_refuses(arguments, error, parts):
    with pytest.raises(error) as caught:
        step_size_for(*arguments)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("num_epochs", "epochs_per_step", "steps"),
    [(12, 2, 6), (10, 5, 2), (12.0, 2, 6), (1.2, 0.2, 6), (0.6, 0.1, 6), (3, 0.5, 6)],
)
def test_half_cycles(num_epochs, epochs_per_step, steps):
    assert type(half_cycles(num_epochs, epochs_per_step)) is int
    assert half_cycles(num_epochs, epochs_per_step) == steps


@pytest.mark.parametrize(
    ("arguments", "error", "parts"),
    [
        ((10, 2), ValueError, ["num_epochs / epochs_per_step is 5", "even", "8 or 12 epochs"]),
        ((2, 2), ValueError, ["is 1", "Train for 4 epochs"]),
        ((23, 2), ValueError, ["is 11.5", "20 or 24 epochs"]),
        ((5, 2), ValueError, ["is 2.5", "4 or 8 epochs"]),
        ((0.5, 2), ValueError, ["is 0.25", "Train for 4 epochs"]),
        ((0, 2), ValueError, ["num_epochs", "greater than 0"]),
        ((10, 0), ValueError, ["epochs_per_step", "greater than 0"]),
        ((float("inf"), 2), ValueError, ["num_epochs", "finite"]),
        ((10, "2"), TypeError, ["epochs_per_step", "'2'"]),
    ],
)
def test_half_cycles_insists_on_an_even_number_and_says_how(arguments, error, parts):
    with pytest.raises(error) as caught:
        half_cycles(*arguments)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("cycle", "missing"),
    [
        ((3,), [0, 5, 4, 3, 2, 1, 0, 5]),
        ((3.0,), [0, 5, 4]),
        ((1, 3), [0, 3, 2, 1, 0, 3]),
        ((2, None, 3), [7, 6, 5, 0, 3, 2, 1, 0, 3]),  # before a start offset, the first cycle is missing as well
    ],
)
def test_updates_left(cycle, missing):
    assert [updates_left(n, *cycle) for n in range(len(missing))] == missing


@given(st.integers(0, 2**62), st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 10**6))
def test_updates_left_lead_to_the_foot_of_a_cycle(n, up, down, start):
    left = updates_left(n, up, down, start)
    assert 0 <= left < up + down + (start + 1 if n < start else 0)
    place = locate(n + left, 0, 1, up, down, start)
    assert place.height == 0
    assert updates_left(n + left, up, down, start) == 0


def test_half_lengths_down_is_as_long_as_up_unless_given():
    assert half_lengths(4.0) == (4, 4)
    assert half_lengths(4, 6) == (4, 6)


@pytest.mark.parametrize("bad", [0, -1, 2.5, float("nan"), True, "4", LONGEST_STEP + 1])
def test_half_lengths_name_the_half(bad):
    with pytest.raises((TypeError, ValueError), match=r"^step_size must"):
        half_lengths(bad)
    with pytest.raises((TypeError, ValueError), match=r"^step_size_down must"):
        half_lengths(4, bad)


@pytest.mark.parametrize("bad", [-1, 0.5, 2**31, None])
def test_start_is_named(bad):
    with pytest.raises((TypeError, ValueError), match=r"^start_lr_policy must"):
        locate(0, 0, 1, 4, start_lr_policy=bad)
    with pytest.raises((TypeError, ValueError), match=r"^start_lr_policy must"):
        updates_left(0, 4, None, bad)


@pytest.mark.parametrize(
    ("iteration", "error"),
    [
        (-1, ValueError),
        (-0.5, ValueError),
        ([3, -1], ValueError),
        (float("nan"), ValueError),
        (np.array([0.0, np.nan]), ValueError),
        (float("inf"), ValueError),
        (2**63, ValueError),  # int64 would turn it into a negative number
        (np.uint64(2**64 - 1), ValueError),
        (2**64, TypeError),
        (True, TypeError),
        ("3", TypeError),
        (None, TypeError),
        (1j, TypeError),
        ([[1], [2, "x"]], (TypeError, ValueError)),
    ],
)
def test_iterations_that_are_none_are_refused(iteration, error):
    with pytest.raises(error):
        counts(iteration)


def test_the_message_of_a_negative_iteration_helps():
    with pytest.raises(ValueError, match=r"iteration must be 0 or more \(updates are counted from 0\).*it is -7"):
        counts(-7)


def test_counts_never_go_below_zero_before_the_start():
    assert counts([0, 4, 5, 6, 9], start=5).n.tolist() == [0, 0, 0, 1, 4]


def test_a_training_of_whole_cycles_leaves_none_missing():
    model = probe_model(run_eagerly=True)
    fit(model, 4, epochs=half_cycles(6, 3))
    assert updates_left(int(model.optimizer.iterations.numpy()), step_size=4) == 0
