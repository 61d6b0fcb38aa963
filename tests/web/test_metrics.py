"""`GET /metrics`: what Prometheus gathers."""

import re
from typing import Any

from running import RunningServer
from served_pools import PoolForTest
from wire_client import Wire, call, request

PATTERN = re.compile(r"^(?P<name>[a-z_]+)(?:\{(?P<labels>.*)\})? (?P<value>[0-9.e+-]+)$")


def samples(server: RunningServer) -> dict[str, float]:
    """Every sample, by its name and labels as they are written."""
    with Wire(server.port) as wire:
        answer = wire.ask(request(b"", line="GET /metrics HTTP/1.1"), "GET")
    assert answer.status == 200
    assert (answer.header("content-type") or "").startswith("text/plain; version=0.0.4")
    found = {}
    for line in answer.body.decode().splitlines():
        match = PATTERN.match(line)
        if match is not None:
            labels = f"{{{match['labels']}}}" if match["labels"] else ""
            found[match["name"] + labels] = float(match["value"])
    return found


def grown(before: dict[str, float], after: dict[str, float], sample: str) -> float:
    return after[sample] - before.get(sample, 0.0)


def test_calls_are_counted_by_operation_and_outcome(server: RunningServer) -> None:
    pool = PoolForTest(server.client())
    before = samples(server)
    pool.sign_up("first")
    pool.sign_up("second")
    with Wire(server.port) as wire:
        wire.ask(call("SignUp", b"{"))
        wire.ask(call("Nope"))
        wire.ask(call("AdminGetUser"))
    after = samples(server)
    for labels, calls in {
        'operation="SignUp",outcome="ok"': 2,
        'operation="SignUp",outcome="SerializationException"': 1,
        'operation="unknown",outcome="UnknownOperationException"': 1,
        'operation="AdminGetUser",outcome="MissingAuthenticationTokenException"': 1,
    }.items():
        assert grown(before, after, f"poolhouse_requests_total{{{labels}}}") == calls
    assert grown(before, after, 'poolhouse_request_seconds_count{operation="SignUp"}') == 3


def test_what_a_stranger_sends_makes_no_new_series(strict: RunningServer) -> None:
    """A label per unknown target would let anybody fill the memory."""
    with Wire(strict.port) as wire:
        wire.ask(call("Nope"))
        before = samples(strict).keys()
        for number in range(20):
            wire.ask(call(f"Nope{number}"))
            wire.ask(request(b"", line=f"GET /{number} HTTP/1.1"), "GET")
    assert samples(strict).keys() == before


def test_commits_are_counted_by_the_size_of_their_group(server: RunningServer) -> None:
    before = samples(server)
    PoolForTest(server.client())
    after = samples(server)
    assert grown(before, after, "poolhouse_commit_group_sum") >= 2, "a pool and a client"


def test_triggers_are_counted_by_outcome(server: RunningServer, functions: Any) -> None:
    from functions_server import FunctionError, arn

    functions.forget()
    pool = PoolForTest(server.client(), LambdaConfig={"PreSignUp": arn("metered")})
    before = samples(server)
    pool.sign_up("welcome")

    def refuse(_event: dict[str, Any]) -> None:
        raise FunctionError("no")

    functions.answers["PreSignUp_SignUp"] = refuse
    try:
        with Wire(server.port) as wire:
            body = f'{{"ClientId":"{pool.client_id}","Username":"b","Password":"Correct-Horse-9!"}}'
            assert (
                wire.ask(call("SignUp", body.encode())).error[1] == "UserLambdaValidationException"
            )
    finally:
        functions.forget()
    after = samples(server)
    for outcome in ("answered", "refused"):
        sample = f'poolhouse_trigger_seconds_count{{outcome="{outcome}",trigger="PreSignUp"}}'
        assert grown(before, after, sample) == 1
