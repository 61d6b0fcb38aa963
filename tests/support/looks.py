"""Images, styles and domains for tests of the pages' looks."""

import itertools
from typing import Any

from poolhouse.entities.domains import CLASSIC
from support.served_pools import PoolForTest

_numbers = itertools.count(1)
PNG = b"\x89PNG\r\n\x1a\n picture"
JPEG = b"\xff\xd8\xff picture"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
ICO = b"\x00\x00\x01\x00 picture"
CSS = ".submitButton-customizable { background-color: #0a6187; }"
PAGE = {"components": {"pageBackground": {"lightMode": {"color": "fff8e7ff"}}}}
"""Settings that change one property."""


def asset(category: str = "FORM_LOGO", mode: str = "LIGHT", **more: Any) -> dict[str, Any]:
    return {
        "Category": category,
        "ColorMode": mode,
        "Extension": "SVG",
        "Bytes": SVG,
        **more,
    }


def has_domain(pool: PoolForTest, version: int = CLASSIC) -> str:
    """Give the pool a prefix domain; its name."""
    name = f"looks-{next(_numbers)}"
    pool.cognito.create_user_pool_domain(
        UserPoolId=pool.id, Domain=name, ManagedLoginVersion=version
    )
    return name
