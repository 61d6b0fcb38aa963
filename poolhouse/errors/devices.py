"""Refusals about remembered devices.

One class per situation, its parent AWS's error, grouped by parent. A comment cites the source of
each sentence, as docs/evidence explains.
"""

from poolhouse.wire import errors as aws


# ── DeviceKeyExistsException ──────────────────────────────────────────────────────────────────────
class DeviceExists(aws.DeviceKeyExistsException):
    message = "Device key already exists."  # UNVERIFIED: the text?


# ── InvalidParameterException ─────────────────────────────────────────────────────────────────────
class InvalidDeviceKey(aws.InvalidParameterException):
    """The key isn't the one that this sign-in was given to confirm."""

    message = "Invalid device key given."  # amplify-js#2087


class InvalidDeviceVerifier(aws.InvalidParameterException):
    message = "Invalid device secret verifier config given."  # UNVERIFIED: the text?


# ── NotAuthorizedException ────────────────────────────────────────────────────────────────────────
class DeviceAuthBeforeUserAuth(aws.NotAuthorizedException):
    """A device authenticates before its user."""

    # amplify-js#10582
    message = "Cannot initiate DEVICE_SRP_AUTH flow without first authenticating"


# ── ResourceNotFoundException ─────────────────────────────────────────────────────────────────────
class DeviceNotFound(aws.ResourceNotFoundException):
    """Clients drop the key of their device on this sentence, and try again without it."""

    # ev:auth-4; amplify-js: retryOnResourceNotFoundException
    message = "Device does not exist."


class DeviceOwnerNotFound(aws.ResourceNotFoundException):
    # UNVERIFIED: the text? UserNotFoundException is none of these operations' errors.
    message = "User does not exist."
