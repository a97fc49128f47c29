"""After the league: how much of a lead over one line to 0 is the slow start's?

The families that lead the line in the league's long training begin with a small rate, and the line with its largest.
So here a line that climbs first is set between them, on fresh seeds. All else is the league's.
"""

from functools import lru_cache

from clr_utils.experiments import Run
from clr_utils.studies import league
from clr_utils.studies.classifiers import train_on

STUDY = "warmup"
DESIGN = {
    "endpoint": "accuracy on the 10,000 test images after the last of 6,000 updates, in percent: the long budget of "
    "the study league on its network quick. In paired differences over seeds, in three contrasts that hold together: "
    "warmup_linear against linear, triangular_0 against warmup_linear, one_cycle_momentum against warmup_linear",
    "margin": "0.5 points of accuracy, as in the league",
    "seeds": "0 and 1 choose the peak rate. 25 to 44 are judged: twenty fresh ones, since the question arose from the "
    "verdicts on 5 to 24. Where a pair's spread is 1.0, as it was there, three intervals then reach about 0.6 to each "
    "side",
    "families": "linear, triangular_0 and one_cycle_momentum as in the league; and warmup_linear, which climbs for a "
    "twentieth of the updates, as warmup_stable_decay does there, and then falls to 0 in one line",
    "chosen": "the peak rate of warmup_linear as in the league: of its six rates the one with the best mean on 5,000 "
    "held-out training images, seeds 0 and 1; of equal ones the smaller; a run that diverged counts as 0; at the edge "
    "the grid is extended by one rate on that side, at most twice. The others keep the rate that the league chose",
    "undecided": "an interval that reaches over a margin. The three intervals hold together (Bonferroni)",
    "not shown": "one small network, one length of the training, one of the climb: where warmup_linear stays behind, a "
    "longer climb might not",
}
OPTIONS = {}
TOLERANCES = league.TOLERANCES
FAMILIES = ("linear", "warmup_linear", "triangular_0", "one_cycle_momentum")
SEEDS = tuple(range(25, 45))


def screening_runs(rate):
    """The runs that show how good warmup_linear is at a peak rate, on held-out training images."""
    settings = {**league.settings_of("quick", "long", "warmup_linear", rate), "held_out": league.HELD_OUT}
    return [Run(STUDY, f"screen_warmup_linear_{rate:g}", settings, seed) for seed in league.TUNING_SEEDS]


@lru_cache
def chosen_rate(name):
    """The peak rate of a family.

    Raises:
        FileNotFoundError: The screening is not recorded yet.
    """
    if name != "warmup_linear":
        return league.chosen_rate("quick", "long", name)
    return max(league.RATES["quick"], key=lambda rate: league.mean_score(screening_runs(rate), "long"))


def study_runs(names=FAMILIES, seeds=SEEDS):
    """The runs that are judged, seed by seed.

    Raises:
        FileNotFoundError: The screening is not recorded yet.
    """
    chosen = {name: chosen_rate(name) for name in names}
    return [
        Run(STUDY, f"{name}_{rate:g}", league.settings_of("quick", "long", name, rate), seed)
        for seed in seeds
        for name, rate in chosen.items()
    ]


def small_run():
    """A short run on the images that ship with the project, recorded so that a test can train it again and compare."""
    settings = {**league.settings_of("quick", "short", "warmup_linear", 0.005), "data": "fashion_mnist_14"}
    return Run(STUDY, "small", {**settings, "updates": 100, "every": 50}, seed=0)


def grids(seeds=None):
    """The grids in the order of their need; `seeds` is how many of the study's own."""
    yield [small_run()]
    yield [run for rate in league.RATES["quick"] for run in screening_runs(rate)]
    yield study_runs(seeds=SEEDS[:seeds])


def train(settings, seed):
    """Train one run; metrics and history as in `clr_utils.studies.classifiers.train_on`."""
    return train_on(settings, seed)
