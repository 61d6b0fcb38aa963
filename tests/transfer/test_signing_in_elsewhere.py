"""Users who have moved sign in with all that they have; what was handed out before is void."""

from types import SimpleNamespace
from typing import Any

from support.mfa_pools import FACTORS, AuthenticatorApp, prefers, registers_app
from support.passkey_device import PARTY, PasskeyDevice
from support.passkey_pools import FACTORS as FIRST_FACTORS
from support.passkey_pools import registered
from support.refusals import refused
from support.remembered_device import KeptDevice
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_ins import FLOWS, AuthApi, result_of
from transfer.conftest import export_of
from transfer.generated_pools import reader

from poolhouse.app import App
from poolhouse.transfer.importer import load


def by_passkey(api: AuthApi, passkey: PasskeyDevice) -> Any:
    asked = api.start("USER_AUTH", USERNAME="bob", PREFERRED_CHALLENGE="WEB_AUTHN")
    credential = passkey.get(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    answer = api.respond("WEB_AUTHN", asked["Session"], USERNAME="bob", CREDENTIAL=credential)
    return result_of(answer)


def by_app(api: AuthApi, app: AuthenticatorApp) -> Any:
    """By the next code: the current one may be that which registered the app."""
    asked = api.by_password()
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert asked["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "phone"
    code = app.code(later=1)
    return result_of(
        api.respond(
            "SOFTWARE_TOKEN_MFA",
            asked["Session"],
            USERNAME="alice",
            SOFTWARE_TOKEN_MFA_CODE=code,
        )
    )


def move(source: RunningServer, target: RunningServer, pool: PoolForTest) -> Any:
    """The pool on the other server."""
    export = export_of(source, pool.id)

    async def arrive(app: App) -> None:
        await load(app.services.store, reader(export))

    target.run(arrive)
    return SimpleNamespace(
        cognito=target.client(), id=pool.id, client=pool.client, client_id=pool.client_id
    )


def test_users_sign_in_after_a_move_with_what_they_had_before(
    servers: tuple[RunningServer, RunningServer],
) -> None:
    source, target = servers
    pool = PoolForTest(
        source.client(),
        client={"ExplicitAuthFlows": FLOWS},
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": True},
        Policies=FIRST_FACTORS,
    )
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        MfaConfiguration="OPTIONAL",
        WebAuthnConfiguration={"RelyingPartyId": PARTY},
        **FACTORS["app"],
    )
    for username in ("alice", "bob"):
        pool.sign_up(username)
        pool.admin_confirm(username)
    result = result_of(AuthApi(pool, by_admin=False).by_password())
    device = KeptDevice(result)
    device.confirm(pool.cognito)
    app = registers_app(pool, result["AccessToken"], "phone")
    prefers(pool, app="preferred")
    passkey = registered(source, pool, "bob")
    by_passkey(AuthApi(pool, by_admin=False), passkey)

    moved = move(source, target, pool)
    api = AuthApi(moved, by_admin=False)
    asked = api.by_password(DEVICE_KEY=device.key)
    assert result_of(device.prove(api, asked))["AccessToken"]
    assert by_app(api, app)["AccessToken"]
    assert by_passkey(api, passkey)["AccessToken"]
    with refused("NotAuthorizedException"):
        api.start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=result["RefreshToken"])
    with refused("NotAuthorizedException"):
        moved.cognito.get_user(AccessToken=result["AccessToken"])
