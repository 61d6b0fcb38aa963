"""Refusals of MFA settings, authenticator apps, devices and passkeys (ev:auth-9 to ev:auth-12)."""

from typing import Any

from support.error_cases import PASSWORD, admin, refuses
from support.mfa_pools import AuthenticatorApp
from support.passkey_device import ED25519, PARTY, PasskeyDevice, text
from support.passkey_pools import FACTORS
from support.sign_in_error_cases import (
    ALICE,
    BELIEVED,
    OPEN,
    TRACKING,
    Ask,
    Way,
    access_token,
    answers,
    asks_for,
    by_password,
    has_device,
    is_there,
    last_session,
    starts,
    with_tokens,
)

from poolhouse.errors import auth, devices, mfa, passkeys

ON = {"Enabled": True}
PREFERRED = {"Enabled": True, "PreferredMfa": True}
BY_ALL = asks_for("OPTIONAL", "app", "email", "sms")
BY_APP = asks_for("OPTIONAL", "app")
BY_SMS = asks_for("OPTIONAL", "sms")
MUST_BY_APP = asks_for("ON", "app")
WITH_DEVICE = (*BELIEVED, has_device)
UNKNOWN = "eu-central-1_11111111-2222-4333-8444-555555555555"
GONE = (
    devices.DeviceNotFound,
    "Device does not exist.",
    "amplify-js: retryOnResourceNotFoundException",
)
NO_PASSKEYS = (
    passkeys.PasskeysNotEnabled,
    "WebAuthn is not enabled for the user pool.",
    "the text unverified",
)
NOT_VALID = (
    passkeys.InvalidCredential,
    "Credential data is not valid",
    "aws-sdk-net#4386",
)


def with_passkeys(party: str = PARTY) -> dict[str, Any]:
    relying = {"RelyingPartyId": party}
    configured = {"MfaConfiguration": "OFF", "WebAuthnConfiguration": relying}
    return {**OPEN, "Policies": FACTORS, "factors": configured}


def confirms(**members: Any) -> Ask:
    """The device that the sign-in gave a key to."""
    return with_tokens(
        "confirm_device",
        **{
            "DeviceKey": lambda world: world.device.key,
            "DeviceSecretVerifierConfig": lambda world: world.device.verifier(),
            **members,
        },
    )


def begins(world: Way) -> None:
    """A registration, whose passkey is made on a device."""
    answer = world.cognito.start_web_authn_registration(AccessToken=access_token(world))
    world.options = answer["CredentialCreationOptions"]
    world.authenticator = PasskeyDevice()


def completes(made: Any) -> Ask:
    return with_tokens("complete_web_authn_registration", Credential=made)


def created(world: Way) -> Any:
    return world.authenticator.create(world.options)


def created_for_another_party(world: Way) -> Any:
    return world.authenticator.create(world.options, party="evil.example")


def created_elsewhere(world: Way) -> Any:
    return PasskeyDevice(origin="https://evil.example").create(world.options)


def created_by_another_algorithm(world: Way) -> Any:
    world.authenticator.algorithm = ED25519
    return created(world)


def has_passkeys(number: int) -> Any:
    def register(world: Way) -> None:
        for _ in range(number):
            begins(world)
            completes(created)(world)

    return register


def signs_in_with_another_client(world: Way) -> None:
    flows = OPEN["client"]
    made = world.cognito.create_user_pool_client(
        UserPoolId=world.pool.id, ClientName="other", **flows
    )
    by_password(password=PASSWORD, client_id=made["UserPoolClient"]["ClientId"])(world)


def associates(world: Way) -> None:
    answer = world.cognito.associate_software_token(AccessToken=access_token(world))
    world.app = AuthenticatorApp(answer["SecretCode"])


def wrong_code(world: Way) -> str:
    return world.app.wrong_code()


def associates_on_the_way(world: Way) -> None:
    world.answer = world.cognito.associate_software_token(Session=last_session(world))
    world.app = AuthenticatorApp(world.answer["SecretCode"])


SITUATIONS = [
    # Authenticator apps
    *(
        refuses(
            mfa.SoftwareTokenNotVerified,
            "Code mismatch and fail enable Software Token MFA",
            "aws-amplify-auth-starters#15",
            Ask("verify_software_token", {"UserCode": wrong_code, **whose}),
            *before,
            **settings,
        )
        for whose, before, settings in [
            ({"AccessToken": access_token}, (*BELIEVED, associates), BY_APP),
            (
                {"Session": last_session},
                (*is_there(), by_password(), associates_on_the_way),
                MUST_BY_APP,
            ),
        ]
    ),
    refuses(
        mfa.NoSoftwareToken,
        "Software Token MFA does not exist for the user.",
        "unverified: no secret was handed out",
        with_tokens("verify_software_token", UserCode="123456"),
        *BELIEVED,
        **BY_APP,
    ),
    refuses(
        mfa.NoSoftwareTokensInPool,
        "Software Token MFA has not been enabled by the userPool",
        "field",
        with_tokens("associate_software_token"),
        *BELIEVED,
        **BY_SMS,
    ),
    refuses(
        auth.InvalidSession,
        "Invalid session for the user.",
        "amplify-js#6461: not the Session of AssociateSoftwareToken",
        Ask("verify_software_token", {"Session": last_session, "UserCode": "123456"}),
        *is_there(),
        by_password(),
        **MUST_BY_APP,
    ),
    *(
        refuses(
            mfa.EitherTokenOrSession,
            "Provide either AccessToken or Session.",
            "the API's model: one or the other; the text unverified",
            Ask(operation, {**given, **more}),
            **OPEN,
        )
        for operation, more in [
            ("associate_software_token", {}),
            ("verify_software_token", {"UserCode": "123456"}),
        ]
        for given in ({}, {"AccessToken": "a.b.c", "Session": "x" * 20})
    ),
    # What a user prefers
    refuses(
        mfa.SoftwareTokenNotSetUp,
        "User has not set up software token mfa",
        "amplify-js#1812",
        with_tokens("set_user_mfa_preference", SoftwareTokenMfaSettings=PREFERRED),
        *BELIEVED,
        **BY_ALL,
    ),
    *(
        refuses(
            mfa.NoDeliveryConfig,
            f"User does not have delivery config set to turn on {factor}",
            "aws-sdk-js-v3#4645",
            call,
            *BELIEVED,
            **BY_ALL,
        )
        for factor, call in [
            ("SMS_MFA", with_tokens("set_user_mfa_preference", SMSMfaSettings=ON)),
            ("EMAIL_OTP", with_tokens("set_user_mfa_preference", EmailMfaSettings=ON)),
            ("SMS_MFA", admin("admin_set_user_mfa_preference", **ALICE, SMSMfaSettings=ON)),
            ("EMAIL_OTP", admin("admin_set_user_mfa_preference", **ALICE, EmailMfaSettings=ON)),
            (
                "SOFTWARE_TOKEN_MFA",
                admin("admin_set_user_mfa_preference", **ALICE, SoftwareTokenMfaSettings=ON),
            ),
            (
                "SMS_MFA",
                with_tokens(
                    "set_user_settings",
                    MFAOptions=[{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}],
                ),
            ),
        ]
    ),
    # Devices
    *(
        refuses(
            devices.InvalidDeviceKey,
            "Invalid device key given.",
            "amplify-js#2087",
            call,
            *WITH_DEVICE,
            **TRACKING,
        )
        for call in (confirms(DeviceKey=UNKNOWN),)
    ),
    *(
        refuses(
            devices.InvalidDeviceVerifier,
            "Invalid device secret verifier config given.",
            "the text unverified",
            confirms(DeviceSecretVerifierConfig=verifier),
            *WITH_DEVICE,
            **TRACKING,
        )
        for verifier in ({}, {"PasswordVerifier": "x", "Salt": "x"})
    ),
    refuses(
        devices.DeviceExists,
        "Device key already exists.",
        "the API's model: DeviceKeyExistsException; the text unverified",
        confirms(),
        *WITH_DEVICE,
        confirms(),
        **TRACKING,
    ),
    *(
        refuses(*GONE, call, *BELIEVED, **TRACKING)
        for call in (
            with_tokens("get_device", DeviceKey=UNKNOWN),
            with_tokens("forget_device", DeviceKey=UNKNOWN),
            with_tokens(
                "update_device_status", DeviceKey=UNKNOWN, DeviceRememberedStatus="remembered"
            ),
            admin("admin_get_device", **ALICE, DeviceKey=UNKNOWN),
            admin("admin_forget_device", **ALICE, DeviceKey=UNKNOWN),
            admin(
                "admin_update_device_status",
                **ALICE,
                DeviceKey=UNKNOWN,
                DeviceRememberedStatus="remembered",
            ),
        )
    ),
    *(
        refuses(
            devices.DeviceOwnerNotFound,
            "User does not exist.",
            "the API's model: UserNotFoundException isn't listed; the text unverified",
            admin(operation, Username="nobody", **more),
            **TRACKING,
        )
        for operation, more in [
            ("admin_get_device", {"DeviceKey": UNKNOWN}),
            ("admin_list_devices", {}),
        ]
    ),
    # Passkeys
    *(
        refuses(*NO_PASSKEYS, call, *BELIEVED, **OPEN)
        for call in (with_tokens("start_web_authn_registration"), completes({}))
    ),
    refuses(
        passkeys.NoRelyingParty,
        "The user pool has no relying party ID.",
        "dg:amazon-cognito-user-pools-authentication-flow-methods; the text unverified",
        with_tokens("start_web_authn_registration"),
        *BELIEVED,
        **with_passkeys(party="192.0.2.7"),  # browsers take no address
    ),
    *(
        refuses(error, sentence, source, completes(made), *BELIEVED, begins, **with_passkeys())
        for error, sentence, source, made in [
            (
                passkeys.OriginNotAllowed,
                "The origin of the credential is not allowed by the relying party ID.",
                "the text unverified",
                created_elsewhere,
            ),
            (
                passkeys.OtherRelyingParty,
                "The credential is for a different relying party ID.",
                "the text unverified",
                created_for_another_party,
            ),
            (
                passkeys.UnsupportedPasskey,
                "The credential is not supported.",
                "the text unverified",
                created_by_another_algorithm,
            ),
            (*NOT_VALID, {}),
            (*NOT_VALID, {"id": 7}),
        ]
    ),
    refuses(
        passkeys.RegistrationExpired,
        "Challenge not found or expired.",
        "the text unverified",
        completes(created),
        *BELIEVED,
        begins,
        completes(created),
        **with_passkeys(),
    ),
    refuses(
        passkeys.OtherClientRegisters,
        "The access token is for a different client than the registration was started with.",
        "the text unverified",
        completes(created),
        *BELIEVED,
        begins,
        signs_in_with_another_client,
        **with_passkeys(),
    ),
    refuses(
        passkeys.TooManyPasskeys,
        "Limit of passkeys per user exceeded.",
        "dg:quotas: twenty; the text unverified",
        with_tokens("start_web_authn_registration"),
        *BELIEVED,
        has_passkeys(20),
        **with_passkeys(),
    ),
    refuses(
        passkeys.PasskeyNotFound,
        "WebAuthn credential does not exist.",
        "the text unverified",
        with_tokens("delete_web_authn_credential", CredentialId=text(b"nobody's")),
        *BELIEVED,
        **with_passkeys(),
    ),
    *(
        refuses(
            *NOT_VALID,
            answers("WEB_AUTHN", CREDENTIAL=made),
            *BELIEVED,
            has_passkeys(1),
            starts("USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="WEB_AUTHN"),
            **with_passkeys(),
        )
        for made in ("{}", "not JSON", "[]", '"x"')
    ),
]
