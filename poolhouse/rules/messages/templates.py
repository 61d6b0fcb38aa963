"""The texts of messages, their recipients, and what callers learn of them.

Bodies of emails are HTML, as on AWS, so what is put into them is escaped; text messages are text.
"""

import html
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from poolhouse.entities.contacts import OF_CHANNEL, Contact
from poolhouse.entities.messages import Channel, Message, Occasion, SenderFunction
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.wire.enums import DefaultEmailOptionType
from poolhouse.wire.structs import (
    EmailConfigurationType,
    EmailMfaConfigType,
    MessageTemplateType,
    VerificationMessageTemplateType,
)

# ev:users-13.1; the trailing spaces are AWS's.
_VERIFICATION: Final = "Your verification code is {####}. "
_VERIFICATION_SUBJECT: Final = "Your verification code"
# The console's, as pools made by it are dumped (cdk and terraform users keep it).
_BY_LINK: Final = "Please click the link below to verify your email address. {##Verify Email##} "
_BY_LINK_SUBJECT: Final = "Your verification link"
_INVITATION: Final = "Your username is {username} and temporary password is {####}. "
_INVITATION_SUBJECT: Final = "Your temporary password"
_AUTHENTICATION: Final = "Your authentication code is {####}. "

RECOVERY_CODE_USED: Final = "RecoveryCodeUsed"
"""What such a mail has instead of a trigger source. No trigger has this name."""

CODE: Final = "{####}"
USERNAME: Final = "{username}"
LINK: Final = re.compile(r"\{##([^{}]*)##\}")
"""A link's place, `{##Click Here##}` with any text between. A code's is one with none."""
_PLACEHOLDERS: Final = re.compile(r"\{####\}|\{username\}")

CONFIRMATION_PATH: Final = "/confirmUser"


class MessageTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of a message before its placeholders are filled; "" where nothing is said."""

    subject: str = ""
    email: str = ""
    sms: str = ""

    def of(self, channel: Channel) -> str:
        return self.email if channel is Channel.EMAIL else self.sms

    def over(self, others: "MessageTexts") -> "MessageTexts":
        """Return these texts, with the others' for those that are missing."""
        return MessageTexts(
            subject=self.subject or others.subject,
            email=self.email or others.email,
            sms=self.sms or others.sms,
        )


NO_WORDS: Final = MessageTexts()


def verification(
    pool: Pool,
    user: User,
    channel: Channel,
    code: str,
    *,
    source: str,
    id: str,
    now: datetime,
    link: str = "",
    words: MessageTexts = NO_WORDS,
) -> Message:
    """Return the message with a code to the user's email address or phone number.

    `source` is the trigger source, e.g. `CustomMessage_SignUp`: it distinguishes sign-ups from
    resends. Mails of pools that confirm by link contain the `link`, with the code in it. `words`
    are those of the pool's function, and replace the pool's template.
    """
    if channel is Channel.EMAIL and by_link(pool, source):
        texts = words.over(_link_texts(pool))
        texts = replace(texts, email=_linked(texts.email, link))
        return _message(pool, user, channel, texts, code, source=source, id=id, now=now)
    # {username} stands only in invitations (ev:users-13.1); here it is left as it is.
    texts = _filled(words.over(_code_texts(pool, source)), {CODE: code})
    return _message(pool, user, channel, texts, code, source=source, id=id, now=now)


def invitation(
    pool: Pool,
    user: User,
    channel: Channel,
    password: str,
    *,
    source: str,
    id: str,
    now: datetime,
    words: MessageTexts = NO_WORDS,
) -> Message | None:
    """Return the message with a temporary password to a user that an administrator created.

    None if the text has no place for the password: such an invitation is not delivered (the API's
    text on AdminCreateUser). `words` are those of the pool's function, if it has any.
    """
    config = pool.settings.AdminCreateUserConfig
    template = (config and config.InviteMessageTemplate) or MessageTemplateType()
    texts = words.over(
        MessageTexts(
            subject=template.EmailSubject or _INVITATION_SUBJECT,
            email=template.EmailMessage or _INVITATION,
            sms=template.SMSMessage or _INVITATION,
        )
    )
    if CODE not in texts.of(channel):
        return None
    texts = _filled(texts, {CODE: password, USERNAME: _sign_in_name(pool, user)})
    return _message(pool, user, channel, texts, password, source=source, id=id, now=now)


def for_custom_sender(
    pool: Pool,
    user: User,
    channel: Channel,
    code: str,
    *,
    source: str,
    function: SenderFunction,
    id: str,
    now: datetime,
) -> Message:
    """Return what the pool's own sender is to send: it gets the code, and the words are its own."""
    message = _message(pool, user, channel, NO_WORDS, code, source=source, id=id, now=now)
    return replace(message, function=function)


def notice(
    pool: Pool,
    user: User,
    channel: Channel,
    texts: MessageTexts,
    *,
    source: str,
    id: str,
    now: datetime,
) -> Message:
    """Return a message without a code, about something that has happened to the account."""
    return _message(pool, user, channel, texts, "", source=source, id=id, now=now)


def recovery_code_used(left: int) -> MessageTexts:
    """Return the texts of the mail about a sign-in by a recovery code."""
    return MessageTexts(
        subject="A recovery code was used",
        email=(
            "A recovery code was used to sign in to your account. Unused codes: "
            f"{left}. If it wasn't you, change your password and make new recovery codes. "
        ),
    )


def by_link(pool: Pool, source: str) -> bool:
    """Return whether mails contain a link: only those of a sign-up do (ev:users-13.4)."""
    template = pool.settings.VerificationMessageTemplate
    return (
        template is not None
        and template.DefaultEmailOption is DefaultEmailOptionType.CONFIRM_WITH_LINK
        and source.endswith((f"_{Occasion.SIGN_UP}", f"_{Occasion.RESEND_CODE}"))
    )


def _code_texts(pool: Pool, source: str) -> MessageTexts:
    settings = pool.settings
    if source.endswith(f"_{Occasion.AUTHENTICATION}"):
        mail = pool.email_mfa or EmailMfaConfigType()
        return MessageTexts(
            # UNVERIFIED: the default subject of a sign-in code by email?
            subject=mail.Subject or _VERIFICATION_SUBJECT,
            email=mail.Message or _AUTHENTICATION,
            sms=settings.SmsAuthenticationMessage or _AUTHENTICATION,
        )
    template = settings.VerificationMessageTemplate or VerificationMessageTemplateType()
    return MessageTexts(
        subject=template.EmailSubject or settings.EmailVerificationSubject or _VERIFICATION_SUBJECT,
        email=template.EmailMessage or settings.EmailVerificationMessage or _VERIFICATION,
        sms=template.SmsMessage or settings.SmsVerificationMessage or _VERIFICATION,
    )


def _link_texts(pool: Pool) -> MessageTexts:
    template = pool.settings.VerificationMessageTemplate or VerificationMessageTemplateType()
    return MessageTexts(
        subject=template.EmailSubjectByLink or _BY_LINK_SUBJECT,
        email=template.EmailMessageByLink or _BY_LINK,
    )


def confirmation_link(server: str, client_id: str, username: str, code: str) -> str:
    """Return the address that confirms a sign-up when it is opened.

    `server` is this server's address without a path.
    """
    # DIFFERS: AWS's link leads to the pool's domain, and without one there is no sign-up in such a
    # pool (amplify-js#4489). Here it leads to this server's own address, which every pool has.
    query = {"client_id": client_id, "user_name": username, "confirmation_code": code}
    return f"{server}{CONFIRMATION_PATH}?{urlencode(query)}"


def _sign_in_name(pool: Pool, user: User) -> str:
    """Return what an invited user types to sign in.

    UNVERIFIED: in pools with UsernameAttributes, does an invitation name the email or phone number
    that the user was made with, as here, or the UUID that is the username there?
    """
    for contact in Contact:
        if contact in pool.username_attributes and user.attributes.get(contact):
            return user.attributes[contact]
    return user.username


def _message(
    pool: Pool,
    user: User,
    channel: Channel,
    texts: MessageTexts,
    code: str,
    *,
    source: str,
    id: str,
    now: datetime,
) -> Message:
    """Return the message with `texts`. Nothing is filled into a subject (amplify-js#936)."""
    is_email = channel is Channel.EMAIL
    mailing = pool.settings.EmailConfiguration or EmailConfigurationType()
    return Message(
        id=id,
        pool_id=pool.id,
        username=user.username,
        channel=channel,
        destination=user.attributes[OF_CHANNEL[channel]],
        trigger_source=source,
        subject=texts.subject if is_email else "",
        body=texts.of(channel),
        code=code,
        sender=_sender(mailing) if is_email else "",
        reply_to=mailing.ReplyToEmailAddress or "" if is_email else "",
        created_at=now,
        due_at=now,
    )


def _filled(texts: MessageTexts, values: Mapping[str, str]) -> MessageTexts:
    """Fill every placeholder in one pass: a username of "{####}" is a name, not a placeholder.

    Placeholders that are none of this message's are left as text.
    """
    escaped = {name: html.escape(value) for name, value in values.items()}
    return replace(
        texts,
        email=_PLACEHOLDERS.sub(lambda found: escaped.get(found[0], found[0]), texts.email),
        sms=_PLACEHOLDERS.sub(lambda found: values.get(found[0], found[0]), texts.sms),
    )


def _linked(text: str, link: str) -> str:
    """Make a link of every place for one. Its text is the pool's own, and may be HTML."""
    # The place of a code becomes a link named "##" (amazon-cognito-identity-js#521).
    address = html.escape(link)
    return LINK.sub(lambda found: f'<a href="{address}">{found[1] or "##"}</a>', text)


def _sender(mailing: EmailConfigurationType) -> str:
    """Return the pool's own sender, or "" for the server's.

    Without From, AWS sends from the address in SourceArn (ev:users-13.2), which may also name a
    whole domain: that is no address.
    """
    identity = (mailing.SourceArn or "").rpartition("identity/")[2]
    return mailing.From or (identity if "@" in identity else "")
