"""The set-up check of notebook 00 finds what is missing."""

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError

import clr_utils.course.setup_check as setup_check
from clr_utils import devices
from clr_utils.course.setup_check import PACKAGES, check_setup
from helpers import ROOT


def answer(what):
    return next(answer for answer in check_setup() if answer.what == what)


def test_this_computer_is_ready():
    answers = check_setup()
    assert [a.what for a in answers] == ["Python", *PACKAGES, "data", "training"]
    # Where pre-releases are tried (LOCKED=0 PRE=1), Python may be newer than the project promises.
    expected = [a.what != "Python" or sys.version_info < (3, 14) for a in answers]
    assert [a.ok for a in answers] == expected, answers


def test_every_package_that_the_project_needs_is_looked_at():
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert [re.match(r"[\w-]+", each)[0] for each in needed] == list(PACKAGES)


def test_a_missing_package_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(setup_check, "PACKAGES", ("numpy", "no-such-package"))
    assert answer("numpy").ok
    assert not answer("no-such-package").ok
    assert "pip install no-such-package" in answer("no-such-package").detail


def test_a_nightly_build_is_the_package(monkeypatch):
    """Pre-releases of TensorFlow bring Keras by the name of keras-nightly."""

    def version(name):
        if name == "keras-nightly":
            return "3.16.0.dev1"
        raise PackageNotFoundError(name)

    monkeypatch.setattr(devices, "version", version)
    assert answer("keras") == ("keras", True, "3.16.0.dev1")
    assert not answer("numpy").ok


def test_an_old_python(monkeypatch):
    monkeypatch.setattr(setup_check.sys, "version_info", (3, 10, 4))
    assert not answer("Python").ok
    assert "use 3.11 to 3.13" in answer("Python").detail


def test_broken_data_are_reported(monkeypatch):
    def fail(profile):
        raise FileNotFoundError("mnist_5k.npz is missing")

    monkeypatch.setattr("clr_utils.datasets.mnist.load_mnist", fail)
    assert answer("data") == ("data", False, "FileNotFoundError: mnist_5k.npz is missing")


def test_wrong_rates_are_found(monkeypatch):
    monkeypatch.setattr("clr_utils.schedules.CyclicalLearningRate.__call__", lambda self, step: 0.001)
    assert not answer("training").ok
    assert "got the rates" in answer("training").detail
