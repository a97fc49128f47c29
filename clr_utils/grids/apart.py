"""Calls in Python processes of their own: each in one thread, ended when whoever began it ends.

A process that is killed takes its own call with it and no other; that call is tried once more. What a process prints is
shown where it dies.
"""

import os
import pickle
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory

from clr_utils.files import write_atomically

ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ),
    "1",
)
TRIES = 2
MOST_SAID = 500  # characters of what a process that died had printed
PAUSE = 0.05  # seconds between two looks at the processes


class ProcessDiedError(RuntimeError):
    """The process of a call ended before the call did, as often as it was tried."""


def call_apart(calls, workers=1):
    """Call functions in processes of their own, `workers` at a time.

    Args:
        calls: Functions without arguments, such as `functools.partial` makes. They are pickled by cloudpickle, their
            results by pickle.
        workers: Processes at a time.

    Yields:
        (number of the call, its result or its exception), in the order in which they end; a `ProcessDiedError` where
        the process ended first. Where the generator is closed, or interrupted, the processes that still run are ended.
    """
    waiting, running = deque((number, 1) for number in range(len(calls))), {}
    with TemporaryDirectory(prefix="clr-grid-", ignore_cleanup_errors=True) as folder:
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    number, attempt = waiting.popleft()
                    place = Path(folder) / f"{number}-{attempt}"
                    running[_start(calls[number], place)] = number, attempt, place
                for process in [each for each in running if each.poll() is not None]:
                    number, attempt, place = running.pop(process)
                    process.stdin.close()
                    outcome = _outcome(process, place)
                    if isinstance(outcome, ProcessDiedError) and attempt < TRIES:
                        waiting.append((number, attempt + 1))
                    else:
                        yield number, outcome
                time.sleep(PAUSE)
        finally:
            for process in running:
                process.kill()
                process.wait()
                process.stdin.close()


def _start(call, place):
    import cloudpickle

    place.mkdir()
    (place / "call").write_bytes(cloudpickle.dumps(call))
    program = f"import sys; sys.path[:] = {sys.path!r}; from clr_utils.grids import apart; apart.main(sys.argv[1])"
    with (place / "said").open("wb") as said:
        # A session of its own: Ctrl-C reaches the one who waits, and he ends the rest.
        return subprocess.Popen(
            [sys.executable, "-c", program, str(place)],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            env={**os.environ, **ONE_THREAD},
            start_new_session=True,
        )


def _outcome(process, place):
    result = place / "result"
    if result.exists():
        return pickle.loads(result.read_bytes())
    code = process.returncode
    how = f"was killed by signal {-code} (often for want of memory)" if code < 0 else f"ended with exit status {code}"
    said = (place / "said").read_text(encoding="utf-8", errors="replace").strip()[-MOST_SAID:]
    return ProcessDiedError(f"its process {how}, in {TRIES} attempts{said and f'. It said last: {said}'}")


def main(place):
    """What a process of its own does: read the call, make it, write the result."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        outcome = pickle.loads((Path(place) / "call").read_bytes())()
    except Exception as error:
        outcome = error
    write_atomically(Path(place) / "result", pickle.dumps(outcome))


def _end_with_parent():
    os.read(0, 1)  # nothing is ever written: the pipe ends when the parent does, however it ends
    os._exit(1)
