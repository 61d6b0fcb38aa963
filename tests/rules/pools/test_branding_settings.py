"""The settings document of a style (ev:domain-1.9)."""

import json
from pathlib import Path
from typing import Any

import awscli
import pytest

from poolhouse.errors.branding import StyleSettingsInvalid
from poolhouse.rules.pools import branding_settings
from poolhouse.rules.pools.branding_schema import DOCUMENT, ListOf, MapOf

DEFAULTS = branding_settings.merged(None)


def leaves(path: tuple[str, ...], kind: Any) -> list[tuple[str, ...]]:
    """The paths of all properties with a value of their own."""
    if isinstance(kind, MapOf):
        return [*leaves((*path, "Okta"), kind.element)]
    if isinstance(kind, dict):
        return [found for name, inner in kind.items() for found in leaves((*path, name), inner)]
    return [path]


def document(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    for name in reversed(path):
        value = {name: value}
    whole: dict[str, Any] = value
    return whole


LEAVES = leaves((), DOCUMENT)


def refusal(settings: dict[str, Any]) -> str:
    with pytest.raises(StyleSettingsInvalid) as caught:
        branding_settings.check(settings)
    return caught.value.text


def test_default_document_is_accepted() -> None:
    branding_settings.check(DEFAULTS)
    branding_settings.check({})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("components.primaryButton.lightMode.defaults.backgroundColor", "0972d3ff"),
        ("components.pageText.darkMode.headingColor", "d1d5dbff"),
        ("componentClasses.buttons.borderRadius", 8.0),
        ("components.alert.borderRadius", 12.0),
        ("components.pageBackground.image.enabled", True),
        ("components.favicon.enabledTypes", ["ICO", "SVG"]),
        ("categories.global.colorSchemeMode", "LIGHT"),
        ("categories.signUp.acceptanceElements", [{"enforcement": "NONE", "textKey": "en"}]),
        ("componentClasses.statusIndicator.lightMode.pending.indicatorColor", "AAAAAAAA"),
    ],
)
def test_default_document_has_the_services_values(path: str, value: object) -> None:
    found: Any = DEFAULTS
    for name in path.split("."):
        found = found[name]
    assert found == value


def test_default_document_is_that_of_the_cli_example() -> None:
    """The AWS CLI's example of update-managed-login-branding has what the service returned."""
    example = Path(awscli.__file__).with_name("examples") / "cognito-idp"
    text = (example / "update-managed-login-branding.rst").read_text()
    returned, _ = json.JSONDecoder().raw_decode(text[text.index("{", text.index("Output::")) :])
    assert returned["ManagedLoginBranding"]["Settings"] == DEFAULTS


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_property_of_another_type_is_refused(path: tuple[str, ...]) -> None:
    named = ".".join(("$", *path))
    assert refusal(document(path, {"a": 1})) == (
        "Invalid settings provided. Validation errors:"
        f" [{{property: {named}, errorType: InvalidType}}]"
    )


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_unknown_property_beside_a_known_one_is_refused(path: tuple[str, ...]) -> None:
    """ev:oauth-10 has the sentence."""
    beside = (*path[:-1], "noSuch")
    named = ".".join(("$", *beside))
    assert refusal(document(beside, True)) == (
        "Invalid settings provided. Validation errors:"
        f" [{{property: {named}, errorType: UnknownProperty}}]"
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("components.form.lightMode.backgroundColor", "#fff"),
        ("components.form.lightMode.backgroundColor", "ffffff"),
        ("components.form.lightMode.backgroundColor", "ffffffff;}"),
        ("components.form.borderRadius", -1),
        ("components.form.borderRadius", 1e308),
        ("components.form.logo.position", "LEFT"),
        ("categories.global.colorSchemeMode", "light"),
        ("categories.global.spacingDensity", "a b"),
    ],
)
def test_value_out_of_range_is_refused(path: str, value: object) -> None:
    assert refusal(document(tuple(path.split(".")), value)).endswith(
        f"[{{property: $.{path}, errorType: InvalidValue}}]"
    )


def test_elements_of_lists_are_checked() -> None:
    order = [[{"display": "BUTTON", "type": "FEDERATED", "size": 1}], ["x"]]
    settings = document(("categories", "auth", "authMethodOrder"), order)
    assert refusal(settings) == (
        "Invalid settings provided. Validation errors:"
        " [{property: $.categories.auth.authMethodOrder[0][0].size, errorType: UnknownProperty},"
        " {property: $.categories.auth.authMethodOrder[1][0], errorType: InvalidType}]"
    )


def test_refusal_lists_at_most_fifty_errors() -> None:
    settings = {f"x{n}" * 200: 1 for n in range(3_000)}
    text = refusal(settings)
    assert text.count("errorType") == branding_settings.MOST_ERRORS
    assert len(text) < 10_000


def test_merged_document_has_defaults_beside_given_values() -> None:
    merged = branding_settings.merged(
        {"components": {"form": {"lightMode": {"borderColor": "11223344"}}}}
    )
    form = merged["components"]["form"]
    assert form["lightMode"] == {"backgroundColor": "ffffffff", "borderColor": "11223344"}
    assert form["darkMode"] == DEFAULTS["components"]["form"]["darkMode"]
    assert DEFAULTS["components"]["form"]["lightMode"]["borderColor"] == "c6c6cdff"


def test_lists_are_replaced_as_a_whole() -> None:
    merged = branding_settings.merged({"components": {"favicon": {"enabledTypes": ["SVG"]}}})
    assert merged["components"]["favicon"]["enabledTypes"] == ["SVG"]
    assert isinstance(DOCUMENT["components"]["favicon"]["enabledTypes"], ListOf)
