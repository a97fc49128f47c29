"""Files that are written whole or not at all."""

import os
from pathlib import Path


def write_atomically(path, text):
    """Write a text file under a temporary name and rename it: the final name never holds half of it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
