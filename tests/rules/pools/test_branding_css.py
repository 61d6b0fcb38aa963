"""The style sheet of a style (ev:domain-1.9)."""

import re
from importlib.resources import files
from typing import Any

import pytest
import tinycss2

from poolhouse.entities.pool_resources import StyleAsset
from poolhouse.rules.pools import branding_css, branding_settings
from poolhouse.wire.enums import AssetCategoryType, AssetExtensionType, ColorSchemeModeType

LIGHT, DARK = ColorSchemeModeType.LIGHT, ColorSchemeModeType.DARK
OWN = (files("poolhouse.pages") / "static" / "poolhouse.css").read_text()


def sheet(settings: dict[str, Any] | None = None) -> str:
    return branding_css.style_sheet(settings, lambda _category, _mode: None)


def with_mode(mode: str) -> dict[str, Any]:
    return {"categories": {"global": {"colorSchemeMode": mode}}}


def properties(css: str) -> list[dict[str, str]]:
    """The custom properties of each `:root`."""
    return [
        dict(re.findall(r"--([\w-]+):\s*([^;]+);", body))
        for body in re.findall(r":root\s*\{(.*?)\}", css, re.DOTALL)
    ]


def assert_is_css(css: str) -> None:
    def read(nodes: list[Any]) -> None:
        for node in nodes:
            assert node.type in {"qualified-rule", "at-rule"}, css
            if node.type == "at-rule":
                assert node.at_keyword == "media"
                read(tinycss2.parse_rule_list(node.content, skip_whitespace=True))
            else:
                body = tinycss2.parse_blocks_contents(node.content, skip_whitespace=True)
                assert {each.type for each in body} == {"declaration"}, css

    read(tinycss2.parse_stylesheet(css, skip_whitespace=True))


@pytest.mark.parametrize("mode", ["LIGHT", "DARK", "DYNAMIC"])
def test_style_sheet_is_css_that_sets_every_colour_of_the_pages(mode: str) -> None:
    css = sheet(with_mode(mode))
    assert_is_css(css)
    colours = {name for name, value in properties(OWN)[0].items() if value.startswith("#")}
    for named in properties(css):
        assert colours - named.keys() == {"sunken"}  # of the pages of dev mode


def test_mode_chooses_the_colours() -> None:
    (light,) = properties(sheet())
    (dark,) = properties(sheet(with_mode("DARK")))
    assert (light["page"], light["text"]) == ("#ffffffff", "#414d5cff")
    assert (dark["page"], dark["text"]) == ("#0f1b2aff", "#b6bec9ff")
    first, second = properties(sheet(with_mode("DYNAMIC")))
    assert first["page"] == light["page"]
    assert {name: dark[name] for name in second} == second
    assert "color-scheme:light;" in sheet()
    assert "color-scheme:dark;" in sheet(with_mode("DARK"))
    assert "color-scheme:light dark;" in sheet(with_mode("DYNAMIC"))


def colour_paths(document: Any, path: str = "") -> list[str]:
    if isinstance(document, dict):
        return [
            found
            for name, inner in document.items()
            for found in colour_paths(inner, f"{path}.{name}" if path else name)
        ]
    is_colour = isinstance(document, str) and re.fullmatch("[0-9a-fA-F]{8}", document)
    return [path] if is_colour else []


WITHOUT_RULE = re.compile(
    r"components\.idpButton\.|\.pending\.|\.disabled\.|dropDown\..*\.(hover|match)\."
    r"|optionControls\..*(defaults|foreground)|statusIndicator\.\w+\.error\.borderColor"
)
"""What no page has an element for."""


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in colour_paths(branding_settings.merged(None))
        if not WITHOUT_RULE.search(path)
    ],
)
def test_colour_is_in_the_style_sheet_as_given(path: str) -> None:
    settings: Any = "12ab34cd"
    for name in reversed(path.split(".")):
        settings = {name: settings}
    whole = branding_settings.laid_over(settings, with_mode("DYNAMIC"))
    assert "#12ab34cd;" in sheet(whole)


def test_custom_properties_of_the_rules_are_set() -> None:
    css = sheet()
    assert set(re.findall(r"var\(--([\w-]+)\)", css)) <= properties(css)[0].keys()


def test_places_and_density_change_the_layout() -> None:
    location = {"horizontal": "END", "vertical": "START"}
    form = {"categories": {"form": {"location": location}}}
    assert ".single{place-items:start end;align-content:start;" in sheet(form)
    compact = {"categories": {"global": {"spacingDensity": "COMPACT"}}}
    assert "gap:.5rem" in sheet(compact)
    assert "gap:.5rem" not in sheet()


def test_radii_are_pixels() -> None:
    css = sheet({"componentClasses": {"buttons": {"borderRadius": 3.5}}})
    assert "--radius-small:3.5px;" in css
    assert "--radius-alert:12px;" in css


def test_enabled_backgrounds_are_named_for_each_mode() -> None:
    def find(category: AssetCategoryType, mode: ColorSchemeModeType) -> StyleAsset:
        return StyleAsset(
            category=category,
            color_mode=mode,
            extension=AssetExtensionType.SVG,
            content=f"{category.value}-{mode.value}.svg",
        )

    css = branding_css.style_sheet(with_mode("DYNAMIC"), find)
    assert_is_css(css)
    assert re.findall(r'url\("([^"]*)"\)', css) == [
        "PAGE_BACKGROUND-LIGHT.svg",
        "PAGE_BACKGROUND-DARK.svg",
    ]
    form = {"components": {"form": {"backgroundImage": {"enabled": True}}}}
    assert 'url("FORM_BACKGROUND-LIGHT.svg")' in branding_css.style_sheet(form, find)


def test_style_sheet_is_small() -> None:
    """The first view of a page has at most 20 KB (ev:domain-4.3)."""
    assert len(sheet(with_mode("DYNAMIC"))) < 6_000
