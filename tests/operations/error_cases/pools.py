"""Refusals of administrators who set things up: pools, app clients and their secrets, groups, tags.

And of callers that name a pool, an app client or a group that isn't there, or the wrong secret.
"""

import base64
from collections.abc import Callable
from typing import Any

from support.error_cases import (
    EMAIL,
    PASSWORD,
    Step,
    World,
    admin,
    client,
    has_password,
    is_created,
    refuses,
)
from support.running_server import ACCOUNT, REGION

from poolhouse.errors import auth, groups, pools, protocol, users

NOWHERE = f"{REGION}_Nowhere00"
ALICE = {"Username": "alice"}
STAFF = {"GroupName": "staff"}
SECRET = {"ClientSecret": "a0" * 16}
HASH = base64.b64encode(b"h" * 32).decode()
FOR_CODES = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
BEYOND = "The following features need to be disabled for the {} pricing tier configured: {}"

OF_POOLS: dict[str, dict[str, Any]] = {
    "add_custom_attributes": {"CustomAttributes": [{"Name": "x", "AttributeDataType": "String"}]},
    "add_user_pool_client_secret": {"ClientId": "c"},
    "admin_add_user_to_group": {**ALICE, **STAFF},
    "admin_confirm_sign_up": ALICE,
    "admin_create_user": ALICE,
    "admin_delete_user": ALICE,
    "admin_delete_user_attributes": {**ALICE, "UserAttributeNames": ["name"]},
    "admin_disable_user": ALICE,
    "admin_enable_user": ALICE,
    "admin_get_user": ALICE,
    "admin_list_groups_for_user": ALICE,
    "admin_remove_user_from_group": {**ALICE, **STAFF},
    "admin_reset_user_password": ALICE,
    "admin_set_user_password": {**ALICE, "Password": PASSWORD},
    "admin_update_user_attributes": {**ALICE, "UserAttributes": []},
    "create_group": STAFF,
    "create_user_pool_client": {"ClientName": "c"},
    "delete_group": STAFF,
    "delete_user_pool": {},
    "delete_user_pool_client": {"ClientId": "c"},
    "delete_user_pool_client_secret": {"ClientId": "c", "ClientSecretId": "s"},
    "describe_user_pool": {},
    "describe_user_pool_client": {"ClientId": "c"},
    "get_group": STAFF,
    "get_signing_certificate": {},
    "list_groups": {},
    "list_user_pool_client_secrets": {"ClientId": "c"},
    "list_user_pool_clients": {},
    "list_users": {},
    "list_users_in_group": STAFF,
    "update_group": STAFF,
    "update_user_pool": {},
    "update_user_pool_client": {"ClientId": "c"},
}
"""Every operation that names its pool by the id, with what it needs besides."""

OF_TAGS: dict[str, dict[str, Any]] = {
    "list_tags_for_resource": {},
    "tag_resource": {"Tags": {"a": "b"}},
    "untag_resource": {"TagKeys": ["a"]},
}

OF_APPS: dict[str, dict[str, Any]] = {
    "sign_up": {**ALICE, "Password": PASSWORD},
    "confirm_sign_up": {**ALICE, "ConfirmationCode": "123456"},
    "resend_confirmation_code": ALICE,
    "forgot_password": ALICE,
    "confirm_forgot_password": {**ALICE, "ConfirmationCode": "123456", "Password": PASSWORD},
}
"""Every operation of app clients."""

OF_CLIENTS = {name: members for name, members in OF_POOLS.items() if "ClientId" in members}
OF_GROUPS = {
    name: members
    for name, members in OF_POOLS.items()
    if "GroupName" in members and name != "create_group"
}
OF_USERS_AND_GROUPS = {
    name: members for name, members in OF_POOLS.items() if members == {**ALICE, **STAFF}
}


def of_another_client(operation: str, **members: Any) -> tuple[Step, Callable[[World], None]]:
    """A call for an app client that has a secret, and what makes that client."""

    def made(world: World) -> None:
        answer = world.cognito.create_user_pool_client(
            UserPoolId=world.pool.id, ClientName="confidential", **SECRET
        )
        world.pool.client_id = answer["UserPoolClient"]["ClientId"]

    return client(operation, **members), made


def arn(pool_id: str) -> str:
    return f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool_id}"


SITUATIONS = [
    # What isn't there
    *(
        refuses(
            pools.PoolNotFound,
            f"User pool {NOWHERE} does not exist.",
            "aws-aspnet-cognito-identity-provider#135",
            Step(operation, {"UserPoolId": NOWHERE, **members}),
        )
        for operation, members in OF_POOLS.items()
    ),
    *(
        refuses(
            pools.PoolNotFound,
            f"User pool {NOWHERE} does not exist.",
            "aws-aspnet-cognito-identity-provider#135",
            Step(operation, {"ResourceArn": arn(NOWHERE), **members}),
        )
        for operation, members in OF_TAGS.items()
    ),
    *(
        refuses(
            pools.ClientNotFound,
            "User pool client unknown does not exist.",
            "aws-sdk-php#2183, anomalyco/guide#82",
            Step(operation, {**members, "ClientId": "unknown"}),
        )
        for operation, members in OF_APPS.items()
    ),
    *(
        refuses(
            pools.ClientNotFound,
            "User pool client unknown does not exist.",
            "aws-sdk-php#2183, anomalyco/guide#82",
            admin(operation, **{**members, "ClientId": "unknown"}),
        )
        for operation, members in OF_CLIENTS.items()
    ),
    *(
        refuses(
            groups.GroupNotFound,
            "Group not found.",
            "amplify-cli#2214",
            admin(operation, **members),
            is_created(),
        )
        for operation, members in OF_GROUPS.items()
    ),
    *(
        refuses(
            users.UserNotFound,
            "User does not exist.",
            "aws-sdk-android#366",
            admin(operation, **members),
            admin("create_group", **STAFF),
        )
        for operation, members in OF_USERS_AND_GROUPS.items()
    ),
    # Secrets of app clients
    *(
        refuses(
            auth.SecretHashMissing,
            "Client {client} is configured with secret but SECRET_HASH was not received",
            "amplify-android#2504",
            *of_another_client(operation, **members),
        )
        for operation, members in OF_APPS.items()
    ),
    *(
        refuses(
            auth.SecretHashWrong,
            "Unable to verify secret hash for client {client}",
            "laravel-aws-cognito-auth#26",
            *of_another_client(operation, **members, SecretHash=HASH),
        )
        for operation, members in OF_APPS.items()
    ),
    *(
        refuses(
            auth.NoSecretExpected,
            "App client {client} is not configured for secret but secret hash was received",
            "pmill/aws-cognito#23",
            client(operation, **members, SecretHash=HASH),
        )
        for operation, members in OF_APPS.items()
    ),
    refuses(
        pools.TooManySecrets,
        "Client secrets cannot exceed limit of 2 secrets.",
        "as floci",
        *of_another_client("add_user_pool_client_secret", UserPoolId=lambda w: w.pool.id),
        client("add_user_pool_client_secret", UserPoolId=lambda world: world.pool.id),
    ),
    refuses(
        pools.SecretNotFound,
        "Client secret nothing does not exist.",
        "the API model; the text unverified",
        *of_another_client(
            "delete_user_pool_client_secret",
            UserPoolId=lambda world: world.pool.id,
            ClientSecretId="nothing",
        ),
    ),
    # Settings of pools and app clients
    refuses(
        pools.PoolProtected,
        "The user pool cannot be deleted because deletion protection is activated."
        " Deletion protection must be inactivated first.",
        "floci#3948",
        admin("delete_user_pool"),
        DeletionProtection="ACTIVE",
    ),
    refuses(
        pools.NotInTier,
        BEYOND.format("ESSENTIALS", "Threat Protection"),
        "terraform-provider-aws#40734, amplify-backend#2805",
        Step(
            "create_user_pool",
            {"PoolName": "p", "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}},
        ),
    ),
    refuses(
        pools.TierTooLow,
        BEYOND.format("LITE", "Passwordless Sign-In"),
        "the API model; the text unverified",
        admin("update_user_pool", UserPoolTier="LITE"),
        Policies=FOR_CODES,
    ),
    refuses(
        protocol.InvalidParameter,
        "Invalid range for token validity.",
        "cloudfront-authorization-at-edge#144",
        admin(
            "create_user_pool_client",
            ClientName="c",
            AccessTokenValidity=1,
            TokenValidityUnits={"AccessToken": "seconds"},
        ),
    ),
    *(
        refuses(
            protocol.InvalidParameter,
            f"Invalid {kind} attributes specified while {doing} a client",
            "aws-sdk-java#1395",
            admin(operation, **{f"{kind.capitalize()}Attributes": ["custom:none"]}, **members),
        )
        for kind in ("read", "write")
        for operation, doing, members in (
            ("create_user_pool_client", "creating", {"ClientName": "c"}),
            ("update_user_pool_client", "updating", {"ClientId": lambda w: w.pool.client_id}),
        )
    ),
    *(
        refuses(
            pools.NoSecretsManager,
            "PublishSecretsInAWSSecretsManager cannot be true: this server keeps client secrets"
            " itself.",
            "ours: the service publishes it",
            admin(operation, PublishSecretsInAWSSecretsManager=True, **members),
            client={"GenerateSecret": True},
        )
        for operation, members in (
            ("create_user_pool_client", {"ClientName": "c", "GenerateSecret": True}),
            ("update_user_pool_client", {"ClientId": lambda w: w.pool.client_id}),
        )
    ),
    refuses(
        pools.UnknownScope,
        "Invalid scope requested: shop/read",
        "aws-cloudformation-user-guide#564",
        admin(
            "create_user_pool_client",
            ClientName="c",
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=["openid", "shop/read"],
            CallbackURLs=["https://shop.example/back"],
        ),
    ),
    refuses(
        pools.InvalidOAuthFlow,
        "client_credentials flow can not be selected if client does not have a client secret.",
        "terraform-provider-aws#4984 and others",
        admin(
            "create_user_pool_client",
            ClientName="c",
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthScopes=["openid"],
        ),
    ),
    refuses(
        protocol.InvalidParameter,
        "custom:x: Existing attribute already has name custom:x.",
        "serverless-cognito-add-custom-attributes#3",
        admin("add_custom_attributes", **OF_POOLS["add_custom_attributes"]),
        admin("add_custom_attributes", **OF_POOLS["add_custom_attributes"]),
    ),
    # Groups and tags
    refuses(
        groups.GroupExists,
        "A group with the name already exists",
        "amplify-backend#1781; whether a full stop follows is unverified",
        admin("create_group", **STAFF),
        admin("create_group", **STAFF),
    ),
    refuses(
        groups.TooManyGroups,
        "Maximum number of groups for the user has been reached.",
        "dg:quotas; code and text unverified",
        admin("admin_add_user_to_group", **ALICE, GroupName="group-100"),
        is_created(attributes=EMAIL),
        has_password(),
        *(admin("create_group", GroupName=f"group-{n}") for n in range(101)),
        *(admin("admin_add_user_to_group", **ALICE, GroupName=f"group-{n}") for n in range(100)),
    ),
    refuses(
        pools.BadTag,
        "aws: prefixed tag key names are not allowed for external use.",
        "the guide's tagging page; the text unverified",
        Step("create_user_pool", {"PoolName": "p", "UserPoolTags": {"aws:x": "y"}}),
    ),
    refuses(
        pools.BadTag,
        "A user pool can have at most 50 tags.",
        "the guide's tagging page; the text unverified",
        admin("update_user_pool", UserPoolTags={f"key-{n}": "" for n in range(51)}),
    ),
    # Pages
    *(
        refuses(
            pools.PageTokenInvalid,
            "Invalid pagination token given.",
            "unverified",
            Step(operation, {"UserPoolId": lambda world: world.pool.id, **members, **token}),
            is_created(),
            admin("create_group", **STAFF),
        )
        for operation, members, token in [
            ("list_users", {}, {"PaginationToken": "tampered"}),
            ("list_groups", {}, {"NextToken": "tampered"}),
            ("list_users_in_group", STAFF, {"NextToken": "tampered"}),
            ("admin_list_groups_for_user", ALICE, {"NextToken": "tampered"}),
            ("list_user_pool_clients", {}, {"NextToken": "tampered"}),
        ]
    ),
    refuses(
        pools.PageTokenInvalid,
        "Invalid pagination token given.",
        "unverified",
        Step("list_user_pools", {"MaxResults": 1, "NextToken": "tampered"}),
    ),
    *(
        refuses(
            pools.PageTokenForOthers,
            "Paging Marker is Invalid for Request",
            "aws-sdk-js#3705",
            admin("list_users", Filter='username ^= "a"', PaginationToken=first_page),
            is_created("alice"),
            is_created("ann"),
        )
        for first_page in [
            lambda world: world.cognito.list_users(UserPoolId=world.pool.id, Limit=1)[
                "PaginationToken"
            ]
        ]
    ),
]
