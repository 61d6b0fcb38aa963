"""Other AWS services for the tests: one HTTP server that proves signatures and answers as told."""

import base64
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from poolhouse.errors.protocol import ProtocolError
from poolhouse.rules.aws import sigv4
from poolhouse.rules.aws.sigv4_signing import Credentials, signing_key
from poolhouse.rules.aws.sigv4_verification import check_session_token, verify

CREDENTIALS = Credentials("AKIAIOSFODNN7EXAMPLE", "a secret key", "a session token")
REGION = "eu-west-1"


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    status: int = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()


class AwsServer:
    """`answer` makes the reply to a request. Requests that aren't signed by `CREDENTIALS` for
    `service` in `REGION` are refused and not kept. Without a service it is any web server.
    """

    def __init__(
        self, service: str | None, answer: Callable[[Request], Reply] = lambda _: Reply()
    ) -> None:
        self.requests: list[Request] = []
        self.refusals: list[str] = []
        self.answer = answer
        self._service = service
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = outer._reply(Request(self.path, headers, body))
                self.send_response(reply.status)
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the requests are the tests' own to read."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def last(self) -> Request:
        assert self.refusals == []
        return self.requests[-1]

    def _reply(self, request: Request) -> Reply:
        try:
            if self._service is not None:
                self._prove(request, self._service)
        except ProtocolError as refusal:
            self.refusals.append(str(refusal))
            return Reply(403)
        self.requests.append(request)
        return self.answer(request)

    def _prove(self, request: Request, service: str) -> None:
        path, _, query = request.path.encode().partition(b"?")
        pairs = [(n.encode(), v.encode("latin-1")) for n, v in request.headers.items()]
        now = datetime.now(UTC)
        signature = sigv4.parse(
            "POST", path, query, pairs, regions=[REGION], service=service, now=now
        )
        assert signature is not None
        assert signature.access_key_id == CREDENTIALS.access_key_id
        check_session_token(signature.session_token, CREDENTIALS.session_token, None, now)
        key = signing_key(CREDENTIALS.secret, signature.date, REGION, service)
        verify(signature, key, request.body)


class Kms:
    """AWS KMS with one key: an answer for `AwsServer` of the service "kms"."""

    def __init__(self, key_arn: str) -> None:
        self.key_arn = key_arn
        self._cipher = AESGCM(os.urandom(32))

    def __call__(self, request: Request) -> Reply:
        asked = json.loads(request.body)
        if asked.get("KeyId", self.key_arn) != self.key_arn:
            return _json({"__type": "com.amazonaws.kms#NotFoundException"}, 400)
        operation = request.headers["x-amz-target"].removeprefix("TrentService.")
        context = json.dumps(asked.get("EncryptionContext", {}), sort_keys=True).encode()
        if operation == "GenerateDataKey":
            return self._generate(asked["NumberOfBytes"], context)
        assert operation == "Decrypt"
        return self._decrypt(base64.b64decode(asked["CiphertextBlob"]), context)

    def _generate(self, length: int, context: bytes) -> Reply:
        key, nonce = os.urandom(length), os.urandom(12)
        blob = nonce + self._cipher.encrypt(nonce, key, context)
        return _json({"KeyId": self.key_arn, "Plaintext": _b64(key), "CiphertextBlob": _b64(blob)})

    def _decrypt(self, blob: bytes, context: bytes) -> Reply:
        try:
            key = self._cipher.decrypt(blob[:12], blob[12:], context)
        except InvalidTag:
            return _json({"__type": "InvalidCiphertextException"}, 400)
        return _json({"KeyId": self.key_arn, "Plaintext": _b64(key)})


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _json(content: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status, json.dumps(content).encode())
