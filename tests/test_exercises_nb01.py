"""The self-checks of notebook 01, beyond the answers of test_exercises.py."""

import numpy as np
import pytest

from clr_utils.exercises import NotYet, nb01


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda hessian: "2", "one finite number"),
        (lambda hessian: -1.0, "above zero"),
        (lambda hessian: 2 / np.linalg.norm(hessian), "too small for matrix 4"),
        (lambda hessian: 2 / np.linalg.eigvalsh(hessian)[[0, -1]].sum(), "too small for matrix 1"),
    ],
)
def test_max_stable_rate_hints(answer, hint):
    with pytest.raises(NotYet, match=hint):
        nb01.check_max_stable_rate(answer)


def test_max_stable_rate_another_solution():
    nb01.check_max_stable_rate(lambda hessian: 2 / np.linalg.norm(hessian, 2))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda step: 0.1 if step < 299 else 0.0, "above zero"),
        (lambda step: 0.01 + 0.09 * step / 299, "times that of the best constant rate; get it to 0.8"),
    ],
)
def test_schedule_hints(answer, hint):
    with pytest.raises(NotYet, match=hint):
        nb01.check_schedule(answer)


@pytest.mark.parametrize(
    "schedule",
    [lambda step: 0.1 if step < 100 else 0.01, lambda step: 0.1 * 0.99**step, lambda step: 0.1 - step / 3000],
)
def test_schedule_other_solutions(schedule):
    nb01.check_schedule(schedule)


def test_the_best_constant_rate_is_what_runs_give():
    rates = np.geomspace(0.005, 0.1, 12)
    measured = min(nb01.mean_final_loss(rate) for rate in rates)
    assert nb01.best_constant_loss() == pytest.approx(measured, rel=0.15)
