"""The generated wire equals the API model, and its structs keep what they hold to themselves."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import botocore
import msgspec
import pytest
from rich.pretty import pretty_repr

from poolhouse.wire import enums, errors, structs
from poolhouse.wire.operations import OPERATIONS, Caller

ROOT = Path(__file__).resolve().parent.parent
MODEL = json.loads(
    gzip.decompress(
        (
            Path(botocore.__file__).parent / "data/cognito-idp/2016-04-18/service-2.json.gz"
        ).read_bytes()
    )
)
SHAPES = MODEL["shapes"]


def test_wire_files_equal_the_generators_output() -> None:
    command = [sys.executable, "tools/gen_wire.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_operations_table_has_every_operation_of_the_model() -> None:
    assert set(OPERATIONS) == set(MODEL["operations"])
    for name, operation in MODEL["operations"].items():
        row = OPERATIONS[name]
        assert row.name == name
        assert row.request.__name__ == operation["input"]["shape"]
        assert (row.response and row.response.__name__) == operation.get("output", {}).get("shape")
        assert {each.code for each in row.errors} == {e["shape"] for e in operation["errors"]}


def test_structs_have_the_members_of_the_model() -> None:
    for name, shape in SHAPES.items():
        if shape["type"] != "structure" or shape.get("exception") or shape.get("document"):
            continue
        struct = getattr(structs, name)
        required = {f.name for f in msgspec.structs.fields(struct) if f.required}
        assert struct.__struct_fields__ == tuple(shape["members"])
        assert required == set(shape.get("required", ()))


def test_enumerations_have_the_values_of_the_model_in_order() -> None:
    for name, shape in SHAPES.items():
        if "enum" in shape:
            assert [str(each) for each in getattr(enums, name)] == shape["enum"]


def test_client_errors_are_400_and_faults_500() -> None:
    for name, shape in SHAPES.items():
        if shape.get("exception"):
            error = getattr(errors, name)
            assert error.code == name
            assert error.status == (500 if shape.get("fault") else 400)


@pytest.mark.parametrize(
    ("caller", "operations"),
    [
        (Caller.IAM, {"AdminConfirmSignUp", "CreateUserPool", "ListUsers", "TagResource"}),
        (Caller.ACCESS_TOKEN, {"GetUser", "ChangePassword", "GetDevice", "ForgetDevice"}),
        (Caller.ACCESS_TOKEN_OR_SESSION, {"AssociateSoftwareToken", "VerifySoftwareToken"}),
        (
            Caller.APP_CLIENT,
            {
                "SignUp",
                "ConfirmSignUp",
                "ResendConfirmationCode",
                "ForgotPassword",
                "ConfirmForgotPassword",
                "InitiateAuth",
                "RespondToAuthChallenge",
                "RevokeToken",
                "GetTokensFromRefreshToken",
                "GetClientToken",
            },
        ),
        (Caller.IAM_OR_APP_CLIENT, {"GetDerivedToken"}),
        (Caller.FEEDBACK_TOKEN, {"UpdateAuthEventFeedback"}),
    ],
)
def test_operations_table_names_the_callers_credential(
    caller: Caller, operations: set[str]
) -> None:
    """Source: reference on authorization classes."""
    named = {name for name, row in OPERATIONS.items() if row.caller is caller}
    assert operations <= named
    if caller not in (Caller.IAM, Caller.ACCESS_TOKEN):
        assert operations == named


def test_operations_table_requires_signatures_except_for_unsigned_operations() -> None:
    unsigned = {n for n, o in MODEL["operations"].items() if o.get("authtype") == "none"}
    free = {n for n, row in OPERATIONS.items() if row.caller is not Caller.IAM}
    assert free == unsigned | {"GetClientToken", "GetDerivedToken"}


def test_operations_table_names_pool_and_client_members() -> None:
    row = OPERATIONS["AdminInitiateAuth"]
    assert (row.pool_member, row.client_member) == ("UserPoolId", "ClientId")
    row = OPERATIONS["CreateUserPool"]
    assert (row.pool_member, row.client_member) == (None, None)


def test_error_sentence_placeholders_are_filled() -> None:
    class StatusIs(errors.NotAuthorizedException):
        message = "User cannot be confirmed. Current status is {status}"

    error = StatusIs(status="CONFIRMED {not a hole}")
    assert str(error) == error.text
    assert error.text == "User cannot be confirmed. Current status is CONFIRMED {not a hole}"


def test_struct_repr_hides_values() -> None:
    request = structs.AdminConfirmSignUpRequest(
        UserPoolId="eu-west-1_AbCdEfGhI", Username="alice", ClientMetadata={"key": "secret"}
    )
    assert repr(request) == "AdminConfirmSignUpRequest(UserPoolId, Username, ClientMetadata)"
    assert repr([structs.AdminGetUserRequest(UserPoolId="a_b", Username="alice")]) == (
        "[AdminGetUserRequest(UserPoolId, Username)]"
    )
    shown = pretty_repr(request)
    assert "Username" in shown
    assert not {"alice", "secret", "eu-west-1_AbCdEfGhI"} & set(shown.replace("'", " ").split())


def test_timestamps_are_seconds_with_a_fraction() -> None:
    """1470957431.965 as in the developer guide (cognito-user-pools-creating-import-job)."""
    group = structs.GroupType(GroupName="g", CreationDate=1470957431.965)
    assert msgspec.json.encode(group) == b'{"GroupName":"g","CreationDate":1470957431.965}'
