"""The networks that addresses of clients are counted by."""

import pytest

from poolhouse.http import client_addresses


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("2001:db8:0:1::9", "2001:db8:0:1::/64"),
        ("a proxy's word", "a proxy's word"),
        ("", ""),
    ],
)
def test_network_of_address_is_one_of_an_owner(address: str, network: str) -> None:
    """An IPv6 network's owner has as many addresses as it wants."""
    assert client_addresses.network(address) == network
