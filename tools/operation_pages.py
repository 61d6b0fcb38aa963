"""Make the page of each operation: docs/operations/NAME.md, from the code and recorded examples."""

import ast
import importlib
import json
from pathlib import Path
from typing import Any

import code_reach as code
from citations import linked
from code_reach import Place

from poolhouse.operations.registry import Audited, Entry
from poolhouse.rules.aws.constraints import (
    DocumentPlan,
    ListPlan,
    MapPlan,
    MemberPlan,
    Plan,
    SimplePlan,
    StructurePlan,
    plan_of,
)
from poolhouse.services.context import AccountCall, AdminCall, ClientCall, UserCall
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.operations import Caller

REFERENCE = "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_"

CALLERS = {
    Caller.IAM: "an administrator: a SigV4 signature, and an IAM policy that allows"
    " `cognito-idp:{name}`",
    Caller.ACCESS_TOKEN: "a user with an access token that has the scope"
    " `aws.cognito.signin.user.admin`",
    Caller.ACCESS_TOKEN_OR_SESSION: "a user with an access token, or with the Session of a sign-in"
    " that isn't complete",
    Caller.APP_CLIENT: "an app client: its id, and its secret or secret hash if it has a secret",
    Caller.IAM_OR_APP_CLIENT: "an administrator (`cognito-idp:{name}`), or an app client with its"
    " secret",
    Caller.FEEDBACK_TOKEN: "the holder of the token in a message about a sign-in",
}
AUDIT = {
    Audited.EVERY_CALL: "every call leaves an audit record",
    Audited.EVERY_PROOF: "refusals leave an audit record, and so does a success that verifies the"
    " caller; other successes leave one up to a rate",
    Audited.REFUSALS: "refusals leave an audit record, successes leave none",
}
AUTHENTICATION = {
    AdminCall: [Place("poolhouse.api.callers", "Callers.admin_call")],
    AccountCall: [],
    ClientCall: [Place("poolhouse.api.callers", "Callers.client_call")],
    UserCall: [Place("poolhouse.api.token_authentication", "authenticate_user")],
}
EITHER = [Place("poolhouse.api.callers", "Callers._user_or_session_call")]
PIPELINE = [
    Place("poolhouse.api.endpoint", "_too_busy"),
    Place("poolhouse.errors.protocol", "Internal"),
    Place("poolhouse.api.json11", "ConstraintViolations"),
]
KINDS = {str: "string", int: "integer", bool: "boolean", float: "seconds since 1970"}


def page(name: str, entry: Entry, example: dict[str, Any] | None) -> str:
    """Return the page of an operation that is built. Its example may not be recorded yet."""
    start = Place(entry.handle.__module__, entry.handle.__name__)
    before = [*PIPELINE, *AUTHENTICATION.get(entry.call, EITHER)]
    if (verify := entry.authenticate_client) is not None:
        before.append(Place(verify.__module__, verify.__name__))
    reached = code.reach(start, *before)
    about = (entry.handle.__doc__ or "").strip().split("\n\n")[0]
    return "\n".join(
        [
            f"# {name}",
            "",
            "<!-- Written by tools/gen_docs.py from the code. -->",
            "",
            " ".join(about.split()),
            "",
            f"- **Caller**: {CALLERS[entry.operation.caller].format(name=name)}.",
            f"- **Audit**: {AUDIT[entry.audited]}.",
            f"- **Code**: [`{start.name}`]({_source(start.module)}).",
            f"- **AWS**: [{name}]({REFERENCE}{name}.html).",
            "",
            *_request(entry),
            *(_example(example) if example else []),
            *_errors(entry, reached),
            *_rules(reached),
            *_marks(start, reached),
        ]
    )


def _source(module: str) -> str:
    return f"../../{module.replace('.', '/')}.py"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _cited(text: str) -> str:
    return linked(_cell(text), "../evidence/")


def _request(entry: Entry) -> list[str]:
    members = plan_of(entry.operation.request).members
    if not members:
        return []
    rows = [f"| {_member(each)} |" for each in members]
    return ["## Request", "", "| Member | Type | Constraints |", "|---|---|---|", *rows, ""]


def _member(member: MemberPlan) -> str:
    limits = [_limit(each.text.removeprefix("Member must ")) for each in _limits(member.plan)]
    required = ["required"] if member.required else []
    return f"`{member.key}` | {_kind(member.plan)} | {_cell('; '.join([*required, *limits]))}"


def _limit(text: str) -> str:
    """Shorten AWS's wording of a constraint; a pattern is code, as it may hold anything."""
    if pattern := text.partition("regular expression pattern: ")[2]:
        return f"pattern `{pattern}`"
    return text.removeprefix("have ").replace("satisfy enum value set: ", "one of ")


def _limits(plan: Plan) -> list[Any]:
    match plan:
        case SimplePlan(constraints=constraints):
            return constraints
        case ListPlan(sizes=sizes) | MapPlan(sizes=sizes):
            return sizes
    return []


def _kind(plan: Plan) -> str:
    match plan:
        case SimplePlan(json=kind):
            return KINDS[kind]
        case ListPlan(StructurePlan()):
            return "list of structures"
        case ListPlan(element):
            return f"list of {_kind(element)}s"
        case MapPlan():
            return "map"
        case DocumentPlan():
            return "JSON object"
    return "structure"


def _example(example: dict[str, Any]) -> list[str]:
    answer = example["response"]
    shown = "(empty)" if answer is None else json.dumps(answer, indent=2, ensure_ascii=False)
    request = json.dumps(example["request"], indent=2, ensure_ascii=False)
    return [
        *("## Example", ""),
        "A server has answered this; `<…>` stands for what differs each time.",
        *("", "```json", request, "```", "", "```json", shown, "```", ""),
    ]


def _errors(entry: Entry, reached: list[Place]) -> list[str]:
    """Return the table of the errors that the code can raise and the model lists."""
    rows, codes = [], set()
    listed = tuple(entry.operation.errors)
    for place in reached:
        found = _object(place)
        if isinstance(found, type) and issubclass(found, listed) and found not in listed:
            codes.add(found.code)
            rows += [
                f"| `{found.code}` | {_cell(message)} | `{place.name}` | {_cited(source)} |"
                for message, source in _messages(place, found, reached)
            ]
    others = sorted({error.code for error in listed} - codes)
    more = (
        f"The API model also lists {', '.join(others)}; no code here raises them." if others else ""
    )
    return [
        *("## Errors", ""),
        "Beside those of [every operation](../operations.md#errors-of-every-operation):",
        *("", "| Code | Message | Class | Known from |", "|---|---|---|---|"),
        *dict.fromkeys(sorted(rows)),
        "",
        *([more, ""] if more else []),
    ]


def _object(place: Place) -> Any:
    if "." in place.name:
        return None
    return getattr(importlib.import_module(place.module), place.name, None)


def _messages(
    place: Place, error: type[ServiceError], reached: list[Place]
) -> list[tuple[str, str]]:
    """Return the error's message and its source; several if each use gives a text of its own."""
    if error.message not in ("{text}", "{sentence}"):
        return [(error.message or "(none)", " ".join(code.comments_within(place)))]
    texts = [found for place in reached for found in _texts(place, error.__name__)]
    return texts or [("*names what is wrong*", "")]


def _texts(place: Place, error: str) -> list[tuple[str, str]]:
    found = []
    for node in ast.walk(code.definition_of(place)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(error):
            source = " ".join(code.comments_within(place, node))
            found += [
                (_text(each.value), source)
                for each in node.keywords
                if each.arg in ("text", "sentence")
            ]
    return [(text, source) for text, source in found if text]


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(map(_text, values))
        case ast.FormattedValue(value=value):
            return f"{{{ast.unparse(value).rpartition('.')[2]}}}"
    return ""


def _rules(reached: list[Place]) -> list[str]:
    """Return the rules that the operation and the sign-in engine ask, with what they decide.

    What services ask is left out: it is the same for most operations.
    """
    asked = dict.fromkeys(
        target
        for place in reached
        if place.module.startswith(("poolhouse.operations.", "poolhouse.auth."))
        for target in code.references(place)
        if target.module.startswith("poolhouse.rules.")
    )
    lines = []
    for place in asked:
        node = code.definition_of(place)
        about = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
        if about:
            sentence = " ".join(about.split("\n\n")[0].split())
            where = place.module.removeprefix("poolhouse.rules.")
            lines.append(f"- [`{where}.{place.name}`]({_source(place.module)}): {_cited(sentence)}")
    return ["## Rules", "", *sorted(lines), ""] if lines else []


def _marks(start: Place, reached: list[Place]) -> list[str]:
    lines: list[str] = []
    for word, title in (("DIFFERS", "Differences from AWS"), ("UNVERIFIED", "Not verified")):
        found = {
            f"- [`{_short(place)}`]({_source(place.module)}): {_cited(text)}"
            for place in reached
            if not place.module.startswith("poolhouse.errors.")  # shown in the table of errors
            for text in code.marked(place, word)
            if text
        }
        if found:
            lines += [f"## {title}", "", *sorted(found), ""]
    return lines


def _short(place: Place) -> str:
    return f"{place.module.rpartition('.')[2]}.{place.name}"


def load_examples(docs: Path) -> dict[str, dict[str, Any]]:
    """Return the recorded examples by operation."""
    examples: dict[str, dict[str, Any]] = json.loads(
        (docs / "operations" / "examples.json").read_text("utf-8")
    )
    return examples
