"""The sockets that a server listens on."""

import socket
from typing import Any


def bind(host: str, port: int, count: int) -> list[socket.socket]:
    """Return sockets bound to one address, one for each worker. Raises OSError.

    The first attempt claims the port for itself alone, so that a port in use is found out (two
    servers could share it otherwise) and port 0 becomes a port that is free.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    first = socket.socket(family, kind, protocol)
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        first.bind(address)
        address = first.getsockname()
        if count == 1:
            return [first]
        first.listen()  # only a listening socket keeps others off when addresses may be reused
    except OSError:
        first.close()
        raise
    first.close()
    return [_shared(family, kind, protocol, address) for _ in range(count)]


def _shared(family: int, kind: int, protocol: int, address: Any) -> socket.socket:
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(address)
    # Not yet listening: connections would wait in the queues of workers that aren't there yet.
    return listener
