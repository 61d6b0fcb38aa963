"""Every flow with every challenge that can follow, by both authentication APIs, until tokens come.

The tokens verify by the pool's published keys as any library does it, and say how the user has
signed in (ev:auth-3, ev:auth-6 to ev:auth-13, ev:auth-17).
"""

from collections.abc import Iterator
from typing import Any

import pytest
from support.audit_reading import Trail
from support.custom_functions import ask_for_the_word
from support.functions_server import FunctionsServer
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_in_player import Player
from support.sign_ins import AuthApi

from auth.sign_in_matrix import EACH_PART_ONCE, EVERY_WAY, Pools, Way

SCOPE = "aws.cognito.signin.user.admin"


@pytest.fixture(scope="module")
def pools(server: RunningServer) -> Pools:
    return Pools(server)


@pytest.fixture(autouse=True)
def asking(functions: FunctionsServer) -> Iterator[None]:
    ask_for_the_word(functions)
    yield
    functions.forget()


@pytest.mark.parametrize("store_engine", ["sqlite"], indirect=True, scope="session")
@pytest.mark.parametrize("way", EVERY_WAY, ids=lambda way: way.name)
def test_sign_in_paths_return_tokens_with_their_amr(pools: Pools, way: Way) -> None:
    plays(pools, way)


@pytest.mark.parametrize("store_engine", ["postgres"], indirect=True, scope="session")
@pytest.mark.parametrize("way", EACH_PART_ONCE, ids=lambda way: way.name)
def test_sign_in_path_parts_are_the_same_on_both_stores(pools: Pools, way: Way) -> None:
    plays(pools, way)


def plays(pools: Pools, way: Way) -> None:
    pool = pools.of(way.rest.kind)
    username = pools.add_user(pool, invited=way.rest.invited, **way.rest.has)
    api = AuthApi(pool, by_admin=way.by_admin)
    player = Player(pools.server, api, pool, username)
    player.first, player.along = way.first.chosen, way.first.along
    player.second, player.skips_choosing = way.rest.chosen, way.first.skips_choosing
    way.rest.owns(pools, pool, player)
    result = player.plays(way.first.flow, *way.first.given, **way.first.more)
    assert tuple(player.asked) == way.asked
    assert (result["TokenType"], result["ExpiresIn"]) == ("Bearer", 3600)
    tokens = {use: pools.verified(pool, result[use]) for use in ("IdToken", "AccessToken")}
    check_claims(way, pool, username, tokens)
    check_record(way, pools.trail, player)
    check_refresh(way, pools, pool, player, result, tokens)


def check_claims(
    way: Way, pool: PoolForTest, username: str, tokens: dict[str, dict[str, Any]]
) -> None:
    identity, access = tokens["IdToken"], tokens["AccessToken"]
    several = ("mfa",) if len(way.proofs) > 1 else ()
    for claims in (identity, access):
        assert tuple(claims.get("amr", ())) == (*way.proofs, *several)
        assert "acr" not in claims  # no client has asked for a level
        assert claims["cognito:groups"] == ["staff"]
        assert claims["auth_time"] <= claims["iat"]
        assert claims["exp"] == claims["iat"] + 3600
        for name in ("sub", "event_id", "origin_jti", "auth_time"):
            assert claims[name] == identity[name] != ""
    assert identity["jti"] != access["jti"]
    assert (identity["token_use"], identity["aud"]) == ("id", pool.client_id)
    assert identity["cognito:username"] == username
    assert (access["token_use"], access["client_id"]) == ("access", pool.client_id)
    assert (access["username"], access["scope"]) == (username, SCOPE)


def check_record(way: Way, trail: Trail, player: Player) -> None:
    record = trail.of(player.last)
    assert record.step == player.step
    assert (record.target, record.proofs) == (player.username, way.proofs)
    assert record.outcome in ("ok", "committed")


def check_refresh(
    way: Way,
    pools: Pools,
    pool: PoolForTest,
    player: Player,
    result: dict[str, Any],
    tokens: dict[str, dict[str, Any]],
) -> None:
    """What a refresh keeps (ev:auth-14); it brings no new refresh token."""
    given = {"REFRESH_TOKEN": result["RefreshToken"]}
    if player.device is not None:
        given["DEVICE_KEY"] = player.device.key
    api = AuthApi(pool, by_admin=way.by_admin)
    refreshed = api.start("REFRESH_TOKEN_AUTH", **given)["AuthenticationResult"]
    assert "RefreshToken" not in refreshed
    for use, before in tokens.items():
        claims = pools.verified(pool, refreshed[use])
        for name in ("sub", "event_id", "origin_jti", "auth_time", "amr", "cognito:groups"):
            assert claims.get(name) == before.get(name)
        assert claims["jti"] != before["jti"]
