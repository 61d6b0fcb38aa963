"""Sessions that a worker of another version sealed: during an upgrade both versions may serve.

A Session is valid for 15 minutes at most, so clients start again, as after an expired one.
"""

import base64
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_ins import AuthApi, srp_client
from support.stolen_sessions import CHALLENGES, try_to_answer

from poolhouse.app import App
from poolhouse.crypto.contexts import Context

FORM = b"\x02"
EXPIRED = "Invalid session for the user, session is expired."


def _without_form(state: dict[str, Any]) -> bytes:
    """The form before: all of a challenge's state was among the common fields."""
    del state["pending"]
    more = {"srp_b": b"b" * 32, "srp_u": b"u" * 32, "software_secret": b"s" * 32}
    return msgspec.msgpack.encode({**state, **more})


def _with_unknown_field(state: dict[str, Any]) -> bytes:
    return FORM + msgspec.msgpack.encode({**state, "must_consent": True})


def _with_unknown_pending(state: dict[str, Any]) -> bytes:
    return FORM + msgspec.msgpack.encode({**state, "pending": {"kind": "oauth", "nonce": "n"}})


def _with_unknown_field_pending(state: dict[str, Any]) -> bytes:
    return FORM + msgspec.msgpack.encode({**state, "pending": {**state["pending"], "salt": b"s"}})


def _with_next_form(state: dict[str, Any]) -> bytes:
    return b"\x03" + msgspec.msgpack.encode(state)


def _empty(state: dict[str, Any]) -> bytes:
    return b""


@pytest.mark.parametrize(
    "other",
    [
        *(_without_form, _with_unknown_field, _with_unknown_pending),
        *(_with_unknown_field_pending, _with_next_form, _empty),
    ],
)
def test_respond_session_of_another_version_is_answered_as_expired(
    server: RunningServer, open_pool: PoolForTest, other: Callable[[dict[str, Any]], bytes]
) -> None:
    api = AuthApi(open_pool, by_admin=False)
    client = srp_client(open_pool)
    asked = api.start("USER_SRP_AUTH", USERNAME="alice", SRP_A=client.srp_a)
    block = asked["ChallengeParameters"]["SECRET_BLOCK"]

    async def resealed(app: App) -> str:
        sealer = app.services.sealer
        plain = sealer.unseal(base64.b64decode(block), Context.AUTH_SESSION)
        assert plain[:1] == FORM
        state = msgspec.msgpack.decode(plain[1:])
        awaited = {**state, "awaits": CHALLENGES}
        return base64.b64encode(sealer.seal(other(awaited), Context.AUTH_SESSION)).decode()

    session = server.run(resealed)
    for name in CHALLENGES:
        with refused("NotAuthorizedException", EXPIRED):
            try_to_answer(api, name, session, "alice")
    for operation, given in (
        (open_pool.cognito.associate_software_token, {}),
        (open_pool.cognito.verify_software_token, {"UserCode": "123456"}),
    ):
        with refused("NotAuthorizedException", EXPIRED):
            operation(Session=session, **given)
