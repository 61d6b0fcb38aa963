"""Changes of tokens that a function can make, and protected claims (ev:triggers-6.5)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.entities.token_overrides import NO_OVERRIDES, GroupOverride, TokenOverrides
from poolhouse.rules.tokens import claim_overrides
from poolhouse.wire.errors import InvalidLambdaResponseException

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example01"
ADMIN_SCOPE = "aws.cognito.signin.user.admin"
SHARED = {
    "sub": "f4688488-5081-7055-0123-456789abcdef",
    "iss": ISSUER,
    "event_id": "event-1",
    "origin_jti": "origin-1",
    "auth_time": 1_700_000_000,
    "iat": 1_700_000_000,
    "exp": 1_700_003_600,
    "cognito:groups": ["staff"],
    "acr": "urn:cognito:loa:1",
    "amr": ["pwd"],
}
ID: dict[str, Any] = {
    **SHARED,
    "aud": "1example",
    "token_use": "id",
    "jti": "jti-1",
    "nonce": "n",
    "at_hash": "h",
    "cognito:username": "zoe",
    "cognito:roles": ["arn:aws:iam::123456789012:role/staff"],
    "cognito:preferred_role": "arn:aws:iam::123456789012:role/staff",
    "identities": [{"userId": "7"}],
    "email": "zoe@home.example",
    "email_verified": True,
    "custom:tier": "gold",
    "dev:note": "vip",
}
ACCESS: dict[str, Any] = {
    **SHARED,
    "client_id": "1example",
    "token_use": "access",
    "jti": "jti-2",
    "username": "zoe",
    "device_key": "us-east-1_1",
    "version": 2,
    "scope": f"openid {ADMIN_SCOPE}",
}
NEVER = """
    iss sub exp iat auth_time jti origin_jti nbf nonce at_hash azp token_use event_id client_id
    username device_key version acr amr identities cognito:username cognito:groups cognito:roles
    cognito:preferred_role cognito:anything
""".split()  # noqa: SIM905 - a list of words is easier to read and to edit


def applied(**overrides: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return claim_overrides.apply(ID, ACCESS, TokenOverrides(**overrides))


def without(claims: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in names}


def test_claim_overrides_empty_change_nothing() -> None:
    assert claim_overrides.apply(ID, ACCESS, NO_OVERRIDES) == (ID, ACCESS)


def test_claim_overrides_do_not_mutate_the_given_claims() -> None:
    before = (dict(ID), dict(ACCESS))
    applied(
        id_claims_to_add={"email": "other"},
        access_claims_to_suppress=("scope",),
        scopes_to_add=("a",),
        groups=GroupOverride(),
    )
    assert before == (ID, ACCESS)


@pytest.mark.parametrize(
    "value", ["text", "", 7, 1.5, True, ["a", 1, False], {"deep": {"er": [1]}}, []]
)
def test_claims_are_added_and_replaced_with_any_json_value(value: object) -> None:
    id_token, access_token = applied(
        id_claims_to_add={"new": value, "email": value}, access_claims_to_add={"new": value}
    )
    assert id_token == {**ID, "new": value, "email": value}
    assert access_token == {**ACCESS, "new": value}


def test_claims_are_suppressed_in_the_token_that_is_named() -> None:
    id_token, access_token = applied(
        id_claims_to_suppress=("email", "custom:tier", "not there"),
        access_claims_to_suppress=("email",),
    )
    assert id_token == without(ID, "email", "custom:tier")
    assert access_token == ACCESS


def test_suppressing_wins_over_adding() -> None:
    """Guide: what is both suppressed and replaced is suppressed."""
    id_token, access_token = applied(
        id_claims_to_add={"email": "other", "new": "x"},
        id_claims_to_suppress=("new", "email"),
        access_claims_to_add={"new": "x"},
        access_claims_to_suppress=("new",),
        scopes_to_add=("api/read",),
        scopes_to_suppress=("api/read",),
    )
    assert id_token == without(ID, "email")
    assert access_token == ACCESS


@pytest.mark.parametrize("name", NEVER)
def test_protected_claims_are_silently_neither_added_nor_replaced(name: str) -> None:
    assert applied(id_claims_to_add={name: "x"}, access_claims_to_add={name: "x"}) == (ID, ACCESS)


@pytest.mark.parametrize("name", [name for name in NEVER if name != "cognito:groups"])
def test_protected_claims_are_silently_not_suppressed(name: str) -> None:
    same = applied(id_claims_to_suppress=(name,), access_claims_to_suppress=(name,))
    assert same == (ID, ACCESS)


def test_claim_overrides_cannot_change_audience_and_scope() -> None:
    same = applied(
        id_claims_to_add={"aud": "another"},
        id_claims_to_suppress=("aud",),
        access_claims_to_add={"scope": "everything"},
        access_claims_to_suppress=("scope",),
    )
    assert same == (ID, ACCESS)


@pytest.mark.parametrize(
    ("audience", "taken"), [("1example", True), ("another", False), (["1example"], False)]
)
def test_claim_overrides_access_token_audience_can_be_its_client_alone(
    audience: Any, taken: bool
) -> None:
    _, access_token = applied(access_claims_to_add={"aud": audience})
    assert access_token == ({**ACCESS, "aud": "1example"} if taken else ACCESS)


def test_developer_only_claims_can_be_suppressed_but_not_added() -> None:
    id_token, _ = applied(id_claims_to_add={"dev:note": "x", "dev:new": "x"})
    assert id_token == ID
    id_token, _ = applied(id_claims_to_suppress=("dev:note",))
    assert id_token == without(ID, "dev:note")


@pytest.mark.parametrize(
    "name", ["email_verified", "phone_number_verified", "updated_at", "address"]
)
@pytest.mark.parametrize("value", [["x"], {"formatted": "x"}])
def test_claim_overrides_object_for_a_scalar_id_claim_is_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidLambdaResponseException) as refusal:
        applied(id_claims_to_add={name: value})
    assert str(refusal.value) == (
        f"Invalid lambda response: the claim {name} does not take an object or an array."
    )
    # They have no meaning of their own in the access token.
    _, access_token = applied(access_claims_to_add={name: value})
    assert access_token[name] == value
    id_token, _ = applied(id_claims_to_add={name: "simple"})
    assert id_token[name] == "simple"


OTHER_ROLE = "arn:aws:iam::123456789012:role/other"


@pytest.mark.parametrize(
    ("groups", "in_both", "in_id"),
    [
        (
            GroupOverride(groups=("a", "b"), iam_roles=(OTHER_ROLE,), preferred_role=OTHER_ROLE),
            {"cognito:groups": ["a", "b"]},
            {"cognito:roles": [OTHER_ROLE], "cognito:preferred_role": OTHER_ROLE},
        ),
        # The function's object takes the place of ours as a whole.
        (GroupOverride(groups=("a",)), {"cognito:groups": ["a"]}, {}),
        (GroupOverride(iam_roles=(OTHER_ROLE,)), {}, {"cognito:roles": [OTHER_ROLE]}),
        # Guide: an empty object removes the groups.
        (GroupOverride(), {}, {}),
    ],
)
def test_claim_overrides_groups_replace_those_of_both_tokens(
    groups: GroupOverride, in_both: dict[str, Any], in_id: dict[str, Any]
) -> None:
    id_token, access_token = applied(groups=groups)
    gone = ("cognito:groups", "cognito:roles", "cognito:preferred_role")
    assert id_token == {**without(ID, *gone), **in_both, **in_id}
    assert access_token == {**without(ACCESS, *gone), **in_both}


def test_suppressing_the_groups_takes_the_roles_along_in_that_token_only() -> None:
    id_token, access_token = applied(id_claims_to_suppress=("cognito:groups",))
    assert id_token == without(ID, "cognito:groups", "cognito:roles", "cognito:preferred_role")
    assert access_token == ACCESS
    id_token, access_token = applied(
        groups=GroupOverride(groups=("a",)), access_claims_to_suppress=("cognito:groups",)
    )
    assert id_token["cognito:groups"] == ["a"]
    assert access_token == without(ACCESS, "cognito:groups")


@pytest.mark.parametrize(
    ("add", "suppress", "scope"),
    [
        (["api/read"], [], f"openid {ADMIN_SCOPE} api/read"),
        (["api/read", "api/read", "openid"], [], f"openid {ADMIN_SCOPE} api/read"),
        ([], [ADMIN_SCOPE], "openid"),
        (["b", "a"], ["openid", ADMIN_SCOPE], "b a"),
        ([], ["unknown"], f"openid {ADMIN_SCOPE}"),
    ],
)
def test_scopes_are_added_behind_those_there_were(
    add: list[str], suppress: list[str], scope: str
) -> None:
    _, access_token = applied(scopes_to_add=tuple(add), scopes_to_suppress=tuple(suppress))
    assert access_token == {**ACCESS, "scope": scope}


def test_claim_overrides_suppressing_every_scope_removes_the_claim() -> None:
    _, access_token = applied(scopes_to_suppress=("openid", ADMIN_SCOPE))
    assert access_token == without(ACCESS, "scope")


def test_claim_overrides_add_scopes_to_a_token_without_any() -> None:
    _, access_token = claim_overrides.apply({}, {}, TokenOverrides(scopes_to_add=("a",)))
    assert access_token == {"scope": "a"}


@pytest.mark.parametrize("scope", ["", " ", "a b", " a", "a\t", "a\nb", "a\u00a0b"])
def test_claim_overrides_scope_with_a_space_is_refused(scope: str) -> None:
    with pytest.raises(InvalidLambdaResponseException) as refusal:
        applied(scopes_to_add=("fine", scope))
    assert str(refusal.value) == (
        "Invalid lambda response: scopesToAdd has a scope that is empty or contains a space."
    )


def many(count: int) -> dict[str, str]:
    return {f"claim-{number}": "x" for number in range(count)}


def test_claim_overrides_beyond_five_thousand_are_refused() -> None:
    """Guide: quotas."""
    scopes = tuple(f"scope-{number}" for number in range(1_000))
    both = {"id_claims_to_add": many(2_000), "access_claims_to_add": many(2_000)}
    id_token, access_token = applied(**both, scopes_to_add=scopes)
    assert len(id_token) == len(ID) + 2_000
    assert len(access_token) == len(ACCESS) + 2_000
    with pytest.raises(InvalidLambdaResponseException) as refusal:
        applied(**both, scopes_to_add=(*scopes, "one-more"))
    assert str(refusal.value) == "Invalid lambda response: more than 5000 claims and scopes."


names = st.sampled_from([*NEVER, "aud", "scope", "email", "dev:note", "new"]) | st.text(max_size=9)
some_claims = st.dictionaries(names, st.text(max_size=5) | st.integers(), max_size=6)
some_names = st.lists(names, max_size=6).map(tuple)


@given(added=some_claims, more=some_claims, suppressed=some_names, less=some_names)
def test_claim_overrides_cannot_change_protected_claims(
    added: dict[str, Any], more: dict[str, Any], suppressed: tuple[str, ...], less: tuple[str, ...]
) -> None:
    id_token, access_token = applied(
        id_claims_to_add=added,
        access_claims_to_add=more,
        id_claims_to_suppress=suppressed,
        access_claims_to_suppress=less,
    )
    groups = {"cognito:groups", "cognito:roles", "cognito:preferred_role"}
    for name in {*NEVER, "aud"} - groups:
        assert id_token.get(name) == ID.get(name)
    for name in {*NEVER, "scope"} - groups:
        assert access_token.get(name) == ACCESS.get(name)
