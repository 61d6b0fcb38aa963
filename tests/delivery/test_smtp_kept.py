"""Connections that stay open between mails: none is lost over one that went away, none comes twice.

A mail is the server's upon its 250 to the content, and not before (RFC 5321 §4.2.5, §6.1).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.delivery_world import message

from poolhouse.app import build
from poolhouse.config.settings import Settings
from poolhouse.delivery.contract import SendFailure
from poolhouse.delivery.smtp import Smtp

HANG_UP = ""
SILENCE = "-"


class Relay:
    """A mail server that can be told how to answer: `answers` are used up, one a command.

    `said` has the commands by connection, `mails` what content it got. While `open` is not set, it
    keeps the client of a mail waiting.
    """

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.said: list[list[str]] = []
        self.mails: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self.changed = asyncio.Condition()
        self.writers: set[asyncio.StreamWriter] = set()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        commands: list[str] = []
        self.said.append(commands)
        try:
            writer.write(b"220 relay\r\n")
            while line := await reader.readline():
                await self._answer(line[:4].decode().upper(), commands, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # it was told to hang up
        finally:
            writer.close()
            self.writers.discard(writer)
            await self._tell()

    async def _answer(
        self,
        command: str,
        commands: list[str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        commands.append(command)
        if command == "DATA":
            writer.write(b"354 go on\r\n")
            self.mails.append((await reader.readuntil(b"\r\n.\r\n")).decode())
            await self._tell()
            await self.open.wait()
        answer = self.answers.pop(command, "221 bye" if command == "QUIT" else "250 fine")
        if answer == HANG_UP:
            writer.transport.abort()
        elif answer != SILENCE:
            writer.write(answer.encode() + b"\r\n")

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def has(self, *, mails: int) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.mails) == mails)

    async def is_left(self) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: not self.writers)

    async def hang_up(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        await self.is_left()


@asynccontextmanager
async def serving(relay: Relay, port: int = 0) -> AsyncIterator[int]:
    server = await asyncio.start_server(relay.talk, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await relay.hang_up()


@asynccontextmanager
async def sending(port: int, idle_seconds: float = 60) -> AsyncIterator[Smtp]:
    sender = Smtp("127.0.0.1", port, tls="none", idle_seconds=idle_seconds)
    try:
        yield sender
    finally:
        await sender.close()


MAIL = ["MAIL", "RCPT", "DATA"]


async def test_mails_share_a_connection() -> None:
    relay = Relay()
    async with serving(relay) as port, sending(port) as sender:
        for number in range(3):
            await sender.send(message(f"m-{number}"))
        assert relay.said == [["EHLO", *MAIL, *MAIL, *MAIL]]
    for number, mail in enumerate(relay.mails):
        assert f"Message-ID: <m-{number}@" in mail


async def test_smtp_concurrent_mails_use_a_connection_each() -> None:
    relay = Relay()
    async with serving(relay) as port, sending(port) as sender:
        relay.open.clear()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(sender.send(message("m-1")))
            tasks.create_task(sender.send(message("m-2")))
            await relay.has(mails=2)
            relay.open.set()
        await sender.send(message("m-3"))
        assert sorted(relay.said) == [["EHLO", *MAIL], ["EHLO", *MAIL, *MAIL]]


async def test_smtp_kept_connection_closed_by_the_server_is_not_used() -> None:
    relay = Relay()
    async with serving(relay) as port, sending(port) as sender:
        await sender.send(message("m-1"))
        await relay.hang_up()
        await sender.send(message("m-2"))
    assert len(relay.mails) == len(relay.said) == 2


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("MAIL", HANG_UP),
        ("MAIL", "421 idle for too long"),
        ("MAIL", "452 enough mails on this connection"),
        ("MAIL", "503 what?"),
        ("MAIL", "gibberish"),
        ("RCPT", HANG_UP),
        ("RCPT", "421 going down"),
    ],
)
async def test_smtp_mail_refused_by_a_kept_connection_uses_a_new_one(
    command: str, answer: str
) -> None:
    relay = Relay()
    async with serving(relay) as port, sending(port) as sender:
        await sender.send(message("m-1"))
        relay.answers[command] = answer
        await sender.send(message("m-2"))
        assert len(relay.said) == 2
        assert relay.said[1] == ["EHLO", *MAIL]
    assert len(relay.mails) == 2


async def test_smtp_kept_connection_that_is_dead_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A firewall between may have forgotten it, without a word to either end."""
    monkeypatch.setattr("poolhouse.delivery.smtp._KEPT_ANSWERS_WITHIN", 0.01)
    relay = Relay()
    async with serving(relay) as port, sending(port) as sender:
        await sender.send(message("m-1"))
        relay.answers["MAIL"] = SILENCE
        await sender.send(message("m-2"))
        assert relay.said[1] == ["EHLO", *MAIL]
    assert len(relay.mails) == 2


async def test_smtp_reconnects_after_the_mail_server_restarts() -> None:
    before, after = Relay(), Relay()
    async with serving(before) as port:
        sender = Smtp("127.0.0.1", port, tls="none")
        await sender.send(message("m-1"))
    with pytest.raises(SendFailure, match="SMTPConnectError"):
        await sender.send(message("m-2"))
    async with serving(after, port):
        await sender.send(message("m-2"))
        await sender.close()
    assert (len(before.mails), len(after.mails)) == (1, 1)


async def test_smtp_mail_with_unknown_outcome_is_not_sent_again_at_once() -> None:
    """The server may have it. The outbox tries again, as after any failure: with the same id."""
    relay = Relay()
    async with serving(relay) as port, sending(port) as sender:
        await sender.send(message("m-1"))
        relay.answers["DATA"] = HANG_UP
        with pytest.raises(SendFailure) as raised:
            await sender.send(message("m-2"))
        assert not raised.value.refused
        assert (len(relay.said), len(relay.mails)) == (1, 2)


@pytest.mark.parametrize(
    ("command", "answer", "refused"),
    [
        ("RCPT", "550 nobody here", True),
        ("RCPT", "450 out", False),
        ("DATA", "554 we like it not", True),
    ],
)
async def test_smtp_refusal_is_not_repeated_and_resets_the_connection(
    command: str, answer: str, *, refused: bool
) -> None:
    relay = Relay()
    async with serving(relay) as port, sending(port) as sender:
        await sender.send(message("m-1"))
        relay.answers[command] = answer
        with pytest.raises(SendFailure) as raised:
            await sender.send(message("m-2"))
        assert raised.value.refused is refused
        assert len(relay.said) == 1
        await sender.send(message("m-3"))
        assert relay.said[1] == ["EHLO", *MAIL]


async def test_smtp_cancelled_mail_closes_its_connection() -> None:
    """What the server says then would be taken for the answer to the next mail."""
    relay = Relay()
    async with serving(relay) as port, sending(port) as sender:
        await sender.send(message("m-1"))
        relay.open.clear()
        cut_off = asyncio.create_task(sender.send(message("m-2")))
        await relay.has(mails=2)
        cut_off.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cut_off
        relay.open.set()
        await sender.send(message("m-3"))
        assert relay.said[1] == ["EHLO", *MAIL]


async def test_smtp_connection_is_closed_after_its_limit_of_mails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("poolhouse.delivery.smtp_connections.MOST_MAILS", 2)
    relay = Relay()
    async with serving(relay) as port, sending(port) as sender:
        for number in range(3):
            await sender.send(message(f"m-{number}"))
    assert relay.said == [["EHLO", *MAIL, *MAIL, "QUIT"], ["EHLO", *MAIL, "QUIT"]]


async def test_smtp_idle_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolhouse.delivery.smtp_connections.MOST_IDLE", 1)
    relay = Relay()
    async with serving(relay) as port, sending(port) as sender:
        relay.open.clear()
        async with asyncio.TaskGroup() as tasks:
            for number in range(3):
                tasks.create_task(sender.send(message(f"m-{number}")))
            await relay.has(mails=3)
            relay.open.set()
        async with relay.changed:
            await relay.changed.wait_for(lambda: len(relay.writers) == 1)


async def test_smtp_idle_connection_is_closed_after_a_while() -> None:
    relay = Relay()
    async with serving(relay) as port, sending(port, idle_seconds=0) as sender:
        await sender.send(message())
        await relay.is_left()
        assert relay.said == [["EHLO", *MAIL, "QUIT"]]


async def test_closing_the_sender_leaves_the_server() -> None:
    relay = Relay()
    async with serving(relay) as port:
        async with sending(port) as sender:
            await sender.send(message())
        await relay.is_left()
    assert relay.said == [["EHLO", *MAIL, "QUIT"]]


async def test_smtp_connections_are_closed_when_the_server_stops(tmp_path: Path) -> None:
    relay = Relay()
    async with serving(relay) as port:
        settings = Settings(data=tmp_path, smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none")
        app = await build(settings)
        await app.start()
        # As of a call that has just put it into the outbox: claimed, until long after now.
        app.services.hand_over(message(due_at=datetime(9999, 1, 1, tzinfo=UTC)), None)
        await relay.has(mails=1)
        await app.stop()
        await relay.is_left()
    assert relay.said == [["EHLO", *MAIL, "QUIT"]]
