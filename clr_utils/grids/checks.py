"""What can be known before an hour of training, and is checked before it."""

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress

from clr_utils.devices import chosen_backend
from clr_utils.experiments import checked, settings_hash

ROOM = 2**20  # bytes that a record may take; the largest, with the scores of 111,164 patches, takes a fifth of it


class GridError(RuntimeError):
    """A grid cannot begin, or cannot go on; the message says how to mend it."""


def distinct(runs):
    """The runs of a grid, each once, in their order.

    Raises:
        TypeError, ValueError: A run cannot be recorded, or two runs would share a file.
    """
    found = {}
    for run in map(checked, runs):
        first = found.setdefault(str(run).casefold(), run)
        if str(first) != str(run) or settings_hash(first.settings) != settings_hash(run.settings):
            raise ValueError(
                f"two runs would share the file {run.path.name}: {first} and {run} differ in their settings, or in "
                "capital letters alone; give one of them another arm"
            )
    return list(found.values())


def design_of(train):
    """The DESIGN of the module of `train`: what will be judged, settled before a run is recorded.

    Raises:
        TypeError: It has none.
    """
    design = getattr(sys.modules[train.__module__], "DESIGN", None)
    if not isinstance(design, dict):
        raise TypeError(
            f"{train.__module__}, the module of train, must say in a dict DESIGN what will be judged, by which margin "
            "and by how many seeds, before a run is recorded"
        )
    return design


@contextmanager
def ready_to_record(paths):
    """Hold the folders of new records for one grid alone, when they can be written and have room.

    Raises:
        GridError: They cannot, or another grid trains into one of them.
        ValueError: KERAS_BACKEND names no backend.
    """
    import filelock

    chosen_backend()
    locks = []
    try:
        for folder in sorted({path.parent for path in paths}):
            _check_room(folder, sum(path.parent == folder for path in paths))
            lock = filelock.FileLock(folder / ".lock", timeout=0)
            try:
                lock.acquire()
            except filelock.Timeout:
                raise GridError(
                    f"another grid is training into {folder}: let it finish, or name another folder by CLR_RESULTS_DIR"
                ) from None
            locks.append(lock)
        yield
    finally:
        for lock in locks:
            with suppress(OSError):
                os.remove(lock.lock_file)  # while it is held: nobody is left waiting for it
            lock.release()


def _check_room(folder, records):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise GridError(
            f"{folder} cannot be written ({error.strerror}): mend that, or name another folder for the records by "
            "CLR_RESULTS_DIR"
        ) from error
    if shutil.disk_usage(folder).free < records * ROOM:
        raise GridError(
            f"{folder} has less than {records} MiB left, for {records} records: make room, or name another folder by "
            "CLR_RESULTS_DIR"
        )
