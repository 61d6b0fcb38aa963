"""Read addresses of clients: as proxies write them into X-Forwarded-For, and their networks."""

import ipaddress
import re
from functools import lru_cache
from typing import Final

LONGEST: Final = 64
"""Characters; `[` and an IPv6 address and `]:65535` are 53."""

_form = re.compile(
    r"(?P<v4>[0-9]+(?:\.[0-9]+){3})(?::[0-9]{1,5})?"
    r"|(?P<v6>[0-9A-Fa-f:.]+)"
    r"|\[(?P<bracketed>[0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?"
).fullmatch


@lru_cache(1_024)
def network(address: str) -> str:
    """Return the IPv6 network of 64 bits that one client has; any other text as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))


@lru_cache(1_024)
def client_address(text: str) -> str | None:
    """Return the address in its one spelling, without brackets and port.

    Azure's gateways add the port, others brackets. Returns None if the text is anything else:
    `unknown`, a name, several addresses, or numbers that are read as octal by some. An IPv4
    address that is written as an IPv6 one is the IPv4 address.
    """
    found = _form(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    try:
        address = ipaddress.ip_address(found["v4"] or found["v6"] or found["bracketed"])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
