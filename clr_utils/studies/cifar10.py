"""The CIFAR-10 study: Smith 2017, section 4.1.1, and the controls that the paper lacks, at two scales.

The full scale has the paper's images (32x32), network and numbers of iterations. The reduced scale carries the
statistics: images averaged to 16x16, cifar10_quick with half of its channels, half of every number of iterations, the
rates unchanged. An exponential decay per iteration has gamma squared there, so that it falls as far. In both an arm's
name says its length in the paper's iterations.
The grids come in the order of their need; `python -m clr_utils.studies cifar10` trains them all.
"""

from functools import lru_cache
from statistics import fmean

import numpy as np

from clr_utils.experiments import Run, load_records, recorded_values
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

STUDY = "cifar10"
DESIGN = {
    "endpoint": "accuracy on the 10,000 test images, in percent, after an arm's last update; at the reduced scale, in "
    "paired differences over seeds. Of claim 12 the training accuracy, as published; of ensembles their own accuracy. "
    "Curves, maxima over a curve, and readings at other ends are shown and not judged. Updates to the target: the "
    "first of two readings in a row, 500 of the paper's iterations apart, that both reach the mean final accuracy of "
    "fixed_staged; a run that never does is counted as such",
    "margin": "0.5 points of accuracy",
    "seeds": "2 to 11 at the reduced scale, ten, for Table 1 and its controls, for shuffled rates, ensembles and "
    "whatever is claimed to be equal (windows, step_size, base_lr as a share of max_lr): a trial of the seeds 0 and 1 "
    "chose the scale, and they choose rates. The first five of them for Table 3, the sigmoid network, the range test "
    "and rates fixed for 70,000 iterations, which are looked at. One seed at the full scale: it shows whether the "
    "reduced scale misleads, and gives no verdict",
    "chosen": "the rate of best_drops and the peak of line: of four rates (0.001, 0.002, 0.004, 0.008) the one with "
    "the best mean accuracy on 5,000 held-out training images, seeds 0 and 1. A best rate at the edge is called that",
    "undecided": "an interval that reaches over a margin. Intervals that are judged together hold together "
    "(Bonferroni): those of the race, those of shuffled rates, of ensembles, of windows, of the number and the length "
    "of cycles, of bounds",
}
OPTIONS = {"--scale": {"choices": ("reduced", "full"), "default": "reduced", "help": "default: reduced"}}
TOLERANCES = {"updates": 0, "accuracy": 6.0, "loss": 0.1}
SCALES = {
    "reduced": {"data": "cifar10_16", "network": "cifar10_quick", "width": 0.5},
    "full": {"data": "cifar10", "network": "cifar10_quick", "width": 1},
}
DIVIDE = {"reduced": 2, "full": 1}
BATCH, SGD = 100, {"name": "SGD", "momentum": 0.9}
NESTEROV = {**SGD, "nesterov": True}
SEEDS = {"reduced": tuple(range(2, 12)), "full": (2,)}
FEWER_SEEDS = 5
SCREENING_SEEDS, SCREENED_RATES, HELD_OUT = (0, 1), (0.001, 0.002, 0.004, 0.008), 5000
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
# Cycles in 24,000 iterations: 12, 6 and 3 have a step_size of 2, 4 and 8 epochs.
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
FULL_FIRST = ("fixed_staged", "triangular2", "decay", "mean_drops", "exp_range_bounds", "exp_range")


def arms(scale, seed=0):
    """The settings of all arms but those of CHOSEN, by name.

    Args:
        scale: "reduced" or "full".
        seed: Draws the order of the shuffled rates.
    """
    n = _iterations(scale)
    plain = {**_published(n), **_controls(n, seed), **_cycles(n)}
    special = {**_ensembles(n), **_sigmoid(n), **_table_3(n)}
    special["range_test"] = {"policy": cyclical("triangular", 0.0, 0.02, n(4_000)), "updates": n(4_000), "every": n(50)}
    return {
        **{name: _settings(scale, policy=policy, updates=updates) for name, (policy, updates) in plain.items()},
        **{name: _settings(scale, **settings) for name, settings in special.items()},
        **_table_4(scale),
    }


def _iterations(scale):
    """The function that turns the paper's iterations into those of a scale."""
    return lambda iterations: iterations // DIVIDE[scale]


def _settings(scale, **more):
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
    policies |= {
        name: cyclical("triangular", high / share, high, step) for name, share in zip(BOUNDS, (3, 4), strict=True)
    }
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
        name: _settings(scale, policy=policy, updates=n(25_000)) for name, policy in zip(CHOSEN, policies, strict=True)
    }


def study_runs(names, scale="reduced", seeds=None):
    """The runs of some arms at a scale, seed by seed, so that a grid that is interrupted has whole pairs.

    Args:
        names: Names of `arms`, or of CHOSEN.
        scale: "reduced" or "full".
        seeds: Of the runs; the study's own unless given.

    Raises:
        FileNotFoundError: An arm's rate is to be chosen by a screening that is not recorded yet.
    """
    chosen = {name: candidates(chosen_rate(name), scale)[name] for name in CHOSEN if name in names}
    prefix = "" if scale == "reduced" else f"{scale}_"
    return [
        Run(STUDY, prefix + name, {**arms(scale, seed), **chosen}[name], seed)
        for seed in (SEEDS[scale] if seeds is None else seeds)
        for name in names
    ]


def screening_runs(name, rate):
    """The runs that show how good a rate is for an arm of CHOSEN: two seeds, held-out training images."""
    settings = {**candidates(rate)[name], "held_out": HELD_OUT}
    return [Run(STUDY, f"screen_{name}_{rate:g}", settings, seed) for seed in SCREENING_SEEDS]


@lru_cache
def chosen_rate(name):
    """The rate that the recorded screening chooses for an arm of CHOSEN; it serves both scales.

    Raises:
        FileNotFoundError: The screening is not recorded yet.
    """

    def mean_accuracy(rate):
        return fmean(value or 0 for value in recorded_values(screening_runs(name, rate), "accuracy"))

    return max(SCREENED_RATES, key=mean_accuracy)


def small_run():
    """A short run on the images that ship with the project, recorded so that a test can train it again and compare."""
    policy = cyclical("triangular", 0.001, 0.005, 25)
    more = {"data": "fashion_mnist_14", "policy": policy, "updates": 100, "every": 50}
    return Run(STUDY, "small", _settings("reduced", **more), seed=0)


def grids(seeds=None, scale="reduced"):
    """The grids of a scale in the order of their need; `seeds` is how many of the study's own."""
    own = SEEDS[scale][:seeds]
    if scale == "full":
        yield study_runs(FULL_FIRST, scale, own)
        return
    yield [small_run(), *study_runs(RACE, seeds=own)]
    yield [run for name in CHOSEN for rate in SCREENED_RATES for run in screening_runs(name, rate)]
    yield study_runs(CHOSEN, seeds=own)
    for names in (EXP_RANGE, SHUFFLED, tuple(CYCLES.values()), ENSEMBLES, WINDOWS, tuple(BOUNDS)):
        yield study_runs(names, seeds=own)
    for names in (LONG, ("range_test",), SIGMOID, TABLE_3):
        yield study_runs(names, seeds=own[:FEWER_SEEDS])
    yield study_runs(TABLE_4, seeds=own[:1])


def recorded_accuracies(names, scale="reduced", seeds=None):
    """The recorded final test accuracies, in percent: {arm: values of the seeds, None where a run diverged}.

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """
    return {name: recorded_values(study_runs([name], scale, seeds), "accuracy") for name in names}


def recorded_curves(name, scale="reduced", seeds=None):
    """The recorded test accuracy of an arm along its training.

    Returns:
        The updates at which it was read, shape (readings,), and the accuracies in percent, shape (seeds, readings).

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """
    runs = study_runs([name], scale, seeds)
    curves = np.array([record["history"]["accuracy"] for record in load_records(runs)], float)
    return np.arange(1, curves.shape[1] + 1) * runs[0].settings["every"], curves


def train(settings, seed):
    """Train one run: one network, or the "members" of an ensemble one after another.

    Returns:
        metrics: "accuracy" on the test set (or the held-out images) of the last network, in percent, and "updates" of
            all. Where a training diverged "accuracy" is None. Of an ensemble also "ensemble", its own accuracy.
        history: One a reading: "accuracy" as above, and of the updates since the last reading "loss" (penalty
            included) and "train_accuracy". Of an ensemble its accuracy, "ensemble", after each further network.
    """
    images = prepared(settings["data"], settings["held_out"])
    members = [_train_network(settings, seed + 1000 * k, images) for k in range(settings.get("members", 1))]
    history = {name: [value for member in members for value in member[0][name]] for name in members[0][0]}
    updates = sum(member[2] for member in members)
    whole = updates == settings["updates"] * len(members)
    metrics = {"accuracy": history["accuracy"][-1] if whole else None, "updates": updates}
    if "snapshots" in settings or "members" in settings:
        found = np.cumsum([probabilities for member in members for probabilities in member[1]], axis=0)
        history["ensemble"] = [_accuracy(together, images[3]) for together in found]
        metrics["ensemble"] = history["ensemble"][-1] if whole else None
    return metrics, history


def _train_network(settings, seed, images):
    """The history of one network, its probabilities for the test images at its snapshots or end, and its updates."""
    import keras

    from clr_utils.range_test.recorder import Sweep

    x, y, x_test, y_test = images
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = network(settings, x.shape[1:])
    every, batch_size, options = settings["every"], settings["batch_size"], dict(settings["optimizer"])
    optimizer = getattr(keras.optimizers, options.pop("name"))
    if settings["network"] not in RESIDUAL:
        optimizer = twice_for_biases(optimizer)
    rates = Sweep(rate_of_each_update(settings["policy"], settings["updates"]))
    model.compile(
        optimizer(rates, **options), "sparse_categorical_crossentropy", metrics=["accuracy"], steps_per_execution=every
    )
    history, kept = {"loss": [], "train_accuracy": [], "accuracy": []}, []
    batches = in_order(len(x), batch_size, seed)
    for done in range(every, settings["updates"] + 1, every):
        chosen = np.concatenate([next(batches) for _ in range(every)])
        fitted = model.fit(x[chosen], y[chosen], batch_size=batch_size, shuffle=False, verbose=0).history
        if not np.isfinite(fitted["loss"][0]):
            break
        probabilities = model.predict(x_test, batch_size=1000, verbose=0)
        values = (fitted["loss"][0], 100 * fitted["accuracy"][0], _accuracy(probabilities, y_test))
        for name, value in zip(history, values, strict=True):
            history[name].append(round(value, 4))
        if done % settings.get("snapshots", settings["updates"]) == 0:
            kept.append(probabilities)
    return history, kept, int(model.optimizer.iterations)


def _accuracy(probabilities, labels):
    return round(100 * float((probabilities.argmax(axis=1) == labels).mean()), 4)


def in_order(examples, batch_size, seed):
    """Batches of the numbers 0 to examples - 1 without end, each epoch in an order of its own; a rest is left out."""
    generator = np.random.default_rng(seed)
    while True:
        order = generator.permutation(examples)
        yield from order[: examples // batch_size * batch_size].reshape(-1, batch_size)


def network(settings, shape):
    """The network of a run's settings for images of this shape, not compiled."""
    from clr_utils import models, residual

    size, _, channels = shape
    if settings["network"] in RESIDUAL:
        return getattr(residual, settings["network"])(size, channels, **settings["network_options"])
    return getattr(models, settings["network"])(size, channels, settings["width"])


def twice_for_biases(optimizer):
    """A subclass of a Keras optimizer that trains biases at twice the rate, as Caffe's networks do (`lr_mult: 2`)."""

    class TwiceForBiases(optimizer):
        def update_step(self, gradient, variable, learning_rate):
            name = variable.name.split("/")[-1].split(":")[0]  # "bias" on JAX, "model/layer/bias:0" on TensorFlow
            super().update_step(gradient, variable, learning_rate * (2 if name == "bias" else 1))

    return TwiceForBiases


@lru_cache(maxsize=1)
def prepared(data, held_out=0):
    """Images less the mean image of the training set, float32, and labels: training, then test or held-out images."""
    from clr_utils.datasets.cifar10 import halved, load_cifar10
    from clr_utils.datasets.fashion_mnist import load_fashion_mnist
    from clr_utils.datasets.images import validation_split

    loaders = {
        "cifar10": load_cifar10,
        "cifar10_16": lambda: halved(load_cifar10()),
        "fashion_mnist_14": lambda: halved(load_fashion_mnist()),
    }
    images = loaders[data]()
    if held_out:
        images = validation_split(images, held_out)
    mean = images.x_train.mean(axis=0, dtype=np.float64).astype(np.float32)
    return images.x_train - mean, images.y_train, images.x_test - mean, images.y_test
