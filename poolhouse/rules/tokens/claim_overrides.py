"""Apply a function's changes to the claims of tokens, within limits (ev:triggers-6.5)."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from poolhouse.entities.token_overrides import GroupOverride, TokenOverrides
from poolhouse.errors.triggers import ClaimNotSimple, MalformedScope, TooManyOverrides

MOST_CLAIMS_AND_SCOPES: Final = 5_000

GROUPS: Final = "cognito:groups"
ROLES: Final = "cognito:roles"
PREFERRED_ROLE: Final = "cognito:preferred_role"

_SCOPE: Final = "scope"
_AUDIENCE: Final = "aud"
_PROTECTED: Final = frozenset(
    """
    iss sub exp iat auth_time jti origin_jti nbf nonce at_hash azp token_use event_id client_id
    username device_key version acr amr identities
    """.split()  # noqa: SIM905 - a list of words is easier to read and to edit
)
_RESERVED: Final = "cognito:"
_DEVELOPERS: Final = "dev:"
_SIMPLE: Final = frozenset({"email_verified", "phone_number_verified", "updated_at", "address"})
"""Claims whose values are no objects or arrays, in the ID token."""

Claims = dict[str, Any]


def apply(
    id_claims: Mapping[str, Any], access_claims: Mapping[str, Any], overrides: TokenOverrides
) -> tuple[Claims, Claims]:
    """Return the claims of the ID and of the access token as the function wants them.

    What is protected stays as it is, silently. What is both added and suppressed is suppressed.
    Tokens of machines have no ID token: give no claims for it, and don't use those returned.

    Raises MalformedScope, ClaimNotSimple or TooManyOverrides for answers that aren't allowed.
    """
    _check(overrides)
    id_token = _with_groups(id_claims, overrides.groups, roles=True)
    access_token = _with_groups(access_claims, overrides.groups, roles=False)

    for name, value in overrides.id_claims_to_add.items():
        if _may_add(name) and name != _AUDIENCE:
            id_token[name] = value
    for name, value in overrides.access_claims_to_add.items():
        if name == _AUDIENCE:
            # UNVERIFIED: is another audience dropped, like all that can't be changed, or an error?
            if value == access_claims.get("client_id"):
                access_token[name] = value
        # UNVERIFIED: can the claim `scope` be set, other than by the scopes to add and suppress?
        elif _may_add(name) and name != _SCOPE:
            access_token[name] = value

    _suppress(id_token, overrides.id_claims_to_suppress, protected={_AUDIENCE})
    _suppress(access_token, overrides.access_claims_to_suppress, protected={_SCOPE})
    _set_scopes(access_token, overrides)
    return id_token, access_token


def _check(overrides: TokenOverrides) -> None:
    # UNVERIFIED: does the quota count what is added to both tokens together, as here?
    added = (
        overrides.id_claims_to_add,
        overrides.access_claims_to_add,
        overrides.scopes_to_add,
    )
    if sum(map(len, added)) > MOST_CLAIMS_AND_SCOPES:
        raise TooManyOverrides(limit=MOST_CLAIMS_AND_SCOPES)
    for scope in overrides.scopes_to_add:
        if scope.split() != [scope]:
            raise MalformedScope
    for name in sorted(_SIMPLE & overrides.id_claims_to_add.keys()):
        if isinstance(overrides.id_claims_to_add[name], dict | list):
            raise ClaimNotSimple(name=name)


def _may_add(name: str) -> bool:
    return _may_suppress(name) and not name.startswith(_DEVELOPERS)


def _may_suppress(name: str) -> bool:
    return name not in _PROTECTED and not name.startswith(_RESERVED)


def _with_groups(
    claims: Mapping[str, Any], override: GroupOverride | None, *, roles: bool
) -> Claims:
    """Return the claims with other groups, if there is an override; access tokens have no roles.

    The function's object replaces ours as a whole: what it leaves out is removed.
    """
    if override is None:
        return dict(claims)
    changed: Claims = {GROUPS: list(override.groups)}
    if roles:
        changed[ROLES] = list(override.iam_roles)
        changed[PREFERRED_ROLE] = override.preferred_role
    merged = {**claims, **changed}
    return {name: value for name, value in merged.items() if name not in changed or value}


def _suppress(claims: Claims, names: Collection[str], *, protected: Collection[str]) -> None:
    for name in names:
        if _may_suppress(name) and name not in protected:
            claims.pop(name, None)
    if GROUPS in names:
        for name in (GROUPS, ROLES, PREFERRED_ROLE):
            claims.pop(name, None)


def _set_scopes(access_token: Claims, overrides: TokenOverrides) -> None:
    """Keep the order: the scopes there were, then those that are new."""
    granted = str(access_token.pop(_SCOPE, "")).split()
    suppressed = set(overrides.scopes_to_suppress)
    wanted = dict.fromkeys([*granted, *overrides.scopes_to_add])
    scopes = [scope for scope in wanted if scope not in suppressed]
    # UNVERIFIED: has a token without a scope the claim at all?
    if scopes:
        access_token[_SCOPE] = " ".join(scopes)
