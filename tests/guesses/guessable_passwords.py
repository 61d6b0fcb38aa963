"""Passwords, as they can be guessed: by every API, and of users who may not sign in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from guesses.guessable_codes import NEW, OWN, USED_BEFORE
from guesses.guessing_world import Guessable, Target, World
from support.custom_functions import CREATE, DEFINE, create, define
from support.functions_server import FunctionError
from support.served_pools import PoolForTest
from support.sign_ins import PASSWORD, AuthApi, srp_client

from poolhouse.entities.codes import Action
from poolhouse.wire.enums import ChallengeNameType as Challenge

WRONG = "NotAuthorizedException: Incorrect username or password."
USED = "NotAuthorizedException: Invalid session for the user, session can only be used once."
MIGRATION = "UserMigration_Authentication"


def _target(guess: Callable[[str], bytes], right_says: str = "ok", right: str = PASSWORD) -> Target:
    return Target(
        wrong=lambda n: guess(f"Wrong-horse-{n}!"),
        right=lambda: guess(right),
        wrong_says=WRONG,
        right_says=right_says,
    )


def _typed(world: World, pool: PoolForTest, username: str, **more: Any) -> Target:
    client_id = more.pop("client_id", pool.client_id)

    def guess(password: str) -> bytes:
        return world.unsigned(
            "InitiateAuth",
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )

    return _target(guess, **more)


def typed(world: World, username: str) -> Target:
    pool = world.pool("open")
    world.confirmed(pool, username)
    return _typed(world, pool, username)


def by_administrator(world: World, username: str) -> Target:
    pool = world.pool("open")
    world.confirmed(pool, username)

    def guess(password: str) -> bytes:
        return world.signed(
            "AdminInitiateAuth",
            UserPoolId=pool.id,
            ClientId=pool.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )

    return _target(guess)


def before_a_second_factor(world: World, username: str) -> Target:
    """The right password is answered with a challenge, and not with tokens."""
    pool = world.pool("open")
    world.confirmed(pool, username, email=f"{username}@home.example", email_verified="true")
    pool.cognito.admin_set_user_mfa_preference(
        UserPoolId=pool.id, Username=username, EmailMfaSettings={"Enabled": True}
    )
    return _typed(world, pool, username)


def at_the_start(world: World, username: str) -> Target:
    """USER_AUTH that prefers the password, and brings it."""
    pool = world.pool("open")
    world.confirmed(pool, username)

    def guess(password: str) -> bytes:
        given = {"USERNAME": username, "PASSWORD": password, "PREFERRED_CHALLENGE": "PASSWORD"}
        return world.unsigned(
            "InitiateAuth", ClientId=pool.client_id, AuthFlow="USER_AUTH", AuthParameters=given
        )

    return _target(guess)


def _answered(world: World, pool: PoolForTest, username: str, session: str, says: str) -> Target:
    def guess(password: str) -> bytes:
        return world.unsigned(
            "RespondToAuthChallenge",
            ClientId=pool.client_id,
            ChallengeName="PASSWORD",
            Session=session,
            ChallengeResponses={"USERNAME": username, "PASSWORD": password},
        )

    return _target(guess, says)


def chosen(world: World, username: str) -> Target:
    pool = world.pool("open")
    world.confirmed(pool, username)
    session = AuthApi(pool, by_admin=False).start("USER_AUTH", USERNAME=username)["Session"]
    return _answered(world, pool, username, session, "ok")


def at_a_used_step(world: World, username: str) -> Target:
    """The step was used to choose another factor: a right password comes too late."""
    pool = world.pool("open")
    world.confirmed(pool, username, email=f"{username}@home.example", email_verified="true")
    api = AuthApi(pool, by_admin=False)
    session = api.start("USER_AUTH", USERNAME=username)["Session"]
    api.respond("SELECT_CHALLENGE", session, USERNAME=username, ANSWER="EMAIL_OTP")
    return _answered(world, pool, username, session, USED)


def _signature(world: World, pool: PoolForTest, username: str, flow: str, **more: str) -> Target:
    client, api = srp_client(pool), AuthApi(pool, by_admin=False)
    asked = api.start(flow, USERNAME=username, SRP_A=client.srp_a, **more)
    right = client.responses(asked["ChallengeParameters"])
    session = {"Session": asked["Session"]} if "Session" in asked else {}

    def guess(signature: str) -> bytes:
        return world.unsigned(
            "RespondToAuthChallenge",
            ClientId=pool.client_id,
            ChallengeName="PASSWORD_VERIFIER",
            ChallengeResponses={**right, "PASSWORD_CLAIM_SIGNATURE": signature},
            **session,
        )

    return _target(guess, right=right["PASSWORD_CLAIM_SIGNATURE"])


def by_srp(world: World, username: str) -> Target:
    pool = world.pool("open")
    world.confirmed(pool, username)
    return _signature(world, pool, username, "USER_SRP_AUTH")


def in_custom_sign_in(world: World, username: str) -> Target:
    """Functions go on after the right password."""
    pool = world.pool("functions")
    assert world.functions is not None
    world.functions.answers[DEFINE] = define
    world.functions.answers[CREATE] = create
    world.confirmed(pool, username)
    return _signature(world, pool, username, "CUSTOM_AUTH", CHALLENGE_NAME="SRP_A")


def of_a_disabled_user(world: World, username: str) -> Target:
    pool = world.pool("open")
    world.confirmed(pool, username)
    pool.cognito.admin_disable_user(UserPoolId=pool.id, Username=username)
    return _typed(world, pool, username, right_says="NotAuthorizedException: User is disabled.")


def of_a_user_to_reset(world: World, username: str) -> Target:
    pool = world.pool("open")
    world.confirmed(pool, username, email=f"{username}@home.example", email_verified="true")
    pool.cognito.admin_reset_user_password(UserPoolId=pool.id, Username=username)
    says = "PasswordResetRequiredException: Password reset required for the user"
    return _typed(world, pool, username, right_says=says)


def of_an_unconfirmed_user(world: World, username: str) -> Target:
    """Told after the right password only, by app clients that hide who exists."""
    pool = world.pool("open")
    pool.sign_up(username, password=PASSWORD)
    says = "UserNotConfirmedException: User is not confirmed."
    client_id = world.client_that_hides(pool)
    return _typed(world, pool, username, right_says=says, client_id=client_id)


def temporary(world: World, username: str) -> Target:
    """An expired one."""
    pool = world.pool("open")
    world.confirmed(pool, username)
    world.set_password(pool, username, PASSWORD, permanent=False)
    expired = "Temporary password has expired and must be reset by an administrator."
    return _typed(world, pool, username, right_says=f"NotAuthorizedException: {expired}")


def elsewhere(world: World, username: str) -> Target:
    """UserMigration knows the password."""
    pool = world.pool("functions")
    assert world.functions is not None

    def migrate(event: dict[str, Any]) -> dict[str, Any]:
        if event["request"]["password"] != PASSWORD:
            raise FunctionError("Bad password")
        attributes = {"email": f"{event['userName']}@home.example"}
        response = {"userAttributes": attributes, "finalUserStatus": "CONFIRMED"}
        return {**event, "response": {**response, "messageAction": "SUPPRESS"}}

    world.functions.answers[MIGRATION] = migrate
    return _typed(world, pool, username, client_id=world.client_that_hides(pool))


def _previous(world: World, pool: PoolForTest, username: str, new: str, **more: Any) -> Target:
    token = world.access_token(pool, username)

    def guess(password: str) -> bytes:
        return world.unsigned(
            "ChangePassword",
            AccessToken=token,
            PreviousPassword=password,
            ProposedPassword=new,
        )

    return _target(guess, **more)


def previous(world: World, username: str) -> Target:
    pool = world.pool("open")
    world.confirmed(pool, username)
    return _previous(world, pool, username, NEW)


def previous_beside_one_used_before(world: World, username: str) -> Target:
    """The right password is refused, because of the one beside it."""
    pool = world.pool("history")
    world.confirmed(pool, username)
    world.set_password(pool, username, OWN)
    world.set_password(pool, username, PASSWORD + "?")
    world.set_password(pool, username, NEW)
    token = AuthApi(pool, by_admin=False).by_password(username, NEW)
    access = token["AuthenticationResult"]["AccessToken"]

    def guess(password: str) -> bytes:
        return world.unsigned(
            "ChangePassword", AccessToken=access, PreviousPassword=password, ProposedPassword=OWN
        )

    return _target(guess, right=NEW, right_says=USED_BEFORE)


def former(world: World, username: str) -> Target:
    """New passwords that are refused tell the user's former ones; here every guess is one."""
    pool = world.pool("history")
    world.confirmed(pool, username)
    world.set_password(pool, username, OWN, permanent=False)
    asked = AuthApi(pool, by_admin=False).by_password(username, OWN)

    def guess(password: str) -> bytes:
        return world.unsigned(
            "RespondToAuthChallenge",
            ClientId=pool.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": username, "NEW_PASSWORD": password},
        )

    return Target(wrong=lambda _: guess(PASSWORD), right=lambda: guess(NEW), wrong_says=USED_BEFORE)


_WEEK_LATER = timedelta(days=8)

_SLOW = (by_srp, in_custom_sign_in)
_EVERYWHERE = (typed, before_a_second_factor, by_srp, of_a_disabled_user, previous)
_HOURLY = (previous, previous_beside_one_used_before, former)

PASSWORDS = [
    Guessable(
        name=name,
        limit=5,
        covers=covers,
        target=target,
        hourly=target in _HOURLY,
        later=_WEEK_LATER if target is temporary else timedelta(0),
        together=20 if target in _SLOW else 100,
        # A user who was brought is guessed at like any other, and has a count of their own.
        right_among=target is not elsewhere,
        everywhere=target in _EVERYWHERE,
    )
    for name, covers, target in (
        ("password, in clear", (Action.PASSWORD,), typed),
        ("password, by an administrator", (), by_administrator),
        ("password, before a second factor", (), before_a_second_factor),
        ("password, by choice at the start", (), at_the_start),
        ("password, chosen", (Challenge.PASSWORD,), chosen),
        ("password, at a used step", (), at_a_used_step),
        ("password, by SRP", (Challenge.PASSWORD_VERIFIER,), by_srp),
        ("password, in a custom sign-in", (), in_custom_sign_in),
        ("password of a disabled user", (), of_a_disabled_user),
        ("password that must be reset", (), of_a_user_to_reset),
        ("password of an unconfirmed user", (), of_an_unconfirmed_user),
        ("temporary password, expired", (), temporary),
        ("password known to UserMigration", (), elsewhere),
        ("previous password", (Action.CHANGE_PASSWORD,), previous),
        ("previous password, new one used before", (), previous_beside_one_used_before),
        ("former passwords", (Challenge.NEW_PASSWORD_REQUIRED,), former),
    )
]
