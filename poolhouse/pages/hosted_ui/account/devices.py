"""`/account/devices`: the remembered devices, and forget one."""

from datetime import UTC, datetime
from typing import NamedTuple

from starlette.responses import Response

from poolhouse.operations import devices as operations
from poolhouse.pages.hosted_ui import refusals
from poolhouse.pages.hosted_ui.account import sections
from poolhouse.pages.hosted_ui.account.account_request import AccountRequest
from poolhouse.pages.hosted_ui.account.sections import SectionPage
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.refusals import Errors
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import DeviceType, ForgetDeviceRequest, ListDevicesRequest


class ShownDevice(NamedTuple):
    """A device as its line of the page shows it."""

    key: str
    name: str
    used_at: datetime


async def show(ui: HostedUi, page: AccountRequest) -> Response:
    """Show the devices that were used last, a page of them."""
    return await _list(ui, page, {})


async def forget(ui: HostedUi, page: AccountRequest) -> Response:
    """Forget a device, which signs it out."""
    request = ForgetDeviceRequest(AccessToken="", DeviceKey=page.form.get("device", ""))
    try:
        await page.perform(operations.forget_device, request)
    except ServiceError as error:
        page.refused = error
        errors = refusals.of_error(error, [], texts_of(page))
        return await _list(ui, page, errors, status=refusals.status_of(error))
    return sections.done(page, Section.DEVICES, "removed")


async def _list(ui: HostedUi, page: AccountRequest, errors: Errors, status: int = 200) -> Response:
    texts = texts_of(page)
    found = await operations.list_devices(page.acting, ListDevicesRequest(AccessToken=""))
    return sections.show(
        ui,
        page,
        "devices.html",
        title=texts.account_devices_title,
        section=Section.DEVICES,
        status=status,
        errors=errors,
        devices=[_described(each, texts.account_unknown_device) for each in found.Devices or ()],
    )


def _described(device: DeviceType, nameless: str) -> ShownDevice:
    named = {each.Name: each.Value for each in device.DeviceAttributes or ()}
    used_at = datetime.fromtimestamp(device.DeviceLastAuthenticatedDate or 0, UTC)
    return ShownDevice(device.DeviceKey or "", named.get("device_name") or nameless, used_at)


PAGE = SectionPage(Section.DEVICES, "AccountDevices", show, forget)
