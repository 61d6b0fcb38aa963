"""A handler file or a custom runtime on this machine, run as Lambda would run it.

Every function has its own runtime processes, started when they are first needed and kept warm.
Like Lambda's, a process runs one call at a time; calls that come at once get processes of their
own, up to a maximum, and beyond it they wait within their time limit. A process whose call is
cancelled, or whose source files have changed, is killed; the next call starts a new one.

A handler is the operator's own code and no prisoner: it runs as the server's user, and its use
of memory and disk is not limited. It is kept from the server's environment and descriptors, and
a handler gone mad costs its own calls only.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from poolhouse.triggers import arns
from poolhouse.triggers.transports import source_files
from poolhouse.triggers.transports.child import Child, EndedBeforeTheCall, Program
from poolhouse.triggers.transports.contract import FunctionResponse, TransportFailure
from poolhouse.triggers.transports.runtime_api import RuntimeInvocation
from poolhouse.triggers.transports.source_files import Snapshot

MOST_CHILDREN: Final = 4
_RUNTIMES: Final = Path(__file__).parent / "runtime"


class Handler(msgspec.Struct, frozen=True, kw_only=True):
    """An absolute path, and the name of the function that the module exports.

    For a custom runtime: the path of its program, and what `_HANDLER` names.
    """

    file: Path
    function: str


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """The interpreter and the program that run a handler of one language.

    A custom runtime is a program of the operator's, which speaks the Runtime API.
    """

    command: Sequence[str]
    is_custom: bool = False


def python_runtime(python: str) -> Runtime:
    """Return the command. `-B`: a stale `.pyc` could hide an edit of the same second."""
    script = str(_RUNTIMES / "python_runtime.py")
    return Runtime(command=(python, "-u", "-B", "-X", "utf8", script))


def node_runtime(node: str) -> Runtime:
    return Runtime(command=(node, str(_RUNTIMES / "node_runtime.mjs")))


def custom_runtime(python: str) -> Runtime:
    """Return the command. With `-I -S` the program that starts the runtime starts fast."""
    script = str(_RUNTIMES / "custom_runtime.py")
    return Runtime(command=(python, "-I", "-S", "-B", script), is_custom=True)


class LocalHandler:
    """`environment` gives a function's own variables by its ARN, as configured in Lambda.

    Of the server's environment a handler gets PATH and nothing else, least of all its secrets.
    `wall_clock` gives the machine's own time, by which a function knows how much is left.
    """

    def __init__(
        self,
        handler: Handler,
        runtime: Runtime,
        *,
        wall_clock: Callable[[], datetime],
        new_request_id: Callable[[], str],
        environment: Callable[[str], Mapping[str, str]],
        most_children: int = MOST_CHILDREN,
    ) -> None:
        self._handler = handler
        self._runtime = runtime
        self._wall_clock = wall_clock
        self._new_request_id = new_request_id
        self._environment = environment
        self._most_children = most_children
        self._slots = asyncio.Semaphore(most_children)
        self._starting: set[asyncio.Task[Child]] = set()
        self._children: set[Child] = set()
        self._idle: list[tuple[str, Child]] = []
        self._sources: Snapshot = frozenset()
        self._closed = False

    async def invoke(self, arn: str, payload: bytes, deadline: float) -> FunctionResponse:
        ends = asyncio.get_running_loop().time() + deadline
        async with self._slots:
            await self._notice_changes()
            was_stopped = False
            while True:
                try:
                    return await self._run(arn, payload, ends)
                except EndedBeforeTheCall as ended:
                    # A stop signal that meant the server ends a process that is still starting.
                    # The server's calls are finished nevertheless. Warm processes are few.
                    if ended.was_starting and was_stopped:
                        return ended.answer
                    was_stopped |= ended.was_starting

    async def _run(self, arn: str, payload: bytes, ends: float) -> FunctionResponse:
        """Run the function in a process of its own. Raises EndedBeforeTheCall."""
        sources = self._sources
        child = await self._warm_child(arn)
        remaining = ends - asyncio.get_running_loop().time()
        done = False
        try:
            answer = await child.call(self._invocation(arn, payload, remaining))
            done = True
            return answer
        finally:
            if done and child.is_usable and sources == self._sources and not self._closed:
                self._idle.append((arn, child))
            else:
                child.kill()

    async def close(self) -> None:
        self._closed = True
        self._idle.clear()
        if self._starting:
            await asyncio.wait(self._starting)
        dying = list(self._children)
        for child in dying:
            child.kill()
        await asyncio.gather(*(child.gone for child in dying))

    async def _notice_changes(self) -> None:
        sources = await asyncio.to_thread(source_files.snapshot, self._handler.file)
        if sources != self._sources:
            self._sources = sources
            for _, child in self._idle:
                child.kill()
            self._idle.clear()

    async def _warm_child(self, arn: str) -> Child:
        """Return the idle process that was used last, likely to be still in the CPU's caches.

        Functions that share a handler share no processes: their environments differ.
        """
        for idle in reversed([each for each in self._idle if each[0] == arn]):
            self._idle.remove(idle)
            child = idle[1]
            if child.is_usable:
                return child
            child.kill()
        if self._closed:
            raise TransportFailure("Server is closing")
        if len(self._children) >= self._most_children and self._idle:
            self._idle.pop(0)[1].kill()
        starting = asyncio.create_task(self._start(arn))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(_kill_started)
            raise

    async def _start(self, arn: str) -> Child:
        """Start a process.

        It isn't cancelled with its call, which would leave it running unnoticed.
        """
        child = await Child.start(self._program(arn))
        self._children.add(child)
        child.gone.add_done_callback(lambda _: self._children.discard(child))
        return child

    def _invocation(self, arn: str, payload: bytes, remaining: float) -> RuntimeInvocation:
        return RuntimeInvocation(
            request_id=self._new_request_id(),
            function_arn=arn,
            deadline_ms=int((self._wall_clock().timestamp() + max(0, remaining)) * 1000),
            event=payload,
        )

    def _program(self, arn: str) -> Program:
        file, name = self._handler.file, self._handler.function
        return Program(
            command=self._runtime.command,
            arguments=(str(file),) if self._runtime.is_custom else (str(file), name),
            environment=self._childs_environment(arn),
            folder=file.parent,
            function=arn,
            is_custom=self._runtime.is_custom,
        )

    def _childs_environment(self, arn: str) -> dict[str, str]:
        """Return the variables. As in Lambda, reserved names replace the function's own."""
        function = arns.parse(arn)
        name = function.name if function else self._handler.file.stem
        region = function.region if function else "us-east-1"
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            **self._environment(arn),
            "AWS_DEFAULT_REGION": region,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version if function else "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"[$LATEST]{self._new_request_id()}",
            "AWS_REGION": region,
            "LAMBDA_TASK_ROOT": str(self._handler.file.parent),
            "TZ": ":UTC",
            "_HANDLER": self._handler_name(),
        }

    def _handler_name(self) -> str:
        name = self._handler.function
        return name if self._runtime.is_custom else f"{self._handler.file.stem}.{name}"


def _kill_started(starting: asyncio.Task[Child]) -> None:
    """Kill a process whose call was cancelled while it started."""
    if not starting.cancelled() and starting.exception() is None:
        starting.result().kill()
