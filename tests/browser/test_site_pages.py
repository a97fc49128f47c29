"""The site as a reader sees it, served and opened as files, on a wide screen and on a telephone's."""

import re

import pytest
from browsers import ROOT
from playwright.sync_api import expect

import build_site

PLACES = [f"{place.rpartition('.')[0]}.html" for place in build_site.pages(ROOT)]
CYCLICAL = "notebooks/02_cyclical_policies.html"
WIDTHS = (1280, 390)

# What is wrong with a page; run when its pictures and its mathematics are there.
FAULTS = r"""
async () => {
    await globalThis.MathJax?.startup.promise
    await Promise.allSettled(Array.from(document.images, image => image.decode()))
    const text = document.body.cloneNode(true)
    text.querySelectorAll("pre, code, script, mjx-container").forEach(each => each.remove())
    const headings = Array.from(document.querySelectorAll("article :is(h1, h2, h3, h4, h5, h6)"))
    const levels = [0, ...headings.map(heading => Number(heading.tagName[1]))]
    const all = (selector, wrong) => Array.from(document.querySelectorAll(selector)).filter(wrong)
    return [
        ...all("img", image => !image.alt.trim()).map(image => `no alt text: ${image.src}`),
        ...all("img", image => !image.naturalWidth).map(image => `not loaded: ${image.src}`),
        ...all(".math", math => !math.querySelector("mjx-container")).map(math => `not typeset: ${math.textContent}`),
        ...all("[data-mml-node=merror]", () => true).map(math => `an error in mathematics: ${math.textContent}`),
        ...(text.textContent.match(/\$[^$\n]+\$|\$\$.*|\\[([].*/g) ?? []).map(found => `raw mathematics: ${found}`),
        ...headings.filter((_, i) => levels[i + 1] > levels[i] + 1).map(each => `a level left out: ${each.innerText}`),
        ...(levels.filter(level => level === 1).length === 1 ? [] : [`headings of level 1 in ${levels}`]),
    ]
}
"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What scrolls sideways by itself, with everything unfolded; by its first words.
SIDEWAYS = """
() => {
    document.querySelectorAll("details").forEach(fold => { fold.open = true })
    return Array.from(document.querySelectorAll("article *"))
        .filter(each => /auto|scroll/.test(getComputedStyle(each).overflowX) && each.scrollWidth > each.clientWidth + 1)
        .map(each => `${each.tagName} ${each.textContent.trim().slice(0, 60)}`)
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "html"
    assert build_site.main(["--output", str(folder)]) == 0
    return folder


@pytest.fixture(params=["served", "as a file"])
def address(request, folder, serve):
    return serve(folder) if request.param == "served" else folder.as_uri()


@pytest.mark.parametrize("place", PLACES)
def test_page_is_whole(page, console, outside_requests, address, place):
    page.goto(f"{address}/{place}")
    assert page.evaluate(FAULTS) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFLOW) <= 0, f"wider than a window of {width} px"
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    assert page.evaluate(SIDEWAYS) == []
    assert [line for line in console if line.startswith("error")] == []
    assert outside_requests == []


PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (f"<img src='{PIXEL}'>", "no alt text"),
        ("<img src='missing.png' alt='A curve'>", "not loaded"),
        ("<div class='math'>\\[x\\]</div>", "not typeset"),
        ("<p>$$x$$</p>", "raw mathematics"),
        ("<p>the rate $x$</p>", "raw mathematics"),
        ("<mjx-container><g data-mml-node='merror'></g></mjx-container>", "an error in mathematics"),
        ("<h3>Theory</h3>", "a level left out"),
        ("<h1>Another</h1>", "headings of level 1"),
    ],
)
def test_a_fault_is_found(page, fault, message):
    whole = f"<article><h1>Title</h1><img src='{PIXEL}' alt='A dot'><code>$$</code></article>"
    page.set_content(whole)
    assert page.evaluate(FAULTS) == []
    page.set_content(whole.replace("</article>", f"{fault}</article>"))
    assert re.match(message, page.evaluate(FAULTS)[0])


def test_a_page_wider_than_its_window_is_found(page):
    page.set_content(f"<p style='width: {page.viewport_size['width'] + 1}px'>wide</p>")
    assert page.evaluate(OVERFLOW) > 0


def test_what_scrolls_sideways_is_found(page):
    page.set_content("<article><details><pre style='overflow: auto'>" + "a" * 999 + "</pre></details></article>")
    assert page.evaluate(SIDEWAYS) == ["PRE " + "a" * 60]


def test_mathematics_is_drawn(page, address):
    page.goto(f"{address}/{CYCLICAL}")
    formula = page.locator("div.math mjx-container svg").first
    formula.scroll_into_view_if_needed()
    expect(formula).to_be_visible()
    assert formula.bounding_box()["height"] > 15


def test_search_finds_pages(page, console, outside_requests, address):
    page.goto(f"{address}/index.html")
    page.keyboard.press("ControlOrMeta+k")
    page.get_by_role("searchbox").locator("visible=true").fill("step_size")
    page.keyboard.press("Enter")
    results = page.locator("#search-results li a")
    expect(results.filter(has_text="02 · Cyclical policies").first).to_be_visible()
    results.filter(has_text="02 · Cyclical policies").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("02 · Cyclical policies")
    assert [line for line in console if line.startswith("error")] == []
    assert outside_requests == []


def test_navigation_leads_to_every_page(page, address):
    page.goto(f"{address}/index.html")
    links = page.get_by_role("navigation", name="All pages").locator("a")
    reached = {link.partition("#")[0] for link in links.evaluate_all("links => links.map(link => link.href)")}
    assert reached | {page.url} == {f"{address}/{place}" for place in PLACES}


@pytest.mark.parametrize("place", ["index.html", "README.html", CYCLICAL])
def test_figures_can_be_read_on_a_telephone(page, address, place):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/{place}")
    widths = page.locator("article img").evaluate_all("images => images.map(image => image.clientWidth)")
    assert len(widths) >= 2
    assert min(widths) > 500, "it must keep its size, and scroll"


def test_navigation_unfolds_on_a_telephone(page, address):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/index.html")
    menu = page.get_by_role("navigation", name="All pages")
    expect(menu).not_to_be_visible()
    page.get_by_role("button", name="Site navigation").click()
    expect(menu).to_be_visible()
    menu.get_by_role("link", name="02 · Cyclical policies", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("02 · Cyclical policies")


def test_the_page_to_play_with_moves_and_leads_back(page, console, outside_requests, address):
    page.goto(f"{address}/{CYCLICAL}")
    page.get_by_role("link", name="Play: three figures, nothing to install").click()
    page.get_by_role("slider", name="learning rate", exact=True).fill("0.206")
    expect(page.locator("#bowl-now")).to_contain_text("It breaks")
    page.locator("#policies summary").click()
    page.get_by_role("link", name="notebook 02").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("02 · Cyclical policies")
    assert [line for line in console if line.startswith("error")] == []
    assert outside_requests == []


@pytest.mark.parametrize("place", [place for place in PLACES if place.startswith("notebooks/0")])
def test_answers_of_the_quiz_unfold_and_fold(page, address, place):
    page.goto(f"{address}/{place}#quiz")
    answers = page.locator("#quiz details")
    expect(answers).to_have_count(3)
    for answer in answers.all():
        expect(answer.locator("p").first).not_to_be_visible()
        answer.get_by_text("Answer", exact=True).click()
        expect(answer.locator("p").first).to_be_visible()
        answer.get_by_text("Answer", exact=True).click()
        expect(answer.locator("p").first).not_to_be_visible()
    answers.first.get_by_text("Answer", exact=True).click()
