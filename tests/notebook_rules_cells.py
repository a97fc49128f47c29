"""Rules of a notebook's cells and their outputs."""

import json
import re
from pathlib import Path

import badges
from gauge import cells, source, text_of
from notebook_cells import label, printed, tags

REPOSITORY = badges.repository()
SETUP, SETUP_WITHOUT_KERAS = (badges.setup_cell(REPOSITORY, keras) for keras in (True, False))
MACHINE_PATHS = ["/home/", "/root/", "/tmp/", "/Users/", "C:\\", str(Path(__file__).resolve().parent.parent)]
MOST_CODE_CELLS, MOST_LINES, MOST_IGNORED = 32, 25, 0.10
SLIDE_TYPES = ("slide", "subslide", "fragment", "skip", "notes", "-")


def was_run(notebook):
    """Every code cell was run, in order, from the top: nbval compares nothing in a cell that was not."""
    counts = [cell["execution_count"] for cell in cells(notebook, "code")]
    if counts == list(range(1, len(counts) + 1)):
        return []
    return [f"not run from top to bottom in one go: the execution counts are {counts}"]


def clean_outputs(notebook):
    complaints = []
    for cell in cells(notebook, "code"):
        for output in cell["outputs"]:
            if output.get("name") == "stderr":
                complaints.append(f"stderr in the output of {label(cell)}")
            if "WARNING:" in text_of(output.get("text", "")):
                complaints.append(f"a library's warning in the output of {label(cell)}")
            if output["output_type"] == "error":
                complaints.append(f"a saved error in the output of {label(cell)}")
            if "image/svg+xml" in output.get("data", {}):
                complaints.append(f"SVG in the output of {label(cell)}; figures are PNG")
    return complaints


def no_machine_paths(notebook):
    complaints = []
    for cell in notebook["cells"]:
        outputs = json.dumps([{**out, "data": _without_pictures(out)} for out in cell.get("outputs", [])])
        text = source(cell) + outputs.replace("\\\\", "\\")
        complaints += [f"the path {path} of some machine in {label(cell)}" for path in MACHINE_PATHS if path in text]
    return complaints


def _without_pictures(output):
    return {kind: data for kind, data in output.get("data", {}).items() if not kind.startswith("image/")}


def no_jupytext(notebook):
    return ["jupytext metadata"] if "jupytext" in notebook["metadata"] else []


def no_timing_metadata(notebook):
    timed = sum("execution" in cell["metadata"] for cell in notebook["cells"])
    return [f"execution times in the metadata of {timed} cells; `make run` leaves them out"] if timed else []


def nothing_skipped(notebook):
    complaints = []
    for cell in cells(notebook, "code"):
        if "nbval-skip" in tags(cell) or "raises-exception" in tags(cell):
            complaints.append(f"{label(cell)} has the tag nbval-skip or raises-exception")
        if re.search(r"#\s*(NBVAL_|PYTEST_VALIDATE_)", source(cell)):
            complaints.append(f"{label(cell)} has a comment that commands nbval; use a tag")
    return complaints


def ignored_with_reason(notebook):
    ignored = [cell for cell in cells(notebook, "code") if "nbval-ignore-output" in tags(cell)]
    return [f"{label(cell)} is ignored without an ignore_reason" for cell in ignored if not _reason(cell)]


def _reason(cell):
    return str(cell["metadata"].get("ignore_reason", "")).strip()


def few_ignored(notebook):
    code = cells(notebook, "code")
    ignored = sum("nbval-ignore-output" in tags(cell) for cell in code)
    if ignored > MOST_IGNORED * len(code):
        return [f"{ignored} of {len(code)} code cells are ignored in the comparison; {MOST_IGNORED:.0%} may be"]
    return []


def same_setup(notebook):
    """The first code cell is the set-up cell, word for word, and it ran in the quick profile."""
    first = next(iter(cells(notebook, "code")), None)
    if first is None or source(first) not in (SETUP, SETUP_WITHOUT_KERAS):
        return ["the first code cell is not the set-up cell that all notebooks share: run make badges"]
    return [] if printed(first).startswith("profile quick") else ["the outputs are not those of the quick profile"]


def small_cells(notebook):
    code = cells(notebook, "code")
    lengths = [len(source(cell).splitlines()) for cell in code]
    complaints = [
        f"{label(cell)} has {length} lines; {MOST_LINES} at most"
        for cell, length in zip(code, lengths, strict=True)
        if length > MOST_LINES
    ]
    if len(code) > MOST_CODE_CELLS:
        complaints.append(f"{len(code)} code cells; {MOST_CODE_CELLS} at most")
    return complaints


def slide_types(notebook):
    """Every cell says what it is on the slides; `hide_input`, which is ours, hides the code of a code cell."""
    complaints = []
    for cell in notebook["cells"]:
        show = cell["metadata"].get("slideshow", {})
        if show.get("slide_type") not in SLIDE_TYPES:
            complaints.append(f"the slide_type of {label(cell)} must be one of: {', '.join(SLIDE_TYPES)}")
        elif set(show) - {"slide_type"} and (show.get("hide_input") is not True or cell["cell_type"] != "code"):
            complaints.append(f"beside its slide_type {label(cell)} may have hide_input: true, if it is a code cell")
    types = (cell["metadata"].get("slideshow", {}).get("slide_type") for cell in notebook["cells"])
    first = next((each for each in types if each != "skip"), None)
    return complaints if first == "slide" else [*complaints, "the first cell that is shown must begin a slide"]
