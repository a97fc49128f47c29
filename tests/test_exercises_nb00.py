"""The self-checks of notebook 00: stub, wrong answers, solution."""

import pytest

from clr_utils.exercises import NotYet, attempt
from clr_utils.exercises.nb00 import check_facts, check_setup_answers
from clr_utils.setup_check import Answer

READY = [Answer("Python", True, "3.13.0"), Answer("keras", True, "3.15.1")]
FACTS = [
    "Show me the learning rate of every update in both trainings.",
    "How far apart are ten runs of each recipe with different seeds?",
    "Did both sides get the same number of updates and the same effort of tuning?",
]


def test_setup_answers():
    check_setup_answers(READY)


@pytest.mark.parametrize(
    ("answers", "hint"),
    [
        (None, "run the set-up check's cell"),
        ([], "run the set-up check's cell"),
        ([*READY, Answer("scikit-plots", False, "missing: run `make lab` again")], "scikit-plots: missing"),
    ],
)
def test_setup_answers_not_yet(answers, hint):
    with pytest.raises(NotYet, match=hint):
        check_setup_answers(answers)


def test_facts():
    check_facts(FACTS)


@pytest.mark.parametrize(
    ("facts", "hint"),
    [
        (["", "", ""], "0 of 3 facts"),
        (None, "0 of 3 facts"),
        (FACTS[:2], "2 of 3 facts"),
        ([*FACTS[:2], "epochs?"], "three words or more"),
        ([FACTS[1], "how many seeds were there", "was it run again"], "1 of 3 kinds"),
        ([FACTS[0], FACTS[1], "which computer was used here"], "2 of 3 kinds"),
    ],
)
def test_facts_not_yet(facts, hint):
    with pytest.raises(NotYet, match=hint):
        check_facts(facts)


def test_attempt_prints(capsys):
    attempt(check_facts, FACTS)
    attempt(check_facts, None)
    attempt(check_facts, 5)
    correct, empty, broken = capsys.readouterr().out.splitlines()
    assert correct == "correct"
    assert empty.startswith("not yet: 0 of 3")
    assert broken.startswith("not yet: your code stopped with TypeError")
