"""One signed call of an AWS API: what the senders of SES and SNS share."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import httpx

from poolhouse.delivery.contract import ANSWER_LIMIT, SendFailure
from poolhouse.http.client import ConnectionFailed, HttpReply, post
from poolhouse.rules.aws import sigv4_signing

_REGION: Final = re.compile(r"\.([a-z]{2,4}(?:-[a-z]++)+-[0-9]{1,2})\.amazonaws\.com(?:\.cn)?\Z")


class AwsJsonClient:
    """`endpoint` is an API's address without a path, e.g. `https://sns.us-east-1.amazonaws.com`.

    `region` is for addresses that don't name theirs. Without `credentials` the requests are not
    signed, which emulators accept. `client` is the application's.
    """

    def __init__(
        self,
        endpoint: str,
        service: str,
        *,
        client: httpx.AsyncClient,
        credentials: sigv4_signing.Credentials | None,
        region: str,
        now: Callable[[], datetime],
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._host = urlsplit(endpoint).netloc
        self._service = service
        self._client = client
        self._credentials = credentials
        self._region = region_of(endpoint, region)
        self._now = now

    async def call(self, path: str, content_type: str, body: bytes) -> HttpReply:
        """Send a POST to `path`. Raises SendFailure if no answer comes."""
        headers = {"host": self._host, "content-type": content_type}
        if self._credentials is not None:
            headers |= sigv4_signing.sign(
                "POST",
                path,
                headers,
                body,
                credentials=self._credentials,
                region=self._region,
                service=self._service,
                now=self._now(),
            )
        try:
            return await post(
                self._client, self._endpoint + path, headers, body, limit=ANSWER_LIMIT
            )
        except ConnectionFailed as failed:
            raise SendFailure(failed.kind) from None


def region_of(endpoint: str, otherwise: str) -> str:
    """Return the region that AWS's own addresses name."""
    named = _REGION.search(urlsplit(endpoint).hostname or "")
    return named[1] if named else otherwise
