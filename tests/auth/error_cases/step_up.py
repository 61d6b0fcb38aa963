"""Refusals of USER_AUTH toward a level.

Evidence: dg:cognito-user-pools-step-up-authentication; ev:auth-17.
"""

from typing import Any

from support.error_cases import Situation, refuses
from support.sign_in_error_cases import (
    APIS,
    BELIEVED,
    HIDING,
    OPEN,
    access_token,
    by_password,
    is_removed,
    is_there,
    starts,
    time_passes,
    with_tokens,
)

from poolhouse.errors import auth, tokens, users

PASSWORD_ALONE, APP = "urn:cognito:loa:1", "urn:cognito:loa:4"
NEVER_TOLD = "the code and the text unverified"
BOB = (*is_there(), *is_there("bob"), by_password("bob"))
"""Whose token isn't alice's."""


def aims(username: str = "alice", *, by_admin: bool = False, **given: Any) -> Any:
    return starts("USER_AUTH", by_admin=by_admin, USERNAME=username, **given)


def steps_up(level: str = APP, *, by_admin: bool = False, **given: Any) -> Any:
    """With the access token of the last sign-in, unless another is given."""
    given = {"ACCESS_TOKEN": access_token, **given}
    return aims(by_admin=by_admin, TARGET_ACR_VALUES=level, **given)


SITUATIONS: list[Situation] = [
    *(
        refuses(
            auth.NoKnownLevel,
            "None of the requested ACR values are valid.",
            NEVER_TOLD,
            aims(by_admin=by_admin, TARGET_ACR_VALUES=values),
            *is_there(),
            **OPEN,
        )
        for by_admin in APIS
        for values in ("", " ", "urn:cognito:loa:5", "URN:COGNITO:LOA:1", "4")
    ),
    *(
        refuses(
            auth.LevelOutOfReach,
            "The user has no factors that satisfy the requested ACR values.",
            NEVER_TOLD,
            aims(by_admin=by_admin, TARGET_ACR_VALUES=APP),
            *is_there(),
            **OPEN,
        )
        for by_admin in APIS
    ),
    *(
        refuses(
            auth.LevelAlreadyMet,
            "The access token already satisfies the requested ACR values.",
            NEVER_TOLD,
            steps_up(PASSWORD_ALONE, by_admin=by_admin),
            *BELIEVED,
            **OPEN,
        )
        for by_admin in APIS
    ),
    *(
        refuses(
            auth.TokenWithoutLevel,
            "ACCESS_TOKEN requires TARGET_ACR_VALUES.",
            NEVER_TOLD,
            aims(by_admin=by_admin, ACCESS_TOKEN=access_token),
            *BELIEVED,
            **OPEN,
        )
        for by_admin in APIS
    ),
    *(
        refuses(
            auth.InvalidMaxAge,
            "MAX_AGE must be a non-negative integer.",
            "the text unverified; the authorize endpoint: a non-negative integer",
            aims(TARGET_ACR_VALUES=PASSWORD_ALONE, MAX_AGE=age),
            *is_there(),
            **OPEN,
        )
        for age in ("", "-1", "+1", "1.5", "1_0", " 1", "\N{ARABIC-INDIC DIGIT ONE}", "9" * 5000)
    ),
    # The token
    *(
        refuses(
            tokens.InvalidAccessToken,
            "Invalid Access Token",
            "floci#1898",
            steps_up(ACCESS_TOKEN=token),
            *BELIEVED,
            **OPEN,
        )
        for token in (
            "",
            "a.b.c",
            lambda world: world.tokens["IdToken"],
            lambda world: f"{access_token(world)[:-4]}AAAA",
        )
    ),
    refuses(
        tokens.AccessTokenExpired,
        "Access Token has expired",
        "the same as of other operations",
        steps_up(),
        *BELIEVED,
        time_passes(hours=2),
        **OPEN,
    ),
    refuses(
        tokens.AccessTokenRevoked,
        "Access Token has been revoked",
        "the same as of other operations",
        steps_up(),
        *BELIEVED,
        with_tokens("global_sign_out"),
        **OPEN,
    ),
    *(
        refuses(
            tokens.ForeignAccessToken,
            "Access Token does not belong to the user.",
            "the code and the text unverified; InitiateAuth: USERNAME must match the user",
            aims(name, by_admin=by_admin, TARGET_ACR_VALUES=APP, ACCESS_TOKEN=access_token),
            *BOB,
            **HIDING,
        )
        for by_admin in APIS
        for name in ("alice", "nobody")
    ),
    refuses(
        users.UserDisabled,
        "User is disabled.",
        "field",
        steps_up(),
        *BELIEVED,
        is_removed("admin_disable_user"),
        **OPEN,
    ),
]
