"""One runtime process: it has loaded a handler, and runs it for one call at a time.

The process leads a session and a process group of its own, so that ending the group ends what the
handler started. (A handler that puts a process into a new session has let it go on purpose, and it
stays.) Three things join it to us: the Runtime API for calls, a pipe for what it prints, and a
lifeline, a pipe without a writer. When the server dies, even by `kill -9`, the lifeline ends
and the runtime kills its group.

Our own runtimes inherit a socket on which we serve the API, so that no other process can reach it.
A custom runtime connects over TCP, as AWS's clients do, to a port of its own.
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

from poolhouse.triggers.transports.contract import FunctionResponse, TransportFailure, error_answer
from poolhouse.triggers.transports.output import Output
from poolhouse.triggers.transports.runtime_api import RuntimeApi, RuntimeGone, RuntimeInvocation
from poolhouse.triggers.transports.runtime_http import RuntimeConnection
from poolhouse.triggers.transports.runtime_listener import RuntimeListener

# How long to wait for what is certain to come soon: an exit status, the last line of output.
_GRACE_SECONDS: Final = 0.5


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A runtime to start. A custom one's standard input is the lifeline until its program runs.

    One of our own is started as `<command> <API socket fd> <lifeline fd> <arguments>`.
    """

    command: Sequence[str]
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    function: str
    is_custom: bool


STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class EndedBeforeTheCall(Exception):
    """The process ended before it took the event, so the handler has not run for it.

    `was_starting`: it ended by a stop signal, before it had installed its own handling of these.
    `answer` is Lambda's error.
    """

    def __init__(self, answer: FunctionResponse, *, was_starting: bool) -> None:
        super().__init__()
        self.answer = answer
        self.was_starting = was_starting


class Child:
    def __init__(
        self,
        process: asyncio.subprocess.Process,
        api: RuntimeApi,
        listener: RuntimeListener | None,
        output: Output,
        lifeline: int,
    ) -> None:
        self._process = process
        self._api = api
        self._listener = listener
        self._output = output
        self._lifeline = lifeline
        self._has_answered = False
        self.gone = asyncio.create_task(self._bury())

    @classmethod
    async def start(cls, program: Program) -> Self:
        """Start a process. Raises TransportFailure when there is no such runtime or folder."""
        with ExitStack() as undo, ExitStack() as childs_ends:
            life_read, life_write = os.pipe()
            childs_ends.callback(os.close, life_read)
            undo.callback(os.close, life_write)
            out_read, out_write = os.pipe()
            childs_ends.callback(os.close, out_write)
            _, output = await asyncio.get_running_loop().connect_read_pipe(
                lambda: Output(program.function), os.fdopen(out_read, "rb", 0)
            )
            undo.callback(output.close)

            api = RuntimeApi(ends_with_connection=not program.is_custom)
            undo.callback(api.close)
            environment = program.environment
            listener: RuntimeListener | None = None
            inherited: tuple[int, ...] = ()
            if program.is_custom:
                listener = RuntimeListener(api, program.function)
                undo.callback(listener.close)
                environment = {**environment, "AWS_LAMBDA_RUNTIME_API": listener.address}
            else:
                theirs = childs_ends.enter_context(await _connected_to(api))
                inherited = (theirs.fileno(), life_read)
            try:
                process = await asyncio.create_subprocess_exec(
                    *program.command,
                    *map(str, inherited),
                    *program.arguments,
                    stdin=life_read if program.is_custom else asyncio.subprocess.DEVNULL,
                    stdout=out_write,
                    stderr=out_write,
                    pass_fds=inherited,
                    env=environment,
                    cwd=program.folder,
                    start_new_session=True,
                )
            except OSError as error:
                raise TransportFailure("Runtime cannot be started") from error
            undo.pop_all()
            if listener is not None:
                listener.accept_from(process.pid)
            return cls(process, api, listener, output, life_write)

    @property
    def is_usable(self) -> bool:
        return self._api.is_open and not self.gone.done()

    async def call(self, invocation: RuntimeInvocation) -> FunctionResponse:
        """Run the handler. A runtime that crashes, lies or floods us gives Lambda's error.

        Raises EndedBeforeTheCall.
        """
        self._output.new_call()
        try:
            answer = await self._api.invoke(invocation)
        except RuntimeGone:
            status = await self._exit_status()
            message = f"RequestId: {invocation.request_id} Error: {_ending(status)}"
            answer = error_answer("Runtime.ExitError", message)
            was_starting = -status in STOP_SIGNALS and not self._has_answered
            if not self._api.was_delivered and (was_starting or self._has_answered):
                raise EndedBeforeTheCall(answer, was_starting=was_starting) from None
            return answer
        self._has_answered = True
        return answer

    def kill(self) -> None:
        """End the whole process group at once. `gone` is done when it is."""
        self._api.close()
        if not self.gone.done():
            self._kill_group()

    async def _exit_status(self) -> int:
        """Wait for the exit status, since a closed channel mostly means that the process ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                return await self._process.wait()
        self._kill_group()
        return await self._process.wait()

    async def _bury(self) -> None:
        """Wait for the process's end, then end its descendants and close our descriptors."""
        await self._process.wait()
        self._kill_group()
        self._api.close()
        if self._listener is not None:
            self._listener.close()
            await self._listener.wait_closed()
        await asyncio.wait([self._output.ended], timeout=_GRACE_SECONDS)
        self._output.close()
        os.close(self._lifeline)

    def _kill_group(self) -> None:
        # macOS says EPERM of a group in which only zombies are left.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


async def _connected_to(api: RuntimeApi) -> socket.socket:
    """Return the process's end of a pair of sockets, at whose other end we serve the API."""
    ours, theirs = socket.socketpair()
    await asyncio.get_running_loop().create_unix_connection(
        lambda: RuntimeConnection(api), sock=ours
    )
    return theirs


def _ending(status: int) -> str:
    """Return Lambda's text for how a runtime ended (amplify-js#9127, and its own log messages)."""
    if status == 0:
        return "Runtime exited without providing a reason"
    if status < 0:
        name = signal.strsignal(-status) or f"signal {-status}"
        return f"Runtime exited with error: signal: {name.lower()}"
    return f"Runtime exited with error: exit status {status}"
