"""Refusals about client ID metadata documents and their policies."""

from typing import Any

from support.cached_documents import keep_document
from support.error_cases import Situation, Step, World, admin, refuses

from poolhouse.errors import client_documents, pools, protocol

UNKNOWN = "unverified: no public report has the sentence"
PATTERNS = ["https://app.example/*"]
INSIDE = "https://localhost/client.json"
URL = "https://app.example/client.json"
NONE_CACHED = "No cached client metadata document exists for the URL."


def of_client(world: World) -> str:
    return world.pool.client_id


def creates(**members: Any) -> Step:
    given = {"ClientId": of_client, "PolicyName": "p", "URLPatterns": PATTERNS, **members}
    return admin("create_cimd_policy", **given)


def only_policy(world: World) -> str:
    listed = world.cognito.list_cimd_policies(UserPoolId=world.pool.id)["CIMDPolicies"]
    policy_id: str = listed[0]["CIMDPolicyId"]
    return policy_id


def has_document_inside(world: World) -> None:
    keep_document(world.server, world.pool.id, only_policy(world), INSIDE)


def url_state(action: str, url: str = URL, **members: Any) -> Step:
    given = {"CIMDPolicyId": only_policy, "URL": url, "Action": action, **members}
    return admin("update_client_metadata_url_state", **given)


OF_POLICIES: list[tuple[str, dict[str, Any]]] = [
    ("describe_cimd_policy", {}),
    ("update_cimd_policy", {"ClientId": of_client, "URLPatterns": PATTERNS}),
    ("delete_cimd_policy", {}),
    ("list_client_metadata_urls", {}),
    ("update_client_metadata_url_state", {"URL": URL, "Action": "REFRESH"}),
]
LISTS: list[tuple[str, dict[str, Any]]] = [
    ("list_cimd_policies", {}),
    ("list_client_metadata_urls", {"CIMDPolicyId": only_policy}),
]

SITUATIONS: list[Situation] = [
    *(
        refuses(
            client_documents.PolicyNotFound,
            "CIMD policy unknown1 does not exist.",
            UNKNOWN,
            admin(operation, CIMDPolicyId="unknown1", **members),
        )
        for operation, members in OF_POLICIES
    ),
    *(
        refuses(
            client_documents.DocumentNotCached, NONE_CACHED, UNKNOWN, url_state(action), creates()
        )
        for action in ("REFRESH", "INVALIDATE")
    ),
    refuses(
        client_documents.DocumentNotRefreshed,
        "The client metadata document could not be retrieved:"
        " the name leads to an address that isn't public.",
        UNKNOWN,
        url_state("REFRESH", INSIDE),
        creates(URLPatterns=["https://localhost/*"]),
        has_document_inside,
    ),
    refuses(
        pools.ClientNotFound,
        "User pool client unknown1 does not exist.",
        "aws-sdk-php#2183",
        creates(ClientId="unknown1"),
    ),
    refuses(
        protocol.InvalidParameter,
        "Invalid URL pattern: https://app.example",
        UNKNOWN,
        creates(URLPatterns=["https://app.example"]),
    ),
    refuses(
        pools.NotInTier,
        "The following features need to be disabled for the LITE pricing tier configured:"
        " Client ID Metadata Documents",
        "terraform-provider-aws#40734, amplify-backend#2805; the feature's name unverified",
        creates(),
        UserPoolTier="LITE",
    ),
    *(
        refuses(
            pools.PageTokenInvalid,
            "Invalid pagination token given.",
            "unverified",
            admin(operation, NextToken="tampered", **members),
            creates(),
        )
        for operation, members in LISTS
    ),
]
