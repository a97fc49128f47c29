"""Write the project's public address into README.md and every notebook: `make badges [REPO=owner/name]`.

It is kept in pyproject.toml, as tool.clr-notebooks.repository. The notebooks' set-up cells and badges follow from it,
and so does what README.md says of clone, ZIP and questions; tests/test_badges.py and test_notebooks.py hold them
together. While it is empty, the notebooks say how to bring the project to Colab as a ZIP.
"""

import argparse
import re
import sys
import tomllib

import nbformat

from clr_utils.files import write_atomically
from run_notebooks import FOLDER, save

ROOT = FOLDER.parent
REPO = r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.+$)(?!.*\.git$)[A-Za-z0-9._-]+"
ZIP_WAY = "[Run in Colab](00_start_here.ipynb#Run-in-Colab)"
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
SETUP = """\
import importlib
import sys

if "google.colab" in sys.modules:  # in Colab: fetch the project, once
    !{fetch}
    sys.path.insert(0, "clr-notebooks")
    importlib.invalidate_caches()

import clr_utils

profile = clr_utils.setup_notebook({arguments})"""
NO_KERAS = "keras=False"
UNZIP = 'unzip -qn clr-notebooks.zip || echo "Drop clr-notebooks.zip into the Files panel, then run this cell again"'
CLONE = "test -d clr-notebooks || git clone -q --depth 1 {address} clr-notebooks"

BEGIN, END = "<!-- get it: make badges writes this part -->", "<!-- end of get it -->"
NO_ADDRESS = """\
Unpack the ZIP or folder that you were given, and open a terminal in it. The project has no public address yet; whoever
gave it to you can take your questions."""
ADDRESS = """\
    git clone {address} clr-notebooks
    cd clr-notebooks

Without git, [download the ZIP]({address}/archive/refs/heads/main.zip), unpack it, and open a terminal in its folder.
Questions and faults go to the [issues]({address}/issues); look there first, somebody may have asked."""


def address(repo):
    """The web address of "owner/name"."""
    return f"https://github.com/{repo}"


def repository(root=ROOT):
    """The "owner/name" in pyproject.toml; empty while it is not set."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["clr-notebooks"]["repository"]


def setup_cell(repo, keras=True):
    """The source of the set-up cell that every notebook begins with; keras=False: of one that trains nothing."""
    fetch = CLONE.format(address=address(repo)) if repo else UNZIP
    return SETUP.format(fetch=fetch, arguments="" if keras else NO_KERAS)


def colab_link(repo, path):
    """The Colab badge of the notebook at `path`, counted from notebooks/; without a repository the way by ZIP."""
    if not repo:
        return ZIP_WAY
    return f"[![Open in Colab]({BADGE})](https://colab.research.google.com/github/{repo}/blob/main/notebooks/{path})"


def get_it(repo):
    """The part of README.md that says how to get the project and where to ask, between its marks."""
    text = ADDRESS.format(address=address(repo)) if repo else NO_ADDRESS
    return f"{BEGIN}\n\n{text}\n\n{END}"


def with_get_it(readme, repo):
    """The text of README.md with that part for this repository.

    Raises:
        ValueError: The marks are not there, once each and in order.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in before + after:
        raise ValueError(f"README.md must hold the lines {BEGIN!r} and {END!r}, once each and in this order")
    return before + get_it(repo) + after


def notebooks(root=ROOT):
    """The notebooks and solutions that have a set-up cell."""
    folder = root / "notebooks"
    return sorted([*folder.glob("[0-9][0-9]_*.ipynb"), *folder.glob("solutions/[0-9][0-9]_*.ipynb")])


def with_address(notebook, repo, path):
    """The notebook with set-up cell and badge for this repository; what else is in it stays."""
    setup = next(cell for cell in notebook.cells if cell.cell_type == "code")
    setup.source = setup_cell(repo, keras=NO_KERAS not in setup.source)
    opening = notebook.cells[0]
    pattern = rf"{re.escape(ZIP_WAY)}|\[!\[Open in Colab\]\([^)]*\)\]\([^)]*\)"
    opening.source = re.sub(pattern, lambda _: colab_link(repo, path), opening.source)
    return notebook


def write(repo, root=ROOT):
    """Write the address into pyproject.toml, README.md and all notebooks of the project, or of a copy of it.

    Args:
        repo: "owner/name"; empty for the way by ZIP.
        root: The project's folder.

    Returns:
        The number of notebooks.

    Raises:
        ValueError: `repo` is not of this form, or README.md has no place for it.
    """
    if repo and not re.fullmatch(REPO, repo):
        raise ValueError(f"REPO is {repo!r}; it must be owner/name, as in: make badges REPO=ada/clr-notebooks")
    settings, readme = root / "pyproject.toml", root / "README.md"
    text = settings.read_text(encoding="utf-8")
    write_atomically(readme, with_get_it(readme.read_text(encoding="utf-8"), repo))
    write_atomically(settings, re.sub(r'(?m)^repository = ".*"$', f'repository = "{repo}"', text))
    paths = notebooks(root)
    for path in paths:
        place = path.relative_to(root / "notebooks").as_posix()
        save(with_address(nbformat.read(path, as_version=4), repo, place), path)
    return len(paths)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repo", help="owner/name of the public repository; when empty, what pyproject.toml says")
    repo = parser.parse_args(arguments).repo or repository()
    try:
        count = write(repo)
    except ValueError as error:
        parser.error(str(error))
    print(f"in Colab {count} notebooks fetch the project {f'from {address(repo)}' if repo else 'as a ZIP'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
