"""AWS JSON 1.1: good bodies become requests, every other body becomes an error of status 400."""

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.api import json11
from poolhouse.api.json11 import DEEPEST, ConstraintViolations, decode, encode, encode_error
from poolhouse.errors.protocol import SerializationException
from poolhouse.rules.aws.constraints import (
    DocumentPlan,
    ListPlan,
    MapPlan,
    Plan,
    SimplePlan,
    StructurePlan,
    plan_of,
)
from poolhouse.wire import structs as s
from poolhouse.wire.errors import InvalidParameterException, ServiceError, UserNotFoundException
from poolhouse.wire.operations import OPERATIONS

CONFIRM = OPERATIONS["AdminConfirmSignUp"]
GROUP = OPERATIONS["CreateGroup"]
BRANDING = OPERATIONS["CreateManagedLoginBranding"]
USER = {"UserPoolId": "eu-west-1_AbCdEfGhI", "Username": "alice"}

# One of these keeps every constraint on strings that the model has.
EXAMPLES = [
    "a",
    "1",
    "a_1",
    "aa",
    "aaa",
    "a@b",
    "{####}",
    "a" * 20,
    "a" * 24,
    "token" * 8,
    "import-1",
    "Level1",
    "tkn" + "a" * 25,
    "terms-of-use",
    "cognito:default",
    "123456",
    "123456789012",
    "arn:aws:s3:::bucket",
    "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/a_1",
    "4b1d0d0a-5c1e-4f5e-8a5e-0123456789ab",
    "https://apps.example/clients",
    base64.b64encode(b"image").decode(),
]


def example(plan: Plan, *, full: bool) -> Any:
    """A value that keeps the model: required members alone, or all of them."""
    match plan:
        case StructurePlan(members):
            return {m.key: example(m.plan, full=full) for m in members if full or m.required}
        case ListPlan(element, sizes):
            one = [example(element, full=full)]
            return [] if not full and all(each.holds([]) for each in sizes) else one
        case MapPlan(key, value):
            return {example(key, full=full): example(value, full=full)}
        case DocumentPlan():
            return {"any": [1, None, {"thing": True}]}
        case SimplePlan(json=kind, constraints=constraints, fits=fits):
            words = [c.text.rpartition("[")[2][:-1].split(", ")[0] for c in constraints]  # of enums
            candidates: list[Any] = [True, 0, 1, 3, 6, 86_400, 1.5, *EXAMPLES, *words]
            legal = [each for each in candidates if type(each) is kind and fits(each)]
            return next(each for each in legal if all(c.holds(each) for c in constraints))


def refusal(operation: str, body: bytes) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        decode(OPERATIONS[operation], body)
    assert refused.value.status == 400
    assert refused.value.text
    return refused.value


@pytest.mark.parametrize("full", [False, True], ids=["required members", "all members"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_valid_request_survives_round_trip(name: str, full: bool) -> None:
    operation = OPERATIONS[name]
    request = example(plan_of(operation.request), full=full)
    decoded = decode(operation, json.dumps(request).encode())
    assert type(decoded) is operation.request
    assert json.loads(encode(decoded)) == request


@pytest.mark.parametrize("name", OPERATIONS)
def test_missing_required_members_are_named(name: str) -> None:
    operation = OPERATIONS[name]
    required = [m.name for m in plan_of(operation.request).members if m.required]
    if not required:
        assert type(decode(operation, b"")) is operation.request
        return
    sentence = refusal(name, b"{}").text
    plural = "" if len(required) == 1 else "s"
    assert sentence.startswith(f"{len(required)} validation error{plural} detected: ")
    assert all(f"at '{member}' failed" in sentence for member in required)


def test_admin_confirm_sign_up_is_decoded() -> None:
    body = json.dumps({**USER, "ClientMetadata": {"plan": "gold"}}).encode()
    request = decode(CONFIRM, body)
    assert isinstance(request, s.AdminConfirmSignUpRequest)
    assert (request.UserPoolId, request.Username) == ("eu-west-1_AbCdEfGhI", "alice")
    assert request.ClientMetadata == {"plan": "gold"}


def test_null_is_an_absent_member_and_unknown_members_are_ignored() -> None:
    body = {**USER, "ClientMetadata": None, "AddedNextYear": {"deep": [1, 2]}}
    request = decode(CONFIRM, json.dumps(body).encode())
    assert json.loads(encode(request)) == USER


def test_duplicate_member_takes_last_value() -> None:
    body = b'{"UserPoolId":"a_1","Username":"first","Username":"second"}'
    assert decode(CONFIRM, body) == s.AdminConfirmSignUpRequest(UserPoolId="a_1", Username="second")


def test_constraint_violation_is_invalid_parameter_exception() -> None:
    """Sentence and code as in anomalyco/guide#127, on this operation."""
    error = refusal("AdminConfirmSignUp", b'{"UserPoolId":"POOL","Username":"admin@example.com"}')
    assert isinstance(error, ConstraintViolations)
    assert json.loads(encode_error(error)) == {
        "__type": "InvalidParameterException",
        "message": "1 validation error detected: Value 'POOL' at 'userPoolId' failed to satisfy "
        r"constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+",
    }


def test_operations_declare_invalid_parameter_exception() -> None:
    assert all(InvalidParameterException in each.errors for each in OPERATIONS.values())


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("no JSON", b"x"),
        ("cut short", b'{"UserPoolId":"a_1"'),
        ("trailing characters", b'{"UserPoolId":"a_1","Username":"a"}x'),
        ("blanks alone", b"  "),
        ("a form", b"UserPoolId=a_1&Username=a"),
        ("a list", b"[]"),
        ("a string", b'"a"'),
        ("a number", b"1"),
        ("null", b"null"),
        ("a byte order mark", b'\xef\xbb\xbf{"UserPoolId":"a_1","Username":"a"}'),
        ("UTF-16", '{"UserPoolId":"a_1","Username":"a"}'.encode("utf-16")),
        ("invalid UTF-8", b'{"UserPoolId":"a_1","Username":"\xff"}'),
        ("overlong UTF-8", b'{"UserPoolId":"a_1","Username":"\xc0\xae"}'),
        ("a surrogate in UTF-8", b'{"UserPoolId":"a_1","Username":"\xed\xa0\x80"}'),
        ("a lone surrogate", rb'{"UserPoolId":"a_1","Username":"\ud800"}'),
        ("a raw NUL", b'{"UserPoolId":"a_1","Username":"\x00"}'),
        ("a NUL in a member", rb'{"UserPoolId":"a_1","Username":"a","X":"\u0000"}'),
        ("a NUL in a key", rb'{"UserPoolId":"a_1","Username":"a","ClientMetadata":{"\u0000":""}}'),
        ("not a number", b'{"UserPoolId":"a_1","Username":NaN}'),
        ("a number too large", b'{"UserPoolId":"a_1","Username":1e999}'),
        ("a number too long", b'{"UserPoolId":"a_1","Username":' + b"9" * 5000 + b"}"),
        ("too deep", b'{"UserPoolId":"a_1","Username":"a","X":' + b"[" * 100_000),
        ("too deep, whole", b'{"Username":"a","X":' + b"[" * 9999 + b"]" * 9999 + b"}"),
        ("a wrong value, then a right one", b'{"UserPoolId":1,"UserPoolId":"a_1","Username":"a"}'),
    ],
)
def test_malformed_json_is_serialization_exception(kind: str, body: bytes) -> None:
    assert isinstance(refusal("AdminConfirmSignUp", body), SerializationException)


MANY = {
    "empty objects in a list": b'{"ClientId":"a","Username":"b","UserAttributes":[%b]}'
    % b",".join([b"{}"] * 60_000),
    "unknown members": b"{%b}" % b",".join(b'"%d":1' % n for n in range(20_000)),
    "entries of a map": b'{"ClientId":"a","Username":"b","ClientMetadata":{%b}}'
    % b",".join(b'"%d":""' % n for n in range(20_000)),
    "lists in lists": b'{"x":[%b]}' % b",".join([b"[[]]"] * 20_000),
    "nulls": b'{"ClientMetadata":{"x":null},"x":[%b]}' % b",".join([b"null"] * 40_000),
}


@pytest.mark.parametrize("kind", MANY)
def test_decode_too_many_values_is_refused_before_they_are_made(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """60,000 empty objects would hold the event loop for 0.68 seconds."""
    for name in ("_decoder", "_decode_anything"):
        monkeypatch.setattr(json11, name, None)
    error = refusal("SignUp", MANY[kind])
    assert isinstance(error, SerializationException)
    assert error.text == f"The request body has more than {json11.MOST_VALUES} values."


def test_decode_punctuation_in_strings_is_no_value() -> None:
    """A template or a document in a string may hold any number of commas and brackets."""
    text = '\\",[{' * 20_000
    body = json.dumps({**USER, "ClientMetadata": {"document": text}}).encode()
    request = decode(CONFIRM, body)
    assert isinstance(request, s.AdminConfirmSignUpRequest)
    assert request.ClientMetadata == {"document": text}


@pytest.mark.parametrize("values", [json11.MOST_VALUES - 8, json11.MOST_VALUES + 8])
def test_decode_number_of_values_is_exact_to_a_few(values: int) -> None:
    body = json.dumps({**USER, "X": [0] * values}).encode()
    if values < json11.MOST_VALUES:
        assert decode(CONFIRM, body)
    else:
        assert isinstance(refusal("AdminConfirmSignUp", body), SerializationException)


def test_decode_violation_logs_the_member_and_no_value() -> None:
    body = b'{"ClientId":"a","Username":"b","ConfirmationCode":"code at MARKER"}'
    error = refusal("ConfirmSignUp", body)
    assert error.reason == "confirmationCode: Member must satisfy regular expression pattern"


def test_decode_violation_of_a_length_gives_the_log_its_limit() -> None:
    error = refusal("ConfirmSignUp", b'{"ClientId":"","Username":"b","ConfirmationCode":"1"}')
    assert (error.reason or "").partition("; ")[0] == (
        "clientId: Member must have length greater than or equal to 1"
    )


def test_escaped_backslash_before_u0000_is_not_nul() -> None:
    body = rb'{"UserPoolId":"a_1","Username":"a","ClientMetadata":{"path":"C:\\u0000"}}'
    request = decode(CONFIRM, body)
    assert isinstance(request, s.AdminConfirmSignUpRequest)
    assert request.ClientMetadata == {"path": r"C:\u0000"}
    with pytest.raises(SerializationException):
        decode(CONFIRM, body.replace(rb"\\u0000", rb"\\\u0000"))


def test_document_nested_too_deeply_is_refused() -> None:
    def nested(levels: int) -> bytes:
        inside = b'{"a":' * levels + b"1" + b"}" * levels
        return b'{"UserPoolId":"a_1","ClientId":"a","Settings":' + inside + b"}"

    assert decode(BRANDING, nested(DEEPEST - 2))
    assert isinstance(
        refusal("CreateManagedLoginBranding", nested(DEEPEST)), SerializationException
    )


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (b"2147483648", SerializationException),  # wider than Java's int
        (b"1.5", SerializationException),
        (b"-1", ConstraintViolations),
        (b"-99999999999999999999999", ConstraintViolations),
    ],
)
def test_number_out_of_range_is_refused(number: bytes, error: type[ServiceError]) -> None:
    body = b'{"UserPoolId":"a_1","GroupName":"g","Precedence":' + number + b"}"
    assert isinstance(refusal("CreateGroup", body), error)


def test_number_beyond_float_in_unknown_member_is_ignored() -> None:
    """Members that the model doesn't know are ignored, whatever else is wrong."""
    error = refusal("GetGroup", b'{"Nobody":[1e400],"GroupName":"g"}')
    assert isinstance(error, ConstraintViolations)
    nulls = b'{"UserPoolId":"a_1","Username":"b","ClientMetadata":{"c":null},"a":1e400}'
    assert decode(OPERATIONS["AdminConfirmSignUp"], nulls)
    body = b'{"UserPoolId":"a_1","GroupName":"g","Precedence":1e400}'
    assert isinstance(refusal("CreateGroup", body), SerializationException)


@pytest.mark.parametrize("moment", [b"1796000000", b"1796000000.5", b"-1", b"0"])
def test_decode_moment_is_a_number_of_seconds(moment: bytes) -> None:
    body = b'{"UserPoolId":"a_1","RestoreTimestamp":' + moment + b"}"
    request = decode(OPERATIONS["InitiatePointInTimeRecovery"], body)
    assert isinstance(request, s.InitiatePointInTimeRecoveryRequest)
    assert request.RestoreTimestamp == float(moment)


@pytest.mark.parametrize("moment", [b'"2026-11-30"', b"true", b"1e400", b"9" * 400, b"{}"])
def test_decode_moment_that_is_no_number_is_refused(moment: bytes) -> None:
    body = b'{"UserPoolId":"a_1","RestoreTimestamp":' + moment + b"}"
    assert isinstance(refusal("InitiatePointInTimeRecovery", body), SerializationException)


def test_blob_is_base64_on_the_wire() -> None:
    body = b'{"UserPoolId":"a_1","ImageFile":"aW1hZ2U="}'
    request = decode(OPERATIONS["SetUICustomization"], body)
    assert isinstance(request, s.SetUICustomizationRequest)
    assert request.ImageFile == b"image"
    assert json.loads(encode(request))["ImageFile"] == "aW1hZ2U="
    error = refusal("SetUICustomization", body.replace(b"=", b"?"))
    assert isinstance(error, SerializationException)


def test_missing_output_shape_is_empty_body_and_empty_one_is_braces() -> None:
    """Source: reference on requests and success responses."""
    assert OPERATIONS["AdminDeleteUser"].response is None
    assert encode(None) == b""
    assert encode(s.AdminConfirmSignUpResponse()) == b"{}"


def test_unset_members_are_absent_and_false_is_not() -> None:
    delivery = s.CodeDeliveryDetailsType(Destination="a***@b***")
    response = s.SignUpResponse(UserConfirmed=False, UserSub="1", CodeDeliveryDetails=delivery)
    assert json.loads(encode(response)) == {
        "UserConfirmed": False,
        "UserSub": "1",
        "CodeDeliveryDetails": {"Destination": "a***@b***"},
    }


def test_error_has_code_and_message() -> None:
    class UserDoesNotExist(UserNotFoundException):
        message = "User does not exist."

    assert json.loads(encode_error(UserDoesNotExist())) == {
        "__type": "UserNotFoundException",
        "message": "User does not exist.",
    }
    assert json.loads(encode_error(UserNotFoundException())) == {"__type": "UserNotFoundException"}


def test_invalid_parameter_can_have_reason_code() -> None:
    error = InvalidParameterException(reason_code="WHY")
    assert json.loads(encode_error(error)) == {
        "__type": "InvalidParameterException",
        "reasonCode": "WHY",
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=4), inside, max_size=3)
    ),
    max_leaves=6,
)


@given(name=st.sampled_from(sorted(OPERATIONS)), body=st.binary(max_size=60))
def test_random_bytes_are_refused_with_a_client_error(name: str, body: bytes) -> None:
    try:
        decode(OPERATIONS[name], body)
    except ServiceError as error:
        assert error.status == 400
        assert json.loads(encode_error(error))["message"]


@given(name=st.sampled_from(sorted(OPERATIONS)), at=st.integers(0), flipped=st.binary(max_size=3))
def test_damaged_requests_are_refused_with_a_client_error(
    name: str, at: int, flipped: bytes
) -> None:
    body = json.dumps(example(plan_of(OPERATIONS[name].request), full=True)).encode()
    at %= len(body)
    try:
        decode(OPERATIONS[name], body[:at] + flipped + body[at + len(flipped) :])
    except ServiceError as error:
        assert error.status == 400
        assert json.loads(encode_error(error))["message"]


@given(name=st.sampled_from(sorted(OPERATIONS)), data=st.data())
def test_violation_message_and_decoder_agree(name: str, data: st.DataObject) -> None:
    """Members with values of any kind: either all is well, or the error says what is not."""
    plan = plan_of(OPERATIONS[name].request)
    request = example(plan, full=data.draw(st.booleans()))
    for member in data.draw(st.lists(st.sampled_from(plan.members), max_size=3)):
        request[member.key] = data.draw(JSON)
    try:
        decode(OPERATIONS[name], msgspec.json.encode(request))
    except ServiceError as error:
        assert error.status == 400
        assert "appears twice" not in error.text


def test_null_in_a_map_is_an_absent_entry() -> None:
    """amazon-cognito-identity-js sends DEVICE_KEY so where it has none."""
    body = {
        "ClientId": "1example23456789",
        "AuthFlow": "REFRESH_TOKEN_AUTH",
        "AuthParameters": {"REFRESH_TOKEN": "token", "DEVICE_KEY": None},
        "ClientMetadata": None,
    }
    request = decode(OPERATIONS["InitiateAuth"], json.dumps(body).encode())
    assert isinstance(request, s.InitiateAuthRequest)
    assert request.AuthParameters == {"REFRESH_TOKEN": "token"}


@pytest.mark.parametrize("name", ["ClientId", "AuthFlow"])
def test_null_is_no_value_of_a_required_member(name: str) -> None:
    body = {"ClientId": "1example23456789", "AuthFlow": "REFRESH_TOKEN_AUTH", name: None}
    with pytest.raises(ConstraintViolations):
        decode(OPERATIONS["InitiateAuth"], json.dumps(body).encode())
