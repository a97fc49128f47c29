"""RangeTest and RangeTests: the curves as table and file, which score is read, and the spread over seeds."""

import numpy as np
import pandas as pd
import pytest

from clr_utils import NoSuggestionError, RangeTest, RangeTests, sweep_rates
from clr_utils.course import descent
from clr_utils.files import write_atomically

RATES = sweep_rates(1e-3, 1, 200)


def rise(center):
    """An accuracy that rises around a rate."""
    return 0.1 + 0.8 / (1 + (center / RATES) ** 5)


def made(center=0.05, losses=None, **metrics):
    """A range test whose accuracy rises, and whose loss is lowest, at a rate."""
    losses = 1 + np.log(RATES / center) ** 2 if losses is None else losses
    return RangeTest(RATES, losses, metrics or {"accuracy": rise(center)}, "log", 1e-3, 1.0)


def test_the_validation_accuracy_is_read_first():
    """Whatever the order; and the first of several, or the one that is named."""
    test = made(accuracy=rise(0.2), val_accuracy=rise(0.02))
    other = made(val_acc=rise(0.02), acc=rise(0.2))
    both = made(acc=rise(0.2), sparse_categorical_accuracy=rise(0.02))
    low, high = (made(accuracy=rise(center)).suggest() for center in (0.02, 0.2))
    assert test.suggest() == other.suggest() == test.suggest(metric="val_accuracy") == low
    assert test.suggest(metric="accuracy") == both.suggest() == high


@pytest.mark.parametrize("method", ["steepest", "valley", "minimum/10"])
def test_the_loss_needs_no_accuracy(method):
    assert made(mae=rise(0.1)).suggest(method).max_lr > 0


def test_any_score_may_be_named():
    assert made(val_roc_auc=rise(0.1)).suggest(metric="val_roc_auc") == made(accuracy=rise(0.1)).suggest()


def test_options_are_passed_on():
    found = made().suggest("minimum/10", ratio=3, smoothing=0)
    assert found.max_lr == pytest.approx(0.005, rel=0.02)
    assert found.base_lr == pytest.approx(found.max_lr / 3)


@pytest.mark.parametrize("metric", ["auc", "mae_", "val_loss"])
def test_a_missing_curve_is_told(metric):
    for ask in (made(mae=rise(0.1)).suggest, made(mae=rise(0.1)).plot, made(mae=rise(0.1)).curve):
        with pytest.raises(ValueError, match=f"the test recorded no '{metric}'; it recorded loss, mae") as raised:
            ask(metric=metric)
        assert not isinstance(raised.value, NoSuggestionError)


def test_a_loss_is_never_read_as_an_accuracy():
    """Its divergence would be taken for the best."""
    diverged = np.where(RATES > 0.3, 50.0, 1 - rise(0.05))
    test = made(acceleration_loss=diverged, account_mae=diverged, vaccine_loss=diverged, accuracy=rise(0.05))
    assert test.suggest("smith") == made().suggest("smith")
    for metric in ("acceleration_loss", "account_mae"):
        assert test.suggest("smith", metric=metric).max_lr < 0.2


def test_every_method_reads_the_curve_that_is_named():
    test = made(center=0.05, losses=1 + np.log(RATES / 0.3) ** 2, val_loss=1 + np.log(RATES / 0.05) ** 2)
    own, named = test.suggest("minimum/10"), test.suggest("minimum/10", metric="val_loss")
    assert (own.max_lr, named.max_lr) == (pytest.approx(0.03, rel=0.05), pytest.approx(0.005, rel=0.05))
    assert test.suggest("minimum/10", metric="loss") == own
    assert test.suggest("smith", metric="loss").max_lr > test.suggest("smith", metric="val_loss").max_lr


def test_a_regression_is_read_off_its_loss_and_that_is_said():
    test = made(mae=2 - rise(0.05), losses=2 - rise(0.1))
    found, named = test.suggest(), test.suggest("smith", metric="loss")
    assert found[:3] == named[:3]
    assert found.note == 'no accuracy was recorded, so "smith" reads the loss'
    assert named.note == made().suggest().note == ""
    assert test.suggest(metric="mae") == test.suggest("smith", metric="mae")
    assert test.suggest(metric="mae").max_lr == pytest.approx(made().suggest().max_lr, rel=0.05)
    with pytest.raises(ValueError, match='"smith" reads an accuracy, and the test recorded loss, mae'):
        test.suggest("smith")
    late = made(losses=2 - RATES, mae=2 - RATES)
    assert late.suggest().note.startswith('no accuracy was recorded, so "smith" reads the loss; the loss still falls')


@pytest.mark.parametrize("seed", range(5))
def test_a_regression_is_given_a_rate_that_trains_it_well(seed):
    """On a noisy bowl: within a factor of three of the best constant rate; the steepest fall is below a tenth of it."""
    curvatures, rates, random = np.geomspace(0.1, 10, 8), sweep_rates(1e-5, 0.3, 300), np.random.default_rng(seed)
    losses = descent.mean_losses(curvatures, np.ones(8), lambda step: rates[step], 299, sigma=0.3, rng=random)
    test = RangeTest(rates, losses * random.normal(1, 0.05, 300))
    stable = rates[rates < 0.99 * descent.stability_limit(curvatures)]
    best = stable[np.argmin(descent.expected_loss(stable, curvatures, np.ones(8), 0.3, steps=300))]
    assert best / 3 < test.suggest().max_lr < 3 * best
    assert test.suggest("steepest").max_lr < best / 10


def test_a_curve_by_its_name():
    test = made(f1_score_0=rise(0.1), learning_rate=rise(0.2))
    assert test.curve() is test.losses
    np.testing.assert_array_equal(test.curve("f1_score_0"), rise(0.1))
    np.testing.assert_array_equal(test.curve("learning_rate"), rise(0.2))
    assert test.suggest(metric="f1_score_0") == made(accuracy=rise(0.1)).suggest()


def test_a_metric_called_learning_rate_replaces_no_rate(tmp_path):
    test = made(learning_rate=rise(0.1), accuracy=rise(0.05))
    table = test.to_frame()
    assert list(table) == ["learning_rate", "loss", "logged_learning_rate", "accuracy"]
    np.testing.assert_array_equal(table["learning_rate"], RATES)
    np.testing.assert_array_equal(table["logged_learning_rate"], rise(0.1))
    assert test.suggest() == made().suggest()
    twice = made(learning_rate=rise(0.1), logged_learning_rate=rise(0.2)).to_frame()
    assert list(twice) == ["learning_rate", "loss", "logged_logged_learning_rate", "logged_learning_rate"]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"losses": np.ones(199)},
            ValueError,
            r"losses must have an entry for each of the 200 learning_rates.*\(199,\)",
        ),
        ({"learning_rates": RATES[::-1]}, ValueError, "learning_rates must rise from entry to entry.*entry 1"),
        ({"learning_rates": [*RATES[:-1], RATES[-2]]}, ValueError, "must rise .*: entry 199 is"),
        ({"learning_rates": [*RATES[:-1], np.nan]}, ValueError, "finite"),
        ({"learning_rates": RATES - 0.1}, ValueError, "0 or more"),
        ({"learning_rates": [], "losses": []}, ValueError, "at least one update"),
        ({"learning_rates": RATES.reshape(2, 100)}, ValueError, r"one row of numbers.*\(2, 100\)"),
        ({"learning_rates": ["a"] * 200}, TypeError, "learning_rates must be numbers"),
        ({"metrics": {"accuracy": np.ones(3)}}, ValueError, r"metrics\['accuracy'\] must have an entry for each"),
        ({"metrics": {"f1": np.ones((200, 2))}}, ValueError, r"metrics\['f1'\] .* \(200, 2\).*a curve each, .*f1_0"),
        ({"metrics": {"loss": np.ones(200)}}, ValueError, "'loss', which is the name of the losses"),
        ({"metrics": [1, 2]}, TypeError, "metrics must be a dict"),
        ({"sweep": "exp"}, ValueError, "sweep must be one of 'linear', 'log'"),
    ],
)
def test_curves_that_are_refused(changes, error, message):
    with pytest.raises(error, match=message):
        RangeTest(**{"learning_rates": RATES, "losses": np.ones(200), **changes})


def test_lists_are_curves():
    test = RangeTest(RATES.tolist(), (2 - rise(0.1)).tolist(), {"accuracy": rise(0.1).tolist()})
    same = made(losses=2 - rise(0.1), accuracy=rise(0.1))
    assert test.suggest() == same.suggest()
    pd.testing.assert_frame_equal(test.to_frame(), same.to_frame())


@pytest.mark.parametrize(
    ("seeds", "tests", "error", "message"),
    [
        ((), (), ValueError, "at least one RangeTest"),
        ((0, 1), (made(),), ValueError, "2 seeds and 1 tests"),
        ((0,), (np.ones(3),), TypeError, "tests must be RangeTest values; one is array"),
        ((0,), made(), TypeError, "tests must be a list of RangeTest values"),
        (3, (made(),), TypeError, "seeds must be a list"),
    ],
)
def test_repeated_tests_that_are_refused(seeds, tests, error, message):
    with pytest.raises(error, match=message):
        RangeTests(seeds, tests)


def test_the_table_and_the_file_hold_every_bit(tmp_path):
    losses = np.random.default_rng(0).normal(size=200)
    losses[-1] = np.inf
    scores = np.where(np.arange(200) % 10 == 9, losses / 3, np.nan)
    test = made(losses=losses, accuracy=losses / 7, val_accuracy=scores)
    table = test.to_frame()
    assert list(table) == ["learning_rate", "loss", "accuracy", "val_accuracy"]
    np.testing.assert_array_equal(table["learning_rate"], RATES)
    path = tmp_path / "new" / "test.csv"
    test.to_csv(path)
    pd.testing.assert_frame_equal(pd.read_csv(path, float_precision="round_trip"), table, check_exact=True)
    assert [each.name for each in path.parent.iterdir()] == ["test.csv"]


def test_a_file_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_atomically("~/new/file.csv", "a")
    assert (tmp_path / "new" / "file.csv").read_text() == "a"


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "test.csv"
    write_atomically(path, "before")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "half \ud800")
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        made().to_csv(path)
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["test.csv"]


def test_repr():
    assert repr(made()) == "RangeTest(200 updates, log sweep, 0.001 to 1)"
    stopped = RangeTest(RATES[:7], np.ones(7), {}, "linear", 1e-3, 1.0, RATES[6], "the loss is nan")
    assert repr(stopped) == "RangeTest(7 updates, linear sweep, 0.001 to 0.00123, stopped at 0.00123: the loss is nan)"
    first = RangeTest(np.zeros(1), np.array([np.nan]), {}, "linear", 0.0, 1.0, 0.0, "the loss is nan")
    assert repr(first) == "RangeTest(1 updates, linear sweep, 0 to 0, stopped at 0: the loss is nan)"


def test_the_spread_of_regressions_names_its_method():
    tests = RangeTests([0, 1], [made(0.03, mae=rise(0.1)), made(0.1, mae=rise(0.1))])
    assert tests.spread() == tests.spread("smith", metric="loss")
    assert tests.suggestions()["note"].str.startswith("no accuracy was recorded").all()


FLAT = made(losses=np.ones(200), accuracy=np.full(200, 0.1))
SEVERAL = RangeTests((0, 3, 8, 9), (made(0.03), FLAT, made(0.1), made(0.05)))


@pytest.mark.parametrize("method", ["smith", "minimum/10"])
def test_the_spread_over_the_seeds(method):
    table = SEVERAL.suggestions(method)
    assert list(table.index) == [0, 3, 8, 9]
    assert table.index.name == "seed"
    assert table["note"][3].startswith("refused: the curve is flat")
    assert table.loc[3, ["base_lr", "max_lr"]].isna().all()
    low, high = made(0.03).suggest(method), made(0.1).suggest(method)
    assert tuple(table.loc[8, ["base_lr", "max_lr"]]) == high[:2]
    spread = SEVERAL.spread(method)
    assert spread == (method, (low.base_lr, high.base_lr), (low.max_lr, high.max_lr), high.max_lr / low.max_lr, 1)


def test_options_reach_every_test():
    assert (SEVERAL.suggestions("valley", ratio=3).eval("max_lr / base_lr").dropna().round(9) == 3).all()
    with pytest.raises(ValueError, match="ratio must be greater than 1"):
        SEVERAL.spread("valley", ratio=1)


def test_the_spread_where_all_refuse():
    spread = RangeTests((0, 1), (FLAT, FLAT)).spread()
    assert spread.refused == 2
    assert np.isnan([*spread.base_lr, *spread.max_lr, spread.factor]).all()


def test_tests_are_iterated_over():
    assert list(SEVERAL) == list(SEVERAL.tests)
