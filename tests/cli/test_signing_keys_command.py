"""`poolhouse keys rotate-signing`, while a server with several workers runs."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cli.programs import Server, answer, cognito, poolhouse, refusal, root_key

PASSWORD = "Correct-horse-9"
ASKED_OFTEN = 8
"""New connections, so that each of two workers is very likely to get one; all must agree."""


def kid(token: str) -> str:
    header = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(header + "=="))["kid"])


def published(server: Server, pool_id: str) -> list[set[str]]:
    url = f"{server.url}/{pool_id}/.well-known/jwks.json"
    return [{key["kid"] for key in httpx.get(url).json()["keys"]} for _ in range(ASKED_OFTEN)]


class SignedUp:
    """A user with a password, in a pool whose client takes it."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server, self._key = server, root_key(folder / ".poolhouse")
        admin = self.client()
        self.pool_id: str = admin.create_user_pool(PoolName="p")["UserPool"]["Id"]
        self._client_id = admin.create_user_pool_client(
            UserPoolId=self.pool_id,
            ClientName="c",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        )["UserPoolClient"]["ClientId"]
        admin.sign_up(ClientId=self._client_id, Username="alice", Password=PASSWORD)
        admin.admin_confirm_sign_up(UserPoolId=self.pool_id, Username="alice")

    def client(self) -> Any:
        """With a connection of its own."""
        return cognito(self._server.url, self._key)

    def sign_in(self) -> dict[str, str]:
        tokens: dict[str, str] = self.client().initiate_auth(
            ClientId=self._client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        return tokens


def test_rotate_signing_now_signs_with_new_keys_and_accepts_old_ones_at_every_worker(
    tmp_path: Path,
) -> None:
    with Server(tmp_path, "serve", "--workers", "2") as server:
        user = SignedUp(server, tmp_path)
        before = user.sign_in()
        old = published(server, user.pool_id)[0]
        flags = ("--now", "--yes")
        printed = answer(poolhouse(tmp_path, "keys", "rotate-signing", user.pool_id, *flags))
        assert printed.count(" from now on with the key ") == 2
        for found in published(server, user.pool_id):
            assert found > old
            assert len(found) == 4
        for _ in range(ASKED_OFTEN):
            after = user.sign_in()
            for name in ("AccessToken", "IdToken"):
                assert kid(before[name]) in old
                assert kid(after[name]) not in old
                assert f" {kid(after[name])}." in printed
            for tokens in (before, after):
                taken = user.client().get_user(AccessToken=tokens["AccessToken"])
                assert taken["Username"] == "alice"
        server.stop()


def test_rotate_signing_reports_the_start_and_every_worker_publishes_the_keys(
    tmp_path: Path,
) -> None:
    with Server(tmp_path, "serve", "--workers", "2") as server:
        user = SignedUp(server, tmp_path)
        old = published(server, user.pool_id)[0]
        printed = answer(poolhouse(tmp_path, "keys", "rotate-signing", user.pool_id, "--yes"))
        when = datetime.fromisoformat(printed.split(" from ")[1][:19] + "+00:00")
        wait = when - datetime.now(UTC)
        assert timedelta(minutes=5) < wait <= timedelta(minutes=6)
        for found in published(server, user.pool_id):
            assert found > old
            assert len(found) == 4
        for _ in range(ASKED_OFTEN):
            tokens = user.sign_in()
            assert {kid(tokens["AccessToken"]), kid(tokens["IdToken"])} == old
        server.stop()


def test_rotate_signing_dropping_the_old_key_refuses_its_tokens_at_every_worker(
    tmp_path: Path,
) -> None:
    with Server(tmp_path, "serve", "--workers", "2") as server:
        user = SignedUp(server, tmp_path)
        before = user.sign_in()["AccessToken"]
        for _ in range(ASKED_OFTEN):  # every worker knows it
            assert user.client().get_user(AccessToken=before)["Username"] == "alice"
        flags = ("--drop-old", "--yes")
        printed = answer(poolhouse(tmp_path, "keys", "rotate-signing", user.pool_id, *flags))
        assert "Tokens of the old keys are refused from now on." in printed
        for found in published(server, user.pool_id):
            assert len(found) == 2
            assert kid(before) not in found
        for _ in range(ASKED_OFTEN):
            client = user.client()
            try:
                client.get_user(AccessToken=before)
            except client.exceptions.NotAuthorizedException as error:
                assert error.response["Error"]["Message"] == "Invalid Access Token"
            else:
                raise AssertionError("a stolen key's token was taken")
        server.stop()


def test_rotate_signing_without_confirmation_does_nothing(tmp_path: Path) -> None:
    """No operator is there to confirm."""
    with Server(tmp_path, "dev") as server:
        server.stop()
    done = poolhouse(tmp_path, "keys", "rotate-signing", "us-east-1_Poolhouse")
    assert done.returncode == 1
    assert "Create new signing keys for us-east-1_Poolhouse?" in done.stderr
    assert "Aborted" in done.stderr


@pytest.mark.parametrize("flags", [(), ("--yes",)])
def test_rotate_signing_of_unknown_pool_is_refused(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """Before anything is asked."""
    answer(poolhouse(tmp_path, "keys", "create", "--user", "ann", "--admin"))
    done = poolhouse(tmp_path, "keys", "rotate-signing", "us-east-1_Nobody000", *flags)
    assert refusal(done, 1) == "Unknown user pool us-east-1_Nobody000.\n"
