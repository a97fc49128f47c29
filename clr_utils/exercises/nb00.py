"""Self-checks of notebook 00."""

import re
from itertools import permutations

from clr_utils.exercises import NotYet

FACTS = {
    "what each training did with its rate": r"rate|schedule|decay|lr\b|logs?\b|step size",
    "how the result varies from run to run": r"seed|repe|runs|again|varia|vary|deviation|spread|interval|noise",
    "what each side was given to spend": r"budget|epoch|update|tun(ed|ing)|effort|time|iterations",
}


def check_setup_answers(answers):
    """The set-up check's answers are all in order."""
    if not answers:
        raise NotYet("there are no answers: run the set-up check's cell first")
    if wrong := [answer for answer in answers if not answer.ok]:
        raise NotYet("; ".join(f"{answer.what}: {answer.detail}" for answer in wrong))


def check_facts(facts):
    """Three facts, in the student's own words, that cover three kinds of question."""
    facts = [fact.strip().lower() for fact in facts or [] if fact and fact.strip()]
    if len(facts) < 3:
        raise NotYet(f"{len(facts)} of 3 facts are written down; what would you ask the authors?")
    if short := [fact for fact in facts if len(fact.split()) < 3]:
        raise NotYet(f"make a whole question of {short[0]!r}, of three words or more")
    kinds = FACTS.values()
    covered = max(sum(map(_speaks_of, kinds, chosen)) for chosen in permutations(facts, len(kinds)))
    if covered < len(kinds):
        raise NotYet(
            f"{covered} of 3 kinds of fact are covered. Ask about what was done, about how sure one can be, and "
            "about whether both sides had the same chance"
        )


def _speaks_of(words, fact):
    return bool(re.search(words, fact))
