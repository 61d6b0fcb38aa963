"""The JavaScript clients, in Node: each test of `node/*.test.mjs` is a test here."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from typing import Any, Final

import pytest
from support.functions_server import arn
from support.programs import NODE_CLIENTS, node_clients, program
from support.running_server import ROOT_KEY, RunningServer

FILES: Final = sorted(NODE_CLIENTS.glob("*.test.mjs"))
TESTS: Final = [
    (file.name.removesuffix(".test.mjs"), name)
    for file in FILES
    for name in re.findall(r'^test\("(.+)", async', file.read_text(), re.MULTILINE)
]
Outcomes = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def outcomes(server: RunningServer) -> Outcomes:
    """What came of each test, by name; all of them run at the first question."""
    folder = node_clients()
    done = subprocess.run(
        [
            program("node"),
            "--test",
            "--test-reporter=./outcomes.mjs",
            *(file.name for file in FILES),
        ],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(server.settings.data),
            "ENDPOINT": server.url,
            "REGION": server.settings.home_region,
            "AWS_ACCESS_KEY_ID": ROOT_KEY[0],
            "AWS_SECRET_ACCESS_KEY": ROOT_KEY[1],
            "FUNCTION_ARN": arn("post-confirmation"),
            "CODE": str(server.settings.code),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    reported = [json.loads(line) for line in done.stdout.splitlines()]
    assert reported, done.stderr
    by_name = {outcome["name"]: outcome for outcome in reported}
    assert len(by_name) == len(reported), "two tests have the same name"
    return by_name


@pytest.mark.parametrize(("client", "name"), TESTS)
def test_javascript_test_passes(outcomes: Outcomes, client: str, name: str) -> None:
    assert name in outcomes, f"didn't run: {outcomes}"
    assert outcomes[name]["failure"] is None, outcomes[name]["failure"]
    assert not outcomes[name]["skipped"]


def test_javascript_outcomes_belong_to_a_test(outcomes: Outcomes) -> None:
    """A test that this file doesn't find by its name, or a file that fails as a whole."""
    assert {
        name: outcomes[name]["failure"] for name in outcomes.keys() - {t for _, t in TESTS}
    } == {}


@pytest.mark.parametrize(
    "pool_name", ["pool of the JavaScript SDK", "pool of amazon-cognito-identity-js"]
)
def test_javascript_function_receives_the_client_metadata(
    cognito: Any, outcomes: Outcomes, confirmations: Callable[[str], Any], pool_name: str
) -> None:
    """The same, whether an administrator or the user confirms."""
    pages = cognito.get_paginator("list_user_pools").paginate(MaxResults=60)
    [pool_id] = [
        pool["Id"] for page in pages for pool in page["UserPools"] if pool["Name"] == pool_name
    ]
    [(name, request)] = confirmations(pool_id)
    assert (name, request["clientMetadata"]) == ("alice", {"ticket": "4711"})
