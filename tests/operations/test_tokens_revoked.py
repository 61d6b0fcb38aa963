"""RevokeToken, GlobalSignOut, AdminUserGlobalSignOut, and what else ends sessions (ev:auth-14)."""

from collections.abc import Callable
from typing import Any

import pytest
from support.access_tokens import token_of
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi, result_of

Tokens = dict[str, Any]
REVOKED = ("NotAuthorizedException", "Access Token has been revoked")


@pytest.fixture
def alice(new_pool: NewPool) -> PoolForTest:
    """A pool with alice, who may sign in."""
    made: PoolForTest = new_pool(client={"ExplicitAuthFlows": FLOWS})
    made.sign_up()
    made.admin_confirm()
    return made


def signs_in(pool: PoolForTest) -> Tokens:
    return result_of(AuthApi(pool, by_admin=False).by_password())


def refreshes(pool: PoolForTest, tokens: Tokens) -> Tokens:
    return result_of(
        AuthApi(pool, by_admin=False).start(
            "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"]
        )
    )


def revokes(pool: PoolForTest, token: str, **more: Any) -> Any:
    return pool.cognito.revoke_token(**{"Token": token, "ClientId": pool.client_id, **more})


def gets_user(pool: PoolForTest, tokens: Tokens) -> Any:
    return pool.cognito.get_user(AccessToken=tokens["AccessToken"])


def is_over(pool: PoolForTest, tokens: Tokens) -> None:
    with refused(*REVOKED):
        gets_user(pool, tokens)
    with refused("NotAuthorizedException", "Refresh Token has been revoked"):
        refreshes(pool, tokens)


# RevokeToken


def test_revoking_ends_every_token_of_the_family_and_no_other(alice: PoolForTest) -> None:
    first, other = signs_in(alice), signs_in(alice)
    second = refreshes(alice, first)
    answer = revokes(alice, first["RefreshToken"])
    assert answer.keys() == {"ResponseMetadata"}
    for tokens in (first, {**second, "RefreshToken": first["RefreshToken"]}):
        is_over(alice, tokens)
    assert gets_user(alice, other)["Username"] == "alice"
    assert gets_user(alice, refreshes(alice, other))["Username"] == "alice"


@pytest.mark.parametrize("token", ["nothing", "a.b.c", "a.b.c.d.e"])
def test_revoking_what_means_nothing_is_fine(alice: PoolForTest, token: str) -> None:
    revokes(alice, token)


def test_revoking_twice_is_fine(alice: PoolForTest) -> None:
    tokens = signs_in(alice)
    revokes(alice, tokens["RefreshToken"])
    revokes(alice, tokens["RefreshToken"])


@pytest.mark.parametrize("kind", ["AccessToken", "IdToken"])
def test_revoke_token_refuses_other_kinds_of_tokens(alice: PoolForTest, kind: str) -> None:
    tokens = signs_in(alice)
    with refused("UnsupportedTokenTypeException"):
        revokes(alice, tokens[kind])
    assert gets_user(alice, tokens)["Username"] == "alice"


def test_revoke_token_of_another_client_is_refused(alice: PoolForTest) -> None:
    tokens = signs_in(alice)
    other = alice.cognito.create_user_pool_client(UserPoolId=alice.id, ClientName="other")
    with refused("UnauthorizedException"):
        revokes(alice, tokens["RefreshToken"], ClientId=other["UserPoolClient"]["ClientId"])
    assert gets_user(alice, tokens)["Username"] == "alice"


def test_revoke_token_by_unknown_client_is_unauthorized(alice: PoolForTest) -> None:
    """ResourceNotFoundException is none of this operation's errors."""
    with refused("UnauthorizedException"):
        revokes(alice, "nothing", ClientId="1unknown2client")


def test_revoke_token_needs_client_secret(new_pool: NewPool) -> None:
    pool: PoolForTest = new_pool(client={"GenerateSecret": True})
    for wrong in ({}, {"ClientSecret": "x" * 51}):
        with refused("UnauthorizedException"):
            revokes(pool, "nothing", **wrong)
    revokes(pool, "nothing", ClientSecret=pool.client["ClientSecret"])


def test_revoke_token_with_revocation_off_is_refused(new_pool: NewPool) -> None:
    pool: PoolForTest = new_pool(client={"EnableTokenRevocation": False})
    with refused("UnsupportedOperationException"):
        revokes(pool, "nothing")


def test_revoked_token_stays_revoked_when_revocation_is_off(alice: PoolForTest) -> None:
    tokens = signs_in(alice)
    revokes(alice, tokens["RefreshToken"])
    alice.cognito.update_user_pool_client(
        UserPoolId=alice.id,
        ClientId=alice.client_id,
        ExplicitAuthFlows=FLOWS,
        EnableTokenRevocation=False,
    )
    is_over(alice, tokens)


def test_linked_sessions_are_accepted_where_there_are_none(alice: PoolForTest) -> None:
    """The model: LINKED has no effect without a parent SSO session."""
    tokens = signs_in(alice)
    revokes(alice, tokens["RefreshToken"], RevokeAssociatedSessions="LINKED")
    is_over(alice, tokens)


# Everything at once


def signs_out(pool: PoolForTest, tokens: Tokens) -> None:
    pool.cognito.global_sign_out(AccessToken=tokens["AccessToken"])


def is_signed_out(pool: PoolForTest, _: Tokens) -> None:
    pool.cognito.admin_user_global_sign_out(UserPoolId=pool.id, Username="alice")


def is_disabled_for_a_while(pool: PoolForTest, _: Tokens) -> None:
    """AdminEnableUser doesn't bring the tokens back."""
    pool.cognito.admin_disable_user(UserPoolId=pool.id, Username="alice")
    pool.cognito.admin_enable_user(UserPoolId=pool.id, Username="alice")


@pytest.mark.parametrize("ends", [signs_out, is_signed_out, is_disabled_for_a_while])
def test_global_sign_out_ends_sessions_and_allows_new_ones(
    alice: PoolForTest, ends: Callable[[PoolForTest, Tokens], None]
) -> None:
    before = [signs_in(alice), signs_in(alice)]
    ends(alice, before[0])
    for tokens in before:
        is_over(alice, tokens)
    after = signs_in(alice)
    assert gets_user(alice, after)["Username"] == "alice"
    assert gets_user(alice, refreshes(alice, after))["Username"] == "alice"


def test_signing_out_leaves_the_profile_as_it_was(alice: PoolForTest) -> None:
    before = alice.user()
    signs_out(alice, signs_in(alice))
    is_signed_out(alice, {})
    assert alice.user()["UserLastModifiedDate"] == before["UserLastModifiedDate"]


def test_disabled_user_is_reported(alice: PoolForTest) -> None:
    tokens = signs_in(alice)
    alice.cognito.admin_disable_user(UserPoolId=alice.id, Username="alice")
    for tries in (gets_user, refreshes):
        with refused("NotAuthorizedException", "User is disabled."):
            tries(alice, tokens)


@pytest.mark.parametrize("by_admin", [False, True])
def test_tokens_of_deleted_user_are_invalid(alice: PoolForTest, by_admin: bool) -> None:
    tokens = signs_in(alice)
    if by_admin:
        alice.cognito.admin_delete_user(UserPoolId=alice.id, Username="alice")
    else:
        alice.cognito.delete_user(AccessToken=tokens["AccessToken"])
    with refused("UserNotFoundException", "User does not exist."):
        gets_user(alice, tokens)
    with refused("NotAuthorizedException", "Invalid Refresh Token."):
        refreshes(alice, tokens)
    # UserNotFoundException is none of this operation's errors.
    with refused(*REVOKED):
        signs_out(alice, tokens)
    revokes(alice, tokens["RefreshToken"])


def test_signing_out_takes_a_token_of_api_sign_in(
    alice: PoolForTest, server: RunningServer
) -> None:
    with refused("NotAuthorizedException", "Access Token does not have required scopes"):
        signs_out(alice, {"AccessToken": token_of(server, alice, scope="openid")})


def test_admin_user_global_sign_out_ends_sessions(alice: PoolForTest) -> None:
    with refused("UserNotFoundException", "User does not exist."):
        alice.cognito.admin_user_global_sign_out(UserPoolId=alice.id, Username="nobody")
