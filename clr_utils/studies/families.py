"""The families of schedules of the studies `league` and `warmup`, as settings: one number is tuned, the peak rate."""

from clr_utils.studies.rates import cosine, cyclical, fixed, linear, restart, stages

SGD, ADAM = {"name": "SGD", "momentum": 0.9}, {"name": "Adam"}
# base_lr as a share of max_lr: a quarter (Smith 2017, section 3.3).
SHARE = 4


def _steps(peak, updates):
    half, quarter = updates // 2, updates // 4
    return stages((half, fixed(peak)), (quarter, fixed(peak / 10)), (updates - half - quarter, fixed(peak / 100)))


def _cycles(name, share):
    """Three cycles, the fewest that Smith 2017 (section 3.2) advises; a share of 0 goes down to 0."""
    return lambda peak, updates: cyclical(name, peak / share if share else 0.0, peak, updates // 6)


def _one_cycle(peak, updates):
    """With the defaults of PyTorch: half cosines, up in three tenths of the updates."""
    return restart("one_cycle", max_lr=peak, total=updates)


def _warmup_linear(peak, updates):
    """A twentieth up, one update at the peak, and down to 0 for the rest, in lines."""
    warmup = updates // 20
    return restart("warmup_stable_decay", max_lr=peak, total=updates, warmup=warmup, cooldown=updates - warmup - 1)


# Each is a function of the peak rate and the updates of the training.
POLICIES = {
    "constant": lambda peak, updates: fixed(peak),
    # A tenth after a half and after three quarters of the updates, as residual networks are trained (He et al. 2015).
    "steps": _steps,
    "linear": linear,
    "warmup_linear": _warmup_linear,
    "cosine": cosine,
    # Three cycles of 1, 2 and 4 parts: the last ends with the training.
    "sgdr": lambda peak, updates: restart("sgdr", max_lr=peak, period=-(-updates // 7), multiplier=2),
    "triangular": _cycles("triangular", SHARE),
    "triangular2": _cycles("triangular2", SHARE),
    "triangular_0": _cycles("triangular", 0),
    "one_cycle": _one_cycle,
    # The same rates, and a momentum against them: 0.95 to 0.85 and back.
    "one_cycle_momentum": _one_cycle,
    # A twentieth up, a fifth down in a line (Haegele et al. 2024).
    "warmup_stable_decay": lambda peak, updates: restart(
        "warmup_stable_decay", max_lr=peak, total=updates, warmup=updates // 20, cooldown=updates // 5
    ),
    "schedule_free": lambda peak, updates: fixed(peak),
    "adam_linear": linear,
}


def family(name, peak, updates):
    """The settings of a family: its policy and its optimizer.

    Args:
        name: A key of POLICIES.
        peak: The largest rate.
        updates: Of the training.
    """
    optimizer = {
        "one_cycle_momentum": {**SGD, "momentum": restart("one_cycle_momentum", total=updates)},
        "schedule_free": {"name": "ScheduleFreeAdamW", "warmup_steps": updates // 20},
        "adam_linear": ADAM,
    }.get(name, SGD)
    return {"policy": POLICIES[name](peak, updates), "optimizer": optimizer}
