"""The micro-calcification study: the published arms, and the baselines that were missing, on synthetic patches.

Alyafi et al. 2018 at their own scale: 64,000 (case 1) or 128,000 training patches (case 2), 12 epochs in batches of
32, plain SGD. A run's seed is that of its synthetic world (patients, patches; but for `weight_runs`), of the weights
and of the order.
The grids come in the order of their need; `python -m clr_utils.studies microcalcification` trains them all.
"""

import numpy as np

from clr_utils.experiments import Run, load_records, recorded_values
from clr_utils.policies import named_policy
from clr_utils.studies.detectors import train_on, world
from clr_utils.studies.rates import cosine, cyclical, fixed, staircase, time_decay

STUDY = "microcalcification"
DESIGN = {
    "endpoint": "the area under the precision-recall curve of the test set, after the last update, in paired "
    "differences over seeds. The area under the ROC curve where a claim is about it; precision, recall and F1 at 0.5 "
    "are shown and not judged, since 200 to 900 seeds would be needed",
    "margin": "0.005 of PR area, 0.001 of ROC area",
    "seeds": "5 in case 1 and 6 in case 2: by the spread of the first records enough for triangular against a fixed "
    "rate; triangular2 in case 2 would take 13. 3 for the sweep of peak rates, which is looked at and not judged, but "
    "for the best peaks of both kinds. A seed is a world: patients, patches, weights and order",
    "chosen": "of fixed rates, and of triangular's peaks, the one with the best mean PR area on the validation "
    "patients; thresholds by F1 on the validation patients. The best peak at the edge of its sweep is not a best peak",
    "undecided": "an interval that reaches over a margin; intervals that are judged together hold together "
    "(Bonferroni)",
}
EPOCHS, BATCH = 12, 32
CASES = (1, 2)
OPTIONS = {"--case": {"type": int, "choices": CASES, "help": "train its published and fixed arms alone"}}
TOLERANCES = {"updates": 0, "auc": 0.1, "validation_auc": 0.1, "loss": 0.15}
UPDATES = {1: EPOCHS * 2000, 2: EPOCHS * 4000}
BASE_LR, MAX_LR, GAMMA = 0.002, 0.03, 0.99994
CYCLICAL = ("triangular", "triangular2", "exp_range")
SEEDS = {1: 5, 2: 3}
UNTRAINED_SEEDS, SWEEP_SEEDS = 50, 3
PEAK_RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
# The medians of base_lr and max_lr over the recorded range tests "patches_log", by Smith's rule.
RANGE_TEST_BOUNDS = (0.0013, 0.062)
DIFFICULTY_ARMS = ("triangular", "fixed_0.016", "fixed_0.03")
# Case 2, triangular against the best fixed rates: with three seeds the verdict was undecided.
PAIRED_ARMS, PAIRED_SEEDS = ("triangular", "fixed_0.03", "fixed_0.016"), 6
# The paper's other protocol: 10 epochs with 5 a step are one cycle, in which triangular and triangular2 are the same.
ONE_CYCLE_ARMS, ONE_CYCLE_EPOCHS = ("triangular", "exp_range", "fixed_0.03"), 10
# Weights and order in one world: how much of the spread over seeds is theirs, and how much the patients'. The cyclical
# policies are all there, since the paper's claim of "small deviations" compares their spreads.
WEIGHT_ARMS, WEIGHT_SEEDS, WORLD = ("triangular", "fixed_0.03", "exp_range", "triangular2"), range(1, 6), 0


def published_arms(case):
    """The policies as published, by name; "published_fixed" is what the public code of case 1 calls fixed.

    What case 2 called fixed is not known, and gamma is known of case 2 alone: each is taken for both cases.
    """
    bounds = {"base_lr": BASE_LR, "max_lr": MAX_LR, "step_size": UPDATES[case] // 6}
    return {
        "triangular": cyclical("triangular", **bounds),
        "triangular2": cyclical("triangular2", **bounds),
        "exp_range": cyclical("exp_range", **bounds, gamma=GAMMA),
        "published_fixed": time_decay(BASE_LR, 0.96),
    }


def fixed_arms():
    """Rates that are fixed: base, mean and max of the triangular policy."""
    return {f"fixed_{rate:g}": fixed(rate) for rate in (BASE_LR, (BASE_LR + MAX_LR) / 2, MAX_LR)}


def further_arms(case):
    """The mean rates of the other two policies, three falling rates, and the other reading of exp_range."""
    updates = UPDATES[case]
    means = mean_rates(case)
    warm_up = updates // EPOCHS
    return {
        **{f"fixed_{means[name]:g}": fixed(means[name]) for name in ("triangular2", "exp_range")},
        "step_decay": staircase(MAX_LR, (updates // 2, updates * 3 // 4), 0.1),
        "cosine": cosine(MAX_LR, updates),
        "warm_up_linear": cyclical("triangular", 0.0, MAX_LR, warm_up, step_size_down=updates - warm_up),
        "exp_range_bounds": cyclical("exp_range", BASE_LR, MAX_LR, updates // 6, gamma=GAMMA, decay="bounds"),
        "range_test_bounds": cyclical("triangular", *RANGE_TEST_BOUNDS, updates // 6),
    }


def peak_arms(kind):
    """The arms of one kind, "fixed" or "triangular", at each of PEAK_RATES: {rate: name of the arm}."""
    return {rate: "triangular" if (kind, rate) == ("triangular", MAX_LR) else f"{kind}_{rate:g}" for rate in PEAK_RATES}


def best_peak(kind):
    """The arm of one kind whose peak has the best mean PR area on the validation patients of the recorded sweep.

    Raises:
        FileNotFoundError: The sweep is not recorded yet.
    """

    def mean_area(arm):
        return np.mean([value or 0 for value in recorded(1, arm, "validation_pr_area", SWEEP_SEEDS)])

    return max(peak_arms(kind).values(), key=mean_area)


def _peak_policies(case):
    """Fixed at each of PEAK_RATES, and triangular up to it from a fifteenth, as in the published bounds."""
    policies = {}
    for rate in PEAK_RATES:
        policies[f"fixed_{rate:g}"] = fixed(rate)
        policies[f"triangular_{rate:g}"] = cyclical("triangular", rate * BASE_LR / MAX_LR, rate, UPDATES[case] // 6)
    del policies[f"triangular_{MAX_LR:g}"]
    return policies


def mean_rates(case):
    """The mean rate of each cyclical policy over the updates of a case, to four places."""
    rates = {}
    for name in CYCLICAL:
        policy = dict(published_arms(case)[name])
        rule = named_policy(policy.pop("name"), **policy)
        rates[name] = round(float(np.mean(rule(np.arange(UPDATES[case])))), 4)
    return rates


def arms(case):
    """All arms of a case, by name, the most needed first."""
    return {**published_arms(case), **fixed_arms(), **further_arms(case), **_peak_policies(case)}


def study_runs(case, names, seeds=None):
    """The runs of some arms, seed by seed, so that a grid that is interrupted has whole pairs.

    Args:
        case: 1 or 2.
        names: Names of `arms`.
        seeds: How many, from 0; 5 of case 1 and 3 of case 2 unless given.
    """
    known = arms(case)
    return [
        Run(STUDY, f"case{case}_{name}", settings(case, known[name]), seed)
        for seed in range(SEEDS[case] if seeds is None else seeds)
        for name in names
    ]


def settings(case, policy, *, scale=1, epochs=EPOCHS, difficulty="published"):
    """The settings of a run; `scale` and `epochs` reduce it for trials and tests."""
    from clr_utils.calcification.patches import VERSION

    patches = {"case": case, "scale": scale, "difficulty": difficulty, "source": "synthetic", "generator": VERSION}
    return {**patches, "epochs": epochs, "batch_size": BATCH, "policy": policy}


def small_run():
    """A run at a two-hundredth of the scale, recorded so that a test can train it again and compare."""
    return Run(STUDY, "small", settings(1, fixed(0.03), scale=0.005, epochs=2), seed=0)


def untrained_runs(seeds=UNTRAINED_SEEDS):
    """Networks that are tested as they were initialised, without a single update, each in a world of its own."""
    return [Run(STUDY, "untrained", settings(1, fixed(0.0), epochs=0), seed) for seed in range(seeds)]


def difficulty_runs(difficulty, seeds=SWEEP_SEEDS):
    """The runs of DIFFICULTY_ARMS, of case 1, on "easier" or "harder" patches."""
    known = arms(1)
    return [
        Run(STUDY, f"case1_{difficulty}_{name}", settings(1, known[name], difficulty=difficulty), seed)
        for seed in range(seeds)
        for name in DIFFICULTY_ARMS
    ]


def first_arms(case):
    """The names of the published and the fixed arms: all that Tables III to VI need."""
    return [*published_arms(case), *fixed_arms()]


def seeds_of(case, names):
    """How many seeds the design gives to a comparison of these arms; more where three left it open."""
    return PAIRED_SEEDS if case == 2 and set(names) <= set(PAIRED_ARMS) else SEEDS[case]


def weight_runs(names=WEIGHT_ARMS, seeds=None):
    """The runs of some arms of case 1 that share the patients and patches of one world: their seed sets the rest.

    `seeds` is how many of WEIGHT_SEEDS; all of them unless given.
    """
    known = arms(1)
    return [
        Run(STUDY, f"case1_world{WORLD}_{name}", {**settings(1, known[name]), "world": WORLD}, seed)
        for seed in WEIGHT_SEEDS[:seeds]
        for name in names
    ]


def one_cycle_runs(seeds=None):
    """The runs of ONE_CYCLE_ARMS in case 1 by the protocol of 10 epochs, with one cycle over all of them."""
    updates = UPDATES[1] * ONE_CYCLE_EPOCHS // EPOCHS
    known = arms(1)
    policies = {
        name: known[name] | ({"step_size": updates // 2} if name in CYCLICAL else {}) for name in ONE_CYCLE_ARMS
    }
    return [
        Run(STUDY, f"case1_one_cycle_{name}", settings(1, policy, epochs=ONE_CYCLE_EPOCHS), seed)
        for seed in range(seeds or SEEDS[1])
        for name, policy in policies.items()
    ]


def first_runs(case, seeds=None):
    """The runs of `first_arms`, as `study_runs`."""
    return study_runs(case, first_arms(case), seeds)


def grids(seeds=None, case=None):
    """The grids of the study in the order of their need; of one case, the published and the fixed arms alone."""
    for number in CASES if case is None else (case,):
        yield first_runs(number, seeds)
    if case is not None:
        return
    yield [small_run(), *untrained_runs(seeds or UNTRAINED_SEEDS)]
    sweep = [name for kind in ("fixed", "triangular") for name in peak_arms(kind).values()]
    yield study_runs(1, sweep, seeds or SWEEP_SEEDS)
    yield study_runs(1, [best_peak(kind) for kind in ("fixed", "triangular")], seeds)
    yield study_runs(1, ["range_test_bounds"], seeds)
    yield study_runs(1, further_arms(1), seeds)
    yield study_runs(2, PAIRED_ARMS, seeds or PAIRED_SEEDS)
    yield weight_runs(seeds=seeds)
    yield one_cycle_runs(seeds)
    yield [run for each in ("easier", "harder") for run in difficulty_runs(each, seeds=seeds or SWEEP_SEEDS)]


def recorded(case, name, metric, seeds=None):
    """A metric of the recorded runs of an arm, in the order of the seeds.

    Raises:
        FileNotFoundError: Some are not recorded yet.
    """
    return recorded_values(study_runs(case, [name], seeds), metric)


def mean_of(case, name, metric):
    """The mean of `recorded` over the seeds, without runs that have no such metric (a precision of no answers)."""
    return float(np.mean([value for value in recorded(case, name, metric) if value is not None]))


def recorded_curves(case, name, seeds=None):
    """Classes and scores that have the recorded test curves of an arm, one pair a seed (`scores_of_curve`)."""
    from clr_utils.calcification.sets import TEST_NEGATIVES
    from clr_utils.metrics.curves import scores_of_curve

    records = load_records(study_runs(case, [name], seeds))
    return [scores_of_curve(record["history"]["negatives_above"], TEST_NEGATIVES) for record in records]


def train(settings, seed):
    """Train one run; metrics and history as in `clr_utils.studies.detectors.train_on`."""
    from clr_utils.calcification.sets import training_set

    return train_on(training_set(settings["case"], **world(settings, seed)), settings, seed)
