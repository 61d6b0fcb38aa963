"""The condition keys of a request: what `Condition` and `${…}` can ask for.

Cognito has no keys of its own; these are AWS's global ones. Source: IAM user guide, "AWS global
condition context keys".
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from poolhouse.rules.aws.iam.variables import Ambiguous, Context, Value

_PRINCIPAL = re.compile(r"arn:[^:]*:(?:iam|sts)::([^:]*):([^/]+)(?:/(.*))?", re.DOTALL)
_TYPES = {
    "root": "Account",
    "user": "User",
    "federated-user": "FederatedUser",
    "assumed-role": "AssumedRole",
    "role": "AssumedRole",
}


class PrincipalFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about the caller for conditions. `arn` is the role's for a session of a role."""

    arn: str
    account: str
    type: str
    userid: str
    username: str | None = None
    tags: Mapping[str, str] = {}


class RequestFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about the HTTP request for conditions."""

    source_ip: str
    region: str
    is_secure: bool
    user_agent: str | None = None
    referer: str | None = None


class TagFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The tags in play: the pool's, and those in the request, by key. None: not of this kind."""

    resource: Mapping[str, str] | None = None
    request: Mapping[str, str] | None = None
    removed: Sequence[str] | None = None


NO_TAGS = TagFacts()


def principal_facts(arn: str, tags: Mapping[str, str]) -> PrincipalFacts:
    """Return the facts that an IAM or STS ARN contains. Raises ValueError for any other text."""
    parts = _PRINCIPAL.fullmatch(arn)
    if parts is None or parts[2] not in _TYPES:
        raise ValueError("a principal's ARN is arn:aws:iam::ACCOUNT:root, :user/NAME or :role/NAME")
    account, kind, path = parts[1], parts[2], parts[3] or ""
    # UNVERIFIED: a role's path; a session's ARN does not contain it.
    role, _, session = path.partition("/")
    role_arn = f"arn:{arn.split(':')[1]}:iam::{account}:role/{role}"
    return PrincipalFacts(
        arn=role_arn if kind == "assumed-role" else arn,
        account=account,
        type=_TYPES[kind],
        userid={
            "root": account,
            "user": _unique_id("AIDA", arn),
            "federated-user": f"{account}:{path}",
            "assumed-role": f"{_unique_id('AROA', role_arn)}:{session}",
            "role": _unique_id("AROA", arn),
        }[kind],
        username=path.rsplit("/", 1)[-1] if kind == "user" else None,
        tags=tags,
    )


def _unique_id(prefix: str, arn: str) -> str:
    """Return an id of IAM's shape that is always the same for an ARN: IAM doesn't assign ours."""
    digest = hashlib.sha256(arn.encode()).digest()
    return prefix + base64.b32encode(digest).decode()[:17]


def context(
    principal: PrincipalFacts, request: RequestFacts, tags: TagFacts, now: datetime
) -> Context:
    """Return every condition key of a request, by lower-case name."""
    found: dict[str, Value] = {
        "aws:currenttime": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:epochtime": str(int(now.timestamp())),
        "aws:principalaccount": principal.account,
        "aws:principalarn": principal.arn,
        "aws:principaltype": principal.type,
        "aws:requestedregion": request.region,
        "aws:securetransport": "true" if request.is_secure else "false",
        "aws:sourceip": request.source_ip,
        "aws:userid": principal.userid,
        "aws:viaawsservice": "false",
    }
    optional = {
        "aws:referer": request.referer,
        "aws:useragent": request.user_agent,
        "aws:username": principal.username,
    }
    found.update({key: value for key, value in optional.items() if value is not None})
    tagged = (
        ("aws:principaltag/", principal.tags),
        ("aws:resourcetag/", tags.resource or {}),
        ("aws:requesttag/", tags.request or {}),
    )
    for prefix, values in tagged:
        found.update(_tags(prefix, values))
    if tags.request is not None or tags.removed is not None:
        found["aws:tagkeys"] = (*(tags.request or ()), *(tags.removed or ()))
    return found


def _tags(prefix: str, tags: Mapping[str, str]) -> dict[str, Value]:
    """Return the condition keys of tags: their names count without case, their values with it.

    A condition on a tag matches either spelling of its key "but not both" (IAM user guide,
    aws:ResourceTag), so a key that is there twice must not have one of the two values. Otherwise
    callers that may add a spelling could choose which. `_Comparison` says what becomes of it.
    """
    found: dict[str, Value] = {}
    for key, value in tags.items():
        name = prefix + key.lower()
        found[name] = Ambiguous.TAG if name in found else value
    return found
