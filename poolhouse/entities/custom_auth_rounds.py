"""The rounds of a custom sign-in: what was asked so far, and with what success."""

import msgspec


class Round(msgspec.Struct, frozen=True, rename="camel"):
    """One round, as DefineAuthChallenge and CreateAuthChallenge see it in their `session`.

    `challenge_name` is the challenge's name, or `SRP_A` for the start of an SRP sign-in.
    `challenge_metadata` is what CreateAuthChallenge has called its challenge.
    """

    challenge_name: str
    challenge_result: bool
    challenge_metadata: str | None = None
