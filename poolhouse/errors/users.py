"""Refusals about users: their names, attributes, states and contacts.

One class per situation, its parent AWS's error, grouped by parent. A comment cites the source of
each sentence, as docs/evidence explains.
"""

from poolhouse.wire import errors as aws


# ── AliasExistsException ──────────────────────────────────────────────────────────────────────────
class AliasTaken(aws.AliasExistsException):
    # dg:cognito-user-pool-managing-errors
    message = "An account with the {attribute} already exists."


class ContactInUse(aws.AliasExistsException):
    """A change to an email or phone number that names another user of a UsernameAttributes pool."""

    message = "An account with the given {attribute} already exists."  # ev:moto


# ── InvalidParameterException ─────────────────────────────────────────────────────────────────────
class AlreadyConfirmed(aws.InvalidParameterException):
    message = "User is already confirmed."  # amplify-js#1614


class CannotResendForStatus(aws.InvalidParameterException):
    """ResendConfirmationCode for a user who never signs up: made by an administrator, say."""

    # UNVERIFIED: the sentence for FORCE_CHANGE_PASSWORD and RESET_REQUIRED?
    message = "Cannot resend codes. Current status is {status}"


class UsernameMustBeEmail(aws.InvalidParameterException):
    message = "Username should be an email."  # sample-aws-genai-ops-demos#2


class UsernameMustBePhone(aws.InvalidParameterException):
    message = "Username should be a phone number."  # UNVERIFIED: by analogy


class UsernameMustBeEither(aws.InvalidParameterException):
    message = "Username should be either an email or a phone number."  # ev:users-1.6


class UsernameLooksLikeAlias(aws.InvalidParameterException):
    # amplify-js#8800; UNVERIFIED: the phone number's sentence
    message = "Username cannot be of {kind} format, since user pool is configured for {kind} alias."


class UsernameDiffers(aws.InvalidParameterException):
    # UNVERIFIED: username and an equal-named attribute that differ in one request
    message = "Username and {attribute} attribute must be the same."


class InvalidEmail(aws.InvalidParameterException):
    message = "Invalid email address format."  # ev:amplify-ui


class InvalidPhone(aws.InvalidParameterException):
    message = "Invalid phone number format."  # ev:amplify-ui


class OutsideSchema(aws.InvalidParameterException):
    """`lines` holds one "name: what is wrong" per attribute, each ended by a line feed."""

    message = "Attributes did not conform to the schema: {lines}"  # amplify-flutter#509


class ChangeOutsideSchema(aws.InvalidParameterException):
    """A change of a user's attributes outside the schema.

    `lines` holds one "user.name: what is wrong" per attribute, each ended by a line feed, without
    the sentence that precedes them at a sign-up.
    """

    # amplify-flutter#1531, of UpdateUserAttributes. UNVERIFIED: of administrators and deletions?
    message = "{lines}"


class AttributeImmutable(aws.InvalidParameterException):
    message = "user.{attribute}: Attribute cannot be updated.\n"  # amplify-swift#3981


class AttributeNotMutable(aws.InvalidParameterException):
    """Name `sub` in any write; in NEW_PASSWORD_REQUIRED any attribute that can't be given there."""

    # aws-sdk-ios#2203 (email_verified), amplify-android#244; ev:users-5.3 for `sub`
    message = "Cannot modify the non-mutable attribute {attribute}"


class AttributeNull(aws.InvalidParameterException):
    """Refuse an attribute without a value; an empty one means "delete"."""

    # ev:trace: an AWS-verified test of UpdateUserAttributes, and an error table
    message = "Attribute value for {attribute} must not be null"


class RequiredAttributeDeleted(aws.InvalidParameterException):
    """`lines` holds one "user.name: …" per attribute, each ended by a line feed."""

    message = "{lines}"  # aws-sdk-ios#4251


class NameCannotBeDeleted(aws.InvalidParameterException):
    """A user without the email or phone number to sign in with couldn't be named."""

    # UNVERIFIED: the text?
    message = "{attribute}: Attribute cannot be deleted, since it names the user."


class NotVerifiable(aws.InvalidParameterException):
    message = "Invalid attribute name. Only phone_number and email can be verified."  # floci#1898


class NoEmailToVerify(aws.InvalidParameterException):
    message = "User does not have a valid registered email address"  # floci#1898


class NoPhoneToVerify(aws.InvalidParameterException):
    message = "User does not have a valid registered phone number"  # floci#1898


class NoVerifiedContact(aws.InvalidParameterException):
    # frsechet/cognito-user-pool#2
    message = (
        "Cannot reset password for the user as there is no registered/verified email or"
        " phone_number"
    )


class EmailNeeded(aws.InvalidParameterException):
    message = "Email is required to verify/un-verify an email"  # ev:cognito-local


class PhoneNeeded(aws.InvalidParameterException):
    message = "Phone Number is required to verify/un-verify a phone number"  # ev:cognito-local


class PasswordNeeded(aws.InvalidParameterException):
    """SignUp without a password in a pool whose users can't sign in without one."""

    message = "Password is required."  # UNVERIFIED: the text?


class ContactNeeded(aws.InvalidParameterException):
    """AdminCreateUser without a password, and without a place to send one-time codes to."""

    # UNVERIFIED: the text, and whether AWS makes a password then?
    message = "Users without a password need an email or phone number."


class FilterNotUnderstood(aws.InvalidParameterException):
    message = "Error while parsing filter."  # aws-sdk-php#1088


class NotSearchable(aws.InvalidParameterException):
    message = "Invalid search attribute: {attribute}"  # ev:moto


class UnknownRequestedAttributes(aws.InvalidParameterException):
    message = "One or more requested attributes do not exist."  # aws-sdk-js#3091


# ── NotAuthorizedException ────────────────────────────────────────────────────────────────────────
class SignUpNotPermitted(aws.NotAuthorizedException):
    message = "SignUp is not permitted for this user pool"  # pmill/aws-cognito#37


class CannotConfirm(aws.NotAuthorizedException):
    # amazon-cognito-identity-dart-2#80
    message = "User cannot be confirmed. Current status is {status}"


class CannotReset(aws.NotAuthorizedException):
    message = "User password cannot be reset in the current state."  # amplify-flutter#3048


class AdministratorResets(aws.NotAuthorizedException):
    """Recovery is admin_only."""

    message = "Contact administrator to reset password."  # ev:moto


class UserDisabled(aws.NotAuthorizedException):
    message = "User is disabled."  # localstack#8454


class AttributeNotWritable(aws.NotAuthorizedException):
    message = "A client attempted to write unauthorized attribute"  # aws-sdk-js#3603


class NothingToResend(aws.NotAuthorizedException):
    message = "Cannot resend codes. Auto verification not turned on."  # amplify-cli#3646


# ── UnsupportedUserStateException ─────────────────────────────────────────────────────────────────
class CannotInviteAgain(aws.UnsupportedUserStateException):
    # floci#755
    message = "Resend not possible. {username} status is not FORCE_CHANGE_PASSWORD"


# ── UserNotFoundException ─────────────────────────────────────────────────────────────────────────
class UserNotFound(aws.UserNotFoundException):
    """An administrator named an unknown user, or a signed-in user has been deleted."""

    message = "User does not exist."  # aws-sdk-android#366


class UserNotFoundForClient(aws.UserNotFoundException):
    message = "Username/client id combination not found."  # ev:floci-capture


# ── UsernameExistsException ───────────────────────────────────────────────────────────────────────
class UsernameTaken(aws.UsernameExistsException):
    message = "User already exists"  # dg:cognito-user-pool-managing-errors


class UserAlreadyCreated(aws.UsernameExistsException):
    message = "User account already exists"  # localstack#4465


class AttributeTaken(aws.UsernameExistsException):
    # amazon-cognito-identity-dart#73
    message = "An account with the given {attribute} already exists."
