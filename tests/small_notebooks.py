"""A small notebook that obeys the rules of notebook_rules.py, ways to change it, and one in a file."""

import nbformat

import badges
import notebook_rules as rules
from notebook_rules_cells import SETUP

SLIDE = {"slideshow": {"slide_type": "slide"}}


def markdown(text):
    return {"cell_type": "markdown", "metadata": {**SLIDE}, "source": text.splitlines(keepends=True)}


def code(text, *, prints="", picture=False):
    outputs = [{"output_type": "stream", "name": "stdout", "text": [prints]}] if prints else []
    if picture:
        outputs.append({"output_type": "display_data", "data": {"image/png": "iVBORw0"}, "metadata": {}})
    described = {"alt": f"Line plot of the loss against the update: what {text} draws."} if picture else {}
    return {
        "cell_type": "code",
        "metadata": SLIDE | described,
        "source": text,
        "outputs": outputs,
        "execution_count": None,
    }


TERMS = "[gamma](glossary.ipynb#gamma), [cycle](glossary.ipynb#cycle) and [F1](glossary.ipynb#F1)"
ANSWER = "<details><summary>Answer</summary>\n\nSeven.\n\n</details>"
OPENING = (
    "# 01 · Rates\n\n**A rate can be too large.**\n\n"
    "Time: 20 minutes · Needs: [00](00_start_here.ipynb) · [Glossary](glossary.ipynb) · "
    + badges.colab_link(rules.REPOSITORY, "01_rates.ipynb")
)


DRAWING = """\
fig, ax = plt.subplots()
ax.plot(rates)
ax.set_xlabel("update")
ax.set_ylabel("rate")
plt.show()
"""


def good(*, solved=False):
    reply = "correct" if solved else "not yet: return a number"
    cells = [
        markdown(OPENING),
        markdown(f"## You will be able to\n\n- tell {TERMS}"),
        markdown("## Set-up"),
        code(SETUP, prints="profile quick: small\n"),
        markdown("## Theory\n\n**Predict first.** Up or down? ![A falling curve](curve.png)"),
        code("plot()", picture=True),
        markdown("**What to see.** It falls.\n\n**Checkpoint (10 minutes).** You can say why."),
        markdown("## Practice\n\n**Predict first.** Which machine?"),
        code("import platform\nplatform.machine()", prints="x\n"),
        *(code(f"a{number} = {number}") for number in range(4)),
        markdown("## Checks"),
        code('verdict("the loss falls", fall, above=0.5)', prints="the loss falls: True\n"),
        code("verdict('exact', 1 == 1)", prints="exact: True\n"),
        markdown("## Exercises"),
        code("attempt(check_rate, rate)", prints=f"{reply}\n"),
        code("attempt(check_cliff, cliff)", prints=f"{reply}\n"),
        markdown("## Summary"),
        markdown("## What would change our mind?"),
        markdown(f"## Quiz\n\n1. Four?\n{ANSWER}\n2. Five?\n{ANSWER}\n3. Six?\n{ANSWER}"),
        markdown("## References\n\n[Smith](https://example.org/paper.pdf)"),
    ]
    cells[5]["metadata"]["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
    ignored = cells[8]
    ignored["metadata"].update(tags=["nbval-ignore-output"], ignore_reason="the machine's name")
    ignored["metadata"]["jupyter"] = {"outputs_hidden": True}
    for count, cell in enumerate((cell for cell in cells if cell["cell_type"] == "code"), 1):
        cell["execution_count"] = count
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def good_record():
    margins = [0.5 + 0.01 * seed for seed in range(20)]
    return {"stopped": {}, "claims": [{"claim": "the loss falls", "side": "above", "bound": 0.5, "margins": margins}]}


def cell_with(notebook, text):
    return next(cell for cell in notebook["cells"] if text in rules.source(cell))


def replace(old, new):
    """The breakage that replaces a text in the one cell that has it."""

    def breakage(notebook):
        cell = cell_with(notebook, old)
        cell["source"] = rules.source(cell).replace(old, new)

    return breakage


def append(cell):
    return lambda notebook: notebook["cells"].append(cell)


def insert_after(text, cell):
    return lambda notebook: notebook["cells"].insert(notebook["cells"].index(cell_with(notebook, text)) + 1, cell)


def drop(text):
    return lambda notebook: notebook["cells"].remove(cell_with(notebook, text))


def write_notebook(folder, name, *sources):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.cells[0].metadata = {"tags": ["keep"], "execution": {"iopub.status.busy": "then"}}
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)
    return path
