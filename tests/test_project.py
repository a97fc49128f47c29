"""The set-up agrees with itself, and its scripts say what is wrong."""

import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from functools import partial
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import calibrate
import run_notebooks

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
INSTALLED_EXTRAS = {"cpu", "lab", "site", "test"}
MACHINES = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")]


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


# Files that must agree


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
    *("teaching", "wheel"),
    *("colab_runtime", "exercises", "exercises_checks", "notebook_rules", "studies", "two_devices"),
    # Topics of one file:
    *("callbacks_warnings", "policies_in_graph", "range_test_run_data", "restarts_arguments", "restarts_libraries"),
    *("schedules_policy",),
}


def test_test_files_are_named_after_what_they_test():
    files = [path.relative_to(ROOT / "clr_utils").with_suffix("") for path in (ROOT / "clr_utils").rglob("*.py")]
    known = {"_".join(path.parts) for path in files} | {path.stem for path in (ROOT / "tools").glob("*.py")}
    tests = {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}
    assert tests - known == NOT_OF_ONE_FILE


def test_the_costly_files_are_there():
    costly = runpy.run_path(str(ROOT / "conftest.py"))["COSTLY"]
    assert [file for file in costly if not (ROOT / file).is_file()] == []


# tools/setup.sh, with stand-ins for Python that log what they are asked to do

STAND_IN = """\
#!/bin/sh
echo "$*" >>"{log}"
case "$*" in
*version_info*) echo {version} ;;
*"import venv"*) exit {venv_missing} ;;
"-m venv"*)
    mkdir -p .venv/bin
    cp "$0" .venv/bin/python
    echo "#!$PWD/.venv/bin/python" >.venv/bin/pip ;;
*"-m pip"*) test ! -e "{broken}" ;;
esac
"""


class SetUp:
    """A copy of the project's set-up in an empty folder, on a machine with none but the given commands."""

    def __init__(self, folder):
        self.project, self.bin, self.log = folder / "a project", folder / "bin", folder / "log"
        self.broken = folder / "network is broken"
        (self.project / "tools").mkdir(parents=True)
        self.bin.mkdir()
        for name in ("tools/setup.sh", "requirements.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, self.project / name)
        for command in ("sh", "cat", "cksum", "cp", "dirname", "grep", "mkdir", "rm"):
            (self.bin / command).symlink_to(shutil.which(command))

    def python(self, name, version, *, venv=True):
        path = self.bin / name
        settings = {"version": version, "log": self.log, "broken": self.broken, "venv_missing": 0 if venv else 1}
        path.write_text(STAND_IN.format(**settings), encoding="utf-8")
        path.chmod(0o755)
        return path

    def shim(self, name):
        """What pyenv leaves in the path for a version that is not active."""
        path = self.bin / name
        path.write_text("#!/bin/sh\necho command not found >&2\nexit 127\n", encoding="utf-8")
        path.chmod(0o755)

    def __call__(self, **environment):
        """The exit code, what was printed, and what Python was asked to do."""
        self.log.write_text("", encoding="utf-8")
        command = [self.bin / "sh", self.project / "tools" / "setup.sh"]
        environment = {"PATH": str(self.bin)} | {name: str(value) for name, value in environment.items()}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr, self.log.read_text(encoding="utf-8")


@pytest.fixture
def set_up(tmp_path):
    return SetUp(tmp_path)


APT = "sudo apt install python3 python3-venv"
DEADSNAKES = "sudo add-apt-repository ppa:deadsnakes/ppa &&"


def test_setup_without_python_prints_the_remedy(set_up):
    code, printed, _ = set_up()
    assert code == 1
    assert "needs Python 3.11, 3.12 or 3.13" in printed
    assert APT in printed
    assert DEADSNAKES in printed


def test_setup_with_an_old_python_prints_the_remedy(set_up):
    set_up.python("python3", "3.10")
    code, printed, asked = set_up()
    assert code == 1
    assert "python3: is Python 3.10" in printed
    assert DEADSNAKES in printed
    assert "conda create" in printed
    assert APT not in printed, "it would bring the same Python again"
    assert "-m" not in asked


def test_setup_without_venv_prints_the_remedy(set_up):
    set_up.python("python3", "3.11", venv=False)
    code, printed, asked = set_up()
    assert code == 1
    assert "has no venv or ensurepip" in printed
    assert "apt install python3.11-venv" in printed
    assert "-m venv" not in asked


def test_setup_passes_over_what_does_not_run(set_up):
    set_up.shim("python3")
    set_up.python("python3.13", "3.13", venv=False)
    set_up.python("python3.12", "3.12")
    code, printed, _ = set_up()
    assert code == 0
    assert "with python3.12" in printed


def test_setup_prefers_the_python_it_is_given(set_up):
    set_up.python("python3", "3.11")
    given = set_up.python("my python", "3.13")
    code, printed, _ = set_up(PYTHON=given)
    assert code == 0
    assert f"with {given} (Python 3.13)" in printed


def test_setup_says_that_the_given_python_does_not_fit(set_up):
    set_up.python("python3", "3.11")
    given = set_up.python("my python", "3.14")
    code, printed, _ = set_up(PYTHON=given)
    assert code == 0
    assert f"PYTHON={given} is Python 3.14; looking for another" in printed


def test_setup_with_too_new_a_python_names_older_ones(set_up):
    set_up.python("python3", "3.14")
    code, printed, asked = set_up()
    assert code == 1
    assert "python3: is Python 3.14" in printed
    assert "Python 3.14 is too new for TensorFlow's released wheels. Install Python 3.13 or 3.12 beside it" in printed
    assert DEADSNAKES in printed
    assert APT not in printed
    assert "-m" not in asked


def test_setup_passes_over_too_new_a_python(set_up):
    set_up.python("python3", "3.14")
    set_up.python("python3.13", "3.13")
    code, printed, _ = set_up()
    assert code == 0
    assert "with python3.13" in printed
    assert "too new" not in printed


def test_setup_installs_once(set_up):
    set_up.python("python3", "3.11")
    code, printed, asked = set_up()
    assert code == 0, printed
    assert "install -r requirements.lock" in asked
    assert "install --no-deps --no-build-isolation -e ." in asked
    code, printed, asked = set_up()
    assert (code, printed, asked) == (0, "", "")


def test_setup_resumes_what_was_interrupted(set_up):
    set_up.python("python3", "3.11")
    set_up.broken.touch()
    code, printed, _ = set_up()
    assert code == 1
    assert "Type the same command again" in printed
    half = set_up.project / ".venv" / "lib" / "python3.11" / "site-packages" / "half-1.0.dist-info"
    whole = half.with_name("whole-1.0.dist-info")
    half.mkdir(parents=True)
    whole.mkdir()
    (whole / "RECORD").touch()
    set_up.broken.unlink()
    code, _, asked = set_up()
    assert code == 0
    assert "install -r requirements.lock" in asked
    assert "-m venv" not in asked
    assert whole.exists()
    assert not half.exists()


def test_setup_runs_once_at_a_time(set_up):
    set_up.python("python3", "3.11")
    running = set_up.project / ".venv.pid"
    running.write_text(str(os.getpid()), encoding="utf-8")
    code, printed, asked = set_up()
    assert code == 1
    assert "Another set-up of this folder is running" in printed
    assert asked == ""
    with subprocess.Popen(["true"]) as ended:
        pass
    running.write_text(str(ended.pid), encoding="utf-8")
    assert set_up()[0] == 0
    assert not running.exists()


def test_setup_says_that_the_folder_cannot_be_written(set_up):
    set_up.python("python3", "3.11")
    (set_up.project / ".venv.pid").mkdir()  # root may write into what is read-only, but not over a folder
    code, printed, asked = set_up()
    assert code == 1
    assert printed.startswith(f"The set-up cannot write into this folder: {set_up.project} is read-only")
    assert "Copy the project to a folder of your own" in printed
    assert len(printed.splitlines()) == 2
    assert asked == ""


def test_setup_follows_a_new_lock(set_up):
    set_up.python("python3", "3.11")
    set_up()
    with (set_up.project / "requirements.lock").open("a", encoding="utf-8") as lock:
        lock.write("# new\n")
    _, _, asked = set_up()
    assert "install -r requirements.lock" in asked
    assert "-m venv" not in asked


def test_setup_makes_a_moved_environment_anew(set_up):
    set_up.python("python3", "3.11")
    set_up()
    set_up.project = set_up.project.rename(set_up.project.with_name("moved"))
    code, _, asked = set_up()
    assert code == 0
    assert "-m venv --clear .venv" in asked


def test_setup_with_the_newest_versions_and_back(set_up):
    set_up.python("python3", "3.11")
    _, _, asked = set_up(LOCKED=0)
    assert "--upgrade" in asked
    assert "-e .[cpu,lab,site,test]" in asked
    assert set_up(LOCKED=0)[2] == ""
    assert "install -r requirements.lock" in set_up()[2]
    assert set_up(LOCKED="no")[0] == 2


@pytest.mark.parametrize(("python", "told"), [("3.13", ""), ("3.14", " --ignore-requires-python")])
def test_setup_with_prereleases_and_back(python, told, set_up):
    """Back in an environment of its own: the nightly build of Keras has overwritten files of Keras."""
    set_up.python("python3", python)
    set_up.python("python3.12", "3.12")
    code, printed, asked = set_up(LOCKED=0, PRE=1)
    assert code == 0, printed
    assert f"--pre{told} -e .[cpu,lab,site,test]" in asked
    assert asked.splitlines()[-1].endswith("install --pre --no-deps --force-reinstall keras-nightly")
    assert set_up(LOCKED=0, PRE=1) == (0, "", "")
    _, printed, asked = set_up(LOCKED=0)
    assert f"Making .venv with {'python3 ' if python == '3.13' else 'python3.12'}" in printed
    assert "--pre" not in asked
    assert "-m venv --clear .venv" in set_up(LOCKED=0, PRE=1)[2]


@pytest.mark.parametrize("settings", [{"PRE": 1}, {"LOCKED": 0, "PRE": "yes"}])
def test_setup_refuses_prereleases_with_the_lock(settings, set_up):
    set_up.python("python3", "3.11")
    code, printed, asked = set_up(**settings)
    assert code == 2
    assert f"PRE is '{settings['PRE']}'; it must be 0, or 1 together with LOCKED=0" in printed
    assert asked == ""


# tools/run_notebooks.py and tools/calibrate.py


def write_notebook(folder, name, *sources):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.cells[0].metadata = {"tags": ["keep"], "execution": {"iopub.status.busy": "then"}}
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)
    return path


WHERE_AND_HOW = "import os; print(os.path.basename(os.getcwd()), os.environ['CLR_PROFILE'])"


def test_run_executes_in_place_leaves_what_fails_alone_and_goes_on(tmp_path, capsys):
    write_notebook(tmp_path, "01_fails.ipynb", "import os", "raise ValueError(os.path.basename(os.getcwd()))", "b = 2")
    solutions = write_notebook(tmp_path, "solutions/01_fails_solutions.ipynb", WHERE_AND_HOW)
    write_notebook(tmp_path, "02_dies.ipynb", "import os; os.kill(os.getpid(), 9)")
    write_notebook(tmp_path, "03_not_asked_for.ipynb", "1")
    before = files(tmp_path)
    assert run_notebooks.main(["--folder", str(tmp_path), "--profile", "paper", "1", "02"]) == 1
    cell = nbformat.read(solutions, 4).cells[0]
    assert cell.outputs[0].text == "solutions paper\n"
    assert cell.execution_count == 1
    assert cell.metadata == {"tags": ["keep"]}
    after = files(tmp_path)
    assert before.keys() == after.keys()
    assert [path for path in before if before[path] != after[path]] == [solutions]
    first, why, solved, second, died, summary, _ = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"01_fails\.ipynb +\d+\.\d s  FAILED, the file is as it was", first)
    assert why.endswith(f"code cell 2 (raise ValueError(os.path.basename(os.getcwd()))): ValueError: {tmp_path.name}")
    assert re.fullmatch(r"solutions/01_fails_solutions\.ipynb +\d+\.\d s", solved)
    assert second.startswith("02_dies.ipynb ")
    assert "code cell 1 (import os; os.kill(os.getpid(), 9)): the kernel died" in died
    assert summary.startswith("1 of 3 notebooks")


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("environment", "arguments", "ran"),
    [("", [], "quick"), ("paper", [], "paper"), ("paper", ["--profile", "quick"], "quick")],
)
def test_run_takes_the_profile_of_the_environment_unless_one_is_named(
    tmp_path, monkeypatch, environment, arguments, ran
):
    write_notebook(tmp_path, "01_a.ipynb", "1")
    monkeypatch.delenv("CLR_PROFILE")
    if environment:
        monkeypatch.setenv("CLR_PROFILE", environment)
    asked = []
    monkeypatch.setattr(run_notebooks, "run", lambda path, folder, profile: asked.append(profile) or True)
    assert run_notebooks.main(["--folder", str(tmp_path), *arguments]) == 0
    assert asked == [ran]


@pytest.mark.parametrize("typed", ["fast", ""])
def test_run_refuses_a_profile_of_the_environment_that_is_none(tmp_path, capsys, monkeypatch, typed):
    path = write_notebook(tmp_path, "01_a.ipynb", "1")
    before = path.read_bytes()
    monkeypatch.setenv("CLR_PROFILE", typed)
    with pytest.raises(SystemExit):
        run_notebooks.main(["--folder", str(tmp_path)])
    assert f"CLR_PROFILE is {typed!r}; it must be one of: quick, paper" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_run_keeps_what_is_folded(tmp_path):
    path = write_notebook(tmp_path, "01_a.ipynb", "1")
    notebook = nbformat.read(path, 4)
    notebook.cells[0].metadata["jupyter"] = folds = {"source_hidden": True, "outputs_hidden": True}
    nbformat.write(notebook, path)
    assert run_notebooks.main(["--folder", str(tmp_path)]) == 0
    assert nbformat.read(path, 4).cells[0].metadata.jupyter == folds


def test_run_is_a_success_where_nothing_fails(tmp_path, capsys, monkeypatch):
    write_notebook(tmp_path, "01_a.ipynb", "1")
    monkeypatch.setattr(run_notebooks, "run", lambda path, folder, profile: True)
    assert run_notebooks.main(["--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 of 1 notebooks ran to their end in the quick profile\n"


def test_run_stops_at_ctrl_c(tmp_path):
    path = write_notebook(tmp_path, "01_a.ipynb", "open('started', 'w').close(); import time; time.sleep(60)")
    before = path.read_bytes()
    command = [sys.executable, ROOT / "tools" / "run_notebooks.py", "--folder", tmp_path]
    # A background job of a shell ignores SIGINT, and hands that on.
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=listen) as process:
        deadline = time.monotonic() + 40
        while not (tmp_path / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "stopped" in printed
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["07"], "there is no notebook 07 in "),
        (["--profile", "fast"], "PROFILE is 'fast'; it must be one of: quick, paper"),
    ],
)
def test_run_refuses_what_does_not_exist(tmp_path, capsys, arguments, message):
    path = write_notebook(tmp_path, "01_a.ipynb", "1")
    before = path.read_bytes()
    with pytest.raises(SystemExit) as exit_:
        run_notebooks.main(["--folder", str(tmp_path), *arguments])
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err
    assert path.read_bytes() == before


def test_save_keeps_the_old_file_when_writing_fails(tmp_path):
    path = write_notebook(tmp_path, "01_a.ipynb", "1")
    before = path.read_bytes()
    with pytest.raises(AttributeError):
        run_notebooks.save("no notebook", path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


VERDICTS = """\
from clr_utils import notebook_seed, verdict
verdict("the seed is small", notebook_seed(), below=1000)
verdict("the seed is odd", notebook_seed() % 2, above=0.5)
"""


def test_calibrate_records_every_margin(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(calibrate, "SEEDS", 2)
    monkeypatch.setattr(calibrate, "MUST_HOLD", 2)
    path = write_notebook(tmp_path, "01_a.ipynb", VERDICTS)
    before = path.read_bytes()
    results = tmp_path / "results"
    assert calibrate.main(["--folder", str(tmp_path), "--results", str(results), "01"]) == 1
    assert path.read_bytes() == before
    assert [each.name for each in results.iterdir()] == ["01_a.json"]
    record = json.loads((results / "01_a.json").read_text(encoding="utf-8"))
    small, odd = record["claims"]
    assert (small["side"], small["bound"], small["held"], small["kept"]) == ("below", 1000, 2, True)
    assert small["margins"] == [1000, 999]
    assert (odd["side"], odd["bound"], odd["held"], odd["kept"]) == ("above", 0.5, 1, False)
    assert odd["mean_margin"] == 0
    printed = capsys.readouterr().out
    assert re.search(r"^NO +1/2 .*the seed is odd \(above 0.5\)$", printed, flags=re.M)


def test_a_seed_that_stops_counts_as_not_held():
    verdict = {"claim": "c", "value": 1.0, "above": 0.5, "margin": 0.5}
    record = calibrate.summarise([[verdict]] * 18 + [[], [verdict | {"margin": float("nan")}]])[0]
    assert record["margins"][18:] == [None, None]
    assert (record["held"], record["kept"]) == (18, False)


def test_a_claim_made_twice_is_refused():
    verdict = {"claim": "c", "value": 1.0, "above": 0.5, "margin": 0.5}
    with pytest.raises(ValueError, match="made twice"):
        calibrate.summarise([[verdict, verdict]])


def test_calibrate_asks_for_a_notebook_that_exists(capsys):
    with pytest.raises(SystemExit):
        calibrate.main([])
    assert "make calibrate NB=01" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        calibrate.main(["98"])
    assert "there is no notebook 98" in capsys.readouterr().err
