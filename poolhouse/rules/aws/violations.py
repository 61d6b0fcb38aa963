"""AWS's one sentence about everything in which a request breaks the API model.

Source: reference "Constraint violations"; where a form was seen on the live service the code
says where.
"""

from collections.abc import Iterator
from itertools import islice

import msgspec

from poolhouse.errors.protocol import SerializationException
from poolhouse.rules.aws.constraints import (
    Constraint,
    DocumentPlan,
    ListPlan,
    MapPlan,
    Plan,
    SimplePlan,
    StructurePlan,
    plan_of,
)

# DIFFERS: AWS lists every violation. A list of a hundred thousand empty objects would make an
# answer thirty times as long as the request.
MOST_ITEMS = 100

_NOT_NULL = "Member must not be null"


def violations(request_type: type[msgspec.Struct], raw: object) -> str | None:
    """Return the sentence that lists everything in which `raw` breaks the model, or None.

    `raw` is the request's decoded JSON. Sensitive values are never repeated, others are, in
    quotes. Raises SerializationException when a member has the wrong JSON type: AWS reads the
    whole request before it looks at constraints, so this comes before any violation.
    """
    if not isinstance(raw, dict | list):
        raise SerializationException(text="The request body must be a JSON object.")
    plan = plan_of(request_type)
    _check_types(plan, raw)
    items = list(islice(_structure("", plan, raw), MOST_ITEMS))
    if not items:
        return None
    plural = "" if len(items) == 1 else "s"
    return f"{len(items)} validation error{plural} detected: {'; '.join(items)}"


# --- JSON types -----------------------------------------------------------------------------


def _check_types(plan: Plan, value: object) -> None:
    """Refuse a value of the wrong JSON type, wherever it stands. Null is an absent member."""
    if value is None:
        return
    match plan, value:
        case StructurePlan(members), dict():
            for member in members:
                _check_types(member.plan, value.get(member.key))
        case ListPlan(element), list():
            for each in value:
                _check_types(element, each)
        case MapPlan(_, element), dict():
            for each in value.values():
                _check_types(element, each)
        case DocumentPlan(), dict():
            return
        case SimplePlan(json, _, _, fits), _ if type(value) in _ACCEPTED.get(json, (json,)):
            if not fits(value):
                raise _mismatch(plan, value)
        case _:
            raise _mismatch(plan, value)


_JAVA_NAMES = {
    str: "java.lang.String",
    bool: "java.lang.Boolean",
    int: "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
    float: "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
}
_WANTED_NAMES = {str: "String", bool: "Boolean", int: "Integer", float: "Date"}
_ACCEPTED: dict[type, tuple[type, ...]] = {float: (float, int)}
"""JSON types of a member that has more than one."""


def _mismatch(plan: Plan, value: object) -> SerializationException:
    """Return the error of AWS's parser for a wrong JSON type, without the value.

    Seen on this service: the texts for a structure [amplify-js#5165] and for a number
    [pmill/aws-cognito#10] where a string belongs. UNVERIFIED: the others, which are made after
    them and after DynamoDB's.
    """
    if isinstance(value, dict):
        text = "Start of structure or map found where not expected."
    elif isinstance(value, list):
        text = "Start of list found where not expected."
    elif not isinstance(plan, SimplePlan):
        text = f"Expected {'list' if isinstance(plan, ListPlan) else 'structure or map'} or null"
    elif plan.json is type(value) is str:
        text = "A blob is not valid base64."
    else:
        wanted = _WANTED_NAMES[plan.json]
        text = f"class {_JAVA_NAMES[type(value)]} can not be converted to an {wanted}"
    return SerializationException(text=text)


# --- Constraints ----------------------------------------------------------------------------
# From here on every value has the type of its plan.


def _structure(path: str, plan: StructurePlan, value: object) -> Iterator[str]:
    assert isinstance(value, dict)
    for member in plan.members:
        yield from _member(
            path + member.name, member.plan, value.get(member.key), required=member.required
        )


def _member(path: str, plan: Plan, value: object, *, required: bool) -> Iterator[str]:
    """Yield everything wrong with one member or with what it holds."""
    sensitive = isinstance(plan, SimplePlan) and plan.sensitive
    if value is None:
        if required:
            yield _item(path, "Value" if sensitive else "Value null", _NOT_NULL)
        return
    match plan:
        case StructurePlan():
            yield from _structure(f"{path}.", plan, value)
        case ListPlan():
            yield from _list(path, plan, value)
        case MapPlan():
            yield from _map(path, plan, value)
        case SimplePlan(constraints=constraints):
            shown = "Value" if sensitive else f"Value '{value}'"
            yield from (_item(path, shown, text) for text in _broken(constraints, value))


def _list(path: str, plan: ListPlan, value: object) -> Iterator[str]:
    """Yield a list's size, then its elements."""
    assert isinstance(value, list)
    # UNVERIFIED: how AWS shows a list of structures. Not at all, as they may hold a secret.
    shown = f"Value '{_java(value)}'" if _may_be_shown(plan.element) else "Value"
    yield from (_item(path, shown, text) for text in _broken(plan.sizes, value))
    if not isinstance(plan.element, SimplePlan):
        for number, each in enumerate(value, start=1):  # amplify-flutter#3125, aws-cdk#14699
            yield from _member(f"{path}.{number}.member", plan.element, each, required=True)
    elif texts := _of_elements(plan.element, value):
        # media-insights-on-aws#199, aws-cli#2941
        yield _item(path, shown, f"Member must satisfy constraint: [{texts}]")


def _map(path: str, plan: MapPlan, value: object) -> Iterator[str]:
    """Yield a map's size, its keys, its values.

    UNVERIFIED for this service; the form is CodePipeline's [terraform-provider-aws#41023].
    DIFFERS: AWS repeats the content of a map that is not marked sensitive. We never do:
    ClientMetadata and ProviderDetails hold secrets, whatever the model says.
    """
    assert isinstance(value, dict)
    yield from (_item(path, "Value", text) for text in _broken(plan.sizes, value))
    if texts := _of_elements(plan.key, list(value)):
        yield _item(path, "Value", f"Map keys must satisfy constraint: [{texts}]")
    if not isinstance(plan.value, SimplePlan):
        for key, each in value.items():
            yield from _member(f"{path}.{key}.member", plan.value, each, required=True)
    elif texts := _of_elements(plan.value, list(value.values())):
        yield _item(path, "Value", f"Map value must satisfy constraint: [{texts}]")


def _java(values: list[object]) -> str:
    """Return a list as Java prints it."""
    return f"[{', '.join('null' if each is None else str(each) for each in values)}]"


def _may_be_shown(plan: Plan) -> bool:
    return isinstance(plan, SimplePlan) and not plan.sensitive


def _of_elements(plan: Plan, values: list[object]) -> str:
    """Return all constraints of the elements if one element breaks any, otherwise nothing."""
    assert isinstance(plan, SimplePlan)
    present = [each for each in values if each is not None]
    broken = not all(each.holds(value) for each in plan.constraints for value in present)
    texts = [each.text for each in plan.constraints] if broken else []
    if len(present) < len(values):  # UNVERIFIED: the text for a null among the elements
        texts.append(_NOT_NULL)
    return ", ".join(texts)


def _broken(constraints: list[Constraint], value: object) -> list[str]:
    broken = [each for each in constraints if not each.holds(value)]
    return [each.text for each in sorted(broken, key=lambda each: each.rank)]


def _item(path: str, value: str, text: str) -> str:
    return f"{value} at '{path}' failed to satisfy constraint: {text}"
