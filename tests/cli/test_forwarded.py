"""What is believed of a proxy's headers."""

import pytest

from poolhouse.cli.forwarded import Forwarded
from poolhouse.web.requests import HttpAnswer, Received


class Listening:
    """An application that hears who asks."""

    largest_body = 1

    async def answer(self, received: Received) -> HttpAnswer:
        self.heard = received
        return HttpAnswer(200, [], b"")

    def too_large(self) -> HttpAnswer:
        return HttpAnswer(413, [], b"")


async def seen(*headers: tuple[bytes, bytes]) -> tuple[str | None, bool]:
    """The client's address, and whether it came by TLS, as the application sees them."""
    application, received = Listening(), Received("10.0.0.1", is_secure=False)
    received.headers += headers
    await Forwarded(application).answer(received)
    return application.heard.address, application.heard.is_secure


FOR, PROTO = b"x-forwarded-for", b"x-forwarded-proto"


@pytest.mark.parametrize(
    ("headers", "address", "is_secure"),
    [
        ([], "10.0.0.1", False),
        ([(FOR, b"192.0.2.7")], "192.0.2.7", False),
        ([(FOR, b"192.0.2.7"), (PROTO, b"https")], "192.0.2.7", True),
        ([(FOR, b"2001:db8::1")], "2001:db8::1", False),
        # The client wrote what stands first.
        ([(FOR, b"127.0.0.1, 192.0.2.7")], "192.0.2.7", False),
        ([(FOR, b"127.0.0.1"), (FOR, b"192.0.2.7")], "192.0.2.7", False),
        ([(PROTO, b"https, http")], "10.0.0.1", False),
        ([(PROTO, b"gopher")], "10.0.0.1", False),
        ([(FOR, b"")], "10.0.0.1", False),
    ],
)
async def test_only_what_the_proxy_added_itself_is_believed(
    headers: list[tuple[bytes, bytes]], address: str, is_secure: bool
) -> None:
    assert await seen(*headers) == (address, is_secure)
