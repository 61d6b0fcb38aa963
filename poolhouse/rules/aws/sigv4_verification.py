"""Verifying a signature: the session token of a temporary key, then the seal over the request.

It comes after `sigv4.parse`, once the access key is known, because the canonical request is the
larger part of the work: callers without a key never cause it.
"""

import hmac
import operator
from datetime import datetime
from hashlib import sha256

from poolhouse.errors.protocol import (
    ExpiredTokenException,
    SignatureMismatch,
    UnrecognizedClientException,
)
from poolhouse.rules.aws.sigv4 import Signature
from poolhouse.rules.aws.sigv4_signing import (
    canonical_head,
    query_pairs,
    signature_of,
    to_sign_head,
)

_SHOWN = 200
"""Bytes of a header that the log repeats."""


def check_session_token(
    sent: str | None, issued: str | None, expires_at: datetime | None, now: datetime
) -> None:
    """Check the session token of a temporary key; a long-term key (`issued` is None) has none.

    `sent` and `issued` may both be digests, if the store has digests. Raises
    `UnrecognizedClientException`, `ExpiredTokenException`.
    """
    if (sent is None) != (issued is None):
        raise UnrecognizedClientException()
    if sent is not None and issued is not None:
        if not hmac.compare_digest(sent.encode(), issued.encode()):
            raise UnrecognizedClientException()
        if expires_at is not None and now >= expires_at:
            raise ExpiredTokenException()


def verify(signature: Signature, key: bytes, body: bytes) -> None:
    """Verify that the holder of the signing `key` signed this request and this raw `body`.

    Raises `SignatureMismatch`. The names of the signed headers must be sorted and distinct: each
    header is then read once, so that the work is bounded by the size of the request's head. On AWS
    a signature over unsorted names doesn't match (salt#40536, AWSSigner#22).
    """
    names = signature.signed_headers
    if not all(map(operator.lt, names, names[1:])):
        raise SignatureMismatch().because("SignedHeaders must name each header once, sorted")
    canonical = canonical_head(
        signature.method,
        signature.path,
        query_pairs(signature.query),
        names,
        signature.headers,
    )
    to_sign = to_sign_head(signature.stamp, signature.date, signature.region, signature.service)
    computed = signature_of(canonical, to_sign, key, body)
    if not hmac.compare_digest(computed.encode(), signature.signature.encode()):
        raise SignatureMismatch().because(_compared_text(signature, canonical, body))


def _compared_text(signature: Signature, canonical: bytes, body: bytes) -> str:
    """Return what the signature was compared with, for the log.

    A client that logs its canonical request can compare the hash. A host that isn't the client's
    shows a proxy that rewrites it.
    """
    host = signature.headers.get(b"host", b"")[:_SHOWN].decode("latin-1")
    digest = sha256(canonical + sha256(body).hexdigest().encode()).hexdigest()
    missing = sorted(name for name in signature.signed_headers if name not in signature.headers)
    lacks = b", ".join(missing)[:_SHOWN].decode("latin-1")
    return (
        f"the SHA-256 of the canonical request is {digest}, for the host {host!r}"
        + (f", without the signed headers {lacks!r}, which didn't arrive" if lacks else "")
        + "; is the secret key right, and does no proxy rewrite the request?"
    )
