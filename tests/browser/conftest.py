"""Pages in headless Chromium or Chrome, cut off from the network; each leaves a picture in build/browser."""

import re
import threading
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from browsers import ONLY_THIS_MACHINE, PICTURES, ROOT, browser_path, is_outside
from playwright.sync_api import sync_playwright


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path(playwright.chromium.executable_path),
            args=ONLY_THIS_MACHINE,
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser):
    """A fresh profile: no cookies, nothing in its storage."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    yield context
    context.close()


@pytest.fixture
def outside_requests(context):
    """The addresses on other machines that the test's pages asked for; none of them was reached."""
    asked = []

    def record(each):
        if is_outside(each.url):
            asked.append(each.url)

    context.on("request", record)
    context.on("page", lambda page: page.on("websocket", record))
    return asked


@pytest.fixture
def console(context):
    """What the test's pages wrote to the browser's console, a string a message: `error: text`, `log: text`."""
    lines = []
    context.on("console", lambda message: lines.append(f"{message.type}: {message.text}"))
    context.on("weberror", lambda raised: lines.append(f"error: {raised.error}"))
    return lines


@pytest.fixture
def page(context, console, outside_requests, request):
    """A page of 1280 by 900; its last look and its console are kept in build/browser."""
    page = context.new_page()
    yield page
    PICTURES.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", f"{request.path.stem}-{request.node.name}").strip("-")
    (PICTURES / f"{name}.log").write_text("".join(f"{line}\n" for line in console), encoding="utf-8")
    page.screenshot(path=PICTURES / f"{name}.png")


@pytest.fixture(scope="session")
def serve():
    """A function that serves a folder on this machine and returns its address."""
    with ExitStack() as servers:

        def serve(folder):
            server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=folder))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            servers.callback(server.server_close)
            servers.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield serve


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"pictures and console logs: {PICTURES.relative_to(ROOT)}")
