"""A reader's way through JupyterLab: `make lab`, a link, Run All Cells, an explorer's controls."""

import os
import re
import shutil
import subprocess
import time

import nbformat
import pytest
from browsers import PICTURES, ROOT
from playwright.sync_api import expect

import badges
import run_notebooks

NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
FOLDED = "99_folded.ipynb"
SECOND = 1000
A_TRAINING = 600 * SECOND
# What the root's conftest.py sets for pytest, and a reader does not.
UNSET = {"OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_CPP_MIN_LOG_LEVEL"}

CODE_CELLS = """
() => Array.from(jupyterapp.shell.currentWidget.content.model.cells)
    .filter(cell => cell.type === "code")
    .map(cell => ({count: cell.executionCount, source: cell.sharedModel.source, outputs: cell.outputs.toJSON()}))
"""
FINISHED = f"""
() => {{
    const status = jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status
    const cells = ({CODE_CELLS})()
    const stopped = cells.some(cell => cell.outputs.some(output => output.output_type === "error"))
    const asks = document.querySelector(".jp-Dialog") !== null  // such as: the kernel died
    return asks || (status === "idle" && (stopped || cells.every(cell => cell.count)))
}}
"""
PICTURE_BYTES = """
async picture => {
    const bytes = new Uint8Array(await (await fetch(picture.src)).arrayBuffer())
    return bytes.reduce((text, byte) => text + String.fromCharCode(byte), "")
}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project, so that JupyterLab saves nothing in the original; its notebooks have no outputs yet."""
    copy = tmp_path_factory.mktemp("lab") / "project"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "build", "my_notebooks", "__pycache__"))
    (copy / ".venv").symlink_to(ROOT / ".venv")
    for path in (copy / "notebooks").glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.update(outputs=[], execution_count=None)
        nbformat.write(notebook, path)
    nbformat.write(run_notebooks.normalise(folded()), copy / "notebooks" / FOLDED)
    return copy


def folded():
    """A notebook with code that is folded away, and an output that is."""
    printed = [nbformat.v4.new_output("stream", text="JupyterLab shows this line:\nthe answer\n")]
    folds = ({"source_hidden": True}, {"outputs_hidden": True})
    cells = [nbformat.v4.new_code_cell("1", outputs=printed, metadata={"jupyter": each}) for each in folds]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(scope="module")
def lab(project):
    """JupyterLab as `make lab` starts it, on a free port; the address that it prints."""
    home = project.parent
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        environment[name] = str(home / name.lower())
    PICTURES.mkdir(parents=True, exist_ok=True)
    log = PICTURES / "jupyterlab.log"
    command = ["sh", project / "tools" / "lab.sh", "--no-browser", "--port=0", "--LabApp.expose_app_in_browser=True"]
    with open(log, "w") as file:
        server = subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        yield printed_address(server, log)
    finally:
        server.terminate()
        server.wait()


def printed_address(server, log):
    while server.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\S+", log.read_text()):
            return found[0]
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}", pytrace=False)


@pytest.fixture
def open_notebook(lab, page):
    """A function that opens a notebook; the kernels end after the test."""

    def open_notebook(name):
        page.goto(re.sub(r"/[^/]+\.ipynb\?", f"/{name}?reset&", lab))
        wait_until_open(page, name)

    yield open_notebook
    page.evaluate("jupyterapp.serviceManager.sessions.shutdownAll()")


def test_make_lab_opens_the_first_notebook(lab, page, outside_requests):
    address, _, token = lab.partition("/lab/")
    page.goto(f"{address}/?token={token.partition('token=')[2]}")
    wait_until_open(page, "00_start_here.ipynb")
    expect(page.get_by_role("heading", name="00 · Start here")).to_be_visible()
    assert set(outside_requests) <= {badges.BADGE}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_cell_runs(open_notebook, page, outside_requests, record_property, name):
    open_notebook(name)
    record_property(f"seconds notebooks/{name}", run_all_cells(page))
    expect(page.get_by_role("dialog")).not_to_be_visible()
    cells = page.evaluate(CODE_CELLS)
    outputs = [(cell["source"].partition("\n")[0], output) for cell in cells for output in cell["outputs"]]
    assert [(cell, said_by(out)) for cell, out in outputs if out["output_type"] == "error"] == []
    assert [cell["count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert [(cell, out["text"]) for cell, out in outputs if out.get("name") == "stderr"] == []
    printed = "".join("".join(out["text"]) for _, out in outputs if out.get("name") == "stdout")
    assert re.search(r"^.+: True$", printed, flags=re.M), "no verdict was printed"
    if any("explorer(" in cell["source"] for cell in cells):
        move_controls(page)
    expect(page.get_by_text("Would you like to get notified")).not_to_be_visible()
    assert set(outside_requests) <= {badges.BADGE}


def test_what_is_folded_stays_folded_and_a_look_changes_no_file(open_notebook, page, project):
    original, copy = (project / folder / FOLDED for folder in ("notebooks", "my_notebooks"))
    before = original.read_bytes()
    open_notebook(FOLDED)
    expect(page.locator(".jp-InputPlaceholder")).to_have_count(1)
    expect(page.locator(".jp-OutputPlaceholder")).to_have_count(1)
    expect(page.get_by_text("the answer")).to_have_count(1)
    page.evaluate("jupyterapp.shell.currentWidget.context.save()")
    assert copy.read_bytes() == original.read_bytes() == before
    page.locator(".jp-OutputPlaceholder").click()
    expect(page.get_by_text("the answer")).to_have_count(2)


def test_links_lead_to_notebooks_and_to_their_headings(open_notebook, page):
    open_notebook("02_cyclical_policies.ipynb")
    shown = page.locator(".jp-NotebookPanel:visible")
    shown.get_by_role("link", name="01", exact=True).first.click()
    wait_until_open(page, "01_learning_rate.ipynb")
    links = [("step_size", "glossary.ipynb")]
    if not badges.repository():
        links.append(("Run in Colab", "00_start_here.ipynb"))
    for link, target in links:
        for _ in ("opens the notebook", "goes to the heading, now that JupyterLab has the notebook open"):
            page.get_by_role("tab", name="02_cyclical_policies.ipynb").click()
            shown.get_by_role("link", name=link, exact=True).first.click()
            wait_until_open(page, target)
        expect(shown.get_by_role("heading", name=link, exact=True)).to_be_in_viewport()


def wait_until_open(page, name):
    """Until the notebook's kernel is ready and its cells are on the page."""
    page.wait_for_function(
        """name => {
            const panel = globalThis.jupyterapp?.shell.currentWidget
            return panel?.context?.path.endsWith(name) && panel.sessionContext?.session?.kernel?.status === "idle"
        }""",
        arg=name,
        timeout=120 * SECOND,
    )


def run_all_cells(page):
    """Run all cells through the menu and wait for the last one; the seconds it took."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    start = time.perf_counter()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(FINISHED, polling=200, timeout=A_TRAINING)
    return time.perf_counter() - start


def move_controls(page):
    """Each control of the notebook's explorer changes the picture, and brings it back when it is moved back."""
    picture = page.locator("img.widget-image")
    menu = page.locator(".widget-dropdown select")
    first = bytes_of(picture)
    if menu.count():  # with exp_range every slider counts
        chosen = menu.input_value()
        assert after(picture, menu.select_option, "exp_range") != first
    shown = bytes_of(picture)
    for slider in page.get_by_role("slider").all():
        assert after(picture, slider.press, "ArrowLeft") != shown
        assert after(picture, slider.press, "ArrowRight") == shown
    if menu.count():
        assert after(picture, menu.select_option, chosen) == first
    track = page.locator(".widget-slider .slider").first
    assert after(picture, track.click) != shown
    expect(picture).to_be_visible()


def after(picture, act, *arguments):
    """The bytes of the picture that is drawn upon an act."""
    source = picture.get_attribute("src")
    act(*arguments)
    expect(picture).not_to_have_attribute("src", source, timeout=60 * SECOND)
    return bytes_of(picture)


def bytes_of(picture):
    return picture.evaluate(PICTURE_BYTES)


def said_by(error):
    return f"{error['ename']}: {error['evalue']}"
