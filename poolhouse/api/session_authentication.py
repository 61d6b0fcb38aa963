"""The user of a sign-in that is under way, by its Session alone."""

from datetime import datetime
from typing import NamedTuple

from poolhouse.auth.session_codec import unseal_session
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.errors.auth import InvalidSession
from poolhouse.rules.auth import challenges
from poolhouse.services.context import Services


class UnderWay(NamedTuple):
    """The sign-in that a Session stands for. The operation checks what may be done with it."""

    pool: Pool
    client: Client
    user: User
    session: AuthSession


async def sign_in_under_way(services: Services, sealed: str, now: datetime) -> UnderWay:
    """Return the pool, app client, user and state that a Session stands for.

    Check expiry first, so that decoy users' Sessions expire like real ones. Raises InvalidSession.
    """
    session = unseal_session(services, sealed)
    challenges.check_in_time(session, now)
    pool = await services.store.pools.find(session.pool_id)
    client = await services.store.clients.find(session.client_id)
    user = await services.store.users.by_sub(session.pool_id, session.sub)
    if pool is None or client is None or user is None:
        raise InvalidSession().because("its pool, app client or user is gone")
    return UnderWay(pool, client, user, session)
