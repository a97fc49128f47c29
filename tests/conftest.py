"""Tests draw without a screen. (MPLBACKEND would do it too, but the notebooks' kernels would inherit it.)"""

import matplotlib

matplotlib.use("agg")
