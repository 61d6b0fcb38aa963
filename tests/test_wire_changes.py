"""The report of `make gen`: what a newer API model has that the older one hasn't."""

import copy
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent

OLD: dict[str, Any] = {
    "operations": {
        "DeleteThing": {"input": {"shape": "DeleteThingRequest"}, "errors": [{"shape": "Gone"}]},
        "GetThing": {
            "input": {"shape": "GetThingRequest"},
            "output": {"shape": "Thing"},
            "errors": [{"shape": "NotFound"}],
        },
    },
    "shapes": {
        "Colour": {"type": "string", "enum": ["RED", "BLUE"]},
        "DeleteThingRequest": {"type": "structure", "members": {}},
        "GetThingRequest": {
            "type": "structure",
            "required": ["Id"],
            "members": {"Id": {"shape": "Id"}, "Colour": {"shape": "Colour"}},
        },
        "Gone": {"type": "structure", "exception": True, "members": {}},
        "Id": {"type": "string", "max": 10},
        "NotFound": {"type": "structure", "exception": True, "members": {}},
        "Thing": {"type": "structure", "members": {"Id": {"shape": "Id"}}},
    },
}


@pytest.fixture(scope="module")
def gen_wire() -> Iterator[ModuleType]:
    sys.path.insert(0, str(ROOT / "tools"))
    import gen_wire

    yield gen_wire
    sys.path.remove(str(ROOT / "tools"))


def report(gen_wire: ModuleType, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    found: list[str] = gen_wire.report(gen_wire.files(old), gen_wire.files(new))
    return found


def newer() -> dict[str, Any]:
    new = copy.deepcopy(OLD)
    del new["operations"]["DeleteThing"], new["shapes"]["DeleteThingRequest"], new["shapes"]["Gone"]
    new["operations"]["PutThing"] = {
        "input": {"shape": "PutThingRequest"},
        "errors": [{"shape": "TooMany"}, {"shape": "NotFound"}],
    }
    new["operations"]["GetThing"]["errors"].append({"shape": "TooMany"})
    new["shapes"]["PutThingRequest"] = {"type": "structure", "members": {"Id": {"shape": "Id"}}}
    new["shapes"]["TooMany"] = {"type": "structure", "exception": True, "members": {}}
    new["shapes"]["Size"] = {"type": "string", "enum": ["SMALL"]}
    new["shapes"]["Thing"]["members"]["Size"] = {"shape": "Size"}
    new["shapes"]["Colour"]["enum"] = ["RED", "GREEN"]
    new["shapes"]["GetThingRequest"]["required"] = ["Id", "Colour"]
    new["shapes"]["Id"]["max"] = 20
    new["shapes"]["NotFound"]["fault"] = True
    return new


def test_report_of_the_same_model_names_nothing(gen_wire: ModuleType) -> None:
    assert report(gen_wire, OLD, copy.deepcopy(OLD)) == []


def test_report_of_a_newer_model_names_what_is_new_gone_and_changed(gen_wire: ModuleType) -> None:
    """A new operation's errors, structures' members and enumerations' values aren't repeated."""
    assert report(gen_wire, OLD, newer()) == [
        "new operations (1):",
        "  PutThing",
        "new errors of operations (1):",
        "  GetThing.TooMany",
        "new errors (1):",
        "  TooMany",
        "new structures (1):",
        "  PutThingRequest",
        "new members of structures (1):",
        "  Thing.Size",
        "new enumerations (1):",
        "  Size",
        "new values of enumerations (1):",
        "  Colour.GREEN",
        "gone operations (1):",
        "  DeleteThing",
        "gone errors (1):",
        "  Gone",
        "gone structures (1):",
        "  DeleteThingRequest",
        "gone values of enumerations (1):",
        "  Colour.BLUE",
        "changed errors (1):",
        "  NotFound",
        "changed members of structures (1):",
        "  GetThingRequest.Colour",
        "changed simple shapes, lists and maps (1):",
        "  Id",
    ]


def test_report_of_an_unwritten_wire_names_everything(gen_wire: ModuleType) -> None:
    lines = gen_wire.report({}, gen_wire.files(OLD))
    assert lines[:3] == ["new operations (2):", "  DeleteThing", "  GetThing"]
    assert not [line for line in lines if line.startswith(("gone", "changed"))]


def test_lock_has_the_installed_botocore_version(gen_wire: ModuleType) -> None:
    assert gen_wire.locked_version(gen_wire.LOCK.read_text()) == gen_wire.installed_version()
    with pytest.raises(ValueError, match="no botocore"):
        gen_wire.locked_version("boto3==1.44.8 \\\n")
