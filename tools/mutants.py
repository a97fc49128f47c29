"""Do the tests notice faults? `make mutants [FILE=clr_utils/policies.py]` tries those of tests/mutants.toml.

A mutant is one changed place in a copy of the project, killed when its tests fail there, or hang.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from clr_utils.arguments import typed_count

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 120
PYTEST = """
import os, sys, clr_utils, pytest
assert clr_utils.__file__.startswith(os.getcwd()), clr_utils.__file__
sys.exit(pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""
RUNNING = set()


def load(root=ROOT):
    """The mutants: dicts of file, before, after, tests and fault."""
    return tomllib.loads((root / "tests" / "mutants.toml").read_text(encoding="utf-8"))["mutant"]


def mutated(mutant, root=ROOT):
    """The text of the mutant's file with its change; ValueError where `before` does not stand there exactly once."""
    text, before = (root / mutant["file"]).read_text(encoding="utf-8"), mutant["before"]
    if (found := text.count(before)) != 1:
        raise ValueError(f"{before!r} stands {found} times in {mutant['file']}, not once: mend tests/mutants.toml")
    return text.replace(before, mutant["after"])


def copy_project(root, folder, tests):
    """Copy what git knows or would add; the notebooks only where one of the tests speaks of them."""
    read = any("notebooks" in (root / test).read_text(encoding="utf-8") for test in tests)
    git = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(git, text=True).splitlines():
        if (root / name).is_file() and (read or not name.startswith("notebooks/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name)


def run_tests(root, tests, changes=None):
    """Run tests in a copy with `changes` ({file: text}): exit code (None: too slow), seconds, the end of the output."""
    with TemporaryDirectory(prefix="mutant-") as folder:
        project, log = (Path(folder).resolve() / name for name in ("project", "log"))
        copy_project(root, project, tests)
        for file, text in (changes or {}).items():
            (project / file).write_text(text, encoding="utf-8")
        path = os.pathsep.join([str(project), os.environ.get("PYTHONPATH", "")])
        env = {**os.environ, "PYTHONPATH": path, "TMPDIR": folder}
        began, command = time.perf_counter(), [sys.executable, "-c", PYTEST, *tests]
        with log.open("w") as out:
            process = subprocess.Popen(command, cwd=project, env=env, stdout=out, stderr=out, start_new_session=True)
            RUNNING.add(process)
            with suppress(subprocess.TimeoutExpired):
                process.wait(LIMIT_S)
            code = process.poll()
            end(process)
        return code, time.perf_counter() - began, log.read_text(errors="replace")[-2000:]


def end(process):
    """Kill a process and all that it started."""
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    RUNNING.discard(process)


def try_all(mutants, root, pool):
    """Try the mutants, a line each; 1 where some survive, or else 0. SystemExit where tests fail without them."""
    changes = [{mutant["file"]: mutated(mutant, root)} for mutant in mutants]
    sets = sorted({tuple(mutant["tests"]) for mutant in mutants})
    for tests, (code, _, said) in zip(sets, pool.map(partial(run_tests, root), sets), strict=True):
        if code != 0:
            sys.exit(f"{said}\nwithout a mutant {' '.join(tests)} must pass; pytest ended with {code}")
    killed, tries = 0, pool.map(partial(run_tests, root), [mutant["tests"] for mutant in mutants], changes)
    for mutant, (code, seconds, _) in zip(mutants, tries, strict=True):
        outcome = {0: "SURVIVED", 1: "killed", None: "killed"}.get(code, f"BROKEN ({code})")
        killed += outcome == "killed"
        print(f"{outcome:<10} {seconds:5.1f} s  {mutant['file']}: {mutant['fault']}", flush=True)
    print(f"{killed} of {len(mutants)} killed")
    return 0 if killed == len(mutants) else 1


def main(arguments=None, root=ROOT):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", default="", help="such as clr_utils/policies.py, or a folder; else all")
    parser.add_argument("--workers", type=typed_count, default=2, help="mutants at a time (default: 2)")
    options = parser.parse_args(arguments)
    mutants = [mutant for mutant in load(root) if Path(mutant["file"]).is_relative_to(options.file)]
    if not mutants:
        parser.error(f"tests/mutants.toml has no mutant of {options.file}")
    with ThreadPoolExecutor(options.workers) as pool:
        try:
            return try_all(mutants, root, pool)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in tuple(RUNNING):
                end(process)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped; nothing is left behind")
