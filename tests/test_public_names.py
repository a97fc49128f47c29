"""Every public name against values that make no sense: each is refused by the argument's name, and soon."""

import inspect
import re
import signal
from contextlib import contextmanager
from importlib import import_module

import matplotlib.pyplot as plt
import numpy as np
import pytest

import clr_utils
from clr_utils.calcification import files, sets
from clr_utils.range_test import run
from public_calls import ROWS, TEST

NONSENSE = {
    "NaN": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "complex": 1j,
    "text": "no",
    "bytes": b"no",
    "date": np.datetime64("2020-01-01"),
    "duration": np.timedelta64(3, "s"),
    "dates": np.array(["2020-01-01", "2020-01-02"], "datetime64[D]"),
    "True": True,
    "bools": [True, False, 1],
    "masked": np.ma.array([0.2, 0.4], mask=[True, False]),
    "set": {0.2, 0.4},
    "None": None,
    "object": object(),
    "ragged": [[0.5, 1], [2]],
    "deep": np.zeros((2, 2, 2)),
    "empty": [],
    "one": [0.5],
    "NaN inside": [0.5, float("nan"), 0.7],
    "1e400": 10**400,
    "2**63": 2**63,
    "negative": -3,
    "half": 0.5,
}
SLOW = 3  # seconds of the processor

# What is rightly accepted, by argument, or by argument and name; each group with its reason.
ANY_SIZE, ANY = {"2**63", "half"}, {"2**63", "half", "negative"}
ANY_SHAPE = {"one", "deep", "empty"}
FINE = {
    # Rates, factors and spreads are real numbers of 0 or more; a mean or a score has either sign.
    **dict.fromkeys(
        ("lr", "max_lr", "start_lr", "power", "decay of time_decay", "difficulty", "margin", "high", "noise"), ANY_SIZE
    ),
    **dict.fromkeys(("sd", "other_sd", "iter_per_epoch", "epsilon"), ANY_SIZE),
    **dict.fromkeys(("threshold", "mean", "other_mean"), ANY),
    "low": {"negative"},
    "ratio": {"2**63"},
    "stop_factor": {"2**63", "None"},
    "epochs_per_step of step_size_for": ANY_SIZE,
    "num_epochs": {"2**63"},
    "epochs_per_step of half_cycles": {"half"},
    "rate": ANY_SIZE | ANY_SHAPE,
    **dict.fromkeys(("rate of layerwise", "factor"), ANY_SIZE),
    "curvature": ANY_SIZE | {"one", "empty"},
    **dict.fromkeys(("sigma", "momentum", "end", "start of escape_steps", "rate of measure_escape"), ANY_SIZE),
    "start": ANY,
    **dict.fromkeys(
        ("gamma", "peak_decay", "confidence", "beta", "smoothing", "min_lr", "scale", "prevalence"), {"half"}
    ),
    **dict.fromkeys(("base_momentum", "max_momentum", "beta_1", "beta_2", "momentum of MomentumSGD"), {"half"}),
    # A fraction lies between two updates; arrays of any shape have rates of that shape, or precisions.
    "iteration": {"empty", "deep", "one", "half"},
    "recall": {"half"},
    **dict.fromkeys(("prevalence of precision_at",), {"half", "one", "empty"}),
    **dict.fromkeys(("recall of precision_at", "false_positive_rate"), {"half", "one", "deep", "empty"}),
    "rate of descend": ANY_SIZE | {"one", "deep"},
    "rate of escape_steps": ANY_SIZE | {"one", "empty"},
    "start of descend": ANY | ANY_SHAPE,
    "w": {"deep"},
    "iterations": {"one", "empty"},
    # One number is a list of numbers.
    **dict.fromkeys(("p_values", "values of smooth", "values of level", "rates"), {"one"}),
    **dict.fromkeys((f"curvatures of {name}" for name in ("stability_limit", "best_rate", "share_left")), {"one"}),
    "curvatures of loss_floor": {"one"},
    "rates of plot_against_sweep": set(),
    "bounds": {"one", "empty"},
    "above of log_false_positive_rate": {"one"},
    # A verdict on a number that is not finite does not hold, and says so.
    "value of verdict": {"NaN", "inf", "-inf", "2**63", "negative", "half"},
    "above of verdict": ANY,
    # Names, labels and folders are texts; an empty list of negatives is a share of nothing.
    **dict.fromkeys(("name", "claim", "label", "unit", "folder", "path"), {"text"}),
    **dict.fromkeys(("warn", "keras", "fill", "nesterov", "log", "held_out", "verbose", "stratified"), {"True"}),
    **dict.fromkeys(("suggestions", "validation_scores"), {"empty"}),
}
# Accepted, but slow by its nature: half of the published numbers.
COSTLY = {("scale", "half")}

# These are not called by a reader with values of her own, or are tested so in the file named.
ELSEWHERE = {
    "SMITH_TABLE_2": "a constant",
    "Stage": "a row that staged checks",
    "FINDINGS": "a constant",
    "ChestXrays": "arrays that patient_split checks",
    "PatientSplit": "what patient_split returns",
    "load_chest_xrays": "test_datasets_nih_folder.py",
    "CycleWarning": "a warning",
    "RangeTestWarning": "a warning",
    "NoSuggestionError": "an error",
}
# Bounds that can be swapped, and arguments of one length, the second of which is made shorter.
BOUNDS = (("base_lr", "max_lr"), ("base_momentum", "max_momentum"), ("min_lr", "max_lr"), ("low", "high"))
TOGETHER = (
    *(("y", "scores"), ("y", "patients"), ("values", "baseline"), ("learning_rates", "losses"), ("errors", "rates")),
    *(("losses", "accuracy"), ("seeds", "tests"), ("x", "y"), ("x", "sample_weight"), ("x", "validation_data")),
    *(("w", "curvatures"), ("curvatures", "start"), ("validation", "test"), ("scores", "baseline")),
)


@contextmanager
def in_time():
    def late(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, SLOW)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def outcome(function, given, argument):
    """What became of a call: "refused by name", "accepted", "late", or the error that says too little."""
    try:
        with in_time():
            function(**given)
    except TimeoutError:
        return "late"
    except (TypeError, ValueError, FileNotFoundError) as error:
        named = re.search(rf"(?<!\w){argument}(?!\w)", str(error)) and "unexpected keyword" not in str(error)
        return "refused by name" if named else f"obscure: {type(error).__name__}: {str(error)[:90]}"
    except AssertionError:
        return "accepted"  # a verdict that does not hold
    except Exception as error:
        return f"obscure: {type(error).__name__}: {str(error)[:90]}"
    return "accepted"


def test_every_public_name_has_a_row():
    assert set(clr_utils.__all__) <= ROWS.keys() | ELSEWHERE.keys()
    metrics = ("metrics.comparison", "metrics.detection", "metrics.patients")
    for module in (*metrics, "course.descent", "findings.tables", "findings.tuning"):
        functions = inspect.getmembers(import_module(f"clr_utils.{module}"), inspect.isfunction)
        own = {name for name, each in functions if each.__module__.endswith(module) and name[0] != "_"}
        assert own <= ROWS.keys() | ELSEWHERE.keys(), module


def rows_with(pairs):
    """The names of ROWS that take both arguments of a pair, with the two."""
    return [(name, *pair) for name, (_, given) in ROWS.items() for pair in pairs if {*pair} <= given.keys()]


@pytest.mark.parametrize(("name", "low", "high"), rows_with(BOUNDS))
def test_swapped_bounds_are_told(name, low, high):
    function, given = ROWS[name]
    with pytest.raises(ValueError, match=rf"^(?=.*\b{low} \()(?=.*\b{high} \().*; did you swap them\?"):
        function(**{**given, low: given[high], high: given[low]})


def shorter(values):
    """A list, an array, a dict or a pair of arrays without its last entry."""
    if isinstance(values, dict):
        return dict(list(values.items())[:-1])
    return (values[0], values[1][:-1]) if isinstance(values, tuple) else values[:-1]


@pytest.mark.parametrize(("name", "one", "other"), rows_with(TOGETHER))
def test_lengths_that_differ_are_told(name, one, other):
    function, given = ROWS[name]
    with pytest.raises(ValueError, match=rf"(?s)^(?=.*\b{other}\b).*\d"):
        function(**{**given, other: shorter(given[other])})


@pytest.mark.filterwarnings("ignore::clr_utils.RangeTestWarning")
@pytest.mark.parametrize("name", sorted(ROWS.keys() - ELSEWHERE.keys()))
def test_nonsense_is_refused_by_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLR_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(files, "FILES", {key: (file, 1) for key, (file, _) in files.FILES.items()})
    monkeypatch.setattr(sets, "TEST_NEGATIVES", 1_000)
    # What only the training refuses is refused too late.
    for step in ("_train", "check_measure"):
        monkeypatch.setattr(run, step, lambda *_: None)
    monkeypatch.setattr(run.Recorder, "result", lambda *_: TEST)
    function, valid = ROWS[name]
    if not valid:
        return
    function(**valid)
    defaults = inspect.signature(getattr(clr_utils, name, function)).parameters
    wrong = []
    for argument in valid:
        default = defaults[argument].default if argument in defaults else 0
        for kind, value in NONSENSE.items():
            if (argument, kind) in COSTLY:
                continue
            found = outcome(function, {**valid, argument: value}, argument)
            plt.close("all")
            fine = kind in FINE.get(f"{argument} of {name}", FINE.get(argument, ()))
            if kind == "None" and default is None and found == "accepted":
                continue
            if found != ("accepted" if fine else "refused by name"):
                wrong.append(f"{argument} = {kind}: {found}")
    assert not wrong, "\n" + "\n".join(wrong)
