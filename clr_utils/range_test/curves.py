"""The curves of the learning-rate range test: the rates of its sweep, and their smoothing."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from clr_utils import arguments

SWEEPS = ("linear", "log")
# Optimizers hold their rate in float32, which ends near these.
LOWEST, HIGHEST = 1e-37, 1e38
# Standard deviation of the smoothing, as a share of the curve; and in updates at the least.
SMOOTHING, NARROWEST = 0.03, 2


def sweep_rates(min_lr, max_lr, steps, sweep="log"):
    """The learning rates of a range test, one an update.

    With i = 0, ..., steps - 1 and u = i / (steps - 1):
    linear (Smith 2017, 3.3): min_lr + (max_lr - min_lr) * u;  log: min_lr * (max_lr / min_lr) ** u.

    Args:
        min_lr, max_lr: First and last rate, 1e-37 <= min_lr < max_lr <= 1e38. A linear sweep may start at 0.
        steps: Number of updates, 2 or more.
        sweep: "linear" or "log".

    Returns:
        Float array of shape (steps,); the last entry is exactly max_lr.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed.
    """
    arguments.one_of("sweep", sweep, SWEEPS)
    limits = {"minimum": 0} if sweep == "linear" else {"above": 0}
    min_lr = arguments.number("min_lr", min_lr, **limits)
    if sweep == "log":
        arguments.number("min_lr", min_lr, minimum=LOWEST)
    max_lr = arguments.number("max_lr", max_lr, above=0, maximum=HIGHEST)
    if not max_lr > min_lr:
        raise ValueError(f"max_lr ({max_lr}) must be greater than min_lr ({min_lr}); did you swap them?")
    steps = arguments.whole("steps", steps, minimum=2, maximum=10**8, unit="updates")
    share = np.arange(steps) / (steps - 1)
    rates = min_lr + (max_lr - min_lr) * share if sweep == "linear" else min_lr * (max_lr / min_lr) ** share
    rates[-1] = max_lr
    return rates


def smooth(values, beta):
    """Exponentially weighted mean with bias correction.

    m[n] = beta * m[n-1] + (1 - beta) * values[n], and m[n] / (1 - beta ** n) with n from 1 (Kingma and Ba 2015,
    section 3). It looks back only, so it lags behind a rising or falling curve by about beta / (1 - beta) entries.

    Args:
        values: Numbers, shape (n,).
        beta: Weight of the past, 0 <= beta < 1; 0 changes nothing.

    Returns:
        Float array of shape (n,).

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
    """
    beta = arguments.number("beta", beta, minimum=0, below=1)
    values = arguments.sample("values", values)
    mean, smoothed = 0.0, np.empty(len(values))
    for n, value in enumerate(values, 1):
        mean = beta * mean + (1 - beta) * value
        smoothed[n - 1] = mean / (1 - beta**n)
    return smoothed


def level(values, smoothing=SMOOTHING):
    """The course of a noisy curve: its mean with Gaussian weights, which look to both sides and so do not lag.

    Args:
        values: Finite numbers, shape (n,).
        smoothing: Standard deviation of the weights as a share of the curve; 2 updates at least. 0 changes nothing.

    Returns:
        Float array of shape (n,).
    """
    smoothing = arguments.number("smoothing", smoothing, minimum=0, maximum=1)
    values = arguments.sample("values", values)
    return gaussian_filter1d(values, max(NARROWEST, smoothing * len(values))) if smoothing else values


def loss_level(losses, smoothing=SMOOTHING):
    """The `level` of a loss that may diverge at its end.

    How far it then goes says nothing, and would pull up its neighbours: above its start it is cut off where it has
    risen by as much as it fell before.
    """
    start = start_of(losses)
    fall = max(start - np.min(level(losses, smoothing)), 0)
    return level(np.minimum(losses, start + fall), smoothing)


def start_of(values):
    """Where a curve starts: the median of its first twentieth, of 3 entries at least."""
    return float(np.median(values[: start_length(values)]))


def start_length(values):
    """Entries that count as the start of a curve."""
    return max(3, len(values) // 20)
