"""One POST with a bounded answer: what both HTTP transports need."""

import httpx

from poolhouse.triggers.transports.contract import ANSWER_LIMIT, TransportFailure


async def post(
    client: httpx.AsyncClient, url: str, headers: dict[str, str], body: bytes
) -> tuple[httpx.Response, bytes | None]:
    """The response and its body, or None for a body beyond Lambda's limit.

    The body is read as it comes, never decompressed: a small answer could unfold to gigabytes.
    The invoker keeps the time, so the client's own limits are off.
    """
    wanted = {"content-type": "application/json", "accept-encoding": "identity", **headers}
    received = bytearray()
    try:
        async with client.stream(
            "POST", url, headers=wanted, content=body, timeout=None, follow_redirects=False
        ) as response:
            async for chunk in response.aiter_raw():
                received += chunk
                if len(received) > ANSWER_LIMIT:
                    return response, None
    except httpx.HTTPError as error:
        raise TransportFailure("Connection failed") from error
    return response, bytes(received)
