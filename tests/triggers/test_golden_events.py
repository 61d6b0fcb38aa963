"""Every trigger's event, member by member: with ClientMetadata and without.

Evidence: ev:triggers-3, ev:triggers-6.
"""

import contextlib

import pytest
from support.golden_events import GOLDENS
from support.golden_parts import Golden
from support.sign_in_functions import Function

from poolhouse.entities.messages import Occasion
from poolhouse.triggers.custom_auth import (
    CreateAuthChallenge,
    DefineAuthChallenge,
    VerifyAuthChallengeResponse,
)
from poolhouse.triggers.post_authentication import PostAuthentication
from poolhouse.triggers.post_confirmation import PostConfirmationSource
from poolhouse.triggers.pre_authentication import PreAuthentication
from poolhouse.triggers.pre_sign_up import PreSignUpSource
from poolhouse.triggers.pre_token_generation import PreTokenSource
from poolhouse.triggers.user_migration import UserMigrationSource
from poolhouse.wire.errors import ServiceError

SOURCES = {
    PreAuthentication.source,
    PostAuthentication.source,
    DefineAuthChallenge.source,
    CreateAuthChallenge.source,
    VerifyAuthChallengeResponse.source,
    *PreSignUpSource,
    *PostConfirmationSource,
    *PreTokenSource,
    *UserMigrationSource,
    *(
        f"{trigger}_{occasion}"
        for trigger in ("CustomMessage", "CustomEmailSender", "CustomSMSSender")
        for occasion in Occasion
    ),
}


@pytest.mark.parametrize("golden", GOLDENS, ids=[golden.name for golden in GOLDENS])
async def test_trigger_event_has_exactly_the_members_of_aws(golden: Golden) -> None:
    function = Function()
    # An empty answer is refused by triggers that must decide something.
    with contextlib.suppress(ServiceError):
        await golden.ask(function.invoker)
    assert function.events == [golden.event]


def test_golden_events_cover_every_trigger_source() -> None:
    assert {golden.event["triggerSource"] for golden in GOLDENS} == SOURCES
