"""Authorizing administrators: whether the policies of the principal allow a call."""

from typing import Final

import msgspec
import structlog

from poolhouse.api.iam_authentication import Administrator
from poolhouse.entities.pools import Pool
from poolhouse.entities.principals import Principal
from poolhouse.http.messages import HttpRequest
from poolhouse.rules.aws.iam import (
    MalformedPolicy,
    also_denied_by,
    compile_policy,
    context,
    decide_with,
    principal_facts,
)
from poolhouse.rules.aws.iam.context_keys import NO_TAGS, PrincipalFacts, RequestFacts, TagFacts
from poolhouse.rules.aws.iam.resources import action_of, resource_of
from poolhouse.rules.aws.iam.statements import AccessRequest, Decision, Policy
from poolhouse.rules.aws.iam.variables import Context
from poolhouse.wire.structs import Shape

MOST_KEYS: Final = 4_096
"""Access keys whose compiled policies are cached."""
MOST_DECISIONS: Final = 1_024
"""Decisions that are cached of each access key."""

_log = structlog.get_logger()


class _Permissions(msgspec.Struct, frozen=True, gc=False):
    """The compiled policies of an access key's principal, made once a version of the principal.

    `decided` caches the resource and the decision of calls where nothing else of the request
    counts: by operation, region, and the pool id or ARN that the request names.
    """

    principal: Principal
    facts: PrincipalFacts
    policies: tuple[Policy, ...]
    decided: dict[tuple[str, str, str | None, str | None], tuple[str, Decision]]


class IamAuthorization:
    """Decides calls by the policies of the principals who sign them."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._permissions: dict[str, _Permissions] = {}

    def authorize(
        self,
        administrator: Administrator,
        operation: str,
        request: HttpRequest,
        req: Shape,
        *,
        pool_id: str | None,
        pool: Pool | None,
    ) -> tuple[str, Decision]:
        """Return the resource that the call is about, and whether the policies allow it.

        A decision that needed nothing else of the request is valid for the next such call too.
        """
        permissions = self._permissions_of(administrator)
        named = (operation, administrator.region, pool_id, getattr(req, "ResourceArn", None))
        if cached := permissions.decided.get(named):
            return cached
        resource = resource_of(operation, administrator.region, self._account_id, *named[2:])
        depends_on_more = False

        def build_context() -> Context:
            nonlocal depends_on_more
            depends_on_more = True
            facts = RequestFacts(
                source_ip=request.source_ip or "0.0.0.0",  # noqa: S104 - "from nowhere"
                region=administrator.region,
                is_secure=request.is_secure,
                user_agent=request.user_agent,
                referer=request.referer,
            )
            return context(permissions.facts, facts, _tag_facts(pool, req), request.received_at)

        asked = AccessRequest(action_of(operation), resource, build_context)
        also = also_denied_by(operation)
        other = AccessRequest(also, resource, build_context) if also else None
        decision = decide_with(permissions.policies, asked, other)
        if not depends_on_more:
            if len(permissions.decided) >= MOST_DECISIONS:
                permissions.decided.clear()
            permissions.decided[named] = resource, decision
        return resource, decision

    def _permissions_of(self, administrator: Administrator) -> _Permissions:
        key_id, principal = administrator.key.id, administrator.principal
        cached = self._permissions.get(key_id)
        if cached is not None and cached.principal is principal:
            return cached
        if len(self._permissions) >= MOST_KEYS:
            self._permissions.clear()
        self._permissions[key_id] = made = _compiled(principal)
        return made


def _compiled(principal: Principal) -> _Permissions:
    try:
        policies = tuple(compile_policy(text, name) for name, text in principal.policies.items())
    except MalformedPolicy as error:
        # Not even the others: what the broken one was to deny can't be known.
        _log.error("a policy can't be read", principal=principal.arn, reason=str(error))
        policies = ()
    return _Permissions(principal, principal_facts(principal.arn, principal.tags), policies, {})


def _tag_facts(pool: Pool | None, req: Shape) -> TagFacts:
    """Return the tags that conditions may ask about: the pool's, and those in the request."""
    given = getattr(req, "UserPoolTags", None) or getattr(req, "Tags", None)
    removed = getattr(req, "TagKeys", None)
    if pool is None and given is None and removed is None:
        return NO_TAGS
    return TagFacts(resource=pool.tags if pool else None, request=given, removed=removed)
