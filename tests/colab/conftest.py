"""Colab's runtime for the tests; it is kept in build/colab, with what each test left in its working folder."""

import json
import os
import re
import sys

import pytest
from colab_runtime import BUILD, LACKING, REPO, changes, emptied, make_python, pinned, pip, publish, versions

import badges
from run_notebooks import KERNELSPEC, execute

# What the root's conftest.py sets for pytest, and Colab does not.
UNSET = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def pytest_report_header():
    there = ", ".join(f"{name} {version}" for name, version in pinned().items())
    return f"Colab's versions: {there}; the first run installs them, which takes some minutes"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(exitstatus):
    """Ctrl-C stops at once: nobody waits for the notebook, and its kernel ends when its parent is gone."""
    yield
    if exitstatus == pytest.ExitCode.INTERRUPTED:
        sys.stdout.flush()
        os._exit(exitstatus)


@pytest.fixture(scope="session")
def python():
    """Python 3.13 with Colab's versions."""
    return make_python(BUILD / "venv")


@pytest.fixture(scope="session")
def at_first(python):
    """The versions of all packages at the beginning."""
    return versions(python)


@pytest.fixture(scope="session")
def origin():
    """The git repository that stands behind the project's public address."""
    return publish(BUILD / "origin")


@pytest.fixture(scope="session")
def kernel(python, origin):
    """Where Jupyter finds Colab's kernel: its Python, with google.colab imported and the way to `origin`."""
    environment = {
        "IPYTHONDIR": str(BUILD / "ipython"),
        "PYTHONPATH": os.path.join(os.path.dirname(__file__), "stand_in"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{origin.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": badges.address(REPO),
    }
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    command.append("--IPKernelApp.exec_lines=import google.colab")
    folder = emptied(BUILD / "jupyter" / "kernels" / KERNELSPEC["name"])
    spec = {"argv": command, "display_name": "Colab", "language": "python", "env": environment}
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    return BUILD / "jupyter"


@pytest.fixture
def folder(request):
    """The test's working folder; it is empty."""
    return emptied(BUILD / "content" / re.sub(r"\W+", " ", request.node.name).strip())


@pytest.fixture
def run(python, at_first, kernel, folder, monkeypatch):
    """A function that executes a notebook as Colab would after it was opened in `folder`.

    At first the runtime is without what Colab lacks; after the test no other package may have changed.
    """
    pip(python, "uninstall", "--yes", LACKING)
    monkeypatch.setenv("JUPYTER_PATH", str(kernel))
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    yield lambda notebook: execute(notebook, folder, record_timing=True)
    found = changes(at_first, versions(python))
    assert not found, "; ".join(found)
