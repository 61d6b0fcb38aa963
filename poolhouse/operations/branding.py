"""Styles of managed login: the looks of an app client's pages.

CreateManagedLoginBranding, DescribeManagedLoginBranding, DescribeManagedLoginBrandingByClient,
UpdateManagedLoginBranding, DeleteManagedLoginBranding.
"""

from poolhouse.entities.pool_resources import ManagedLoginBranding
from poolhouse.operations.clients import named_client
from poolhouse.rules.pools import branding as rules
from poolhouse.services.context import AdminCall
from poolhouse.store import pool_resources
from poolhouse.wire.structs import (
    CreateManagedLoginBrandingRequest,
    CreateManagedLoginBrandingResponse,
    DeleteManagedLoginBrandingRequest,
    DescribeManagedLoginBrandingByClientRequest,
    DescribeManagedLoginBrandingByClientResponse,
    DescribeManagedLoginBrandingRequest,
    DescribeManagedLoginBrandingResponse,
    UpdateManagedLoginBrandingRequest,
    UpdateManagedLoginBrandingResponse,
)


async def create_managed_login_branding(
    call: AdminCall, req: CreateManagedLoginBrandingRequest
) -> CreateManagedLoginBrandingResponse:
    """Make the style of an app client, which has none yet."""
    client = await named_client(call, req.ClientId)
    resources = call.store.resources
    style = rules.create(
        req,
        branding_id=call.ids.resource_id(),
        present=await resources.find_by_key(ManagedLoginBranding, call.pool.id, client.id),
        already=await resources.count(ManagedLoginBranding, call.pool.id, rules.MOST_OF_POOL),
        now=call.now,
    )
    contents = rules.contents_of(req)
    await call.commit(
        pool_resources.add(style),
        *(
            pool_resources.put_asset(call.pool.id, style.assets_owner, name, content)
            for name, content in contents.items()
        ),
    )
    return CreateManagedLoginBrandingResponse(ManagedLoginBranding=rules.described(style, contents))


async def describe_managed_login_branding(
    call: AdminCall, req: DescribeManagedLoginBrandingRequest
) -> DescribeManagedLoginBrandingResponse:
    """Show a style with its images; the defaults too, if the request asks for them."""
    style = await _named_style(call, req.ManagedLoginBrandingId)
    return DescribeManagedLoginBrandingResponse(
        ManagedLoginBranding=rules.described(
            style, await _contents(call, style), is_merged=bool(req.ReturnMergedResources)
        )
    )


async def describe_managed_login_branding_by_client(
    call: AdminCall, req: DescribeManagedLoginBrandingByClientRequest
) -> DescribeManagedLoginBrandingByClientResponse:
    """Show the style of an app client."""
    client = await named_client(call, req.ClientId)
    style = rules.require_style(
        await call.store.resources.find_by_key(ManagedLoginBranding, call.pool.id, client.id)
    )
    return DescribeManagedLoginBrandingByClientResponse(
        ManagedLoginBranding=rules.described(
            style, await _contents(call, style), is_merged=bool(req.ReturnMergedResources)
        )
    )


async def update_managed_login_branding(
    call: AdminCall, req: UpdateManagedLoginBrandingRequest
) -> UpdateManagedLoginBrandingResponse:
    """Change a style; settings and images that the request leaves out stay."""
    style = await _named_style(call, req.ManagedLoginBrandingId or "")
    updated = rules.update(style, req, call.now)
    owner = style.assets_owner
    await call.commit(
        pool_resources.save(updated),
        *(
            pool_resources.delete_asset(call.pool.id, owner, name)
            for name in sorted(rules.dropped_contents(style, updated))
        ),
        *(
            pool_resources.put_asset(call.pool.id, owner, name, content)
            for name, content in rules.contents_of(req).items()
        ),
    )
    return UpdateManagedLoginBrandingResponse(
        ManagedLoginBranding=rules.described(updated, await _contents(call, updated))
    )


async def delete_managed_login_branding(
    call: AdminCall, req: DeleteManagedLoginBrandingRequest
) -> None:
    """Delete a style: the pages of its app client have the server's own looks again."""
    style = await _named_style(call, req.ManagedLoginBrandingId)
    await call.commit(
        pool_resources.delete(style), pool_resources.delete_assets(call.pool.id, style.assets_owner)
    )


async def _named_style(call: AdminCall, branding_id: str) -> ManagedLoginBranding:
    return rules.require_style(
        await call.store.resources.find(ManagedLoginBranding, call.pool.id, branding_id)
    )


async def _contents(call: AdminCall, style: ManagedLoginBranding) -> dict[str, bytes]:
    """Return the images of a style by their names."""
    names = {asset.content for asset in style.assets if asset.content}
    found = {
        name: await call.store.resources.asset(call.pool.id, style.assets_owner, name)
        for name in sorted(names)
    }
    return {name: content for name, content in found.items() if content is not None}
