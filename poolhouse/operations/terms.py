"""Terms of use and privacy policies, which the sign-up page of an app client links to.

CreateTerms, DescribeTerms, DescribeTermsByClient, UpdateTerms, DeleteTerms, ListTerms.
"""

from poolhouse.entities.pool_resources import Terms
from poolhouse.operations.clients import named_client
from poolhouse.rules.pools import terms as rules
from poolhouse.services.context import AdminCall
from poolhouse.services.pagination import page_token, position_of
from poolhouse.store import pool_resources
from poolhouse.wire.structs import (
    CreateTermsRequest,
    CreateTermsResponse,
    DeleteTermsRequest,
    DescribeTermsByClientRequest,
    DescribeTermsByClientResponse,
    DescribeTermsRequest,
    DescribeTermsResponse,
    ListTermsRequest,
    ListTermsResponse,
    UpdateTermsRequest,
    UpdateTermsResponse,
)


async def create_terms(call: AdminCall, req: CreateTermsRequest) -> CreateTermsResponse:
    """Make the terms of use or the privacy policy of an app client."""
    client = await named_client(call, req.ClientId)
    terms = rules.create(
        req,
        terms_id=call.ids.resource_id(),
        present=await _of_client(call, client.id, req.TermsName),
        now=call.now,
    )
    await call.commit(pool_resources.add(terms))
    return CreateTermsResponse(Terms=rules.described(terms))


async def describe_terms(call: AdminCall, req: DescribeTermsRequest) -> DescribeTermsResponse:
    """Show terms with their links."""
    return DescribeTermsResponse(Terms=rules.described(await _named_terms(call, req.TermsId)))


async def describe_terms_by_client(
    call: AdminCall, req: DescribeTermsByClientRequest
) -> DescribeTermsByClientResponse:
    """Show the terms of an app client that have this name."""
    client = await named_client(call, req.ClientId)
    terms = rules.require_terms(await _of_client(call, client.id, req.TermsName))
    return DescribeTermsByClientResponse(Terms=rules.described(terms))


async def update_terms(call: AdminCall, req: UpdateTermsRequest) -> UpdateTermsResponse:
    """Change terms, their name too; what the request leaves out stays."""
    terms = await _named_terms(call, req.TermsId)
    present = await _of_client(call, terms.client_id, req.TermsName) if req.TermsName else None
    updated = rules.update(terms, req, present=present, now=call.now)
    if updated.key == terms.key:
        await call.commit(pool_resources.save(updated))
    else:
        await call.commit(pool_resources.delete(terms), pool_resources.add(updated))
    return UpdateTermsResponse(Terms=rules.described(updated))


async def delete_terms(call: AdminCall, req: DeleteTermsRequest) -> None:
    """Delete terms: the sign-up page links to neither document until both are there again."""
    await call.commit(pool_resources.delete(await _named_terms(call, req.TermsId)))


async def list_terms(call: AdminCall, req: ListTermsRequest) -> ListTermsResponse:
    """Show a page of the pool's terms, of all app clients."""
    parameters = f"ListTerms/{call.pool.id}"
    page = await call.store.resources.page(
        Terms,
        call.pool.id,
        position_of(call, req.NextToken, parameters),
        req.MaxResults or rules.LARGEST_PAGE,
    )
    return ListTermsResponse(
        Terms=[rules.listed(terms) for terms in page.items],
        NextToken=page_token(call, parameters, page.next),
    )


async def _named_terms(call: AdminCall, terms_id: str) -> Terms:
    return rules.require_terms(await call.store.resources.find(Terms, call.pool.id, terms_id))


async def _of_client(call: AdminCall, client_id: str, name: str) -> Terms | None:
    return await call.store.resources.find_by_key(Terms, call.pool.id, rules.key(client_id, name))
