"""Grids of training runs, recorded one file a run: resumable, parallel, never half written.

A run is a value: a study, the name of an arm, its settings, a seed. `run_grid` trains the runs that are not recorded
yet, with the function that it is handed; `load_records` reads them. From a shell, for a study of `clr_utils.studies`:
`python -m clr_utils.studies microcalcification --case 1 --seeds 3`.

Records are written to the folder that the environment variable CLR_RESULTS_DIR names, for example one on a mounted
Google Drive, or else to the project's own `data/results/<study>/`; an installed package writes them to a folder of the
user's instead (`clr_utils.places`). They are looked for in both, in this order.
"""

import hashlib
import json
import logging
import os
import platform
import sys
import time
from importlib import import_module
from typing import NamedTuple

from clr_utils import places
from clr_utils.devices import device_name
from clr_utils.files import write_atomically

PARTS = {"settings", "settings_hash", "metrics", "history"}


class Run(NamedTuple):
    """One training: `settings` (a dict that JSON can hold) says all of it but the seed; `arm` is its short name."""

    study: str
    arm: str
    settings: dict
    seed: int

    @property
    def path(self):
        """The file that this run's record is written to."""
        return self._file_in(places.own_results() or places.RESULTS)

    @property
    def shipped_path(self):
        """The file of this run's record in the project itself."""
        return self._file_in(places.RESULTS)

    def _file_in(self, folder):
        return folder / self.study / f"{self.arm}-s{self.seed:02d}.json"


class StaleRecordError(RuntimeError):
    """A record was made with other settings than the code has now."""


class BrokenRecordError(ValueError):
    """A file is empty, or holds something else than a whole record."""


def settings_hash(settings):
    """A short SHA-256 of settings, the same for the same values in any order."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def read_record(run):
    """The record of a run as a dict, or None where it has not been trained.

    Raises:
        BrokenRecordError: The file does not hold a record.
        StaleRecordError: The record's settings are not the run's. Both messages say how to renew it.
    """
    path = run.path if run.path.is_file() else run.shipped_path
    if not path.is_file():
        return None
    renew = f"delete it and run `python -m clr_utils.studies {run.study}`"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if not (isinstance(record, dict) and record.keys() >= PARTS):
            raise ValueError(f"it should have {', '.join(sorted(PARTS))}")
    except ValueError as error:
        raise BrokenRecordError(f"{path} holds no whole record ({error}): {renew}") from error
    if not settings_hash(record["settings"]) == record["settings_hash"] == settings_hash(run.settings):
        raise StaleRecordError(f"{path} was recorded with other settings than {run.study}/{run.arm} has now; {renew}")
    return record


def load_records(runs):
    """The records of all runs, in their order.

    Raises:
        FileNotFoundError: Some are missing; the message names them and the command that trains them.
        BrokenRecordError, StaleRecordError: A file holds no record, or one that was made with other settings.
    """
    runs = list(runs)
    records = [read_record(run) for run in runs]
    missing = [run.path.name for run, record in zip(runs, records, strict=True) if record is None]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of {len(runs)} runs are not recorded ({', '.join(missing[:3])}, ...); train them with "
            f"`python -m clr_utils.studies {runs[0].study}`"
        )
    return records


def run_grid(runs, train, workers=1, anew=False):
    """Train and record the runs that have no record, `workers` at a time, each in one thread of its own process.

    A run that fails is reported and does not sink the rest, nor does a file that holds no whole record; what is
    recorded already is kept, so a grid that was killed goes on where it was.

    Args:
        runs: `Run` values, of one study.
        train: A function of settings and seed that trains one run and returns its metrics and its history, two dicts
            that JSON can hold. Its module has a DESIGN (`clr_utils.studies`), whose hash goes into the records.
        workers: Processes at a time; 1 trains in this process.
        anew: Train runs that the project ships a record of, too, into the folder of CLR_RESULTS_DIR.

    Returns:
        The number of runs that failed, those with a broken record among them.

    Raises:
        StaleRecordError: A record was made with other settings.
    """
    from joblib import Parallel, delayed, parallel_config
    from tqdm.auto import tqdm

    design = settings_hash(_design(train))
    missing, failed = [], 0
    for run in runs:
        try:
            if read_record(run) is None or (anew and not run.path.is_file()):
                missing.append(run)
        except BrokenRecordError as error:
            failed += 1
            print(_failure(run, error), file=sys.stderr)
    if not missing:
        return failed
    if folder := places.own_results():
        print(f"records go to {folder}; CLR_RESULTS_DIR names the folder", file=sys.stderr)
    with parallel_config(backend="loky", inner_max_num_threads=1 if workers > 1 else None):
        outcomes = Parallel(n_jobs=workers, return_as="generator_unordered")(
            delayed(_record)(run, train, design) for run in missing
        )
        for failure in tqdm(outcomes, total=len(missing), unit="run"):
            if failure:
                failed += 1
                tqdm.write(failure, file=sys.stderr)
    return failed


def _design(train):
    design = getattr(sys.modules[train.__module__], "DESIGN", None)
    if not isinstance(design, dict):
        raise TypeError(
            f"{train.__module__}, the module of train, must say in a dict DESIGN what will be judged, by which margin "
            "and by how many seeds, before a run is recorded"
        )
    return design


def _failure(run, error):
    return f"failed: {run.study}/{run.arm}, seed {run.seed}: {type(error).__name__}: {error}"


def _record(run, train, design):
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Every run compiles a model of its own, which TensorFlow warns of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    began = time.perf_counter()
    try:
        metrics, history = train(run.settings, run.seed)
    except Exception as error:
        return _failure(run, error)
    record = {
        "study": run.study,
        "arm": run.arm,
        "seed": run.seed,
        "settings": run.settings,
        "settings_hash": settings_hash(run.settings),
        "design_hash": design,
        "metrics": metrics,
        "history": history,
        "seconds": round(time.perf_counter() - began, 1),
        **made_with(),
    }
    write_atomically(run.path, json.dumps(record, indent=1) + "\n")
    return None


def made_with():
    """The versions of Python, Keras, its backend and NumPy, and the device that Keras trains on."""
    import keras

    backend = keras.backend.backend()
    versions = {name: import_module(name).__version__ for name in ("keras", backend, "numpy")}
    return {"versions": {"python": platform.python_version(), **versions}, "device": device_name()}
