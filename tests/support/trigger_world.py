"""Fixtures of the triggers' tests: a scripted web server, and pipes that show live processes."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:welcome"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Server:
    """A web server that keeps each request and answers `reply`, or half of one if it `hangs`."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.url = ""
        self.reply = http(200, b"{}")
        self.hangs = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append((first.split(" ")[1], headers, body))
        if self.hangs:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
            await reader.read()  # until the caller hangs up
        else:
            writer.write(self.reply)
        writer.close()


def http(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Text", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Fifo:
    """A named pipe: processes that hold it open can be told to be alive, or gone."""

    def __init__(self, path: Path, reader: asyncio.StreamReader) -> None:
        self.path = path
        self.reader = reader

    async def first_line(self) -> str:
        return (await self.reader.readline()).decode().strip()

    async def everybody_is_gone(self) -> None:
        """Returns once no process is left that holds the pipe open for writing."""
        await self.reader.read()
