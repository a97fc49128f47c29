"""A stand-in for Colab's runtime: Python 3.13 with Colab's versions, and a public address that leads to this disk."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

import badges

ROOT = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
BUILD = ROOT / "build" / "colab"
PYTHONS = ("python3.13", "python3", "python")
REPO = "example/clr-notebooks"
LACKING = "scikit-plots"
VERSIONS = """
import json
from importlib.metadata import distributions
print(json.dumps({each.name.replace("_", "-"): each.version for each in distributions()}))
"""


def call(*command):
    """The standard output of a command; when it fails nothing can be tested, and the session ends."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        needs = "These tests need git, the network, and the venv module of Python 3.13."
        pytest.exit(f"{' '.join(map(str, command))} failed. {needs}\n{done.stderr}", returncode=2)
    return done.stdout


def find_python():
    """The first command that is Python 3.13: the one that COLAB_PYTHON names, or one in the path.

    The session ends when there is none, and says how to get one.
    """
    named = os.environ.get("COLAB_PYTHON")
    for candidate in [named] if named else PYTHONS:
        version = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if shutil.which(candidate) and subprocess.run(version, capture_output=True, text=True).stdout.strip() == "3.13":
            return candidate
    pytest.exit(
        "Python 3.13, which Colab has, is missing here, so nothing was tested. Install it, or name it: "
        "make test-colab COLAB_PYTHON=/path/to/python3.13",
        returncode=2,
    )


def requirements():
    """What Colab has of what the notebooks use, on any machine."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def pinned():
    """Colab's versions on this machine, by package."""
    here = [each for each in requirements() if each.marker is None or each.marker.evaluate()]
    return {each.name: pin.version for each in here for pin in each.specifier}


def make_python(folder):
    """The Python of the environment in this folder, which is made unless it is there and has Colab's versions."""
    python = folder / "bin" / "python"
    if not (python.exists() and pinned().items() <= versions(python).items()):
        call(find_python(), "-m", "venv", "--clear", folder)
        pip(python, "install", "-r", REQUIREMENTS)
    return python


def pip(python, *arguments):
    call(python, "-m", "pip", "-qq", "--disable-pip-version-check", *arguments)


def versions(python):
    """The versions of all packages that a Python has, by name."""
    return json.loads(call(python, "-I", "-c", VERSIONS))


def changes(before, after):
    """What became of the packages, a line each, but for the one that Colab lacks."""
    names = sorted((before.keys() | after.keys()) - {LACKING})
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    return [f"{name} was {old}, is {new}" for name, (old, new) in pairs.items() if old != new]


def emptied(folder):
    """The folder, with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def publish(folder):
    """Make a git repository in this folder of the project as it is on this disk, with REPO as its address."""
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    git = ["git", *author, "-C", emptied(folder)]
    call(*git, "init")
    call(*git, "--git-dir=.git", f"--work-tree={ROOT}", "add", "--all")
    call(*git, "checkout-index", "--all")
    badges.write(REPO, folder)
    call(*git, "commit", "--all", "--message", "the project")
    return folder


def cells_of(*sources):
    """A notebook of code cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs if output.get("name") == "stdout")


def differences(saved, executed):
    """What the cells after the set-up cell print otherwise than the saved notebook; ignored cells are passed over."""
    pairs = [pair for pair in zip(saved.cells, executed.cells, strict=True) if pair[0].cell_type == "code"]
    found = []
    for before, after in pairs[1:]:
        if "nbval-ignore-output" not in before.metadata.get("tags", []) and printed(before) != printed(after):
            found.append(f"{before.source.splitlines()[0]}: {printed(after)[:200]!r}, saved: {printed(before)[:200]!r}")
    return found
