"""User pools over the wire. The rules have tests of their own: here is that they are asked."""

import base64
import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from support.refusals import refused
from support.running_server import ACCOUNT, REGION, RunningServer
from support.served_pools import PoolForTest

from poolhouse.app import App
from poolhouse.entities.signing_keys import KeyUse, PoolKey

_names = (f"named {number}" for number in itertools.count(1))


def create(cognito: Any, **members: Any) -> dict[str, Any]:
    made: dict[str, Any] = cognito.create_user_pool(PoolName=next(_names), **members)["UserPool"]
    return made


def describe(cognito: Any, pool_id: str) -> dict[str, Any]:
    found: dict[str, Any] = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    return found


def test_create_user_pool_returns_all_as_describe_does(cognito: Any) -> None:
    """ev:users-3.1: the members of a pool that was given a name alone, and no other."""
    made = create(cognito)
    assert set(made) == {
        *("Id", "Arn", "Name", "CreationDate", "LastModifiedDate", "Policies"),
        *("DeletionProtection", "LambdaConfig", "SchemaAttributes"),
        *("VerificationMessageTemplate", "MfaConfiguration", "EstimatedNumberOfUsers"),
        *("EmailConfiguration", "AdminCreateUserConfig", "UserPoolTags", "UserPoolTier"),
        "AcrConfiguration",
    }
    assert re.fullmatch(rf"{REGION}_[0-9A-Za-z]{{9}}", made["Id"])
    assert made["Arn"] == f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{made['Id']}"
    assert made["CreationDate"] == made["LastModifiedDate"]
    assert len(made["SchemaAttributes"]) == 20
    assert describe(cognito, made["Id"]) == made


def test_describe_user_pool_returns_everything_that_was_set(cognito: Any) -> None:
    members: dict[str, Any] = {
        "UsernameAttributes": ["email"],
        "UsernameConfiguration": {"CaseSensitive": False},
        "AutoVerifiedAttributes": ["email"],
        "UserPoolTags": {"stage": "test"},
        "AccountRecoverySetting": {
            "RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]
        },
        "DeletionProtection": "INACTIVE",
        "UserPoolTier": "PLUS",
        "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"},
        "SmsAuthenticationMessage": "{####} it is",
        "KeyConfiguration": {"KeyType": "AWS_OWNED_KEY"},
        "IssuerConfiguration": {"Type": "ORIGINAL"},
    }
    made = create(cognito, **members, Schema=[{"Name": "plan", "AttributeDataType": "String"}])
    found = describe(cognito, made["Id"])
    assert {name: found[name] for name in members} == members
    assert found["SchemaAttributes"][-1]["Name"] == "custom:plan"


def test_describe_user_pool_counts_users(cognito: Any, pool: PoolForTest) -> None:
    pool.sign_up("alice")
    pool.sign_up("bob")
    assert describe(cognito, pool.id)["EstimatedNumberOfUsers"] == 2


def test_update_user_pool_returns_nothing_and_is_effective_at_once(cognito: Any) -> None:
    made = create(cognito, UserPoolTags={"a": "b"})
    answer = cognito.update_user_pool(UserPoolId=made["Id"], PoolName="renamed")
    assert set(answer) == {"ResponseMetadata"}
    found = describe(cognito, made["Id"])
    assert found["Name"] == "renamed"
    assert found["UserPoolTags"] == {"a": "b"}, "kept when left out: terraform-provider-aws#32857"
    assert found["CreationDate"] == made["CreationDate"]
    assert found["LastModifiedDate"] >= made["LastModifiedDate"]


@pytest.mark.both_stores
def test_updates_at_the_same_time_follow_one_another(cognito: Any) -> None:
    """Each is applied whole; one that others overtook again and again may be told so."""
    made = create(cognito)

    def update(number: int) -> str:
        try:
            cognito.update_user_pool(UserPoolId=made["Id"], UserPoolTags={"n": str(number)})
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "ok"

    with ThreadPoolExecutor(4) as threads:
        outcomes = set(threads.map(update, range(12)))
    assert outcomes <= {"ok", "ConcurrentModificationException"}
    assert describe(cognito, made["Id"])["UserPoolTags"]["n"] in map(str, range(12))


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        (
            {"AliasAttributes": ["email"], "UsernameAttributes": ["email"]},
            "InvalidParameterException",
            "Only one of the aliasAttributes or usernameAttributes can be set in a User pool.",
        ),
        (
            {"Schema": [{"Name": "x", "AttributeDataType": "String", "Required": True}]},
            "InvalidParameterException",
            "Required custom attributes are not supported currently.",
        ),
        (
            {"MfaConfiguration": "ON"},
            "InvalidParameterException",
            "SMS configuration and Auto verification for phone_number are required when MFA is"
            " required/optional",
        ),
        (
            {"UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}},
            "FeatureUnavailableInTierException",
            "The following features need to be disabled for the ESSENTIALS pricing tier"
            " configured: Threat Protection",
        ),
        ({"UserPoolTags": {"aws:x": "y"}}, "UserPoolTaggingException", None),
        (
            {"PoolName": "semi;colon"},
            "InvalidParameterException",
            "1 validation error detected: Value 'semi;colon' at 'poolName' failed to satisfy"
            r" constraint: Member must satisfy regular expression pattern: [\w\s+=,.@-]+",
        ),
    ],
)
def test_invalid_user_pool_is_refused(
    cognito: Any, members: dict[str, Any], code: str, sentence: str | None
) -> None:
    with refused(code, sentence):
        cognito.create_user_pool(**{"PoolName": "p", **members})


def test_feature_plan_below_used_features_is_refused(cognito: Any) -> None:
    sign_in = {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}
    made = create(cognito, Policies={"SignInPolicy": sign_in})
    with refused("TierChangeNotAllowedException"):
        cognito.update_user_pool(UserPoolId=made["Id"], UserPoolTier="LITE")


def test_deleted_user_pool_and_its_clients_are_not_found(cognito: Any, pool: PoolForTest) -> None:
    """ev:users-3.4."""
    pool.sign_up("alice")
    answer = cognito.delete_user_pool(UserPoolId=pool.id)
    assert set(answer) == {"ResponseMetadata"}
    with refused("ResourceNotFoundException", f"User pool {pool.id} does not exist."):
        describe(cognito, pool.id)
    with refused("ResourceNotFoundException", f"User pool client {pool.client_id} does not exist."):
        pool.sign_up("bob")


def test_protected_user_pool_cannot_be_deleted(cognito: Any) -> None:
    """floci#3948."""
    made = create(cognito, DeletionProtection="ACTIVE")
    with refused(
        "InvalidParameterException",
        "The user pool cannot be deleted because deletion protection is activated."
        " Deletion protection must be inactivated first.",
    ):
        cognito.delete_user_pool(UserPoolId=made["Id"])
    cognito.update_user_pool(UserPoolId=made["Id"], DeletionProtection="INACTIVE")
    cognito.delete_user_pool(UserPoolId=made["Id"])


@pytest.mark.parametrize(
    "operation",
    ["describe_user_pool", "update_user_pool", "delete_user_pool", "get_signing_certificate"],
)
def test_unknown_user_pool_is_not_found(cognito: Any, operation: str) -> None:
    """aws-aspnet-cognito-identity-provider#135."""
    unknown = f"{REGION}_unknown00"
    with refused("ResourceNotFoundException", f"User pool {unknown} does not exist."):
        getattr(cognito, operation)(UserPoolId=unknown)


def test_pools_are_listed_page_by_page(cognito: Any) -> None:
    made = {create(cognito)["Id"] for _ in range(5)}
    pages = cognito.get_paginator("list_user_pools").paginate(MaxResults=2)
    listed = [page["UserPools"] for page in pages]
    assert all(len(page) == 2 for page in listed[:-1])
    ids = [pool["Id"] for page in listed for pool in page]
    assert made <= set(ids)
    assert len(ids) == len(set(ids))


def test_list_user_pools_shows_these_members(cognito: Any) -> None:
    """ev:users-3.4."""
    create(cognito)
    for listed in cognito.list_user_pools(MaxResults=60)["UserPools"]:
        assert set(listed) == {"Id", "Name", "LambdaConfig", "CreationDate", "LastModifiedDate"}


def test_page_has_at_most_sixty_user_pools(cognito: Any) -> None:
    with refused(
        "InvalidParameterException",
        "1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint:"
        " Member must have value less than or equal to 60",
    ):
        cognito.list_user_pools(MaxResults=61)


def test_list_user_pools_requires_max_results(server: RunningServer) -> None:
    unchecked = server.client(parameter_validation=False)
    with refused(
        "InvalidParameterException",
        "1 validation error detected: Value null at 'maxResults' failed to satisfy constraint:"
        " Member must not be null",
    ):
        unchecked.list_user_pools()


def test_foreign_pagination_token_is_refused(cognito: Any, pool: PoolForTest) -> None:
    """aws-sdk-js#3705 for a token of another list."""
    create(cognito)
    token = cognito.list_user_pools(MaxResults=1)["NextToken"]
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    for bad in (changed, "nonsense", "AAAA", "ö"):
        with refused("InvalidParameterException"):
            cognito.list_user_pools(MaxResults=1, NextToken=bad)
    with refused("InvalidParameterException", "Paging Marker is Invalid for Request"):
        cognito.list_user_pool_clients(UserPoolId=pool.id, NextToken=token)


def test_signing_certificate_is_the_pools_and_stays(cognito: Any) -> None:
    """The API model: X.509, ten years."""
    first, second = create(cognito), create(cognito)
    texts = [
        cognito.get_signing_certificate(UserPoolId=pool["Id"])["Certificate"]
        for pool in (first, first, second)
    ]
    assert texts[0] == texts[1] != texts[2]
    read = x509.load_der_x509_certificate(base64.b64decode(texts[0], validate=True))
    assert read.subject.rfc4514_string() == f"CN={first['Id']}"


async def _keys_of(app: App, pools: list[str]) -> list[list[PoolKey]]:
    return [await app.services.store.pools.keys(pool) for pool in pools]


@pytest.mark.both_stores
def test_create_user_pool_many_at_once_gives_each_its_own_two_keys(
    cognito: Any, server: RunningServer
) -> None:
    """ev:oauth-1: a pool signs ID and access tokens with different keys."""
    with ThreadPoolExecutor(8) as threads:
        pools = [made["Id"] for made in threads.map(lambda _: create(cognito), range(8))]
    kept = server.run(lambda app: _keys_of(app, pools))
    assert [{key.use for key in keys} for keys in kept] == [{KeyUse.ACCESS, KeyUse.ID}] * 8
    assert len({key.kid for keys in kept for key in keys}) == 16


def test_user_pool_registration_and_issuer_settings_are_shown(cognito: Any) -> None:
    """ev:domain-1.10: on without EnableStatus; replaced as a whole; an empty list is kept."""
    made = create(
        cognito,
        DcrConfiguration={"AllowedScopes": ["aws.cognito.signin.user.admin"]},
        IssuerConfiguration={"Type": "UPDATED"},
    )
    assert made["DcrConfiguration"] == {
        "EnableStatus": "Enabled",
        "OpenDcrEnabled": False,
        "AllowedScopes": ["aws.cognito.signin.user.admin"],
    }
    assert made["IssuerConfiguration"] == {"Type": "UPDATED"}
    replaced = {"OpenDcrEnabled": True, "OpenDcrGrantTypes": []}
    cognito.update_user_pool(UserPoolId=made["Id"], DcrConfiguration=replaced)
    found = describe(cognito, made["Id"])
    assert found["DcrConfiguration"] == {"EnableStatus": "Enabled", **replaced}
    assert found["IssuerConfiguration"] == {"Type": "UPDATED"}
