"""A remembered browser in place of a second factor, at the pages of a pool's domain.

It is a device as the API's clients have them. Its secret is in a sealed cookie (`services/
browser_devices.py`), so that pages verify it at once, where clients run DEVICE_SRP_AUTH.
"""

from msgspec.structs import replace

from poolhouse.auth.attempt import Attempt
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.devices import BrowserDevice, Device
from poolhouse.rules.auth import challenges
from poolhouse.rules.auth import devices as rules
from poolhouse.rules.tokens import user_agents
from poolhouse.services.devices import group_key

_SALT_BYTES = 16
_SECRET_BYTES = 32


async def find(attempt: Attempt, session: AuthSession) -> Device | None:
    """Return the device whose secret the browser has; None without one of this user.

    Like the API's, it is looked for after a verified first factor: before, nothing depends on it.
    A secret of 32 random bytes can't be guessed, so that failures aren't counted.
    """
    user = attempt.user
    held = next((each for each in attempt.browser_devices if each.sub == user.sub), None)
    if held is None or not challenges.has_proved_something(session):
        return None
    device = await attempt.call.store.devices.find(user, held.key)
    return device if device is not None and rules.has_secret(device, held.secret) else None


def proved(session: AuthSession) -> AuthSession:
    """Return the session after the device that `find` has returned took the factor's place."""
    return replace(session, device_proved=True, is_second_factor_proved=True)


def remember(attempt: Attempt, session: AuthSession) -> tuple[Device, BrowserDevice] | None:
    """Return a new device and what its browser keeps; None if it isn't remembered.

    The device's name is what the browser calls itself. A device that is no longer trusted gives
    way to a new one.
    """
    is_trusted = attempt.device is not None and attempt.device.remembered
    if is_trusted or not rules.may_remember_browser(
        attempt.pool, session, wanted=attempt.remembers_browser
    ):
        return None
    call, user = attempt.call, attempt.user
    held = BrowserDevice(
        pool_id=user.pool_id,
        sub=user.sub,
        key=call.ids.device_key(attempt.pool.region),
        secret=call.ids.random_bytes(_SECRET_BYTES),
    )
    device = rules.of_browser(
        held,
        group=group_key(call, attempt.pool),
        salt=call.ids.random_bytes(_SALT_BYTES),
        name=user_agents.device_type(call.caller.user_agent),
        ip=call.caller.source_ip,
        now=call.now,
    )
    return device, held
