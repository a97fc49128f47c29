"""The self-checks of notebook 00, beyond the answers of test_exercises.py."""

import pytest

from clr_utils.course.setup_check import Answer
from clr_utils.exercises import NotYet, attempt
from clr_utils.exercises.nb00 import check_facts, check_setup_answers

READY = [Answer("Python", True, "3.13.0"), Answer("keras", True, "3.15.1")]
FACTS = [
    "Show me the learning rate of every update in both trainings.",
    "How far apart are ten runs of each recipe with different seeds?",
    "Did both sides get the same number of updates and the same effort of tuning?",
]


@pytest.mark.parametrize(
    ("answers", "hint"),
    [
        ([], "run the set-up check's cell"),
        ([*READY, Answer("scikit-plots", False, "missing: run `make lab` again")], "scikit-plots: missing"),
    ],
)
def test_setup_answers_not_yet(answers, hint):
    with pytest.raises(NotYet, match=hint):
        check_setup_answers(answers)


@pytest.mark.parametrize(
    ("facts", "hint"),
    [
        (None, "0 of 3 facts"),
        ([FACTS[0], "   ", None], "1 of 3 facts"),
        (
            ["how often was it trained", "are both trainings equally long", "who says so"],
            "ask also about what was really",
        ),
        (["which digits are wrong", "what is the loss", *FACTS[1:]], "ask also about what was really done$"),
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
