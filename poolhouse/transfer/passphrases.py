"""Derive the sealer of an export's secrets from a passphrase.

A file has a data key of its own, wrapped under a key that scrypt makes of the passphrase: the form
in which the store keeps its secrets under the master key.
"""

from typing import Final

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from poolhouse.crypto.master_key import MasterKey, WrongMasterKey, new_wrapped_data_key
from poolhouse.crypto.sealer import Sealer
from poolhouse.transfer.file_format import Header, ImportRefused, Kdf

SALT_BYTES: Final = 16


def new_header(pool_id: str, passphrase: str, salt: bytes, kdf: Kdf) -> tuple[Header, Sealer]:
    """Return the first line of an export, and what seals the others. `salt` are fresh random bytes.

    At the default costs it takes half a second and 128 MiB.
    """
    key = _key(passphrase, salt, kdf)
    wrapped = new_wrapped_data_key(key)
    return Header(pool_id=pool_id, kdf=kdf, salt=salt, sealed=wrapped), Sealer(key, wrapped)


def sealer_of(header: Header, passphrase: str) -> Sealer:
    """Return what opens the seals of an export."""
    try:
        return Sealer(_key(passphrase, header.salt, header.kdf), header.sealed)
    except WrongMasterKey:
        raise ImportRefused("Wrong passphrase for this export.") from None
    except ValueError:
        raise ImportRefused("Line 1 is damaged: its costs of scrypt are invalid.") from None


def _key(passphrase: str, salt: bytes, kdf: Kdf) -> MasterKey:
    derived = Scrypt(salt=salt, length=32, n=kdf.n, r=kdf.r, p=kdf.p).derive(passphrase.encode())
    return MasterKey(derived)
