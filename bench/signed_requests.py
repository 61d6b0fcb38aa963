"""Requests as an SDK sends them: the headers of boto3, and its signature where one is asked for."""

import http.client
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from poolhouse.rules.aws import sigv4_signing as sigv4

REGION: Final = "eu-central-1"
ACCOUNT: Final = "123456789012"
SERVICE: Final = "cognito-idp"
PREFIX: Final = "AWSCognitoIdentityProviderService"
CONTENT_TYPE: Final = "application/x-amz-json-1.1"
_SIGNED: Final = (b"content-type", b"host", b"x-amz-date", b"x-amz-target")
_USER_AGENT: Final = (
    "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1.0 md/arch#x86_64 lang/python#3.12.1"
    " md/pyimpl#CPython m/b,Z,e cfg/retry-mode#standard Botocore/1.44.5"
)


class Key(msgspec.Struct, frozen=True):
    """An administrator's access key."""

    id: str
    secret: str


class Requests:
    """Makes requests to one operation, for now: a signature is valid for five minutes.

    What all requests to an operation have in common is made once, so that tens of thousands are
    ready in a moment.
    """

    def __init__(self, port: int, operation: str, key: Key | None) -> None:
        """Prepare requests of one operation. Without a key they aren't signed."""
        now = datetime.now(UTC)
        stamp, date = sigv4.iso_basic(now), f"{now:%Y%m%d}"
        target = f"{PREFIX}.{operation}"
        head = (
            f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: identity\r\n"
            f"X-Amz-Target: {target}\r\nContent-Type: {CONTENT_TYPE}\r\n"
            f"User-Agent: {_USER_AGENT}\r\n"
            "amz-sdk-invocation-id: 3f8d4f9e-7a0c-4be5-8d5a-2f3f1b8f6f10\r\n"
            "amz-sdk-request: attempt=1\r\n"
        )
        self._key = key
        if key is not None:
            head += (
                f"X-Amz-Date: {stamp}\r\nAuthorization: {sigv4.ALGORITHM}"
                f" Credential={key.id}/{date}/{REGION}/{SERVICE}/{sigv4.TERMINATOR},"
                f" SignedHeaders={b';'.join(_SIGNED).decode()}, Signature="
            )
            values = (CONTENT_TYPE, f"127.0.0.1:{port}", stamp, target)
            headers = dict(zip(_SIGNED, (value.encode() for value in values), strict=True))
            self._canonical = sigv4.canonical_head("POST", b"/", (), _SIGNED, headers)
            self._to_sign = sigv4.to_sign_head(stamp, date, REGION, SERVICE)
            self._signing_key = sigv4.signing_key(key.secret, date, REGION, SERVICE)
        self._head = head.encode()

    def make(self, **members: Any) -> bytes:
        """Return the request's bytes, from its members."""
        body = msgspec.json.encode(members)
        signature = b""
        if self._key is not None:
            sealed = sigv4.signature_of(self._canonical, self._to_sign, self._signing_key, body)
            signature = sealed.encode() + b"\r\n"
        return self._head + signature + b"Content-Length: %d\r\n\r\n" % len(body) + body


def call(port: int, operation: str, key: Key, **members: Any) -> Mapping[str, Any]:
    """Return one call, answered: for what a measurement needs beforehand."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        head, _, body = Requests(port, operation, key).make(**members).partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")[1:]
        headers = dict(line.split(": ", 1) for line in lines)
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{operation}: {answer.status} {text.decode()}")
    return msgspec.json.decode(text or b"{}", type=dict[str, Any])
