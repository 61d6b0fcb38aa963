"""Exchanging tokens, and tokens of app clients: scopes, lifetimes, actors, secrets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.entities.clients import Client, ClientSecret
from poolhouse.errors.auth import SecretMissing, SecretUnexpected
from poolhouse.errors.tokens import NoScopeLeft
from poolhouse.rules.auth import client_secret
from poolhouse.rules.tokens import client_credentials
from poolhouse.rules.tokens import token_exchange as rules
from poolhouse.rules.tokens.access_tokens import ParsedToken
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import UserPoolClientType

NOW = datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC)
SCOPES = st.lists(st.sampled_from(["openid", "a/read", "a/write", "b/read"]), unique=True)


def token(expires_at: int = 0, **claims: Any) -> ParsedToken:
    return ParsedToken(
        kid="kid",
        issuer="issuer",
        token_use="access",
        expires_at=expires_at,
        claims={"sub": "zoe", **claims},
    )


def client(scopes: list[str] | None = None, *secrets: str) -> Client:
    return Client(
        id="1example23456789",
        pool_id="us-east-1_Example01",
        settings=UserPoolClientType(AllowedOAuthScopes=scopes),
        secrets=tuple(ClientSecret(id=each, value=each, created_at=NOW) for each in secrets),
        created_at=NOW,
        modified_at=NOW,
    )


@given(requested=SCOPES, of_subject=SCOPES, of_client=SCOPES)
def test_token_exchange_grants_only_scopes_common_to_subject_client_and_request(
    requested: list[str], of_subject: list[str], of_client: list[str]
) -> None:
    subject, app = token(scope=" ".join(of_subject)), client(of_client)
    common = {*requested} & {*of_subject} & {*of_client}
    if not requested:
        assert set(rules.granted(app, subject, requested, of_client)) == {*of_subject} & {
            *of_client
        }
    elif common:
        assert set(rules.granted(app, subject, requested, of_client)) == common
    else:
        with pytest.raises(NoScopeLeft):
            rules.granted(app, subject, requested, of_client)


@given(hours=st.integers(1, 24), left=st.integers(1, 200_000))
def test_token_exchange_lifetime_is_at_most_the_subjects(hours: int, left: int) -> None:
    subject = token(int(NOW.timestamp()) + left)
    lifetime = rules.lifetime(timedelta(hours=hours), subject, NOW)
    assert lifetime == min(timedelta(hours=hours), timedelta(seconds=left))


def test_derived_token_nests_actors_with_the_last_outermost() -> None:
    """RFC 8693, section 4.1."""
    first = rules.actor_claim(token(sub="one", client_id="one"), token())
    assert first == {"sub": "one", "client_id": "one"}
    second = rules.actor_claim(token(sub="two"), token(act=first))
    assert second == {"sub": "two", "act": first}
    assert rules.actor_claim(None, token(act=second)) == second
    assert rules.actor_claim(None, token()) is None


def test_client_credentials_token_has_the_client_as_subject() -> None:
    assert client_credentials.is_machines(token(sub="app", client_id="app"))
    assert not client_credentials.is_machines(token(sub="zoe", client_id="app"))
    assert not client_credentials.is_machines(token(sub="zoe"))


@pytest.mark.parametrize("given_secret", ["first", "second"])
def test_client_secret_matching_any_of_the_clients_is_accepted(given_secret: str) -> None:
    assert client_secret.matches(client(None, "first", "second"), [given_secret])


@pytest.mark.parametrize(
    ("secrets", "given_secret", "error"),
    [
        (("first",), None, SecretMissing),
        (("first",), "", SecretMissing),
        ((), "first", SecretUnexpected),
    ],
)
def test_client_secret_missing_or_unexpected_is_refused(
    secrets: tuple[str, ...], given_secret: str | None, error: type[ServiceError]
) -> None:
    with pytest.raises(error):
        client_secret.check_given(client(None, *secrets), given_secret)


def test_client_secret_of_a_public_client_is_not_required() -> None:
    client_secret.check_given(client(), None)


@pytest.mark.parametrize("given_secret", ["third", "first ", ""])
def test_client_secret_other_than_the_clients_matches_none(given_secret: str) -> None:
    assert not client_secret.matches(client(None, "first", "second"), [given_secret])
