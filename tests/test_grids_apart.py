"""Processes of their own: results and failures come back, and none outlives the one who began it."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from clr_utils.grids.apart import ONE_THREAD, ProcessDiedError, call_apart
from test_grids_run import wait_for

BEGIN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell begins with SIGINT ignored
from functools import partial
from test_grids_apart import sleep
from clr_utils.grids.apart import call_apart
list(call_apart([partial(sleep, sys.argv[1], number) for number in range(6)], workers=2))
"""


def sleep(folder, number):
    (Path(folder) / f"{os.getpid()}").touch()
    time.sleep(60)


def out_of_luck():
    print("out of luck", file=sys.stderr)
    os._exit(7)


def once_killed(marker):
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def test_results_failures_and_the_dead_come_back_with_their_number(tmp_path):
    environment = partial(lambda names: {name: os.environ.get(name) for name in names}, list(ONE_THREAD))
    calls = [environment, partial(int, "x"), out_of_luck, partial(once_killed, tmp_path / "marker")]
    found = dict(call_apart(calls, workers=2))
    assert found[0] == ONE_THREAD
    assert isinstance(found[1], ValueError)
    assert isinstance(found[2], ProcessDiedError)
    assert str(found[2]) == "its process ended with exit status 7, in 2 attempts. It said last: out of luck"
    assert found[3] == "done"


def test_each_call_has_a_process_to_itself():
    pids = [pid for _, pid in call_apart([os.getpid] * 3)]
    assert len({*pids, os.getpid()}) == 4


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that has ended and that nobody has asked about is still listed.
    return not Path(f"/proc/{pid}/stat").exists() or Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda sent: sent.name)
def test_they_end_with_the_one_who_began_them(tmp_path, sent):
    parent = subprocess.Popen(
        [sys.executable, "-c", BEGIN, str(tmp_path)], cwd=Path(__file__).parent, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
    parent.send_signal(sent)
    parent.wait()
    began = [int(path.name) for path in tmp_path.iterdir()]
    wait_for(lambda: not any(map(alive, began)), seconds=5)
    time.sleep(0.3)
    assert len(list(tmp_path.iterdir())) == 2, "no further call was begun"


def test_who_stops_asking_ends_them(tmp_path):
    outcomes = call_apart([partial(sleep, tmp_path, 0), partial(int, 1)], workers=2)
    assert next(outcomes) == (1, 1)
    wait_for(lambda: list(tmp_path.iterdir()))
    outcomes.close()
    (path,) = tmp_path.iterdir()
    assert not alive(int(path.name))
