"""Policies of client ID metadata documents (CIMD), and the documents that they have cached.

CreateCIMDPolicy, DescribeCIMDPolicy, UpdateCIMDPolicy, DeleteCIMDPolicy, ListCIMDPolicies,
ListClientMetadataURLs, UpdateClientMetadataURLState.
"""

from typing import Final

from msgspec.structs import replace

from poolhouse.entities.pool_resources import ClientDocumentPolicy
from poolhouse.errors.client_documents import DocumentNotCached, DocumentNotRefreshed
from poolhouse.operations.clients import named_client
from poolhouse.rules.pools import client_document_policies as policies
from poolhouse.services import client_documents as documents
from poolhouse.services.context import AdminCall
from poolhouse.services.document_fetches import DocumentRefused
from poolhouse.services.pagination import page_token, position_of
from poolhouse.store import client_documents, pool_resources
from poolhouse.wire.enums import CIMDCacheActionType
from poolhouse.wire.structs import (
    CreateCIMDPolicyRequest,
    CreateCIMDPolicyResponse,
    DeleteCIMDPolicyRequest,
    DeleteCIMDPolicyResponse,
    DescribeCIMDPolicyRequest,
    DescribeCIMDPolicyResponse,
    ListCIMDPoliciesRequest,
    ListCIMDPoliciesResponse,
    ListClientMetadataURLsRequest,
    ListClientMetadataURLsResponse,
    UpdateCIMDPolicyRequest,
    UpdateCIMDPolicyResponse,
    UpdateClientMetadataURLStateRequest,
    UpdateClientMetadataURLStateResponse,
)

LARGEST_PAGE: Final = 60


async def create_cimd_policy(
    call: AdminCall, req: CreateCIMDPolicyRequest
) -> CreateCIMDPolicyResponse:
    """Let apps whose metadata document is at a matching URL be clients of the pool.

    In the host of a pattern `*` stays within one label; in the path it may cross slashes.
    """
    policies.check_plan(call.pool)
    await named_client(call, req.ClientId)
    there = await call.store.resources.count(ClientDocumentPolicy, call.pool.id, policies.MOST)
    policy = policies.create(call.pool, req, call.ids.client_document_policy_id(), there, call.now)
    await call.commit(pool_resources.add(policy))
    return CreateCIMDPolicyResponse(CIMDPolicy=policies.described(policy, has_client=True))


async def describe_cimd_policy(
    call: AdminCall, req: DescribeCIMDPolicyRequest
) -> DescribeCIMDPolicyResponse:
    """Show a policy; without its app client once that is deleted."""
    policy = await _named_policy(call, req.CIMDPolicyId)
    return DescribeCIMDPolicyResponse(
        CIMDPolicy=policies.described(policy, has_client=await _has_client(call, policy))
    )


async def update_cimd_policy(
    call: AdminCall, req: UpdateCIMDPolicyRequest
) -> UpdateCIMDPolicyResponse:
    """Change a policy. Cached documents stay as long as they were cached for."""
    policies.check_plan(call.pool)
    policy = await _named_policy(call, req.CIMDPolicyId)
    await named_client(call, req.ClientId)
    updated = policies.update(policy, req, call.now)
    await call.commit(pool_resources.save(updated))
    return UpdateCIMDPolicyResponse(CIMDPolicy=policies.described(updated, has_client=True))


async def delete_cimd_policy(
    call: AdminCall, req: DeleteCIMDPolicyRequest
) -> DeleteCIMDPolicyResponse:
    """Delete a policy: clients that only it admits can't sign in, and their tokens end."""
    policy = await _named_policy(call, req.CIMDPolicyId)
    await call.commit(
        pool_resources.delete(policy),
        client_documents.drop_of_policy(call.pool.id, policy.policy_id),
    )
    return DeleteCIMDPolicyResponse()


async def list_cimd_policies(
    call: AdminCall, req: ListCIMDPoliciesRequest
) -> ListCIMDPoliciesResponse:
    """Show a page of the pool's policies, without their patterns."""
    parameters = f"ListCIMDPolicies/{call.pool.id}"
    page = await call.store.resources.page(
        ClientDocumentPolicy,
        call.pool.id,
        position_of(call, req.NextToken, parameters),
        req.MaxResults or LARGEST_PAGE,
    )
    return ListCIMDPoliciesResponse(
        CIMDPolicies=[
            policies.summary(policy, has_client=await _has_client(call, policy))
            for policy in page.items
        ],
        NextToken=page_token(call, parameters, page.next),
    )


async def list_client_metadata_urls(
    call: AdminCall, req: ListClientMetadataURLsRequest
) -> ListClientMetadataURLsResponse:
    """Show a page of the URLs that named a client under a policy, and when each was cached.

    URLs without a usable document aren't among them. An expired document is listed until it is
    deleted, a moment later.
    """
    policy = await _named_policy(call, req.CIMDPolicyId)
    parameters = f"ListClientMetadataURLs/{call.pool.id}/{policy.policy_id}"
    page = await call.store.client_documents.page(
        call.pool.id,
        policy.policy_id,
        position_of(call, req.NextToken, parameters),
        req.MaxResults or LARGEST_PAGE,
    )
    return ListClientMetadataURLsResponse(
        ClientMetadataURLs=[policies.listed_url(document) for document in page.items],
        NextToken=page_token(call, parameters, page.next),
    )


async def update_client_metadata_url_state(
    call: AdminCall, req: UpdateClientMetadataURLStateRequest
) -> UpdateClientMetadataURLStateResponse:
    """Fetch a cached document again, or remove it: it is fetched again when it is needed.

    A document that can't be fetched stays cached as it was.
    UNVERIFIED: does the service wait for the document, or fetch it when it is needed?
    """
    policies.check_plan(call.pool)
    policy = await _named_policy(call, req.CIMDPolicyId)
    document = await call.store.client_documents.find(call.pool.id, policy.policy_id, req.URL)
    if document is None or document.content is None or document.expires_at <= call.now:
        raise DocumentNotCached
    if req.Action is CIMDCacheActionType.INVALIDATE:
        write = client_documents.put(replace(document, content=None, cached_at=None))
    else:
        try:
            write = await documents.refreshed(call.services, policy, req.URL, call.now)
        except DocumentRefused as error:
            raise DocumentNotRefreshed(reason=error.reason) from None
    await call.commit(write)
    return UpdateClientMetadataURLStateResponse()


async def _named_policy(call: AdminCall, policy_id: str) -> ClientDocumentPolicy:
    """Return the policy of this pool that a request names."""
    found = await call.store.resources.find(ClientDocumentPolicy, call.pool.id, policy_id)
    return policies.required(found, policy_id)


async def _has_client(call: AdminCall, policy: ClientDocumentPolicy) -> bool:
    """Return whether the policy's app client still exists."""
    client = await call.store.clients.find(policy.client_id)
    return client is not None and client.pool_id == call.pool.id
