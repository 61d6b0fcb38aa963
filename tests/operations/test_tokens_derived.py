"""GetDerivedToken: RFC 8693 by API (ev:auth-16)."""

import json
from typing import Any

import pytest
from botocore import UNSIGNED
from support.audit_reading import Trail
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import AuthApi, claims_of, result_of

SCOPE = "aws.cognito.signin.user.admin"
EXCHANGES = [
    *("ALLOW_USER_PASSWORD_AUTH", "ALLOW_TOKEN_EXCHANGE_IMPERSONATION"),
    "ALLOW_TOKEN_EXCHANGE_DELEGATION",
]
MACHINE = {
    "GenerateSecret": True,
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthScopes": ["aws.cognito/dcr/register"],
}


@pytest.fixture
def alice(new_pool: NewPool) -> PoolForTest:
    """A pool whose app client may exchange tokens, with alice."""
    client = {"ExplicitAuthFlows": EXCHANGES, "AllowedOAuthScopes": [SCOPE, "openid"]}
    made: PoolForTest = new_pool(client=client)
    made.sign_up()
    made.admin_confirm()
    return made


@pytest.fixture
def tokens(alice: PoolForTest) -> dict[str, Any]:
    return result_of(AuthApi(alice, by_admin=False).by_password())


def derives(pool: PoolForTest, subject: str, kind: str = "ACCESS_TOKEN", **more: Any) -> Any:
    request = {
        "ClientId": pool.client_id,
        "SubjectToken": subject,
        "SubjectTokenType": kind,
        **more,
    }
    return pool.cognito.get_derived_token(**request)


def machine_token(pool: PoolForTest) -> tuple[str, str]:
    """A token of another app client, and the client's id."""
    client = pool.cognito.create_user_pool_client(
        UserPoolId=pool.id, ClientName="service", **MACHINE
    )["UserPoolClient"]
    result = pool.cognito.get_client_token(
        ClientId=client["ClientId"], Secret=client["ClientSecret"]
    )["ClientAuthenticationResult"]
    return result["AccessToken"], client["ClientId"]


def test_derived_access_token_is_for_a_service(alice: PoolForTest, tokens: dict[str, Any]) -> None:
    answer = derives(alice, tokens["AccessToken"], Audiences=["orders"])
    assert (answer["IssuedTokenType"], answer["TokenType"]) == ("ACCESS_TOKEN", "Bearer")
    assert answer["Scopes"] == [SCOPE]
    before, after = claims_of(tokens["AccessToken"]), claims_of(answer["IssuedToken"])
    assert after["aud"] == "orders"
    assert "act" not in after
    for claim in ("sub", "username", "event_id", "origin_jti", "auth_time", "iss"):
        assert before[claim] == after[claim]
    assert before["jti"] != after["jti"]
    assert after["exp"] <= before["exp"]


def test_derived_id_token_is_returned_on_request(
    alice: PoolForTest, tokens: dict[str, Any]
) -> None:
    """RFC 8693, section 2.2.1: N_A for what isn't an access token."""
    answer = derives(alice, tokens["AccessToken"], RequestedTokenType="ID_TOKEN")
    assert (answer["IssuedTokenType"], answer["TokenType"]) == ("ID_TOKEN", "N_A")
    assert "Scopes" not in answer
    claims = claims_of(answer["IssuedToken"])
    assert (claims["token_use"], claims["aud"]) == ("id", alice.client_id)


def test_derived_id_token_can_be_for_a_service(alice: PoolForTest, tokens: dict[str, Any]) -> None:
    """It says whom it was issued to (OpenID Connect Core, section 2), and goes on to the next."""
    first = derives(
        alice, tokens["IdToken"], "ID_TOKEN", RequestedTokenType="ID_TOKEN", Audiences=["orders"]
    )["IssuedToken"]
    assert (claims_of(first)["aud"], claims_of(first)["azp"]) == ("orders", alice.client_id)
    second = derives(
        alice, first, "ID_TOKEN", RequestedTokenType="ID_TOKEN", Audiences=["invoices"]
    )["IssuedToken"]
    assert (claims_of(second)["aud"], claims_of(second)["azp"]) == ("invoices", alice.client_id)
    back = derives(
        alice,
        first,
        "ID_TOKEN",
        RequestedTokenType="ID_TOKEN",
        Audiences=[alice.client_id],
    )["IssuedToken"]
    assert claims_of(back)["aud"] == alice.client_id
    assert "azp" not in claims_of(back)


def test_derived_id_token_for_another_app_is_refused(
    alice: PoolForTest, tokens: dict[str, Any]
) -> None:
    """It would take it as the user's sign-in there (OpenID Connect Core, section 3.1.3.7)."""
    _, other = exchanging_service(alice)
    with refused("InvalidParameterException", "Invalid audience."):
        derives(alice, tokens["AccessToken"], RequestedTokenType="ID_TOKEN", Audiences=[other])
    # An access token names the app client that it was issued to, whatever its audience.
    answer = derives(alice, tokens["AccessToken"], Audiences=[other])
    said = claims_of(answer["IssuedToken"])
    assert (said["aud"], said["client_id"]) == (other, alice.client_id)


def test_derived_id_token_needs_openid_scope(alice: PoolForTest, tokens: dict[str, Any]) -> None:
    """Exchanges take rights away. No scope is left of an ID token, and none comes back."""
    bare = derives(alice, tokens["IdToken"], "ID_TOKEN")["IssuedToken"]
    with refused("InvalidParameterException", "No scope can be granted."):
        derives(alice, bare, RequestedTokenType="ID_TOKEN")


def test_derived_token_has_the_access_of_its_scopes(
    alice: PoolForTest, tokens: dict[str, Any]
) -> None:
    derived = derives(alice, tokens["AccessToken"])["IssuedToken"]
    assert alice.cognito.get_user(AccessToken=derived)["Username"] == "alice"


def test_get_derived_token_without_scopes_grants_no_more_than_the_client_has(
    alice: PoolForTest, tokens: dict[str, Any]
) -> None:
    """Asking for the scope by its name is refused, so that leaving it out must not grant it."""
    alice.cognito.update_user_pool_client(
        UserPoolId=alice.id,
        ClientId=alice.client_id,
        ExplicitAuthFlows=EXCHANGES,
        AllowedOAuthScopes=["openid"],
    )
    answer = derives(alice, tokens["AccessToken"])
    assert answer.get("Scopes", []) == []
    with refused("NotAuthorizedException", "Access Token does not have required scopes"):
        alice.cognito.get_user(AccessToken=answer["IssuedToken"])
    with refused("InvalidParameterException", "No scope can be granted."):
        derives(alice, tokens["AccessToken"], Scopes=[SCOPE])


def test_exchanged_id_token_grants_no_scope(alice: PoolForTest, tokens: dict[str, Any]) -> None:
    """It has none: who was only told who the user is can't act as the user."""
    answer = derives(alice, tokens["IdToken"], "ID_TOKEN")
    assert answer.get("Scopes", []) == []
    with refused("NotAuthorizedException", "Access Token does not have required scopes"):
        alice.cognito.get_user(AccessToken=answer["IssuedToken"])
    with refused("InvalidParameterException"):
        derives(alice, tokens["IdToken"], "ID_TOKEN", Scopes=[SCOPE])


@pytest.mark.parametrize(
    ("requested", "granted"),
    [([SCOPE], [SCOPE]), ([SCOPE, "openid"], [SCOPE]), (["openid"], None), (["other/x"], None)],
)
def test_token_exchange_scopes_are_common_to_all_parties(
    alice: PoolForTest, tokens: dict[str, Any], requested: list[str], granted: list[str] | None
) -> None:
    """Requested, of the subject's token, and of the app client."""
    if granted is None:
        with refused("InvalidParameterException"):
            derives(alice, tokens["AccessToken"], Scopes=requested)
    else:
        assert derives(alice, tokens["AccessToken"], Scopes=requested)["Scopes"] == granted


def test_derived_token_names_actor(alice: PoolForTest, tokens: dict[str, Any]) -> None:
    actor, service = machine_token(alice)
    acting = {"ActorToken": actor, "ActorTokenType": "ACCESS_TOKEN"}
    first = derives(alice, tokens["AccessToken"], **acting)["IssuedToken"]
    assert claims_of(first)["act"] == {"sub": service, "client_id": service}
    # An exchange without an actor doesn't hide the one before (RFC 8693, section 4.1).
    second = derives(alice, first)["IssuedToken"]
    assert claims_of(second)["act"] == claims_of(first)["act"]
    third = derives(alice, first, **acting)["IssuedToken"]
    assert claims_of(third)["act"]["act"] == claims_of(first)["act"]


def test_derived_token_actor_can_be_user(alice: PoolForTest, tokens: dict[str, Any]) -> None:
    answer = derives(
        alice, tokens["AccessToken"], ActorToken=tokens["IdToken"], ActorTokenType="ID_TOKEN"
    )
    act = claims_of(answer["IssuedToken"])["act"]
    assert act == {"sub": claims_of(tokens["IdToken"])["sub"]}


def test_actor_token_without_type_is_refused(alice: PoolForTest, tokens: dict[str, Any]) -> None:
    with refused("InvalidParameterException", "Missing required parameter ActorTokenType"):
        derives(alice, tokens["AccessToken"], ActorToken=tokens["AccessToken"])


@pytest.mark.parametrize(
    ("flow", "members"),
    [("IMPERSONATION", {}), ("DELEGATION", {"ActorToken": "a.b.c", "ActorTokenType": "ID_TOKEN"})],
)
def test_exchange_that_client_does_not_allow_is_refused(
    alice: PoolForTest, tokens: dict[str, Any], flow: str, members: dict[str, str]
) -> None:
    allowed = [each for each in EXCHANGES if not each.endswith(flow)]
    alice.cognito.update_user_pool_client(
        UserPoolId=alice.id, ClientId=alice.client_id, ExplicitAuthFlows=allowed
    )
    with refused(
        "InvalidParameterException", f"TOKEN_EXCHANGE_{flow} flow not enabled for this client"
    ):
        derives(alice, tokens["AccessToken"], **members)


def test_invalid_subject_token_is_refused(
    alice: PoolForTest, tokens: dict[str, Any], new_pool: NewPool
) -> None:
    """Foreign tokens need identity providers, which aren't built yet."""
    access, identity = tokens["AccessToken"], tokens["IdToken"]
    machine, _ = machine_token(alice)
    for kind, token, more in [
        ("ACCESS_TOKEN", "a.b.c", {}),
        ("ACCESS_TOKEN", identity, {}),
        ("ID_TOKEN", access, {}),
        ("ACCESS_TOKEN", tokens["RefreshToken"], {}),
        ("ACCESS_TOKEN", machine, {}),
        ("SAML2", "PHNhbWw+", {}),
        ("ID_TOKEN", identity, {"SubjectTokenProviderName": "Elsewhere"}),
    ]:
        with refused("NotAuthorizedException", "Invalid subject token."):
            derives(alice, token, kind, **more)
    other = new_pool(client={"ExplicitAuthFlows": EXCHANGES})
    with refused("NotAuthorizedException", "Invalid subject token."):
        derives(other, access)


def test_invalid_actor_token_is_refused(alice: PoolForTest, tokens: dict[str, Any]) -> None:
    from_elsewhere = {"ActorTokenProviderName": "Elsewhere"}
    for kind, more in [("SAML2", {}), ("ID_TOKEN", {}), ("ACCESS_TOKEN", from_elsewhere)]:
        acting = {"ActorToken": tokens["AccessToken"], "ActorTokenType": kind, **more}
        with refused("NotAuthorizedException", "Invalid actor token."):
            derives(alice, tokens["AccessToken"], **acting)


def test_revoked_token_derives_none_and_revokes_derived_ones(
    alice: PoolForTest, tokens: dict[str, Any]
) -> None:
    derived = derives(alice, tokens["AccessToken"])["IssuedToken"]
    alice.cognito.revoke_token(Token=tokens["RefreshToken"], ClientId=alice.client_id)
    for token in (tokens["AccessToken"], derived):
        with refused("NotAuthorizedException", "Access Token has been revoked"):
            derives(alice, token)
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        alice.cognito.get_user(AccessToken=derived)


def test_audience_and_resource_together_are_refused(
    alice: PoolForTest, tokens: dict[str, Any]
) -> None:
    with refused("InvalidParameterException"):
        derives(alice, tokens["AccessToken"], Audiences=["orders"], Resources=["orders"])
    with refused("ResourceNotFoundException"):
        derives(alice, tokens["AccessToken"], Resources=["orders"])


def test_derived_token_can_be_for_a_resource_server(
    alice: PoolForTest, tokens: dict[str, Any]
) -> None:
    """The API model: the identifier of a resource server in the pool."""
    named = {"UserPoolId": alice.id, "Identifier": "https://api.home.example"}
    alice.cognito.create_resource_server(**named, Name="API")
    answer = derives(alice, tokens["AccessToken"], Resources=[named["Identifier"]])
    assert claims_of(answer["IssuedToken"])["aud"] == named["Identifier"]
    alice.cognito.delete_resource_server(**named)
    with refused("ResourceNotFoundException"):
        derives(alice, tokens["AccessToken"], Resources=[named["Identifier"]])


# Who may call: a signature, or the app client by its secret


def test_signed_request_needs_no_client_secret(
    server: RunningServer, alice: PoolForTest, tokens: dict[str, Any]
) -> None:
    _, service = exchanging_service(alice)
    answer = derives(alice, tokens["AccessToken"], ClientId=service)
    assert claims_of(answer["IssuedToken"])["client_id"] == service


def test_signed_request_leaves_audit_record(
    server: RunningServer, alice: PoolForTest, tokens: dict[str, Any]
) -> None:
    record = Trail(server).of(derives(alice, tokens["AccessToken"]))
    assert record.action == "cognito-idp:GetDerivedToken"
    assert record.resource.endswith(f":userpool/{alice.id}")
    assert (record.allowed, record.outcome) == (True, "ok")


def test_unsigned_request_needs_client_secret(
    server: RunningServer, alice: PoolForTest, tokens: dict[str, Any]
) -> None:
    secret, service = exchanging_service(alice)
    alice.cognito = unsigned(server)
    for wrong in ({}, {"ClientSecret": "x" * 51}):
        with refused("NotAuthorizedException"):
            derives(alice, tokens["AccessToken"], ClientId=service, **wrong)
    derives(alice, tokens["AccessToken"], ClientId=service, ClientSecret=secret)


def test_signed_request_needs_permission_on_pool(
    server: RunningServer, alice: PoolForTest, tokens: dict[str, Any], new_pool: NewPool
) -> None:
    arn = alice.cognito.describe_user_pool(UserPoolId=alice.id)["UserPool"]["Arn"]
    statement = {"Effect": "Allow", "Action": "cognito-idp:GetDerivedToken", "Resource": arn}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    may = server.administrator(f"exchanger-{alice.id}", json.dumps(policy))
    alice.cognito = may
    derives(alice, tokens["AccessToken"])
    other = new_pool(client={"ExplicitAuthFlows": EXCHANGES})
    with refused("AccessDeniedException"):
        derives(alice, tokens["AccessToken"], ClientId=other.client_id)
    with refused("AccessDeniedException"):
        derives(alice, tokens["AccessToken"], ClientId="1unknown2client")


def test_unknown_client_is_reported(alice: PoolForTest, tokens: dict[str, Any]) -> None:
    sentence = "User pool client 1unknown2client does not exist."
    with refused("ResourceNotFoundException", sentence):
        derives(alice, tokens["AccessToken"], ClientId="1unknown2client")


def exchanging_service(pool: PoolForTest) -> tuple[str, str]:
    """The secret and the id of a confidential client that may exchange tokens."""
    client = pool.cognito.create_user_pool_client(
        UserPoolId=pool.id, ClientName="service", GenerateSecret=True, ExplicitAuthFlows=EXCHANGES
    )["UserPoolClient"]
    return client["ClientSecret"], client["ClientId"]


def unsigned(server: RunningServer) -> Any:
    return server.client(signature_version=UNSIGNED)
