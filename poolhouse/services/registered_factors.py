"""Find the factors that a user has registered: an authenticator app, passkeys."""

from poolhouse.entities.passkeys import Passkey
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.rules.auth import mfa, passkeys
from poolhouse.services import domain_urls
from poolhouse.services.context import Call


async def has_software_token(call: Call, user: User) -> bool:
    """Return whether the user has registered an authenticator app, whatever the pool's settings."""
    token = await call.store.software_tokens.find(user)
    return token is not None and token.is_registered


async def has_software_token_for_pool(call: Call, pool: Pool, user: User) -> bool:
    """Return whether the user has registered an app that sign-ins at this pool may ask for.

    Returns False without a read if the pool's MFA is off.
    """
    return not mfa.is_off(pool) and await has_software_token(call, user)


async def relying_party(call: Call, pool: Pool) -> str:
    """Return the domain for which the pool's passkeys are valid."""
    services = call.services
    of_pool = await call.store.domains.of_pool(pool.id)
    domain = domain_urls.advertised(of_pool)
    url = services.domain_urls.url_of(domain, services.public_url) if domain else None
    return passkeys.relying_party(pool, url or services.public_url)


async def usable_passkeys(call: Call, pool: Pool, user: User) -> list[Passkey]:
    """Return the user's passkeys that the pool's present relying party may ask for."""
    party = await relying_party(call, pool)
    page = await call.store.passkeys.page(user, None, passkeys.MOST)
    return [passkey for passkey in page.items if passkey.relying_party == party]
