"""Requests signed by botocore, and the same requests spoilt in every part.

Expected codes, sentences and their order: AWS's authentication error ordering, and the IAM user
guide on signed requests.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors.protocol import ProtocolError
from poolhouse.rules.aws import sigv4, sigv4_verification
from poolhouse.rules.aws.sigv4_signing import canonical_head, signature_of, to_sign_head
from poolhouse.rules.aws.sigv4_verification import verify

KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "eu-central-1"
TARGET = "AWSCognitoIdentityProviderService.AdminConfirmSignUp"
BODY = b'{"UserPoolId":"eu-central-1_Example","Username":"j\xc3\xb6rg"}'
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)


@dataclass(frozen=True)
class Request:
    """A request as it comes from the HTTP protocol."""

    headers: list[tuple[bytes, bytes]]
    now: datetime
    path: bytes = b"/"
    query: bytes = b""
    body: bytes = BODY
    method: str = "POST"

    def header(self, name: bytes) -> bytes:
        return dict(self.headers)[name]

    def having(self, name: bytes, value: bytes) -> "Request":
        kept = [header for header in self.headers if header[0] != name]
        return replace(self, headers=[*kept, (name, value)])

    def lacking(self, name: bytes) -> "Request":
        return replace(self, headers=[header for header in self.headers if header[0] != name])

    def authorized_by(self, old: bytes, new: bytes) -> "Request":
        changed = self.header(b"authorization").replace(old, new)
        return self.having(b"authorization", changed)


def from_botocore(signed: AWSRequest, body: bytes = BODY) -> Request:
    url = urlsplit(signed.url)
    sent = [("Host", url.netloc), *signed.headers.items()]
    return Request(
        headers=[
            (name.lower().encode(), value.encode() if isinstance(value, str) else value)
            for name, value in sent
        ],
        now=datetime.strptime(signed.context["timestamp"], "%Y%m%dT%H%M%S%z"),
        path=url.path.encode(),
        query=url.query.encode(),
        body=body,
        method=signed.method,
    )


def unsigned(url: str = "http://127.0.0.1:9229/", **headers: str) -> AWSRequest:
    return AWSRequest(
        "POST",
        url,
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": TARGET,
            "User-Agent": "Boto3/1.44",
            **headers,
        },
        data=BODY,
    )


def signed(request: AWSRequest | None = None, token: str | None = None) -> Request:
    request = request or unsigned()
    signer = SigV4Auth(Credentials(KEY_ID, SECRET, token), "cognito-idp", REGION)
    signer.add_auth(request)
    return from_botocore(request)


def presigned(token: str | None = None, expires: int = 3600) -> Request:
    """Botocore moves a POST's body into the query, so that the signed body is empty."""
    request = AWSRequest("POST", "http://127.0.0.1:9229/", headers={"X-Amz-Target": TARGET})
    credentials = Credentials(KEY_ID, SECRET, token)
    SigV4QueryAuth(credentials, "cognito-idp", REGION, expires=expires).add_auth(request)
    return from_botocore(request, body=b"")


def parse(request: Request, after: timedelta = timedelta()) -> sigv4.Signature | None:
    return sigv4.parse(
        request.method,
        request.path,
        request.query,
        request.headers,
        regions=[REGION],
        service="cognito-idp",
        now=request.now + after,
    )


def verify_signature(
    request: Request, secret: str = SECRET, after: timedelta = timedelta()
) -> None:
    signature = parse(request, after)
    assert signature is not None
    key = sigv4.signing_key(secret, signature.date, REGION, "cognito-idp")
    verify(signature, key, request.body)


def refusal(request: Request, after: timedelta = timedelta()) -> tuple[str, str]:
    with pytest.raises(ProtocolError) as refused:
        verify_signature(request, after=after)
    return refused.value.code, refused.value.text


def test_sigv4_request_signed_by_botocore_is_verified() -> None:
    request = signed()
    signature = parse(request)
    assert signature is not None
    assert signature.access_key_id == KEY_ID
    assert (signature.region, signature.service) == (REGION, "cognito-idp")
    assert signature.date == f"{request.now:%Y%m%d}"
    assert signature.signed_at == request.now
    assert signature.signed_headers == (b"content-type", b"host", b"x-amz-date", b"x-amz-target")
    assert (signature.session_token, signature.is_presigned) == (None, False)
    verify_signature(request)


@pytest.mark.parametrize(
    "request_",
    [
        signed(token="session+token/=="),
        signed(unsigned("http://127.0.0.1:9229")),
        signed(unsigned("https://cognito.example.com/")),
        signed(unsigned("http://127.0.0.1:9229/?b=2&a=1&a=0&empty=&~=%20%2F")),
        signed(unsigned("http://127.0.0.1:9229/a%20b/./c/../d//e/")),
        signed(unsigned(**{"X-Amz-Meta": "  many   blanks\tand tabs "})),
        signed(unsigned(Date="Thu, 01 Jan 1970 00:00:00 GMT")),
    ],
    ids=["token", "no path", "https", "query", "path", "blanks", "Date header"],
)
def test_sigv4_request_of_every_shape_of_botocore_is_verified(request_: Request) -> None:
    verify_signature(request_)


def test_sigv4_repeated_header_is_signed_joined_by_commas() -> None:
    request = unsigned()
    request.headers.add_header("X-Amz-Meta", "one")
    request.headers.add_header("X-Amz-Meta", "two ")
    verify_signature(signed(request))


def test_sigv4_authorization_without_spaces_after_commas_is_verified() -> None:
    verify_signature(signed().authorized_by(b", ", b","))


def test_sigv4_duplicate_authorization_parameter_uses_the_last() -> None:
    verify_signature(
        signed().authorized_by(b"SignedHeaders=", b"SignedHeaders=host, SignedHeaders=")
    )


def test_sigv4_request_without_signature_has_none() -> None:
    assert parse(signed().lacking(b"authorization")) is None


def test_headers_that_are_not_signed_may_change() -> None:
    verify_signature(signed().having(b"user-agent", b"a proxy").having(b"x-amz-cf-id", b"added"))


TAMPERED = {
    "body": replace(signed(), body=BODY + b" "),
    "method": replace(signed(), method="PUT"),
    "path": replace(signed(), path=b"/other"),
    "query": replace(signed(), query=b"a=1"),
    "host": signed().having(b"host", b"127.0.0.1:9230"),
    "target": signed().having(b"x-amz-target", TARGET.replace("Confirm", "Delete").encode()),
    "content type": signed().having(b"content-type", b"application/json"),
    "token": signed(token="one").having(b"x-amz-security-token", b"two"),
    "a second target": replace(
        signed(), headers=[*signed().headers, (b"x-amz-target", b"AWSCognito.DeleteUser")]
    ),
    "signed headers": signed().authorized_by(b"content-type;host", b"host;content-type"),
    "a header that was not sent": signed().lacking(b"content-type"),
    "signature": signed().authorized_by(b"Signature=", b"Signature=0"),
    "upper-case signature": signed().having(
        b"authorization",
        signed().header(b"authorization")[:-64] + signed().header(b"authorization")[-64:].upper(),
    ),
    "no ASCII": signed().authorized_by(b"Signature=", b"Signature=\xff"),
    "presigned body": replace(presigned(), body=b"{}"),
    "presigned expiry": replace(
        presigned(), query=presigned().query.replace(b"Expires=3600", b"Expires=3601")
    ),
}


@pytest.mark.parametrize("part", TAMPERED)
def test_sigv4_request_changed_in_any_part_is_refused(part: str) -> None:
    assert refusal(TAMPERED[part]) == ("InvalidSignatureException", MISMATCH)


def sealed_over(names: list[bytes]) -> Request:
    """A request whose signature is right for these names, taken as they stand."""
    request = signed()
    signature = parse(request)
    assert signature is not None
    head = canonical_head("POST", b"/", (), names, signature.headers)
    day = signature.date
    to_sign = to_sign_head(signature.stamp, day, REGION, "cognito-idp")
    key = sigv4.signing_key(SECRET, day, REGION, "cognito-idp")
    value = (
        f"AWS4-HMAC-SHA256 Credential={KEY_ID}/{day}/{REGION}/cognito-idp/aws4_request,"
        f" SignedHeaders={b';'.join(names).decode()},"
        f" Signature={signature_of(head, to_sign, key, request.body)}"
    )
    return request.having(b"authorization", value.encode())


NAMES = [b"content-type", b"host", b"x-amz-date", b"x-amz-target"]


@pytest.mark.parametrize(
    "names", [NAMES[::-1], [*NAMES, b"x-amz-target"], [b"host", *NAMES], [*NAMES, b"accept"]]
)
def test_verify_names_unsorted_or_repeated_is_a_mismatch(names: list[bytes]) -> None:
    """On AWS a signature over unsorted names doesn't match: salt#40536."""
    verify_signature(sealed_over(NAMES))
    assert refusal(sealed_over(names)) == ("InvalidSignatureException", MISMATCH)


def test_verify_repeated_name_reads_no_header_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """15,000 times one long header would make a canonical request of 949 MB."""
    made: list[object] = []
    monkeypatch.setattr(sigv4_verification, "canonical_head", lambda *given: made.append(given))
    request = sealed_over([*NAMES, *[b"x-long"] * 15_000]).having(b"x-long", b"x" * 50_000)
    assert refusal(request) == ("InvalidSignatureException", MISMATCH)
    assert made == []


def test_sigv4_mismatch_logs_what_was_signed() -> None:
    with pytest.raises(ProtocolError) as refused:
        verify_signature(signed().having(b"host", b"internal:8080"))
    assert refused.value.reason is not None
    assert "for the host 'internal:8080'" in refused.value.reason
    names = sorted([*NAMES, b"x-gone"])
    with pytest.raises(ProtocolError) as refused:
        verify_signature(sealed_over(names).having(b"host", b"other"))
    assert "without the signed headers 'x-gone'" in (refused.value.reason or "")


def test_sigv4_signature_by_another_secret_is_refused() -> None:
    with pytest.raises(ProtocolError, match="signature we calculated"):
        verify_signature(signed(), secret=SECRET + "x")


def test_sigv4_presigned_request_is_verified_until_it_expires() -> None:
    request = presigned(token="session+token/==")
    signature = parse(request)
    assert signature is not None
    assert (signature.is_presigned, signature.expires) == (True, 3600)
    assert signature.session_token == "session+token/=="
    verify_signature(request, after=timedelta(seconds=3600))
    code, text = refusal(request, after=timedelta(seconds=3601))
    assert code == "InvalidSignatureException"
    assert text.startswith("Signature expired: ")


@pytest.mark.parametrize("expires", ["0", "604801", "-1", "a week", "²"])
def test_sigv4_presigned_request_beyond_a_week_is_refused(expires: str) -> None:
    query = presigned().query.replace(b"Expires=3600", f"Expires={expires}".encode())
    code, text = refusal(replace(presigned(), query=query))
    assert code == "IncompleteSignatureException"
    assert text.startswith("X-Amz-Expires must be a number of seconds from 1 to 604800")


def test_sigv4_header_and_query_signature_together_are_refused() -> None:
    both = replace(signed(), query=presigned().query)
    assert refusal(both) == ("InvalidSignatureException", "")


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_sigv4_clock_skew_of_five_minutes_is_accepted(minutes: int) -> None:
    verify_signature(signed(), after=timedelta(minutes=minutes))


def at(hour: int, minute: int, second: int = 0) -> Request:
    now = datetime(2026, 3, 1, hour, minute, second, tzinfo=UTC)
    dated = signed().having(b"x-amz-date", b"20260301T120000Z")
    return replace(dated, now=now)


def test_sigv4_signature_too_old_is_refused() -> None:
    assert refusal(at(12, 5, 1)) == (
        "InvalidSignatureException",
        "Signature expired: 20260301T120000Z is now earlier than 20260301T120001Z "
        "(20260301T120501Z - 5 min.)",
    )


def test_sigv4_signature_from_the_future_is_refused() -> None:
    assert refusal(at(11, 54, 59)) == (
        "InvalidSignatureException",
        "Signature not yet current: 20260301T120000Z is still later than 20260301T115959Z "
        "(20260301T115459Z + 5 min.)",
    )


@given(value=st.text(st.characters(codec="latin-1"), max_size=300))
def test_sigv4_authorization_of_any_text_is_refused_or_parsed(value: str) -> None:
    for hostile in (value, f"AWS4-HMAC-SHA256 {value}"):
        request = signed().having(b"authorization", hostile.encode("latin-1"))
        with pytest.raises(ProtocolError):
            verify_signature(request)


@given(query=st.binary(max_size=200), date=st.binary(max_size=40))
def test_sigv4_query_and_date_of_any_text_are_refused_or_parsed(query: bytes, date: bytes) -> None:
    template = presigned().query.replace(b"X-Amz-Date=", b"X-Amz-Date=" + date)
    for hostile in (query, template + b"&" + query):
        with pytest.raises(ProtocolError):
            verify_signature(replace(signed().lacking(b"x-amz-date"), query=b"_=_&" + hostile))
