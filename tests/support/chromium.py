"""A Chromium without a window, driven by the DevTools protocol over a pair of pipes.

Pipes need no library: each message is JSON and ends with a NUL. Chromium reads them from its file
descriptor 3 and writes to 4.
"""

import contextlib
import fcntl
import json
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.programs import program

SECONDS = 120
"""After which a browser that doesn't answer has failed: it may have to start on a busy machine."""

_FLAGS = [
    *("--headless", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-gpu"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--remote-debugging-pipe"),
]
_FIRST_FREE = 10
"""Our ends of the pipes stay clear of 3 and 4, or one would overwrite the other in the child."""


class Page:
    """One tab. `call` sends a command of the protocol and waits for its result."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._out, self._in = to_browser, from_browser
        self._unread = b""
        self._number = 0
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")
        self._session = self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )["sessionId"]

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        command: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            command["sessionId"] = self._session
        os.write(self._out, json.dumps(command).encode() + b"\0")
        while (message := self._read()).get("id") != self._number:
            pass
        assert "error" not in message, (method, message["error"])
        result: dict[str, Any] = message["result"]
        return result

    def open(self, url: str) -> None:
        """Go to a page, and wait until it is there."""
        self.call("Page.enable")
        self.call("Page.navigate", url=url)
        while self.evaluate("document.readyState + ' ' + location.href") != f"complete {url}":
            self._wait_for("Page.loadEventFired")

    def press(self, selector: str) -> None:
        """Press the button that a selector finds first, and wait for the page it leads to."""
        self.call("Page.enable")
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
        # The load event of the page before may still be on its way.
        self._wait_for("Page.frameNavigated")
        self._wait_for("Page.loadEventFired")

    def wait_for_url(self, beginning: str) -> str:
        """Wait until the page goes to a URL that begins so, and return it."""
        while True:
            message = self._read()
            if message.get("method") == "Page.frameNavigated":
                url: str = message["params"]["frame"]["url"]
                if url.startswith(beginning):
                    return url

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; if it is a promise, of what that comes to."""
        done = self.call(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def focused(self, of_element: str) -> Any:
        """Return an expression of the focused element `it`, after a frame: autofocus needs one."""
        value = f"(it => {of_element})(document.activeElement)"
        return self.evaluate(f"new Promise(done => requestAnimationFrame(() => done({value})))")

    def _wait_for(self, event: str) -> None:
        while self._read().get("method") != event:
            pass

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._in], [], [], SECONDS)
            assert ready, "Chromium doesn't answer"
            received = os.read(self._in, 1 << 16)
            assert received, "Chromium has ended"
            self._unread += received
        message, _, self._unread = self._unread.partition(b"\0")
        decoded: dict[str, Any] = json.loads(message)
        return decoded


@contextlib.contextmanager
def chromium(data: Path, *flags: str) -> Iterator[Page]:
    """A browser with a profile of its own in `data` and more flags, ended on leaving."""
    browser = program("chromium")
    its_in, our_out = (_high(end) for end in os.pipe())
    our_in, its_out = (_high(end) for end in os.pipe())
    log = data / "chromium.log"
    process = os.posix_spawn(
        browser,
        [browser, *_FLAGS, *flags, f"--user-data-dir={data / 'profile'}"],
        {"PATH": os.environ["PATH"], "HOME": str(data)},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, its_in, 3),
            (os.POSIX_SPAWN_DUP2, its_out, 4),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setpgroup=0,
    )
    for its in (its_in, its_out):
        os.close(its)
    try:
        yield Page(our_out, our_in)
    finally:
        for ours in (our_out, our_in):
            os.close(ours)
        # A group of its own: the browser's helpers end with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)


def _high(descriptor: int) -> int:
    """The same file by a higher number, closed in every child that isn't given it."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)
    os.close(descriptor)
    return moved
