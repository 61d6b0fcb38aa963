"""All contexts of sealed data and of keyed hashes, in one list, so that none is used twice.

Stores, exports, tokens and Sessions hold what was made with these texts. A text must never change,
although its name in the code may.
"""

import enum


@enum.unique
class Context(enum.StrEnum):
    """The purpose of sealed data or of a keyed hash.

    The parameters that follow it say whose it is. Only the same context and parameters open what
    was sealed. Sealing and hashing use different keys, so one context may serve for both.
    """

    # Sealed in the store.
    PASSWORD = "credentials"  # noqa: S105 - the name of a table
    SOFTWARE_TOKEN = "software_tokens"  # noqa: S105 - likewise
    DEVICE = "device"
    CLIENT_SECRETS = "clients"
    SIGNING_KEY = "signing_keys"
    ACCESS_KEY = "access_keys"
    OUTBOX = "outbox"
    INBOX = "inbox"
    AUTHORIZATION_CODE = "authorization code"  # also the hash of a code
    BROWSER_SESSION = "browser session"  # also sealed in the cookie
    DEVICE_GRANT = "device grant"  # also the hash of a device code

    # Sealed on the way through clients and operators.
    AUTH_SESSION = "sign-in"
    BROWSER_DEVICE = "browser device"  # sealed in the cookie
    REFRESH_TOKEN = "refresh token"  # noqa: S105 - also the hash of a token's secret
    PAGINATION_TOKEN = "page_token"  # noqa: S105
    EXPORT = "export"

    # Keyed hashes that are kept, or shown to clients.
    VERIFICATION_CODE = "code"
    SIGN_IN_CODE = "sign-in code"
    RECOVERY_CODE = "recovery code"
    REFRESH_TOKEN_SUCCESSOR = "refresh token successor"  # noqa: S105
    DEVICE_GROUP = "device group"
    CLIENT_AT_ADDRESS = "client at address"
    DEVICE_USER_CODE = "device user code"  # also sealed in the cookie of an accepted code

    # Keyed hashes from which decoys are made, the same for the same name.
    DECOY_USER = "stand-in"
    DECOY_DELIVERY = "simulated delivery"
    DECOY_PASSWORD = "no password"  # noqa: S105
    DECOY_PASSKEY = "no passkey"
    DECOY_FACTORS = "offered factors"

    def of(self, *parameters: str) -> bytes:
        """Return the context with its parameters. Only the last one may contain a slash."""
        text = f"{self._value_}/{'/'.join(parameters)}" if parameters else self._value_
        return text.encode()
