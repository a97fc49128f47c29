"""RangeTest and RangeTests: the curves as table and file, which score is read, and the spread over seeds."""

import numpy as np
import pandas as pd
import pytest

from clr_utils import NoSuggestionError, RangeTest, RangeTests, sweep_rates
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


@pytest.mark.parametrize(
    ("metric", "message"),
    [(None, r"recorded loss, mae, not 'accuracy': compile .* metrics=\[\"accuracy\"\]"), ("auc", "not 'auc'")],
)
def test_a_missing_score_is_told(metric, message):
    with pytest.raises(ValueError, match=message) as raised:
        made(mae=rise(0.1)).suggest(metric=metric)
    assert not isinstance(raised.value, NoSuggestionError)


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
