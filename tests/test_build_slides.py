"""The decks: whole, offline, each question before its answer; and how a cell is cut into slides."""

import importlib.util
import re

import nbformat
import pytest
from bs4 import BeautifulSoup

import build_slides
import lessons
import slide_cells
from gauge import folded
from run_notebooks import FOLDER

PLANS = lessons.plans((FOLDER / "TEACHING.md").read_text(encoding="utf-8"))
NOTEBOOKS = [path.stem for path in sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))]


@pytest.fixture(scope="module")
def shown():
    """The cells that are shown, by notebook."""
    cells = {name: nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells for name in NOTEBOOKS}
    return {name: [each for each in cells[name] if each.metadata.slideshow.slide_type != "skip"] for name in cells}


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    build_slides.build([], folder)
    return folder


@pytest.fixture(scope="module")
def pages(decks):
    """The parsed pages of the decks, by their names."""
    return {path.stem: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in decks.glob("*.html")}


def pictures(cell):
    outputs = (output.get("data", {}) for output in cell.get("outputs", []))
    return [data["image/png"].replace("\n", "") for data in outputs if "image/png" in data]


# The decks of the notebooks


def test_every_notebook_has_a_deck_and_the_contents_list_them(pages):
    links = pages["index"].select("li a")
    assert [link["href"] for link in links] == [f"{name}.html" for name in NOTEBOOKS]
    for name, link in zip(NOTEBOOKS, links, strict=True):
        assert link.text == pages[name].title.text == pages[name].h1.text
        assert len(pages[name].select("section section")) > 15, name


def test_nothing_is_loaded_from_outside_the_folder(decks):
    for page in decks.rglob("*.html"):
        text = re.sub(r"data:image/png;base64,[^\"]+", "", page.read_text(encoding="utf-8"))
        named = re.findall(r"<(?!a\s)[^>]+\s(?:src|href|poster|srcset)=\"([^\"#]+)\"", text)
        assert named
        assert [name for name in named if not (decks / name).is_file()] == [], page.name
        assert "import(" not in text
        assert "@import" not in text
    for sheet in decks.rglob("*.css"):
        assert re.findall(r"@import|url\((?!data:)[^)]*\)", sheet.read_text(encoding="utf-8")) == [], sheet.name


def test_each_figure_is_there_with_its_alt_text(pages, shown):
    for name, cells in shown.items():
        wanted = [(png, cell.metadata.alt) for cell in cells for png in pictures(cell)]
        assert len(wanted) > 1, name
        assert [(image["src"].split(",")[1], image["alt"]) for image in pages[name].find_all("img")] == wanted, name


def test_each_explorer_is_described(pages, shown):
    for name, cells in shown.items():
        wanted = [cell.metadata.alt for cell in cells if slide_cells.WIDGETS in str(cell.get("outputs"))]
        notes = [note.text for note in pages[name].select(".live")]
        assert [note.removeprefix("Live in the notebook. ") for note in notes] == wanted, name


def test_a_question_stands_before_its_answer(pages, shown):
    for name, cells in shown.items():
        cards = [card for card in pages[name].select(".card") if card.text.strip().startswith("Predict first.")]
        assert len(cards) == "".join(cell.source for cell in cells).count("**Predict first.**") > 0, name
        for card in cards:
            beside = card.find_parent("section").select("img, .printed, table")
            seen = [each.get("alt", each.text) for each in beside if answers(card, each)]
            assert not seen, f"{name}: on the slide of {card.text.strip()!r} stands {seen[0]!r}"


def answers(card, element):
    """Whether an output is seen together with the question that it answers."""
    return element in card.find_all_next() and not element.find_parent(class_="fragment")


def test_code_is_shown_where_it_teaches(pages, shown):
    for name, cells in shown.items():
        code = [cell for cell in cells if cell.cell_type == "code"]
        wanted = [squeezed(cell.source) for cell in code if not hides_code(cell)]
        # A long cell is cut; its parts come one after another.
        assert "".join(squeezed(each.text) for each in pages[name].select(".code")) == "".join(wanted), name
        assert len(wanted) >= 2, name


def hides_code(cell):
    return cell.metadata.slideshow.get("hide_input") or folded(cell, "source_hidden")


def squeezed(text):
    """Code without what a formatter may change."""
    return re.sub(r"[\s,()]", "", text)


def test_answers_of_the_quiz_stay_folded_one_question_a_slide(pages):
    for name in NOTEBOOKS:
        answers = [each for each in pages[name].find_all("details") if each.summary.text == "Answer"]
        assert len(answers) == 3, name
        assert not any(answer.has_attr("open") for answer in answers), name
        assert len({id(answer.find_parent("section")) for answer in answers}) == 3, name


def test_cutting_loses_nothing(shown):
    for cells in shown.values():
        for cell in cells:
            if cell.cell_type == "markdown":
                parts = "\n".join(text for _, text in slide_cells.split(cell.source, "slide"))
                assert "".join(without_further_heads(parts).split()) == "".join(cell.source.split())


def without_further_heads(text):
    """Without the heads that the further pieces of a table repeat."""
    for head in set(re.findall(r"^\|.*\n\|[-| ]+\n", text, flags=re.M)):
        before, *after = text.split(head)
        text = before + head + "".join(after)
    return text


def test_one_deck_alone_leaves_the_others(tmp_path):
    first, second, *_ = NOTEBOOKS
    for name in (first, "99_of_another_collection"):
        (tmp_path / f"{name}.html").write_text("as it was")
    assert build_slides.build(["1"], tmp_path) == [tmp_path / f"{second}.html"]
    assert (tmp_path / f"{first}.html").read_text() == "as it was"
    assert re.findall(r'href="(\d\d)', (tmp_path / "index.html").read_text()) == ["00", "01"]


def test_notes_for_the_speaker_are_in_every_deck(pages):
    for name in NOTEBOOKS:
        notes = [note.text for note in pages[name].select("aside.notes")]
        assert any("Surprise." in note for note in notes[:1]), name
        in_the_plan = any(row.notebook == name[:2] for row in PLANS[180].rows)
        assert any("In the lesson of 180 minutes" in note for note in notes) == in_the_plan, name


# What may go wrong


def test_an_unknown_number_is_answered_with_those_there_are(capsys, tmp_path):
    assert build_slides.main(["01", "42", "--output", str(tmp_path / "slides")]) == 1
    assert "there is no notebook 42 in notebooks/; there are: 00, 01" in capsys.readouterr().err
    assert not (tmp_path / "slides").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--lesson", "60"], "there is no lesson of '60' minutes in TEACHING.md; there are: 45, 90, 180"),
        (["--lesson", "45", "--", "04"], "LESSON and NB exclude each other"),
    ],
)
def test_a_lesson_that_cannot_be_is_refused(arguments, message, capsys, tmp_path):
    assert build_slides.main(["--output", str(tmp_path / "slides"), *arguments]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "slides").exists()


def test_one_deck_is_not_decks(capsys, tmp_path):
    for numbers, said in ((["00"], "1 deck; open "), (["00", "01"], "2 decks; open ")):
        assert build_slides.main(["--output", str(tmp_path), *numbers]) == 0
        assert capsys.readouterr().out.startswith(said)


def test_a_cell_without_a_slide_type_is_named(tmp_path):
    cells = [nbformat.v4.new_markdown_cell("# 01 · Rates\n\n**A rate can be too large.**")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "01_rates.ipynb")
    with pytest.raises(
        slide_cells.SlidesError, match=r"01_rates.ipynb: the cell '# 01 · Rates' has no slide type: choo"
    ):
        build_slides.build([], tmp_path / "slides", folder=tmp_path)
    assert not (tmp_path / "slides" / "01_rates.html").exists()


def test_a_missing_package_is_named_with_the_way_to_get_it(capsys, tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if "mathjax" in name else find(name))
    assert build_slides.main(["--output", str(tmp_path / "slides")]) == 1
    assert "not installed: sphinx-mathjax-offline; run make setup, or pip install" in capsys.readouterr().err
    assert not (tmp_path / "slides").exists()
