"""What happens in Colab beyond one notebook that runs to its end."""

import shutil

import pytest
from colab_runtime import REPO, call, cells_of, printed
from nbclient.exceptions import DeadKernelError

import badges

LONG_RUN = """
import os
os.environ["CLR_RESULTS_DIR"] = os.path.abspath("drive")
from clr_utils.grids.run import run_grid
from clr_utils.studies import mnist
runs = [mnist.small_run()._replace(seed=seed) for seed in range(3)]"""


def test_a_second_notebook_uses_what_the_first_one_fetched_and_installed(run, folder):
    first, second = (cells_of(badges.setup_cell(REPO)) for _ in range(2))
    run(first)
    (folder / "clr-notebooks" / "mine.txt").touch()
    run(second)
    assert "installed: " in printed(first.cells[0])
    assert "installed: " not in printed(second.cells[0])
    assert (folder / "clr-notebooks" / "mine.txt").exists(), "the project was fetched anew"


def test_the_zip_is_asked_for_and_then_used_twice(run, origin, tmp_path):
    archive, setup = tmp_path / "clr-notebooks.zip", badges.setup_cell("")
    call("git", "-C", origin, "archive", "--format=zip", "--prefix=clr-notebooks/", f"--output={archive}", "HEAD")
    notebook = cells_of(setup, f"import shutil; shutil.copy({str(archive)!r}, '.')", setup, setup)
    notebook.cells[0].metadata.tags = ["raises-exception"]
    run(notebook)
    assert "Drop clr-notebooks.zip into the Files panel" in printed(notebook.cells[0])
    assert "profile quick" in printed(notebook.cells[2])
    assert "profile quick" in printed(notebook.cells[3])


def test_when_the_runtime_vanishes_a_grid_goes_on_with_its_records(run, folder):
    setup, drive = badges.setup_cell(REPO), folder / "drive" / "mnist"
    with pytest.raises(DeadKernelError):
        run(cells_of(setup, LONG_RUN, "run_grid(runs[:1], mnist.train, anew=True)", "os._exit(1)"))
    shutil.rmtree(folder / "clr-notebooks")
    before = {path: path.read_bytes() for path in drive.iterdir()}
    run(cells_of(setup, LONG_RUN, "run_grid(runs, mnist.train, anew=True)"))
    after = {path: path.read_bytes() for path in drive.iterdir()}
    assert (len(before), len(after)) == (1, 3)
    assert before.items() <= after.items(), "a record was made again"
