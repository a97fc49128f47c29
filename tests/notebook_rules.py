"""The rules that every notebook is held to. Each takes a notebook as a dict and returns its complaints.

tests/test_notebooks.py applies them, and shows each one a notebook that breaks it. For links there is
tests/test_build_site.py.
"""

import ast
import itertools
import json
import math
import re
from pathlib import Path

import badges
import gauge
from calibrate import is_kept
from gauge import cells, folded, minutes, prose, source, text_of

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
REPOSITORY = badges.repository()
SETUP, SETUP_WITHOUT_KERAS = (badges.setup_cell(REPOSITORY, keras) for keras in (True, False))
BANNED_WORDS = ["simply", "just", "obviously"]
PREDICT = "**Predict first.**"
MACHINE_PATHS = ["/home/", "/root/", "/tmp/", "/Users/", "C:\\", str(Path(__file__).resolve().parent.parent)]
MOST_CODE_CELLS, MOST_LINES, MOST_WORDS, MOST_IGNORED = 32, 25, 4000, 0.10
FEWEST_TERMS = 3
SHORTEST_ALT, LONGEST_ALT = 40, 400
SLIDE_TYPES = ("slide", "subslide", "fragment", "skip", "notes", "-")
LONGEST_OPEN_DRAWING = 4  # lines
FIGURE = {"plt", "fig", "ax", "axes", "left", "right"}
TRAINS = r"\.fit\(|\btrain\w*\(|range_test\("


def python(cell):
    """A code cell's source without the commands of IPython."""
    return re.sub(r"^(\s*)[!%].*$", r"\1pass", source(cell), flags=re.M)


def headings(notebook, level):
    return re.findall(rf"^{'#' * level} (.+?)\s*$", prose(notebook), flags=re.M)


def tags(cell):
    return cell["metadata"].get("tags", [])


def label(cell):
    """A cell as a complaint names it: by its first line."""
    return repr((source(cell).splitlines() or [""])[0][:60])


def printed(cell):
    """What the cell printed to stdout."""
    return "".join(text_of(out["text"]) for out in cell["outputs"] if out.get("name") == "stdout")


# Cells and their outputs


def was_run(notebook):
    """Every code cell was run, in order, from the top: nbval compares nothing in a cell that was not."""
    counts = [cell["execution_count"] for cell in cells(notebook, "code")]
    if counts == list(range(1, len(counts) + 1)):
        return []
    return [f"not run from top to bottom in one go: the execution counts are {counts}"]


def clean_outputs(notebook):
    complaints = []
    for cell in cells(notebook, "code"):
        for output in cell["outputs"]:
            if output.get("name") == "stderr":
                complaints.append(f"stderr in the output of {label(cell)}")
            if "WARNING:" in text_of(output.get("text", "")):
                complaints.append(f"a library's warning in the output of {label(cell)}")
            if output["output_type"] == "error":
                complaints.append(f"a saved error in the output of {label(cell)}")
            if "image/svg+xml" in output.get("data", {}):
                complaints.append(f"SVG in the output of {label(cell)}; figures are PNG")
    return complaints


def no_machine_paths(notebook):
    complaints = []
    for cell in notebook["cells"]:
        outputs = json.dumps([{**out, "data": _without_pictures(out)} for out in cell.get("outputs", [])])
        text = source(cell) + outputs.replace("\\\\", "\\")
        complaints += [f"the path {path} of some machine in {label(cell)}" for path in MACHINE_PATHS if path in text]
    return complaints


def _without_pictures(output):
    return {kind: data for kind, data in output.get("data", {}).items() if not kind.startswith("image/")}


def no_jupytext(notebook):
    return ["jupytext metadata"] if "jupytext" in notebook["metadata"] else []


def no_timing_metadata(notebook):
    timed = sum("execution" in cell["metadata"] for cell in notebook["cells"])
    return [f"execution times in the metadata of {timed} cells; `make run` leaves them out"] if timed else []


def nothing_skipped(notebook):
    complaints = []
    for cell in cells(notebook, "code"):
        if "nbval-skip" in tags(cell) or "raises-exception" in tags(cell):
            complaints.append(f"{label(cell)} has the tag nbval-skip or raises-exception")
        if re.search(r"#\s*(NBVAL_|PYTEST_VALIDATE_)", source(cell)):
            complaints.append(f"{label(cell)} has a comment that commands nbval; use a tag")
    return complaints


def ignored_with_reason(notebook):
    ignored = [cell for cell in cells(notebook, "code") if "nbval-ignore-output" in tags(cell)]
    return [f"{label(cell)} is ignored without an ignore_reason" for cell in ignored if not _reason(cell)]


def _reason(cell):
    return str(cell["metadata"].get("ignore_reason", "")).strip()


def few_ignored(notebook):
    code = cells(notebook, "code")
    ignored = sum("nbval-ignore-output" in tags(cell) for cell in code)
    if ignored > MOST_IGNORED * len(code):
        return [f"{ignored} of {len(code)} code cells are ignored in the comparison; {MOST_IGNORED:.0%} may be"]
    return []


def same_setup(notebook):
    """The first code cell is the set-up cell, word for word, and it ran in the quick profile."""
    first = next(iter(cells(notebook, "code")), None)
    if first is None or source(first) not in (SETUP, SETUP_WITHOUT_KERAS):
        return ["the first code cell is not the set-up cell that all notebooks share: run make badges"]
    return [] if printed(first).startswith("profile quick") else ["the outputs are not those of the quick profile"]


def small_cells(notebook):
    code = cells(notebook, "code")
    lengths = [len(source(cell).splitlines()) for cell in code]
    complaints = [
        f"{label(cell)} has {length} lines; {MOST_LINES} at most"
        for cell, length in zip(code, lengths, strict=True)
        if length > MOST_LINES
    ]
    if len(code) > MOST_CODE_CELLS:
        complaints.append(f"{len(code)} code cells; {MOST_CODE_CELLS} at most")
    return complaints


def slide_types(notebook):
    """Every cell says what it is on the slides; `hide_input`, which is ours, hides the code of a code cell."""
    complaints = []
    for cell in notebook["cells"]:
        show = cell["metadata"].get("slideshow", {})
        if show.get("slide_type") not in SLIDE_TYPES:
            complaints.append(f"the slide_type of {label(cell)} must be one of: {', '.join(SLIDE_TYPES)}")
        elif set(show) - {"slide_type"} and (show.get("hide_input") is not True or cell["cell_type"] != "code"):
            complaints.append(f"beside its slide_type {label(cell)} may have hide_input: true, if it is a code cell")
    types = (cell["metadata"].get("slideshow", {}).get("slide_type") for cell in notebook["cells"])
    first = next((each for each in types if each != "skip"), None)
    return complaints if first == "slide" else [*complaints, "the first cell that is shown must begin a slide"]


# What is folded away: `"jupyter": {"source_hidden": true, "outputs_hidden": true}`


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


# Prose


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


def alt_texts(notebook):
    text = prose(notebook)
    bare = re.findall(r"!\[\s*\]", text)
    bare += [tag for tag in re.findall(r"<img\b[^>]*>", text) if not re.search(r'\balt="[^"]+"', tag)]
    return [f"{len(bare)} pictures in markdown have no alt text"] if bare else []


def alt_of_figures(notebook):
    """A cell with a picture says in its metadata `alt`, for those who cannot see it, what they would see."""
    complaints, seen = [], set()
    for cell in cells(notebook, "code"):
        alt, shows = cell["metadata"].get("alt"), _has_picture(cell) or _has_widget(cell)
        if shows:
            complaints += [f"the alt text of {label(cell)} {why}" for why in _bad_alt(alt)]
            if alt in seen:
                complaints.append(f"the alt text of {label(cell)} is that of another picture")
            seen.add(alt)
        elif alt is not None:
            complaints.append(f"{label(cell)} has an alt text, and no picture")
    return complaints


def _bad_alt(alt):
    if not isinstance(alt, str) or not SHORTEST_ALT <= len(alt.strip()) <= LONGEST_ALT:
        return [f"must be a string of {SHORTEST_ALT} to {LONGEST_ALT} characters in the cell's metadata"]
    sentences = re.findall(r"[.!?](?=\s|$)", alt)
    return [] if 1 <= len(sentences) <= 3 else [f"has {len(sentences)} sentences; 1 to 3 are wanted"]


def heading_order(notebook):
    return misordered_headings(prose(notebook))


def misordered_headings(text):
    """Headings of Markdown without code: one of the first level, none empty, and no level left out on the way down."""
    found = [(len(marks), words.strip()) for marks, words in re.findall(r"^(#{1,6})(?:[ \t]+(.*))?$", text, flags=re.M)]
    first = sum(level == 1 for level, _ in found)
    complaints = [] if first == 1 else [f"{first} headings of the first level; there must be one"]
    complaints += [f"an empty heading of level {level}" for level, words in found if not words]
    for (above, _), (level, words) in itertools.pairwise([(0, ""), *found]):
        if level > above + 1:
            complaints.append(f"the heading {words!r} is of level {level}, after one of level {above}")
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
        if _has_picture(cell):
            unexplained += [figure] if figure else []
            figure = cell
        elif cell["cell_type"] == "markdown" and "**What to see.**" in source(cell):
            figure = None
    unexplained += [figure] if figure else []
    return [f"no '**What to see.**' follows the figure of {label(cell)}" for cell in unexplained]


def _has_picture(cell):
    return any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))


def _has_widget(cell):
    return any("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in cell["outputs"])


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
