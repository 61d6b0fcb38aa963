"""Where the data keys come from that codes are sealed under: AWS KMS, or a key in a local file.

One place serves all pools, each by the ARN of its KMS key. It is one of

    kms+https://kms.us-east-1.amazonaws.com     AWS KMS, or a compatible server
    keys/sender.key                             a file with 32 bytes in Base64

What is sealed under a file opens with the Encryption SDK's raw AES keyring: its name is the ARN
of the pool's KMS key, its namespace `poolhouse`.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

import msgspec
from aws_encryption_sdk.identifiers import Algorithm, EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKey, RawMasterKeyConfig
from aws_encryption_sdk.structures import DataKey, MasterKeyInfo

from poolhouse.http.client import ConnectionFailed, post
from poolhouse.rules.aws import sigv4_signing
from poolhouse.triggers.custom_sender import KeyUnusable
from poolhouse.triggers.transports.contract import ANSWER_LIMIT, CONNECTION_FAILED

if TYPE_CHECKING:
    import httpx

NAMESPACE: Final = "poolhouse"

_KMS: Final = "kms+"
_KMS_PROVIDER: Final = "aws-kms"
_KEY_BYTES: Final = 32
_ARN: Final = re.compile(r"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):[0-9]{12}:(key|alias)/\S+")
_ERROR_CODE: Final = re.compile(r"[A-Za-z]{1,100}")


class DataKeySource(Protocol):
    async def data_key(self, key_arn: str, context: Mapping[str, str]) -> Any:
        """Return a new data key of 32 bytes, also wrapped under the key and bound to `context`.

        It is the library's `DataKey`. Raises KeyUnusable.
        """


class KeyFile:
    """A wrapping key of the operator's own, where there is no KMS."""

    def __init__(self, key: bytes) -> None:
        self._wrapping_key = WrappingKey(
            WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING, key, EncryptionKeyType.SYMMETRIC
        )

    @classmethod
    def load(cls, path: Path) -> "KeyFile":
        """Return the key in this file. Raises ValueError with a sentence that names the mistake."""
        try:
            key = base64.b64decode(path.read_bytes().strip(), validate=True)
        except OSError as error:
            raise ValueError(f"{path} can't be read: {error.strerror}") from None
        except binascii.Error:
            key = b""
        if len(key) != _KEY_BYTES:
            raise ValueError(f"{path} does not hold {_KEY_BYTES} bytes in Base64")
        return cls(key)

    async def data_key(self, key_arn: str, context: Mapping[str, str]) -> Any:
        """See `DataKeySource`."""
        config = RawMasterKeyConfig(
            key_id=key_arn, provider_id=NAMESPACE, wrapping_key=self._wrapping_key
        )
        suite = Algorithm.AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384
        return RawMasterKey(config=config).generate_data_key(suite, dict(context))


class _GenerateDataKeyResponse(msgspec.Struct, frozen=True, rename="pascal"):
    plaintext: bytes
    ciphertext_blob: bytes
    key_id: str


class KmsApi:
    """`endpoint` is the API's address without a path, e.g. `https://kms.us-east-1.amazonaws.com`.

    Without `credentials` the requests are not signed, which emulators accept. `client` is the
    application's.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        client: "httpx.AsyncClient",
        credentials: sigv4_signing.Credentials | None,
        now: Callable[[], datetime],
    ) -> None:
        self._endpoint = endpoint.rstrip("/") + "/"
        self._host = urlsplit(endpoint).netloc
        self._client = client
        self._credentials = credentials
        self._now = now

    async def data_key(self, key_arn: str, context: Mapping[str, str]) -> Any:
        """Call GenerateDataKey. See `DataKeySource`."""
        body = msgspec.json.encode(
            {"KeyId": key_arn, "NumberOfBytes": _KEY_BYTES, "EncryptionContext": context}
        )
        try:
            headers = self._headers(key_arn, body)
            reply = await post(self._client, self._endpoint, headers, body, limit=ANSWER_LIMIT)
        except ConnectionFailed as failed:
            raise KeyUnusable(CONNECTION_FAILED) from failed
        answer = reply.body if reply.is_whole else b""
        if not reply.is_success:
            raise KeyUnusable(_reason(reply.status, answer))
        try:
            made = msgspec.json.decode(answer, type=_GenerateDataKeyResponse)
        except (ValueError, RecursionError):
            raise KeyUnusable("unrecognizable answer") from None
        if len(made.plaintext) != _KEY_BYTES:
            raise KeyUnusable("unrecognizable answer")
        provider = MasterKeyInfo(provider_id=_KMS_PROVIDER, key_info=made.key_id)
        return DataKey(provider, made.plaintext, made.ciphertext_blob)

    def _headers(self, key_arn: str, body: bytes) -> dict[str, str]:
        headers = {
            "host": self._host,
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "TrentService.GenerateDataKey",
        }
        if self._credentials is None:
            return headers
        arn = _ARN.fullmatch(key_arn)
        if arn is None:
            raise KeyUnusable("not the ARN of a KMS key")
        return headers | sigv4_signing.sign(
            "POST",
            "/",
            headers,
            body,
            credentials=self._credentials,
            region=arn["region"],
            service="kms",
            now=self._now(),
        )


class _AwsError(msgspec.Struct, frozen=True):
    code: str = msgspec.field(name="__type")


def _reason(status: int, answer: bytes) -> str:
    """Return KMS's error code, such as `NotFoundException`, without the namespace before it."""
    try:
        code = msgspec.json.decode(answer, type=_AwsError).code.rpartition("#")[2]
    except (ValueError, RecursionError):
        code = ""
    return code if _ERROR_CODE.fullmatch(code) else f"HTTP status {status}"


def data_key_source(
    place: str,
    *,
    client: "Callable[[], httpx.AsyncClient]",
    credentials: sigv4_signing.Credentials | None,
    now: Callable[[], datetime],
    folder: Path,
) -> DataKeySource:
    """Return the source at this place. Raises ValueError with what is wrong.

    `folder` is where relative paths start.
    """
    if not place.startswith(_KMS):
        return KeyFile.load(folder / place)
    endpoint = place.removeprefix(_KMS)
    if "@" in endpoint:  # first, so that no other complaint shows a password
        raise ValueError("an address has no user or password here")
    url = urlsplit(endpoint)
    if url.scheme not in {"http", "https"} or not url.hostname or url.path.strip("/") or url.query:
        raise ValueError(f"{place!r} is not kms+ and an http:// or https:// address")
    return KmsApi(endpoint, client=client(), credentials=credentials, now=now)
