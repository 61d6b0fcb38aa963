"""Proving an administrator: the signature, then what their policies allow."""

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec
import structlog

from poolhouse.entities.pools import Pool
from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.errors.protocol import (
    MissingAuthenticationTokenException,
    ProtocolError,
    SignatureMismatch,
    UnrecognizedClientException,
)
from poolhouse.http.messages import HttpRequest
from poolhouse.rules.aws import sigv4
from poolhouse.rules.aws.iam import (
    MalformedPolicy,
    compile_policy,
    context,
    decide,
    denial,
    principal_facts,
)
from poolhouse.rules.aws.iam.context_keys import NO_TAGS, PrincipalFacts, RequestFacts, TagFacts
from poolhouse.rules.aws.iam.resources import action_of, resource_of
from poolhouse.rules.aws.iam.statements import AccessRequest, Decision, Policy
from poolhouse.rules.aws.iam.variables import Context
from poolhouse.rules.aws.signed_hosts import signed_host
from poolhouse.rules.aws.sigv4_verification import check_session_token, verify
from poolhouse.store.store import Store
from poolhouse.wire.structs import Shape

SERVICE: Final = "cognito-idp"
MOST_KEYS: Final = 4_096
MOST_DECISIONS: Final = 1_024
"""What is remembered of each administrator."""

_is_local_page = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE
).fullmatch

_log = structlog.get_logger()


class Administrator(msgspec.Struct, frozen=True, gc=False):
    """A proved principal with the policies compiled: made once per version of key and principal."""

    key: AccessKey
    principal: Principal
    facts: PrincipalFacts
    policies: tuple[Policy, ...]
    decided: dict[tuple[str, str | None, str | None], tuple[str, Decision]]
    """Resource and decision by operation and what it names, where nothing else was asked for."""


class Administrators:
    """Who signs, and may they do it."""

    def __init__(
        self,
        store: Store,
        region: str,
        account_id: str,
        public_url: str,
        unknown_keys_are: Principal | None,
    ) -> None:
        """`public_url` is this server's for its clients.

        `unknown_keys_are`: in dev mode, whom a well-formed signature of an unknown key means.

        Dev mode takes signatures for every region too: clients sign for the one in their
        environment.
        """
        self._store = store
        self._region = region
        self._account_id = account_id
        self._public_host = urlsplit(public_url).netloc.encode()
        self._known: dict[str, Administrator] = {}
        self._signing_keys: dict[tuple[str, str, str], tuple[AccessKey, bytes]] = {}
        self._stranger = unknown_keys_are
        self._takes_any_region = unknown_keys_are is not None

    async def prove(self, request: HttpRequest) -> Administrator:
        """Whoever signed this request. Raises AWS's refusals of a signature, in AWS's order."""
        signature = sigv4.parse(
            request.method,
            request.path,
            request.query,
            request.headers,
            region=self._region,
            service=SERVICE,
            now=request.received_at,
            takes_any_region=self._takes_any_region,
        )
        if signature is None:
            raise MissingAuthenticationTokenException
        await self._store.configuration.refresh()
        found = await self._store.principals.of_key(signature.access_key_id)
        if found is None:
            if self._stranger is None or _is_from_foreign_page(request):
                raise UnrecognizedClientException().because("the access key is unknown")
            return self._as_stranger(signature.access_key_id, self._stranger)
        key, principal = found
        try:
            if not key.enabled:
                raise UnrecognizedClientException().because("the access key is disabled")
            check_session_token(
                signature.session_token, key.session_token, key.expires_at, request.received_at
            )
            self._verify(signature, self._signing_key(key, signature), request)
        except ProtocolError as error:
            error.access_key_id = key.id
            raise
        return self._administrator(key, principal)

    def _verify(self, signature: sigv4.Signature, key: bytes, request: HttpRequest) -> None:
        """Verify the signature; if only the host is wrong, the log says which one is right."""
        try:
            verify(signature, key, request.body)
        except SignatureMismatch as mismatch:
            hosts = [self._public_host]
            if said := request.header(b"x-forwarded-host"):
                hosts.append(said.rpartition(",")[2].strip().encode("latin-1"))
            if host := signed_host(signature, key, request.body, hosts):
                mismatch.because(
                    f"the request is signed for the host {host!r}, but came with the Host"
                    f" {request.header(b'host')!r}: let the proxy pass Host on as it came"
                )
            raise

    def authorise(
        self,
        administrator: Administrator,
        operation: str,
        pool_id: str | None,
        pool: Pool | None,
        req: Shape,
        request: HttpRequest,
    ) -> tuple[str, Decision]:
        """The resource that the call is about, and whether the policies allow it.

        A decision that asked nothing else of the request holds for the next one too.
        """
        named = (operation, pool_id, getattr(req, "ResourceArn", None))
        if known := administrator.decided.get(named):
            return known
        resource = resource_of(operation, self._region, self._account_id, *named[1:])
        depends_on_more = False

        def build_context() -> Context:
            nonlocal depends_on_more
            depends_on_more = True
            facts = RequestFacts(
                source_ip=request.source_ip or "0.0.0.0",  # noqa: S104 - "from nowhere"
                region=self._region,
                is_secure=request.is_secure,
                user_agent=request.user_agent,
                referer=request.referer,
            )
            tags = tag_facts(pool, req)
            return context(administrator.facts, facts, tags, request.received_at)

        asked = AccessRequest(action_of(operation), resource, build_context)
        decision = decide(administrator.policies, asked)
        if not depends_on_more:
            if len(administrator.decided) >= MOST_DECISIONS:
                administrator.decided.clear()
            administrator.decided[named] = resource, decision
        return resource, decision

    def _signing_key(self, key: AccessKey, signature: sigv4.Signature) -> bytes:
        """Return the key of a day and region, derived again if any of it or the secret changed."""
        date, region = signature.date, signature.region
        known = self._signing_keys.get((key.id, date, region))
        if known is not None and known[0] is key:
            return known[1]
        derived = sigv4.signing_key(key.secret, date, region, SERVICE)
        if len(self._signing_keys) >= MOST_KEYS:
            self._signing_keys.clear()
        self._signing_keys[key.id, date, region] = (key, derived)
        return derived

    def _administrator(self, key: AccessKey, principal: Principal) -> Administrator:
        known = self._known.get(key.id)
        if known is not None and known.key is key and known.principal is principal:
            return known
        if len(self._known) >= MOST_KEYS:
            self._known.clear()
        self._known[key.id] = made = _compiled(key, principal)
        return made

    def _as_stranger(self, key_id: str, principal: Principal) -> Administrator:
        known = self._known.get("")
        if known is None:
            key = AccessKey(
                id="", principal_arn=principal.arn, secret="", created_at=principal.created_at
            )
            self._known[""] = known = _compiled(key, principal)
        return msgspec.structs.replace(known, key=msgspec.structs.replace(known.key, id=key_id))


def _is_from_foreign_page(request: HttpRequest) -> bool:
    """Whether a browser sends this for a page that is not of this machine.

    A page on the Internet can reach a server on the loopback address of whoever looks at it; dev
    mode must not take it for the developer.
    """
    origin = request.header(b"origin")
    return origin is not None and not _is_local_page(origin)


def _compiled(key: AccessKey, principal: Principal) -> Administrator:
    try:
        policies = tuple(compile_policy(text, name) for name, text in principal.policies.items())
    except MalformedPolicy as error:
        # Not even the others: nobody can know what the broken one was to deny.
        _log.error("a policy can't be read", principal=principal.arn, reason=str(error))
        policies = ()
    return Administrator(
        key, principal, principal_facts(principal.arn, principal.tags), policies, {}
    )


def tag_facts(pool: Pool | None, req: Shape) -> TagFacts:
    """The tags that conditions may ask about: the pool's, and those in the request."""
    given = getattr(req, "UserPoolTags", None) or getattr(req, "Tags", None)
    removed = getattr(req, "TagKeys", None)
    if pool is None and given is None and removed is None:
        return NO_TAGS
    return TagFacts(resource=pool.tags if pool else None, request=given, removed=removed)


__all__ = ["Administrator", "Administrators", "denial"]
