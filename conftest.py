"""For tests/ and notebooks/ alike: one thread and one core a worker, the quick profile, no comparison of stderr."""

import os

# A worker takes whole files. These take longest, so they come first, in this order: then both workers end together.
COSTLY = [
    "notebooks/09_beyond_clr.ipynb",
    "notebooks/06_microcalcification.ipynb",
    "notebooks/03_range_test.ipynb",
    "notebooks/04_mnist.ipynb",
    "notebooks/07_cifar10.ipynb",
    "notebooks/08_chest_xray.ipynb",
    "notebooks/05_unbalanced_metrics.ipynb",
    "notebooks/01_learning_rate.ipynb",
    "tests/test_range_test_untouched.py",
    "tests/test_build_site.py",
    "notebooks/02_cyclical_policies.ipynb",
    "tests/test_range_test_run.py",
    "tests/test_two_devices.py",
    "tests/test_callbacks_warnings.py",
    "tests/test_schedules.py",
    "tests/test_schedules_saved.py",
    "tests/test_differential.py",
    "tests/test_snapshots.py",
    "tests/test_optimizers.py",
    "tests/test_range_test_run_data.py",
    "tests/test_grids_cluster.py",
]

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


def pytest_collection_modifyitems(items):
    """The costly files first."""
    items.sort(key=lambda item: COSTLY.index(file) if (file := item.nodeid.split("::")[0]) in COSTLY else len(COSTLY))
