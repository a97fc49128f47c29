"""Rules of what is folded away: `"jupyter": {"source_hidden": true, "outputs_hidden": true}`."""

import ast
import itertools
import re

import gauge
from gauge import cells, folded, source
from notebook_cells import PREDICT, label, python

LONGEST_OPEN_DRAWING = 4  # lines
FIGURE = {"plt", "fig", "ax", "axes", "left", "right"}
TRAINS = r"\.fit\(|\btrain\w*\(|range_test\("


def fold_flags(notebook):
    """JupyterLab's metadata `jupyter` holds these two flags and nothing else, on code cells, and only when true."""
    complaints = []
    for cell in notebook["cells"]:
        found = cell["metadata"].get("jupyter")
        if found is not None and (cell["cell_type"] != "code" or not _are_folds(found)):
            may = " and ".join(f"{flag}: true" for flag in gauge.FOLDS)
            complaints.append(f"{label(cell)} has the metadata jupyter: {found}; a code cell may have {may}")
    return complaints


def _are_folds(found):
    return bool(found) and set(found) <= set(gauge.FOLDS) and all(flag is True for flag in found.values())


def folds_something(notebook):
    return any(folded(cell, flag) for cell in notebook["cells"] for flag in gauge.FOLDS)


def drawing_folded(notebook):
    """In a notebook that folds, a cell that only draws is folded: the picture first, the Matplotlib a click away."""
    code = cells(notebook, "code")
    return [
        f"{label(cell)} only draws: fold it, by source_hidden in its metadata"
        for place, cell in enumerate(code)
        if folds_something(notebook)
        and not folded(cell, "source_hidden")
        and only_draws(cell)
        and not any(_assigned(cell) & _read(later) for later in code[place + 1 :])
    ]


def only_draws(cell):
    """Whether more than half of a cell's lines work on a figure, and none trains or defines a function or a class.

    A drawing of LONGEST_OPEN_DRAWING lines or fewer passes for something else.
    """
    nodes = list(ast.walk(ast.parse(python(cell))))
    if re.search(TRAINS, source(cell)) or any(isinstance(each, (ast.FunctionDef, ast.ClassDef)) for each in nodes):
        return False
    drawing, drawn, others = set(FIGURE), 0, 0
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.For)) and _draws(getattr(node, "iter", node), drawing):
            drawing |= _stored(node)  # such as: fig, (left, right) = plt.subplots(1, 2)
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            length = node.end_lineno - node.lineno + 1
            drawn, others = (drawn + length, others) if _draws(node, drawing) else (drawn, others + length)
    return drawn > others and drawn + others > LONGEST_OPEN_DRAWING


def _draws(node, drawing):
    return any(name in drawing or name.startswith("plot") for name in _names(node))


def _assigned(cell):
    """The names that a cell gives values to, its figure's aside."""
    given = [each for each in ast.walk(ast.parse(python(cell))) if isinstance(each, ast.Assign)]
    return set().union(*map(_stored, given)) - FIGURE


def _read(cell):
    return _named(ast.parse(python(cell)), ast.Load)


def _stored(node):
    return _named(node, ast.Store)


def _named(node, context):
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, context)}


def _names(node):
    """The names and attributes that stand in a piece of code."""
    return {getattr(each, "id", getattr(each, "attr", "")) for each in ast.walk(node)}


def answers_folded(notebook):
    """In a notebook that folds, what is printed or drawn between a prediction's prompt and the next prose is folded."""
    return [
        f"the output of {label(cell)} answers the prediction above it: fold it, by outputs_hidden in its metadata"
        for cell in _under_a_prompt(notebook)
        if cell["outputs"] and not folded(cell, "outputs_hidden")
    ]


def answers_unsaid(notebook):
    """There, no verdict stands in open code either: its claim would be the answer."""
    return [
        f"a verdict in {label(cell)} answers the prediction above it: move it below the prose that answers"
        for cell in _under_a_prompt(notebook)
        if re.search(r"\bverdict\(", source(cell)) and not folded(cell, "source_hidden")
    ]


def _under_a_prompt(notebook):
    """In a notebook that folds, the code cells between a prediction's prompt and the next prose."""
    if not folds_something(notebook):
        return []
    return [
        cell
        for place, prompt in enumerate(notebook["cells"])
        if prompt["cell_type"] == "markdown" and PREDICT in source(prompt)
        for cell in itertools.takewhile(lambda cell: cell["cell_type"] == "code", notebook["cells"][place + 1 :])
    ]
