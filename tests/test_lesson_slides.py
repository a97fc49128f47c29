"""Decks that follow a lesson plan: its order, its notes, its figures in two steps."""

import base64
import io
import re

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

import build_slides
import lesson_slides
import lessons
from run_notebooks import FOLDER
from slide_cells import SlidesError, shown, type_of

PLANS = lessons.plans((FOLDER / "TEACHING.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=PLANS)
def plan(request):
    return PLANS[request.param]


@pytest.fixture(scope="module")
def stacks(plan, tmp_path_factory):
    """The parsed slides of a lesson's deck, a list of slides for each row, without its title and its homework."""
    folder = tmp_path_factory.mktemp("lesson")
    (made,) = build_slides.build([], folder, lesson=str(plan.minutes))
    assert f'href="{made.name}"' in (folder / "index.html").read_text(encoding="utf-8")
    page = BeautifulSoup(made.read_text(encoding="utf-8"), "html.parser")
    assert len(page.select("h1")) == 1
    stacks = [stack.find_all("section", recursive=False) for stack in page.select(".slides > section")]
    assert "Homework" in stacks[-1][0].text
    return stacks[1:-1]


def squeezed(text):
    return re.sub(r"\W|_", "", text)


def test_each_row_has_its_slides_in_the_plans_order_and_its_words_in_the_notes(plan, stacks):
    assert len(stacks) == len(plan.rows)
    for row, slides in zip(plan.rows, stacks, strict=True):
        assert f"{row.begin}–{row.end} minutes" == slides[0]["data-head"]
        assert row.notebook == "" or len(slides) > 1
        for slide in slides:
            notes = squeezed("".join(note.text for note in slide.select("aside.notes")))
            plain = build_slides.headings(f"# {row.teacher}")[0]
            assert squeezed(plain) in notes, row
            assert squeezed(f"{row.begin}–{row.end} minutes") in notes


def test_the_class_is_asked_before_a_figure_or_a_heading_is_seen(stacks):
    for slides in stacks:
        first = slides[0]
        first.aside.extract()
        assert first.select_one(".card")
        assert not first.select("img, h2, h3, table, .printed")


def test_what_the_teacher_covers_comes_in_two_steps(plan, stacks):
    covered = [(row, slides) for row, slides in zip(plan.rows, stacks, strict=True) if "cover" in row.teacher]
    assert covered
    for row, slides in covered:
        assert row.covered, f"not understood: {row.teacher}"
        images = [image for slide in slides for image in slide.select("img")]
        (place,) = (place for place, image in enumerate(images) if "covered." in image["alt"])
        assert f"with its {' '.join(row.covered)} covered." in images[place]["alt"]
        covered, whole = images[place : place + 2]
        assert covered.find_parent("section") is not whole.find_parent("section")
        first, second = (pixels(image["src"].split(",")[1]) for image in (covered, whole))
        assert first.shape == second.shape
        assert 0.15 < np.mean(first != second) < 0.85


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("L")).astype(int)


# A small plan


def markdown(text, slide_type="slide"):
    return nbformat.v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": slide_type}})


def notebook():
    return shown(
        nbformat.v4.new_notebook(cells=[markdown("# Rates"), markdown("## Theory\n\nText."), markdown("## B")])
    )


def plan_of(**changes):
    row = {"notebook": "01", "anchor": "Theory", "students": "predicts", "teacher": "the bills", **changes}
    return lessons.Plan(45, "One lesson.", [lessons.Row(0, 45, **row)], "Homework: exercise 1.")


def test_a_row_takes_its_section_and_no_more():
    cells = lesson_slides.lesson(plan_of(), {"01": notebook()}).cells
    assert [type_of(cell) for cell in cells] == ["slide", "notes", "slide", "notes", "subslide", "notes", "slide"]
    assert cells[4].source == "## Theory\n\nText."
    assert cells[6].source == "## Homework\n\nExercise 1."
    assert len({cell.id for cell in cells}) == len(cells)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"anchor": "Practice"}, "leads at 0–45 to 01 #Practice: no such heading"),
        ({"notebook": "07"}, "leads at 0–45 to 07 #Theory: no such heading"),
        (
            {"teacher": "cover the left panel"},
            "covers the left panel of a figure at 0–45 minutes, and that section has none such",
        ),
    ],
)
def test_a_row_that_leads_nowhere_is_named(changes, message):
    with pytest.raises(SlidesError, match=re.escape(message)):
        lesson_slides.lesson(plan_of(**changes), {"01": notebook()})


def test_the_minutes_of_a_checkpoint_are_not_the_lessons():
    alone = shown(
        nbformat.v4.new_notebook(cells=[markdown("# A"), markdown("## B\n\n**Checkpoint (10 minutes).** Go.")])
    )
    cells = lesson_slides.lesson(plan_of(anchor="B"), {"01": alone}).cells
    assert any("**Checkpoint.** Go." in cell.source for cell in cells)


def test_notes_stand_with_the_heading_that_they_are_about():
    cells = lesson_slides.with_notes(notebook().cells, {"": ["whole"], "B": ["one", "two"], "gone": ["x"]})
    assert [cell.source for cell in cells] == ["# Rates", "whole", "## Theory\n\nText.", "## B", "one\n\ntwo"]


# Covering


def panels(between):
    """A picture with two dark panels beside each other, and so many white columns between them."""
    picture = np.full((60, 200), 255, np.uint8)
    picture[5:55, 10:120] = picture[5:55, 120 + between : 195] = 0
    return picture


def png(picture):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_the_cut_is_amid_the_gap_between_panels():
    assert lesson_slides.gap(panels(20).T) == pytest.approx(129.5, abs=1)
    assert lesson_slides.gap(panels(0).T) is None


@pytest.mark.parametrize(("part", "place"), [("half", 0), ("panel", 1)])
def test_a_panel_is_covered_where_there_are_two(part, place):
    figures = [nbformat.v4.new_output("display_data", {"image/png": png(panels(between))}) for between in (0, 20)]
    slides = {"slideshow": {"slide_type": "-"}}
    cells = [nbformat.v4.new_code_cell(outputs=[figure], metadata=slides) for figure in figures]
    found = lesson_slides.covered_first(cells, ("right", part), "0–5 minutes")
    assert [cell.outputs == [figures[0]] for cell in found] == [place == 1, place == 0, False]
    assert found[place].metadata.alt.startswith("The figure of the next slide")


@pytest.mark.parametrize("side", ["left", "right", "upper"])
def test_one_side_is_covered(side):
    part = "half" if side == "upper" else "panel"
    covered = pixels(lesson_slides.cover(png(panels(20)), side, part))
    if side == "upper":
        assert (covered[:30] > 200).all()
        assert (covered[40, 20:100] == 0).all()
    else:
        hidden, kept = (slice(0, 125), slice(150, 190)) if side == "left" else (slice(135, 200), slice(20, 110))
        assert (covered[:, hidden] > 200).all()
        assert (covered[30, kept] == 0).all()


@pytest.mark.parametrize(("side", "edge"), [("right", 58), ("left", 62), ("upper", 31), ("lower", 29)])
def test_a_half_is_that_of_the_axes_and_what_begins_amid_them_is_covered(side, edge):
    axes = np.full((100, 200), 255, np.uint8)
    axes[10:51, [20, 100]] = axes[[10, 50], 20:101] = 0  # a frame, and space for labels right of it and below
    covered = pixels(lesson_slides.cover(png(axes), side, "half")) != axes
    along = np.flatnonzero(covered.any(axis=0 if side in ("right", "left") else 1))
    assert (along.min() if side in ("right", "lower") else along.max()) == edge
