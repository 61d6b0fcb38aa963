"""A device as a client keeps it: the key and group that a sign-in gave it, and its own secret."""

import base64
import hashlib
import json
import secrets
from typing import Any

from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_ins import AuthApi, N, SrpClient, pad, sha
from support.wire_client import Wire, call


class KeptDevice:
    """What is in a client's storage; `result` is that of the sign-in which brought the key."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.key: str = result["NewDeviceMetadata"]["DeviceKey"]
        self.group: str = result["NewDeviceMetadata"]["DeviceGroupKey"]
        self.secret = base64.b64encode(secrets.token_bytes(40)).decode()
        self._access_token: str = result["AccessToken"]

    def verifier(self) -> dict[str, str]:
        salt = int.from_bytes(secrets.token_bytes(16), "big")
        identity = f"{self.group}{self.key}:{self.secret}".encode()
        x = sha(pad(salt), hashlib.sha256(identity).digest())
        return {
            "PasswordVerifier": base64.b64encode(pad(pow(2, x, N))).decode(),
            "Salt": base64.b64encode(pad(salt)).decode(),
        }

    def confirm(self, cognito: Any, **members: Any) -> Any:
        given = {
            "AccessToken": self._access_token,
            "DeviceKey": self.key,
            "DeviceSecretVerifierConfig": self.verifier(),
        }
        return cognito.confirm_device(**(given | members))

    def proof(self) -> SrpClient:
        """The device's side of DEVICE_SRP_AUTH."""
        return SrpClient(self.group, self.secret)

    def prove(self, api: AuthApi, asked: Any, username: str = "alice") -> Any:
        """Answer DEVICE_SRP_AUTH and then DEVICE_PASSWORD_VERIFIER."""
        assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
        client = self.proof()
        verifier = api.respond(
            "DEVICE_SRP_AUTH",
            asked["Session"],
            USERNAME=username,
            DEVICE_KEY=self.key,
            SRP_A=client.srp_a,
        )
        return api.respond("DEVICE_PASSWORD_VERIFIER", **self.claim(client, verifier))

    def claim(self, client: SrpClient, asked: Any) -> dict[str, str]:
        assert asked["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
        parameters = asked["ChallengeParameters"]
        return {**client.responses(parameters, self.key), "DEVICE_KEY": self.key}


def begun_elsewhere(server: RunningServer, pool: PoolForTest, given: dict[str, str]) -> Any:
    """What DEVICE_SRP_AUTH without a Session is answered at another address."""
    members = {
        "ClientId": pool.client_id,
        "ChallengeName": "DEVICE_SRP_AUTH",
        "ChallengeResponses": given,
    }
    with Wire(server.port, source="127.0.0.2") as wire:
        return wire.ask(call("RespondToAuthChallenge", json.dumps(members).encode())).error
