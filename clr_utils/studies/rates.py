"""Learning rates from settings: a policy as a dict that JSON can hold, and what an optimizer is given for it."""

import numpy as np

from clr_utils.policies import named_policy


def fixed(lr):
    """The settings of a constant rate."""
    return {"name": "fixed", "lr": lr}


def cyclical(name, base_lr, max_lr, step_size, **more):
    """The settings of "triangular", "triangular2" or "exp_range", with gamma and decay for the last."""
    return {"name": name, "base_lr": base_lr, "max_lr": max_lr, "step_size": step_size, **more}


def linear(lr, updates):
    """The settings of a rate that falls in a line from lr to 0 over `updates` updates."""
    return {"name": "linear", "lr": lr, "updates": updates}


def time_decay(lr, decay):
    """The settings of lr / (1 + decay * t), t counting updates: what Keras 2 made of SGD(lr, decay=decay)."""
    return {"name": "time_decay", "lr": lr, "decay": decay}


def staircase(lr, at, factor):
    """The settings of a rate that is multiplied by `factor` after each of the updates `at`."""
    return {"name": "staircase", "lr": lr, "at": list(at), "factor": factor}


def cosine(lr, updates):
    """The settings of half a cosine from lr to 0 over `updates` updates."""
    return {"name": "cosine", "lr": lr, "updates": updates}


def shuffled(policy, updates, order, kept=0):
    """The settings of another policy's rates in random order, drawn by the seed `order`; the last `kept` stay."""
    return {"name": "shuffled", "policy": policy, "updates": updates, "order": order, "kept": kept}


def learning_rate(policy):
    """What a Keras optimizer is given for a policy's settings: a number, or a schedule."""
    from keras.optimizers import schedules

    from clr_utils.range_test.recorder import Sweep
    from clr_utils.schedules import CyclicalLearningRate

    settings = {key: value for key, value in policy.items() if key != "name"}
    match policy["name"]:
        case "fixed":
            return settings["lr"]
        case "linear":
            return schedules.PolynomialDecay(settings["lr"], settings["updates"], end_learning_rate=0.0)
        case "time_decay":
            return schedules.InverseTimeDecay(settings["lr"], decay_steps=1, decay_rate=settings["decay"])
        case "staircase":
            values = [settings["lr"] * settings["factor"] ** k for k in range(len(settings["at"]) + 1)]
            return schedules.PiecewiseConstantDecay(settings["at"], values)
        case "cosine":
            return schedules.CosineDecay(settings["lr"], settings["updates"])
        case "shuffled":
            return Sweep(shuffled_rates(**settings))
        case name:
            return CyclicalLearningRate(policy=name, **settings)


def shuffled_rates(policy, updates, order, kept=0):
    """The rates that settings of `shuffled` stand for, an array of shape (updates,)."""
    settings = {key: value for key, value in policy.items() if key != "name"}
    rates = named_policy(policy["name"], **settings)(np.arange(updates))
    moved = np.random.default_rng(order).permutation(rates[: updates - kept])
    return np.concatenate([moved, rates[updates - kept :]])
