"""Where the Markdown of a cell is cut for slides, and what of it is shown."""

import slide_text

CUTS = [
    ("One.\n\nTwo.", ["slide"]),
    ("## Theory\n\n### The map\n\nText.", ["slide"]),
    ("Text.\n\n### The map\n\nText.", ["slide", "slide"]),
    ("**What to see.** It falls.\n\nMore.\n\nAnd more.", ["slide", "subslide"]),
    ("Text.\n\n**What to see.** It falls.", ["slide", "fragment"]),
    ("Short.\n\n**Predict first.** Up?", ["slide"]),
    ("Short. **Predict first.** Up?", ["slide"]),
    ("## Theory\n\n**Predict first.** Up?", ["slide"]),
    ("long " * 100 + "**Predict first.** Up?", ["slide", "subslide"]),
    ("$$x$$\n\n**Predict first.** Up?", ["slide", "subslide"]),
    ("| a |\n|---|\n| b |\n\n**Predict first.** Up?", ["slide", "subslide"]),
    ("**What to see.** It falls.\n\n**Predict first.** Up?", ["slide", "subslide"]),
    ("**Predict first.** Up?\n\nMore.", ["slide", "subslide"]),
    ("Text.\n\n**Checkpoint (10 minutes).** You can.\n\nMore.", ["slide", "subslide", "subslide"]),
    ("## Quiz\n\n**1.** Four?\n\n<details>\n\nFour.\n\n</details>\n\n**2.** Five?", ["slide", "subslide"]),
    ("Text.\n\nSo:\n\n```python\na = 1\n\n\nb = 2\n```", ["slide", "subslide"]),
]


def test_split():
    for text, types in CUTS:
        assert [slide_type for slide_type, _ in slide_text.split(text, "slide")] == types, text


def test_the_first_part_has_the_type_of_its_cell():
    assert slide_text.split("**What to see.** It falls.\n\nMore.", "fragment")[0][0] == "fragment"


def test_code_and_folded_answers_stay_whole():
    code, answer = "```python\na = 1\n\n# b\n```", "<details>\n\n**1.** One.\n\n</details>"
    assert slide_text.paragraphs(f"Text.\n\n{code}\n\n{answer}") == ["Text.", code, answer]


def test_on_the_wall_links_lead_nowhere():
    text = "Time: 40 minutes · Needs: nothing\n\nA [cycle](glossary.ipynb#cycle) of [01](01_x.ipynb), $[0, 1]$."
    assert slide_text.for_the_wall(text) == "A cycle of 01, $[0, 1]$."
    assert slide_text.plain("## `exp_range` *or* [not](x.md)") == "## exp_range or not"


def test_long_text_is_cut_between_its_paragraphs_and_the_items_of_a_list():
    line = "word " * 14
    paragraph = line * 5
    assert [each for each, _ in slide_text.split("\n\n".join([paragraph] * 4), "slide")] == ["slide", "subslide"]
    items = "\n".join(f"{number}. {line * 3}" for number in range(1, 9))
    parts = slide_text.split(items, "slide")
    assert [each for each, _ in parts] == ["slide", "subslide"]
    assert parts[1][1].startswith("5. ")


def test_text_with_long_code_is_not_set_large():
    assert slide_text.has_long_code("a line, `" + "x" * 61 + "`, that is not broken")
    assert not slide_text.has_long_code("`" + "x" * 60 + "` and `y`")
