"""How long the notebooks are to read: words, cells, lines of code that are open or folded away: `make gauge [NB=04]`.

Nothing is held to these numbers; they tell where a notebook asks too much.
"""

import argparse
import json
import re
import sys

from run_notebooks import FOLDER, select

WORDS_A_MINUTE = 150  # read aloud
FOLDS = ("source_hidden", "outputs_hidden")
COLUMNS = ("words", "aloud", "named", "cells", "open", "folded", "words/line")
LEGEND = f"""\
aloud: minutes to read the words aloud, {WORDS_A_MINUTE} a minute; named: minutes that the first cell names;
cells: of code; open, folded: lines of code; words/line: of prose, for each line of code that stays open"""


def text_of(part):
    """The text of a cell or an output, which the format stores as a string or as a list of lines."""
    return part if isinstance(part, str) else "".join(part)


def cells(notebook, kind):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def source(cell):
    return text_of(cell["source"])


def folded(cell, flag):
    """Whether JupyterLab shows the cell with its source ("source_hidden") or its output ("outputs_hidden") folded."""
    return cell["metadata"].get("jupyter", {}).get(flag) is True


def prose(notebook):
    """All markdown, without code blocks."""
    return re.sub(r"```.*?```", "", "\n\n".join(source(cell) for cell in cells(notebook, "markdown")), flags=re.S)


def words(notebook):
    """The number of words of prose, without formulas and the targets of links."""
    text = re.sub(r"\]\([^)]*\)|<[^>]+>|\$\$.*?\$\$|\$[^$\n]+\$", " ", prose(notebook), flags=re.S)
    return sum(any(letter.isalnum() for letter in word) for word in text.split())


def minutes(notebook):
    """The minutes that the first cell names, 0 if it names none."""
    time = re.search(r"^Time: (\d+) minutes", prose(notebook), re.M)
    return int(time[1]) if time else 0


def measures(notebook):
    """The notebook's number in each of COLUMNS."""
    count, code = words(notebook), cells(notebook, "code")
    lines = {hidden: 0 for hidden in (False, True)}
    for cell in code:
        lines[folded(cell, "source_hidden")] += len(source(cell).splitlines())
    aloud = round(count / WORDS_A_MINUTE)
    return count, aloud, minutes(notebook), len(code), lines[False], lines[True], round(count / max(lines[False], 1), 1)


def table(notebooks):
    """The table of the notebooks, given by name."""
    rows = [("", *COLUMNS), *((name, *measures(notebook)) for name, notebook in notebooks.items())]
    width = max(len(row[0]) for row in rows)
    lines = [f"{name:<{width}}" + "".join(f"{each:>12}" for each in numbers) for name, *numbers in rows]
    return "\n".join([*lines, LEGEND])


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", help="such as 04; all notebooks when left out")
    options = parser.parse_args(arguments)
    try:
        paths = [path for path in select(FOLDER, options.numbers) if path.parent == FOLDER]
    except ValueError as error:
        parser.error(str(error))
    print(table({path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
