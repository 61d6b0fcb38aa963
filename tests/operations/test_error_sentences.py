"""Every sentence that the operations refuse with, as users meet it: the exact code and words.

The tables are beside this file; the reference's error table and what it takes over from public
reports are their sources. What is refused has changed nothing.
"""

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from error_sentences import Situation, World
from operations import (
    situations_of_attributes,
    situations_of_lists,
    situations_of_passwords,
    situations_of_pools,
    situations_of_settings,
    situations_of_sign_up,
)
from refusals import refused
from running import RunningServer
from served_pools import PoolForTest

from poolhouse import errors, pool_errors, trigger_errors
from poolhouse.wire.errors import ServiceError

SITUATIONS: list[Situation] = [
    *situations_of_sign_up.SITUATIONS,
    *situations_of_passwords.SITUATIONS,
    *situations_of_attributes.SITUATIONS,
    *situations_of_lists.SITUATIONS,
    *situations_of_pools.SITUATIONS,
    *situations_of_settings.SITUATIONS,
]

RACE = ("operations/test_conflicts.py", "test_who_loses_every_race_is_told_so")

ELSEWHERE: dict[type[ServiceError], tuple[str, str]] = {
    errors.AudienceIsAnotherApp: (
        "operations/test_tokens_derived.py",
        "test_no_id_token_is_made_for_another_app",
    ),
    errors.ChangedMeanwhile: RACE,
    errors.RateExceeded: RACE,
    errors.Internal: (
        "web/test_pipeline.py",
        "test_what_nobody_foresaw_is_an_internal_error_without_detail",
    ),
    errors.EmailRefused: (
        "operations/test_messaging_failures.py",
        "test_a_mail_that_is_refused_at_once_fails_the_call",
    ),
    errors.SmsRefused: (
        "operations/test_messaging_failures.py",
        "test_a_text_message_that_is_refused_at_once_fails_the_call",
    ),
    pool_errors.TooMany: (
        "operations/test_groups.py",
        "test_a_pool_has_ten_thousand_groups_at_most",
    ),
    trigger_errors.TriggerTimedOut: (
        "operations/test_confirm_by_admin_events.py",
        "test_a_function_that_does_not_answer_leaves_the_user_confirmed",
    ),
    trigger_errors.TriggerUnreachable: (
        "triggers/test_trigger_sentences.py",
        "test_a_function_we_may_not_invoke",
    ),
}
"""What takes more than a call or two: the file and the test that bring it about."""

OF_SIGN_IN = {
    "ChallengeTooLong",
    "ClaimNotSimple",
    "MalformedScope",
    "MigrationFailed",
    "NoNextChallenge",
    "TooManyOverrides",
}
"""Refusals that only a sign-in meets, whose own tests assert them."""


@pytest.fixture(scope="module")
def unchecked(server: RunningServer) -> Any:
    """A client that sends whatever it is given: refusing is the server's to do."""
    return server.client(parameter_validation=False)


@pytest.fixture(scope="module")
def bare(cognito: Any) -> PoolForTest:
    """A pool for all the situations that need nothing in it, and leave nothing."""
    return PoolForTest(cognito)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_the_refusal_is_told_in_the_services_words(
    server: RunningServer,
    unchecked: Any,
    functions: Any,
    new_pool: Any,
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


def refusals_of(module: ModuleType) -> set[type[ServiceError]]:
    return {
        each
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, ServiceError) and "message" in vars(each)
        if each.__module__ == module.__name__
    }


def test_no_refusal_is_left_out() -> None:
    """A new class needs a row in a table beside this file, or a line in what stands above."""
    shown = {situation.error for situation in SITUATIONS} | ELSEWHERE.keys()
    left_out = (
        refusals_of(errors) | refusals_of(pool_errors) | refusals_of(trigger_errors)
    ) - shown
    assert {each.__name__ for each in left_out} <= OF_SIGN_IN


@pytest.mark.parametrize(("file", "test"), sorted(set(ELSEWHERE.values())))
def test_what_is_shown_elsewhere_is(file: str, test: str) -> None:
    assert f"def {test}(" in (Path(__file__).parents[1] / file).read_text()
