"""Read on behind a request that offers another protocol, as if it didn't."""

from typing import Protocol


class Callbacks(Protocol):
    """Takes the calls of httptools' parser."""

    def on_message_begin(self) -> None: ...
    def on_url(self, url: bytes) -> None: ...
    def on_header(self, name: bytes, value: bytes) -> None: ...
    def on_headers_complete(self) -> None: ...
    def on_body(self, body: bytes) -> None: ...
    def on_message_complete(self) -> None: ...


class IgnoredUpgrade:
    """Passes a new parser's callbacks on, except those of the first head.

    That head is one of our own. It tells the parser how long the body is that the client sends
    behind a head that another parser has read.
    """

    def __init__(self, connection: Callbacks) -> None:
        self._connection = connection
        self._is_own_head = True
        self.on_body = connection.on_body
        self.on_message_complete = connection.on_message_complete

    def on_message_begin(self) -> None:
        if not self._is_own_head:
            self._connection.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._is_own_head:
            self._connection.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_own_head:
            self._connection.on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._is_own_head:
            self._is_own_head = False
        else:
            self._connection.on_headers_complete()
