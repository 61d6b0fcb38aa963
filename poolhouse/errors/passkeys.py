"""Refusals about passkeys: registration, origins and relying parties.

One class per situation, its parent AWS's error, grouped by parent. A comment cites the source of
each sentence, as docs/evidence explains.
"""

from poolhouse.wire import errors as aws


# ── InvalidParameterException ─────────────────────────────────────────────────────────────────────
class InvalidCredential(aws.InvalidParameterException):
    """The authenticator's response doesn't have the form that browsers send."""

    message = "Credential data is not valid"  # aws-sdk-net#4386


# ── LimitExceededException ────────────────────────────────────────────────────────────────────────
class TooManyPasskeys(aws.LimitExceededException):
    message = "Limit of passkeys per user exceeded."  # UNVERIFIED: the text?


# ── ResourceNotFoundException ─────────────────────────────────────────────────────────────────────
class PasskeyNotFound(aws.ResourceNotFoundException):
    message = "WebAuthn credential does not exist."  # UNVERIFIED: the text?


# ── WebAuthnChallengeNotFoundException ────────────────────────────────────────────────────────────
class RegistrationExpired(aws.WebAuthnChallengeNotFoundException):
    """There is none, it took too long, or the answer is to another."""

    message = "Challenge not found or expired."  # UNVERIFIED: the text?


# ── WebAuthnClientMismatchException ───────────────────────────────────────────────────────────────
class OtherClientRegisters(aws.WebAuthnClientMismatchException):
    """The registration was begun with another app client's access token."""

    # UNVERIFIED: the text?
    message = "The access token is for a different client than the registration was started with."


# ── WebAuthnConfigurationMissingException ─────────────────────────────────────────────────────────
class NoRelyingParty(aws.WebAuthnConfigurationMissingException):
    message = "The user pool has no relying party ID."  # UNVERIFIED: the text?


# ── WebAuthnCredentialNotSupportedException ───────────────────────────────────────────────────────
class UnsupportedPasskey(aws.WebAuthnCredentialNotSupportedException):
    message = "The credential is not supported."  # UNVERIFIED: the text?


# ── WebAuthnNotEnabledException ───────────────────────────────────────────────────────────────────
class PasskeysNotEnabled(aws.WebAuthnNotEnabledException):
    message = "WebAuthn is not enabled for the user pool."  # UNVERIFIED: the text?


# ── WebAuthnOriginNotAllowedException ─────────────────────────────────────────────────────────────
class OriginNotAllowed(aws.WebAuthnOriginNotAllowedException):
    # UNVERIFIED: the text?
    message = "The origin of the credential is not allowed by the relying party ID."


# ── WebAuthnRelyingPartyMismatchException ─────────────────────────────────────────────────────────
class OtherRelyingParty(aws.WebAuthnRelyingPartyMismatchException):
    message = "The credential is for a different relying party ID."  # UNVERIFIED: the text?
