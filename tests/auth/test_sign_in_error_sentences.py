"""Every sentence of signing in, and of what users do then, as clients meet it (ev:auth-4).

The tables are beside this file: each row names the exact sentence and its source. What is refused
has changed nothing. Sentences don't depend on the store: one server does, whose clock can be set.
"""

from typing import Any

import pytest
from support.error_cases import Situation
from support.functions_server import FunctionsServer
from support.refusals import refused
from support.running_server import RunningServer
from support.sign_in_configurations import Places, dev, places, unchecked
from support.sign_in_error_cases import Way

from auth.error_cases import challenges, factors, second_factors, sessions, starts, step_up, tokens

__all__ = ["dev", "places", "unchecked"]

SITUATIONS: list[Situation] = [
    *starts.SITUATIONS,
    *challenges.SITUATIONS,
    *second_factors.SITUATIONS,
    *sessions.SITUATIONS,
    *factors.SITUATIONS,
    *tokens.SITUATIONS,
    *step_up.SITUATIONS,
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_sign_in_refusal_has_the_services_message(
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
