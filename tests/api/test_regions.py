"""Two regions in one server, each blind to the other's user pools."""

import base64
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.access_keys import add_key
from support.audit_reading import Trail
from support.audit_reading import refused as answer_of_refused
from support.functions_server import FunctionsServer
from support.refusals import refused
from support.running_server import ACCOUNT, ROOT_KEY, RunningServer, running
from support.store_contents import eventually
from support.wire_client import Wire, request, signed_headers

HOME, OTHER = "eu-central-1", "us-west-2"
PASSWORD = "Correct-Horse-9!"
ARN = "arn:aws:lambda:us-west-2:123456789012:function:events"


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, functions: FunctionsServer
) -> Iterator[RunningServer]:
    """A strict server of two regions."""
    folder = tmp_path_factory.mktemp("regions")
    with running(folder, region=(HOME, OTHER), triggers={"*": functions.url}) as server:
        yield server


@pytest.fixture(scope="module")
def home(server: RunningServer) -> Any:
    return server.client(region_name=HOME)


@pytest.fixture(scope="module")
def other(server: RunningServer) -> Any:
    return server.client(region_name=OTHER)


@pytest.fixture
def pool_id(other: Any) -> str:
    """A pool of the region that isn't the server's first."""
    made = other.create_user_pool(PoolName="west", DeviceConfiguration={})
    return str(made["UserPool"]["Id"])


@pytest.fixture
def client_id(other: Any, pool_id: str) -> str:
    flows = ("USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH", "ADMIN_USER_PASSWORD_AUTH")
    made = other.create_user_pool_client(
        UserPoolId=pool_id, ClientName="app", ExplicitAuthFlows=[f"ALLOW_{flow}" for flow in flows]
    )
    return str(made["UserPoolClient"]["ClientId"])


def listed(client: Any, size: int) -> list[str]:
    """The ids of every page of ListUserPools."""
    pages = client.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": size})
    return [pool["Id"] for page in pages for pool in page["UserPools"]]


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def policy(**statement: Any) -> dict[str, str]:
    every = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return {"P": json.dumps({"Version": "2012-10-17", "Statement": [every | statement]})}


@pytest.mark.parametrize("region", [HOME, OTHER])
def test_create_user_pool_makes_pool_in_region_of_call(server: RunningServer, region: str) -> None:
    client = server.client(region_name=region)
    made = client.create_user_pool(PoolName="here")["UserPool"]
    assert re.fullmatch(rf"{region}_[0-9A-Za-z]{{9}}", made["Id"])
    assert made["Arn"] == f"arn:aws:cognito-idp:{region}:{ACCOUNT}:userpool/{made['Id']}"
    shown = client.describe_user_pool(UserPoolId=made["Id"])["UserPool"]
    assert (shown["Id"], shown["Arn"]) == (made["Id"], made["Arn"])


def test_list_user_pools_shows_pools_of_region_alone_on_every_page(home: Any, other: Any) -> None:
    made = {
        region: {client.create_user_pool(PoolName="p")["UserPool"]["Id"] for _ in range(4)}
        for region, client in ((HOME, home), (OTHER, other))
    }
    for (region, client), size in itertools.product(((HOME, home), (OTHER, other)), (1, 3, 60)):
        seen = listed(client, size)
        assert len(set(seen)) == len(seen)
        assert made[region] <= set(seen)
        assert {each.partition("_")[0] for each in seen} == {region}


def test_list_user_pools_with_token_of_another_region_is_refused(home: Any, other: Any) -> None:
    for client in (home, other):
        for _ in range(2):
            client.create_user_pool(PoolName="p")
    token = home.list_user_pools(MaxResults=1)["NextToken"]
    with refused("InvalidParameterException"):
        other.list_user_pools(MaxResults=1, NextToken=token)


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("describe_user_pool", {}),
        ("update_user_pool", {}),
        ("delete_user_pool", {}),
        ("list_users", {}),
        ("list_user_pool_clients", {}),
        ("create_user_pool_client", {"ClientName": "app"}),
        ("get_user_pool_mfa_config", {}),
        ("get_signing_certificate", {}),
        ("create_group", {"GroupName": "staff"}),
        ("admin_create_user", {"Username": "alice"}),
        ("admin_get_user", {"Username": "alice"}),
        ("admin_confirm_sign_up", {"Username": "alice"}),
        (
            "admin_initiate_auth",
            {"ClientId": "1example23456789", "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"},
        ),
    ],
)
def test_pool_of_another_region_does_not_exist(
    home: Any, other: Any, pool_id: str, operation: str, more: dict[str, Any]
) -> None:
    with refused("ResourceNotFoundException", f"User pool {pool_id} does not exist."):
        getattr(home, operation)(UserPoolId=pool_id, **more)
    other.describe_user_pool(UserPoolId=pool_id)


def test_log_names_the_region_of_a_pool_elsewhere(home: Any, pool_id: str) -> None:
    with capture_logs() as logged:
        answer = answer_of_refused(home.describe_user_pool, UserPoolId=pool_id)
        request_id = answer["ResponseMetadata"]["RequestId"]
        (line,) = eventually(
            lambda: [each for each in logged if each.get("request_id") == request_id]
        )
    assert line["reason"] == f"the signature is for the region {HOME}, the pool is of {OTHER}"


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("tag_resource", {"Tags": {"team": "west"}}),
        ("untag_resource", {"TagKeys": ["team"]}),
        ("list_tags_for_resource", {}),
    ],
)
def test_arn_of_another_region_names_no_pool(
    home: Any, other: Any, pool_id: str, operation: str, more: dict[str, Any]
) -> None:
    own = f"arn:aws:cognito-idp:{OTHER}:{ACCOUNT}:userpool/{pool_id}"
    for arn in (own, own.replace(f":{OTHER}:", f":{HOME}:")):
        with refused("ResourceNotFoundException"):
            getattr(home, operation)(ResourceArn=arn, **more)
    getattr(other, operation)(ResourceArn=own, **more)


def test_region_that_begins_like_another_sees_nothing_of_it(tmp_path: Any) -> None:
    """Ids are compared with the region and what ends it: us-east-1 isn't us-east-11."""
    with running(tmp_path, region=("us-east-1", "us-east-11")) as server:
        short, long = (server.client(region_name=region) for region in server.settings.region)
        made = long.create_user_pool(PoolName="p")["UserPool"]["Id"]
        assert made.startswith("us-east-11_")
        assert short.list_user_pools(MaxResults=60)["UserPools"] == []
        assert [pool["Id"] for pool in long.list_user_pools(MaxResults=60)["UserPools"]] == [made]
        with refused("ResourceNotFoundException", f"User pool {made} does not exist."):
            short.describe_user_pool(UserPoolId=made)


def test_signed_call_through_app_client_of_another_region_does_not_find_it(
    server: RunningServer, home: Any, other: Any, client_id: str
) -> None:
    """GetDerivedToken takes an administrator's signature where it is sent."""
    members = {
        "ClientId": client_id,
        "SubjectToken": "a.b.c",
        "SubjectTokenType": "ACCESS_TOKEN",
    }
    body = json.dumps(members).encode()
    for region, found in ((HOME, False), (OTHER, True)):
        headers = signed_headers(server.url, "GetDerivedToken", body, ROOT_KEY, region=region)
        with Wire(server.port) as wire:
            _, code, sentence = wire.ask(request(body, headers)).error
        missing = ("ResourceNotFoundException", f"User pool client {client_id} does not exist.")
        assert ((code, sentence) == missing) is not found


@pytest.mark.parametrize("resource", ["*", f"arn:aws:cognito-idp:*:{ACCOUNT}:userpool/*"])
def test_signed_call_through_app_client_of_another_region_is_answered_like_unknown_client(
    server: RunningServer, other: Any, pool_id: str, client_id: str, resource: str
) -> None:
    """Policies decide on a pool that they don't learn of, whether it exists elsewhere or not."""
    key = add_key(server, policy(Resource=resource))
    answers = []
    for each in (client_id, "1unknown23456789"):
        members = {"ClientId": each, "SubjectToken": "a.b.c", "SubjectTokenType": "ACCESS_TOKEN"}
        body = json.dumps(members).encode()
        headers = signed_headers(server.url, "GetDerivedToken", body, key, region=HOME)
        with Wire(server.port) as wire:
            status, code, sentence = wire.ask(request(body, headers)).error
        answers.append((status, code, (sentence or "").replace(each, "<client>")))
    assert answers[0] == answers[1]


def test_unsigned_call_finds_app_client_of_every_region(
    server: RunningServer, home: Any, other: Any, pool_id: str, client_id: str
) -> None:
    """Only a signature names a region: an app with an endpoint and a client id just works."""
    home.sign_up(ClientId=client_id, Username="alice", Password=PASSWORD)
    other.admin_confirm_sign_up(UserPoolId=pool_id, Username="alice")
    tokens = home.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    assert claims(tokens["AccessToken"])["iss"] == f"{server.url}/{pool_id}"
    assert tokens["NewDeviceMetadata"]["DeviceKey"].startswith(f"{OTHER}_")
    assert home.get_user(AccessToken=tokens["AccessToken"])["Username"] == "alice"
    key = tokens["NewDeviceMetadata"]["DeviceKey"]
    verifier = {"PasswordVerifier": "dmVyaWZpZXI=", "Salt": "c2FsdA=="}
    home.confirm_device(
        AccessToken=tokens["AccessToken"], DeviceKey=key, DeviceSecretVerifierConfig=verifier
    )
    device = other.admin_get_device(UserPoolId=pool_id, Username="alice", DeviceKey=key)["Device"]
    shown = {each["Name"]: each["Value"] for each in device["DeviceAttributes"]}
    assert shown["dev:device_arn"].startswith(f"arn:aws:cognito-idp:{OTHER}:{ACCOUNT}:owner/")
    by_admin = other.admin_initiate_auth(
        UserPoolId=pool_id,
        ClientId=client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    assert claims(by_admin["IdToken"])["iss"] == f"{server.url}/{pool_id}"


def test_trigger_event_has_region_of_pool(
    functions: FunctionsServer, other: Any, pool_id: str, client_id: str
) -> None:
    functions.forget()
    triggers = {"PreSignUp": ARN, "PostConfirmation": ARN}
    other.update_user_pool(UserPoolId=pool_id, LambdaConfig=triggers)
    other.sign_up(ClientId=client_id, Username="alice", Password=PASSWORD)
    other.admin_confirm_sign_up(UserPoolId=pool_id, Username="alice")
    assert [(event["region"], event["userPoolId"]) for event in functions.events] == [
        (OTHER, pool_id)
    ] * 2


def test_audit_records_name_arn_in_region_of_pool(
    server: RunningServer, home: Any, other: Any, pool_id: str, client_id: str
) -> None:
    trail = Trail(server)
    for answer in (
        other.list_users(UserPoolId=pool_id),
        home.sign_up(ClientId=client_id, Username="alice", Password=PASSWORD),
    ):
        arn = f"arn:aws:cognito-idp:{OTHER}:{ACCOUNT}:userpool/{pool_id}"
        assert trail.of(answer).resource == arn


def test_policy_for_arns_of_a_region_allows_nothing_in_another(
    server: RunningServer, home: Any, other: Any
) -> None:
    arn = f"arn:aws:cognito-idp:{OTHER}:{ACCOUNT}:userpool/*"
    key = add_key(server, policy(Resource=arn))
    for region, by_root in ((HOME, home), (OTHER, other)):
        made = by_root.create_user_pool(PoolName="p")["UserPool"]["Id"]
        client = server.client(key, region_name=region)
        if region == OTHER:
            client.list_users(UserPoolId=made)
            continue
        with refused("AccessDeniedException"):
            client.list_users(UserPoolId=made)


@pytest.mark.parametrize("first", [HOME, OTHER])
def test_decision_cached_for_one_region_is_not_used_in_another(
    server: RunningServer, pool_id: str, first: str
) -> None:
    """The same pool id is another ARN there, and the policies come before the pool's absence."""
    arn = f"arn:aws:cognito-idp:{OTHER}:{ACCOUNT}:userpool/{pool_id}"
    key = add_key(server, policy(Resource=arn))
    for region in (first, HOME, OTHER, HOME, OTHER):
        client = server.client(key, region_name=region)
        if region == OTHER:
            client.list_users(UserPoolId=pool_id)
        else:
            with refused("AccessDeniedException"):
                client.list_users(UserPoolId=pool_id)


@pytest.mark.parametrize("operation", ["create_user_pool", "list_user_pools"])
def test_requested_region_is_that_of_signature(server: RunningServer, operation: str) -> None:
    of_region = {"StringEquals": {"aws:RequestedRegion": OTHER}}
    key = add_key(server, policy(Condition=of_region))
    members: dict[str, Any] = (
        {"PoolName": "p"} if operation == "create_user_pool" else {"MaxResults": 1}
    )
    getattr(server.client(key, region_name=OTHER), operation)(**members)
    with refused("AccessDeniedException"):
        getattr(server.client(key, region_name=HOME), operation)(**members)


def test_signature_for_region_that_is_not_served_is_refused(server: RunningServer) -> None:
    sentence = "Credential should be scoped to a valid region, not 'eu-west-3'."
    with refused("InvalidSignatureException", sentence):
        server.client(region_name="eu-west-3").list_user_pools(MaxResults=1)


def test_dev_mode_serves_every_region(dev: RunningServer) -> None:
    for region in ("us-east-1", "eu-west-3", "ap-southeast-5", "us-gov-west-1", "eusc-de-east-1"):
        client = dev.client(("any", "any"), region_name=region)
        made = client.create_user_pool(PoolName="p")["UserPool"]
        assert made["Id"].startswith(f"{region}_")
        assert made["Arn"].split(":")[3] == region
        assert listed(client, 60) == [made["Id"]]


def test_domain_of_another_region_is_not_described(home: Any, other: Any, pool_id: str) -> None:
    """ev:model: prefix domains are described in their own region. Its name is taken in all."""
    domain = "of-the-west"
    other.create_user_pool_domain(UserPoolId=pool_id, Domain=domain)
    described = other.describe_user_pool_domain(Domain=domain)["DomainDescription"]
    assert described["UserPoolId"] == pool_id
    assert home.describe_user_pool_domain(Domain=domain)["DomainDescription"] == {}
    with refused("ResourceNotFoundException"):
        home.delete_user_pool_domain(UserPoolId=pool_id, Domain=domain)
    own = home.create_user_pool(PoolName="home")["UserPool"]["Id"]
    with refused("InvalidParameterException", "Domain already associated with another user pool."):
        home.create_user_pool_domain(UserPoolId=own, Domain=domain)
