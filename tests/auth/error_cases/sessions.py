"""Refusals of sessions, of changing a password, and of access tokens that are over (ev:auth-1.3,
ev:auth-14, ev:auth-15)."""

from support.error_cases import admin, refuses
from support.sign_in_error_cases import (
    ALICE,
    BELIEVED,
    OPEN,
    Way,
    access_token,
    by_password,
    client,
    is_removed,
    is_there,
    refresh_token,
    time_passes,
    with_tokens,
)

from poolhouse.errors import auth, tokens, users

OVER = (tokens.AccessTokenRevoked, "Access Token has been revoked", "the API's model")
REVOKES = client("revoke_token", Token=refresh_token)


def tracks(world: Way) -> None:
    world.cognito.set_user_pool_session_configuration(
        UserPoolId=world.pool.id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 20}
    )


def stops_tracking(world: Way) -> None:
    world.cognito.set_user_pool_session_configuration(
        UserPoolId=world.pool.id, UserSessionTracking="DISABLED", TokenSession={"MaxPerUser": 20}
    )


def own_session(world: Way) -> str:
    answer = world.cognito.list_user_sessions(AccessToken=access_token(world))
    return str(next(each["SessionId"] for each in answer["Sessions"] if each["IsCurrentSession"]))


SITUATIONS = [
    # Sessions
    *(
        refuses(
            tokens.SessionTrackingOff,
            "Session tracking is not enabled for the user pool.",
            "unverified",
            call,
            *BELIEVED,
            stops_tracking,
            **OPEN,
        )
        for call in (
            with_tokens("list_user_sessions"),
            with_tokens("revoke_user_session", SessionId="tkn" + "a" * 25),
            admin("admin_list_user_sessions", **ALICE),
            admin("admin_revoke_user_session", **ALICE, SessionId="tkn" + "a" * 25),
        )
    ),
    refuses(
        tokens.CannotRevokeCurrentSession,
        "The current session cannot be revoked.",
        "the API's model: not the caller's own; code and text unverified",
        with_tokens("revoke_user_session", SessionId=own_session),
        *is_there(),
        tracks,
        by_password(),
        **OPEN,
    ),
    *(
        refuses(
            tokens.SessionNotFound,
            "Session does not exist.",
            "the text unverified",
            call,
            *is_there(),
            tracks,
            by_password(),
            **OPEN,
        )
        for call in (
            with_tokens("revoke_user_session", SessionId="tkn" + "a" * 25),
            admin("admin_revoke_user_session", **ALICE, SessionId="tkn" + "a" * 25),
        )
    ),
    # A password that the user knows (ev:auth-7, ev:auth-20)
    refuses(
        auth.IncorrectPassword,
        "Incorrect username or password.",
        "ev:field-test; amazon-cognito-identity-js#506",
        with_tokens(
            "change_password", PreviousPassword="Wrong-9!", ProposedPassword="Other-Horse-9!"
        ),
        *BELIEVED,
        **OPEN,
    ),
    refuses(
        auth.MissingParameter,
        "Missing required parameter PreviousPassword",
        "the API's model: required of who has a password; the text by its form",
        with_tokens("change_password", ProposedPassword="Other-Horse-9!"),
        *BELIEVED,
        **OPEN,
    ),
    refuses(
        auth.WeakNewPassword,
        "Password does not conform to policy: Password not long enough",
        "ev:amplify-ui",
        with_tokens(
            "change_password", PreviousPassword="Correct-Horse-9!", ProposedPassword="Aa-9"
        ),
        *BELIEVED,
        **OPEN,
    ),
    # An access token whose session or user is over
    *(
        refuses(*OVER, with_tokens("get_user"), *BELIEVED, ended, **OPEN)
        for ended in (
            REVOKES,
            with_tokens("global_sign_out"),
            is_removed("admin_user_global_sign_out"),
        )
    ),
    refuses(
        users.UserDisabled,
        "User is disabled.",
        "unverified which text wins over that of a revoked token",
        with_tokens("get_user"),
        *BELIEVED,
        is_removed("admin_disable_user"),
        **OPEN,
    ),
    refuses(
        users.UserNotFound,
        "User does not exist.",
        "field",
        with_tokens("get_user"),
        *BELIEVED,
        is_removed("admin_delete_user"),
        **OPEN,
    ),
    refuses(
        tokens.AccessTokenExpired,
        "Access Token has expired",
        "field",
        with_tokens("get_user"),
        *BELIEVED,
        time_passes(hours=1),
        **OPEN,
    ),
]
