"""Every operation that authenticates an app client declares how, and the pipeline does it."""

import inspect
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, get_type_hints

import msgspec
import pytest
from support.store_samples import a_client, a_pool, a_user

from poolhouse.auth import engine
from poolhouse.auth.attempt import Attempt, AuthResponse
from poolhouse.entities.audit import AuditDetails
from poolhouse.operations.registry import AUTHENTICATED_BY_SIGN_IN, CLIENT_AUTHENTICATION, TABLE
from poolhouse.services.context import Caller, ClientCall
from poolhouse.services.wrong_secrets import WrongSecrets
from poolhouse.wire.enums import AuthFlowType, ExplicitAuthFlowsType
from poolhouse.wire.errors import NotAuthorizedException, ServiceError
from poolhouse.wire.structs import UserPoolClientType

PROOFS = {"SecretHash", "ClientSecret", "Secret", "AuthParameters", "ChallengeResponses"}
"""Members of requests in which an app client can authenticate itself."""

SETTINGS = {
    "AddUserPoolClientSecret": "ClientSecret is the secret to add",
    "CreateUserPoolClient": "ClientSecret is the new client's first secret",
}
"""Operations for which such a member is no proof of the caller."""

DECLARED = CLIENT_AUTHENTICATION.keys() | AUTHENTICATED_BY_SIGN_IN.keys()


def request_of(name: str) -> type[msgspec.Struct]:
    handle = TABLE[name].handle
    second = list(inspect.signature(handle).parameters)[1]
    kind: type[msgspec.Struct] = get_type_hints(handle)[second]
    return kind


def an_example(kind: type[msgspec.Struct], **members: str) -> msgspec.Struct:
    """A request of this kind with a text in every required member."""
    required = {field.name: "x" for field in msgspec.structs.fields(kind) if field.required}
    return kind(**{**required, **members})


class FakeStore:
    """A store without any count of guesses, which takes every commit."""

    codes = property(lambda self: self)

    async def attempts(self, *_: object) -> None:
        return None

    async def commit(self, *_: object) -> None:
        return None


def a_call(secret: str | None) -> Any:
    client = a_client(secret=secret or "")
    if secret is None:
        client = msgspec.structs.replace(client, secrets=())
    services: Any = SimpleNamespace(
        store=FakeStore(),
        sealer=SimpleNamespace(digest=lambda data, context: data),
        wrong_secrets=WrongSecrets(),
    )
    caller = Caller(request_id="r", now=datetime.now(UTC), source_ip=None, user_agent=None)
    return ClientCall(services, caller, pool=a_pool(), client=client)


def test_client_secret_operations_are_declared() -> None:
    taking = {
        name
        for name in TABLE
        if PROOFS & {field.name for field in msgspec.structs.fields(request_of(name))}
    }
    assert (
        taking - SETTINGS.keys() == CLIENT_AUTHENTICATION.keys() | AUTHENTICATED_BY_SIGN_IN.keys()
    )


def test_app_client_operations_are_declared() -> None:
    of_clients = {name for name, entry in TABLE.items() if entry.call is ClientCall}
    assert of_clients <= DECLARED
    assert not CLIENT_AUTHENTICATION.keys() & AUTHENTICATED_BY_SIGN_IN.keys()
    for name, authenticate in CLIENT_AUTHENTICATION.items():
        assert TABLE[name].authenticate_client is authenticate


@pytest.mark.parametrize("name", CLIENT_AUTHENTICATION)
async def test_authenticate_client_without_or_with_a_wrong_secret_raises(name: str) -> None:
    authenticate, kind = CLIENT_AUTHENTICATION[name], request_of(name)
    (proof,) = PROOFS & {field.name for field in msgspec.structs.fields(kind)}
    with pytest.raises(ServiceError):
        await authenticate(a_call("s3cret"), an_example(kind, **{proof: ""}))
    with pytest.raises(ServiceError):
        await authenticate(a_call("s3cret"), an_example(kind, **{proof: "wrong"}))
    with pytest.raises(ServiceError):
        await authenticate(a_call(None), an_example(kind, **{proof: "unexpected"}))
    await authenticate(a_call(None), an_example(kind, **{proof: ""}))


def an_attempt() -> Attempt:
    settings = UserPoolClientType(ExplicitAuthFlows=[ExplicitAuthFlowsType.ALLOW_USER_SRP_AUTH])
    call: Any = SimpleNamespace(audit=AuditDetails())
    return Attempt(
        call=call,
        pool=a_pool(),
        client=msgspec.structs.replace(a_client(), settings=settings),
        by_admin=False,
        given={},
        client_metadata=None,
        is_start=True,
    )


async def test_start_flow_that_forgets_the_client_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    async def forgetful(_attempt: Attempt, _flow: AuthFlowType) -> AuthResponse:
        return AuthResponse()

    monkeypatch.setitem(engine.FLOWS, AuthFlowType.USER_SRP_AUTH, forgetful)
    with pytest.raises(RuntimeError, match="before its app client is authenticated"):
        await engine.start(an_attempt(), AuthFlowType.USER_SRP_AUTH)


def test_set_user_before_the_client_is_authenticated_raises() -> None:
    attempt = an_attempt()
    with pytest.raises(RuntimeError, match="before its app client is authenticated"):
        attempt.user = a_user()
    with pytest.raises(NotAuthorizedException):
        attempt.authenticate_client("alice", a_user())
    with pytest.raises(RuntimeError, match="before its app client is authenticated"):
        attempt.user = a_user()
