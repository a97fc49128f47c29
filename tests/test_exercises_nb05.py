"""The self-checks of notebook 05, beyond the answers of test_exercises.py."""

import numpy as np
import pytest

from clr_utils import published
from clr_utils.exercises import NotYet
from clr_utils.exercises.nb05 import check_false_positives, check_precision_at


def precision(pi, recall, fpr):
    return recall * pi / (recall * pi + fpr * (1 - pi))


def test_precision_at_another_solution():
    check_precision_at(lambda pi, recall, fpr: np.float64(1 / (1 + fpr * (1 / pi - 1) / recall)))


def without_alarm(pi, recall, fpr):
    quiet = (1 - fpr) * (1 - pi)
    return quiet / (quiet + (1 - recall) * pi)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda pi, recall, fpr: np.array([0.1, 0.2]), "one finite number"),
        (lambda pi, recall, fpr: recall * pi / (recall * pi + fpr * pi), "no prevalence"),
        (without_alarm, "without an alarm"),
    ],
)
def test_precision_at_not_yet(answer, hint):
    with pytest.raises(NotYet, match=hint):
        check_precision_at(answer)


def test_precision_at_is_tried_where_no_case_is_negative():
    def wrong_there(pi, recall, fpr):
        return precision(pi, recall, fpr) if pi < 1 else 0.5

    with pytest.raises(NotYet, match=r"precision_at\(1, 0\.6, 0\.2\) is 0\.5"):
        check_precision_at(wrong_there)


def alarms(precision, recall, positives):
    return recall * positives * (1 / precision - 1)


def test_false_positives_may_be_whole_numbers():
    check_false_positives(lambda *case: round(alarms(*case)))


def test_the_tables_have_1234_and_92_false_positives():
    positives = published("alyafi.test.positives").value
    for case, number in ((1, 1234), (2, 92)):
        shares = [published(f"alyafi.case{case}.triangular.{name}").value for name in ("precision", "recall")]
        assert round(alarms(*shares, positives)) == number


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda p, r, n: r * n, "true positives"),
        (lambda p, r, n: int(alarms(p, r, n)), "do not cut it off"),
        (lambda p, r, n: alarms(p, r, n) / 110_000, "begin with the true positives"),
        (lambda p, r, n: alarms(p, r, n) + 1.5, "begin with the true positives"),
    ],
)
def test_false_positives_not_yet(answer, hint):
    with pytest.raises(NotYet, match=hint):
        check_false_positives(answer)
