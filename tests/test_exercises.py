"""Every exercise, as it stands in its notebook: the stub and the wrong answers get a hint, the solution passes.

The wrong answers are typed as a student would type them, in wrong_answers/, one file a notebook, each with words of the
hint that must come for this answer alone. `secrets` are what no hint of the exercise may say: its result, or the idea
that solves it.
"""

import ast
import json
import re
import tomllib
from functools import cache
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
EACH = pytest.mark.parametrize("key", STUBS, ids=lambda key: f"{key[0][:2]}-{key[1]}")


@cache
def hint_for(key, typed=""):
    """The hint that comes where this is typed in the stub's place; "" where it is accepted."""
    try:
        STUBS[key].run(typed)
    except NotYet as hint:
        return str(hint)
    except Exception as error:
        return f"your code stopped with {type(error).__name__}: {error}"
    return ""


def unhelpful(hint):
    """What is wrong with a hint, whatever the exercise."""
    complaints = []
    if len(hint.split()) < 6:
        complaints.append("is too short to help")
    if "\n" in hint or re.search(r"Traceback|\w+(Error|Exception)\b| object at 0x|<function", hint):
        complaints.append("is a message for who wrote the check")
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


def test_every_attempt_is_found():
    for notebooks, found in ((NOTEBOOKS, STUBS), (SOLUTIONS, SOLVED)):
        for name, notebook in notebooks.items():
            called = [check for cell in rules.cells(notebook, "code") for check in rules.attempted(cell)]
            assert [check for stem, check in found if stem == name] == called, name


@EACH
def test_stub_gets_a_hint(key):
    hint = hint_for(key)
    assert not unhelpful(hint), hint
    assert tells_what_to_do(hint), hint
    assert not given_away(hint, secrets_of(key)), hint
    cells = rules.cells(NOTEBOOKS[key[0]], "code")
    saved = "".join(rules.printed(cell) for cell in cells if key[1] in rules.attempted(cell))
    assert f"not yet: {hint}\n" in saved, "make run"


def test_stubs_say_where_to_write():
    for (name, _), stub in STUBS.items():
        answers = {name for answer in stub.answers for name in exercise_cells.names(ast.Expr(answer))[0]}
        for cell in rules.cells(NOTEBOOKS[name], "code"):
            binds = {name for each in ast.parse(rules.python(cell)).body for name in exercise_cells.names(each)[1]}
            assert "# your turn" in rules.source(cell) or not binds & answers, f"{name}: {rules.label(cell)}"


@EACH
def test_solution_passes(key):
    SOLVED[key].run()


def test_no_wrong_answers_without_an_exercise():
    assert list(WRONG) == list(STUBS) == list(SOLVED)


def complaints(key, entry):
    """What is wrong with the hint that a wrong answer gets."""
    hint = hint_for(key, entry["answer"])
    if not hint:
        return [f"{entry['mistake']}: it is accepted"]
    found = unhelpful(hint) + [f"gives away {secret!r}" for secret in given_away(hint, secrets_of(key))]
    if entry["hint"] not in hint:
        found.append(f"does not say {entry['hint']!r}")
    others = [other for other in WRONG[key]["wrong"] if other is not entry]
    twins = [other["mistake"] for other in others if entry["hint"] in hint_for(key, other["answer"])]
    found += [f"comes for {twin!r} in the same words" for twin in twins]
    return [f"{entry['mistake']}: the hint {hint!r} {complaint}" for complaint in found]


@EACH
def test_wrong_answers_get_their_own_hints(key):
    table = WRONG.get(key, {"wrong": [], "secrets": []})
    advice = f"write two wrong answers to {key[1]}, and its secrets, into wrong_answers/{key[0]}.toml"
    assert len(table["wrong"]) >= 2, advice
    assert table["secrets"], advice
    found = [complaint for entry in table["wrong"] for complaint in complaints(key, entry)]
    assert not found, "\n".join(found)


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


def test_unhelpful():
    stopped = "your code stopped with TypeError: it is wrong and more"
    for hint in ("no", "", stopped, "it returned <function f at 0x7> here too"):
        assert unhelpful(hint), hint


def test_calculations_and_numbers_of_a_solution_are_secret():
    for hint, answer in (
        ("it is 2 * base**2, of course", "def area(r):\n    return 2 * base ** 2"),
        ("it is 2*base^2", "def area(r):\n    half = 2 * base ** 2"),
        ("the low end is base - 1, is it?", "def area(r):\n    return base - 1, base + 1"),
        ("take 58 of them", "area = 58"),
        ("it must be 58.", "area = 58.0"),
    ):
        solution = exercise([answer, "attempt(check, area)"])
        secrets = [*calculations(solution), *numbers(solution)]
        assert given_away(hint, secrets), hint
        assert not given_away("how large is a circle of radius 580, of 0.58, of 58.5, of base?", secrets), hint


def test_secrets_of_the_table():
    for hint in ("take 1,234 of them", "about 1,234.", "The Trapezoid rule", "1 - p^2 of it"):
        assert given_away(hint, ["1,234", "trapezoid", "1-p**2"]), hint
    assert not given_away("take 11,234 or 1,234,567; ask p, not 1 - q^2", ["1,2345", "trapezoid", "1-p**2"])
