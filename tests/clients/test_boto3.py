"""Boto3: its exceptions, its paginators, its parameters, with nothing turned off."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from support.client_servers import ServedPool
from support.refusals import refused
from support.running_server import RunningServer
from support.sign_ins import SrpClient

PASSWORD = "Correct-Horse-9!"
EMAIL = [{"Name": "email", "Value": "alice@home.example"}]
METADATA = {"ticket": "4711", "invitedBy": "bob"}


def sign_up(cognito: Any, pool: ServedPool, username: str = "alice") -> dict[str, Any]:
    answer: dict[str, Any] = cognito.sign_up(
        ClientId=pool.client_id, Username=username, Password=PASSWORD, UserAttributes=EMAIL
    )
    return answer


def test_boto3_sign_up_and_admin_confirm_sign_up(
    cognito: Any, pool: ServedPool, confirmations: Callable[[str], Any]
) -> None:
    """The API's guide: AdminConfirmSignUp needs no code, and passes ClientMetadata on."""
    signed_up = sign_up(cognito, pool)
    assert signed_up["UserConfirmed"] is False
    assert signed_up["CodeDeliveryDetails"] == {
        "Destination": "a***@h***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    confirmed = cognito.admin_confirm_sign_up(
        UserPoolId=pool.id, Username="alice", ClientMetadata=METADATA
    )
    assert confirmed["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert confirmed["ResponseMetadata"]["RetryAttempts"] == 0
    user = cognito.admin_get_user(UserPoolId=pool.id, Username="alice")
    assert (user["UserStatus"], user["Enabled"]) == ("CONFIRMED", True)
    assert {"Name": "sub", "Value": signed_up["UserSub"]} in user["UserAttributes"]
    [(name, request)] = confirmations(pool.id)
    assert (name, request["clientMetadata"]) == ("alice", METADATA)
    assert request["userAttributes"]["cognito:user_status"] == "CONFIRMED"


def test_boto3_second_admin_confirm_sign_up_raises_not_authorized(
    cognito: Any, pool: ServedPool
) -> None:
    sign_up(cognito, pool)
    cognito.admin_confirm_sign_up(UserPoolId=pool.id, Username="alice")
    with pytest.raises(cognito.exceptions.NotAuthorizedException) as caught:
        cognito.admin_confirm_sign_up(UserPoolId=pool.id, Username="alice")
    assert str(caught.value) == (
        "An error occurred (NotAuthorizedException) when calling the AdminConfirmSignUp operation:"
        " User cannot be confirmed. Current status is CONFIRMED"
    )


@pytest.mark.parametrize(
    ("exception", "sentence", "operation", "given"),
    [
        ("UserNotFoundException", "User does not exist.", "admin_get_user", {"Username": "bob"}),
        (
            "ResourceNotFoundException",
            "User pool eu-central-1_Absent000 does not exist.",
            "describe_user_pool",
            {"UserPoolId": "eu-central-1_Absent000"},
        ),
        (
            "UsernameExistsException",
            "User account already exists",
            "admin_create_user",
            {"Username": "alice", "MessageAction": "SUPPRESS"},
        ),
        (
            "InvalidParameterException",
            "1 validation error detected: Value '61' at 'limit' failed to satisfy constraint:"
            " Member must have value less than or equal to 60",
            "list_users",
            {"Limit": 61},
        ),
    ],
)
def test_boto3_errors_are_the_modeled_exceptions(
    cognito: Any,
    pool: ServedPool,
    exception: str,
    sentence: str,
    operation: str,
    given: dict[str, Any],
) -> None:
    sign_up(cognito, pool)
    with pytest.raises(getattr(cognito.exceptions, exception)) as caught:
        getattr(cognito, operation)(**{"UserPoolId": pool.id, **given})
    assert caught.value.response["Error"] == {"Code": exception, "Message": sentence}


def test_boto3_error_headers_have_type_and_request_id(cognito: Any, pool: ServedPool) -> None:
    with pytest.raises(cognito.exceptions.UserNotFoundException) as caught:
        cognito.admin_get_user(UserPoolId=pool.id, Username="nobody")
    answer = caught.value.response["ResponseMetadata"]
    headers = answer["HTTPHeaders"]
    assert answer["HTTPStatusCode"] == 400
    assert headers["x-amzn-errortype"] == "UserNotFoundException:"
    assert headers["x-amzn-errormessage"] == "User does not exist."
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert headers["x-amzn-requestid"] == answer["RequestId"]


def test_boto3_list_users_paginator_returns_each_user_once(cognito: Any, pool: ServedPool) -> None:
    names = [f"user{number}" for number in range(5)]
    for name in names:
        sign_up(cognito, pool, name)
    pages = list(
        cognito.get_paginator("list_users").paginate(
            UserPoolId=pool.id, PaginationConfig={"PageSize": 2}
        )
    )
    assert [len(page["Users"]) for page in pages] == [2, 2, 1]
    shown = [user["Username"] for page in pages for user in page["Users"]]
    assert sorted(shown) == names


def test_boto3_pool_and_client_paginators_return_each_once(cognito: Any, pool: ServedPool) -> None:
    for number in range(2):
        cognito.create_user_pool_client(UserPoolId=pool.id, ClientName=f"more{number}")
    clients = cognito.get_paginator("list_user_pool_clients").paginate(
        UserPoolId=pool.id, PaginationConfig={"PageSize": 1}
    )
    names = [client["ClientName"] for page in clients for client in page["UserPoolClients"]]
    assert sorted(names) == ["app", "more0", "more1"]
    pools = cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 1})
    assert [found["Id"] for page in pools for found in page["UserPools"]].count(pool.id) == 1


def test_boto3_client_with_secret_requires_its_hash(cognito: Any, pool: ServedPool) -> None:
    """The hash is the guide's: HMAC-SHA256 of username and client id under the secret."""
    client = cognito.create_user_pool_client(
        UserPoolId=pool.id, ClientName="server", GenerateSecret=True
    )["UserPoolClient"]
    client_id, secret = client["ClientId"], client["ClientSecret"]
    request = {"ClientId": client_id, "Username": "alice", "Password": PASSWORD}
    with pytest.raises(cognito.exceptions.NotAuthorizedException) as caught:
        cognito.sign_up(**request)
    assert caught.value.response["Error"]["Message"] == (
        f"Client {client_id} is configured with secret but SECRET_HASH was not received"
    )
    with pytest.raises(cognito.exceptions.NotAuthorizedException) as caught:
        cognito.sign_up(**request, SecretHash=base64.b64encode(bytes(32)).decode())
    assert caught.value.response["Error"]["Message"] == (
        f"Unable to verify secret hash for client {client_id}"
    )
    mac = hmac.digest(secret.encode(), f"alice{client_id}".encode(), hashlib.sha256)
    answer = cognito.sign_up(**request, SecretHash=base64.b64encode(mac).decode())
    assert answer["UserConfirmed"] is False


def test_boto3_admin_create_user_must_change_password(cognito: Any, pool: ServedPool) -> None:
    user = cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="carol",
        TemporaryPassword=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "carol@home.example"}],
        MessageAction="SUPPRESS",
    )["User"]
    assert (user["Username"], user["UserStatus"]) == ("carol", "FORCE_CHANGE_PASSWORD")
    with pytest.raises(cognito.exceptions.NotAuthorizedException) as caught:
        cognito.admin_confirm_sign_up(UserPoolId=pool.id, Username="carol")
    assert caught.value.response["Error"]["Message"] == (
        "User cannot be confirmed. Current status is FORCE_CHANGE_PASSWORD"
    )


def test_boto3_create_user_pool_has_tags(cognito: Any) -> None:
    tags = {"team": "identity", "stage": "test"}
    pool = cognito.create_user_pool(PoolName="tagged", UserPoolTags=tags)["UserPool"]
    assert pool["UserPoolTags"] == tags
    described = cognito.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]
    assert described["UserPoolTags"] == tags


def test_boto3_deleted_user_client_and_pool_are_not_found(cognito: Any, pool: ServedPool) -> None:
    sign_up(cognito, pool)
    cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")
    with pytest.raises(cognito.exceptions.UserNotFoundException):
        cognito.admin_get_user(UserPoolId=pool.id, Username="alice")
    cognito.delete_user_pool_client(UserPoolId=pool.id, ClientId=pool.client_id)
    with pytest.raises(cognito.exceptions.ResourceNotFoundException):
        cognito.describe_user_pool_client(UserPoolId=pool.id, ClientId=pool.client_id)
    cognito.delete_user_pool(UserPoolId=pool.id)
    with pytest.raises(cognito.exceptions.ResourceNotFoundException):
        cognito.describe_user_pool(UserPoolId=pool.id)


def test_boto3_without_credentials_signs_up_but_does_not_administer(
    server: RunningServer, pool: ServedPool
) -> None:
    anybody = boto3.client(
        "cognito-idp",
        endpoint_url=server.url,
        region_name=server.settings.home_region,
        config=Config(signature_version=UNSIGNED),
    )
    assert sign_up(anybody, pool)["UserConfirmed"] is False
    with pytest.raises(ClientError) as caught:
        anybody.admin_confirm_sign_up(UserPoolId=pool.id, Username="alice")
    assert caught.value.response["Error"] == {
        "Code": "MissingAuthenticationTokenException",
        "Message": "Missing Authentication Token",
    }


def test_boto3_srp_sign_in_refresh_and_global_sign_out(cognito: Any, pool: ServedPool) -> None:
    """Sign up, be confirmed, sign in by SRP, call, refresh, sign out everywhere, be refused."""
    cognito.sign_up(ClientId=pool.client_id, Username="alice", Password=PASSWORD)
    cognito.admin_confirm_sign_up(UserPoolId=pool.id, Username="alice")
    client = SrpClient(pool.id.split("_")[1], PASSWORD)
    asked = cognito.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": "alice", "SRP_A": client.srp_a},
    )
    tokens = cognito.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName=asked["ChallengeName"],
        ChallengeResponses=client.responses(asked["ChallengeParameters"]),
    )["AuthenticationResult"]
    assert cognito.get_user(AccessToken=tokens["AccessToken"])["Username"] == "alice"
    refresh = {
        "ClientId": pool.client_id,
        "AuthFlow": "REFRESH_TOKEN_AUTH",
        "AuthParameters": {"REFRESH_TOKEN": tokens["RefreshToken"]},
    }
    renewed = cognito.initiate_auth(**refresh)["AuthenticationResult"]
    cognito.global_sign_out(AccessToken=renewed["AccessToken"])
    for token in (tokens["AccessToken"], renewed["AccessToken"]):
        with refused("NotAuthorizedException", "Access Token has been revoked"):
            cognito.get_user(AccessToken=token)
    with refused("NotAuthorizedException", "Refresh Token has been revoked"):
        cognito.initiate_auth(**refresh)
