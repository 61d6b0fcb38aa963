"""Every operation and every part of a sign-in, played once with success."""

from typing import Any

from support.access_tokens import token_of
from support.custom_functions import ask_for_the_word
from support.every_operation import EveryOperation
from support.functions_server import FunctionsServer
from support.mfa_pools import registers_app
from support.passkey_pools import registered
from support.running_server import RunningServer
from support.sign_in_player import Player
from support.sign_ins import AuthApi

from auth.sign_in_matrix import EACH_PART_ONCE, Pools, Way


def play_every_operation(server: RunningServer, functions: FunctionsServer) -> None:
    """Raise if a request fails. Every code that the server sends must be `CODE`."""
    ask_for_the_word(functions)
    pools = Pools(server)
    for way in EACH_PART_ONCE:
        _sign_in(pools, way)
    _remove_factors(pools)
    EveryOperation(server).play()


def _sign_in(pools: Pools, way: Way) -> None:
    pool = pools.of(way.rest.kind)
    username = pools.add_user(pool, invited=way.rest.invited, **way.rest.has)
    player = Player(pools.server, AuthApi(pool, by_admin=way.by_admin), pool, username)
    player.first, player.along = way.first.chosen, way.first.along
    player.second, player.skips_choosing = way.rest.chosen, way.first.skips_choosing
    way.rest.owns(pools, pool, player)
    player.plays(way.first.flow, *way.first.given, **way.first.more)


def _remove_factors(pools: Pools) -> None:
    """Remove what the sign-ins have set up, as users and administrators do."""
    cognito: Any = pools.server.client()
    pool = pools.of("plain")
    username = pools.add_user(pool, invited=False)
    registered(pools.server, pool, username)
    token = {"AccessToken": token_of(pools.server, pool, username)}
    (passkey,) = cognito.list_web_authn_credentials(**token)["Credentials"]
    cognito.delete_web_authn_credential(**token, CredentialId=passkey["CredentialId"])
    optional = pools.of("optional")
    username = pools.add_user(optional, invited=False)
    registers_app(optional, token_of(pools.server, optional, username))
    cognito.admin_delete_software_token(UserPoolId=optional.id, Username=username)
