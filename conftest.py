"""For tests/ and notebooks/ alike: one thread and one core a worker, the quick profile, no comparison of stderr."""

import os

for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CLR_PROFILE"] = "quick"
# Linux moves a worker's Python and TensorFlow threads, which take turns, from core to core; that costs a tenth.
if (worker := os.environ.get("PYTEST_XDIST_WORKER")) and hasattr(os, "sched_setaffinity"):
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[int(worker.removeprefix("gw")) % len(cores)]})
for name in ("CLR_SEED", "CLR_CALIBRATION"):
    os.environ.pop(name, None)


def pytest_collectstart(collector):
    """TensorFlow's C++ log lines reach a saved notebook, but not nbval's run of it."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr",)
