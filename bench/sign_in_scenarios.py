"""Sign-ins, and operations with their tokens, under load.

Of a client's arithmetic only what can't be avoided is done while the load runs: for SRP one power,
with what could be worked out beforehand at hand.
"""

import hashlib
import hmac
import http.client
import itertools
import random
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any, Final

import gmpy2
import msgspec

from bench.load import Exchange, Unit
from bench.scenarios import PASSWORD, Population, Scenario
from bench.signed_requests import Requests
from poolhouse.rules.auth import srp

_TOKENS: Final = b'{"ChallengeParameters":{},"AuthenticationResult":{"AccessToken":"eyJ'
_ASKED: Final = b'{"ChallengeName":"PASSWORD_VERIFIER"'
_SIGNED_IN: Final = 400
"""Sign-ins made beforehand, for scenarios that need tokens; their tokens are used in turn."""
_ENDED: Final = 2_000
"""The same for tokens that can be used only once."""
_SRP_STARTS: Final = 2_000


class _Challenge(msgspec.Struct):
    SALT: str
    SRP_B: str
    SECRET_BLOCK: str
    USERNAME: str


class _ChallengeResponse(msgspec.Struct):
    ChallengeParameters: _Challenge


class _Tokens(msgspec.Struct):
    AccessToken: str
    RefreshToken: str


class _SignedIn(msgspec.Struct):
    AuthenticationResult: _Tokens


_decode_asked = msgspec.json.Decoder(_ChallengeResponse).decode
_decode_signed_in = msgspec.json.Decoder(_SignedIn).decode


def _members(population: Population, most: int) -> list[str]:
    return [population.member(n) for n in random.choices(range(population.members), k=most)]


def _by_password(port: int, population: Population, most: int) -> list[Unit]:
    return [(Exchange(each, _TOKENS),) for each in _password_requests(port, population, most)]


def _password_requests(port: int, population: Population, most: int) -> list[bytes]:
    requests = Requests(port, "InitiateAuth", None)
    return [
        requests.make(
            ClientId=population.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )
        for name in _members(population, most)
    ]


class _SrpClient:
    """The client's side of one sign-in."""

    def __init__(self, population: Population, username: str) -> None:
        self._pool_name = population.pool_id.split("_")[1]
        self._username = username
        self._a = random.getrandbits(128)
        self._public = int(gmpy2.powmod(srp.G, self._a, srp.N))

    @property
    def srp_a(self) -> str:
        return f"{self._public:x}"

    def responses(self, asked: _Challenge) -> dict[str, str]:
        salt, server_public = bytes.fromhex(asked.SALT), int(asked.SRP_B, 16)
        x = srp.private_key_x(self._pool_name, self._username, PASSWORD, salt)
        verifier = int.from_bytes(srp.verifier(self._pool_name, self._username, PASSWORD, salt))
        hashed = hashlib.sha256(srp.pad(self._public) + srp.pad(server_public)).digest()
        u = int.from_bytes(hashed, "big")
        base = (server_public - srp.K * verifier) % srp.N
        shared = int(gmpy2.powmod(base, self._a + u * x, srp.N))
        extracted = hmac.digest(srp.pad(u), srp.pad(shared), "sha256")
        key = hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]
        now = datetime.now(UTC)
        timestamp = f"{now:%a %b} {now.day} {now:%H:%M:%S} UTC {now.year}"
        message = f"{self._pool_name}{self._username}".encode() + b64decode(asked.SECRET_BLOCK)
        signature = hmac.digest(key, message + timestamp.encode(), "sha256")
        return {
            "USERNAME": self._username,
            "PASSWORD_CLAIM_SECRET_BLOCK": asked.SECRET_BLOCK,
            "PASSWORD_CLAIM_SIGNATURE": b64encode(signature).decode(),
            "TIMESTAMP": timestamp,
        }


def _by_srp(port: int, population: Population, most: int) -> list[Unit]:
    start = Requests(port, "InitiateAuth", None)
    respond = Requests(port, "RespondToAuthChallenge", None)

    def unit(name: str) -> Unit:
        client = _SrpClient(population, name)

        def answer(asked: bytes) -> bytes:
            _, _, body = asked.partition(b"\r\n\r\n")
            return respond.make(
                ClientId=population.client_id,
                ChallengeName="PASSWORD_VERIFIER",
                ChallengeResponses=client.responses(_decode_asked(body).ChallengeParameters),
            )

        first = start.make(
            ClientId=population.client_id,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": name, "SRP_A": client.srp_a},
        )
        return Exchange(first, _ASKED), Exchange(answer, _TOKENS)

    return [unit(name) for name in _members(population, min(most, _SRP_STARTS))]


def _refresh(port: int, population: Population, most: int) -> list[Unit]:
    requests = Requests(port, "InitiateAuth", None)
    return [
        (
            Exchange(
                requests.make(
                    ClientId=population.client_id,
                    AuthFlow="REFRESH_TOKEN_AUTH",
                    AuthParameters={"REFRESH_TOKEN": tokens.RefreshToken},
                ),
                _TOKENS,
            ),
        )
        for tokens in _sign_in(port, population, min(most, _SIGNED_IN))
    ]


def _get_user(port: int, population: Population, most: int) -> list[Unit]:
    return _get_users(port, population, min(most, _SIGNED_IN))


def _get_user_by_new_token(port: int, population: Population, most: int) -> list[Unit]:
    return _get_users(port, population, min(most, _ENDED))


def _get_users(port: int, population: Population, tokens: int) -> list[Unit]:
    requests = Requests(port, "GetUser", None)
    return [
        (Exchange(requests.make(AccessToken=each.AccessToken), b'{"Username":"member-'),)
        for each in _sign_in(port, population, tokens)
    ]


def _revoke(port: int, population: Population, most: int) -> list[Unit]:
    requests = Requests(port, "RevokeToken", None)
    return [
        (Exchange(requests.make(Token=tokens.RefreshToken, ClientId=population.client_id), b"{}"),)
        for tokens in _sign_in(port, population, min(most, _ENDED))
    ]


def _key_set(port: int, population: Population, most: int) -> list[Unit]:
    request = (
        f"GET /{population.pool_id}/.well-known/jwks.json HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n"
    )
    return [(Exchange(request.encode(), b'{"keys":['),)]


def _sign_in(port: int, population: Population, times: int) -> list[_Tokens]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    signed_in = []
    for raw in itertools.islice(_password_requests(port, population, times), times):
        head, _, body = raw.partition(b"\r\n\r\n")
        headers: dict[str, Any] = dict(
            line.split(": ", 1) for line in head.decode().split("\r\n")[1:]
        )
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse().read()
        signed_in.append(_decode_signed_in(answer).AuthenticationResult)
    connection.close()
    return signed_in


_ASKS: Final = {"http": 1, "json": 1}
SIGN_IN_SCENARIOS: Final = (
    Scenario(
        "sign-in by password",
        _by_password,
        {**_ASKS, "read": 3, "verifier": 1, "seal": 2, "rsa": 2, "session": 1},
        grows=True,
    ),
    Scenario(
        "sign-in by SRP",
        _by_srp,
        {"http": 2, "json": 2, "read": 4, "verifier": 1, "srp": 1, "seal": 4, "rsa": 2}
        | {"session": 1},
        once=True,
        grows=True,
    ),
    Scenario("refresh", _refresh, {**_ASKS, "read": 3, "seal": 1, "rsa": 2}),
    Scenario("GetUser", _get_user, {**_ASKS, "read": 3, "jwt": 1}),
    Scenario(
        "GetUser by a new token",
        _get_user_by_new_token,
        {**_ASKS, "read": 3, "jwt": 1},
        once=True,
        grows=True,
    ),
    Scenario("key set", _key_set, {"http": 1, "read": 1}),
    Scenario(
        "RevokeToken", _revoke, {**_ASKS, "read": 2, "seal": 1, "update": 1}, once=True, grows=True
    ),
)
