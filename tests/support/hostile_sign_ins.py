"""Attempts to sign in without knowing anything, made from a seed.

They have what an unauthenticated caller can get: challenges of sign-ins in the names of others,
Sessions and secret blocks among them. They don't hold a password, a code or a token of anybody.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

from support.hostile_requests import Place
from support.running_server import ROOT_KEY
from support.sign_ins import N
from support.wire_client import request, signed_headers

FLOWS = [
    *("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"),
    *("CUSTOM_AUTH", "USER_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN", "NO_SUCH_FLOW"),
]
CHALLENGES = [
    *("SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "SELECT_MFA_TYPE", "MFA_SETUP", "SMS_OTP"),
    *("PASSWORD_VERIFIER", "CUSTOM_CHALLENGE", "SELECT_CHALLENGE", "DEVICE_SRP_AUTH", "PASSWORD"),
    *("DEVICE_PASSWORD_VERIFIER", "ADMIN_NO_SRP_AUTH", "NEW_PASSWORD_REQUIRED", "WEB_AUTHN"),
    *("PASSWORD_SRP", "NO_SUCH_CHALLENGE"),
]
NAMES = [
    *("USERNAME", "PASSWORD", "SRP_A", "SECRET_HASH", "DEVICE_KEY", "REFRESH_TOKEN", "ANSWER"),
    *("PREFERRED_CHALLENGE", "CHALLENGE_NAME", "NEW_PASSWORD", "userAttributes.email", "EMAIL"),
    *("PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP", "CREDENTIAL"),
    *("TARGET_ACR_VALUES", "ACCESS_TOKEN", "MAX_AGE"),
    *("SMS_MFA_CODE", "EMAIL_OTP_CODE", "SMS_OTP_CODE", "SOFTWARE_TOKEN_MFA_CODE"),
]
VALUES = [
    *("", "0", "1", "ab" * 193, f"{N:x}", f"{2 * N:x}", f"{N - 1:x}", "f" * 771, "xyz", "-1"),
    *("000000", "123456", "999999", "Tue Mar 3 04:05:06 UTC 2026", "[]", "{}", "null", "true"),
    *("alice", "bob", "nobody", "\u202e\U0001f511", "' OR 1=1 --", "%00", "A" * 20_000),
    *("WEB_AUTHN", "PASSWORD_SRP", "SRP_A", "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwi.a.b.c"),
    *("urn:cognito:loa:1", "urn:cognito:loa:4 urn:cognito:loa:1", "eyJhbGciOiJSUzI1NiJ9.e30.AA"),
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30"}}',
]


class HostileSignIns:
    """A stream of requests; `learn` is told every answer."""

    def __init__(self, place: Place, other_client: str, usernames: list[str], seed: int) -> None:
        self._place = place
        self._clients = [place.client_id, other_client]
        self._usernames = usernames
        self._rng = random.Random(seed)
        self._sessions = ["A" * 20, "AYABe" + "x" * 400]
        self._blocks = ["QUJD"]

    def __iter__(self) -> Iterator[bytes]:
        while True:
            operation = self._rng.choice(["InitiateAuth", "RespondToAuthChallenge"])
            members = self._start() if operation == "InitiateAuth" else self._answer()
            if self._rng.random() < 0.3:
                operation = f"Admin{operation}"
                members["UserPoolId"] = self._place.pool_id
            yield self._request(operation, members)

    def learn(self, answer: dict[str, Any]) -> None:
        """Keep what the server has given away, to use it in the wrong place."""
        if session := answer.get("Session"):
            self._keep(self._sessions, session)
        if block := answer.get("ChallengeParameters", {}).get("SECRET_BLOCK"):
            self._keep(self._blocks, block)

    def _keep(self, kept: list[str], new: str) -> None:
        kept.append(new)
        if len(kept) > 50:
            kept.pop(self._rng.randrange(len(kept)))

    def _start(self) -> dict[str, Any]:
        pick = self._rng.choice
        flow = pick(FLOWS)
        given = {"USERNAME": pick(self._usernames), "PASSWORD": "Wrong-horse-9!"}
        if "SRP" in flow or self._rng.random() < 0.3:
            given["SRP_A"] = f"{self._rng.getrandbits(3_000):x}"
        return {"AuthFlow": flow, "AuthParameters": self._mutated(given), **self._rest()}

    def _answer(self) -> dict[str, Any]:
        pick = self._rng.choice
        given = {name: pick(VALUES) for name in self._rng.sample(NAMES, self._rng.randrange(6))}
        given["USERNAME"] = pick(self._usernames)
        if self._rng.random() < 0.4:
            given |= {
                "PASSWORD_CLAIM_SECRET_BLOCK": pick([pick(self._blocks), pick(self._sessions)]),
                "PASSWORD_CLAIM_SIGNATURE": "c2lnbmF0dXJl",
                "TIMESTAMP": "Tue Mar 3 04:05:06 UTC 2026",
            }
        return {
            "ChallengeName": pick(CHALLENGES),
            "ChallengeResponses": self._mutated(given),
            **self._rest(),
        }

    def _rest(self) -> dict[str, Any]:
        """An app client, and often a Session: of another sign-in, damaged, or made up."""
        rest: dict[str, Any] = {"ClientId": self._rng.choice(self._clients)}
        if self._rng.random() < 0.7:
            session = self._rng.choice(self._sessions)
            if self._rng.random() < 0.3:
                at = self._rng.randrange(len(session))
                session = session[:at] + self._rng.choice("AZaz09+/=-_") + session[at + 1 :]
            rest["Session"] = session
        return rest

    def _mutated(self, given: dict[str, str]) -> dict[str, Any]:
        """The parameters, seldom as they were meant."""
        mutated: dict[str, Any] = dict(given)
        while self._rng.random() < 0.4:
            name = self._rng.choice(NAMES)
            if self._rng.random() < 0.3:
                mutated.pop(name, None)
            else:
                mutated[name] = self._rng.choice([*VALUES, *self._sessions[-2:]])
        return mutated

    def _request(self, operation: str, members: dict[str, Any]) -> bytes:
        body = json.dumps(members).encode()
        url = f"http://{self._place.host}"
        if operation.startswith("Admin"):
            return request(body, signed_headers(url, operation, body, ROOT_KEY))
        target = f"AWSCognitoIdentityProviderService.{operation}"
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        return request(body, headers)
