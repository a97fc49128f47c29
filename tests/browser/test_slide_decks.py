"""Every deck, slide by slide, opened from its folder without a server: offline, whole, readable, nothing cut off."""

import pytest
from browsers import PICTURES, ROOT
from playwright.sync_api import expect

import build_slides

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
LESSONS = ("45", "90", "180")
SMALLEST_TEXT, SMALLEST_FIGURE = 18, 300  # pixels of 720
# The labels of figures, in pixels of 720: on a picture of 110 dots an inch, the style sets them in 11 points.
SMALLEST_LABEL, LABEL = 13.5, 11 / 72 * 110

SLIDES = """
() => Reveal.getSlides().map(slide => {
    const {h, v} = Reveal.getIndices(slide)
    Reveal.slide(h, v)
    slide.querySelectorAll("details").forEach(answer => { answer.open = true })
    const style = getComputedStyle(slide), frame = slide.getBoundingClientRect()
    const elements = Array.from(slide.querySelectorAll("*")).filter(each => !each.closest("mjx-assistive-mml, .notes"))
    const boxes = elements.map(each => each.getBoundingClientRect()).filter(box => box.width && box.height)
    const isWord = node => node.nodeType === Node.TEXT_NODE && node.data.trim()
    const worded = elements.filter(each => Array.from(each.childNodes).some(isWord))
    const images = Array.from(slide.querySelectorAll("img")).map(image => {
        const [across, down] = [image.width / image.naturalWidth, image.height / image.naturalHeight]
        const room = (1280 - 2 * parseFloat(style.paddingLeft)) / image.naturalWidth
        return {
            height: Math.min(across, down) * image.naturalHeight,
            scale: Math.min(across, down),
            isAsWideAsTheSlide: Math.min(across, down) > 0.95 * room,
            isStretched: getComputedStyle(image).objectFit !== "contain" && Math.abs(across / down - 1) > 0.02,
        }
    })
    const said = slide.cloneNode(true)
    said.querySelectorAll("pre, code, mjx-container, .notes").forEach(each => each.remove())
    return {
        place: `slide ${h + 1}.${v + 1} (${slide.innerText.trim().slice(0, 40)})`,
        tooLow: Math.max(...boxes.map(box => box.bottom)) - (frame.bottom - parseFloat(style.paddingBottom)),
        tooFarRight: Math.max(...boxes.map(box => box.right)) - (frame.right - parseFloat(style.paddingRight)),
        scrolls: elements.some(each => /auto|scroll/.test(getComputedStyle(each).overflow)
            && (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1)),
        text: Math.min(...worded.map(each => parseFloat(getComputedStyle(each).fontSize))),
        figure: Math.min(...images.filter(image => !image.isAsWideAsTheSlide).map(image => image.height)),
        scale: Math.min(...images.map(image => image.scale)),
        stretched: images.some(image => image.isStretched),
        mathsLeft: /\\$[^$\\n]+\\$|\\$\\$|\\\\frac|\\\\text\\{/.test(said.textContent),
        mathsWrong: slide.querySelectorAll("[data-mml-node=merror]").length,
    }
})
"""


def faults(page):
    """What is wrong with the deck on the page, slide by slide, with all answers unfolded; a list of complaints."""
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    slides = page.evaluate(SLIDES)
    assert len(slides) > 15
    return [f"{slide['place']} {what}" for slide in slides for what in faults_of(slide)]


def faults_of(slide):
    found = {
        f"is {slide['tooLow']:.0f} pixels too long": slide["tooLow"] > 1,
        f"is {slide['tooFarRight']:.0f} pixels too wide": slide["tooFarRight"] > 1,
        "has something to scroll": slide["scrolls"],
        f"has text of {slide['text']:.1f} pixels": slide["text"] < SMALLEST_TEXT,
        f"has a figure {slide['figure']:.0f} pixels high": slide["figure"] < SMALLEST_FIGURE,
        f"has a figure with labels of {(slide['scale'] or 99) * LABEL:.1f} pixels": (
            slide["scale"] is not None and slide["scale"] * LABEL < SMALLEST_LABEL
        ),
        "has a figure out of proportion": slide["stretched"],
        "has mathematics that is not typeset": slide["mathsLeft"] or slide["mathsWrong"],
    }
    return [what for what, wrong in found.items() if wrong]


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    build_slides.build([], folder)
    return folder


@pytest.fixture
def requests(context):
    """The addresses that the test's pages asked for."""
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    return asked


@pytest.fixture
def projector(page):
    page.set_viewport_size({"width": 1280, "height": 720})
    return page


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_deck(path, decks, projector, requests, console):
    projector.goto((decks / f"{path.stem}.html").as_uri())
    assert faults(projector) == []
    assert projector.locator("mjx-container").count() >= (1 if "$" in path.read_text(encoding="utf-8") else 0)
    assert [line for line in console if line.startswith("error")] == []
    assert [url for url in requests if not url.startswith((decks.as_uri(), "data:"))] == []


@pytest.mark.parametrize("minutes", LESSONS)
def test_deck_of_a_lesson(minutes, projector, console, tmp_path):
    (deck,) = build_slides.build([], tmp_path, lesson=minutes)
    projector.goto(deck.as_uri())
    assert faults(projector) == []
    assert [line for line in console if line.startswith("error")] == []


def test_from_the_contents_through_a_question_to_its_answer(decks, projector):
    projector.goto((decks / "index.html").as_uri())
    projector.get_by_role("link", name="04 · MNIST").click()
    expect(projector.get_by_role("heading", level=1)).to_be_visible()
    figure = projector.locator("section.present section.present img")
    question = projector.locator("section.present section.present .card")
    for _ in range(100):
        if question.is_visible():
            break
        projector.keyboard.press("Space")
    expect(question).to_contain_text("Predict first.")
    assert not figure.is_visible()
    projector.keyboard.press("Space")
    expect(figure).to_be_visible()
    what_to_see = projector.locator("section.present section.present .fragment")
    expect(what_to_see).to_have_css("opacity", "0")
    projector.keyboard.press("Space")
    expect(what_to_see).to_have_css("opacity", "1")
    projector.screenshot(path=PICTURES / "slides-figure.png")


def test_the_speaker_view_opens_offline(decks, projector, outside_requests):
    projector.goto((decks / f"{NOTEBOOKS[0].stem}.html").as_uri())
    projector.wait_for_function("window.Reveal && Reveal.isReady()")
    with projector.expect_popup() as popup:
        projector.keyboard.press("s")
    expect(popup.value.locator("#current-slide iframe")).to_be_visible()
    assert outside_requests == []


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        ("slide.innerHTML += '<p>long</p>'.repeat(30)", "pixels too long"),
        ("slide.innerHTML += '<p style=\"width: 1400px\">wide</p>'", "pixels too wide"),
        ("slide.innerHTML += '<pre style=\"overflow: auto; height: 9px\">a<br>b</pre>'", "something to scroll"),
        ("slide.innerHTML += '<p style=\"font-size: 12px\">small</p>'", "text of 12.0 pixels"),
        ("slide.innerHTML += '<p>$$x$$</p>'", "not typeset"),
        ("slide.innerHTML += '<p>the rate $x$</p>'", "not typeset"),
        (
            "slide.innerHTML += '<details><summary>Answer</summary>' + '<p>long</p>'.repeat(30) + '</details>'",
            "too long",
        ),
        ("document.querySelector('img').style.maxHeight = '90px'", "a figure 90 pixels high"),
        ("document.querySelector('img').style.maxWidth = '700px'", "a figure with labels of 13.2 pixels"),
        ("document.querySelector('img').style.objectFit = 'fill'", "out of proportion"),
    ],
)
def test_faults_are_found(spoil, complaint, decks, projector):
    projector.goto((decks / f"{NOTEBOOKS[0].stem}.html").as_uri())
    projector.wait_for_function("window.Reveal && Reveal.isReady()")
    projector.evaluate(f"() => {{ const slide = Reveal.getSlides()[3]; {spoil} }}")
    found = faults(projector)
    assert any(complaint in each for each in found), found
    assert len({each.partition(") ")[0] for each in found}) == 1, found
