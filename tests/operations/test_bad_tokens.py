"""Tokens that open nothing, at every operation that takes an access token (ev:auth-1.3)."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from support.access_tokens import token_of
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_ins import FLOWS, AuthApi, claims_of, result_of

from poolhouse.entities.signing_keys import KeyUse
from poolhouse.operations.registry import TABLE
from poolhouse.wire.operations import OPERATIONS, Caller

KEY, SESSION = "eu-central-1_11111111-2222-4333-8444-555555555555", "tkn" + "a" * 25
MEMBERS: dict[str, dict[str, Any]] = {
    "AssociateSoftwareToken": {},
    "ChangePassword": {
        "PreviousPassword": "Correct-Horse-9!",
        "ProposedPassword": "Stolen-Horse-9!",
    },
    "CompleteWebAuthnRegistration": {"Credential": {}},
    "ConfirmDevice": {"DeviceKey": KEY},
    "DeleteUser": {},
    "DeleteUserAttributes": {"UserAttributeNames": ["name"]},
    "DeleteWebAuthnCredential": {"CredentialId": "eA"},
    "ForgetDevice": {"DeviceKey": KEY},
    "GetDevice": {"DeviceKey": KEY},
    "GetUser": {},
    "GetUserAttributeVerificationCode": {"AttributeName": "email"},
    "GetUserAuthFactors": {},
    "GlobalSignOut": {},
    "ListDevices": {},
    "ListUserSessions": {},
    "ListWebAuthnCredentials": {},
    "RevokeUserSession": {"SessionId": SESSION},
    "SetUserMFAPreference": {"SMSMfaSettings": {"Enabled": True}},
    "SetUserSettings": {"MFAOptions": []},
    "StartWebAuthnRegistration": {},
    "UpdateDeviceStatus": {"DeviceKey": KEY, "DeviceRememberedStatus": "remembered"},
    "UpdateUserAttributes": {"UserAttributes": [{"Name": "name", "Value": "Mallory"}]},
    "VerifySoftwareToken": {"UserCode": "123456"},
    "VerifyUserAttribute": {"AttributeName": "email", "Code": "123456"},
}
REFUSED = "NotAuthorizedException"
INVALID = (REFUSED, "Invalid Access Token")  # moto#8027
EXPIRED = (REFUSED, "Access Token has expired")  # field
REVOKED = (REFUSED, "Access Token has been revoked")  # the API's model of GlobalSignOut
NO_SCOPE = (REFUSED, "Access Token does not have required scopes")  # amplify-js#5921
DISABLED = (REFUSED, "User is disabled.")  # UNVERIFIED: or that it was revoked?
GONE = ("UserNotFoundException", "User does not exist.")  # field
WITHOUT_A_WORD_FOR_GONE = {
    *("AssociateSoftwareToken", "CompleteWebAuthnRegistration", "DeleteWebAuthnCredential"),
    *("GlobalSignOut", "ListWebAuthnCredentials", "StartWebAuthnRegistration"),
}
"""Operations for which the API's model doesn't list UserNotFoundException (UNVERIFIED)."""

Refusal = tuple[str, str]


def text(part: bytes | dict[str, Any]) -> str:
    data = json.dumps(part).encode() if isinstance(part, dict) else part
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Forger:
    """An attacker with a valid token and the pool's public keys."""

    def __init__(self, token: str) -> None:
        self._header, _, self._signature = token.split(".")
        self._claims = claims_of(token)
        self.kid: str = json.loads(base64.urlsafe_b64decode(self._header + "=="))["kid"]
        self._own = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def changed(self, **claims: Any) -> str:
        """With the signature of the good one."""
        return f"{self._header}.{text({**self._claims, **claims})}.{self._signature}"

    def unsigned(self, alg: str) -> str:
        return f"{text({'kid': self.kid, 'alg': alg})}.{text(self._claims)}."

    def by_public_key(self, public: str) -> str:
        """Signed with the public key, as if it were a secret."""
        signed = f"{text({'kid': self.kid, 'alg': 'HS256'})}.{text(self._claims)}"
        return f"{signed}.{text(hmac.digest(public.encode(), signed.encode(), hashlib.sha256))}"

    def by_own_key(self, kid: str | None = None, **header: Any) -> str:
        said = {"kid": kid or self.kid, "alg": "RS256", **header}
        signed = f"{text(said)}.{text(self._claims)}"
        signature = self._own.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{text(signature)}"

    def own_jwk(self) -> dict[str, str]:
        numbers = self._own.public_key().public_numbers()
        return {"kty": "RSA", "e": "AQAB", "n": text(numbers.n.to_bytes(256, "big"))}


@pytest.fixture(scope="module")
def pools(cognito: Any) -> tuple[PoolForTest, PoolForTest]:
    """Two, with alice in both."""
    made = PoolForTest(cognito, client={"ExplicitAuthFlows": FLOWS}), PoolForTest(cognito)
    for pool in made:
        pool.sign_up()
        pool.admin_confirm()
    return made


@pytest.fixture(scope="module")
def bad_tokens(
    server: RunningServer, pools: tuple[PoolForTest, PoolForTest]
) -> list[tuple[str, str, Refusal]]:
    """What each is, the token, and what is said to it."""
    pool, other = pools
    good = result_of(AuthApi(pool, by_admin=False).by_password())
    revoked = result_of(AuthApi(pool, by_admin=False).by_password())
    pool.cognito.revoke_token(ClientId=pool.client_id, Token=revoked["RefreshToken"])
    forger = Forger(good["AccessToken"])
    issuer = claims_of(good["AccessToken"])["iss"]
    whole = good["AccessToken"]
    identity_kid = Forger(good["IdToken"]).kid

    def signed(**claims: Any) -> str:
        return token_of(server, pool, **claims)

    return [
        ("no JWT", "a.b.c", INVALID),
        ("one word", "token", INVALID),
        ("a part less", whole.rpartition(".")[0], INVALID),
        ("a part more", f"{whole}.x", INVALID),
        ("cut off", whole[:-5], INVALID),
        ("padded", f"{whole}==", INVALID),
        ("without claims", f"{whole.split('.')[0]}..{whole.split('.')[2]}", INVALID),
        ("a refresh token", good["RefreshToken"], INVALID),
        ("an ID token", good["IdToken"], INVALID),
        ("an access token by the ID token's key", signed(use=KeyUse.ID), INVALID),
        ("alg none", forger.unsigned("none"), INVALID),
        ("alg nOnE", forger.unsigned("nOnE"), INVALID),
        ("RS256 without a signature", forger.unsigned("RS256"), INVALID),
        ("HS256 by the key's id", forger.by_public_key(forger.kid), INVALID),
        ("the kid of another key", forger.by_own_key("bm9ib2R5cyBrZXk="), INVALID),
        ("the kid of the other key", forger.by_own_key(identity_kid), INVALID),
        ("a key of one's own", forger.by_own_key(), INVALID),
        ("a key that it brings along", forger.by_own_key(jwk=forger.own_jwk()), INVALID),
        ("a key to be fetched", forger.by_own_key(jku="https://evil.example/keys"), INVALID),
        ("a critical header", forger.by_own_key(crit=["exp"]), INVALID),
        ("the claims of another", forger.changed(sub="somebody else"), INVALID),
        ("a longer life", forger.changed(exp=2_000_000_000), INVALID),
        ("expired by its own word", forger.changed(exp=1), INVALID),
        ("of no pool", signed(iss="https://evil.example/pool"), INVALID),
        ("of another pool", signed(iss=issuer.replace(pool.id, other.id)), INVALID),
        ("by another pool", token_of(server, other, iss=issuer), INVALID),
        ("without a use", signed(token_use="id"), INVALID),
        ("an end in words", signed(exp="tomorrow"), INVALID),
        ("expired", signed(issued_before=timedelta(hours=2)), EXPIRED),
        ("revoked", revoked["AccessToken"], REVOKED),
        ("of a deleted client", signed(client_id="1deleted2client"), REVOKED),
        ("of another's client", signed(client_id=other.client_id), REVOKED),
        ("of no session", signed(event_id="nobody's"), REVOKED),
        ("without the scope", signed(scope="openid profile"), NO_SCOPE),
        ("a scope like it", signed(scope="aws.cognito.signin.user.admins"), NO_SCOPE),
        ("no scope", signed(scope=""), NO_SCOPE),
    ]


def shown(pool: PoolForTest) -> Any:
    return [
        pool.cognito.list_users(UserPoolId=pool.id)["Users"],
        pool.cognito.admin_list_devices(UserPoolId=pool.id, Username="alice")["Devices"],
    ]


def test_table_has_every_access_token_operation() -> None:
    proved = {Caller.ACCESS_TOKEN, Caller.ACCESS_TOKEN_OR_SESSION}
    assert MEMBERS.keys() == {name for name in TABLE if OPERATIONS[name].caller in proved}


@pytest.mark.parametrize("operation", MEMBERS)
def test_bad_token_is_refused_and_changes_nothing(
    pools: tuple[PoolForTest, PoolForTest],
    bad_tokens: list[tuple[str, str, Refusal]],
    operation: str,
) -> None:
    pool, _ = pools
    before = shown(pool)
    for _name, token, refusal in bad_tokens:
        with refused(*refusal):
            call(pool, operation, token)
    assert shown(pool) == before


@pytest.mark.parametrize("operation", MEMBERS)
def test_token_ends_with_its_user(
    server: RunningServer, pools: tuple[PoolForTest, PoolForTest], operation: str
) -> None:
    """ev:auth-1.3; what is said of a user who is gone, only where the model lists it."""
    pool, _ = pools
    bob = {"UserPoolId": pool.id, "Username": "bob"}
    pool.sign_up("bob")
    token = token_of(server, pool, "bob")
    assert pool.cognito.get_user(AccessToken=token)["Username"] == "bob"  # it is known from now on
    pool.cognito.admin_disable_user(**bob)
    with refused(*DISABLED):
        call(pool, operation, token)
    pool.cognito.admin_delete_user(**bob)
    with refused(*(REVOKED if operation in WITHOUT_A_WORD_FOR_GONE else GONE)):
        call(pool, operation, token)


def call(pool: PoolForTest, operation: str, token: str) -> Any:
    return pool.cognito._make_api_call(operation, {"AccessToken": token, **MEMBERS[operation]})
