"""How a cell of a notebook becomes cells of slides, and where it is cut."""

import base64
import struct

import nbformat
import pytest

import slide_cells

PRINTED = nbformat.v4.new_output("stream", text="2/10\n")


def steps(*cells):
    """What nbconvert is handed for these cells, after a title: the slide type, whether code is shown, the outputs."""
    title = nbformat.v4.new_markdown_cell("# Title", metadata={"slideshow": {"slide_type": "slide"}})
    shown = slide_cells.shown(nbformat.v4.new_notebook(cells=[title, *cells]))
    return [
        (cell.metadata.slideshow.slide_type, "remove_source" not in cell.metadata.get("transient", {}), cell.outputs)
        if cell.cell_type == "code"
        else (cell.metadata.slideshow.slide_type, cell.source)
        for cell in shown.cells[1:]
    ]


def picture_of(width, height):
    """An output with the beginning of a PNG of that size."""
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(24)
    return nbformat.v4.new_output("display_data", {"image/png": base64.b64encode(head).decode()})


def code_cell(slide_type, *outputs, **folds):
    metadata = {"slideshow": {"slide_type": slide_type}, "jupyter": folds}
    return nbformat.v4.new_code_cell("cliff()", outputs=list(outputs), metadata=metadata)


def test_a_folded_source_is_hidden():
    assert steps(code_cell("-", PRINTED, source_hidden=True)) == [("-", False, [PRINTED])]


@pytest.mark.parametrize(
    ("slide_type", "hidden", "expected"),
    [
        ("-", True, [("fragment", False, [PRINTED])]),
        ("subslide", True, [("subslide", False, [PRINTED])]),
        ("-", False, [("-", True, []), ("fragment", False, [PRINTED])]),
        ("subslide", False, [("subslide", True, []), ("fragment", False, [PRINTED])]),
    ],
)
def test_a_folded_output_comes_on_the_next_step(slide_type, hidden, expected):
    folds = {"outputs_hidden": True} | ({"source_hidden": True} if hidden else {})
    assert steps(code_cell(slide_type, PRINTED, **folds)) == expected


def test_a_folded_picture_has_a_slide_of_its_own():
    picture = picture_of(800, 400)
    assert steps(code_cell("-", picture, outputs_hidden=True)) == [("-", True, []), ("subslide", False, [picture])]


def test_each_further_table_has_its_slide():
    tables = [nbformat.v4.new_output("display_data", {"text/html": f"<table>{number}</table>"}) for number in (1, 2)]
    assert steps(code_cell("-", *tables)) == [
        *(("-", True, []), ("-", False, tables[:1])),
        ("subslide", False, tables[1:]),
    ]


def test_what_is_folded_away_becomes_a_note_and_the_answers_of_the_quiz_stay():
    answer = "<details><summary>Answer</summary>\n\nSeven.\n\n</details>"
    text = (
        f"Text.\n\n<details>\n<summary>Why?</summary>\n\nSince $w$ shrinks.\n\n</details>\n\n**1.** Four?\n\n{answer}"
    )
    cell = nbformat.v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": "slide"}})
    assert steps(cell) == [
        ("slide", "Text."),
        ("subslide", f"**1.** Four?\n\n{answer}"),
        ("notes", "**Why?**\n\nSince $w$ shrinks."),
    ]


# Where things find room


def types(*cells):
    """The slide types of cells after a title, and what each holds: "picture", "printed", or its first word."""
    return [(each[0], held(each)) for each in steps(*cells)]


def held(step):
    if isinstance(step[1], str):
        return step[1].split()[0]
    return ["picture" if "data" in output else "printed" for output in step[2]] or "code"


def prose(slide_type, text):
    return nbformat.v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": slide_type}})


LINE, FLAT, TALL = "word " * 14, picture_of(1180, 300), picture_of(900, 640)


def test_a_figure_shares_its_slide_with_what_leaves_its_labels_legible():
    cells = prose("subslide", LINE), code_cell("-", FLAT, source_hidden=True), prose("fragment", LINE)
    assert types(*cells) == [("subslide", "word"), ("-", ["picture"]), ("fragment", "word")]


def test_a_figure_below_long_text_begins_a_slide():
    cells = prose("subslide", LINE * 11), code_cell("-", FLAT, source_hidden=True)
    assert types(*cells) == [("subslide", "word"), ("subslide", ["picture"])]


def test_what_follows_a_tall_figure_begins_a_slide():
    cells = code_cell("subslide", TALL, source_hidden=True), prose("fragment", LINE * 4), prose("fragment", LINE)
    assert types(*cells) == [("subslide", ["picture"]), ("subslide", "word"), ("fragment", "word")]


def test_what_is_printed_beside_a_figure_comes_below_it():
    cell = code_cell("subslide", FLAT, PRINTED, source_hidden=True)
    assert types(cell) == [("subslide", ["picture"]), ("fragment", ["printed"])]


def test_a_table_beside_a_figure_has_a_slide_of_its_own_where_the_figure_needs_the_room():
    table = nbformat.v4.new_output("display_data", {"text/html": "<table>" + "<tr><td>1.0</td></tr>" * 6 + "</table>"})
    beside = {
        name: [step[0] for step in steps(code_cell("subslide", figure, table, source_hidden=True))]
        for name, figure in (("flat", FLAT), ("tall", TALL))
    }
    assert beside == {"flat": ["subslide", "fragment"], "tall": ["subslide", "subslide"]}


def test_what_is_printed_below_long_text_begins_a_slide():
    lines = nbformat.v4.new_output("stream", text="2/10\n" * 9)
    cells = prose("subslide", LINE * 11), code_cell("-", lines, source_hidden=True)
    assert types(*cells) == [("subslide", "word"), ("subslide", ["printed"])]


def test_code_in_markdown_is_made_narrow():
    call = f"function_of_many_arguments({', '.join(f'argument_{number}={number}' for number in range(7))})"
    cells = slide_cells.shown(nbformat.v4.new_notebook(cells=[prose("slide", f"# T\n\nSo:\n\n```python\n{call}\n```")]))
    fence = "\n\n```python\nfunction_of_many_arguments(\n"
    assert f'<div class="listing" style="--columns: 100; --rows: 3">{fence}' in cells.cells[0].source


def test_text_that_fills_a_slide_is_not_set_large():
    cells = slide_cells.shown(
        nbformat.v4.new_notebook(cells=[prose("slide", "# T"), prose("subslide", LINE * 11)])
    ).cells
    assert [cell.metadata.slideshow.data.get("dense") for cell in cells] == [None, "yes"]


def test_parts_of_code_follow_one_another_and_the_last_has_the_output():
    half = "def f(x):\n" + "    x += 1\n" * 12 + "    return x"
    cell = code_cell("fragment", FLAT)
    cell.source = f"{half}\n\n\n{half}"
    parts = slide_cells.code_parts(cell)
    assert [slide_cells.type_of(part) for part in parts] == ["fragment", "subslide", "-"]
    assert [bool(part.outputs) for part in parts] == [False, False, True]
