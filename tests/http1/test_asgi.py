"""The ASGI side of the listener: what an ordinary web application gets, and what becomes of it."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from poolhouse.http.asgi import AsgiApplication, IncompleteResponse, LazyApplication
from poolhouse.http.messages import HttpRequest, HttpResponse

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FORM = (b"content-type", b"application/x-www-form-urlencoded")


def received(
    path: bytes = b"/",
    *headers: tuple[bytes, bytes],
    method: str = "GET",
    query: bytes = b"",
    body: bytes = b"",
) -> HttpRequest:
    return HttpRequest(
        method=method,
        path=path,
        query=query,
        headers=[(b"host", b"id.example:9229"), *headers],
        body=body,
        id="a-request",
        received_at=NOW,
        now=NOW,
        source_ip="192.0.2.7",
        is_secure=True,
    )


class Failures(list[Exception]):
    """The errors that the server logs."""

    def log(self, request: HttpRequest, error: Exception) -> None:
        assert request.id == "a-request"
        self.append(error)


@pytest.fixture
def failures() -> Failures:
    return Failures()


async def answer(
    application: AsgiApplication, request: HttpRequest, failures: Failures
) -> HttpResponse:
    return await LazyApplication(lambda: application, failures.log).answer(request)


def with_endpoint(endpoint: Any, methods: Sequence[str] = ("GET", "POST")) -> Starlette:
    return Starlette(routes=[Route("/{path:path}", endpoint, methods=methods)])


async def test_request_reaches_the_application_whole(failures: Failures) -> None:
    async def show(request: Request) -> Response:
        assert request.client is not None
        return JSONResponse(
            {
                "url": str(request.url),
                "path": request.path_params["path"],
                "raw": request.scope["raw_path"].decode(),
                "query": list(request.query_params.multi_items()),
                "cookies": request.cookies,
                "client": request.client.host,
                "body": (await request.body()).decode(),
                "id": request.state.received.id,
            }
        )

    request = received(
        b"/a%20b/%C3%A4",
        (b"cookie", b"XSRF-TOKEN=1; lang=de"),
        query=b"x=1&x=%2B&y=",
        method="POST",
        body=b"whole",
    )
    response = await answer(with_endpoint(show), request, failures)
    assert response.status == 200
    assert response.body.decode() == (
        '{"url":"https://id.example:9229/a b/ä?x=1&x=%2B&y=","path":"a b/ä",'
        '"raw":"/a%20b/%C3%A4","query":[["x","1"],["x","+"],["y",""]],'
        '"cookies":{"XSRF-TOKEN":"1","lang":"de"},"client":"192.0.2.7",'
        '"body":"whole","id":"a-request"}'
    )


async def test_form_is_parsed_by_the_library(failures: Failures) -> None:
    async def sign_in(request: Request) -> Response:
        async with request.form() as form:
            return JSONResponse(dict(form))

    body = b"username=zo%C3%AB+m&password=a%26b&_csrf=1"
    request = received(b"/login", FORM, method="POST", body=body)
    response = await answer(with_endpoint(sign_in), request, failures)
    assert response.body.decode() == '{"username":"zoë m","password":"a&b","_csrf":"1"}'


async def test_redirect_with_cookies_keeps_each_of_them(failures: Failures) -> None:
    async def leave(_: Request) -> Response:
        response = RedirectResponse("https://app.example/cb?code=1", 302)
        response.set_cookie("cognito", "a", secure=True, httponly=True, samesite="lax")
        response.set_cookie("csrf-state", "b", secure=True, httponly=True, samesite="none")
        return response

    response = await answer(with_endpoint(leave), received(), failures)
    assert (response.status, response.body) == (302, b"")
    assert (b"location", b"https://app.example/cb?code=1") in response.headers
    cookies = [value for name, value in response.headers if name == b"set-cookie"]
    assert [cookie.partition(b"=")[0] for cookie in cookies] == [b"cognito", b"csrf-state"]


async def test_response_has_no_header_that_the_connection_writes(failures: Failures) -> None:
    async def show(_: Request) -> Response:
        headers = {"Connection": "close", "Date": "today", "X-Other": "kept"}
        return Response("12345", headers=headers)

    response = await answer(with_endpoint(show), received(), failures)
    assert response.headers == [(b"x-other", b"kept")]
    assert response.body == b"12345"


async def test_streamed_response_is_put_together(failures: Failures) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"a", b"", b"bc"):
            yield part

    async def stream(_: Request) -> Response:
        return StreamingResponse(parts())

    response = await answer(with_endpoint(stream), received(), failures)
    assert response.body == b"abc"


async def test_asgi_application_receives_disconnect_only_after_its_response(
    failures: Failures,
) -> None:
    heard: list[str] = []

    async def application(_scope: Any, receive: Any, send: Any) -> None:
        heard.append((await receive())["type"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})
        heard.append((await receive())["type"])

    response = await answer(application, received(), failures)
    assert response == HttpResponse(204, [], b"")
    assert heard == ["http.request", "http.disconnect"]


async def test_error_after_the_response_is_logged_and_the_response_kept(
    failures: Failures,
) -> None:
    async def fail() -> None:
        raise LookupError

    async def show(_: Request) -> Response:
        return Response("done", background=BackgroundTask(fail))

    response = await answer(with_endpoint(show), received(), failures)
    assert (response.status, response.body) == (200, b"done")
    assert [type(error) for error in failures] == [LookupError]


async def test_error_before_the_response_is_raised(failures: Failures) -> None:
    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise LookupError

    with pytest.raises(LookupError):
        await answer(application, received(), failures)
    assert failures == []


async def test_application_without_a_whole_response_fails(failures: Failures) -> None:
    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    with pytest.raises(IncompleteResponse):
        await answer(application, received(), failures)


async def test_application_is_made_with_the_first_request_and_again_if_that_failed(
    failures: Failures,
) -> None:
    made: list[int] = []

    async def show(_: Request) -> Response:
        return Response("page")

    def make() -> AsgiApplication:
        made.append(1)
        if len(made) == 1:
            raise OSError(24, "Too many open files")
        return with_endpoint(show)

    lazy = LazyApplication(make, failures.log)
    assert made == []
    with pytest.raises(OSError, match="Too many"):
        await lazy.answer(received())
    for _ in range(2):
        assert (await lazy.answer(received())).body == b"page"
    assert made == [1, 1]
