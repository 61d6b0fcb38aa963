"""What the tokens of a pool name as their issuer: the address under which its keys are found."""

from poolhouse.entities.pools import Pool
from poolhouse.wire.enums import IssuerType


def own(pool_id: str, public_url: str) -> str:
    """The pool's address on this server: verifiers find discovery document and keys below it.

    DIFFERS: AWS names an address of its own, where nobody would find this server's keys.
    """
    return f"{public_url}/{pool_id}"


def as_on_aws(pool: Pool, region: str) -> str:
    """The issuer that AWS would name (auth.md §13), for code that has its form written into it."""
    configuration = pool.settings.IssuerConfiguration
    is_updated = configuration is not None and configuration.Type is IssuerType.UPDATED
    host = "issuer-cognito-idp" if is_updated else "cognito-idp"
    return f"https://{host}.{region}.amazonaws.com/{pool.id}"
