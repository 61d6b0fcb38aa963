"""Every trigger's event, member by member: with ClientMetadata and without.

Evidence: ev:triggers-3, ev:triggers-6.
"""

import contextlib

import pytest
from support.golden_events import GOLDENS
from support.golden_parts import Golden
from support.sign_in_functions import Function

from poolhouse.entities.messages import Occasion
from poolhouse.triggers.custom_auth import CREATE_SOURCE, DEFINE_SOURCE, VERIFY_SOURCE
from poolhouse.triggers.post_authentication import SOURCE as POST_AUTHENTICATION
from poolhouse.triggers.post_confirmation import PostConfirmationSource
from poolhouse.triggers.pre_authentication import SOURCE as PRE_AUTHENTICATION
from poolhouse.triggers.pre_sign_up import PreSignUpSource
from poolhouse.triggers.pre_token_generation import PreTokenSource
from poolhouse.triggers.user_migration import UserMigrationSource
from poolhouse.wire.errors import ServiceError

SOURCES = {
    PRE_AUTHENTICATION,
    POST_AUTHENTICATION,
    DEFINE_SOURCE,
    CREATE_SOURCE,
    VERIFY_SOURCE,
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
