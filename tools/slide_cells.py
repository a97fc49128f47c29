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

import ast
import copy
import re
import subprocess
from functools import cache
from html import escape
from itertools import takewhile

import nbformat

from gauge import folded
from slide_room import (
    HEIGHT,
    TALLEST,
    has_room,
    html_height,
    markdown_table_pieces,
    printed_height,
    table_pieces,
    text_height,
)

HEAD = 50  # pixels that the name of the section takes
WIDTHS = (80, 96, 112)  # of lines of code, in columns
LONGEST = 102  # columns of a line of code on a slide, as in index.html.j2
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
FENCE = r"```python\n(.+?)\n```"
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
    for paragraph in itemised(paragraphs(text)):
        this = kind(paragraph)
        last = kind(parts[-1][1][-1]) if parts else None
        if this == "predict":
            begins = last != "plain" or not is_short(parts[-1][1])
        else:
            full = parts and text_height("\n\n".join([*parts[-1][1], paragraph])) > TALLEST
            begins = last in COMPLETE or this != "plain" or full
        if not parts or (begins and last != "heading"):
            parts.append((SLIDE_TYPES.get(this, "subslide") if parts else slide_type, [paragraph]))
        else:
            parts[-1][1].append(paragraph)
    return [(each, "\n\n".join(together)) for each, together in parts]


def itemised(found):
    """The paragraphs, with each list that is taller than a slide taken apart into its items, and each table cut."""

    def pieces(paragraph):
        if paragraph.startswith("|"):
            return markdown_table_pieces(paragraph)
        return re.split(r"\n(?=\d+\. |[-*] )", paragraph) if text_height(paragraph) > TALLEST else [paragraph]

    return [piece for paragraph in found for piece in pieces(paragraph)]


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


def has_long_code(text):
    """Whether code within a line, which is not broken, is too wide for text that is set large."""
    return any(len(code) > 60 for code in re.findall(r"`([^`\n]+)`", text))


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


def png_of(cell):
    """The first picture of a cell, in base 64; "" if it has none."""
    pictures = [output.data["image/png"] for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    return pictures[0] if pictures else ""


def picture_first(cell):
    """A code cell; what it prints beside a picture becomes a cell below the picture."""
    printed = [output for output in cell.outputs if output.output_type == "stream"]
    if not png_of(cell) or not printed:
        return [cell]
    cell.outputs = [output for output in cell.outputs if output.output_type != "stream"]
    return [cell, output_part(cell, printed, "fragment", "printed")]


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
    lines = found[1].splitlines()
    fitted = f"--columns: {max(map(len, lines))}; --rows: {len(lines)}"
    return f'<div class="listing" style="{fitted}">\n\n{found[0]}\n\n</div>'


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


def readable(code):
    """Python code, narrow, in as many parts as it takes to be readable from the back of a room.

    It is cut between two statements that stand at its left edge, at best where a line is empty, near its middle.
    """
    lines = code.splitlines()
    if size(narrow(code)) >= READABLE:
        return [narrow(code)]
    try:
        statements = ast.parse(code).body[1:]
    except SyntaxError:  # a command such as !pip
        return [narrow(code)]
    if not statements:
        return [narrow(code)]
    cuts = [min(part.lineno for part in (each, *getattr(each, "decorator_list", []))) - 1 for each in statements]
    cuts = [cut - len(list(takewhile(lambda line: line.startswith("#"), lines[cut - 1 :: -1]))) for cut in cuts]
    cut = min(cuts, key=lambda cut: abs(cut - len(lines) / 2) - (len(lines) / 4 if not lines[cut - 1].strip() else 0))
    return readable("\n".join(lines[:cut]).rstrip()) + readable("\n".join(lines[cut:]))


def size(code):
    """The size in pixels in which slides.css sets code; a line of more than LONGEST columns goes on in the next."""
    lengths = [len(line) for line in code.splitlines()]
    rows = sum(max(1, -(-length // LONGEST)) for length in lengths)
    return min(22, 1140 / 0.603 / min(max(lengths), LONGEST), 560 / 1.3 / rows)


def narrow(code):
    """Python code in the fewest lines that are readable from the back of a room."""

    def fit(text):
        return (True, -text.count("\n")) if size(text) >= READABLE else (False, size(text))

    return max((formatted(code, width) for width in WIDTHS), key=fit)


@cache
def formatted(code, width):
    from ruff.__main__ import find_ruff_bin

    command = [find_ruff_bin(), "format", "--isolated", f"--line-length={width}", "-"]
    done = subprocess.run(command, input=code, capture_output=True, text=True)
    return (done.stdout if done.returncode == 0 else code).rstrip("\n")  # ruff cannot read commands such as !pip
