"""What users are told: the texts of messages, who gets them, and what callers learn of it.

Bodies of emails are HTML, as on AWS, so what is put into them is escaped; text messages are text.
"""

import html
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from poolhouse.entities.messages import Channel, Message, Occasion, SenderFunction
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import NameKind, User
from poolhouse.rules.masks import mask_email, mask_phone
from poolhouse.wire.enums import DefaultEmailOptionType, DeliveryMediumType
from poolhouse.wire.structs import (
    CodeDeliveryDetailsType,
    EmailConfigurationType,
    EmailMfaConfigType,
    MessageTemplateType,
    VerificationMessageTemplateType,
)

# users.md §13.1; the trailing spaces are AWS's.
_VERIFICATION: Final = "Your verification code is {####}. "
_VERIFICATION_SUBJECT: Final = "Your verification code"
# The console's, as pools made by it are dumped (cdk and terraform users keep it).
_BY_LINK: Final = "Please click the link below to verify your email address. {##Verify Email##} "
_BY_LINK_SUBJECT: Final = "Your verification link"
_INVITATION: Final = "Your username is {username} and temporary password is {####}. "
_INVITATION_SUBJECT: Final = "Your temporary password"
_AUTHENTICATION: Final = "Your authentication code is {####}. "

CODE: Final = "{####}"
USERNAME: Final = "{username}"
LINK: Final = re.compile(r"\{##([^{}]*)##\}")
"""A link's place, `{##Click Here##}` with any text between. A code's is one with none."""
_PLACEHOLDERS: Final = re.compile(r"\{####\}|\{username\}")

CONFIRMATION_PATH: Final = "/confirmUser"

BY_PREFERENCE: Final = (NameKind.PHONE_NUMBER, NameKind.EMAIL)
"""Contacts in the order in which codes go to them, where nothing else is configured."""
_CONTACTS: Final = {Channel.EMAIL: NameKind.EMAIL, Channel.SMS: NameKind.PHONE_NUMBER}
_MEDIUMS: Final = {
    NameKind.EMAIL: DeliveryMediumType.EMAIL,
    NameKind.PHONE_NUMBER: DeliveryMediumType.SMS,
}
_EMAIL_LIKE: Final = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE_LIKE: Final = re.compile(r"\+[0-9]+")


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of a message before its placeholders are filled; "" where nothing is said."""

    subject: str = ""
    email: str = ""
    sms: str = ""

    def of(self, channel: Channel) -> str:
        return self.email if channel is Channel.EMAIL else self.sms

    def over(self, others: "Words") -> "Words":
        """These, and the others' where these say nothing."""
        return Words(
            subject=self.subject or others.subject,
            email=self.email or others.email,
            sms=self.sms or others.sms,
        )


NO_WORDS: Final = Words()


def verification(
    pool: Pool,
    user: User,
    channel: Channel,
    code: str,
    source: str,
    id: str,
    now: datetime,
    *,
    link: str = "",
    words: Words = NO_WORDS,
) -> Message:
    """The message that brings a code to the user's email address or phone number.

    `source` is the trigger source, e.g. `CustomMessage_SignUp`: it tells sign-ups from resends.
    Mails of pools that confirm by link bring the `link`, with the code in it. `words` are those of
    the pool's function; they come before its template.
    """
    if channel is Channel.EMAIL and by_link(pool, source):
        texts = words.over(_link_texts(pool))
        texts = replace(texts, email=_linked(texts.email, link))
        return _message(pool, user, channel, texts, code, source=source, id=id, now=now)
    # {username} stands only in invitations (users.md §13.1); here it is left as it is.
    texts = _filled(words.over(_code_texts(pool, source)), {CODE: code})
    return _message(pool, user, channel, texts, code, source=source, id=id, now=now)


def invitation(
    pool: Pool,
    user: User,
    channel: Channel,
    password: str,
    source: str,
    id: str,
    now: datetime,
    *,
    words: Words = NO_WORDS,
) -> Message | None:
    """The message that brings a temporary password to a user whom an administrator made.

    None if the text has no place for the password: such an invitation is not delivered (the API's
    text on AdminCreateUser). `words` are those of the pool's function, if it has any.
    """
    config = pool.settings.AdminCreateUserConfig
    template = (config and config.InviteMessageTemplate) or MessageTemplateType()
    texts = words.over(
        Words(
            subject=template.EmailSubject or _INVITATION_SUBJECT,
            email=template.EmailMessage or _INVITATION,
            sms=template.SMSMessage or _INVITATION,
        )
    )
    if CODE not in texts.of(channel):
        return None
    texts = _filled(texts, {CODE: password, USERNAME: _sign_in_name(pool, user)})
    return _message(pool, user, channel, texts, password, source=source, id=id, now=now)


def by_function(
    pool: Pool,
    user: User,
    channel: Channel,
    code: str,
    source: str,
    function: SenderFunction,
    id: str,
    now: datetime,
) -> Message:
    """What the pool's own sender is to send: it gets the code, and the words are its own."""
    message = _message(pool, user, channel, NO_WORDS, code, source=source, id=id, now=now)
    return replace(message, function=function)


def by_link(pool: Pool, source: str) -> bool:
    """Whether mails bring a link: at sign-up only, never to set a password (users.md §13.4)."""
    template = pool.settings.VerificationMessageTemplate
    return (
        template is not None
        and template.DefaultEmailOption is DefaultEmailOptionType.CONFIRM_WITH_LINK
        and source.endswith((f"_{Occasion.SIGN_UP}", f"_{Occasion.RESEND_CODE}"))
    )


def _code_texts(pool: Pool, source: str) -> Words:
    settings = pool.settings
    if source.endswith(f"_{Occasion.AUTHENTICATION}"):
        mail = pool.email_mfa or EmailMfaConfigType()
        return Words(
            # UNVERIFIED: the default subject of a sign-in code by email?
            subject=mail.Subject or _VERIFICATION_SUBJECT,
            email=mail.Message or _AUTHENTICATION,
            sms=settings.SmsAuthenticationMessage or _AUTHENTICATION,
        )
    template = settings.VerificationMessageTemplate or VerificationMessageTemplateType()
    return Words(
        subject=template.EmailSubject or settings.EmailVerificationSubject or _VERIFICATION_SUBJECT,
        email=template.EmailMessage or settings.EmailVerificationMessage or _VERIFICATION,
        sms=template.SmsMessage or settings.SmsVerificationMessage or _VERIFICATION,
    )


def _link_texts(pool: Pool) -> Words:
    template = pool.settings.VerificationMessageTemplate or VerificationMessageTemplateType()
    return Words(
        subject=template.EmailSubjectByLink or _BY_LINK_SUBJECT,
        email=template.EmailMessageByLink or _BY_LINK,
    )


def confirmation_link(server: str, client_id: str, username: str, code: str) -> str:
    """The address that confirms a sign-up when it is opened; `server` is ours, without a path."""
    # DIFFERS: AWS's link leads to the pool's domain, and without one there is no sign-up in such a
    # pool (amplify-js#4489). Pools have no domain here yet, so it leads to this server.
    query = {"client_id": client_id, "user_name": username, "confirmation_code": code}
    return f"{server}{CONFIRMATION_PATH}?{urlencode(query)}"


def code_target(pool: Pool, attributes: Mapping[str, str]) -> NameKind | None:
    """Where the sign-up code goes: the phone number before the email, and never to both.

    None if nothing is to be proved: not supplied, not auto-verified by the pool, or already
    verified, as by PreSignUp (users.md §8.1).
    """
    for contact in BY_PREFERENCE:
        supplied = attributes.get(contact) and attributes.get(f"{contact}_verified") != "true"
        if supplied and contact in pool.auto_verified:
            return contact
    return None


def delivery_details(attribute: NameKind, destination: str) -> CodeDeliveryDetailsType:
    """What the caller learns of a code that was sent to the user's email or phone number."""
    mask = mask_email if attribute is NameKind.EMAIL else mask_phone
    return CodeDeliveryDetailsType(
        Destination=mask(destination),
        DeliveryMedium=_MEDIUMS[attribute],
        AttributeName=attribute.value,
    )


def decoy_contact(
    pool: Pool,
    username: str,
    secret_digest: bytes,
    possible: Sequence[NameKind] = BY_PREFERENCE,
) -> tuple[NameKind, str]:
    """Return the contact, and its invented value, of a user who isn't there (users.md §14).

    A name that could itself be the contact is taken for it. For any other name the value is made of
    `secret_digest`, a keyed hash (6 bytes or more) of the pool and the name. Asking again gives the
    same value, and without the key its mask can't be told from a real one. `possible` are the
    contacts that real users may be written to, in order.

    UNVERIFIED: the form of the invented contact of a bare username?
    """
    # Folded as the pool compares names: a real user is the same user however the case is typed.
    name = username if pool.case_sensitive else username.lower()
    contacts = [contact for contact in possible if contact in pool.auto_verified]
    if not contacts:  # it isn't the pool that verifies them; then emails are likelier
        contacts = [contact for contact in BY_PREFERENCE[::-1] if contact in possible]
    looks_like = _form_of(name)
    if looks_like in contacts:
        return looks_like, name
    return contacts[0], _invented(contacts[0], secret_digest)


def _form_of(name: str) -> NameKind | None:
    if _PHONE_LIKE.fullmatch(name):
        return NameKind.PHONE_NUMBER
    return NameKind.EMAIL if _EMAIL_LIKE.fullmatch(name) else None


def _invented(contact: NameKind, digest: bytes) -> str:
    """Only what a mask shows of an email is invented: the rest would be stars."""
    if contact is NameKind.EMAIL:
        mailbox, domain = (chr(ord("a") + byte % 26) for byte in digest[:2])
        return f"{mailbox}@{domain}"
    return f"+1{int.from_bytes(digest[2:6], 'big') % 10**10:010}"


def _sign_in_name(pool: Pool, user: User) -> str:
    """What an invited user types to sign in.

    UNVERIFIED: in pools with UsernameAttributes, does an invitation name the email or phone number
    that the user was made with, as here, or the UUID that is the username there?
    """
    for contact in (NameKind.EMAIL, NameKind.PHONE_NUMBER):
        if contact in pool.username_attributes and user.attributes.get(contact):
            return user.attributes[contact]
    return user.username


def _message(
    pool: Pool,
    user: User,
    channel: Channel,
    texts: Words,
    code: str,
    *,
    source: str,
    id: str,
    now: datetime,
) -> Message:
    """`texts` as they go out. Nothing is filled into a subject (amplify-js#936)."""
    is_email = channel is Channel.EMAIL
    mailing = pool.settings.EmailConfiguration or EmailConfigurationType()
    return Message(
        id=id,
        pool_id=pool.id,
        username=user.username,
        channel=channel,
        destination=user.attributes[_CONTACTS[channel]],
        trigger_source=source,
        subject=texts.subject if is_email else "",
        body=texts.of(channel),
        code=code,
        sender=_sender(mailing) if is_email else "",
        reply_to=mailing.ReplyToEmailAddress or "" if is_email else "",
        created_at=now,
        due_at=now,
    )


def _filled(texts: Words, values: Mapping[str, str]) -> Words:
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
    """The pool's own sender, or "" for the server's.

    Without From, AWS sends from the address in SourceArn (users.md §13.2), which may also name a
    whole domain: that is no address.
    """
    identity = (mailing.SourceArn or "").rpartition("identity/")[2]
    return mailing.From or (identity if "@" in identity else "")
