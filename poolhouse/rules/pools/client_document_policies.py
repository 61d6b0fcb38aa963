"""Policies of client ID metadata documents: what a request makes of one, and how it is shown."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from poolhouse.entities.client_documents import ClientDocument
from poolhouse.entities.pool_resources import ClientDocumentPolicy
from poolhouse.entities.pools import Pool
from poolhouse.errors.client_documents import PolicyNotFound
from poolhouse.errors.pools import NotInTier, QuotaExceeded
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.oauth import document_urls
from poolhouse.rules.pools import feature_plans
from poolhouse.wire.structs import (
    CIMDPolicySummaryType,
    CIMDPolicyType,
    ClientMetadataURLType,
    CreateCIMDPolicyRequest,
    UpdateCIMDPolicyRequest,
)

MOST: Final = 50
"""Policies of a pool. UNVERIFIED: the service's quota?"""
DEFAULT_SECONDS: Final = 86_400
"""How long documents are cached by default (the reference of CreateCIMDPolicy)."""


def check_plan(pool: Pool) -> None:
    """Refuse pools of the plan Lite, which have no such clients."""
    if not has_client_documents(pool):
        tier = feature_plans.tier_of(pool.settings).value
        # UNVERIFIED: the feature's name, and its plan. It is that of dynamic registration here.
        raise NotInTier(tier=tier, features="Client ID Metadata Documents")


def has_client_documents(pool: Pool) -> bool:
    """Return whether the pool's plan has clients of metadata documents."""
    return feature_plans.has_user_auth(pool.settings)


def create(
    pool: Pool, req: CreateCIMDPolicyRequest, policy_id: str, there: int, now: datetime
) -> ClientDocumentPolicy:
    """Return the policy that CreateCIMDPolicy makes beside those that are there.

    UNVERIFIED: may two policies of a pool have the same name? Here they may.
    """
    if there >= MOST:
        raise QuotaExceeded(things="CIMD policies")
    _check_patterns(req.URLPatterns)
    return ClientDocumentPolicy(
        pool_id=pool.id,
        policy_id=policy_id,
        client_id=req.ClientId,
        name=req.PolicyName,
        cache_seconds=req.CacheDuration or DEFAULT_SECONDS,
        url_patterns=tuple(dict.fromkeys(req.URLPatterns)),
        created_at=now,
        modified_at=now,
    )


def update(
    policy: ClientDocumentPolicy, req: UpdateCIMDPolicyRequest, now: datetime
) -> ClientDocumentPolicy:
    """Return the policy after UpdateCIMDPolicy.

    UNVERIFIED: do an omitted name and duration keep their values? Here they do.
    """
    _check_patterns(req.URLPatterns)
    return replace(
        policy,
        client_id=req.ClientId,
        name=req.PolicyName or policy.name,
        cache_seconds=req.CacheDuration or policy.cache_seconds,
        url_patterns=tuple(dict.fromkeys(req.URLPatterns)),
        modified_at=now,
    )


def required(policy: ClientDocumentPolicy | None, policy_id: str) -> ClientDocumentPolicy:
    """Return the policy that a request names. Raises PolicyNotFound."""
    if policy is None:
        raise PolicyNotFound(policy_id=policy_id)
    return policy


def that_admits(policies: Iterable[ClientDocumentPolicy], url: str) -> ClientDocumentPolicy | None:
    """Return the policy by which a URL names a client: of several that match, the oldest.

    UNVERIFIED: which one does the service take?
    """
    matching = [
        policy
        for policy in policies
        if any(document_urls.matches(pattern, url) for pattern in policy.url_patterns)
    ]
    return min(matching, key=lambda policy: (policy.created_at, policy.policy_id), default=None)


def described(policy: ClientDocumentPolicy, *, has_client: bool) -> CIMDPolicyType:
    """Return a policy as the API shows it; `ClientId` is omitted once that app client is gone."""
    return CIMDPolicyType(
        UserPoolId=policy.pool_id,
        CIMDPolicyId=policy.policy_id,
        ClientId=policy.client_id if has_client else None,
        PolicyName=policy.name,
        CacheDuration=policy.cache_seconds,
        URLPatterns=list(policy.url_patterns),
        CreationDate=policy.created_at.timestamp(),
        LastModifiedDate=policy.modified_at.timestamp(),
    )


def summary(policy: ClientDocumentPolicy, *, has_client: bool) -> CIMDPolicySummaryType:
    """Return a policy as ListCIMDPolicies shows it."""
    return CIMDPolicySummaryType(
        CIMDPolicyId=policy.policy_id,
        ClientId=policy.client_id if has_client else None,
        PolicyName=policy.name,
        CacheDuration=policy.cache_seconds,
        CreationDate=policy.created_at.timestamp(),
        LastModifiedDate=policy.modified_at.timestamp(),
    )


def listed_url(document: ClientDocument) -> ClientMetadataURLType:
    """Return a URL with the state of its cached document: without dates if none is cached."""
    is_cached = document.content is not None and document.cached_at is not None
    return ClientMetadataURLType(
        URL=document.url,
        CachedDate=document.cached_at.timestamp() if document.cached_at and is_cached else None,
        ExpirationDate=document.expires_at.timestamp() if is_cached else None,
    )


def _check_patterns(patterns: Sequence[str]) -> None:
    """Refuse patterns that match no URL; the model has checked their characters."""
    for pattern in patterns:
        if not document_urls.is_pattern(pattern):
            # UNVERIFIED: the sentence.
            raise InvalidParameter(text=f"Invalid URL pattern: {pattern}")
