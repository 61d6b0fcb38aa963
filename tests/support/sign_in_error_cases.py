"""Parts of the sign-in's error cases: each request continues from the response before it.

They take place on a server whose clock can be set, and where every code that is sent is RIGHT.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from support.error_cases import PASSWORD, Step, World, admin, has_password, is_created
from support.mfa_pools import BY_EMAIL, AuthenticatorApp
from support.mfa_pools import FACTORS as FACTORS_OF_POOLS
from support.passkey_device import PasskeyDevice
from support.remembered_device import KeptDevice
from support.sign_ins import FLOWS, SrpClient, srp_client

RIGHT, WRONG = "123456", "654321"
WRONG_PASSWORD, TEMPORARY, ANOTHER = "Wrong-Horse-9!", "Temporary-Horse-9!", "Another-Horse-9!"
ALICE = {"Username": "alice"}
OPEN: dict[str, Any] = {"client": {"ExplicitAuthFlows": FLOWS}}
HIDING: dict[str, Any] = {
    "client": {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"}
}
WITH_SECRET: dict[str, Any] = {"client": {"ExplicitAuthFlows": FLOWS, "GenerateSecret": True}}
TRACKING: dict[str, Any] = {**OPEN, "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True}}
APIS = (False, True)
"""Whether it is the administrators' one."""


class Way(World):
    """How far a sign-in has come; what the client keeps of it for the requests that follow."""

    answer: Any = None
    srp: SrpClient
    app: AuthenticatorApp
    device: KeptDevice
    registered_by: str
    """The code that the app was registered with."""
    authenticator: PasskeyDevice
    options: dict[str, Any]
    """What the authenticator is to make a passkey by."""
    kept: dict[str, Any]
    first: str
    """The refresh token before the last one."""

    def __init__(self, *place: Any) -> None:
        super().__init__(*place)
        self.kept = {}

    def shown(self) -> list[Any]:
        """But for the messages, which this server delivers at once."""
        return super().shown()[:-1]

    @property
    def asked(self) -> dict[str, str]:
        """ChallengeParameters."""
        parameters: dict[str, str] = self.answer["ChallengeParameters"]
        return parameters

    @property
    def tokens(self) -> dict[str, Any]:
        """Of the last sign-in that ended in some."""
        result: dict[str, Any] = self.kept["AuthenticationResult"]
        return result

    def let_pass(self, time: timedelta) -> None:
        advance = {"advance_seconds": time.total_seconds()}
        httpx.post(f"{self.server.url}/dev/clock", json=advance).raise_for_status()


class Ask(Step):
    """A request whose values may be functions of how far it has come, at any depth."""

    def __call__(self, world: Any) -> Any:
        world.answer = getattr(world.cognito, self.operation)(**_resolved(self.members, world))
        world.kept.update(world.answer)
        return world.answer


def _resolved(value: Any, world: Any) -> Any:
    if isinstance(value, dict):
        return {name: _resolved(each, world) for name, each in value.items()}
    return value(world) if callable(value) else value


def _client_of(world: Way) -> str:
    return world.pool.client_id


def _pool_of(world: Way) -> str:
    return world.pool.id


def last_session(world: Way) -> str:
    return str(world.answer["Session"])


def kept_session(world: Way) -> str:
    """That of the last challenge, whatever was asked since."""
    return str(world.kept["Session"])


def starts(flow: str, *, by_admin: Any = False, **given: Any) -> Ask:
    """`given` are AuthParameters, and by names with small letters other members."""
    return _request("initiate_auth", "AuthParameters", by_admin, given, {"AuthFlow": flow})


def answers(name: str, *, by_admin: Any = False, **given: Any) -> Ask:
    """With the last Session and the user's name, unless others are given; None leaves them out."""
    given = {"USERNAME": "alice", **given}
    if "session" not in given:
        given["session"] = last_session
    members = {"ChallengeName": name}
    return _request("respond_to_auth_challenge", "ChallengeResponses", by_admin, given, members)


def _request(
    operation: str, map_name: str, by_admin: bool, given: dict[str, Any], more: dict[str, Any]
) -> Ask:
    session, client = given.pop("session", None), given.pop("client_id", _client_of)
    parameters = {name: value for name, value in given.items() if value is not None}
    members = {"ClientId": client, map_name: parameters, **more}
    if session is not None:
        members["Session"] = session
    if by_admin:
        return Ask(f"admin_{operation}", {"UserPoolId": _pool_of, **members})
    return Ask(operation, members)


def by_password(
    username: str = "alice", password: str = PASSWORD, *, by_admin: Any = False, **given: Any
) -> Ask:
    flow = "ADMIN_USER_PASSWORD_AUTH" if by_admin else "USER_PASSWORD_AUTH"
    return starts(flow, by_admin=by_admin, USERNAME=username, PASSWORD=password, **given)


def begins_srp(password: str = PASSWORD) -> Callable[[Way], None]:
    """The client makes up its half."""

    def begin(world: Way) -> None:
        world.srp = srp_client(world.pool, password)

    return begin


def srp_a(world: Way) -> str:
    return world.srp.srp_a


def by_srp(username: str = "alice", *, by_admin: Any = False, **given: Any) -> Ask:
    return starts("USER_SRP_AUTH", by_admin=by_admin, USERNAME=username, SRP_A=srp_a, **given)


def proves(*, by_admin: Any = False, **given: Any) -> Ask:
    """What answers PASSWORD_VERIFIER."""
    names = ("USERNAME", "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP")
    claim = {name: _part_of_claim(name) for name in names}
    return answers("PASSWORD_VERIFIER", by_admin=by_admin, **{"session": None, **claim, **given})


def _part_of_claim(name: str) -> Callable[[Way], str]:
    return lambda world: world.srp.responses(world.asked)[name]


def access_token(world: Way) -> str:
    return str(world.tokens["AccessToken"])


def refresh_token(world: Way) -> str:
    return str(world.tokens["RefreshToken"])


def with_tokens(operation: str, **members: Any) -> Ask:
    """A call of the user who is signed in."""
    return Ask(operation, {"AccessToken": access_token, **members})


def client(operation: str, **members: Any) -> Ask:
    return Ask(operation, {"ClientId": _client_of, **members})


def is_there(username: str = "alice", **attributes: str) -> tuple[Step, Step]:
    """A confirmed user."""
    return is_created(username, attributes), has_password(username)


def is_invited(username: str = "alice", **attributes: str) -> Step:
    """A user with a temporary password."""
    return is_created(username, attributes, TemporaryPassword=TEMPORARY, MessageAction="SUPPRESS")


def asks_for(mode: str, *factors: str, **settings: Any) -> dict[str, Any]:
    """The settings of a pool with these second factors."""
    members: dict[str, Any] = {}
    for each in factors:
        members |= FACTORS_OF_POOLS[each]
    return {**OPEN, **BY_EMAIL, "factors": {"MfaConfiguration": mode, **members}, **settings}


def prefers(**blocks: bool) -> Step:
    """The user's second factors: `sms=True` turns it on."""
    names = {
        "sms": "SMSMfaSettings",
        "email": "EmailMfaSettings",
        "app": "SoftwareTokenMfaSettings",
    }
    settings = {names[each]: {"Enabled": is_on} for each, is_on in blocks.items()}
    return admin("admin_set_user_mfa_preference", **ALICE, **settings)


def sets_up_app(world: Way) -> None:
    """The user who is signed in registers an app, which is on from then on."""
    token = {"AccessToken": access_token(world)}
    world.app = AuthenticatorApp(world.cognito.associate_software_token(**token)["SecretCode"])
    world.registered_by = world.app.code()
    world.cognito.verify_software_token(**token, UserCode=world.registered_by)
    prefers(app=True)(world)


def has_device(world: Way) -> None:
    """What the last sign-in gave a device to confirm."""
    world.device = KeptDevice(world.tokens)


def time_passes(**time: int) -> Callable[[Way], None]:
    return lambda world: world.let_pass(timedelta(**time))


def fails(step: Step) -> Callable[[World], None]:
    """What is refused is tried all the same."""

    def attempt(world: World) -> None:
        with pytest.raises(ClientError):
            step(world)

    return attempt


def is_removed(operation: str, **members: Any) -> Step:
    """What an administrator does to the user meanwhile."""
    return admin(operation, **ALICE, **members)


BELIEVED = (*is_there(), by_password())
"""A user who is there, and is signed in."""
