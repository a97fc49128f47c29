"""The gauge counts what a reader reads."""

import pytest

import gauge


def code(lines, **folds):
    return {"cell_type": "code", "source": "a = 1\n" * lines, "metadata": {"jupyter": folds} if folds else {}}


TEXT = "Time: 20 minutes\n\n" + "word " * 297 + "[eta](glossary.ipynb#eta) $\\eta = 2$ **·**\n\n```python\nb = 2\n```"
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": TEXT.splitlines(keepends=True), "metadata": {}},
        code(10),
        code(4, source_hidden=True, outputs_hidden=True),
        code(5, outputs_hidden=True),
    ]
}


def test_measures():
    assert gauge.words(NOTEBOOK) == 3 + 297 + 1
    assert dict(zip(gauge.COLUMNS, gauge.measures(NOTEBOOK), strict=True)) == {
        "words": 301,
        "aloud": 2,
        "named": 20,
        "cells": 3,
        "open": 15,
        "folded": 4,
        "words/line": 20.1,
    }


def test_table():
    head, row, *_ = gauge.table({"01_a": NOTEBOOK}).splitlines()
    assert head.split() == list(gauge.COLUMNS)
    assert row.split() == ["01_a", "301", "2", "20", "3", "15", "4", "20.1"]


def test_command(capsys):
    assert gauge.main(["1"]) == 0
    assert "01_learning_rate" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        gauge.main(["42"])
    assert "there is no notebook 42" in capsys.readouterr().err
