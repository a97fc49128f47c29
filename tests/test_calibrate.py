"""make calibrate: the margins of a notebook's verdicts over the seeds."""

import json
import re

import pytest

import calibrate
from small_notebooks import write_notebook

VERDICTS = """\
from clr_utils import notebook_seed, verdict
verdict("the seed is small", notebook_seed(), below=1000)
verdict("the seed is odd", notebook_seed() % 2, above=0.5)
"""


def test_calibrate_records_every_margin(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(calibrate, "SEEDS", 2)
    monkeypatch.setattr(calibrate, "MUST_HOLD", 2)
    path = write_notebook(tmp_path, "01_a.ipynb", VERDICTS)
    before = path.read_bytes()
    results = tmp_path / "results"
    assert calibrate.main(["--folder", str(tmp_path), "--results", str(results), "01"]) == 1
    assert path.read_bytes() == before
    assert [each.name for each in results.iterdir()] == ["01_a.json"]
    record = json.loads((results / "01_a.json").read_text(encoding="utf-8"))
    small, odd = record["claims"]
    assert (small["side"], small["bound"], small["held"], small["kept"]) == ("below", 1000, 2, True)
    assert small["margins"] == [1000, 999]
    assert (odd["side"], odd["bound"], odd["held"], odd["kept"]) == ("above", 0.5, 1, False)
    assert odd["mean_margin"] == 0
    printed = capsys.readouterr().out
    assert re.search(r"^NO +1/2 .*the seed is odd \(above 0.5\)$", printed, flags=re.M)


def test_a_seed_that_stops_counts_as_not_held():
    verdict = {"claim": "c", "value": 1.0, "above": 0.5, "margin": 0.5}
    record = calibrate.summarise([[verdict]] * 18 + [[], [verdict | {"margin": float("nan")}]])[0]
    assert record["margins"][18:] == [None, None]
    assert (record["held"], record["kept"]) == (18, False)


def test_a_claim_made_twice_is_refused():
    verdict = {"claim": "c", "value": 1.0, "above": 0.5, "margin": 0.5}
    with pytest.raises(ValueError, match="made twice"):
        calibrate.summarise([[verdict, verdict]])


def test_calibrate_asks_for_a_notebook_that_exists(capsys):
    with pytest.raises(SystemExit):
        calibrate.main([])
    assert "make calibrate NB=01" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        calibrate.main(["98"])
    assert "there is no notebook 98" in capsys.readouterr().err
