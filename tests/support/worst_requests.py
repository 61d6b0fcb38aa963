"""The most expensive requests that a caller without any credentials can send.

Each operation with each member as long, as many, as deep or as odd as the limits allow; signatures
and headers made to be read for long; what tokens, Sessions and SRP numbers can be.
"""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from poolhouse.http.messages import IncomingRequest
from poolhouse.http.request_reader import LARGEST_HEAD
from poolhouse.operations.registry import TABLE, Entry
from poolhouse.rules.aws.constraints import (
    DocumentPlan,
    ListPlan,
    MapPlan,
    Plan,
    SimplePlan,
    StructurePlan,
    plan_of,
)
from poolhouse.server.router import LONGEST_QUERY
from poolhouse.wire.operations import Caller
from support.running_server import REGION
from support.wire_client import TARGET

LARGEST_BODY = 262_144
ROOM = LARGEST_BODY - 2_000
"""Bytes left for one member."""
HEAD = LARGEST_HEAD - 1_500
"""Bytes left for one header."""


class WorstRequest(NamedTuple):
    """One request: what it is, and how it arrives."""

    name: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    method: str = "POST"
    path: str = "/"
    query: bytes = b""

    def received(self) -> IncomingRequest:
        received = IncomingRequest("192.0.2.7", is_secure=True)
        received.method, received.path = self.method, self.path
        received.target, received.query = self.path.encode(), self.query
        received.headers = [(b"host", b"poolhouse.example"), *self.headers]
        received.parts = [self.body]
        received.size = len(self.body)
        return received


def every(pool_id: str, client_id: str) -> Iterator[WorstRequest]:
    """All of them, against an app client that allows every flow and a user called alice."""
    for entry in TABLE.values():
        if entry.operation.caller is not Caller.IAM:
            yield from _bodies(entry, client_id)
    yield from _whole_bodies(client_id)
    yield from _sign_ins(client_id)
    yield from _tokens()
    yield from _signatures()
    yield from _routes(pool_id, client_id)


def _call(name: str, operation: str, body: bytes) -> WorstRequest:
    assert len(body) <= LARGEST_BODY, name
    target = (b"x-amz-target", f"{TARGET}{operation}".encode())
    return WorstRequest(f"{operation}, {name}", [target], body)


# --- Bodies -----------------------------------------------------------------------------------

REPEATED: dict[str, bytes] = {
    "blanks": b" ",
    "letters": b"x",
    "letters of three bytes": "✓".encode(),
    "escapes": rb"\u00e9",
    "escaped quotes": rb"\"",
    "combining marks": "a\u0301\u0323".encode(),
    "ligatures that fold long": "\ufb03".encode(),
    "at signs": b"@",
    "dots": b".",
    "digits": b"9",
    "base64": b"QUFB",
}
"""What a string may hold as often as it fits."""


def _string(unit: bytes, room: int = ROOM) -> bytes:
    return b'"' + unit * (room // len(unit)) + b'"'


MANY: dict[str, bytes] = {
    "empty objects": b"{}",
    "empty lists": b"[]",
    "nulls": b"null",
    "strings": b'"a"',
    "attributes": b'{"Name":"a","Value":"b"}',
    "numbers": b"1",
}


def _bodies(entry: Entry, client_id: str) -> Iterator[WorstRequest]:
    """One operation: each of its members in turn is what costs most."""
    operation, plan = entry.operation.name, plan_of(entry.operation.request)
    good = _good(plan, client_id)
    for member in plan.members:
        others = {name: value for name, value in good.items() if name != member.key}
        start = json.dumps(others).encode().rstrip(b"}")
        start += b"," if others else b""
        for name, value in _worst_values(member.plan):
            body = start + f'"{member.key}":'.encode() + value + b"}"
            yield _call(f"{member.key} of {name}", operation, body)


def _worst_values(plan: Plan) -> Iterator[tuple[str, bytes]]:
    """What is long where a text belongs, and what is many where several do; a little of each
    where it doesn't belong."""
    is_simple = isinstance(plan, SimplePlan)
    for name, unit in list(REPEATED.items())[: None if is_simple else 1]:
        yield name, _string(unit)
    for name, unit in list(MANY.items())[: 1 if is_simple else None]:
        yield f"many {name}", b"[" + b",".join([unit] * (ROOM // (len(unit) + 1))) + b"]"
        yield f"900 {name}", b"[" + b",".join([unit] * 900) + b"]"
        yield (
            f"4,900 {name}",
            b"[" + b",".join([unit] * (4_900 // (1 + unit.count(b",") + unit.count(b"{")))) + b"]",
        )
    yield "entries", b"{" + b",".join(b'"%d":"x"' % n for n in range(4_900)) + b"}"
    if not is_simple:
        yield "entries of null", b"{" + b",".join(b'"%d":null' % n for n in range(4_900)) + b"}"
        yield "nested objects", b'{"a":' * 900 + b"1" + b"}" * 900
    yield "nesting", b"[" * (ROOM // 2) + b"]" * (ROOM // 2)
    yield "a number", b"9" * ROOM
    yield "a long fraction", b"0." + b"3" * ROOM


def _good(plan: StructurePlan, client_id: str) -> dict[str, Any]:
    """Values that let an operation come as far as it can without any credentials."""
    known = {
        "ClientId": client_id,
        "Username": "alice",
        "Password": "Correct-Horse-9!",
        "ConfirmationCode": "123456",
        "AccessToken": "a.b.c",
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": "alice", "PASSWORD": "wrong"},
        "ChallengeName": "PASSWORD_VERIFIER",
        "UserCode": "123456",
        "Token": "a.b.c",
        "RefreshToken": "a.b.c",
        "SubjectTokenType": "ACCESS_TOKEN",
        "SubjectToken": "a.b.c",
        "AttributeName": "email",
        "Code": "123456",
        "DeviceKey": "us-east-1_11111111-1111-1111-1111-111111111111",
        "ProposedPassword": "Correct-Horse-9!",
        "PreviousPassword": "Correct-Horse-9!",
        "Secret": "x" * 30,
        "SessionId": "x",
        "CredentialId": "x",
        "Credential": {},
        "UserAttributes": [{"Name": "email", "Value": "a@b.example"}],
        "UserAttributeNames": ["email"],
    }
    return {
        member.key: known.get(member.key, _least(member.plan))
        for member in plan.members
        if member.required or member.key in known
    }


def _least(plan: Plan) -> Any:
    match plan:
        case SimplePlan(json=kind):
            return kind()
        case ListPlan():
            return []
        case StructurePlan() | MapPlan() | DocumentPlan():
            return {}


def _whole_bodies(client_id: str) -> Iterator[WorstRequest]:
    """Bodies whose cost doesn't depend on the operation."""
    for name, body in {
        "a list of objects": b"[" + b",".join([b"{}"] * 87_000) + b"]",
        "unknown members": b"{" + b",".join(b'"%d":1' % n for n in range(4_900)) + b"}",
        "one member 20,000 times": b"{" + b",".join([b'"Username":"alice"'] * 4_900) + b"}",
        "a list in an unknown member": b'{"x":['
        + b",".join([b"[]"] * 4_900)
        + b'],"ClientMetadata":{"a":null}}',
        "long text in an unknown member": b'{"x":' + _string(b"x") + b',"y":null}',
        "quotes": b'"' * LARGEST_BODY,
        "backslashes": b'"' + b"\\" * (LARGEST_BODY - 1),
        "a string without an end, and commas": b'{"a":"' + b",x" * (ROOM // 2),
        "escapes, commas and quotes": b'{"a":"' + b',\\"' * (ROOM // 3) + b'"}',
        "escaped NULs": b'{"a":"' + rb"\\u0000" * (ROOM // 7) + b'"}',
        "backslashes before u0000": b'{"a":"' + b"\\" * (ROOM - ROOM % 2) + rb"u0000" + b'"}',
        "bytes that are no UTF-8": b'{"a":"' + b"\xff" * ROOM + b'"}',
        "brackets": b"[" * LARGEST_BODY,
        "objects that begin": b'{"a":' * (LARGEST_BODY // 5),
    }.items():
        for operation in ("SignUp", "GetUser"):
            yield _call(name, operation, body)


# --- Signing in -------------------------------------------------------------------------------

SRP = {
    "zeros": "0" * ROOM,
    "digits": "f" * ROOM,
    "letters": "z" * ROOM,
    "one number too long": "f" * 769,
    "a number": "f" * 767,
    "signs": "-" * ROOM,
    "underscores": "1_" * (ROOM // 2),
}


def _sign_ins(client_id: str) -> Iterator[WorstRequest]:
    def begin(name: str, flow: str, **parameters: str) -> WorstRequest:
        members = {"ClientId": client_id, "AuthFlow": flow, "AuthParameters": parameters}
        body = json.dumps(members, ensure_ascii=False).encode()
        return _call(f"{flow}, {name}", "InitiateAuth", body)

    def answer(name: str, challenge: str, session: str | None = None, **given: str) -> WorstRequest:
        members = {"ClientId": client_id, "ChallengeName": challenge, "ChallengeResponses": given}
        members |= {"Session": session} if session else {}
        body = json.dumps(members, ensure_ascii=False).encode()
        return _call(f"{challenge}, {name}", "RespondToAuthChallenge", body)

    for name, number in SRP.items():
        for user in ("alice", "nobody"):
            srp = {"USERNAME": user, "SRP_A": number}
            yield begin(f"SRP_A of {name}, {user}", "USER_SRP_AUTH", **srp)
            yield begin(
                f"SRP_A of {name}, {user}",
                "USER_AUTH",
                PREFERRED_CHALLENGE="PASSWORD_SRP",
                **srp,
            )
    for name, unit in REPEATED.items():
        text = json.loads(_string(unit, ROOM // 2))
        for user in ("alice", "nobody"):
            for member in ("PASSWORD", "SECRET_HASH", "DEVICE_KEY", "SRP_A"):
                given = {"USERNAME": user, "PASSWORD": "wrong", "SRP_A": "ff", member: text}
                for flow in ("USER_PASSWORD_AUTH", "USER_SRP_AUTH", "CUSTOM_AUTH", "USER_AUTH"):
                    yield begin(f"{member} of {name}, {user}", flow, **given)
        yield begin(f"USERNAME of {name}", "USER_SRP_AUTH", USERNAME=text, SRP_A="ff")
        yield begin(f"USERNAME of {name}", "USER_PASSWORD_AUTH", USERNAME=text, PASSWORD="x")
        yield begin(f"REFRESH_TOKEN of {name}", "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=text)
        yield answer(
            f"SECRET_BLOCK of {name}",
            "PASSWORD_VERIFIER",
            USERNAME="alice",
            PASSWORD_CLAIM_SECRET_BLOCK=text,
            PASSWORD_CLAIM_SIGNATURE=text[: ROOM // 20],
            TIMESTAMP=text[: ROOM // 20],
        )
        for challenge in ("SMS_MFA", "WEB_AUTHN", "NEW_PASSWORD_REQUIRED", "CUSTOM_CHALLENGE"):
            yield answer(
                f"answers of {name}", challenge, "x" * 2_000, USERNAME="alice", ANSWER=text
            )


def _tokens() -> Iterator[WorstRequest]:
    """Access tokens whose parts are long, or hold much."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    room = 140_000
    header = b'{"kid":"a","alg":"RS256"}'
    claims = b'"iss":"http://x/us-east-1_a","sub":"a","token_use":"access","exp":99999999999'
    many = b",".join(b'"%d":1' % n for n in range(12_000))
    for name, parts in {
        "a long header": (b"{" + b'"a":1,' * (room // 6) + b"}", b"{}", b"x"),
        "many kids": (b'{"kid":"' + b"k" * 100_000 + b'","alg":"RS256"}', b"{}", b"x"),
        "many claims": (header, b"{" + many + b"," + claims + b"}", b"x"),
        "many lists": (header, b'{"a":[' + b"[]," * (room // 3) + b"[]]," + claims + b"}", b"x"),
        "deep claims": (header, b"[" * room, b"x"),
        "a long signature": (header, b"{" + claims + b"}", b"x" * room),
        "dots": (b"",) * room,
    }.items():
        token = ".".join(map(part, parts))
        body = json.dumps({"AccessToken": token}).encode()
        for operation in ("GetUser", "DeleteUser", "VerifySoftwareToken"):
            yield _call(f"token with {name}", operation, body)
        subject = {"SubjectToken": token, "SubjectTokenType": "ACCESS_TOKEN"}
        body = json.dumps({"ClientId": "a", **subject}).encode()
        yield _call(f"token with {name}", "GetDerivedToken", body)


# --- Signatures -------------------------------------------------------------------------------


def _signatures() -> Iterator[WorstRequest]:
    now = datetime.now(UTC)
    stamp, day = f"{now:%Y%m%dT%H%M%SZ}", f"{now:%Y%m%d}"

    def signed(
        name: str,
        names: bytes = b"host;x-amz-target",
        *more: tuple[bytes, bytes],
        key: bytes = b"AKIANOBODY",
        query: bytes = b"",
        authorization: bytes | None = None,
    ) -> WorstRequest:
        value = authorization or (
            b"AWS4-HMAC-SHA256 Credential=%b/%b/%b/cognito-idp/aws4_request,"
            b" SignedHeaders=%b, Signature=%b"
            % (key, day.encode(), REGION.encode(), names, b"0" * 64)
        )
        headers = [
            (b"x-amz-target", f"{TARGET}AdminGetUser".encode()),
            (b"x-amz-date", stamp.encode()),
            (b"authorization", value),
            *more,
        ]
        return WorstRequest(f"signature, {name}", headers, b"{}" * (LARGEST_BODY // 2), query=query)

    root = b"AKIAROOTROOTROOTROOT"
    for who, key in (("unknown key", b"AKIANOBODY"), ("a key of ours", root)):
        long_header = (b"x-long", b"x " * (HEAD // 4))
        again = b"host;x-amz-target" + b";x-long" * (HEAD // 16)
        yield signed(f"{who}, a header again and again", again, long_header, key=key)
        letters = b";".join(b"%05d" % n for n in range(HEAD // 6))
        yield signed(f"{who}, names that didn't arrive", letters + b";host;x-amz-target", key=key)
        yield signed(f"{who}, semicolons", b"host;x-amz-target" + b";" * HEAD, key=key)
        repeated = [(b"a", b"b")] * (HEAD // 6)
        yield signed(
            f"{who}, one header again and again", b"a;host;x-amz-target", *repeated, key=key
        )
        blanks = (b"x-long", b" " * HEAD)
        yield signed(f"{who}, blanks", b"host;x-amz-target;x-long", blanks, key=key)
        parameters = b"&".join(b"%05d=%%41" % n for n in range(LONGEST_QUERY // 10))
        yield signed(f"{who}, a long query", key=key, query=parameters)
        yield signed(f"{who}, ampersands", key=key, query=b"&" * LONGEST_QUERY)
        yield signed(f"{who}, escapes", key=key, query=b"%41" * (LONGEST_QUERY // 3))
    for unit in (b",", b"a=,", b"=", b"a=b,", b"Credential=a,", b" "):
        value = b"AWS4-HMAC-SHA256 " + unit * (HEAD // len(unit))
        yield signed(f"an Authorization of {unit!r}", authorization=value)
    slashes = b"AWS4-HMAC-SHA256 Credential=" + b"/" * HEAD + b", SignedHeaders=host;x-amz-target"
    yield signed("slashes", authorization=slashes + b", Signature=0")
    yield signed("a long key", key=b"A" * HEAD)
    presigned = b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=" + stamp.encode()
    for unit in (b"&", b"&X-Amz-Date=a", b"&a=%41", b"&X-Amz-SignedHeaders=host", b"%41"):
        query = presigned + unit * ((LONGEST_QUERY - 100) // len(unit))
        bare = signed("presigned with " + repr(unit), query=query)
        yield bare._replace(headers=[each for each in bare.headers if each[0] != b"authorization"])


# --- Routes -----------------------------------------------------------------------------------


def _routes(pool_id: str, client_id: str) -> Iterator[WorstRequest]:
    link = f"client_id={client_id}&user_name=alice&confirmation_code=".encode()
    for unit in (b"&", b"a=b&", b"%41", b"+", b"=", b";", b"x"):
        query = link + unit * ((LONGEST_QUERY - len(link)) // len(unit))
        yield WorstRequest(f"confirmUser of {unit!r}", [], b"", "GET", "/confirmUser", query)
    for path in ("/health", "/metrics", f"/{pool_id}/.well-known/jwks.json", "/" + "a/" * 9_000):
        yield WorstRequest(f"GET {path[:40]}", [], b"", "GET", path)
    for unit in (b",", b";", b"text/html;q=0,", b"a;a=a,"):
        accept = [(b"accept", unit * (HEAD // len(unit)))]
        yield WorstRequest(f"Accept of {unit!r}", accept, b"", "GET", "/nothing")
    for escape in ("%", "%41", "%ff", "%C3%A9"):
        path = "/" + escape * ((HEAD - 40) // len(escape))
        yield WorstRequest(f"GET a path of {escape}", [], b"", "GET", path)
        yield WorstRequest(
            f"GET the key set of {escape}", [], b"", "GET", f"{path}/.well-known/jwks.json"
        )
    many = [(b"%05d" % n, b"x") for n in range(HEAD // 8)]
    yield WorstRequest("many headers", many, b"{}")
    yield WorstRequest(
        "preflight", [(b"access-control-request-headers", b"a," * (HEAD // 2))], b"", "OPTIONS"
    )
