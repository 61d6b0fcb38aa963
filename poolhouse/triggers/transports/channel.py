"""Our end of the socket to a runtime process: one request out, one reply in.

A message is two big-endian 32-bit lengths, then that much JSON header and that much JSON
payload. The process at the other end runs a developer's code and may send anything: what arrives
unasked, too long or garbled ends the channel, and no more than one reply is ever held.
"""

import asyncio
import struct
from typing import Final, cast

import msgspec

from poolhouse.triggers.transports.contract import ANSWER_LIMIT

_LENGTHS: Final = struct.Struct(">II")
_HEADER_LIMIT: Final = 1_024


class RequestHeader(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the runtime needs beside the event; `remaining_ms` counts from its arrival."""

    request_id: str
    function_arn: str
    function_version: str
    remaining_ms: int


class ReplyHeader(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`failed`: the payload is an error. `exiting`: the runtime ends itself after this reply."""

    request_id: str
    failed: bool
    exiting: bool


class Reply(msgspec.Struct, frozen=True):
    header: ReplyHeader
    payload: bytes


class ChannelClosed(ConnectionError):
    """The runtime is gone, or what it sent was no reply."""


class ReplyTooLarge(ChannelClosed):
    """The reply is beyond Lambda's limit, and was not read."""


class Channel(asyncio.Protocol):
    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport
        self._received = bytearray()
        self._awaited: asyncio.Future[Reply] | None = None

    async def ask(self, header: RequestHeader, payload: bytes) -> Reply:
        """Send one request and wait for its reply; a cancelled wait leaves the channel unusable.

        Raises ChannelClosed or ReplyTooLarge.
        """
        if not self.is_open:
            raise ChannelClosed
        self._awaited = asyncio.get_running_loop().create_future()
        head = msgspec.json.encode(header)
        self._transport.write(_LENGTHS.pack(len(head), len(payload)) + head + payload)
        reply = await self._awaited
        self._awaited = None
        if reply.header.request_id != header.request_id:
            self._end(ChannelClosed())
            raise ChannelClosed
        return reply

    def close(self) -> None:
        self._end(ChannelClosed())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        if self._awaited is None or self._awaited.done():
            self._end(ChannelClosed())
            return
        self._received += data
        try:
            reply = _reply(self._received)
        except ChannelClosed as end:
            self._end(end)
        else:
            if reply is not None:
                self._received.clear()
                self._awaited.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(ChannelClosed())

    def _end(self, why: ChannelClosed) -> None:
        self.is_open = False
        self._received.clear()
        self._transport.abort()
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(why)


def _reply(received: bytearray) -> Reply | None:
    """The reply in `received`, or None while it is incomplete.

    Lengths are judged before anything is waited for, so that no more than the limit piles up.
    """
    if len(received) < _LENGTHS.size:
        return None
    header_size, payload_size = _LENGTHS.unpack_from(received)
    if header_size > _HEADER_LIMIT:
        raise ChannelClosed
    if payload_size > ANSWER_LIMIT:
        raise ReplyTooLarge
    payload_from = _LENGTHS.size + header_size
    missing = payload_from + payload_size - len(received)
    if missing > 0:
        return None
    if missing < 0:
        raise ChannelClosed
    try:
        header = msgspec.json.decode(received[_LENGTHS.size : payload_from], type=ReplyHeader)
    except (ValueError, RecursionError):
        raise ChannelClosed from None
    return Reply(header, bytes(received[payload_from:]))
