"""Measure and write build/bench.json: `make bench`.

The cost of an update with a constant rate, with the schedule and with the callback; with a constant momentum, with one
that is a schedule, and with the rate a schedule too; with one rate, and with a group of differential rates for each
layer: in microseconds. The forms take turns in one process, and the differences within each round are compared; medians
with 95 % intervals. The cost of a learning-rate range test over that of `fit` with as many updates, in the same way.
The throughput of a grid of runs, two at a time over one after another. The time of `import clr_utils`, in a fresh
process. The seconds of each notebook in the quick profile.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from scipy import stats

from clr_utils.arguments import typed_count
from clr_utils.grids.apart import ONE_THREAD
from command_line import new_file
from run_notebooks import FOLDER, execute, select

TARGET = FOLDER.parent / "build" / "bench.json"
BOUNDS = {"base_lr": 0.001, "max_lr": 0.006, "step_size": 2000}


def networks():
    """The networks by name: a function that builds it, the shape of an example, the classes, the batch size."""
    from clr_utils.models import calcification_cnn, mnist_mlp

    return {
        "MNIST network (784 hidden units), batch 200": (mnist_mlp, (784,), 10, 200),
        "CNN of 225,698 parameters, batch 32": (calcification_cnn, (16, 16, 1), 2, 32),
    }


def rate_forms():
    """The forms of a rate by name: an optimizer, and the callbacks of a training."""
    from keras.optimizers import SGD

    from clr_utils import CyclicalLearningRate, CyclicLR

    return {
        "constant": (SGD(0.001), []),
        "schedule": (SGD(CyclicalLearningRate(**BOUNDS)), []),
        "callback": (SGD(0.001), [CyclicLR(**BOUNDS, warn=False)]),
    }


def momentum_forms():
    """The forms of a momentum by name: an optimizer, and the callbacks of a training."""
    from keras.optimizers import SGD

    from clr_utils import MomentumSGD, PolicySchedule

    rate = PolicySchedule("one_cycle", max_lr=0.001, total=10_000)
    momentum = PolicySchedule("one_cycle_momentum", total=10_000)
    return {
        "constant": (SGD(0.001, momentum=0.9), []),
        "schedule": (MomentumSGD(0.001, momentum), []),
        "rate schedule": (SGD(rate, momentum=0.9), []),
        "both schedules": (MomentumSGD(rate, momentum), []),
    }


def differential_forms(kind="SGD"):
    """One rate, and a group for each layer, by name: an optimizer or what makes one for a model, and no callbacks."""
    import keras

    from clr_utils import differential_rates

    kind = getattr(keras.optimizers, kind)

    def grouped(model):
        return differential_rates(model, [(layer, 0.001) for layer in model.layers if layer.trainable_variables], kind)

    return {"constant": (kind(0.001), []), "groups": (grouped, [])}


FORMS = {
    "": rate_forms,
    "_by_momentum": momentum_forms,
    "_by_groups": differential_forms,
    "_by_groups_of_adam": partial(differential_forms, "Adam"),
}


def update_costs(forms, build, shape, classes, batch_size, updates, rounds):
    """Microseconds an update for each form, and each round's differences from "constant", the first."""
    import keras

    class Clock(keras.callbacks.Callback):
        """Seconds of an epoch, without what `fit` does before its first."""

        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.seconds = time.perf_counter() - self.start

    random = np.random.default_rng(0)
    x = random.normal(size=(updates * batch_size, *shape)).astype("float32")
    y = random.integers(0, classes, size=updates * batch_size)
    models = {}
    for form, (optimizer, _) in forms.items():
        models[form] = build()
        optimizer = optimizer(models[form]) if callable(optimizer) else optimizer
        models[form].compile(optimizer, "sparse_categorical_crossentropy")

    def microseconds(form):
        clock = Clock()
        callbacks = [clock, *forms[form][1]]
        models[form].fit(x, y, batch_size=batch_size, epochs=2, shuffle=False, verbose=0, callbacks=callbacks)
        return 1e6 * clock.seconds / updates

    for form in forms:
        microseconds(form)
    rows = []
    for turn in range(rounds):
        cost = {str(form): microseconds(str(form)) for form in np.roll(list(forms), turn)}
        rows.append([cost[form] for form in forms])
    measured = dict(zip(forms, np.array(rows).T, strict=True))
    constant, *others = forms
    measured |= {f"{form} - {constant}": measured[form] - measured[constant] for form in others}
    measured |= {f"{form} / {constant}": measured[form] / measured[constant] for form in others}
    return {"updates": updates, "rounds": rounds, **{name: median(values) for name, values in measured.items()}}


def range_test_costs(build, shape, classes, batch_size, updates=200, rounds=9):
    """Seconds of `lr_range_test` over those of `fit` with as many updates, each with a new model.

    "call" is the whole call, tracing and compilation included; "update" is the slope from a tenth of the updates to
    all of them.
    """
    import keras

    from clr_utils import lr_range_test

    random = np.random.default_rng(0)
    x = random.normal(size=(updates * batch_size, *shape)).astype("float32")
    y = random.integers(0, classes, size=updates * batch_size)

    def seconds(tested, count):
        model = build()
        model.compile(keras.optimizers.SGD(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
        data = x[: count * batch_size], y[: count * batch_size]
        start = time.perf_counter()
        if tested:
            lr_range_test(model, *data, min_lr=1e-5, max_lr=1e-2, epochs=1, batch_size=batch_size, verbose=0)
        else:
            model.fit(*data, batch_size=batch_size, verbose=0)
        return time.perf_counter() - start

    seconds(tested=True, count=2)
    rows = []
    for turn in range(rounds):
        order = [(tested, count) for tested in (False, True) for count in (updates // 10, updates)]
        cost = {case: seconds(*case) for case in (order[::-1] if turn % 2 else order)}
        rows.append([cost[case] for case in order])
    fit_few, fit, test_few, test = np.array(rows).T
    measured = {"call": test / fit, "update": (test - test_few) / (fit - fit_few)}
    return {"updates": updates, "rounds": rounds, **{name: median(values) for name, values in measured.items()}}


GRID = """
from clr_utils.experiments import Run
from clr_utils.grids.run import run_grid
from clr_utils.studies import microcalcification as study
from clr_utils.studies.rates import fixed

settings = study.settings(1, fixed(0.03), scale=0.2, epochs=6)
grid = [Run(study.STUDY, "bench", settings, seed) for seed in range({runs})]
run_grid(grid, study.train, workers={workers}, anew=True)
"""


def grid_throughput(runs=6, rounds=3):
    """Seconds of a grid, one run after another with TensorFlow's default threads, over those of two workers.

    A run is 2,400 updates of case 1 of the micro-calcification study at a fifth of its data. The two take turns, each
    in a fresh process.
    """

    def seconds(workers):
        with tempfile.TemporaryDirectory() as folder:
            # TensorFlow takes 0 as all the threads that there are.
            threads = {} if workers > 1 else dict.fromkeys(["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"], "0")
            environment = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
            environment |= {"CLR_RESULTS_DIR": folder, **threads}
            start = time.perf_counter()
            program = GRID.format(runs=runs, workers=workers)
            subprocess.run([sys.executable, "-c", program], env=environment, check=True, stderr=subprocess.DEVNULL)
            spent = time.perf_counter() - start
            if len(list(Path(folder).rglob("*.json"))) != runs:
                raise RuntimeError(f"the grid with {workers} workers did not record its {runs} runs")
            return spent

    rows = []
    for turn in range(rounds):
        cost = {workers: seconds(workers) for workers in ((1, 2) if turn % 2 else (2, 1))}
        rows.append([cost[1], cost[2]])
    one, two = np.array(rows).T
    times = {"one_after_another": one.tolist(), "two_workers": two.tolist()}
    return {"runs": runs, "seconds": times, "ratio": float(np.median(one / two))}


def median(values):
    """The median with its 95 % interval, which no outlier moves."""
    interval = stats.quantile_test(values, q=np.median(values), p=0.5).confidence_interval(0.95)
    return {"median": float(np.median(values)), "low": float(interval.low), "high": float(interval.high)}


def import_seconds(rounds):
    """Seconds of `import clr_utils` in fresh processes: smallest, median and largest."""
    program = "import time; start = time.perf_counter(); import clr_utils; print(time.perf_counter() - start)"
    times = sorted(float(subprocess.check_output([sys.executable, "-c", program])) for _ in range(rounds))
    return {"min": times[0], "median": times[len(times) // 2], "max": times[-1]}


def notebook_seconds():
    """Seconds of each notebook and each solution in the quick profile, the kernel's start included."""
    import nbformat

    seconds = {}
    for path in select(FOLDER, []):
        start = time.perf_counter()
        execute(nbformat.read(path, as_version=4), path.parent, CLR_PROFILE="quick")
        seconds[path.relative_to(FOLDER).as_posix()] = round(time.perf_counter() - start, 1)
    return seconds


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=typed_count, default=60)
    parser.add_argument("--updates", type=typed_count, default=50, help="updates in a round")
    parser.add_argument("--out", type=new_file, default=TARGET)
    options = parser.parse_args(arguments)
    os.environ.update(ONE_THREAD)
    import keras

    result = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "import_seconds": import_seconds(9),
        **{
            f"microseconds_per_update{what}": {
                name: update_costs(forms(), *network, options.updates, options.rounds)
                for name, network in networks().items()
            }
            for what, forms in FORMS.items()
        },
        "range_test_over_fit": {
            f"{name.partition(', batch')[0]}, batch {size}": range_test_costs(build, shape, classes, size)
            for name, (build, shape, classes, own) in networks().items()
            for size in sorted({64, max(64, own)})
        },
        "grid_throughput": grid_throughput(),
        "notebook_seconds": notebook_seconds(),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
