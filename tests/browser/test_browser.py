"""The browser that the other tests look through: found or asked for, and cut off from the network."""

import pytest
from browsers import REMEDY, browser_path

# Were names or addresses let through, localhost would be reached, and answer.
OUTSIDE = ["http://localhost:{port}/local.js", "https://example.org/a.js", "ws://example.org/b"]


def test_what_a_page_asks_of_other_machines_is_blocked_and_recorded(page, outside_requests, console, serve, tmp_path):
    address = serve(tmp_path)
    script, other, socket = outside = [each.format(port=address.split(":")[-1]) for each in OUTSIDE]
    (tmp_path / "local.js").write_text("console.log('local')")
    scripts = "".join(f"<script src='{each}'></script>" for each in ("local.js", script, other))
    (tmp_path / "page.html").write_text(
        f"{scripts}<script>new WebSocket('{socket}').onclose = () => document.title = 'closed'</script>"
    )
    page.goto(f"{address}/page.html")
    page.wait_for_function("document.title == 'closed'")
    assert sorted(outside_requests) == sorted(outside)
    assert console.count("log: local") == 1
    assert sum("ERR_NAME_NOT_RESOLVED" in line for line in console) == 3


def test_without_a_browser_the_tests_fail_and_say_how_to_get_one(monkeypatch):
    monkeypatch.delenv("CLR_BROWSER", raising=False)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(pytest.fail.Exception) as failure:
        browser_path("/not/downloaded")
    assert failure.value.msg == REMEDY
    monkeypatch.setenv("CLR_BROWSER", "/no/browser")
    with pytest.raises(pytest.fail.Exception, match="'/no/browser'"):
        browser_path("/not/downloaded")
