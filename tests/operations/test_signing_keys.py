"""New signing keys for a pool: they sign at once, and the old ones verify for as long as needed."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import click
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from support.access_tokens import token_of
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest

from poolhouse.app import App
from poolhouse.cli.signing_keys import Rotated, rotate
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.rules.tokens.signing_keys import OVERLAP, PUBLISHED_BEFORE
from poolhouse.store.garbage_collection import GarbageCollector

MOMENT = timedelta(seconds=5)


@pytest.fixture
def signed_in(pool: PoolForTest) -> PoolForTest:
    pool.sign_up()
    pool.admin_confirm()
    return pool


def get(pool: PoolForTest, token: str) -> str:
    return str(pool.cognito.get_user(AccessToken=token)["Username"])


def kid(token: str) -> str:
    header = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(header + "=="))["kid"])


def published(server: RunningServer, pool: PoolForTest) -> set[str]:
    answer = httpx.get(f"{server.url}/{pool.id}/.well-known/jwks.json").json()
    return {key["kid"] for key in answer["keys"]}


def new_keys(
    server: RunningServer, pool: PoolForTest, *, at_once: bool = True, drop_old: bool = False
) -> set[str]:
    """Rotate as the command line does, whose commit the server finds in the store."""

    async def make(app: App) -> Rotated:
        store = app.services.store
        return await rotate(store, pool.id, at_once=at_once or drop_old, drop_old=drop_old)

    return {key.kid for key in server.run(make).made}


def sweep(server: RunningServer, after: timedelta) -> None:
    async def run(app: App) -> None:
        await GarbageCollector(app.services.store, lambda: datetime.now(UTC) + after).collect()

    server.run(run)


def signing(server: RunningServer, pool: PoolForTest, at: datetime) -> set[str]:
    """The keys that a worker signs with whose clock shows this moment."""

    async def find(app: App) -> set[str]:
        await app.services.store.configuration.refresh()  # as every request does
        keys = await app.services.signing_keys.of(pool.id, at)
        return {key.kid for key in keys.values()}

    found: set[str] = server.run(find)
    return found


def test_rotate_publishes_the_keys_for_a_cache_time_before_they_sign(
    server: RunningServer, signed_in: PoolForTest
) -> None:
    """Verifiers cache the key set for 300 seconds, as its answer says."""
    before = published(server, signed_in)
    began = datetime.now(UTC)
    made = new_keys(server, signed_in, at_once=False)
    ended = datetime.now(UTC)
    assert published(server, signed_in) == before | made
    old = token_of(server, signed_in)
    assert kid(old) in before
    assert certified(signed_in) in before
    cache_time = timedelta(seconds=300)
    assert signing(server, signed_in, began + cache_time) == before
    assert signing(server, signed_in, began + PUBLISHED_BEFORE - MOMENT) == before
    assert signing(server, signed_in, ended + PUBLISHED_BEFORE) == made
    sweep(server, PUBLISHED_BEFORE + OVERLAP - MOMENT)
    assert get(signed_in, old) == "alice"
    sweep(server, PUBLISHED_BEFORE + OVERLAP + MOMENT)
    assert published(server, signed_in) == made


def test_rotate_while_new_keys_wait_to_sign_is_refused(
    server: RunningServer, signed_in: PoolForTest
) -> None:
    made = new_keys(server, signed_in, at_once=False)
    keys = published(server, signed_in)
    with pytest.raises(click.exceptions.Exit):
        new_keys(server, signed_in, at_once=False)
    assert published(server, signed_in) == keys
    others = new_keys(server, signed_in, at_once=True)
    assert signing(server, signed_in, datetime.now(UTC)) == others
    assert signing(server, signed_in, datetime.now(UTC) + PUBLISHED_BEFORE) == others
    assert published(server, signed_in) == keys | others
    assert others.isdisjoint(made)


@pytest.mark.both_stores
def test_new_keys_sign_at_once_and_old_tokens_stay_good(
    server: RunningServer, signed_in: PoolForTest
) -> None:
    old, before = token_of(server, signed_in), published(server, signed_in)
    made = new_keys(server, signed_in)
    assert published(server, signed_in) == before | made
    new = token_of(server, signed_in)
    assert (kid(old) in before, kid(new) in made) == (True, True)
    assert kid(token_of(server, signed_in, use=KeyUse.ID)) in made - {kid(new)}
    assert get(signed_in, old) == get(signed_in, new) == "alice"


def test_old_keys_are_dropped_when_their_last_token_is_over(
    server: RunningServer, signed_in: PoolForTest
) -> None:
    old = token_of(server, signed_in)
    made = new_keys(server, signed_in)
    sweep(server, OVERLAP - timedelta(minutes=30))
    assert len(published(server, signed_in)) == 4
    assert get(signed_in, old) == "alice"
    sweep(server, OVERLAP + MOMENT)
    assert published(server, signed_in) == made
    with refused("NotAuthorizedException", "Invalid Access Token"):
        get(signed_in, old)
    assert get(signed_in, token_of(server, signed_in)) == "alice"


def test_keys_that_sign_are_never_dropped(server: RunningServer, signed_in: PoolForTest) -> None:
    before = published(server, signed_in)
    sweep(server, timedelta(days=4000))
    assert published(server, signed_in) == before


def test_key_rotations_have_their_own_times(server: RunningServer, signed_in: PoolForTest) -> None:
    first, made = token_of(server, signed_in), new_keys(server, signed_in)
    second, made_again = token_of(server, signed_in), new_keys(server, signed_in)
    assert len(published(server, signed_in)) == 6
    assert (kid(second) in made, kid(token_of(server, signed_in)) in made_again) == (True, True)
    assert get(signed_in, first) == get(signed_in, second) == "alice"


def test_token_of_dropped_key_is_refused_at_once(
    server: RunningServer, signed_in: PoolForTest
) -> None:
    stolen = token_of(server, signed_in)
    made = new_keys(server, signed_in, drop_old=True)
    assert published(server, signed_in) == made
    with refused("NotAuthorizedException", "Invalid Access Token"):
        get(signed_in, stolen)


def test_id_key_signs_no_access_token(server: RunningServer, signed_in: PoolForTest) -> None:
    forged = token_of(server, signed_in, use=KeyUse.ID)
    new_keys(server, signed_in)
    with refused("NotAuthorizedException", "Invalid Access Token"):
        get(signed_in, forged)


def test_rotation_keeps_keys_of_other_pools(
    server: RunningServer, signed_in: PoolForTest, new_pool: NewPool
) -> None:
    before = published(server, signed_in)
    new_keys(server, new_pool())
    assert published(server, signed_in) == before


def certified(pool: PoolForTest) -> str:
    """The kid of the key that the pool's certificate is for."""
    answer = pool.cognito.get_signing_certificate(UserPoolId=pool.id)
    key = x509.load_der_x509_certificate(base64.b64decode(answer["Certificate"])).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def test_certificate_is_of_new_id_key(server: RunningServer, signed_in: PoolForTest) -> None:
    assert certified(signed_in) == kid(token_of(server, signed_in, use=KeyUse.ID))
    made = new_keys(server, signed_in)
    assert certified(signed_in) in made
    assert certified(signed_in) == kid(token_of(server, signed_in, use=KeyUse.ID))
