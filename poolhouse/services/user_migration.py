"""Bringing users from elsewhere: the pool's UserMigration function is asked, and the user made."""

from contextlib import suppress
from typing import Final, NamedTuple

from poolhouse.entities.clients import Client
from poolhouse.entities.contacts import OF_MEDIUM
from poolhouse.entities.messages import Occasion
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import NameKind, User
from poolhouse.errors.auth import EmailRefused, SmsRefused
from poolhouse.errors.triggers import MigrationFailed
from poolhouse.errors.users import AliasTaken, AttributeTaken
from poolhouse.rules.users import user_migration
from poolhouse.services import notifications, triggers
from poolhouse.services.context import Call
from poolhouse.services.notifications import Notification
from poolhouse.services.passwords import new_credential
from poolhouse.services.triggers import Metadata
from poolhouse.services.user_lookup import find_user
from poolhouse.services.user_names import alias_writes, claim_username
from poolhouse.store import users
from poolhouse.store.interface import UniqueViolation, Write
from poolhouse.triggers.pre_sign_up import PreSignUp, PreSignUpSource
from poolhouse.triggers.user_migration import MigratedUser, UserMigration, UserMigrationSource
from poolhouse.wire.enums import MessageActionType
from poolhouse.wire.errors import InvalidParameterException

_UNSAID: Final = "********"
"""Replaces the password in a welcome message: users know their own."""


class Request(NamedTuple):
    """A request about an unknown user: the typed `username`, and the password if known."""

    client: Client
    username: str
    password: str | None
    validation_data: Metadata = None
    client_metadata: Metadata = None


class MigrationDraft(NamedTuple):
    """A user who isn't stored yet, with what else the function returned."""

    user: User
    response: MigratedUser


async def invoke_migration(call: Call, pool: Pool, request: Request) -> MigrationDraft | None:
    """Invoke the function for an unknown user; None if there is no function or no such user.

    Raises TriggerRefused for what the function throws, and MigrationFailed for a user who can't be
    one of this pool's.
    """
    source = UserMigrationSource.AUTHENTICATION
    if request.password is None:
        source = UserMigrationSource.FORGOT_PASSWORD
    subject = triggers.TriggerSubject(
        pool=pool, username=request.username, client_id=request.client.id
    )
    ask = UserMigration(
        source=source,
        password=request.password,
        validation_data=request.validation_data,
        client_metadata=request.client_metadata,
    )
    response = await triggers.invoke_once(call, subject, ask)
    if response is None:
        return None
    try:
        user = user_migration.migrated(
            pool,
            request.username,
            response.attributes,
            call.new_sub(),
            # UNVERIFIED: the status of a user who has forgotten the password, here RESET_REQUIRED?
            is_confirmed=response.keeps_password and request.password is not None,
            with_sms_mfa=response.enable_sms_mfa,
            now=call.now,
        )
    except InvalidParameterException:
        raise MigrationFailed(client_id=request.client.id) from None
    return MigrationDraft(user, response)


async def create_migrated_user(
    call: Call, pool: Pool, request: Request, newcomer: MigrationDraft
) -> User:
    """Create the user in one commit, and send the welcome message.

    The typed password is stored whatever the policy. A user who must reset it gets that error after
    a right password. Of two requests that migrate a user at once, the second finds the first's.
    """
    user, response = newcomer
    # UNVERIFIED: the source, here that of users whom administrators create: it is their
    # parameters that the function answers with.
    ask = PreSignUp(
        source=PreSignUpSource.ADMIN_CREATE_USER,
        validation_data=request.validation_data,
        client_metadata=request.client_metadata,
    )
    subject = triggers.TriggerSubject.of(pool, user, request.client.id, is_stored=False)
    await triggers.invoke_once(call, subject, ask)
    writes = await _creation(call, pool, request, newcomer)
    try:
        # An undelivered welcome message must not prevent the sign-in.
        with suppress(EmailRefused, SmsRefused):
            await notifications.commit_and_notify(
                call, _welcome(pool, request, user, response), *writes
            )
    except UniqueViolation as taken:
        # For an unused alias, the function has named a user who exists already.
        if taken.kind == NameKind.USERNAME and not await find_user(call, pool, request.username):
            raise MigrationFailed(client_id=request.client.id) from None
        raise
    return user


async def _creation(
    call: Call, pool: Pool, request: Request, newcomer: MigrationDraft
) -> list[Write]:
    user, response = newcomer
    try:
        aliases = await alias_writes(call, pool, user, force=response.force_alias_creation)
    except (AliasTaken, AttributeTaken):
        raise MigrationFailed(client_id=request.client.id) from None
    refusal = MigrationFailed(client_id=request.client.id)
    writes = [*await claim_username(call, pool, user, refusal), users.add(user), *aliases]
    if request.password is not None:
        writes.append(call.store.users.add_password(new_credential(call, user, request.password)))
    return writes


def _welcome(
    pool: Pool, request: Request, user: User, response: MigratedUser
) -> Notification | None:
    """Return the pool's invitation, by the requested media that reach the user.

    UNVERIFIED: which password does AWS's name? No password of a user's own is ever sent here.
    """
    if response.message_action is MessageActionType.SUPPRESS:
        return None
    wanted = dict.fromkeys(OF_MEDIUM[medium] for medium in response.desired_delivery_mediums)
    return Notification(
        pool=pool,
        user=user,
        occasion=Occasion.ADMIN_CREATE_USER,
        secret=_UNSAID,
        channels=[contact.channel for contact in wanted if user.attributes.get(contact)],
        client_metadata=request.client_metadata,
        client_id=request.client.id,
    )
