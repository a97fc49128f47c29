"""Self-checks of notebook 08."""

import numpy as np

from clr_utils.exercises import NotYet, answered, one_number

# Labels, what they are, and the answer.
LABELS = (
    ("one in four has the finding", [0, 0, 1, 0], 75.0),
    ("three in four have it", [1, 1, 0, 1], 75.0),
    ("nobody has it", [0, 0, 0, 0, 0], 100.0),
    ("half have it", [0, 1], 50.0),
    ("17 of 1,000 have it", [1] * 17 + [0] * 983, 98.3),
)
RUNNERS = ("before", "last_rate", "one_line", "mean_rate", "triangular", "from_start")
ANSWERS = {
    "cycling": {"triangular", "one_line"},
    "epochs": {"before", "last_rate"},
    "retraining": {"triangular", "from_start"},
}
# What a runner has that disturbs the comparison, for each question.
WHY_NOT = {
    "cycling": {
        "before": "has fewer epochs than all others",
        "last_rate": "keeps a rate that is nearly zero, and so has another mean rate",
        "mean_rate": "does not end at triangular's foot",
        "from_start": "has no retraining: its first ten epochs differ too",
    },
    "epochs": {
        **dict.fromkeys(("one_line", "mean_rate", "triangular"), "leaves the rate at which the decay ended"),
        "from_start": "comes to the end of its decay only in the last epoch",
    },
    "retraining": {
        "before": "has ten epochs, and not thirty",
        **dict.fromkeys(
            ("last_rate", "one_line", "mean_rate"),
            "stops in between too, but goes on otherwise than asked",
        ),
    },
}


def check_without_looking(without_looking):
    """`without_looking(labels)`: the accuracy in percent of the better constant answer."""
    for what, labels, right in LABELS:
        answer = one_number(without_looking(np.array(labels)), f"without_looking, for labels of which {what},")
        if not np.isclose(answer, right):
            raise NotYet(f"where {what}, you returned {answer:g}{_why_not(answer, np.array(labels), right)}")


def _why_not(answer, labels, right):
    share = 100 * labels.mean()
    if np.isclose(100 * answer, right):
        return ": that is a share; in percent it is a hundred times as much"
    if np.isclose(answer, share):
        return ', which is how often always "yes" is right; is the other answer right more often?'
    if np.isclose(answer, 100 - share):
        return ', which is how often always "no" is right; is the other answer right more often?'
    if np.isclose(answer / len(labels), right / 100):
        return ": that is a number of images; what part of all is it, in percent?"
    if abs(answer - right) < 1:
        return ": is that rounded? Return it as it comes"
    return f": how many of {labels[:5].tolist()}{' ...' * (len(labels) > 5)} does each constant answer get right?"


def check_runners(runners):
    """`runners()`: for each of three questions the smallest set of runners that answers it."""
    answers = answered(runners(), "runners", ANSWERS.keys(), "a dict of three sets")
    for question, right in ANSWERS.items():
        answer = answers[question]
        if answer is ...:
            raise NotYet(f"{question}: replace the dots by a set of names")
        if not isinstance(answer, set | frozenset | list | tuple):
            raise NotYet(f"{question}: give a set of names, such as {{'before', 'mean_rate'}}; it is {answer!r}")
        for name in answer:
            if name not in RUNNERS:
                raise NotYet(f"{question}: there is no runner {name!r}; choose from {', '.join(RUNNERS)}")
        _check_set(question, set(answer), right)


def _check_set(question, answer, right):
    if answer == right:
        return
    if answer > right:
        raise NotYet(f"{question}: your {len(answer)} runners can answer it, but fewer can: which do you not need?")
    if len(answer) < 2:
        raise NotYet(f"{question}: a comparison needs two runners or more; there are {len(answer)}")
    wrong = next(name for name in RUNNERS if name in answer - right)
    raise NotYet(f"{question}: look at {wrong!r} again, which {WHY_NOT[question][wrong]}")
