"""Devices that users have confirmed.

ConfirmDevice, GetDevice, ForgetDevice, ListDevices, UpdateDeviceStatus, AdminGetDevice,
AdminForgetDevice, AdminListDevices, AdminUpdateDeviceStatus.
"""

from datetime import timedelta
from typing import Final

from poolhouse.entities.devices import Device
from poolhouse.entities.users import User
from poolhouse.rules.auth import devices as rules
from poolhouse.rules.users import admin_users
from poolhouse.services.context import AdminCall, Call, SignedInCall, UserCall
from poolhouse.services.devices import group_key
from poolhouse.services.pagination import page_token, position_of
from poolhouse.services.user_lookup import find_user
from poolhouse.store import devices, sessions
from poolhouse.store.interface import Write
from poolhouse.wire.structs import (
    AdminForgetDeviceRequest,
    AdminGetDeviceRequest,
    AdminGetDeviceResponse,
    AdminListDevicesRequest,
    AdminListDevicesResponse,
    AdminUpdateDeviceStatusRequest,
    AdminUpdateDeviceStatusResponse,
    ConfirmDeviceRequest,
    ConfirmDeviceResponse,
    DeviceType,
    ForgetDeviceRequest,
    GetDeviceRequest,
    GetDeviceResponse,
    ListDevicesRequest,
    ListDevicesResponse,
    UpdateDeviceStatusRequest,
    UpdateDeviceStatusResponse,
)

LONGEST_ACCESS: Final = timedelta(days=1)
"""Maximum life of an access token: later no sign-in can confirm a forgotten device."""


async def confirm_device(call: UserCall, req: ConfirmDeviceRequest) -> ConfirmDeviceResponse:
    """Store the device whose key this sign-in was given.

    Forgotten devices are read after the device, so that a concurrent ForgetDevice counts.
    """
    there = await call.store.devices.find(call.user, req.DeviceKey)
    was_forgotten = await call.store.sessions.is_used(
        call.pool.id, call.user.sub, _forgotten(req.DeviceKey)
    )
    rules.check_may_confirm(
        call.pool, call.session, req.DeviceKey, there, was_forgotten=was_forgotten
    )
    device = rules.confirm(
        call.pool,
        call.session,
        req,
        group=group_key(call, call.pool),
        ip=call.caller.source_ip,
        now=call.now,
    )
    await call.commit(call.store.devices.add(device))
    return ConfirmDeviceResponse(UserConfirmationNecessary=rules.needs_user_prompt(call.pool))


async def get_device(call: UserCall, req: GetDeviceRequest) -> GetDeviceResponse:
    """Show users one of their devices."""
    device = await _named(call, call.user, req.DeviceKey)
    return GetDeviceResponse(Device=rules.described(device))


async def admin_get_device(call: AdminCall, req: AdminGetDeviceRequest) -> AdminGetDeviceResponse:
    """Show an administrator one of a user's devices."""
    user = rules.require_owner(await find_user(call, call.pool, req.Username))
    device = await _named(call, user, req.DeviceKey)
    return AdminGetDeviceResponse(Device=_described(call, user, device))


async def forget_device(call: SignedInCall, req: ForgetDeviceRequest) -> None:
    """Remove one of the user's own devices, and with it its refresh tokens."""
    device = await _named(call, call.user, req.DeviceKey)
    await call.commit(*_removal(call, device))


async def admin_forget_device(call: AdminCall, req: AdminForgetDeviceRequest) -> None:
    """Forget a user's device."""
    user = admin_users.require_user(await find_user(call, call.pool, req.Username))
    device = await _named(call, user, req.DeviceKey)
    await call.commit(*_removal(call, device))


async def list_devices(call: SignedInCall, req: ListDevicesRequest) -> ListDevicesResponse:
    """Show users a page of the devices that are remembered (amplify-js#12171)."""
    parameters = f"ListDevices/{call.pool.id}/{call.user.sub}"
    page = await call.store.devices.page(
        call.user,
        position_of(call, req.PaginationToken, parameters),
        req.Limit or rules.LARGEST_PAGE,
        only_remembered=True,
    )
    return ListDevicesResponse(
        Devices=[rules.described(device) for device in page.items],
        PaginationToken=page_token(call, parameters, page.next),
    )


async def admin_list_devices(
    call: AdminCall, req: AdminListDevicesRequest
) -> AdminListDevicesResponse:
    """Show an administrator a page of all of a user's devices."""
    user = rules.require_owner(await find_user(call, call.pool, req.Username))
    parameters = f"AdminListDevices/{call.pool.id}/{user.sub}"
    page = await call.store.devices.page(
        user,
        position_of(call, req.PaginationToken, parameters),
        req.Limit or rules.LARGEST_PAGE,
        only_remembered=False,
    )
    return AdminListDevicesResponse(
        Devices=[_described(call, user, device) for device in page.items],
        PaginationToken=page_token(call, parameters, page.next),
    )


async def update_device_status(
    call: UserCall, req: UpdateDeviceStatusRequest
) -> UpdateDeviceStatusResponse:
    """Set whether one of the user's own devices is remembered."""
    device = await _named(call, call.user, req.DeviceKey)
    changed = rules.set_status(device, req.DeviceRememberedStatus, call.now)
    await call.commit(call.store.devices.save(changed))
    return UpdateDeviceStatusResponse()


async def admin_update_device_status(
    call: AdminCall, req: AdminUpdateDeviceStatusRequest
) -> AdminUpdateDeviceStatusResponse:
    """Remember a user's device, or not."""
    user = admin_users.require_user(await find_user(call, call.pool, req.Username))
    device = await _named(call, user, req.DeviceKey)
    changed = rules.set_status(device, req.DeviceRememberedStatus, call.now)
    await call.commit(call.store.devices.save(changed))
    return AdminUpdateDeviceStatusResponse()


async def _named(call: Call, user: User, key: str) -> Device:
    return rules.require_device(await call.store.devices.find(user, key))


def _described(call: AdminCall, user: User, device: Device) -> DeviceType:
    return rules.described_to_administrators(device, user, call.services.account_id)


def _removal(call: Call, device: Device) -> tuple[Write, Write]:
    """Return the writes that remove a device but leave its trace.

    Without the trace a stolen access token could confirm the same device again.
    """
    until = call.now + LONGEST_ACCESS
    return (
        devices.drop(device),
        sessions.mark_used(device.pool_id, device.sub, _forgotten(device.key), until),
    )


def _forgotten(key: str) -> str:
    return f"device/{key}"
