"""Signing in as a client does: by password, or by SRP with a client's own arithmetic."""

import base64
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any

from poolhouse.rules.auth.secret_hash import secret_hash

N = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
PASSWORD = "Correct-Horse-9!"
FLOWS = [
    *("ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"),
    *("ALLOW_CUSTOM_AUTH", "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"),
]
"""Every flow: for app clients of tests that try them all."""


def pad(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def sha(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


class SrpClient:
    """The client's side of SRP: of a user, or with a device's group, key and secret of a device."""

    def __init__(self, pool_name: str, password: str, a: int | None = None) -> None:
        self._pool_name = pool_name
        self._password = password
        self._a = a or secrets.randbits(256)
        self.public = pow(2, self._a, N)

    def with_the_same_srp_a(self, pool_name: str, password: str) -> "SrpClient":
        """The client's side of another secret, begun by what began this one."""
        return SrpClient(pool_name, password, self._a)

    @property
    def srp_a(self) -> str:
        return f"{self.public:x}"

    def responses(
        self,
        challenge: dict[str, str],
        user_id: str | None = None,
        *,
        at: datetime | None = None,
        written: str | None = None,
    ) -> dict[str, str]:
        """What answers PASSWORD_VERIFIER, or for a device DEVICE_PASSWORD_VERIFIER.

        By a clock that says `at`, or with a TIMESTAMP that is `written` in another way.
        """
        user = user_id or challenge["USER_ID_FOR_SRP"]
        at = at or datetime.now(UTC)
        timestamp = written or f"{at:%a %b} {at.day} {at:%H:%M:%S} UTC {at.year}"
        block = base64.b64decode(challenge["SECRET_BLOCK"])
        key = self._key(user, int(challenge["SRP_B"], 16), int(challenge["SALT"], 16))
        message = f"{self._pool_name}{user}".encode() + block + timestamp.encode()
        signature = base64.b64encode(hmac.digest(key, message, "sha256")).decode()
        return {
            "USERNAME": challenge["USERNAME"],
            "PASSWORD_CLAIM_SECRET_BLOCK": challenge["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": signature,
            "TIMESTAMP": timestamp,
        }

    def _key(self, user: str, server_public: int, salt: int) -> bytes:
        identity = f"{self._pool_name}{user}:{self._password}".encode()
        x = sha(pad(salt), hashlib.sha256(identity).digest())
        u = sha(pad(self.public), pad(server_public))
        k = sha(pad(N), pad(2))
        shared = pow(server_public - k * pow(2, x, N), self._a + u * x, N)
        extracted = hmac.digest(pad(u), pad(shared), "sha256")
        return hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]


def srp_client(pool: Any, password: str = PASSWORD) -> SrpClient:
    return SrpClient(pool.id.split("_")[1], password)


class AuthApi:
    """InitiateAuth and RespondToAuthChallenge, or the administrators' two operations."""

    def __init__(self, pool: Any, *, by_admin: bool) -> None:
        self._pool = pool
        self.by_admin = by_admin

    def start(self, flow: str, *, metadata: Any = None, **given: str) -> Any:
        """`flow` is USER_PASSWORD_AUTH by both authentication APIs, whatever it is called there."""
        if flow == "USER_PASSWORD_AUTH" and self.by_admin:
            flow = "ADMIN_USER_PASSWORD_AUTH"
        more = {"ClientMetadata": metadata} if metadata else {}
        request = {
            "ClientId": self._pool.client_id,
            "AuthFlow": flow,
            "AuthParameters": self._with_hash(given),
            **more,
        }
        cognito = self._pool.cognito
        if self.by_admin:
            return cognito.admin_initiate_auth(UserPoolId=self._pool.id, **request)
        return cognito.initiate_auth(**request)

    def respond(
        self,
        name: str,
        session: str | None = None,
        *,
        metadata: Any = None,
        **given: str,
    ) -> Any:
        more: dict[str, Any] = {"ClientMetadata": metadata} if metadata else {}
        if session is not None:
            more["Session"] = session
        request = {
            "ClientId": self._pool.client_id,
            "ChallengeName": name,
            "ChallengeResponses": self._with_hash(given),
            **more,
        }
        cognito = self._pool.cognito
        if self.by_admin:
            return cognito.admin_respond_to_auth_challenge(UserPoolId=self._pool.id, **request)
        return cognito.respond_to_auth_challenge(**request)

    def by_password(self, username: str = "alice", password: str = PASSWORD, **given: str) -> Any:
        return self.start("USER_PASSWORD_AUTH", USERNAME=username, PASSWORD=password, **given)

    def by_srp(self, username: str = "alice", password: str = PASSWORD, **given: str) -> Any:
        """Both halves; the answer to the second."""
        client = srp_client(self._pool, password)
        asked = self.start("USER_SRP_AUTH", USERNAME=username, SRP_A=client.srp_a, **given)
        assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
        return self.respond("PASSWORD_VERIFIER", **client.responses(asked["ChallengeParameters"]))

    def _with_hash(self, given: dict[str, str]) -> dict[str, str]:
        """With the hash that app clients with a secret have to send, where there is a username."""
        secret = self._pool.client.get("ClientSecret")
        if secret is None or "USERNAME" not in given or "SECRET_HASH" in given:
            return given
        return {
            **given,
            "SECRET_HASH": secret_hash(secret, given["USERNAME"], self._pool.client_id),
        }


def claims_of(token: str) -> dict[str, Any]:
    """What a token says; whether it is true is another matter."""
    part = token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return said


def result_of(answer: Any) -> dict[str, Any]:
    """The tokens of an answer, which must be the end of a sign-in."""
    assert "ChallengeName" not in answer, answer["ChallengeName"]
    result: dict[str, Any] = answer["AuthenticationResult"]
    return result
