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
from html import escape

import nbformat

from gauge import folded
from slide_code import fitted, narrow, readable
from slide_room import HEIGHT, TALLEST, has_room, html_height, printed_height, table_pieces, text_height
from slide_text import for_the_wall, has_long_code, headings, kind, paragraphs, split

HEAD = 50  # pixels that the name of the section takes
WIDGETS = "application/vnd.jupyter.widget-view+json"
LIVE = '<p class="live"><b>Live in the notebook.</b> {}</p>'
FENCE = r"```python\n(.+?)\n```"
BOX = r"<details>\s*<summary>(?!\s*Answer\b)(.+?)</summary>(.+?)</details>"


class SlidesError(Exception):
    """The slides cannot be built; the message says how to mend it."""


def type_of(cell):
    """The cell's slide type, from its metadata."""
    if found := cell.metadata.get("slideshow", {}).get("slide_type"):
        return found
    first = (cell.source.splitlines() or [""])[0]
    raise SlidesError(
        f"the cell {first!r} has no slide type: choose one in JupyterLab's Property Inspector (the gears on the right)"
    )


def anchors(cell):
    """The anchors of the headings of a Markdown cell that is shown, as links name them."""
    named = cell.cell_type == "markdown" and type_of(cell) != "notes"
    return [heading.replace(" ", "-") for heading in headings(cell.source)] if named else []


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
            if not found:
                data["head"] = head
            head = found[-1] if found else head
        cells += parts
    notebook.cells = cells = with_room(cells)
    notebook.metadata["title"] = headings(cells[0].source)[0]
    cells[0].metadata.slideshow["data"]["kind"] = "title"
    return notebook


def with_room(cells):
    """The cells, with a new slide where a figure leaves no room, or is left none, by what stands with it."""
    cells = [part for cell in cells for part in (picture_first(cell) if cell.cell_type == "code" else [cell])]
    for place, cell in enumerate(cells):
        above, below, png = height_above(cells, place), 0, png_of(cell)
        if cell.cell_type == "markdown" and (text_height(cell.source, 36) > TALLEST or has_long_code(cell.source)):
            cell.metadata.slideshow["data"]["dense"] = "yes"
        if not png:
            if above + cell_height(cell) > HEIGHT:
                begin_slide(cell)
            continue
        if not has_room(png, above):
            above = HEAD if begin_slide(cell) else above
        for later in cells[place + 1 :]:
            if type_of(later) in ("slide", "subslide"):
                break
            below += cell_height(later)
            if not has_room(png, above + below):
                begin_slide(later)
                break
    return cells


def begin_slide(cell):
    """Let a cell begin a slide, if it is not hidden from it; whether it does."""
    if type_of(cell) not in ("notes", "skip"):
        cell.metadata.slideshow["slide_type"] = "subslide"
    return type_of(cell) == "subslide"


def height_above(cells, place):
    """The height of what stands above a cell on its slide, the name of the section among it."""
    height = 0
    while type_of(cells[place]) not in ("slide", "subslide"):
        place -= 1
        height += cell_height(cells[place])
    return height if anchors(cells[place]) else height + HEAD


def cell_height(cell):
    if type_of(cell) == "notes":
        return 0
    if cell.cell_type == "markdown":
        return text_height(cell.source, 26 if type_of(cell) == "fragment" else 30)
    code = 0 if "remove_source" in cell.metadata.get("transient", {}) else 30 * (cell.source.count("\n") + 2)
    html = sum(html_height(output.get("data", {}).get("text/html", "")) for output in cell.outputs)
    return code + html + sum(printed_height(output.get("text", "")) for output in cell.outputs)


def is_picture(output):
    return "image/png" in output.get("data", {})


def png_of(cell):
    """The first picture of a cell, in base 64; "" if it has none."""
    return next((output.data["image/png"] for output in cell.get("outputs", []) if is_picture(output)), "")


def picture_first(cell):
    """A code cell; what it prints or tabulates beside a picture becomes a cell below the picture."""
    beside = [output for output in cell.outputs if not is_picture(output)]
    if not png_of(cell) or not beside:
        return [cell]
    cell.outputs = [output for output in cell.outputs if is_picture(output)]
    return [cell, output_part(cell, beside, "fragment", "beside")]


def markdown_parts(cell):
    """A Markdown cell as the cells of its parts; what it folds away comes last, as notes for the speaker."""
    boxes = re.findall(BOX, cell.source, flags=re.S)
    text = re.sub(BOX, "", cell.source, flags=re.S).strip()
    text = re.sub(FENCE, lambda found: found[0].replace(found[1], narrow(found[1])), text, flags=re.S)
    cuts = [("notes", text)] if type_of(cell) == "notes" else split(text, type_of(cell)) if text else []
    cuts += [("notes", f"**{title.strip()}**\n\n{text.strip()}") for title, text in boxes]
    parts = []
    for number, (each, text) in enumerate(cuts):
        text = "\n\n".join(map(card, paragraphs(for_the_wall(text))))
        text = re.sub(FENCE, listing, text, flags=re.S)
        metadata = {"slideshow": {"slide_type": each}}
        parts.append(nbformat.v4.new_markdown_cell(text, id=f"{cell.id}-{number}", metadata=metadata))
    return parts


def listing(found):
    """Code in Markdown, in the size that slides.css gives to code of so many columns and rows."""
    return f'<div class="listing" {fitted(found[1])}>\n\n{found[0]}\n\n</div>'


def card(paragraph):
    """The paragraph; a question or a checkpoint in a frame of its own."""
    framed = kind(paragraph) in ("predict", "checkpoint")
    return f'<div class="card">\n\n{paragraph}\n\n</div>' if framed else paragraph


def code_parts(cell):
    """A code cell as it is shown: its code or not, a widget in words, and each further table as a cell of its own."""
    for output in cell.outputs:
        if WIDGETS in output.get("data", {}):
            output.data = {"text/html": LIVE.format(escape(cell.metadata.get("alt", "")))}
    tables = [output for output in cell.outputs if "text/html" in output.get("data", {})]
    further = [piece for table in tables for piece in pieces_of(table)][1:]
    for table in tables[:1]:
        table.data["text/html"] = pieces_of(table)[0].data["text/html"]
    for table in tables[1:]:
        cell.outputs.remove(table)
    parts = [cell]
    if cell.metadata.slideshow.get("hide_input") or folded(cell, "source_hidden"):
        cell.metadata["transient"] = {"remove_source": True}
        if folded(cell, "outputs_hidden") and type_of(cell) == "-":
            cell.metadata.slideshow["slide_type"] = step_of(cell.outputs)
    else:
        *before, cell.source = readable(cell.source)
        parts = [code_part(cell, source, number) for number, source in enumerate(before)] + parts
        if before:
            cell.metadata.slideshow["slide_type"] = "subslide"
        if cell.outputs:
            step = step_of(cell.outputs) if folded(cell, "outputs_hidden") else "-"
            parts.append(output_part(cell, cell.outputs, step, "output"))
            cell.outputs = []
    return parts + [output_part(cell, [table], "subslide", number) for number, table in enumerate(further, 1)]


def pieces_of(output):
    """An output with HTML; a table that is taller than a slide as several, each with the head of the whole."""
    found = [{**output, "data": {**output.data, "text/html": html}} for html in table_pieces(output.data["text/html"])]
    return [nbformat.from_dict(each) for each in found]


def step_of(outputs):
    """How outputs follow a question: a picture or a table on a slide of its own, which gives it room."""
    return "subslide" if any("data" in output for output in outputs) else "fragment"


def output_part(cell, outputs, slide_type, name):
    """Outputs of a cell as a cell of their own."""
    metadata = {"slideshow": {"slide_type": slide_type}, "transient": {"remove_source": True}}
    if "alt" in cell.metadata:
        metadata["alt"] = cell.metadata["alt"]
    return nbformat.v4.new_code_cell(outputs=outputs, metadata=metadata, id=f"{cell.id}-{name}")


def code_part(cell, source, number):
    """The first lines of a code cell as a cell of their own; the first of these stands where the cell would."""
    step = type_of(cell) if number == 0 else "subslide"
    return nbformat.v4.new_code_cell(source, metadata={"slideshow": {"slide_type": step}}, id=f"{cell.id}-code{number}")
