"""Every notebook runs in Colab, from an empty folder, and prints there what its saved copy prints."""

import os
import time

import nbformat
import pytest
from colab_runtime import LACKING, ROOT, differences, printed
from nbclient.exceptions import CellExecutionError, DeadKernelError

from run_notebooks import FOLDER, select, where_it_stopped
from timings import cell_seconds

A_MINUTE = 60
NOTEBOOKS = select(FOLDER, os.environ.get("NB", "").split())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path, run, origin, record_property):
    saved, notebook = (nbformat.read(origin / path.relative_to(ROOT), as_version=4) for _ in range(2))
    start = time.perf_counter()
    try:
        run(notebook)
    except (CellExecutionError, DeadKernelError) as error:
        pytest.fail(f"{where_it_stopped(notebook)}: {error}", pytrace=False)
    record_property(f"seconds {path.stem}", time.perf_counter() - start)
    setup = next(cell for cell in notebook.cells if cell.cell_type == "code")
    record_property(f"seconds {path.stem}, set-up", cell_seconds(setup))
    found = differences(saved, notebook)
    assert not found, "\n".join(found)
    assert f"installed: {LACKING}" in printed(setup)
    assert "GPU" in printed(setup)
    assert cell_seconds(setup) <= A_MINUTE
