"""Python code on slides: broken and cut so that it is readable from the back of a room."""

import ast
import subprocess
from functools import cache
from itertools import takewhile

WIDTHS = (80, 96, 112)  # of lines of code, in columns
LONGEST = 102  # columns of a line of code on a slide
READABLE = 18.5  # code, in pixels of a slide that is 720 high


def readable(code):
    """Python code, narrow, in as many parts as it takes to be readable from the back of a room.

    It is cut between two statements that stand at its left edge, at best where a line is empty, near its middle.
    """
    try:
        statements = ast.parse(code).body[1:]
    except SyntaxError:  # a command such as !pip
        statements = []
    if size(narrow(code)) >= READABLE or not statements:
        return [narrow(code)]
    lines = code.splitlines()
    cuts = [min(part.lineno for part in (each, *getattr(each, "decorator_list", []))) - 1 for each in statements]
    cuts = [cut - len(list(takewhile(lambda line: line.startswith("#"), lines[cut - 1 :: -1]))) for cut in cuts]
    cut = min(cuts, key=lambda cut: abs(cut - len(lines) / 2) - (len(lines) / 4 if not lines[cut - 1].strip() else 0))
    return readable("\n".join(lines[:cut]).rstrip()) + readable("\n".join(lines[cut:]))


def size(code):
    """The size in pixels in which slides.css sets code."""
    columns, rows = room_of(code)
    return min(22, 1140 / 0.603 / columns, 560 / 1.3 / rows)


def fitted(text):
    """The attribute of HTML from which slides.css takes the size of code or of what was printed."""
    columns, rows = room_of(text)
    return f'style="--columns: {columns}; --rows: {rows}"'


def room_of(text):
    """The columns and rows of a text; a line of more than LONGEST columns goes on in the next."""
    lengths = [len(line) for line in text.splitlines()]
    return min(max(lengths), LONGEST), sum(max(1, -(-length // LONGEST)) for length in lengths)


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
