"""With PreventUserExistenceErrors, unknown users cost the same reads and hashes as known ones.

A read of the store is a round trip, which unauthenticated callers can time. They can do so as often
as they like, since no request of these counts as an attempt, but for a wrong password.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi

from poolhouse.app import App
from poolhouse.rules.auth import secret_hash

HIDING = {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"}
NAMES = [("alice", "nobody"), ("alice@example.com", "nobody@example.com")]
KEY = "eu-central-1_11111111-2222-4333-8444-555555555555"
NOT_OF_A_USER = ("configuration", "clients", "pools", "outbox")


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    made = new_pool(client=HIDING, AliasAttributes=["email"])
    made.sign_up(attributes={"email": "alice@example.com"})
    made.admin_confirm()
    verified = {"Name": "email_verified", "Value": "true"}
    made.cognito.admin_update_user_attributes(
        UserPoolId=made.id, Username="alice", UserAttributes=[verified]
    )
    return made


@pytest.fixture
def reads(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that read something of a user, in their order."""
    statements: list[str] = []

    async def watch(app: App) -> None:
        database: Any = app.services.store._database
        for name in ("fetch", "fetch_shared"):
            monkeypatch.setattr(database, name, noted(getattr(database, name)))

    def noted(read: Any) -> Any:
        def reading(statement: str, *parameters: object) -> Any:
            if not any(f"FROM {table}" in statement for table in NOT_OF_A_USER):
                statements.append(statement)
            return read(statement, *parameters)

        return reading

    server.run(watch)
    return statements


def password_asked(api: AuthApi, name: str) -> str:
    asked = api.start("USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="PASSWORD")
    return str(asked["Session"])


def device_without_session(api: AuthApi, name: str) -> Callable[[], Any]:
    given = {"USERNAME": name, "SRP_A": "ab" * 192, "DEVICE_KEY": KEY}
    return lambda: api.respond("DEVICE_SRP_AUTH", None, **given)


def session_with_another_name(api: AuthApi, name: str) -> Callable[[], Any]:
    session = password_asked(api, name)
    given = {"USERNAME": "carol@example.com", "PASSWORD": "Wrong-horse-9!"}
    return lambda: api.respond("PASSWORD", session, **given)


def session_with_the_typed_name(api: AuthApi, name: str) -> Callable[[], Any]:
    session = password_asked(api, name)
    given = {"USERNAME": name, "PASSWORD": "Wrong-horse-9!"}
    return lambda: api.respond("PASSWORD", session, **given)


@pytest.mark.parametrize(("known", "unknown"), NAMES)
@pytest.mark.parametrize(
    "ready",
    [device_without_session, session_with_another_name, session_with_the_typed_name],
)
def test_respond_for_an_unknown_user_reads_what_it_reads_for_a_known_one(
    pool: PoolForTest,
    reads: list[str],
    known: str,
    unknown: str,
    ready: Callable[[AuthApi, str], Callable[[], Any]],
) -> None:
    api = AuthApi(pool, by_admin=False)
    found, sentences = [], []
    for name in (known, unknown):
        ask = ready(api, name)
        reads.clear()
        with pytest.raises(ClientError) as caught:
            ask()
        found.append(list(reads))
        sentences.append(caught.value.response["Error"]["Message"])
    assert found[0] == found[1] != []
    assert sentences[0] == sentences[1]


def test_initiate_auth_for_an_unknown_user_tries_as_many_secret_hashes(
    new_pool: NewPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = new_pool(client={**HIDING, "GenerateSecret": True})
    pool.cognito.admin_create_user(UserPoolId=pool.id, Username="alice", MessageAction="SUPPRESS")
    hashed: list[str] = []

    def matches(_secrets: object, username: str, *_: object) -> bool:
        hashed.append(username)
        return False

    monkeypatch.setattr(secret_hash, "matches", matches)
    found = []
    for name in ("alice", "nobody"):
        hashed.clear()
        with pytest.raises(ClientError, match="Unable to verify secret hash"):
            AuthApi(pool, by_admin=False).start("USER_SRP_AUTH", USERNAME=name, SRP_A="ab" * 192)
        found.append(len(hashed))
    assert found == [3, 3]
