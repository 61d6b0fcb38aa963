"""Every path of a sign-in: its first factor, and the challenges that can follow."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet
from support.access_tokens import token_of
from support.audit_reading import Trail
from support.custom_functions import TRIGGERS
from support.mfa_pools import BY_EMAIL, FACTORS, SNS, prefers, registers_app
from support.passkey_device import PARTY
from support.passkey_pools import registered
from support.remembered_device import KeptDevice
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_in_player import Player
from support.sign_ins import FLOWS, PASSWORD, AuthApi

CUSTOM = {
    name: TRIGGERS[name]
    for name in ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
}
PUBLIC, ADMIN = False, True
_numbers = itertools.count(1)


# The pools


def _mfa(mode: str, *factors: str) -> dict[str, Any]:
    configured = {name: value for each in factors for name, value in FACTORS[each].items()}
    return {"MfaConfiguration": mode, **configured}


ALONE = {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]}
ADMIN_ONLY = {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
POOLS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": (
        {"Policies": {"SignInPolicy": ALONE}, "SmsConfiguration": SNS},
        {"MfaConfiguration": "OFF", "WebAuthnConfiguration": {"RelyingPartyId": PARTY}},
    ),
    "optional": ({}, _mfa("OPTIONAL", "app", "email", "sms")),
    "required": ({"AccountRecoverySetting": ADMIN_ONLY}, _mfa("ON", "app", "email")),
    "devices": (
        {"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True}},
        _mfa("ON", "sms"),
    ),
}


class Pools:
    """One of each kind for all the ways, made when it is needed; each way has a user of its own."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.trail = Trail(server)
        self._cognito = server.client()
        self._made: dict[str, PoolForTest] = {}
        self._keys: dict[str, KeySet] = {}

    def of(self, kind: str) -> PoolForTest:
        if kind not in self._made:
            settings, factors = POOLS[kind]
            pool = PoolForTest(
                self._cognito,
                client={"ExplicitAuthFlows": FLOWS},
                LambdaConfig=CUSTOM,
                **BY_EMAIL,
                **settings,
            )
            self._cognito.set_user_pool_mfa_config(UserPoolId=pool.id, **factors)
            self._cognito.create_group(UserPoolId=pool.id, GroupName="staff")
            self._made[kind] = pool
        return self._made[kind]

    def add_user(self, pool: PoolForTest, *, invited: bool, **attributes: str) -> str:
        name = f"user-{next(_numbers)}"
        user = {"UserPoolId": pool.id, "Username": name}
        self._cognito.admin_create_user(
            **user,
            TemporaryPassword=PASSWORD,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": n, "Value": v.format(name)} for n, v in attributes.items()],
        )
        if not invited:
            self._cognito.admin_set_user_password(**user, Password=PASSWORD, Permanent=True)
        self._cognito.admin_add_user_to_group(**user, GroupName="staff")
        return name

    def verified(self, pool: PoolForTest, token: str) -> dict[str, Any]:
        """The claims of a token of this pool, by the keys that it publishes."""
        issuer = f"{self.server.url}/{pool.id}"
        if pool.id not in self._keys:
            published = httpx.get(f"{issuer}/.well-known/jwks.json").json()
            self._keys[pool.id] = KeySet.import_key_set(published)
        claims: dict[str, Any] = jwt.decode(token, self._keys[pool.id], algorithms=["RS256"]).claims
        assert claims["iss"] == issuer
        return claims


# The ways: how one begins, and what has to be done besides


@dataclass(frozen=True)
class First:
    """A flow with its parameters, and the challenges before the user has proved the first factor.

    `after` are those that come last of all.
    """

    name: str
    flow: str
    given: tuple[str, ...] = ()
    more: dict[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    chosen: str = ""
    along: tuple[str, ...] = ()
    skips_choosing: bool = False
    apis: tuple[bool, ...] = (PUBLIC, ADMIN)


def _chosen(name: str, asked: tuple[str, ...], factor: str, *along: str, **more: Any) -> First:
    return First(
        name, "USER_AUTH", asked=("SELECT_CHALLENGE", *asked), chosen=factor, along=along, **more
    )


def _preferred(name: str, factor: str, *asked: str, given: tuple[str, ...] = ()) -> First:
    return First(name, "USER_AUTH", given, {"PREFERRED_CHALLENGE": factor}, asked)


VERIFIER = ("PASSWORD_VERIFIER",)
BY_PASSWORD = [
    First("password", "USER_PASSWORD_AUTH", ("PASSWORD",), apis=(PUBLIC,)),
    First("admin's password", "ADMIN_USER_PASSWORD_AUTH", ("PASSWORD",), apis=(ADMIN,)),
    First("admin's password of old", "ADMIN_NO_SRP_AUTH", ("PASSWORD",), apis=(ADMIN,)),
    First("SRP", "USER_SRP_AUTH", ("SRP_A",), asked=VERIFIER),
    First(
        "custom after SRP",
        "CUSTOM_AUTH",
        ("SRP_A",),
        {"CHALLENGE_NAME": "SRP_A"},
        asked=VERIFIER,
        after=("CUSTOM_CHALLENGE",),
    ),
    _preferred("preferred password at once", "PASSWORD", given=("PASSWORD",)),
    _preferred("preferred password", "PASSWORD", "PASSWORD"),
    _preferred("preferred SRP at once", "PASSWORD_SRP", *VERIFIER, given=("SRP_A",)),
    _preferred("preferred SRP", "PASSWORD_SRP", "PASSWORD_SRP", *VERIFIER),
    _chosen("chosen password at once", (), "PASSWORD", "PASSWORD"),
    _chosen("chosen password", ("PASSWORD",), "PASSWORD"),
    _chosen("password without choosing", (), "PASSWORD", "PASSWORD", skips_choosing=True),
    _chosen("chosen SRP at once", VERIFIER, "PASSWORD_SRP", "SRP_A"),
    _chosen("chosen SRP", ("PASSWORD_SRP", *VERIFIER), "PASSWORD_SRP"),
    _chosen("SRP without choosing", VERIFIER, "PASSWORD_SRP", "SRP_A", skips_choosing=True),
]
ONE_OF_EACH_FLOW = BY_PASSWORD[:6]


@dataclass(frozen=True)
class Rest:
    """What a user still has to prove or give after a first factor that was proved.

    `proofs` are those that it adds; `has` are the user's attributes, `owns` what they get ready.
    """

    name: str
    kind: str = "plain"
    asked: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()
    has: dict[str, str] = field(default_factory=dict)
    owns: Callable[[Pools, PoolForTest, Player], object] = lambda *_: None
    chosen: str = ""
    invited: bool = False
    apis: tuple[bool, ...] = (PUBLIC, ADMIN)


def turns_on(**factors: bool) -> Callable[[Pools, PoolForTest, Player], None]:
    return lambda _, pool, player: prefers(pool, player.username, **factors)


def owns_app(pools: Pools, pool: PoolForTest, player: Player) -> None:
    player.app = registers_app(pool, token_of(pools.server, pool, player.username))
    prefers(pool, player.username, app=True)


def owns_app_and_mailbox(pools: Pools, pool: PoolForTest, player: Player) -> None:
    owns_app(pools, pool, player)
    prefers(pool, player.username, email=True)


def owns_device(pools: Pools, pool: PoolForTest, player: Player) -> None:
    """The device of an earlier sign-in, which is remembered."""
    api = AuthApi(pool, by_admin=False)
    earlier = Player(pools.server, api, pool, player.username)
    player.device = KeptDevice(earlier.plays("USER_PASSWORD_AUTH", "PASSWORD"))
    player.device.confirm(pool.cognito)


def owns_passkey(pools: Pools, pool: PoolForTest, player: Player) -> None:
    player.passkey = registered(pools.server, pool, player.username)


EMAIL, PHONE = {"email": "{}@home.example"}, {"phone_number": "+491701234567"}
APP, MAIL = "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"
BY_DEVICE = ("DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER")
RESTS = [
    Rest("nothing"),
    Rest("new password", asked=("NEW_PASSWORD_REQUIRED",), invited=True),
    Rest("SMS", "optional", ("SMS_MFA",), ("sms",), PHONE, turns_on(sms=True)),
    Rest("email", "optional", ("EMAIL_OTP",), ("email_otp",), EMAIL, turns_on(email=True)),
    Rest("app", "optional", (APP,), ("otp",), owns=owns_app),
    Rest(
        "new password and SMS",
        "optional",
        ("NEW_PASSWORD_REQUIRED", "SMS_MFA"),
        ("sms",),
        PHONE,
        turns_on(sms=True),
        invited=True,
    ),
    Rest(
        "email of two",
        "optional",
        ("SELECT_MFA_TYPE", "EMAIL_OTP"),
        ("email_otp",),
        EMAIL | PHONE,
        turns_on(sms=True, email=True),
        chosen=MAIL,
    ),
    Rest(
        "app of two",
        "optional",
        ("SELECT_MFA_TYPE", APP),
        ("otp",),
        EMAIL,
        owns_app_and_mailbox,
        chosen=APP,
    ),
    Rest("app set up", "required", ("MFA_SETUP",), ("otp",), chosen=APP),
    Rest("email set up", "required", ("MFA_SETUP", "EMAIL_OTP"), ("email_otp",), chosen=MAIL),
    Rest(
        "new password and app set up",
        "required",
        ("NEW_PASSWORD_REQUIRED", "MFA_SETUP"),
        ("otp",),
        chosen=APP,
        invited=True,
    ),
    Rest("device", "devices", BY_DEVICE, (), PHONE, owns_device, apis=(PUBLIC,)),
]
NOTHING = RESTS[0]


@dataclass(frozen=True)
class Way:
    """From the first request to tokens."""

    first: First
    rest: Rest
    by_admin: bool
    proofs: tuple[str, ...]
    asked: tuple[str, ...]

    @property
    def name(self) -> str:
        api = "admin" if self.by_admin else "public"
        return f"{api}-{self.first.name}-{self.rest.name}"


def ways_by_password(firsts: list[First], rests: list[Rest]) -> list[Way]:
    return [
        Way(
            first,
            rest,
            by_admin,
            ("pwd", *rest.proofs),
            (*first.asked, *rest.asked, *first.after),
        )
        for first in firsts
        for rest in rests
        for by_admin in first.apis
        if by_admin in rest.apis
    ]


def ways_without(
    proof: str | None, rest: Rest, *firsts: First, after: tuple[str, ...] = ()
) -> list[Way]:
    """Ways in without a password."""
    proofs = (proof,) if proof else ()
    return [
        Way(first, rest, by_admin, proofs, (*first.asked, *after))
        for first in firsts
        for by_admin in rest.apis
    ]


def ways_by(factor: str, proof: str, rest: Rest) -> list[Way]:
    chosen = _chosen(f"chosen {factor}", (factor,), factor)
    return ways_without(proof, rest, _preferred(factor, factor, factor), chosen)


WITHOUT_PASSWORD = [
    *ways_by("EMAIL_OTP", "email_otp", Rest("alone", has=EMAIL)),
    *ways_by("SMS_OTP", "sms", Rest("alone", has=PHONE)),
    *ways_by("WEB_AUTHN", "swk", Rest("alone", owns=owns_passkey)),
    *ways_without(None, NOTHING, First("custom", "CUSTOM_AUTH", asked=("CUSTOM_CHALLENGE",))),
    *ways_without(
        None,
        Rest("device", "devices", has=PHONE, owns=owns_device, apis=(PUBLIC,)),
        First("custom", "CUSTOM_AUTH", asked=("CUSTOM_CHALLENGE",)),
        after=BY_DEVICE,
    ),
]
EVERY_WAY = [
    *ways_by_password(BY_PASSWORD, [NOTHING]),
    *ways_by_password(ONE_OF_EACH_FLOW, RESTS[1:]),
    *WITHOUT_PASSWORD,
]
EACH_PART_ONCE = [
    *ways_by_password(BY_PASSWORD, [NOTHING]),
    *ways_by_password(BY_PASSWORD[:2], RESTS[1:]),
    *WITHOUT_PASSWORD,
]
"""What the store is asked depends on the parts of a way, not on which of them come together."""
