"""Errors that are raised before an operation is reached: one class per situation.

These are the answers of AWS's request router and authentication layer. They are not in the
API model, so any signed operation may give them; the operations' own refusals are in
the other modules. Sources: ev:order, ev:iam, ev:common-errors. The JSON-protocol spelling of the
codes is from captures of JSON services.
"""

from poolhouse.wire import errors as aws
from poolhouse.wire.errors import ServiceError


class ProtocolError(ServiceError):
    """An error of the protocol, which every operation may answer, modelled or not.

    `access_key_id` is the key that the request names, if it was read and the store knows it.
    """

    access_key_id: str = ""


# --- The request itself ---------------------------------------------------------------------


class SerializationException(ProtocolError):
    """The body is not JSON, or a member has the wrong JSON type."""

    code = "SerializationException"
    message = "{text}"


class UnknownOperationException(ProtocolError):
    """X-Amz-Target names nothing we know. AWS sends the code alone (aws-sdk-go#3689)."""

    code = "UnknownOperationException"


class NotBuilt(UnknownOperationException):
    """An operation of the API that isn't built. In dev mode only; otherwise AWS's code alone."""

    message = "Poolhouse doesn't have {operation} yet: docs/operations.md lists what it has."


class RequestEntityTooLargeException(ProtocolError):
    """The body is longer than we read."""

    # UNVERIFIED: the sentence and the limit of cognito-idp. Code and status: ev:common-errors.
    code = "RequestEntityTooLargeException"
    status = 413
    message = "Request size is too large. The maximum is {limit} bytes."


class MalformedQueryString(ProtocolError):
    """A percent escape of the path or query is broken."""

    # UNVERIFIED: the code's spelling in a JSON service. This one and its 404: ev:common-errors.
    code = "MalformedQueryString"
    status = 404


class EscapeCutShort(MalformedQueryString):
    message = "Incomplete trailing escape % sequence"  # ev:order


class EscapeNotHexadecimal(MalformedQueryString):
    message = "Illegal hex character in escape % pattern: {escape}"  # ev:order


# --- No credentials, or credentials that cannot be read -------------------------------------


class MissingAuthenticationTokenException(ProtocolError):
    """A signed operation was called without a signature (aws-sdk-cpp#1622)."""

    code = "MissingAuthenticationTokenException"
    message = "Missing Authentication Token"


class IncompleteSignatureException(ProtocolError):
    """The signature's parameters are missing or malformed."""

    code = "IncompleteSignatureException"


class UnsupportedAlgorithm(IncompleteSignatureException):
    message = "Unsupported AWS 'algorithm': '{algorithm}'."  # ev:order


class AuthorizationPairMalformed(IncompleteSignatureException):
    message = (  # ev:order
        "'{pair}' not a valid key=value pair (missing equal-sign) "
        "in Authorization header: '{header}'."
    )


class AuthorizationIncomplete(IncompleteSignatureException):
    """`requirements`: every sentence below that applies, joined by blanks."""

    message = "{requirements} Authorization={header}"  # ev:order
    parameter = "Authorization header requires '{name}' parameter."
    date = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."


class QueryParametersMissing(IncompleteSignatureException):
    """`requirements`: one sentence per missing parameter, joined by blanks."""

    message = "{requirements} Re-examine the query-string parameters."  # ev:order
    parameter = "AWS query-string parameters must include '{name}'."


class ExpiresMalformed(IncompleteSignatureException):
    # UNVERIFIED: the sentence of a service other than S3.
    message = "X-Amz-Expires must be a number of seconds from 1 to 604800, got '{expires}'."


class DateMalformed(IncompleteSignatureException):
    message = (  # ev:order
        "Date must be in ISO-8601 'basic format'. Got '{date}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )


class CredentialMalformed(IncompleteSignatureException):
    message = (  # ev:order
        "Credential must have exactly 5 slash-delimited elements, "
        "e.g. keyid/date/region/service/term, got '{credential}'"
    )


# --- Signatures that do not hold ------------------------------------------------------------


class InvalidSignatureException(ProtocolError):
    """SignatureDoesNotMatch in the JSON protocol; SDKs retry it with a corrected clock."""

    code = "InvalidSignatureException"


class SignedTwice(InvalidSignatureException):
    """Both an Authorization header and a query signature; AWS sends no sentence (ev:order)."""


class HostNotSigned(InvalidSignatureException):
    message = (  # ev:order
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    )


class TargetNotSigned(InvalidSignatureException):
    # UNVERIFIED: the sentence; ev:iam asks that every x-amz-* header be signed.
    message = "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."


class SignatureExpired(InvalidSignatureException):
    message = (  # ev:order; seen with "5 min." on JSON services
        "Signature expired: {signed_at} is now earlier than {earliest} ({now} - {window})"
    )


class SignatureNotYetCurrent(InvalidSignatureException):
    message = (  # ev:order
        "Signature not yet current: {signed_at} is still later than {latest} ({now} + 5 min.)"
    )


class ScopeMismatch(InvalidSignatureException):
    """`faults`: every sentence below that applies, joined by blanks, in this order (ev:order)."""

    message = "{faults}"
    region = "Credential should be scoped to a valid region, not '{region}'."
    service = "Credential should be scoped to correct service: '{service}'."
    terminator = (
        "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'."
    )
    date = (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
        "from HTTP: '{scoped}' != '{day}', from '{signed_at}'."
    )


class SignatureMismatch(InvalidSignatureException):
    message = (  # aws-sdk-js#1985, on AdminInitiateAuth
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method. "
        "Consult the service documentation for details."
    )


# --- Credentials that are not ours, or no longer --------------------------------------------


class UnrecognizedClientException(ProtocolError):
    """Unknown or inactive access key; a session token that is missing, wrong or not due."""

    code = "UnrecognizedClientException"
    message = "The security token included in the request is invalid."  # aws-sdk-php#2444


class ExpiredTokenException(ProtocolError):
    """The temporary credentials are past their time."""

    code = "ExpiredTokenException"
    message = "The security token included in the request is expired"  # ev:order


# --- Credentials that may not do this -------------------------------------------------------


class AccessDeniedException(ProtocolError):
    """IAM refuses. Status 400, as in every JSON 1.1 service; the sentences are those of ev:iam."""

    code = "AccessDeniedException"
    message = "{text}"


class NoPolicyAllows(AccessDeniedException):
    # ev:iam-sigv4-4
    message = (
        "User: {principal} is not authorized to perform: {action} on resource: {resource} "
        "because no identity-based policy allows the {action} action"
    )


class PolicyDenies(AccessDeniedException):
    # UNVERIFIED: newer answers may append ": POLICY_ARN"; ours have no ARN to show.
    message = (
        "User: {principal} is not authorized to perform: {action} on resource: {resource} "
        "with an explicit deny in an identity-based policy"
    )


# --- Any operation's refusals ---


class ChangedMeanwhile(aws.ConcurrentModificationException):
    message = "The user pool was changed by another request. Try again."  # UNVERIFIED: the text?


class Internal(aws.InternalErrorException):
    """An unexpected error, or a store that can't be reached; clients may retry it."""

    message = "Internal server error"  # ev:common-errors


class InvalidParameter(aws.InvalidParameterException):
    """The rule has the whole sentence."""

    message = "{text}"


class RateExceeded(aws.TooManyRequestsException):
    message = "Rate exceeded"  # amplify-js#3554
