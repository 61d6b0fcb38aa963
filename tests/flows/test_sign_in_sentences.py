"""Every sentence of signing in, and of what users do then, as clients meet it (auth.md §4).

The tables are beside this file: each row names the exact sentence and its source. What is refused
has changed nothing. Sentences don't depend on the store: one server does, whose clock can be set.
"""

from typing import Any

import pytest
from error_sentences import Situation
from flows import (
    situations_of_challenges,
    situations_of_factors,
    situations_of_second_factors,
    situations_of_sessions,
    situations_of_starts,
    situations_of_step_up,
    situations_of_tokens,
)
from functions_server import FunctionsServer
from operations.test_error_sentences import OF_SIGN_IN, refusals_of
from refusals import refused
from running import RunningServer
from sign_in_places import Places, dev, places, unchecked
from sign_in_situations import Way

from poolhouse import sign_in_errors, trigger_errors

__all__ = ["dev", "places", "unchecked"]

SITUATIONS: list[Situation] = [
    *situations_of_starts.SITUATIONS,
    *situations_of_challenges.SITUATIONS,
    *situations_of_second_factors.SITUATIONS,
    *situations_of_sessions.SITUATIONS,
    *situations_of_factors.SITUATIONS,
    *situations_of_tokens.SITUATIONS,
    *situations_of_step_up.SITUATIONS,
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_the_refusal_is_told_in_the_services_words(
    dev: RunningServer,
    unchecked: Any,
    functions: FunctionsServer,
    places: Places,
    situation: Situation,
) -> None:
    functions.forget()
    with places.of(situation.settings) as pool:
        world = Way(dev, unchecked, functions, pool)
        for step in situation.before:
            step(world)
        before = world.shown()
        sentence = situation.sentence.replace("{client}", pool.client_id)
        with refused(situation.error.code, sentence):
            situation.call(world)
        if not situation.leaves_changes:
            assert world.shown() == before


def test_no_refusal_is_left_out() -> None:
    """A new class needs a row in a table beside this file."""
    shown = {situation.error for situation in SITUATIONS}
    wanted = refusals_of(sign_in_errors)
    wanted |= {each for each in refusals_of(trigger_errors) if each.__name__ in OF_SIGN_IN}
    assert {each.__name__ for each in wanted - shown} == set()
