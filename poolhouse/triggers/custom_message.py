"""CustomMessage: a function puts a message into the pool's own words.

It gets placeholders, never the code itself, and gives texts in which we fill them in. It runs after
the state was written that the message speaks of; its error fails the call and undoes nothing
(ev:triggers-6.6, ev:triggers-8).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from poolhouse.entities.messages import Channel, Occasion
from poolhouse.errors.triggers import MessageLacks, MessageTooLong, UnrecognizableOutput
from poolhouse.rules.messages.templates import CODE, LINK, NO_WORDS, USERNAME, MessageTexts
from poolhouse.triggers.answers import present
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.trigger import Trigger

_LINK_PARAMETER: Final = "{##Click Here##}"
_SMS: Final = "smsMessage"
_EMAIL: Final = "emailMessage"
_SUBJECT: Final = "emailSubject"
_LIMITS: Final = {_SMS: 140, _EMAIL: 20_000, _SUBJECT: 140}
"""Characters, before the placeholders are filled (the API's model)."""

_TEXT_OF: Final = {Channel.EMAIL: _EMAIL, Channel.SMS: _SMS}


def source(occasion: Occasion) -> str:
    """Return the trigger source, such as `CustomMessage_SignUp`."""
    return f"{CustomMessage.name}_{occasion}"


@dataclass(slots=True, kw_only=True)
class CustomMessage(Trigger[MessageTexts]):
    """Ask the function for the texts of a message; the pool's templates replace missing ones.

    Only the texts of `channels` are read, as only they are sent. With `by_link`, a link's
    placeholder may replace the code's.
    """

    name = "CustomMessage"
    blank = {_SMS: None, _EMAIL: None, _SUBJECT: None}  # noqa: RUF012
    occasion: Occasion
    channels: Collection[Channel]
    by_link: bool
    client_metadata: Mapping[str, str] | None

    @property
    def source(self) -> str:
        return source(self.occasion)

    def request(self, invocation: Invocation) -> Mapping[str, object]:
        return {
            "userAttributes": invocation.user_attributes,
            "codeParameter": CODE,
            # Logged from live events of every source (DefinitelyTyped#62357).
            "linkParameter": _LINK_PARAMETER,
            "usernameParameter": USERNAME if self._invites else None,
            **present(clientMetadata=self.client_metadata),
        }

    def answer(self, response: Mapping[str, object], invocation: Invocation) -> MessageTexts:
        # UNVERIFIED: is an email refused where EmailSendingAccount is not DEVELOPER? The guide of
        # 2023 says so; newer pools seem to take it, as here.
        used = {_TEXT_OF[channel] for channel in self.channels}
        texts = {name: _text(response, name) for name in used}
        if _EMAIL in used:
            texts[_SUBJECT] = _text(response, _SUBJECT)
        for name in used:
            by_link = self.by_link and name == _EMAIL
            _check_placeholders(name, texts[name], invited=self._invites, by_link=by_link)
        return MessageTexts(
            subject=texts.get(_SUBJECT, ""), email=texts.get(_EMAIL, ""), sms=texts.get(_SMS, "")
        )

    def absent(self) -> MessageTexts:
        return NO_WORDS

    @property
    def _invites(self) -> bool:
        return self.occasion is Occasion.ADMIN_CREATE_USER


def _text(response: Mapping[str, object], name: str) -> str:
    """Return one text of the response; absent, null and empty are the same."""
    value = response.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnrecognizableOutput()
    if len(value) > _LIMITS[name]:
        raise MessageTooLong(name=name, limit=_LIMITS[name])
    return value


def _check_placeholders(name: str, text: str, *, invited: bool, by_link: bool) -> None:
    """Refuse a text without the placeholder of its code or password.

    The pool's template doesn't replace it.
    """
    if not text:
        return
    if CODE not in text and not (by_link and LINK.search(text)):
        raise MessageLacks(name=name, parameter=CODE)
    if invited and USERNAME not in text:
        raise MessageLacks(name=name, parameter=USERNAME)
