"""Rules for the classes of `poolhouse/errors/`: each has a case, none is there twice."""

import ast
import inspect
import re
from collections import Counter
from pathlib import Path

import pytest
from auth.test_sign_in_error_sentences import SITUATIONS as SIGN_IN_CASES
from operations.test_error_sentences import ELSEWHERE
from operations.test_error_sentences import SITUATIONS as OPERATION_CASES

from poolhouse.errors import (
    auth,
    branding,
    client_documents,
    devices,
    domains,
    groups,
    mfa,
    passkeys,
    pools,
    protocol,
    tokens,
    triggers,
    users,
)
from poolhouse.errors.protocol import ProtocolError
from poolhouse.wire.errors import ServiceError

MODULES = (
    auth,
    branding,
    client_documents,
    devices,
    domains,
    groups,
    mfa,
    passkeys,
    pools,
    protocol,
    tokens,
    triggers,
    users,
)
BY_DOMAIN = [each for each in MODULES if each not in (protocol, triggers)]
REFUSALS = [
    each
    for module in MODULES
    for each in vars(module).values()
    if inspect.isclass(each) and issubclass(each, ServiceError) and "message" in vars(each)
    if each.__module__ == module.__name__ and not issubclass(each, ProtocolError)
]
"""The refusals with a message of ours. The protocol's have their own tests in `tests/api`."""


def test_error_classes_have_a_case() -> None:
    """A new class needs a row in `error_cases/`, or a line in ELSEWHERE."""
    shown = {case.error for case in (*SIGN_IN_CASES, *OPERATION_CASES)} | ELSEWHERE.keys()
    assert {each.__name__ for each in REFUSALS if each not in shown} == set()


SAME_ON_PURPOSE = {
    # A sign-in of an unknown user, and an operation on one: records tell them apart.
    frozenset({"NoSuchUser", "UserNotFound"}),
    # AWS answers a deletion of a required attribute like a change of an unknown one.
    frozenset({"ChangeOutsideSchema", "RequiredAttributeDeleted"}),
}


def test_error_classes_with_one_parent_and_message_are_refused() -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for each in REFUSALS:
        found.setdefault((each.code, each.message), []).append(each.__name__)
    doubles = {
        frozenset(names)
        for (_, text), names in found.items()
        if len(names) > 1 and text != "{text}"
    }
    assert doubles <= SAME_ON_PURPOSE


@pytest.mark.parametrize("module", BY_DOMAIN, ids=lambda module: module.__name__)
def test_error_classes_stand_below_the_heading_of_their_parent(module: object) -> None:
    lines = Path(inspect.getfile(module)).read_text().split("\n")  # type: ignore[arg-type]
    headings = [(n, line.split()[2]) for n, line in enumerate(lines) if line.startswith("# ── ")]
    assert [name for _, name in headings] == sorted(Counter(name for _, name in headings))
    for node in ast.parse("\n".join(lines)).body:
        if isinstance(node, ast.ClassDef):
            above = [name for n, name in headings if n < node.lineno]
            assert re.fullmatch(r"(aws\.)?" + above[-1], ast.unparse(node.bases[0])), node.name
