"""WebAuthn: verify what an authenticator has made or signed (ev:auth-11).

The library that reads and verifies is loaded with the first passkey: it takes longer than all else
that a process needs at its start. Its parsers raise whatever hostile input makes them, so every
exception of theirs is a refusal.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace

from poolhouse.entities.passkeys import DecoyPasskey, Passkey, Registration
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.errors.auth import IncorrectPassword
from poolhouse.errors.passkeys import (
    InvalidCredential,
    OriginNotAllowed,
    OtherRelyingParty,
    RegistrationExpired,
    TooManyPasskeys,
    UnsupportedPasskey,
)
from poolhouse.rules.auth import cbor_guard, passkeys

if TYPE_CHECKING:
    from webauthn.helpers.structs import AuthenticatorData, CollectedClientData

LONGEST: Final = 64 * 1024
"""Characters of a signed answer that are looked at."""

LONGEST_ID: Final = 1023
"""Bytes of a passkey's id."""

_FLAGS, _HEAD, _BEFORE_ID = 32, 37, 18
"""Places in authenticator data: of its flags; where a new key's AAGUID begins, or extensions do;
and how far from there its id does, behind the length of two bytes."""
_HAS_KEY, _HAS_EXTENSIONS = 0x40, 0x80
_ATTACHMENTS: Final = frozenset({"platform", "cross-platform"})
_TRANSPORTS: Final = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal", "cable"})
_PAGE: Final = re.compile(r"(https?)://([a-z0-9._-]+)(?::[0-9]{1,5})?")
"""An origin as browsers write it, other alphabets as Punycode; nothing that is read leniently."""
_ANDROID_APP: Final = re.compile(r"android:apk-key-hash:[A-Za-z0-9_-]{43}")


def register(
    pool: Pool,
    registration: Registration,
    given: Mapping[str, Any],
    *,
    party: str,
    there: Sequence[Passkey],
    now: datetime,
) -> Passkey:
    """Return the passkey of a new credential; each possible mistake has its own refusal."""
    from webauthn import verify_registration_response  # noqa: PLC0415 - loaded when it is needed
    from webauthn.helpers import (  # noqa: PLC0415 - the same
        parse_attestation_object,
        parse_cbor,
        parse_client_data_json,
        parse_registration_credential_json,
    )

    try:
        credential = parse_registration_credential_json(dict(given))
        client = parse_client_data_json(credential.response.client_data_json)
        attestation = credential.response.attestation_object
        cbor_guard.end_of_item(attestation, 0)
        check_plain(parse_cbor(attestation)["authData"])
        made = parse_attestation_object(attestation).auth_data
    except Exception:
        raise InvalidCredential from None
    if not hmac.compare_digest(client.challenge, registration.challenge):
        raise RegistrationExpired
    if not _is_allowed(client, party):
        raise OriginNotAllowed
    if made.rp_id_hash != hashlib.sha256(party.encode()).digest():
        raise OtherRelyingParty
    if _algorithm(made) not in passkeys.ALGORITHMS:
        raise UnsupportedPasskey
    if not _is_discoverable(given):
        raise InvalidCredential
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=registration.challenge,
            expected_rp_id=party,
            expected_origin=client.origin,
            require_user_verification=passkeys.must_verify_user(pool),
        )
    except Exception:
        raise InvalidCredential from None
    passkey = Passkey(
        id=passkeys.in_text(verified.credential_id),
        sub=registration.sub,
        pool_id=registration.pool_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        relying_party=party,
        attachment=_attachment(given),
        transports=_transports(given),
        created_at=now,
    )
    if len(verified.credential_id) > LONGEST_ID:  # WebAuthn, section 7.1, step 25
        raise InvalidCredential
    if passkey.id != given.get("id") or any(passkey.id == other.id for other in there):
        raise InvalidCredential
    if len(there) >= passkeys.MOST:
        raise TooManyPasskeys
    return passkey


class Signed(NamedTuple):
    """An authenticator's signed answer, taken apart. Trust it only after `verify_assertion`."""

    credential: Any
    client: "CollectedClientData"


def parse(given: str) -> Signed:
    """Read AuthenticationResponseJSON. Refuses what isn't of that form."""
    from webauthn.helpers import (  # noqa: PLC0415 - loaded when it is needed
        parse_authentication_credential_json,
        parse_client_data_json,
    )

    if len(given) > LONGEST:
        raise InvalidCredential
    try:
        credential = parse_authentication_credential_json(given)
        return Signed(credential, parse_client_data_json(credential.response.client_data_json))
    except Exception:
        raise InvalidCredential from None


def verify_assertion(
    pool: Pool,
    user: User,
    signed: Signed,
    *,
    challenge: bytes,
    party: str,
    there: Sequence[Passkey],
) -> Passkey:
    """Return the user's passkey that has signed the challenge, with its new signature count.

    Every mistake gets the response of a wrong password. A count that doesn't increase is refused,
    because it means that the authenticator was cloned.
    """
    from webauthn import verify_authentication_response  # noqa: PLC0415 - loaded when it is needed

    passkey = next((each for each in there if each.id == signed.credential.id), None)
    handle = signed.credential.response.user_handle
    if passkey is None or not _is_allowed(signed.client, party):
        raise IncorrectPassword
    if handle and not hmac.compare_digest(handle, user.sub.encode()):
        raise IncorrectPassword
    try:
        check_plain(signed.credential.response.authenticator_data)
        verified = verify_authentication_response(
            credential=signed.credential,
            expected_challenge=challenge,
            expected_rp_id=party,
            expected_origin=signed.client.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=passkeys.must_verify_user(pool),
        )
    except Exception:
        raise IncorrectPassword from None
    if isinstance(passkey, DecoyPasskey):
        raise IncorrectPassword
    return replace(passkey, sign_count=verified.new_sign_count)


def is_allowed_origin(origin: str, party: str) -> bool:
    """Return whether a page, or an app, at this origin may use passkeys of the relying party.

    Pages of its domain and of those below it, over HTTPS; on localhost over HTTP too, where
    browsers allow it. An Android app signs with the hash of its certificate instead; that it
    belongs to the domain has been looked at by the phone (Digital Asset Links).
    """
    if _ANDROID_APP.fullmatch(origin):  # UNVERIFIED: does the service allow any app?
        return True
    written = _PAGE.fullmatch(origin)
    if written is None:
        return False
    scheme, host = written.groups()
    if scheme == "http":
        return host == party == "localhost"
    return host == party or host.endswith(f".{party}")


def _is_allowed(client: "CollectedClientData", party: str) -> bool:
    """Refuse a page within a page of another origin."""
    origin: object = client.origin
    return isinstance(origin, str) and not client.cross_origin and is_allowed_origin(origin, party)


def check_plain(data: bytes) -> None:
    """Refuse authenticator data that would keep the library's CBOR reader busy.

    The data comes from an unauthenticated caller, and is read before any signature is verified
    (WebAuthn, section 6.1).
    """
    from webauthn.helpers import encode_cbor, parse_cbor  # noqa: PLC0415 - the same

    at = _HEAD
    if len(data) < _HEAD:
        raise cbor_guard.NotPlain
    if data[_FLAGS] & _HAS_KEY:
        at += _BEFORE_ID + int.from_bytes(data[_HEAD + _BEFORE_ID - 2 : _HEAD + _BEFORE_ID], "big")
        end = cbor_guard.end_of_item(data, at)
        # The library takes what follows to begin where the key would end if it were written again.
        if encode_cbor(parse_cbor(data[at:end])) != data[at:end]:
            raise cbor_guard.NotPlain
        at = end
    if data[_FLAGS] & _HAS_EXTENSIONS:
        at = cbor_guard.end_of_item(data, at)
    if at != len(data):
        raise cbor_guard.NotPlain


def _algorithm(made: "AuthenticatorData") -> object:
    from webauthn.helpers import decode_credential_public_key  # noqa: PLC0415 - the same

    if made.attested_credential_data is None:
        raise InvalidCredential
    try:
        key = decode_credential_public_key(made.attested_credential_data.credential_public_key)
    except Exception:
        raise UnsupportedPasskey from None
    return key.alg


def _is_discoverable(given: Mapping[str, Any]) -> bool:
    """Return False only if the browser reports that the passkey couldn't be stored."""
    results = given.get("clientExtensionResults")
    properties = results.get("credProps") if isinstance(results, dict) else None
    return not isinstance(properties, dict) or properties.get("rk") is not False


def _attachment(given: Mapping[str, Any]) -> str | None:
    attachment = given.get("authenticatorAttachment")
    known = isinstance(attachment, str) and attachment in _ATTACHMENTS
    return str(attachment) if known else None


def _transports(given: Mapping[str, Any]) -> tuple[str, ...]:
    listed = given["response"].get("transports")
    named = {each for each in listed if isinstance(each, str)} if isinstance(listed, list) else ()
    return tuple(sorted(_TRANSPORTS & {*named}))
