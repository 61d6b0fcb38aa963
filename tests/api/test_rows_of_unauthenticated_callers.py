"""Rows that unauthenticated callers cause: bounded, or dropped after their time."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.sign_ins import FLOWS
from support.store_contents import tables
from support.store_samples import an_audit_record
from support.wire_client import Wire, call

from poolhouse.app import App
from poolhouse.audit import writer
from poolhouse.audit.writer import AuditTrail
from poolhouse.bootstrap.store import store_url
from poolhouse.clock import Clock, SettableClock
from poolhouse.ids import Ids
from poolhouse.store.interface import Unavailable
from poolhouse.store.store import Store

NAMES = 30


def rows(server: RunningServer) -> dict[str, int]:
    """How many rows each table has; of the audit trail, which has a bound of its own, none."""
    kept = tables(store_url(server.settings))
    return {name: len(content) for name, content in kept.items() if name != "audit"}


def ask_for_everything(wire: Wire, client_id: str, name: str) -> None:
    """Every request that takes a name and no proof of it, with answers that can't be right."""
    user = {"ClientId": client_id, "Username": name}
    code = {"ConfirmationCode": "000000"}
    requests: list[tuple[str, dict[str, Any]]] = [
        ("ForgotPassword", user),
        ("ConfirmForgotPassword", {**user, **code, "Password": "Correct-Horse-9!"}),
        ("ConfirmSignUp", {**user, **code}),
        ("ResendConfirmationCode", user),
        ("SignUp", {**user, "Password": "short"}),
        ("RevokeToken", {"ClientId": client_id, "Token": name}),
        ("GetUser", {"AccessToken": name}),
    ]
    for flow, more in (
        ("USER_PASSWORD_AUTH", {"PASSWORD": "wrong"}),
        ("USER_SRP_AUTH", {"SRP_A": "ff"}),
        ("CUSTOM_AUTH", {}),
        ("USER_AUTH", {"PREFERRED_CHALLENGE": "EMAIL_OTP"}),
        ("USER_AUTH", {"PREFERRED_CHALLENGE": "WEB_AUTHN"}),
        ("USER_AUTH", {"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "wrong"}),
        ("REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": name}),
    ):
        given = {"ClientId": client_id, "AuthFlow": flow}
        requests.append(("InitiateAuth", {**given, "AuthParameters": {"USERNAME": name, **more}}))
    for operation, members in requests:
        answer = wire.ask(call(operation, json.dumps(members).encode()))
        assert answer.status < 500, answer
        if answer.status == 200 and (session := answer.json.get("Session")):
            given = {"USERNAME": name, "EMAIL_OTP_CODE": "000000"}
            step = {"ClientId": client_id, "ChallengeName": "EMAIL_OTP", "Session": session}
            answered = json.dumps({**step, "ChallengeResponses": given}).encode()
            wire.ask(call("RespondToAuthChallenge", answered))


def test_rows_that_unauthenticated_callers_cause_expire(tmp_path: Path) -> None:
    """Counts of attempts, used steps and decoys' messages: nothing is left of them."""
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}}
    client = {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"}
    with running(tmp_path, dev=True) as server, Wire(server.port) as wire:
        pool = PoolForTest(
            server.client(), client=client, Policies=factors, AutoVerifiedAttributes=["email"]
        )
        before = rows(server)
        for number in range(NAMES):
            ask_for_everything(wire, pool.client_id, f"nobody-{number}")
        caused = rows(server)
        assert caused["attempts"] > before["attempts"] + NAMES
        server.run(a_week_later)
        assert rows(server) == before


async def a_week_later(app: App) -> None:
    assert isinstance(app.clock, SettableClock)
    app.clock.advance(timedelta(days=7))
    await app._delivery.settle(10)
    await app._collector.collect()


async def test_records_that_wait_for_the_store_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Away:
        async def commit(self, *_writes: object) -> None:
            raise Unavailable

    monkeypatch.setattr(writer, "MOST_WAITING", 100)
    store = cast(Store, Away())
    trail = AuditTrail(store, Ids(), Clock(), refusals_a_minute=1_000_000)
    record = an_audit_record(f"{datetime.now(UTC)}")
    with capture_logs() as logged:
        for _ in range(1_000):
            trail.note_bounded(record)
            assert len(trail._waiting) <= 100
        await trail.close()
    assert logged[-1]["lost"] >= 900
