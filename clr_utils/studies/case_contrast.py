"""Why is case 2 so much better than case 1 on the same test set? Arms that differ in one cause at a time.

All train `triangular` between the published bounds, in three cycles unless they say otherwise, on synthetic patches at
full scale. The two cases of Alyafi et al. 2018 differ in the training prior, in the data, in the updates, and possibly
in the order of the file, in the cycles, and in patients that training and test set share.
"""

from clr_utils.calcification.sets import TEST_NEGATIVES
from clr_utils.experiments import Run, load_records
from clr_utils.metrics.comparison import paired_difference
from clr_utils.studies.detectors import train_on, world
from clr_utils.studies.microcalcification import BASE_LR, MAX_LR, settings
from clr_utils.studies.rates import cyclical

STUDY = "case_contrast"
DESIGN = {
    "endpoint": "two: the logarithm (to base 10) of the false-positive rate at recall 0.95, and PR area, on the test "
    "set, in paired differences over seeds. Precision at 0.5 is shown, not judged",
    "margin": "0.1, a quarter more or less of false positives, for the logarithm; 0.005 for PR area",
    "seeds": "5: by the recorded runs of case 1 and case 2, 5 to 10 tell their difference in the logarithm",
    "chosen": "nothing is tuned",
    "undecided": "an interval that reaches over a margin. More data at equal updates also means another training prior "
    "and half the passes over the positives, and ten epochs fewer updates: what these arms show is both together",
}
OPTIONS = {}
TOLERANCES = {"updates": 0, "loss": 0.01}
SEEDS = 5
BATCHES = {1: 2000, 2: 4000}
# The negatives for each positive in case 2 over those in case 1, 36.0 over 17.5.
SKEW_RATIO = 2.06
# Keras divides a weighted loss by the number of examples: undivided, these weights would double the learning rate too.
MEAN_WEIGHT = (1 + 17.5 * SKEW_RATIO) / 18.5
RECALL = 0.95
CONTRASTS = {
    "weighted": ("first", "negatives weighted as in case 2"),
    "random": ("first", "negatives from all patients"),
    "longer": ("first", "twice the updates"),
    "more_data": ("longer", "more data, at equal updates"),
    "random_more": ("random", "more data from all patients, at equal updates"),
    "one_cycle": ("first", "one cycle instead of three"),
    "short": ("one_cycle", "10 epochs instead of 12"),
    "leaky": ("more_data", "patients shared with the test set"),
}


def _arm(case, epochs, cycles=3, **more):
    updates = epochs * BATCHES[case]
    policy = cyclical("triangular", BASE_LR, MAX_LR, updates // (2 * cycles))
    return {**settings(case, policy, epochs=epochs), "order": "first", "leaky": False, **more}


def arms():
    """The settings of the arms by name; CONTRASTS tells against which arm each is held, and what that isolates."""
    return {
        "first": _arm(1, 12, shifted_threshold=SKEW_RATIO / (1 + SKEW_RATIO)),
        "weighted": _arm(1, 12, class_weights=[SKEW_RATIO / MEAN_WEIGHT, 1 / MEAN_WEIGHT]),
        "random": _arm(1, 12, order="random"),
        "longer": _arm(1, 24),
        "more_data": _arm(2, 12),
        "random_more": _arm(2, 6, order="random"),
        "one_cycle": _arm(1, 12, cycles=1),
        "short": _arm(1, 10, cycles=1),
        "leaky": _arm(2, 12, leaky=True),
    }


def study_runs(names=None, seeds=SEEDS):
    """The runs of some arms, all unless named, seed by seed."""
    known = arms()
    return [Run(STUDY, name, known[name], seed) for seed in range(seeds) for name in names or known]


def differences(metric, seeds=SEEDS, together=1):
    """What each cause changes: {cause: paired difference of `metric`, the arm minus the one that it is held to}.

    Args:
        metric: "log_fpr", the logarithm to base 10 of the false-positive rate at recall 0.95; or one of the recorded
            metrics, such as "pr_area" or "precision". Of those at a threshold the first cause is the threshold alone.
        seeds: How many, from 0.
        together: How many intervals hold together with 95 % (Bonferroni); each alone unless given.

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """

    def paired(values, held):
        return paired_difference(values, held, confidence=1 - 0.05 / together)

    records = {name: load_records(study_runs([name], seeds)) for name in arms()}
    values = {name: [_value(record, metric) for record in found] for name, found in records.items()}
    shifted = [record["metrics"].get(f"{metric}_shifted") for record in records["first"]]
    threshold = {} if None in shifted else {"case 2's threshold": paired(shifted, values["first"])}
    contrasts = {cause: paired(values[name], values[held]) for name, (held, cause) in CONTRASTS.items()}
    return threshold | contrasts


def log_false_positives(record):
    """The logarithm to base 10 of a recorded test's false-positive rate at RECALL; NaN where the training diverged."""
    from clr_utils.metrics.detection import log_false_positive_rate

    above = record["history"]["negatives_above"]
    return log_false_positive_rate(above, TEST_NEGATIVES, RECALL) if above else float("nan")


def _value(record, metric):
    return log_false_positives(record) if metric == "log_fpr" else record["metrics"][metric]


def small_run():
    """The leaky arm at a two-hundredth of the scale, recorded so that a test can train it again and compare."""
    small = {**_arm(2, 1, leaky=True), "scale": 0.005}
    return Run(STUDY, "small", small, seed=0)


def grids(seeds=None):
    """The one grid of the study."""
    yield [small_run(), *study_runs(seeds=seeds or SEEDS)]


def train(settings, seed):
    """Train one run; metrics and history as in `clr_utils.studies.detectors.train_on`."""
    from clr_utils.calcification.sets import training_set

    patches = training_set(settings["case"], order=settings["order"], **world(settings, seed))
    return train_on(_with_test_patients(patches, settings, seed) if settings["leaky"] else patches, settings, seed)


def _with_test_patients(patches, settings, seed):
    """The negatives beyond those of case 1 replaced by as many other patches of the test set's patients."""
    import numpy as np

    from clr_utils.calcification.patches import generate_patches, join
    from clr_utils.calcification.sets import training_set

    shorter = training_set(1, **world(settings, seed))
    wanted = len(patches.y) - len(shorter.y)
    tested = round(TEST_NEGATIVES * settings["scale"])
    whole = generate_patches(0, tested + wanted, seed=seed, split="test", difficulty=settings["difficulty"])
    patient, place = np.unique(whole.patient, return_index=True)
    in_test = np.bincount(generate_patches(0, tested, seed=seed, split="test").patient)
    position = np.arange(len(whole.y)) - place[np.searchsorted(patient, whole.patient)]
    others = whole.select(position >= in_test[whole.patient])
    return join([shorter, others._replace(split="train")])
