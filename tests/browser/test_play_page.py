"""The page to play with, opened as a file: by keyboard, mouse and finger, and in the words that it says of itself."""

import pytest
from browsers import ROOT
from playwright.sync_api import expect

PAGE = (ROOT / "docs" / "play" / "index.html").as_uri()
WIDTHS = (1280, 375)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
TOO_SMALL = """
() => Array.from(document.querySelectorAll("button:not([data-set]), select, input[type=range], .choice label"))
    .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 24).map(each => each.outerHTML)
"""


@pytest.fixture
def play(page, console, outside_requests):
    page.goto(PAGE)
    yield page
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFLOW) <= 0, f"wider than a window of {width} px"
        assert page.evaluate(TOO_SMALL) == []
    assert console == []
    assert outside_requests == []


def says(page, place, *parts):
    for part in parts:
        expect(page.locator(f"#{place}-now")).to_contain_text(part)


def slider(page, name):
    return page.get_by_role("slider", name=name, exact=True)


def press(page, name, key, times=1):
    slider(page, name).focus()
    for _ in range(times):
        page.keyboard.press(key)


def test_the_bowl_crawls_arrives_and_breaks(play):
    says(play, "bowl", "At a rate of 0.02", "0.02 of the way in the flat direction", "still on its way", "33 %")
    press(play, "learning rate", "ArrowRight", 80)
    says(play, "bowl", "At a rate of 0.18,", "It arrives")
    press(play, "learning rate", "ArrowRight", 10)
    says(play, "bowl", "At a rate of 0.2,", "neither arrives nor breaks")
    play.get_by_role("spinbutton", name="I guess that it breaks at a rate of").fill("0.15")
    expect(play.locator("#trail")).not_to_contain_text("breaks at")
    press(play, "learning rate", "ArrowRight")
    says(
        play,
        "bowl",
        "It breaks: in the steep direction every jump",
        "You guessed that it breaks at 0.15: it breaks above 0.2.",
    )
    expect(play.locator("#trail")).to_contain_text("breaks at 0.2")
    assert slider(play, "learning rate").get_attribute("aria-valuetext") == "0.202"


def test_another_curvature_has_another_limit_and_is_seen_anew(play):
    slider(play, "learning rate").fill("0.206")
    expect(play.locator("#trail")).to_contain_text("breaks at 0.2")
    slider(play, "curvature of the steep direction").fill("9")
    says(play, "bowl", "1.85 of the way in the steep direction", "It arrives")
    expect(play.locator("#trail")).not_to_contain_text("breaks at")
    slider(play, "learning rate").fill("0.5")
    says(play, "bowl", "4.5 of the way in the steep direction", "It breaks")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_start_is_dragged_by_mouse(play, width):
    play.set_viewport_size({"width": width, "height": 900})
    drag(play, "#bowl-figure .handle.start", -150, 20)
    flat, steep = (float(slider(play, f"start, {way} direction").input_value()) for way in ("flat", "steep"))
    assert flat < 8
    assert steep < 0.8
    says(play, "bowl", "0.02 of the way in the flat direction")


def test_a_finger_drags_a_bound(browser, console):
    context = browser.new_context(viewport={"width": 375, "height": 800}, has_touch=True)
    page = context.new_page()
    page.goto(PAGE)
    says(page, "range", "The test has not begun")
    knob = page.locator("#policy-figure .handle.level").nth(1)
    knob.scroll_into_view_if_needed()
    x, y = middle(knob)
    scrolled = page.evaluate("scrollY")
    touch = context.new_cdp_session(page)
    for kind, down in (("touchStart", 0), ("touchMove", 15), ("touchMove", 40), ("touchEnd", None)):
        points = [] if down is None else [{"x": x, "y": y + down}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    says(page, "policy", "triangular from 0.002 to 0.022")
    assert page.evaluate("scrollY") == scrolled, "the page scrolled under the finger"
    context.close()


def test_bills_appear_when_their_policy_is_picked(play):
    bills = play.locator("#bills")
    expect(bills).to_contain_text("192,000 × 0.002")
    expect(bills).not_to_contain_text("24,000 × 0.002")
    play.get_by_role("spinbutton", name="I guess that triangular spends").fill("4")
    play.get_by_role("radio", name="triangular", exact=True).focus()
    for name, bill in (("triangular2", "122,000"), ("exp_range", "112,599"), ("fixed", "24,000")):
        play.keyboard.press("ArrowRight")
        says(play, "policy", name, f"bill {bill} times 0.002")
        expect(bills).to_contain_text(f"{bill} × 0.002")
    says(play, "policy", "You guessed that triangular spends 4 times what fixed spends: it spends 8 times as much.")
    slider(play, "the fixed rate").fill("0.016")
    says(play, "policy", "fixed at 0.016", "bill 192,000", "it spends 1 times as much")


def test_only_what_a_policy_uses_is_shown(play):
    shown = {"triangular": 3, "exp_range": 4, "fixed": 1}
    for name, count in shown.items():
        play.get_by_role("radio", name=name, exact=True).check()
        expect(play.locator("#policies .control:visible")).to_have_count(count)


def test_the_end_of_training_is_told_and_bounds_keep_apart(play):
    drag(play, "#policy-figure .handle.across", 43, 0)
    says(play, "policy", "2.4 cycles: training ends inside a cycle, 6,000 updates before its foot")
    slider(play, "step_size, in updates").fill("8000")
    says(play, "policy", "1.5 cycles: training ends at a peak")
    slider(play, "max_lr").fill("0.002")
    says(play, "policy", "triangular from 0.002 to 0.0025")
    slider(play, "base_lr").fill("0.0005")
    says(play, "policy", "triangular from 0.0005 to 0.0025")
    slider(play, "base_lr").fill("0.01")
    says(play, "policy", "triangular from 0.002 to 0.0025")
    play.get_by_role("button", name="Published settings").click()
    says(play, "policy", "triangular from 0.002 to 0.03, 3 cycles: training ends at the foot of a cycle")


def test_a_range_test_is_marked_before_the_tool_answers(play):
    ask = play.get_by_role("button", name="Ask the tool")
    says(play, "range", "The test has not begun")
    expect(play.get_by_role("button", name="Mark base_lr here")).to_be_disabled()
    mark(play, "base_lr", 60)
    expect(ask).to_be_disabled()
    expect(play.locator("#range-figure")).not_to_contain_text("smith")
    mark(play, "max_lr", 140)
    says(
        play,
        "range",
        "After 140 of 300 updates the rate is 0.0724",
        "base_lr marked at 0.00616, max_lr marked at 0.0724",
    )
    press(play, "your max_lr", "ArrowRight")
    assert slider(play, "your max_lr").input_value() == "140", "no mark beyond what was seen"
    ask.click()
    says(play, "range", 'suggest("smith") says 0.004 to 0.0566', "within a factor of two", "puts max_lr at 1.35")
    says(play, "range", "Of nine fixed rates, trained for ten epochs each, the best is 1: 1.9 %")
    expect(play.locator("#range-figure")).to_contain_text("smith: max_lr")
    expect(slider(play, "your max_lr")).to_be_disabled()
    play.get_by_role("button", name="Begin again").click()
    says(play, "range", "The test has not begun")


def test_a_refusal_is_told(play):
    play.get_by_role("combobox", name="range test").select_option(index=2)
    mark(play, "base_lr", 100)
    mark(play, "max_lr", 1504)
    drag(play, "#range-figure .handle.max_lr", -300, 0)
    play.get_by_role("button", name="Ask the tool").click()
    says(play, "range", 'suggest("fall") refuses: the accuracy does not fall before the last rate, 0.03')
    expect(play.locator("#range-now")).not_to_contain_text("nine fixed rates")
    expect(play.locator("#range-now")).not_to_contain_text("to 0.03.")


def test_the_test_runs_by_itself_and_pauses(play):
    play.get_by_role("button", name="Start the test").click()
    play.wait_for_function("Number(document.querySelector('#done').value) > 5")
    play.get_by_role("button", name="Pause").click()
    stood = slider(play, "updates").input_value()
    says(play, "range", f"After {stood} of 300 updates")
    expect(play.get_by_role("button", name="Go on")).to_be_visible()
    slider(play, "updates").fill("250")
    play.get_by_role("button", name="Go on").click()
    says(play, "range", "After 259 of 300 updates", "The test stopped by itself: the loss had shot up.")
    expect(play.get_by_role("button", name="Go on")).to_be_disabled()
    play.get_by_role("button", name="Watch it go").click()
    play.wait_for_function("document.querySelectorAll('#bowl-figure .dot').length > 20")


def test_nothing_moves_by_itself_where_motion_is_reduced(play):
    play.emulate_media(reduced_motion="reduce")
    play.reload()
    play.get_by_role("button", name="Train a tenth more").click()
    says(play, "range", "After 26 of 300 updates")
    dots = play.locator("#bowl-figure .dot")
    whole = dots.count()
    play.get_by_role("button", name="One update at a time").click()
    assert dots.count() < whole
    few = dots.count()
    play.get_by_role("button", name="One update at a time").click()
    assert dots.count() == few + 3


def test_sentences_wait_until_the_hand_rests(play):
    says(play, "bowl", "At a rate of 0.02")
    changes = play.evaluate(
        """async () => {
            let changes = 0
            new MutationObserver(() => changes++).observe(document.querySelector("#bowl-now"), {childList: true})
            const slider = document.querySelector("#rate")
            for (const value of [0.1, 0.12, 0.14, 0.16]) {
                slider.value = value
                slider.dispatchEvent(new Event("input", {bubbles: true}))
                await new Promise(done => setTimeout(done, 50))
            }
            await new Promise(done => setTimeout(done, 600))
            return changes
        }"""
    )
    assert changes == 1


def test_a_program_that_does_not_load_the_other_files_says_so(play, page):
    bare = page.get_by_text("Open docs/play/index.html in your browser, from your file manager.")
    expect(bare).not_to_be_visible()
    alone = page.context.new_page()
    alone.set_content((ROOT / "docs" / "play" / "index.html").read_text(encoding="utf-8"))
    expect(alone.get_by_text("Open docs/play/index.html in your browser")).to_be_visible()
    alone.close()


def test_what_you_saw_is_folded_until_it_is_opened(play):
    for name in ("bowl", "policies", "range"):
        answer = play.locator(f"#{name} details")
        expect(answer.locator("p").first).not_to_be_visible()
        answer.get_by_text("What you saw", exact=True).click()
        expect(answer.locator("p").first).to_be_visible()


def test_words_of_the_text_show_what_they_say(play):
    play.set_viewport_size({"width": 375, "height": 700})
    for name in ("bowl", "policies"):
        play.locator(f"#{name} summary").click()
    slider(play, "curvature of the steep direction").fill("20")
    for words, then in (
        ("A share of one tenth", "on its way"),
        ("At two", "neither arrives nor"),
        ("Above two", "breaks"),
    ):
        play.get_by_role("button", name=words, exact=True).click()
        says(play, "bowl", then)
        expect(play.locator("#bowl-figure")).to_be_in_viewport()
    play.get_by_role("button", name="0.016").click()
    says(play, "policy", "fixed at 0.016")
    play.get_by_role("button", name="one and a half", exact=True).click()
    says(play, "policy", "triangular", "ends at a peak")


def mark(page, bound, update):
    slider(page, "updates").fill(str(update))
    page.get_by_role("button", name=f"Mark {bound} here").click()


def middle(knob):
    box = knob.locator("circle").first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, place, right, down):
    knob = page.locator(place)
    knob.scroll_into_view_if_needed()
    x, y = middle(knob)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2, steps=3)
    page.mouse.move(x + right, y + down, steps=3)
    page.mouse.up()
