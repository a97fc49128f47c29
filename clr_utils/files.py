"""Files that are written whole or not at all."""

import os
from pathlib import Path


def write_atomically(path, content):
    """Write text or bytes under a temporary name and rename the file: the final name never holds half of it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
