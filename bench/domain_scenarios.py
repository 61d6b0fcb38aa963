"""A pool's domain under load: tokens for machines and for codes, userInfo, and the sign-in page.

Codes are made beforehand as browsers get them: by one sign-in on the pages, and then by the
browser's session.
"""

import http.client
import random
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from bench.load import Exchange, Unit
from bench.scenarios import PASSWORD, Population, Scenario
from bench.signed_requests import call

DOMAIN: Final = "bench"
_ROOT: Final = f"/domains/{DOMAIN}"
_CALLBACK: Final = "https://app.example.com/callback"
_FORM: Final = "application/x-www-form-urlencoded"
_CODES: Final = 2_000
"""Codes made beforehand; each can be exchanged once."""
_TOKENS: Final = 400
"""Access tokens made beforehand, which are used in turn."""

_csrf_of = re.compile(rb'name="_csrf"[^>]*value="([^"]+)"').search
_location_of = re.compile(rb"\r\nlocation: ([^\r]+)").search
_code_of = re.compile(rb"\r\nlocation: [^\r]*[?&]code=([^&\r]+)").search
_EXCHANGED: Final = b'{"id_token":"eyJ'
_REDIRECT: Final = b"HTTP/1.1 302 "
_PAGE: Final = b"<!doctype html>"


class _Exchanged(msgspec.Struct):
    access_token: str


_decode_exchanged = msgspec.json.Decoder(_Exchanged).decode


class _Apps:
    """The pool's domain and its app clients, made when the first scenario needs them."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, str], tuple[str, str, str]] = {}

    def of(self, port: int, population: Population) -> tuple[str, str, str]:
        """Return the ids of the app for users and of the machine, and the machine's secret."""
        key = (port, population.pool_id)
        if key not in self._made:
            self._made[key] = self._make(port, population)
        return self._made[key]

    def _make(self, port: int, population: Population) -> tuple[str, str, str]:
        pool_id, key = population.pool_id, population.key
        call(port, "CreateUserPoolDomain", key, UserPoolId=pool_id, Domain=DOMAIN)
        flows = {"UserPoolId": pool_id, "AllowedOAuthFlowsUserPoolClient": True}
        app = call(
            port,
            "CreateUserPoolClient",
            key,
            ClientName="app",
            AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=["openid"],
            CallbackURLs=[_CALLBACK],
            SupportedIdentityProviders=["COGNITO"],
            **flows,
        )["UserPoolClient"]
        machine = call(
            port,
            "CreateUserPoolClient",
            key,
            ClientName="machine",
            GenerateSecret=True,
            AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthScopes=["aws.cognito/dcr/register"],
            **flows,
        )["UserPoolClient"]
        return app["ClientId"], machine["ClientId"], machine["ClientSecret"]


_apps: Final = _Apps()


def _post(port: int, path: str, form: Mapping[str, str], more: str = "") -> bytes:
    body = urlencode(form)
    return (
        f"POST {_ROOT}{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {_FORM}\r\n"
        f"{more}Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _client_credentials(port: int, population: Population, most: int) -> list[Unit]:
    _, client_id, secret = _apps.of(port, population)
    basic = b64encode(f"{client_id}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials"}
    request = _post(port, "/oauth2/token", form, f"Authorization: Basic {basic}\r\n")
    return [(Exchange(request, b'{"access_token":"eyJ'),)]


def _code_exchange(port: int, population: Population, most: int) -> list[Unit]:
    return [
        (Exchange(_exchange(port, population, code), _EXCHANGED),)
        for code in _codes(port, population, min(most, _CODES))
    ]


def _user_info(port: int, population: Population, most: int) -> list[Unit]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    units: list[Unit] = []
    for code in _codes(port, population, min(most, _TOKENS)):
        _, _, body = _exchange(port, population, code).partition(b"\r\n\r\n")
        connection.request("POST", f"{_ROOT}/oauth2/token", body, {"Content-Type": _FORM})
        token = _decode_exchanged(connection.getresponse().read()).access_token
        request = _get(port, f"{_ROOT}/oauth2/userInfo", f"Authorization: Bearer {token}\r\n")
        units.append((Exchange(request, b'{"sub":"'),))
    connection.close()
    return units


def _sign_in_page(port: int, population: Population, most: int) -> list[Unit]:
    """Return requests of browsers that have no cookie yet."""
    request = _get(port, f"{_ROOT}/login?{_query(port, population)}")
    return [(Exchange(request, _PAGE),)]


def _browserless(port: int, population: Population, most: int) -> list[Unit]:
    """Return whole sign-ins: what a browser and an app send from the app's link to its tokens."""
    query = _query(port, population)
    first = Exchange(_get(port, f"{_ROOT}/oauth2/authorize?{query}"), b"", _REDIRECT)

    def follow(answer: bytes) -> bytes:
        return _get(port, _found(_location_of, answer))

    def exchange(answer: bytes) -> bytes:
        return _exchange(port, population, _found(_code_of, answer))

    def unit(name: str) -> Unit:
        def fill_in(page: bytes) -> bytes:
            csrf = _found(_csrf_of, page)
            form = {"_csrf": csrf, "username": name, "password": PASSWORD}
            return _post(port, f"/login?{query}", form, f"Cookie: XSRF-TOKEN={csrf}\r\n")

        return (
            first,
            Exchange(follow, _PAGE),
            Exchange(fill_in, b"", _REDIRECT),
            Exchange(exchange, _EXCHANGED),
        )

    members = random.choices(range(population.members), k=most)
    return [unit(population.member(n)) for n in members]


def _discovery(port: int, population: Population, most: int) -> list[Unit]:
    _apps.of(port, population)  # with a domain the document names its endpoints
    path = f"/{population.pool_id}/.well-known/openid-configuration"
    return [(Exchange(_get(port, path), b'{"authorization_endpoint":'),)]


def _get(port: int, path: str, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{more}\r\n".encode()


def _found(search: Callable[[bytes], re.Match[bytes] | None], answer: bytes) -> str:
    found = search(answer)
    assert found is not None, answer
    return found[1].decode()


def _query(port: int, population: Population) -> str:
    """Return the app's request, as the query of the sign-in page has it."""
    app_id, _, _ = _apps.of(port, population)
    return urlencode(
        {
            "client_id": app_id,
            "redirect_uri": _CALLBACK,
            "response_type": "code",
            "scope": "openid",
            "state": "0123456789abcdef",
        }
    )


def _exchange(port: int, population: Population, code: str) -> bytes:
    app_id, _, _ = _apps.of(port, population)
    return _post(
        port,
        "/oauth2/token",
        {
            "grant_type": "authorization_code",
            "client_id": app_id,
            "code": code,
            "redirect_uri": _CALLBACK,
        },
    )


def _codes(port: int, population: Population, times: int) -> list[str]:
    """Return codes of one member, who signs in once."""
    query = _query(port, population)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(
        method: str, path: str, cookies: Mapping[str, str], body: str | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        if body is not None:
            headers["Content-Type"] = _FORM
        connection.request(method, f"{_ROOT}{path}?{query}", body, headers)
        answer = connection.getresponse()
        return answer, answer.read()

    answer, page = ask("GET", "/login", {})
    form = {"_csrf": _found(_csrf_of, page), "username": population.member(0), "password": PASSWORD}
    answer, page = ask("POST", "/login", _cookies(answer), urlencode(form))
    cookies = _cookies(answer)
    assert "cognito" in cookies, (answer.status, page)
    codes = []
    for _ in range(times):
        answer, _ = ask("GET", "/oauth2/authorize", cookies)
        codes.append(parse_qs(urlsplit(answer.headers["location"]).query)["code"][0])
    connection.close()
    return codes


def _cookies(answer: http.client.HTTPResponse) -> dict[str, str]:
    set_cookies = answer.headers.get_all("set-cookie") or []
    pairs = (each.partition(";")[0].partition("=") for each in set_cookies)
    return {name: value for name, _, value in pairs if value}


DOMAIN_SCENARIOS: Final = (
    Scenario("client credentials", _client_credentials, {"http": 1, "read": 1, "rsa": 1}),
    Scenario(
        "code exchange",
        _code_exchange,
        {"http": 1, "read": 2, "seal": 2, "rsa": 2, "session": 1},
        once=True,
        grows=True,
    ),
    Scenario("userInfo", _user_info, {"http": 1, "read": 3, "jwt": 1}),
    Scenario("sign-in page", _sign_in_page, {"http": 1, "read": 1}),
    Scenario(
        "browserless sign-in",
        _browserless,
        {"http": 4, "read": 7, "verifier": 1, "seal": 4, "rsa": 2, "session": 2},
        once=True,
        grows=True,
    ),
    Scenario("discovery", _discovery, {"http": 1, "read": 1}),
)
