"""Verification codes, as they can be guessed."""

from typing import Any
from urllib.parse import urlencode

from guesses.guessing_world import Guessable, Target, World, wrong_codes
from support.served_pools import PoolForTest
from support.wire_client import request

from poolhouse.entities.codes import Action, Purpose

WRONG = "CodeMismatchException: Invalid verification code provided, please try again."
PREVIOUS, OWN, NEW = "Previous-horse-1!", "Own-horse-2!", "Brand-new-horse-3!"
GONE = "ExpiredCodeException: Invalid code provided, please request a code again."
CONFIRMED = "NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED"
USED_BEFORE = "PasswordHistoryPolicyViolationException: Password has previously been used"
EMAIL_TAKEN = "AliasExistsException: An account with the email already exists."


def _target(world: World, pool: PoolForTest, username: str, operation: str, **more: Any) -> Target:
    """The code that the user was sent last, in an operation that takes one."""
    member = "Code" if operation == "VerifyUserAttribute" else "ConfirmationCode"
    named = {} if "AccessToken" in more else {"ClientId": pool.client_id, "Username": username}
    code = world.code_of(pool, username)
    wrong = wrong_codes(code)
    says = {"right_says": more.pop("right_says")} if "right_says" in more else {}

    def guess(given: str) -> bytes:
        return world.unsigned(operation, **{member: given}, **named, **more)

    return Target(
        wrong=lambda n: guess(wrong(n)),
        right=lambda: guess(code),
        wrong_says=WRONG,
        afterwards=(GONE, CONFIRMED),
        **says,
    )


def sign_up(world: World, username: str) -> Target:
    pool = world.pool("open")
    pool.sign_up(username, attributes={"email": f"{username}@home.example"})
    return _target(world, pool, username, "ConfirmSignUp")


def sign_up_taking_the_alias(world: World, username: str) -> Target:
    pool = world.pool("aliases")
    pool.sign_up(username, attributes={"email": f"{username}@home.example"})
    return _target(world, pool, username, "ConfirmSignUp", ForceAliasCreation=True)


def sign_up_with_a_taken_alias(world: World, username: str) -> Target:
    """The right code is refused, because another user has the address."""
    pool, email = world.pool("aliases"), f"{username}@home.example"
    pool.sign_up(username, attributes={"email": email})
    world.confirmed(pool, f"owner-of-{username}", email=email, email_verified="true")
    return _target(world, pool, username, "ConfirmSignUp", right_says=EMAIL_TAKEN)


def link(world: World, username: str) -> Target:
    pool = world.pool("open")
    pool.sign_up(username, attributes={"email": f"{username}@home.example"})
    code = world.code_of(pool, username)
    wrong = wrong_codes(code)

    def guess(given: str) -> bytes:
        names = {"client_id": pool.client_id, "user_name": username, "confirmation_code": given}
        return request(
            headers=[("Content-Length", "0")], line=f"GET /confirmUser?{urlencode(names)} HTTP/1.1"
        )

    return Target(
        wrong=lambda n: guess(wrong(n)),
        right=lambda: guess(code),
        wrong_says="page: This link doesn’t work",
        right_says="page: You’re confirmed",
        # A guess that read the user before the right one was committed finds no code (GONE).
        afterwards=("page: This link has expired", "page: Already confirmed"),
    )


def forgotten_password(world: World, username: str) -> Target:
    pool = world.pool("open")
    world.confirmed(pool, username, email=f"{username}@home.example", email_verified="true")
    pool.cognito.forgot_password(ClientId=pool.client_id, Username=username)
    return _target(world, pool, username, "ConfirmForgotPassword", Password=NEW)


def forgotten_password_used_before(world: World, username: str) -> Target:
    """The right code is refused, because of the password beside it."""
    pool = world.pool("history")
    world.confirmed(pool, username, email=f"{username}@home.example", email_verified="true")
    world.set_password(pool, username, OWN)
    pool.cognito.forgot_password(ClientId=pool.client_id, Username=username)
    return _target(
        world, pool, username, "ConfirmForgotPassword", Password=OWN, right_says=USED_BEFORE
    )


def _attribute(world: World, kind: str, username: str, name: str, value: str) -> Target:
    pool = world.pool(kind)
    world.confirmed(pool, username, **{name: value})
    token = world.access_token(pool, username)
    pool.cognito.get_user_attribute_verification_code(AccessToken=token, AttributeName=name)
    more = {"AccessToken": token, "AttributeName": name}
    return _target(world, pool, username, "VerifyUserAttribute", **more)


def email(world: World, username: str) -> Target:
    return _attribute(world, "open", username, "email", f"{username}@home.example")


def phone_number(world: World, username: str) -> Target:
    return _attribute(world, "open", username, "phone_number", "+491701234567")


CODES = [
    Guessable(
        name=name, limit=limit, covers=covers, target=target, hourly=True, everywhere=bool(covers)
    )
    for name, limit, covers, target in (
        ("sign-up code", 15, (Purpose.SIGN_UP, Action.CONFIRM_SIGN_UP), sign_up),
        ("sign-up code, taking an alias", 15, (), sign_up_taking_the_alias),
        ("sign-up code, alias taken", 15, (), sign_up_with_a_taken_alias),
        ("sign-up link", 15, (), link),
        (
            *("password reset code", 5),
            (Purpose.RESET_PASSWORD, Action.CONFIRM_FORGOT_PASSWORD),
            forgotten_password,
        ),
        ("password reset code, password used before", 5, (), forgotten_password_used_before),
        ("email code", 15, (Purpose.VERIFY_EMAIL, Action.VERIFY_USER_ATTRIBUTE), email),
        ("phone number code", 15, (Purpose.VERIFY_PHONE_NUMBER,), phone_number),
    )
]
