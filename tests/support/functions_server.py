"""Lambda functions for the tests: one HTTP server that records events and answers as told."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Answer = Callable[[dict[str, Any]], Any]
FUNCTION_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:"


class FunctionError(Exception):
    """What a function throws."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    """Connections that may come at once: the system refuses others before they are accepted."""


def _unchanged(event: dict[str, Any]) -> dict[str, Any]:
    return event


class FunctionsServer:
    """`answers` maps a trigger source to a function of the event; others return the event."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.answers: dict[str, Answer] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                event = json.loads(body)
                outer.events.append(event)
                try:
                    ask: Answer = outer.answers.get(event["triggerSource"], _unchanged)
                    answer = ask(event)
                    status, payload = 200, json.dumps(answer).encode()
                except FunctionError as error:
                    status = 500
                    payload = json.dumps({"errorMessage": str(error)}).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the events are the tests' own to read."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """Start again: no events, no responses."""
        self.events.clear()
        self.answers.clear()

    def of(self, source: str) -> list[dict[str, Any]]:
        """The events of one trigger source."""
        return [event for event in self.events if event["triggerSource"] == source]


def arn(name: str) -> str:
    return FUNCTION_ARN + name
