"""Threads that sign users up, confirm, create and delete them, and know what each must be now.

Every user belongs to one thread. A call that was answered changed the user for certain; a call
whose answer was lost may have changed the user or not: then either is right, and the store tells.
"""

import json
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from support.running_server import ROOT_KEY
from support.wire_client import Answer, Wire, call, request, signed_headers

ABSENT = "ABSENT"
CODE = "123456"
"""The server is started with this fixed code."""

PASSWORD = "Correct-Horse-9!"


@dataclass
class Expected:
    """What one user may be: a status, or ABSENT; two of them after a call without an answer."""

    may_be: set[str] = field(default_factory=lambda: {ABSENT})
    in_doubt: bool = False


class Load:
    """Several threads at one server. `users` is what they know, by username."""

    def __init__(self, pool_id: str, client_id: str, seed: int) -> None:
        self.pool_id = pool_id
        self.client_id = client_id
        self.users: dict[str, Expected] = {}
        self.confirmed_requests: dict[str, str] = {}
        """Ids of answered administrative changes, and whom they changed."""
        self.answered = 0
        self.failures: list[str] = []
        self._seed = seed
        self._names = 0
        self._lock = threading.Lock()
        self._enough = threading.Event()
        self._wanted = 0

    def run(self, ports: Sequence[int], threads: int, answers: int) -> "Running":
        """Begin; `Running.wait` returns once so many calls were answered."""
        self._enough.clear()
        self._wanted = self.answered + answers
        return Running(self, ports, threads)

    def new_name(self) -> str:
        with self._lock:
            self._names += 1
            return f"user-{self._names:05}"

    def heard(self) -> None:
        with self._lock:
            self.answered += 1
            if self.answered >= self._wanted:
                self._enough.set()

    def wait(self) -> None:
        assert self._enough.wait(120), self.failures
        assert not self.failures, self.failures


class Running:
    """The threads of one run; `stop` ends them between two calls, a dead server ends them too."""

    def __init__(self, load: Load, ports: Sequence[int], threads: int) -> None:
        self._load = load
        self._stopping = threading.Event()
        self.answered_by_port = dict.fromkeys(ports, 0)
        self._threads = [
            threading.Thread(target=self._work, args=(ports[n % len(ports)], n), daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        self._load.wait()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()
        assert not self._load.failures, self._load.failures

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def _work(self, port: int, number: int) -> None:
        rng = random.Random(f"{self._load._seed}/{number}/{self._load.answered}")
        try:
            with Wire(port) as wire:
                while not self._stopping.is_set():
                    if not self._one_life(wire, rng):
                        return
        except OSError:
            return  # the server was gone before it accepted the connection

    def _one_life(self, wire: Wire, rng: random.Random) -> bool:
        """Bring a new user through some of a life; False when the server is gone."""
        name = self._load.new_name()
        for operation, members, result in _life(self._load, name, rng):
            expected = self._load.users.setdefault(name, Expected())
            before = set(expected.may_be)
            expected.may_be, expected.in_doubt = before | {result}, True
            try:
                answer = self._ask(wire, operation, members)
            except OSError:
                return False
            if answer.status != 200:
                self._load.failures.append(f"{operation}: {answer.status} {answer.body!r}")
                return False
            expected.may_be, expected.in_doubt = {result}, False
            if operation.startswith("Admin"):
                request_id = answer.header("x-amzn-requestid") or ""
                self._load.confirmed_requests[request_id] = name
            self.answered_by_port[wire.port] += 1
            self._load.heard()
            if self._stopping.is_set():
                return False
        return True

    @staticmethod
    def _ask(wire: Wire, operation: str, members: dict[str, Any]) -> Answer:
        body = json.dumps(members).encode()
        if "ClientId" in members:
            return wire.ask(call(operation, body))
        url = f"http://127.0.0.1:{wire.port}"
        return wire.ask(request(body, signed_headers(url, operation, body, ROOT_KEY)))


def _life(load: Load, name: str, rng: random.Random) -> list[tuple[str, dict[str, Any], str]]:
    """Calls in their order, each with what the user is afterwards."""
    admin = {"UserPoolId": load.pool_id, "Username": name}
    client = {"ClientId": load.client_id, "Username": name}
    attributes = [{"Name": "email", "Value": f"{name}@example.com"}]
    calls: list[tuple[str, dict[str, Any], str]] = []
    if rng.random() < 0.7:
        more = {"Password": PASSWORD, "UserAttributes": attributes}
        calls.append(("SignUp", client | more, "UNCONFIRMED"))
        if rng.random() < 0.4:
            calls.append(("ResendConfirmationCode", client, "UNCONFIRMED"))
        if rng.random() < 0.5:
            more = {"ConfirmationCode": CODE}
            calls.append(("ConfirmSignUp", client | more, "CONFIRMED"))
        else:
            calls.append(("AdminConfirmSignUp", admin, "CONFIRMED"))
    else:
        more = {"UserAttributes": attributes, "DesiredDeliveryMediums": ["EMAIL"]}
        calls.append(("AdminCreateUser", admin | more, "FORCE_CHANGE_PASSWORD"))
    if rng.random() < 0.3:
        calls.append(("AdminDisableUser", admin, calls[-1][2]))
    if rng.random() < 0.5:
        calls.append(("AdminDeleteUser", admin, ABSENT))
    return calls
