"""Find the host that a client signed for, where a proxy has replaced Host on the way."""

from collections.abc import Iterable

from msgspec.structs import replace

from poolhouse.errors.protocol import SignatureMismatch
from poolhouse.rules.aws.sigv4 import Signature
from poolhouse.rules.aws.sigv4_verification import verify


def signed_host(
    signature: Signature, key: bytes, body: bytes, candidates: Iterable[bytes]
) -> str | None:
    """Return which of the hosts the request was signed for, or None.

    The signature holds a host only as a part of its digest, so that hosts can be tried, not read.
    """
    arrived = signature.headers.get(b"host")
    for host in dict.fromkeys(candidates):
        if host == arrived:
            continue
        headers = {**signature.headers, b"host": host, b":authority": host}
        try:
            verify(replace(signature, headers=headers), key, body)
        except SignatureMismatch:
            continue
        return host.decode("latin-1")
    return None
