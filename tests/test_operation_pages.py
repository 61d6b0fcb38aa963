"""The pages of docs/operations/: what is read from the code for them."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from poolhouse.operations.registry import TABLE
from poolhouse.wire.operations import OPERATIONS

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "operations"


@pytest.fixture(scope="module")
def code_reach() -> Iterator[ModuleType]:
    sys.path.insert(0, str(ROOT / "tools"))
    import code_reach

    yield code_reach
    sys.path.remove(str(ROOT / "tools"))


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text("utf-8")


def errors_in(name: str) -> set[tuple[str, str]]:
    """The codes and classes in a page's table of errors."""
    return set(re.findall(r"^\| `(\w+)` \| .* \| `(\w+)` \| ", page(name), re.MULTILINE))


@pytest.mark.parametrize("name", TABLE)
def test_page_names_only_errors_that_the_model_lists(name: str) -> None:
    listed = {error.code for error in OPERATIONS[name].errors}
    assert {code for code, _ in errors_in(name)} <= listed
    assert "InternalErrorException" not in listed or errors_in(name)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("AdminConfirmSignUp", "CannotConfirm"),  # raised by a rule
        ("AdminConfirmSignUp", "TriggerRefused"),  # raised by a method of a typed attribute
        ("GetUser", "AccessTokenExpired"),  # raised before the operation runs
        ("SignUp", "SecretHashWrong"),
        (
            "RespondToAuthChallenge",
            "SoftwareTokenCodeUsed",
        ),  # reached through a table of challenges
        ("DeleteUserPool", "PoolProtected"),
    ],
)
def test_page_names_the_errors_that_the_code_can_reach(name: str, error: str) -> None:
    assert error in {named for _, named in errors_in(name)}


def test_page_names_no_error_of_another_operation() -> None:
    assert {named for _, named in errors_in("ListTagsForResource")} == {
        *("ConstraintViolations", "Internal", "PoolNotFound", "RateExceeded")
    }


def test_mark_ends_with_its_comment_or_paragraph(code_reach: ModuleType) -> None:
    lines = [
        '    """UNVERIFIED: one line?"""',
        "    # UNVERIFIED: two",
        "    # lines? DIFFERS: not this",
        "    value = 1  # UNVERIFIED: at the end?",
        "    UNVERIFIED: of a docstring",
        "    that goes on. UNVERIFIED: the next?",
        "",
        "    Another paragraph.",
    ]
    assert code_reach._marked(lines, "UNVERIFIED") == [
        "one line?",
        "two lines?",
        "at the end?",
        "of a docstring that goes on.",
        "the next?",
    ]
    assert code_reach._marked(lines, "DIFFERS") == ["not this"]
