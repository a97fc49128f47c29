"""Learning rates from settings: a policy as a dict that JSON can hold, and what an optimizer is given for it."""

import numpy as np

from clr_utils import decays, restarts
from clr_utils.policies import named_policy


def fixed(lr):
    """The settings of a constant rate."""
    return {"name": "fixed", "lr": lr}


def cyclical(name, base_lr, max_lr, step_size, **more):
    """The settings of a policy of `CyclicalLearningRate`, such as "triangular", with its further arguments."""
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


def exp_decay(lr, gamma):
    """The settings of lr * gamma**t, t counting updates: Caffe's `exp`."""
    return {"name": "exp_decay", "lr": lr, "gamma": gamma}


def linear_decay(base_lr, max_lr, step_size):
    """The settings of Smith's `decay`: in a line from max_lr to base_lr over step_size updates, then base_lr."""
    return {"name": "linear_decay", "base_lr": base_lr, "max_lr": max_lr, "step_size": step_size}


def stages(*rows):
    """The settings of policies one after another; each row is (updates, policy), counted from the row's own start."""
    return {"name": "stages", "stages": [{"updates": updates, "policy": policy} for updates, policy in rows]}


def shuffled(policy, updates, order, kept=0):
    """The settings of another policy's rates in random order, drawn by the seed `order`; the last `kept` stay."""
    return {"name": "shuffled", "policy": policy, "updates": updates, "order": order, "kept": kept}


def restart(name, **settings):
    """The settings of a policy of `clr_utils.restarts`, such as "sgdr" or "one_cycle", with its arguments."""
    return {"name": name, **settings}


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


def rate_of_each_update(policy, updates):
    """The rates of a policy's settings at the updates 0, 1, ..., an array of shape (updates,); the last stage goes on.

    Raises:
        ValueError: The policy is none of this file's.
    """
    settings = {key: value for key, value in policy.items() if key != "name"}
    count = np.arange(updates)
    match policy["name"]:
        case "fixed" | "time_decay" | "exp_decay" | "linear_decay" as name:
            return getattr(decays, name)(count, **settings)
        case "sgdr" | "one_cycle" | "warmup_stable_decay" as name:
            return getattr(restarts, name)(count, **settings)
        case "linear":
            return settings["lr"] * np.maximum(0, 1 - count / settings["updates"])
        case "cosine":
            return settings["lr"] * (1 + np.cos(np.pi * np.minimum(1, count / settings["updates"]))) / 2
        case "staircase":
            drops = (count[:, None] > np.array(settings["at"])).sum(axis=1)
            return settings["lr"] * settings["factor"] ** drops
        case "shuffled":
            return shuffled_rates(**settings)[:updates]
        case "stages":
            *first, last = settings["stages"]
            done = [rate_of_each_update(stage["policy"], stage["updates"]) for stage in first]
            rest = max(0, updates - sum(map(len, done)))
            return np.concatenate([*done, rate_of_each_update(last["policy"], rest)])[:updates]
        case name:
            return named_policy(name, **settings)(count)


def shuffled_rates(policy, updates, order, kept=0):
    """The rates that settings of `shuffled` stand for, an array of shape (updates,)."""
    rates = rate_of_each_update(policy, updates)
    moved = np.random.default_rng(order).permutation(rates[: updates - kept])
    return np.concatenate([moved, rates[updates - kept :]])
