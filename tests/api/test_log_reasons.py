"""The reasons that AWS's terse sentences hide, in the operator's log and nowhere else."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.functions_server import arn
from support.running_server import ROOT_KEY, RunningServer, running
from support.served_pools import PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, result_of
from support.store_contents import eventually
from support.wire_client import Wire, request, signed_headers


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A strict server without any function, which logs each request."""
    with running(tmp_path_factory.mktemp("reasons"), log_level="debug") as server:
        yield server


def make(server: RunningServer, **settings: Any) -> PoolForTest:
    client = {"ExplicitAuthFlows": FLOWS, **settings.pop("client", {})}
    pool = PoolForTest(server.client(), client=client, **settings)
    pool.cognito.admin_create_user(
        UserPoolId=pool.id, Username="alice", MessageAction="SUPPRESS", TemporaryPassword=PASSWORD
    )
    pool.cognito.admin_set_user_password(
        UserPoolId=pool.id, Username="alice", Password=PASSWORD, Permanent=True
    )
    return pool


def reason_of(ask: Callable[[], Any]) -> tuple[str, str]:
    """What the log says of the request, and what the caller hears."""
    with capture_logs() as logged:
        try:
            heard = repr(ask())
        except Exception as error:
            heard = str(error)

        def lines() -> list[Any]:
            return [each for each in logged if each["event"] == "request"]

        line = eventually(lines)[-1]
    return line.get("reason", ""), heard


def not_writable(server: RunningServer) -> Any:
    pool = make(server, client={"WriteAttributes": ["email"]})
    token = result_of(AuthApi(pool, by_admin=False).by_password())["AccessToken"]
    name = {"Name": "nickname", "Value": "al"}
    return lambda: pool.cognito.update_user_attributes(AccessToken=token, UserAttributes=[name])


def no_transport(server: RunningServer) -> Any:
    pool = make(server)
    pool.cognito.update_user_pool(
        UserPoolId=pool.id, LambdaConfig={"PreAuthentication": arn("nowhere")}
    )
    return AuthApi(pool, by_admin=False).by_password


def invitation(**members: Any) -> Callable[[RunningServer], Any]:
    def made(server: RunningServer) -> Any:
        pool = make(server)
        return lambda: pool.cognito.admin_create_user(UserPoolId=pool.id, Username="bob", **members)

    return made


def unknown_user(server: RunningServer) -> Any:
    pool = make(
        server,
        client={"PreventUserExistenceErrors": "ENABLED"},
        AutoVerifiedAttributes=["email"],
    )
    return lambda: pool.cognito.forgot_password(ClientId=pool.client_id, Username="nobody")


def no_contact(server: RunningServer) -> Any:
    return make(server).sign_up


def locked(server: RunningServer) -> Any:
    api = AuthApi(make(server), by_admin=False)
    for _ in range(6):
        reason_of(lambda: api.by_password(password="Wrong-horse-9!"))
    return api.by_password


def forged_session(server: RunningServer) -> Any:
    pool = make(server)
    given = {"USERNAME": "alice", "NEW_PASSWORD": PASSWORD}
    return lambda: pool.cognito.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session="A" * 40,
        ChallengeResponses=given,
    )


def no_code(server: RunningServer) -> Any:
    pool = make(server, AutoVerifiedAttributes=["email"])
    pool.sign_up("carol")
    user = {"ClientId": pool.client_id, "Username": "carol"}
    return lambda: pool.cognito.confirm_sign_up(**user, ConfirmationCode="123456")


def bad_token(server: RunningServer) -> Any:
    token = result_of(AuthApi(make(server), by_admin=False).by_password())["IdToken"]
    return lambda: server.client().get_user(AccessToken=token)


def denied(server: RunningServer) -> Any:
    nothing = '{"Version":"2012-10-17","Statement":[]}'
    bob = server.administrator("bob", nothing)
    return lambda: bob.list_user_pools(MaxResults=1)


SITUATIONS: dict[str, tuple[Callable[[RunningServer], Any], str]] = {
    "attribute": (not_writable, "nickname isn't in the client's WriteAttributes"),
    "function": (no_transport, "has no transport: name it in the setting `triggers`"),
    "suppressed": (invitation(MessageAction="SUPPRESS"), "no invitation: MessageAction is"),
    "address": (invitation(), "no invitation: the user has no address for SMS"),
    "unknown": (unknown_user, "no code: there is no such user"),
    "contact": (no_contact, "no code: AutoVerifiedAttributes names no contact"),
    "lock": (locked, "failures, locked until "),
    "session": (forged_session, "it isn't a Session of this server"),
    "code": (no_code, "no code is outstanding"),
    "token": (bad_token, "not of a key that is known"),
    "denied": (denied, "no identity-based policy allows the cognito-idp:ListUserPools action"),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_reason_behind_a_terse_answer_is_logged(server: RunningServer, situation: str) -> None:
    prepare, expected = SITUATIONS[situation]
    reason, heard = reason_of(prepare(server))
    assert expected in reason
    if situation != "denied":
        assert expected not in heard, "the reason is the operator's alone"


def test_host_that_a_signature_was_compared_for_is_logged(server: RunningServer) -> None:
    """A proxy that rewrites Host breaks every signature: the log shows which host came."""
    body = b'{"MaxResults":1}'
    headers = signed_headers(server.url, "ListUserPools", body, ROOT_KEY)
    with Wire(server.port) as wire:
        reason, _ = reason_of(
            lambda: wire.ask(request(body, headers | {"Host": "internal.example:81"})).error
        )
    assert "internal.example:81" in reason


def test_hash_of_the_canonical_request_is_logged_when_a_signature_does_not_match(
    server: RunningServer,
) -> None:
    """A client that logs its canonical request can compare the two."""
    impostor = server.client((ROOT_KEY[0], "another secret"))
    reason, _ = reason_of(lambda: impostor.list_user_pools(MaxResults=1))
    assert "SHA-256 of the canonical request is " in reason
