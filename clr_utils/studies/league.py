"""The league: families of schedules on CIFAR-10 at equal budgets, each with its peak rate tuned alike.

Everything is of the reduced scale: images averaged to 16x16, small networks. `quick` is the network of the study
`cifar10` (no batch normalisation); `resnet` is a residual network of 8 layers with it.

Departures from DESIGN, which stands as it was committed. schedule_free is Keras's optimizer with two faults mended
(`schedule_free.py`); its first ten tuning runs had not trained, and were made again before any run was judged. On
resnet the seeds 2 to 4 are not trained, since nothing is chosen by them there. The long budget of quick was shortened
from 7,500 to 6,000 updates before any of its runs: four times the short one, as on resnet, and cycles of four epochs.
By the rule for edges resnet has 0.05 as well: of 0.1 to 1.6, steps did best at 0.1 in a short training. And quick has
0.032 with SGD: of 0.001 to 0.016, one_cycle did best at 0.016 in a long training.
"""

from functools import lru_cache
from statistics import fmean

from clr_utils.experiments import Run, load_records
from clr_utils.studies.classifiers import train_on
from clr_utils.studies.families import family
from clr_utils.studies.rates import restart

STUDY = "league"
DESIGN = {
    "endpoint": "accuracy on the 10,000 test images, in percent: after the last update of a short and of a long "
    "training, and for who may be stopped at any moment the mean over five stops, after each fifth of the long one. In "
    "paired differences over seeds, of each judged family against linear. Curves and plateaus are shown and not judged",
    "margin": "0.5 points of accuracy",
    "seeds": "0 and 1 choose the peak rate and 0 to 4 the leaders, on 5,000 held-out training images; they are in no "
    "verdict. 5 to 24 are judged on quick, twenty fresh ones: where a pair's spread is 0.5, seven intervals that hold "
    "together then reach about 0.34 to each side. 5 to 14 on resnet, ten: about 0.55",
    "families": "on quick twelve: constant, steps, linear, cosine, sgdr, triangular, triangular2, triangular_0 (cycles "
    "down to 0), one_cycle, one_cycle_momentum (momentum 0.95 to 0.85 and back), warmup_stable_decay, schedule_free; "
    "and adam_linear, which tells the optimizer of schedule_free from its averaging. On resnet seven: steps, linear, "
    "cosine, triangular, triangular_0, one_cycle, one_cycle_momentum",
    "judged": "on quick, for each budget, the five families that lead on the held-out images, and linear, triangular "
    "and triangular_0 in any case: they are the question. On resnet steps, linear, triangular, one_cycle and "
    "one_cycle_momentum, in seven contrasts that hold together: one_cycle_momentum against steps and against linear, "
    "triangular against linear, each at both lengths; and super-convergence, one_cycle_momentum at the short length "
    "against steps at the long one, four times as many updates",
    "chosen": "the peak rate of each family, network and budget: of five rates, each twice the one before, the one "
    "with the best mean on the held-out images, seeds 0 and 1; of equal ones the smaller; a run that diverged counts "
    "as 0. Where the best of any family is the edge of its grid, the grid is extended by one rate on that side for "
    "every family of that network and optimizer, at most twice; a best rate still at the edge is called that",
    "undecided": "an interval that reaches over a margin. The intervals of a budget hold together (Bonferroni)",
    "not shown": "one network of 24,922 parameters and one of 19,458, small images, no augmentation, SGD with momentum "
    "0.9: what holds here need not hold for large networks, nor for other lengths. schedule_free is Keras's, evaluated "
    "at its own weights, nine tenths of the way to the average; its authors evaluate at the average",
}
OPTIONS = {}
TOLERANCES = {"updates": 0, "accuracy": 6.0, "loss": 0.1}
NETWORKS = {
    "quick": {"network": "cifar10_quick", "width": 0.5},
    "resnet": {"network": "resnet", "network_options": {"blocks": 1, "filters": 8}},
}
FAMILIES = {
    "quick": (
        *("constant", "steps", "linear", "cosine", "sgdr", "triangular", "triangular2", "triangular_0"),
        *("one_cycle", "one_cycle_momentum", "warmup_stable_decay", "schedule_free", "adam_linear"),
    ),
    "resnet": ("steps", "linear", "cosine", "triangular", "triangular_0", "one_cycle", "one_cycle_momentum"),
}
ADAPTIVE = ("schedule_free", "adam_linear")
RATES = {
    "quick": (0.001, 0.002, 0.004, 0.008, 0.016, 0.032),
    "quick, adaptive": (0.0005, 0.001, 0.002, 0.004, 0.008),
    "resnet": (0.05, 0.1, 0.2, 0.4, 0.8, 1.6),
}
# Updates of a training, and between two readings. An epoch has 500.
LENGTHS = {
    "quick": {"short": (1_500, 500), "long": (6_000, 600)},
    "resnet": {"short": (900, 450), "long": (3_600, 720)},
}
BUDGETS, STOPS = ("short", "long", "any"), 5
ORDER = (("quick", ("short",)), ("resnet", ("short", "long")), ("quick", ("long", "any")))
BATCH, HELD_OUT = 100, 5_000
TUNING_SEEDS, LEADING_SEEDS = (0, 1), (2, 3, 4)
SEEDS = {"quick": tuple(range(5, 25)), "resnet": tuple(range(5, 15))}
LEADERS, ALWAYS = 5, ("linear", "triangular", "triangular_0")
JUDGED_ON_RESNET = ("steps", "linear", "triangular", "one_cycle", "one_cycle_momentum")


def settings_of(network, length, name, rate):
    """The settings of a family on a network, at a length ("short" or "long") and a peak rate."""
    updates, every = LENGTHS[network][length]
    shared = {"data": "cifar10_16", "batch_size": BATCH, "held_out": 0, "updates": updates, "every": every}
    return {**shared, **NETWORKS[network], **family(name, rate, updates)}


def screening_runs(network, budget, name, rate, seeds=TUNING_SEEDS):
    """The runs that show how good a family is at a peak rate, on held-out training images."""
    length = _length(budget)
    settings = {**settings_of(network, length, name, rate), "held_out": HELD_OUT}
    return [Run(STUDY, f"screen_{network}_{length}_{name}_{rate:g}", settings, seed) for seed in seeds]


def study_runs(network, budget, names, seeds=None):
    """The runs that are judged, seed by seed, so that a grid that is interrupted has whole pairs.

    Args:
        network: A key of NETWORKS.
        budget: One of BUDGETS. The runs of "any" are long ones; they are those of "long" where the same rate is best.
        names: Families.
        seeds: Of the runs; the study's own unless given.

    Raises:
        FileNotFoundError: A family's rate is to be chosen by a screening that is not recorded yet.
    """
    length, chosen = _length(budget), {name: chosen_rate(network, budget, name) for name in names}
    return [
        Run(STUDY, f"{network}_{length}_{name}_{rate:g}", settings_of(network, length, name, rate), seed)
        for seed in (SEEDS[network] if seeds is None else seeds)
        for name, rate in chosen.items()
    ]


def _length(budget):
    return "long" if budget == "any" else budget


def rates_of(network, name):
    """The peak rates that are tried for a family, ascending."""
    return RATES[f"{network}, adaptive" if name in ADAPTIVE else network]


@lru_cache
def chosen_rate(network, budget, name):
    """The peak rate that the recorded screening chooses for a family.

    Raises:
        FileNotFoundError: The screening is not recorded yet.
    """

    def score(rate):
        return mean_score(screening_runs(network, budget, name, rate), budget)

    return max(rates_of(network, name), key=score)


def leaders(network, budget):
    """The families with the best mean on the held-out images over all five seeds, best first.

    Raises:
        FileNotFoundError: Their runs are not recorded yet.
    """

    def score(name):
        rate = chosen_rate(network, budget, name)
        return mean_score(screening_runs(network, budget, name, rate, TUNING_SEEDS + LEADING_SEEDS), budget)

    return sorted(FAMILIES[network], key=score, reverse=True)[:LEADERS]


def judged_families(network, budget):
    """The families that are judged at a budget, in the order of FAMILIES.

    Raises:
        FileNotFoundError: The leaders are not known yet.
    """
    judged = JUDGED_ON_RESNET if network == "resnet" else {*leaders(network, budget), *ALWAYS}
    return [name for name in FAMILIES[network] if name in judged]


def recorded_scores(runs, budget):
    """The accuracy of each run at a budget, in percent; None where it diverged.

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """

    def score(record):
        curve = record["history"]["accuracy"]
        if record["metrics"]["accuracy"] is None:
            return None
        each = len(curve) // STOPS
        return fmean(curve[each - 1 :: each]) if budget == "any" else curve[-1]

    return [score(record) for record in load_records(runs)]


def mean_score(runs, budget):
    """The mean of `recorded_scores`, where a run that diverged counts as 0."""
    return fmean(score or 0 for score in recorded_scores(runs, budget))


def small_run():
    """A short run on the images that ship with the project, recorded so that a test can train it again and compare."""
    policy = restart("sgdr", max_lr=0.005, period=50, multiplier=1)
    settings = {**settings_of("quick", "short", "sgdr", 0.005), "data": "fashion_mnist_14"}
    return Run(STUDY, "small", {**settings, "policy": policy, "updates": 100, "every": 50}, seed=0)


def grids(seeds=None):
    """The grids in the order of their need; `seeds` is how many of the study's own."""
    yield [small_run()]
    for network, budgets in ORDER:
        names = FAMILIES["quick"] if network == "quick" else JUDGED_ON_RESNET
        for length in dict.fromkeys(_length(budget) for budget in budgets):
            yield from (_screening(network, length, name) for name in names)
        for budget in budgets if network == "quick" else ():
            yield [
                run
                for name in names
                for run in screening_runs(network, budget, name, chosen_rate(network, budget, name), LEADING_SEEDS)
            ]
        for budget in budgets:
            yield study_runs(network, budget, judged_families(network, budget), SEEDS[network][:seeds])
    unjudged = [name for name in FAMILIES["resnet"] if name not in JUDGED_ON_RESNET]
    yield from (_screening("resnet", length, name) for length in LENGTHS["resnet"] for name in unjudged)


def _screening(network, length, name):
    return [run for rate in rates_of(network, name) for run in screening_runs(network, length, name, rate)]


def train(settings, seed):
    """Train one run; metrics and history as in `clr_utils.studies.classifiers.train_on`."""
    return train_on(settings, seed)
