"""The calls that handlers take, made of what requests name and authenticate."""

from poolhouse.api.iam_authentication import Administrator
from poolhouse.api.session_authentication import sign_in_under_way
from poolhouse.api.token_authentication import authenticate_user
from poolhouse.entities.audit import AuditRecord
from poolhouse.entities.pools import Pool, region_of
from poolhouse.errors.auth import ClientUnauthorized
from poolhouse.errors.mfa import EitherTokenOrSession
from poolhouse.errors.pools import ClientNotFound, PoolNotFound
from poolhouse.errors.tokens import AccessTokenRevoked
from poolhouse.errors.users import UserNotFound
from poolhouse.operations.registry import Entry
from poolhouse.rules.aws.regions import is_region
from poolhouse.services.context import (
    AccountCall,
    AdminCall,
    AnyCall,
    Caller,
    ClientCall,
    Services,
    UserCall,
    UserOrSessionCall,
)
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import Shape


class Callers:
    """Makes the call that an operation's handler takes."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def public_call(self, entry: Entry, req: Shape, caller: Caller) -> AnyCall:
        """Return the call of the app client that the request names, or of its access token."""
        await self._services.store.configuration.refresh()
        if entry.call is UserCall:
            token = member(req, "AccessToken") or ""
            authenticated = await authenticate_user(self._services, token, caller.now)
            return UserCall(self._services, caller, **authenticated._asdict())
        if entry.call is UserOrSessionCall:
            return await self._user_or_session_call(req, caller)
        return await self.client_call(entry, req, caller)

    async def client_call(
        self, entry: Entry, req: Shape, caller: Caller, administrator: Administrator | None = None
    ) -> ClientCall:
        """Return the call of an app client, with the administrator who has signed it, if any.

        DIFFERS: only a signature names a region. Without one, as with an access token, an app
        client of any region is found; AWS has an endpoint for each region, which knows its own.
        """
        client_id = _client_id(entry, req)
        client = await self._services.store.clients.find(client_id)
        if client is None:
            raise ClientNotFound(client_id=client_id)
        if administrator is None:
            pool = await self._services.store.pools.find(client.pool_id)
        else:
            pool = await self.pool_in_region(client.pool_id, administrator.region)
        if pool is None:
            raise ClientNotFound(client_id=client_id)
        principal = administrator.principal if administrator else None
        return ClientCall(self._services, caller, pool=pool, client=client, principal=principal)

    async def pool_in_region(self, pool_id: str | None, region: str) -> Pool | None:
        """Return the pool if it is of the region: no other region has it."""
        if pool_id is None or not _is_in_region(pool_id, region):
            return None
        return await self._services.store.pools.find(pool_id)

    async def _user_or_session_call(self, req: Shape, caller: Caller) -> UserOrSessionCall:
        """Return the call of the token's user, or of the user who is signing in.

        Raises EitherTokenOrSession for both, or neither.
        """
        token, session = member(req, "AccessToken"), member(req, "Session")
        if bool(token) is bool(session):
            raise EitherTokenOrSession
        if session:
            under_way = await sign_in_under_way(self._services, session, caller.now)
            return UserOrSessionCall(self._services, caller, **under_way._asdict())
        authenticated = await authenticate_user(self._services, token or "", caller.now)
        return UserOrSessionCall(
            self._services,
            caller,
            pool=authenticated.pool,
            client=authenticated.client,
            user=authenticated.user,
            session=None,
        )

    async def named_pool(self, entry: Entry, req: Shape, region: str) -> str | None:
        """Return the id of the pool that a request names.

        The request names the pool itself, its ARN, or one of its app clients. Only the ARN that
        policies use counts; any other names no pool of ours. An app client of another region
        names none either, as an unknown one: policies would decide on the two differently.
        """
        if entry.call is ClientCall:
            client = await self._services.store.clients.find(_client_id(entry, req))
            if client is None or not _is_in_region(client.pool_id, region):
                return None
            return client.pool_id
        arn = member(req, "ResourceArn")
        if arn is None:
            return member(req, entry.operation.pool_member)
        pool_id = arn.rpartition("/")[2]
        return pool_id if arn == self._services.pool_arn(pool_id) else arn

    def admin_call(
        self,
        entry: Entry,
        administrator: Administrator,
        caller: Caller,
        *,
        record: AuditRecord,
        pool_id: str | None,
        pool: Pool | None,
    ) -> AccountCall:
        """Return the call that the handler asks for: with the pool, or with the account alone.

        Raises PoolNotFound.
        """
        principal, region = administrator.principal, administrator.region
        if entry.call is AccountCall:
            return AccountCall(
                self._services, caller, principal=principal, region=region, record=record
            )
        if pool is None:
            raise _no_pool(pool_id, region)
        return AdminCall(
            self._services, caller, principal=principal, region=region, record=record, pool=pool
        )


def _is_in_region(pool_id: str, region: str) -> bool:
    return pool_id.startswith(f"{region}_")


def _no_pool(pool_id: str | None, region: str) -> PoolNotFound:
    """Return the refusal; the log says when the signature is for another region than the pool's."""
    error = PoolNotFound(pool_id=pool_id)
    if pool_id is not None and is_region(named := region_of(pool_id)) and named != region:
        error.because(f"the signature is for the region {region}, the pool is of {named}")
    return error


def listed(entry: Entry, error: ClientNotFound | PoolNotFound | UserNotFound) -> ServiceError:
    """Return the pipeline's own refusal, in an error that the model lists for the operation."""
    if any(isinstance(error, listed) for listed in entry.operation.errors):
        return error
    # UNVERIFIED: what operations answer that can't say that the user, or the pool, is gone?
    by_token = entry.call is not ClientCall
    return AccessTokenRevoked() if by_token else ClientUnauthorized()


def _client_id(entry: Entry, req: Shape) -> str:
    return member(req, entry.operation.client_member) or ""


def member(req: Shape, name: str | None) -> str | None:
    """Return a member of the request, if it has it and it is a string."""
    value = getattr(req, name, None) if name else None
    return value if isinstance(value, str) else None
