"""Write the pages of docs/ that are made from the code: settings.md and a page per operation.

python tools/gen_docs.py            write them
python tools/gen_docs.py --check    exit 1 and name the pages that are stale
"""

import sys
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import operation_pages

from poolhouse.config.settings import CHOSEN_BY_COMMAND, Settings
from poolhouse.operations.registry import TABLE, Entry
from poolhouse.wire.operations import OPERATIONS, Caller

DOCS = Path(__file__).resolve().parent.parent / "docs"

CALLERS = {
    Caller.IAM: "IAM",
    Caller.ACCESS_TOKEN: "access token",
    Caller.ACCESS_TOKEN_OR_SESSION: "access token or session",
    Caller.APP_CLIENT: "app client",
    Caller.IAM_OR_APP_CLIENT: "IAM or app client",
    Caller.FEEDBACK_TOKEN: "feedback token",
}


PROTOCOL = (
    "AccessDeniedException",
    "IncompleteSignature",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "SerializationException",
    "UnknownOperationException",
    "UnrecognizedClientException",
)

ERRORS_OF_ALL = [
    "## Errors of every operation",
    "",
    "A request can be refused before its operation runs. The codes are those of AWS's protocol:",
    "",
    ", ".join(f"`{code}`" for code in PROTOCOL) + ".",
    "",
    "Examples in the pages of operations are recorded from a running server. A test compares them"
    " with what a server answers (`tests/test_documented_calls.py`). Errors, rules and open"
    " questions are found by reading the code: a page names each that the operation's code can"
    " reach.",
    "",
]


def operations() -> str:
    """Return every operation of the API: what is built, in which module, and what isn't."""
    missing = sorted(OPERATIONS.keys() - TABLE.keys())
    lines = [
        "# Operations",
        "",
        "<!-- Written by tools/gen_docs.py from the code. -->",
        "",
        f"Of the {len(OPERATIONS)} operations of the public API model, {len(TABLE)} are built.",
        "",
        "| Operation | Called by | Subject |",
        "|---|---|---|",
        *(
            f"| [{name}](operations/{name}.md) | {CALLERS[entry.operation.caller]} |"
            f" [`{_module(entry)}`]({_source(entry.handle.__module__)}) |"
            for name, entry in sorted(TABLE.items())
        ),
        "",
        f"The other {len(missing)} aren't built yet. They answer `UnknownOperationException`, as"
        " AWS answers an operation that it doesn't know; none pretends to succeed:",
        "",
        ", ".join(missing) + ".",
        "",
        *ERRORS_OF_ALL,
    ]
    return "\n".join(lines)


def settings() -> str:
    """Return every setting with its default and its help."""
    lines = [
        "# Settings",
        "",
        "<!-- Written by tools/gen_docs.py from poolhouse/config/settings.py. -->",
        "",
        "Set a setting with a flag of `poolhouse dev` and `poolhouse serve` (`--account-id`), with",
        "an environment variable (`POOLHOUSE_ACCOUNT_ID`) or in a TOML file (`account_id`;",
        "`--config FILE`, or `poolhouse.toml` in the current directory). A flag overrides a",
        "variable, and a variable overrides the file. Passwords and secrets have no flag, because",
        "every user of the machine can see a command line. All errors are reported at once.",
        "",
        "| Setting | Default | Meaning |",
        "|---|---|---|",
    ]
    hints = get_type_hints(Settings, include_extras=True)
    for field in msgspec.structs.fields(Settings):
        if field.name == CHOSEN_BY_COMMAND:
            continue
        metas = [m for m in get_args(hints[field.name]) if isinstance(m, msgspec.Meta)]
        help_line = next(meta.description for meta in metas if meta.description)
        lines.append(f"| `{field.name}` | {_default(field)} | {help_line} |")
    return "\n".join([*lines, ""])


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default is msgspec.NODEFAULT or field.default is None:
        return ""
    match field.default:
        case bool(value):
            return f"`{str(value).lower()}`"
        case tuple(values):
            return f"`{','.join(values)}`"
        case value:
            return f"`{value}`"


def _module(entry: Entry) -> str:
    return entry.handle.__module__.rpartition(".")[2]


def _source(module: str) -> str:
    return f"../{module.replace('.', '/')}.py"


def pages() -> dict[str, str]:
    """Return every page, by its path below docs/."""
    examples = operation_pages.load_examples(DOCS)
    return {
        "operations.md": operations(),
        "settings.md": settings(),
        **{
            f"operations/{name}.md": operation_pages.page(name, entry, examples.get(name))
            for name, entry in sorted(TABLE.items())
        },
    }


def main() -> int:
    written = pages()
    gone = {f"operations/{path.name}" for path in (DOCS / "operations").glob("*.md")} - set(written)
    if "--check" not in sys.argv[1:]:
        for name, text in written.items():
            (DOCS / name).write_text(text)
        for name in gone:
            (DOCS / name).unlink()
        return 0
    stale = [
        name
        for name, text in written.items()
        if not (DOCS / name).exists() or (DOCS / name).read_text() != text
    ]
    for name in [*stale, *sorted(gone)]:
        print(f"docs/{name} is stale: run `make docs`")
    return 1 if stale or gone else 0


if __name__ == "__main__":
    sys.exit(main())
