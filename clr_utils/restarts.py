"""Warm-ups, restarts and single cycles, the relatives of cyclical rates; results as in `clr_utils.policies`.

A *policy* is any function from the iteration to the rate: `functools.partial` of a function of this file or of
`clr_utils.policies`, or a schedule of `clr_utils.schedules`. Two functions build policies from policies, `joined` and
`warmed_up`. A rate that ends does so after `total` updates, at iteration `total`, and then stays where it is.
"""

import math
from functools import partial

import numpy as np

from clr_utils import arguments
from clr_utils.cycles import counts
from clr_utils.decays import fixed

LONGEST = 2**31 - 1  # what the int32 of the JAX backend holds

# What is left of a way at a share of it that is done, both 0 to 1.
SHAPES = {
    "linear": lambda xp, done: 1 - done,
    "cosine": lambda xp, done: (1 + xp.cos(math.pi * done)) / 2,
    "1-sqrt": lambda xp, done: 1 - xp.sqrt(done),
}


def cosine(iteration, max_lr, total, min_lr=0):
    """Cosine annealing: from max_lr to min_lr along half a cosine, over `total` iterations.

    lr = min_lr + (max_lr - min_lr) * (1 + cos(pi * iteration / total)) / 2.  (Loshchilov and Hutter 2016,
    arXiv:1608.03983, eq. 5, without a restart)

    Args:
        iteration: Updates done so far, 0 or more; an integer, array or tensor.
        max_lr: The rate at the start, greater than min_lr.
        total: Iterations from max_lr to min_lr, a whole number of 1 or more.
        min_lr: The rate at the end, 0 or more.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
    """
    min_lr, max_lr = arguments.bounds(min_lr, max_lr, lower="min_lr")
    return _way(iteration, max_lr, min_lr, _length("total", total), SHAPES["cosine"])


def polynomial(iteration, max_lr, total, min_lr=0, power=1):
    """Polynomial decay, Caffe's `poly`: from max_lr to min_lr over `total` iterations; in a line with power 1.

    lr = min_lr + (max_lr - min_lr) * (1 - iteration / total)**power.  (Chen et al. 2016, arXiv:1606.00915, with 0.9)

    Args:
        power: The exponent, greater than 0.

    Other arguments and errors as for `cosine`.
    """
    min_lr, max_lr = arguments.bounds(min_lr, max_lr, lower="min_lr")
    power = arguments.number("power", power, above=0)
    return _way(iteration, max_lr, min_lr, _length("total", total), lambda xp, done: xp.power(1 - done, power))


def inverse_sqrt(iteration, max_lr, warmup):
    """The rate of the Transformer: up in a line to max_lr at iteration `warmup`, then down as 1 / sqrt(iteration).

    lr = max_lr * min(iteration / warmup, sqrt(warmup / iteration)).  (Vaswani et al. 2017, arXiv:1706.03762, eq. 3,
    where max_lr is 1 / sqrt(d_model * warmup), and where the first update is step 1: iteration + 1 gives its rates)

    Args:
        iteration: Updates done so far, 0 or more; an integer, array or tensor.
        max_lr: The rate at the peak, 0 or more.
        warmup: Iterations up to the peak, a whole number of 1 or more.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
    """
    max_lr, warmup = arguments.number("max_lr", max_lr, minimum=0), _length("warmup", warmup)

    def falling(since_peak):
        xp, n = numbers = counts(since_peak)
        return max_lr / xp.sqrt(1 + numbers.real(n) / warmup)

    return warmed_up(iteration, falling, warmup)


def sgdr(iteration, max_lr, period, min_lr=0, *, multiplier=1, peak_decay=1, cycles=None):
    """Cosine annealing with warm restarts: at the end of each cycle the rate jumps back up.

    lr = min_lr + (max_lr - min_lr) * peak_decay**cycle * (1 + cos(pi * T_cur / T_i)) / 2, in the cycle of this number
    (from 0), T_cur iterations after its start; it lasts T_i = period * multiplier**cycle.  (Loshchilov and Hutter
    2016, arXiv:1608.03983, eq. 5)  At iteration T_i, where min_lr would be reached, the next cycle begins.

    Args:
        iteration: Updates done so far, 0 or more; an integer, array or tensor.
        max_lr: The first peak, greater than min_lr.
        period: Iterations in the first cycle, T_0 in the paper, a whole number of 1 or more.
        min_lr: The rate towards which each cycle falls, 0 or more.
        multiplier: How many times longer a cycle is than the one before, a whole number; T_mult in the paper, 1 or 2.
        peak_decay: Factor of max_lr - min_lr at each restart, 0 < peak_decay <= 1. The paper keeps 1.
        cycles: After so many cycles the rate is min_lr; they go on for ever unless given.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
    """
    min_lr, max_lr = arguments.bounds(min_lr, max_lr, lower="min_lr")
    period, multiplier = _length("period", period), arguments.whole("multiplier", multiplier, unit="periods")
    peak_decay = arguments.number("peak_decay", peak_decay, above=0, maximum=1)
    numbers = counts(iteration)
    cycle, done = _cycle(numbers, period, multiplier)
    height = SHAPES["cosine"](numbers.xp, done) * numbers.xp.exp(numbers.real(cycle) * math.log(peak_decay))
    if cycles is not None:
        height = height * numbers.real(cycle < arguments.whole("cycles", cycles, maximum=LONGEST, unit="cycles"))
    return min_lr * (1 - height) + max_lr * height


def one_cycle(iteration, max_lr, total, *, base_lr=None, step_size=None, final_lr=None, phases=2, shape="cosine"):
    """The 1cycle policy: one rise from base_lr to max_lr, then down to final_lr, far below base_lr.

    phases=3, as published (Smith 2018, arXiv:1803.09820; Smith and Topin 2017, arXiv:1708.07120; shape="linear"): up
    in step_size iterations, down to base_lr in as many, and from there to final_lr until `total`.
    phases=2, as fastai and PyTorch have it (shape="cosine"): up in step_size iterations, then from max_lr straight to
    final_lr until `total`.

    The defaults are those of PyTorch's `OneCycleLR`: pct_start 0.3, div_factor 25, final_div_factor 1e4. PyTorch ends
    at its last update, not after it: with its total_steps, `total=total_steps - 1` and
    `step_size=round(pct_start * total_steps) - 1` give its rates, exactly where pct_start * total_steps is whole.
    Elsewhere its peak lies between two updates, and its rates are those of up to half an update earlier or later.

    Args:
        iteration: Updates done so far, 0 or more; an integer, array or tensor.
        max_lr: The rate at the peak, greater than base_lr.
        total: Iterations from base_lr to final_lr, a whole number.
        base_lr: The rate at the start, 0 or more; max_lr / 25 unless given.
        step_size: Iterations from base_lr to max_lr, a whole number; three tenths of `total`, rounded, unless given.
        final_lr: The rate at the end, 0 to base_lr; base_lr / 10,000 unless given.
        phases: 2 or 3.
        shape: "linear" or "cosine", of every phase.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed, or the phases do not fit into `total`.
    """
    max_lr = arguments.number("max_lr", max_lr, minimum=0)
    base_lr, max_lr = arguments.bounds(max_lr / 25 if base_lr is None else base_lr, max_lr)
    final_lr = arguments.number("final_lr", base_lr / 1e4 if final_lr is None else final_lr, minimum=0, maximum=base_lr)
    return single_cycle(iteration, base_lr, max_lr, final_lr, total, step_size, phases, shape)


def single_cycle(iteration, start, turn, end, total, step_size, phases, shape):
    """The phases of `one_cycle` between any three values: from start to turn and, by way of start in three, to end."""
    total = _length("total", total)
    step_size = max(1, round(0.3 * total)) if step_size is None else _length("step_size", step_size)
    part = partial(_part, left=SHAPES[arguments.one_of("shape", shape, ("linear", "cosine"))])
    before = step_size * (arguments.one_of("phases", phases, (2, 3)) - 1)
    if not before < total:
        raise ValueError(
            f"step_size ({step_size}) is too long: in {phases} phases total ({total}) must exceed {before}"
        )
    there = part(start, turn, step_size)
    if phases == 2:
        return joined(iteration, [there, part(turn, end, total - before)])
    return joined(iteration, [there, part(turn, start, step_size), part(start, end, total - before)])


def warmup_stable_decay(iteration, max_lr, total, warmup, cooldown, min_lr=0, *, shape="linear"):
    """A warm-up, a constant rate, and a cooldown at the end: up to max_lr, stay, down to min_lr at iteration `total`.

    lr = max_lr * iteration / warmup, then max_lr, and in the last `cooldown` iterations, of which a share x is done,
    min_lr + (max_lr - min_lr) * f(x): f = 1 - x ("linear"), (1 + cos(pi * x)) / 2 ("cosine") or 1 - sqrt(x)
    ("1-sqrt").  (Hägele et al. 2024, arXiv:2405.18392, with min_lr 0)

    Args:
        iteration: Updates done so far, 0 or more; an integer, array or tensor.
        max_lr: The constant rate, greater than min_lr.
        total: Iterations of all three phases, a whole number greater than warmup + cooldown.
        warmup: Iterations in which the rate rises from 0 to max_lr, a whole number; 0: none.
        cooldown: Iterations in which it falls to min_lr, a whole number of 1 or more.
        min_lr: The rate at the end, 0 or more.
        shape: "linear", "cosine" or "1-sqrt", of the cooldown.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed, or the phases do not fit into `total`.
    """
    min_lr, max_lr = arguments.bounds(min_lr, max_lr, lower="min_lr")
    total, warmup, cooldown = _length("total", total), _length("warmup", warmup, 0), _length("cooldown", cooldown)
    left = SHAPES[arguments.one_of("shape", shape, tuple(SHAPES))]
    if not warmup + cooldown < total:
        raise ValueError(f"total ({total}) must be greater than warmup ({warmup}) and cooldown ({cooldown}) together")
    stable = (total - warmup - cooldown, partial(fixed, lr=max_lr))
    parts = [stable, _part(max_lr, min_lr, cooldown, left)]
    return warmed_up(iteration, partial(joined, parts=parts), warmup)


def warmed_up(iteration, policy, warmup, start_lr=0):
    """A linear warm-up before any policy: from start_lr to the policy's first rate, then the policy from its start.

    lr = start_lr + (policy(0) - start_lr) * iteration / warmup up to iteration `warmup`, then
    policy(iteration - warmup).  (Goyal et al. 2017, arXiv:1706.02677, section 2.2)

    Args:
        iteration: Updates done so far, 0 or more; an integer, array or tensor.
        policy: A function from the iteration, from 0, to the rate.
        warmup: Iterations of the warm-up, a whole number; 0: none.
        start_lr: The rate of the first update, 0 or more.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
    """
    policy, warmup = arguments.policy("policy", policy), _length("warmup", warmup, 0)
    start_lr = arguments.number("start_lr", start_lr, minimum=0)
    xp, n = counts(iteration)
    rising = _way(n, start_lr, policy(n * 0), max(warmup, 1), SHAPES["linear"])
    return _where(xp, n < warmup, rising, policy(xp.maximum(n - warmup, 0)))


def joined(iteration, parts):
    """Policies one after another, each counted from its own start. After the last the rate stays where it came to.

    Args:
        iteration: Updates done so far, 0 or more; an integer, array or tensor.
        parts: Pairs (length, policy), such as `[(1000, partial(fixed, lr=0.1)), (500, partial(cosine, ...))]`: how many
            iterations, and a function from the iteration, from 0, to the rate.

    Raises:
        TypeError, ValueError: There is no part, or one is no such pair; the message says which.
    """
    parts = _parts(parts)
    xp, n = counts(iteration)
    rate, start = None, 0
    for length, policy in parts:
        here = policy(xp.minimum(xp.maximum(n - start, 0), length))
        rate = _where(xp, n < start, rate, here) if start else here
        start += length
    return rate


def _way(iteration, start, end, length, left):
    """From one rate to another in `length` iterations: exactly `start` before the first, `end` after the last."""
    numbers = counts(iteration)
    still = left(numbers.xp, numbers.real(numbers.xp.minimum(numbers.n, length)) / length)
    return start * still + end * (1 - still)


def _part(start, end, length, left):
    return length, partial(_way, start=start, end=end, length=length, left=left)


def _cycle(numbers, period, multiplier):
    """The cycle of each iteration, from 0, and the share of it that is done; cycles grow by the multiplier."""
    xp, n = numbers
    if multiplier == 1:
        return n // period, numbers.real(n % period) / period
    lengths, starts = [period], [0]
    largest = LONGEST if "int32" in str(n.dtype) else arguments.LARGEST
    while starts[-1] + lengths[-1] <= largest:
        starts.append(starts[-1] + lengths[-1])
        lengths.append(lengths[-1] * multiplier)
    starts, lengths = xp.array(starts, n.dtype), xp.array([float(length) for length in lengths])
    cycle = xp.sum(xp.expand_dims(n, -1) >= starts, axis=-1) - 1
    return cycle, numbers.real(n - xp.take(starts, cycle)) / xp.take(lengths, cycle)


def _where(xp, condition, yes, no):
    rates = xp.where(condition, yes, no)
    return rates[()] if xp is np else rates


def _length(name, value, minimum=1):
    return arguments.whole(name, value, minimum=minimum, maximum=LONGEST)


def _parts(parts):
    if not isinstance(parts, list | tuple) or not parts:
        raise TypeError(f"parts must be a list of pairs (length, policy), one or more; it is {parts!r}")
    for place, part in enumerate(parts):
        if not isinstance(part, list | tuple) or len(part) != 2:
            raise TypeError(f"parts[{place}] must be a pair (length, policy); it is {part!r}")
    parts = [
        (_length(f"parts[{k}][0]", n), arguments.policy(f"parts[{k}][1]", policy))
        for k, (n, policy) in enumerate(parts)
    ]
    total = sum(length for length, _ in parts)
    if total > LONGEST:
        raise ValueError(f"the lengths in parts must add up to {LONGEST} iterations or less; they are {total}")
    return parts
