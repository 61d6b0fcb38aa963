"""A compiled policy: statements that match requests or don't.

Everything that does not depend on the request is done when the policy is compiled, so that
a plain statement is decided by two look-ups, and no context is built for it.
"""

import enum
from collections.abc import Callable, Sequence

import msgspec

from poolhouse.rules.aws.iam.conditions import Condition
from poolhouse.rules.aws.iam.globs import Matcher
from poolhouse.rules.aws.iam.variables import AmbiguousTag, Context, Pattern


class Effect(enum.Enum):
    ALLOW = "Allow"
    DENY = "Deny"


class AccessRequest:
    """A request: an action (`cognito-idp:ListUsers`) on a resource (an ARN, or `*`).

    `build_context` is called at most once, and only when a statement has conditions or
    variables.
    """

    __slots__ = ("_build_context", "_context", "action", "folded_action", "resource")

    def __init__(self, action: str, resource: str, build_context: Callable[[], Context]) -> None:
        self.action = action
        self.folded_action = action.lower()
        self.resource = resource
        self._build_context = build_context
        self._context: Context | None = None

    @property
    def context(self) -> Context:
        if self._context is None:
            self._context = self._build_context()
        return self._context


class Element:
    """Action, NotAction, Resource or NotResource: the list, or everything but the list."""

    __slots__ = (
        *("_ambiguous_is_listed", "_exact", "_globs", "_is_not", "_templates"),
        *("_unresolved_is_listed", "name"),
    )

    def __init__(
        self,
        name: str,
        exact: frozenset[str],
        patterns: Sequence[Pattern],
        *,
        unresolved_is_listed: bool = False,
        ambiguous_is_listed: bool = False,
    ) -> None:
        """Compile an element; the flags decide on unresolved or ambiguous variables."""
        self.name = name
        self._is_not = name.startswith("Not")
        self._exact = exact
        self._globs: tuple[Matcher, ...] = tuple(
            pattern.matcher for pattern in patterns if pattern.matcher is not None
        )
        self._templates = tuple(pattern for pattern in patterns if not pattern.is_fixed)
        self._unresolved_is_listed = unresolved_is_listed
        self._ambiguous_is_listed = ambiguous_is_listed

    def covers(self, text: str, request: AccessRequest) -> bool:
        return self._lists(text, request) is not self._is_not

    def _lists(self, text: str, request: AccessRequest) -> bool:
        if text in self._exact:
            return True
        for matches in self._globs:
            if matches(text):
                return True
        for template in self._templates:
            try:
                bound = template.bind(request.context)
            except AmbiguousTag:
                if self._ambiguous_is_listed:
                    return True
                continue
            if self._unresolved_is_listed if bound is None else bound(text):
                return True
        return False


class DecisionKind(enum.Enum):
    ALLOW = "allow"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"


class Origin(msgspec.Struct, frozen=True):
    """The origin of a statement: its policy's name, its position from 1, its Sid or None."""

    policy: str
    index: int
    sid: str | None

    def __str__(self) -> str:
        sid = "" if self.sid is None else f" ({self.sid})"
        return f"{self.policy}, statement {self.index}{sid}"


class Decision(msgspec.Struct, frozen=True):
    """The answer, and the statement that gave it; nothing gives an implicit deny."""

    kind: DecisionKind
    origin: Origin | None = None

    @property
    def allowed(self) -> bool:
        return self.kind is DecisionKind.ALLOW


class Statement:
    """One compiled statement. `decision` is its effect on the requests that it matches."""

    __slots__ = ("_actions", "_conditions", "_resources", "decision", "effect", "origin")

    def __init__(
        self,
        origin: Origin,
        effect: Effect,
        actions: Element,
        resources: Element,
        *,
        conditions: Sequence[Condition],
    ) -> None:
        self.origin = origin
        self.effect = effect
        self._actions = actions
        self._resources = resources
        self._conditions = conditions
        kind = DecisionKind.ALLOW if effect is Effect.ALLOW else DecisionKind.EXPLICIT_DENY
        self.decision = Decision(kind, origin)

    def unmet(self, request: AccessRequest) -> str | None:
        """Return the element that excludes the request; None if the statement matches it."""
        if not self._actions.covers(request.folded_action, request):
            return self._actions.name
        if not self._resources.covers(request.resource, request):
            return self._resources.name
        for condition in self._conditions:
            if not condition.holds(request.context):
                return f"Condition {condition.name}"
        return None


class Policy:
    """A compiled policy document, its statements in order and by effect."""

    __slots__ = ("allows", "denies", "name", "statements")

    def __init__(self, name: str, statements: Sequence[Statement]) -> None:
        self.name = name
        self.statements = tuple(statements)
        self.denies = tuple(one for one in statements if one.effect is Effect.DENY)
        self.allows = tuple(one for one in statements if one.effect is Effect.ALLOW)
