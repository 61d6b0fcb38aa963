"""From a policy's JSON to a compiled policy, with a plain sentence for every mistake.

Source: IAM user guide, "Grammar of the IAM JSON policy language" and the pages on its elements.
"""

import json
import re
from collections.abc import Mapping
from typing import NoReturn

from poolhouse.rules.aws.iam.conditions import Condition, compile_condition
from poolhouse.rules.aws.iam.errors import MalformedPolicy, quoted
from poolhouse.rules.aws.iam.globs import compile_glob
from poolhouse.rules.aws.iam.statements import Effect, Element, Origin, Policy, Statement
from poolhouse.rules.aws.iam.variables import Pattern

LONGEST_DOCUMENT = 131_072  # characters: the length that IAM's API takes
WITH_VARIABLES = "2012-10-17"
WITHOUT_VARIABLES = "2008-10-17"

_POLICY_ELEMENTS = {"Version", "Id", "Statement"}
_STATEMENT_ELEMENTS = {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
_is_sid = re.compile(r"[A-Za-z0-9]*").fullmatch
_is_action = re.compile(r"\*(:\*)?|[A-Za-z0-9-]+:[A-Za-z0-9*?]+").fullmatch

Object = Mapping[str, object]


def compile_policy(document: bytes | str | Object, name: str) -> Policy:
    """Check a policy document and prepare it for decisions; `name` is for the answers.

    Raises `MalformedPolicy` with the first mistake, and where it is.
    """
    parsed = _parse(document) if isinstance(document, bytes | str) else document
    policy = _object(parsed, "The document")
    _check_elements(policy, _POLICY_ELEMENTS, "The document")
    version = policy.get("Version", WITHOUT_VARIABLES)
    if version not in (WITH_VARIABLES, WITHOUT_VARIABLES):
        raise MalformedPolicy(f'Version must be "{WITH_VARIABLES}" or "{WITHOUT_VARIABLES}"')
    if not isinstance(policy.get("Id", ""), str):
        raise MalformedPolicy("Id must be a string")
    listed = policy.get("Statement")
    elements = listed if isinstance(listed, list) else [listed]
    if listed is None or not elements:
        raise MalformedPolicy("The document has no Statement")
    statements = []
    sids: set[str] = set()
    for index, element in enumerate(elements, start=1):
        try:
            statement = _statement(element, name, index, version == WITH_VARIABLES)
            _unique_sid(statement.origin.sid, sids)
        except MalformedPolicy as mistake:
            raise MalformedPolicy(f"Statement {index}: {mistake}") from None
        statements.append(statement)
    return Policy(name, statements)


# --- JSON -----------------------------------------------------------------------------------


def _parse(document: bytes | str) -> object:
    """Parse JSON with IAM's strictness: no duplicate keys. Numbers stay text."""
    if len(document) > LONGEST_DOCUMENT:
        raise MalformedPolicy(f"The document is longer than {LONGEST_DOCUMENT} characters")
    try:
        return json.loads(
            document,
            object_pairs_hook=_without_duplicates,
            parse_int=str,
            parse_float=str,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as mistake:
        where = f"line {mistake.lineno}, column {mistake.colno}"
        raise MalformedPolicy(f"The document is not JSON: {mistake.msg} at {where}") from None
    except UnicodeDecodeError:
        raise MalformedPolicy("The document is not UTF-8 text") from None
    except RecursionError:
        raise MalformedPolicy("The document is nested too deeply") from None


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise MalformedPolicy(f"The key {quoted(key)} is given twice")
        found[key] = value
    return found


def _no_constant(text: str) -> NoReturn:
    raise MalformedPolicy(f"The document is not JSON: {text} is not a number")


def _object(value: object, what: str) -> Object:
    if not isinstance(value, Mapping):
        raise MalformedPolicy(f"{what} must be a JSON object")
    return value


def _strings(value: object, what: str) -> list[str]:
    """Return one string, or a list of at least one."""
    items = value if isinstance(value, list) else [value]
    if not items:
        raise MalformedPolicy(f"{what} must not be empty")
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) != len(items):
        raise MalformedPolicy(f"{what} must be a string or a list of strings")
    return texts


def _check_elements(element: Object, known: set[str], what: str) -> None:
    for key in element:
        if key not in known:
            raise MalformedPolicy(f"{what} has an unknown element {quoted(str(key))}")


# --- Statements -----------------------------------------------------------------------------


def _statement(element: object, policy: str, index: int, variables: bool) -> Statement:
    statement = _object(element, "it")
    for key in ("Principal", "NotPrincipal"):
        if key in statement:
            raise MalformedPolicy(f"{key} is not allowed in an identity-based policy")
    _check_elements(statement, _STATEMENT_ELEMENTS, "it")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy('Effect must be "Allow" or "Deny"')
    effect = Effect(statement["Effect"])
    return Statement(
        Origin(policy, index, _sid(statement)),
        effect,
        _actions(statement),
        _resources(statement, effect, variables),
        conditions=_conditions(statement.get("Condition", {}), effect, variables),
    )


def _sid(statement: Object) -> str | None:
    sid = statement.get("Sid", "")
    if not isinstance(sid, str) or not _is_sid(sid):
        raise MalformedPolicy("Sid must consist of the characters A-Z, a-z and 0-9")
    return sid or None


def _unique_sid(sid: str | None, seen: set[str]) -> None:
    if sid is not None:
        if sid in seen:
            raise MalformedPolicy(f"the Sid {quoted(sid)} is given twice")
        seen.add(sid)


def _one_of(statement: Object, element: str) -> tuple[str, list[str]]:
    """Return the name and the values of an element that may be written positively or with Not."""
    given = [name for name in (element, f"Not{element}") if name in statement]
    if len(given) != 1:
        raise MalformedPolicy(f"it must have either {element} or Not{element}")
    return given[0], _strings(statement[given[0]], given[0])


def _actions(statement: Object) -> Element:
    name, actions = _one_of(statement, "Action")
    for action in actions:
        if not _is_action(action):
            raise MalformedPolicy(
                f"{name} {quoted(action)} must be * or service:Name, with * and ? in the name"
            )
    return _element(name, [action.lower() for action in actions], variables=False)


def _resources(statement: Object, effect: Effect, variables: bool) -> Element:
    """Return the Resource or NotResource element of a statement.

    In an Allow, a NotResource whose variable has no value lists every resource: a missing tag must
    not widen what is allowed. A tag in two spellings widens nothing either, and evades no Deny.
    """
    # UNVERIFIED: AWS says of it only that it "will not match any resource".
    name, resources = _one_of(statement, "Resource")
    for resource in resources:
        _check_resource(name, resource, variables)
    is_not, denies = name == "NotResource", effect is Effect.DENY
    return _element(
        name,
        resources,
        variables=variables,
        unresolved_is_listed=is_not and not denies,
        ambiguous_is_listed=is_not is not denies,
    )


def _check_resource(name: str, resource: str, variables: bool) -> None:
    parts = resource.split(":", 5)
    if resource != "*" and (parts[0] != "arn" or len(parts) < 3):
        raise MalformedPolicy(f"{name} {quoted(resource)} must be * or an ARN")
    # UNVERIFIED: shorter forms (arn:aws:cognito-idp:*) are taken as one glob.
    if len(parts) > 2 and ("*" in parts[2] or "?" in parts[2]):
        raise MalformedPolicy(f"{name} {quoted(resource)} has a wildcard in its service")
    if variables and any("${" in part for part in parts[:5]):
        raise MalformedPolicy(
            f"{name} {quoted(resource)} has a policy variable before the fifth colon"
        )


def _element(
    name: str,
    values: list[str],
    *,
    variables: bool,
    unresolved_is_listed: bool = False,
    ambiguous_is_listed: bool = False,
) -> Element:
    """Return an element. Values without wildcards and variables are looked up, others matched."""
    plain = frozenset(value for value in values if not {"*", "?", "$"} & set(value))
    patterns = [
        Pattern(value, compile_glob, variables=variables, wildcards=True)
        for value in values
        if value not in plain
    ]
    return Element(
        name,
        plain,
        patterns,
        unresolved_is_listed=unresolved_is_listed,
        ambiguous_is_listed=ambiguous_is_listed,
    )


# --- Conditions -----------------------------------------------------------------------------


def _conditions(element: object, effect: Effect, variables: bool) -> list[Condition]:
    conditions, denies = [], effect is Effect.DENY
    for operator, keys in _object(element, "Condition").items():
        for key, values in _object(keys, f"Condition {operator}").items():
            try:
                texts = _strings(_as_text(values), "its value")
                condition = compile_condition(operator, key, texts, variables, denies=denies)
            except MalformedPolicy as mistake:
                raise MalformedPolicy(f"Condition {operator} {key}: {mistake}") from None
            conditions.append(condition)
    return conditions


def _as_text(values: object) -> object:
    """Return condition values as texts; they may also be JSON booleans and numbers."""
    items = values if isinstance(values, list) else [values]
    return [str(item).lower() if isinstance(item, bool | int | float) else item for item in items]
