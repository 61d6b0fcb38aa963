"""Domains of user pools over the wire (ev:oauth-11, ev:domain-1.1)."""

import itertools
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.access_keys import add_key
from support.access_tokens import token_of
from support.audit_reading import Trail
from support.passkey_pools import FACTORS as WITH_PASSKEYS
from support.refusals import refused
from support.running_server import ACCOUNT, REGION, RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS

ARN = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
CERTIFICATE = {"CertificateArn": ARN}
ROUTING = {
    "Failover": {"SecondaryRegion": "eu-west-1", "PrimaryRoute53HealthCheckId": "a health check"}
}
_numbers = itertools.count(1)


@pytest.fixture
def prefix() -> str:
    return f"prefix-{next(_numbers)}"


@pytest.fixture
def custom() -> str:
    return f"id{next(_numbers)}.home.example"


def described(cognito: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = cognito.describe_user_pool_domain(Domain=name)["DomainDescription"]
    return found


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_create_user_pool_domain_with_a_prefix_is_described(
    cognito: Any, pool: PoolForTest, prefix: str
) -> None:
    """ev:domain-1.1: the AWS CLI's example, with an empty CustomDomainConfig."""
    made = cognito.create_user_pool_domain(UserPoolId=pool.id, Domain=prefix)
    assert shown(made) == {"ManagedLoginVersion": 1}
    found = described(cognito, prefix)
    assert re.fullmatch(r"20\d{12}", found.pop("Version"))
    assert found == {
        "UserPoolId": pool.id,
        "AWSAccountId": ACCOUNT,
        "Domain": prefix,
        "CloudFrontDistribution": "127.0.0.1",
        "Status": "ACTIVE",
        "CustomDomainConfig": {},
        "ManagedLoginVersion": 1,
    }


def test_create_user_pool_domain_with_a_certificate_is_custom(
    cognito: Any, pool: PoolForTest, custom: str
) -> None:
    config = {**CERTIFICATE, "SecurityPolicy": "TLS_V1_3_2025"}
    made = cognito.create_user_pool_domain(
        UserPoolId=pool.id,
        Domain=custom,
        ManagedLoginVersion=2,
        CustomDomainConfig=config,
        Routing=ROUTING,
    )
    assert shown(made) == {
        "ManagedLoginVersion": 2,
        "CloudFrontDomain": "127.0.0.1",
        "Routing": ROUTING,
    }
    found = described(cognito, custom)
    assert found["CustomDomainConfig"] == config
    assert (found["ManagedLoginVersion"], found["Routing"]) == (2, ROUTING)


def test_describe_user_pool_domain_unknown_is_empty(cognito: Any) -> None:
    """ev:oauth-11; amplify-cli's tests expect the same."""
    assert described(cognito, "nowhere") == {}
    assert described(cognito, "No Domain".replace(" ", "_")) == {}


def test_describe_user_pool_shows_both_domains(
    cognito: Any, pool: PoolForTest, prefix: str, custom: str
) -> None:
    def domains() -> tuple[str | None, str | None]:
        found = cognito.describe_user_pool(UserPoolId=pool.id)["UserPool"]
        return found.get("Domain"), found.get("CustomDomain")

    assert domains() == (None, None)
    of_pool = {"UserPoolId": pool.id}
    cognito.create_user_pool_domain(**of_pool, Domain=prefix)
    assert domains() == (prefix, None)
    cognito.create_user_pool_domain(**of_pool, Domain=custom, CustomDomainConfig=CERTIFICATE)
    assert domains() == (prefix, custom)
    cognito.update_user_pool(**of_pool, PoolName="renamed")
    assert domains() == (prefix, custom), "an update of the pool leaves them alone"
    cognito.delete_user_pool_domain(**of_pool, Domain=prefix)
    assert domains() == (None, custom)


def test_update_user_pool_domain_changes_what_it_names(
    cognito: Any, pool: PoolForTest, custom: str
) -> None:
    named = {"UserPoolId": pool.id, "Domain": custom}
    cognito.create_user_pool_domain(**named, CustomDomainConfig=CERTIFICATE, Routing=ROUTING)
    updated = cognito.update_user_pool_domain(**named, ManagedLoginVersion=2)
    assert shown(updated) == {
        "ManagedLoginVersion": 2,
        "CloudFrontDomain": "127.0.0.1",
        "Routing": ROUTING,
    }
    other = {"CertificateArn": ARN.replace("1111", "2222")}
    cognito.update_user_pool_domain(**named, CustomDomainConfig=other)
    found = described(cognito, custom)
    assert (found["CustomDomainConfig"], found["ManagedLoginVersion"]) == (other, 2)
    assert found["Routing"] == ROUTING


def test_delete_user_pool_domain_frees_its_name(
    cognito: Any, pool: PoolForTest, new_pool: NewPool, prefix: str
) -> None:
    cognito.create_user_pool_domain(UserPoolId=pool.id, Domain=prefix)
    assert shown(cognito.delete_user_pool_domain(UserPoolId=pool.id, Domain=prefix)) == {}
    assert described(cognito, prefix) == {}
    heir = new_pool()
    cognito.create_user_pool_domain(UserPoolId=heir.id, Domain=prefix)
    assert described(cognito, prefix)["UserPoolId"] == heir.id


def test_delete_user_pool_with_a_domain_is_refused_until_it_is_deleted(
    cognito: Any, pool: PoolForTest, prefix: str
) -> None:
    """terraform-provider-aws#16479."""
    named = {"UserPoolId": pool.id, "Domain": prefix}
    cognito.create_user_pool_domain(**named)
    with refused(
        "InvalidParameterException",
        "User pool cannot be deleted. It has a domain configured that should be deleted first.",
    ):
        cognito.delete_user_pool(UserPoolId=pool.id)
    cognito.delete_user_pool_domain(**named)
    cognito.delete_user_pool(UserPoolId=pool.id)
    assert described(cognito, prefix) == {}


def test_create_user_pool_domain_custom_moves_the_default_relying_party(
    server: RunningServer, new_pool: NewPool, prefix: str, custom: str
) -> None:
    """ev:model: passkeys are for the custom domain from then on, unless the pool names another."""
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, Policies=WITH_PASSKEYS)
    pool.sign_up()
    pool.admin_confirm()
    token = {"AccessToken": token_of(server, pool, "alice")}

    def party() -> str:
        options = pool.cognito.start_web_authn_registration(**token)
        return str(options["CredentialCreationOptions"]["rp"]["id"])

    of_pool = {"UserPoolId": pool.id}
    assert party() == "localhost"
    pool.cognito.create_user_pool_domain(**of_pool, Domain=prefix)
    assert party() == "localhost", "the prefix is below this server's own address"
    certificate = {"CustomDomainConfig": CERTIFICATE}
    pool.cognito.create_user_pool_domain(**of_pool, Domain=custom, **certificate)
    assert party() == custom
    pool.cognito.set_user_pool_mfa_config(
        **of_pool, WebAuthnConfiguration={"RelyingPartyId": "home.example"}
    )
    assert party() == "home.example"


@pytest.mark.both_stores
def test_create_user_pool_domain_for_many_pools_at_once_gives_the_name_to_one(
    cognito: Any, new_pool: NewPool, prefix: str
) -> None:
    made = [new_pool() for _ in range(6)]

    def create(each: PoolForTest) -> str:
        try:
            cognito.create_user_pool_domain(UserPoolId=each.id, Domain=prefix)
        except ClientError as error:
            return str(error.response["Error"]["Message"])
        return each.id

    with ThreadPoolExecutor(len(made)) as threads:
        answers = list(threads.map(create, made))
    owner = described(cognito, prefix)["UserPoolId"]
    assert [each for each in answers if each == owner] == [owner]
    others = [each for each in answers if each != owner]
    assert set(others) == {"Domain already associated with another user pool."}


@pytest.mark.both_stores
def test_create_user_pool_domain_many_at_once_gives_a_pool_one_prefix(
    cognito: Any, pool: PoolForTest, prefix: str
) -> None:
    names = [f"{prefix}-{n}" for n in range(6)]

    def create(name: str) -> str:
        try:
            cognito.create_user_pool_domain(UserPoolId=pool.id, Domain=name)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "created"

    with ThreadPoolExecutor(len(names)) as threads:
        answers = list(threads.map(create, names))
    assert answers.count("created") == 1
    assert {*answers} <= {
        "created",
        "InvalidParameterException",
        "ConcurrentModificationException",
    }
    assert len([name for name in names if described(cognito, name)]) == 1


def test_describe_user_pool_domain_needs_a_policy_for_every_resource(
    server: RunningServer, pool: PoolForTest, cognito: Any, prefix: str
) -> None:
    """The Service Authorization Reference: the action has no resource type."""
    cognito.create_user_pool_domain(UserPoolId=pool.id, Domain=prefix)
    arn = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool.id}"
    action = "cognito-idp:DescribeUserPoolDomain"
    for resource, allowed in ((arn, False), ("*", True)):
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        client = server.client(add_key(server, {"P": json.dumps(policy)}))
        if allowed:
            assert described(client, prefix)["UserPoolId"] == pool.id
        else:
            with refused("AccessDeniedException"):
                described(client, prefix)


def test_domain_changes_leave_audit_records(
    server: RunningServer, pool: PoolForTest, cognito: Any, prefix: str
) -> None:
    trail = Trail(server)
    named = {"UserPoolId": pool.id, "Domain": prefix}
    for operation, action in (
        ("create_user_pool_domain", "CreateUserPoolDomain"),
        ("update_user_pool_domain", "UpdateUserPoolDomain"),
        ("delete_user_pool_domain", "DeleteUserPoolDomain"),
    ):
        record = trail.of(getattr(cognito, operation)(**named))
        assert (record.action, record.outcome) == (f"cognito-idp:{action}", "committed")
        assert record.resource.endswith(f"userpool/{pool.id}")
