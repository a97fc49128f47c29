"""The decks: whole, offline, each question before its answer; and how a cell is cut into slides."""

import importlib.util
import re

import nbformat
import pytest
from bs4 import BeautifulSoup

import build_slides
from run_notebooks import FOLDER

NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    build_slides.build([], folder)
    return folder


@pytest.fixture(scope="module")
def soup(decks):
    """A function that reads a page of the decks."""
    pages = {path.name: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in decks.glob("*.html")}
    return lambda path: pages[f"{path.stem}.html"]


def cells_shown(path):
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.metadata.slideshow.slide_type != "skip"]


def pictures(cell):
    outputs = (output.get("data", {}) for output in cell.get("outputs", []))
    return [data["image/png"].replace("\n", "") for data in outputs if "image/png" in data]


# The decks of the notebooks


def test_every_notebook_has_a_deck_and_the_contents_list_them(decks, soup):
    links = soup(decks / "index.html").select("li a")
    assert [link["href"] for link in links] == [f"{path.stem}.html" for path in NOTEBOOKS]
    for path, link in zip(NOTEBOOKS, links, strict=True):
        assert link.text == soup(path).title.text == soup(path).h1.text
        assert len(soup(path).select("section section")) > 15


def test_nothing_is_loaded_from_outside_the_folder(decks):
    for page in decks.rglob("*.html"):
        text = re.sub(r"data:image/png;base64,[^\"]+", "", page.read_text(encoding="utf-8"))
        named = re.findall(r"<[^>]+\s(?:src|href|poster|srcset)=\"([^\"#]+)\"", text)
        assert named
        assert [name for name in named if not (decks / name).is_file()] == [], page.name
        assert "import(" not in text
        assert "@import" not in text
    for sheet in decks.rglob("*.css"):
        assert re.findall(r"@import|url\((?!data:)[^)]*\)", sheet.read_text(encoding="utf-8")) == [], sheet.name


@each_notebook
def test_each_figure_is_there_with_its_alt_text(path, soup):
    wanted = [(png, cell.metadata.alt) for cell in cells_shown(path) for png in pictures(cell)]
    assert len(wanted) > 1
    assert [(image["src"].split(",")[1], image["alt"]) for image in soup(path).find_all("img")] == wanted


@each_notebook
def test_each_explorer_is_described(path, soup):
    wanted = [cell.metadata.alt for cell in cells_shown(path) if build_slides.WIDGETS in str(cell.get("outputs"))]
    assert [note.text.removeprefix("Live in the notebook. ") for note in soup(path).select(".live")] == wanted


@each_notebook
def test_a_question_stands_before_its_answer(path, soup):
    text = "".join(cell.source for cell in cells_shown(path))
    cards = [card for card in soup(path).select(".card") if card.text.strip().startswith("Predict first.")]
    assert len(cards) == text.count("**Predict first.**") > 0
    for card in cards:
        with_it = [each for each in card.find_parent("section").select("img, .printed, table") if answers(card, each)]
        assert not with_it, f"on the slide of {card.text.strip()!r} stands {with_it[0].get('alt', with_it[0].text)!r}"


def answers(card, element):
    """Whether an output is seen together with the question that it answers."""
    return element in card.find_all_next() and not element.find_parent(class_="fragment")


@each_notebook
def test_code_is_shown_where_it_teaches(path, soup):
    code = [cell for cell in cells_shown(path) if cell.cell_type == "code"]
    wanted = [squeezed(cell.source) for cell in code if not cell.metadata.slideshow.get("hide_input")]
    assert [squeezed(each.text) for each in soup(path).select(".code")] == wanted
    assert len(wanted) >= 2


def squeezed(text):
    """Code without what a formatter may change."""
    return re.sub(r"[\s,()]", "", text)


@each_notebook
def test_answers_of_the_quiz_stay_folded_one_question_a_slide(path, soup):
    answers = soup(path).find_all("details")
    assert len(answers) == 3
    assert not any(answer.has_attr("open") for answer in answers)
    assert len({id(answer.find_parent("section")) for answer in answers}) == 3


@each_notebook
def test_cutting_loses_nothing(path):
    for cell in cells_shown(path):
        if cell.cell_type == "markdown":
            parts = build_slides.split(cell.source, "slide")
            assert "".join("".join(text for _, text in parts).split()) == "".join(cell.source.split())


def test_one_deck_alone_leaves_the_others(tmp_path):
    for stem in (NOTEBOOKS[0].stem, "99_of_another_collection"):
        (tmp_path / f"{stem}.html").write_text("as it was")
    assert build_slides.build(["1"], tmp_path) == [tmp_path / f"{NOTEBOOKS[1].stem}.html"]
    assert (tmp_path / f"{NOTEBOOKS[0].stem}.html").read_text() == "as it was"
    assert re.findall(r'href="(\d\d)', (tmp_path / "index.html").read_text()) == ["00", "01"]


# How a cell is cut


@pytest.mark.parametrize(
    ("text", "types"),
    [
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
    ],
)
def test_split(text, types):
    assert [slide_type for slide_type, _ in build_slides.split(text, "slide")] == types


def test_the_first_part_has_the_type_of_its_cell():
    assert build_slides.split("**What to see.** It falls.\n\nMore.", "fragment")[0][0] == "fragment"


def test_code_and_folded_answers_stay_whole():
    code, answer = "```python\na = 1\n\n# b\n```", "<details>\n\n**1.** One.\n\n</details>"
    assert build_slides.paragraphs(f"Text.\n\n{code}\n\n{answer}") == ["Text.", code, answer]


def test_on_the_wall_links_lead_nowhere():
    text = "Time: 40 minutes · Needs: nothing\n\nA [cycle](glossary.ipynb#cycle) of [01](01_x.ipynb), $[0, 1]$."
    assert build_slides.for_the_wall(text) == "A cycle of 01, $[0, 1]$."
    assert build_slides.plain("## `exp_range` *or* [not](x.md)") == "## exp_range or not"


def test_code_is_broken_into_the_fewest_readable_lines():
    assert build_slides.narrow("a = 1") == "a = 1"
    call = f"f({', '.join(f'argument_{number}={number}' for number in range(7))})"
    assert len(call) == 99
    assert build_slides.narrow(call) == call
    longer = build_slides.narrow(call.replace("f(", "function_of_many_arguments("))
    assert longer.count("\n") == 2


# What may go wrong


def test_an_unknown_number_is_answered_with_those_there_are(capsys, tmp_path):
    assert build_slides.main(["01", "42", "--output", str(tmp_path / "slides")]) == 1
    assert "there is no notebook 42 in notebooks/; there are: 00, 01" in capsys.readouterr().err
    assert not (tmp_path / "slides").exists()


def test_a_cell_without_a_slide_type_is_named(tmp_path):
    cells = [nbformat.v4.new_markdown_cell("# 01 · Rates\n\n**A rate can be too large.**")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "01_rates.ipynb")
    with pytest.raises(
        build_slides.SlidesError, match=r"01_rates.ipynb: the cell '# 01 · Rates' has no slide type: choo"
    ):
        build_slides.build([], tmp_path / "slides", folder=tmp_path)
    assert not (tmp_path / "slides" / "01_rates.html").exists()


def test_a_missing_package_is_named_with_the_way_to_get_it(capsys, tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if "mathjax" in name else find(name))
    assert build_slides.main(["--output", str(tmp_path / "slides")]) == 1
    assert "not installed: sphinx-mathjax-offline; run make setup, or pip install" in capsys.readouterr().err
    assert not (tmp_path / "slides").exists()
