"""The signing half of Signature Version 4: canonical request, key, seal.

Both sides need it: `sigv4_verification.verify` seals the request that arrived and compares, `sign`
seals the requests that we make (Lambda, SES, SNS, the load generator). Source: the IAM user guide,
"Create a signed AWS API request".
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote_from_bytes, unquote_to_bytes

import msgspec

from poolhouse.errors.protocol import EscapeCutShort, EscapeNotHexadecimal

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"

Headers = Mapping[bytes, bytes]
Pairs = Sequence[tuple[bytes, bytes]]

_broken_escape = re.compile(rb"%(?![0-9A-Fa-f]{2})").search


class Credentials(msgspec.Struct, frozen=True):
    """A key pair to sign with."""

    access_key_id: str
    secret: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id!r})"


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Return the key of one secret for one day (YYYYMMDD), region and service: worth caching."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def sign(
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    credentials: Credentials,
    region: str,
    service: str,
    now: datetime,
) -> dict[str, str]:
    """Return the headers to add to a request so that it is signed.

    `target` is the path and query exactly as they will be sent, percent-encoded once;
    `headers` must hold `host`, and every one of them is signed.
    """
    stamp, date = iso_basic(now), f"{now.astimezone(UTC):%Y%m%d}"
    added = {"x-amz-date": stamp}
    if credentials.session_token is not None:
        added["x-amz-security-token"] = credentials.session_token
    by_name = {
        name.lower().encode(): value.encode() for name, value in (*headers.items(), *added.items())
    }
    names = sorted(by_name)
    path, _, query_string = target.encode().partition(b"?")
    query = query_pairs(query_string)
    signature = signature_of(
        canonical_head(method, path, query, names, by_name),
        to_sign_head(stamp, date, region, service),
        signing_key(credentials.secret, date, region, service),
        body,
    )
    scope = f"{credentials.access_key_id}/{date}/{region}/{service}/{TERMINATOR}"
    signed = b";".join(names).decode()
    added["authorization"] = (
        f"{ALGORITHM} Credential={scope}, SignedHeaders={signed}, Signature={signature}"
    )
    return added


def signature_of(canonical: bytes, to_sign: bytes, key: bytes, body: bytes) -> str:
    """Return the signature, in hexadecimal, of both heads and the raw body under the key."""
    canonical += sha256(body).hexdigest().encode()
    to_sign += sha256(canonical).hexdigest().encode()
    return hmac.digest(key, to_sign, "sha256").hex()


# --- The canonical request ------------------------------------------------------------------


def canonical_head(
    method: str, path: bytes, query: Pairs, names: Sequence[bytes], headers: Headers
) -> bytes:
    """Return the canonical request without its last line, the body's hash.

    A header that is signed but did not arrive counts as empty: the signature then fails.
    """
    lines = [
        method.encode(),
        _canonical_path(path),
        _canonical_query(query),
        *[name + b":" + b" ".join(headers.get(name, b"").split()) for name in names],
        b"",
        b";".join(names),
        b"",
    ]
    return b"\n".join(lines)


def _canonical_path(path: bytes) -> bytes:
    """Return the path without dots and empty segments, encoded once more: every service but S3."""
    if path in {b"/", b""}:
        return b"/"
    segments: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del segments[-1:]
        elif segment not in {b"", b"."}:
            segments.append(segment)
    closing = b"/" if segments and path.endswith(b"/") else b""
    return quote_from_bytes(b"/" + b"/".join(segments) + closing, safe="/~").encode()


def _canonical_query(query: Pairs) -> bytes:
    if not query:
        return b""
    encoded = sorted(
        (quote_from_bytes(name, safe="~"), quote_from_bytes(value, safe="~"))
        for name, value in query
        if name != b"X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in encoded).encode()


def to_sign_head(stamp: str, date: str, region: str, service: str) -> bytes:
    """Return the string to sign without its last line, the canonical request's hash."""
    return f"{ALGORITHM}\n{stamp}\n{date}/{region}/{service}/{TERMINATOR}\n".encode()


def iso_basic(moment: datetime) -> str:
    """Return a date as `20260102T030405Z`, the only form that a signature accepts."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def check_escapes(path: bytes, query_string: bytes) -> None:
    """Check the percent escapes of the path and the query: AWS looks at both before all else.

    Raises `EscapeCutShort` or `EscapeNotHexadecimal`.
    """
    for part in (path, query_string):
        broken = _broken_escape(part) if b"%" in part else None
        if broken is not None:
            escape = part[broken.start() : broken.start() + 3]
            if len(escape) < 3:
                raise EscapeCutShort()
            raise EscapeNotHexadecimal(escape=escape.decode("latin-1"))


def query_pairs(query_string: bytes) -> list[tuple[bytes, bytes]]:
    """Return the query's names and values, decoded; a plus is a blank."""
    if not query_string:
        return []
    pairs = (item.partition(b"=") for item in query_string.split(b"&") if item)
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


def unquote(text: bytes) -> bytes:
    """Decode a name or a value of the query."""
    return unquote_to_bytes(text.replace(b"+", b" "))
