"""Self-checks of notebook 06."""

import numpy as np

from clr_utils.exercises import NotYet, one_number, returned


def check_equivalent_steps(equivalent_steps):
    """`equivalent_steps(decay, updates)`: the rates 1 / (1 + decay * t) of t = 0, 1, ... added up."""
    for decay, updates in ((0.0, 10), (1.0, 2), (0.96, 24_000), (0.96, 48_000), (0.01, 300)):
        right = float(np.sum(1 / (1 + decay * np.arange(updates))))
        name = f"equivalent_steps({decay:g}, {updates})"
        answer = one_number(equivalent_steps(decay, updates), name)
        if np.isclose(answer, right, rtol=1e-6):
            continue
        if np.isclose(answer, np.sum(1 / (1 + decay * np.arange(1, updates + 1)))):
            raise NotYet(f"{name} is {answer:.6g}: which number has the first update? Its rate is not decayed yet")
        if np.isclose(answer, right * 0.002, rtol=1e-6):
            raise NotYet(f"{name} is {answer:.6g}: that is the sum of the rates; count in steps of the first rate")
        if decay and np.isclose(answer, np.sum((1 - decay) ** np.arange(updates))):
            raise NotYet(
                f"{name} is {answer:.6g}: the decay of Keras 2 divides by a growing number; read the law again"
            )
        raise NotYet(f"{name} is {answer:.6g}; try it by hand with 2 updates and decay 1")


def check_welch(interval):
    """`interval(mean, sd, other_mean, other_sd, n)`: low and high of Welch's 95 % interval, n runs in each mean."""
    from clr_utils.metrics.comparison import welch_interval as right

    for case in ((0.7, 0.0531, 0.635, 0.0423, 3), (0.9377, 0.0039, 0.9135, 0.0034, 3), (5.0, 2.0, 4.0, 0.1, 10)):
        mean, sd, other_mean, other_sd, n = case
        answer = np.asarray(returned(interval(*case), "interval", "its low and its high end"), dtype=float)
        if answer.shape != (2,):
            raise NotYet(f"return two numbers, low and high; it returned {answer.tolist()}")
        if not answer[0] < answer[1]:
            raise NotYet("low is not below high: low comes first, and the t of the upper tail is positive")
        _, low, high = right(mean, sd, n, other_mean, other_sd, n)
        if np.allclose(answer, (low, high), rtol=1e-4, atol=1e-6):
            continue
        middle, half = answer.mean(), (answer[1] - answer[0]) / 2
        if not np.isclose(middle, mean - other_mean):
            raise NotYet(f"the middle of the interval is {middle:.4g}; it must be the difference of the two means")
        error = np.sqrt((sd**2 + other_sd**2) / n)
        if np.isclose(half, 1.96 * error, rtol=1e-3):
            raise NotYet("1.96 belongs to many runs; with so few take t of Student, with Welch's degrees of freedom")
        if np.isclose(half, (high - low) / 2 * np.sqrt(n), rtol=1e-3):
            raise NotYet("too wide: the mean of n runs varies less than one run does")
        size = "narrow" if half < (high - low) / 2 else "wide"
        raise NotYet(
            f"for means {mean:g} and {other_mean:g}, n = {n}: half of the interval is {half:.4g}, too {size}; check "
            "the variance of each mean, t at both tails, and the degrees of freedom"
        )
