"""Files that are written whole or not at all."""

import os
from contextlib import contextmanager
from pathlib import Path


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


def write_atomically(path, content):
    """Write text (as UTF-8) or bytes; `path` never holds half of it."""
    with written_whole(path) as draft:
        draft.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
