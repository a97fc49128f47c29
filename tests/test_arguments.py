"""Checks of arguments: what passes comes back as float or int; what fails is named, with its value and a way out."""

from fractions import Fraction

import keras
import numpy as np
import pandas as pd
import pytest

from clr_utils import arguments

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("value", [0.1, 1, np.float32(0.1), np.int64(3), Fraction(1, 10)])
def test_number_accepts_real_numbers_as_float(value):
    assert type(arguments.number("lr", value)) is float
    assert arguments.number("lr", value) == float(value)


@pytest.mark.parametrize("value", [True, np.True_, "0.1", None, 1j, [0.1], np.array([0.1]), np.timedelta64(1)])
def test_number_names_what_is_no_number(value):
    with pytest.raises(TypeError) as error:
        arguments.number("lr", value)
    for part in ("lr must be a number", repr(value), type(value).__name__):
        assert part in str(error.value)


@pytest.mark.parametrize("value", [np.array(0.1), keras.ops.convert_to_tensor(3)])
def test_an_array_of_one_number_is_told_how_to_become_one(value):
    with pytest.raises(TypeError, match=r"lr must be a number; .*\. Make it a number with float\(\) or int\(\)$"):
        arguments.number("lr", value)


@pytest.mark.parametrize(
    ("value", "limits", "message"),
    [
        (NAN, {}, "lr must be a finite number; it is nan"),
        (INF, {}, "lr must be a finite number; it is inf"),
        (-INF, {"minimum": 0}, "lr must be a finite number; it is -inf"),
        (10**400, {}, "lr must be a number that a float can hold; it is too large"),
        (-1e-9, {"minimum": 0}, "lr must be 0 or more; it is -1e-09"),
        (0, {"above": 0}, "lr must be greater than 0; it is 0.0"),
        (1.0000001, {"maximum": 1}, "lr must be 1 or less; it is 1.0000001"),
    ],
)
def test_number_names_the_limit_and_the_value(value, limits, message):
    with pytest.raises(ValueError, match="lr") as error:
        arguments.number("lr", value, **limits)
    assert str(error.value) == message


def test_number_accepts_its_limits():
    assert arguments.number("lr", 0, minimum=0) == 0
    assert arguments.number("lr", 1, maximum=1) == 1
    assert arguments.number("lr", 5e-324, above=0) == 5e-324


@pytest.mark.parametrize("value", [2000, 2000.0, np.int32(2000), np.float64(2000), Fraction(2000)])
def test_whole_accepts_whole_numbers_as_int(value):
    assert type(arguments.whole("step_size", value)) is int
    assert arguments.whole("step_size", value) == 2000


def test_whole_keeps_integers_that_no_float_holds():
    assert arguments.whole("examples", 2**53 + 1) == 2**53 + 1


@pytest.mark.parametrize(
    ("value", "error", "parts"),
    [
        (0, ValueError, ["step_size", "1 or more", "it is 0"]),
        (-1, ValueError, ["step_size", "1 or more", "it is -1"]),
        (101, ValueError, ["step_size", "100 or less", "it is 101"]),
        (2.5, ValueError, ["step_size", "whole number of iterations", "it is 2.5", "round()"]),
        (0.3, ValueError, ["step_size", "it is 0.3", "share, multiply it by the whole"]),
        (20.0000001, ValueError, ["step_size", "whole number of iterations", "it is 20.0000001"]),
        (NAN, ValueError, ["step_size", "finite", "nan"]),
        (INF, ValueError, ["step_size", "finite", "inf"]),
        (True, TypeError, ["step_size", "a number", "True (bool)"]),
        ("4", TypeError, ["step_size", "a number", "'4' (str)"]),
        (np.timedelta64(4), TypeError, ["step_size", "a number", "timedelta64"]),
        (None, TypeError, ["step_size", "a number", "None"]),
    ],
)
def test_whole_names_what_it_refuses(value, error, parts):
    with pytest.raises(error) as caught:
        arguments.whole("step_size", value, maximum=100)
    for part in parts:
        assert part in str(caught.value)


def test_whole_says_the_unit():
    with pytest.raises(ValueError, match="whole number of examples"):
        arguments.whole("batch_size", 0, unit="examples")


@pytest.mark.parametrize(
    "values",
    [
        [1, 2.5],
        (1, 2.5),
        np.array([1, 2.5], np.float32),
        pd.Series([1, 2.5]),
        pd.Series([1, 2.5], dtype="Float64"),
        [np.float64(1), Fraction(5, 2)],
        np.ma.array([1, 2.5]),
        keras.ops.convert_to_tensor([1, 2.5]),
    ],
    ids=lambda values: type(values).__name__,
)
def test_sample_accepts_lists_of_numbers_as_float64(values):
    found = arguments.sample("values", values, at_least=2)
    assert type(found) is np.ndarray
    assert found.dtype == np.float64
    assert found.tolist() == [1, 2.5]


@pytest.mark.parametrize(
    ("values", "error", "parts"),
    [
        ([1, NAN, INF], ValueError, ["finite numbers", "2 of 3 are not, the first is nan"]),
        ([1, -0.5], ValueError, ["0 or more", "-0.5"]),
        ([1, 2], ValueError, ["1 or less", "2.0"]),
        ([1], ValueError, ["two or more numbers", "1"]),
        ([], ValueError, ["two or more numbers", "0"]),
        (1.0, ValueError, ["a list of numbers", "()"]),
        ([[0.5, 1.0]], ValueError, ["a list of numbers", "(1, 2)"]),
        ([[0.5], [1.0, 0.0]], ValueError, ["one length"]),
        ([1, 10**400], ValueError, ["values[1]", "too large"]),
        (np.ma.array([0.5, 0.2, 1.0], mask=[0, 1, 0]), ValueError, ["1 of 3 are masked", "leave them out"]),
        ([1j, 2], TypeError, ["number", "complex"]),
        ("12", TypeError, ["number", "'12'"]),
        (["0.1", "0.2"], TypeError, ["number", "str"]),
        (pd.Series(["0.1", "0.2"]), TypeError, ["number", "'0.1'"]),
        (np.array(["2020-01-01", "2021-01-01"], "datetime64[D]"), TypeError, ["number", "datetime64"]),
        (pd.to_datetime(["2020-01-01", "2021-01-01"]), TypeError, ["number", "datetime64"]),
        (np.array([1, 2], "timedelta64[s]"), TypeError, ["number", "timedelta64"]),
        ([True, False], TypeError, ["number", "bool"]),
        ([0.5, True], TypeError, ["values[1]", "True (bool)"]),
        (np.array([True, False]), TypeError, ["number", "bool"]),
        ([0.5, None], TypeError, ["values[1]", "None"]),
        (pd.Series([1, None], dtype="Int64"), (TypeError, ValueError), ["number"]),  # NaN or pandas.NA, by its version
        ([object(), 1], TypeError, ["values[0]", "object"]),
        (None, TypeError, ["number", "None"]),
        ({0.1, 0.2}, TypeError, ["number", "set"]),
        ({0: 0.1, 1: 0.2}, TypeError, ["number", "dict"]),
        ((k for k in (0.1, 0.2)), TypeError, ["number", "generator"]),
    ],
    ids=lambda part: type(part).__name__,
)
def test_sample_names_what_it_refuses(values, error, parts):
    with pytest.raises(error) as caught:
        arguments.sample("values", values, at_least=2, minimum=0, maximum=1)
    assert str(caught.value).startswith("values")
    for part in parts:
        assert part in str(caught.value)


def test_numbers_may_have_any_shape_and_keep_their_limits():
    assert arguments.numbers("rate", 0.5) == 0.5
    assert arguments.numbers("rate", [[0.5, 1]]).shape == (1, 2)
    with pytest.raises(ValueError, match="rate must be greater than 0; 1 of 2 are not, the first is 0.0"):
        arguments.numbers("rate", [0, 1], above=0)


def test_bounds_accepts_zero_as_base_lr():
    assert arguments.bounds(0, 1) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("base_lr", "max_lr", "error", "parts"),
    [
        (0.01, 0.001, ValueError, ["max_lr (0.001) must be greater than base_lr (0.01)", "swap"]),
        (0.01, 0.01, ValueError, ["max_lr (0.01)", "base_lr (0.01)", "`fixed`"]),
        (0.1, np.nextafter(0.1, 0), ValueError, ["max_lr (0.09999999999999999)", "swap"]),
        (-0.1, 0.1, ValueError, ["base_lr must be 0 or more", "-0.1"]),
        (0.1, -0.1, ValueError, ["max_lr must be 0 or more", "-0.1"]),
        (NAN, 0.1, ValueError, ["base_lr", "finite", "nan"]),
        (0.1, NAN, ValueError, ["max_lr", "finite", "nan"]),
        (0.1, INF, ValueError, ["max_lr", "finite", "inf"]),
        ("0.1", 0.2, TypeError, ["base_lr", "'0.1'"]),
        (0.1, None, TypeError, ["max_lr", "None"]),
        (True, 2, TypeError, ["base_lr", "True"]),
    ],
)
def test_bounds_names_the_bound_it_refuses(base_lr, max_lr, error, parts):
    with pytest.raises(error) as caught:
        arguments.bounds(base_lr, max_lr)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize("value", ["Amplitude", "", None, 1, ["amplitude"]])
def test_one_of_lists_what_is_allowed(value):
    with pytest.raises(ValueError, match="decay must be one of 'amplitude', 'bounds'; it is ") as caught:
        arguments.one_of("decay", value, ("amplitude", "bounds"))
    assert repr(value) in str(caught.value)
    assert arguments.one_of("decay", "bounds", ("amplitude", "bounds")) == "bounds"


def test_one_of_takes_whole_numbers_of_numpy():
    assert arguments.one_of("phases", np.int64(3), (2, 3)) == 3
    for value in (True, 2.0, np.timedelta64(2), "2", 4):
        with pytest.raises(ValueError, match="phases must be one of 2, 3"):
            arguments.one_of("phases", value, (2, 3, 1) if value is True else (2, 3))
