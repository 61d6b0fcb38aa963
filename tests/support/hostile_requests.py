"""Hostile requests, made from a seed: mutated, re-signed, or noise."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from poolhouse.operations.registry import TABLE
from poolhouse.rules.aws.sigv4 import Credentials, sign
from poolhouse.wire.operations import OPERATIONS
from support.running_server import ACCOUNT, REGION, ROOT_KEY
from support.wire_client import CONTENT_TYPE, TARGET

EXPENSIVE = {"CreateUserPool"}
"""Each success makes keys: drawn, but seldom."""

FRAMING = {b"content-length", b"transfer-encoding", b"expect"}
"""Headers that say where a request ends: with these mutated, no answer may be owed."""


@dataclass(frozen=True)
class Place:
    """Where the requests go, and what exists there."""

    port: int
    pool_id: str
    client_id: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


class HostileRequests:
    """An endless, repeatable stream of requests."""

    def __init__(self, place: Place, seed: int) -> None:
        self._place = place
        self._rng = random.Random(seed)
        self._name = f"user-{seed}"
        self._operations = sorted(TABLE)
        self._makers: list[tuple[Callable[[], bytes], int]] = [
            (self.mutated_members, 40),
            (self.mutated_bytes, 25),
            (self.random_target, 8),
            (self.mutated_authorization, 10),
            (self.mutated_headers, 10),
            (self.mutated_query, 4),
            (self.noise, 3),
        ]

    def __iter__(self) -> Iterator[bytes]:
        makers, weights = zip(*self._makers, strict=True)
        while True:
            yield self._rng.choices(makers, weights)[0]()

    # --- Kinds of requests ---

    def mutated_members(self) -> bytes:
        """Good JSON, correctly signed, with members that are anything."""
        operation = self._operation()
        members = self._members(operation)
        for _ in range(self._rng.randrange(4)):
            self._spoil(members)
        return self._call(operation, self._json(members))

    def mutated_bytes(self) -> bytes:
        """A good body with some bytes changed, then correctly signed."""
        operation = self._operation()
        body = bytearray(self._json(self._members(operation)))
        return self._call(operation, self._changed(body))

    def random_target(self) -> bytes:
        names = [*OPERATIONS, "SignUp", "signup", "", "*", "A" * 300, "__init__", "SignUp.SignUp"]
        target = self._rng.choice([TARGET, "", "DynamoDB_20120810.", TARGET.lower()])
        target += self._rng.choice(names)
        if self._rng.random() < 0.3:
            target = self._changed(bytearray(target.encode()), header=True).decode("latin-1")
        return self._request({"x-amz-target": target}, self._json(self._members("SignUp")))

    def mutated_authorization(self) -> bytes:
        operation = self._rng.choice([o for o in self._operations if o.startswith("Admin")])
        body = self._json(self._members(operation))
        headers = self._signed(operation, body)
        name = self._rng.choice(["authorization", "authorization", "x-amz-date", "host"])
        value = headers[name]
        if self._rng.random() < 0.3:
            parts = value.split(self._rng.choice([",", " ", "/", "="]))
            self._rng.shuffle(parts)
            value = self._rng.choice([",", " ", "/", "="]).join(parts)
        else:
            changed = self._changed(bytearray(value.encode("latin-1")), header=True)
            value = changed.decode("latin-1")
        headers[name] = value
        return self._request(headers, body)

    def mutated_headers(self) -> bytes:
        """Headers of any name and value, bytes that HTTP forbids among them."""
        body = self._json(self._members("SignUp"))
        lines = []
        for _ in range(self._rng.randrange(1, 6)):
            name = self._rng.choice(
                [b"X-Amz-Security-Token", b"User-Agent", b"Origin", b"Referer", b"Cookie",
                 b"Accept", b"X-Forwarded-For", b"Date", b"Authorization", b"Content-Type",
                 b"Access-Control-Request-Headers", self._bytes(12)]
            )  # fmt: skip
            if name.lower().strip() not in FRAMING:
                lines.append(name + b": " + self._bytes(self._rng.choice([0, 5, 60, 3_000])))
        if self._rng.random() < 0.1:
            lines += [b"Connection: Upgrade", b"Upgrade: h2c"]
        start = self._rng.choice([b"POST /", b"OPTIONS /", b"GET /health", b"GET /metrics"])
        head = [
            start + b" HTTP/1.1",
            b"Host: " + self._place.host.encode(),
            f"X-Amz-Target: {TARGET}SignUp".encode(),
            *lines,
            b"Content-Length: %d" % len(body),
        ]
        return b"\r\n".join(head) + b"\r\n\r\n" + body

    def mutated_query(self) -> bytes:
        names = ["Algorithm", "Credential", "Date", "Signature", "SignedHeaders", "Expires", "a"]
        values = [
            "AWS4-HMAC-SHA256",
            ROOT_KEY[0],
            "%",
            "%zz",
            "%00",
            "%ff%fe",
            "-1",
            "1e9",
            "",
            "+",
        ]
        chosen = self._rng.sample(names, self._rng.randrange(1, len(names)))
        query = "&".join(f"X-Amz-{name}={self._rng.choice(values)}" for name in chosen)
        headers = {"x-amz-target": TARGET + self._rng.choice(["ListUserPools", "SignUp"])}
        return self._request(headers, b"{}", f"/?{query}")

    def noise(self) -> bytes:
        """No HTTP at all, or hardly; what follows makes every reading of it complete."""
        line = self._rng.choice([self._bytes(40), b"POST " + self._bytes(40), b"\x16\x03\x01"])
        return line.replace(b"\n", b"") + b"\r\n\r\n\r\n\r\n"

    # --- Their parts ---

    def _operation(self) -> str:
        operation = self._rng.choice(self._operations)
        if operation in EXPENSIVE and self._rng.random() < 0.9:
            return "SignUp"
        return operation

    def _members(self, operation: str) -> dict[str, Any]:
        """Good members for most operations: what one doesn't know it ignores."""
        number = self._rng.randrange(40)
        return {
            "UserPoolId": self._pool_for(operation),
            "ClientId": self._place.client_id,
            "Username": f"{self._name}-{number}",
            "Password": "Correct-Horse-9!",
            "ConfirmationCode": "123456",
            "UserAttributes": [{"Name": "email", "Value": f"{self._name}-{number}@example.com"}],
            "ClientMetadata": {"key": "value"},
            "ValidationData": [{"Name": "a", "Value": "b"}],
            "Filter": f'username ^= "{self._name}-{number}"',
            "Limit": 10,
            "MaxResults": 10,
            "GroupName": f"group-{number}",
            "PoolName": "pool",
            "ClientName": "client",
            "AccessToken": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
            "ResourceArn": f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{self._place.pool_id}",
            "Tags": {"a": "b"},
            "TagKeys": ["a"],
        }

    def _pool_for(self, operation: str) -> str:
        """What would take the ground from under the others meets a pool that isn't there."""
        spoils = operation.startswith(("Delete", "Update")) and "UserPool" in operation
        return f"{REGION}_000000000" if spoils else self._place.pool_id

    def _spoil(self, members: dict[str, Any]) -> None:
        """Change one member, somewhere in the tree, to anything."""
        at: Any = members
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                return
            key = self._rng.choice(keys)
            if isinstance(at[key], dict | list) and at[key] and self._rng.random() < 0.6:
                at = at[key]
                continue
            break
        if self._rng.random() < 0.15:
            del at[key]
        else:
            at[key] = self._anything()

    def _anything(self, depth: int = 0) -> Any:
        kind = self._rng.randrange(12 if depth < 3 else 8)
        if kind < 4:
            return self._text()
        if kind < 8:
            return self._rng.choice(
                [None, True, 0, -1, 2**31, 2**63, -(2**63), 10**40, 0.5, 1e308, -0.0, ""]
            )
        if kind < 10:
            return [self._anything(depth + 1) for _ in range(self._rng.randrange(4))]
        return {self._text(): self._anything(depth + 1) for _ in range(self._rng.randrange(4))}

    def _address(self) -> str:
        """A good email address of any length, which an index has to hold."""
        letters = self._rng.choices("abcdefghijklmnopqrstuvwxyzäöü✓", k=self._rng.randrange(2_040))
        return f"a@{''.join(letters)}x.y"

    def _text(self) -> str:
        if self._rng.random() < 0.1:
            return self._address()
        alphabet = self._rng.choice(
            ["abc", "a\x00\x01\x1b\x7f", "\r\n\t ", "äß✓\U0001f600", "\ud800\udfff", "'\"\\%_;-$",
             "\u202e\u200b\ufeff\x85\u2028", "{}[]:,", "@.+"]
        )  # fmt: skip
        length = self._rng.choice([0, 1, 2, 3, 5, 8, 30, 130, 300, 2_049])
        return "".join(self._rng.choices(alphabet, k=length))

    def _json(self, members: dict[str, Any]) -> bytes:
        """Escaped or not: a lone surrogate can only be sent as an escape."""
        if self._rng.random() < 0.5:
            return json.dumps(members).encode()
        text = json.dumps(members, ensure_ascii=False)
        return text.encode("utf-8", "surrogatepass")

    def _bytes(self, length: int) -> bytes:
        return self._rng.randbytes(length).replace(b"\r", b"").replace(b"\n", b"")

    def _changed(self, data: bytearray, *, header: bool = False) -> bytes:
        for _ in range(self._rng.randrange(1, 6)):
            at = self._rng.randrange(len(data) + 1)
            kind = self._rng.randrange(4)
            if kind == 0:
                data[at : at + 1] = self._rng.randbytes(1)
            elif kind == 1:
                data[at:at] = self._rng.randbytes(self._rng.randrange(1, 9))
            elif kind == 2:
                del data[at : at + self._rng.randrange(1, 20)]
            else:
                data[at:at] = self._rng.choice([b'"', b"\\u0000", b"}", b"[", b",", b"\\ud800"])
        changed = bytes(data)
        return changed.replace(b"\r", b"").replace(b"\n", b"") if header else changed

    # --- On the wire ---

    def _call(self, operation: str, body: bytes) -> bytes:
        return self._request(self._signed(operation, body), body)

    def _signed(self, operation: str, body: bytes) -> dict[str, str]:
        headers = {
            "host": self._place.host,
            "content-type": CONTENT_TYPE,
            "x-amz-target": TARGET + operation,
        }
        if operation in {"SignUp", "ConfirmSignUp", "ResendConfirmationCode", "GetUser"}:
            return headers
        return headers | sign(
            "POST",
            "/",
            headers,
            body,
            credentials=Credentials(access_key_id=ROOT_KEY[0], secret=ROOT_KEY[1]),
            region=REGION,
            service="cognito-idp",
            now=datetime.now(UTC),
        )

    def _request(self, headers: dict[str, str], body: bytes, target: str = "/") -> bytes:
        given = {"host": self._place.host, "content-length": str(len(body))} | headers
        head = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
        return "\r\n".join([*head, "", ""]).encode("latin-1") + body
