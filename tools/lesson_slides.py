"""Notes for the speaker in the decks, and decks that follow a lesson plan of TEACHING.md, row by row."""

import base64
import copy
import io
import re

import nbformat

from lessons import sentence
from slide_cells import SlidesError, anchors, png_of, type_of
from slide_text import for_the_wall

COVER_COLOUR = "#e9f1f8"
WHITE = 250  # of 255, and above


def with_notes(cells, notes):
    """The cells of slides, with notes, {anchor: [Markdown, ...]}, at the first slide of a heading; "" is the title."""
    found = []
    for place, cell in enumerate(cells):
        found.append(cell)
        said = [each for anchor in anchors(cell) for each in notes.get(anchor, [])]
        if said := notes.get("", []) * (place == 0) + said:
            found.append(note(said, f"{cell.id}-notes"))
    return found


def note(paragraphs, name):
    return markdown("notes", for_the_wall("\n\n".join(paragraphs)), name)


def markdown(slide_type, text, name, **data):
    metadata = {"slideshow": {"slide_type": slide_type, "data": data}}
    return nbformat.v4.new_markdown_cell(text, metadata=metadata, id=name[:64])


def lesson(plan, shown):
    """The slides of a lesson plan, as a notebook: for each row the task of the class, then the section of a notebook.

    Args:
        plan: A lessons.Plan.
        shown: The notebooks by number, as slide_cells.shown makes them.

    Raises:
        SlidesError: A row leads to no notebook or heading, or covers a figure where there is none.
    """
    title = f"Cyclical learning rates: a lesson of {plan.minutes} minutes"
    cells = [markdown("slide", f"# {title}", "title", kind="title"), note([plan.before], "title-notes")]
    for row in plan.rows:
        cells += slides_of(row, shown)
    homework = plan.after.removeprefix("Homework: ")
    homework = homework[:1].upper() + homework[1:]
    cells.append(markdown("slide", f"## Homework\n\n{for_the_wall(homework)}", "homework"))
    return nbformat.v4.new_notebook(cells=cells, metadata={"title": title})


def slides_of(row, shown):
    """The slides of a row: each one carries what the guide says to the speaker."""
    name, minutes = f"at-{row.begin}", f"{row.begin}–{row.end} minutes"
    said = f"**The class:** {sentence(row.students)}" if row.notebook else f"**Break:** {row.end - row.begin} minutes."
    cells = [markdown("slide", f'<div class="card">\n\n{for_the_wall(said)}\n\n</div>', name, head=minutes)]
    if row.notebook:
        section = section_of(row, shown)
        cells += covered_first(section, row.covered, minutes) if row.covered else section
    for number, cell in enumerate(cells[1:], 1):
        cell.id = f"{name}-{number}"
        if number == 1 or type_of(cell) == "slide":
            cell.metadata.slideshow["slide_type"] = "subslide"
    found = []
    for cell in cells:
        begins = type_of(cell) in ("slide", "subslide")
        found += [cell, note([row.note], f"{cell.id}-notes")] if begins else [cell]
    return found


def section_of(row, shown):
    """The slides of the section that a row leads to, up to the next heading."""
    cells = shown[row.notebook].cells if row.notebook in shown else []
    begin = next((place for place, cell in enumerate(cells) if row.anchor in anchors(cell)), None)
    if begin is None:
        raise SlidesError(
            f"TEACHING.md leads at {row.begin}–{row.end} to {row.notebook} #{row.anchor}: no such heading"
        )
    end = next((place for place in range(begin + 1, len(cells)) if anchors(cells[place])), len(cells))
    found = copy.deepcopy(cells[begin:end])
    for cell in found:  # the minutes of a checkpoint are those of a student alone
        cell.source = re.sub(r"(\*\*Checkpoint) \(\d+ minutes\)", r"\1", cell.source)
    return found


def covered_first(cells, covered, minutes):
    """The slides, with a figure in two steps: one side covered, then the whole.

    It is the first one for a half, the first one that has two panels for a panel.
    """
    side, part = covered
    place = next(
        (place for place, cell in enumerate(cells) if png_of(cell) and (part == "half" or cut(cell, side))), None
    )
    if place is None:
        raise SlidesError(
            f"TEACHING.md covers the {side} {part} of a figure at {minutes}, and that section has none such"
        )
    whole, hidden = cells[place], copy.deepcopy(cells[place])
    hidden.outputs = [nbformat.v4.new_output("display_data", {"image/png": cover(png_of(whole), side, part)})]
    hidden.metadata["alt"] = f"The figure of the next slide, with its {side} {part} covered."
    whole.metadata.slideshow["slide_type"] = "subslide"
    return [*cells[:place], hidden, *cells[place:]]


def cut(cell, side):
    """Where a cell's picture has a gap between panels, None if it has none."""
    return gap(pixels_across(picture_of(png_of(cell)), side))


def picture_of(png):
    from PIL import Image

    return Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")


def pixels_across(picture, side):
    """The grey values, the axis first along which the picture is cut."""
    import numpy as np

    grey = np.asarray(picture.convert("L"))
    return grey.T if side in ("left", "right") else grey


def cover(png, side, part):
    """A picture (PNG in base 64) with one side covered: from the gap between its panels, or from its middle."""
    from PIL import ImageDraw

    picture = picture_of(png)
    grey, (width, height) = pixels_across(picture, side), picture.size
    at = gap(grey) if part == "panel" else middle(grey, side)
    boxes = {"left": (0, 0, at, height), "right": (at, 0, width, height)}
    boxes |= {"upper": (0, 0, width, at), "lower": (0, at, width, height)}
    ImageDraw.Draw(picture).rectangle(boxes[side], fill=COVER_COLOUR)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")


def middle(grey, side):
    """Where the axes of a picture have their middle, by its longest dark line; the half that is covered has a bit more.

    What begins in the middle, such as a jump, is covered with it.
    """
    dark = grey < WHITE // 2
    (line,) = dark[:, dark.sum(axis=0).argmax()].nonzero()
    more = len(grey) // 100
    return (line[0] + line[-1]) // 2 + (more if side in ("left", "upper") else -more)


def gap(grey):
    """The row amid the widest band of white rows of a picture, an array of 0 to 255; None if there is no band.

    Bands near its edges do not count.
    """
    white = (grey > WHITE).all(axis=1)
    first, last = len(white) // 5, len(white) * 6 // 7
    widest, begin = (0, None), first
    for row in range(first, last):
        if white[row]:
            widest = max(widest, (row - begin + 1, (begin + row) // 2), key=lambda band: band[0])
        else:
            begin = row + 1
    return widest[1]
