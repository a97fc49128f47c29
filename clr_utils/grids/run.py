"""Grids of training runs: resumable, parallel, on one machine or a cluster; a run that fails sinks no other."""

import logging
import os
import sys
import time
from contextlib import closing
from functools import partial

from clr_utils import places
from clr_utils.arguments import whole
from clr_utils.experiments import RecordError, as_json, made_with, read_record, settings_hash, write_record
from clr_utils.grids.apart import call_apart
from clr_utils.grids.checks import design_of, distinct, ready_to_record


def run_grid(runs, train, workers=1, anew=False, client=None):
    """Train and record the runs that have no record.

    A run that fails is reported and does not sink the rest, nor does a file that holds no record of its run; what is
    recorded already is kept, so a grid that was interrupted or killed goes on where it was.

    Args:
        runs: `Run` values, of one study; a run that is named twice is trained once.
        train: A function of settings and seed that trains one run and returns its metrics and its history, two dicts
            of numbers, lists and texts. What is not finite is recorded as null. Its module has a DESIGN
            (`clr_utils.studies`), whose hash goes into the records.
        workers: Trainings at a time, each in one thread of a process of its own; 1 trains in this process. A process
            that is killed, for want of memory say, loses its run alone, which is tried once more.
        anew: Train runs that the project ships a record of, too, into the folder of CLR_RESULTS_DIR.
        client: A `distributed.Client`: the runs are trained on the workers of its Dask cluster instead, which need no
            shared folder; the records come back and are written here (`clr_utils.grids.cluster`).

    Returns:
        The number of runs that failed, those with a broken or a stale record among them.

    Raises:
        TypeError, ValueError: A run cannot be recorded, two runs would share a file, or an argument is not as above.
        GridError: The folder cannot be written, has no room, or another grid trains into it; or the cluster cannot be
            used. All of these are found before the first training.
    """
    workers = whole("workers", workers, unit="processes")
    design = settings_hash(design_of(train))
    runs = distinct(runs)
    missing, unusable = _missing(runs, anew)
    if not missing:
        return _report(unusable)
    with ready_to_record([run.path for run in missing]):
        missing, unusable = _missing(runs, anew)  # again: until now another grid may have trained some
        failed = _report(unusable)
        if folder := places.own_results():
            print(f"records go to {folder}; CLR_RESULTS_DIR names the folder", file=sys.stderr)
        return failed + _train(missing, train, design, workers, client)


def _missing(runs, anew):
    """The runs to be trained, and a sentence for each whose file holds no record of it."""
    missing, unusable = [], []
    for run in runs:
        try:
            if read_record(run) is None or (anew and not run.path.exists()):
                missing.append(run)
        except RecordError as error:
            unusable.append(_failure(run, error))
    return missing, unusable


def _report(failures):
    for failure in failures:
        print(failure, file=sys.stderr)
    return len(failures)


def _failure(run, error):
    return f"failed: {run}: {type(error).__name__}: {error}"


def _train(runs, train, design, workers, client):
    """Train the runs and write their records as they come; the number of runs that failed."""
    from tqdm.auto import tqdm

    # The folder is chosen once: a long grid is not moved by who sets CLR_RESULTS_DIR meanwhile.
    paths = [run.path for run in runs]
    calls = [partial(attempt, run, train, design) for run in runs]
    failed = 0
    with closing(_outcomes(calls, workers, client)) as outcomes, tqdm(total=len(runs), unit="run") as bar:
        for number, outcome in outcomes:
            if isinstance(outcome, dict):
                try:
                    write_record(paths[number], outcome)
                except OSError as error:
                    outcome = error
            if not isinstance(outcome, dict):
                failed += 1
                sentence = _failure(runs[number], outcome) if isinstance(outcome, Exception) else outcome
                tqdm.write(sentence, file=sys.stderr)
            bar.update()
    return failed


def _outcomes(calls, workers, client):
    """(number of the call, outcome) as they come, by the engine that was asked for."""
    if client is not None:
        from clr_utils.grids.cluster import call_on_cluster

        return call_on_cluster(client, calls)
    if workers > 1:
        return call_apart(calls, workers)
    return ((number, call()) for number, call in enumerate(calls))


def attempt(run, train, design):
    """Train one run, in one thread where Keras is not imported yet.

    Returns:
        Its record, a dict that JSON can hold; or, where the training failed, the sentence that says so.
    """
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Every run compiles a model of its own, which TensorFlow warns of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        made = made_with()
        began = time.perf_counter()
        metrics, history = train(run.settings, run.seed)
        seconds = round(time.perf_counter() - began, 1)
        return {
            "study": run.study,
            "arm": run.arm,
            "seed": run.seed,
            "settings": run.settings,
            "settings_hash": settings_hash(run.settings),
            "design_hash": design,
            "metrics": as_json(_named(metrics, "metrics")),
            "history": as_json(_named(history, "history")),
            "seconds": seconds,
            **made,
        }
    except (Exception, SystemExit) as error:
        return _failure(run, error)


def _named(values, what):
    if not isinstance(values, dict):
        raise TypeError(f"train must return its {what} as a dict; it returned {values!r}")
    return values
