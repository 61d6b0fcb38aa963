"""Registering, listing and deleting passkeys (ev:auth-11)."""

import random
import threading
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.access_tokens import token_of
from support.passkey_device import ED25519, ORIGIN, PARTY, PRESENT, PasskeyDevice, binary, text
from support.passkey_pools import FACTORS, configure, options_for, passkey_pool, registered
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest

INVALID = "Credential data is not valid"  # aws-sdk-net#4386


@pytest.fixture
def home_pool(new_pool: NewPool) -> PoolForTest:
    """A pool whose relying party is home.example."""
    return passkey_pool(new_pool)


@pytest.fixture
def token(server: RunningServer, home_pool: PoolForTest) -> str:
    return token_of(server, home_pool)


def complete(pool: PoolForTest, token: str, credential: Any) -> None:
    answer = pool.cognito.complete_web_authn_registration(AccessToken=token, Credential=credential)
    assert answer.keys() == {"ResponseMetadata"}


def listed(pool: PoolForTest, token: str, **more: Any) -> list[dict[str, Any]]:
    answer = pool.cognito.list_web_authn_credentials(AccessToken=token, **more)
    credentials: list[dict[str, Any]] = answer["Credentials"]
    return credentials


def test_registration_options_match_the_cli_example(home_pool: PoolForTest, token: str) -> None:
    options = options_for(home_pool, token)
    assert len(binary(options.pop("challenge"))) == 32
    sub = home_pool.user()["attributes"]["sub"]
    assert options == {
        "authenticatorSelection": {
            "requireResidentKey": True,
            "residentKey": "required",
            "userVerification": "preferred",
        },
        "excludeCredentials": [],
        "pubKeyCredParams": [
            {"alg": -7, "type": "public-key"},
            {"alg": -257, "type": "public-key"},
        ],
        "rp": {"id": PARTY, "name": PARTY},
        "timeout": 60000,
        "user": {"displayName": "alice", "id": text(sub.encode()), "name": "alice"},
    }


def test_passkey_user_name_is_the_name_of_sign_in(new_pool: NewPool, server: RunningServer) -> None:
    pool = new_pool(Policies=FACTORS, UsernameAttributes=["email"])
    configure(pool, RelyingPartyId=PARTY)
    pool.sign_up("alice@example.com")
    pool.admin_confirm("alice@example.com")
    options = options_for(pool, token_of(server, pool, "alice@example.com"))
    assert options["user"]["name"] == "alice@example.com"


def test_registered_passkey_is_listed_and_excluded(home_pool: PoolForTest, token: str) -> None:
    device = PasskeyDevice(attachment="cross-platform")
    complete(home_pool, token, device.create(options_for(home_pool, token)))
    (shown,) = listed(home_pool, token)
    assert shown.pop("CreatedAt")
    assert shown == {
        "CredentialId": text(device.id),
        "FriendlyCredentialName": "Roaming passkey",  # the CLI's example
        "RelyingPartyId": PARTY,
        "AuthenticatorAttachment": "cross-platform",
        "AuthenticatorTransports": ["usb"],
    }
    options = options_for(home_pool, token)
    assert options["excludeCredentials"] == [{"id": text(device.id), "type": "public-key"}]


def test_deleted_passkey_is_gone(home_pool: PoolForTest, token: str, server: RunningServer) -> None:
    device = registered(server, home_pool)
    kept = registered(server, home_pool)
    home_pool.cognito.delete_web_authn_credential(AccessToken=token, CredentialId=text(device.id))
    assert [each["CredentialId"] for each in listed(home_pool, token)] == [text(kept.id)]
    with refused("ResourceNotFoundException"):
        home_pool.cognito.delete_web_authn_credential(
            AccessToken=token, CredentialId=text(device.id)
        )


def test_users_see_and_delete_only_their_own(
    home_pool: PoolForTest, token: str, server: RunningServer
) -> None:
    home_pool.sign_up("bob")
    home_pool.admin_confirm("bob")
    device = registered(server, home_pool, "bob")
    assert listed(home_pool, token) == []
    with refused("ResourceNotFoundException"):
        home_pool.cognito.delete_web_authn_credential(
            AccessToken=token, CredentialId=text(device.id)
        )
    assert len(listed(home_pool, token_of(server, home_pool, "bob"))) == 1


def with_bob(pool: PoolForTest, server: RunningServer) -> str:
    """Returns bob's access token."""
    pool.sign_up("bob")
    pool.admin_confirm("bob")
    return token_of(server, pool, "bob")


def test_registration_of_another_users_passkey_is_refused(
    home_pool: PoolForTest, token: str, server: RunningServer
) -> None:
    """WebAuthn Level 3, section 7.1, step 26: the id isn't registered for any user yet."""
    bobs, device = with_bob(home_pool, server), registered(server, home_pool)
    with refused("InvalidParameterException", INVALID):
        complete(home_pool, bobs, device.create(options_for(home_pool, bobs)))
    assert listed(home_pool, bobs) == []
    assert [each["CredentialId"] for each in listed(home_pool, token)] == [text(device.id)]
    complete(home_pool, bobs, PasskeyDevice().create(options_for(home_pool, bobs)))


@pytest.mark.parametrize("gone", ["credential", "user", "user by admin"])
def test_registration_of_passkey_whose_user_let_it_go_succeeds(
    home_pool: PoolForTest, token: str, server: RunningServer, gone: str
) -> None:
    bobs, device = with_bob(home_pool, server), registered(server, home_pool)
    if gone == "credential":
        home_pool.cognito.delete_web_authn_credential(
            AccessToken=token, CredentialId=text(device.id)
        )
    elif gone == "user":
        home_pool.cognito.delete_user(AccessToken=token)
    else:
        home_pool.cognito.admin_delete_user(UserPoolId=home_pool.id, Username="alice")
    complete(home_pool, bobs, device.create(options_for(home_pool, bobs)))
    assert len(listed(home_pool, bobs)) == 1


def test_registration_of_passkey_of_another_pools_user_succeeds(
    home_pool: PoolForTest, new_pool: NewPool, server: RunningServer
) -> None:
    """A person has an account in each pool, and the host of a server is one relying party."""
    device, other = registered(server, home_pool), passkey_pool(new_pool)
    token = token_of(server, other)
    complete(other, token, device.create(options_for(other, token)))


@pytest.mark.both_stores
def test_registration_of_one_passkey_by_many_users_at_once_succeeds_for_one(
    home_pool: PoolForTest, server: RunningServer
) -> None:
    device, outcomes = PasskeyDevice(), Counter[str]()
    tokens, barrier = [], threading.Barrier(4)
    for n in range(4):
        home_pool.sign_up(f"user{n}")
        home_pool.admin_confirm(f"user{n}")
        tokens.append(token_of(server, home_pool, f"user{n}"))
    answers = [(token, device.create(options_for(home_pool, token))) for token in tokens]

    def attempt(token: str, credential: Any) -> None:
        barrier.wait()
        try:
            complete(home_pool, token, credential)
            outcomes["registered"] += 1
        except ClientError as error:
            outcomes[error.response["Error"]["Message"]] += 1

    threads = [threading.Thread(target=attempt, args=answer) for answer in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"registered": 1, INVALID: 3}
    assert sum(len(listed(home_pool, token)) for token in tokens) == 1


@pytest.mark.parametrize(("length", "accepted"), [(1023, True), (1024, False), (3000, False)])
def test_registration_of_passkey_with_long_id_is_refused(
    home_pool: PoolForTest, token: str, length: int, accepted: bool
) -> None:
    """WebAuthn Level 3, section 7.1, step 25: an id has 1023 bytes at most."""
    device = PasskeyDevice()
    device.id = random.Random(length).randbytes(length)
    credential = device.create(options_for(home_pool, token))
    if accepted:
        complete(home_pool, token, credential)
    else:
        with refused("InvalidParameterException", INVALID):
            complete(home_pool, token, credential)
    assert len(listed(home_pool, token)) == accepted


def test_list_passkeys_has_pages(home_pool: PoolForTest, token: str, server: RunningServer) -> None:
    ids = sorted(text(registered(server, home_pool).id) for _ in range(3))
    first = home_pool.cognito.list_web_authn_credentials(AccessToken=token, MaxResults=2)
    assert [each["CredentialId"] for each in first["Credentials"]] == ids[:2]
    rest = home_pool.cognito.list_web_authn_credentials(
        AccessToken=token, MaxResults=2, NextToken=first["NextToken"]
    )
    assert [each["CredentialId"] for each in rest["Credentials"]] == ids[2:]
    assert "NextToken" not in rest


def test_passkeys_beyond_twenty_are_refused(
    home_pool: PoolForTest, token: str, server: RunningServer
) -> None:
    for _ in range(19):
        registered(server, home_pool)
    options = options_for(home_pool, token)
    complete(home_pool, token, PasskeyDevice().create(options))
    with refused("LimitExceededException"):
        options_for(home_pool, token)
    assert len(listed(home_pool, token)) == 20


def test_pool_without_passkeys_registers_none(new_pool: NewPool, server: RunningServer) -> None:
    pool = new_pool()
    pool.sign_up()
    token = token_of(server, pool)
    with refused("WebAuthnNotEnabledException"):
        options_for(pool, token)
    with refused("WebAuthnNotEnabledException"):
        complete(pool, token, {})


def test_relying_party_on_loopback_is_localhost(new_pool: NewPool, server: RunningServer) -> None:
    """The server under test is known by an IP address, which browsers don't take."""
    pool = passkey_pool(new_pool, party=None)
    token = token_of(server, pool)
    options = options_for(pool, token)
    assert options["rp"] == {"id": "localhost", "name": "localhost"}
    complete(pool, token, PasskeyDevice(origin="http://localhost:3000").create(options))
    (passkey,) = listed(pool, token)
    assert passkey["RelyingPartyId"] == "localhost"


def test_registration_without_start_is_refused(home_pool: PoolForTest, token: str) -> None:
    device = PasskeyDevice()
    options = {"user": {"id": "eA"}, "rp": {"id": PARTY}, "challenge": text(bytes(32))}
    with refused("WebAuthnChallengeNotFoundException"):
        complete(home_pool, token, device.create(options))


def test_registration_is_single_use(home_pool: PoolForTest, token: str) -> None:
    made = PasskeyDevice().create(options_for(home_pool, token))
    complete(home_pool, token, made)
    with refused("WebAuthnChallengeNotFoundException"):
        complete(home_pool, token, made)


def test_last_registration_replaces_earlier_ones(home_pool: PoolForTest, token: str) -> None:
    first, last = options_for(home_pool, token), options_for(home_pool, token)
    with refused("WebAuthnChallengeNotFoundException"):
        complete(home_pool, token, PasskeyDevice().create(first))
    complete(home_pool, token, PasskeyDevice().create(last))


def test_registration_of_another_client_is_refused(
    home_pool: PoolForTest, token: str, server: RunningServer
) -> None:
    other = home_pool.cognito.create_user_pool_client(UserPoolId=home_pool.id, ClientName="other")
    others = token_of(server, home_pool, client_id=other["UserPoolClient"]["ClientId"])
    made = PasskeyDevice().create(options_for(home_pool, token))
    with refused("WebAuthnClientMismatchException"):
        complete(home_pool, others, made)
    complete(home_pool, token, made)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://home.example.evil.example",
        "https://evilhome.example",
        "http://home.example",
        "https://home.example@evil.example",
        "https://home.example/",
        "null",
        "",
    ],
)
def test_credential_of_another_origin_is_refused(
    home_pool: PoolForTest, token: str, origin: str
) -> None:
    device = PasskeyDevice(origin=origin)
    with refused("WebAuthnOriginNotAllowedException"):
        complete(home_pool, token, device.create(options_for(home_pool, token)))


@pytest.mark.parametrize(
    "origin", [ORIGIN, "https://app.home.example", "https://home.example:8443"]
)
def test_pages_of_the_domain_and_below_it_are_allowed(
    home_pool: PoolForTest, token: str, origin: str
) -> None:
    device = PasskeyDevice(origin=origin)
    complete(home_pool, token, device.create(options_for(home_pool, token)))


def test_credential_of_cross_origin_frame_is_refused(home_pool: PoolForTest, token: str) -> None:
    device = PasskeyDevice()
    device.cross_origin = True
    with refused("WebAuthnOriginNotAllowedException"):
        complete(home_pool, token, device.create(options_for(home_pool, token)))


def test_credential_for_another_relying_party_is_refused(
    home_pool: PoolForTest, token: str
) -> None:
    with refused("WebAuthnRelyingPartyMismatchException"):
        complete(
            home_pool,
            token,
            PasskeyDevice().create(options_for(home_pool, token), party="evil.example"),
        )


def test_credential_of_another_algorithm_is_refused(home_pool: PoolForTest, token: str) -> None:
    device = PasskeyDevice()
    device.algorithm = ED25519
    with refused("WebAuthnCredentialNotSupportedException"):
        complete(home_pool, token, device.create(options_for(home_pool, token)))


def test_credential_that_is_not_discoverable_is_refused(home_pool: PoolForTest, token: str) -> None:
    device = PasskeyDevice()
    device.results = {"credProps": {"rk": False}}
    with refused("InvalidParameterException", INVALID):
        complete(home_pool, token, device.create(options_for(home_pool, token)))


def test_credential_without_required_user_verification_is_refused(
    new_pool: NewPool, server: RunningServer
) -> None:
    pool = passkey_pool(new_pool, UserVerification="required")
    token = token_of(server, pool)
    options = options_for(pool, token)
    assert options["authenticatorSelection"]["userVerification"] == "required"
    device = PasskeyDevice()
    device.flags = PRESENT
    with refused("InvalidParameterException", INVALID):
        complete(pool, token, device.create(options))


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"id": 7}, id="a number as id"),
        pytest.param({"id": "eA"}, id="another id"),
        pytest.param({"id": None, "rawId": None}, id="no id"),
        pytest.param({"type": "password"}, id="another type"),
        pytest.param({"response": None}, id="no response"),
        pytest.param({"response": {}}, id="an empty response"),
        pytest.param({"response": {"clientDataJSON": "x", "attestationObject": "x"}}, id="no JSON"),
        pytest.param({"response": []}, id="a list as response"),
    ],
)
def test_credential_with_missing_member_is_refused(
    home_pool: PoolForTest, token: str, members: dict[str, Any]
) -> None:
    made = PasskeyDevice().create(options_for(home_pool, token))
    with refused("InvalidParameterException", INVALID):
        complete(home_pool, token, {**made, **members})


@pytest.mark.parametrize(
    "attestation",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff", id="a break outside of everything"),
        pytest.param(b"\xa1", id="a map without its entry"),
        pytest.param(b"\x9f" * 20_000, id="lists within lists"),
        pytest.param(b"\xd8\x64" * 20_000, id="tags within tags"),
        pytest.param(b"\x5b\x7f" + b"\xff" * 7, id="longer than the world"),
        pytest.param(b"\x9b\x00\x00\x00\xff" + b"\xff" * 4, id="a huge list"),
        pytest.param(b"\xa3cfmtdnonegattStmt\xa0hauthDataC\x00\x00\x00", id="too short data"),
        pytest.param(b"\xa3cfmt\x01gattStmt\x02hauthData\x03", id="numbers in their place"),
        pytest.param(b"\xa1\xa0\xa0", id="a map as a key"),
    ],
)
def test_malformed_cbor_is_no_credential(
    home_pool: PoolForTest, token: str, attestation: bytes
) -> None:
    made = PasskeyDevice().create(options_for(home_pool, token))
    made["response"]["attestationObject"] = text(attestation)
    with refused("InvalidParameterException", INVALID):
        complete(home_pool, token, made)
