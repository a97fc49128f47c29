"""The micro-calcification study: the published arms, and the baselines that were missing, on synthetic patches.

Alyafi et al. 2018 at their own scale: 64,000 (case 1) or 128,000 training patches (case 2), 12 epochs in batches of
32, plain SGD. A run's seed is that of its synthetic world (patients, patches), of the weights and of the order.
"""

import numpy as np

from clr_utils.experiments import Run, load_records
from clr_utils.policies import named_policy
from clr_utils.studies.rates import cosine, cyclical, fixed, learning_rate, staircase, time_decay

STUDY = "microcalcification"
EPOCHS, BATCH = 12, 32
UPDATES = {1: EPOCHS * 2000, 2: EPOCHS * 4000}
BASE_LR, MAX_LR, GAMMA = 0.002, 0.03, 0.99994
CYCLICAL = ("triangular", "triangular2", "exp_range")
SEEDS = {1: 5, 2: 3}


def published_arms(case):
    """The policies as published, by name; "published_fixed" is what the public code calls fixed."""
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
    }


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
    return {**published_arms(case), **fixed_arms(), **further_arms(case)}


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
    from clr_utils.microcalcification import VERSION

    patches = {"case": case, "scale": scale, "difficulty": difficulty, "source": "synthetic", "generator": VERSION}
    return {**patches, "epochs": epochs, "batch_size": BATCH, "policy": policy}


def small_run():
    """A run at a fiftieth of the scale, recorded so that a test can train it again and compare."""
    return Run(STUDY, "small", settings(1, fixed(0.03), scale=0.02, epochs=2), seed=0)


def grids(seeds=None):
    """The grids of the study in the order of their need: published and fixed arms of case 1, of case 2, the rest."""
    first = [*published_arms(1), *fixed_arms()]
    yield [small_run(), *study_runs(1, first, seeds)]
    yield study_runs(2, first, seeds)
    yield study_runs(1, further_arms(1), seeds)


def recorded(case, name, metric, seeds=None):
    """A metric of the recorded runs of an arm, in the order of the seeds.

    Raises:
        FileNotFoundError: Some are not recorded yet.
    """
    return [record["metrics"][metric] for record in load_records(study_runs(case, [name], seeds))]


def train(settings, seed):
    """Train one run.

    Returns:
        metrics: Of the test set "auc" and "pr_area", each with the bounds of its 95 % interval over patients; and
            "precision", "recall", "f1" at 0.5 and, ending in "_chosen", at "threshold", which has the largest F1 on
            the validation set; of the validation set "validation_auc" and "validation_pr_area"; "updates".
        history: "loss" and "accuracy" of the training, one an epoch; "negatives_above", all of the test set's curves
            (`clr_utils.binary_metrics.curve_points`).
    """
    import keras

    from clr_utils.calcification_sets import fit_standardiser, test_set, training_set, validation_set
    from clr_utils.models import calcification_cnn

    world = {"seed": seed, **{name: settings[name] for name in ("scale", "difficulty", "source")}}
    patches = training_set(settings["case"], **world)
    standardise = fit_standardiser(patches)
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    model = calcification_cnn()
    model.compile(
        keras.optimizers.SGD(learning_rate(settings["policy"])),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=50,
    )
    fitted = model.fit(
        standardise(patches),
        patches.y,
        batch_size=settings["batch_size"],
        epochs=settings["epochs"],
        verbose=0,
    )

    def scores(patches):
        return model.predict(standardise(patches), batch_size=1000, verbose=0)[:, 1]

    validation, test = validation_set(**world), test_set(**world)
    metrics, above = _evaluate(validation, scores(validation), test, scores(test))
    history = {name: [float(f"{value:.6g}") for value in fitted.history[name]] for name in ("loss", "accuracy")}
    return metrics | {"updates": int(model.optimizer.iterations)}, history | {"negatives_above": above.tolist()}


def _evaluate(validation, validation_scores, test, test_scores):
    from clr_utils.binary_metrics import best_threshold, confusion, negatives_above, patient_interval, pr_area, roc_auc

    metrics = {}
    for name, area in (("auc", roc_auc), ("pr_area", pr_area)):
        interval = patient_interval(area, test.y, test_scores, test.patient, resamples=200)
        metrics |= {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}
        metrics[f"validation_{name}"] = area(validation.y, validation_scores)
    threshold = best_threshold(validation.y, validation_scores, prevalence=test.y.mean())
    for suffix, limit in (("", 0.5), ("_chosen", threshold)):
        found = confusion(test.y, test_scores, limit)
        metrics |= {f"precision{suffix}": found.precision, f"recall{suffix}": found.recall, f"f1{suffix}": found.f1}
    metrics["threshold"] = threshold
    # JSON has no NaN; a detector that calls nothing positive has no precision.
    rounded = {name: round(value, 6) if np.isfinite(value) else None for name, value in metrics.items()}
    return rounded, negatives_above(test.y, test_scores)
