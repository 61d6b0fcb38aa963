"""Whole sign-ins at a pool's domain, on Poolhouse and on its peers: the link, the form, the tokens.

One client signs in again and again by one connection, as a browser would: it follows redirects,
sends the page's form with its hidden fields, and exchanges the code. All servers get the same calls
of the same client, a round each in turn. Start the peers yourself, outside of this repository.
"""

import contextlib
import hashlib
import http.client
import os
import platform
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from bench import browserless_report
from bench.browserless_report import BrowserlessReport, SignIns
from bench.pools import PAUSE_SECONDS, ROUNDS, boto3_client, running_poolhouse
from bench.processes import cpu_seconds, processes_at
from bench.report import processor
from poolhouse.crypto.signing_keys import base64url

SIGN_INS: Final = 200
"""Sign-ins of a round."""
_WARM_UP: Final = 20

_NAME: Final = "alice@example.com"
_PASSWORD: Final = "Correct-horse-9"
_CALLBACK: Final = "https://app.example.com/callback"
_VERIFIER: Final = "a-code-verifier-of-the-benchmark-of-43-characters"
_CHALLENGE: Final = base64url(hashlib.sha256(_VERIFIER.encode()).digest()).decode()
"""PKCE, without which one of the peers refuses every app."""
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_MOST_HOPS: Final = 3

_hidden = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)"').findall
_action_of = re.compile(r'<form[^>]* action="([^"]*)"').search

_console = Console(highlight=False, soft_wrap=True)


def main(peers: Sequence[str], *, write_docs: bool) -> None:
    """Measure Poolhouse and the peers, each given as NAME=URL."""
    began = datetime.now(UTC)
    with running_poolhouse() as url:
        urls = {"Poolhouse": url, **dict(peer.split("=", 1) for peer in peers)}
        apps = {name: _make_app(address) for name, address in urls.items()}
        rounds = {name: list[SignIns]() for name in urls}
        for _ in range(ROUNDS):
            for name, address in urls.items():
                time.sleep(PAUSE_SECONDS)
                rounds[name].append(_round(name, address, apps[name]))
                _print(rounds[name][-1])
    report = BrowserlessReport(
        at=began,
        peers=tuple(peers),
        processor=processor(),
        system=f"{platform.system()} {platform.machine()}",
        cores=os.cpu_count() or 1,
        busy=os.getloadavg()[2],
        results=tuple(
            sorted(each, key=lambda one: one.seconds)[ROUNDS // 2] for each in rounds.values()
        ),
    )
    _console.print(f"\nKept in {browserless_report.keep(report)}")
    if write_docs:
        browserless_report.write_section(report)


def _make_app(url: str) -> str:
    """Make a pool with a domain, an app client and a user, and return the client's id."""
    api = boto3_client(url)
    try:
        pool = api.create_user_pool(PoolName="sign-in", UsernameAttributes=["email"])
        pool_id = pool["UserPool"]["Id"]
        with contextlib.suppress(ClientError):  # a peer has codes without having domains
            api.create_user_pool_domain(UserPoolId=pool_id, Domain="bench-sign-in")
        made = api.create_user_pool_client(
            UserPoolId=pool_id,
            ClientName="app",
            AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=["openid"],
            AllowedOAuthFlowsUserPoolClient=True,
            CallbackURLs=[_CALLBACK],
            SupportedIdentityProviders=["COGNITO"],
        )
        app = str(made["UserPoolClient"]["ClientId"])
        email = [{"Name": "email", "Value": _NAME}]
        api.sign_up(ClientId=app, Username=_NAME, Password=_PASSWORD, UserAttributes=email)
        api.admin_confirm_sign_up(UserPoolId=pool_id, Username=_NAME)
    except (ClientError, BotoCoreError) as refused:
        raise SystemExit(f"{url}: {refused}") from refused
    return app


def _round(name: str, url: str, app: str) -> SignIns:
    address = urlsplit(url).netloc
    with contextlib.closing(http.client.HTTPConnection(address, timeout=30)) as connection:
        for _ in range(_WARM_UP):
            _sign_in(connection, app)
        served_by = processes_at(urlsplit(url).port or 80)
        began, used = time.perf_counter(), cpu_seconds(served_by)
        for _ in range(SIGN_INS):
            _sign_in(connection, app)
        used = cpu_seconds(served_by) - used
        seconds = time.perf_counter() - began
    return SignIns(server=name, count=SIGN_INS, seconds=seconds, cpu=used)


def _sign_in(connection: http.client.HTTPConnection, app: str) -> None:
    """Sign in as a browser without a session does, up to the tokens."""
    asked = {
        "client_id": app,
        "redirect_uri": _CALLBACK,
        "response_type": "code",
        "scope": "openid",
        "state": "0123456789abcdef",
        "code_challenge": _CHALLENGE,
        "code_challenge_method": "S256",
    }
    cookies: dict[str, str] = {}
    path = f"/oauth2/authorize?{urlencode(asked)}"
    for _ in range(_MOST_HOPS):
        answer, page = _ask(connection, "GET", path, cookies)
        if answer.status == 200:
            break
        path = str(answer.headers["location"])
    action = _action_of(page)
    assert answer.status == 200 and action is not None, (answer.status, page)
    form = dict(_hidden(page)) | {"username": _NAME, "password": _PASSWORD}
    path = action[1].replace("&amp;", "&")
    answer, page = _ask(connection, "POST", path, cookies, form)
    assert answer.status in {302, 303}, (answer.status, page)
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    exchange = {
        "grant_type": "authorization_code",
        "client_id": app,
        "code": code,
        "redirect_uri": _CALLBACK,
        "code_verifier": _VERIFIER,
    }
    answer, page = _ask(connection, "POST", "/oauth2/token", {}, exchange)
    tokens = msgspec.json.decode(page, type=dict[str, Any])
    assert answer.status == 200 and "id_token" in tokens, (answer.status, page)


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    cookies: dict[str, str],
    form: Mapping[str, str] | None = None,
) -> tuple[http.client.HTTPResponse, str]:
    """Return the answer and its text, and take over its cookies."""
    headers = {} if form is None else dict(_FORM)
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    connection.request(method, path, None if form is None else urlencode(form), headers)
    answer = connection.getresponse()
    for each in answer.headers.get_all("set-cookie") or ():
        name, _, value = each.partition(";")[0].partition("=")
        cookies[name] = value
    return answer, answer.read().decode()


def _print(one: SignIns) -> None:
    _console.print(
        f"{one.server:16} {one.rate:7.1f} sign-ins a second"
        f"   {1000 * one.cpu / one.count:5.1f} ms of the server's CPU each"
    )
