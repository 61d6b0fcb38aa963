"""The golden events of CustomMessage and of the custom senders; see `golden_events`."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from poolhouse.entities.messages import Channel, Occasion
from poolhouse.triggers import custom_message as messages
from poolhouse.triggers import custom_sender as senders
from poolhouse.triggers.events import Invocation
from support.golden_parts import BY_ADMIN, Golden, expected
from support.sign_in_functions import ATTRIBUTES, INVOCATION, about
from support.trigger_world import ARN

NO_WORDS = {"smsMessage": None, "emailMessage": None, "emailSubject": None}


def _clients(occasion: Occasion) -> Iterator[tuple[str, Invocation, str | None]]:
    """Yield the callers that cause messages of this occasion: an app client, an administrator."""
    if occasion is Occasion.ADMIN_CREATE_USER:
        yield "", BY_ADMIN, "CLIENT_ID_NOT_APPLICABLE"
        return
    yield "", INVOCATION, INVOCATION.client_id
    if occasion in (Occasion.UPDATE_USER_ATTRIBUTE, Occasion.FORGOT_PASSWORD):
        yield " by an administrator", BY_ADMIN, None


def of_messages(passed: dict[str, Any], metadata: dict[str, str] | None) -> Iterator[Golden]:
    for occasion in Occasion:
        for by, invocation, client_id in _clients(occasion):
            source = f"CustomMessage_{occasion}"
            invited = occasion is Occasion.ADMIN_CREATE_USER
            yield Golden(
                f"{source}{by}",
                partial(
                    messages.CustomMessage(
                        occasion=occasion,
                        channels=[Channel.EMAIL],
                        by_link=False,
                        client_metadata=metadata,
                    ).invoke,
                    arn=ARN,
                    invocation=about(invocation, user_attributes=ATTRIBUTES),
                ),
                expected(
                    source,
                    {
                        "userAttributes": ATTRIBUTES,
                        "codeParameter": "{####}",
                        "linkParameter": "{##Click Here##}",
                        "usernameParameter": "{username}" if invited else None,
                        **passed,
                    },
                    client_id,
                    response=NO_WORDS,
                ),
                "CustomMessageTriggerSchema",
                frozenset() if client_id else frozenset({"callerContext.clientId"}),
            )


def of_senders(metadata: dict[str, str] | None) -> Iterator[Golden]:
    """They have no `response`, and without metadata `clientMetadata` is null.

    github.com/DefinitelyTyped/DefinitelyTyped/pull/52111
    """
    for channel, trigger in senders.TRIGGERS.items():
        kind = "Email" if channel is Channel.EMAIL else "SMS"
        for occasion in Occasion:
            for by, invocation, client_id in _clients(occasion):
                beyond = {"response"}
                if metadata is None:
                    beyond.add("request.clientMetadata")
                if client_id is None:
                    beyond.add("callerContext.clientId")
                if occasion is not Occasion.SIGN_UP:  # the one source that Powertools knows
                    beyond.add("triggerSource")
                yield Golden(
                    f"{trigger}_{occasion}{by}",
                    partial(
                        senders.CustomSender(
                            channel=channel,
                            source=senders.source(channel, occasion),
                            sealed_code="AYADeA==",
                            client_metadata=metadata,
                        ).invoke,
                        arn=ARN,
                        invocation=about(invocation, user_attributes=ATTRIBUTES),
                    ),
                    expected(
                        f"{trigger}_{occasion}",
                        {
                            "type": f"custom{kind}SenderRequestV1",
                            "code": "AYADeA==",
                            "clientMetadata": metadata,
                            "userAttributes": ATTRIBUTES,
                        },
                        client_id,
                    ),
                    f"Custom{kind}SenderTriggerSchema",
                    frozenset(beyond),
                )
