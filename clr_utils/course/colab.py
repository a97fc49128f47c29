"""In Google Colab: install what it lacks, leave what it has, and say which GPU there is.

`setup_notebook` calls `prepare` in every notebook; elsewhere nothing of this runs.
"""

import subprocess
import sys
import tempfile
import tomllib
from importlib import invalidate_caches
from importlib.metadata import PackageNotFoundError, distributions, requires, version
from pathlib import Path

from clr_utils import places

PYPROJECT = places.ROOT / "pyproject.toml"


def in_colab():
    """Whether this Python is that of a Colab notebook."""
    return "google.colab" in sys.modules


def prepare():
    """Install the packages that are missing and print which GPU there is.

    What is there is not touched: pip is held to the installed versions of all packages.

    Raises:
        RuntimeError: A package could not be installed, or Colab's is too old; the message says what to do.
    """
    if missing := missing_packages():
        _install(missing)
    print(_gpu_line())


def missing_packages(requirements=None):
    """The requirements, such as "scikit-plots>=0.4", of which no package is installed.

    Args:
        requirements: A list; by default the project's dependencies.

    Raises:
        RuntimeError: A package is there in a version that the requirement excludes.
    """
    from packaging.requirements import Requirement

    missing, unfit = [], []
    for each in map(Requirement, dependencies() if requirements is None else requirements):
        if each.marker and not each.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(each.name)
        except PackageNotFoundError:
            missing.append(str(each))
        else:
            if not each.specifier.contains(found, prereleases=True):
                unfit.append(f"{each} (here: {found})")
    if unfit:
        raise RuntimeError(
            f"this runtime's packages do not fit the project: {', '.join(unfit)}. Choose another runtime version in "
            "Runtime > Change runtime type, or fetch the newest version of the project"
        )
    return missing


def dependencies():
    """The project's requirements, as its installation knows them; in a checkout, those in pyproject.toml.

    An installation lists those of the extras as well, each with its marker.
    """
    if places.INSTALLED:
        return requires("clr-notebooks")
    return tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]


def installed():
    """The names and versions of the installed packages; without those whose version pip does not know how to read."""
    from packaging.version import InvalidVersion, Version

    found = {}
    for each in distributions():
        try:
            found.setdefault(each.name, str(Version(each.version)))
        except (InvalidVersion, TypeError):
            continue
    return sorted((name, number) for name, number in found.items() if name)


def _install(missing):
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "constraints.txt"
        kept.write_text("".join(f"{name}=={version}\n" for name, version in installed()), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--constraint", str(kept), *missing]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        reason = next((line for line in said if line.startswith("ERROR")), said[-1])
        raise RuntimeError(
            f"pip could not install {', '.join(missing)}: {reason}. Is there a network? Run the cell again"
        )
    invalidate_caches()
    print(f"installed: {', '.join(missing)}")


def _gpu_line():
    from clr_utils.devices import gpu_name

    if name := gpu_name():
        return f"GPU: {name}"
    return "no GPU: fine for the quick profile; for long runs choose one in Runtime > Change runtime type"
