"""A wheel holds the module and what it reads, and works where there is no checkout."""

import json
import os
import shutil
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import matplotlib
import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from clr_utils import published

ROOT = Path(__file__).parent.parent
PROGRAM = Path(__file__).with_name("outside_the_checkout.py")


def built(builder, source, folder):
    return next(builder(str(source)).build(directory=str(folder)))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    with ZipFile(built(WheelBuilder, ROOT, tmp_path_factory.mktemp("wheel"))) as file:
        yield file


def below(folder):
    """What lies below a folder, with the time of the last change."""
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def outside(wheel, tmp_path_factory):
    """What clr_utils did in an empty folder, with a home of its own, installed from the wheel."""
    site, work, home = (tmp_path_factory.mktemp(name) for name in ("site", "work", "home"))
    wheel.extractall(site)
    before = below(site)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CLR_", "PYTHON"))}
    environment |= {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "MPLCONFIGDIR": matplotlib.get_cachedir()}
    command = [sys.executable, "-B", "-P", PROGRAM, site, ROOT]
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    return found | {"site": site, "work": work, "home": home, "changed": below(site).items() ^ before.items()}


def test_the_wheel_holds_the_module_and_its_data_and_nothing_else(wheel):
    names = {name for name in wheel.namelist() if not name.startswith("clr_notebooks-")}
    assert names >= {"clr_utils/__init__.py", "clr_utils/__init__.pyi", "clr_utils/clr.mplstyle"}
    assert names >= {path.relative_to(ROOT).as_posix() for path in ROOT.glob("clr_utils/**/*.py")}
    assert names >= {f"clr_utils/{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob("data/**/*.*")}
    assert {name.split("/")[0] for name in names} == {"clr_utils"}
    assert not [name for name in names if name.endswith((".ipynb", ".pyc")) or "/test_" in name]


def test_the_wheel_names_its_licences(wheel):
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    said = message_from_bytes(wheel.read(metadata))
    assert said["License-Expression"] == "MIT AND CC-BY-4.0 AND CC-BY-SA-3.0"
    assert said.get_all("License-File") == ["LICENSE", "LICENSE-TEXT", "data/README.md"]
    for file in said.get_all("License-File"):
        assert wheel.read(metadata.replace("METADATA", f"licenses/{file}")) == (ROOT / file).read_bytes()


def test_the_source_distribution_builds_the_same_wheel(wheel, tmp_path):
    shutil.unpack_archive(built(SdistBuilder, ROOT, tmp_path), tmp_path)
    (unpacked,) = (path for path in tmp_path.iterdir() if path.is_dir())
    with ZipFile(built(WheelBuilder, unpacked, tmp_path)) as other:
        assert {name: other.read(name) for name in other.namelist()} == {
            name: wheel.read(name) for name in wheel.namelist()
        }


def test_it_is_the_wheel_that_is_used(outside):
    assert {Path(file).is_relative_to(outside["site"]) for file in outside["modules"].values()} == {True}


def test_data_and_records_are_read(outside):
    assert outside["digits"] == [3600, 784]
    assert outside["published"] == published("datacamp.mnist.clr_error").value
    assert set(outside["errors"].values()) == {10}


def test_a_notebook_is_set_up_and_a_range_test_is_drawn(outside):
    assert outside["setup"].startswith("profile quick: ")
    assert outside["figure size"] == [8, 4]
    assert outside["curves"] == 2
    assert [path.name for path in outside["work"].iterdir()] == ["range_test.png"]


def test_the_command_line_answers(outside):
    assert "usage: python -m clr_utils.studies" in outside["help"]


def test_new_records_go_to_the_user(outside):
    grid = outside["grid"]
    assert (grid["failed"], grid["read"]) == (0, {"error": 0.1})
    path = Path(grid["path"])
    assert path.is_relative_to(outside["home"])
    assert path.parts[-3:] == ("results", "mnist", "toy-s00.json")
    assert f"records go to {path.parent.parent}; CLR_RESULTS_DIR names the folder" in grid["said"]


def test_nothing_is_written_to_the_installed_package(outside):
    assert not outside["changed"]


def test_a_missing_file_is_mended_by_a_new_installation(outside):
    assert outside["advice"].endswith("it comes with the project; reinstall the package clr-notebooks")


def test_its_dependencies_are_known_and_here(outside):
    assert "keras>=3.13" in outside["dependencies"]
    assert outside["missing"] == []
