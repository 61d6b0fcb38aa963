"""Hostile requests to a pool's domain: no failure, no open redirect, no reflected script.

The number is set by TEST_FUZZ, the seed by TEST_SEED.
"""

import itertools
import json
import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

from support.domain_pools import OAUTH
from support.hostile_pages import ATTRIBUTE, MARK, NEWCOMER, Domain, HostilePages
from support.run_size import size
from support.running_server import ROOT_KEY
from support.server_processes import ServerProcess, serving
from support.sign_ins import PASSWORD
from support.wire_client import Answer, Wire, signed_headers
from support.wire_client import request as http_request

REQUESTS = int(os.environ.get("TEST_FUZZ", size(3_000, nightly=50_000)))
SEED = int(os.environ.get("TEST_SEED", "1"))
CONNECTIONS = 4
NAME = "fuzzed"
CALLBACKS = (
    "https://app.example.com/callback",
    "https://app.example.com/with?a=b",
    "myapp://callback",
    "http://localhost:3000/callback",
)
LOGOUTS = ("https://app.example.com/bye", "myapp://bye")


def test_hostile_requests_to_a_domain_break_nothing_and_lead_nowhere_else(tmp_path: Path) -> None:
    names = ("token_introspection", "device_grant", "account_page", "recovery_codes")
    extras = dict.fromkeys(names, True)
    with serving(tmp_path / "data", code="123456", **extras) as server:
        domain = make_domain(server)
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            parts = [threads.submit(attack, server, domain, n) for n in range(CONNECTIONS)]
            outcomes = sum((part.result() for part in parts), Counter[str]())
        assert server.stop() == 0
        log = server.log()
    assert "unexpected" not in log, log[-5_000:]
    assert "Traceback" not in log, log[-5_000:]
    assert outcomes.total() >= REQUESTS
    # Enough of them come far: to the app with a code, to the app with an error, to a page.
    for outcome in ("code", "error", "page", "login", "json"):
        assert outcomes[outcome] > REQUESTS // 200, outcomes


def attack(server: ServerProcess, domain: Domain, number: int) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    requests = HostilePages(domain, SEED * CONNECTIONS + number, f"user-{number}", PASSWORD)
    wire = Wire(server.port)
    for method, sent in itertools.islice(requests, REQUESTS // CONNECTIONS + 1):
        answer = wire.ask(sent, method)
        try:
            outcomes[checked(domain, answer)] += 1
        except AssertionError as error:
            raise AssertionError(f"{sent!r}\n{answer}\n{server.log()[-2_000:]}") from error
        for name, value in answer.headers:
            if name == "set-cookie" and (found := re.match(r"cognito=([\w-]+);", value)):
                requests.learn(found[1])
        if step := re.search(rb'name="session" value="([^"]+)"', answer.body):
            requests.learn_step(step[1].decode())
        if answer.closes:
            wire.close()
            wire = Wire(server.port)
    wire.close()
    return outcomes


def checked(domain: Domain, answer: Answer) -> str:
    """Check an answer, and return what kind of one it is."""
    assert answer.status < 500
    names = {name.lower() for name, _ in answer.headers}
    assert "x-split" not in names
    body = answer.body.decode(errors="replace")
    if "location" in names:
        return followed(domain, answer.header("location") or "")
    if (answer.header("content-type") or "").startswith("text/html"):
        assert MARK not in body
        assert ATTRIBUTE not in body
        assert not re.search(r"(?:href|action|src)=[\"']?\s*(?:javascript|data):(?!,\")", body)
        policy = answer.header("content-security-policy") or ""
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        return "page"
    assert MARK not in body or "html" not in (answer.header("content-type") or "")
    return "json" if body.startswith("{") else "other"


def followed(domain: Domain, location: str) -> str:
    """Check where a redirect leads: to a page of the domain, or to what is registered."""
    assert location.isascii()
    assert not re.search(r"[\x00-\x20\x7f]", location)
    assert "server_error" not in location
    if location.startswith(f"{domain.root}/"):
        path = location.removeprefix(domain.root).partition("?")[0]
        assert re.fullmatch(r"/[A-Za-z0-9/-]+", path)
        assert "//" not in path
        return "login" if path == "/login" else "page"
    for uri in (*domain.callbacks, *domain.logouts):
        rest = location.removeprefix(quote(uri, safe=":/?=&%"))
        if rest != location and (not rest or rest[0] in ("&" if "?" in uri else "?") + "#"):
            if re.search(r"[?&#](code|access_token|id_token)=", rest):
                return "code"
            return "error" if "error=" in rest else "logout"
    raise AssertionError(f"a redirect to {location}")


def make_domain(server: ServerProcess) -> Domain:
    def ask(operation: str, **members: Any) -> Any:
        body = json.dumps(members).encode()
        with Wire(server.port) as wire:
            headers = signed_headers(server.url, operation, body, ROOT_KEY)
            answer = wire.ask(http_request(body, headers))
            assert answer.status == 200, answer
            return answer.json

    pool = {"AutoVerifiedAttributes": ["email"], "DcrConfiguration": {"OpenDcrEnabled": True}}
    pool_id = ask("CreateUserPool", PoolName="p", **pool)["UserPool"]["Id"]
    ask("CreateUserPoolDomain", UserPoolId=pool_id, Domain=NAME)
    settings = {**OAUTH, "CallbackURLs": CALLBACKS, "LogoutURLs": LOGOUTS}
    client = ask("CreateUserPoolClient", UserPoolId=pool_id, ClientName="app", **settings)
    for username in ["alice", *(f"user-{number}" for number in range(CONNECTIONS))]:
        names = {"UserPoolId": pool_id, "Username": username}
        ask("AdminCreateUser", **names, MessageAction="SUPPRESS")
        ask("AdminSetUserPassword", **names, Password=PASSWORD, Permanent=True)
    names = {"UserPoolId": pool_id, "Username": NEWCOMER, "TemporaryPassword": PASSWORD}
    ask("AdminCreateUser", **names, MessageAction="SUPPRESS")
    return Domain(
        f"127.0.0.1:{server.port}",
        f"/domains/{NAME}",
        client["UserPoolClient"]["ClientId"],
        CALLBACKS,
        LOGOUTS,
    )
