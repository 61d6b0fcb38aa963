"""The addresses of pools' domains: what is advertised, and which host or path is which domain."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

from poolhouse.entities.domains import Domain

PLACEHOLDER: Final = "{domain}"
FOLDER: Final = "/domains/"
"""Below it every domain answers too, for clients that can't resolve its host."""

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
"""Roughly: what isn't of this form needn't be asked for."""
_HOST: Final = re.compile(r"(?P<name>[A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?")
"""A Host header becomes a part of URLs, so that nothing else may be in it."""


@dataclass(frozen=True)
class DomainUrls:
    """How domains are addressed. `template` is the setting `domain_url`, or None."""

    template: str | None
    by_path_only: bool = False
    """No host of a domain leads here, as in dev mode: custom domains are advertised by path too."""

    def url_of(self, domain: Domain, server_url: str) -> str:
        """Return the advertised URL of a domain, without a slash at its end.

        `server_url` is the address by which the client reaches this server.
        """
        if domain.is_custom and not self.by_path_only:
            return f"https://{domain.name}"
        if self.template is not None and not domain.is_custom:
            return self.template.replace(PLACEHOLDER, domain.name)
        return f"{server_url}{FOLDER}{domain.name}"

    def names_of_host(self, host: str) -> tuple[str, ...]:
        """Return the names of the domains whose host this may be, the likeliest first.

        `host` is a Host header. Anything but a DNS name, with or without a port, is no domain's.
        """
        parsed = _HOST.fullmatch(host)
        if parsed is None:
            return ()
        name = parsed["name"].lower()
        prefix = self._host.fullmatch(name) if self._host is not None else None
        names = () if prefix is None else (prefix["domain"],)
        return (*names, name) if "." in name and _NAME.fullmatch(name) else names

    @staticmethod
    def address_of_host(host: str, *, is_secure: bool) -> str:
        """Return the URL of a Host header that names a domain, as browsers name the origin.

        They leave out the scheme's own port, but some proxies add it.
        """
        scheme, own_port = ("https", ":443") if is_secure else ("http", ":80")
        return f"{scheme}://{host.lower().removesuffix(own_port)}"

    @staticmethod
    def name_in_path(path: str) -> tuple[str, str] | None:
        """Return a domain's name and the path there, if the path is below `/domains/`."""
        if not path.startswith(FOLDER):
            return None
        name, slash, rest = path[len(FOLDER) :].partition("/")
        return (name, f"/{rest}") if slash and _NAME.fullmatch(name) else None

    @cached_property
    def _host(self) -> re.Pattern[str] | None:
        if self.template is None:
            return None
        host = urlsplit(self.template).netloc.partition(":")[0].lower()
        before, _, after = host.partition(PLACEHOLDER)
        return re.compile(
            f"{re.escape(before)}(?P<domain>[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?)"
            f"{re.escape(after)}"
        )


def advertised(domains: Sequence[Domain]) -> Domain | None:
    """Return the one of a pool's domains that clients are shown.

    UNVERIFIED: which of two? Here the custom one: a pool gets it so that users see no other.
    """
    return max(domains, key=lambda domain: domain.is_custom, default=None)
