"""Mails that bring a link instead of a code, in pools with CONFIRM_WITH_LINK (ev:users-13.4)."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.entities.messages import Channel, Message, Occasion
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules.messages.templates import (
    LINK,
    MessageTexts,
    by_link,
    confirmation_link,
    verification,
)
from poolhouse.wire.enums import DefaultEmailOptionType
from poolhouse.wire.structs import UserPoolType, VerificationMessageTemplateType

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ADDRESS = confirmation_link("https://id.barn.example", "1example", "zoe", "012345")
USER = User(
    sub="0b1c",
    pool_id="eu-west-1_Barn",
    username="zoe",
    status=UserStatus.UNCONFIRMED,
    attributes={"email": "zoe@barn.example", "phone_number": "+12065550100"},
    created_at=NOW,
    modified_at=NOW,
)
CODE_TEXTS = {"EmailSubject": "code", "EmailMessage": "c {####}", "SmsMessage": "sms {####}"}


def pool(option: str = "CONFIRM_WITH_LINK", **template: str) -> Pool:
    verification_template = VerificationMessageTemplateType(
        DefaultEmailOption=DefaultEmailOptionType(option), **template
    )
    return Pool(
        id="eu-west-1_Barn",
        settings=UserPoolType(VerificationMessageTemplate=verification_template),
        attributes=(),
        created_at=NOW,
        modified_at=NOW,
    )


def texts(
    of: Pool,
    words: MessageTexts | None = None,
    channel: Channel = Channel.EMAIL,
    occasion: Occasion = Occasion.SIGN_UP,
) -> Message:
    source = f"CustomMessage_{occasion}"
    return verification(
        of,
        USER,
        channel,
        "012345",
        source=source,
        id="m-1",
        now=NOW,
        link=ADDRESS,
        words=words or MessageTexts(),
    )


class Links(HTMLParser):
    """The links of an HTML text: (address, text)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._address = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._address = dict(attributes).get("href") or self._address

    def handle_data(self, data: str) -> None:
        if self._address:
            self.found.append((self._address, data))

    def handle_endtag(self, tag: str) -> None:
        self._address = "" if tag == "a" else self._address


def test_confirmation_link_has_client_user_and_code() -> None:
    """amazon-cognito-identity-js#521 and amplify-js#9006 show live ones."""
    assert ADDRESS == (
        "https://id.barn.example/confirmUser?client_id=1example&user_name=zoe"
        "&confirmation_code=012345"
    )


@given(st.text(max_size=40))
def test_confirmation_link_round_trips_any_username(username: str) -> None:
    link = confirmation_link("http://127.0.0.1:9229", "1example", username, "012345")
    query = parse_qs(urlsplit(link).query, keep_blank_values=True, errors="surrogatepass")
    assert query["user_name"] == [username]
    assert link.isascii()


def test_confirmation_link_without_a_template_has_the_text_of_the_console() -> None:
    sent = texts(pool())
    assert sent.subject == "Your verification link"
    address = ADDRESS.replace("&", "&amp;")
    assert sent.body == (
        "Please click the link below to verify your email address."
        f' <a href="{address}">Verify Email</a> '
    )
    assert sent.code == "012345"


def test_confirmation_link_uses_the_link_texts_of_the_template() -> None:
    sent = texts(
        pool(EmailSubjectByLink="Hay", EmailMessageByLink="Go: {##there##}.", **CODE_TEXTS)
    )
    assert sent.subject == "Hay"
    assert Links(sent.body).found == [(ADDRESS, "there")]
    assert (sent.body[:4], sent.body[-1]) == ("Go: ", ".")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{##Click Here##}", ["Click Here"]),
        ("{##Überprüfen Sie Ihre E-Mail!##}", ["Überprüfen Sie Ihre E-Mail!"]),
        ("{##one##} or {##two##}", ["one", "two"]),
        ("<b>{##bold##}</b> {username}", ["bold"]),
        ("{##<i>italic</i>##}", ["italic"]),
        ("{####}", ["##"]),  # amazon-cognito-identity-js#521
        ("{# # no place # #}", []),
    ],
)
def test_confirmation_link_of_any_placeholder_text_is_a_link(text: str, shown: list[str]) -> None:
    sent = texts(pool(EmailMessageByLink=text))
    links = Links(sent.body).found
    assert [found for _, found in links] == shown
    assert {address for address, _ in links} <= {ADDRESS}
    assert ("{username}" in sent.body) == ("{username}" in text)


def test_confirmation_link_uses_the_functions_texts_before_the_template() -> None:
    sent = texts(pool(), MessageTexts(subject="own", email="{##own##}"))
    assert (sent.subject, Links(sent.body).found) == ("own", [(ADDRESS, "own")])


def test_confirmation_link_is_not_inserted_into_the_subject() -> None:
    """amplify-js#936."""
    assert texts(pool(EmailSubjectByLink="{##x##} {####}")).subject == "{##x##} {####}"


def test_confirmation_link_pool_sends_a_code_by_sms() -> None:
    """The guide on email and phone verification: a link comes by email only."""
    sent = texts(pool(**CODE_TEXTS), channel=Channel.SMS)
    assert (sent.subject, sent.body) == ("", "sms 012345")


@pytest.mark.parametrize("occasion", Occasion)
def test_links_are_for_sign_ups_only(occasion: Occasion) -> None:
    """The guide on message templates: attribute updates and password resets use the code's."""
    expected = occasion in {Occasion.SIGN_UP, Occasion.RESEND_CODE}
    assert by_link(pool(), f"CustomMessage_{occasion}") is expected
    assert by_link(pool("CONFIRM_WITH_CODE"), f"CustomMessage_{occasion}") is False


def test_link_placeholder_with_code_confirmation_stays_text() -> None:
    sent = texts(pool("CONFIRM_WITH_CODE"), MessageTexts(email="{##Click Here##} or {####}"))
    assert sent.body == "{##Click Here##} or 012345"


def test_confirmation_link_with_hostile_username_is_escaped() -> None:
    link = confirmation_link("https://id.barn.example", "1example", '"><script>&x=1', "012345")
    source = "CustomMessage_SignUp"
    sent = verification(
        pool(), USER, Channel.EMAIL, "012345", source=source, id="m-1", now=NOW, link=link
    )
    assert "<script" not in sent.body
    assert Links(sent.body).found == [(link, "Verify Email")]


def test_link_placeholder_search_in_hostile_text_is_linear() -> None:
    assert LINK.search("{##" * 6_000) is None
    assert LINK.search("{##" + "#" * 19_000) is None
