"""Our own signatures are botocore's, and hold for every service that we call."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors.protocol import ProtocolError
from poolhouse.rules.aws import sigv4
from poolhouse.rules.aws.sigv4_verification import verify

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def test_signing_key_equals_the_vector_of_aws() -> None:
    """Source: "Examples of how to derive a signing key", AWS General Reference."""
    key = sigv4.signing_key(SECRET, "20120215", "us-east-1", "iam")
    assert key.hex() == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"


def test_sign_equals_the_example_of_aws() -> None:
    """Source: the ListUsers example of the Signature Version 4 signing process."""
    added = sigv4.sign(
        "GET",
        "/?Action=ListUsers&Version=2010-05-08",
        {
            "Host": "iam.amazonaws.com",
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        },
        b"",
        credentials=sigv4.Credentials("AKIDEXAMPLE", SECRET),
        region="us-east-1",
        service="iam",
        now=datetime(2015, 8, 30, 12, 36, tzinfo=UTC),
    )
    assert added["x-amz-date"] == "20150830T123600Z"
    assert added["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


FUNCTION = quote("arn:aws:lambda:eu-central-1:123456789012:function:post confirm", safe="")


@pytest.mark.parametrize("token", [None, "session+token/=="])
@pytest.mark.parametrize(
    "target",
    [
        "/",
        f"/2015-03-31/functions/{FUNCTION}/invocations",
        f"/2015-03-31/functions/{FUNCTION}/invocations?Qualifier=%24LATEST",
        "/a/./b/../c//d/",
        "/..",
        "/?b=2&a=1&a=0&empty=&-_.~=%2B%20",
    ],
)
def test_sign_for_another_service_equals_botocore(target: str, token: str | None) -> None:
    body = b'{"version":"1"}'
    headers = {"Content-Type": "application/json", "X-Amz-Invocation-Type": "RequestResponse"}
    request = AWSRequest("POST", f"http://localhost:9001{target}", headers=headers, data=body)
    signer = SigV4Auth(Credentials("AKID", SECRET, token), "lambda", "eu-central-1")
    signer.add_auth(request)
    added = sigv4.sign(
        "POST",
        target,
        {"Host": urlsplit(request.url).netloc, **headers},
        body,
        credentials=sigv4.Credentials("AKID", SECRET, token),
        region="eu-central-1",
        service="lambda",
        now=datetime.strptime(request.context["timestamp"], "%Y%m%dT%H%M%S%z"),
    )
    assert added["authorization"] == request.headers["Authorization"]
    assert added.get("x-amz-security-token") == token


NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@given(
    body=st.binary(max_size=100),
    value=st.text(st.characters(min_codepoint=32, max_codepoint=126)),
    seconds=st.integers(-400, 400),
    flipped=st.integers(0, 63),
)
def test_sign_is_verified_in_time_and_only_with_its_signature(
    body: bytes, value: str, seconds: int, flipped: int
) -> None:
    headers = {"host": "localhost", "x-amz-meta": value}
    added = sigv4.sign(
        "POST",
        "/",
        headers,
        body,
        credentials=sigv4.Credentials("AKID", SECRET),
        region="eu-central-1",
        service="cognito-idp",
        now=NOW,
    )
    sent = [(name.encode(), text.encode()) for name, text in (headers | added).items()]

    def verify_signature(sent: list[tuple[bytes, bytes]]) -> None:
        signature = sigv4.parse(
            "POST",
            b"/",
            b"",
            sent,
            regions=["eu-central-1"],
            service="cognito-idp",
            now=NOW + timedelta(seconds=seconds),
        )
        assert signature is not None
        key = sigv4.signing_key(SECRET, "20260301", "eu-central-1", "cognito-idp")
        verify(signature, key, body)

    if abs(seconds) > 300:
        with pytest.raises(ProtocolError, match=r"is (now earlier|still later) than"):
            verify_signature(sent)
        return
    verify_signature(sent)
    authorization = bytearray(added["authorization"].encode())
    authorization[flipped - 64] ^= 1
    with pytest.raises(ProtocolError):
        verify_signature([*sent[:-1], (b"authorization", bytes(authorization))])
