"""Malformed signatures: AWS's sentence for each, and which comes first.

Source: AWS's authentication error ordering (dacut/scratchstack-aws-signature), in the spelling
of the JSON protocol.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from poolhouse.errors.protocol import ProtocolError
from poolhouse.rules.aws import sigv4
from poolhouse.rules.aws.sigv4_verification import check_session_token

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SCOPE = "AKID/20260301/eu-central-1/cognito-idp/aws4_request"
AUTHORIZATION = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=00"
PRESIGNED = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260301%2Feu-central-1"
    "%2Fcognito-idp%2Faws4_request&X-Amz-Date=20260301T120000Z&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=00"
)


def parse(
    authorization: str | None = AUTHORIZATION,
    date: str | None = "20260301T120000Z",
    path: str = "/",
    query: str = "",
    others: Mapping[str, str] | None = None,
) -> sigv4.Signature | None:
    headers = {"host": "localhost", "authorization": authorization, "x-amz-date": date}
    return sigv4.parse(
        "POST",
        path.encode(),
        query.encode(),
        [
            (name.encode(), value.encode("latin-1"))
            for name, value in {**headers, **(others or {})}.items()
            if value is not None
        ],
        regions=["eu-central-1"],
        service="cognito-idp",
        now=NOW,
    )


def refusal(**request: Any) -> tuple[str, str]:
    with pytest.raises(ProtocolError) as refused:
        parse(**request)
    assert refused.value.status == (404 if refused.value.code == "MalformedQueryString" else 400)
    return refused.value.code, refused.value.text


def scoped(scope: str) -> str:
    return AUTHORIZATION.replace(SCOPE, scope)


def test_sigv4_reference_request_of_the_tables_is_well_formed() -> None:
    assert parse() is not None
    assert parse(authorization=None, query=PRESIGNED) is not None


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"query": "a=%"}, "Incomplete trailing escape % sequence"),
        ({"query": "a=%a"}, "Incomplete trailing escape % sequence"),
        ({"path": "/%"}, "Incomplete trailing escape % sequence"),
        ({"query": "a=%zz"}, "Illegal hex character in escape % pattern: %zz"),
        ({"path": "/%1g/"}, "Illegal hex character in escape % pattern: %1g"),
    ],
)
def test_sigv4_malformed_query_escape_is_reported_first(
    request_: dict[str, str], text: str
) -> None:
    assert refusal(authorization="Bearer x", **request_) == ("MalformedQueryString", text)


NO_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
ISO = "See http://en.wikipedia.org/wiki/ISO_8601"
FIVE = (
    "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"
)

INCOMPLETE = [
    ({"authorization": "Bearer x"}, "Unsupported AWS 'algorithm': 'Bearer'."),
    ({"authorization": "AWS AKID:sig"}, "Unsupported AWS 'algorithm': 'AWS'."),
    (
        {"authorization": AUTHORIZATION.replace("HMAC", "ECDSA-P256")},
        "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
    ),
    (
        {"authorization": "AWS4-HMAC-SHA256, Credential=a"},
        "Unsupported AWS 'algorithm': ''.",
    ),
    (
        {"authorization": "AWS4-HMAC-SHA256 Credential=a, nothing"},
        "'nothing' not a valid key=value pair (missing equal-sign) in Authorization header: "
        "'AWS4-HMAC-SHA256 Credential=a, nothing'.",
    ),
    (
        {"authorization": "AWS4-HMAC-SHA256", "date": None},
        "Authorization header requires 'Credential' parameter. "
        "Authorization header requires 'Signature' parameter. "
        f"Authorization header requires 'SignedHeaders' parameter. {NO_DATE} "
        "Authorization=AWS4-HMAC-SHA256",
    ),
    (
        {"authorization": "AWS4-HMAC-SHA256 Credential=a, Signature=b"},
        "Authorization header requires 'SignedHeaders' parameter. "
        "Authorization=AWS4-HMAC-SHA256 Credential=a, Signature=b",
    ),
    ({"date": None}, f"{NO_DATE} Authorization={AUTHORIZATION}"),
    (
        {"authorization": None, "query": "X-Amz-Algorithm=AWS4-HMAC-SHA1"},
        "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'.",
    ),
    (
        {"authorization": None, "query": "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0"},
        "AWS query-string parameters must include 'X-Amz-Credential'. "
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
        "AWS query-string parameters must include 'X-Amz-Date'. "
        "Re-examine the query-string parameters.",
    ),
    *(
        ({"date": date}, f"Date must be in ISO-8601 'basic format'. Got '{date}'. {ISO}")
        for date in (
            "2026-03-01T12:00:00Z",
            "20260301T120000.000Z",
            "20261301T120000Z",
            "20260301T120000Z,20260301T120000Z",
            "Sun, 99 Mar 2026 12:00:00 GMT",
            "yesterday",
        )
    ),
    ({"authorization": scoped("AKID")}, f"{FIVE}, got 'AKID'"),
    ({"authorization": scoped(f"x/{SCOPE}")}, f"{FIVE}, got 'x/{SCOPE}'"),
]


@pytest.mark.parametrize(("request_", "text"), INCOMPLETE)
def test_sigv4_incomplete_signature_is_refused(request_: dict[str, str | None], text: str) -> None:
    assert refusal(**request_) == ("IncompleteSignatureException", text)


REGION = "Credential should be scoped to a valid region, not 'us-east-1'."
SERVICE = "Credential should be scoped to correct service: 'cognito-idp'."
END = "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws4'."
DATE = (
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
    "'20260302' != '20260301', from '20260301T120000Z'."
)


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        ("AKID/20260301/us-east-1/cognito-idp/aws4_request", REGION),
        ("AKID/20260301/eu-central-1/sts/aws4_request", SERVICE),
        ("AKID/20260301/eu-central-1/cognito-idp/aws4", END),
        ("AKID/20260302/eu-central-1/cognito-idp/aws4_request", DATE),
        ("AKID/20260302/us-east-1/sts/aws4", f"{REGION} {SERVICE} {END} {DATE}"),
    ],
)
def test_sigv4_credential_of_another_scope_is_refused(scope: str, text: str) -> None:
    assert refusal(authorization=scoped(scope)) == ("InvalidSignatureException", text)


@pytest.mark.parametrize("date", ["Sun, 01 Mar 2026 12:00:00 GMT", "20260301T120000Z"])
def test_sigv4_date_header_replaces_a_missing_x_amz_date(date: str) -> None:
    signature = parse(date=None, others={"date": date})
    assert signature is not None
    assert signature.signed_at == NOW


def test_sigv4_unsigned_host_is_refused() -> None:
    code, text = refusal(authorization=AUTHORIZATION.replace("=host", "=x-amz-date"))
    assert code == "InvalidSignatureException"
    assert text == "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."


def test_http2s_authority_is_the_host() -> None:
    assert parse(AUTHORIZATION.replace("=host", "=:authority")) is not None


def test_sigv4_unsigned_target_is_refused() -> None:
    code, text = refusal(others={"x-amz-target": "AWSCognitoIdentityProviderService.GetUser"})
    assert code == "InvalidSignatureException"
    assert text == "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."


def test_sigv4_refusal_does_not_repeat_a_bare_token() -> None:
    _, text = refusal(authorization="eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2VjcmV0")
    assert text == "Unsupported AWS 'algorithm': ''."


def test_sigv4_clock_is_checked_before_the_credential() -> None:
    for credential in ("AKID", "AKID/20260302/us-east-1/sts/aws4"):
        _, text = refusal(authorization=scoped(credential), date="20260301T000000Z")
        assert text.startswith("Signature expired: 20260301T000000Z")


def test_sigv4_host_is_checked_before_the_date() -> None:
    unsigned_host = AUTHORIZATION.replace("=host", "=x-amz-date")
    assert "'Host'" in refusal(authorization=unsigned_host, date="yesterday")[1]


LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("sent", "issued", "expires_at", "code"),
    [
        (None, None, None, None),
        ("token", "token", LATER, None),
        ("token", "token", None, None),
        ("token", None, None, "UnrecognizedClientException"),
        (None, "token", LATER, "UnrecognizedClientException"),
        ("Token", "token", LATER, "UnrecognizedClientException"),
        ("jeton\xe9", "token", LATER, "UnrecognizedClientException"),
        ("token", "token", NOW, "ExpiredTokenException"),
        ("Token", "token", NOW, "UnrecognizedClientException"),
    ],
)
def test_session_token_is_required_for_temporary_keys_alone(
    sent: str | None, issued: str | None, expires_at: datetime | None, code: str | None
) -> None:
    if code is None:
        check_session_token(sent, issued, expires_at, NOW)
        return
    with pytest.raises(ProtocolError) as refused:
        check_session_token(sent, issued, expires_at, NOW)
    assert refused.value.code == code


def test_sigv4_repr_hides_secrets() -> None:
    signature = parse(others={"x-amz-security-token": "the token"})
    assert "the token" not in repr(signature)
    assert "secret" not in repr(sigv4.Credentials("AKID", "secret", "the secret token"))
