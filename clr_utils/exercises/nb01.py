"""Self-checks of notebook 01: the stability limit, and a schedule."""

import numpy as np

from clr_utils.course.descent import descend, expected_loss, mean_losses, stability_limit
from clr_utils.exercises import NotYet, one_number

CURVATURES = np.array([1.0, 10.0])
START = np.array([10.0, 1.0])
SIGMA = 1.0
STEPS = 300
RUNS = 1000
NEEDED = 0.8


def _positive(value, name):
    """`value` as a float, or a hint if it is no finite, positive number."""
    value = one_number(value, name)
    if value <= 0:
        raise NotYet(f"{name} must return a rate above zero; it returned {value:g}")
    return value


def _hessians():
    """Five symmetric positive definite matrices, each with a name."""
    rng = np.random.default_rng(1)
    rotation, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    wide = rng.standard_normal((40, 25))
    return {
        "one parameter": np.array([[4.0]]),
        "two parameters, each on its own": np.diag([1.0, 10.0]),
        "three parameters that act on one another": np.full((3, 3), 0.9) + 0.1 * np.eye(3),
        "six parameters, a narrow valley across the axes": rotation @ np.diag(np.geomspace(0.01, 100, 6)) @ rotation.T,
        "25 parameters": wide.T @ wide / 40,
    }


def _growth(hessian, rate, steps=1500):
    """Loss at the end / loss at the start, from a start that has a share of every direction; stops early."""
    start = np.linalg.eigh(hessian)[1].sum(axis=1)
    first = start @ hessian @ start
    for w in descend(lambda w: w @ hessian, start, rate, steps):
        ratio = (w @ hessian @ w) / first
        if ratio > 1e6:
            break
    return ratio


def check_max_stable_rate(max_stable_rate):
    """Try gradient descent at 0.99 and 1.01 of the answer on five matrices."""
    for number, (name, hessian) in enumerate(_hessians().items(), start=1):
        rate = _positive(max_stable_rate(hessian.copy()), "max_stable_rate")
        if _growth(hessian, 0.99 * rate) > 1:
            raise NotYet(f"too large for matrix {number} of 5 ({name}): at 0.99 of your rate the loss grows")
        if _growth(hessian, 1.01 * rate) < 1:
            raise NotYet(f"too small for matrix {number} of 5 ({name}): at 1.01 of your rate the loss still falls")


def best_constant_loss():
    """The mean loss after `STEPS` updates at the best of 200 constant rates."""
    rates = np.geomspace(0.001, 0.999 * stability_limit(CURVATURES), 200)
    return expected_loss(rates, CURVATURES, START, SIGMA, STEPS).min()


def mean_final_loss(schedule, sigma=SIGMA):
    """The mean loss after `STEPS` noisy updates with `schedule`, over `RUNS` runs."""
    rng = np.random.default_rng(1)
    with np.errstate(over="ignore", invalid="ignore"):
        return mean_losses(CURVATURES, START, schedule, STEPS, sigma=sigma, runs=RUNS, rng=rng)[-1]


def check_schedule(schedule):
    """Compare the schedule's mean final loss with that of the best constant rate; a fifth less is asked for."""
    rates = [_positive(schedule(step), f"schedule({step})") for step in range(STEPS)]
    if np.ptp(rates) == 0:
        raise NotYet("your schedule is itself a constant rate: let it depend on the step")
    loss = mean_final_loss(lambda step: rates[step])
    ratio = loss / best_constant_loss()
    if not loss < 1e6:
        raise NotYet("the loss explodes: some of your rates lie beyond the stability limit, for too long")
    if ratio > NEEDED:
        from_start = mean_final_loss(lambda step: rates[step], sigma=0)
        rest = "left over from the start" if from_start > loss / 2 else "noise"
        raise NotYet(
            f"your final loss, a mean over {RUNS:,} runs, is {ratio:,.2f} times that of the best constant rate; "
            f"get it to {NEEDED:g} times or less. Most of your loss is {rest}"
        )
