"""Parse and check an AWS Signature Version 4.

`api/iam_authentication.py` reads a signature with `parse`, looks up its access key, and verifies
the signature with `sigv4_verification`. `parse` makes every check that needs no key, in AWS's
order: a client with a wrong clock gets the error about its clock, not about its key.

Sources: the IAM user guide on signed requests; the paper on the order of AWS's authentication
errors (dacut/scratchstack-aws-signature) for the checks and their sentences.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

import msgspec

from poolhouse.errors.protocol import (
    AuthorizationIncomplete,
    AuthorizationPairMalformed,
    CredentialMalformed,
    DateMalformed,
    ExpiresMalformed,
    HostNotSigned,
    QueryParametersMissing,
    ScopeMismatch,
    SignatureExpired,
    SignatureNotYetCurrent,
    SignedTwice,
    TargetNotSigned,
    UnsupportedAlgorithm,
)
from poolhouse.rules.aws.regions import is_region
from poolhouse.rules.aws.sigv4_signing import (
    ALGORITHM,
    TERMINATOR,
    Credentials,
    Headers,
    Pairs,
    check_escapes,
    iso_basic,
    sign,
    signing_key,
    unquote,
)

__all__ = [
    "Credentials",
    "Signature",
    "parse",
    "sign",
    "signing_key",
]

WINDOW = timedelta(minutes=5)
LONGEST_PRESIGNED = 604_800  # seconds: a week

_QUERY_PARAMETERS = frozenset(
    b"X-Amz-" + name
    for name in (
        *(b"Algorithm", b"Credential", b"Date", b"Expires"),
        *(b"Security-Token", b"Signature", b"SignedHeaders"),
    )
)
_REQUIRED = {"Credential", "Signature", "SignedHeaders"}

_is_iso_basic = re.compile(r"[0-9]{8}T[0-9]{6}Z").fullmatch
_is_http_date = re.compile(
    r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} (GMT|[+-]0000)"
).fullmatch
_is_algorithm_name = re.compile(r"[A-Za-z0-9-]{1,32}").fullmatch
_is_expires = re.compile(r"[0-9]{1,6}").fullmatch


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """A well-formed signature, in date and in scope, not yet verified.

    `date` is the scope's day, YYYYMMDD; `expires` is in seconds. `stamp` is the moment as it was
    signed. What was signed is kept as it arrived: the canonical request is made of it only once the
    access key is known, as it is the larger part of the work.
    """

    access_key_id: str
    signed_at: datetime
    date: str
    stamp: str
    region: str
    service: str
    signed_headers: tuple[bytes, ...]
    session_token: str | None
    is_presigned: bool
    expires: int | None
    signature: str
    method: str
    path: bytes
    query: bytes
    headers: Headers

    def __repr__(self) -> str:
        return f"Signature({self.access_key_id!r}, {self.signed_at:%Y-%m-%dT%H:%M:%SZ})"


class _Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The signature's members of a request, before any of them is verified."""

    credential: str
    signed_headers: str
    signature: str
    date: str
    session_token: str | None
    expires: int | None = None


# --- Reading --------------------------------------------------------------------------------


def parse(
    method: str,
    path: bytes,
    query_string: bytes,
    headers: Pairs,
    *,
    regions: Collection[str] | None,
    service: str,
    now: datetime,
) -> Signature | None:
    """Return the request's signature, or None when it carries none.

    `path` and `query_string` are as sent, still percent-encoded; `headers` have lower-case names.
    Raises the errors of the checks 1 to 12 of AWS's order; the region and the clock are checked
    before the caller looks for the key. `regions` are those that the scope may name; None: every
    one that has the form of a region.
    """
    check_escapes(path, query_string)
    by_name = _by_name(headers)
    parameters = _signature_parameters(query_string)
    authorization = by_name.get(b"authorization")
    is_presigned = b"X-Amz-Algorithm" in parameters
    if authorization is None and not is_presigned:
        return None
    if authorization is not None and is_presigned:
        raise SignedTwice()
    claim = _query_claim(parameters) if authorization is None else _header_claim(by_name)
    names = claim.signed_headers.encode("latin-1").split(b";")
    _check_signed_headers(names, by_name)
    signed_at = _read_date(claim.date)
    _check_clock(signed_at, claim.expires, now)
    scope = claim.credential.split("/")
    if len(scope) != 5:
        raise CredentialMalformed(credential=claim.credential)
    access_key_id, date, region, *_ = scope
    stamp = claim.date if claim.date.endswith("Z") else iso_basic(signed_at)
    _check_scope(scope, regions, service, stamp)
    return Signature(
        access_key_id=access_key_id,
        signed_at=signed_at,
        date=date,
        region=region,
        service=service,
        signed_headers=tuple(names),
        session_token=claim.session_token,
        is_presigned=is_presigned,
        expires=claim.expires,
        signature=claim.signature,
        stamp=stamp,
        method=method,
        path=path,
        query=query_string,
        headers=by_name,
    )


def _by_name(headers: Pairs) -> dict[bytes, bytes]:
    """Return the headers by name, with repeated ones joined by commas, as in the signature."""
    by_name = dict(headers)
    if len(by_name) != len(headers):
        values: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            values.setdefault(name, []).append(value)
        by_name = {name: b",".join(each) for name, each in values.items()}
    if b":authority" not in by_name and b"host" in by_name:
        by_name[b":authority"] = by_name[b"host"]  # HTTP/2's name for it
    return by_name


def _signature_parameters(query_string: bytes) -> dict[bytes, bytes]:
    """Return the query's parameters that make up a signature; the others are not even decoded."""
    if b"X-Amz-Algorithm" not in query_string:
        return {}
    return {
        name: unquote(value)
        for name, _, value in (item.partition(b"=") for item in query_string.split(b"&"))
        if name in _QUERY_PARAMETERS
    }


def _header_claim(headers: Headers) -> _Claim:
    header = headers[b"authorization"].decode("latin-1")
    algorithm, _, rest = header.partition(" ")
    if algorithm != ALGORITHM:
        # Echo only what looks like a scheme: a bare token must not end up in a log.
        known = algorithm if _is_algorithm_name(algorithm) else ""
        raise UnsupportedAlgorithm(algorithm=known)
    parameters: dict[str, str] = {}
    for item in rest.split(","):
        pair = item.strip()
        name, equals, value = pair.partition("=")
        if equals:
            parameters[name] = value
        elif pair:
            raise AuthorizationPairMalformed(pair=pair, header=header)
    date = headers.get(b"x-amz-date") or headers.get(b"date")
    if date is None or not parameters.keys() >= _REQUIRED:
        raise _incomplete(parameters, date, header)
    token = headers.get(b"x-amz-security-token")
    return _Claim(
        credential=parameters["Credential"],
        signed_headers=parameters["SignedHeaders"],
        signature=parameters["Signature"],
        date=date.decode("latin-1"),
        session_token=None if token is None else token.decode("latin-1"),
    )


def _incomplete(
    parameters: Mapping[str, str], date: bytes | None, header: str
) -> AuthorizationIncomplete:
    requirements = [
        AuthorizationIncomplete.parameter.format(name=name)
        for name in ("Credential", "Signature", "SignedHeaders")
        if name not in parameters
    ]
    if date is None:
        requirements.append(AuthorizationIncomplete.date)
    return AuthorizationIncomplete(requirements=" ".join(requirements), header=header)


def _query_claim(parameters: Headers) -> _Claim:
    def read(name: bytes) -> str:
        return parameters[name].decode("latin-1")

    if read(b"X-Amz-Algorithm") != ALGORITHM:
        raise UnsupportedAlgorithm(algorithm=read(b"X-Amz-Algorithm"))
    missing = [
        QueryParametersMissing.parameter.format(name=name)
        for name in ("X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
        if name.encode() not in parameters
    ]
    if missing:
        raise QueryParametersMissing(requirements=" ".join(missing))
    has_token = b"X-Amz-Security-Token" in parameters
    has_expires = b"X-Amz-Expires" in parameters
    return _Claim(
        credential=read(b"X-Amz-Credential"),
        signed_headers=read(b"X-Amz-SignedHeaders"),
        signature=read(b"X-Amz-Signature"),
        date=read(b"X-Amz-Date"),
        session_token=read(b"X-Amz-Security-Token") if has_token else None,
        expires=_read_expires(read(b"X-Amz-Expires")) if has_expires else None,
    )


def _read_expires(text: str) -> int:
    if not _is_expires(text) or not 0 < int(text) <= LONGEST_PRESIGNED:
        raise ExpiresMalformed(expires=text)
    return int(text)


# --- Checking what needs no key -------------------------------------------------------------


def _check_signed_headers(names: Sequence[bytes], headers: Headers) -> None:
    """Check that the host is signed, and the target, which names the operation."""
    if b"host" not in names and b":authority" not in names:
        raise HostNotSigned()
    # UNVERIFIED: does AWS insist on every x-amz-* header? An unsigned target would let a
    # captured request be replayed as another operation; the others change nothing here, and
    # proxies add some (x-amz-cf-id).
    if b"x-amz-target" in headers and b"x-amz-target" not in names:
        raise TargetNotSigned()


@lru_cache(maxsize=64)  # requests of one second carry one date
def _read_date(text: str) -> datetime:
    try:
        if _is_iso_basic(text):
            return datetime.fromisoformat(text)
        if _is_http_date(text):
            return parsedate_to_datetime(text).replace(tzinfo=UTC)  # botocore writes -0000
    except ValueError:
        pass
    raise DateMalformed(date=text)


def _check_clock(signed_at: datetime, expires: int | None, now: datetime) -> None:
    """Refuse a signature that isn't valid now.

    Header signatures are valid for five minutes, presigned ones as long as they state.
    """
    lifetime = WINDOW if expires is None else timedelta(seconds=expires)
    if signed_at < now - lifetime:
        # UNVERIFIED: how AWS words the window of a presigned request.
        window = "5 min." if expires is None else f"{expires} sec."
        raise SignatureExpired(
            signed_at=iso_basic(signed_at),
            earliest=iso_basic(now - lifetime),
            now=iso_basic(now),
            window=window,
        )
    if signed_at > now + WINDOW:
        raise SignatureNotYetCurrent(
            signed_at=iso_basic(signed_at), latest=iso_basic(now + WINDOW), now=iso_basic(now)
        )


def _check_scope(
    scope: Sequence[str], regions: Collection[str] | None, service: str, stamp: str
) -> None:
    _, date, region, scoped_service, terminator = scope
    faults = []
    if not (is_region(region) if regions is None else region in regions):
        faults.append(ScopeMismatch.region.format(region=region))
    if scoped_service != service:
        faults.append(ScopeMismatch.service.format(service=service))
    if terminator != TERMINATOR:
        faults.append(ScopeMismatch.terminator.format(terminator=terminator))
    if date != stamp[:8]:
        faults.append(ScopeMismatch.date.format(scoped=date, day=stamp[:8], signed_at=stamp))
    if faults:
        signed_for = f"signed for region {region[:64]!r} and service {scoped_service[:64]!r}"
        served = "every region" if regions is None else f"region {', '.join(map(repr, regions))}"
        raise ScopeMismatch(faults=" ".join(faults)).because(
            f"{signed_for}; this server is {service!r} in {served}"
        )
