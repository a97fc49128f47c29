"""Write the numbers that docs/play/index.html shows, into docs/play/numbers.js: `make play`.

The page computes rates and bowls by itself; colours, settings, recorded range tests and what `suggest` says of them
come from here. tests/test_play.py holds the file to this, and the page's arithmetic to clr_utils.
"""

import argparse
import json
import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_hex

from clr_utils import places, published, step_size_for
from clr_utils.course import descent
from clr_utils.files import write_atomically
from clr_utils.range_test.curves import SMOOTHING
from clr_utils.range_test.plots import METHOD_STYLES
from clr_utils.range_test.suggestions import NoSuggestionError
from clr_utils.studies import range_test
from clr_utils.styles import style_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "play"
HEADER = "// Written by tools/play.py from clr_utils and data/results/range_test: make play"
POLICIES, METHODS = ("triangular", "triangular2", "exp_range", "fixed"), ("smith", "fall")
CURVATURES, START, UPDATES = (1.0, 10.0), (10.0, 1.0), 25
TESTS = {
    ("digits_log", 0): "Digits",
    ("digits_log", 1): "Digits, another seed",
    ("patches_linear", 0): "Patches, as published",
    ("patches_log", 0): "Patches, a wider sweep",
}


def numbers():
    """All that the page needs, as a dictionary that JSON can hold."""
    return {"colors": colors(), "styles": styles(), "bowl": bowl(), "policy": policy(), "smoothing": SMOOTHING} | {
        "errors": [[rate, round(float(np.mean(errors)), 4)] for rate, errors in range_test.recorded_errors().items()],
        "tests": [recorded(arm, seed, title) for (arm, seed), title in TESTS.items()],
    }


def colors():
    """The colours of the figures' style, by the names that Matplotlib gives them."""
    with plt.style.context(places.STYLE):
        return {f"C{number}": to_hex(f"C{number}") for number in range(7)}


def styles():
    """Colour and dashes, in pixels for lines two pixels wide, of each policy and of each method of `suggest`."""
    lines = {name: style_of(name).line for name in POLICIES} | {name: METHOD_STYLES[name] for name in METHODS}
    with plt.style.context(places.STYLE):
        patterns = {"-": (), "--": plt.rcParams["lines.dashed_pattern"], "-.": plt.rcParams["lines.dashdot_pattern"]}
        return {
            name: {"color": to_hex(line["color"]), "dash": _dash(line["linestyle"], patterns)}
            for name, line in lines.items()
        }


def _dash(linestyle, patterns):
    lengths = patterns[linestyle] if isinstance(linestyle, str) else linestyle[1]
    return [2 * length for length in lengths]


def bowl():
    """The bowl of notebook 01, and where it is best and breaks."""
    limits = {"limit": descent.stability_limit(CURVATURES), "best": descent.best_rate(CURVATURES)}
    return {"curvatures": CURVATURES, "start": START, "updates": UPDATES} | {k: float(v) for k, v in limits.items()}


def policy():
    """Case 1 of Alyafi et al. 2018, as in notebook 02."""
    names = ("base_lr", "max_lr", "gamma", "batch_size", "epochs", "epochs_per_step")
    found = {name: published(f"alyafi.{name}").value for name in names}
    batch_size, epochs, per_step = (found.pop(name) for name in names[3:])
    examples = published("alyafi.case1.examples").value
    step_size = step_size_for(examples, batch_size, per_step)
    return found | {"step_size": step_size, "updates": round(epochs * examples / batch_size)}


def recorded(arm, seed, title):
    """A recorded range test, with the suggestions of its accuracy."""
    test = range_test.recorded_tests(arm).tests[seed]
    curves = {"rates": list(test.learning_rates), "accuracy": list(test.metrics["accuracy"])}
    read = {method: suggested(test, method) for method in METHODS}
    planned = {"min_lr": test.min_lr, "max_lr": test.max_lr, "steps": range_test.TESTS[arm]["steps"]}
    # The nine fixed rates were trained on the digits alone.
    return {"title": title, "fixed_rates": arm.startswith("digits")} | planned | read | curves


def suggested(test, method):
    """What `RangeTest.suggest` answers: bounds and a note, or why it refuses."""
    try:
        answer = test.suggest(method)
    except NoSuggestionError as error:
        return {"refusal": str(error)}
    return {"base_lr": answer.base_lr, "max_lr": answer.max_lr, "note": answer.note}


def script():
    """The text of numbers.js: one constant, a line for each of its parts and for each test."""
    parts = numbers()
    tests = ",\n".join(json.dumps(test) for test in parts.pop("tests"))
    lines = [f'"{name}": {json.dumps(value)}' for name, value in parts.items()]
    return f"{HEADER}\nconst NUMBERS = {{\n" + ",\n".join([*lines, f'"tests": [\n{tests}\n]']) + "\n};\n"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.parse_args(arguments)
    matplotlib.use("agg")
    write_atomically(PAGE / "numbers.js", script())
    print(f"wrote {PAGE / 'numbers.js'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
