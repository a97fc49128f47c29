"""Time the notebooks section by section, for the teacher's guide: `make timings [NB=04]`.

Copies are executed in the quick profile; the notebooks stay as they are. The seconds of a machine go into
`data/results/timings/<kind>.json`, and those of all machines into the table in `notebooks/TEACHING.md`.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from datetime import date, datetime
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError

import run_notebooks
from clr_utils.arguments import typed_count
from clr_utils.files import write_atomically

FOLDER = run_notebooks.FOLDER
RECORDS = Path(__file__).resolve().parent.parent / "data" / "results" / "timings"
BEGIN, END = "<!-- `make timings` writes from here -->", "<!-- to here -->"
KERNEL = "start of the kernel"
# Seconds that a class notices.
LONG = 5


def sections(notebook):
    """For each code cell the headings that it stands under: "Theory", or "Theory: The limit, derived"."""
    found, section, where = [], "", ""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found.append(where)
            continue
        for marks, heading in re.findall(r"^(###?) (.+?)\s*$", cell.source, flags=re.M):
            section = heading if marks == "##" else section
            where = section if marks == "##" else f"{section}: {heading}"
    return found


def cell_seconds(cell):
    """The seconds that a cell took, executed with record_timing."""
    at = {event: datetime.fromisoformat(moment) for event, moment in cell.metadata["execution"].items()}
    return (at["shell.execute_reply"] - at["iopub.execute_input"]).total_seconds()


def seconds(notebook):
    """The seconds of an executed notebook's code cells, added up by section."""
    total = {}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for where, cell in zip(sections(notebook), code, strict=True):
        total[where] = total.get(where, 0) + cell_seconds(cell)
    return total


def measure(path, repeats):
    """The seconds of a notebook's kernel and of each section, a list with one entry a repeat."""
    runs = []
    for _repeat in range(repeats):
        notebook = nbformat.read(path, as_version=4)
        begin = time.perf_counter()
        run_notebooks.execute(notebook, path.parent, record_timing=True, CLR_PROFILE="quick")
        whole, found = time.perf_counter() - begin, seconds(notebook)
        runs.append({KERNEL: whole - sum(found.values()), **found})
    return {name: [round(run[name], 2) for run in runs] for name in runs[0]}


def made_with():
    """The versions and the device, told by another process: the device is for the notebooks alone."""
    code = "import json; from clr_utils.experiments import made_with; print(json.dumps(made_with()))"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    return json.loads(told.splitlines()[-1])


def machine(device, cpus):
    """The kind of machine that a record is named after: its GPU, or else the cores that it may use."""
    return f"{cpus}-cores" if device.endswith("CPU") else re.sub(r"\W+", "-", device)


def describe(kind, record):
    """In one line what the records of a machine were made with."""
    made = {
        f"{each['device']}, {each['cpus']} cores, {each['profile']} profile, "
        + ", ".join(f"{name} {version}" for name, version in each["versions"].items())
        + f", {each['date']}, {_times(len(each['seconds'][KERNEL]))}"
        for each in record.values()
    }
    return f"- **{kind}**: {'; '.join(sorted(made))}."


def _times(repeats):
    return "one run" if repeats == 1 else f"median of {repeats} runs"


def table(records):
    """The part of TEACHING.md that tells the seconds; `records` by kind of machine, each by notebook."""
    lines = [describe(kind, record) for kind, record in records.items()]
    if all(each["device"].endswith("CPU") for record in records.values() for each in record.values()):
        lines.append("- A GPU such as Colab's: not measured yet.")
    lines += ["", f"| notebook, section | {' | '.join(records)} |", f"|---|{'---:|' * len(records)}"]
    for name in sorted({name for record in records.values() for name in record}):
        taken = [
            {where: statistics.median(each) for where, each in record.get(name, {"seconds": {}})["seconds"].items()}
            for record in records.values()
        ]
        totals = " | ".join(f"{sum(each.values()):.0f}" if each else "" for each in taken)
        lines.append(f"| **[{name[:2]}]({name}.ipynb), as a whole** | {totals} |")
        for where in dict.fromkeys(where for each in taken for where in each):
            lines.append(f"| {where} | {' | '.join(_shown(each.get(where)) for each in taken)} |")
    return "\n".join(lines)


def _shown(value):
    if value is None:
        return ""
    return f"**{value:.0f}**" if value >= LONG else f"{value:.1f}"


def read_records(folder):
    """The records of all machines, by kind."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def put_in(guide, part):
    """The guide's text with the part between its two marks replaced."""
    if guide.count(BEGIN) != 1 or guide.count(END) != 1 or guide.index(BEGIN) > guide.index(END):
        raise ValueError(f"TEACHING.md must hold the lines {BEGIN} and {END}, each once; the table goes between them")
    before, after = guide.split(BEGIN)[0], guide.split(END)[1]
    return f"{before}{BEGIN}\n{part}\n{END}{after}"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("numbers", nargs="*", help="such as 04; all notebooks when left out")
    parser.add_argument("--repeats", type=typed_count, default=1, help="times that each is executed (default: 1)")
    options = parser.parse_args(arguments)
    try:
        paths = [path for path in run_notebooks.select(FOLDER, options.numbers) if path.parent == FOLDER]
    except ValueError as error:
        parser.error(str(error))

    guide = FOLDER / "TEACHING.md"
    made = {"profile": "quick", "date": date.today().isoformat(), "cpus": os.cpu_count(), **made_with()}
    kind = machine(made["device"], made["cpus"])
    for path in paths:
        print(f"{path.name:<36}", end=" ", flush=True)
        try:
            taken = measure(path, options.repeats)
        except (CellExecutionError, DeadKernelError) as error:
            print(f"FAILED, its record is as it was: `make run NB={path.name[:2]}` tells more\n    {error}", flush=True)
            return 1
        print(f"{sum(map(statistics.median, taken.values())):6.1f} s", flush=True)
        record = read_records(RECORDS).get(kind, {}) | {path.stem: {**made, "seconds": taken}}
        write_atomically(RECORDS / f"{kind}.json", json.dumps(dict(sorted(record.items())), indent=1) + "\n")
        write_atomically(guide, put_in(guide.read_text(encoding="utf-8"), table(read_records(RECORDS))))
    return 0


if __name__ == "__main__":
    run_notebooks.stoppable(main)
