"""Decide what domains a pool may have, and how they are described (ev:oauth-11)."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final, cast

import msgspec

from poolhouse.entities.domains import CLASSIC, MANAGED_LOGIN, Domain
from poolhouse.entities.pools import Pool
from poolhouse.errors.domains import (
    BadDomainName,
    BadPagesVersion,
    DomainNotFound,
    DomainTaken,
    DomainThere,
    NoSubdomain,
    PrefixSettings,
    ReservedWord,
)
from poolhouse.errors.pools import NotInTier, TierTooLow
from poolhouse.rules.pools import feature_plans
from poolhouse.wire.enums import DomainStatusType
from poolhouse.wire.structs import (
    CreateUserPoolDomainRequest,
    CustomDomainConfigType,
    DomainDescriptionType,
    UpdateUserPoolDomainRequest,
    UserPoolType,
)

RESERVED: Final = ("cognito", "amazon", "aws")

_LABEL: Final = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_SHOWN_PATTERN: Final = f"^{_LABEL}$"
_PREFIX: Final = re.compile(_LABEL)
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_FEATURE: Final = "Managed Login"
"""UNVERIFIED: the name of the feature in refusals of the plan Lite?"""


def create(
    pool: Pool,
    req: CreateUserPoolDomainRequest,
    *,
    namesake: Domain | None,
    of_pool: Iterable[Domain],
    now: datetime,
) -> Domain:
    """Return the domain that CreateUserPoolDomain makes, with a certificate if it is custom.

    DIFFERS: the certificate and the parent domain's A record aren't looked up, and a domain below
    a top-level domain is accepted. They are the operator's own.
    UNVERIFIED: the order in which AWS looks.
    """
    domain = Domain(
        name=req.Domain,
        pool_id=pool.id,
        pages_version=_pages_version(pool.settings, req.ManagedLoginVersion, CLASSIC),
        custom=req.CustomDomainConfig,
        routing=req.Routing,
        created_at=now,
        modified_at=now,
    )
    _check_name(domain)
    if any(each.is_custom is domain.is_custom for each in of_pool):
        raise DomainThere
    if namesake is not None:
        raise DomainTaken
    _check_prefix_settings(domain)
    return domain


def update(pool: Pool, domain: Domain, req: UpdateUserPoolDomainRequest, now: datetime) -> Domain:
    """Return the domain after UpdateUserPoolDomain; what the request leaves out stays.

    UNVERIFIED: does it stay, or go back to its default?
    """
    if req.CustomDomainConfig is not None and not domain.is_custom:
        raise PrefixSettings(member="CustomDomainConfig")
    updated = msgspec.structs.replace(
        domain,
        pages_version=_pages_version(pool.settings, req.ManagedLoginVersion, domain.pages_version),
        custom=req.CustomDomainConfig or domain.custom,
        routing=req.Routing or domain.routing,
        modified_at=now,
    )
    _check_prefix_settings(updated)
    return updated


def require(pool: Pool, domain: Domain | None) -> Domain:
    """Return the domain that a request names; another pool's counts as unknown."""
    if domain is None or domain.pool_id != pool.id:
        raise DomainNotFound
    return domain


def check_plan(settings: UserPoolType, of_pool: Iterable[Domain]) -> None:
    """Refuse a plan without managed login while a domain has its pages."""
    if feature_plans.has_managed_login(settings):
        return
    if any(each.pages_version == MANAGED_LOGIN for each in of_pool):
        raise TierTooLow(tier=feature_plans.tier_of(settings).value, features=_FEATURE)


def described(domain: Domain, *, account_id: str, host: str) -> DomainDescriptionType:
    """Return a domain as DescribeUserPoolDomain shows it.

    DIFFERS: a domain works at once, so its status is always ACTIVE. Instead of a
    CloudFront distribution it names `host`, which clients resolve to this server. There is no S3
    bucket.
    """
    return DomainDescriptionType(
        UserPoolId=domain.pool_id,
        AWSAccountId=account_id,
        Domain=domain.name,
        CloudFrontDistribution=host,
        Version=domain.modified_at.strftime("%Y%m%d%H%M%S"),  # ev:domain-1.1
        Status=DomainStatusType.ACTIVE,
        CustomDomainConfig=domain.custom or _NO_CERTIFICATE,
        ManagedLoginVersion=domain.pages_version,
        Routing=domain.routing,
    )


_NO_CERTIFICATE: Final = CustomDomainConfigType(CertificateArn=cast("str", msgspec.UNSET))
"""An empty object, which the AWS CLI's example shows for a prefix (ev:domain-1.1)."""


def in_settings(settings: UserPoolType, of_pool: Iterable[Domain]) -> UserPoolType:
    """Return a pool's settings with its domains, as DescribeUserPool shows them."""
    names = {each.is_custom: each.name for each in of_pool}
    return msgspec.structs.replace(settings, Domain=names.get(False), CustomDomain=names.get(True))


def _check_name(domain: Domain) -> None:
    """Check the name: a prefix is one label, and a custom domain a host with a parent."""
    if not domain.is_custom:
        if not _PREFIX.fullmatch(domain.name):
            raise BadDomainName(pattern=_SHOWN_PATTERN)
        if word := next((word for word in RESERVED if word in domain.name), None):
            raise ReservedWord(word=word)
        return
    if not _HOST.fullmatch(domain.name):
        raise BadDomainName(
            pattern=_SHOWN_PATTERN
        )  # UNVERIFIED: the same sentence for custom domains?
    if "." not in domain.name:
        raise NoSubdomain


def _check_prefix_settings(domain: Domain) -> None:
    if domain.routing is not None and not domain.is_custom:
        raise PrefixSettings(member="Routing")


def _pages_version(settings: UserPoolType, given: int | None, default: int) -> int:
    """Return which pages the domain gets.

    UNVERIFIED: does a domain that is created without a version get the classic pages, as here?
    """
    version = default if given is None else given
    if version not in (CLASSIC, MANAGED_LOGIN):
        raise BadPagesVersion
    if version == MANAGED_LOGIN and not feature_plans.has_managed_login(settings):
        raise NotInTier(tier=feature_plans.tier_of(settings).value, features=_FEATURE)
    return version
