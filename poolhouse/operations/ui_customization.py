"""CSS and logo of the classic pages.

SetUICustomization, GetUICustomization.
"""

from poolhouse.entities.domains import Domain
from poolhouse.entities.pool_resources import UICustomization
from poolhouse.operations.clients import named_client
from poolhouse.rules.pools import ui_customization as rules
from poolhouse.services import branding
from poolhouse.services.context import AdminCall
from poolhouse.store import pool_resources
from poolhouse.store.interface import Write
from poolhouse.wire.structs import (
    GetUICustomizationRequest,
    GetUICustomizationResponse,
    SetUICustomizationRequest,
    SetUICustomizationResponse,
    UICustomizationType,
)


async def set_ui_customization(
    call: AdminCall, req: SetUICustomizationRequest
) -> SetUICustomizationResponse:
    """Replace CSS and logo of an app client's pages, or of all that have none of their own."""
    domain = rules.require_domain(await call.store.domains.of_pool(call.pool.id))
    client_id = await _checked_client(call, req.ClientId)
    present = await _find(call, client_id)
    customization = rules.replaced(present, req, call.now)
    await call.commit(*_writes(call, req, present, customization))
    return SetUICustomizationResponse(UICustomization=_described(call, domain, customization))


async def get_ui_customization(
    call: AdminCall, req: GetUICustomizationRequest
) -> GetUICustomizationResponse:
    """Show CSS and logo of an app client, or else those of the pool."""
    domain = rules.require_domain(await call.store.domains.of_pool(call.pool.id))
    client_id = await _checked_client(call, req.ClientId)
    customization = await _find(call, client_id)
    if customization is None:
        customization = await _find(call, rules.ALL)
    return GetUICustomizationResponse(UICustomization=_described(call, domain, customization))


async def _checked_client(call: AdminCall, client_id: str | None) -> str:
    """Return the id of the app client in a request, or ALL."""
    if client_id is None or client_id == rules.ALL:
        return rules.ALL
    return (await named_client(call, client_id)).id


async def _find(call: AdminCall, client_id: str) -> UICustomization | None:
    return await call.store.resources.find(UICustomization, call.pool.id, client_id)


def _writes(
    call: AdminCall,
    req: SetUICustomizationRequest,
    present: UICustomization | None,
    customization: UICustomization | None,
) -> list[Write]:
    """Return what replaces the present customization, and the logo with it."""
    writes: list[Write] = []
    if present is not None:
        writes.append(pool_resources.delete_assets(call.pool.id, present.assets_owner))
    if customization is None:
        return [*writes, pool_resources.delete(present)] if present else writes
    save = pool_resources.add if present is None else pool_resources.save
    writes.append(save(customization))
    if customization.image is not None and req.ImageFile:
        writes.append(
            pool_resources.put_asset(
                call.pool.id, customization.assets_owner, customization.image, req.ImageFile
            )
        )
    return writes


def _described(
    call: AdminCall, domain: Domain, customization: UICustomization | None
) -> UICustomizationType:
    image_url = None
    if customization is not None and customization.image is not None:
        url = call.services.domain_urls.url_of(domain, call.services.url(call.caller.origin))
        image_url = url + branding.path_of(customization, customization.image)
    return rules.described(customization, image_url)
