"""What a PreTokenGeneration function makes of the tokens that are about to be signed."""

from typing import Any

import msgspec


class GroupOverride(msgspec.Struct, frozen=True, kw_only=True):
    """A user's groups as tokens tell them: those there would be, and those a function wants.

    `iam_roles` are the groups' role ARNs, `preferred_role` the one to take if nothing is said.
    """

    groups: tuple[str, ...] = ()
    iam_roles: tuple[str, ...] = ()
    preferred_role: str | None = None


class TokenOverrides(msgspec.Struct, frozen=True, kw_only=True):
    """A function's answer, in the words of no event version.

    Claims to add have JSON values. `groups` takes the place of the groups in both tokens, so an
    empty one removes them; None leaves them as they are.
    """

    id_claims_to_add: dict[str, Any] = {}
    id_claims_to_suppress: tuple[str, ...] = ()
    access_claims_to_add: dict[str, Any] = {}
    access_claims_to_suppress: tuple[str, ...] = ()
    scopes_to_add: tuple[str, ...] = ()
    scopes_to_suppress: tuple[str, ...] = ()
    groups: GroupOverride | None = None


NO_OVERRIDES = TokenOverrides()
