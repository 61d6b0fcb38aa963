"""Readings of text as a number, a moment, an address: None for what is none, never an error.

The same readings serve the policy, where None refuses the document, and the request, where
None matches nothing: a request may send anything.
"""

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime
from decimal import Decimal

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LONGEST_ADDRESS = 64
_is_number = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?").fullmatch
_date_parts = re.compile(
    r"([0-9]{4})(-[0-9]{2})?(-[0-9]{2})?"
    r"(T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
).fullmatch
_is_network = re.compile(r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?").fullmatch


def number(text: str) -> Decimal | None:
    """Return an integer or a decimal, compared exactly; 30 digits on each side are plenty."""
    return Decimal(text) if _is_number(text) else None


def moment(text: str) -> float | None:
    """Return seconds since 1970 of a W3C date (YYYY to fractions of a second) or epoch time.

    Without a zone the date is in UTC.
    """
    parts = _date_parts(text)
    # UNVERIFIED: is 2030 a year or a second? The first hour of 1970 is unlikely.
    if parts is None:
        return float(text) if _is_number(text) else None
    year, month, day, time, zone = parts.groups()
    if (day and not month) or (time and not day) or (zone and not time):
        return None
    try:
        date = datetime.fromisoformat(
            f"{year}{month or '-01'}{day or '-01'}{time or ''}{zone or ''}"
        )
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def binary(text: str) -> bytes | None:
    """Return the octets that a base64 text stands for."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def address(text: str) -> Address | None:
    """Return an IP address; an IPv4 one within IPv6 (::ffff:…) is returned as IPv4."""
    if len(text) > _LONGEST_ADDRESS:
        return None
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def network(text: str) -> Network | None:
    """Return a CIDR block, host bits ignored; a bare address is the block of that one host."""
    if len(text) > _LONGEST_ADDRESS or not _is_network(text):
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
