"""Figures can be read by everyone: contrast on white, colours under colour blindness, and lines in grey print.

Contrast is that of WCAG 2: 4.5 for text, 3 for lines and markers. Colour blindness is simulated in linear RGB with the
matrices of Machado, Oliveira and Fernandes (2009) at severity 1. Distances are those of CIELAB (1976).
"""

import ast
import itertools
import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.text import Text

import notebook_rules as rules
from clr_utils import paired_difference, policies
from clr_utils.calcification.patches import generate_patches
from clr_utils.calcification.plots import KIND_COLORS, plot_patches
from clr_utils.findings.tuning import MARKERS
from clr_utils.metrics.curves import plot_areas, plot_score_curves
from clr_utils.plotting import dot_plot, forest_plot, mark_cycle, mark_range, plot_bills, plot_policy
from clr_utils.range_test.plots import METHOD_STYLES, plot_against_sweep
from clr_utils.range_test.suggestions import METHODS
from clr_utils.studies import chest_xray, league
from clr_utils.studies import range_test as range_study
from clr_utils.studies.cifar10 import CHOSEN, RACE
from clr_utils.studies.microcalcification import first_arms
from clr_utils.styles import STYLES, style_of
from notebook_rules_access import misordered_headings

ROOT = Path(__file__).parent.parent
STYLE = ROOT / "clr_utils" / "clr.mplstyle"
POLICIES = ("triangular", "triangular2", "exp_range", "fixed")
TEXT_CONTRAST, LINE_CONTRAST = 4.5, 3
DISTANCE = 15  # about six of the steps that one can see under good conditions, which are 2.3
VISIONS = {
    "all colours": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


@pytest.fixture(autouse=True)
def _style():
    with plt.style.context(STYLE):
        yield
        plt.close("all")


# Colours as numbers


def linear(color):
    """Linear RGB of a colour, which lies on white where it is transparent."""
    *rgb, alpha = to_rgba(color)
    rgb = 1 - alpha * (1 - np.array(rgb))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(color, ground="white"):
    light, dark = sorted((float(XYZ[1] @ linear(each)) + 0.05 for each in (color, ground)), reverse=True)
    return light / dark


def lab(color, vision="all colours"):
    """L*, a* and b* of a colour as it is seen, under the white of sRGB."""
    seen = np.clip(np.array(VISIONS[vision]) @ linear(color), 0, 1)
    xyz = XYZ @ seen / XYZ.sum(axis=1)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one, other, vision):
    return float(np.linalg.norm(lab(one, vision) - lab(other, vision)))


def test_the_numbers_are_those_of_the_standards():
    assert contrast("black") == pytest.approx(21)
    assert contrast("#767676") == pytest.approx(4.54, abs=0.01)
    assert contrast(("black", 0.5)) == pytest.approx(contrast("#808080"), rel=0.01)
    np.testing.assert_allclose(lab("red"), [53.24, 80.09, 67.20], atol=0.1)
    for vision in VISIONS:
        np.testing.assert_allclose(lab("white", vision), [100, 0, 0], atol=0.1)
    assert distance("red", "#006400", "deuteranopia") < distance("red", "#006400", "all colours") / 2


# The colours of the style file and of the modules


def cycle():
    return [(style["color"], style["linestyle"]) for style in plt.rcParams["axes.prop_cycle"]]


def styles():
    """Colours that stand in one figure, each with its second cue: a line style, a marker or a letter."""
    return {
        "cycle": cycle(),
        "policies": [style_of(name)[1:] for name in POLICIES],
        "methods": [(style["color"], style["linestyle"]) for style in METHOD_STYLES.values()],
        "score curves": [style_of(name)[1:] for name in first_arms(1)],
        "kinds of patches": [(color, kind[0]) for kind, color in KIND_COLORS.items()],
        "race": [style_of(name)[1:] for name in (*RACE, *CHOSEN)],
        "league": [style_of(name)[1:] for name in league.FAMILIES["quick"]],
        "retraining": [style_of(name)[1:] for name in chest_xray.ARMS],
        "tuning": [(style_of(name).color, marker) for name, marker in MARKERS.items()],
    }


def too_pale(colors, needed):
    return [f"{color} {contrast(color):.2f}" for color in colors if contrast(color) < needed]


def confusable(pairs, least=DISTANCE):
    """Pairs of one style that only a part of the readers tells apart, or that look alike in grey print."""
    found = []
    for (one, cue), (other, other_cue) in itertools.combinations(pairs, 2):
        if cue == other_cue:
            found += [f"{one} {other} {vision}" for vision in VISIONS if distance(one, other, vision) < least]
            found += [f"{one} {other} in grey"] * bool(abs(lab(one)[0] - lab(other)[0]) < least)
    return found


def test_colours_can_be_read_as_text():
    for kind, pairs in styles().items():
        assert not too_pale([color for color, _ in pairs], TEXT_CONTRAST), kind


def test_what_stands_together_differs_without_colour_or_to_every_eye():
    for kind, pairs in styles().items():
        assert not confusable(pairs), kind


def test_the_cycle_differs_to_every_eye_by_colour_alone():
    apart = [
        (distance(one, other, vision), one, other, vision)
        for (one, _), (other, _) in itertools.combinations(cycle(), 2)
        for vision in VISIONS
    ]
    assert min(apart)[0] >= DISTANCE, min(apart)


def test_these_checks_can_fail():
    assert too_pale(["#CC79A7", "0.5"], TEXT_CONTRAST) == ["#CC79A7 3.06", "0.5 3.98"]
    assert too_pale([("#0072B2", 0.6)], LINE_CONTRAST)
    assert confusable([("#0072B2", "-"), ("#007A58", "-")]) == [
        "#0072B2 #007A58 tritanopia",
        "#0072B2 #007A58 in grey",
    ]
    assert not confusable([("#0072B2", "-"), ("#007A58", "--")])


# Figures, as they are drawn


def pale_parts(fig):
    """Texts, lines and markers of a figure that are too pale on what lies behind them."""
    found = []
    for text in fig.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            box = text.get_bbox_patch()
            ground = box.get_facecolor() if box else "white"
            if contrast(text.get_color(), ground) < TEXT_CONTRAST:
                found.append(f"text {text.get_text()!r} in {to_hex(text.get_color())}")
    for ax in fig.axes:
        for line in ax.lines:
            alpha = 1 if line.get_alpha() is None else line.get_alpha()
            drawn = [line.get_color()] if line.get_linestyle() != "None" else []
            drawn += [line.get_markerfacecolor()] if line.get_marker() not in ("None", "|", "+") else []
            drawn += [line.get_markeredgecolor()] if line.get_marker() in ("|", "+") else []
            found += [
                f"line {line.get_label()!r}: {pale}"
                for pale in too_pale([(to_rgb(color), alpha) for color in drawn], LINE_CONTRAST)
            ]
        for bar in ax.patches:
            edge = bar.get_edgecolor()
            if max(contrast(bar.get_facecolor()), contrast(edge)) < LINE_CONTRAST:
                found.append(f"bar or range in {to_hex(bar.get_facecolor())} without an edge")
    return found


def rates():
    return policies.triangular(range(2401), base_lr=0.002, max_lr=0.03, step_size=400)


def scores(seed):
    rng = np.random.default_rng(seed)
    y = (np.arange(400) < 40).astype(int)
    return y, rng.uniform(0, 0.5, 400) + 0.4 * y


def draw_policies():
    ax = plt.subplots()[1]
    for name in POLICIES:
        plot_policy(rates(), ax, label=name, bounds=(0.002, 0.03), fill=True, **style_of(name).line)
    return ax


def draw_range_test():
    return range_study.recorded_tests("digits_log").tests[0].plot(metric="accuracy", suggestions=list(METHODS))


def draw_sweep():
    errors = range_study.recorded_errors()
    tests = range_study.recorded_tests("digits_log")
    return plot_against_sweep(tests, list(errors), np.transpose(list(errors.values())))[0]


def draw_forest():
    better, worse, same = [-1.0, -1.1, -0.9], [1.0, 1.1, 0.9], [-0.1, 0.1, 0.01]
    rows = {name: paired_difference(row, [0] * 3) for name, row in zip("abc", (better, worse, same), strict=True)}
    return forest_plot(rows, noise=0.3)


FIGURES = {
    "policies": draw_policies,
    "cycle": lambda: mark_cycle(0.002, 0.03, 400, plot_policy(rates())),
    "bills": lambda: plot_bills({name: rates() for name in POLICIES}, unit=0.002, iter_per_epoch=200)[0, 0],
    "range": lambda: mark_range(plt.subplots()[1], 0.2, 0.4, "published range"),
    "dots": lambda: dot_plot({"fixed": [0.1, 0.2, 0.3], "cyclical": [0.2, 0.3]}, log=True),
    "forest": draw_forest,
    "range test": draw_range_test,
    "range tests against a sweep": draw_sweep,
    "score curves": lambda: plot_score_curves({name: [scores(0), scores(1)] for name in STYLES})[0],
    "areas": lambda: plot_areas([0.4, 0.5, 0.6], {name: [0.8] for name in STYLES}, {"published": 0.7}),
    "patches": lambda: plot_patches(generate_patches(2, 6, seed=1, split="test"), truth=True),
}


def test_figures_are_dark_enough():
    for name, draw in FIGURES.items():
        assert not pale_parts(draw().figure), name
        plt.close("all")


def test_pale_parts_are_found():
    fig, ax = plt.subplots()
    ax.text(0, 0, "pale", color="0.5")
    ax.text(0, 0, "on blue", color="black", bbox={"facecolor": "#000080"})
    ax.plot([0, 1], color="0.7")
    ax.plot([0, 1], "o", color="C0", alpha=0.5)
    ax.plot([0, 1], "|", color="0.8", linestyle="none")
    ax.axvspan(0, 1, color="0.9")
    assert len(pale_parts(fig)) == 6


# Colours that the notebooks' cells name

TEXTS = {"text", "annotate", "set_title", "set_xlabel", "set_ylabel", "suptitle"}
SHADES = {"axvspan", "axhspan", "fill_between", "mark_range"}


def named_colors(code):
    """The colours that a cell's calls name, each with the contrast that its use needs."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).split(".")[-1]
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            alpha = given["alpha"].value if isinstance(given.get("alpha"), ast.Constant) else 1
            used = [] if called in SHADES else [given.get("color"), given.get("colors"), given.get("edgecolor")]
            for value in used:
                if isinstance(value, ast.Constant) and value.value != "none":
                    needed = TEXT_CONTRAST if called in TEXTS else LINE_CONTRAST
                    found.append(((value.value, alpha), needed))
    return found


def pale_colors(code):
    return [pale for color, needed in named_colors(code) for pale in too_pale([color], needed)]


def test_notebooks_name_dark_colours():
    for path in (ROOT / "notebooks").glob("**/[0-9]*.ipynb"):
        for cell in rules.cells(json.loads(path.read_text(encoding="utf-8")), "code"):
            assert not pale_colors(rules.python(cell)), f"{path.stem}: {rules.source(cell)}"


def test_pale_colours_are_found():
    assert not pale_colors('ax.text(0, 0, "a", color="0.4")\nax.axvspan(0, 1, color="0.9")')
    for code in (
        'ax.text(0, 0, "a", color="0.5")',
        'ax.plot(x, color="C0", alpha=0.5)',
        'ax.contour(z, colors="0.75")',
    ):
        assert len(pale_colors(code)) == 1, code


# Markdown files


def test_headings_of_markdown_files_are_in_order():
    for name in ("README.md", "CONTRIBUTING.md", "docs/index.md", "data/README.md", "notebooks/TEACHING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not misordered_headings(re.sub(r"```.*?```", "", text, flags=re.S)), name


def test_the_heading_rule_reads_no_code_but_every_level():
    assert not misordered_headings("# One\n\n## Two\n\n### Three\n\n## Two again\n\n    # code\n\n#hashtag")
    assert len(misordered_headings("## Two\n\n#### Four\n\n###")) == 4
