"""What a customer's style changes in a page: a style sheet, a logo, an icon, header and footer."""

from dataclasses import dataclass
from typing import NamedTuple


class Picture(NamedTuple):
    """An image by its path; `dark` is another one for browsers in dark mode."""

    path: str
    dark: str | None = None
    place: str = "center"
    """Where it is in its row: `start`, `center` or `end`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """The looks of an app client's pages. Without any, a page has the built-in ones."""

    style_sheet: str | None = None
    icon: str | None = None
    logo: Picture | None = None
    is_logo_inside: bool = True
    """The logo is in the card of the form."""
    is_logo_above: bool = True
    has_language_menu: bool = True
    has_header: bool = False
    header_logo: Picture | None = None
    has_footer: bool = False
    footer_logo: Picture | None = None

    @property
    def has_images(self) -> bool:
        """Return whether the page or its style sheet may name images of the site."""
        return self.style_sheet is not None


BUILT_IN = Looks()
"""The looks of pages whose app client has no style."""
