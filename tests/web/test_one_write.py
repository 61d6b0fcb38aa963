"""Answers leave in one piece: one packet, and a client that is woken once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from poolhouse.web.one_write import OneWrite


class Recorded(asyncio.Transport):
    """A transport that remembers what it was asked to do."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.done: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.done.append(bytes(data))

    def close(self) -> None:
        self.done.append("closed")


@pytest.fixture
async def recorded() -> AsyncIterator[tuple[Recorded, OneWrite]]:
    transport = Recorded()
    yield transport, OneWrite(transport, asyncio.get_running_loop())


async def _next_turn() -> None:
    await asyncio.sleep(0)


async def test_what_is_written_in_one_turn_of_the_loop_is_sent_as_one(
    recorded: tuple[Recorded, OneWrite],
) -> None:
    transport, whole = recorded
    whole.write(b"head ")
    whole.write(b"body")
    assert transport.done == []
    await _next_turn()
    assert transport.done == [b"head body"]


async def test_what_is_written_later_is_sent_later(recorded: tuple[Recorded, OneWrite]) -> None:
    transport, whole = recorded
    whole.write(b"HTTP/1.1 100 Continue")
    await _next_turn()
    whole.write(b"HTTP/1.1 200 OK")
    await _next_turn()
    assert transport.done == [b"HTTP/1.1 100 Continue", b"HTTP/1.1 200 OK"]


async def test_closing_sends_what_waits_first_and_once(
    recorded: tuple[Recorded, OneWrite],
) -> None:
    transport, whole = recorded
    whole.write(b"the last answer")
    whole.close()
    await _next_turn()
    assert transport.done == [b"the last answer", "closed"]


async def test_everything_else_is_the_transport_s(recorded: tuple[Recorded, OneWrite]) -> None:
    _, whole = recorded
    assert whole.get_extra_info("peername") == ("127.0.0.1", 1)
