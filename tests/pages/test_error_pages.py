"""Error pages: HTML for browsers, JSON for programs, and nothing about the server."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from support.running_server import RunningServer, running

from poolhouse.store.interface import Unavailable

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
AS_HTML = [BROWSER, "text/html", "TEXT/HTML;q=0.1", "application/json, text/html ; q=0.5"]
AS_JSON = ["", "*/*", "application/json", "text/html;q=0", "text/html; q=0.000", "text/htmlx"]
DETAIL = "detail of the failure"


def ask(
    server: RunningServer, path: str, accept: str = BROWSER, method: str = "GET"
) -> httpx.Response:
    headers = {"Accept": accept}
    return httpx.request(method, server.url + path, headers=headers, trust_env=False)


@pytest.mark.parametrize("accept", AS_HTML)
def test_unknown_path_in_a_browser_has_a_page(strict: RunningServer, accept: str) -> None:
    answer = ask(strict, "/no/such/page", accept)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Page not found</h1>" in answer.text
    assert answer.headers["vary"] == "Accept"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("accept", AS_JSON)
def test_unknown_path_in_a_program_has_json(strict: RunningServer, accept: str) -> None:
    answer = ask(strict, "/no/such/page", accept)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("path", ["/", "/inbox", "/dev/clock", "/metrics", "/%22%3Cscript%3E"])
def test_serve_landing_page_is_not_found(strict: RunningServer, path: str) -> None:
    """As if the path weren't there: neither the product nor what was asked for."""
    answer, unknown = ask(strict, path), ask(strict, "/no/such/page")
    assert answer.status_code == 404
    assert len(answer.text) == len(unknown.text)
    assert "<title>Error: Page not found</title>" in answer.text
    assert "access-control-allow-origin" not in answer.headers
    assert "script" not in answer.text
    assert "server" not in answer.headers
    assert "Poolhouse" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_wrong_method_is_refused_with_the_ones_that_are_allowed(
    strict: RunningServer, method: str
) -> None:
    """ev:oauth-2."""
    answer = ask(strict, "/confirmUser", "*/*", method)
    assert answer.status_code == 405
    assert {name.strip() for name in answer.headers["allow"].split(",")} == {"GET", "HEAD"}


def fail_with(server: RunningServer, monkeypatch: Any, error: Exception) -> None:
    async def received(*_: object) -> Any:
        raise error

    monkeypatch.setattr(server.app.services.store.messages, "received", received)


@pytest.fixture
def dev(tmp_path: Path) -> Any:
    with running(tmp_path, dev=True, memory=True) as server:
        yield server


@pytest.mark.parametrize("path", ["/inbox", "/inbox/messages.json"])
def test_unexpected_error_is_logged_and_answered_without_detail(
    dev: RunningServer, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    fail_with(dev, monkeypatch, LookupError(DETAIL))
    with capture_logs() as logged:
        page, data = ask(dev, path), ask(dev, path, "*/*")
    assert (page.status_code, data.status_code) == (500, 500)
    assert "<h1>Something went wrong</h1>" in page.text
    assert data.json() == {"message": "Internal Server Error"}
    assert DETAIL not in page.text + data.text + json.dumps(logged, default=str)
    lines = [line for line in logged if line["event"] == "unexpected error"]
    assert [line["error"] for line in lines] == ["LookupError", "LookupError"]
    ids = [answer.headers["x-amzn-requestid"] for answer in (page, data)]
    assert [line["request_id"] for line in lines] == ids


def test_unavailable_store_is_answered_503(
    dev: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(dev, monkeypatch, Unavailable(DETAIL))
    page, data = ask(dev, "/inbox"), ask(dev, "/inbox", "*/*")
    assert (page.status_code, data.status_code) == (503, 503)
    assert "<h1>Not available right now</h1>" in page.text
    assert data.json() == {"message": "Service Unavailable"}
    assert DETAIL not in page.text + data.text


def test_http_without_a_web_application_answers_health_and_api(
    strict: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when no file can be opened, so that no module can be imported."""

    def make() -> Any:
        raise OSError(24, DETAIL)

    pages = strict.app.server._pages
    monkeypatch.setattr(pages, "_application", None)
    monkeypatch.setattr(pages, "_make", make)
    answer = ask(strict, "/confirmUser")
    assert (answer.status_code, answer.text) == (500, "Internal server error\n")
    assert ask(strict, "/health").json() == {"status": "ok"}
    assert strict.client().list_user_pools(MaxResults=1)["ResponseMetadata"]


def test_start_loads_no_library_of_pages() -> None:
    program = (
        "import sys; import poolhouse.app, poolhouse.cli.banner, poolhouse.cli.server_process;"
        "print(sorted({'starlette', 'jinja2', 'python_multipart'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
