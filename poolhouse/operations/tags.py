"""Tags of user pools, named by their ARN: TagResource, UntagResource, ListTagsForResource."""

from poolhouse.rules.pools import tags as rules
from poolhouse.services.context import AdminCall
from poolhouse.store import pools
from poolhouse.wire.structs import (
    ListTagsForResourceRequest,
    ListTagsForResourceResponse,
    TagResourceRequest,
    TagResourceResponse,
    UntagResourceRequest,
    UntagResourceResponse,
)


async def tag_resource(call: AdminCall, req: TagResourceRequest) -> TagResourceResponse:
    """Add tags to a pool; policies can decide by them from then on."""
    await call.commit(pools.save(rules.tag(call.pool, req.Tags)))
    return TagResourceResponse()


async def untag_resource(call: AdminCall, req: UntagResourceRequest) -> UntagResourceResponse:
    """Remove tags from a pool."""
    await call.commit(pools.save(rules.untag(call.pool, req.TagKeys)))
    return UntagResourceResponse()


async def list_tags_for_resource(
    call: AdminCall, req: ListTagsForResourceRequest
) -> ListTagsForResourceResponse:
    """Show a pool's tags."""
    return ListTagsForResourceResponse(Tags=call.pool.tags)
