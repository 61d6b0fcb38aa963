"""`GET /metrics`: what Prometheus gathers."""

import asyncio
import re
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.wire_client import Wire, call, request

from poolhouse import metrics
from poolhouse.app import App
from poolhouse.http.messages import IncomingRequest
from poolhouse.server.operator_port import OperatorPages, Verdict

PATTERN = re.compile(r"^(?P<name>[a-z_]+)(?:\{(?P<labels>.*)\})? (?P<value>[0-9.e+-]+)$")


async def verdict_of(app: App) -> Verdict:
    return app.readiness.verdict


async def exposition() -> bytes:
    return metrics.exposition()


def samples(server: RunningServer) -> dict[str, float]:
    """Every sample, by its name and labels as they are written."""
    pages = OperatorPages(server.run(verdict_of), exposition)
    asked = IncomingRequest(None, False)
    asked.method, asked.path = "GET", "/metrics"
    answer = asyncio.run(pages.answer(asked))
    assert answer.status == 200
    assert answer.headers == [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")]
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


def test_metrics_unknown_targets_add_no_series(strict: RunningServer) -> None:
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
    from support.functions_server import FunctionError, arn

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


def test_metrics_by_unauthenticated_client_are_not_found(strict: RunningServer) -> None:
    """They tell how many users sign in, and who fails at what."""
    with Wire(strict.port) as wire:
        assert wire.ask(request(b"", line="GET /metrics HTTP/1.1"), "GET").status == 404


def test_metrics_in_dev_mode_are_shown(dev: RunningServer) -> None:
    """No other machine reaches it, and every caller is an administrator."""
    with Wire(dev.port) as wire:
        answer = wire.ask(request(b"", line="GET /metrics HTTP/1.1"), "GET")
    assert answer.status == 200
    assert b"poolhouse_requests_total" in answer.body


def test_sign_up_while_counting_fails_succeeds(
    strict: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is finished must not be answered as a failure because it couldn't be counted."""
    pool = PoolForTest(strict.client())

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(metrics._requests, "add", fail)
    monkeypatch.setattr(metrics._groups, "add", fail)
    pool.sign_up("uncounted")


def test_added_snapshots_sum_samples_of_same_labels() -> None:
    """A worker that has not seen an outcome has no sample of it."""
    one = metrics.Family("a", "counter", "A.", [("a_total", {"o": "x"}, 1.0)])
    other = metrics.Family("a", "counter", "A.", [("a_total", {"o": "x"}, 2.0)])
    more = metrics.Family("a", "counter", "A.", [("a_total", {"o": "y"}, 4.0)])
    assert metrics.exposition_of(metrics.added([[one], [other], [more]])) == (
        b'# HELP a_total A.\n# TYPE a_total counter\na_total{o="x"} 3.0\na_total{o="y"} 4.0\n'
    )


def test_histogram_has_the_samples_that_the_prometheus_client_makes() -> None:
    """A value that is equal to a bound belongs below it."""
    registry = CollectorRegistry()
    theirs = Histogram("a", "A.", ["o"], buckets=(1, 2.5), registry=registry)
    ours = metrics._Histogram("a", "A.", (1, 2.5), "o")
    for value, label in ((0.5, "x"), (1.0, "x"), (2.0, "y"), (9.0, "x")):
        theirs.labels(label).observe(value)
        ours.add(value, label)
    lines = generate_latest(registry).decode().splitlines()
    assert metrics.exposition_of([ours.family()]).decode().splitlines() == [
        line for line in lines if "_created" not in line
    ]
