"""The rules that every notebook is held to. Each takes a notebook as a dict and returns its complaints.

Rules of prose and verdicts stand here, the others in notebook_rules_*.py. tests/test_notebooks.py applies them,
and tests/test_notebook_rules.py shows each one a notebook that breaks it. For links there is tests/test_build_site.py.
"""

import ast
import itertools
import math
import re

import badges
import gauge
from calibrate import is_kept
from gauge import cells, minutes, prose, source
from notebook_cells import PREDICT, has_picture, label, printed, python
from notebook_rules_access import alt_of_figures, alt_texts, heading_order
from notebook_rules_cells import (
    REPOSITORY,
    clean_outputs,
    few_ignored,
    ignored_with_reason,
    no_jupytext,
    no_machine_paths,
    no_timing_metadata,
    nothing_skipped,
    same_setup,
    slide_types,
    small_cells,
    was_run,
)
from notebook_rules_folds import answers_folded, answers_unsaid, drawing_folded, fold_flags

HEADINGS = [
    "You will be able to",
    "Set-up",
    "Theory",
    "Practice",
    "Checks",
    "At paper scale",
    "Exercises",
    "In your own training",
    "Summary",
    "What would change our mind?",
    "Quiz",
    "References",
]
OPTIONAL_HEADINGS = {"At paper scale", "In your own training"}
BANNED_WORDS = ["simply", "just", "obviously"]
MOST_WORDS = 4000
FEWEST_TERMS = 3


# Prose


def headings(notebook, level):
    return re.findall(rf"^{'#' * level} (.+?)\s*$", prose(notebook), flags=re.M)


def title(notebook, number):
    found = headings(notebook, 1)
    if len(found) == 1 and re.match(rf"{number} · \S", found[0]):
        return []
    return [f"the headings of the first level are {found}; there must be one, '# {number} · Title'"]


def sections(notebook):
    found = headings(notebook, 2)
    wanted = [heading for heading in HEADINGS if heading in found or heading not in OPTIONAL_HEADINGS]
    return [] if found == wanted else [f"the sections are {found}; they must be {wanted}"]


def opening(notebook):
    """After the title: the claim as one bold sentence, then time, prerequisites and the way into Colab."""
    blocks = [block.strip() for block in source(notebook["cells"][0]).split("\n\n") if block.strip()]
    complaints = []
    if len(blocks) < 3 or not re.fullmatch(r"\*\*[^*]+[.!?]\*\*", blocks[1], flags=re.S):
        complaints.append("the notebook's claim, one bold sentence, must follow its title")
    link = r"\[(\d\d)\]\((\d\d)_\w+\.ipynb\)"
    line = rf"Time: \d+ minutes · Needs: (?:nothing|{link}(?:, {link})*) · "
    line += r"\[Glossary\]\(glossary\.ipynb\) · "
    line += r"\[!\[Open in Colab\].+" if REPOSITORY else re.escape(badges.ZIP_WAY)
    times = [each for block in blocks for each in block.splitlines() if each.startswith("Time:")]
    if len(times) != 1 or not re.fullmatch(line, times[0].rstrip()):
        complaints.append(f"the line with time, needs and Colab is {times}; see another notebook for its form")
    elif any(shown != linked for shown, linked in re.findall(link, times[0])):
        complaints.append("a prerequisite's number is not that of the notebook it links to")
    return complaints


def few_words(notebook):
    count = gauge.words(notebook)
    return [f"{count} words of prose; {MOST_WORDS} at most"] if count > MOST_WORDS else []


def no_banned_words(notebook):
    complaints = []
    for cell in notebook["cells"]:
        found = re.findall(rf"\b(?:{'|'.join(BANNED_WORDS)})\b", source(cell), flags=re.I)
        complaints += [f"the word {word!r} in {label(cell)}" for word in found]
    return complaints


def section_text(notebook, heading):
    found = re.search(rf"^## {re.escape(heading)}\s*$(.*?)(?=^## |\Z)", prose(notebook), flags=re.M | re.S)
    return found[1] if found else ""


def quiz(notebook):
    text = section_text(notebook, "Quiz")
    answers = re.findall(r"<details>\s*<summary>Answer</summary>.+?</details>", text, flags=re.S)
    if len(answers) == 3 == text.count("<details>"):
        return []
    return [f"the quiz has {len(answers)} answers folded in <details><summary>Answer</summary>; it must have 3"]


def figures_explained(notebook):
    """Between a figure and the next one, the prose says what to see."""
    unexplained, figure = [], None
    for cell in notebook["cells"]:
        if has_picture(cell):
            unexplained += [figure] if figure else []
            figure = cell
        elif cell["cell_type"] == "markdown" and "**What to see.**" in source(cell):
            figure = None
    unexplained += [figure] if figure else []
    return [f"no '**What to see.**' follows the figure of {label(cell)}" for cell in unexplained]


def predict_first(notebook):
    """Four guesses are asked for (two in a short notebook), one before each checkpoint, each right above its answer."""
    asked, lately, complaints = 0, 0, []
    for place, cell in enumerate(notebook["cells"]):
        text = source(cell).strip() if cell["cell_type"] == "markdown" else ""
        if "**Checkpoint (" in text:
            if not lately:
                complaints.append(f"nothing asks the reader to predict a result before the checkpoint in {label(cell)}")
            lately = 0
        if PREDICT in text:
            asked, lately = asked + 1, lately + 1
            if PREDICT not in text.split("\n\n")[-1] or not _output_follows(notebook["cells"][place + 1 :]):
                complaints.append(f"the prediction asked for in {label(cell)} must end its cell, right above an output")
    wanted = 4 if minutes(notebook) >= 30 else 2
    if asked < wanted:
        complaints.append(f"{asked} cells ask the reader to predict a result; {wanted} must")
    return complaints


def _output_follows(following):
    return any(cell["outputs"] for cell in itertools.takewhile(lambda cell: cell["cell_type"] == "code", following))


def checkpoints(notebook):
    """Checkpoints, about every ten minutes of the time that the first cell names."""
    found = [int(time) for time in re.findall(r"^\*\*Checkpoint \((\d+) minutes\)\.\*\*", prose(notebook), re.M)]
    end = minutes(notebook)
    gaps = [later - earlier for earlier, later in zip([0, *found], [*found, end], strict=True)]
    if all(0 < gap <= 15 for gap in gaps):
        return []
    return [f"checkpoints at {found} of {end} minutes; there must be one about every ten"]


def exercises(notebook, *, solved):
    """Two or three self-checks; each says `not yet` in the notebook and `correct` in its solutions."""
    wanted = "correct" if solved else "not yet"
    attempts = [cell for cell in cells(notebook, "code") if attempted(cell)]
    complaints = [
        f"{label(cell)} printed {printed(cell)[:60]!r}; it must say {wanted!r}"
        for cell in attempts
        if len(re.findall(rf"^{wanted}\b", printed(cell), flags=re.M)) != len(attempted(cell))
    ]
    if not 2 <= sum(len(attempted(cell)) for cell in attempts) <= 3:
        complaints.append(f"{len(attempts)} self-checks with attempt(); there must be two or three")
    return complaints


def attempted(cell):
    """The names of the checks that a cell calls through attempt()."""
    return re.findall(r"^attempt\(\s*(?:\w+\.)*(\w+)", source(cell), flags=re.M)


def same_exercises(notebook, solutions):
    asked, solved = ({name for c in cells(each, "code") for name in attempted(c)} for each in (notebook, solutions))
    return [] if asked == solved else [f"the exercises are {sorted(asked)}, the solutions {sorted(solved)}"]


def glossary_links(notebook):
    """The prose explains its main terms by links into the glossary."""
    linked = set(re.findall(r"\]\(glossary\.ipynb#([^)]+)\)", prose(notebook)))
    if len(linked) >= FEWEST_TERMS:
        return []
    return [f"links to {len(linked)} terms, such as [cycle](glossary.ipynb#cycle); {FEWEST_TERMS} at least"]


# Verdicts


def stochastic_verdicts(notebook):
    """The verdicts with a bound, as (pattern of the claim, "above" or "below", the bound or None if computed)."""
    found = []
    for cell in cells(notebook, "code"):
        for node in ast.walk(ast.parse(python(cell))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "verdict":
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                found += [(_pattern(node.args[0]), side, _number(given[side])) for side in given if side in SIDES]
    return found


SIDES = ("above", "below")


def _pattern(node):
    if isinstance(node, ast.JoinedStr):
        return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in node.values)
    return re.escape(node.value) if isinstance(node, ast.Constant) else ".+"


def _number(node):
    try:
        return float(ast.literal_eval(node))
    except ValueError:
        return None


def calibrated(notebook, record):
    """Each verdict with a bound was calibrated (`make calibrate`), as it stands here, and kept by the rule."""
    verdicts = stochastic_verdicts(notebook)
    if record is None:
        return ["verdicts with a bound, and no calibration record: run make calibrate"] if verdicts else []
    complaints = [f"with seed {seed} the notebook stopped: {why}" for seed, why in record["stopped"].items()]
    matched = set()
    for pattern, side, bound in verdicts:
        claims = [
            claim["claim"]
            for claim in record["claims"]
            if re.fullmatch(pattern, claim["claim"])
            and claim["side"] == side
            and (bound is None or math.isclose(bound, claim["bound"], rel_tol=1e-9))
        ]
        matched.update(claims)
        if not claims:
            complaints.append(f"no calibration of the verdict {pattern!r} {side} {bound}: run make calibrate")
    for claim in record["claims"]:
        if claim["claim"] not in matched:
            complaints.append(f"the calibrated claim {claim['claim']!r} is not in the notebook: run make calibrate")
        if not is_kept(claim["margins"]):
            complaints.append(f"the claim {claim['claim']!r} does not hold widely enough over the seeds to be kept")
    return complaints


# Which rule is for which file


FOR_BOTH = [
    was_run,
    clean_outputs,
    no_machine_paths,
    no_jupytext,
    no_timing_metadata,
    nothing_skipped,
    ignored_with_reason,
    same_setup,
    no_banned_words,
    alt_texts,
    alt_of_figures,
    heading_order,
    fold_flags,
]
FOR_NOTEBOOKS = [
    few_ignored,
    small_cells,
    sections,
    opening,
    few_words,
    quiz,
    figures_explained,
    predict_first,
    checkpoints,
    glossary_links,
    slide_types,
    drawing_folded,
    answers_folded,
    answers_unsaid,
]
