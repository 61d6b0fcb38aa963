"""Write `poolhouse/wire/` from AWS's public API model of `cognito-idp`.

    python tools/gen_wire.py           rewrite the files and report what is new in the API
    python tools/gen_wire.py --check   exit 1 and name the files that are not fresh

The model is the one that the installed botocore carries. Names and constraints are taken, the
documentation texts are not. The output depends on the model alone, not on the Python that runs.
Only the locked botocore counts: `make gen` installs it, `make gen UPGRADE=1` locks the newest one
first.
"""

import argparse
import gzip
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
from java_patterns import CLASSES, MARKS, translate
from wire_changes import report
from wire_texts import BASE, ERROR_BASE, HEADER, OPERATION

ROOT = Path(__file__).resolve().parent.parent
WIRE = ROOT / "poolhouse" / "wire"
LOCK = ROOT / "requirements" / "dev.txt"
MODEL = Path(botocore.__file__).parent / "data/cognito-idp/2016-04-18/service-2.json.gz"

# Where the live service checks another pattern than its model says.
LIVE_PATTERNS = {
    # Two characters or more, blanks inside are legal; the model says [\S]+
    # [amazon-cognito-identity-js#388].
    "PasswordType": r"^[\S]+.*[\S]+$",
    # Custom domains have dots; a name that is none is refused by the service, in another sentence
    # [terraform-aws-cognito-user-pool#69].
    "DomainType": r"[\S]+",
}

# Where the operation's text, and not the model's marks, says who may call.
SPECIAL_CALLERS = {
    "GetClientToken": "APP_CLIENT",  # signed by SDKs, authorised by ClientId and Secret alone
    "GetDerivedToken": "IAM_OR_APP_CLIENT",  # an IAM signature, or ClientId and ClientSecret
}

SCALARS = {
    "string": "str",
    "boolean": "bool",
    "integer": "int",
    "long": "int",
    "timestamp": "float",
    "blob": "bytes",
}
# Java's int and long: a larger number never reaches a handler or a database column.
WIDTHS = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}

Shape = dict[str, Any]
Model = dict[str, Any]


def main() -> int:
    """Write the files and report what changed, or compare them when asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when stale")
    check = parser.parse_args().check
    after = files(json.loads(gzip.decompress(MODEL.read_bytes())))
    before = {name: (WIRE / name).read_text("utf-8") for name in after if (WIRE / name).exists()}
    stale = [name for name, text in after.items() if before.get(name) != text]
    if (stale or not check) and (locked := locked_version(LOCK.read_text())) != installed_version():
        print(
            f"botocore {installed_version()} is installed and {locked} locked:"
            f" run `pip install botocore=={locked}`"
        )
        return 1
    if check:
        print("".join(f"stale: poolhouse/wire/{name}\n" for name in stale), end="")
        return 1 if stale else 0
    for name in stale:
        WIRE.mkdir(parents=True, exist_ok=True)
        (WIRE / name).write_text(after[name], "utf-8")
        print(f"wrote: poolhouse/wire/{name}")
    changes = report(before, after)
    print(f"The API of botocore {installed_version()}:", *changes or ["nothing new"], sep="\n")
    return 0


def installed_version() -> str:
    """Return the version of the botocore whose model is read."""
    return str(botocore.__version__)


def locked_version(lock: str) -> str:
    """Return the version of botocore in the text of a lock file."""
    locked = re.search(r"^botocore==(\S+)", lock, re.MULTILINE)
    if locked is None:
        raise ValueError("the lock names no botocore")
    return locked[1]


def files(model: Model) -> dict[str, str]:
    """Return every generated file, by its name."""
    return {
        "__init__.py": HEADER.format(title="AWS's words, in AWS's spelling.", about=""),
        "enums.py": "\n".join(enums(model["shapes"])),
        "shapes.py": "\n".join(shapes(model["shapes"])),
        "structs.py": "\n".join(structs(model["shapes"])),
        "errors.py": "\n".join(errors(model["shapes"])),
        "operations.py": "\n".join(operations(model)),
    }


def enums(all_shapes: dict[str, Shape]) -> Iterator[str]:
    """Yield the enumerations, each in the order of the model, which is AWS's."""
    yield HEADER.format(title="The enumerations of the API.", about="")
    yield "import enum"
    for name, shape in sorted(all_shapes.items()):
        if "enum" not in shape:
            continue
        members = [(re.sub(r"\W", "_", value).upper(), value) for value in shape["enum"]]
        members = [(f"_{key}" if key[0].isdigit() else key, value) for key, value in members]
        if len({key for key, _ in members}) < len(members):
            raise ValueError(f"two values of {name} would get one name")
        yield f"\n\nclass {name}(enum.StrEnum):"
        yield from (f"    {key} = {quoted(value)}" for key, value in members)
    yield ""


def shapes(all_shapes: dict[str, Shape]) -> Iterator[str]:
    """Yield strings, numbers, booleans and blobs with their constraints."""
    yield HEADER.format(
        title="The simple shapes of the API and their constraints.",
        about="""
A timestamp is a float: epoch seconds with a fraction of milliseconds, as on the wire. A blob is
bytes here and base64 text on the wire. Integers are Java's, 32 or 64 bits wide.
`extra` carries what the sentence about a violation needs: AWS's own text of the pattern, and
whether a value of the shape is sensitive and must not be repeated.
""",
    )
    yield "from typing import Annotated, TypeAlias\n\nfrom msgspec import Meta\n"
    yield "# Character classes of the patterns, in Unicode 16.0."
    for name, python, spellings in CLASSES:
        yield f"{name} = (  # {' or '.join(spellings)}"
        yield from (
            f'    r"{piece}"' for piece in re.findall(r".{1,80}(?:(?<!-)(?=\\[uU])|$)", python)
        )
        yield ")"
    yield ""
    for name, shape in sorted(all_shapes.items()):
        if shape["type"] in SCALARS and "enum" not in shape:
            yield from alias(name, SCALARS[shape["type"]], shape)
    yield ""


def structs(all_shapes: dict[str, Shape]) -> Iterator[str]:
    """Yield the structures, then the lists and maps they are made of."""
    containers = {n: s for n, s in sorted(all_shapes.items()) if s["type"] in ("list", "map")}
    bodies = {n: s for n, s in sorted(all_shapes.items()) if is_body(s)}
    yield HEADER.format(
        title="The structures of the API: requests, responses and what they hold.",
        about="""
A member that is not set is None, and absent on the wire. `None` for an optional member of a
request means absent too. Unknown members are ignored.
""",
    )
    yield "from __future__ import annotations  # structures name lists that stand further down\n"
    yield "from collections.abc import Iterator"
    yield "from typing import Annotated, Any, TypeAlias\n"
    yield "import msgspec\nfrom msgspec import Meta\n"
    leaves = leaf_names(all_shapes, [*containers.values(), *bodies.values()])
    yield from imports("enums", [n for n in leaves if "enum" in all_shapes[n]])
    yield from imports("shapes", [n for n in leaves if "enum" not in all_shapes[n]])
    yield BASE
    for name, shape in bodies.items():
        yield from structure(name, shape)
    yield "\n\n# A JSON object whose inside is the caller's business."
    yield from (
        f"{n}: TypeAlias = dict[str, Any]" for n, s in all_shapes.items() if s.get("document")
    )
    yield "\n# Lists and maps."
    for name, shape in containers.items():
        yield from alias(name, container(shape), shape)
    yield ""


def structure(name: str, shape: Shape) -> Iterator[str]:
    """Yield one structure.

    Required members have no default. All members of a sensitive structure are sensitive.
    """
    members: dict[str, Shape] = shape["members"]
    required = set(shape.get("required", ()))
    yield f"\n\nclass {name}(Shape, frozen=True, kw_only=True):"
    if not members:
        yield "    pass"
    for member, ref in members.items():
        default = "" if member in required else " | None = None"
        kind = ref["shape"]
        if shape.get("sensitive"):
            kind = f'Annotated[{kind}, Meta(extra={{"sensitive": True}})]'
        yield f"    {member}: {kind}{default}"


def errors(all_shapes: dict[str, Shape]) -> Iterator[str]:
    """Yield the exceptions of the API."""
    yield HEADER.format(title="The errors of the API.", about="")
    yield "from typing import ClassVar, Self"
    yield ERROR_BASE
    for name, shape in sorted(all_shapes.items()):
        if not shape.get("exception"):
            continue
        yield f"\n\nclass {name}(ServiceError):"
        yield f"    code = {quoted(name)}"
        if shape.get("fault"):
            yield "    status = 500"
        extra = {m: snake(m) for m in shape["members"] if m != "message"}
        if extra:
            yield f"    extra_members = {mapping(extra)}\n"
            arguments = "".join(f"{key}: str | None = None, " for key in extra.values())
            yield f"    def __init__(self, *, {arguments}**holes: object) -> None:"
            yield "        super().__init__(**holes)"
            yield from (f"        self.{key} = {key}" for key in extra.values())
    yield ""


def operations(model: Model) -> Iterator[str]:
    """Yield the table of the operations."""
    yield HEADER.format(
        title="Every operation of the API: who may call, what goes in and out.", about=""
    )
    yield "import enum\nfrom typing import NamedTuple\n"
    yield "from . import errors as e\nfrom . import structs as s"
    yield OPERATION
    yield "\n\n_ALL = ("
    for name, operation in sorted(model["operations"].items()):
        request = operation["input"]["shape"]
        members = model["shapes"][request]["members"]
        response = f"s.{operation['output']['shape']}" if "output" in operation else "None"
        refusals = sorted({error["shape"] for error in operation["errors"]})
        yield "    Operation("
        yield f"        name={quoted(name)},"
        yield f"        caller=Caller.{caller(name, operation, model['shapes'][request])},"
        yield f"        request=s.{request},"
        yield f"        response={response},"
        yield "        errors=frozenset(("
        yield from (f"            e.{refusal}," for refusal in refusals)
        yield "        )),"
        for key, member in (("pool_member", "UserPoolId"), ("client_member", "ClientId")):
            yield f"        {key}={quoted(member) if member in members else None},"
        yield "    ),"
    yield ")\n\nOPERATIONS: dict[str, Operation] = {each.name: each for each in _ALL}\n"


def caller(name: str, operation: Shape, request: Shape) -> str:
    """Name the member of Caller for one operation."""
    if name in SPECIAL_CALLERS:
        return SPECIAL_CALLERS[name]
    if operation.get("authtype") != "none":
        return "IAM"
    members = request["members"]
    if "FeedbackToken" in members:
        return "FEEDBACK_TOKEN"
    if "AccessToken" in members:
        return "ACCESS_TOKEN_OR_SESSION" if "Session" in members else "ACCESS_TOKEN"
    if "ClientId" in request.get("required", ()):
        return "APP_CLIENT"
    raise ValueError(f"nothing says who may call {name}")


def alias(name: str, python: str, shape: Shape) -> Iterator[str]:
    """Yield a type alias; constraints and marks go into a Meta."""
    meta = list(constraints(name, shape))
    if not meta:
        yield f"{name}: TypeAlias = {python}"
        return
    yield f"{name}: TypeAlias = Annotated[\n    {python},\n    Meta("
    yield from (f"        {line}," for line in meta)
    yield "    ),\n]"


def constraints(name: str, shape: Shape) -> Iterator[str]:
    """Yield the arguments of a shape's Meta."""
    if shape["type"] in WIDTHS:
        low, high = WIDTHS[shape["type"]]
        yield f"ge={shape.get('min', low)}"
        yield f"le={shape.get('max', high)}"
    else:
        if "min" in shape:
            yield f"min_length={shape['min']}"
        if "max" in shape:
            yield f"max_length={shape['max']}"
    extra = []
    if "pattern" in shape:
        pattern: str = LIVE_PATTERNS.get(name) or shape["pattern"]
        yield f"pattern={expression(translate(pattern))}"
        extra.append(f'"pattern": {quoted(pattern)}')
    if shape.get("sensitive"):
        extra.append('"sensitive": True')
    if extra:
        yield f"extra={{{', '.join(extra)}}}"


def expression(pattern: str) -> str:
    """Return a translated pattern as a Python expression, its marks replaced by the constants."""
    parts = re.split(f"([{''.join(MARKS)}])", pattern)
    return " + ".join(MARKS.get(part) or quoted(part) for part in parts if part)


def container(shape: Shape) -> str:
    """Return the Python type of a list or a map."""
    if shape["type"] == "list":
        return f"list[{shape['member']['shape']}]"
    return f"dict[{shape['key']['shape']}, {shape['value']['shape']}]"


def leaf_names(all_shapes: dict[str, Shape], users: list[Shape]) -> list[str]:
    """Return the simple shapes that structures, lists and maps name, in order."""
    refs = [ref for shape in users for ref in shape.get("members", {}).values()]
    refs += [shape[key] for shape in users for key in ("member", "key", "value") if key in shape]
    return sorted({r["shape"] for r in refs if all_shapes[r["shape"]]["type"] in SCALARS})


def is_body(shape: Shape) -> bool:
    """Return whether a shape is a structure, and neither an error nor a free document."""
    kind = shape["type"] == "structure"
    return kind and not shape.get("exception") and not shape.get("document")


def imports(module: str, names: list[str]) -> Iterator[str]:
    yield f"from .{module} import ("
    yield from (f"    {name}," for name in names)
    yield ")"


def quoted(text: str) -> str:
    """Return a string literal of ASCII characters only, raw where that reads better."""
    if "\\" in text and '"' not in text and text.isascii() and text.isprintable():
        return f'r"{text}"'
    return json.dumps(text)


def mapping(pairs: dict[str, str]) -> str:
    return f"{{{', '.join(f'{quoted(key)}: {quoted(value)}' for key, value in pairs.items())}}}"


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


if __name__ == "__main__":
    sys.exit(main())
