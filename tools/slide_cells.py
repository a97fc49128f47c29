"""Notebooks as the cells of slides: what is shown of each cell, and where long ones are cut.

Each cell says in its metadata what it is on the slides, in Jupyter's own words:
`"slideshow": {"slide_type": "subslide"}`. Five things are added to these:

- `"hide_input": true` beside the slide type shows what a code cell made, and not its code; so does a folded source,
  `"jupyter": {"source_hidden": true}`.
- An output that is folded (`outputs_hidden`) is the answer to a question: it comes one step after what stands above it.
- A Markdown cell that is shown is cut where a thought ends (`split`), so that a slide is never too full.
- What a Markdown cell folds away, other than the answers of the quiz, becomes a note for the speaker.
- Links lose their targets, and the line with time and needs is left out: they are for a reader.
"""

import copy
import re
import subprocess
import sys
from html import escape

import nbformat

from gauge import folded

WIDTHS = (80, 96, 112)  # of lines of code, in columns
READABLE = 18.5  # code, in pixels of a slide that is 720 high
SHORT = 420  # characters that leave room for a question below them
WIDGETS = "application/vnd.jupyter.widget-view+json"
LIVE = '<p class="live"><b>Live in the notebook.</b> {}</p>'
MARKS = {
    "heading": r"#{1,6} ",
    "predict": r"\*\*Predict first\.\*\*",
    "see": r"\*\*What to see\.\*\*",
    "checkpoint": r"\*\*Checkpoint\b",
    "question": r"\*\*\d+[. ]",
    "code": r"[^`]+:\n\n```",
}
BOX = r"<details>\s*<summary>(?!\s*Answer\b)(.+?)</summary>(.+?)</details>"
SLIDE_TYPES = {"heading": "slide", "see": "fragment"}  # of what such a paragraph begins; otherwise a subslide
COMPLETE = ("predict", "see", "checkpoint")  # what follows such a paragraph is another thought


class SlidesError(Exception):
    """The slides cannot be built; the message says how to mend it."""


# Markdown


def paragraphs(text):
    """The paragraphs of Markdown; code with what announces it, and an answer that is folded away, stay whole."""
    text = re.sub(rf"(?<!^)\s+(?={MARKS['predict']})", "\n\n", text.strip())
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        last = found[-1] if found else ""
        announced = last.endswith(":") and paragraph.startswith("```")
        if announced or last.count("```") % 2 or last.count("<details") > last.count("</details"):
            found[-1] += "\n\n" + paragraph
        else:
            found.append(paragraph)
    return found


def kind(paragraph):
    """What a paragraph is: one of MARKS, by its beginning, or "plain"."""
    return next((name for name, mark in MARKS.items() if re.match(mark, paragraph)), "plain")


def split(text, slide_type):
    """Cut a cell's Markdown into parts; returns a list of (slide type, Markdown), the first of the given type.

    A heading begins a new slide. A checkpoint, a numbered question and code with what announces it begin a subslide; so
    does "Predict first", unless what is asked about is short and stands above it. "What to see" is a fragment below its
    figure. An ordinary paragraph after one of these begins a subslide, except after a numbered question. All others go
    on the slide of the paragraph before them, and none is parted from the heading above it.
    """
    parts = []
    for paragraph in paragraphs(text):
        this = kind(paragraph)
        last = kind(parts[-1][1][-1]) if parts else None
        if this == "predict":
            begins = last != "plain" or not is_short(parts[-1][1])
        else:
            begins = last in COMPLETE or this != "plain"
        if not parts or (begins and last != "heading"):
            parts.append((SLIDE_TYPES.get(this, "subslide") if parts else slide_type, [paragraph]))
        else:
            parts[-1][1].append(paragraph)
    return [(each, "\n\n".join(together)) for each, together in parts]


def is_short(together):
    """Whether paragraphs leave room for a question below them."""
    text = "".join(together)
    return len(for_the_wall(text)) < SHORT and "$$" not in text and "|---" not in text


def for_the_wall(text):
    """Markdown without what only a reader at a screen needs: targets of links, and the line with time and needs."""
    text = re.sub(r"^Time: .*\n*", "", text, flags=re.M)
    return re.sub(r"(?<!!)\[([^\[\]]+)\]\([^()\s]+\)", r"\1", text)


def plain(text):
    """Markdown of one line as text: without links and emphasis."""
    return re.sub(r"[*`]", "", for_the_wall(text)).strip()


def headings(text):
    return [plain(each) for each in re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)]


def anchors(cell):
    """The anchors of the headings of a Markdown cell that is shown, as links name them."""
    named = cell.cell_type == "markdown" and type_of(cell) != "notes"
    return [heading.replace(" ", "-") for heading in headings(cell.source)] if named else []


# Cells


def type_of(cell):
    """The cell's slide type, from its metadata."""
    if found := cell.metadata.get("slideshow", {}).get("slide_type"):
        return found
    first = (cell.source.splitlines() or [""])[0]
    raise SlidesError(
        f"the cell {first!r} has no slide type: choose one in JupyterLab's Property Inspector (the gears on the right)"
    )


def shown(notebook):
    """The notebook as nbconvert is to show it: cells that are skipped left out, long ones split, code made narrow."""
    notebook, cells, head = copy.deepcopy(notebook), [], ""
    for cell in notebook.cells:
        if type_of(cell) == "skip":
            continue
        parts = code_parts(cell) if cell.cell_type == "code" else markdown_parts(cell)
        for part in parts:
            found = headings(part.source) if anchors(part) else []
            data = part.metadata.slideshow.setdefault("data", {})
            if not found and type_of(part) in ("slide", "subslide"):
                data["head"] = head
            head = found[-1] if found else head
        cells += parts
    notebook.cells = cells
    notebook.metadata["title"] = headings(cells[0].source)[0]
    cells[0].metadata.slideshow["data"]["kind"] = "title"
    return notebook


def markdown_parts(cell):
    """A Markdown cell as the cells of its parts; what it folds away comes last, as notes for the speaker."""
    boxes = re.findall(BOX, cell.source, flags=re.S)
    text = re.sub(BOX, "", cell.source, flags=re.S).strip()
    cuts = [("notes", text)] if type_of(cell) == "notes" else split(text, type_of(cell)) if text else []
    cuts += [("notes", f"**{title.strip()}**\n\n{text.strip()}") for title, text in boxes]
    parts = []
    for number, (each, text) in enumerate(cuts):
        text = "\n\n".join(map(card, paragraphs(for_the_wall(text))))
        metadata = {"slideshow": {"slide_type": each}}
        parts.append(nbformat.v4.new_markdown_cell(text, id=f"{cell.id}-{number}", metadata=metadata))
    return parts


def card(paragraph):
    """The paragraph; a question or a checkpoint in a frame of its own."""
    framed = kind(paragraph) in ("predict", "checkpoint")
    return f'<div class="card">\n\n{paragraph}\n\n</div>' if framed else paragraph


def code_parts(cell):
    """A code cell as it is shown: its code or not, a widget in words, and each further table as a cell of its own."""
    for output in cell.outputs:
        if WIDGETS in output.get("data", {}):
            output.data = {"text/html": LIVE.format(escape(cell.metadata.get("alt", "")))}
    further = [output for output in cell.outputs if "text/html" in output.get("data", {})][1:]
    for table in further:
        cell.outputs.remove(table)
    parts = [cell]
    if cell.metadata.slideshow.get("hide_input") or folded(cell, "source_hidden"):
        cell.metadata["transient"] = {"remove_source": True}
        if folded(cell, "outputs_hidden") and type_of(cell) == "-":
            cell.metadata.slideshow["slide_type"] = step_of(cell.outputs)
    else:
        cell.source = narrow(cell.source)
        if folded(cell, "outputs_hidden"):
            parts.append(output_part(cell, cell.outputs, step_of(cell.outputs), "answer"))
            cell.outputs = []
    return parts + [output_part(cell, [table], "subslide", number) for number, table in enumerate(further, 1)]


def step_of(outputs):
    """How outputs follow a question: a picture or a table on a slide of its own, which gives it room."""
    return "subslide" if any("data" in output for output in outputs) else "fragment"


def output_part(cell, outputs, slide_type, name):
    """Outputs of a cell as a cell of their own."""
    metadata = {"slideshow": {"slide_type": slide_type}, "transient": {"remove_source": True}}
    if "alt" in cell.metadata:
        metadata["alt"] = cell.metadata["alt"]
    return nbformat.v4.new_code_cell(outputs=outputs, metadata=metadata, id=f"{cell.id}-{name}")


def narrow(code):
    """Python code in the fewest lines that are readable from the back of a room."""

    def fit(text):
        lines = text.splitlines()
        size = min(22, 1140 / 0.603 / max(map(len, lines)), 560 / 1.3 / len(lines))  # as in slides.css
        return (size >= READABLE, -len(lines)) if size >= READABLE else (False, size)

    return max((formatted(code, width) for width in WIDTHS), key=fit)


def formatted(code, width):
    command = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={width}", "-"]
    done = subprocess.run(command, input=code, capture_output=True, text=True)
    return (done.stdout if done.returncode == 0 else code).rstrip("\n")  # ruff cannot read commands such as !pip
