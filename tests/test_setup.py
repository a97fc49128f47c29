"""tools/setup.sh, with stand-ins for Python that log what they are asked to do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

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


@pytest.mark.parametrize(
    ("version", "told"),
    [("3.13", "with {} (Python 3.13)"), ("3.14", "PYTHON={} is Python 3.14; looking for another")],
)
def test_setup_prefers_the_python_it_is_given_or_says_that_it_does_not_fit(set_up, version, told):
    set_up.python("python3", "3.11")
    given = set_up.python("my python", version)
    code, printed, _ = set_up(PYTHON=given)
    assert code == 0
    assert told.format(given) in printed


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
