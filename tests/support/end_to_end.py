"""A pool on a server whose clock can be set, whose users sign in and read their mail."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from poolhouse.app import App
from poolhouse.entities.messages import Message
from support.functions_server import FunctionsServer
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest, functions
from support.store_contents import eventually
from support.store_engines import Engine, new_store

__all__ = ["dev", "functions", "new_pool"]

OLD, NEW = "Correct-Horse-9!", "Battery-Staple-8?"
EMAIL, OTHER_EMAIL = "alice@home.example", "alice@work.example"
VERIFYING: dict[str, Any] = {"AutoVerifiedAttributes": ["email"]}
INCORRECT = "Incorrect username or password."


class EndToEndPool(PoolForTest):
    """A pool on a server whose clock can be set, and its users' inboxes."""

    def __init__(self, server: RunningServer, functions: FunctionsServer, **settings: Any) -> None:
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        super().__init__(server.client(), {"ExplicitAuthFlows": flows}, **settings)
        self.server = server
        self.functions = functions

    def signs_in(self, username: str = "alice", password: str = OLD) -> dict[str, Any]:
        """The tokens, or the challenge."""
        answer: dict[str, Any] = self.cognito.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
        return answer

    def token(self, username: str = "alice", password: str = OLD) -> str:
        token: str = self.signs_in(username, password)["AuthenticationResult"]["AccessToken"]
        return token

    def claims(self, kind: str = "IdToken") -> dict[str, Any]:
        token: str = self.signs_in()["AuthenticationResult"][kind]
        payload = token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
        return claims

    def newest(self, many: int, username: str = "alice") -> Message:
        """The newest message to this user, once they have got so many."""

        async def read(app: App) -> list[Message]:
            return await app.services.store.messages.received(self.id, username, 100)

        def look() -> Message | None:
            found = self.server.run(read)
            return found[0] if len(found) == many else None

        message: Message = eventually(look, seconds=10.0)
        return message

    def confirms(self, code: str, username: str = "alice", **more: Any) -> None:
        self.cognito.confirm_sign_up(
            ClientId=self.client_id, Username=username, ConfirmationCode=code, **more
        )

    def joins(self, username: str = "alice", email: str = EMAIL) -> None:
        """Signs up and confirms the email."""
        self.sign_up(username, attributes={"email": email})
        self.confirms(self.newest(1, username).code, username)

    def later(self, time: timedelta) -> None:
        advance = {"advance_seconds": time.total_seconds()}
        httpx.post(f"{self.server.url}/dev/clock", json=advance).raise_for_status()


@pytest.fixture(scope="module")
def dev(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    functions: FunctionsServer,
    store_engine: Engine,
) -> Iterator[RunningServer]:
    store = new_store(request, store_engine)
    with running(
        tmp_path_factory.mktemp("dev"), dev=True, store=store, triggers={"*": functions.url}
    ) as server:
        yield server


NewEndToEndPool = Callable[..., EndToEndPool]


@pytest.fixture
def new_pool(dev: RunningServer, functions: FunctionsServer) -> Iterator[NewEndToEndPool]:
    functions.forget()
    yield lambda **settings: EndToEndPool(dev, functions, **settings)
    functions.forget()
