"""Gradient descent where everything can be computed: bowls, a saddle, gradient noise, and their closed forms.

A bowl is the loss `sum(curvatures * w**2) / 2`: the curvatures are the eigenvalues of its Hessian, and `w` are
the coordinates along the eigenvectors. The last axis of `w` holds the parameters; other axes hold repeated runs.
Gradient noise is Gaussian, independent, with standard deviation `sigma` in every parameter.

Curvatures are a list of numbers above 0; rates, `sigma` and `momentum` are 0 or more. Each function raises TypeError or
ValueError for an argument that is outside what is allowed; the message names it.
"""

import numpy as np

from clr_utils import arguments


def bowl_loss(w, curvatures):
    """The loss `sum(curvatures * w**2) / 2`, summed over the last axis of `w`."""
    w, curvatures = arguments.reals("w", w), _curvatures(curvatures)
    if w.shape[-1:] != curvatures.shape:
        raise ValueError(f"w must have an entry for each of the {len(curvatures)} curvatures; its shape is {w.shape}")
    return _bowl_loss(w, curvatures)


def descend(gradient, start, rate, steps, *, sigma=0.0, momentum=0.0, rng=None):
    """Yield `start`, then the parameters after each of `steps` updates: `steps + 1` arrays.

    Args:
        gradient: A function from the parameters to the gradient, of the same shape.
        start: The parameters at the beginning.
        rate: A number, an array that broadcasts against `start`, or a function of the step (0, 1, 2, ...).
        steps: The number of updates.
        sigma: Standard deviation of the noise added to every component of every gradient.
        momentum: The share of the last update that is added to the next one.
        rng: A `numpy.random.Generator`; needed with `sigma`.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed, or there is a `sigma` without `rng`.
    """
    if not callable(gradient):
        raise TypeError(f"gradient must be a function from the parameters to the gradient; it is {gradient!r}")
    start, rate = arguments.numbers("start", start), _rate(rate)
    steps = arguments.whole("steps", steps, minimum=0, unit="updates")
    sigma = arguments.number("sigma", sigma, minimum=0)
    momentum = arguments.number("momentum", momentum, minimum=0)
    if not callable(rate):
        try:
            np.broadcast_shapes(rate.shape, start.shape)
        except ValueError:
            raise ValueError(
                f"rate must be a number, or of a shape that broadcasts against start's, {start.shape}; its shape is "
                f"{rate.shape}"
            ) from None
    if sigma:
        hint = "a generator where there is a sigma, for example numpy.random.default_rng(0)"
        arguments.instance("rng", rng, np.random.Generator, hint)
    return _walk(gradient, start, rate, steps, sigma, momentum, rng)


def _walk(gradient, w, rate, steps, sigma, momentum, rng):
    update = np.zeros_like(w)
    yield w
    for step in range(steps):
        slope = gradient(w)
        if sigma:
            slope = slope + sigma * rng.standard_normal(w.shape)
        update = momentum * update - (rate(step) if callable(rate) else rate) * slope
        w = w + update
        yield w


def mean_losses(curvatures, start, rate, steps, *, sigma=0.0, runs=1, rng=None):
    """The loss of a bowl after 0, 1, ... `steps` updates, as a mean over `runs` noisy runs from the same start.

    For an array of rates the result has one row an update and one column a rate; otherwise it is one-dimensional.
    """
    curvatures = _curvatures(curvatures)
    start, rate, runs = _start(start, curvatures), _rate(rate), arguments.whole("runs", runs, unit="runs")
    if not callable(rate):
        rate = rate[..., None, None]
    start = np.broadcast_to(start, (*np.shape(rate)[:-2], runs, len(curvatures)))
    walk = descend(lambda w: curvatures * w, start, rate, steps, sigma=sigma, rng=rng)
    return np.array([_bowl_loss(w, curvatures).mean(axis=-1) for w in walk])


def measure_limit(curvatures, start, steps=50):
    """The rate up to which the last of `steps` updates still lowers the loss, found by trying: no formula.

    `steps` must be enough for the flattest parameter to be done, or its descent hides that the steepest grows.
    """
    steps = arguments.whole("steps", steps, unit="updates")

    def falls(rate):
        losses = mean_losses(curvatures, start, rate, steps)
        return losses[-1] < losses[-2]

    low, high = 0.0, 1e-3
    while falls(high):
        low, high = high, 2 * high
    for _halving in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if falls(middle) else (low, middle)
    return low


def stability_limit(curvatures):
    """The rate above which gradient descent on a bowl diverges: 2 / largest curvature."""
    return 2 / np.max(_curvatures(curvatures))


def best_rate(curvatures):
    """The rate with the fastest decay of the slowest parameter: 2 / (smallest + largest curvature)."""
    curvatures = _curvatures(curvatures)
    return 2 / (np.min(curvatures) + np.max(curvatures))


def share_left(rates, curvatures):
    """What one round of `rates`, taken in turn, leaves of each parameter of a bowl without noise, shape (parameters,).

    Each update multiplies a parameter by `1 - rate * curvature`. Round after round, a share below 1 shrinks.
    """
    rates = arguments.sample("rates", rates, minimum=0)
    return np.abs(np.prod(1 - np.multiply.outer(rates, _curvatures(curvatures)), axis=0))


def noise_floor(rate, curvature, sigma):
    """E[w**2] of one parameter after many noisy updates at a constant, stable rate.

    The update is `w <- (1 - rate * curvature) * w - rate * noise`; its square settles where
    `v = (1 - rate * curvature)**2 * v + (rate * sigma)**2`. The loss that is left is `curvature * v / 2`.
    """
    rate, curvature = arguments.numbers("rate", rate, minimum=0), arguments.numbers("curvature", curvature, above=0)
    sigma = arguments.number("sigma", sigma, minimum=0)
    return rate * sigma**2 / (curvature * (2 - rate * curvature))


def loss_floor(rate, curvatures, sigma):
    """The mean loss of a bowl after many noisy updates at a constant, stable rate."""
    rate, curvatures = arguments.numbers("rate", rate, minimum=0), _curvatures(curvatures)
    v = noise_floor(rate[..., None], curvatures, sigma)
    return np.sum(curvatures * v, axis=-1) / 2


def expected_loss(rate, curvatures, start, sigma, steps):
    """The mean loss of a bowl after `steps` noisy updates at a constant rate, other than 2 / a curvature.

    What is left of the start shrinks by `(1 - rate * curvature)**(2 * steps)`, and the noise fills up the rest of
    its floor.
    """
    curvatures, steps = _curvatures(curvatures), arguments.whole("steps", steps, minimum=0, unit="updates")
    rate, start = arguments.numbers("rate", rate, minimum=0)[..., None], _start(start, curvatures)
    kept = (1 - rate * curvatures) ** (2 * steps)
    v = kept * np.square(start) + (1 - kept) * noise_floor(rate, curvatures, sigma)
    return np.sum(curvatures * v, axis=-1) / 2


def escape_steps(rate, start, end=1.0):
    """Updates that gradient descent needs from `start` to `end` on the ridge of a saddle of curvature -1.

    Each update multiplies the distance from the ridge by `1 + rate`. The whole number of updates is the next above.
    """
    rate = arguments.numbers("rate", rate, above=0)
    start, end = arguments.number("start", start, above=0), arguments.number("end", end, above=0)
    return np.log(end / start) / np.log1p(rate)


def measure_escape(rate, start, end=1.0, *, sigma=0.0, momentum=0.0, runs=1, rng=None, give_up=10_000):
    """Updates until |y| reaches `end` on the saddle (x**2 - y**2) / 2, from x = 1 and y = `start`; a median over runs.

    It is infinite for runs that have not left after `give_up` updates.
    """
    rate, runs = arguments.number("rate", rate, minimum=0), arguments.whole("runs", runs, unit="runs")
    start, end = arguments.number("start", start), arguments.number("end", end, above=0)
    give_up = arguments.whole("give_up", give_up, unit="updates")
    first = np.full(runs, np.inf)
    walk = descend(
        lambda w: w * np.array([1.0, -1.0]),
        np.tile([1.0, start], (runs, 1)),
        rate,
        give_up,
        sigma=sigma,
        momentum=momentum,
        rng=rng,
    )
    for step, w in enumerate(walk):
        first[np.isinf(first) & (np.abs(w[:, 1]) >= end)] = step
        if np.all(np.isfinite(first)):
            break
    return np.median(first)


def _bowl_loss(w, curvatures):
    return np.sum(curvatures * np.square(w), axis=-1) / 2


def _curvatures(values):
    return arguments.sample("curvatures", values, above=0)


def _start(values, curvatures):
    start = arguments.numbers("start", values)
    if start.shape not in ((), curvatures.shape):
        raise ValueError(
            f"start must have an entry for each of the {len(curvatures)} curvatures; its shape is {start.shape}"
        )
    return start


def _rate(rate):
    return rate if callable(rate) else arguments.numbers("rate", rate, minimum=0)
