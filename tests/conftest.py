"""Tests draw without a screen. (MPLBACKEND would do it too, but the notebooks' kernels would inherit it.)"""

import matplotlib

matplotlib.use("agg")


def pytest_terminal_summary(terminalreporter):
    """The seconds that tests have recorded, as the property "seconds NAME", a line each."""
    reports = [each for group in ("passed", "failed") for each in terminalreporter.stats.get(group, [])]
    seconds = [(name, value) for each in reports for name, value in each.user_properties if name.startswith("seconds")]
    for name, value in sorted(seconds):
        terminalreporter.write_line(f"{name.removeprefix('seconds '):<48} {value:6.1f} s")
