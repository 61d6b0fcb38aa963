"""DEVICE_SRP_AUTH and DEVICE_PASSWORD_VERIFIER: a remembered device in place of a second factor."""

import hmac

from msgspec.structs import replace

from poolhouse.auth import session_codec
from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.challenges import srp_exchange
from poolhouse.auth.session_codec import next_step
from poolhouse.entities.auth_session import AuthSession, DevicePending, DeviceSrpPending
from poolhouse.entities.devices import Device
from poolhouse.errors.auth import InvalidSession
from poolhouse.errors.devices import DeviceAuthBeforeUserAuth
from poolhouse.rules.auth import challenges, srp
from poolhouse.rules.auth import devices as rules
from poolhouse.services import guesses
from poolhouse.services.decoy_users import decoy_user
from poolhouse.services.guesses import SrpIdentity
from poolhouse.services.user_lookup import find_user
from poolhouse.store import devices
from poolhouse.wire.enums import AuthFlowType, ChallengeNameType


async def claimed(attempt: Attempt, session: AuthSession) -> Device | None:
    """Return the device that the client names in DEVICE_KEY; None without one.

    A client with the key of a forgotten device gets "Device does not exist." instead of a sign-in.
    It gets it once the user is verified, or at the start of a custom sign-in: only there do clients
    drop the key and try again (amplify-js). The error reveals nothing about users.
    """
    key = session.device_key
    if not key or attempt.by_admin or not rules.is_tracking(attempt.pool):
        return None
    is_custom = session.flow is AuthFlowType.CUSTOM_AUTH
    if not is_custom and not challenges.has_proved_something(session):
        return None
    return rules.require_device(await attempt.call.store.devices.find(attempt.user, key))


async def ask(attempt: Attempt, session: AuthSession) -> ChallengeIssued:
    """Let the device begin. Some clients answer without a Session: for them it is kept here."""
    asked = next_step(attempt, session, ChallengeNameType.DEVICE_SRP_AUTH)
    if attempt.device is not None:
        stored = replace(asked, pending=DevicePending(from_address=attempt.call.caller.source_ip))
        sealed = session_codec.seal(attempt, stored)
        attempt.writes.append(devices.await_device(attempt.device, sealed))
    return ChallengeIssued(
        name=ChallengeNameType.DEVICE_SRP_AUTH,
        parameters={"USERNAME": attempt.user.username},
        session=asked,
    )


async def stored_session(attempt: Attempt) -> str:
    """Return the stored Session of a client that sends none, by its username and device key.

    The store is asked for a decoy user, too, so that unknown users aren't refused sooner.
    """
    call, pool = attempt.call, attempt.pool
    username, key = attempt.required("USERNAME"), attempt.required("DEVICE_KEY")
    user = await find_user(call, pool, username) or decoy_user(call, pool, username)
    session = await call.store.devices.sign_in_waiting_for(user, key)
    if not session:
        raise DeviceAuthBeforeUserAuth
    return session


async def begin(attempt: Attempt, session: AuthSession) -> ChallengeIssued:
    """Answer the device's SRP_A."""
    device = await _device(attempt, session)
    public = srp_exchange.client_public(attempt)
    if not attempt.session and not _is_same_client(attempt, session, public):
        raise DeviceAuthBeforeUserAuth
    step = next_step(attempt, session, ChallengeNameType.DEVICE_PASSWORD_VERIFIER)
    identity = _srp_identity(device)
    exchange = srp_exchange.respond_to_srp_a(attempt, identity, public)
    pending = DeviceSrpPending(srp_a=exchange.srp_a, secret=exchange.secret, u=exchange.u)
    asked = replace(step, srp_a=b"", pending=pending)
    shown = srp_exchange.parameters(attempt, identity, exchange, asked)
    return ChallengeIssued(
        name=ChallengeNameType.DEVICE_PASSWORD_VERIFIER,
        parameters={**shown, "DEVICE_KEY": device.key},
        session=asked,
    )


async def verify(attempt: Attempt, session: AuthSession) -> AuthSession:
    """Check the device's signature; a failure is counted like that of another second factor."""
    pending = challenges.pending(session, DeviceSrpPending)
    claim = srp_exchange.parse_response(attempt, pending.srp_a, pending)
    device = await _device(attempt, session)
    await guesses.verify_device(attempt.call, attempt.user, _srp_identity(device), claim)
    return replace(session, device_proved=True, is_second_factor_proved=True)


def _is_same_client(attempt: Attempt, session: AuthSession, public: int) -> bool:
    """Return whether a client without Session is the one that began the sign-in.

    It is if it has the SRP_A that the password was verified with (pycognito uses one for both), or
    the same address.

    DIFFERS: AWS takes any (its own Java sample sends a new one). But then anyone with the device's
    secret could finish, from anywhere, what its user has begun.
    """
    address = attempt.call.caller.source_ip
    pending = session.pending
    return hmac.compare_digest(srp.pad(public), session.srp_a) or (
        address is not None
        and isinstance(pending, DevicePending)
        and address == pending.from_address
    )


async def _device(attempt: Attempt, session: AuthSession) -> Device:
    """Return the device that was asked, if it wasn't forgotten or distrusted meanwhile."""
    key = attempt.required("DEVICE_KEY")
    if key != session.device_key:
        raise InvalidSession
    device = rules.require_device(await attempt.call.store.devices.find(attempt.user, key))
    if not rules.replaces_second_factor(attempt.pool, device):
        raise InvalidSession
    return device


def _srp_identity(device: Device) -> SrpIdentity:
    return SrpIdentity(device.group_key, device.key, device.salt, device.verifier)
