"""Build slides for the projector from the notebooks, to be shown offline: `make slides [NB=04] [LESSON=45]`.

The decks are made from the saved outputs; nothing is run. What each cell becomes: tools/slide_cells.py.
"""

import argparse
import importlib.util
import re
import sys
from html import escape
from pathlib import Path

import nbformat

import lesson_slides
import lessons
from clr_utils.files import write_atomically
from command_line import new_folder
from run_notebooks import select
from slide_cells import SlidesError, shown
from slide_code import fitted
from slide_text import headings

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = Path(__file__).with_name("slides")
PACKAGES = ("nbconvert", "sphinx_revealjs", "sphinx-mathjax-offline", "a11y_pygments", "ruff")
REVEAL = ("LICENSE", "dist/reset.css", "dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js")
MATHJAX = "tex-svg-full.js"
LESSON = "lesson_"


# Decks


def deck(slides):
    """A deck as HTML, from a notebook as `slide_cells.shown` makes it."""
    from nbconvert import SlidesExporter

    exporter = SlidesExporter(
        template_name=TEMPLATE.name,
        extra_template_basedirs=[str(TEMPLATE.parent)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    exporter.register_filter("fitted", fitted)
    return exporter.from_notebook_node(slides)[0]


def contents(paths, lessons_made):
    """The page that lists the decks of these notebooks and of these lessons, given by their minutes."""
    from jinja2 import Template

    decks = []
    for path in paths:
        first = nbformat.read(path, as_version=4).cells[0].source
        claim = re.search(r"^\*\*(.+?)\*\*$", first, flags=re.M | re.S)
        decks.append({"file": f"{path.stem}.html", "title": escape(headings(first)[0]), "claim": escape(claim[1])})
    template = Template((TEMPLATE / "contents.html.j2").read_text(encoding="utf-8"))
    return template.render(decks=decks, lessons=lessons_made)


def parts_of_all_decks():
    """The files that every deck needs, by their place in the folder of the decks."""
    from pygments.formatters import HtmlFormatter

    reveal = package("sphinx_revealjs") / "_static" / "revealjs"
    colours = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")
    return {
        **{f"reveal/{name}": (reveal / name).read_text(encoding="utf-8") for name in REVEAL},
        f"mathjax/{MATHJAX}": (package("sphinx-mathjax-offline") / "static" / "mathjax" / MATHJAX).read_text("utf-8"),
        "slides.css": (TEMPLATE / "slides.css").read_text(encoding="utf-8") + colours,
    }


def package(name):
    return Path(importlib.util.find_spec(name).origin).parent


def build(numbers, output, folder=ROOT / "notebooks", *, lesson=None):
    """Build the decks of the notebooks with these numbers, all of them without numbers, or of one lesson plan.

    Args:
        numbers: Such as ["04"].
        output: The folder of the decks.
        folder: The folder of the notebooks and of TEACHING.md.
        lesson: The minutes of a lesson plan, as text; its deck alone is built.

    Returns:
        The decks' files.

    Raises:
        SlidesError: A package is missing, there is no such notebook or plan, a plan leads nowhere, or a cell does not
            say what it is on the slides.
    """
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        raise SlidesError(
            f"not installed: {', '.join(missing)}; run make setup, or pip install -e '.[cpu,lab,site,test]'"
        )
    guide = (folder / "TEACHING.md").read_text(encoding="utf-8") if (folder / "TEACHING.md").exists() else ""
    plans = lessons.plans(guide)
    if lesson is not None:
        if lesson not in map(str, plans):
            there = ", ".join(map(str, plans)) or "none"
            raise SlidesError(f"there is no lesson of {lesson!r} minutes in TEACHING.md; there are: {there}")
        if numbers:
            raise SlidesError("LESSON and NB exclude each other: a lesson takes its sections out of several notebooks")
    try:
        notebooks, everything = (
            [path for path in select(folder, each) if path.parent == folder] for each in (numbers, [])
        )
    except ValueError as error:
        raise SlidesError(str(error)) from None
    for name, text in parts_of_all_decks().items():
        write_atomically(output / name, text)
    made = []
    if lesson is not None:
        plan = plans[int(lesson)]
        needed = {row.notebook for row in plan.rows}
        sources = {path.name[:2]: slides_of(path) for path in notebooks if path.name[:2] in needed}
        made.append(output / f"{LESSON}{lesson}.html")
        write_atomically(made[-1], deck(lesson_slides.lesson(plan, sources)))
    for path in notebooks if lesson is None else ():
        slides = slides_of(path)
        slides.cells = lesson_slides.with_notes(slides.cells, lessons.notes(guide, path.name[:2]))
        made.append(output / f"{path.stem}.html")
        write_atomically(made[-1], deck(slides))
    listed = [path for path in everything if (output / f"{path.stem}.html").exists()]
    write_atomically(
        output / "index.html", contents(listed, [each for each in plans if (output / f"{LESSON}{each}.html").exists()])
    )
    return made


def slides_of(path):
    """The notebook as slides; an error names its file."""
    try:
        return shown(nbformat.read(path, as_version=4))
    except SlidesError as error:
        raise SlidesError(f"{path.name}: {error}") from None


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", help="such as 04; all notebooks when left out")
    parser.add_argument("--lesson", help="the minutes of a lesson plan in notebooks/TEACHING.md, such as 45")
    parser.add_argument(
        "--output", type=new_folder, default=ROOT / "build" / "slides", help="build/slides when left out"
    )
    options = parser.parse_args(arguments)
    try:
        decks = build(options.numbers, options.output.resolve(), lesson=options.lesson)
    except SlidesError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(decks)} deck{'s' * (len(decks) != 1)}; open {options.output / 'index.html'} in a browser")
    return 0


if __name__ == "__main__":
    sys.exit(main())
