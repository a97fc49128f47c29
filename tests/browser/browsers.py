"""Where a browser is found, how it is cut off from the network, and what counts as outside."""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build" / "browser"
NAMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
REMEDY = """\
these tests need Chromium or Google Chrome, and none was found. To get one:
    Debian            sudo apt install chromium
    Ubuntu, Fedora    .venv/bin/playwright install --with-deps chromium
    macOS             brew install --cask google-chrome
Is it in another place? Name it: make test-browser CLR_BROWSER=/path/to/chromium"""
ONLY_THIS_MACHINE = [
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def browser_path(downloaded):
    """The browser that CLR_BROWSER names, or the first one there is; `downloaded` is where Playwright puts its own.

    The test fails when there is none.
    """
    if named := os.environ.get("CLR_BROWSER"):
        path = shutil.which(named)
        if not path:
            pytest.fail(f"CLR_BROWSER is {named!r}, and no such program is there", pytrace=False)
        return path
    found = [path for path in map(shutil.which, (*NAMES, MAC, downloaded)) if path]
    if not found:
        pytest.fail(REMEDY, pytrace=False)
    return found[0]


def is_outside(address):
    """Whether an address leads to another machine; file:, data: and blob: do not."""
    parts = urlsplit(address)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1"
