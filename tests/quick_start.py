"""A plugin that pytest loads first (pyproject.toml), so that its processes start sooner, by seconds."""

import gc
import sys

import pytest

# jsonschema, which nbval needs, would make grammars of web addresses with it, two seconds; notebooks need none.
sys.modules["rfc3987_syntax"] = None
# Keras's imports make very many objects and no garbage.
gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop():
    """Look for garbage again, but not among what was imported."""
    gc.freeze()
    gc.enable()
