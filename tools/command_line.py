"""The files and folders that tools accept on their command lines, refused in a sentence where they cannot be meant."""

from argparse import ArgumentTypeError
from pathlib import Path


def folder(text):
    """A folder that is there."""
    path = Path(text)
    if not path.is_dir():
        raise ArgumentTypeError(f"there is no folder {text!r}")
    return path


def new_folder(text):
    """A folder that may be made, or made anew."""
    path = Path(text)
    if taken := next((each for each in (path, *path.parents) if each.exists() and not each.is_dir()), None):
        raise ArgumentTypeError(f"it must name a folder; {str(taken)!r} is a file")
    return path


def new_file(text):
    """A file that may be written."""
    path = Path(text)
    if path.is_dir():
        raise ArgumentTypeError(f"it must name a file; {text!r} is a folder")
    new_folder(path.parent)
    return path
