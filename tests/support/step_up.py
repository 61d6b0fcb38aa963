"""Sign-ins toward a level, and sessions as if they had begun long ago."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from poolhouse.app import App
from poolhouse.store import sessions
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_in_player import Player
from support.sign_ins import claims_of

LEVELS = [f"urn:cognito:loa:{level}" for level in range(1, 5)]
ONE, TWO, THREE, FOUR = LEVELS


def toward(*levels: str, **more: str) -> dict[str, str]:
    """AuthParameters that ask for these levels."""
    return {"TARGET_ACR_VALUES": " ".join(levels), **more}


def from_tokens(tokens: dict[str, Any], *levels: str, **more: str) -> dict[str, str]:
    """The same, with the access token of an earlier sign-in."""
    return toward(*levels, ACCESS_TOKEN=tokens["AccessToken"], **more)


def steps_up(player: Player, **given: str) -> list[str]:
    """The challenges on the way; the tokens are in `player.last`."""
    player.asked.clear()
    player.plays("USER_AUTH", **given)
    return player.asked


def acr_and_amr(tokens: dict[str, Any]) -> tuple[str | None, list[str]]:
    """`acr` and `amr`, which the ID token and the access token tell alike."""
    identity, access = claims_of(tokens["IdToken"]), claims_of(tokens["AccessToken"])
    assert (identity.get("acr"), identity["amr"]) == (access.get("acr"), access["amr"])
    return access.get("acr"), access["amr"]


def ages(server: RunningServer, pool: PoolForTest, tokens: dict[str, Any], **time: int) -> None:
    """Let the session of these tokens have begun so much earlier."""
    claims = claims_of(tokens["AccessToken"])

    async def age(app: App) -> None:
        store = app.services.store
        session = await store.sessions.find(pool.id, claims["sub"], claims["event_id"])
        assert session is not None
        earlier = replace(session, started_at=session.started_at - timedelta(**time))
        await store.commit(sessions.save(earlier))

    server.run(age)
