"""The files of the set-up agree, and the Makefile does what it says."""

import os
import re
import runpy
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
INSTALLED_EXTRAS = {"cpu", "lab", "site", "test"}
MACHINES = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")]


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def locked():
    pins = re.sub(r" *\\\n", "", text("requirements.lock")).splitlines()
    return [Requirement(pin.split(" --hash")[0]) for pin in pins if not pin.strip().startswith("#")]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize(("system", "machine"), MACHINES)
def test_lock_satisfies_pyproject(python, system, machine):
    place = {"python_version": python, "python_full_version": f"{python}.9"}
    place |= {"sys_platform": system, "platform_machine": machine, "extra": ""}
    versions = {
        pin.name: str(pin.specifier).removeprefix("==")
        for pin in locked()
        if pin.marker is None or pin.marker.evaluate(place)
    }
    wanted = [*PROJECT["dependencies"], *PYPROJECT["build-system"]["requires"]]
    for extra in INSTALLED_EXTRAS:
        wanted += PROJECT["optional-dependencies"][extra]
    for each in map(Requirement, wanted):
        if each.marker is None or each.marker.evaluate(place):
            assert each.name in versions, f"{each.name} is not locked: make lock"
            assert each.specifier.contains(versions[each.name]), f"{each} is locked at {versions[each.name]}: make lock"
    assert not {"tensorflow", "tensorflow-cpu"} <= versions.keys(), "the two overwrite each other"


def test_lock_names_no_host_and_no_path():
    for line in text("requirements.lock").splitlines():
        pin = r"[a-z0-9.-]+==[\w.]+( ; [\w .*'=<>!()-]+)? \\"
        assert re.fullmatch(rf"{pin}|    --hash=sha256:[0-9a-f]{{64}}( \\)?|\s+# .*", line), line
        assert not re.search(r"://|/|@", line), line


def test_conda_environment_agrees_with_pyproject():
    dependencies = yaml.safe_load(text("environment.yml"))["dependencies"]
    named = [each for each in dependencies if isinstance(each, str)]
    pip = next(each["pip"] for each in dependencies if isinstance(each, dict))
    python = next(each for each in named if each.startswith("python "))
    assert SpecifierSet(python.removeprefix("python ")) == SpecifierSet(PROJECT["requires-python"])
    assert "pip" in named
    assert len(pip) == 1
    folder, extras = re.fullmatch(r"-e (\.)\[([\w,]+)\]", pip[0]).groups()
    assert folder == "."
    assert set(extras.split(",")) == INSTALLED_EXTRAS


def test_other_places_name_the_same_extras():
    assert f".[{','.join(sorted(INSTALLED_EXTRAS))}]" in text("tools/setup.sh")
    assert set(re.findall(r"--extra (\w+)", text("Makefile"))) == INSTALLED_EXTRAS


def test_supported_pythons_agree():
    bounds = SpecifierSet(PROJECT["requires-python"])
    assert [minor for minor in range(6, 20) if bounds.contains(f"3.{minor}.5")] == [11, 12, 13]
    assert "3.11 | 3.12 | 3.13)" in text("tools/setup.sh")
    jobs = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"]
    for job in (jobs["test"], jobs["newest"]):
        matrix = job["strategy"]["matrix"]
        assert (matrix["os"], matrix["python"]) == (["ubuntu-latest", "macos-latest"], ["3.11", "3.13"])
        assert job["steps"][-1]["run"].startswith("make test ")


def test_what_is_to_come_is_tried_every_week_and_may_fail():
    job = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"]["newest"]
    ahead = [entry for entry in job["strategy"]["matrix"]["include"] if entry["pre"]]
    assert [entry["python"] for entry in ahead] == ["3.14"]
    assert job["continue-on-error"] == "${{ matrix.pre == 1 }}"
    assert job["env"] == {"LOCKED": 0, "PRE": "${{ matrix.pre }}"}


def test_hosted_ci_runs_known_actions_and_keeps_no_credentials():
    jobs = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"].values()
    used = [step for job in jobs for step in job["steps"] if "uses" in step]
    assert [step["uses"] for step in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])] == []
    checkouts = [step for step in used if step["uses"].startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False] * len(jobs)


TARGETS = set(re.findall(r"^([a-z-]+):", text("Makefile"), flags=re.M)) - {"help"}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/index.md", "notebooks/TEACHING.md"])
def test_commands_that_a_page_names_are_make_targets(page):
    code = re.findall(r"(?m)^ {4}.*$|`[^`]+`", text(page))
    mentioned = {name for line in code for name in re.findall(r"\bmake ([a-z-]+)", line)}
    assert mentioned <= TARGETS
    assert mentioned >= ({"lab", "test"} if page == "README.md" else set())


def test_the_way_without_make_is_that_of_make():
    recipes = re.findall(r"^\t@(?:set -f; )?(sh tools/\S+)", text("Makefile"), flags=re.M)
    assert f"`{' && '.join(recipes)}`" in text("README.md")


def test_every_target_has_its_row():
    rows = re.findall(r"^\| `make ([a-z-]+).*?` \|", text("CONTRIBUTING.md"), flags=re.M)
    assert len(rows) == len(TARGETS)
    assert set(rows) == TARGETS


def test_ci_runs_what_the_readme_names():
    commands = [line for line in text(".ci/run").splitlines() if not re.match(r"#|set |cd |$", line)]
    assert commands == ["make test"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.fixture
def bare(tmp_path):
    """The Makefile in a folder whose Python prints what it is handed, a line a word."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name, body in ((".venv/bin/python", 'printf "%s\\n" "$@"'), ("tools/setup.sh", ""), ("tools/lab.sh", "")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def make(folder, *arguments, **environment):
    command = ["make", "--silent", *arguments]
    found = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    return found.stdout.splitlines()


COMMANDS = "x; touch pwned; $(shell touch pwned) $$(touch pwned) `touch pwned` * \"; touch pwned; '; touch pwned"


@pytest.mark.parametrize(
    ("target", "name"),
    [
        *(("run", name) for name in ("NB", "PROFILE")),
        ("slides", "LESSON"),
        *((target, "NB") for target in ("calibrate", "gauge", "slides", "timings")),
        *(("badges", "REPO"), ("mutants", "FILE"), ("lab", "ARGS")),
    ],
)
def test_what_is_typed_after_make_is_text(target, name, bare):
    before = sorted(bare.rglob("*"))
    typed = make(bare, target, f"{name}={COMMANDS}")
    assert make(bare, target, **{name: COMMANDS}) == typed
    assert sorted(bare.rglob("*")) == before
    if target != "lab":
        assert " ".join(typed).endswith(COMMANDS) or COMMANDS in typed


def test_numbers_reach_the_tool_one_by_one(bare):
    assert make(bare, "run", "NB=04 05", "PROFILE=paper")[-5:] == ["--profile", "paper", "--", "04", "05"]
    assert make(bare, "run", "NB=04 05")[-4:] == ["tools/run_notebooks.py", "--", "04", "05"]


def test_clean_removes_what_it_names_and_nothing_beside_it(bare):
    kept = [bare / "notebooks" / "solutions" / "kept.ipynb", bare / ".venv" / "__pycache__" / "kept.pyc"]
    gone = [bare / "notebooks" / "solutions old" / ".ipynb_checkpoints" / "a", bare / "__pycache__" / "b"]
    for path in (*kept, *gone, bare / "build" / "site"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    make(bare, "clean")
    assert [path.exists() for path in kept] == [True, True]
    assert [path.parent.exists() for path in gone] == [False, False]
    assert not (bare / "build").exists()


# What they test is no file of clr_utils or tools: documents, the whole project, or the tests' own helpers.
NOT_OF_ONE_FILE = {
    *("accessibility", "glossary", "import", "notebooks", "practitioners", "project", "public_names", "readme"),
    *("setup", "teaching", "wheel"),
    *("colab_runtime", "exercises", "exercises_checks", "notebook_rules", "studies", "two_devices"),
    # Topics of one file:
    *("callbacks_warnings", "policies_arguments", "policies_in_graph", "policies_laws", "policies_staged"),
    *("range_test_run_data", "range_test_untouched_seeds", "range_test_untouched_states", "restarts_arguments"),
    *("restarts_libraries", "schedules_policy", "schedules_saved"),
}


def test_test_files_are_named_after_what_they_test():
    files = [path.relative_to(ROOT / "clr_utils").with_suffix("") for path in (ROOT / "clr_utils").rglob("*.py")]
    known = {"_".join(path.parts) for path in files} | {path.stem for path in (ROOT / "tools").glob("*.py")}
    tests = {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}
    assert tests - known == NOT_OF_ONE_FILE


def test_the_costly_files_are_there():
    costly = runpy.run_path(str(ROOT / "conftest.py"))["COSTLY"]
    assert [file for file in costly if not (ROOT / file).is_file()] == []
