"""CustomMessage: a function puts a message into the pool's own words.

It gets placeholders, never the code itself, and gives texts in which we fill them in. It runs after
the state was written that the message speaks of; its error fails the call and undoes nothing
(ev:triggers-6.6, ev:triggers-8).
"""

from collections.abc import Collection, Mapping
from typing import Final

from poolhouse.entities.messages import Channel, Occasion
from poolhouse.errors.triggers import MessageLacks, MessageTooLong, UnrecognizableOutput
from poolhouse.rules.messages.templates import CODE, LINK, USERNAME, MessageTexts
from poolhouse.triggers.answers import present
from poolhouse.triggers.events import Invocation, event
from poolhouse.triggers.invoke import Invoker

_TRIGGER: Final = "CustomMessage"
_LINK_PARAMETER: Final = "{##Click Here##}"
_SMS: Final = "smsMessage"
_EMAIL: Final = "emailMessage"
_SUBJECT: Final = "emailSubject"
_LIMITS: Final = {_SMS: 140, _EMAIL: 20_000, _SUBJECT: 140}
"""Characters, before the placeholders are filled (the API's model)."""

_TEXT_OF: Final = {Channel.EMAIL: _EMAIL, Channel.SMS: _SMS}


def source(occasion: Occasion) -> str:
    """The trigger source, e.g. `CustomMessage_SignUp`."""
    return f"{_TRIGGER}_{occasion}"


async def custom_message(
    invoker: Invoker,
    arn: str,
    occasion: Occasion,
    invocation: Invocation,
    *,
    channels: Collection[Channel],
    by_link: bool,
    user_attributes: Mapping[str, str],
    client_metadata: Mapping[str, str] | None,
) -> MessageTexts:
    """Ask the function for its words; where it gives none, the pool's template speaks.

    Of its texts only those of `channels` are looked at, as only they are sent. `by_link`: a link's
    placeholder does as well as the code's.
    """
    invited = occasion is Occasion.ADMIN_CREATE_USER
    response = await invoker.call(
        _TRIGGER,
        arn,
        event(
            source(occasion),
            invocation,
            request={
                "userAttributes": user_attributes,
                "codeParameter": CODE,
                # Logged from live events of every source (DefinitelyTyped#62357).
                "linkParameter": _LINK_PARAMETER,
                "usernameParameter": USERNAME if invited else None,
                **present(clientMetadata=client_metadata),
            },
            response={_SMS: None, _EMAIL: None, _SUBJECT: None},
        ),
    )
    # UNVERIFIED: is an email refused where EmailSendingAccount is not DEVELOPER? The guide of 2023
    # says so; newer pools seem to take it, as here.
    used = {_TEXT_OF[channel] for channel in channels}
    texts = {name: _text(response, name) for name in used}
    if _EMAIL in used:
        texts[_SUBJECT] = _text(response, _SUBJECT)
    for name in used:
        _check_placeholders(name, texts[name], invited=invited, by_link=by_link and name == _EMAIL)
    return MessageTexts(
        subject=texts.get(_SUBJECT, ""), email=texts.get(_EMAIL, ""), sms=texts.get(_SMS, "")
    )


def _text(response: Mapping[str, object], name: str) -> str:
    """One text of the answer; absent, null and empty are the same."""
    value = response.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnrecognizableOutput()
    if len(value) > _LIMITS[name]:
        raise MessageTooLong(name=name, limit=_LIMITS[name])
    return value


def _check_placeholders(name: str, text: str, *, invited: bool, by_link: bool) -> None:
    """A message that doesn't bring what it is for is refused, and not replaced by a template."""
    if not text:
        return
    if CODE not in text and not (by_link and LINK.search(text)):
        raise MessageLacks(name=name, parameter=CODE)
    if invited and USERNAME not in text:
        raise MessageLacks(name=name, parameter=USERNAME)
