"""For tests/ and notebooks/ alike: one thread a worker, the quick profile, no comparison of stderr."""

import os

for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CLR_PROFILE"] = "quick"
for name in ("CLR_SEED", "CLR_CALIBRATION"):
    os.environ.pop(name, None)


def pytest_collectstart(collector):
    """TensorFlow's C++ log lines reach a saved notebook, but not nbval's run of it."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr",)
