"""CORS: preflight requests, and the response headers that pages can read."""

import pytest
from support.running_server import RunningServer
from support.wire_client import Wire, call, request

ORIGIN = "https://app.example.com"
EXPOSED = {"x-amzn-requestid", "x-amzn-errortype", "x-amzn-errormessage", "date"}


def listed(header: str | None) -> set[str]:
    return {name.strip().lower() for name in (header or "").split(",")}


def test_cors_preflight_allows_the_headers_of_sdks(wire: Wire) -> None:
    """ev:iam-sigv4-2.2: unsigned, 200. UNVERIFIED: AWS's list of headers."""
    asked = "content-type,x-amz-target,amz-sdk-invocation-id,x-amz-user-agent,authorization"
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": asked,
    }
    answer = wire.ask(request(b"", headers, "OPTIONS / HTTP/1.1"), "OPTIONS")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("access-control-allow-origin") == "*"
    assert "post" in listed(answer.header("access-control-allow-methods"))
    assert listed(asked) <= listed(answer.header("access-control-allow-headers"))
    assert int(answer.header("access-control-max-age") or 0) > 0


def test_cors_preflight_without_headers_allows_the_usual_ones(wire: Wire) -> None:
    answer = wire.ask(request(b"", {"Origin": ORIGIN}, "OPTIONS / HTTP/1.1"), "OPTIONS")
    assert listed(answer.header("access-control-allow-headers")) >= {"content-type", "x-amz-target"}


def test_cors_response_does_not_allow_credentials(wire: Wire) -> None:
    """Every origin is allowed because nothing is: what a page sends, it must know itself."""
    answer = wire.ask(call("Nope", Origin=ORIGIN))
    assert answer.header("access-control-allow-credentials") is None


@pytest.mark.parametrize("body", [b"{", b"{}"])
def test_cors_error_headers_are_readable(wire: Wire, body: bytes) -> None:
    """ev:users-1.2: Amplify reads the code from the body or from the header."""
    answer = wire.ask(call("SignUp", body, Origin=ORIGIN))
    assert answer.status == 400
    assert answer.header("access-control-allow-origin") == "*"
    assert listed(answer.header("access-control-expose-headers")) >= EXPOSED


def test_cors_request_too_long_is_readable(strict: RunningServer) -> None:
    body = b" " * (strict.settings.largest_body + 1)
    with Wire(strict.port) as wire:
        answer = wire.ask(call("SignUp", body, Origin=ORIGIN))
    assert answer.status == 413
    assert answer.header("access-control-allow-origin") == "*"


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
def test_pages_elsewhere_may_not_read_what_operators_read(wire: Wire, path: str) -> None:
    answer = wire.ask(request(b"", {"Origin": ORIGIN}, f"GET {path} HTTP/1.1"), "GET")
    assert answer.status == 200
    assert answer.header("access-control-allow-origin") is None
