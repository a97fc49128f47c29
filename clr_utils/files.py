"""Files that are written whole or not at all, and archives that are read whole or named as broken."""

import os
import zlib
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path
from zipfile import BadZipFile, is_zipfile

import numpy as np

# What reading a broken archive raises.
BROKEN = (OSError, ValueError, KeyError, EOFError, RuntimeError, BadZipFile, zlib.error, LZMAError)


@contextmanager
def written_whole(path):
    """A temporary path beside `path`, to write to in the `with` block; at its end it is renamed to `path`.

    After an error or an interrupt, `path` is what it was, and the temporary file is gone. Folders that are missing are
    made; `~` is the home folder.
    """
    path = Path(path).expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def read_arrays(path, mend, keys=None):
    """The arrays of an .npz archive, {key: array}: all of them, or those of `keys`.

    Raises:
        ValueError: It cannot be read; the message names it, and ends with `mend`, what to do.
    """
    try:
        if not is_zipfile(path):
            raise BadZipFile("it is no archive of arrays")
        with np.load(path) as file:
            return {key: file[key] for key in (file.files if keys is None else keys)}
    except BROKEN as error:
        raise ValueError(f"{path} cannot be read ({error}); {mend}") from error


def write_atomically(path, content):
    """Write text (as UTF-8) or bytes; `path` never holds half of it."""
    with written_whole(path) as draft:
        draft.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
