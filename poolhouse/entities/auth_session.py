"""How far a sign-in has come: it travels, sealed, through the client as its Session."""

from datetime import datetime

import msgspec

from poolhouse.entities.custom_auth_rounds import Round
from poolhouse.wire.enums import AuthFlowType, ChallengeNameType


class SentCode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A one-time code that was sent for a sign-in, known by its keyed digest only.

    `challenge` is the one that it answers. `pending` is an address that becomes the user's once the
    code has proved it; without it the code went to what the user had then.
    """

    challenge: ChallengeNameType
    digest: bytes
    is_second_factor: bool
    pending: str | None = None

    def __repr__(self) -> str:
        return f"SentCode(challenge={self.challenge.value})"


class StepUpCredit(msgspec.Struct, frozen=True, kw_only=True):
    """What the user needn't prove again, since a session says that they have. It counts as long as
    that session does.
    """

    session_id: str
    proofs: tuple[str, ...]
    began_at: datetime
    """When the session began."""
    password_version: int = 0
    """Which of the user's passwords is among the proofs; 0: none."""


class AuthSession(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sign-in between two requests.

    `id` names this step, which can succeed once; `event_id` the whole sign-in. Of a user who
    doesn't exist (`is_unknown`) `sub` is made up, and nothing ever succeeds. Its length must not
    tell who that is: so `username` is what was typed, and `is_unknown` always there.
    `awaits` are the challenges that may be answered next, `proofs` what the user has proved so far,
    in the words of the tokens' claim `amr`.
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
    proofs: tuple[str, ...] = ()
    password_version: int = 0
    """Which of the user's passwords was proved; 0: none."""
    device_key: str | None = None
    """The device that the client says it is; `device_proved`: that it has shown to be."""
    device_proved: bool = False
    was_temporary: bool = False
    """The password was an administrator's, and was replaced on the way."""
    srp_a: bytes = b""
    srp_b: bytes = b""
    srp_u: bytes = b""
    """The client's public value A, our secret exponent, and u, of an SRP exchange under way."""
    sent_code: SentCode | None = None
    software_secret: bytes = b""
    """What an authenticator app is being set up with, on the way of this sign-in."""
    is_second_factor_proved: bool = False
    passkey_challenge: bytes = b""
    """What a passkey is to sign."""
    from_sign_up: bool = False
    """Not of a sign-in but of a sign-up, which a first sign-in may follow; its `proofs` are there
    once it was confirmed."""
    rounds: tuple[Round, ...] = ()
    """What a custom sign-in has asked so far."""
    private: dict[str, str] = {}
    challenge_metadata: str | None = None
    """Of the custom challenge that waits: what only its judge is told, and its name."""
    is_granted: bool = False
    """The functions of a custom sign-in have said that it is enough."""
    target: int = 0
    """The level (1 to 4) below which there are no tokens, as the client has asked; 0: any."""
    credit: StepUpCredit | None = None
    """Of an access token that the client has brought. `proofs` begin with its proofs."""
    from_address: str | None = None
    """Of a sign-in that is kept for a client without a Session: from where it came so far."""

    def __repr__(self) -> str:
        return f"AuthSession(id={self.id!r}, flow={self.flow.value})"
