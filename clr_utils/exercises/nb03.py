"""Self-checks of notebook 03."""

import numpy as np

from clr_utils.exercises import NotYet, returned

# The curves that hits_edge is tried on, each with the hint for who misjudges it.
CURVES = {
    "an accuracy that came down again": "its best lies well before the end, so the test has seen the limit",
    "an accuracy that was still rising": "single batches jump up and down; does the course of the curve still rise?",
    "an accuracy that came down a little": "judge the end by the curve's own best, not by a fixed number",
    "the sweep from 0.002 to 0.03": "its accuracy slows and never falls; a max_lr inside the sweep is not yet a limit",
    "an accuracy that came down late": "a max_lr near the end is no proof; has the curve come down after its best?",
    "an accuracy that came down, with one lucky last batch": "one batch says little; look at the course of the curve",
}


def check_hits_edge(hits_edge):
    """`hits_edge(test)`: whether the accuracy of a `RangeTest` had not come down when the sweep ended."""
    for name, test, expected in _curves():
        answer = returned(hits_edge(test), "hits_edge", "True or False")
        if not isinstance(answer, bool | np.bool_):
            raise NotYet(f"hits_edge must return True or False; it returned {answer!r}")
        if answer != expected:
            raise NotYet(f"{name}: it returned {bool(answer)}; {CURVES[name]}")


def check_smooth(smooth):
    """`smooth(values, beta)`: the exponentially weighted mean with bias correction."""
    from clr_utils.range_test.curves import smooth as right

    try:
        constant = _list(smooth([2.0, 2.0, 2.0], 0.9), 3)
    except ZeroDivisionError:
        raise NotYet("it divides by zero: what is n at the first value?") from None
    if np.allclose(constant, 2 * (1 - 0.9 ** np.arange(1, 4))):
        raise NotYet("a constant 2 comes out as 0.2, 0.38, ...: that is the mean without its correction")
    if not np.allclose(constant, 2):
        raise NotYet(
            f"a constant 2 must stay 2; it comes out as {np.round(constant, 3).tolist()}. What is n at the first "
            "value, and is it m itself that you carry on?"
        )
    values = [1.0, 4.0, 2.0, 8.0, 5.0]
    for beta in (0.0, 0.5, 0.9):
        answer = _list(smooth(values, beta), len(values))
        wrong = np.flatnonzero(~np.isclose(answer, right(values, beta)))
        if len(wrong):
            raise NotYet(
                f"with beta = {beta} entry {wrong[0]} is {answer[wrong[0]]:.4g}, though a constant stays what it is: "
                "does m begin at 0, and is it m itself that you carry on?"
            )


def _list(answer, length):
    answer = np.asarray(returned(answer, "smooth", "the corrected means"), dtype=float)
    if answer.shape != (length,):
        raise NotYet(f"for {length} values return {length} means, one after each value; it returned {answer.tolist()}")
    return answer


def _curves():
    from clr_utils.range_test.results import RangeTest
    from clr_utils.studies.range_test import recorded_tests

    rates = np.geomspace(0.001, 1, 200)
    noise = np.random.default_rng(1).normal(0, 0.02, 200)

    def made(accuracy, rates=rates, sweep="log"):
        return RangeTest(rates, 2 - accuracy, {"accuracy": np.clip(accuracy + noise, 0, 1)}, sweep, rates[0], rates[-1])

    rise = 1 / (1 + (0.03 / rates) ** 2)
    yield "an accuracy that came down again", made(0.1 + 0.8 * rise / (1 + (rates / 0.3) ** 4)), False
    yield "an accuracy that was still rising", made(0.1 + 0.8 / (1 + (0.5 / rates) ** 2)), True
    yield "an accuracy that came down a little", made(0.1 + 0.8 * rise / (1 + (rates / 1.2) ** 2)), False
    yield "the sweep from 0.002 to 0.03", recorded_tests("patches_linear").tests[1], True
    late = np.linspace(0.01, 1, 200)
    came_down = np.where(late <= 0.75, late / 0.75, 1 - 3.2 * (late - 0.75))
    yield "an accuracy that came down late", made(0.1 + 0.8 * came_down, late, "linear"), False
    # Its last tenth is noisy, and its last entry happens to be high.
    fallen = 0.1 + 0.8 * rise / (1 + (rates / 0.1) ** 4)
    fallen[-1] = 0.99
    yield "an accuracy that came down, with one lucky last batch", made(fallen), False
