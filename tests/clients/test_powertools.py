"""Our trigger events in the parser that functions on AWS use: Powertools for AWS Lambda."""

import json
import subprocess

import pytest
from support.golden_events import GOLDENS
from support.golden_parts import Golden
from support.programs import node_clients, program


@pytest.fixture(scope="module")
def refused() -> dict[str, set[str]]:
    """What the parser refuses in each event, by the event's name."""
    done = subprocess.run(
        [program("node"), "trigger_events.mjs"],
        cwd=node_clients(),
        input=json.dumps([[golden.schema, golden.event] for golden in GOLDENS]),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    return {golden.name: set(paths) for golden, paths in zip(GOLDENS, answers, strict=True)}


@pytest.mark.parametrize("golden", GOLDENS, ids=[golden.name for golden in GOLDENS])
def test_powertools_parser_accepts_trigger_event(
    refused: dict[str, set[str]], golden: Golden
) -> None:
    """It refuses nothing but what logged events of AWS have as well: see `golden_events`."""
    assert refused[golden.name] == golden.beyond
