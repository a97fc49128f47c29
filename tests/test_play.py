"""The page to play with says what clr_utils says: its numbers, its arithmetic and its prose."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from bs4 import BeautifulSoup

import build_site
import clr_utils
import play
from clr_utils.course import descent
from clr_utils.cycles import updates_left
from clr_utils.range_test.curves import level

NUMBERS = play.numbers()
POLICY, BOWL = NUMBERS["policy"], NUMBERS["bowl"]
SCRIPTS = ("numbers.js", "rates.js", "figure.js", "banner.js", "bowl.js", "policies.js", "range_test.js")
needs_node = pytest.mark.skipif(
    shutil.which("node") is None, reason="node, which runs the page's JavaScript, is missing"
)


def text(name):
    return (play.PAGE / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page():
    return BeautifulSoup(text("index.html"), "html.parser")


# The numbers


def test_the_numbers_are_those_of_clr_utils():
    assert text("numbers.js") == play.script(), "run make play"


def test_the_tool_writes_them(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(play, "PAGE", tmp_path)
    assert play.main([]) == 0
    assert (tmp_path / "numbers.js").read_text(encoding="utf-8") == play.script()
    assert "numbers.js" in capsys.readouterr().out


def test_they_hold_a_refusal_and_rates_that_can_be_drawn():
    assert [test["title"] for test in NUMBERS["tests"] if "refusal" in test["fall"]] == list(play.TESTS.values())[2:3]
    for test in NUMBERS["tests"]:
        assert len(test["rates"]) == len(test["accuracy"]) <= test["steps"]
        assert test["min_lr"] <= min(test["rates"]) < max(test["rates"]) <= test["max_lr"]
        assert 0 <= min(test["accuracy"]) < max(test["accuracy"]) <= 1


# The arithmetic, in JavaScript and in Python


def javascript(expression, given):
    """The value of an expression of rates.js about `given`."""
    code = f"const given = JSON.parse(require('fs').readFileSync(0)); console.log(JSON.stringify({expression}))"
    command = ["node", "-e", f"{text('rates.js')}\n{code}"]
    return json.loads(
        subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=True).stdout
    )


BOUNDS = [(0.002, 0.03, 4000), (0.0005, 0.04, 1000), (0.0, 1.0, 1), (1e-7, 3.7, 57), (0.0195, 0.02, 12_000)]
ITERATIONS = [0, 1, 2, 56, 57, 58, 999, 1000, 3999, 4000, 4001, 6000, 8000, 11_999, 14_000, 23_999, 24_000, 10**9 + 7]


@needs_node
@pytest.mark.parametrize("name", ["triangular", "triangular2", "exp_range"])
def test_policies(name):
    cases = [
        {"base_lr": low, "max_lr": high, "step_size": step, "gamma": gamma}
        for low, high, step in BOUNDS
        for gamma in ((0.9995, 0.99994, 1.0) if name == "exp_range" else (1.0,))
    ]
    given = {"cases": cases, "iterations": ITERATIONS}
    rates = javascript(f"given.cases.map(at => given.iterations.map(n => POLICIES.{name}(n, at)))", given)
    for case, row in zip(cases, rates, strict=True):
        gamma = {"gamma": case.pop("gamma")} if name == "exp_range" else {}
        expected = getattr(clr_utils, name)(np.array(ITERATIONS), **{k: case[k] for k in case if k != "gamma"}, **gamma)
        np.testing.assert_allclose(row, expected, rtol=1e-12, atol=0)


@needs_node
def test_bills_and_the_end_of_training():
    given = POLICY | {"fixed_lr": POLICY["base_lr"]}
    rates = javascript("Object.keys(POLICIES).map(name => Array.from(policyRates(name, given, given.updates)))", given)
    bills = dict(zip(("triangular", "triangular2", "exp_range", "fixed"), map(np.sum, rates), strict=True))
    assert bills == pytest.approx(expected_bills(), rel=1e-12)
    sums = javascript("given.map(bill)", rates)
    assert sums == pytest.approx(list(bills.values()), rel=1e-12)
    cases = [(n, step) for n in (1, 100, 23_999, 24_000) for step in (1, 50, 500, 4000, 12_000)]
    expected = [updates_left(n, step) for n, step in cases]
    assert javascript("given.map(([n, step]) => updatesLeft(n, step))", cases) == expected


def expected_bills():
    updates = np.arange(POLICY["updates"])
    at = (updates, POLICY["base_lr"], POLICY["max_lr"], POLICY["step_size"])
    rates = [clr_utils.triangular(*at), clr_utils.triangular2(*at), clr_utils.exp_range(*at, POLICY["gamma"])]
    bills = [*(each.sum() for each in rates), POLICY["base_lr"] * len(updates)]
    return dict(zip(("triangular", "triangular2", "exp_range", "fixed"), bills, strict=True))


@needs_node
@pytest.mark.parametrize("rate", [0.002, 0.02, 0.18, 0.2, 0.206, 0.5])
def test_descent(rate):
    curvatures, start = np.array(BOWL["curvatures"]), np.array(BOWL["start"])
    path = javascript("descend(given.start, given.curvatures, given.rate, 25)", BOWL | {"rate": rate})
    expected = np.array(list(descent.descend(lambda w: curvatures * w, start, rate, 25)))
    np.testing.assert_allclose(np.array(path, float), expected, rtol=1e-12)
    losses = javascript("given.path.map(w => bowlLoss(w, given.curvatures))", BOWL | {"path": path})
    np.testing.assert_allclose(np.array(losses, float), descent.bowl_loss(expected, curvatures), rtol=1e-12)


@needs_node
def test_it_breaks_above_the_limit_and_only_there():
    fate = "[1e-3, 1, 1 + 1e-9].map(k => fate(given.start, given.curvatures, k * given.limit, given.updates))"
    assert javascript(fate, BOWL) == ["crawls", "edge", "breaks"]
    assert javascript("fate(given.start, given.curvatures, given.best, given.updates)", BOWL) == "arrives"


@needs_node
def test_smoothing():
    rng = np.random.default_rng(0)
    curves = [list(rng.random(n)) for n in (5, 8, 30, 260)] + [NUMBERS["tests"][0]["accuracy"]]
    smoothed = javascript(f"given.map(values => level(values, {NUMBERS['smoothing']}))", curves)
    for values, curve in zip(smoothed, curves, strict=True):
        np.testing.assert_allclose(values, level(curve), rtol=1e-12)


# The prose


def test_sliders_begin_at_the_published_settings(page):
    begin = {name: float(page.find(id=name)["value"]) for name in ("base_lr", "max_lr", "step_size", "gamma")}
    assert begin | {"updates": 24_000} == POLICY
    assert float(page.find(id="fixed_lr")["value"]) == POLICY["base_lr"]
    assert [float(page.find(id=f"start_{name}")["value"]) for name in ("flat", "steep")] == list(BOWL["start"])
    assert [1, float(page.find(id="steep")["value"])] == list(BOWL["curvatures"])


def test_every_setting_can_be_reached_and_no_start_lies_on_an_axis(page):
    for slider in page.select("input[type=range]:not(#done, #my_base_lr, #my_max_lr)"):
        low, high, step, value = (float(slider[name]) for name in ("min", "max", "step", "value"))
        for reached in (value, high):
            assert (reached - low) / step == pytest.approx(round((reached - low) / step), abs=1e-6), slider["id"]
        if slider["id"].startswith("start"):
            assert abs(low / step - round(low / step)) > 0.1


def test_words_that_set_a_control_name_one_and_a_value_that_it_takes(page):
    parts = [part.split("=") for words in page.select("[data-set]") for part in words["data-set"].split()]
    assert len(parts) > 10
    for name, *values in parts:
        control = page.select_one(f"figure #{name}")
        assert control, name
        for value in map(float, values):
            low, high, step = (float(control[bound]) for bound in ("min", "max", "step"))
            assert low <= value <= high
            assert (value - low) / step == pytest.approx(round((value - low) / step), abs=1e-6), (name, value)


def test_what_you_saw_about_the_bowl_is_so(page):
    said = words(page, "#bowl details")
    assert "the steep one, at a rate of 0.2. There the share is 2" in said
    assert BOWL["limit"] == 0.2
    assert max(BOWL["curvatures"]) * BOWL["limit"] == min(BOWL["curvatures"]) * 2 == 2


def test_what_you_saw_about_the_bills_is_so(page):
    said, bills = words(page, "#policies details"), expected_bills()
    units = {name: round(bill / POLICY["base_lr"], -2) for name, bill in bills.items()}
    for name, about in (("triangular", ""), ("triangular2", "about "), ("exp_range", "about "), ("fixed", "")):
        assert re.search(rf"\b{name}(?: spends)? {about}{units[name]:,.0f}\b", said), name
    assert units["triangular"] == 8 * units["fixed"]
    assert "eight times" in said
    assert bills["triangular"] / POLICY["updates"] == pytest.approx(0.016, rel=1e-12)
    halves = [clr_utils.triangular(np.arange(24_000), 0.002, 0.03, step).sum() for step in (1000, 2000, 4000, 12_000)]
    assert np.ptp(halves) < 1e-9 * bills["triangular"], "whole cycles have one bill"


def test_what_you_saw_about_range_tests_is_so(page):
    said = words(page, "#range details")
    first, other, published, wider = NUMBERS["tests"]
    assert "at about 0.06. It falls only beyond 1, more than ten times higher" in said
    assert 0.055 <= first["smith"]["max_lr"] < 0.065
    assert first["fall"]["max_lr"] > max(1, 10 * first["smith"]["max_lr"])
    for bound in ("base_lr", "max_lr"):
        assert max(first["smith"][bound] / other["smith"][bound], other["smith"][bound] / first["smith"][bound]) < 2
    assert "the best of nine rates is 1." in said
    assert min(NUMBERS["errors"], key=lambda row: row[1])[0] == 1
    assert len(NUMBERS["errors"]) == 9
    assert "the accuracy never falls" in said
    assert "does not fall before the last rate, 0.03" in published["fall"]["refusal"]
    assert wider["fall"]["max_lr"] > 0.03


def words(page, place):
    return " ".join(page.select_one(place).text.split())


# The page


def test_it_loads_its_own_files_alone(page):
    assert [script["src"] for script in page.select("script")] == list(SCRIPTS)
    assert [link["href"] for link in page.select("link")] == ["data:,", "play.css"]
    assert {path.name for path in play.PAGE.glob("[!.]*")} == {"index.html", "play.css", *SCRIPTS}
    for name in ("index.html", "play.css", *SCRIPTS):
        addresses = re.findall(
            r"https?:[^\s\"')]*|//\w+\.\w+|@import|url\((?!#)|fetch\(|XMLHttpRequest|import\(", text(name)
        )
        assert set(addresses) <= {"http://www.w3.org/2000/svg"}, name
    assert not page.select("script[type], script[async], script[defer]"), "from a file, only classic scripts load"


def test_every_control_has_a_name_and_every_figure_a_text(page):
    for control in page.select("input, select"):
        label = page.find("label", {"for": control["id"]}) or control.find_parent("label")
        assert label, control
        assert label.text.strip(), control
    for button in page.select("button"):
        assert button["type"] == "button"
        assert button.text.strip()
    for figure in page.select("svg"):
        if figure.get("aria-hidden") != "true":
            assert figure["role"] == "img"
            assert figure["aria-label"]
            assert page.find(id=figure["aria-describedby"])["aria-live"] == "polite", figure["id"]
    for slider in page.select("input[type=range]"):
        assert page.select_one(f"[data-value={slider['id']}]"), slider["id"]


def test_it_names_pages_of_the_site(page):
    places = {place.rpartition(".")[0] for place in build_site.pages(build_site.ROOT)}
    named = [link["data-page"] for link in page.select("a[data-page]")]
    assert set(named) <= places
    assert {f"notebooks/{name}" for name in ("01_learning_rate", "02_cyclical_policies", "03_range_test")} <= set(named)
    assert not [link for link in page.select("a[href]") if not link["href"].startswith("#")], "dead where it is a file"


def test_headings_are_in_order_and_anchors_are_there(page):
    levels = [int(heading.name[1]) for heading in page.select("h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    for link in page.select("a[href^='#']"):
        assert page.find(id=link["href"][1:]), link
