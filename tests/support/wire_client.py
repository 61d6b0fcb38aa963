"""Requests written byte by byte, and answers read byte by byte: what no SDK would send or show.

Signatures are botocore's, so that another reading of the rules verifies ours.
"""

import hashlib
import io
import json
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPResponse, IncompleteRead
from types import TracebackType
from typing import Any, Self

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TARGET = "AWSCognitoIdentityProviderService."
CONTENT_TYPE = "application/x-amz-json-1.1"
SECONDS = 30.0
"""After so long without an answer a test fails instead of hanging."""


@dataclass(frozen=True)
class Answer:
    """An answer as it came: headers keep their order and spelling."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    closes: bool

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) < 2, f"{name} is sent twice"
        return found[0] if found else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str, str | None]:
        """Status, code and sentence of AWS's error envelope, which must be well-formed."""
        assert self.header("content-type") == CONTENT_TYPE, self
        assert self.header("x-amzn-requestid"), self
        code = self.json["__type"]
        assert self.header("x-amzn-errortype") == f"{code}:"
        assert self.json.keys() <= {"__type", "message", "reasonCode"}
        return self.status, code, self.json.get("message")


class Wire:
    """One connection, kept alive, on which anything may be sent."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        """`source` is the address to come from, one of 127.0.0.0/8."""
        self.port = port
        self._socket = socket.create_connection(("127.0.0.1", port), SECONDS, (source, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._answers.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def end(self) -> None:
        """Say that nothing more will come."""
        self._socket.shutdown(socket.SHUT_WR)

    def receive(self, method: str = "POST") -> Answer:
        """The next answer. Raises if the connection ends without one."""
        response = HTTPResponse(self, method=method)  # type: ignore[arg-type]
        try:
            response.begin()
            body = response.read()
            headers = response.getheaders()
            return Answer(response.status, headers, body, response.will_close)
        except IncompleteRead as error:
            raise ConnectionError("the connection ended in the middle of an answer") from error
        finally:
            response.close()

    def ask(self, data: bytes, method: str = "POST") -> Answer:
        self.send(data)
        return self.receive(method)

    def read_line(self) -> bytes:
        return self._answers.readline()

    def makefile(self, _mode: str) -> io.BufferedIOBase:
        """For HTTPResponse: each reads on from where the one before ended, and closes nothing."""
        return _Lent(self._answers)


class _Lent(io.BufferedIOBase):
    """The connection's reader, lent to one answer, which may close what it was lent."""

    def __init__(self, answers: io.BufferedIOBase) -> None:
        self._answers = answers

    def read(self, size: int | None = -1) -> bytes:
        return self._answers.read(size)

    def readline(self, size: int | None = -1) -> bytes:
        return self._answers.readline(-1 if size is None else size)

    def readinto(self, buffer: Any) -> int:
        return self._answers.readinto(buffer)


def request(
    body: bytes = b"",
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    line: str = "POST / HTTP/1.1",
) -> bytes:
    """A request's bytes. Host and Content-Length are added if they aren't given."""
    given = list(headers.items() if isinstance(headers, Mapping) else headers)
    names = {name.lower() for name, _ in given}
    if "host" not in names:
        given.insert(0, ("Host", "127.0.0.1"))
    if not names & {"content-length", "transfer-encoding"}:
        given.append(("Content-Length", str(len(body))))
    head = [line, *(f"{name}: {value}" for name, value in given), "", ""]
    return "\r\n".join(head).encode("latin-1") + body


def call(operation: str, body: bytes = b"{}", **headers: str) -> bytes:
    """An unsigned call; underscores in names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return request(
        body, {"X-Amz-Target": TARGET + operation, "Content-Type": CONTENT_TYPE, **named}
    )


def signed_headers(
    url: str,
    operation: str,
    body: bytes,
    key: tuple[str, str],
    *,
    token: str | None = None,
    region: str = "eu-central-1",
    service: str = "cognito-idp",
    **more: str,
) -> dict[str, str]:
    """The headers of a signed call, the signature among them."""
    signing = AWSRequest(
        "POST",
        url,
        data=body,
        headers={
            "X-Amz-Target": TARGET + operation,
            "Content-Type": CONTENT_TYPE,
            "Host": url.removeprefix("http://").rstrip("/"),
            **{name.replace("_", "-"): value for name, value in more.items()},
        },
    )
    SigV4Auth(Credentials(*key, token), service, region).add_auth(signing)
    return dict(signing.headers.items())


class _QuerySignature(SigV4QueryAuth):  # type: ignore[misc] # botocore is untyped
    """Botocore's moves a body's members into the query; this one signs the body where it is."""

    def __init__(self, body: bytes, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._body = body

    def payload(self, _request: AWSRequest) -> str:
        return hashlib.sha256(self._body).hexdigest()


def presigned(
    url: str, operation: str, body: bytes, key: tuple[str, str], *, expires: int = 60
) -> tuple[str, dict[str, str]]:
    """The path with its query, and the headers, of a call that is signed in its query."""
    headers = {
        "X-Amz-Target": TARGET + operation,
        "Content-Type": CONTENT_TYPE,
        "Host": url.removeprefix("http://").rstrip("/"),
    }
    signing = AWSRequest("POST", f"{url}/", headers=headers)
    signer = _QuerySignature(body, Credentials(*key), "cognito-idp", "eu-central-1", expires)
    signer.add_auth(signing)
    return signing.url.removeprefix(url), dict(signing.headers.items())
