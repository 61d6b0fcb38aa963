"""First factors by message, second factors and devices, as they can be guessed."""

from collections.abc import Callable
from typing import Any

from guesses.guessable_passwords import WRONG as WRONG_SIGNATURE
from guesses.guessing_world import Guessable, Target, World, wrong_codes
from support.mfa_pools import AuthenticatorApp
from support.remembered_device import KeptDevice
from support.served_pools import PoolForTest
from support.sign_ins import AuthApi, result_of

from poolhouse.entities.codes import Action
from poolhouse.wire.enums import ChallengeNameType as Challenge

WRONG = "CodeMismatchException: Invalid code or auth state for the user."
WRONG_APP_CODE = "CodeMismatchException: Invalid code received for user"
NOT_SET_UP = "EnableSoftwareTokenMFAException: Code mismatch and fail enable Software Token MFA"
USED_CODE = "ExpiredCodeException: Your software token has already been used once."
NOT_DUE = "NotAuthorizedException: Invalid session for the user."
NONE_PENDING = "SoftwareTokenMFANotFoundException: Software Token MFA does not exist for the user."
PREFERENCES = {
    "EMAIL_OTP": "EmailMfaSettings",
    "SMS_MFA": "SMSMfaSettings",
    "SOFTWARE_TOKEN_MFA": "SoftwareTokenMfaSettings",
}
CONTACTS = {"email_verified": "true", "phone_number": "+491701234567"} | {
    "phone_number_verified": "true"
}


def _user(world: World, username: str, factor: str | None = None) -> PoolForTest:
    pool = world.pool("open")
    world.confirmed(pool, username, email=f"{username}@home.example", **CONTACTS)
    if factor is not None:
        _prefer(pool, username, factor)
    return pool


def _prefer(pool: PoolForTest, username: str, factor: str) -> None:
    pool.cognito.admin_set_user_mfa_preference(
        UserPoolId=pool.id, Username=username, **{PREFERENCES[factor]: {"Enabled": True}}
    )


def _answers(
    world: World, pool: PoolForTest, username: str, asked: Any, member: str
) -> Callable[[str], bytes]:
    def guess(code: str) -> bytes:
        return world.unsigned(
            "RespondToAuthChallenge",
            ClientId=pool.client_id,
            ChallengeName=asked["ChallengeName"],
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": username, member: code},
        )

    return guess


def _sent(world: World, pool: PoolForTest, username: str, asked: Any, says: str = "ok") -> Target:
    """The code that the challenge has sent."""
    code = world.code_of(pool, username)
    wrong = wrong_codes(code)
    guess = _answers(world, pool, username, asked, f"{asked['ChallengeName']}_CODE")
    return Target(
        wrong=lambda n: guess(wrong(n)),
        right=lambda: guess(code),
        wrong_says=WRONG,
        right_says=says,
    )


def _second(world: World, username: str, factor: str) -> Target:
    pool = _user(world, username, factor)
    asked = AuthApi(pool, by_admin=False).by_password(username)
    assert asked["ChallengeName"] == factor
    return _sent(world, pool, username, asked)


def _first(world: World, username: str, factor: str) -> Target:
    pool = _user(world, username)
    api = AuthApi(pool, by_admin=False)
    asked = api.start("USER_AUTH", USERNAME=username, PREFERRED_CHALLENGE=factor)
    assert asked["ChallengeName"] == factor
    return _sent(world, pool, username, asked)


def by_sms(world: World, username: str) -> Target:
    return _second(world, username, "SMS_MFA")


def by_email(world: World, username: str) -> Target:
    return _second(world, username, "EMAIL_OTP")


def first_by_email(world: World, username: str) -> Target:
    return _first(world, username, "EMAIL_OTP")


def first_by_sms(world: World, username: str) -> Target:
    return _first(world, username, "SMS_OTP")


def _app(world: World, pool: PoolForTest, username: str) -> tuple[AuthenticatorApp, str]:
    """The user's app, and the code that was used to register it."""
    token = world.access_token(pool, username)
    app = AuthenticatorApp(pool.cognito.associate_software_token(AccessToken=token)["SecretCode"])
    used = app.code()
    pool.cognito.verify_software_token(AccessToken=token, UserCode=used)
    _prefer(pool, username, "SOFTWARE_TOKEN_MFA")
    return app, used


def _app_codes(app: AuthenticatorApp) -> Callable[[int], str]:
    """Codes that the app doesn't show for some minutes."""
    near = {app.code(later) for later in range(-10, 11)}
    codes = [code for n in range(400) if (code := f"{n:06}") not in near]
    return lambda n: codes[n]


def by_app(world: World, username: str) -> Target:
    pool = _user(world, username)
    app, _ = _app(world, pool, username)
    asked = AuthApi(pool, by_admin=False).by_password(username)
    guess = _answers(world, pool, username, asked, "SOFTWARE_TOKEN_MFA_CODE")
    wrong = _app_codes(app)
    return Target(
        wrong=lambda n: guess(wrong(n)),
        right=lambda: guess(app.code(1)),
        wrong_says=WRONG_APP_CODE,
    )


def by_app_with_a_used_code(world: World, username: str) -> Target:
    pool = _user(world, username)
    app, used = _app(world, pool, username)
    asked = AuthApi(pool, by_admin=False).by_password(username)
    guess = _answers(world, pool, username, asked, "SOFTWARE_TOKEN_MFA_CODE")
    wrong = _app_codes(app)
    return Target(
        wrong=lambda n: guess(wrong(n)),
        right=lambda: guess(used),
        wrong_says=WRONG_APP_CODE,
        right_says=USED_CODE,
    )


def _registration(world: World, associated: Any, **proof: str) -> Target:
    app = AuthenticatorApp(associated["SecretCode"])
    wrong = _app_codes(app)

    def guess(code: str) -> bytes:
        return world.unsigned("VerifySoftwareToken", UserCode=code, **proof)

    return Target(
        wrong=lambda n: guess(wrong(n)),
        right=lambda: guess(app.code()),
        wrong_says=NOT_SET_UP,
        afterwards=(NOT_DUE, NONE_PENDING),
    )


def registering_an_app(world: World, username: str) -> Target:
    pool = _user(world, username)
    token = world.access_token(pool, username)
    associated = pool.cognito.associate_software_token(AccessToken=token)
    return _registration(world, associated, AccessToken=token)


def setting_up_an_app(world: World, username: str) -> Target:
    pool = world.pool("devices")
    world.confirmed(pool, username)
    asked = AuthApi(pool, by_admin=False).by_password(username)
    assert asked["ChallengeName"] == "MFA_SETUP"
    associated = pool.cognito.associate_software_token(Session=asked["Session"])
    return _registration(world, associated, Session=associated["Session"])


def device(world: World, username: str) -> Target:
    pool, api = world.pool("devices"), AuthApi(world.pool("devices"), by_admin=False)
    world.confirmed(pool, username)
    asked = api.by_password(username)
    associated = pool.cognito.associate_software_token(Session=asked["Session"])
    app = AuthenticatorApp(associated["SecretCode"])
    verified = pool.cognito.verify_software_token(
        Session=associated["Session"], UserCode=app.code()
    )
    kept = KeptDevice(result_of(api.respond("MFA_SETUP", verified["Session"], USERNAME=username)))
    kept.confirm(pool.cognito)
    asked = api.by_password(username, DEVICE_KEY=kept.key)
    client = kept.proof()
    begun = {"USERNAME": username, "DEVICE_KEY": kept.key, "SRP_A": client.srp_a}
    right = kept.claim(client, api.respond("DEVICE_SRP_AUTH", asked["Session"], **begun))

    def guess(signature: str) -> bytes:
        return world.unsigned(
            "RespondToAuthChallenge",
            ClientId=pool.client_id,
            ChallengeName="DEVICE_PASSWORD_VERIFIER",
            ChallengeResponses={**right, "PASSWORD_CLAIM_SIGNATURE": signature},
        )

    return Target(
        wrong=lambda n: guess(f"signature {n}"),
        right=lambda: guess(right["PASSWORD_CLAIM_SIGNATURE"]),
        wrong_says=WRONG_SIGNATURE,
    )


FACTORS = [
    Guessable(
        name=name,
        limit=5,
        covers=covers,
        target=target,
        together=20 if target is device else 100,
        everywhere=target in (by_sms, first_by_email, by_app, device),
    )
    for name, covers, target in (
        ("code by SMS", (Challenge.SMS_MFA, Action.MFA), by_sms),
        ("code by email", (), by_email),
        ("first factor by email", (Challenge.EMAIL_OTP, Action.FIRST_FACTOR_CODE), first_by_email),
        ("first factor by SMS", (Challenge.SMS_OTP,), first_by_sms),
        ("app's code", (Challenge.SOFTWARE_TOKEN_MFA,), by_app),
        ("app's code, used before", (), by_app_with_a_used_code),
        ("first code of an app", (), registering_an_app),
        ("first code of an app, at a sign-in", (Challenge.MFA_SETUP,), setting_up_an_app),
        ("device", (Challenge.DEVICE_PASSWORD_VERIFIER,), device),
    )
]
