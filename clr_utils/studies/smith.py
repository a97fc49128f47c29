"""The arms of Smith 2017, section 4.1, as settings at two scales, and the controls that the paper lacks.

Numbers of iterations are written as in the paper, inside `n(...)`, which turns them into the updates of a scale.
"""

from clr_utils.policies import SMITH_TABLE_2
from clr_utils.studies.rates import (
    cyclical,
    exp_decay,
    fixed,
    linear,
    linear_decay,
    rate_of_each_update,
    shuffled,
    stages,
)

SCALES = {
    "reduced": {"data": "cifar10_16", "network": "cifar10_quick", "width": 0.5},
    "full": {"data": "cifar10", "network": "cifar10_quick", "width": 1},
    "full_network": {"data": "cifar10", "network": "cifar10_full", "width": 1},
}
DIVIDE = {"reduced": 2, "full": 1, "full_network": 1}
BATCH, SGD = 100, {"name": "SGD", "momentum": 0.9}
NESTEROV = {**SGD, "nesterov": True}
GAMMA = 0.99994
# How often the test accuracy is read, in the paper's iterations.
EVERY = 500
LENGTHS = [stage.max_iter - stage.start for stage in SMITH_TABLE_2]
# The race: what the paper reports, and the controls that take the 45,000 updates apart.
RACE = ("fixed_staged", "triangular2", "decay", "fixed_drops", "mean_drops", "cycles_no_drops", "mean_no_drops")
CHOSEN = ("best_drops", "line")
EXP_RANGE = ("exp_range_bounds", "exp_range", "triangular")
LONG = ("fixed", "exp_0.006", "exp_0.001")
SHUFFLED = ("shuffled_stages", "shuffled")
# Cycles in 24,000 iterations: 12, 6 and 3 have a step_size of 2, 4 and 8 epochs of the paper. The reduced scale has
# half as many updates on as many images: 1, 2 and 4 epochs of its own.
CYCLES = {count: f"cycles_{count}" for count in (1, 2, 3, 4, 5, 6, 12)}
# In six such cycles: other windows, and base_lr as a third and a quarter of max_lr, not a fifth.
WINDOWS, BOUNDS = ("welch", "hann"), {"third": 3, "quarter": 4}
# Six cycles of 4,000 iterations down to 0: one network and its six feet, or six networks with one cycle each.
ENSEMBLES, MEMBERS = ("snapshots", "members"), 6
SIGMOID = ("sigmoid_fixed", "sigmoid_triangular", "sigmoid_mean")
# Table 3: bounds, and the settings of Caffe's own solvers.
ADAPTIVE = {
    "nesterov": (0.001, 0.006, NESTEROV),
    "adam": (0.0005, 0.002, {"name": "Adam", "epsilon": 1e-8}),
    "rmsprop": (0.0001, 0.0003, {"name": "RMSprop", "rho": 0.99, "epsilon": 1e-8}),
    "adagrad": (0.003, 0.035, {"name": "Adagrad", "initial_accumulator_value": 0.0, "epsilon": 1e-8}),
    "adadelta": (0.01, 0.1, {"name": "Adadelta", "rho": 0.95, "epsilon": 1e-6}),
}
TABLE_3 = tuple(f"{name}_{kind}" for name in ADAPTIVE for kind in ("triangular", "low", "high"))
# Table 4, to be looked at and not judged, with one seed: each network with its max_lr (DenseNet's second is that of
# section 4.1.2, in Caffe). They have 8, 8 and 13 layers (the paper names no depths; its sources go up to 110, 110 and
# 100), 12 epochs for 164, 500 and 300, batches of 100 for 128, 128 and 64, and images neither shifted nor mirrored.
RESIDUAL = {
    "resnet": ({"blocks": 1, "filters": 16}, (0.3,)),
    "stochastic_depth": ({"blocks": 1, "filters": 16, "survival": 0.5}, (0.3,)),
    "densenet": ({"per_block": 3, "growth": 12, "filters": 16}, (0.2, 0.3)),
}
RESIDUAL_RATES = (0.1, 0.2, 0.3)
TABLE_4 = tuple(
    f"{network}_{kind}"
    for network, (_, highs) in RESIDUAL.items()
    for kind in (*(f"fixed_{rate}" for rate in RESIDUAL_RATES), *(f"triangular_{high}" for high in highs))
)


def arms(scale, seed=0):
    """The settings of all arms but those of CHOSEN, by name.

    Args:
        scale: A key of SCALES.
        seed: Draws the order of the shuffled rates.
    """
    n = _iterations(scale)
    plain = {**_published(n), **_controls(n, seed), **_cycles(n)}
    special = {**_ensembles(n), **_sigmoid(n), **_table_3(n)}
    special["range_test"] = {"policy": cyclical("triangular", 0.0, 0.02, n(4_000)), "updates": n(4_000), "every": n(50)}
    return {
        **{name: settings_of(scale, policy=policy, updates=updates) for name, (policy, updates) in plain.items()},
        **{name: settings_of(scale, **settings) for name, settings in special.items()},
        **_table_4(scale),
    }


def _iterations(scale):
    """The function that turns the paper's iterations into those of a scale."""
    return lambda iterations: iterations // DIVIDE[scale]


def settings_of(scale, **more):
    """What all arms of a scale have in common, and what one has of its own."""
    settings = {"batch_size": BATCH, "optimizer": SGD, "held_out": 0, "every": _iterations(scale)(EVERY)}
    return {**SCALES[scale], **settings, **more}


def _published(n):
    """Table 1: each policy with its number of updates."""
    gamma = GAMMA ** (EVERY // n(EVERY))  # as much in a scale's iteration as in one or two of the paper's
    step = n(2_000)
    decades = [fixed(rate) for rate in (0.001, 0.0001, 0.00001)]
    return {
        "fixed_staged": (stages(*zip(map(n, (60_000, 5_000, 5_000)), decades, strict=True)), n(70_000)),
        "fixed": (fixed(0.001), n(70_000)),
        "triangular2": (stages(*zip(map(n, LENGTHS), _table_2(n), strict=True)), n(25_000)),
        "triangular": (cyclical("triangular", 0.001, 0.006, step), n(25_000)),
        "decay": (linear_decay(0.001, 0.007, n(4_000)), n(25_000)),
        "exp_range": (cyclical("exp_range", 0.001, 0.006, step, gamma=gamma), n(70_000)),
        "exp_range_bounds": (cyclical("exp_range", 0.001, 0.006, step, gamma=gamma, decay="bounds"), n(70_000)),
        "exp_0.001": (exp_decay(0.001, gamma), n(70_000)),
        "exp_0.006": (exp_decay(0.006, gamma), n(70_000)),
    }


def _table_2(n):
    return [cyclical("triangular2", row.base_lr, row.max_lr, n(row.step_size)) for row in SMITH_TABLE_2]


def _controls(n, seed):
    """What takes triangular2 apart, at its own number of updates."""
    lengths, rows, updates = list(map(n, LENGTHS)), _table_2(n), n(25_000)
    means = [fixed(_mean(row, length)) for row, length in zip(rows, lengths, strict=True)]
    mixed = [shuffled(row, length, order=seed) for row, length in zip(rows, lengths, strict=True)]
    policies = {
        "fixed_drops": _with_drops(0.001, n),
        "mean_drops": stages(*zip(lengths, means, strict=True)),
        "cycles_no_drops": rows[0],
        "mean_no_drops": fixed(_mean(rows[0], updates)),
        "shuffled_stages": stages(*zip(lengths, mixed, strict=True)),
        "shuffled": shuffled(stages(*zip(lengths, rows, strict=True)), updates, order=seed),
    }
    return {name: (policy, updates) for name, policy in policies.items()}


def _with_drops(rate, n):
    """A rate fixed within each of Table 2's stages, a tenth of the one before."""
    return stages(*((n(length), fixed(rate / 10**k)) for k, length in enumerate(LENGTHS)))


def _mean(policy, updates):
    return float(f"{rate_of_each_update(policy, updates).mean():.6g}")


def _cycles(n):
    """24,000 iterations in whole cycles: their number, their window, their lower bound."""
    updates, step, high = n(24_000), n(2_000), 0.005
    policies = {name: cyclical("triangular", 0.001, high, updates // (2 * count)) for count, name in CYCLES.items()}
    policies |= {name: cyclical(name, 0.001, high, step) for name in WINDOWS}
    policies |= {name: cyclical("triangular", high / share, high, step) for name, share in BOUNDS.items()}
    return {name: (policy, updates) for name, policy in policies.items()}


def _ensembles(n):
    updates, policy = n(4_000), cyclical("triangular", 0.0, 0.005, n(2_000))
    return {
        "snapshots": {"policy": policy, "updates": MEMBERS * updates, "snapshots": updates},
        "members": {"policy": policy, "updates": updates, "members": MEMBERS},
    }


def _sigmoid(n):
    """Fig. 6. The paper does not give the bounds of its cycles, nor the length; these are those of its Table 1."""
    policies = (fixed(0.001), cyclical("triangular", 0.001, 0.006, n(2_000)), fixed(0.0035))
    settings = {"network": "cifar10_sigmoid", "batch_size": 111, "updates": n(24_000)}
    return {name: {**settings, "policy": policy} for name, policy in zip(SIGMOID, policies, strict=True)}


def _table_3(n):
    settings = {}
    for name, (low, high, optimizer) in ADAPTIVE.items():
        long = n(70_000) if name in ("adam", "rmsprop") else n(25_000)
        kinds = {
            "triangular": (cyclical("triangular", low, high, n(2_000)), long),
            "low": (fixed(low), n(70_000)),
            "high": (fixed(high), n(25_000)),
        }
        for kind, (policy, updates) in kinds.items():
            settings[f"{name}_{kind}"] = {"policy": policy, "updates": updates, "optimizer": optimizer}
    return settings


def _table_4(scale):
    """Networks of `clr_utils.residual`; all rates are divided by ten after a half and three quarters of the updates.

    A cycle is a tenth of the training, as published. The ten cycles go on through both drops: the second is at a peak.
    """
    n = _iterations(scale)
    step = n(600)
    policies = {f"fixed_{rate}": _fixed_with_drops(rate, step) for rate in RESIDUAL_RATES}
    policies |= {f"triangular_{high}": _cycles_with_drops(0.1, high, step) for high in RESIDUAL_RATES[1:]}
    settings = {"data": SCALES[scale]["data"], "batch_size": BATCH, "optimizer": NESTEROV, "held_out": 0}
    lengths = {"updates": 20 * step, "every": n(1_000)}
    found = {
        f"{network}_{kind}": {**settings, **lengths, "network": network, "network_options": options, "policy": policy}
        for network, (options, _) in RESIDUAL.items()
        for kind, policy in policies.items()
    }
    return {name: found[name] for name in TABLE_4}


def _fixed_with_drops(rate, step):
    return stages((10 * step, fixed(rate)), (5 * step, fixed(rate / 10)), (5 * step, fixed(rate / 100)))


def _cycles_with_drops(low, high, step):
    return stages(
        (10 * step, cyclical("triangular", low, high, step)),
        (5 * step, cyclical("triangular", low / 10, high / 10, step)),
        (step, linear_decay(low / 100, high / 100, step)),
        (4 * step, cyclical("triangular", low / 100, high / 100, step)),
    )


def candidates(rate, scale="reduced"):
    """What the screening chooses a rate for: the settings of the arms of CHOSEN at this rate, by name."""
    n = _iterations(scale)
    policies = (_with_drops(rate, n), linear(rate, n(25_000)))
    return {
        name: settings_of(scale, policy=policy, updates=n(25_000))
        for name, policy in zip(CHOSEN, policies, strict=True)
    }
