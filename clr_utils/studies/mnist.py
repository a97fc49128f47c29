"""The MNIST study of notebook 04: the tutorial of DataCamp 2018 as published, then one change at a time.

An arm is a list of phases, trained one after another on the same weights. Each phase begins with a fresh Adam, as the
tutorial does when it compiles anew, so the count of updates begins again while the weights go on.
"""

import json
from functools import lru_cache
from statistics import fmean

import numpy as np

from clr_utils.experiments import Run, load_records, recorded_values
from clr_utils.grids.run import run_grid
from clr_utils.studies.rates import cyclical, fixed, learning_rate, linear, shuffled, shuffled_rates, staircase

STUDY = "mnist"
DESIGN = {
    "endpoint": "the test error after the last update, in percent, in paired differences over seeds; one test set",
    "margin": "0.1 points",
    "seeds": "10, of weights and order. By the spread of the first records, 10 are enough for cycles against fixed "
    "rates; cycles against one line would take 15, the recipe as published 38, its policy alone 191",
    "judged": "the recipe as published against its baseline; its policy alone; three whole cycles against the "
    "baseline; the chosen cycles against the chosen fixed rate; cycles from 0 against one line; the chosen cycles "
    "against their own rates in random order, and against these with the last descent left in place. Seven verdicts, "
    "so the intervals hold together: each has a confidence of 1 - 0.05 / 7. Two drops by ten are shown, not judged",
    "chosen": "the highest rate of each candidate has the smallest mean error of three seeds on 10,000 training "
    "digits held out, of six rates; of equal ones the smaller rate",
    "undecided": "an interval that reaches over a margin",
}
OPTIONS = {}
TOLERANCES = {"updates": 0, "error": 2, "loss": 0.05}
# Rates (the highest of a policy) tried for each candidate of the fair comparison, in 3,000 updates each.
SCREENED_RATES = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016)
SCREENING_SEEDS = 3
SEEDS = 10
SCALES = {
    "paper": {"hidden": 784, "small": 200, "large": 2000, "epochs": 10, "step_size": 2000, "updates": 3000},
    "quick": {"hidden": 64, "small": 60, "large": 600, "epochs": 10, "step_size": 400, "updates": 600},
}
LABELS = {
    "published": "as published",
    "published_fixed": "the same, rate fixed",
    "cold_start": "no warm start",
    "same_batch": "and the baseline's batch",
    "same_updates": "and its number of updates",
    "real_cycles": "and three whole cycles",
    "best_fixed": "fixed",
    "best_triangular": "three cycles",
    "best_triangular_from_0": "three cycles from 0",
    "best_linear": "one line to 0",
    "best_staircase": "two drops by ten",
    "shuffled": "the rates of three cycles, shuffled",
    "shuffled_ending": "shuffled, but for the last descent",
}


CANDIDATES = {
    "fixed": fixed,
    "triangular": lambda rate: cyclical("triangular", rate / 4, rate, 500),
    "triangular_from_0": lambda rate: cyclical("triangular", 0.0, rate, 500),
    "linear": lambda rate: linear(rate, 3000),
    "staircase": lambda rate: staircase(rate, (1500, 2250), 0.1),
}


def published_arms(scale="paper"):
    """The arms that take the tutorial apart, by name: its baseline, itself, and one change less at a time.

    Args:
        scale: "paper": the published network, batches and epochs; "quick": all of them reduced, with the same ratio
            of step_size to updates.

    Returns:
        A dict from the arm's name to its settings.
    """
    s = SCALES[scale]
    climbing = cyclical("triangular", 0.001, 0.006, s["step_size"])
    baseline = _phase(s["small"], s["epochs"], fixed(0.001))
    phases = {
        "baseline": [baseline],
        "published": [baseline, _phase(s["large"], s["epochs"], climbing)],
        "published_fixed": [baseline, _phase(s["large"], s["epochs"], fixed(0.001))],
        "cold_start": [_phase(s["large"], s["epochs"], climbing)],
        "same_batch": [_phase(s["small"], 1, climbing)],
        "same_updates": [_phase(s["small"], s["epochs"], climbing)],
        "real_cycles": [_phase(s["small"], s["epochs"], cyclical("triangular", 0.001, 0.006, s["updates"] // 6))],
    }
    return {name: _settings(scale, arm) for name, arm in phases.items()}


def screening_runs(candidate):
    """The runs that choose a candidate's rate, on a validation set of 10,000 training digits: each rate, each seed."""
    return [
        Run(
            STUDY,
            f"screen_{candidate}_{rate:g}",
            _fair(CANDIDATES[candidate](rate), epochs=12, validation=10_000),
            seed,
        )
        for rate in SCREENED_RATES
        for seed in range(SCREENING_SEEDS)
    ]


def screening_errors():
    """The recorded validation errors of the screening: {candidate: {rate: errors of the seeds, in percent}}.

    Raises:
        FileNotFoundError: The screening is not recorded yet.
    """
    errors = {}
    for candidate in CANDIDATES:
        found = recorded_values(screening_runs(candidate), "error")
        by_rate = [found[k : k + SCREENING_SEEDS] for k in range(0, len(found), SCREENING_SEEDS)]
        errors[candidate] = dict(zip(SCREENED_RATES, by_rate, strict=True))
    return errors


def chosen_rates():
    """For each candidate, the screened rate with the smallest mean validation error."""
    return {name: min(by_rate, key=lambda rate: fmean(by_rate[rate])) for name, by_rate in screening_errors().items()}


def study_runs(seeds=SEEDS):
    """The runs of the study at full MNIST: the published arms, and each policy at the rate chosen for it.

    Raises:
        FileNotFoundError: The screening is not recorded yet.
    """
    chosen = {name: CANDIDATES[name](rate) for name, rate in chosen_rates().items()}
    return [Run(STUDY, name, settings, seed) for seed in range(seeds) for name, settings in _arms(chosen, seed).items()]


def _arms(chosen, seed):
    """The arms of a seed, which also draws the order of the shuffled rates."""
    policies = {f"best_{name}": policy for name, policy in chosen.items()}
    policies["shuffled"] = shuffled(chosen["triangular"], 3000, order=seed)
    policies["shuffled_ending"] = shuffled(chosen["triangular"], 3000, order=seed, kept=500)
    return {**published_arms(), **{name: _fair(policy) for name, policy in policies.items()}}


def small_run():
    """A run at the reduced scale, recorded so that a test can train it again and compare."""
    return Run(STUDY, "small", published_arms("quick")["cold_start"], seed=0)


def grids(seeds=None):
    """The grids of the whole study, each to be trained before the next is asked for."""
    yield [small_run(), *(run for candidate in CANDIDATES for run in screening_runs(candidate))]
    yield study_runs(seeds or SEEDS)


def recorded_errors(seeds=SEEDS):
    """The recorded test errors of the study at full MNIST: {arm: errors of the seeds 0, 1, ..., in percent}.

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """
    errors = {}
    runs = study_runs(seeds)
    for run, error in zip(runs, recorded_values(runs, "error"), strict=True):
        errors.setdefault(run.arm, []).append(error)
    return errors


def rates_in_order(arm):
    """The learning rates of all updates of "shuffled" or "shuffled_ending" with seed 0, in their order, an array."""
    run = next(run for run in study_runs(1) if run.arm == arm)
    (phase,) = run.settings["phases"]
    return shuffled_rates(**{key: value for key, value in phase["policy"].items() if key != "name"})


def recorded_losses(arm):
    """The recorded training loss of each epoch of an arm, an array of shape (seeds, epochs).

    Raises:
        FileNotFoundError: Some runs are not recorded yet.
    """
    return np.array([record["history"]["loss"] for record in load_records(_runs_of(arm, SEEDS))])


def _runs_of(arm, seeds):
    return [run for run in study_runs(seeds) if run.arm == arm]


def test_errors(arm, seeds, profile="quick"):
    """The test errors of one of the published arms, in percent, in the order of the seeds.

    In the quick profile the runs are trained now, at the reduced scale, and not recorded. In the paper profile those
    that are not recorded yet are trained and recorded; an interrupted call goes on where it was.
    """
    settings = published_arms(profile)[arm]
    if profile == "quick":
        return [train(settings, seed)[0]["error"] for seed in seeds]
    runs = [Run(STUDY, arm, settings, seed) for seed in seeds]
    if failed := run_grid(runs, train):
        raise RuntimeError(f"{failed} runs of {arm!r} failed, as reported above; mend that and run the cell again")
    return recorded_values(runs, "error")


def train(settings, seed):
    """Train one run.

    Returns:
        metrics: "error", the percentage of wrong answers on the test set (or validation set), and "updates".
        history: "loss", the training loss of each epoch.
    """
    import keras

    digits = _digits(settings["data"], settings["validation"])
    phases = tuple(json.dumps(phase) for phase in settings["phases"])
    weights, losses, updates = _trained(settings["data"], settings["validation"], settings["hidden"], phases, seed)
    model = _compiled(settings["hidden"], json.dumps(settings["phases"][-1]["policy"]))[0]
    model.set_weights(weights)
    answers = keras.ops.convert_to_numpy(model(digits.x_test)).argmax(axis=1)
    error = round(100 * float((answers != digits.y_test).mean()), 4)
    return {"error": error, "updates": updates}, {"loss": list(losses)}


def _digits(data, validation):
    from clr_utils.datasets.images import validation_split
    from clr_utils.datasets.mnist import load_mnist

    digits = load_mnist(data)
    return validation_split(digits, validation) if validation else digits


@lru_cache(maxsize=32)
def _trained(data, validation, hidden, phases, seed):
    """Weights, losses of the epochs and updates after these phases (as JSON); arms that begin alike share the start."""
    import keras

    from clr_utils.models import mnist_mlp

    if not phases:
        keras.utils.set_random_seed(seed)
        return mnist_mlp(hidden).get_weights(), (), 0
    weights, losses, updates = _trained(data, validation, hidden, phases[:-1], seed)
    phase = json.loads(phases[-1])
    model, fresh = _compiled(hidden, json.dumps(phase["policy"]))
    model.set_weights(weights)
    for variable, value in zip(model.optimizer.variables, fresh, strict=True):
        variable.assign(value)
    digits = _digits(data, validation)
    keras.utils.set_random_seed(seed)
    fitted = model.fit(
        digits.x_train, digits.y_train, batch_size=phase["batch_size"], epochs=phase["epochs"], verbose=0
    )
    return model.get_weights(), (*losses, *fitted.history["loss"]), updates + int(model.optimizer.iterations)


@lru_cache(maxsize=8)
def _compiled(hidden, policy):
    """A network compiled for a policy (as JSON), and its optimizer's state before the first update: for all seeds."""
    import keras

    from clr_utils.models import mnist_mlp

    model = mnist_mlp(hidden)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate(json.loads(policy))),
        loss="sparse_categorical_crossentropy",
        steps_per_execution=30,
    )
    model.optimizer.build(model.trainable_variables)
    return model, [keras.ops.convert_to_numpy(variable) for variable in model.optimizer.variables]


def _phase(batch_size, epochs, policy):
    return {"batch_size": batch_size, "epochs": epochs, "policy": policy}


def _fair(policy, epochs=10, validation=0):
    return _settings("paper", [_phase(200, epochs, policy)], validation)


def _settings(scale, phases, validation=0):
    return {"data": scale, "hidden": SCALES[scale]["hidden"], "validation": validation, "phases": phases}
