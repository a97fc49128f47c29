"""What test_wheel.py runs: uses clr_utils as a wheel installed it, and prints what it found, as JSON.

Its arguments are the folder that the wheel was unpacked into and the checkout, which it takes off Python's path.
"""

import gc
import json
import runpy
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from pathlib import Path

gc.disable()  # as in quick_start.py
SITE, CHECKOUT = sys.argv[1:]
sys.path[:] = [SITE, *(folder for folder in sys.path if Path(folder).resolve() != Path(CHECKOUT))]

import matplotlib  # noqa: E402

import clr_utils  # noqa: E402
from clr_utils.course import colab  # noqa: E402
from clr_utils.datasets import mnist as digits_file  # noqa: E402
from clr_utils.experiments import Run, load_records  # noqa: E402
from clr_utils.grids.run import run_grid  # noqa: E402
from clr_utils.studies import mnist  # noqa: E402

matplotlib.use("agg")


def text_of_setup():
    with redirect_stdout(StringIO()) as printed:
        clr_utils.setup_notebook()
    return printed.getvalue()


def curves_of_a_range_test():
    digits, model = clr_utils.load_mnist(), clr_utils.mnist_mlp(hidden=4)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = digits.x_train[:64], digits.y_train[:64]
    test = clr_utils.lr_range_test(model, x, y, min_lr=1e-4, max_lr=1e-1, steps=4, batch_size=16, verbose=0)
    axes = test.plot()
    axes.figure.savefig("range_test.png")
    return len(axes.lines)


def text_of_help():
    sys.argv = ["studies", "--help"]
    with redirect_stdout(StringIO()) as printed, suppress(SystemExit):
        runpy.run_module("clr_utils.studies", run_name="__main__")
    return printed.getvalue()


DESIGN = {"endpoint": "a toy, judged by nothing"}


def own_grid():
    """A run that is recorded here and read again: what was said, where its record lies, and what it says."""
    run = Run("mnist", "toy", {"rate": 0.1}, seed=0)
    with redirect_stderr(StringIO()) as said:
        failed = run_grid([run], lambda settings, seed: ({"error": settings["rate"] + seed}, {}))
    return {"failed": failed, "said": said.getvalue(), "path": str(run.path), "read": load_records([run])[0]["metrics"]}


def advice():
    try:
        digits_file._mnist_5k(Path("nowhere.npz"))
    except FileNotFoundError as error:
        return str(error)


print(
    json.dumps(
        {
            "setup": text_of_setup(),
            "figure size": matplotlib.rcParams["figure.figsize"],
            "digits": clr_utils.load_mnist().x_train.shape,
            "published": clr_utils.published("datacamp.mnist.clr_error").value,
            "errors": {arm: len(errors) for arm, errors in mnist.recorded_errors().items()},
            "curves": curves_of_a_range_test(),
            "help": text_of_help(),
            "grid": own_grid(),
            "advice": advice(),
            "dependencies": colab.dependencies(),
            "missing": colab.missing_packages(),
            "modules": {name: str(module.__file__) for name, module in sys.modules.items() if "clr_utils" in name},
        }
    )
)
