"""Run every notebook as Colab would: `make test-colab [NB=04]`.

A Python 3.13 with Colab's versions (tools/colab/requirements.txt), a stand-in for the module google.colab, an empty
working folder for each notebook, and the project behind a public address, which git finds on this disk instead. Each
notebook must run to its end and print what its saved copy prints, and no package may be another than before.
"""

import argparse
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError
from packaging.requirements import Requirement

import badges
from run_notebooks import FOLDER, KERNELSPEC, execute, select, stoppable, where_it_stopped
from timings import cell_seconds

ROOT = FOLDER.parent
COLAB = ROOT / "tools" / "colab"
REQUIREMENTS = COLAB / "requirements.txt"
PYTHONS = ("python3.13", "python3", "python")
REPO = "example/clr-notebooks"
LACKING = "scikit-plots"
A_MINUTE = 60
VERSIONS = """
import json
from importlib.metadata import distributions
print(json.dumps({each.name.replace("_", "-"): each.version for each in distributions()}))
"""


def find_python():
    """The first command that is Python 3.13: the one that COLAB_PYTHON names, or one in the path.

    Raises:
        FileNotFoundError: There is none; the message says how to get one.
    """
    named = os.environ.get("COLAB_PYTHON")
    for candidate in [named] if named else PYTHONS:
        version = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if shutil.which(candidate) and subprocess.run(version, capture_output=True, text=True).stdout.strip() == "3.13":
            return candidate
    raise FileNotFoundError(
        "Python 3.13, which Colab has, is missing here, so nothing was tested. Install it, or name it: "
        "make test-colab COLAB_PYTHON=/path/to/python3.13"
    )


class Colab:
    """A stand-in for Colab in a folder: `python`, the project's `origin`, and runs of notebooks."""

    def __init__(self, folder):
        self.folder, self.python, self.origin = folder, folder / "venv" / "bin" / "python", folder / "origin"

    def make(self):
        """Make the environment, unless it is there, and copy the project to where its address leads.

        Raises:
            FileNotFoundError: Python 3.13 is missing; the message says how to get it.
        """
        if not self.is_ready():
            python = find_python()
            print(f"Installing Colab's versions into {self.folder / 'venv'}: some minutes, once", flush=True)
            subprocess.run([python, "-m", "venv", "--clear", self.folder / "venv"], check=True)
            self.pip("install", "-r", REQUIREMENTS)
        kernel = self.folder / "jupyter" / "kernels" / KERNELSPEC["name"] / "kernel.json"
        startup = self.folder / "ipython" / "profile_default" / "startup" / "colab.py"
        command = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        for path, text in (
            (kernel, json.dumps({"argv": command, "display_name": "Colab", "language": "python"})),
            (startup, "import google.colab\n"),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self._publish()
        self.pip("uninstall", "--yes", LACKING)
        self.before = self.versions()

    def is_ready(self):
        """Whether the environment has Colab's versions."""
        if not self.python.exists():
            return False
        there = self.versions()
        return all(there.get(name) == version for name, version in pinned().items())

    def pip(self, *arguments):
        subprocess.run([self.python, "-m", "pip", "-qq", "--disable-pip-version-check", *arguments], check=True)

    def versions(self):
        """The versions of all installed packages, by name."""
        return json.loads(subprocess.run([self.python, "-c", VERSIONS], check=True, capture_output=True).stdout)

    def changes(self):
        """What became of the packages since the beginning, a line each, but for the one that Colab lacks."""
        after = self.versions()
        after.pop(LACKING, None)
        names = sorted(self.before.keys() | after.keys())
        pairs = {name: (self.before.get(name), after.get(name)) for name in names}
        return [f"{name} was {old}, is {new}" for name, (old, new) in pairs.items() if old != new]

    def run(self, notebook, folder):
        """Execute a notebook in a working folder, as Colab would after it was opened there."""
        os.environ["JUPYTER_PATH"] = str(self.folder / "jupyter")
        execute(
            notebook,
            folder,
            record_timing=True,
            IPYTHONDIR=str(self.folder / "ipython"),
            PYTHONPATH=str(COLAB / "stand_in"),
            CLR_PROFILE="quick",
            GIT_CONFIG_COUNT="1",
            GIT_CONFIG_KEY_0=f"url.{self.origin.as_uri()}.insteadOf",
            GIT_CONFIG_VALUE_0=badges.address(REPO),
        )

    def empty_folder(self, name):
        """A working folder with nothing in it, and a runtime without what Colab lacks."""
        self.pip("uninstall", "--yes", LACKING)
        folder = self.folder / "content" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def _publish(self):
        """The project as it is on this disk, with REPO as its address, as a git repository."""
        shutil.rmtree(self.origin, ignore_errors=True)
        git = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(git, check=True, capture_output=True, text=True).stdout.splitlines():
            if (ROOT / name).is_file():
                (self.origin / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.origin / name)
        badges.write(REPO, self.origin)
        author = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
        for arguments in (["init"], ["add", "--all"], ["commit", "--message", "the project"]):
            subprocess.run(["git", *author, "-C", self.origin, *arguments], check=True, capture_output=True)


def differences(saved, executed):
    """What the cells after the set-up cell print otherwise than the saved notebook; ignored cells are passed over."""
    pairs = [pair for pair in zip(saved.cells, executed.cells, strict=True) if pair[0].cell_type == "code"]
    found = []
    for before, after in pairs[1:]:
        if "nbval-ignore-output" not in before.metadata.get("tags", []) and printed(before) != printed(after):
            found.append(f"{before.source.splitlines()[0]}: {printed(after)[:200]!r}, saved: {printed(before)[:200]!r}")
    return found


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs if output.get("name") == "stdout")


def cells_of(*sources):
    """A notebook of code cells; the first line "# stops" lets a cell stop without stopping the notebook."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    for cell in cells:
        cell.metadata.tags = ["raises-exception"] if cell.source.startswith("# stops") else []
    return nbformat.v4.new_notebook(cells=cells)


def again(colab):
    """A second notebook, or a restarted runtime, uses what the first one fetched and installed."""
    folder = colab.empty_folder("again")
    first, second = (cells_of(badges.setup_cell(REPO)) for _ in range(2))
    colab.run(first, folder)
    (folder / "clr-notebooks" / "mine.txt").touch()
    colab.run(second, folder)
    assert "installed: " in printed(first.cells[0])
    assert "installed: " not in printed(second.cells[0])
    assert (folder / "clr-notebooks" / "mine.txt").exists(), "the project was fetched anew"


def from_zip(colab):
    """The ZIP, dropped only after the set-up cell has asked for it, and then met a second time."""
    folder, setup = colab.empty_folder("zip"), badges.setup_cell("")
    archive = ["archive", "--format=zip", "--prefix=clr-notebooks/", f"--output={colab.folder / 'clr-notebooks.zip'}"]
    subprocess.run(["git", "-C", colab.origin, *archive, "HEAD"], check=True)
    drop = f"import shutil; shutil.copy({str(colab.folder / 'clr-notebooks.zip')!r}, '.')"
    notebook = cells_of(f"# stops\n{setup}", drop, setup, setup)
    colab.run(notebook, folder)
    assert "Drop clr-notebooks.zip into the Files panel" in printed(notebook.cells[0])
    assert "profile quick" in printed(notebook.cells[2])
    assert "profile quick" in printed(notebook.cells[3])


LONG_RUN = """
import os
os.environ["CLR_RESULTS_DIR"] = os.path.abspath("drive")
from clr_utils.experiments import run_grid
from clr_utils.studies import mnist
runs = [mnist.small_run()._replace(seed=seed) for seed in range(3)]"""


def goes_on(colab):
    """A grid records where CLR_RESULTS_DIR points; the runtime vanishes, and the next one trains what is missing."""
    folder, setup = colab.empty_folder("goes on"), badges.setup_cell(REPO)
    try:
        colab.run(cells_of(setup, LONG_RUN, "run_grid(runs[:1], mnist.train, anew=True)", "os._exit(1)"), folder)
    except DeadKernelError:
        shutil.rmtree(folder / "clr-notebooks")
    drive = folder / "drive" / "mnist"
    before = {path: path.read_bytes() for path in drive.iterdir()}
    colab.run(cells_of(setup, LONG_RUN, "run_grid(runs, mnist.train, anew=True)"), folder)
    after = {path: path.read_bytes() for path in drive.iterdir()}
    assert (len(before), len(after)) == (1, 3), f"{len(before)} records before, {len(after)} after"
    assert before.items() <= after.items(), "a record was made again"


def scenario(colab, check):
    """Run one of the checks above and report in one line; True when it holds."""
    print(f"{check.__doc__:<112}", end=" ", flush=True)
    try:
        check(colab)
        assert not (changes := colab.changes()), "; ".join(changes)
    except (AssertionError, CellExecutionError, DeadKernelError) as error:
        print(f"FAILED\n    {error}", flush=True)
        return False
    print("holds", flush=True)
    return True


def check(colab, path):
    """Run one notebook in an empty folder and report in one line; True when all is well."""
    name = path.relative_to(colab.origin / "notebooks").as_posix()
    print(f"{name:<48}", end=" ", flush=True)
    folder = colab.empty_folder(path.stem)
    saved, notebook = (nbformat.read(path, as_version=4) for _ in range(2))
    begin = time.perf_counter()
    try:
        colab.run(notebook, folder)
    except (CellExecutionError, DeadKernelError) as error:
        print(f"FAILED\n    {where_it_stopped(notebook)}: {error}", flush=True)
        return False
    whole = time.perf_counter() - begin
    setup = next(cell for cell in notebook.cells if cell.cell_type == "code")
    problems = differences(saved, notebook)
    problems += colab.changes()
    if f"installed: {LACKING}" not in printed(setup) or "GPU" not in printed(setup):
        problems.append(f"the set-up cell printed {printed(setup)!r}")
    if cell_seconds(setup) > A_MINUTE:
        problems.append("the set-up cell took more than a minute")
    print(f"set-up {cell_seconds(setup):5.1f} s, whole {whole:6.1f} s{'' if not problems else '  FAILED'}", flush=True)
    for problem in problems:
        print(f"    {problem}", flush=True)
    return not problems


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", help="such as 04; all notebooks when left out")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "colab")
    options = parser.parse_args(arguments)
    colab = Colab(options.folder)
    try:
        select(FOLDER, options.numbers)
        colab.make()
    except (FileNotFoundError, ValueError) as error:
        parser.error(str(error))
    except subprocess.CalledProcessError as error:
        parser.error(f"{error}. make test-colab needs the network, the venv module of Python 3.13, and a git checkout")
    held = [scenario(colab, each) for each in (again, from_zip, goes_on)]
    held += [check(colab, path) for path in select(colab.origin / "notebooks", options.numbers)]
    print("with", ", ".join(f"{name} {version}" for name, version in pinned().items()))
    print(f"{sum(held)} of {len(held)} hold")
    return 0 if all(held) else 1


def pinned():
    """Colab's versions, by package."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    needed = [Requirement(line) for line in lines if "==" in line]
    here = [each for each in needed if each.marker is None or each.marker.evaluate()]
    return {each.name: str(each.specifier).removeprefix("==") for each in here}


if __name__ == "__main__":
    stoppable(main)
