"""The key of an authenticator app, as a QR code and as a text to type."""

from typing import Final
from urllib.parse import quote

from markupsafe import Markup

_LONGEST_NAME: Final = 128
_LONGEST_QUOTED: Final = 640
_GROUP: Final = 4


def key_uri(issuer: str, username: str, secret: str) -> str:
    """Return the URI by which apps take a key over; `issuer` is what they call the account."""
    issuer, account = _quoted(issuer), _quoted(username)
    return f"otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}"


def typed_key(secret: str) -> list[str]:
    """Return a key in groups of four characters, for users who type it."""
    return [secret[place : place + _GROUP] for place in range(0, len(secret), _GROUP)]


def qr_code(text: str) -> Markup:
    """Return a QR code as SVG, dark on light in every colour scheme: scanners expect that."""
    import segno  # noqa: PLC0415 - takes time that only a set-up needs

    code = segno.make(text, error="m", micro=False)
    svg = code.svg_inline(
        border=3, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return Markup(svg)  # noqa: S704 - the library draws it: nothing of the text is in it


def _quoted(name: str) -> str:
    """Return a name as a part of a URI, cut to what three of them leave room for in a QR code."""
    name = name[:_LONGEST_NAME]
    while len(quoted := quote(name, safe="")) > _LONGEST_QUOTED:
        name = name[:-1]
    return quoted
