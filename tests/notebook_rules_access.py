"""Rules for those who hear a notebook: alternative texts, and the order of headings."""

import itertools
import re

from gauge import cells, prose
from notebook_cells import has_picture, has_widget, label

SHORTEST_ALT, LONGEST_ALT = 40, 400


def alt_texts(notebook):
    text = prose(notebook)
    bare = re.findall(r"!\[\s*\]", text)
    bare += [tag for tag in re.findall(r"<img\b[^>]*>", text) if not re.search(r'\balt="[^"]+"', tag)]
    return [f"{len(bare)} pictures in markdown have no alt text"] if bare else []


def alt_of_figures(notebook):
    """A cell with a picture says in its metadata `alt`, for those who cannot see it, what they would see."""
    complaints, seen = [], set()
    for cell in cells(notebook, "code"):
        alt, shows = cell["metadata"].get("alt"), has_picture(cell) or has_widget(cell)
        if shows:
            complaints += [f"the alt text of {label(cell)} {why}" for why in _bad_alt(alt)]
            if alt in seen:
                complaints.append(f"the alt text of {label(cell)} is that of another picture")
            seen.add(alt)
        elif alt is not None:
            complaints.append(f"{label(cell)} has an alt text, and no picture")
    return complaints


def _bad_alt(alt):
    if not isinstance(alt, str) or not SHORTEST_ALT <= len(alt.strip()) <= LONGEST_ALT:
        return [f"must be a string of {SHORTEST_ALT} to {LONGEST_ALT} characters in the cell's metadata"]
    sentences = re.findall(r"[.!?](?=\s|$)", alt)
    return [] if 1 <= len(sentences) <= 3 else [f"has {len(sentences)} sentences; 1 to 3 are wanted"]


def heading_order(notebook):
    return misordered_headings(prose(notebook))


def misordered_headings(text):
    """Headings of Markdown without code: one of the first level, none empty, and no level left out on the way down."""
    found = [(len(marks), words.strip()) for marks, words in re.findall(r"^(#{1,6})(?:[ \t]+(.*))?$", text, flags=re.M)]
    first = sum(level == 1 for level, _ in found)
    complaints = [] if first == 1 else [f"{first} headings of the first level; there must be one"]
    complaints += [f"an empty heading of level {level}" for level, words in found if not words]
    for (above, _), (level, words) in itertools.pairwise([(0, ""), *found]):
        if level > above + 1:
            complaints.append(f"the heading {words!r} is of level {level}, after one of level {above}")
    return complaints
