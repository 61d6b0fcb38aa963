"""Signing in with a passkey, by both authentication APIs (ev:auth-7, ev:auth-11)."""

import json
from typing import Any

import pytest
from support.passkey_device import PARTY, PRESENT, VERIFIED, PasskeyDevice, text
from support.passkey_pools import configure, passkey_pool, registered
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import PASSWORD, AuthApi, claims_of, result_of

WRONG = "Incorrect username or password."
OPTIONS = "CREDENTIAL_REQUEST_OPTIONS"
MULTI = "MULTI_FACTOR_WITH_USER_VERIFICATION"
TOKENS = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}


@pytest.fixture
def home_pool(new_pool: NewPool) -> PoolForTest:
    """A pool whose relying party is home.example, with alice."""
    return passkey_pool(new_pool)


@pytest.fixture
def home_api(home_pool: PoolForTest, by_admin: bool) -> AuthApi:
    return AuthApi(home_pool, by_admin=by_admin)


@pytest.fixture
def device(server: RunningServer, home_pool: PoolForTest) -> PasskeyDevice:
    return registered(server, home_pool)


def asked_for(api: AuthApi, username: str = "alice") -> Any:
    asked = api.start("USER_AUTH", USERNAME=username, PREFERRED_CHALLENGE="WEB_AUTHN")
    assert asked["ChallengeName"] == "WEB_AUTHN"
    return asked


def answered(api: AuthApi, asked: Any, credential: str, username: str = "alice") -> Any:
    return api.respond("WEB_AUTHN", asked["Session"], USERNAME=username, CREDENTIAL=credential)


def options_of(asked: Any) -> str:
    options: str = asked["ChallengeParameters"][OPTIONS]
    return options


@pytest.mark.parametrize(
    ("attachment", "proof"), [("platform", "swk"), ("cross-platform", "hwk"), (None, "swk")]
)
def test_passkey_signs_in_and_amr_has_its_kind(
    home_api: AuthApi,
    home_pool: PoolForTest,
    server: RunningServer,
    attachment: str | None,
    proof: str,
) -> None:
    """Step-up authentication: amr is swk of a platform's passkey, hwk of a roaming one."""
    device = registered(server, home_pool, attachment=attachment)
    asked = asked_for(home_api)
    result = result_of(answered(home_api, asked, device.get(options_of(asked))))
    access = claims_of(result["AccessToken"])
    assert access["username"] == "alice"
    assert access["amr"] == [proof]


def test_request_options_name_the_users_passkeys(home_api: AuthApi, device: PasskeyDevice) -> None:
    options = json.loads(options_of(asked_for(home_api)))
    assert options.pop("challenge")
    assert options == {
        "rpId": PARTY,
        "timeout": 60000,
        "allowCredentials": [
            {"id": text(device.id), "type": "public-key", "transports": ["hybrid", "internal"]}
        ],
        "userVerification": "preferred",
    }


def test_chosen_passkey_is_asked_for_and_accepted_with_choice(
    home_api: AuthApi, device: PasskeyDevice
) -> None:
    choice = home_api.start("USER_AUTH", USERNAME="alice")
    assert choice["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP", "WEB_AUTHN"]
    given = {"USERNAME": "alice", "ANSWER": "WEB_AUTHN"}
    asked = home_api.respond("SELECT_CHALLENGE", choice["Session"], **given)
    assert asked["ChallengeName"] == "WEB_AUTHN"
    credential = device.get(options_of(asked))
    result_of(
        home_api.respond("SELECT_CHALLENGE", asked["Session"], **given, CREDENTIAL=credential)
    )


def test_user_without_the_passkey_can_use_password(
    home_api: AuthApi, device: PasskeyDevice
) -> None:
    asked = asked_for(home_api)
    given = {"USERNAME": "alice", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD}
    result_of(home_api.respond("SELECT_CHALLENGE", asked["Session"], **given))


def test_users_without_one_are_not_offered_passkeys(home_api: AuthApi) -> None:
    asked = home_api.start("USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="WEB_AUTHN")
    assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]


def test_passkeys_of_a_former_relying_party_are_not_offered(
    home_api: AuthApi, home_pool: PoolForTest, device: PasskeyDevice
) -> None:
    """Authentication methods: changing the relying party invalidates the passkeys."""
    configure(home_pool, RelyingPartyId="moved.example")
    asked = home_api.start("USER_AUTH", USERNAME="alice")
    assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]


def test_passkey_without_counter_signs_in_repeatedly(
    home_api: AuthApi, device: PasskeyDevice
) -> None:
    device.counts = False
    for _ in range(2):
        asked = asked_for(home_api)
        result_of(answered(home_api, asked, device.get(options_of(asked))))


# Hostile answers


def test_assertion_is_single_use(home_api: AuthApi, device: PasskeyDevice) -> None:
    asked = asked_for(home_api)
    credential = device.get(options_of(asked))
    result_of(answered(home_api, asked, credential))
    with refused("NotAuthorizedException"):
        answered(home_api, asked, credential)
    with refused("NotAuthorizedException", WRONG):  # its challenge was another's
        answered(home_api, asked_for(home_api), credential)


def test_decreasing_signature_count_is_refused(home_api: AuthApi, device: PasskeyDevice) -> None:
    device.count = 5
    asked = asked_for(home_api)
    result_of(answered(home_api, asked, device.get(options_of(asked))))
    device.count = 3
    asked = asked_for(home_api)
    with refused("NotAuthorizedException", WRONG):
        answered(home_api, asked, device.get(options_of(asked)))


@pytest.mark.parametrize("origin", ["https://evil.example", "http://home.example", ""])
def test_assertion_of_another_origin_is_refused(
    home_api: AuthApi, device: PasskeyDevice, origin: str
) -> None:
    device.origin = origin
    asked = asked_for(home_api)
    with refused("NotAuthorizedException", WRONG):
        answered(home_api, asked, device.get(options_of(asked)))


def test_assertion_for_another_relying_party_is_refused(
    home_api: AuthApi, device: PasskeyDevice
) -> None:
    asked = asked_for(home_api)
    with refused("NotAuthorizedException", WRONG):
        answered(home_api, asked, device.get(options_of(asked), party="evil.example"))


def test_passkey_of_another_user_is_refused(
    home_api: AuthApi, home_pool: PoolForTest, device: PasskeyDevice, server: RunningServer
) -> None:
    home_pool.sign_up("bob")
    home_pool.admin_confirm("bob")
    of_bob = registered(server, home_pool, "bob")
    asked = asked_for(home_api)
    with refused("NotAuthorizedException", WRONG):
        answered(home_api, asked, of_bob.get(options_of(asked)))
    of_bob.id = device.id  # bob's key by the name of alice's passkey
    with refused("NotAuthorizedException", WRONG):
        answered(home_api, asked, of_bob.get(options_of(asked)))


def test_passkey_registered_by_two_users_stays_with_both(
    home_api: AuthApi, home_pool: PoolForTest, device: PasskeyDevice
) -> None:
    """Bob's authenticator hands out alice's user handle: the server has stored another."""
    device.user_handle = b"somebody else"
    asked = asked_for(home_api)
    with refused("NotAuthorizedException", WRONG):
        answered(home_api, asked, device.get(options_of(asked)))


def test_assertion_without_user_presence_is_refused(
    home_api: AuthApi, device: PasskeyDevice
) -> None:
    device.flags = VERIFIED
    asked = asked_for(home_api)
    with refused("NotAuthorizedException", WRONG):
        answered(home_api, asked, device.get(options_of(asked)))


def test_deleted_passkey_is_refused(
    home_api: AuthApi, home_pool: PoolForTest, device: PasskeyDevice
) -> None:
    asked = asked_for(home_api)
    tokens = result_of(AuthApi(home_pool, by_admin=False).by_password())
    home_pool.cognito.delete_web_authn_credential(
        AccessToken=tokens["AccessToken"], CredentialId=text(device.id)
    )
    with refused("NotAuthorizedException", WRONG):
        answered(home_api, asked, device.get(options_of(asked)))


@pytest.mark.parametrize(
    "credential",
    ["{", "[]", "null", '"x"', "{}", "[" * 10_000, '{"id":7}', "x" * 70_000],
    ids=["half", "list", "null", "text", "empty", "lists within lists", "number", "long"],
)
def test_malformed_credential_is_refused(
    home_api: AuthApi, device: PasskeyDevice, credential: str
) -> None:
    with refused("InvalidParameterException", "Credential data is not valid"):
        answered(home_api, asked_for(home_api), credential)


@pytest.mark.parametrize(
    ("member", "code"),
    [
        ("clientDataJSON", "InvalidParameterException"),
        ("authenticatorData", "NotAuthorizedException"),
        ("signature", "NotAuthorizedException"),
    ],
)
def test_changed_assertion_is_refused(
    home_api: AuthApi, device: PasskeyDevice, member: str, code: str
) -> None:
    asked = asked_for(home_api)
    credential = json.loads(device.get(options_of(asked)))
    for garbage in (text(bytes(60)), ""):
        changed = {**credential, "response": {**credential["response"], member: garbage}}
        with refused(code):
            answered(home_api, asked, json.dumps(changed))
    result_of(answered(home_api, asked, json.dumps(credential)))


def test_credential_without_challenge_is_refused(home_api: AuthApi, device: PasskeyDevice) -> None:
    credential = device.get(options_of(asked_for(home_api)))
    choice = home_api.start("USER_AUTH", USERNAME="alice")
    with refused("NotAuthorizedException", "Invalid session for the user."):
        home_api.respond(
            "SELECT_CHALLENGE",
            choice["Session"],
            USERNAME="alice",
            ANSWER="WEB_AUTHN",
            CREDENTIAL=credential,
        )


def test_disabled_user_is_reported_after_passkey(
    home_api: AuthApi, home_pool: PoolForTest, device: PasskeyDevice
) -> None:
    home_pool.cognito.admin_disable_user(UserPoolId=home_pool.id, Username="alice")
    asked = asked_for(home_api)
    with refused("NotAuthorizedException", "User is disabled."):
        answered(home_api, asked, device.get(options_of(asked)))


def test_web_authn_some_unknown_users_have_a_stable_decoy_passkey(
    new_pool: NewPool, by_admin: bool
) -> None:
    pool = passkey_pool(new_pool, client={"PreventUserExistenceErrors": "ENABLED"})
    api = AuthApi(pool, by_admin=by_admin)
    offered = {
        name: api.start("USER_AUTH", USERNAME=name)["AvailableChallenges"]
        for name in (f"nobody{number}" for number in range(40))
    }
    having = [name for name, challenges in offered.items() if "WEB_AUTHN" in challenges]
    assert 0 < len(having) < 40
    asked = asked_for(api, having[0])
    again = asked_for(api, having[0])
    allowed = [json.loads(options_of(each))["allowCredentials"] for each in (asked, again)]
    assert allowed[0] == allowed[1]
    assert [each.keys() for each in allowed[0]] == [{"id", "type", "transports"}]
    device = PasskeyDevice()
    with refused("NotAuthorizedException", WRONG):
        answered(api, asked, device.get(options_of(asked)), having[0])


# A passkey as both factors


def secured(
    new_pool: NewPool, server: RunningServer, mode: str = "OPTIONAL", **webauthn: Any
) -> tuple[Any, PasskeyDevice]:
    """A pool with MFA, and alice with a passkey and SMS as her second factor."""
    pool = passkey_pool(new_pool)
    alice = registered(server, pool)
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": "phone_number", "Value": "+491701234567"}],
    )
    sms = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}
    configure(
        pool,
        {"MfaConfiguration": mode, "SmsMfaConfiguration": sms, **TOKENS},
        RelyingPartyId=PARTY,
        **webauthn,
    )
    pool.cognito.admin_set_user_mfa_preference(
        UserPoolId=pool.id, Username="alice", SMSMfaSettings={"Enabled": True}
    )
    return pool, alice


def prefer_passkey(pool: PoolForTest) -> None:
    pool.cognito.admin_set_user_mfa_preference(
        UserPoolId=pool.id, Username="alice", WebAuthnMfaSettings={"Enabled": True}
    )


def test_user_with_second_factor_is_not_offered_passkey_alone(
    new_pool: NewPool, server: RunningServer, by_admin: bool
) -> None:
    pool, _ = secured(new_pool, server)
    asked = AuthApi(pool, by_admin=by_admin).start("USER_AUTH", USERNAME="alice")
    assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]


@pytest.mark.parametrize("mode", ["OPTIONAL", "ON"])
def test_passkey_with_user_verification_is_both_factors(
    new_pool: NewPool, server: RunningServer, by_admin: bool, mode: str
) -> None:
    pool, device = secured(new_pool, server, mode, FactorConfiguration=MULTI)
    api = AuthApi(pool, by_admin=by_admin)
    before = api.start("USER_AUTH", USERNAME="alice")
    assert "WEB_AUTHN" not in before["AvailableChallenges"]
    prefer_passkey(pool)
    asked = asked_for(api)
    assert json.loads(options_of(asked))["userVerification"] == "required"
    result = result_of(answered(api, asked, device.get(options_of(asked))))
    assert claims_of(result["AccessToken"])["amr"] == ["swk", "mfa"]


def test_passkey_without_user_verification_is_not_both_factors(
    new_pool: NewPool, server: RunningServer, by_admin: bool
) -> None:
    pool, device = secured(new_pool, server, FactorConfiguration=MULTI)
    prefer_passkey(pool)
    device.flags = PRESENT
    api = AuthApi(pool, by_admin=by_admin)
    asked = asked_for(api)
    with refused("NotAuthorizedException", WRONG):
        answered(api, asked, device.get(options_of(asked)))
