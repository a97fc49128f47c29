"""Self-checks of notebook 02: the triangular rule counting from cycle 0, updates for epochs, a plan for a training."""

import math
from numbers import Real

import numpy as np

from clr_utils import policies
from clr_utils.exercises import NotYet, one_number

STEP = 10
BOUNDS = (0.002, 0.03)
SPLIT_EXAMPLES, SPLIT, SPLIT_BATCH, SPLIT_CYCLES = 1797, 0.2, 50, 3


def check_triangular(triangular):
    """Try the rule at the start, the peak, the foot and the second cycle's fall, then at every iteration of two."""
    rates = [one_number(triangular(n, *BOUNDS, STEP), "triangular_from_zero") for n in range(4 * STEP + 1)]
    wanted = policies.triangular(np.arange(len(rates)), *BOUNDS, STEP)
    base_lr, max_lr = BOUNDS
    middle = (base_lr + max_lr) / 2
    if not np.allclose(rates, wanted):
        raise NotYet(_diagnosis(rates, base_lr, middle, max_lr))
    for bounds, step in ((0.001, 0.006), 7), ((0.0, 1.0), 1), ((0.1, 0.3), 2000):
        for n in (0, step, 2 * step, 3 * step, 5 * step // 2, 7 * step // 2):
            rate = one_number(triangular(n, *bounds, step), "triangular_from_zero")
            if not math.isclose(rate, policies.triangular(n, *bounds, step), rel_tol=1e-5):
                raise NotYet(
                    f"right for step_size {STEP}, wrong at iteration {n} for bounds {bounds[0]:g} and {bounds[1]:g} "
                    f"and step_size {step}: is one of these numbers fixed in your code?"
                )


def _diagnosis(rates, base_lr, middle, max_lr):
    """What a wrong triangle looks like, as a hint."""

    def near(iteration, rate):
        return math.isclose(rates[iteration], rate, rel_tol=1e-9, abs_tol=1e-12)

    one_up = policies.triangular(1, *BOUNDS, STEP)
    if max(rates) > max_lr * (1 + 1e-9):
        return f"the rate climbs to {max(rates):g}, above max_lr ({max_lr:g}): a distance is never negative"
    if min(rates) < base_lr * (1 - 1e-9):
        return f"the rate falls to {min(rates):g}, below base_lr ({base_lr:g}): the triangle stands on base_lr"
    if np.ptp(rates) < 1e-12:
        return (
            f"the rate stays at {rates[0]:g} and the peak is missed. An off-by-one in the cycle: the distance is "
            "measured from a peak that lies in another cycle. Which cycle is the first, in your count?"
        )
    if near(0, max_lr):
        return "at iteration 0 the rate is max_lr: the triangle is upside down, or shifted by half a cycle"
    if near(0, one_up) and near(STEP - 1, max_lr):
        return "off by one: the peak comes an update too early. Does your count of updates begin at 0?"
    if near(0, one_up) and near(STEP + 1, max_lr):
        return "off by one: the peak comes an update too late. Does your count of updates begin at 0?"
    if not near(0, base_lr):
        return f"at iteration 0 the rate must be base_lr; it is {rates[0]:g}"
    if near(STEP // 2, max_lr) and near(STEP, base_lr):
        return "the rate is back at base_lr after step_size iterations: step_size is half a cycle, not a whole one"
    if not near(STEP, max_lr):
        return f"at iteration s (step_size) the rate must be max_lr; it is {rates[STEP]:g}"
    if not near(2 * STEP, base_lr):
        return f"at iteration 2s the rate must be back at base_lr; it is {rates[2 * STEP]:g}"
    if not near(7 * STEP // 2, middle):
        hint = "does a second cycle begin?" if near(7 * STEP // 2, base_lr) else "does a division lose its fraction?"
        return (
            f"right at 0, s and 2s; at 3.5s the rate must be half-way down, {middle:g}, and it is {rates[35]:g}: {hint}"
        )
    wrong = next(n for n, rate in enumerate(rates) if not near(n, policies.triangular(n, *BOUNDS, STEP)))
    return f"right at 0, s, 2s and 3.5s; wrong between them, first at iteration {wrong} with s = {STEP}"


def check_training_rates(training_rates):
    """Compare the rates of every update with the triangular policy, for three trainings."""
    for epochs, iter_per_epoch, step_size in ((12, 20, 40), (4, 57, 114), (3, 5, 5)):
        training = f"in a training of {epochs} epochs of {iter_per_epoch} updates, step_size {step_size}:"
        rates = training_rates(epochs, iter_per_epoch, *BOUNDS, step_size)
        if rates is None:
            raise NotYet("training_rates returned None: return the rates, one for each update")
        rates = np.asarray(rates, dtype=float)
        updates = epochs * iter_per_epoch
        if rates.shape != (updates,):
            raise NotYet(f"{training} there are {updates} updates, and the rates have the shape {rates.shape}")
        wanted = policies.triangular(np.arange(updates), *BOUNDS, step_size)
        if not np.allclose(rates, wanted):
            raise NotYet(f"{training} {_unit_trouble(rates, wanted, epochs, iter_per_epoch)}")


def _unit_trouble(rates, wanted, epochs, iter_per_epoch):
    by_epoch = rates.reshape(epochs, iter_per_epoch)
    if (np.ptp(by_epoch, axis=1) < 1e-12).all():
        peak = f"the largest is {rates.max():.3g}, and max_lr is {BOUNDS[1]:g}"
        return f"all updates of an epoch get the same rate; {peak}. What does the rule count, and what is step_size in?"
    if np.allclose(by_epoch, by_epoch[0]):
        return "every epoch repeats the rates of the first: the count starts again, a policy's count must go on"
    if np.allclose(rates[:-1], wanted[1:]):
        return f"every rate comes an update too early; the first must be base_lr, and it is {rates[0]:.4g}"
    if np.allclose(rates[1:], wanted[:-1]):
        return "every rate comes an update too late; the second must not be the first once more"
    wrong = int(np.argmax(~np.isclose(rates, wanted)))
    return f"update {wrong} (counted from 0) gets {rates[wrong]:.4g}, and should get {wanted[wrong]:.4g}"


def check_plan(step_size, epochs):
    """See where training ends, for 1,797 examples of which a fifth is held out, in batches of 50."""
    step_size, epochs = _count(step_size, "step_size"), _count(epochs, "epochs")
    per_epoch = math.ceil(int(SPLIT_EXAMPLES * (1 - SPLIT)) / SPLIT_BATCH)
    updates, wanted = epochs * per_epoch, 2 * SPLIT_CYCLES * step_size
    if updates == wanted and 2 * per_epoch <= step_size <= 10 * per_epoch:
        return
    for mistaken, why in (
        (math.ceil(SPLIT_EXAMPLES / SPLIT_BATCH), "the examples held out for validation update nothing"),
        (per_epoch - 1, "the last, partial batch of an epoch is an update too"),
        (SPLIT_EXAMPLES // SPLIT_BATCH, "look at both the held-out examples and the partial batch"),
    ):
        if epochs * mistaken == wanted:
            raise NotYet(f"your epochs have {mistaken} updates, and Keras will do another number of them: {why}")
    if step_size <= 10:
        raise NotYet(
            f"a step of {step_size} iterations is shorter than an epoch: step_size is in iterations, not epochs"
        )
    steps = updates / step_size
    if steps != 2 * SPLIT_CYCLES:
        end = "on the peak of a cycle" if steps % 2 == 1 else "at a foot" if steps % 2 == 0 else "inside a cycle"
        raise NotYet(f"training ends {end}, after {steps / 2:.4g} cycles; it must end after {SPLIT_CYCLES}")
    size = "few" if step_size < 2 * per_epoch else "many"
    raise NotYet(
        "it ends where it should; the advice is 2 to 10 epochs a step, and here it is "
        f"{step_size / per_epoch:.3g}, too {size}"
    )


def _count(value, name):
    if value is None or value is ...:
        raise NotYet(f"{name} is missing: put a number in place of the dots")
    if not isinstance(value, Real) or value != int(value) or value < 1:
        raise NotYet(f"{name} must be a whole number of 1 or more; it is {value!r}")
    return int(value)
