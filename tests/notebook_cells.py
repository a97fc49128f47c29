"""A notebook's cells, as the rules of notebooks read them."""

import re

from gauge import source, text_of

PREDICT = "**Predict first.**"


def python(cell):
    """A code cell's source without the commands of IPython."""
    return re.sub(r"^(\s*)[!%].*$", r"\1pass", source(cell), flags=re.M)


def tags(cell):
    return cell["metadata"].get("tags", [])


def label(cell):
    """A cell as a complaint names it: by its first line."""
    return repr((source(cell).splitlines() or [""])[0][:60])


def printed(cell):
    """What the cell printed to stdout."""
    return "".join(text_of(out["text"]) for out in cell["outputs"] if out.get("name") == "stdout")


def has_picture(cell):
    return any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))


def has_widget(cell):
    return any("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in cell["outputs"])
