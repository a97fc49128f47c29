"""In Colab: what is missing is installed and nothing else; the GPU is named; elsewhere nothing happens."""

import sys
from importlib.metadata import version
from types import SimpleNamespace

import matplotlib
import pytest

from clr_utils import devices, setup_notebook
from clr_utils.course import colab


@pytest.fixture
def pip(monkeypatch):
    """A pip that installs nothing and logs its command and its constraints."""
    log = SimpleNamespace(command=None, constraints="", returncode=0, stderr="")

    def run(command, **_settings):
        log.command = command
        with open(command[command.index("--constraint") + 1], encoding="utf-8") as file:
            log.constraints = file.read()
        return SimpleNamespace(returncode=log.returncode, stderr=log.stderr)

    monkeypatch.setattr(colab, "subprocess", SimpleNamespace(run=run))
    return log


def test_nothing_is_missing_here():
    assert colab.missing_packages() == []


def test_an_installed_package_reads_its_own_metadata_and_leaves_the_extras_out(monkeypatch):
    listed = ["scikit-nothing>=0.4", 'scikit-extra>=1; extra == "test"', 'scikit-old>=1; python_version < "3"']
    monkeypatch.setattr(colab.places, "INSTALLED", True)
    monkeypatch.setattr(colab, "requires", {"clr-notebooks": listed}.get)
    assert colab.missing_packages() == ["scikit-nothing>=0.4"]


def test_missing_packages_are_named_with_their_bounds():
    assert colab.missing_packages(["numpy>=2", "scikit-nothing>=0.4"]) == ["scikit-nothing>=0.4"]


def test_a_package_that_is_too_old_stops_the_notebook_and_is_not_replaced():
    with pytest.raises(RuntimeError, match=r"numpy>=1000 \(here: .+\).*runtime version"):
        colab.missing_packages(["numpy>=1000", "scikit-nothing"])


def test_a_nightly_version_satisfies_its_bound(monkeypatch):
    monkeypatch.setattr(colab, "version", lambda name: "3.14.0.dev2026")
    assert colab.missing_packages(["keras>=3.13"]) == []


@pytest.mark.parametrize(("gpu", "line"), [(None, "no GPU: "), ("Tesla T4", "GPU: Tesla T4\n")])
def test_the_gpu_is_named(gpu, line, monkeypatch, capsys, pip):
    monkeypatch.setattr(devices, "gpu_name", lambda: gpu)
    colab.prepare()
    assert capsys.readouterr().out.startswith(line)
    assert pip.command is None


def test_pip_gets_what_is_missing_and_keeps_what_is_there(monkeypatch, pip, capsys):
    monkeypatch.setattr(colab, "missing_packages", lambda: ["scikit-nothing>=0.4"])
    colab.prepare()
    assert pip.command[-1] == "scikit-nothing>=0.4"
    assert "installed: scikit-nothing" in capsys.readouterr().out
    for name in ("keras", "numpy", "scipy", "pandas", "scikit-learn", "matplotlib"):
        assert f"\n{name}=={version(name)}\n" in pip.constraints


def test_packages_that_pip_cannot_read_are_left_out(monkeypatch):
    found = [("numpy", "2.1.3"), ("devscripts", "2.22.1ubuntu1"), ("broken", None), (None, "1.0"), ("numpy", "1.26.4")]
    monkeypatch.setattr(colab, "distributions", lambda: [SimpleNamespace(name=n, version=v) for n, v in found])
    assert colab.installed() == [("numpy", "2.1.3")]


def test_a_failed_installation_says_why(monkeypatch, pip):
    monkeypatch.setattr(colab, "missing_packages", lambda: ["scikit-nothing"])
    pip.returncode, pip.stderr = 1, "WARNING: slow\nERROR: No matching distribution\nnotice: a new pip\n"
    with pytest.raises(RuntimeError, match=r"scikit-nothing: ERROR: No matching distribution\. Is there a network"):
        colab.prepare()


@pytest.mark.parametrize("there", [False, True])
def test_only_colab_is_prepared(there, monkeypatch):
    calls = []
    monkeypatch.setattr(colab, "prepare", lambda: calls.append(1))
    monkeypatch.delenv("CLR_PROFILE", raising=False)
    if there:
        monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    else:
        monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    with matplotlib.rc_context():
        setup_notebook()
    assert calls == [1] * there
