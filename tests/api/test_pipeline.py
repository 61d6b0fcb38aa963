"""From the bytes of a call to the bytes of its answer.

Evidence: ev:users-1.1, ev:users-1.2, ev:users-1.4.
"""

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from support.running_server import ROOT_KEY, RunningServer
from support.served_pools import PoolForTest
from support.wire_client import CONTENT_TYPE, TARGET, Answer, Wire, call, request, signed_headers

from poolhouse.operations.registry import TABLE
from poolhouse.wire.operations import OPERATIONS

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
UNKNOWN = (400, "UnknownOperationException", None)


@pytest.fixture
def pool(root: Any) -> PoolForTest:
    return PoolForTest(root)


def signed(server: RunningServer, operation: str, **members: Any) -> bytes:
    body = json.dumps(members).encode()
    return request(body, signed_headers(server.url, operation, body, ROOT_KEY))


def sign_up(pool: PoolForTest, **members: Any) -> bytes:
    given = {"ClientId": pool.client_id, "Username": "alice", "Password": "Correct-Horse-9!"}
    return call("SignUp", json.dumps(given | members).encode())


# --- Answers --------------------------------------------------------------------------------


def test_success_is_200_with_the_content_type_a_request_id_and_the_date(
    wire: Wire, pool: PoolForTest
) -> None:
    answer = wire.ask(sign_up(pool))
    assert answer.status == 200
    assert answer.header("content-type") == CONTENT_TYPE
    assert re.fullmatch(UUID, answer.header("x-amzn-requestid") or "")
    assert answer.header("content-length") == str(len(answer.body))
    assert answer.header("x-amzn-errortype") is None
    assert answer.header("x-amzn-errormessage") is None
    assert answer.json.keys() == {"UserConfirmed", "UserSub"}, "unset members are absent, not null"


def test_response_date_is_the_servers_time(wire: Wire) -> None:
    """ev:iam-sigv4-2.5: always a right Date, on errors too."""
    date = parsedate_to_datetime(wire.ask(call("Nope")).header("date") or "")
    assert abs((datetime.now(UTC) - date).total_seconds()) < 60


def test_request_ids_are_unique(wire: Wire) -> None:
    ids = {wire.ask(call("Nope")).header("x-amzn-requestid") for _ in range(5)}
    assert len(ids) == 5


def test_output_without_members_is_empty_object(
    wire: Wire, strict: RunningServer, pool: PoolForTest
) -> None:
    pool.sign_up()
    answer = wire.ask(signed(strict, "AdminConfirmSignUp", UserPoolId=pool.id, Username="alice"))
    assert (answer.status, answer.body) == (200, b"{}")


@pytest.mark.parametrize("operation", ["AdminDeleteUser", "DeleteUserPoolClient", "DeleteUserPool"])
def test_operation_without_output_returns_empty_body(
    wire: Wire, strict: RunningServer, pool: PoolForTest, operation: str
) -> None:
    pool.sign_up()
    more = {
        "AdminDeleteUser": {"Username": "alice"},
        "DeleteUserPoolClient": {"ClientId": pool.client_id},
    }
    answer = wire.ask(signed(strict, operation, UserPoolId=pool.id, **more.get(operation, {})))
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("content-length") == "0"
    assert answer.header("content-type") == CONTENT_TYPE


def test_timestamps_are_numbers_with_milliseconds(
    wire: Wire, strict: RunningServer, pool: PoolForTest
) -> None:
    """ev:users-1.1: `1470957431.965`."""
    pool.sign_up()
    answer = wire.ask(signed(strict, "AdminGetUser", UserPoolId=pool.id, Username="alice"))
    created = re.search(rb'"UserCreateDate":([^,}]+)', answer.body)
    assert created is not None
    assert re.fullmatch(rb"1?\d{9}(\.\d{1,3})?", created[1]), created[1]


# --- Errors ---------------------------------------------------------------------------------


def test_error_has_code_and_message_in_body_and_headers(wire: Wire, pool: PoolForTest) -> None:
    wire.ask(sign_up(pool))
    answer = wire.ask(sign_up(pool))
    assert answer.error == (400, "UsernameExistsException", "User already exists")
    assert answer.body == b'{"__type":"UsernameExistsException","message":"User already exists"}'
    assert answer.header("x-amzn-errormessage") == "User already exists"
    assert not answer.closes


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Amz-Target": ""},
        {"X-Amz-Target": "."},
        {"X-Amz-Target": "SignUp"},
        {"X-Amz-Target": ".SignUp"},
        {"X-Amz-Target": "AWSCognitoIdentityService.GetId"},
        {"X-Amz-Target": f"{TARGET}SignUp.SignUp"},
        {"X-Amz-Target": f"{TARGET}signUp"},
        {"X-Amz-Target": f"{TARGET}SignUpé"},
        {"X-Amz-Target": f"{TARGET}__class__"},
        {"X-Amz-Target": TARGET + "A" * 10_000},
    ],
)
def test_unknown_target_is_unknown_operation(wire: Wire, headers: dict[str, str]) -> None:
    answer = wire.ask(request(b"{}", headers))
    assert answer.error == UNKNOWN
    assert answer.header("x-amzn-errormessage") is None, "AWS sends the code alone"


def test_operation_that_is_not_built_is_unknown(wire: Wire) -> None:
    """Never an empty success."""
    missing = OPERATIONS.keys() - TABLE.keys()
    answers = {name: wire.ask(call(name)).error for name in missing}
    assert {name for name, error in answers.items() if error != UNKNOWN} == set()


def test_operation_that_is_built_is_known(wire: Wire) -> None:
    answers = {name: wire.ask(call(name, b"[]")).error for name in TABLE}
    assert {code for _, code, _ in answers.values()} == {
        "MissingAuthenticationTokenException",
        "SerializationException",
    }


@pytest.mark.parametrize(
    "content_type",
    [None, "application/json", "application/x-amz-json-1.0", "text/plain", "", "\xff/;"],
)
def test_content_type_is_ignored(wire: Wire, pool: PoolForTest, content_type: str | None) -> None:
    """UNVERIFIED: AWS's router may answer UnknownOperationException to another type than its own.

    The target alone says what is meant, and a page elsewhere can't set that header unasked.
    """
    headers = {"X-Amz-Target": f"{TARGET}SignUp"}
    if content_type is not None:
        headers["Content-Type"] = content_type
    body = sign_up(pool).partition(b"\r\n\r\n")[2]
    answer = wire.ask(request(body, headers))
    assert answer.status == 200
    assert answer.header("content-type") == CONTENT_TYPE


# --- Bodies ---------------------------------------------------------------------------------

NOT_JSON = [
    b"{",
    b"}",
    b"nonsense",
    b"{'ClientId': 'a'}",
    b'{"ClientId": "a",}',
    b'{"ClientId": NaN}',
    b"\xef\xbb\xbf{}",
    b"\x00",
    b"{}{}",
    b'{"ClientId":"\xff\xfe"}',
    b'{"ClientId":"\xed\xa0\x80"}',  # a surrogate, encoded
    b'{"ClientId":"\\ud800"}',
    b'{"ClientId":"\\udc00\\ud800"}',
    b'{"ClientId":"abc","Username":"u","ClientMetadata":{"\\u0000":"x"}}',
    b'{"ClientId":"a\x01b"}',
    b'{"ClientId":"a","Username":"b","Unknown":"\xed\xa0\x80' + b"[" * 101 + b'"}',
    b"[" * 60_000,
    b'{"ClientMetadata":' * 3_000,
    b"[]",
    b"null",
    b'"text"',
    b"12",
    b"1e999",
    b'{"ClientId":{}}',
    b'{"ClientId":12}',
    b'{"UserAttributes":{"Name":"email"}}',
    b'{"ClientMetadata":[]}',
    b'{"ClientMetadata":{"a":1}}',
]


@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:40]))
def test_malformed_body_is_serialization_exception(wire: Wire, body: bytes) -> None:
    status, code, sentence = wire.ask(call("SignUp", body)).error
    assert (status, code) == (400, "SerializationException")
    assert sentence


def test_empty_body_is_empty_request(wire: Wire) -> None:
    _, code, sentence = wire.ask(call("SignUp", b"")).error
    assert code == "InvalidParameterException"
    assert sentence == (
        "2 validation errors detected: Value at 'clientId' failed to satisfy constraint: Member"
        " must not be null; Value at 'username' failed to satisfy constraint: Member must not be"
        " null"
    )


def test_duplicate_member_takes_last_value(wire: Wire, pool: PoolForTest) -> None:
    """As in most JSON parsers; nothing in front of us may have decided on the first."""
    body = sign_up(pool).partition(b"\r\n\r\n")[2]
    twice = body.replace(b'"Username"', b'"Username": "first", "Username"')
    assert wire.ask(call("SignUp", twice)).status == 200
    names = pool.cognito.list_users(UserPoolId=pool.id)["Users"]
    assert [user["Username"] for user in names] == ["alice"]


def test_unknown_members_are_ignored(wire: Wire, pool: PoolForTest) -> None:
    """A newer SDK may send what this model doesn't know."""
    assert wire.ask(sign_up(pool, Novelty={"deep": [1, None, {}]})).status == 200


def test_deep_document_is_refused_beyond_the_nesting_limit(wire: Wire) -> None:
    for depth, expected in ((60, "ResourceNotFoundException"), (120, "SerializationException")):
        body = b'{"ClientId":"a","Username":"b","X":' + b"[" * depth + b"]" * depth + b"}"
        assert wire.ask(call("SignUp", body)).error[1] == expected


# --- Sentences that repeat what was sent ------------------------------------------------------

ECHOED = [
    "line\r\nX-Injected: yes",
    "feed\nX-Injected: yes",
    "nul\x01\x02\x1b[31m\x7f",
    "next\x85line\u2028\u2029",
    "ümläut ✓ \U0001f600",
    "x" * 5_000,
]


@pytest.mark.parametrize("echoed", ECHOED, ids=lambda text: repr(text[:20]))
def test_quoted_value_stays_inside_error_header(
    wire: Wire, strict: RunningServer, echoed: str
) -> None:
    answer = wire.ask(signed(strict, "CreateUserPool", PoolName=f"{echoed}!"))
    status, code, sentence = answer.error
    assert (status, code) == (400, "InvalidParameterException")
    assert f"Value '{echoed}!' at 'poolName'" in (sentence or ""), "the body has it exactly"
    assert answer.header("x-injected") is None
    header = answer.header("x-amzn-errormessage") or ""
    assert re.fullmatch(r"[ -~]{1,1024}", header), header
    assert re.match(r"[12] validation errors? detected: Value '", header)


def test_line_feed_in_message_is_removed_from_header(wire: Wire, pool: PoolForTest) -> None:
    answer = wire.ask(sign_up(pool, UserAttributes=[{"Name": "custom:a", "Value": "b"}]))
    sentence = (
        "Attributes did not conform to the schema:"
        " custom:a: Attribute does not exist in the schema.\n"
    )
    assert answer.error == (400, "InvalidParameterException", sentence)
    assert answer.header("x-amzn-errormessage") == sentence.strip()


# --- Failures -------------------------------------------------------------------------------


def test_unexpected_exception_is_internal_error_without_detail(
    strict: RunningServer, pool: PoolForTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client hears nothing of it, the log everything but what the client sent."""
    answer, printed = _break("SignUp", strict, pool, monkeypatch)
    assert answer.error == (500, "InternalErrorException", "Internal server error")
    assert b"PASSWORD-MARKER" not in answer.body
    assert len(printed) == 1
    assert printed[0]["request_id"] == answer.header("x-amzn-requestid")
    assert printed[0]["operation"] == "SignUp"
    assert printed[0]["error"] == "ValueError from KeyError"
    assert any("test_pipeline.py" in frame for frame in printed[0]["at"])
    assert "MARKER" not in repr(printed)


def _break(
    operation: str, server: RunningServer, pool: PoolForTest, patch: pytest.MonkeyPatch
) -> tuple[Answer, list[dict[str, Any]]]:
    """Make an operation fail in its depths, call it, and gather what is logged."""
    from structlog.testing import capture_logs

    async def fail(_call: Any, req: Any) -> None:
        secret = req.Password
        try:
            raise KeyError(secret)
        except KeyError as error:
            raise ValueError(f"can't keep {secret}") from error

    patch.setitem(TABLE.entries, operation, TABLE[operation]._replace(handle=fail))
    with capture_logs() as printed, Wire(server.port) as wire:
        answer = wire.ask(sign_up(pool, Password="PASSWORD-MARKER-1!"))
    return answer, [dict(entry) for entry in printed]
