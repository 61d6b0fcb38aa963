"""What is believed of a proxy's headers."""

from typing import Any, cast

import pytest

from poolhouse.cli.forwarded import Forwarded
from poolhouse.web.server import Server


async def seen(*headers: tuple[bytes, bytes]) -> tuple[str, str]:
    """The client's address and scheme, as the application sees them."""
    found: dict[str, Any] = {}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        found.update(scope)

    scope = {"client": ("10.0.0.1", 443), "scheme": "http", "headers": list(headers)}
    nothing: Any = None
    await Forwarded(cast(Server, application))(scope, nothing, nothing)
    return found["client"][0], found["scheme"]


FOR, PROTO = b"x-forwarded-for", b"x-forwarded-proto"


@pytest.mark.parametrize(
    ("headers", "address", "scheme"),
    [
        ([], "10.0.0.1", "http"),
        ([(FOR, b"192.0.2.7")], "192.0.2.7", "http"),
        ([(FOR, b"192.0.2.7"), (PROTO, b"https")], "192.0.2.7", "https"),
        ([(FOR, b"2001:db8::1")], "2001:db8::1", "http"),
        # The client wrote what stands first.
        ([(FOR, b"127.0.0.1, 192.0.2.7")], "192.0.2.7", "http"),
        ([(FOR, b"127.0.0.1"), (FOR, b"192.0.2.7")], "192.0.2.7", "http"),
        ([(PROTO, b"https, http")], "10.0.0.1", "http"),
        ([(PROTO, b"gopher")], "10.0.0.1", "http"),
        ([(FOR, b"")], "10.0.0.1", "http"),
    ],
)
async def test_only_what_the_proxy_added_itself_is_believed(
    headers: list[tuple[bytes, bytes]], address: str, scheme: str
) -> None:
    assert await seen(*headers) == (address, scheme)
