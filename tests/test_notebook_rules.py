"""Every rule of notebook_rules.py passes a small notebook that obeys it, and complains of each breakage."""

import pytest

import notebook_rules as rules
from notebook_rules_cells import MACHINE_PATHS
from notebook_rules_folds import only_draws
from small_notebooks import (
    ANSWER,
    DRAWING,
    append,
    cell_with,
    code,
    drop,
    good,
    good_record,
    insert_after,
    markdown,
    replace,
)


def output(result):
    return lambda notebook: cell_with(notebook, "plot()")["outputs"].append(result)


def stream(name, text):
    return output({"output_type": "stream", "name": name, "text": text})


def metadata(text, **entries):
    return lambda notebook: cell_with(notebook, text)["metadata"].update(entries)


def not_run(notebook):
    cell_with(notebook, "plot()")["execution_count"] = None


def out_of_order(notebook):
    cell_with(notebook, "plot()")["execution_count"] = 40


def many_cells(notebook):
    notebook["cells"] += [code("a = 1")] * 23


def widget():
    cell = code("explorer(draw)")
    data = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    return {**cell, "outputs": [{"output_type": "display_data", "data": data, "metadata": {}}]}


def paper_outputs(notebook):
    cell_with(notebook, "google.colab")["outputs"][0]["text"] = "profile paper: large\n"


def printed_path(path):
    return stream("stdout", f"saved in {path}x\n")


BREAKAGES = [
    (rules.glossary_links, replace("[gamma](glossary.ipynb#gamma)", "gamma"), "links to 2 terms"),
    (rules.glossary_links, replace("ipynb#gamma", "ipynb#cycle"), "links to 2 terms"),
    (rules.glossary_links, replace("#gamma", ""), "links to 2 terms"),
    (rules.was_run, not_run, "not run from top"),
    (rules.was_run, out_of_order, "not run from top"),
    (rules.clean_outputs, stream("stderr", "W0000 cuda"), "stderr"),
    (rules.clean_outputs, stream("stdout", "WARNING:tensorflow:5 out of the last 35 calls"), "warning"),
    (rules.clean_outputs, output({"output_type": "error", "ename": "ValueError"}), "saved error"),
    (rules.clean_outputs, output({"output_type": "display_data", "data": {"image/svg+xml": "<svg/>"}}), "SVG"),
    *((rules.no_machine_paths, printed_path(path), path) for path in MACHINE_PATHS),
    (rules.no_machine_paths, replace("plot()", 'plot("/home/me")'), "/home/"),
    (rules.no_machine_paths, output({"output_type": "execute_result", "data": {"text/plain": "'/root/a'"}}), "/root/"),
    (rules.no_jupytext, lambda notebook: notebook["metadata"].update(jupytext={}), "jupytext"),
    (rules.no_timing_metadata, metadata("plot()", execution={"iopub.status.busy": "12:00"}), "execution times"),
    (rules.nothing_skipped, metadata("plot()", tags=["nbval-skip"]), "nbval-skip"),
    (rules.nothing_skipped, metadata("plot()", tags=["raises-exception"]), "raises-exception"),
    (rules.nothing_skipped, replace("plot()", "plot()  # NBVAL_IGNORE_OUTPUT"), "comment"),
    (rules.ignored_with_reason, metadata("plot()", tags=["nbval-ignore-output"]), "without an ignore_reason"),
    (rules.ignored_with_reason, metadata("import platform", ignore_reason=" "), "without an ignore_reason"),
    (rules.few_ignored, metadata("plot()", tags=["nbval-ignore-output"], ignore_reason="x"), "2 of 11"),
    (rules.same_setup, replace("import sys", "import os, sys"), "first code cell"),
    (rules.same_setup, drop("google.colab"), "first code cell"),
    (rules.same_setup, paper_outputs, "quick profile"),
    (rules.small_cells, replace("plot()", "plot()\n" * 26), "26 lines"),
    (rules.small_cells, many_cells, "34 code cells"),
    (rules.sections, replace("## Theory", "## Theories"), "sections"),
    (rules.sections, drop("## Summary"), "sections"),
    (rules.sections, append(markdown("## Checks")), "sections"),
    (rules.opening, replace("**A rate can be too large.**", "A rate can be too large."), "bold sentence"),
    (rules.opening, replace("Time: 20 minutes", "Time: some minutes"), "time, needs and Colab"),
    (rules.opening, replace("[00](00", "[03](00"), "prerequisite's number"),
    (rules.opening, replace("Colab", "Lab"), "time, needs and Colab"),
    (rules.opening, replace("[Glossary](glossary.ipynb) · ", ""), "time, needs and Colab"),
    (rules.few_words, append(markdown("word " * 4000)), "words of prose"),
    *((rules.no_banned_words, append(markdown(f"It {word} works")), word) for word in rules.BANNED_WORDS),
    (rules.no_banned_words, append(markdown("Simply put")), "Simply"),
    (rules.no_banned_words, append(code("a = 1  # obviously")), "obviously"),
    (rules.alt_texts, append(markdown("![](curve.png)")), "no alt text"),
    (rules.alt_texts, append(markdown('<img src="curve.png">')), "no alt text"),
    (rules.alt_of_figures, metadata("plot()", alt=None), "40 to 400 characters"),
    (rules.alt_of_figures, metadata("plot()", alt="A plot."), "40 to 400 characters"),
    (rules.alt_of_figures, metadata("plot()", alt="A line falls. " * 29), "40 to 400 characters"),
    (rules.alt_of_figures, metadata("plot()", alt="A line falls. " * 4), "4 sentences"),
    (rules.alt_of_figures, metadata("plot()", alt="a line that falls from the left to the right"), "0 sentences"),
    (rules.alt_of_figures, metadata("import platform", alt="Line plot of nothing at all, anywhere."), "no picture"),
    (rules.alt_of_figures, append(code("plot()", picture=True)), "of another picture"),
    (rules.alt_of_figures, append(widget()), "40 to 400 characters"),
    (rules.slide_types, metadata("plot()", slideshow={}), "slide_type of 'plot()'"),
    (rules.slide_types, metadata("plot()", slideshow={"slide_type": "page"}), "must be one of: slide, subslide"),
    (rules.slide_types, metadata("plot()", slideshow={"slide_type": "-", "hide_input": 1}), "hide_input: true"),
    (rules.slide_types, metadata("plot()", slideshow={"slide_type": "-", "hide": True}), "hide_input: true"),
    (rules.slide_types, metadata("## Quiz", slideshow={"slide_type": "-", "hide_input": True}), "a code cell"),
    (rules.slide_types, metadata("# 01", slideshow={"slide_type": "-"}), "must begin a slide"),
    (
        rules.fold_flags,
        metadata("plot()", jupyter={"source_hidden": False}),
        "jupyter: {'source_hidden': False}",
    ),
    (rules.fold_flags, metadata("plot()", jupyter={"source_hidden": True, "collapsed": True}), "'plot()' has the"),
    (rules.fold_flags, metadata("plot()", jupyter={}), "'plot()' has the"),
    (rules.fold_flags, metadata("## Quiz", jupyter={"source_hidden": True}), "a code cell may have source_hidden"),
    (rules.drawing_folded, append(code(DRAWING)), "only draws"),
    (rules.answers_folded, metadata("plot()", jupyter={"source_hidden": True}), "of 'plot()' answers the prediction"),
    (rules.answers_folded, insert_after("plot()", code("b = 2", prints="2\n")), "of 'b = 2' answers"),
    (rules.answers_unsaid, insert_after("plot()", code('verdict("it falls", True)')), "a verdict in 'verdict("),
    (rules.heading_order, append(markdown("#### Deep")), "of level 4, after one of level 2"),
    (rules.heading_order, append(markdown("# Another")), "2 headings of the first level"),
    (rules.heading_order, replace("# 01 · Rates", "Rates"), "0 headings of the first level"),
    (rules.heading_order, append(markdown("##")), "empty heading of level 2"),
    (rules.heading_order, append(markdown("##  ")), "empty heading of level 2"),
    (rules.quiz, replace(f"3. Six?\n{ANSWER}", ""), "2 answers"),
    (rules.quiz, replace("3. Six?", f"3. Six?\n{ANSWER}"), "4 answers"),
    (rules.quiz, replace("## Quiz", "## Puzzle"), "0 answers"),
    (rules.figures_explained, replace("**What to see.**", "Look:"), "What to see"),
    (rules.figures_explained, append(code("plot_again()", picture=True)), "plot_again"),
    (rules.predict_first, replace("**Predict first.** Up", "Up"), "before the checkpoint"),
    (rules.predict_first, replace("**Predict first.** Which", "Which"), "1 cells ask"),
    (rules.predict_first, replace("20 minutes", "30 minutes"), "2 cells ask the reader to predict a result; 4 must"),
    (rules.predict_first, replace("Which machine?", "Which?\n\nIt is this one."), "must end its cell"),
    (rules.predict_first, drop("import platform"), "right above an output"),
    (rules.predict_first, insert_after("## Practice", markdown("It is this one.")), "right above an output"),
    (rules.checkpoints, replace("**Checkpoint (10 minutes).**", "Pause."), "checkpoints at []"),
    (rules.checkpoints, replace("**Checkpoint (10 minutes).**", "**Checkpoint (30 minutes).**"), "checkpoints at [30]"),
]


def test_every_rule_complains_of_its_breakages():
    for number, (rule, breakage, message) in enumerate(BREAKAGES):
        notebook = good()
        breakage(notebook)
        said = rule(notebook)
        assert any(message in each for each in said), f"breakage {number}: {rule.__name__} says {said}, not {message!r}"


def test_every_rule_passes_a_good_notebook_and_has_a_breakage():
    for rule in rules.FOR_BOTH + rules.FOR_NOTEBOOKS:
        assert rule(good()) == [], rule.__name__
        assert any(rule is broken for broken, _, _ in BREAKAGES), rule.__name__


@pytest.mark.parametrize(("section", "after"), [("At paper scale", "Exercises"), ("In your own training", "Summary")])
def test_optional_section_is_allowed_in_its_place_only(section, after):
    notebook = good()
    replace(f"## {after}", f"## {section}\n\n## {after}")(notebook)
    assert rules.sections(notebook) == []
    replace(f"## {section}\n\n## {after}", f"## {after}\n\n## {section}")(notebook)
    assert rules.sections(notebook)


@pytest.mark.parametrize(
    ("text", "draws"),
    [
        (DRAWING, True),
        ("for panel, rate in zip(axes, rates):\n" + 5 * "    panel.set_title(rate)\n", True),
        ("losses = descend(rates)\n" + DRAWING, True),
        ("losses = descend(rates)\n" * 5 + DRAWING, False),
        ("model.fit(x, y)\n" + DRAWING, False),
        ("def draw(rate):\n    pass\n" + DRAWING, False),
        ("test.plot(metric='accuracy')\nplt.show()", False),
        ("%matplotlib inline\na = 1\n" * 4, False),
    ],
)
def test_what_only_draws(text, draws):
    assert only_draws(code(text)) == draws


def test_an_open_drawing_is_left_to_a_notebook_that_folds_nothing_and_to_what_later_cells_read():
    notebook = good()
    notebook["cells"] += [code("losses = descend(rates)\n" + DRAWING), code("max(losses)")]
    assert rules.drawing_folded(notebook) == []
    notebook["cells"].pop()
    assert rules.drawing_folded(notebook)
    for cell in notebook["cells"]:
        cell["metadata"].pop("jupyter", None)
    assert rules.drawing_folded(notebook) == rules.answers_folded(notebook) == []


def test_title_rule():
    assert rules.title(good(), "01") == []
    assert rules.title(good(), "02")
    notebook = good()
    append(markdown("# Another"))(notebook)
    assert rules.title(notebook, "01")


def test_exercise_rule():
    for solved, reply in ((False, "not yet: no\n"), (True, "correct\n")):
        assert rules.exercises(good(solved=solved), solved=solved) == []
        assert rules.exercises(good(solved=not solved), solved=solved)
        for count in (1, 4):
            notebook = good(solved=solved)
            notebook["cells"] = [c for c in notebook["cells"] if not rules.source(c).startswith("attempt")]
            notebook["cells"] += [code("attempt(check, answer)", prints=reply)] * count
            assert rules.exercises(notebook, solved=solved), f"{count} attempts, solved={solved}"


def test_same_exercises_rule():
    solutions = good(solved=True)
    assert rules.same_exercises(good(), solutions) == []
    replace("check_rate", "nb01.check_rate")(solutions)
    assert rules.same_exercises(good(), solutions) == []
    drop("check_cliff")(solutions)
    assert rules.same_exercises(good(), solutions)


def test_calibration_rule_passes():
    assert rules.calibrated(good(), good_record()) == []
    notebook = good()
    replace('"the loss falls"', 'f"the {name} falls"')(notebook)
    assert rules.calibrated(notebook, good_record()) == []
    drop("above=0.5")(notebook)
    assert rules.calibrated(notebook, None) == []


def holds_rarely(record):
    record["claims"][0]["margins"][:2] = [-0.1, None]


def holds_narrowly(record):
    record["claims"][0]["margins"] = [0.01, 1.0] * 10


def too_few_seeds(record):
    del record["claims"][0]["margins"][10:]


SPOILT = [
    (holds_rarely, "widely enough"),
    (holds_narrowly, "widely enough"),
    (too_few_seeds, "widely enough"),
    (lambda record: record["claims"][0].update(claim="the loss rises"), "no calibration"),
    (lambda record: record["claims"][0].update(bound=0.4), "no calibration"),
    (lambda record: record["claims"][0].update(side="below"), "no calibration"),
    (lambda record: record["claims"].append(good_record()["claims"][0] | {"claim": "gone"}), "not in the notebook"),
    (lambda record: record["stopped"].update({"3": "ValueError: nan"}), "seed 3"),
]


def test_calibration_rule_can_fail():
    for number, (spoil, message) in enumerate(SPOILT):
        record = good_record()
        spoil(record)
        said = rules.calibrated(good(), record)
        assert any(message in each for each in said), f"record {number}: it says {said}, not {message!r}"


def test_calibration_is_missed():
    assert "no calibration record" in rules.calibrated(good(), None)[0]
