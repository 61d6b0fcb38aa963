"""Structs in their printed form, as in a traceback: never a secret."""

from typing import Any, get_args

import msgspec
import pytest
from support.store_samples import NOW

from poolhouse.entities.auth_session import (
    AuthSession,
    CodePending,
    CustomPending,
    DevicePending,
    DeviceSrpPending,
    Pending,
    SignUpPending,
    SrpPending,
    TotpSetupPending,
    WebAuthnPending,
)
from poolhouse.entities.devices import Device
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.software_tokens import SoftwareToken
from poolhouse.entities.users import FormerPassword, PasswordCredential
from poolhouse.wire.enums import AuthFlowType, ChallengeNameType

SECRET = "hunter2"
OF: dict[str, Any] = {"sub": "sub", "pool_id": "pool"}
BOTH: dict[str, Any] = {"salt": SECRET.encode(), "verifier": SECRET.encode()}
BYTES = SECRET.encode()
PENDING: list[Pending] = [
    SrpPending(secret=BYTES, u=BYTES),
    DevicePending(from_address=SECRET),
    DeviceSrpPending(srp_a=BYTES, secret=BYTES, u=BYTES),
    CodePending(
        challenge=ChallengeNameType.EMAIL_OTP,
        digest=BYTES,
        is_second_factor=True,
        new_address=SECRET,
    ),
    WebAuthnPending(challenge=BYTES),
    CustomPending(private={"word": SECRET}, metadata=SECRET),
    TotpSetupPending(secret=BYTES),
    SignUpPending(),
]


def _session(pending: Pending) -> AuthSession:
    return AuthSession(
        id="id",
        event_id="event",
        **OF,
        client_id="client",
        username="alice",
        flow=AuthFlowType.USER_AUTH,
        expires_at=NOW,
        is_unknown=False,
        srp_a=BYTES,
        pending=pending,
    )


def test_pending_kinds_are_all_among_the_examples() -> None:
    assert {type(each) for each in PENDING} == set(get_args(Pending))


@pytest.mark.parametrize(
    "secretive",
    [
        *PENDING,
        *map(_session, PENDING),
        FormerPassword(**BOTH),
        PasswordCredential(**OF, **BOTH, set_at=NOW, former=(FormerPassword(**BOTH),)),
        SoftwareToken(**OF, secret=SECRET.encode(), pending=SECRET.encode()),
        Device(
            key="key",
            **OF,
            **BOTH,
            group_key="group",
            created_at=NOW,
            modified_at=NOW,
            authenticated_at=NOW,
        ),
        TokenSession(
            id="id",
            **OF,
            client_id="client",
            handle=SECRET,
            origin_jti="family",
            started_at=NOW,
            active_at=NOW,
            expires_at=NOW,
            refresh=SECRET.encode(),
            former=SECRET.encode(),
        ),
    ],
    ids=lambda each: type(each).__name__,
)
def test_secret_is_absent_from_the_repr(secretive: msgspec.Struct) -> None:
    assert SECRET not in f"{secretive!r} {secretive} {[secretive]}"
    assert type(secretive).__name__ in repr(secretive)
