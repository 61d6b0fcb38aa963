"""Guesses at app clients' secrets, at a pool's domain and at the API: verified and counted here.

Failures are counted by app client and address, so that callers elsewhere can't keep an app from its
tokens. After five failures right secrets from that address are refused too, for a second, and for
twice as long after each further failure, up to 15 minutes (`rules/auth/lockout.py`).

A wrong guess gets its answer after a commit of its count, which fails if another was counted
meanwhile. A right one commits nothing, since every token that a machine gets would wait for it. It
reads the count instead, and adds the wrong guesses of this worker that arrived earlier and aren't
counted yet. So of guesses that arrive together at one worker, no right one is answered after five
wrong ones; at several workers, after five at each.
"""

from collections.abc import Sequence
from typing import Final

from poolhouse.crypto.contexts import Context
from poolhouse.entities.clients import Client
from poolhouse.entities.codes import Action
from poolhouse.errors.oauth import InvalidClient, TooManySecretGuesses
from poolhouse.rules.auth import client_secret, lockout
from poolhouse.services import address_counts
from poolhouse.services.context import Caller, Services
from poolhouse.store import codes
from poolhouse.store.interface import VersionConflict

_TRIES: Final = 5
"""Commits of a failure while others are counted first."""


async def verify(
    services: Services,
    caller: Caller,
    client: Client | None,
    *,
    client_id: str,
    pool_id: str,
    readings: Sequence[str],
) -> None:
    """Accept a secret if one of its readings is the client's. `client` is None if it is unknown.

    Raises InvalidClient or TooManySecretGuesses.
    """
    holder = address_counts.holder_of(
        services, caller, client_id, pool_id, Context.CLIENT_AT_ADDRESS
    )
    is_right = client_secret.matches(client, readings)
    earlier = services.wrong_secrets.count(holder.sub)
    if is_right:
        failures = await services.store.codes.attempts(holder, Action.CLIENT_SECRET)
        if lockout.is_locked(failures, earlier, caller.now):
            raise TooManySecretGuesses().because("too many wrong secrets before the right one")
        return
    with services.wrong_secrets.one_more(holder.sub):
        for _ in range(_TRIES):
            failures = await services.store.codes.attempts(holder, Action.CLIENT_SECRET)
            if lockout.is_locked(failures, 0, caller.now):
                raise TooManySecretGuesses().because("too many wrong secrets")
            failed = lockout.failed(failures, holder, Action.CLIENT_SECRET, caller.now)
            try:
                await services.store.commit(codes.count(failed))
            except VersionConflict:
                continue
            raise InvalidClient().because("the secret is wrong" if client else "no such client")
        raise TooManySecretGuesses().because("other guesses were always counted first")
