"""The style sheet of a style: its settings as custom properties, and rules that use them.

A page reads it after `poolhouse.css`, whose properties it sets. Colours are the customer's, without
a change. Buttons of identity providers and the phone number selector have no rules yet.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from poolhouse.entities.pool_resources import StyleAsset
from poolhouse.rules.pools import branding_settings
from poolhouse.wire.enums import AssetCategoryType, ColorSchemeModeType

Settings = Mapping[str, Any]

_COLOURS: Final[Mapping[str, str]] = {
    # Custom properties of poolhouse.css
    "page": "components.pageBackground.MODE.color",
    "surface": "components.form.MODE.backgroundColor",
    "border": "components.form.MODE.borderColor",
    "text": "components.pageText.MODE.bodyColor",
    "heading": "components.pageText.MODE.headingColor",
    "muted": "components.pageText.MODE.descriptionColor",
    "field-border": "componentClasses.input.MODE.defaults.borderColor",
    "primary": "componentClasses.link.MODE.defaults.textColor",
    "primary-hover": "componentClasses.link.MODE.hover.textColor",
    "on-primary": "components.primaryButton.MODE.defaults.textColor",
    "primary-soft": "components.secondaryButton.MODE.hover.backgroundColor",
    "success": "componentClasses.statusIndicator.MODE.success.indicatorColor",
    "success-soft": "componentClasses.statusIndicator.MODE.success.backgroundColor",
    "warning": "componentClasses.statusIndicator.MODE.warning.indicatorColor",
    "warning-soft": "componentClasses.statusIndicator.MODE.warning.backgroundColor",
    "danger": "componentClasses.statusIndicator.MODE.error.indicatorColor",
    "danger-soft": "componentClasses.statusIndicator.MODE.error.backgroundColor",
    # Those of the rules below
    "success-border": "componentClasses.statusIndicator.MODE.success.borderColor",
    "warning-border": "componentClasses.statusIndicator.MODE.warning.borderColor",
    "alert": "components.alert.MODE.error.backgroundColor",
    "alert-border": "components.alert.MODE.error.borderColor",
    "focus": "componentClasses.focusState.MODE.borderColor",
    "divider": "componentClasses.divider.MODE.borderColor",
    "field": "componentClasses.input.MODE.defaults.backgroundColor",
    "placeholder": "componentClasses.input.MODE.placeholderColor",
    "label": "componentClasses.inputLabel.MODE.textColor",
    "hint": "componentClasses.inputDescription.MODE.textColor",
    "option": "componentClasses.optionControls.MODE.selected.backgroundColor",
    "item": "componentClasses.dropDown.MODE.defaults.itemBackgroundColor",
    "button": "components.primaryButton.MODE.defaults.backgroundColor",
    "button-hover": "components.primaryButton.MODE.hover.backgroundColor",
    "button-hover-text": "components.primaryButton.MODE.hover.textColor",
    "button-active": "components.primaryButton.MODE.active.backgroundColor",
    "button-active-text": "components.primaryButton.MODE.active.textColor",
    "second": "components.secondaryButton.MODE.defaults.backgroundColor",
    "second-text": "components.secondaryButton.MODE.defaults.textColor",
    "second-border": "components.secondaryButton.MODE.defaults.borderColor",
    "second-hover": "components.secondaryButton.MODE.hover.backgroundColor",
    "second-hover-text": "components.secondaryButton.MODE.hover.textColor",
    "second-hover-border": "components.secondaryButton.MODE.hover.borderColor",
    "second-active": "components.secondaryButton.MODE.active.backgroundColor",
    "second-active-text": "components.secondaryButton.MODE.active.textColor",
    "second-active-border": "components.secondaryButton.MODE.active.borderColor",
    "header": "components.pageHeader.MODE.background.color",
    "header-border": "components.pageHeader.MODE.borderColor",
    "footer": "components.pageFooter.MODE.background.color",
    "footer-border": "components.pageFooter.MODE.borderColor",
}
"""Paths of settings by custom property; MODE is `lightMode` or `darkMode`."""

_RADII: Final[Mapping[str, str]] = {
    "radius": "components.form.borderRadius",
    "radius-small": "componentClasses.buttons.borderRadius",
    "radius-field": "componentClasses.input.borderRadius",
    "radius-list": "componentClasses.dropDown.borderRadius",
    "radius-alert": "components.alert.borderRadius",
}

_RULES: Final = """\
body{display:flex;flex-direction:column}
.single{flex:1;min-block-size:0}
:focus-visible{outline-color:var(--focus)}
input,select,textarea{background:var(--field);border-radius:var(--radius-field)}
select{border-radius:var(--radius-list)}
option{background:var(--item)}
::placeholder{color:var(--placeholder)}
input:is([type=checkbox],[type=radio]){accent-color:var(--option)}
.field>label{color:var(--label)}
.field>.hint{color:var(--hint)}
.divider::before,.divider::after{border-color:var(--divider)}
.notice{border-radius:var(--radius-alert)}
.notice.success{border-color:var(--success-border)}
.notice.warning{border-color:var(--warning-border)}
.notice.error{background:var(--alert);border-color:var(--alert-border)}
.button:not(.secondary,.quiet){background:var(--button)}
.button:not(.secondary,.quiet):hover{color:var(--button-hover-text);background:var(--button-hover)}
.button:not(.secondary,.quiet):active{color:var(--button-active-text);background:var(--button-active)}
.button.secondary{color:var(--second-text);background:var(--second);border-color:var(--second-border)}
.button.secondary:hover{color:var(--second-hover-text);background:var(--second-hover);\
border-color:var(--second-hover-border)}
.button.secondary:active{color:var(--second-active-text);background:var(--second-active);\
border-color:var(--second-active-border)}
.page-header{background-color:var(--header);border-block-end:1px solid var(--header-border)}
.page-footer{background-color:var(--footer);border-block-start:1px solid var(--footer-border)}
"""

_COMPACT: Final = ".single>.card{padding:1.5rem 1.25rem}.stack,form{gap:.5rem}\n"
_PLACES: Final = {
    "START": "start",
    "CENTER": "center",
    "END": "end",
    "TOP": "start",
    "BOTTOM": "end",
}
_BACKGROUNDS: Final = (
    (AssetCategoryType.PAGE_BACKGROUND, "components.pageBackground.image.enabled", "body"),
    (AssetCategoryType.FORM_BACKGROUND, "components.form.backgroundImage.enabled", ".single>.card"),
    (
        AssetCategoryType.PAGE_HEADER_BACKGROUND,
        "components.pageHeader.backgroundImage.enabled",
        ".page-header",
    ),
    (
        AssetCategoryType.PAGE_FOOTER_BACKGROUND,
        "components.pageFooter.backgroundImage.enabled",
        ".page-footer",
    ),
)
_DARK: Final = "@media (prefers-color-scheme:dark){"

FindAsset = Callable[[AssetCategoryType, ColorSchemeModeType], StyleAsset | None]


def style_sheet(settings: Settings | None, find: FindAsset) -> str:
    """Return the style sheet of a style.

    `find` returns the image of a category for the light or the dark mode. Images are in the same
    folder as the style sheet.
    """
    whole = branding_settings.merged(settings)
    mode = value_at(whole, "categories.global.colorSchemeMode")
    return "".join(_parts(whole, mode, find))


def value_at(document: Settings, path: str) -> Any:
    """Return the value of a path in a whole document."""
    found: Any = document
    for name in path.split("."):
        found = found[name]
    return found


def _parts(whole: Settings, mode: str, find: FindAsset) -> Iterator[str]:
    first = ColorSchemeModeType.DARK if mode == "DARK" else ColorSchemeModeType.LIGHT
    schemes = {"LIGHT": "light", "DARK": "dark"}
    radii = "".join(f"--{name}:{value_at(whole, path):g}px;" for name, path in _RADII.items())
    scheme = f"color-scheme:{schemes.get(mode, 'light dark')};"
    yield f":root{{{scheme}{radii}{_colours(whole, first)}}}\n"
    yield _RULES
    vertical = _PLACES.get(value_at(whole, "categories.form.location.vertical"), "center")
    horizontal = _PLACES.get(value_at(whole, "categories.form.location.horizontal"), "center")
    place = f"place-items:{vertical} {horizontal};align-content:{vertical};gap:1rem"
    yield f".single{{{place}}}\n"
    if value_at(whole, "categories.global.spacingDensity") == "COMPACT":
        yield _COMPACT
    yield from _images(whole, first, find)
    if mode == "DYNAMIC":
        yield f"{_DARK}:root{{{_colours(whole, ColorSchemeModeType.DARK)}}}\n"
        yield from _images(whole, ColorSchemeModeType.DARK, find)
        yield "}\n"


def _colours(whole: Settings, mode: ColorSchemeModeType) -> str:
    section = f"{mode.value.lower()}Mode"
    return "".join(
        f"--{name}:#{value_at(whole, path.replace('MODE', section)).lower()};"
        for name, path in _COLOURS.items()
    )


def _images(whole: Settings, mode: ColorSchemeModeType, find: FindAsset) -> Iterator[str]:
    for category, path, selector in _BACKGROUNDS:
        asset = find(category, mode) if value_at(whole, path) else None
        if asset is not None and asset.content is not None:
            yield f'{selector}{{background:url("{asset.content}") center/cover no-repeat;'
            yield f"background-color:{_BEHIND[selector]}}}\n"


_BEHIND: Final = {
    "body": "var(--page)",
    ".single>.card": "var(--surface)",
    ".page-header": "var(--header)",
    ".page-footer": "var(--footer)",
}
"""Colours behind images, which may be transparent."""
