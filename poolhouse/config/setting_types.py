"""The types of settings: the help of each, and the form of its value."""

from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta


def setting(
    description: str,
    *,
    must: str | None = None,
    ge: float | None = None,
    le: float | None = None,
    secret: bool = False,
) -> Meta:
    """Return a setting's help; `must` completes "it must be …"; a secret's value is never shown."""
    return Meta(description=description, ge=ge, le=le, extra={"must": must, "secret": secret})


def text(pattern: str) -> Meta:
    """Return the form of a text, which must match the pattern as a whole."""
    return Meta(pattern=rf"^(?:{pattern})\Z")


Environment = dict[
    Annotated[str, text(r"\*|[A-Za-z0-9_-]{1,64}|arn:\S+")],
    dict[Annotated[str, text(r"[A-Za-z_][A-Za-z0-9_]*")], Annotated[str, text(r"[^\0]*")]],
]
"""Variables by name, by function."""

CertificateFiles = tuple[Path, Path]
"""PEM files of a certificate and of its key."""

HOST: Final = r"(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"
"""A host, or with `*` each host below it."""

SERVER: Final = "an http:// or https:// address without a path"
"""What the address of a server must be."""
