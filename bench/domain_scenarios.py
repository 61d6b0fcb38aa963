"""The endpoints of a pool's domain under load: tokens for machines and for codes, and userInfo.

Codes are made beforehand as browsers get them: by one sign-in on the pages, and then by the
browser's session.
"""

import http.client
import re
from base64 import b64encode
from collections.abc import Mapping
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

_csrf_of = re.compile(r'name="_csrf"[^>]*value="([^"]+)"').search


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
        (Exchange(_exchange(port, population, code), b'{"id_token":"eyJ'),)
        for code in _codes(port, population, min(most, _CODES))
    ]


def _user_info(port: int, population: Population, most: int) -> list[Unit]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    units: list[Unit] = []
    for code in _codes(port, population, min(most, _TOKENS)):
        _, _, body = _exchange(port, population, code).partition(b"\r\n\r\n")
        connection.request("POST", f"{_ROOT}/oauth2/token", body, {"Content-Type": _FORM})
        token = _decode_exchanged(connection.getresponse().read()).access_token
        request = (
            f"GET {_ROOT}/oauth2/userInfo HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {token}\r\n\r\n"
        )
        units.append((Exchange(request.encode(), b'{"sub":"'),))
    connection.close()
    return units


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
    app_id, _, _ = _apps.of(port, population)
    query = urlencode(
        {
            "client_id": app_id,
            "redirect_uri": _CALLBACK,
            "response_type": "code",
            "scope": "openid",
        }
    )
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(
        method: str, path: str, cookies: Mapping[str, str], body: str | None = None
    ) -> tuple[http.client.HTTPResponse, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        if body is not None:
            headers["Content-Type"] = _FORM
        connection.request(method, f"{_ROOT}{path}?{query}", body, headers)
        answer = connection.getresponse()
        return answer, answer.read().decode()

    answer, page = ask("GET", "/login", {})
    found = _csrf_of(page)
    assert found is not None, page
    form = {"_csrf": found[1], "username": population.member(0), "password": PASSWORD}
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
)
