"""The code on its way to a custom sender: an AWS Encryption SDK message, as Cognito makes it.

Format version 1, suite 0x0378 (AES-256-GCM, HKDF-SHA384, signed by ECDSA P-384, no key commitment),
one data key, and the pool's id in the encryption context, so that a policy of the KMS key can test
it (ev:triggers-7). AWS's own library writes the message; only the data key is fetched here, since
KMS must be asked without blocking the event loop, and with the signing key in the context.
"""

import base64
from typing import Any, Final

from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.identifiers import Algorithm
from aws_encryption_sdk.materials_managers import EncryptionMaterials
from aws_encryption_sdk.materials_managers.base import CryptoMaterialsManager
from aws_encryption_sdk.structures import EncryptedDataKey
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from poolhouse.triggers.data_keys import DataKeySource

SUITE: Final = Algorithm.AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384

_SIGNING_KEY: Final = "aws-crypto-public-key"
_POOL: Final = "userpool-id"


class CodeEnvelope:
    """Seals codes under the KMS keys of pools (`custom_sender.CodeSealer`)."""

    def __init__(self, data_keys: DataKeySource) -> None:
        self._data_keys = data_keys
        # The suite doesn't commit to its key, which the library must be told to accept.
        self._client = EncryptionSDKClient(
            commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
        )

    async def seal(self, code: str, key_arn: str, pool_id: str) -> str:
        """See `custom_sender.CodeSealer`."""
        signing_key = ec.generate_private_key(ec.SECP384R1())
        point = signing_key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        context = {_SIGNING_KEY: base64.b64encode(point).decode(), _POOL: pool_id}
        data_key = await self._data_keys.data_key(key_arn, context)
        materials = EncryptionMaterials(
            algorithm=SUITE,
            data_encryption_key=data_key,
            encrypted_data_keys={
                EncryptedDataKey(data_key.key_provider, data_key.encrypted_data_key)
            },
            encryption_context=context,
            signing_key=signing_key.private_bytes(
                Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
            ),
        )
        message, _ = self._client.encrypt(
            source=code.encode(), materials_manager=_Prepared(materials)
        )
        return base64.b64encode(message).decode()


class _Prepared(CryptoMaterialsManager):  # type: ignore[misc]  # the library has no types
    """Gives the library what was prepared for one message."""

    def __init__(self, materials: Any) -> None:
        self._materials = materials

    def get_encryption_materials(self, request: object) -> Any:
        return self._materials

    def decrypt_materials(self, request: object) -> Any:
        raise AssertionError("codes are opened by the functions, never here")
