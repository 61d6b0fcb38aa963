"""What the token endpoint gives for each grant, as apps verify it (ev:oauth-4, ev:oauth-7)."""

import base64
import hashlib
from typing import Any
from urllib.parse import quote

import httpx
import jwt as pyjwt
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from support.audit_reading import Trail
from support.domain_endpoints import (
    CHALLENGE,
    MACHINE,
    VERIFIER,
    WEB_APP,
    Endpoints,
    add_domain,
    add_resource_server,
    allow_scopes,
    code_of,
)
from support.functions_server import FunctionError, FunctionsServer, arn
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import claims_of

ALL = ("openid", "email", "profile", "aws.cognito.signin.user.admin")


@pytest.fixture
def alice(new_pool: NewPool) -> PoolForTest:
    """A pool with alice and an app client for users."""
    made: PoolForTest = new_pool(
        client={
            **WEB_APP,
            "AccessTokenValidity": 10,
            "TokenValidityUnits": {"AccessToken": "minutes"},
        }
    )
    made.sign_up(attributes={"email": "alice@example.com"})
    made.admin_confirm()
    return made


@pytest.fixture
def app(server: RunningServer, alice: PoolForTest) -> Endpoints:
    return Endpoints(add_domain(server, alice), alice.client)


@pytest.fixture
def machine(server: RunningServer, new_pool: NewPool) -> Endpoints:
    """An app client of its own, with two scopes of a resource server."""
    pool = new_pool(client=MACHINE)
    add_resource_server(server, pool, "https://api.example.com", "read", "write")
    scopes = ("https://api.example.com/read", "https://api.example.com/write")
    allow_scopes(server, pool.client_id, *scopes)
    return Endpoints(add_domain(server, pool), pool.client)


def tokens_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def test_code_exchange_returns_all_tokens_in_aws_order(
    server: RunningServer, alice: PoolForTest, app: Endpoints
) -> None:
    """ev:oauth-4: `expires_in` is the client's access token validity."""
    answer = app.exchange(
        code_of(server, alice, scopes=ALL, code_challenge=CHALLENGE), code_verifier=VERIFIER
    )
    tokens = tokens_of(answer)
    assert list(tokens) == [
        *("id_token", "access_token", "refresh_token", "expires_in", "token_type")
    ]
    assert (tokens["expires_in"], tokens["token_type"]) == (600, "Bearer")


def test_code_exchange_tokens_are_verified_by_the_key_set(
    server: RunningServer, alice: PoolForTest, app: Endpoints
) -> None:
    """ev:oauth-7: the claims; `at_hash` by OpenID Connect Core §3.1.3.6."""
    tokens = tokens_of(app.exchange(code_of(server, alice, scopes=ALL, nonce="n-0S6_WzA2Mj")))
    issuer = f"{server.url}/{alice.id}"
    keys = httpx.get(f"{issuer}/.well-known/jwks.json").json()
    key_set = KeySet.import_key_set(keys)
    identity = jwt.decode(tokens["id_token"], key_set, algorithms=["RS256"]).claims
    header = pyjwt.get_unverified_header(tokens["access_token"])
    [key] = [key for key in pyjwt.PyJWKSet.from_dict(keys).keys if key.key_id == header["kid"]]
    access = pyjwt.decode(tokens["access_token"], key, algorithms=["RS256"], issuer=issuer)
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert identity["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert identity["nonce"] == "n-0S6_WzA2Mj"
    assert (identity["iss"], identity["aud"]) == (issuer, alice.client_id)
    assert (identity["email"], identity["token_use"]) == ("alice@example.com", "id")
    assert identity["sub"] == access["sub"] == alice.user()["attributes"]["sub"]
    assert identity["auth_time"] == access["auth_time"]
    assert access["scope"] == " ".join(ALL)
    assert (access["client_id"], access["username"]) == (alice.client_id, "alice")
    assert (access["version"], access["token_use"]) == (2, "access")
    assert "aud" not in access
    assert access["exp"] - access["iat"] == 600


def test_code_exchange_without_openid_has_no_id_token(
    server: RunningServer, alice: PoolForTest, app: Endpoints
) -> None:
    tokens = tokens_of(app.exchange(code_of(server, alice, scopes=("email",))))
    assert list(tokens) == ["access_token", "refresh_token", "expires_in", "token_type"]


def test_access_token_of_resource_has_it_as_audience_after_refresh(
    server: RunningServer, alice: PoolForTest, app: Endpoints
) -> None:
    """ev:oauth-3: resource binding survives refresh."""
    code = code_of(server, alice, resource="https://api.example.com/v1")
    tokens = tokens_of(app.exchange(code))
    renewed = tokens_of(app.refresh(tokens["refresh_token"]))
    for each in (tokens, renewed):
        assert claims_of(each["access_token"])["aud"] == "https://api.example.com/v1"


def test_refresh_keeps_the_sign_in(
    server: RunningServer, alice: PoolForTest, app: Endpoints
) -> None:
    """ev:oauth-4: scopes, auth_time and origin_jti stay; no new refresh token without rotation."""
    first = tokens_of(app.exchange(code_of(server, alice, scopes=ALL, nonce="n")))
    # Narrowing is ignored.
    again = tokens_of(app.refresh(first["refresh_token"], scope="openid"))
    assert list(again) == ["id_token", "access_token", "expires_in", "token_type"]
    before, after = claims_of(first["access_token"]), claims_of(again["access_token"])
    for claim in ("scope", "auth_time", "origin_jti", "event_id", "sub"):
        assert before[claim] == after[claim]
    assert before["jti"] != after["jti"]
    assert "nonce" not in claims_of(again["id_token"])


def test_refresh_without_openid_has_no_id_token(
    server: RunningServer, alice: PoolForTest, app: Endpoints
) -> None:
    first = tokens_of(app.exchange(code_of(server, alice, scopes=("profile",))))
    assert "id_token" not in tokens_of(app.refresh(first["refresh_token"]))


def test_refresh_with_rotation_returns_the_next_token(
    server: RunningServer, alice: PoolForTest
) -> None:
    """ev:oauth-4: after the grace period the old token is refused, and the session has ended."""
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    made = alice.cognito.create_user_pool_client(
        UserPoolId=alice.id, ClientName="rotates", **WEB_APP, RefreshTokenRotation=rotation
    )["UserPoolClient"]
    app = Endpoints(add_domain(server, alice), made)
    first = tokens_of(app.exchange(code_of(server, alice, client_id=app.client_id)))
    second = tokens_of(app.refresh(first["refresh_token"]))
    assert second["refresh_token"] != first["refresh_token"]
    assert app.refresh(first["refresh_token"]).json() == {"error": "invalid_grant"}
    assert app.refresh(second["refresh_token"]).json() == {"error": "invalid_grant"}


def test_refresh_token_of_domain_needs_no_device(server: RunningServer, new_pool: NewPool) -> None:
    """ev:oauth-4: that of an API sign-in isn't taken while devices are remembered."""
    pool = new_pool(
        client=WEB_APP,
        DeviceConfiguration={
            "ChallengeRequiredOnNewDevice": False,
            "DeviceOnlyRememberedOnUserPrompt": False,
        },
    )
    pool.sign_up()
    pool.admin_confirm()
    app = Endpoints(add_domain(server, pool), pool.client)
    tokens = tokens_of(app.exchange(code_of(server, pool)))
    assert tokens_of(app.refresh(tokens["refresh_token"]))["access_token"]


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        (None, "https://api.example.com/read https://api.example.com/write"),
        ("https://api.example.com/write", "https://api.example.com/write"),
    ],
)
def test_client_credentials_return_one_token(
    machine: Endpoints, scope: str | None, granted: str
) -> None:
    """ev:oauth-4 and ev:oauth-7: only an access token, of the client itself."""
    tokens = tokens_of(machine.token(grant_type="client_credentials", scope=scope))
    assert list(tokens) == ["access_token", "expires_in", "token_type"]
    assert (tokens["expires_in"], tokens["token_type"]) == (3600, "Bearer")
    claims = claims_of(tokens["access_token"])
    assert claims["sub"] == claims["client_id"] == machine.client_id
    assert (claims["scope"], claims["version"]) == (granted, 2)
    assert not claims.keys() & {"username", "cognito:groups", "origin_jti", "aud"}


def test_client_credentials_leave_out_deleted_scopes(
    server: RunningServer, machine: Endpoints
) -> None:
    """ev:oauth-12: requesting an inactive scope is ignored."""
    allow_scopes(server, machine.client_id, "https://api.example.com/read", "gone/read")
    for scope in (None, "https://api.example.com/read gone/read"):
        tokens = tokens_of(machine.token(grant_type="client_credentials", scope=scope))
        assert claims_of(tokens["access_token"])["scope"] == "https://api.example.com/read"


def test_client_metadata_reaches_the_function(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer
) -> None:
    """ev:oauth-4: `aws_client_metadata` is `clientMetadata` of version 3."""
    function = {"LambdaArn": arn("pre-token"), "LambdaVersion": "V3_0"}
    pool = new_pool(
        client=MACHINE,
        LambdaConfig={"PreTokenGenerationConfig": function},
        UserPoolTier="ESSENTIALS",
    )
    machine = Endpoints(add_domain(server, pool), pool.client)
    machine_form = {"grant_type": "client_credentials", "aws_client_metadata": '{"team":"blue"}'}
    tokens_of(machine.token(**machine_form))
    [event] = functions.of("TokenGeneration_ClientCredentials")
    assert event["request"]["clientMetadata"] == {"team": "blue"}
    assert event["userName"] == "ClientCredentials"


@pytest.mark.parametrize("source", ["TokenGeneration_HostedAuth", "TokenGeneration_RefreshTokens"])
def test_function_refuses_tokens_with_its_sentence(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer, source: str
) -> None:
    pool = new_pool(client=WEB_APP, LambdaConfig={"PreTokenGeneration": arn("pre-token")})
    pool.sign_up()
    pool.admin_confirm()
    app = Endpoints(add_domain(server, pool), pool.client)

    def refuse(event: dict[str, Any]) -> None:
        raise FunctionError("not today")

    if source == "TokenGeneration_RefreshTokens":
        given = tokens_of(app.exchange(code_of(server, pool)))["refresh_token"]
        functions.answers[source] = refuse
        answer = app.refresh(given)
    else:
        functions.answers[source] = refuse
        answer = app.exchange(code_of(server, pool))
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "error": "invalid_request",
            "error_description": "PreTokenGeneration failed with error not today.",
        },
    )


@pytest.mark.parametrize("encoded", [False, True], ids=["raw", "percent_encoded"])
def test_basic_authentication_takes_both_encodings(
    server: RunningServer, new_pool: NewPool, *, encoded: bool
) -> None:
    """ev:domain-1.5: clients disagree on the encoding; a secret may contain a plus."""
    pool = new_pool(client=MACHINE)
    secret = "plus+and_underscore+" + "x" * 20
    pool.cognito.add_user_pool_client_secret(
        UserPoolId=pool.id, ClientId=pool.client_id, ClientSecret=secret
    )
    url = add_domain(server, pool)

    def part(text: str) -> str:
        return quote(text, safe="").replace("_", "%5F") if encoded else text

    userpass = f"{part(pool.client_id)}:{part(secret)}".encode()
    answer = httpx.post(
        f"{url}/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"authorization": f"Basic {base64.b64encode(userpass).decode()}"},
    )
    assert tokens_of(answer)["access_token"]


def test_secrets_of_client_all_authenticate_it(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool(client=MACHINE)
    added = pool.cognito.add_user_pool_client_secret(UserPoolId=pool.id, ClientId=pool.client_id)
    machine = Endpoints(add_domain(server, pool), pool.client)
    second = added["ClientSecretDescriptor"]["ClientSecretValue"]
    for secret in (pool.client["ClientSecret"], second):
        tokens_of(machine.token(grant_type="client_credentials", client_secret=secret))


@pytest.mark.parametrize("asked", ["content-type, x-amz-user-agent, authorization", None])
def test_token_preflight_allows_the_headers_of_clients(app: Endpoints, asked: str | None) -> None:
    """ev:domain-1.5: Amplify sends x-amz-user-agent."""
    headers = {"origin": "https://app.example.com", "access-control-request-method": "POST"}
    if asked is not None:
        headers["access-control-request-headers"] = asked
    answer = httpx.options(f"{app.url}/oauth2/token", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == (
        asked or "authorization, content-type"
    )


def test_token_exchange_returns_a_token_for_a_service(
    server: RunningServer, new_pool: NewPool
) -> None:
    """RFC 8693 §2.2.1; as GetDerivedToken (ev:oauth-16), with a resource server as audience."""
    client = {
        **WEB_APP,
        "ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_TOKEN_EXCHANGE_IMPERSONATION"],
    }
    pool = new_pool(client=client)
    pool.sign_up()
    pool.admin_confirm()
    add_resource_server(server, pool, "https://api.example.com", "read")
    app = Endpoints(add_domain(server, pool), pool.client)
    subject = tokens_of(app.exchange(code_of(server, pool, scopes=("openid", "email"))))
    kind = "urn:ietf:params:oauth:token-type:access_token"
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": subject["access_token"],
        "subject_token_type": kind,
        "scope": "email",
    }
    derived = tokens_of(app.token(**form, resource="https://api.example.com"))
    assert (derived["issued_token_type"], derived["token_type"]) == (kind, "Bearer")
    assert derived["scope"] == "email"
    claims = claims_of(derived["access_token"])
    assert (claims["aud"], claims["scope"]) == ("https://api.example.com", "email")
    unknown = app.token(**form, resource="https://unknown.example.com")
    assert (unknown.status_code, unknown.json()) == (400, {"error": "invalid_target"})
    forged = app.token(**{**form, "subject_token": "x.y.z"})
    assert (forged.status_code, forged.json()) == (400, {"error": "invalid_request"})
    both = app.token(**form, resource="https://api.example.com", audience="orders")
    assert (both.status_code, both.json()) == (400, {"error": "invalid_request"})
    wide = app.token(**{**form, "scope": "phone"})
    assert (wide.status_code, wide.json()) == (400, {"error": "invalid_scope"})


def test_endpoints_answer_at_the_root_in_dev_mode(dev: RunningServer) -> None:
    """The pool is found by the app client, as other local servers do it (ev:domain-1.6)."""
    pool = PoolForTest(dev.client(), MACHINE)
    machine = Endpoints(dev.url, pool.client)
    tokens = tokens_of(machine.token(grant_type="client_credentials"))
    assert claims_of(tokens["access_token"])["iss"] == f"{dev.url}/{pool.id}"


def test_token_request_is_audited_by_client_and_grant(
    server: RunningServer, alice: PoolForTest, app: Endpoints
) -> None:
    trail = Trail(server)
    answer = app.exchange(code_of(server, alice))
    record = trail.of_id(answer.headers["x-amz-cognito-request-id"])
    assert (record.action, record.outcome) == ("cognito-idp:Token_POST", "ok")
    assert (record.principal, record.step) == (f"client/{app.client_id}", "authorization_code")
    assert (record.target, record.resource.rpartition("/")[2]) == ("alice", alice.id)
    refused = app.exchange("x" * 36)
    record = trail.of_id(refused.headers["x-amz-cognito-request-id"])
    assert (record.outcome, record.reason) == ("invalid_grant", "InvalidGrant")
