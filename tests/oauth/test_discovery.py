"""The documents by which others verify a pool's tokens (ev:oauth-1)."""

from typing import Any
from urllib.parse import quote

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from support.access_tokens import token_of
from support.domain_endpoints import add_domain
from support.running_server import REGION, RunningServer, running
from support.served_pools import NewPool, PoolForTest
from support.wire_client import Answer, Wire, request

from poolhouse.entities.signing_keys import KeyUse

KEYS = "/.well-known/jwks.json"
CONFIGURATION = "/.well-known/openid-configuration"
DOCUMENTS = [KEYS, CONFIGURATION]


def ask(server: RunningServer, path: str, method: str = "GET") -> Answer:
    with Wire(server.port) as wire:
        return wire.ask(request(b"", line=f"{method} {path} HTTP/1.1"), method)


def read(server: RunningServer, path: str) -> Any:
    answer = ask(server, path)
    assert answer.status == 200, answer
    return answer.json


def test_jwks_has_the_keys_of_both_token_kinds(server: RunningServer, pool: PoolForTest) -> None:
    """ev:auth-13: ID and access tokens are signed by two different keys."""
    keys = read(server, f"/{pool.id}{KEYS}")["keys"]
    assert len(keys) == len({key["kid"] for key in keys}) == 2
    for key in keys:
        assert key.keys() == {"alg", "e", "kid", "kty", "n", "use"}


@pytest.mark.parametrize("use", list(KeyUse))
def test_token_is_verified_through_its_discovery_document(
    server: RunningServer, pool: PoolForTest, use: KeyUse
) -> None:
    """As every library does it: issuer, discovery document, key set, the key of the header."""
    pool.sign_up()
    token = token_of(server, pool, use=use)
    issuer = f"{server.url}/{pool.id}"
    found = read(server, f"/{pool.id}{CONFIGURATION}")
    assert found["jwks_uri"] == issuer + KEYS
    keys = KeySet.import_key_set(read(server, f"/{pool.id}{KEYS}"))
    assert jwt.decode(token, keys, algorithms=["RS256"]).claims["iss"] == found["issuer"] == issuer


def test_discovery_document_has_the_members_of_every_pool(
    server: RunningServer, pool: PoolForTest
) -> None:
    """Of AWS's members those that need no domain (localstack#12914), in the same order."""
    assert list(read(server, f"/{pool.id}{CONFIGURATION}").items()) == [
        ("id_token_signing_alg_values_supported", ["RS256"]),
        ("issuer", f"{server.url}/{pool.id}"),
        ("jwks_uri", f"{server.url}/{pool.id}{KEYS}"),
        ("response_types_supported", ["code", "token"]),
        ("scopes_supported", ["openid", "email", "phone", "profile"]),
        ("subject_types_supported", ["public"]),
    ]


def test_discovery_document_has_the_endpoints_of_a_domain(
    server: RunningServer, new_pool: NewPool
) -> None:
    """AWS's members in its order (localstack#12914)."""
    pool = new_pool()
    read(server, f"/{pool.id}{CONFIGURATION}")  # so that a stale one would be cached
    at = add_domain(server, pool)
    assert list(read(server, f"/{pool.id}{CONFIGURATION}").items()) == [
        ("authorization_endpoint", f"{at}/oauth2/authorize"),
        ("end_session_endpoint", f"{at}/logout"),
        ("id_token_signing_alg_values_supported", ["RS256"]),
        ("issuer", f"{server.url}/{pool.id}"),
        ("jwks_uri", f"{server.url}/{pool.id}{KEYS}"),
        ("response_types_supported", ["code", "token"]),
        ("revocation_endpoint", f"{at}/oauth2/revoke"),
        ("scopes_supported", ["openid", "email", "phone", "profile"]),
        ("subject_types_supported", ["public"]),
        ("token_endpoint", f"{at}/oauth2/token"),
        ("token_endpoint_auth_methods_supported", ["client_secret_basic", "client_secret_post"]),
        ("userinfo_endpoint", f"{at}/oauth2/userInfo"),
    ]


@pytest.mark.parametrize(("status", "named"), [("Enabled", True), ("Disabled", False)])
def test_discovery_document_names_registration_while_it_is_on(
    server: RunningServer, new_pool: NewPool, status: str, *, named: bool
) -> None:
    """ev:oauth-1."""
    pool = new_pool(UserPoolTier="ESSENTIALS", DcrConfiguration={"EnableStatus": status})
    at = add_domain(server, pool)
    found = read(server, f"/{pool.id}{CONFIGURATION}")
    assert found.get("registration_endpoint") == (f"{at}/oauth2/register" if named else None)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_discovery_response_may_be_read_and_cached_by_any_origin(
    server: RunningServer, pool: PoolForTest, document: str
) -> None:
    for answer in (ask(server, f"/{pool.id}{document}"), ask(server, f"/{pool.id}{document}?a=b")):
        assert answer.status == 200
        assert answer.header("content-type") == "application/json"
        assert answer.header("access-control-allow-origin") == "*"
        assert answer.header("cache-control") == "public, max-age=300"
        assert answer.header("x-amzn-requestid")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_discovery_head_request_has_the_length(
    server: RunningServer, pool: PoolForTest, document: str
) -> None:
    whole = ask(server, f"/{pool.id}{document}")
    head = ask(server, f"/{pool.id}{document}", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.header("content-length") == whole.header("content-length")


def test_discovery_pool_id_may_be_escaped(server: RunningServer, pool: PoolForTest) -> None:
    assert read(server, f"/{pool.id.replace('_', '%5F')}{KEYS}")


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize(
    "pool_id",
    [f"{REGION}_Unknown01", "webgoat", "*", "a'; --", "\0", "x" * 900, "<script>", "\u20ac"],
)
def test_discovery_of_unknown_pool_is_not_found(
    server: RunningServer, document: str, pool_id: str
) -> None:
    """UNVERIFIED: AWS's status."""
    answer = ask(server, f"/{quote(pool_id)}{document}")
    assert answer.status == 404
    assert answer.json == {"message": f"User pool {pool_id} does not exist."}
    assert answer.header("content-type") == "application/json"
    assert answer.header("cache-control") == "no-store"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_discovery_of_deleted_pool_is_not_found(
    server: RunningServer, pool: PoolForTest, document: str
) -> None:
    read(server, f"/{pool.id}{document}")
    pool.cognito.delete_user_pool(UserPoolId=pool.id)
    assert ask(server, f"/{pool.id}{document}").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_discovery_other_methods_are_not_found(
    server: RunningServer, pool: PoolForTest, method: str
) -> None:
    assert ask(server, f"/{pool.id}{KEYS}", method).status == 404


@pytest.mark.parametrize("path", ["//", "/.well-known/jwks.json", "/a/b/.well-known/jwks.json"])
def test_discovery_other_paths_are_not_found(server: RunningServer, path: str) -> None:
    answer = ask(server, path)
    assert (answer.status, answer.body) == (404, b'{"message":"Not Found"}')


@pytest.mark.parametrize(
    ("configured", "host"),
    [
        ({}, "cognito-idp"),
        ({"IssuerConfiguration": {"Type": "ORIGINAL"}}, "cognito-idp"),
        ({"IssuerConfiguration": {"Type": "UPDATED"}}, "issuer-cognito-idp"),
    ],
)
def test_discovery_with_aws_issuer_serves_keys_at_the_public_url(
    aws_named: RunningServer, configured: dict[str, Any], host: str
) -> None:
    made = aws_named.client().create_user_pool(PoolName="p", **configured)["UserPool"]
    found = read(aws_named, f"/{made['Id']}{CONFIGURATION}")
    assert found["issuer"] == f"https://{host}.{REGION}.amazonaws.com/{made['Id']}"
    assert found["jwks_uri"] == f"https://id.example.com/{made['Id']}{KEYS}"


@pytest.fixture(scope="module")
def aws_named(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("aws")
    with running(folder, aws_issuer=True, public_url="https://id.example.com") as server:
        yield server
