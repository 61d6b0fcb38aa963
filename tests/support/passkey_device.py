"""An authenticator and its browser, in software: makes passkeys and signs with them (ES256)."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

PARTY = "home.example"
ORIGIN = "https://home.example"
PRESENT, VERIFIED, MADE = 1, 4, 64
"""Flags of authenticator data: a person is present, it is the user, a passkey was made."""
ES256, ED25519 = -7, -8


def text(binary: bytes) -> str:
    return urlsafe_b64encode(binary).rstrip(b"=").decode()


def binary(encoded: str) -> bytes:
    return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


class PasskeyDevice:
    """One passkey of one authenticator. Everything about it can be set, to be as bad as wanted."""

    def __init__(self, *, origin: str = ORIGIN, attachment: str | None = "platform") -> None:
        self.origin = origin
        self.attachment = attachment
        self.transports = ["internal", "hybrid"] if attachment == "platform" else ["usb"]
        self.flags = PRESENT | VERIFIED
        self.count = 0
        self.counts = True
        self.id = secrets.token_bytes(20)
        self.user_handle = b""
        self.algorithm = ES256
        self.cross_origin = False
        self.results: dict[str, Any] = {"credProps": {"rk": True}}
        self._key = ec.generate_private_key(ec.SECP256R1())

    def use_key(self, key: ec.EllipticCurvePrivateKey) -> None:
        """Sign with this key from now on."""
        self._key = key

    def create(self, options: dict[str, Any], *, party: str | None = None) -> dict[str, Any]:
        """What navigator.credentials.create gives, as JSON; `options` are ours."""
        self.user_handle = binary(options["user"]["id"])
        data = self._data(party or options["rp"]["id"], MADE) + self._made()
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return {
            **self._credential(),
            "response": {
                "clientDataJSON": self._client_data("webauthn.create", options["challenge"]),
                "attestationObject": text(attestation),
                "transports": self.transports,
                "publicKeyAlgorithm": self.algorithm,
                "authenticatorData": text(data),
            },
        }

    def get(self, options: str, *, party: str | None = None) -> str:
        """What navigator.credentials.get gives, as text; `options` are our text."""
        asked = json.loads(options)
        if self.counts:
            self.count += 1
        data = self._data(party or asked["rpId"], 0)
        client_data = self._client_data("webauthn.get", asked["challenge"])
        message = data + hashlib.sha256(binary(client_data)).digest()
        signature = self._key.sign(message, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": text(data),
            "signature": text(signature),
            "userHandle": text(self.user_handle),
        }
        return json.dumps({**self._credential(), "response": response})

    def _credential(self) -> dict[str, Any]:
        shown = {} if self.attachment is None else {"authenticatorAttachment": self.attachment}
        return {
            "id": text(self.id),
            "rawId": text(self.id),
            "type": "public-key",
            "clientExtensionResults": self.results,
            **shown,
        }

    def _client_data(self, kind: str, challenge: str) -> str:
        said = {
            "type": kind,
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        }
        return text(json.dumps(said).encode())

    def _data(self, party: str, flags: int) -> bytes:
        digest = hashlib.sha256(party.encode()).digest()
        return digest + bytes([self.flags | flags]) + self.count.to_bytes(4, "big")

    def _made(self) -> bytes:
        numbers = self._key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        key = {1: 2, 3: self.algorithm, -1: 1, -2: x, -3: y}
        if self.algorithm == ED25519:
            key = {1: 1, 3: ED25519, -1: 6, -2: x}
        return bytes(16) + len(self.id).to_bytes(2, "big") + self.id + encode_cbor(key)
