"""Members of requests that the API model doesn't know are ignored, and logged once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.captured_logs import capture_logs as capture_own_logs
from support.running_server import ROOT_KEY, running
from support.served_pools import PoolForTest
from support.store_contents import eventually
from support.wire_client import Wire, call, request, signed_headers

from poolhouse.api.unknown_members import LONGEST_BODY, LONGEST_NAME, MOST_NAMES, UnknownMembers
from poolhouse.rules.aws.constraints import ListPlan, MapPlan, Plan, StructurePlan, plan_of
from poolhouse.wire.operations import OPERATIONS

SECRET = "value-MARKER"
OPERATION = OPERATIONS["AdminConfirmSignUp"]


def logged_members(watching: UnknownMembers, operation: str, *bodies: bytes) -> list[str]:
    with capture_own_logs() as logged:
        for body in bodies:
            watching.log_new(OPERATIONS[operation], body, "request-1")
    assert {each["event"] for each in logged} <= {"unknown member ignored"}
    assert SECRET not in str(logged)
    return [each["member"] for each in logged if each["operation"] == operation]


def full(plan: Plan) -> Any:
    """A value with every member that the model has; only structures, lists and maps matter."""
    match plan:
        case StructurePlan(members):
            return {member.key: full(member.plan) for member in members}
        case ListPlan(element):
            return [full(element)]
        case MapPlan(_, value):
            return {"key": full(value)}
        case _:
            return {"any": [None, 1.5, "x"]}


def extended(plan: Plan, path: str = "") -> Iterator[tuple[str, Any]]:
    """Full values that have one unknown member each, in one structure after the other."""
    match plan:
        case StructurePlan(members):
            yield f"{path}Future", {**full(plan), "Future": SECRET}
            for member in members:
                for name, inner in extended(member.plan, f"{path}{member.key}."):
                    yield name, {**full(plan), member.key: inner}
        case ListPlan(element):
            for name, inner in extended(element, path):
                yield name, [full(element), inner]
        case MapPlan(_, value):
            for name, inner in extended(value, path):
                yield name, {"key": full(value), "other": inner}


@pytest.mark.parametrize("name", OPERATIONS)
def test_unknown_member_is_found_in_every_structure_of_a_request(name: str) -> None:
    plan = plan_of(OPERATIONS[name].request)
    assert logged_members(UnknownMembers(), name, json.dumps(full(plan)).encode(), b"{}", b"") == []
    for member, body in extended(plan):
        assert logged_members(UnknownMembers(), name, json.dumps(body).encode()) == [member]


def test_unknown_member_is_logged_once_per_operation() -> None:
    watching = UnknownMembers()
    body = json.dumps({"Username": "alice", "Future": SECRET, "Other": {"a": SECRET}}).encode()
    assert logged_members(watching, "AdminConfirmSignUp", body, body) == ["Future", "Other"]
    other_first = b'{"Other":1,"Third":2}'
    assert logged_members(watching, "AdminConfirmSignUp", other_first, body) == ["Third"]
    assert logged_members(watching, "AdminGetUser", body) == ["Future", "Other"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b"\xff", b'{"UserPoolId":3}', b'{"Username":null}', b"[" * 50_000],
)
def test_body_that_is_no_good_request_is_passed_over(body: bytes) -> None:
    assert logged_members(UnknownMembers(), "AdminConfirmSignUp", body) == []
    assert (
        logged_members(UnknownMembers(), "CreateUserPool", b'{"Schema":[null],"PoolName":3}') == []
    )


def test_names_of_unknown_members_are_bounded_and_harmless() -> None:
    watching = UnknownMembers()
    bodies = [json.dumps({f"{n}\n\x1b[31m{'x' * 999}": SECRET}).encode() for n in range(1_000)]
    found = logged_members(watching, "SignUp", *bodies)
    assert len(found) == MOST_NAMES
    assert {len(name) for name in found} == {LONGEST_NAME}
    assert all(name.replace("-", "").replace("?", "").isalnum() for name in found)
    # The others are watched all the same.
    assert logged_members(watching, "AdminGetUser", b'{"Future":1}') == ["Future"]


def test_unknown_members_of_one_request_are_bounded() -> None:
    body = json.dumps({f"Future{n}": n for n in range(1_000)}).encode()
    found = logged_members(UnknownMembers(), "SignUp", body, body)
    assert found == [f"Future{n}" for n in range(MOST_NAMES)]


def test_long_body_is_passed_over() -> None:
    body = json.dumps({"Future": "x" * LONGEST_BODY}).encode()
    assert logged_members(UnknownMembers(), "SignUp", body) == []


@pytest.mark.parametrize(("level", "lines"), [("info", 2), ("warning", 0)])
def test_request_with_an_unknown_member_is_answered_and_logged_once(
    tmp_path: Path, level: str, lines: int
) -> None:
    """By an app client and by an administrator, whether the request is refused or not."""
    with running(tmp_path, log_level=level) as server, Wire(server.port) as wire:
        pool = PoolForTest(server.client())
        pool.sign_up()
        known = {"UserPoolId": pool.id, "Username": "alice"}
        body = json.dumps({**known, "Future": {"Key": SECRET}}).encode()
        no_password = json.dumps({"ClientId": pool.client_id, "Newer": SECRET}).encode()
        with capture_logs() as logged:
            for _ in range(2):
                headers = signed_headers(server.url, "AdminGetUser", body, ROOT_KEY)
                answer = wire.ask(request(body, headers))
                assert (answer.status, answer.json["Username"]) == (200, "alice")
                assert wire.ask(call("SignUp", no_password)).status == 400
            eventually(lambda: level == "warning" or len(logged) >= lines)
        found = [each for each in logged if each["event"] == "unknown member ignored"]
    assert sorted((each["operation"], each["member"]) for each in found) == (
        [("AdminGetUser", "Future"), ("SignUp", "Newer")] if lines else []
    )
    assert all(each["log_level"] == "info" and each["request_id"] for each in found)
    assert SECRET not in str(logged)
