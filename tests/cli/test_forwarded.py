"""Trust in the headers of a proxy."""

import pytest

from poolhouse.cli.forwarded import Forwarded
from poolhouse.http.messages import HttpResponse, IncomingRequest


class Listening:
    """An application that hears who asks."""

    largest_body = 1

    async def answer(self, received: IncomingRequest) -> HttpResponse:
        self.heard = received
        return HttpResponse(200, [], b"")

    def too_large(self) -> HttpResponse:
        return HttpResponse(413, [], b"")


async def seen(*headers: tuple[bytes, bytes]) -> tuple[str | None, bool]:
    """The client's address, and whether it came by TLS, as the application sees them."""
    application, received = Listening(), IncomingRequest("10.0.0.1", is_secure=False)
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
        ([(PROTO, b"HTTPS")], "10.0.0.1", True),
        ([(FOR, b"")], "10.0.0.1", False),
    ],
)
async def test_forwarded_address_of_the_proxy_alone_is_trusted(
    headers: list[tuple[bytes, bytes]], address: str, is_secure: bool
) -> None:
    assert await seen(*headers) == (address, is_secure)


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (b"203.0.113.66:4711", "203.0.113.66"),
        (b"[203.0.113.66]", "203.0.113.66"),
        (b"[203.0.113.66]:4711", "203.0.113.66"),
        (b"[2001:db8::1]", "2001:db8::1"),
        (b"[2001:db8::1]:443", "2001:db8::1"),
        (b"2001:DB8:0:0::1", "2001:db8::1"),
        (b"::ffff:203.0.113.66", "203.0.113.66"),
        (b"[::ffff:203.0.113.66]:1", "203.0.113.66"),
        (b"192.0.2.1, 203.0.113.66:4711", "203.0.113.66"),
        (b"192.0.2.1,\t203.0.113.66\t", "203.0.113.66"),
    ],
)
async def test_forwarded_address_with_port_or_brackets_is_the_address(
    said: bytes, address: str
) -> None:
    """Azure Application Gateway writes a port; RFC 7239 §6 has brackets."""
    assert await seen((FOR, said)) == (address, False)


@pytest.mark.parametrize(
    "said",
    [
        *(b"unknown", b"_hidden", b"localhost", b"203.0.113.066", b"203.0.113", b"3405803842"),
        *(b"203.0.113.66:", b"203.0.113.66:x", b"203.0.113.66:123456", b"203.0.113.66/32"),
        *(b"2001:db8::1:443:1:2:3:4:5", b"[2001:db8::1", b"[2001:db8::1]:", b"fe80::1%eth0"),
        *(b"192.0.2.1,", b"192.0.2.1, ", b",", b"192.0.2.1, unknown", b"192.0.2.1 203.0.113.66"),
        *(b'"203.0.113.66"', b"203.0.113.66;", b"for=203.0.113.66", b"\xa0203.0.113.66"),
        *(b"0x7f.0.0.1", b"\xb2.0.0.1", b":" * 60, b"1" * 5_000),
    ],
)
async def test_forwarded_address_that_is_none_leaves_the_proxys_own(said: bytes) -> None:
    """So that a list of denied addresses, or NotIpAddress, holds: it never gets an empty one."""
    assert await seen((FOR, said)) == ("10.0.0.1", False)
