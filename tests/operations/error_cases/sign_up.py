"""Refusals of users on their way in: sign-up, confirmation, creation by an administrator."""

from support.error_cases import (
    EMAIL,
    PHONE,
    VERIFIED_EMAIL,
    a_wrong_code,
    admin,
    changes,
    client,
    confirms,
    has_password,
    is_created,
    refuses,
    signs_up,
)

from poolhouse.errors import auth, users

EMAIL_POOL = {"UsernameAttributes": ["email"]}
PHONE_POOL = {"UsernameAttributes": ["phone_number"]}
EITHER_POOL = {"UsernameAttributes": ["email", "phone_number"]}
VERIFYING = {"AutoVerifiedAttributes": ["email"]}
ALIASES = {"AliasAttributes": ["email", "phone_number"], **VERIFYING}
FOR_CODES = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
OF_ADMINISTRATORS = {"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}}
REQUIRED_NAME = [{"Name": "name", "AttributeDataType": "String", "Required": True}]
REQUIRED_NICKNAME = [{"Name": "nickname", "AttributeDataType": "String", "Required": True}]

NOT_IN_SCHEMA = "Attributes did not conform to the schema: "
UNKNOWN = {"custom:a": "1", "custom:b": "2"}
UNKNOWN_LINES = (
    "custom:a: Attribute does not exist in the schema.\n"
    "custom:b: Attribute does not exist in the schema.\n"
)
RULES = {
    "not long enough": "Aa1!",
    "must have uppercase characters": "correct-horse-9!",
    "must have lowercase characters": "CORRECT-HORSE-9!",
    "must have numeric characters": "Correct-Horse-!!",
    "must have symbol characters": "CorrectHorse9999",
}
"""A password that breaks each rule, and of those after it in the order of the rules some more."""

SITUATIONS = [
    refuses(
        users.SignUpNotPermitted,
        "SignUp is not permitted for this user pool",
        "pmill/aws-cognito#37",
        signs_up(),
        **OF_ADMINISTRATORS,
    ),
    # Names that can't be
    *(
        refuses(users.UsernameMustBeEmail, sentence, source, call, **EMAIL_POOL)
        for sentence, source in [("Username should be an email.", "sample-aws-genai-ops-demos#2")]
        for call in (signs_up("bob"), is_created("bob"), signs_up("+491701234567"))
    ),
    *(
        refuses(users.UsernameMustBePhone, sentence, "by analogy, unverified", call, **PHONE_POOL)
        for sentence in ["Username should be a phone number."]
        for call in (signs_up("bob"), is_created("bob"), signs_up("bob@home.example"))
    ),
    *(
        refuses(users.UsernameMustBeEither, sentence, source, call, **EITHER_POOL)
        for sentence in ["Username should be either an email or a phone number."]
        for source in ["sample-aws-genai-ops-demos#2"]
        for call in (signs_up("bob"), is_created("bob"))
    ),
    *(
        refuses(
            users.UsernameLooksLikeAlias,
            f"Username cannot be of {kind} format, since user pool is configured for {kind} alias.",
            "amplify-js#8800, awsmobile-cli#178; the phone number's by analogy",
            call,
            **ALIASES,
        )
        for kind, name in (("email", "bob@home.example"), ("phone number", "+491701234567"))
        for call in (signs_up(name), is_created(name))
    ),
    *(
        refuses(
            users.UsernameDiffers,
            "Username and email attribute must be the same.",
            "dg:user-pool-settings-attributes; the text unverified",
            call,
            **EMAIL_POOL,
        )
        for call in (signs_up("bob@home.example", EMAIL), is_created("bob@home.example", EMAIL))
    ),
    # Names that another user has
    refuses(
        users.UsernameTaken,
        "User already exists",
        "dg:cognito-user-pool-managing-errors",
        signs_up(),
        signs_up(),
    ),
    refuses(
        users.UserAlreadyCreated,
        "User account already exists",
        "localstack#4465",
        is_created(),
        signs_up(),
    ),
    *(
        refuses(
            users.AttributeTaken,
            f"An account with the given {attribute} already exists.",
            "amazon-cognito-identity-dart#73",
            call,
            signs_up(name),
            **EITHER_POOL,
        )
        for attribute, name in (("email", "a@home.example"), ("phone_number", "+491701234567"))
        for call in (signs_up(name), is_created(name))
    ),
    refuses(
        users.AttributeTaken,
        "An account with the given email already exists.",
        "boto3#3213, of a verified alias",
        is_created("bob", VERIFIED_EMAIL),
        is_created("alice", VERIFIED_EMAIL),
        **ALIASES,
    ),
    refuses(
        users.AliasTaken,
        "An account with the email already exists.",
        "dg:cognito-user-pool-managing-errors",
        confirms("bob"),
        signs_up("alice", EMAIL),
        confirms("alice"),
        signs_up("bob", EMAIL),
        **ALIASES,
    ),
    # Passwords
    *(
        refuses(
            auth.WeakPassword,
            f"Password did not conform with policy: Password {rule}",
            "anomalyco/guide#216; the order of the rules: amazon-cognito-identity-js#311",
            signs_up(Password=password),
        )
        for rule, password in RULES.items()
    ),
    *(
        refuses(
            auth.WeakTemporaryPassword,
            f"Password did not conform with password policy: Password {rule}",
            "dataall#690",
            is_created(TemporaryPassword=password),
        )
        for rule, password in RULES.items()
    ),
    refuses(
        users.PasswordNeeded,
        "Password is required.",
        "dg:signing-up-users-in-your-app; the text unverified",
        client("sign_up", Username="alice"),
    ),
    refuses(
        users.ContactNeeded,
        "Users without a password need an email or phone number.",
        "the API model on AdminCreateUser; the text unverified",
        is_created(),
        Policies=FOR_CODES,
    ),
    # Attributes
    *(
        refuses(
            users.OutsideSchema,
            NOT_IN_SCHEMA + UNKNOWN_LINES,
            "amplify-js#5532, amplify-flutter#509, amplify-cli#1761",
            call,
        )
        for call in (signs_up(attributes=UNKNOWN), is_created(attributes=UNKNOWN))
    ),
    refuses(
        users.OutsideSchema,
        NOT_IN_SCHEMA + "name: The attribute is required\nnickname: The attribute is required\n",
        "amazon-cognito-identity-dart-2#89",
        signs_up(),
        Schema=[*REQUIRED_NAME, *REQUIRED_NICKNAME],
    ),
    *(
        refuses(
            users.AttributeNotWritable,
            "A client attempted to write unauthorized attribute",
            "aws-sdk-js#3603, amplify-js#5345",
            signs_up(attributes={**EMAIL, name: value}),
        )
        for name, value in (("email_verified", "true"),)
    ),
    refuses(
        users.AttributeNotMutable,
        "Cannot modify the non-mutable attribute sub",
        "ev:users-5.3, of an update; unverified at sign-up",
        signs_up(attributes={**EMAIL, "sub": "me"}),
    ),
    *(
        refuses(
            users.AttributeNull,
            "Attribute value for email must not be null",
            "an AWS-verified test of UpdateUserAttributes; unverified at creation",
            call,
        )
        for call in (
            client(
                "sign_up",
                Username="alice",
                Password="Correct-Horse-9!",
                UserAttributes=[{"Name": "email"}],
            ),
            admin("admin_create_user", Username="alice", UserAttributes=[{"Name": "email"}]),
        )
    ),
    *(
        refuses(users.InvalidEmail, "Invalid email address format.", "ev:amplify-ui", call)
        for call in (
            signs_up(attributes={"email": "alice"}),
            is_created(attributes={"email": "a@b"}),
            signs_up(attributes={"email": '"a"@corp.com'}),
            is_created(attributes={"email": "a(b)@corp.com", "email_verified": "true"}),
        )
    ),
    *(
        refuses(users.InvalidPhone, "Invalid phone number format.", "ev:amplify-ui", call)
        for call in (
            signs_up(attributes={"phone_number": "0170123"}),
            is_created(attributes={"phone_number": "+49 170"}),
        )
    ),
    refuses(
        users.InvalidPhone,
        "Invalid phone number format.",
        "amplify-js#13391: an empty one is refused at sign-up",
        signs_up(attributes={"phone_number": ""}),
    ),
    refuses(
        users.EmailNeeded,
        "Email is required to verify/un-verify an email",
        "ev:cognito-local",
        is_created(attributes={"email_verified": "true"}),
    ),
    refuses(
        users.PhoneNeeded,
        "Phone Number is required to verify/un-verify a phone number",
        "ev:cognito-local",
        is_created(attributes={"phone_number_verified": "true"}),
    ),
    # Confirmation
    refuses(
        auth.WrongCode,
        "Invalid verification code provided, please try again.",
        "floci#2018",
        confirms(ConfirmationCode=a_wrong_code()),
        signs_up("alice", EMAIL),
        **VERIFYING,
    ),
    refuses(
        auth.NoCode,
        "Invalid code provided, please request a code again.",
        "aws-sdk-ios-samples#144, floci#2018: never requested",
        confirms(ConfirmationCode="123456"),
        signs_up(),
    ),
    *(
        refuses(
            users.CannotConfirm,
            f"User cannot be confirmed. Current status is {status}",
            "amazon-cognito-identity-dart-2#80",
            call,
            *before,
        )
        for status, before in {
            "CONFIRMED": [is_created(), has_password()],
            "FORCE_CHANGE_PASSWORD": [is_created()],
            "RESET_REQUIRED": [
                is_created(attributes=VERIFIED_EMAIL),
                has_password(),
                admin("admin_reset_user_password", Username="alice"),
            ],
        }.items()
        for call in (
            confirms(ConfirmationCode="123456"),
            admin("admin_confirm_sign_up", Username="alice"),
        )
    ),
    refuses(
        users.NothingToResend,
        "Cannot resend codes. Auto verification not turned on.",
        "amplify-cli#3646",
        client("resend_confirmation_code", Username="alice"),
        signs_up(),
    ),
    refuses(
        users.AlreadyConfirmed,
        "User is already confirmed.",
        "amplify-js#1614",
        client("resend_confirmation_code", Username="alice"),
        is_created(),
        has_password(),
        **VERIFYING,
    ),
    refuses(
        users.CannotResendForStatus,
        "Cannot resend codes. Current status is FORCE_CHANGE_PASSWORD",
        "unverified",
        client("resend_confirmation_code", Username="alice"),
        is_created(),
        **VERIFYING,
    ),
    refuses(
        users.CannotInviteAgain,
        "Resend not possible. alice status is not FORCE_CHANGE_PASSWORD",
        "floci#755",
        is_created(MessageAction="RESEND"),
        signs_up(),
    ),
    refuses(
        users.AttributeNotMutable,
        "Cannot modify the non-mutable attribute sub",
        "ev:users-5.3: two tools that copy users with AdminCreateUser",
        is_created(attributes={"sub": "11111111-0000-4000-8000-000000000001"}),
    ),
    refuses(
        users.ContactInUse,
        "An account with the given email already exists.",
        "ev:moto; boto3#3213",
        changes(VERIFIED_EMAIL, "admin_update_user_attributes", "bob@home.example"),
        signs_up("alice@home.example"),
        signs_up("bob@home.example"),
        **EMAIL_POOL,
    ),
    refuses(
        users.InvalidPhone,
        "Invalid phone number format.",
        "ev:amplify-ui",
        changes({"phone_number": "12"}, "admin_update_user_attributes"),
        is_created(attributes=PHONE),
    ),
]
