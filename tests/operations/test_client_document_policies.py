"""Policies of client ID metadata documents, and the documents that they cache."""

from typing import Any

import pytest
from support.cached_documents import keep_document
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest

from poolhouse.rules.pools.client_document_policies import MOST

PATTERNS = ["https://*.example/*"]
URL = "https://app.example/client.json"

pytestmark = pytest.mark.both_stores


def create(pool: PoolForTest, **members: Any) -> dict[str, Any]:
    given = {"ClientId": pool.client_id, "PolicyName": "p", "URLPatterns": PATTERNS, **members}
    made: dict[str, Any] = pool.cognito.create_cimd_policy(UserPoolId=pool.id, **given)[
        "CIMDPolicy"
    ]
    return made


def of(pool: PoolForTest, policy: dict[str, Any]) -> dict[str, str]:
    return {"UserPoolId": pool.id, "CIMDPolicyId": policy["CIMDPolicyId"]}


def urls(pool: PoolForTest, policy: dict[str, Any], **members: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pool.cognito.list_client_metadata_urls(
        **of(pool, policy), **members
    )["ClientMetadataURLs"]
    return found


def test_cimd_policy_is_described_as_it_was_created(pool: PoolForTest) -> None:
    """A day is the default of CacheDuration, by the reference of CreateCIMDPolicy."""
    made = create(pool)
    assert made.pop("CreationDate") == made.pop("LastModifiedDate")
    assert made == {
        "UserPoolId": pool.id,
        "CIMDPolicyId": made["CIMDPolicyId"],
        "ClientId": pool.client_id,
        "PolicyName": "p",
        "CacheDuration": 86_400,
        "URLPatterns": PATTERNS,
    }
    described = pool.cognito.describe_cimd_policy(**of(pool, made))["CIMDPolicy"]
    assert {name: described[name] for name in made} == made


def test_cimd_policy_update_replaces_members_that_it_names(pool: PoolForTest) -> None:
    made = create(pool, CacheDuration=90_000)
    required = {"ClientId": pool.client_id, "URLPatterns": ["https://b.example/c"]}
    changed = pool.cognito.update_cimd_policy(**of(pool, made), **required)["CIMDPolicy"]
    assert changed["URLPatterns"] == ["https://b.example/c"]
    assert (changed["PolicyName"], changed["CacheDuration"]) == ("p", 90_000)
    named = {"PolicyName": "q", "CacheDuration": 86_401}
    pool.cognito.update_cimd_policy(**of(pool, made), **required, **named)
    described = pool.cognito.describe_cimd_policy(**of(pool, made))["CIMDPolicy"]
    assert (described["PolicyName"], described["CacheDuration"]) == ("q", 86_401)


def test_cimd_policy_omits_a_deleted_app_client(pool: PoolForTest) -> None:
    """By the API model."""
    made = create(pool)
    pool.cognito.delete_user_pool_client(UserPoolId=pool.id, ClientId=pool.client_id)
    assert "ClientId" not in pool.cognito.describe_cimd_policy(**of(pool, made))["CIMDPolicy"]
    (listed,) = pool.cognito.list_cimd_policies(UserPoolId=pool.id)["CIMDPolicies"]
    assert "ClientId" not in listed


def test_cimd_policy_list_has_pages_without_patterns(pool: PoolForTest) -> None:
    made = {create(pool, PolicyName=f"p{n}")["CIMDPolicyId"] for n in range(3)}
    pages = pool.cognito.get_paginator("list_cimd_policies").paginate(
        UserPoolId=pool.id, PaginationConfig={"PageSize": 2}
    )
    sizes, found = [], set()
    for page in pages:
        sizes.append(len(page["CIMDPolicies"]))
        found |= {each["CIMDPolicyId"] for each in page["CIMDPolicies"]}
        assert all("URLPatterns" not in each for each in page["CIMDPolicies"])
    assert (sizes, found) == ([2, 1], made)


def test_cimd_policy_that_was_deleted_is_gone_with_its_documents(
    server: RunningServer, pool: PoolForTest
) -> None:
    made = create(pool)
    keep_document(server, pool.id, made["CIMDPolicyId"], URL)
    pool.cognito.delete_cimd_policy(**of(pool, made))
    with refused(
        "ResourceNotFoundException", f"CIMD policy {made['CIMDPolicyId']} does not exist."
    ):
        pool.cognito.describe_cimd_policy(**of(pool, made))
    assert pool.cognito.list_cimd_policies(UserPoolId=pool.id)["CIMDPolicies"] == []
    left = server.run(
        lambda app: app.services.store.client_documents.find(pool.id, made["CIMDPolicyId"], URL)
    )
    assert left is None


def test_cimd_policy_of_another_pool_is_not_found(new_pool: NewPool, pool: PoolForTest) -> None:
    made, other = create(pool), new_pool()
    with refused("ResourceNotFoundException"):
        other.cognito.describe_cimd_policy(**of(other, made))
    with refused("ResourceNotFoundException"):
        other.cognito.delete_cimd_policy(**of(other, made))


def test_cimd_policies_of_a_pool_are_limited(pool: PoolForTest) -> None:
    for _ in range(MOST):
        create(pool)
    with refused("LimitExceededException", "Maximum number of CIMD policies has been reached."):
        create(pool)


def test_metadata_urls_have_dates_and_pages(server: RunningServer, pool: PoolForTest) -> None:
    made = create(pool)
    kept = [f"https://app.example/{n}" for n in range(3)]
    keep_document(server, pool.id, made["CIMDPolicyId"], *kept)
    pages = pool.cognito.get_paginator("list_client_metadata_urls").paginate(
        **of(pool, made), PaginationConfig={"PageSize": 2}
    )
    found = [page["ClientMetadataURLs"] for page in pages]
    assert [len(page) for page in found] == [2, 1]
    listed = [each for page in found for each in page]
    assert [each["URL"] for each in listed] == kept
    for each in listed:
        assert (each["ExpirationDate"] - each["CachedDate"]).days == 1


def test_metadata_url_that_is_invalidated_has_no_dates_and_is_not_cached(
    server: RunningServer, pool: PoolForTest
) -> None:
    made = create(pool)
    keep_document(server, pool.id, made["CIMDPolicyId"], URL)
    named = {**of(pool, made), "URL": URL, "Action": "INVALIDATE"}
    pool.cognito.update_client_metadata_url_state(**named)
    assert urls(pool, made) == [{"URL": URL}]
    sentence = "No cached client metadata document exists for the URL."
    for action in ("INVALIDATE", "REFRESH"):
        with refused("CachedCIMDURLDoesNotExistException", sentence):
            pool.cognito.update_client_metadata_url_state(**{**named, "Action": action})


def test_metadata_url_refresh_never_reaches_an_address_inside(
    server: RunningServer, pool: PoolForTest
) -> None:
    """The document that is cached stays as it was."""
    made = create(pool, URLPatterns=["https://localhost/*"])
    inside = "https://localhost/client.json"
    keep_document(server, pool.id, made["CIMDPolicyId"], inside)
    before = urls(pool, made)
    with refused(
        "InvalidParameterException",
        "The client metadata document could not be retrieved:"
        " the name leads to an address that isn't public.",
    ):
        pool.cognito.update_client_metadata_url_state(
            **of(pool, made), URL=inside, Action="REFRESH"
        )
    assert urls(pool, made) == before


@pytest.mark.parametrize("operation", ["create_cimd_policy", "list_cimd_policies"])
def test_cimd_policy_call_without_permission_is_denied(
    server: RunningServer, pool: PoolForTest, operation: str
) -> None:
    nothing = '{"Version":"2012-10-17","Statement":[]}'
    bob = server.administrator(f"bob-{operation}-{pool.id}", nothing)
    members = {"ClientId": pool.client_id, "PolicyName": "p", "URLPatterns": PATTERNS}
    given = members if operation == "create_cimd_policy" else {}
    with refused("AccessDeniedException"):
        getattr(bob, operation)(UserPoolId=pool.id, **given)
