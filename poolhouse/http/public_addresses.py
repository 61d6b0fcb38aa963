"""Decide which addresses other people's URLs may lead to: none of this machine or its network."""

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED: Final = (
    ipaddress.ip_network("64:ff9b::/96"),
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("2002::/16"),
    ipaddress.ip_network("2001::/32"),
    ipaddress.ip_network("::/96"),
)
"""IPv6 addresses that hold an IPv4 one, which a gateway unpacks: NAT64, 6to4, Teredo."""

_SPECIAL: Final = (
    ipaddress.ip_network("192.0.0.0/24"),  # of protocols, e.g. a provider's translation
    ipaddress.ip_network("192.88.99.0/24"),  # relays of 6to4
    ipaddress.ip_network("168.63.129.16/32"),  # the services of Azure for its own machines
    ipaddress.ip_network("fec0::/10"),  # site-local, deprecated by RFC 3879 and still in use
    ipaddress.ip_network("3fff::/20"),  # examples
)
"""What the library counts as global, in all versions or in some."""


def is_public(text: str) -> bool:
    """Return whether an address belongs to the public internet, by the registries of IANA.

    Loopback, private, link-local (the metadata services of clouds are there), shared, reserved and
    multicast addresses don't, in any disguise.
    """
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif "%" in text or any(address in network for network in _TRANSLATED):
            return False
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
