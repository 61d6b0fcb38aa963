"""Limits and required placeholders of a pool's message texts (the API's model)."""

from typing import Any

import pytest
from support.running_server import RunningServer

CODE, LINK = "{####}", "{##Go##}"
PLACEHOLDER, LENGTH = "satisfy regular expression pattern", "have length"


def template(**members: str) -> dict[str, Any]:
    return {"VerificationMessageTemplate": members}


def invitation(**members: str) -> dict[str, Any]:
    return {"AdminCreateUserConfig": {"InviteMessageTemplate": members}}


def long(length: int, place: str = CODE) -> str:
    return place + "x" * (length - len(place))


TAKEN = [
    template(SmsMessage=CODE, EmailMessage=CODE, EmailSubject="x"),
    template(SmsMessage=long(140), EmailMessage=long(20_000), EmailSubject="x" * 140),
    template(EmailMessageByLink=LINK, EmailSubjectByLink="x"),
    template(EmailMessageByLink=long(20_000, LINK), EmailSubjectByLink="x" * 140),
    template(EmailMessageByLink="<b>{##Überprüfen: €, 漢字!##}</b>\n"),
    {"SmsVerificationMessage": long(140), "SmsAuthenticationMessage": long(140)},
    {"EmailVerificationMessage": long(20_000), "EmailVerificationSubject": "x" * 140},
    invitation(SMSMessage=f"{{username}} {CODE}", EmailMessage=f"{{username}} {CODE}"),
    invitation(SMSMessage=long(140), EmailMessage=long(20_000), EmailSubject="x" * 140),
]

REFUSED = [
    (template(SmsMessage=long(141)), "smsMessage", LENGTH),
    (template(EmailMessage=long(20_001)), "emailMessage", LENGTH),
    (template(EmailSubject="x" * 141), "emailSubject", LENGTH),
    (template(EmailSubject=""), "emailSubject", LENGTH),
    (template(EmailMessageByLink=long(20_001, LINK)), "emailMessageByLink", LENGTH),
    (template(EmailSubjectByLink="x" * 141), "emailSubjectByLink", LENGTH),
    (template(SmsMessage="no place"), "smsMessage", PLACEHOLDER),
    (template(SmsMessage="{##Go##} there"), "smsMessage", PLACEHOLDER),
    (template(EmailMessage="no place"), "emailMessage", PLACEHOLDER),
    (template(EmailMessageByLink="no place"), "emailMessageByLink", PLACEHOLDER),
    ({"SmsVerificationMessage": "no place"}, "smsVerificationMessage", PLACEHOLDER),
    ({"SmsAuthenticationMessage": "no place"}, "smsAuthenticationMessage", PLACEHOLDER),
    ({"EmailVerificationMessage": "no place"}, "emailVerificationMessage", PLACEHOLDER),
    ({"SmsVerificationMessage": long(141)}, "smsVerificationMessage", LENGTH),
    ({"EmailVerificationSubject": "x" * 141}, "emailVerificationSubject", LENGTH),
    (invitation(SMSMessage=long(141)), "sMSMessage", LENGTH),
    (invitation(EmailMessage=long(20_001)), "emailMessage", LENGTH),
    (invitation(EmailSubject="x" * 141), "emailSubject", LENGTH),
    (invitation(SMSMessage="short"), "sMSMessage", LENGTH),
    (invitation(EmailMessage="Welcome, {username}!"), "emailMessage", PLACEHOLDER),
]


@pytest.fixture
def unchecked(server: RunningServer) -> Any:
    """A client that sends whatever it is given: refusing is the server's to do."""
    return server.client(parameter_validation=False)


@pytest.mark.parametrize("settings", TAKEN, ids=range(len(TAKEN)))
def test_texts_up_to_the_limit_are_taken(unchecked: Any, settings: dict[str, Any]) -> None:
    unchecked.create_user_pool(PoolName="texts", **settings)


@pytest.mark.parametrize(("settings", "member", "constraint"), REFUSED, ids=range(len(REFUSED)))
def test_texts_beyond_a_limit_or_without_a_place_are_refused(
    unchecked: Any, settings: dict[str, Any], member: str, constraint: str
) -> None:
    with pytest.raises(unchecked.exceptions.InvalidParameterException) as caught:
        unchecked.create_user_pool(PoolName="texts", **settings)
    sentence = caught.value.response["Error"]["Message"]
    assert f"{member}' failed to satisfy constraint: " in sentence
    assert constraint in sentence
