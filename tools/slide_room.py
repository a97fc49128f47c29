"""How much of a slide, 1280 by 720 pixels, text and figures take: estimates that decide where a slide is cut."""

import base64
import math
import re
import struct

WIDTH, HEIGHT = 1180, 640  # inside the margins of slides.css
TALLEST = 590  # of text that stands on one slide
HEADING = 100  # what the heading of a slide takes, and the head of a table
SMALLEST_SCALE = 0.84  # of a figure: its labels of 11 points, drawn at 110 dots an inch, are then 14 pixels high
SMALLEST_FIGURE = 300  # pixels, of one that is not as wide as the slide
GAP = 16
RULE = re.compile(r"\|[-:| ]+$")  # below the head of a table in Markdown


def text_height(text, size=30):
    """The height of Markdown in pixels, set in a font of so many pixels."""
    fences = re.findall(r"```.*?```", text, flags=re.S)
    blocks = re.split(r"\n\s*\n", re.sub(r"```.*?```", "\n\n", text, flags=re.S))
    return sum(block_height(block.strip(), size) + GAP for block in [*blocks, *fences] if block.strip())


def block_height(block, size):
    line = 1.35 * size
    if block.startswith("#"):
        return 58
    if "$$" in block:
        return 110
    if block.startswith("|"):
        return sum(row_heights([cells_between_bars(row) for row in block.splitlines() if not RULE.match(row)], 12))
    if block.startswith("```"):
        return 29 * (block.count("\n") + 1)
    columns = WIDTH / (0.485 * size) - (6 if re.match(r"[-*] |\d+\. ", block) else 0)
    return sum(line * math.ceil(len(each) / columns) for each in block.splitlines())


def printed_height(text):
    """The height of what a cell printed."""
    return sum(31 * math.ceil(len(line) / 82) for line in text.splitlines()) + GAP


def markdown_table_pieces(table):
    """A table in Markdown, cut into tables that fit a slide below a heading, each with the head of the whole."""
    head, rule, *rows = table.splitlines()
    pieces = [[]]
    for row in rows:
        if pieces[-1] and text_height("\n".join([head, *pieces[-1], row])) > TALLEST - HEADING:
            pieces.append([])
        pieces[-1].append(row)
    return ["\n".join([head, rule, *piece]) for piece in pieces]


def table_pieces(html):
    """A table in HTML, cut into tables that fit a slide, where the first column has an entry.

    What is no table of many rows stays whole.
    """
    found, rows = _table(html)
    groups = []
    for row in rows:
        if not groups or len(cells_of(row)) == max(map(len, map(cells_of, rows))):
            groups.append([])
        groups[-1].append(row)
    pieces = [[]]
    for group in groups:
        if pieces[-1] and sum(row_heights(list(map(cells_of, pieces[-1] + group)), 10.5)) > TALLEST - 2 * HEADING:
            pieces.append([])
        pieces[-1] += group
    return [f"{found[1]}{''.join(piece)}{found[3]}" for piece in pieces] if found else [html]


def html_height(html):
    """The height of a table in HTML, with its head, or of another text."""
    rows = _table(html)[1]
    if not rows:
        return text_height(re.sub(r"<[^>]+>", "", html)) if html else 0
    return sum(row_heights([cells_of(row) for row in rows], 10.5)) + 2 * GAP


def _table(html):
    found = re.fullmatch(r"(.*<tbody>)(.*)(</tbody>.*)", html, flags=re.S)
    return found, re.findall(r"<tr.*?</tr>", found[2], flags=re.S) if found else []


def cells_of(row):
    return re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.S)


def cells_between_bars(row):
    return [cell.strip() for cell in row.strip("|").split("|")]


def row_heights(rows, character):
    """The height of each row of a table, whose columns share the slide by what stands in them.

    Args:
        rows: Lists of texts; one that is shorter lacks its first columns, which go on from the row above.
        character: The mean width of a character in pixels.
    """
    count = max(map(len, rows))
    rows = [[""] * (count - len(row)) + row for row in rows]
    longest = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = (WIDTH - 24 * count) / character / max(1, sum(longest))
    line = 2.5 * character
    return [
        11
        + line
        * max(
            math.ceil(len(cell) / max(8, room * long)) if room < 1 else 1
            for cell, long in zip(row, longest, strict=True)
        )
        for row in rows
    ]


def png_size(png):
    """The width and height in pixels of a PNG in base 64."""
    return struct.unpack(">II", base64.b64decode(png[:64])[16:24])


def has_room(png, taken):
    """Whether a picture is legible on a slide of which so many pixels are taken from its height."""
    width, height = png_size(png)
    widest = WIDTH / width
    scale = min(widest, (HEIGHT - taken) / height)
    return scale >= SMALLEST_SCALE and (scale * height >= SMALLEST_FIGURE or scale > 0.97 * widest)
