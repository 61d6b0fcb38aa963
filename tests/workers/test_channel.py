"""The channel that joins the supervisor to a worker (`poolhouse/workers/channel.py`)."""

import asyncio
import socket
from typing import Any

from poolhouse.workers.channel import MOST_KEPT, WorkerChannel


class ChannelEnd:
    """One end, with what it has heard and whether the other end is closed."""

    def __init__(self, end: socket.socket) -> None:
        self.heard: asyncio.Queue[list[Any]] = asyncio.Queue()
        self.carried: list[socket.socket | None] = []
        self.ended = asyncio.Event()
        self.channel = WorkerChannel(end, self._hear, self.ended.set)

    def _hear(self, message: list[Any], carried: socket.socket | None) -> None:
        self.heard.put_nowait(message)
        self.carried.append(carried)


def joined() -> tuple[ChannelEnd, ChannelEnd]:
    ours, theirs = socket.socketpair()
    return ChannelEnd(ours), ChannelEnd(theirs)


async def test_channel_message_with_a_socket_arrives_with_it() -> None:
    ours, theirs = joined()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert ours.channel.send("accept", 1, carried=listener)
        assert await asyncio.wait_for(theirs.heard.get(), 60) == ["accept", 1]
        [carried] = theirs.carried
        assert carried is not None
        assert carried.getsockname() == listener.getsockname()
        carried.close()
    ours.channel.close()
    await asyncio.wait_for(theirs.ended.wait(), 60)
    theirs.channel.close()


async def test_send_on_a_closed_channel_is_dropped() -> None:
    """The supervisor may still have a word for a worker that has just ended."""
    ours, theirs = joined()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for end in (ours, theirs):
            end.channel.close()
            assert not end.channel.send("release", 1)
            assert not end.channel.send("accept", 1, carried=listener)
            end.channel.close()


async def test_send_to_an_end_that_reads_nothing_is_bounded() -> None:
    ours_socket, theirs_socket = socket.socketpair()
    ours = ChannelEnd(ours_socket)
    text = "x" * (MOST_KEPT // 4)
    sent = sum(ours.channel.send("word", text) for _ in range(20))
    assert 3 <= sent < 10
    ours.channel.close()
    theirs_socket.close()
