"""SECRET_HASH: authentication of an app client without sending its secret (ev:users-4.2)."""

import base64
import hmac
from collections.abc import Sequence


def secret_hash(secret: str, username: str, client_id: str) -> str:
    """Return Base64 of the HMAC-SHA256 of username and client id, with the secret as the key.

    The username is the one that the client sent.
    """
    message = (username + client_id).encode()
    return base64.b64encode(hmac.digest(secret.encode(), message, "sha256")).decode()


def matches(secrets: Sequence[str], username: str, client_id: str, given: str) -> bool:
    """Return whether `given` was made with one of the client's secrets, of which it may have two.

    Every secret is tried, also after a match, so that timing doesn't reveal which one matched
    (ev:users-4.3).
    """
    matched = False
    for secret in secrets:
        expected = secret_hash(secret, username, client_id)
        matched |= hmac.compare_digest(expected.encode(), given.encode())
    return matched
