"""Take pictures for readers out of the notebooks' saved outputs, into docs/gallery: `make gallery`.

A code cell with `"gallery": "cliff"` in its metadata gives its picture to docs/gallery/cliff.png. The site's front
page, docs/index.md, shows all of them with the cells' `alt` texts, and README.md some. tests/test_gallery.py holds
pictures, cells and pages together.
"""

import argparse
import base64
import re
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat

from clr_utils.files import write_atomically
from command_line import folder, new_folder
from run_notebooks import FOLDER

ROOT = FOLDER.parent
LARGEST = 150_000


class Picture(NamedTuple):
    name: str
    notebook: Path
    png: bytes
    alt: str

    def markdown(self):
        """The picture as a page shows it: with its alt text, as a link to its notebook."""
        return f"[![{self.alt}](docs/gallery/{self.name}.png)](notebooks/{self.notebook.name})"


def pictures(folder):
    """The gallery's pictures, by name, from the notebooks in a folder.

    Raises:
        ValueError: A cell cannot give its picture; the message says what to mend.
    """
    found = {}
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if "gallery" in cell.metadata:
                picture = _picture(cell, path)
                if picture.name in found:
                    raise ValueError(f"{path.name}: two cells give a picture {picture.name!r}; rename one of them")
                found[picture.name] = picture
    if not found:
        raise ValueError(f'no cell in {folder.name}/ has "gallery" in its metadata; give it, and a name, to one')
    return found


def write(found, target):
    """Write the pictures into the folder `target`, and take out of it those that are no longer shown."""
    for picture in found.values():
        write_atomically(target / f"{picture.name}.png", picture.png)
    for path in target.glob("*.png"):
        if path.stem not in found:
            path.unlink()


def _picture(cell, path):
    name, alt = cell.metadata["gallery"], cell.metadata.get("alt")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_]+", name):
        raise ValueError(f"{path.name}: the gallery's name {name!r} must be of small letters, digits and _")
    shown = [output.data["image/png"] for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    if len(shown) != 1:
        run = "run it with make run" if not shown else "give the name to a cell that shows one"
        raise ValueError(f"{path.name}: the cell of {name!r} holds {len(shown)} pictures; {run}")
    if not alt:
        raise ValueError(f"{path.name}: the cell of {name!r} has no alt text; write one into its metadata, as `alt`")
    png = base64.b64decode(shown[0])
    if len(png) > LARGEST:
        raise ValueError(f"{path.name}: {name!r} has {len(png):,} bytes, {LARGEST:,} at most; draw less, or smaller")
    return Picture(name, path, png, alt)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=folder, default=FOLDER, help="the notebooks")
    parser.add_argument("--target", type=new_folder, default=ROOT / "docs" / "gallery")
    options = parser.parse_args(arguments)
    try:
        found = pictures(options.folder)
    except ValueError as error:
        parser.error(f"{error}. Nothing was written")
    write(found, options.target)
    for picture in found.values():
        print(f"{picture.name:<24} {len(picture.png) / 1000:5.0f} kB  {picture.notebook.name}")


if __name__ == "__main__":
    sys.exit(main())
