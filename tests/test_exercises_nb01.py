"""The self-checks of notebook 01: unsolved stubs and likely mistakes get a hint, solutions pass."""

import numpy as np
import pytest

from clr_utils.exercises import NotYet, nb01


def limit(hessian):
    return 2 / np.linalg.eigvalsh(hessian)[-1]


def drop(step):
    return 0.1 if step < 100 else 0.1 / (1 + 0.08 * (step - 100))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda hessian: None, "returned None"),
        (lambda hessian: "2", "one finite number"),
        (lambda hessian: -1.0, "above zero"),
        (lambda hessian: 2 / np.diag(hessian).max(), "too large for matrix 3"),
        (lambda hessian: 2 / np.linalg.eigvalsh(hessian)[0], "too large for matrix 2"),
        (lambda hessian: 1 / np.linalg.eigvalsh(hessian)[-1], "too small for matrix 1"),
        (lambda hessian: 2 / np.trace(hessian), "too small for matrix 2"),
        (lambda hessian: 2 / np.linalg.eigvalsh(hessian)[[0, -1]].sum(), "too small for matrix 1"),
    ],
)
def test_max_stable_rate_hints(answer, hint):
    with pytest.raises(NotYet, match=hint):
        nb01.check_max_stable_rate(answer)


def test_max_stable_rate_solution():
    nb01.check_max_stable_rate(limit)
    nb01.check_max_stable_rate(lambda hessian: 2 / np.linalg.norm(hessian, 2))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda step: None, "returned None"),
        (lambda step: 0.02, "itself a constant"),
        (lambda step: 0.1 if step < 299 else 0.0, "above zero"),
        (lambda step: 0.3 if step < 200 else 0.01, "explodes"),
        (lambda step: 0.1 if step < 150 else 0.05, "times that of the best constant"),
        (lambda step: 0.01 + 0.09 * step / 299, "times that of the best constant"),
    ],
)
def test_schedule_hints(answer, hint):
    with pytest.raises(NotYet, match=hint):
        nb01.check_schedule(answer)


def test_schedule_solutions():
    nb01.check_schedule(drop)
    nb01.check_schedule(lambda step: 0.1 if step < 100 else 0.01)


def test_the_best_constant_rate_is_what_runs_give():
    rates = np.geomspace(0.005, 0.1, 12)
    measured = min(nb01.mean_final_loss(rate) for rate in rates)
    assert nb01.best_constant_loss() == pytest.approx(measured, rel=0.15)
