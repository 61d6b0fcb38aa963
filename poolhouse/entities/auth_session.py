"""A sign-in between two requests: it travels, sealed, through the client as its Session.

What stays true for the whole sign-in are the fields of `AuthSession`. What the answer to the issued
challenge needs is its `pending`: a struct for each kind, which the next challenge replaces.
"""

from datetime import datetime
from typing import TypeAlias

import msgspec

from poolhouse.entities.custom_auth_rounds import Round
from poolhouse.wire.enums import AuthFlowType, ChallengeNameType


class _Pending(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="kind",
):
    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class SrpPending(_Pending, frozen=True, kw_only=True, tag="srp"):
    """An SRP exchange about the password: the server's secret exponent, and u.

    The client's public value is the session's `srp_a`.
    """

    secret: bytes
    u: bytes


class DevicePending(_Pending, frozen=True, kw_only=True, tag="device"):
    """A device that may answer without a Session: the address that its sign-in came from so far."""

    from_address: str | None


class DeviceSrpPending(_Pending, frozen=True, kw_only=True, tag="device-srp"):
    """An SRP exchange about a device's secret: A, the server's secret exponent, and u."""

    srp_a: bytes
    secret: bytes
    u: bytes


class CodePending(_Pending, frozen=True, kw_only=True, tag="code"):
    """A one-time code that was sent, of which only the keyed digest is here.

    `challenge` is the one that it answers. `new_address` becomes the user's once the code has
    verified it; without it the code went to the address that the user had then.
    """

    challenge: ChallengeNameType
    digest: bytes
    is_second_factor: bool
    new_address: str | None = None

    def __repr__(self) -> str:
        return f"CodePending(challenge={self.challenge.value})"


class WebAuthnPending(_Pending, frozen=True, kw_only=True, tag="web-authn"):
    """The challenge that a passkey must sign."""

    challenge: bytes


class CustomPending(_Pending, frozen=True, kw_only=True, tag="custom"):
    """A challenge of CreateAuthChallenge: the parameters for its verifier alone, and its name."""

    private: dict[str, str] = {}
    metadata: str | None = None


class TotpSetupPending(_Pending, frozen=True, kw_only=True, tag="totp-setup"):
    """The secret that an authenticator app is being set up with."""

    secret: bytes


class SignUpPending(_Pending, frozen=True, kw_only=True, tag="sign-up"):
    """A sign-up, which a first sign-in may follow. `proofs` are there once it was confirmed."""


Pending: TypeAlias = (
    SrpPending
    | DevicePending
    | DeviceSrpPending
    | CodePending
    | WebAuthnPending
    | CustomPending
    | TotpSetupPending
    | SignUpPending
)


class StepUpCredit(msgspec.Struct, frozen=True, kw_only=True):
    """Proofs that a step-up doesn't ask for again, valid as long as the session they are from."""

    session_id: str
    proofs: tuple[str, ...]
    began_at: datetime
    """Start of the session."""
    password_version: int = 0
    """Which of the user's passwords is among the proofs; 0: none."""


class AuthSession(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One sign-in between two requests.

    `id` names this step, which can succeed once; `event_id` names the whole sign-in. For a decoy
    user (`is_unknown`) `sub` is made up, and nothing ever succeeds. Its length must not reveal who
    that is: so `username` is what was typed, and `is_unknown` is always encoded.
    `awaits` are the challenges that may be answered next, `proofs` what the user has verified so
    far, in the values of the tokens' claim `amr`. A worker refuses fields that it doesn't know:
    one of them may forbid what this worker would allow.
    """

    id: str
    event_id: str
    pool_id: str
    client_id: str
    sub: str
    username: str
    flow: AuthFlowType
    expires_at: datetime
    is_unknown: bool
    awaits: tuple[ChallengeNameType, ...] = ()
    pending: Pending | None = None
    """State for the response to the issued challenge; each challenge replaces it."""
    proofs: tuple[str, ...] = ()
    password_version: int = 0
    """Which of the user's passwords was verified; 0: none."""
    srp_a: bytes = b""
    """The client's public value A, by which the password is verified."""
    device_key: str | None = None
    """The device that the client names; `device_proved`: its secret was verified."""
    device_proved: bool = False
    was_temporary: bool = False
    """The password was an administrator's, and was replaced on the way."""
    is_second_factor_proved: bool = False
    rounds: tuple[Round, ...] = ()
    """The challenges of a custom sign-in so far."""
    is_granted: bool = False
    """DefineAuthChallenge has decided to issue tokens."""
    target: int = 0
    """The level (1 to 4) that the client has asked for: below it no tokens are issued; 0: any."""
    by_page: bool = False
    """It began on a page of the pool's domain, and can't go on at the API, whose flows the app
    client may not allow. Nor can one of the API go on at a page."""
    credit: StepUpCredit | None = None
    """The credit of the client's access token. `proofs` begin with its proofs."""

    def __repr__(self) -> str:
        return f"AuthSession(id={self.id!r}, flow={self.flow.value})"
