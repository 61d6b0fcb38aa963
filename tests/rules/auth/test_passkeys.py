"""Passkeys: relying party, lifetime of a registration, and description (ev:auth-11)."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from poolhouse.entities.clients import Client
from poolhouse.entities.passkeys import DecoyPasskey, Passkey
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.passkeys import NoRelyingParty, OtherClientRegisters, RegistrationExpired
from poolhouse.rules.auth import passkeys
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import UserVerificationType
from poolhouse.wire.enums import WebAuthnFactorConfigurationType as PasskeyFactor
from poolhouse.wire.structs import (
    SignInPolicyType,
    UserPoolClientType,
    UserPoolPolicyType,
    UserPoolType,
    WebAuthnConfigurationType,
)

NOW = datetime(2026, 3, 3, tzinfo=UTC)
POLICY = SignInPolicyType(AllowedFirstAuthFactors=[Factor.PASSWORD, Factor.WEB_AUTHN])
POOL = Pool(
    id="p",
    settings=UserPoolType(Policies=UserPoolPolicyType(SignInPolicy=POLICY)),
    attributes=(),
    created_at=NOW,
    modified_at=NOW,
)
ALICE = User(
    sub="s",
    pool_id="p",
    username="alice",
    status=UserStatus.CONFIRMED,
    created_at=NOW,
    modified_at=NOW,
)
APP = Client(id="app", pool_id="p", settings=UserPoolClientType(), created_at=NOW, modified_at=NOW)
BEGUN = passkeys.begin(POOL, ALICE, APP, there=0, challenge=bytes(32), now=NOW)


def configured(**webauthn: object) -> Pool:
    return replace(POOL, webauthn=WebAuthnConfigurationType(**webauthn))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pool", "url", "party"),
    [
        (POOL, "https://sign-in.example:8443", "sign-in.example"),
        (POOL, "https://Sign-In.example", "sign-in.example"),
        (POOL, "http://localhost:9229", "localhost"),
        (POOL, "http://127.0.0.1:9229", "localhost"),
        (POOL, "http://127.1.2.3", "localhost"),
        (POOL, "http://[::1]:9229", "localhost"),
        (POOL, "http://192.0.2.7:9229", "192.0.2.7"),
        (configured(RelyingPartyId="home.example"), "http://127.0.0.1:9229", "home.example"),
        (configured(RelyingPartyId="Home.example"), "https://other.example", "home.example"),
    ],
)
def test_relying_party_is_the_configured_one_or_the_servers_host(
    pool: Pool, url: str, party: str
) -> None:
    assert passkeys.relying_party(pool, url) == party


@pytest.mark.parametrize("party", ["", "127.0.0.1", "::1", "192.0.2.7"])
def test_relying_party_of_an_ip_address_is_refused(party: str) -> None:
    with pytest.raises(NoRelyingParty):
        passkeys.creation_options(POOL, ALICE, party, BEGUN, [])


@pytest.mark.parametrize(
    ("pool", "required"),
    [
        (POOL, False),
        (configured(UserVerification=UserVerificationType.PREFERRED), False),
        (configured(UserVerification=UserVerificationType.REQUIRED), True),
        (
            configured(FactorConfiguration=PasskeyFactor.MULTI_FACTOR_WITH_USER_VERIFICATION),
            True,
        ),
    ],
)
def test_users_are_verified_where_the_pool_wants_it_or_relies_on_it(
    pool: Pool, required: bool
) -> None:
    wanted = "required" if required else "preferred"
    assert passkeys.must_verify_user(pool) is required
    options = passkeys.creation_options(pool, ALICE, "home.example", BEGUN, [])
    assert options["authenticatorSelection"]["userVerification"] == wanted
    asked = passkeys.request_options(pool, "home.example", bytes(32), [])
    assert asked["userVerification"] == wanted


def test_passkey_registration_expires_after_five_minutes() -> None:
    life = timedelta(minutes=5)
    just_in_time = NOW + life - timedelta(milliseconds=1)
    assert passkeys.check_may_finish(BEGUN, APP, just_in_time) is BEGUN
    for registration, now in ((BEGUN, NOW + life), (None, NOW)):
        with pytest.raises(RegistrationExpired):
            passkeys.check_may_finish(registration, APP, now)


def test_passkey_registration_finished_by_another_client_is_refused() -> None:
    with pytest.raises(OtherClientRegisters):
        passkeys.check_may_finish(BEGUN, replace(APP, id="other"), NOW)


@pytest.mark.parametrize(
    ("attachment", "name"),
    [
        ("cross-platform", "Roaming passkey"),  # the CLI's example
        ("platform", "Platform passkey"),
        (None, "Passkey"),
    ],
)
def test_passkey_description_has_a_friendly_name(attachment: str | None, name: str) -> None:
    passkey = Passkey(
        id="one",
        sub="s",
        pool_id="p",
        public_key=b"",
        sign_count=0,
        relying_party="home.example",
        attachment=attachment,
        created_at=NOW,
    )
    shown = passkeys.described(passkey)
    assert shown.FriendlyCredentialName == name
    assert shown.AuthenticatorTransports == []


def test_decoy_passkey_of_the_same_user_is_always_the_same() -> None:
    digest = bytes(range(32))
    first, second = (passkeys.decoy_passkey(ALICE, "home.example", digest) for _ in range(2))
    assert first == second
    assert isinstance(first, DecoyPasskey)
