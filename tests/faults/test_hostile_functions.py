"""Triggers that misbehave: the call that runs them suffers, and no other."""

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import pytest
from support.functions_server import arn
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.store_contents import eventually
from support.wire_client import Answer, Wire, call

FUNCTIONS = Path(__file__).with_name("hostile_functions.py")
LOCAL = {
    "loops": "UnexpectedLambdaException",
    "exits": "UserLambdaValidationException",
    "is_killed": "UserLambdaValidationException",
    "answers_hugely": "UserLambdaValidationException",
    "eats_memory_and_fails": "UserLambdaValidationException",
    "recurses": "UserLambdaValidationException",
    "answers_no_json": "UserLambdaValidationException",
    "answers_nothing": "InvalidLambdaResponseException",
    "answers_a_list": "InvalidLambdaResponseException",
    "answers_wrong_types": "InvalidLambdaResponseException",
}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
REMOTE = {
    "drips": "UnexpectedLambdaException",
    "never-ends": "UserLambdaValidationException",
    "says-nothing": "UnexpectedLambdaException",
    "hangs-up": "UnexpectedLambdaException",
    "is-cut-short": "UnexpectedLambdaException",
    "is-no-http": "UnexpectedLambdaException",
    "is-no-json": "InvalidLambdaResponseException",
    "redirects": "UserLambdaValidationException",
    "bombs": "InvalidLambdaResponseException",
}


class HostileServer:
    """A web server that answers each path in its own wrong way."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.begun = threading.Event()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(30)

    def _begin(self, work: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._begin(self._answer, connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                path = connection.recv(65_536).split(b" ")[1].decode()
                self.begun.set()
                getattr(self, path.strip("/").replace("-", "_"))(connection)
                # Closing with something unread would take the answer back.
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):
                    pass
            except (OSError, IndexError):
                return

    def drips(self, connection: socket.socket) -> None:
        """Always one more byte before anybody gives up on the connection."""
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n{")
        while not self._over.wait(0.05):
            connection.sendall(b" ")

    def never_ends(self, connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while not self._over.is_set():
            connection.sendall(b"10000\r\n" + b" " * 65_536 + b"\r\n")

    def says_nothing(self, _connection: socket.socket) -> None:
        self._over.wait()

    def hangs_up(self, _connection: socket.socket) -> None:
        return

    def is_cut_short(self, connection: socket.socket) -> None:
        connection.sendall(HEAD + b'Content-Length: 1000\r\n\r\n{"response":{')

    def is_no_http(self, connection: socket.socket) -> None:
        connection.sendall(b"\xff\x00 220 mail.example.com ESMTP\r\n\r\n")

    def is_no_json(self, connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 5\r\n\r\n<xml>")

    def redirects(self, connection: socket.socket) -> None:
        there = b"http://169.254.169.254/latest/meta-data/"
        connection.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: " + there + b"\r\nContent-Length: 0\r\n\r\n"
        )

    def bombs(self, connection: socket.socket) -> None:
        body = b'{"response":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)


@pytest.fixture(scope="module")
def hostile() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


@pytest.fixture(scope="module")
def server(
    hostile: HostileServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copy(FUNCTIONS, folder)
    local = {name: f"{folder / FUNCTIONS.name}:{name}" for name in LOCAL}
    more = ("prints_endlessly", "closes_what_it_has")
    local |= {name: f"{folder / FUNCTIONS.name}:{name}" for name in more}
    remote = {name: f"{hostile.url}/{name}" for name in REMOTE}
    with running(folder / "data", triggers=local | remote, trigger_seconds=2.0) as server:
        yield server


def pool_with(server: RunningServer, function: str) -> PoolForTest:
    return PoolForTest(server.client(), LambdaConfig={"PreSignUp": arn(function)})


def sign_up(server: RunningServer, pool: PoolForTest, username: str = "alice") -> Answer:
    body = {"ClientId": pool.client_id, "Username": username, "Password": "Correct-Horse-9!"}
    with Wire(server.port) as wire:
        return wire.ask(call("SignUp", json.dumps(body).encode()))


@pytest.mark.parametrize(("function", "code"), (LOCAL | REMOTE).items())
def test_hostile_function_fails_its_call_and_stores_nothing(
    server: RunningServer, function: str, code: str
) -> None:
    pool = pool_with(server, function)
    answer = sign_up(server, pool)
    assert answer.error[:2] == (400, code)
    assert len(answer.body) < 20_000
    assert pool.cognito.list_users(UserPoolId=pool.id)["Users"] == []
    untouched = PoolForTest(server.client())
    assert sign_up(server, untouched).status == 200


@pytest.mark.parametrize("function", ["prints_endlessly"])
def test_hostile_function_with_much_output_succeeds(server: RunningServer, function: str) -> None:
    assert sign_up(server, pool_with(server, function)).status == 200


def test_hostile_function_closing_its_channel_fails_alone(server: RunningServer) -> None:
    assert sign_up(server, pool_with(server, "closes_what_it_has")).status == 400


@pytest.mark.parametrize("function", ["loops", "says-nothing", "drips"])
def test_others_are_served_while_a_function_keeps_its_call_waiting(
    server: RunningServer, hostile: HostileServer, function: str
) -> None:
    pool, untouched = pool_with(server, function), PoolForTest(server.client())
    begun = server.settings.data.parent / "begun"
    begun.unlink(missing_ok=True)
    hostile.begun.clear()
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(sign_up, server, pool, f"user-{n}") for n in range(4)]
        eventually(lambda: begun.exists() or hostile.begun.is_set() or None)
        for number in range(10):
            assert sign_up(server, untouched, f"other-{number}").status == 200
            untouched.admin_confirm(f"other-{number}")
        answers = [each.result().error[1] for each in waiting]
    assert answers == ["UnexpectedLambdaException"] * 4
