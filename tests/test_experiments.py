"""Records: what is read belongs to the run, is whole, and was made with the settings that the code has."""

import json
import math

import numpy as np
import pytest

from clr_utils import places
from clr_utils.experiments import (
    BrokenRecordError,
    Run,
    StaleRecordError,
    as_json,
    load_records,
    read_record,
    recorded_values,
    settings_hash,
)
from clr_utils.grids.run import run_grid
from toy_study import DESIGN, train


def test_runs_are_recorded_one_file_each(toy):
    assert run_grid(toy(3), train) == 0
    assert toy.files() == ["arm-s00.json", "arm-s01.json", "arm-s02.json"]
    record = load_records(toy(3))[2]
    assert (record["study"], record["arm"], record["seed"]) == ("toy", "arm", 2)
    assert record["metrics"] == {"error": 0.5, "wrong": 2}
    assert record["history"] == {"loss": [1.0, 0.5, None]}
    assert record["settings_hash"] == settings_hash(record["settings"])
    assert record["design_hash"] == settings_hash(DESIGN)
    assert record["device"]
    assert {"python", "keras", "numpy"} < set(record["versions"])
    assert record["seconds"] >= 0


def edit(toy, change, seed=0):
    path = toy(seed + 1)[seed].path
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


def test_a_record_of_other_settings_is_stale(toy):
    run_grid(toy(3), train)
    with pytest.raises(StaleRecordError, match=r"arm-s00\.json was recorded with other settings.*delete it"):
        load_records(toy(3, rate=0.1))


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["settings"].update(log="elsewhere"),
        lambda record: record.update(settings_hash="0" * 16),
    ],
    ids=["settings", "hash"],
)
def test_a_record_that_was_edited_is_stale(toy, change):
    run_grid(toy(1), train)
    edit(toy, change)
    with pytest.raises(StaleRecordError):
        read_record(toy(1)[0])


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({"seed": 1}, "toy/arm, seed 1"),
        ({"arm": "other"}, "toy/other, seed 0"),
        ({"study": "mnist"}, "mnist/arm, seed 0"),
    ],
    ids=["seed", "arm", "study"],
)
def test_the_record_of_another_run_is_refused(toy, change, holds):
    """A copy under another seed's name would count one training twice."""
    run_grid(toy(1), train)
    edit(toy, lambda record: record.update(change))
    wanted = rf"arm-s00\.json holds the record of {holds}, under the name of toy/arm, seed 0: delete it"
    with pytest.raises(BrokenRecordError, match=wanted):
        read_record(toy(1)[0])


WHOLE = '{"study": "toy", "arm": "arm", "seed": 0, "settings": {}, "settings_hash": "", "metrics": %s, "history": {}}'
BROKEN = {
    "empty": "",
    "half": '{"study": "toy", "arm"',
    "null": "null",
    "no record": "[1, 2]",
    "without metrics": '{"settings": {}, "settings_hash": ""}',
    "no text": b"\xff\xfe\x00",
    "with a byte-order mark": b"\xef\xbb\xbf" + WHOLE.encode(),
    "metrics are a list": WHOLE % "[1]",
    "not a number": WHOLE % '{"error": NaN}',
    "infinite": WHOLE % '{"error": -Infinity}',
    "nested too deep": "[" * 100_000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_record_is_named_and_the_rest_is_trained(toy, capsys, content):
    run_grid(toy(1), train)
    path = toy(1)[0].path
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    wanted = r"arm-s00\.json holds no whole record .*: delete it and run .*studies toy"
    with pytest.raises(BrokenRecordError, match=wanted):
        load_records(toy(1))
    capsys.readouterr()
    assert run_grid(toy(3), train) == 1
    assert f"failed: toy/arm, seed 0: BrokenRecordError: {path}" in capsys.readouterr().err
    assert toy.trained() == [0, 1, 2]
    path.unlink()
    assert run_grid(toy(3), train) == 0
    assert len(load_records(toy(3))) == 3


@pytest.mark.parametrize("make", ["folder", "dangling link"])
def test_what_is_no_file_is_refused_before_the_training(toy, capsys, make):
    path = toy(1)[0].path
    path.parent.mkdir(parents=True)
    path.mkdir() if make == "folder" else path.symlink_to("nowhere")
    assert run_grid(toy(2), train) == 1
    assert "seed 0: BrokenRecordError" in capsys.readouterr().err
    assert toy.trained() == [1]


@pytest.mark.parametrize("value", ["0.5", True, [0.5]], ids=repr)
def test_a_table_takes_in_numbers_alone(toy, value):
    run_grid(toy(2), train)
    edit(toy, lambda record: record["metrics"].update(error=value), seed=1)
    with pytest.raises(BrokenRecordError, match=r"toy/arm, seed 1 has .* where the number 'error' belongs"):
        recorded_values(toy(2), "error")


def test_a_metric_is_a_number_or_missing_by_null(toy):
    run_grid(toy(2), train)
    edit(toy, lambda record: record["metrics"].update(error=None))
    assert recorded_values(toy(2), "error") == [None, 0.25]
    with pytest.raises(BrokenRecordError, match="'nothing' where the number 'err' belongs"):
        recorded_values(toy(2), "err")


def test_every_shipped_record_is_whole_and_under_its_own_name():
    for path in places.RESULTS.glob("*/*-s[0-9]*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        run = Run(record["study"], record["arm"], record["settings"], record["seed"])
        assert run.shipped_path == path
        assert read_record(run) == record


def test_missing_records_are_named_with_the_command(toy):
    run_grid(toy(1), train)
    with pytest.raises(FileNotFoundError, match=r"2 of 3 runs.*arm-s01\.json.*clr_utils\.studies toy"):
        load_records(toy(3))


def test_the_hash_knows_values_and_not_their_order():
    assert settings_hash({"a": 1, "b": [2, 3]}) == settings_hash({"b": [2, 3], "a": 1})
    assert settings_hash({"a": 1}) != settings_hash({"a": 2})


def test_what_json_cannot_hold_is_made_plain_or_refused():
    value = {"a": np.float32(0.5), "b": (np.int8(1), np.bool_(True), math.inf), "c": np.array([[1.0, np.nan]])}
    assert as_json(value) == {"a": 0.5, "b": [1, True, None], "c": [[1.0, None]]}
    for wrong in ({1: 2}, {"a": {3}}, object(), 1j, b"a"):
        with pytest.raises(TypeError, match="a record cannot hold"):
            as_json(wrong)
