"""Describe errors of a store or its keys in a sentence."""

from typing import Final

from poolhouse.crypto.master_key import BadMasterKey, WrongMasterKey
from poolhouse.store.interface import Unavailable
from poolhouse.store.migrate import NewerStore

STORE_FAILURES: Final = (BadMasterKey, WrongMasterKey, Unavailable, NewerStore, OSError)


def sentence(error: Exception) -> str:
    """Return a sentence for the operator; the errors' own texts hold no secret."""
    if isinstance(error, WrongMasterKey):
        return (
            f"The master key doesn't unseal the store: {error}. If a rotation was interrupted,"
            " `poolhouse master-key rotate` finishes it."
        )
    if isinstance(error, Unavailable):
        return f"The store can't be used: {error}."
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename} can't be used: {error.strerror}."
    return str(error)
