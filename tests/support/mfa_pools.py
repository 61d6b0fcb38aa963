"""Pools and users with second factors, and an authenticator app as users have one."""

import base64
import hashlib
import hmac
import time
from typing import Any

from msgspec.structs import replace

from poolhouse.app import App
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS

EMAIL, PHONE = "alice@home.example", "+491701234567"
VERIFIED_EMAIL = {"email": EMAIL, "email_verified": "true"}
VERIFIED_PHONE = {"phone_number": PHONE, "phone_number_verified": "true"}
SES = "arn:aws:ses:eu-central-1:123456789012:identity/no-reply@home.example"
SNS = {
    "SnsCallerArn": "arn:aws:iam::123456789012:role/sms",
    "ExternalId": "home",
    "SnsRegion": "eu-west-1",
}
BY_EMAIL = {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER", "SourceArn": SES}}
FACTORS: dict[str, dict[str, Any]] = {
    "app": {"SoftwareTokenMfaConfiguration": {"Enabled": True}},
    "email": {"EmailMfaConfiguration": {}},
    "sms": {"SmsMfaConfiguration": {"SmsConfiguration": SNS}},
}


class AuthenticatorApp:
    """TOTP as an app does it, written apart from the product (RFC 6238)."""

    def __init__(self, secret_code: str) -> None:
        self._secret = base64.b32decode(secret_code + "=" * (-len(secret_code) % 8))

    def code(self, later: int = 0) -> str:
        """What the app shows now, or so many steps of 30 seconds later."""
        step = int(time.time()) // 30 + later
        digest = hmac.new(self._secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
        start = digest[19] % 16
        number = int.from_bytes(digest[start : start + 4], "big") % (1 << 31)
        return f"{number % 10**6:06}"

    def wrong_code(self) -> str:
        near = {self.code(later) for later in range(-3, 4)}
        return next(code for n in range(10) if (code := f"{n:06}") not in near)


def mfa_pool(new_pool: NewPool, mode: str, *factors: str, **settings: Any) -> PoolForTest:
    """A pool whose client allows every flow, with these second factors, and with alice.

    `attributes` are alice's.
    """
    attributes = settings.pop("attributes", {})
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, **{**BY_EMAIL, **settings})
    configured = {name: value for factor in factors for name, value in FACTORS[factor].items()}
    pool.cognito.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration=mode, **configured)
    pool.sign_up()
    pool.admin_confirm()
    changes(pool, attributes)
    return pool


def changes(pool: PoolForTest, attributes: dict[str, str], username: str = "alice") -> None:
    if attributes:
        pool.cognito.admin_update_user_attributes(
            UserPoolId=pool.id,
            Username=username,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )


def prefers(pool: PoolForTest, username: str = "alice", **blocks: Any) -> None:
    """`sms=True` turns it on, `sms="preferred"` prefers it too, `sms=False` turns it off."""
    members = {"sms": "SMSMfaSettings", "email": "EmailMfaSettings"}
    members["app"] = "SoftwareTokenMfaSettings"
    pool.cognito.admin_set_user_mfa_preference(
        UserPoolId=pool.id,
        Username=username,
        **{
            members[factor]: {"Enabled": bool(how), "PreferredMfa": how == "preferred"}
            for factor, how in blocks.items()
        },
    )


def registers_app(pool: PoolForTest, token: str, name: str | None = None) -> AuthenticatorApp:
    """The owner of an access token sets up an app. Its current code is used up by that."""
    secret = pool.cognito.associate_software_token(AccessToken=token)["SecretCode"]
    app = AuthenticatorApp(secret)
    more = {"FriendlyDeviceName": name} if name else {}
    answer = pool.cognito.verify_software_token(AccessToken=token, UserCode=app.code(), **more)
    assert answer["Status"] == "SUCCESS"
    return app


def forget_used_codes(server: RunningServer, pool: PoolForTest, username: str = "alice") -> None:
    """As if the app's last code had been used long ago."""
    sub = pool.user(username)["attributes"]["sub"]

    async def forget(app: App) -> None:
        store = app.services.store
        user = await store.users.by_sub(pool.id, sub)
        assert user is not None
        token = await store.software_tokens.find(user)
        assert token is not None
        await store.commit(store.software_tokens.save(replace(token, last_step=0)))

    server.run(forget)
