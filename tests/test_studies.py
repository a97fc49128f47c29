"""Every study keeps to the protocol, and its small recorded run can be had again; the command trains them."""

import inspect
import json
from contextlib import suppress
from pathlib import Path

import pytest

from clr_utils import places, studies
from clr_utils.experiments import Run, load_records, settings_hash
from clr_utils.grids import cluster
from clr_utils.grids.checks import GridError
from clr_utils.studies import __main__ as command
from clr_utils.studies.__main__ import STUDIES

NO_STUDIES = {"__init__", "__main__", "rates", "smith", "families", "schedule_free"}
NO_STUDIES |= {"detectors", "classifiers", "two_class"}
# Records without a design, older than the designs; none is added.
OLDER = {"range_test": 53, "mnist": 183, "microcalcification": 174}
each_study = pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)


def test_every_file_is_a_study_of_the_command():
    files = {path.stem for path in Path(studies.__file__).parent.glob("*.py")} - NO_STUDIES
    assert set(STUDIES) == files, "list it in clr_utils/studies/__main__.py"


def test_every_study_has_tests_of_its_own():
    files = {f"test_studies_{name}.py" for name in STUDIES}
    assert files <= {path.name for path in Path(__file__).parent.iterdir()}, "write the test file of the study"


@each_study
def test_a_study_defines_what_the_protocol_names(study):
    names = [line.split()[0] for line in studies.__doc__.splitlines() if line[:1].strip() and "  " in line]
    assert names == ["STUDY", "train", "grids", "small_run", "TOLERANCES", "OPTIONS", "DESIGN"]
    assert [name for name in names if not hasattr(study, name)] == []
    assert Path(study.__file__).stem == study.STUDY
    assert list(inspect.signature(study.train).parameters) == ["settings", "seed"]
    assert list(inspect.signature(study.grids).parameters) == ["seeds", *(name.strip("-") for name in study.OPTIONS)]


def listed(study, **options):
    """The runs of the grids, up to the first grid that hangs on records of an earlier one which are not there yet.

    And whether they are all.
    """
    runs = []
    with suppress(FileNotFoundError):
        for grid in study.grids(**options):
            runs += grid
        return runs, True
    return runs, False


@each_study
def test_the_grids_are_runs_of_the_study(study):
    runs, whole = listed(study)
    assert study.small_run() in runs
    assert {(type(run), run.study) for run in runs} == {(Run, study.STUDY)}
    told = {(run.path, json.dumps([run.settings, run.seed], sort_keys=True)) for run in runs}
    assert len({run.path for run in runs}) == len(told), "two settings share a record"
    fewer = {run.path for run in listed(study, seeds=1)[0]}
    assert fewer <= {path for path, _ in told}
    assert len(fewer) < len(told) or not whole


@each_study
def test_records_were_made_under_the_design_that_stands(study):
    """Design before record: who changes a margin or an endpoint after the runs is found out."""
    assert {"endpoint", "margin", "seeds", "chosen", "undecided"} <= set(study.DESIGN)
    paths = list((places.RESULTS / study.STUDY).glob("*.json"))
    made_under = {path.name: json.loads(path.read_text(encoding="utf-8")).get("design_hash") for path in paths}
    without = [name for name, design in made_under.items() if design is None]
    assert len(without) <= OLDER.get(study.STUDY, 0), f"made without a design: some of {without}"
    for name, design in made_under.items():
        assert design in (None, settings_hash(study.DESIGN)), f"{name}: DESIGN was changed after this run"


@each_study
def test_the_small_recorded_run_can_be_had_again(study):
    run = study.small_run()
    (recorded,) = load_records([run])
    metrics, history = study.train(run.settings, run.seed)
    assert (metrics.keys(), history.keys()) == (recorded["metrics"].keys(), recorded["history"].keys())
    assert json.loads(json.dumps([metrics, history])) == [metrics, history]
    for name, tolerance in study.TOLERANCES.items():
        if name in metrics:
            assert metrics[name] == pytest.approx(recorded["metrics"][name], abs=tolerance), name
        else:
            assert history[name] == pytest.approx(recorded["history"][name], rel=tolerance), name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "microcalcification"),
        (["mnist", "--case", "1"], "unrecognized arguments: --case 1"),
        (["microcalcification", "--case", "3"], "invalid choice: 3"),
        (["mnist", "--seeds", "0"], "argument --seeds: it must be a whole number from 1 to 1000; it is '0'"),
        (["mnist", "--seeds", "100000000"], "argument --seeds: it must be a whole number from 1 to 1000"),
        (["mnist", "--workers", "0"], "argument --workers: it must be a whole number from 1 to 256; it is '0'"),
        (["mnist", "--workers", "two"], "argument --workers: it must be a whole number from 1 to 256; it is 'two'"),
        (["mnist", "--anew"], "--anew needs the environment variable CLR_RESULTS_DIR"),
    ],
)
def test_the_command_refuses(monkeypatch, capsys, arguments, message):
    monkeypatch.delenv("CLR_RESULTS_DIR", raising=False)
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert message in capsys.readouterr().err


@pytest.fixture
def trained(monkeypatch):
    """The grids that the command hands on, with all else that it does."""
    grids = []
    monkeypatch.setattr(command, "run_grid", lambda *arguments: grids.append(arguments))
    return grids


def test_the_command_trains_one_case(trained):
    assert command.main(["microcalcification", "--case", "1", "--seeds", "3", "--workers", "1"]) == 0
    ((runs, *others),) = trained
    assert others == [STUDIES["microcalcification"].train, 1, False, None]
    assert {(run.settings["case"], run.seed) for run in runs} == {(1, 0), (1, 1), (1, 2)}


def test_the_command_refuses_an_unknown_backend_before_it_builds_anything(monkeypatch, capsys, trained):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    with pytest.raises(SystemExit):
        command.main(["mnist"])
    assert "KERAS_BACKEND is 'theano'; set it to 'tensorflow' or 'jax'" in capsys.readouterr().err
    assert trained == []


@pytest.mark.parametrize("options", [[], ["--anew"]])
def test_the_command_refuses_a_file_for_the_records(monkeypatch, capsys, tmp_path, trained, options):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CLR_RESULTS_DIR", str(tmp_path / "file"))
    with pytest.raises(SystemExit) as stop:
        command.main(["mnist", *options])
    assert stop.value.code == 2
    assert "which is a file: name a folder, or unset it" in capsys.readouterr().err
    assert trained == []


@pytest.mark.parametrize(
    ("stops", "sentence"),
    [(KeyboardInterrupt(), "interrupted; run the command again"), (GridError("no room"), "no room")],
    ids=["Ctrl-C", "a grid that cannot go on"],
)
def test_what_stops_the_command_is_told_in_a_sentence(monkeypatch, stops, sentence):
    def stop(*_):
        raise stops

    monkeypatch.setattr(command, "run_grid", stop)
    assert sentence in command.main(["mnist"])


def test_the_command_says_that_no_scheduler_answers(monkeypatch, trained):
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    assert "no Dask scheduler answers at 'tcp://127.0.0.1:9'" in command.main(
        ["mnist", "--scheduler", "tcp://127.0.0.1:9"]
    )
    assert trained == []


def test_an_empty_address_is_no_training_here(monkeypatch, trained):
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    assert "no Dask scheduler answers at ''" in command.main(["mnist", "--scheduler", ""])
    assert trained == []


def test_the_command_stops_at_a_grid_with_failures(monkeypatch, trained):
    monkeypatch.setattr(command, "run_grid", lambda *arguments: trained.append(arguments) or 2)
    assert "run the command again" in command.main(["mnist"])
    assert len(trained) == 1
