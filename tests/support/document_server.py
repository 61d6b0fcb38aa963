"""An HTTPS server on loopback that publishes client ID metadata documents, honest and hostile."""

import json
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest
from cli import certificates

from support.running_server import RunningServer, running

NAMED = "documents.example"
"""A host that the certificate is for, beside 127.0.0.1."""

Respond = Callable[[BaseHTTPRequestHandler], None]


def replying(
    body: bytes,
    content_type: str = "application/json",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Respond:
    """Return what answers with this body."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return respond


class DocumentServer:
    """Serves what `pages` has for a path, and counts the requests in `asked`."""

    def __init__(self, folder: Path) -> None:
        self.pages: dict[str, Respond] = {}
        self.asked: Counter[str] = Counter()
        self.certificate, key = certificates.make(folder, hosts=[NAMED])
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.asked[self.path] += 1
                owner.pages.get(self.path, replying(b"", status=404))(self)

            def log_message(self, *_: Any) -> None:
                """Print nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """Expect clients that leave in the middle of a body."""

            def server_bind(self) -> None:
                socketserver.TCPServer.server_bind(self)
                self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

        self._server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def publish(self, path: str, headers: dict[str, str] | None = None, **members: Any) -> str:
        """Publish a good document with these members, and return its URL."""
        url = self.url + path
        document = {
            "client_id": url,
            "client_name": "Field notes",
            "redirect_uris": ["https://notes.example/back"],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            **members,
        }
        kept = {name: value for name, value in document.items() if value is not None}
        self.pages[path] = replying(json.dumps(kept).encode(), headers=headers)
        return url


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DocumentServer]:
    with DocumentServer(tmp_path_factory.mktemp("documents")) as server:
        yield server


@pytest.fixture(scope="module")
def allowing(
    tmp_path_factory: pytest.TempPathFactory, documents: DocumentServer
) -> Iterator[RunningServer]:
    """A server that fetches documents from loopback, and trusts the documents' server."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SSL_CERT_FILE", str(documents.certificate))
        folder = tmp_path_factory.mktemp("allowing")
        with running(folder, private_documents=True) as server:
            yield server
