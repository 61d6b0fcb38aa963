"""Passkeys (ev:auth-11): their relying party, which users may register them, and their options.

`webauthn.py` verifies what an authenticator answers.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from poolhouse.entities.amr import Amr
from poolhouse.entities.clients import Client
from poolhouse.entities.contacts import Contact
from poolhouse.entities.passkeys import DecoyPasskey, Passkey, Registration
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.errors.passkeys import (
    NoRelyingParty,
    OtherClientRegisters,
    PasskeyNotFound,
    PasskeysNotEnabled,
    RegistrationExpired,
    TooManyPasskeys,
)
from poolhouse.rules.auth import first_factors, mfa
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import UserVerificationType
from poolhouse.wire.structs import WebAuthnCredentialDescription

MOST: Final = 20
"""Passkeys of one user."""
CHALLENGE_BYTES: Final = 32
REGISTRATION_LIFE: Final = timedelta(minutes=5)
"""UNVERIFIED: how long may a registration take? Browsers get a minute."""
TIMEOUT: Final = 60_000
"""Milliseconds that the browser gives its user."""

ALGORITHMS: Final = (-7, -257)
"""ES256 and RS256, by COSE's numbers."""

_ROAMING: Final = "cross-platform"
_NAMES: Final = {_ROAMING: "Roaming passkey", "platform": "Platform passkey"}
"""UNVERIFIED: the names of others than roaming ones?"""
_TYPE: Final = "public-key"

_DECOY_KEY: Final = bytes.fromhex(
    "a5010203262001"
    "2158206b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "2258204fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
"""The generator of P-256 as a public key."""


def relying_party(pool: Pool, url: str) -> str:
    """Return the domain for which passkeys are valid: as configured, else the host of `url`.

    That is the address of the pool's custom domain, its prefix domain or this server, the first
    that there is (ev:oauth-11).

    Browsers accept the name of a loopback address, and pages of localhost may use it over HTTP.
    """
    if pool.webauthn and pool.webauthn.RelyingPartyId:
        return pool.webauthn.RelyingPartyId.lower()
    # DIFFERS: for a pool without a domain it is the host of our own address.
    host = urlsplit(url).hostname or ""
    return "localhost" if _is_address(host) and ip_address(host).is_loopback else host


def may_use(party: str, host: str) -> bool:
    """Return whether browsers let a page of this host use the relying party's passkeys."""
    return host == party or host.endswith(f".{party}")


def check_enabled(pool: Pool) -> None:
    if Factor.WEB_AUTHN not in first_factors.allowed(pool):
        raise PasskeysNotEnabled


def must_verify_user(pool: Pool) -> bool:
    """Return whether authenticators have to make sure who uses them, by a PIN or a fingerprint.

    Where a passkey can be both factors it is worth that only so.
    """
    required = UserVerificationType.REQUIRED
    return mfa.has_multi_factor_passkeys(pool) or (
        pool.webauthn is not None and pool.webauthn.UserVerification is required
    )


def proofs_of(pool: Pool, user: User, passkey: Passkey) -> tuple[str, ...]:
    """Return the methods of a sign-in with it, as in the claim `amr` (ev:auth-17)."""
    key = Amr.HWK if passkey.attachment == _ROAMING else Amr.SWK
    return (key, Amr.MFA) if mfa.passkey_is_both(pool, user) else (key,)


def in_text(binary: bytes) -> str:
    """Return Base64 for URLs, as in WebAuthn's JSON."""
    return urlsafe_b64encode(binary).rstrip(b"=").decode()


# Registering


def begin(
    pool: Pool, user: User, client: Client, *, there: int, challenge: bytes, now: datetime
) -> Registration:
    """Return the registration of one more passkey for a user who has some."""
    check_enabled(pool)
    if there >= MOST:
        raise TooManyPasskeys
    return Registration(
        sub=user.sub,
        pool_id=pool.id,
        client_id=client.id,
        challenge=challenge,
        expires_at=now + REGISTRATION_LIFE,
    )


def creation_options(
    pool: Pool, user: User, party: str, registration: Registration, there: Iterable[Passkey]
) -> dict[str, Any]:
    """Return CredentialCreationOptions (the AWS CLI's start-web-authn-registration)."""
    if not party or _is_address(party):
        raise NoRelyingParty
    # Where the username is made up, people know their passkey by the email or phone number.
    # UNVERIFIED: does the service show the username even then?
    email, phone = (user.attributes.get(contact) for contact in Contact)
    name = (email or phone or user.username) if user.username == user.sub else user.username
    return {
        "authenticatorSelection": {
            "requireResidentKey": True,
            "residentKey": "required",
            "userVerification": _verification(pool),
        },
        "challenge": in_text(registration.challenge),
        "excludeCredentials": [{"id": passkey.id, "type": _TYPE} for passkey in there],
        "pubKeyCredParams": [{"alg": number, "type": _TYPE} for number in ALGORITHMS],
        "rp": {"id": party, "name": party},
        "timeout": TIMEOUT,
        "user": {"displayName": name, "id": in_text(user.sub.encode()), "name": name},
    }


def check_may_finish(
    registration: Registration | None, client: Client, now: datetime
) -> Registration:
    """Return the registration that an authenticator's answer belongs to."""
    if registration is None or now >= registration.expires_at:
        raise RegistrationExpired
    if registration.client_id != client.id:
        raise OtherClientRegisters
    return registration


# Signing in


def request_options(
    pool: Pool, party: str, challenge: bytes, passkeys: Iterable[Passkey]
) -> dict[str, Any]:
    """Return CREDENTIAL_REQUEST_OPTIONS: any of these passkeys may sign the challenge."""
    return {
        "challenge": in_text(challenge),
        "rpId": party,
        "timeout": TIMEOUT,
        "allowCredentials": [_named(passkey) for passkey in passkeys],
        "userVerification": _verification(pool),
    }


def decoy_passkey(user: User, party: str, digest: bytes) -> DecoyPasskey:
    """Return the passkey that is asked for if a user has none, always the same for a user.

    Verifying its signature costs as much as with a real one. `digest` is a keyed hash of 20 bytes
    or more.
    """
    return DecoyPasskey(
        id=in_text(digest[:20]),
        sub=user.sub,
        pool_id=user.pool_id,
        public_key=_DECOY_KEY,
        sign_count=0,
        relying_party=party,
        transports=("hybrid", "internal"),
        created_at=user.created_at,
    )


# What users see of them


def require_passkey(passkey: Passkey | None) -> Passkey:
    if passkey is None:
        raise PasskeyNotFound
    return passkey


def described(passkey: Passkey) -> WebAuthnCredentialDescription:
    """Return a passkey as its user sees it (the AWS CLI's list-web-authn-credentials)."""
    return WebAuthnCredentialDescription(
        CredentialId=passkey.id,
        FriendlyCredentialName=_NAMES.get(passkey.attachment or "", "Passkey"),
        RelyingPartyId=passkey.relying_party,
        AuthenticatorAttachment=passkey.attachment,
        AuthenticatorTransports=list(passkey.transports),
        CreatedAt=passkey.created_at.timestamp(),
    )


def _named(passkey: Passkey) -> dict[str, Any]:
    named: dict[str, Any] = {"id": passkey.id, "type": _TYPE}
    # An empty list would say that there is no way to reach it.
    return named | ({"transports": passkey.transports} if passkey.transports else {})


def _verification(pool: Pool) -> str:
    wanted = UserVerificationType.REQUIRED if must_verify_user(pool) else None
    return (wanted or UserVerificationType.PREFERRED).value


def _is_address(host: str) -> bool:
    """Return whether a host is an IP address, which browsers refuse as a relying party."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
