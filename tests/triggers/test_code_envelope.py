"""The code of a custom sender, opened as functions open it: by AWS's Encryption SDK.

The format is that of live events (ev:triggers-7).
"""

import asyncio
import base64
import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto import WrappingKey
from aws_encryption_sdk.key_providers.kms import KMSMasterKey, KMSMasterKeyConfig
from aws_encryption_sdk.key_providers.raw import RawMasterKey, RawMasterKeyConfig
from cryptography.exceptions import InvalidTag
from support.aws_server import CREDENTIALS, REGION, AwsServer, Kms, Reply

from poolhouse.triggers.code_envelope import CodeEnvelope
from poolhouse.triggers.custom_sender import KeyUnusable
from poolhouse.triggers.data_keys import DataKeySource, data_key_source

KEY_ARN = f"arn:aws:kms:{REGION}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
POOL = "eu-west-1_Barn"
CODE = "Zö1!<&>"

# The suite is not committed to its key, so that functions must allow it, as AWS's guide shows.
DECRYPTING = EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)


@pytest.fixture
def kms() -> Iterator[AwsServer]:
    with AwsServer("kms", Kms(KEY_ARN)) as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


def source(place: str, client: httpx.AsyncClient, folder: Path) -> DataKeySource:
    return data_key_source(
        place,
        client=lambda: client,
        credentials=CREDENTIALS,
        now=lambda: datetime.now(UTC),
        folder=folder,
    )


def by_kms(kms: AwsServer) -> Any:
    """What a function makes of its key's ARN, and of the endpoint of its KMS."""
    client = boto3.client(
        "kms",
        endpoint_url=kms.url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS.access_key_id,
        aws_secret_access_key=CREDENTIALS.secret,
        aws_session_token=CREDENTIALS.session_token,
    )
    return KMSMasterKey(config=KMSMasterKeyConfig(key_id=KEY_ARN, client=client))


def by_file(key: bytes) -> Any:
    """What a function makes of the same key: a raw AES key in our namespace, named by the ARN."""
    algorithm = WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING
    wrapping_key = WrappingKey(algorithm, key, EncryptionKeyType.SYMMETRIC)
    return RawMasterKey(
        config=RawMasterKeyConfig(
            key_id=KEY_ARN, provider_id="poolhouse", wrapping_key=wrapping_key
        )
    )


async def opened(sealed: str, provider: Any) -> tuple[bytes, Any]:
    """In a thread: the library, as its KMS client, waits without letting others run."""
    return await asyncio.to_thread(
        DECRYPTING.decrypt, source=base64.b64decode(sealed), key_provider=provider
    )


async def test_code_envelope_is_opened_with_the_pools_kms_key(
    kms: AwsServer, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    envelope = CodeEnvelope(source(f"kms+{kms.url}", client, tmp_path))
    sealed = await envelope.seal(CODE, KEY_ARN, POOL)
    plain, header = await opened(sealed, by_kms(kms))
    assert plain.decode() == CODE
    assert header.encryption_context["userpool-id"] == POOL
    assert kms.refusals == []


async def test_kms_is_asked_with_the_pool_in_the_context(
    kms: AwsServer, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    """So that a policy may test `kms:EncryptionContext:userpool-id`."""
    envelope = CodeEnvelope(source(f"kms+{kms.url}", client, tmp_path))
    await envelope.seal(CODE, KEY_ARN, POOL)
    asked = json.loads(kms.last.body)
    assert kms.last.headers["x-amz-target"] == "TrentService.GenerateDataKey"
    assert (asked["KeyId"], asked["NumberOfBytes"]) == (KEY_ARN, 32)
    assert asked["EncryptionContext"].keys() == {"userpool-id", "aws-crypto-public-key"}


async def test_code_envelope_is_opened_with_a_key_file(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    key = os.urandom(32)
    (tmp_path / "sender.key").write_bytes(base64.b64encode(key) + b"\n")
    envelope = CodeEnvelope(source("sender.key", client, tmp_path))
    sealed = await envelope.seal(CODE, KEY_ARN, POOL)
    plain, _ = await opened(sealed, by_file(key))
    assert plain.decode() == CODE
    with pytest.raises(InvalidTag):
        await opened(sealed, by_file(os.urandom(32)))


async def test_code_envelope_has_the_message_format_of_aws(
    kms: AwsServer, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Byte for byte what a published sample of AWS begins with, but for the random parts."""
    envelope = CodeEnvelope(source(f"kms+{kms.url}", client, tmp_path))
    sealed = await envelope.seal(CODE, KEY_ARN, POOL)
    message = base64.b64decode(sealed)
    assert sealed.startswith("AYADe")
    assert message[:4] == bytes.fromhex("01800378")
    context = message[20:]
    length = int.from_bytes(context[:2], "big")
    assert context[2:4] == b"\0\2"
    assert context[4:].startswith(b"\x00\x15aws-crypto-public-key\x00\x44")
    assert context[: 2 + length].endswith(b"\x00\x0buserpool-id\x00\x0eeu-west-1_Barn")
    keys = context[2 + length :]
    provider = b"\0\1\0\7aws-kms" + len(KEY_ARN).to_bytes(2, "big") + KEY_ARN.encode()
    assert keys.startswith(provider)
    wrapped = int.from_bytes(keys[len(provider) : len(provider) + 2], "big")
    after = keys[len(provider) + 2 + wrapped :]
    assert after[:10] == bytes.fromhex("02 00000000 0c 00001000")  # framed, 4096 bytes a frame


async def test_code_envelopes_of_one_code_differ(client: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "sender.key").write_bytes(base64.b64encode(bytes(32)))
    envelope = CodeEnvelope(source("sender.key", client, tmp_path))
    one, other = [await envelope.seal(CODE, KEY_ARN, POOL) for _ in range(2)]
    assert base64.b64decode(one)[4:20] != base64.b64decode(other)[4:20]
    assert base64.b64decode(one)[-60:] != base64.b64decode(other)[-60:]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(400, b'{"__type": "DisabledException", "message": "x"}'), "DisabledException"),
        (Reply(400, b'{"__type": "com.amazonaws.kms#NotFoundException"}'), "NotFoundException"),
        (Reply(400, b'{"__type": "no code, but words"}'), "HTTP status 400"),
        (Reply(503, b"<html>"), "HTTP status 503"),
        (Reply(200, b"{}"), "unrecognizable answer"),
        (Reply(200, b"[" * 100_000), "unrecognizable answer"),
        (
            Reply(200, b'{"KeyId": "k", "Plaintext": "c2hvcnQ=", "CiphertextBlob": "eA=="}'),
            "unrecognizable answer",
        ),
    ],
)
async def test_code_envelope_key_refused_by_kms_is_unusable(
    kms: AwsServer, client: httpx.AsyncClient, tmp_path: Path, reply: Reply, reason: str
) -> None:
    kms.answer = lambda _: reply
    envelope = CodeEnvelope(source(f"kms+{kms.url}", client, tmp_path))
    with pytest.raises(KeyUnusable) as unusable:
        await envelope.seal(CODE, KEY_ARN, POOL)
    assert unusable.value.reason == reason


async def test_code_envelope_with_unreachable_kms_is_unusable(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    with AwsServer("kms") as kms:
        place = f"kms+{kms.url}"
    envelope = CodeEnvelope(source(place, client, tmp_path))
    with pytest.raises(KeyUnusable, match="Connection failed"):
        await envelope.seal(CODE, KEY_ARN, POOL)


@pytest.mark.parametrize(
    ("place", "mistake"),
    [
        ("absent.key", "absent.key can't be read: No such file or directory"),
        ("short.key", "short.key does not hold 32 bytes in Base64"),
        ("words.key", "words.key does not hold 32 bytes in Base64"),
        ("kms+ftp://kms.example", "is not kms+ and an http:// or https:// address"),
        ("kms+https://kms.example/path", "is not kms+ and an http"),
        ("kms+https://me:secret@kms.example", "has no user or password here"),
    ],
)
async def test_code_envelope_malformed_key_source_is_named(
    client: httpx.AsyncClient, tmp_path: Path, place: str, mistake: str
) -> None:
    (tmp_path / "short.key").write_bytes(base64.b64encode(bytes(16)))
    (tmp_path / "words.key").write_text("not Base64!")
    with pytest.raises(ValueError, match=re.escape(mistake)) as refusal:
        source(place, client, tmp_path)
    assert "secret" not in str(refusal.value)


async def test_code_envelope_key_without_an_arn_is_unusable(
    kms: AwsServer, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    envelope = CodeEnvelope(source(f"kms+{kms.url}", client, tmp_path))
    with pytest.raises(KeyUnusable, match="not the ARN of a KMS key"):
        await envelope.seal(CODE, "my-key", POOL)
