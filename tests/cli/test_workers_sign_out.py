"""Signing out at one worker holds at every other from the next request on."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cli.programs import SECONDS, Server, cognito, root_key
from cli.test_workers_under_load import descriptors, flags, workers

__all__ = ["flags"]

CONNECTIONS = 32
"""More than enough for each of two workers to have some."""
PASSWORD = "Correct-Horse-9!"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
GRACE = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60}


class World:
    """A server with two workers, a connection or more to each of them, and alice."""

    def __init__(self, server: Server, administrator: Any, connections: list[httpx.Client]) -> None:
        self._server = server
        self._connections = connections
        self.administrator = administrator
        self.pool_id: str = administrator.create_user_pool(PoolName="p")["UserPool"]["Id"]
        self.client_id = self._client(ExplicitAuthFlows=FLOWS)
        self.rotating_id = self._client(ExplicitAuthFlows=FLOWS[:1], RefreshTokenRotation=GRACE)
        name = {"UserPoolId": self.pool_id, "Username": "alice"}
        administrator.admin_create_user(**name, MessageAction="SUPPRESS")
        administrator.admin_set_user_password(**name, Password=PASSWORD, Permanent=True)

    def _client(self, **settings: Any) -> str:
        made = self.administrator.create_user_pool_client(
            UserPoolId=self.pool_id, ClientName="app", **settings
        )
        return str(made["UserPoolClient"]["ClientId"])

    def ask(self, connection: int, operation: str, **members: Any) -> Any:
        """One call without a signature on one of the connections."""
        target = f"AWSCognitoIdentityProviderService.{operation}"
        headers = {"x-amz-target": target, "content-type": "application/x-amz-json-1.1"}
        answer = self._connections[connection].post(self._server.url, headers=headers, json=members)
        return answer.json()

    def signs_in(self, client_id: str) -> dict[str, Any]:
        answer = self.ask(
            0,
            "InitiateAuth",
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD},
        )
        tokens: dict[str, Any] = answer["AuthenticationResult"]
        return tokens

    def everywhere(self, operation: str, **members: Any) -> set[str]:
        """What all connections are answered, one after the other: errors' sentences, or "ok"."""
        answers = [self.ask(n, operation, **members) for n in range(len(self._connections))]
        return {answer.get("message", "ok") for answer in answers}


@pytest.fixture
def world(tmp_path: Path, flags: tuple[str, ...]) -> Iterator[World]:
    with contextlib.ExitStack() as ending:
        server = ending.enter_context(Server(tmp_path, "serve", *flags))
        before = {pid: descriptors(pid) for pid in workers(server)}
        connections = [
            ending.enter_context(httpx.Client(trust_env=False, timeout=SECONDS))
            for _ in range(CONNECTIONS)
        ]
        for connection in connections:
            connection.get(f"{server.url}/health").raise_for_status()
        assert all(descriptors(pid) > before[pid] for pid in before), "a worker has no connection"
        administrator = cognito(server.url, root_key(tmp_path / ".poolhouse"))
        yield World(server, administrator, connections)
        for connection in connections:
            connection.close()
        server.stop()


def test_sign_out_at_one_worker_holds_at_every_worker(world: World) -> None:
    name = {"UserPoolId": world.pool_id, "Username": "alice"}
    ways: dict[str, Callable[[dict[str, str]], object]] = {
        "RevokeToken": lambda tokens: world.ask(
            1, "RevokeToken", Token=tokens["RefreshToken"], ClientId=world.client_id
        ),
        "GlobalSignOut": lambda tokens: world.ask(
            1, "GlobalSignOut", AccessToken=tokens["AccessToken"]
        ),
        "AdminUserGlobalSignOut": lambda _: world.administrator.admin_user_global_sign_out(**name),
    }
    for way, end in ways.items():
        tokens = world.signs_in(world.client_id)
        access = {"AccessToken": tokens["AccessToken"]}
        refresh = {"ClientId": world.client_id, "RefreshToken": tokens["RefreshToken"]}
        assert world.everywhere("GetUser", **access) == {"ok"}, way
        end(tokens)
        assert world.everywhere("GetUser", **access) == {"Access Token has been revoked"}, way
        assert world.everywhere("GetTokensFromRefreshToken", **refresh) == {
            "Refresh Token has been revoked"
        }, way


def test_refresh_token_used_at_several_workers_rotates_once(world: World) -> None:
    refresh = {
        "ClientId": world.rotating_id,
        "RefreshToken": world.signs_in(world.rotating_id)["RefreshToken"],
    }
    assert world.everywhere("GetTokensFromRefreshToken", **refresh) == {"ok"}
    again = world.ask(0, "GetTokensFromRefreshToken", **refresh)["AuthenticationResult"]
    newest = {**refresh, "RefreshToken": again["RefreshToken"]}
    world.ask(1, "GetTokensFromRefreshToken", **newest)
    # By now it is two behind, for every worker; the first reuse has ended the session for all.
    answers = world.everywhere("GetTokensFromRefreshToken", **refresh)
    assert answers == {
        "Refresh token has been invalidated by rotation.",
        "Refresh Token has been revoked",
    }
