"""Self-checks of notebook 00."""

import re
from itertools import permutations

from clr_utils.course.setup_check import Answer
from clr_utils.exercises import NotYet

FACTS = {
    "what was really done": r"rate|schedule|decay|lr\b|logs?\b|step size",
    "how sure one can be": r"seed|repe|runs|again|varia|vary|deviation|spread|interval|noise|average|luck|chance"
    r"|reproduc|replic|signific|confiden|standard error|error bar|how often|how many times",
    "whether both sides had the same chance": r"budget|epoch|update|tun(ed|ing)|effort|\btime\b|iterations|equal|same"
    r"|fair|how long|hyperparameter",
}


def check_setup_answers(answers):
    """The set-up check's answers are all in order."""
    if callable(answers):
        raise NotYet("that is a function, not what it returns: a call has parentheses")
    if not answers:
        raise NotYet("there are no answers yet: run the set-up check's cell, and hand over the whole list it made")
    if not isinstance(answers, list) or not all(isinstance(answer, Answer) for answer in answers):
        raise NotYet(f"hand over the list of answers as the set-up check made it; this is {_short(answers)}")
    if wrong := [answer for answer in answers if not answer.ok]:
        raise NotYet("; ".join(f"{answer.what}: {answer.detail}" for answer in wrong))


def check_facts(facts):
    """Three facts, in the student's own words, that cover three kinds of question."""
    if isinstance(facts, str):
        raise NotYet("write three sentences, each in its own place of the list")
    facts = [fact.strip().lower() for fact in facts or [] if fact and fact.strip()]
    if len(facts) < 3:
        raise NotYet(f"{len(facts)} of 3 facts are written down; what would you ask the authors?")
    if short := [fact for fact in facts if len(fact.split()) < 3]:
        raise NotYet(f"make a whole question of {short[0]!r}, of three words or more")
    missing = min((_missing(chosen) for chosen in permutations(facts, len(FACTS))), key=len)
    if missing:
        raise NotYet(f"{3 - len(missing)} of 3 kinds of fact are covered; ask also about {', and '.join(missing)}")


def _missing(facts):
    """The kinds that these facts, one for each kind in turn, do not speak of."""
    return [kind for (kind, words), fact in zip(FACTS.items(), facts, strict=True) if not re.search(words, fact)]


def _short(value):
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]} ..."
