"""Execute notebooks and their solutions in place, one line each: `make run [NB=04] [PROFILE=paper]`."""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from clr_utils.files import write_atomically
from command_line import folder

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
PROFILES = ("quick", "paper")
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


def select(folder, numbers):
    """The notebooks of these numbers, each followed by its solutions; all of them without numbers."""
    notebooks = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not notebooks:
        raise ValueError(f"there is no notebook in {folder}")
    if numbers:
        wanted = {number.zfill(2) for number in numbers}
        known = {path.name[:2] for path in notebooks}
        if unknown := sorted(wanted - known):
            there = ", ".join(sorted(known)) or "none"
            raise ValueError(f"there is no notebook {', '.join(unknown)} in {folder.name}/; there are: {there}")
        notebooks = [path for path in notebooks if path.name[:2] in wanted]
    solutions = folder / "solutions"
    return [each for path in notebooks for each in (path, *sorted(solutions.glob(f"{path.stem}_solutions.ipynb")))]


def execute(notebook, folder, *, record_timing=False, **environment):
    """Execute a notebook from the top, in this folder; its outputs are filled in, nothing is saved."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
    client = NotebookClient(notebook, kernel_name=KERNELSPEC["name"], timeout=None, record_timing=record_timing)
    client.resources = {"metadata": {"path": str(folder)}}
    client.extra_arguments = ["--Application.log_level=ERROR"]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, **environment}
    # In the main thread nbclient would take Ctrl-C for itself.
    ThreadPoolExecutor(1).submit(client.execute, env=environment).result()


def normalise(notebook):
    """Take out of the metadata what differs from run to run and from machine to machine."""
    notebook.metadata = {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        cell.metadata.pop("collapsed", None)  # JupyterLab's second flag beside outputs_hidden
    return notebook


def save(notebook, path):
    """Write the notebook to its path, whole or not at all."""
    write_atomically(path, nbformat.writes(notebook) + "\n")


def where_it_stopped(notebook):
    """The code cell that was executed last: its number among the code cells, and its first line."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    number = max((number for number, cell in enumerate(code, 1) if cell.execution_count), default=1)
    return f"code cell {number} ({(code[number - 1].source.splitlines() or [''])[0]})"


def run(path, folder, profile):
    """Execute one notebook, save it and report in one line; True when it ran to its end."""
    print(f"{path.relative_to(folder).as_posix():<48}", end=" ", flush=True)
    start = time.perf_counter()
    notebook = nbformat.read(path, as_version=4)
    try:
        execute(notebook, path.parent, CLR_PROFILE=profile)
    except CellExecutionError as error:
        reason = f"{where_it_stopped(notebook)}: {error.ename}: {error.evalue}"
    except DeadKernelError:
        reason = f"{where_it_stopped(notebook)}: the kernel died; was there enough memory?"
    else:
        save(normalise(notebook), path)
        print(f"{time.perf_counter() - start:6.1f} s", flush=True)
        return True
    print(f"{time.perf_counter() - start:6.1f} s  FAILED, the file is as it was\n    {reason}", flush=True)
    return False


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="*", help="such as 04; all notebooks when left out")
    parser.add_argument("--profile", help="quick or paper; the environment's CLR_PROFILE, or quick, when left out")
    parser.add_argument("--folder", type=folder, default=FOLDER)
    options = parser.parse_args(arguments)
    named = "CLR_PROFILE" if options.profile is None else "PROFILE"
    options.profile = os.environ.get("CLR_PROFILE", "quick") if options.profile is None else options.profile
    if options.profile not in PROFILES:
        parser.error(f"{named} is {options.profile!r}; it must be one of: {', '.join(PROFILES)}")
    try:
        paths = select(options.folder, options.numbers)
    except ValueError as error:
        parser.error(str(error))

    failed = [path for path in paths if not run(path, options.folder, options.profile)]
    print(f"{len(paths) - len(failed)} of {len(paths)} notebooks ran to their end in the {options.profile} profile")
    if options.profile == "paper":
        print("These files now hold the paper profile's outputs; `make run` brings the tested, quick ones back")
    return 1 if failed else 0


def stoppable(main):
    """Exit with the code of `main()`; Ctrl-C stops at once, and the kernels end when their parent is gone."""
    try:
        code = main()
    except KeyboardInterrupt:
        print("\nstopped; no file is half written", flush=True)
        os._exit(130)
    sys.exit(code)


if __name__ == "__main__":
    stoppable(main)
