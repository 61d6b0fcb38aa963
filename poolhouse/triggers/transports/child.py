"""One runtime process: it has loaded a handler, and runs it for one call at a time.

The process leads a process group of its own, so that ending it ends what the handler started.
(A handler that puts a process into a new session has let it go on purpose, and it stays.) Three
things join it to us, none of them its stdin or stdout: the channel for calls, a pipe for what it
prints, and a lifeline, a pipe without a writer. When the server dies, even by `kill -9`,
the lifeline ends and the runtime kills its group.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, Self

import msgspec

from poolhouse.triggers.transports.channel import (
    Channel,
    ChannelClosed,
    ReplyTooLarge,
    RequestHeader,
)
from poolhouse.triggers.transports.contract import (
    FunctionResponse,
    TransportFailure,
    error_answer,
    too_large,
)
from poolhouse.triggers.transports.output import Output

# How long to wait for what is certain to come soon: an exit status, the last line of output.
_GRACE_SECONDS: Final = 0.5


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A runtime to start: `<command> <channel fd> <lifeline fd> <file> <function>`."""

    command: Sequence[str]
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    function: str


STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class EndedBeforeTheCall(Exception):
    """A stop signal ended a process that was still starting, so its handler has not run.

    Once started, a runtime takes these signals and goes on. `answer` is Lambda's error.
    """

    def __init__(self, answer: FunctionResponse) -> None:
        super().__init__()
        self.answer = answer


class Child:
    def __init__(
        self,
        process: asyncio.subprocess.Process,
        channel: Channel,
        output: Output,
        lifeline: int,
    ) -> None:
        self._process = process
        self._channel = channel
        self._output = output
        self._lifeline = lifeline
        self._exiting = False
        self._has_answered = False
        self.gone = asyncio.create_task(self._bury())

    @classmethod
    async def start(cls, program: Program) -> Self:
        """Raises TransportFailure when there is no such runtime or folder."""
        loop = asyncio.get_running_loop()
        with ExitStack() as undo, ExitStack() as childs_ends:
            ours, theirs = socket.socketpair()
            childs_ends.enter_context(theirs)
            life_read, life_write = os.pipe()
            childs_ends.callback(os.close, life_read)
            undo.callback(os.close, life_write)
            out_read, out_write = os.pipe()
            childs_ends.callback(os.close, out_write)

            _, channel = await loop.create_unix_connection(Channel, sock=ours)
            undo.callback(channel.close)
            _, output = await loop.connect_read_pipe(
                lambda: Output(program.function), os.fdopen(out_read, "rb", 0)
            )
            undo.callback(output.close)
            try:
                process = await asyncio.create_subprocess_exec(
                    *program.command,
                    str(theirs.fileno()),
                    str(life_read),
                    *program.arguments,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=out_write,
                    stderr=out_write,
                    pass_fds=(theirs.fileno(), life_read),
                    env=program.environment,
                    cwd=program.folder,
                    start_new_session=True,
                )
            except OSError as error:
                raise TransportFailure("Runtime cannot be started") from error
            undo.pop_all()
            return cls(process, channel, output, life_write)

    @property
    def is_usable(self) -> bool:
        return self._channel.is_open and not self._exiting and not self.gone.done()

    async def call(self, header: RequestHeader, event: bytes) -> FunctionResponse:
        """Run the handler. A runtime that crashes, lies or floods us gives Lambda's error.

        Raises EndedBeforeTheCall.
        """
        self._output.new_call()
        try:
            reply = await self._channel.ask(header, event)
        except ReplyTooLarge:
            return too_large()
        except ChannelClosed:
            status = await self._exit_status()
            message = f"RequestId: {header.request_id} Error: {_ending(status)}"
            answer = error_answer("Runtime.ExitError", message)
            if -status in STOP_SIGNALS and not self._has_answered:
                raise EndedBeforeTheCall(answer) from None
            return answer
        self._has_answered = True
        self._exiting = reply.header.exiting
        return FunctionResponse(
            payload=reply.payload, function_error="Unhandled" if reply.header.failed else None
        )

    def kill(self) -> None:
        """End the whole process group at once. `gone` is done when it is."""
        self._channel.close()
        if not self.gone.done():
            self._kill_group()

    async def _exit_status(self) -> int:
        """A closed channel mostly means that the process is about to be gone: let it say how."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                return await self._process.wait()
        self._kill_group()
        return await self._process.wait()

    async def _bury(self) -> None:
        """When the process ends, so do its descendants, and every handle of ours."""
        await self._process.wait()
        self._kill_group()
        self._channel.close()
        await asyncio.wait([self._output.ended], timeout=_GRACE_SECONDS)
        self._output.close()
        os.close(self._lifeline)

    def _kill_group(self) -> None:
        # macOS says EPERM of a group in which only zombies are left.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def _ending(status: int) -> str:
    """Lambda's words for how a runtime ended (amplify-js#9127, and its own log messages)."""
    if status == 0:
        return "Runtime exited without providing a reason"
    if status < 0:
        name = signal.strsignal(-status) or f"signal {-status}"
        return f"Runtime exited with error: signal: {name.lower()}"
    return f"Runtime exited with error: exit status {status}"
