"""Signatures over the wire, in strict mode (ev:iam-sigv4-2.3, ev:iam-sigv4-2.4)."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.auth
import pytest
from support.access_keys import add_key, change_key
from support.running_server import ROOT_KEY, RunningServer
from support.served_pools import PoolForTest
from support.wire_client import Wire, call, presigned, request, signed_headers

from poolhouse.rules.aws import sigv4_verification

BODY = b'{"MaxResults": 1}'
MISMATCH = (
    400,
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided. Check your AWS"
    " Secret Access Key and signing method. Consult the service documentation for details.",
)
UNRECOGNIZED = (
    400,
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
)
EXPIRED_TOKEN = (
    400,
    "ExpiredTokenException",
    "The security token included in the request is expired",
)
MISSING = (400, "MissingAuthenticationTokenException", "Missing Authentication Token")


def signed(
    server: RunningServer, body: bytes = BODY, key: tuple[str, str] = ROOT_KEY, **more: Any
) -> dict[str, str]:
    return signed_headers(server.url, "ListUserPools", body, key, **more)


def signed_at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make botocore sign as if it were that time."""
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: moment.replace(tzinfo=None))


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")


# --- Good ones ------------------------------------------------------------------------------


def test_signature_of_sdk_is_accepted(root: Any) -> None:
    assert root.list_user_pools(MaxResults=1)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    "more",
    [
        {"X_Amz_User_Agent": "aws-sdk-js/3.1"},
        {"amz_sdk_request": "attempt=1; max=3"},
        {"X_Spaced": "  a   b  "},
        {"X_Amz_Content_SHA256": hashlib.sha256(BODY).hexdigest()},
    ],
)
def test_signature_with_more_headers_is_accepted(
    strict: RunningServer, wire: Wire, more: dict[str, Any]
) -> None:
    """ev:iam-sigv4-2.1: the list is the client's to choose."""
    assert wire.ask(request(BODY, signed(strict, **more))).status == 200


def test_headers_that_are_not_signed_may_be_added_on_the_way(
    strict: RunningServer, wire: Wire
) -> None:
    headers = signed(strict) | {"X-Amzn-Trace-Id": "Root=1", "X-Forwarded-For": "1.2.3.4"}
    assert wire.ask(request(BODY, headers)).status == 200


def test_presigned_call_is_accepted(strict: RunningServer, wire: Wire) -> None:
    path, headers = presigned(strict.url, "ListUserPools", BODY, ROOT_KEY)
    assert wire.ask(request(BODY, headers, f"POST {path} HTTP/1.1")).status == 200


def test_same_request_sent_again_is_accepted(strict: RunningServer, wire: Wire) -> None:
    """ev:iam-sigv4-2.5: no replay cache; a retry of the network is the same request."""
    data = request(BODY, signed(strict))
    assert [wire.ask(data).status for _ in range(3)] == [200, 200, 200]


def test_signature_covers_body_as_received(strict: RunningServer, wire: Wire) -> None:
    """A body in chunks has the same hash."""
    headers = signed(strict) | {"Transfer-Encoding": "chunked"}
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    assert wire.ask(request(chunked, headers)).status == 200


# --- Tampering ------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b'{"MaxResults": 2}', b'{"MaxResults": 1} ', b"", b"{"])
def test_changed_body_is_refused(strict: RunningServer, wire: Wire, body: bytes) -> None:
    """Before it is read: what isn't JSON makes no difference."""
    assert wire.ask(request(body, signed(strict))).error == MISMATCH


@pytest.mark.parametrize("name", ["Content-Type", "X-Amz-Target", "Host"])
def test_changed_signed_header_is_refused(strict: RunningServer, wire: Wire, name: str) -> None:
    other = {
        "Content-Type": "application/json",
        "X-Amz-Target": "AWSCognitoIdentityProviderService.DescribeUserPool",
        "Host": "cognito-idp.eu-central-1.amazonaws.com",
    }
    assert wire.ask(request(BODY, signed(strict) | {name: other[name]})).error == MISMATCH


def test_changed_path_is_refused(strict: RunningServer, wire: Wire) -> None:
    data = request(BODY, signed(strict), "POST /?MaxResults=60 HTTP/1.1")
    assert wire.ask(data).error == MISMATCH


@pytest.mark.parametrize("at", [0, 31, 63])
def test_changed_signature_is_refused(strict: RunningServer, wire: Wire, at: int) -> None:
    headers = signed(strict)
    head, _, signature = headers["Authorization"].rpartition("=")
    digit = "0" if signature[at] != "0" else "1"
    headers["Authorization"] = f"{head}={signature[:at]}{digit}{signature[at + 1 :]}"
    assert wire.ask(request(BODY, headers)).error == MISMATCH


@pytest.mark.parametrize("signature", ["", "0", "é", "A" * 10_000])
def test_malformed_signature_is_refused(strict: RunningServer, wire: Wire, signature: str) -> None:
    headers = signed(strict)
    head = headers["Authorization"].rpartition("=")[0]
    headers["Authorization"] = f"{head}={signature}"
    assert wire.ask(request(BODY, headers)).error == MISMATCH


def test_wrong_secret_is_refused(strict: RunningServer, wire: Wire) -> None:
    headers = signed(strict, key=(ROOT_KEY[0], "another/secret"))
    assert wire.ask(request(BODY, headers)).error == MISMATCH


def test_missing_signed_header_is_refused(strict: RunningServer, wire: Wire) -> None:
    headers = signed(strict, X_Extra="1")
    del headers["X-Extra"]
    assert wire.ask(request(BODY, headers)).error == MISMATCH


def test_unsigned_host_is_refused(strict: RunningServer, wire: Wire) -> None:
    headers = signed(strict)
    headers["Authorization"] = headers["Authorization"].replace("content-type;host", "content-type")
    assert wire.ask(request(BODY, headers)).error == (
        400,
        "InvalidSignatureException",
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    )


def test_unsigned_target_is_refused(strict: RunningServer, wire: Wire) -> None:
    """It names the operation: unsigned, a captured request could be sent as another."""
    headers = signed(strict)
    headers["Authorization"] = headers["Authorization"].replace(";x-amz-target", "")
    status, code, _ = wire.ask(request(BODY, headers)).error
    assert (status, code) == (400, "InvalidSignatureException")


# --- Time -----------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-4, 4])
def test_clock_within_five_minutes_is_accepted(
    strict: RunningServer, wire: Wire, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    signed_at(datetime.now(UTC) + timedelta(minutes=minutes), monkeypatch)
    assert wire.ask(request(BODY, signed(strict))).status == 200


def test_old_signature_is_refused(
    strict: RunningServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=6)
    signed_at(moment, monkeypatch)
    status, code, sentence = wire.ask(request(BODY, signed(strict))).error
    assert (status, code) == (400, "InvalidSignatureException")
    assert (sentence or "").startswith(f"Signature expired: {stamp(moment)} is now earlier than 2")
    assert (sentence or "").endswith(" - 5 min.)")


def test_future_signature_is_refused(
    strict: RunningServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=6)
    signed_at(moment, monkeypatch)
    status, code, sentence = wire.ask(request(BODY, signed(strict))).error
    assert (status, code) == (400, "InvalidSignatureException")
    expected = f"Signature not yet current: {stamp(moment)} is still later than 2"
    assert (sentence or "").startswith(expected)
    assert (sentence or "").endswith(" + 5 min.)")


def test_presigned_call_is_valid_until_it_expires(
    strict: RunningServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_at(datetime.now(UTC) - timedelta(minutes=50), monkeypatch)
    for seconds, expected in ((3_600, 200), (2_400, 400)):
        path, headers = presigned(strict.url, "ListUserPools", BODY, ROOT_KEY, expires=seconds)
        assert wire.ask(request(BODY, headers, f"POST {path} HTTP/1.1")).status == expected


@pytest.mark.parametrize(
    "date", ["2026-01-01T00:00:00Z", "20260101", "yesterday", "20261399T250000Z", "\xff", ""]
)
def test_date_of_other_form_is_refused(strict: RunningServer, wire: Wire, date: str) -> None:
    headers = signed(strict) | {"X-Amz-Date": date, "Date": date}
    assert wire.ask(request(BODY, headers)).error[:2] == (400, "IncompleteSignatureException")


# --- Scope ----------------------------------------------------------------------------------


def test_scope_of_another_region_is_refused(strict: RunningServer, wire: Wire) -> None:
    assert wire.ask(request(BODY, signed(strict, region="us-east-1"))).error == (
        400,
        "InvalidSignatureException",
        "Credential should be scoped to a valid region, not 'us-east-1'.",
    )


def test_scope_of_another_service_is_refused(strict: RunningServer, wire: Wire) -> None:
    assert wire.ask(request(BODY, signed(strict, service="cognito-identity"))).error == (
        400,
        "InvalidSignatureException",
        "Credential should be scoped to correct service: 'cognito-idp'.",
    )


def test_wrong_region_is_reported_before_unknown_key(strict: RunningServer, wire: Wire) -> None:
    """ev:iam-sigv4-2.3: check 12 comes before check 14."""
    headers = signed(strict, key=("AKIANOBODY", "x"), region="us-east-1")
    assert wire.ask(request(BODY, headers)).error[1] == "InvalidSignatureException"


# --- Keys -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key_id", ["AKIANOBODYNOBODYNOBO", "x", "AKIA\xff", "a'b\"c;--"])
def test_unknown_key_is_refused(strict: RunningServer, wire: Wire, key_id: str) -> None:
    assert wire.ask(request(BODY, signed(strict, key=(key_id, "secret")))).error == UNRECOGNIZED


def test_unknown_key_is_refused_before_anything_is_made_of_the_request(
    strict: RunningServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ev:iam-sigv4-2.3, checks 14 and 15: the key comes before the signature."""
    made: list[object] = []
    monkeypatch.setattr(sigv4_verification, "canonical_head", lambda *given: made.append(given))
    headers = signed(strict, key=("AKIANOBODY", "x"))
    names = "SignedHeaders=" + "x-long;" * 8_000
    headers["Authorization"] = headers["Authorization"].replace("SignedHeaders=", names)
    answer = wire.ask(request(BODY, headers | {"X-Long": "x" * 1_000}))
    assert answer.error[1] == "UnrecognizedClientException"
    assert made == []


def test_disabled_key_is_refused_until_enabled(strict: RunningServer, wire: Wire) -> None:
    key = add_key(strict)
    data = request(BODY, signed(strict, key=key))
    assert wire.ask(data).status == 200
    change_key(strict, key[0], enabled=False)
    assert wire.ask(data).error == UNRECOGNIZED
    change_key(strict, key[0], enabled=True)
    assert wire.ask(data).status == 200


def test_replaced_secret_of_key_applies_at_once(strict: RunningServer, wire: Wire) -> None:
    """The derived signing key of the day is kept, but not beyond the secret."""
    key_id, secret = add_key(strict)
    assert wire.ask(request(BODY, signed(strict, key=(key_id, secret)))).status == 200
    change_key(strict, key_id, secret="another/secret/access/key/0123456789abcd")
    assert wire.ask(request(BODY, signed(strict, key=(key_id, secret)))).error == MISMATCH


# --- Temporary keys -------------------------------------------------------------------------

TOKEN = "session/token+of=tests"


@pytest.fixture
def temporary(strict: RunningServer) -> tuple[str, str]:
    return add_key(strict, session_token=TOKEN, expires_at=datetime.now(UTC) + timedelta(hours=1))


def test_temporary_key_with_its_token_is_accepted(
    strict: RunningServer, wire: Wire, temporary: tuple[str, str]
) -> None:
    assert wire.ask(request(BODY, signed(strict, key=temporary, token=TOKEN))).status == 200


def test_session_token_added_after_signing_is_accepted(
    strict: RunningServer, wire: Wire, temporary: tuple[str, str]
) -> None:
    """ev:iam-sigv4-2.2: some services want it so, and SDKs differ."""
    headers = signed(strict, key=temporary) | {"X-Amz-Security-Token": TOKEN}
    assert wire.ask(request(BODY, headers)).status == 200


@pytest.mark.parametrize("token", [None, "another token", TOKEN + "x", "\xff"])
def test_temporary_key_with_wrong_or_missing_token_is_refused(
    strict: RunningServer, wire: Wire, temporary: tuple[str, str], token: str | None
) -> None:
    headers = signed(strict, key=temporary, token=token)
    assert wire.ask(request(BODY, headers)).error == UNRECOGNIZED


def test_session_token_with_long_term_key_is_refused(strict: RunningServer, wire: Wire) -> None:
    assert wire.ask(request(BODY, signed(strict, token=TOKEN))).error == UNRECOGNIZED


def test_expired_session_token_is_refused(strict: RunningServer, wire: Wire) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    key = add_key(strict, session_token=TOKEN, expires_at=before)
    assert wire.ask(request(BODY, signed(strict, key=key, token=TOKEN))).error == EXPIRED_TOKEN


# --- Without a signature, or not with one -----------------------------------------------------


@pytest.mark.parametrize("body", [BODY, b"", b"not JSON", b'{"MaxResults": 100000}'])
def test_unsigned_administrative_call_is_refused(wire: Wire, body: bytes) -> None:
    """And an unauthenticated caller learns nothing of what else is wrong with it."""
    assert wire.ask(call("ListUserPools", body)).error == MISSING


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer abc",
        "Basic YTpi",
        "AWS AKIA:sig",
        "AWS4-ECDSA-P256-SHA256 Credential=a",
        "",
        " ",
        ",",
    ],
)
def test_signature_of_another_scheme_is_refused(wire: Wire, authorization: str) -> None:
    answer = wire.ask(call("ListUserPools", BODY, Authorization=authorization))
    assert answer.error[:2] == (400, "IncompleteSignatureException")
    assert "abc" not in answer.body.decode(), "a bearer token is not repeated"


def test_incomplete_authorization_header_names_missing_parts(
    strict: RunningServer, wire: Wire
) -> None:
    header = "AWS4-HMAC-SHA256 Credential=a/b/c/d/e"
    assert wire.ask(call("ListUserPools", BODY, Authorization=header)).error == (
        400,
        "IncompleteSignatureException",
        "Authorization header requires 'Signature' parameter."
        " Authorization header requires 'SignedHeaders' parameter."
        " Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        f" Authorization={header}",
    )


def test_header_and_query_signature_together_are_refused(strict: RunningServer, wire: Wire) -> None:
    path, _ = presigned(strict.url, "ListUserPools", BODY, ROOT_KEY)
    data = request(BODY, signed(strict), f"POST {path} HTTP/1.1")
    assert wire.ask(data).error == (400, "InvalidSignatureException", None)


@pytest.mark.parametrize(
    "authorization", ["AWS4-HMAC-SHA256 nonsense", "Bearer x", "AWS4-HMAC-SHA256 Credential=a"]
)
def test_public_operations_ignore_a_bad_signature(
    root: Any, wire: Wire, authorization: str
) -> None:
    """ev:iam-sigv4-1; UNVERIFIED: what AWS does; ignoring it lets every client sign up."""
    pool = PoolForTest(root)
    body = {"ClientId": pool.client_id, "Username": "a", "Password": "Correct-Horse-9!"}
    answer = wire.ask(call("SignUp", json.dumps(body).encode(), Authorization=authorization))
    assert answer.status == 200


def test_public_operations_ignore_a_foreign_signature(strict: RunningServer, wire: Wire) -> None:
    headers = signed_headers(strict.url, "SignUp", b"[", ("AKIANOBODY", "x"), region="us-east-1")
    assert wire.ask(request(b"[", headers)).error[1] == "SerializationException"
