"""How much of a slide, 1280 by 720 pixels, text and figures take: estimates that decide where a slide is cut."""

import base64
import math
import re
import struct

WIDTH, HEIGHT = 1180, 640  # inside the margins of slides.css
TALLEST = 590  # of text that stands on one slide
SMALLEST_SCALE = 0.84  # of a figure: its labels of 11 points, drawn at 110 dots an inch, are then 14 pixels high
SMALLEST_FIGURE = 300  # pixels, of one that is not as wide as the slide
GAP = 16


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
        return 41 * (block.count("\n") + 1)
    if block.startswith("```"):
        return 29 * (block.count("\n") + 1)
    columns = WIDTH / (0.47 * size) - (6 if re.match(r"[-*] |\d+\. ", block) else 0)
    return sum(line * math.ceil(len(each) / columns) for each in block.splitlines())


def printed_height(text):
    """The height of what a cell printed."""
    return sum(31 * math.ceil(len(line) / 82) for line in text.splitlines()) + GAP


def table_pieces(html):
    """A table in HTML, cut into tables that fit a slide, where the first column has an entry.

    What is no table of many rows stays whole.
    """
    found = re.fullmatch(r"(.*<tbody>)(.*)(</tbody>.*)", html, flags=re.S)
    rows = re.findall(r"<tr.*?</tr>", found[2], flags=re.S) if found else []
    groups = []
    for row in rows:
        if not groups or len(cells_of(row)) == max(map(len, map(cells_of, rows))):
            groups.append([])
        groups[-1].append(row)
    pieces = [[]]
    for group in groups:
        if pieces[-1] and sum(map(row_height, pieces[-1] + group)) > TALLEST - 100:
            pieces.append([])
        pieces[-1] += group
    return [f"{found[1]}{''.join(piece)}{found[3]}" for piece in pieces] if found else [html]


def cells_of(row):
    return re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.S)


def row_height(row):
    return 10 + 27 * max(math.ceil(len(text) / 18) for text in cells_of(row))


def png_size(png):
    """The width and height in pixels of a PNG in base 64."""
    return struct.unpack(">II", base64.b64decode(png[:64])[16:24])


def has_room(png, taken):
    """Whether a picture is legible on a slide of which so many pixels are taken from its height."""
    width, height = png_size(png)
    widest = WIDTH / width
    scale = min(widest, (HEIGHT - taken) / height)
    return scale >= SMALLEST_SCALE and (scale * height >= SMALLEST_FIGURE or scale > 0.97 * widest)
