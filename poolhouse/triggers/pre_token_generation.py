"""PreTokenGeneration: a function changes the claims of tokens just before they are signed.

The pool says which version of the event its function speaks. Version 1 knows the ID token's claims
and the groups; versions 2 and 3 know both tokens and their scopes, and 3 is asked about the tokens
of machines too. What can't be changed at all is a rule's matter (ev:triggers-6.5;
`rules/tokens/claim_overrides.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from poolhouse.entities.token_overrides import NO_OVERRIDES, GroupOverride, TokenOverrides
from poolhouse.triggers.answers import present, read, texts
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.trigger import Trigger
from poolhouse.wire.enums import PreTokenGenerationLambdaVersionType as Version
from poolhouse.wire.structs import LambdaConfigType

MACHINE_USERNAME: Final = "ClientCredentials"
"""The `userName` of events about tokens that belong to no user.

Evidence: dg:user-pool-lambda-pre-token-generation.
"""

_EVENT_VERSIONS: Final = {Version.V1_0: "1", Version.V2_0: "2", Version.V3_0: "3"}


class PreTokenSource(StrEnum):
    """The occasion that tokens are made for."""

    AUTHENTICATION = "TokenGeneration_Authentication"
    HOSTED_AUTH = "TokenGeneration_HostedAuth"
    NEW_PASSWORD_CHALLENGE = "TokenGeneration_NewPasswordChallenge"  # noqa: S105 - no password
    AUTHENTICATE_DEVICE = "TokenGeneration_AuthenticateDevice"
    REFRESH_TOKENS = "TokenGeneration_RefreshTokens"
    CLIENT_CREDENTIALS = "TokenGeneration_ClientCredentials"


class _Groups(msgspec.Struct, frozen=True, rename="camel"):
    groups_to_override: tuple[str, ...] | None = None
    iam_roles_to_override: tuple[str, ...] | None = None
    preferred_role: str | None = None


class _Details(msgspec.Struct, frozen=True, rename="camel"):
    """Version 1, where values are strings, of the ID token."""

    claims_to_add_or_override: dict[str, str | None] | None = None
    claims_to_suppress: tuple[str, ...] | None = None
    group_override_details: _Groups | UnsetType | None = UNSET


class _Token(msgspec.Struct, frozen=True, rename="camel"):
    """One token of versions 2 and 3. Only the access token has scopes."""

    claims_to_add_or_override: dict[str, Any] | None = None
    claims_to_suppress: tuple[str, ...] | None = None
    scopes_to_add: tuple[str, ...] | None = None
    scopes_to_suppress: tuple[str, ...] | None = None


class _BothDetails(msgspec.Struct, frozen=True, rename="camel"):
    id_token_generation: _Token | None = None
    access_token_generation: _Token | None = None
    group_override_details: _Groups | UnsetType | None = UNSET


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    claims_override_details: _Details | None = None


class _BothAnswer(msgspec.Struct, frozen=True, rename="camel"):
    claims_and_scope_override_details: _BothDetails | None = None


@dataclass(slots=True, kw_only=True)
class PreTokenGeneration(Trigger[TokenOverrides]):
    """Ask the function what to change; an answer without the details of its version is nothing.

    `groups` are the user's as the tokens would name them; `scopes` those of the access token, which
    version 1 doesn't get.
    """

    name = "PreTokenGeneration"
    source: PreTokenSource
    speaks: Version
    """The version of the event that the pool's function is written for."""
    groups: GroupOverride
    scopes: Sequence[str]
    client_metadata: Mapping[str, str] | None

    @property
    def version(self) -> str:  # type: ignore[override]  # the other triggers have one
        return _EVENT_VERSIONS[self.speaks]

    @property
    def blank(self) -> Mapping[str, object]:  # type: ignore[override]
        return {
            "claimsAndScopeOverrideDetails" if self._is_of_both else "claimsOverrideDetails": None
        }

    def arn_of(self, functions: LambdaConfigType) -> str | None:
        """Return the function; tokens of machines are changed only by one of version 3."""
        if self.source is PreTokenSource.CLIENT_CREDENTIALS and self.speaks is not Version.V3_0:
            return None
        config = functions.PreTokenGenerationConfig
        return config.LambdaArn if config else functions.PreTokenGeneration

    def request(self, invocation: Invocation) -> Mapping[str, object]:
        scopes = self.scopes if self._is_of_both else None
        return {
            "userAttributes": invocation.user_attributes,
            "groupConfiguration": {
                "groupsToOverride": self.groups.groups,
                "iamRolesToOverride": self.groups.iam_roles,
                "preferredRole": self.groups.preferred_role,
            },
            **present(scopes=scopes, clientMetadata=self.client_metadata),
        }

    def answer(self, response: Mapping[str, object], invocation: Invocation) -> TokenOverrides:
        return _both_tokens(response) if self._is_of_both else _id_token(response)

    def absent(self) -> TokenOverrides:
        return NO_OVERRIDES

    @property
    def _is_of_both(self) -> bool:
        return self.speaks is not Version.V1_0


def version_of(functions: LambdaConfigType) -> Version:
    """Return the version of the pool's function: the setting that knows versions wins."""
    config = functions.PreTokenGenerationConfig
    return config.LambdaVersion if config else Version.V1_0


def _id_token(response: Mapping[str, object]) -> TokenOverrides:
    details = read(response, _Answer).claims_override_details or _Details()
    return TokenOverrides(
        id_claims_to_add=texts(details.claims_to_add_or_override),
        id_claims_to_suppress=details.claims_to_suppress or (),
        groups=_groups(details.group_override_details),
    )


def _both_tokens(response: Mapping[str, object]) -> TokenOverrides:
    answer = read(response, _BothAnswer)
    details = answer.claims_and_scope_override_details or _BothDetails()
    id_token = details.id_token_generation or _Token()
    access_token = details.access_token_generation or _Token()
    return TokenOverrides(
        id_claims_to_add=_values(id_token),
        id_claims_to_suppress=id_token.claims_to_suppress or (),
        access_claims_to_add=_values(access_token),
        access_claims_to_suppress=access_token.claims_to_suppress or (),
        scopes_to_add=access_token.scopes_to_add or (),
        scopes_to_suppress=access_token.scopes_to_suppress or (),
        groups=_groups(details.group_override_details),
    )


def _values(token: _Token) -> dict[str, Any]:
    """Return the claims to add.

    UNVERIFIED: does null add nothing, as here?
    """
    added = token.claims_to_add_or_override or {}
    return {name: value for name, value in added.items() if value is not None}


def _groups(details: _Groups | UnsetType | None) -> GroupOverride | None:
    """Return the groups to set; None leaves them alone. Null and {} remove them (guide)."""
    if details is UNSET:
        return None
    given = details or _Groups()
    return GroupOverride(
        groups=given.groups_to_override or (),
        iam_roles=given.iam_roles_to_override or (),
        preferred_role=given.preferred_role,
    )
