"""nginx, HAProxy and Caddy, run with the configurations of docs/proxies.md."""

import contextlib
import os
import re
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from cli import certificates
from cli.programs import SECONDS, free_port

import poolhouse
from support.programs import program
from support.wire_client import Wire

PAGE: Final = Path(poolhouse.__path__[0]).parent / "docs" / "proxies.md"
UPSTREAM: Final = "127.0.0.1:9229"


def on_page(language: str) -> str:
    """The page's one configuration of a proxy."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert UPSTREAM in text
    return str(text)


def _replaced(text: str, **pairs: str) -> str:
    """The text with each of its parts replaced, which must all be there once."""
    for old, new in pairs.items():
        assert text.count(old) == 1, (old, text)
        text = text.replace(old, new)
    return text


def nginx(folder: Path, port: int, upstream: str) -> list[str | Path]:
    site = _replaced(
        on_page("nginx"),
        **{
            "443": f"127.0.0.1:{port}",
            "/etc/ssl/id.example.com.pem": str(folder / "tls.pem"),
            "/etc/ssl/id.example.com.key": str(folder / "tls.key"),
            UPSTREAM: upstream,
        },
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in kinds)
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{places}{site}}}\n"
    )
    return ["nginx", "-c", file, "-e", "stderr"]


def haproxy(folder: Path, port: int, upstream: str) -> list[str | Path]:
    both = folder / "both.pem"
    both.write_bytes((folder / "tls.pem").read_bytes() + (folder / "tls.key").read_bytes())
    file = folder / "haproxy.cfg"
    file.write_text(
        _replaced(
            on_page("haproxy"),
            **{
                ":443": f"127.0.0.1:{port}",
                "/etc/haproxy/id.example.com.pem": str(both),
                UPSTREAM: upstream,
            },
        )
    )
    return ["haproxy", "-db", "-f", file]


def caddy(folder: Path, port: int, upstream: str) -> list[str | Path]:
    """With a certificate of ours: Caddy would ask for one on the Internet."""
    name = f"https://127.0.0.1:{port} {{\n    tls {folder}/tls.pem {folder}/tls.key"
    site = _replaced(on_page("caddyfile"), **{"id.example.com {": name, UPSTREAM: upstream})
    file = folder / "Caddyfile"
    file.write_text("{\n    admin off\n    auto_https disable_redirects\n}\n\n" + site)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", file]


PROXIES: Final[dict[str, Callable[[Path, int, str], list[str | Path]]]] = {
    "nginx": nginx,
    "haproxy": haproxy,
    "caddy": caddy,
}


@contextlib.contextmanager
def running_proxy(name: str, folder: Path, upstream: str) -> Iterator[tuple[int, Path]]:
    """Run a proxy; its port, and the file of its certificate."""
    certificate, _ = certificates.make(folder)
    port, process = _started(name, program(name), folder, upstream)
    try:
        yield port, certificate
    finally:
        process.terminate()
        process.wait(SECONDS)


def _started(
    name: str, program: str, folder: Path, upstream: str
) -> tuple[int, "subprocess.Popen[bytes]"]:
    """Start the proxy on a port that is free. Another program may take the port meanwhile."""
    log = folder / "log"
    for _ in range(5):
        port = free_port()
        command = PROXIES[name](folder, port, upstream)
        with log.open("ab") as output:
            process = subprocess.Popen(
                [program, *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={"HOME": str(folder), "PATH": os.environ["PATH"]},
            )
        while process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return port, process
    raise AssertionError(log.read_text())


class TlsWire(Wire):
    """A connection by TLS."""

    def __init__(self, port: int, certificate: Path, source: str = "127.0.0.1") -> None:
        super().__init__(port, source)
        self._answers.close()
        context = ssl.create_default_context(cafile=str(certificate))
        self._socket = context.wrap_socket(self._socket, server_hostname="127.0.0.1")
        self._answers = self._socket.makefile("rb")
