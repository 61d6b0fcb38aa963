"""What a seed file holds, in AWS's words where there are such, and reading one."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from poolhouse.bootstrap.seed.validation import misfits
from poolhouse.bootstrap.seed.yaml_positions import Located, Mistake, NotYaml, parse
from poolhouse.config.setting_types import Environment
from poolhouse.entities.users import UserStatus
from poolhouse.rules.aws.regions import FORM
from poolhouse.triggers.factory import TransportDependencies, rooted, transport
from poolhouse.wire.shapes import (
    AttributeNameType,
    AttributeValueType,
    GroupNameType,
    PasswordType,
    UsernameType,
)
from poolhouse.wire.structs import (
    CreateGroupRequest,
    CreateResourceServerRequest,
    CreateUserPoolClientRequest,
    CreateUserPoolDomainRequest,
    CreateUserPoolRequest,
    EmailMfaConfigType,
    SmsMfaConfigType,
    SoftwareTokenMfaConfigType,
    WebAuthnConfigurationType,
)

Hex = Annotated[str, Meta(pattern=r"^([0-9a-fA-F]{2})+\Z", max_length=1024)]
PoolId = Annotated[
    str, Meta(pattern=rf"^(?:{FORM}_[0-9a-zA-Z]{{1,40}}|[0-9a-zA-Z]{{1,36}})\Z", max_length=55)
]
"""A pool's id with a region, or without: then of the server's home region."""
ClientId = Annotated[str, Meta(pattern=r"^[\w+]{1,128}\Z")]
Base32 = Annotated[
    str,
    Meta(
        pattern=r"^([A-Z2-7]{8}){2,}([A-Z2-7]{2}|[A-Z2-7]{4}|[A-Z2-7]{5}|[A-Z2-7]{7})?=*\Z",
        max_length=256,
    ),
]
"""A secret of at least 80 bits, and of a length that whole bytes have."""
Factor = Literal["SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA"]
Sub = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]

_OF_ITS_POOL: Final = "us-east-1_OfItsPool"
"""The pool that a request must name; in a seed file the pool encloses it."""


class MfaSeed(msgspec.Struct, frozen=True, kw_only=True):
    """A user's second factors. `totp` is the secret of an authenticator app, as apps take it."""

    totp: Base32 | None = None
    sms: bool | None = None
    email: bool | None = None
    preferred: Factor | None = None

    @property
    def secret(self) -> bytes | None:
        """Return what `totp` stands for."""
        if self.totp is None:
            return None
        digits = self.totp.rstrip("=")
        return base64.b32decode(digits + "=" * (-len(digits) % 8))


class UserSeed(msgspec.Struct, frozen=True, kw_only=True):
    """A user. With a password, or verifier and salt, CONFIRMED unless something else is said.

    What becomes a member of a request keeps the request's constraints.
    """

    username: UsernameType
    sub: Sub | None = None
    password: PasswordType | None = None
    verifier: Hex | None = None
    salt: Hex | None = None
    status: UserStatus | None = None
    enabled: bool | None = None
    attributes: dict[AttributeNameType, AttributeValueType] = {}
    groups: tuple[GroupNameType, ...] = ()
    mfa: MfaSeed | None = None


class GroupSeed(CreateGroupRequest, frozen=True, kw_only=True):
    UserPoolId: str = _OF_ITS_POOL


class ClientSeed(CreateUserPoolClientRequest, frozen=True, kw_only=True):
    id: ClientId
    UserPoolId: str = _OF_ITS_POOL


class DomainSeed(CreateUserPoolDomainRequest, frozen=True, kw_only=True):
    UserPoolId: str = _OF_ITS_POOL


class ResourceServerSeed(CreateResourceServerRequest, frozen=True, kw_only=True):
    UserPoolId: str = _OF_ITS_POOL


class PoolSeed(CreateUserPoolRequest, frozen=True, kw_only=True):
    """A pool, with what CreateUserPool takes and what only SetUserPoolMfaConfig does."""

    id: PoolId
    SmsMfaConfiguration: SmsMfaConfigType | None = None
    SoftwareTokenMfaConfiguration: SoftwareTokenMfaConfigType | None = None
    EmailMfaConfiguration: EmailMfaConfigType | None = None
    WebAuthnConfiguration: WebAuthnConfigurationType | None = None
    domains: tuple[DomainSeed, ...] = ()
    resource_servers: tuple[ResourceServerSeed, ...] = ()
    clients: tuple[ClientSeed, ...] = ()
    groups: tuple[GroupSeed, ...] = ()
    users: tuple[UserSeed, ...] = ()

    @property
    def names_factors(self) -> bool:
        """Return whether there is something that only SetUserPoolMfaConfig takes."""
        return any(
            given is not None
            for given in (
                self.SmsMfaConfiguration,
                self.SoftwareTokenMfaConfiguration,
                self.EmailMfaConfiguration,
                self.WebAuthnConfiguration,
            )
        )


class _File(msgspec.Struct, frozen=True, kw_only=True):
    pools: tuple[PoolSeed, ...] = ()
    triggers: dict[str, str] = {}
    environment: Environment = {}


class BadSeed(Exception):
    """A seed file that can't be used; `mistakes` has a sentence for each, with its line."""

    def __init__(self, file: Path, mistakes: list[Mistake]) -> None:
        self.mistakes = [f"{file}:{mistake.line}: {mistake.text}" for mistake in sorted(mistakes)]
        super().__init__("\n".join(self.mistakes))


class Unchangeable(Exception):
    """An existing object can't become what the file asks for; the text says why."""


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """A seed file that is well-formed. `located` is the same with the lines.

    Paths of handlers in `triggers` are absolute: in the file they start at the file's folder.
    """

    file: Path
    pools: tuple[PoolSeed, ...]
    triggers: dict[str, str]
    environment: Environment
    located: Located

    def line(self, *way: str | int) -> int:
        """Return the line of what is reached this way: `line("pools", 0, "users", 2)`."""
        at: Any = self.located
        for step in way:
            at = at.value[step]
        return int(at.line)


def read(file: Path, home_region: str) -> Seed:
    """Read a seed file; pools whose ids name no region are of the home region.

    Raises BadSeed with all mistakes that can be seen in the file alone.
    """
    try:
        located, mistakes = parse(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSeed(file, [Mistake(1, f"can't be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise BadSeed(file, [Mistake(1, "is not UTF-8")]) from None
    except NotYaml as error:
        raise BadSeed(file, [error.mistake]) from None
    mistakes += misfits(located, _File)
    if mistakes:
        raise BadSeed(file, mistakes)
    contents = msgspec.convert(located.plain(), _File, strict=False)
    places = {name: rooted(place, file.parent) for name, place in contents.triggers.items()}
    seed = Seed(
        file=file,
        pools=tuple(_with_region(pool, home_region) for pool in contents.pools),
        triggers=places,
        environment=contents.environment,
        located=located,
    )
    if mistakes := _contradictions(seed):
        raise BadSeed(file, mistakes)
    return seed


def _with_region(pool: PoolSeed, home_region: str) -> PoolSeed:
    return pool if "_" in pool.id else msgspec.structs.replace(pool, id=f"{home_region}_{pool.id}")


def _contradictions(seed: Seed) -> list[Mistake]:
    """Return what is well-formed by itself, but not together."""
    mistakes = [
        Mistake(seed.line("triggers", function), f"`{function}` can't be used: {why}")
        for function, why in _unusable(seed.triggers)
    ]
    taken: dict[str, int] = {}

    def once(kind: str, name: str, line: int) -> None:
        first = taken.setdefault(f"{kind} {name}", line)
        if first != line:
            mistakes.append(Mistake(line, f"the {kind} {name} is already in line {first}"))

    for p, pool in enumerate(seed.pools):
        once("pool", pool.id, seed.line("pools", p))
        for d, domain in enumerate(pool.domains):
            once("domain", domain.Domain, seed.line("pools", p, "domains", d))
        for r, server in enumerate(pool.resource_servers):
            line = seed.line("pools", p, "resource_servers", r)
            once(f"resource server of {pool.id}", server.Identifier, line)
        for c, client in enumerate(pool.clients):
            once("client", client.id, seed.line("pools", p, "clients", c))
        for g, group in enumerate(pool.groups):
            once(f"group of {pool.id}", group.GroupName, seed.line("pools", p, "groups", g))
        for u, user in enumerate(pool.users):
            line = seed.line("pools", p, "users", u)
            once(f"user of {pool.id}", user.username, line)
            if user.sub is not None:
                once(f"sub of {pool.id}", user.sub, line)
            if (user.verifier is None) != (user.salt is None):
                mistakes.append(Mistake(line, "`verifier` and `salt` go together"))
            if user.password is not None and user.verifier is not None:
                mistakes.append(Mistake(line, "`password` and `verifier` exclude each other"))
    return mistakes


def _unusable(triggers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Try to make each transport; none of them runs anything before it is first invoked."""
    unused: Any = None
    dependencies = TransportDependencies(
        client=lambda: unused,
        now=unused,
        wall_clock=unused,
        new_request_id=unused,
        folder=Path(),  # all paths are absolute by now
        python="",
        node="",
    )
    for function, place in triggers.items():
        try:
            transport(function, place, dependencies)
        except ValueError as error:
            yield function, str(error)
