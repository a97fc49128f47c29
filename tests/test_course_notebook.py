"""What notebooks start with and end with: profile, seed, verdicts, and the self-checks of exercises."""

import gc
import json
import os

import matplotlib
import numpy as np
import pytest

from clr_utils import notebook_seed, setup_notebook, verdict
from clr_utils.course import notebook
from clr_utils.exercises import NotYet, attempt
from helpers import BACKEND

NAN = float("nan")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", BACKEND)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    monkeypatch.delenv("CLR_CALIBRATION", raising=False)


# --- profile and seed ---


@pytest.mark.parametrize(("value", "profile"), [(None, "quick"), ("quick", "quick"), ("paper", "paper")])
def test_setup_returns_and_prints_the_profile(value, profile, monkeypatch, capsys):
    monkeypatch.delenv("CLR_PROFILE", raising=False)
    if value:
        monkeypatch.setenv("CLR_PROFILE", value)
    with matplotlib.rc_context():
        assert setup_notebook() == profile
    assert capsys.readouterr().out.startswith(f"profile {profile}: ")


@pytest.mark.parametrize("value", ["", "fast", "Quick", "quick "])
def test_a_bad_profile_is_named_with_the_remedy(value, monkeypatch):
    monkeypatch.setenv("CLR_PROFILE", value)
    with pytest.raises(ValueError, match="CLR_PROFILE") as error:
        setup_notebook()
    for part in (repr(value), "'quick'", "'paper'", "unset"):
        assert part in str(error.value)


def test_a_bad_backend_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    with pytest.raises(ValueError, match="KERAS_BACKEND is 'theano'; set it to 'tensorflow' or 'jax' or 'torch'"):
        setup_notebook()


def test_setup_imports_keras_unless_told_not_to(monkeypatch):
    imported = []
    monkeypatch.setattr(notebook, "import_module", imported.append)
    with matplotlib.rc_context():
        setup_notebook(keras=False)
        assert imported == []
        setup_notebook()
    assert imported == ["keras"]


@pytest.mark.parametrize("collecting", [True, False])
def test_garbage_is_not_looked_for_while_keras_is_imported(collecting, monkeypatch):
    seen = []
    monkeypatch.setattr(notebook, "import_module", lambda name: seen.append(gc.isenabled()))
    before = gc.isenabled()
    try:
        gc.enable() if collecting else gc.disable()
        with matplotlib.rc_context():
            setup_notebook()
        assert seen == [False]
        assert gc.isenabled() == collecting
    finally:
        gc.enable() if before else gc.disable()


def test_setup_leaves_stderr_open(capfd):
    with matplotlib.rc_context():
        setup_notebook()
    os.write(2, b"still here")
    assert "still here" in capfd.readouterr().err


@pytest.mark.parametrize(("value", "seed"), [(None, 0), ("0", 0), ("19", 19), ("4294967295", 4294967295)])
def test_seed(value, seed, monkeypatch):
    monkeypatch.delenv("CLR_SEED", raising=False)
    if value:
        monkeypatch.setenv("CLR_SEED", value)
    assert notebook_seed() == seed


@pytest.mark.parametrize("value", ["", "-1", "1.5", "one", "1e3", "4294967296"])
def test_a_bad_seed_is_named_with_the_remedy(value, monkeypatch):
    monkeypatch.setenv("CLR_SEED", value)
    with pytest.raises(ValueError, match="CLR_SEED") as error:
        notebook_seed()
    assert repr(value) in str(error.value)
    assert "whole number of 0 or more" in str(error.value)


# --- verdict ---


@pytest.mark.parametrize(
    ("value", "bound"),
    [
        (True, {}),
        (np.bool_(True), {}),
        (0.5, {"above": 0.4}),
        (0.5, {"below": 0.6}),
        (0, {"above": -1}),
        (np.float32(0.5), {"above": 0.4}),
        (float("inf"), {"above": 3}),
        (1e-300, {"above": 0}),
    ],
)
def test_a_true_claim_is_printed(value, bound, capsys):
    verdict("rates agree", value, **bound)
    assert capsys.readouterr().out == "rates agree: True\n"


@pytest.mark.parametrize(
    ("value", "bound", "message"),
    [
        (False, {}, "rates agree: False"),
        (np.bool_(False), {}, "rates agree: False"),
        (0.4, {"above": 0.5}, "rates agree: False (value 0.4, needed above 0.5)"),
        (0.5, {"above": 0.5}, "rates agree: False (value 0.5, needed above 0.5)"),
        (0.5, {"below": 0.5}, "rates agree: False (value 0.5, needed below 0.5)"),
        (0.7, {"below": 0.5}, "rates agree: False (value 0.7, needed below 0.5)"),
        (NAN, {"above": 0.5}, "rates agree: False (value nan, needed above 0.5)"),
        (NAN, {"below": 0.5}, "rates agree: False (value nan, needed below 0.5)"),
    ],
)
def test_a_false_claim_stops_the_notebook(value, bound, message, capsys):
    with pytest.raises(AssertionError) as error:
        verdict("rates agree", value, **bound)
    assert str(error.value) == message
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("value", "bound", "message"),
    [
        (0.5, {}, "above= and below="),
        (NAN, {}, "above= and below="),
        (0.5, {"above": "no"}, "above must be a number"),
        (None, {}, "True or False"),
        ("yes", {}, "True or False"),
        (0.5, {"above": 0, "below": 1}, "one of above= and below="),
        (1, {}, "True or False"),
        (1.0, {}, "True or False"),
        (True, {"above": 0}, "without a bound"),
    ],
)
def test_a_claim_without_a_clear_meaning_is_refused(value, bound, message):
    with pytest.raises(TypeError, match=message):
        verdict("rates agree", value, **bound)


def test_calibration_writes_margins_and_asserts_only_exact_claims(tmp_path, monkeypatch, capsys):
    file = tmp_path / "margins.jsonl"
    monkeypatch.setenv("CLR_CALIBRATION", str(file))
    verdict("it holds", 0.75, above=0.5)
    verdict("it fails", 0.75, below=0.5)
    verdict("exact", True)
    with pytest.raises(AssertionError, match="exact: False"):
        verdict("exact", False)
    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        {"claim": "it holds", "value": 0.75, "above": 0.5, "margin": 0.25},
        {"claim": "it fails", "value": 0.75, "below": 0.5, "margin": -0.25},
    ]
    assert capsys.readouterr().out == "exact: True\n"


def test_a_calibration_file_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CLR_CALIBRATION", str(tmp_path / "nowhere" / "margins"))
    with pytest.raises(OSError, match=r"CLR_CALIBRATION is .*nowhere.*cannot be written \(No such file or directory\)"):
        verdict("it holds", 0.75, above=0.5)


# --- exercises ---


def check_two(answer, other=2):
    if answer is None:
        raise NotYet("the function returns nothing")
    if answer / 1 != other:
        raise NotYet("count again")


@pytest.mark.parametrize(
    ("answers", "printed"),
    [
        ((2,), "correct"),
        ((3, 3), "correct"),
        ((None,), "not yet: the function returns nothing"),
        ((3,), "not yet: count again"),
        (("2",), "not yet: your code stopped with TypeError: unsupported operand"),
    ],
)
def test_attempt_prints_and_never_stops(answers, printed, capsys):
    assert attempt(check_two, *answers) is None
    assert [line[: len(printed)] for line in capsys.readouterr().out.splitlines()] == [printed]


def test_attempt_lets_the_user_interrupt():
    def endless(answer):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(endless, None)
