"""The call that a handler gets beside the request; its type shows who was authenticated.

`AdminCall`   a signed, authorised administrator, and the user pool that the request names
`AccountCall` the same, for operations that name no pool
`ClientCall`  an app client that exists, and its pool; the pipeline has authenticated it, as
              `operations/registry.py` declares
`SignedInCall` a user who is signed in, and that user's pool: by an access token at the API, or in a
              browser at the account page of a pool's domain
`UserCall`    the same by a valid access token alone
`UserOrSessionCall` the same, or in the token's place the Session of a sign-in under way
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

import msgspec
from msgspec.structs import replace

from poolhouse.crypto.sealer import Sealer
from poolhouse.crypto.signing_keys import SigningKeyStock
from poolhouse.delivery.outbox import FirstTryResult
from poolhouse.entities.audit import AuditDetails, AuditRecord
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.clients import Client
from poolhouse.entities.messages import Message
from poolhouse.entities.pools import Pool, region_of
from poolhouse.entities.principals import Principal
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.users import User
from poolhouse.errors.auth import InvalidSession
from poolhouse.errors.pools import ClientNotFound, PoolNotFound
from poolhouse.errors.protocol import RateExceeded
from poolhouse.errors.users import UserNotFound
from poolhouse.ids import Ids
from poolhouse.rules.aws.iam import pool_arn
from poolhouse.rules.oauth import document_urls
from poolhouse.rules.tokens import issuers
from poolhouse.rules.tokens.access_tokens import ParsedToken
from poolhouse.services.device_polls import DevicePolls
from poolhouse.services.document_fetches import DocumentFetches
from poolhouse.services.domain_extras import DomainExtras
from poolhouse.services.domain_urls import DomainUrls
from poolhouse.services.guess_locks import GuessLocks
from poolhouse.services.latency_matching import LatencyHistory
from poolhouse.services.page_changes import PageChanges
from poolhouse.services.rate_limits import RateLimit
from poolhouse.services.signing_key_cache import SigningKeyCache
from poolhouse.services.verified_token_cache import VerifiedTokenCache
from poolhouse.services.wrong_secrets import WrongSecrets
from poolhouse.store import audit as audit_records
from poolhouse.store.interface import Write
from poolhouse.store.store import Store
from poolhouse.triggers.invoke import Invoker


class Services(msgspec.Struct, frozen=True):
    """Objects that one worker process builds once, for all calls."""

    store: Store
    sealer: Sealer
    ids: Ids
    invoker: Invoker
    signing_keys: SigningKeyCache
    verified_tokens: VerifiedTokenCache
    new_keys: SigningKeyStock
    account_id: str
    public_url: str
    """Address of this server for users, without a path."""
    domain_urls: DomainUrls
    aws_issuer: bool
    """Whether tokens name AWS's own address as their issuer instead of ours."""
    wake_delivery: Callable[[], None]
    """Notifies the outbox worker that the outbox has something new."""
    hand_over: Callable[[Message, Mapping[str, str] | None], None]
    """Gives the delivery a message of the pool's own sender, which was put into the outbox claimed;
    with it goes the ClientMetadata, which nothing stores."""
    latencies: LatencyHistory
    """Recent latencies of functions, by which responses for unknown users are delayed."""
    watching: Callable[[Sequence[Message]], AbstractContextManager[FirstTryResult]]
    """Watches the first tries of messages that are put into the outbox within the block."""
    client_documents: DocumentFetches
    """Fetches client ID metadata documents."""
    registrations: RateLimit
    """Limits how many app clients unauthenticated callers register."""
    device_requests: RateLimit
    """Limits how many requests devices of public clients make."""
    device_polls: DevicePolls = msgspec.field(default_factory=DevicePolls)
    """The last polls of devices that wait for their users."""
    guess_locks: GuessLocks = msgspec.field(default_factory=GuessLocks)
    """Lets one call of this worker at a time guess at a user's secrets."""
    secure_url: str | None = None
    """Address of this server by TLS where `public_url` is without: in dev mode."""
    wrong_secrets: WrongSecrets = msgspec.field(default_factory=WrongSecrets)
    """Wrong secrets of app clients that are being counted."""
    page_changes: PageChanges = msgspec.field(default_factory=PageChanges)
    """What the operator changes in the pages of domains."""
    extras: DomainExtras = msgspec.field(default_factory=DomainExtras)
    """What the endpoints of domains serve beyond AWS."""

    def pool_arn(self, pool_id: str) -> str:
        """Return the ARN of a pool, in the region that its id names."""
        return pool_arn(region_of(pool_id), self.account_id, pool_id)

    def url(self, origin: str | None) -> str:
        """Return this server's address as the client used it, if that is one of its names.

        `origin` is a scheme, a host and a port; None: the client has named none.
        """
        return origin if origin is not None and self.is_own(origin) else self.public_url

    def is_own(self, origin: str) -> bool:
        """Return whether this is an address of the server itself, and not of a domain."""
        return origin in issuers.names_of(self.public_url) or (
            self.secure_url is not None and origin in issuers.names_of(self.secure_url)
        )

    def issuer(self, pool: Pool, origin: str | None = None) -> str:
        """Return the issuer in a pool's tokens, for a client that calls this server `origin`."""
        if self.aws_issuer:
            return issuers.as_on_aws(pool)
        return issuers.own(pool.id, self.url(origin))


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of the request that don't depend on the operation."""

    request_id: str
    now: datetime
    source_ip: str | None
    user_agent: str | None
    origin: str | None = None
    """Address by which the client reaches this server: scheme, host and port."""
    received_at: datetime | None = None
    """Time by the machine's own clock, which clients use too; None: the same as `now`."""


class RightGuess(msgspec.Struct, kw_only=True):
    """A guess that was found right, which the caller must not learn before a commit.

    `accepted` is in the commit of the guess's effect, `refused` in a commit of its own
    before an error is answered in spite of it. Each fails if other guesses were counted meanwhile.
    `by_session`: the session that a sign-in ends with can carry the condition itself; ending a
    sign-in then takes `accepted` away.
    """

    accepted: Write | None
    refused: Write
    by_session: bool = False


class Call(msgspec.Struct):
    """The dependencies and state of a call, for every handler."""

    services: Services
    caller: Caller
    trigger_answers: dict[str, object] = msgspec.field(default_factory=dict)
    """Answers by trigger source, kept when the operation is run again: no trigger runs twice."""
    used_steps: set[str] = msgspec.field(default_factory=set)
    """Steps that were used before functions ran; they stay if the operation runs again."""
    right_guesses: list[RightGuess] = msgspec.field(default_factory=list)
    """Right guesses of this run of the operation that aren't committed yet (`guesses.py`)."""
    guess_locks: set[str] = msgspec.field(default_factory=set)
    """Subs of the users at whose secrets this call alone may guess now."""
    compared: dict[bytes, bool] = msgspec.field(default_factory=dict)
    """Whether the request's SRP signature fits, by verifier; kept when the operation is run again,
    since it takes milliseconds to find out.
    """
    audit: AuditDetails = msgspec.field(default_factory=AuditDetails)
    """Members of the audit record that the request alone doesn't give."""
    proven: bool = False
    """Whether the caller knows a secret of a user, in an operation that needs no credentials."""
    notes: list[str] = msgspec.field(default_factory=list)
    """Notes for the operator's log on this call, without any secret."""
    _new_sub: str | None = None
    _sends: bool = False

    @property
    def store(self) -> Store:
        return self.services.store

    @property
    def ids(self) -> Ids:
        return self.services.ids

    @property
    def now(self) -> datetime:
        return self.caller.now

    async def reload(self) -> None:
        """Read again what the call was loaded with, before the operation is run once more.

        Raises the error of what is gone by now.
        """
        await self.store.configuration.refresh()

    async def _current_pool(self, pool: Pool) -> Pool:
        """Return the pool as it is now. Raises PoolNotFound."""
        current = await self.store.pools.find(pool.id)
        if current is None:
            raise PoolNotFound(pool_id=pool.id)
        return current

    def issuer(self, pool: Pool) -> str:
        """Return the issuer in the tokens of this call."""
        return self.services.issuer(pool, self.caller.origin)

    def new_sub(self) -> str:
        """Return the `sub` of the user that this call creates, also when the operation runs again.

        If the `sub` is the username, PreSignUp has received it by then.
        """
        if self._new_sub is None:
            self._new_sub = self.ids.sub(self.now)
        return self._new_sub

    def outgoing(self, message: Message) -> Write:
        """Return the write that queues a message, which is sent after the commit."""
        self._sends = True
        return self.store.messages.put(message)

    async def commit(self, *writes: Write) -> None:
        """Apply all writes or none, durably; then what they queued may go out."""
        await self.commit_unrecorded(*writes)
        if self._sends:
            self.services.wake_delivery()

    async def commit_unrecorded(self, *writes: Write) -> None:
        """Apply all writes or none, without an audit record: for steps before the operation's own.

        Every commit of a call carries the conditions of the guesses that were found right so far.
        """
        accepted = [guess.accepted for guess in self.right_guesses if guess.accepted is not None]
        await self.services.store.commit(*writes, *accepted)
        self.right_guesses.clear()
        self.release_guess_locks()

    async def lock_guesses(self, sub: str) -> None:
        """Wait until no other call of this worker guesses at the user's secrets.

        The next commit releases the lock, or the end of the call. Raises RateExceeded.
        """
        if sub not in self.guess_locks:
            try:
                await self.services.guess_locks.acquire(sub)
            except TimeoutError:
                raise RateExceeded from None
            self.guess_locks.add(sub)

    def release_guess_locks(self) -> None:
        """Release the locks, so that other calls can guess."""
        while self.guess_locks:
            self.services.guess_locks.release(self.guess_locks.pop())

    async def commit_refused_guesses(self) -> None:
        """Commit that right guesses were looked at, before an error is answered in spite of them.

        Raises Conflict if other guesses were counted meanwhile.
        """
        if self.right_guesses:
            await self.services.store.commit(*(guess.refused for guess in self.right_guesses))
            self.right_guesses.clear()


class AccountCall(Call, kw_only=True):
    """A signed and authorised administrator; the request names no user pool."""

    principal: Principal
    region: str
    """The region of the call, which the signature names; a pool of the call is of this region."""
    record: AuditRecord
    """The call's audit record."""
    is_audited: bool = False
    """A commit has stored the record."""

    async def commit(self, *writes: Write) -> None:
        """Apply all writes or none, and the audit record with them."""
        committed = replace(self.audit.added_to(self.record), outcome="committed")
        trail = audit_records.insert(self.ids.audit_id(self.now), [committed])
        await Call.commit(self, *writes, trail)
        self.is_audited = True


class AdminCall(AccountCall, kw_only=True):
    """A signed and authorised administrator of this pool."""

    pool: Pool

    async def reload(self) -> None:
        """Read the pool again."""
        await Call.reload(self)
        self.pool = await self._current_pool(self.pool)


class ClientCall(Call, kw_only=True):
    """An app client of this pool."""

    pool: Pool
    client: Client
    principal: Principal | None = None
    """The administrator who has signed the request, if that replaces a secret."""

    async def reload(self) -> None:
        """Read the pool and the app client again."""
        await Call.reload(self)
        self.pool = await self._current_pool(self.pool)
        if document_urls.looks_like_url(self.client.id):
            return  # of a metadata document, which isn't fetched twice in a call
        client = await self.store.clients.find(self.client.id)
        if client is None:
            raise ClientNotFound(client_id=self.client.id)
        self.client = client


class SignedInCall(Call, kw_only=True):
    """A call of a user who is signed in at `client`."""

    pool: Pool
    client: Client
    user: User

    async def reload(self) -> None:
        """Read the pool and the user again."""
        await Call.reload(self)
        self.pool = await self._current_pool(self.pool)
        user = await self.store.users.by_sub(self.pool.id, self.user.sub)
        if user is None:
            raise UserNotFound
        self.user = user


class UserCall(SignedInCall, kw_only=True):
    """A call of a user with a valid access token.

    `client` is the app client that it was issued to, `session` the sign-in that it comes from.
    """

    session: TokenSession
    token: ParsedToken


class UserOrSessionCall(Call, kw_only=True):
    """A call of a user with a valid access token, or with a sign-in under way.

    `session` is the state of that sign-in, and None with a token.
    """

    pool: Pool
    client: Client
    user: User
    session: AuthSession | None

    async def reload(self) -> None:
        """Read the pool and the user again."""
        await Call.reload(self)
        self.pool = await self._current_pool(self.pool)
        user = await self.store.users.by_sub(self.pool.id, self.user.sub)
        if user is None:
            raise UserNotFound if self.session is None else InvalidSession
        self.user = user


AnyCall = AccountCall | AdminCall | ClientCall | SignedInCall | UserCall | UserOrSessionCall
