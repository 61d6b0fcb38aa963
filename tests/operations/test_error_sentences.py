"""Every sentence that the operations refuse with, as users meet it: the exact code and words.

The tables are beside this file; the reference's error table and what it takes over from public
reports are their sources. What is refused has changed nothing.
"""

from pathlib import Path
from typing import Any

import pytest
from support.error_cases import Situation, World
from support.functions_server import FunctionsServer
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest

from operations.error_cases import (
    attributes,
    branding,
    client_documents,
    domains,
    lists,
    passwords,
    pools,
    settings,
    sign_up,
)
from poolhouse.errors import auth, protocol, tokens, triggers
from poolhouse.errors import pools as pool_errors
from poolhouse.wire.errors import ServiceError

SITUATIONS: list[Situation] = [
    *sign_up.SITUATIONS,
    *passwords.SITUATIONS,
    *attributes.SITUATIONS,
    *lists.SITUATIONS,
    *pools.SITUATIONS,
    *domains.SITUATIONS,
    *settings.SITUATIONS,
    *branding.SITUATIONS,
    *client_documents.SITUATIONS,
]

RACE = ("operations/test_conflicts.py", "test_call_that_loses_every_race_gets_conflict_error")

ELSEWHERE: dict[type[ServiceError], tuple[str, str]] = {
    tokens.AudienceIsAnotherApp: (
        "operations/test_tokens_derived.py",
        "test_derived_id_token_for_another_app_is_refused",
    ),
    protocol.ChangedMeanwhile: RACE,
    protocol.RateExceeded: RACE,
    protocol.Internal: (
        "api/test_pipeline.py",
        "test_unexpected_exception_is_internal_error_without_detail",
    ),
    auth.EmailRefused: (
        "operations/test_messaging_failures.py",
        "test_refused_email_returns_code_delivery_failure",
    ),
    auth.SmsRefused: (
        "operations/test_messaging_failures.py",
        "test_refused_text_message_returns_code_delivery_failure",
    ),
    pool_errors.QuotaExceeded: (
        "operations/test_groups.py",
        "test_pool_has_at_most_ten_thousand_groups",
    ),
    triggers.TriggerTimedOut: (
        "operations/test_confirm_by_admin_events.py",
        "test_function_without_response_leaves_user_confirmed",
    ),
    triggers.TriggerUnreachable: (
        "triggers/test_trigger_sentences.py",
        "test_trigger_access_denied_by_lambda_is_unexpected_lambda_exception",
    ),
}
"""What takes more than a call or two: the file and the test that bring it about."""


@pytest.fixture(scope="module")
def unchecked(server: RunningServer) -> Any:
    """A client that sends whatever it is given: refusing is the server's to do."""
    return server.client(parameter_validation=False)


@pytest.fixture(scope="module")
def bare(cognito: Any) -> PoolForTest:
    """A pool for all the situations that need nothing in it, and leave nothing."""
    return PoolForTest(cognito)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_refusal_has_the_services_message(
    server: RunningServer,
    unchecked: Any,
    functions: FunctionsServer,
    new_pool: NewPool,
    bare: PoolForTest,
    situation: Situation,
) -> None:
    shared = not situation.before and not situation.settings
    pool = bare if shared else new_pool(**situation.settings)
    world = World(server, unchecked, functions, pool)
    for step in situation.before:
        step(world)
    before = world.shown()
    ids = {"{pool}": world.pool.id, "{client}": world.pool.client_id}
    sentence = situation.sentence
    for hole, value in ids.items():
        sentence = sentence.replace(hole, value)
    with refused(situation.error.code, sentence):
        situation.call(world)
    if not situation.leaves_changes:
        assert world.shown() == before


@pytest.mark.parametrize(("file", "test"), sorted(set(ELSEWHERE.values())))
def test_elsewhere_names_existing_tests(file: str, test: str) -> None:
    assert f"def {test}(" in (Path(__file__).parents[1] / file).read_text()
