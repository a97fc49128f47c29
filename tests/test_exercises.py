"""Every exercise, as it stands in its notebook: the stub and the wrong answers get a hint, the solution passes.

The wrong answers are typed as a student would type them, in wrong_answers/, one file a notebook, each with words of the
hint that must come. `secrets` are what no hint of the exercise may say: its result, or the idea that solves it.
"""

import ast
import json
import re
import tomllib
from functools import cache
from itertools import permutations
from numbers import Real
from pathlib import Path

import pytest

import exercise_cells
import notebook_rules as rules
from clr_utils.exercises import NotYet

FOLDER = Path(__file__).parent.parent / "notebooks"
TABLES = Path(__file__).parent / "wrong_answers"
NOTEBOOKS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
}
SOLUTIONS = {
    name: json.loads((FOLDER / "solutions" / f"{name}_solutions.ipynb").read_text(encoding="utf-8"))
    for name in NOTEBOOKS
}


def by_check(notebooks):
    return {(name, each.name): each for name, cells in notebooks.items() for each in exercise_cells.exercises(cells)}


STUBS, SOLVED = by_check(NOTEBOOKS), by_check(SOLUTIONS)
WRONG = {
    (path.stem, check): table
    for path in sorted(TABLES.glob("*.toml"))
    for check, table in tomllib.loads(path.read_text(encoding="utf-8")).items()
}
WRONG_ANSWERS = [
    pytest.param(key, entry, id=f"{key[1]}: {entry['mistake']}")
    for key, table in WRONG.items()
    for entry in table["wrong"]
]
EACH = pytest.mark.parametrize("key", STUBS, ids=lambda key: f"{key[0][:2]}-{key[1]}")


@cache
def hint_for(key, typed=""):
    with pytest.raises(NotYet) as raised:
        STUBS[key].run(typed)
    return str(raised.value)


def unhelpful(hint):
    """What is wrong with a hint, whatever the exercise."""
    complaints = []
    if len(hint.split()) < 6:
        complaints.append("too short to help")
    if "\n" in hint or re.search(r"Traceback|\w+(Error|Exception)\b| object at 0x|<function", hint):
        complaints.append("a message for who wrote the check")
    return complaints


def tells_what_to_do(hint):
    return bool(re.search(r"\b(replace|return|put|write|run|make|choose)\b|\?", hint))


def given_away(hint, secrets):
    """The secrets that a hint says: words and numbers as they stand, calculations however they are spaced."""
    squeezed = squeeze(hint)
    return [
        secret
        for secret in secrets
        if (
            re.search(rf"(?<![\w.,]){re.escape(secret)}(?!\.?\d)", hint, re.I)
            if re.fullmatch(r"[-\w., ]+", secret)
            else squeeze(secret) in squeezed
        )
    ]


def squeeze(text):
    return text.replace(" ", "").replace("^", "**")


@cache
def secrets_of(key):
    """Those of the table, what the solution calculates and the stub does not, and the answers that are numbers."""
    return [*WRONG[key]["secrets"], *(calculations(SOLVED[key]) - calculations(STUBS[key])), *numbers(SOLVED[key])]


def calculations(exercise):
    """What the answer's code computes, assigns and returns, as text."""
    nodes = [node for statement in exercise.answer() for node in ast.walk(statement)]
    values = [node.value for node in nodes if isinstance(node, ast.Assign | ast.Return) and node.value]
    values += [each for value in values if isinstance(value, ast.Tuple) for each in value.elts]
    return {ast.unparse(value) for value in values if isinstance(value, ast.BinOp | ast.Call | ast.IfExp)}


def numbers(exercise):
    """The answers that are numbers, as a hint would write them."""
    return [f"{answer:g}" for answer in exercise.answers_made() if isinstance(answer, Real)]


@pytest.mark.parametrize("notebooks", [NOTEBOOKS, SOLUTIONS], ids=["stubs", "solutions"])
def test_every_attempt_is_found(notebooks):
    for name, notebook in notebooks.items():
        called = [check for cell in rules.cells(notebook, "code") for check in rules.attempted(cell)]
        assert [check for stem, check in by_check(notebooks) if stem == name] == called


@EACH
def test_stub_gets_a_hint(key):
    hint = hint_for(key)
    assert not unhelpful(hint), hint
    assert tells_what_to_do(hint), hint
    assert not given_away(hint, secrets_of(key)), hint


@EACH
def test_stub_says_where_to_write(key):
    answers = {name for answer in STUBS[key].answers for name in exercise_cells.names(ast.Expr(answer))[0]}
    for cell in rules.cells(NOTEBOOKS[key[0]], "code"):
        binds = {name for each in ast.parse(rules.python(cell)).body for name in exercise_cells.names(each)[1]}
        assert "# your turn" in rules.source(cell) or not binds & answers, rules.label(cell)


@EACH
def test_stub_hint_is_the_one_saved_in_the_notebook(key):
    cells = rules.cells(NOTEBOOKS[key[0]], "code")
    saved = "".join(rules.printed(cell) for cell in cells if key[1] in rules.attempted(cell))
    assert f"not yet: {hint_for(key)}\n" in saved


@EACH
def test_solution_passes(key):
    SOLVED[key].run()


@EACH
def test_has_wrong_answers(key):
    table = WRONG.get(key, {"wrong": [], "secrets": []})
    advice = f"write two wrong answers to {key[1]}, and its secrets, into wrong_answers/{key[0]}.toml"
    assert len(table["wrong"]) >= 2, advice
    assert table["secrets"], advice


def test_no_wrong_answers_without_an_exercise():
    assert list(WRONG) == list(STUBS) == list(SOLVED)


@pytest.mark.parametrize(("key", "entry"), WRONG_ANSWERS)
def test_wrong_answer_gets_its_hint(key, entry):
    hint = hint_for(key, entry["answer"])
    assert entry["hint"] in hint
    assert not unhelpful(hint), hint
    assert not given_away(hint, secrets_of(key)), hint


@EACH
def test_other_mistakes_get_other_hints(key):
    hints = {entry["hint"]: hint_for(key, entry["answer"]) for entry in WRONG[key]["wrong"]}
    assert len(hints) == len(WRONG[key]["wrong"])
    for words, other in permutations(hints, 2):
        assert words not in hints[other]


# These tests can fail


def exercise(code):
    cells = [{"cell_type": "code", "source": text} for text in code]
    return exercise_cells.exercises({"cells": cells})[0]


def test_only_what_the_answer_needs_is_run():
    code = ["!pip list", "import math\nboom = 1 / 0", "def area(r):\n    return math.pi * r", "attempt(print, area)"]
    made = exercise(code)
    assert [ast.unparse(statement) for statement in made.answer()] == ["import math", code[2]]
    assert made.answers_made()[0](1) == pytest.approx(3.14159, abs=1e-5)


def test_a_typed_answer_takes_the_stub_s_place():
    code = ["import math", "def area(r):\n    ...", "attempt(print, area)"]
    assert exercise(code).answers_made("def area(r):\n    return 4 * math.pi")[0](0) > 12
    with pytest.raises(NameError):
        exercise(code[1:]).answers_made("def area(r):\n    return 4 * math.pi")[0](0)


@pytest.mark.parametrize(
    "hint",
    ["no", "", "your code stopped with TypeError: it is wrong and more", "it returned <function f at 0x7> here too"],
)
def test_unhelpful(hint):
    assert unhelpful(hint)


@pytest.mark.parametrize(
    ("hint", "answer"),
    [
        ("it is 2 * base**2, of course", "def area(r):\n    return 2 * base ** 2"),
        ("it is 2*base^2", "def area(r):\n    half = 2 * base ** 2"),
        ("the low end is base - 1, is it?", "def area(r):\n    return base - 1, base + 1"),
        ("take 58 of them", "area = 58"),
        ("it must be 58.", "area = 58.0"),
    ],
)
def test_calculations_and_numbers_of_a_solution_are_secret(hint, answer):
    solution = exercise([answer, "attempt(check, area)"])
    secrets = [*calculations(solution), *numbers(solution)]
    assert given_away(hint, secrets)
    assert not given_away("how large is a circle of radius 580, of 0.58, of 58.5, of base?", secrets)


@pytest.mark.parametrize("hint", ["take 1,234 of them", "about 1,234.", "The Trapezoid rule", "1 - p^2 of it"])
def test_secrets_of_the_table(hint):
    assert given_away(hint, ["1,234", "trapezoid", "1-p**2"])
    assert not given_away("take 11,234 or 1,234,567; ask p, not 1 - q^2", ["1,2345", "trapezoid", "1-p**2"])
