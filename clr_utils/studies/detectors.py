"""The training and the evaluation that the studies of micro-calcifications share."""

import numpy as np

from clr_utils.experiments import RecordError, load_records
from clr_utils.studies.rates import learning_rate

AREA_FORMS = (("", ""), ("", "_low"), ("", "_high"), ("validation_", ""))
AT_A_THRESHOLD = ("precision", "recall", "f1")
METRICS = (
    *(f"{kind}{area}{bound}" for area in ("auc", "pr_area") for kind, bound in AREA_FORMS),
    *(f"{name}{suffix}" for suffix in ("", "_chosen") for name in AT_A_THRESHOLD),
    "threshold",
)


def train_on(patches, settings, seed):
    """Train the published network on patches, and evaluate it on the patients of validation and test set.

    Args:
        patches: Training `Patches`.
        settings: A dict with "policy", "epochs", "batch_size" and what `world` reads; if they are given also
            "class_weights", factors on the loss of negatives and positives, and "shifted_threshold", at which the
            metrics "precision_shifted", "recall_shifted" and "f1_shifted" are taken.
        seed: Of weights and order, and of the validation and the test set.

    Returns:
        metrics: Of the test set "auc" and "pr_area", each with the bounds of its 95 % interval over patients; and
            "precision", "recall", "f1" at 0.5 and, ending in "_chosen", at "threshold", which has the largest F1 on
            the validation set; of the validation set "validation_auc" and "validation_pr_area"; "updates". Where the
            training diverged all but "updates" are None.
        history: "loss" and "accuracy" of the training, one an epoch; "negatives_above", all of the test set's curves
            (`clr_utils.metrics.detection.curve_points`); "order", that of the test scores, patch by patch, which
            `recorded_scores` reads. After a training that diverged the last two are empty.
    """
    import keras

    from clr_utils.calcification.sets import fit_standardiser, test_set, validation_set
    from clr_utils.metrics.order import pack_order
    from clr_utils.models import calcification_cnn

    standardise = fit_standardiser(patches)
    keras.utils.clear_session()
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
        class_weight=dict(enumerate(settings["class_weights"])) if "class_weights" in settings else None,
        callbacks=[keras.callbacks.TerminateOnNaN()],
        verbose=0,
    )

    def scores(patches):
        return model.predict(standardise(patches), batch_size=1000, verbose=0)[:, 1]

    options = world(settings, seed)
    validation, test = validation_set(**options), test_set(**options)
    limits = {"": 0.5} | ({"_shifted": settings["shifted_threshold"]} if "shifted_threshold" in settings else {})
    test_scores = scores(test)
    metrics, above = evaluate(validation, scores(validation), test, test_scores, limits)
    curves = {name: _finite(fitted.history.get(name, [])) for name in ("loss", "accuracy")}
    curves |= {"negatives_above": above, "order": pack_order(test.y, test_scores) if above else ""}
    return metrics | {"updates": int(model.optimizer.iterations)}, curves


def recorded_scores(run):
    """Classes, scores and patients of the test patches of a recorded run, for intervals over patients.

    Two runs of one world have the same patches in the same order.

    Args:
        run: A `Run` of the studies `microcalcification` or `case_contrast`.

    Returns:
        y, scores, patients: Shape (n,) each. The scores are whole numbers that have the network's curves and areas, but
        not its thresholds (`clr_utils.metrics.order.unpack_order`).

    Raises:
        FileNotFoundError, BrokenRecordError, StaleRecordError: As `clr_utils.experiments.load_records`.
        RecordError: The record is older than these scores, or they are not those of its curve; the message says how to
            renew it.
        RuntimeError: The training diverged.
    """
    from clr_utils.calcification.sets import tested_patients
    from clr_utils.metrics.detection import negatives_above
    from clr_utils.metrics.order import unpack_order

    (record,) = load_records([run])
    history = record["history"]
    if not history["negatives_above"]:
        raise RuntimeError(f"the training of {run} diverged: its test patches have no scores")
    renew = f"delete its record, {run.path.name}, and run `python -m clr_utils.studies {run.study}`"
    if "order" not in history:
        raise RecordError(f"{run} was recorded without the scores of its test patches; to have them, {renew}")
    y, patients = tested_patients(scale=run.settings["scale"])
    try:
        scores = unpack_order(history["order"])
        whole = negatives_above(y, scores).tolist() == history["negatives_above"]
    except (TypeError, ValueError):
        whole = False
    if not whole:
        raise RecordError(f"the scores of the test patches of {run} are not those of its curve: {renew}")
    return y, scores, patients


def world(settings, seed):
    """The keyword arguments of the sets of a run: its seed, unless "world" names another one, and what it reduces."""
    return {"seed": settings.get("world", seed), **{name: settings[name] for name in ("scale", "difficulty", "source")}}


def _finite(values):
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values]


def evaluate(validation, validation_scores, test, test_scores, limits):
    """The metrics of `train_on` but "updates", and its "negatives_above".

    Args:
        validation, test: `Patches`.
        validation_scores, test_scores: The score of each of their patches.
        limits: {ending of the metrics' names: threshold}, beside the chosen one.
    """
    from clr_utils.metrics.detection import best_threshold, confusion, negatives_above, pr_area, roc_auc
    from clr_utils.metrics.patients import percentile_interval

    if not (np.isfinite(validation_scores).all() and np.isfinite(test_scores).all()):
        return dict.fromkeys([*METRICS, *(f"{name}{end}" for end in limits if end for name in AT_A_THRESHOLD)]), []
    metrics = {}
    for name, area in (("auc", roc_auc), ("pr_area", pr_area)):
        interval = percentile_interval(area, test.y, test_scores, test.patient, resamples=200)
        metrics |= {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}
        metrics[f"validation_{name}"] = area(validation.y, validation_scores)
    threshold = best_threshold(validation.y, validation_scores, prevalence=test.y.mean())
    for suffix, bound in {**limits, "_chosen": threshold}.items():
        found = confusion(test.y, test_scores, bound)
        metrics |= {f"precision{suffix}": found.precision, f"recall{suffix}": found.recall, f"f1{suffix}": found.f1}
    metrics["threshold"] = threshold
    # JSON has no NaN; a detector that calls nothing positive has no precision.
    rounded = {name: round(value, 6) if np.isfinite(value) else None for name, value in metrics.items()}
    return rounded, negatives_above(test.y, test_scores).tolist()
