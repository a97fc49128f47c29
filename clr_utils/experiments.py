"""Runs and their records: one file a run, never half written, read only where it belongs to the run.

A run is a value: a study, the name of an arm, its settings, a seed. `clr_utils.grids.run.run_grid` trains those that
are not recorded yet; `load_records` reads them. From a shell, for a study of `clr_utils.studies`:
`python -m clr_utils.studies microcalcification --case 1 --seeds 3`.

Records are written to the folder that the environment variable CLR_RESULTS_DIR names, for example one on a mounted
Google Drive, or else to the project's own `data/results/<study>/`; an installed package writes them to a folder of the
user's instead (`clr_utils.places`). They are looked for in both, in this order.
"""

import hashlib
import json
import math
import os
import platform
import re
from importlib import import_module
from numbers import Real
from typing import NamedTuple

import numpy as np

from clr_utils import places
from clr_utils.devices import device_name
from clr_utils.files import write_atomically

PARTS = {
    "study": str,
    "arm": str,
    "seed": int,
    "settings": dict,
    "settings_hash": str,
    "metrics": dict,
    "history": dict,
}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
LARGEST_SEED = 2**32 - 1  # NumPy and Keras take no larger one


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

    def __str__(self):
        return f"{self.study}/{self.arm}, seed {self.seed}"


class RecordError(ValueError):
    """A file holds no record that can be used for the run; the message names it, and what to do."""


class StaleRecordError(RecordError):
    """A record was made with other settings than the code has now."""


class BrokenRecordError(RecordError):
    """A file is empty, holds something else than a whole record, or the record of another run."""


def checked(run):
    """The run, when a file can be named after it and a record can hold it.

    Raises:
        TypeError, ValueError: Its study or arm is no name, its seed no whole number of 0 or more, or JSON cannot hold
            its settings.
    """
    for what in ("study", "arm"):
        name = getattr(run, what)
        if not (isinstance(name, str) and NAME.fullmatch(name)):
            raise ValueError(f"a run's {what} must be a name of letters, digits and _ . + -; it is {name!r}")
    if isinstance(run.seed, bool) or not isinstance(run.seed, int) or not 0 <= run.seed <= LARGEST_SEED:
        raise ValueError(f"a run's seed must be an int from 0 to {LARGEST_SEED}; it is {run.seed!r}")
    try:
        settings_hash(run.settings)
    except (TypeError, ValueError) as error:
        raise type(error)(f"the settings of {run} must be what JSON can hold; {error}") from error
    return run


def settings_hash(settings):
    """A short SHA-256 of settings, the same for the same values in any order."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True, allow_nan=False).encode()).hexdigest()[:16]


def read_record(run):
    """The record of a run as a dict, or None where it has not been trained.

    Raises:
        BrokenRecordError: The file does not hold a record, or that of another run.
        StaleRecordError: The record's settings are not the run's. Both messages say how to renew it.
    """
    path = run.path if os.path.lexists(run.path) else run.shipped_path
    if not os.path.lexists(path):
        return None
    renew = f"delete it and run `python -m clr_utils.studies {run.study}`"
    try:
        record = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        _check_whole(record)
    except (OSError, ValueError, RecursionError) as error:
        raise BrokenRecordError(f"{path} holds no whole record ({error}): {renew}") from error
    recorded = Run(record["study"], record["arm"], record["settings"], record["seed"])
    if str(recorded) != str(run):
        raise BrokenRecordError(f"{path} holds the record of {recorded}, under the name of {run}: {renew}")
    if not settings_hash(recorded.settings) == record["settings_hash"] == settings_hash(run.settings):
        raise StaleRecordError(f"{path} was recorded with other settings than {run.study}/{run.arm} has now; {renew}")
    return record


def _refuse(constant):
    raise ValueError(f"it has {constant}, where a number or null belongs")


def _check_whole(record):
    if not (isinstance(record, dict) and record.keys() >= PARTS.keys()):
        raise ValueError(f"it should have {', '.join(PARTS)}")
    for part, kind in PARTS.items():
        if not isinstance(record[part], kind) or isinstance(record[part], bool):
            raise ValueError(f"{part} is {record[part]!r}")


def load_records(runs):
    """The records of all runs, in their order.

    Raises:
        FileNotFoundError: Some are missing; the message names them and the command that trains them.
        BrokenRecordError, StaleRecordError: A file holds no record of the run, or one that was made with other
            settings.
    """
    runs = list(runs)
    records = [read_record(run) for run in runs]
    missing = [run.path.name for run, record in zip(runs, records, strict=True) if record is None]
    if missing:
        more = ", ..." if len(missing) > 3 else ""
        raise FileNotFoundError(
            f"{len(missing)} of {len(runs)} runs are not recorded ({', '.join(missing[:3])}{more}); train them with "
            f"`python -m clr_utils.studies {runs[0].study}` (--help tells of more seeds and other scales)"
        )
    return records


def recorded_values(runs, metric):
    """A metric of the recorded runs, in their order: numbers, or None where a run has no such value.

    Raises:
        FileNotFoundError, BrokenRecordError, StaleRecordError: As `load_records`; or a record has something else than
            a number there.
    """
    runs = list(runs)
    values = [record["metrics"].get(metric, "nothing") for record in load_records(runs)]
    for run, value in zip(runs, values, strict=True):
        if value is not None and (isinstance(value, bool) or not isinstance(value, Real)):
            raise BrokenRecordError(f"the record of {run} has {value!r} where the number {metric!r} belongs")
    return values


def write_record(path, record):
    """Write a record whole or not at all."""
    write_atomically(path, json.dumps(record, indent=1, allow_nan=False) + "\n")


def as_json(value):
    """The value as JSON can hold it: NumPy's numbers and arrays as Python's, what is not finite as None.

    Raises:
        TypeError: It holds something else than dicts with names, lists, texts, numbers, True, False and None.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"a record cannot hold {value!r} ({type(value).__name__})")


def made_with():
    """The versions of Python, Keras, its backend and NumPy, and the device that Keras trains on."""
    import keras

    backend = keras.backend.backend()
    versions = {name: import_module(name).__version__ for name in ("keras", backend, "numpy")}
    return {"versions": {"python": platform.python_version(), **versions}, "device": device_name()}
