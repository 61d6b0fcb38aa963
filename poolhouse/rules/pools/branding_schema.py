"""The settings document of managed login branding: every property, its type and its default.

The defaults are those of a document that the service returned (ev:domain-1.9). Colours have eight
hexadecimal digits without `#`. Numbers are floats on the wire.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

Section = Mapping[str, Any]
"""The properties of an object: each is a section, or one of the types below."""


class Colour(NamedTuple):
    """A colour with its opacity: `rrggbbaa`."""

    default: str


class Flag(NamedTuple):
    default: bool


class Radius(NamedTuple):
    """The radius of corners, in pixels."""

    default: float


class Choice(NamedTuple):
    """One of these values."""

    default: str
    values: tuple[str, ...]


class Word(NamedTuple):
    """A value of capitals.

    UNVERIFIED: which are there beside the default?
    """

    default: str


class ListOf(NamedTuple):
    """A list of elements of one type: a section, a list, or one of the types above."""

    element: Any
    default: list[Any]


class MapOf(NamedTuple):
    """An object with free property names, whose values have one type."""

    element: Any


def _light_and_dark(light: Section, dark: Section) -> dict[str, Section]:
    return {"lightMode": light, "darkMode": dark}


def _button(background: str, text: str, border: str | None = None) -> Section:
    colours = {"backgroundColor": Colour(background), "textColor": Colour(text)}
    return colours if border is None else {**colours, "borderColor": Colour(border)}


def _status(background: str, border: str) -> Section:
    return {
        "backgroundColor": Colour(background),
        "borderColor": Colour(border),
        "indicatorColor": Colour(border),
    }


def _enabled(*, default: bool) -> Section:
    return {"enabled": Flag(default)}


def _bar() -> Section:
    """Return the properties of the page's header or footer."""
    return {
        "backgroundImage": _enabled(default=False),
        "logo": {"enabled": Flag(False), "location": Choice("START", _HORIZONTAL)},
        **_light_and_dark(
            {"background": {"color": Colour("fafafaff")}, "borderColor": Colour("d5dbdbff")},
            {"background": {"color": Colour("0f141aff")}, "borderColor": Colour("424650ff")},
        ),
    }


_HORIZONTAL: Final = ("START", "CENTER", "END")
_PENDING: Final = {"indicatorColor": Colour("AAAAAAAA")}
_PROVIDER_BUTTON: Final = _light_and_dark(
    {
        "active": _button("d3e7f9ff", "033160ff", "033160ff"),
        "defaults": _button("ffffffff", "424650ff", "424650ff"),
        "hover": _button("f2f8fdff", "033160ff", "033160ff"),
    },
    {
        "active": _button("354150ff", "89bdeeff", "89bdeeff"),
        "defaults": _button("0f1b2aff", "c6c6cdff", "c6c6cdff"),
        "hover": _button("192534ff", "89bdeeff", "89bdeeff"),
    },
)
_DISABLED: Final = {"backgroundColor": Colour("ffffffff"), "borderColor": Colour("ffffffff")}

_CATEGORIES: Final[Section] = {
    "auth": {
        "authMethodOrder": ListOf(
            ListOf(
                {"display": Choice("INPUT", ("BUTTON", "INPUT")), "type": Word("FEDERATED")}, []
            ),
            [
                [
                    {"display": "BUTTON", "type": "FEDERATED"},
                    {"display": "INPUT", "type": "USERNAME_PASSWORD"},
                ]
            ],
        ),
        # UNVERIFIED: what are the elements of `order`? Names of identity providers, it seems.
        "federation": {"interfaceStyle": Word("BUTTON_LIST"), "order": ListOf(str, [])},
    },
    "form": {
        "displayGraphics": Flag(True),
        "instructions": _enabled(default=False),
        "languageSelector": _enabled(default=False),
        "location": {
            "horizontal": Choice("CENTER", _HORIZONTAL),
            "vertical": Word("CENTER"),
        },
        "sessionTimerDisplay": Word("NONE"),
    },
    "global": {
        "colorSchemeMode": Choice("LIGHT", ("LIGHT", "DARK", "DYNAMIC")),
        "pageFooter": _enabled(default=False),
        "pageHeader": _enabled(default=False),
        "spacingDensity": Word("REGULAR"),
    },
    "signUp": {
        "acceptanceElements": ListOf(
            {"enforcement": Word("NONE"), "textKey": str},
            [{"enforcement": "NONE", "textKey": "en"}],
        )
    },
}

_COMPONENT_CLASSES: Final[Section] = {
    "buttons": {"borderRadius": Radius(8.0)},
    "divider": _light_and_dark(
        {"borderColor": Colour("ebebf0ff")}, {"borderColor": Colour("232b37ff")}
    ),
    "dropDown": {
        "borderRadius": Radius(8.0),
        **_light_and_dark(
            {
                "defaults": {"itemBackgroundColor": Colour("ffffffff")},
                "hover": {
                    "itemBackgroundColor": Colour("f4f4f4ff"),
                    "itemBorderColor": Colour("7d8998ff"),
                    "itemTextColor": Colour("000716ff"),
                },
                "match": {
                    "itemBackgroundColor": Colour("414d5cff"),
                    "itemTextColor": Colour("0972d3ff"),
                },
            },
            {
                "defaults": {"itemBackgroundColor": Colour("192534ff")},
                "hover": {
                    "itemBackgroundColor": Colour("081120ff"),
                    "itemBorderColor": Colour("5f6b7aff"),
                    "itemTextColor": Colour("e9ebedff"),
                },
                "match": {
                    "itemBackgroundColor": Colour("d1d5dbff"),
                    "itemTextColor": Colour("89bdeeff"),
                },
            },
        ),
    },
    "focusState": _light_and_dark(
        {"borderColor": Colour("0972d3ff")}, {"borderColor": Colour("539fe5ff")}
    ),
    "idpButtons": {"icons": _enabled(default=True)},
    "input": {
        "borderRadius": Radius(8.0),
        **_light_and_dark(
            {
                "defaults": {
                    "backgroundColor": Colour("ffffffff"),
                    "borderColor": Colour("7d8998ff"),
                },
                "placeholderColor": Colour("5f6b7aff"),
            },
            {
                "defaults": {
                    "backgroundColor": Colour("0f1b2aff"),
                    "borderColor": Colour("5f6b7aff"),
                },
                "placeholderColor": Colour("8d99a8ff"),
            },
        ),
    },
    "inputDescription": _light_and_dark(
        {"textColor": Colour("5f6b7aff")}, {"textColor": Colour("8d99a8ff")}
    ),
    "inputLabel": _light_and_dark(
        {"textColor": Colour("000716ff")}, {"textColor": Colour("d1d5dbff")}
    ),
    "link": _light_and_dark(
        {"defaults": {"textColor": Colour("0972d3ff")}, "hover": {"textColor": Colour("033160ff")}},
        {"defaults": {"textColor": Colour("539fe5ff")}, "hover": {"textColor": Colour("89bdeeff")}},
    ),
    "optionControls": _light_and_dark(
        {
            "defaults": {"backgroundColor": Colour("ffffffff"), "borderColor": Colour("7d8998ff")},
            "selected": {
                "backgroundColor": Colour("0972d3ff"),
                "foregroundColor": Colour("ffffffff"),
            },
        },
        {
            "defaults": {"backgroundColor": Colour("0f1b2aff"), "borderColor": Colour("7d8998ff")},
            "selected": {
                "backgroundColor": Colour("539fe5ff"),
                "foregroundColor": Colour("000716ff"),
            },
        },
    ),
    "statusIndicator": _light_and_dark(
        {
            "error": _status("fff7f7ff", "d91515ff"),
            "pending": _PENDING,
            "success": _status("f2fcf3ff", "037f0cff"),
            "warning": _status("fffce9ff", "8d6605ff"),
        },
        {
            "error": _status("1a0000ff", "eb6f6fff"),
            "pending": _PENDING,
            "success": _status("001a02ff", "29ad32ff"),
            "warning": _status("1d1906ff", "e0ca57ff"),
        },
    ),
}

_COMPONENTS: Final[Section] = {
    "alert": {
        "borderRadius": Radius(12.0),
        **_light_and_dark(
            {
                "error": {
                    "backgroundColor": Colour("fff7f7ff"),
                    "borderColor": Colour("d91515ff"),
                }
            },
            {
                "error": {
                    "backgroundColor": Colour("1a0000ff"),
                    "borderColor": Colour("eb6f6fff"),
                }
            },
        ),
    },
    "favicon": {"enabledTypes": ListOf(Choice("ICO", ("ICO", "SVG")), ["ICO", "SVG"])},
    "form": {
        "backgroundImage": _enabled(default=False),
        "borderRadius": Radius(8.0),
        "logo": {
            "enabled": Flag(False),
            "formInclusion": Choice("IN", ("IN", "OUT")),
            "location": Choice("CENTER", _HORIZONTAL),
            "position": Choice("TOP", ("TOP", "BOTTOM")),
        },
        **_light_and_dark(
            {"backgroundColor": Colour("ffffffff"), "borderColor": Colour("c6c6cdff")},
            {"backgroundColor": Colour("0f1b2aff"), "borderColor": Colour("424650ff")},
        ),
    },
    "idpButton": {"custom": MapOf(_PROVIDER_BUTTON), "standard": _PROVIDER_BUTTON},
    "pageBackground": {
        "image": _enabled(default=True),
        **_light_and_dark({"color": Colour("ffffffff")}, {"color": Colour("0f1b2aff")}),
    },
    "pageFooter": _bar(),
    "pageHeader": _bar(),
    "pageText": _light_and_dark(
        {
            "bodyColor": Colour("414d5cff"),
            "descriptionColor": Colour("414d5cff"),
            "headingColor": Colour("000716ff"),
        },
        {
            "bodyColor": Colour("b6bec9ff"),
            "descriptionColor": Colour("b6bec9ff"),
            "headingColor": Colour("d1d5dbff"),
        },
    ),
    "phoneNumberSelector": {"displayType": Word("TEXT")},
    "primaryButton": _light_and_dark(
        {
            "active": _button("033160ff", "ffffffff"),
            "defaults": _button("0972d3ff", "ffffffff"),
            "disabled": _DISABLED,
            "hover": _button("033160ff", "ffffffff"),
        },
        {
            "active": _button("539fe5ff", "000716ff"),
            "defaults": _button("539fe5ff", "000716ff"),
            "disabled": _DISABLED,
            "hover": _button("89bdeeff", "000716ff"),
        },
    ),
    "secondaryButton": _light_and_dark(
        {
            "active": _button("d3e7f9ff", "033160ff", "033160ff"),
            "defaults": _button("ffffffff", "0972d3ff", "0972d3ff"),
            "hover": _button("f2f8fdff", "033160ff", "033160ff"),
        },
        {
            "active": _button("354150ff", "89bdeeff", "89bdeeff"),
            "defaults": _button("0f1b2aff", "539fe5ff", "539fe5ff"),
            "hover": _button("192534ff", "89bdeeff", "89bdeeff"),
        },
    ),
}

DOCUMENT: Final[Section] = {
    "categories": _CATEGORIES,
    "componentClasses": _COMPONENT_CLASSES,
    "components": _COMPONENTS,
}
"""Behaviour and layout; looks of a kind of element; looks of one element."""
