"""The range tests of notebook 03 at published scale, and the fixed rates that they are held against."""

import numpy as np

from clr_utils.experiments import Run, load_records, recorded_values
from clr_utils.range_test.results import RangeTest, RangeTests

STUDY = "range_test"
DESIGN = {
    "endpoint": "max_lr by Smith's rule. Against the best of nine fixed rates (the smallest mean test error) it is "
    "looked at and not judged. Of the published sweep: does the accuracy fall before its end, and how far below 0.03 "
    "does the rule put max_lr?",
    "margin": "a factor of two, within which readings of one curve can be defended alike",
    "seeds": "5 range tests, 3 trainings at each fixed rate",
    "chosen": "nothing is tuned; the thresholds of the rule, 10 and 95 % of the rise, were fixed on other curves",
    "undecided": "an interval of max_lr, in logarithms, that reaches over a factor of two from the published bound",
}
OPTIONS = {}
TOLERANCES = {"updates": 0, "learning_rates": 1e-4, "losses": 0.02}
# The fixed rates, 1e-3 to 10 in factors of the square root of 10.
FIXED_RATES = tuple(float(f"{10 ** (k / 2 - 3):.3g}") for k in range(9))
TEST_SEEDS, FIXED_SEEDS = 5, 3
DIGITS = {"data": "mnist", "hidden": 784, "batch_size": 200}
PATCHES = {"data": "patches", "each": 3000, "difficulty": "published", "batch_size": 32}
TESTS = {
    # One epoch of MNIST.
    "digits_log": {**DIGITS, "sweep": "log", "min_lr": 0.001, "max_lr": 10.0, "steps": 300},
    # Alyafi et al. 2018, III.C, for as many epochs as Smith 2017, Fig. 3: the paper does not say how many.
    "patches_linear": {**PATCHES, "sweep": "linear", "min_lr": 0.002, "max_lr": 0.03, "steps": 8 * 188},
    "patches_linear_short": {**PATCHES, "sweep": "linear", "min_lr": 0.002, "max_lr": 0.03, "steps": 4 * 188},
    "patches_linear_long": {**PATCHES, "sweep": "linear", "min_lr": 0.002, "max_lr": 0.03, "steps": 24 * 188},
    "patches_log": {**PATCHES, "sweep": "log", "min_lr": 0.0001, "max_lr": 1.0, "steps": 8 * 188},
}


def test_runs(arm, seeds=TEST_SEEDS):
    """The runs of a range test, one a seed."""
    return [Run(STUDY, arm, TESTS[arm], seed) for seed in range(seeds)]


def fixed_runs(seeds=FIXED_SEEDS):
    """The trainings of full MNIST at each fixed rate, 10 epochs each, one a seed."""
    return [
        Run(STUDY, f"digits_fixed_{rate:g}", {**DIGITS, "rate": rate, "epochs": 10}, seed)
        for rate in FIXED_RATES
        for seed in range(seeds)
    ]


def small_run():
    """A short test, recorded so that a test can run it again and compare."""
    settings = {**DIGITS, "data": "mnist_5k", "hidden": 16, "sweep": "log", "min_lr": 0.01, "max_lr": 1.0, "steps": 30}
    return Run(STUDY, "small", settings, seed=0)


def grids(seeds=None):
    """The grid of the study: each range test with this many seeds, each fixed rate with 3 of them at most."""
    seeds = seeds or TEST_SEEDS
    tests = [run for arm in TESTS for run in test_runs(arm, seeds)]
    yield [small_run(), *tests, *fixed_runs(min(seeds, FIXED_SEEDS))]


def recorded_tests(arm):
    """The recorded range tests of an arm, as `RangeTests`.

    Raises:
        FileNotFoundError: Some are not recorded yet.
    """
    records = load_records(test_runs(arm))
    return RangeTests(tuple(record["seed"] for record in records), tuple(map(_as_test, records)))


def recorded_errors():
    """The recorded test errors at the fixed rates, in percent: {rate: errors of the seeds}."""
    errors = {}
    runs = fixed_runs()
    for run, error in zip(runs, recorded_values(runs, "error"), strict=True):
        errors.setdefault(run.settings["rate"], []).append(error)
    return errors


def train(settings, seed):
    """Make one range test, or one training at a fixed rate.

    Returns:
        metrics: Of a test "updates", "stopped_at" and "stop_reason"; of a training "error", the percentage of wrong
            answers on the test set.
        history: Of a test, its curves; of a training "loss", one an epoch.
    """
    import keras

    x, y, x_test, y_test = _data(settings, seed)
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    model = _model(settings)
    if "sweep" in settings:
        return _test(model, x, y, settings, seed)
    fitted = model.fit(x, y, batch_size=settings["batch_size"], epochs=settings["epochs"], verbose=0)
    answers = keras.ops.convert_to_numpy(model(x_test)).argmax(axis=1)
    losses = [loss if np.isfinite(loss) else None for loss in fitted.history["loss"]]
    return {"error": round(100 * float((answers != y_test).mean()), 4)}, {"loss": losses}


def _test(model, x, y, settings, seed):
    from clr_utils.range_test.run import lr_range_test

    names = ("sweep", "min_lr", "max_lr", "steps", "batch_size")
    test = lr_range_test(model, x, y, seed=seed, verbose=0, **{name: settings[name] for name in names})
    metrics = {"updates": len(test.losses), "stopped_at": test.stopped_at, "stop_reason": test.stop_reason}
    # JSON has no NaN: a loss that is not finite ends the curve, and is told in stop_reason.
    finite = np.isfinite(test.losses)
    curves = {"learning_rates": test.learning_rates, "losses": test.losses, **test.metrics}
    return metrics, {name: [float(f"{value:.5g}") for value in curve[finite]] for name, curve in curves.items()}


def _as_test(record):
    curves = {name: np.array(values) for name, values in record["history"].items()}
    settings, metrics = record["settings"], record["metrics"]
    return RangeTest(
        learning_rates=curves.pop("learning_rates"),
        losses=curves.pop("losses"),
        metrics=curves,
        sweep=settings["sweep"],
        min_lr=settings["min_lr"],
        max_lr=settings["max_lr"],
        stopped_at=metrics["stopped_at"],
        stop_reason=metrics["stop_reason"],
    )


def _data(settings, seed):
    if settings["data"] == "patches":
        from clr_utils.calcification.patches import generate_patches
        from clr_utils.calcification.sets import fit_standardiser

        patches = generate_patches(settings["each"], settings["each"], seed=seed, difficulty=settings["difficulty"])
        return fit_standardiser(patches)(patches), patches.y, None, None
    from clr_utils.datasets.mnist import load_mnist

    digits = load_mnist("paper" if settings["data"] == "mnist" else "quick")
    return digits.x_train, digits.y_train, digits.x_test, digits.y_test


def _model(settings):
    import keras

    from clr_utils.models import calcification_cnn, mnist_mlp

    model = mnist_mlp(settings["hidden"]) if "hidden" in settings else calcification_cnn()
    model.compile(
        keras.optimizers.SGD(settings.get("rate", 0.01)),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=10,
    )
    return model
