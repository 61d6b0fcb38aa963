"""Pools whose users may have passkeys, and users who register one."""

from typing import Any

from support.access_tokens import token_of
from support.passkey_device import PARTY, PasskeyDevice
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS

FACTORS: dict[str, Any] = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}


def passkey_pool(
    new_pool: NewPool,
    *,
    party: str | None = PARTY,
    client: dict[str, Any] | None = None,
    **webauthn: Any,
) -> PoolForTest:
    """With alice, who is confirmed."""
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS, **(client or {})}, Policies=FACTORS)
    named: dict[str, Any] = {"RelyingPartyId": party} if party else {}
    configure(pool, **named, **webauthn)
    pool.sign_up()
    pool.admin_confirm()
    return pool


def configure(pool: PoolForTest, mfa: dict[str, Any] | None = None, **webauthn: Any) -> None:
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        WebAuthnConfiguration=webauthn,
        **(mfa or {"MfaConfiguration": "OFF"}),
    )


def options_for(pool: PoolForTest, token: str) -> dict[str, Any]:
    answer = pool.cognito.start_web_authn_registration(AccessToken=token)
    options: dict[str, Any] = answer["CredentialCreationOptions"]
    return options


def registered(
    server: RunningServer, pool: PoolForTest, username: str = "alice", **device: Any
) -> PasskeyDevice:
    """A device with a passkey of the user's."""
    made, token = PasskeyDevice(**device), token_of(server, pool, username)
    pool.cognito.complete_web_authn_registration(
        AccessToken=token, Credential=made.create(options_for(pool, token))
    )
    return made
