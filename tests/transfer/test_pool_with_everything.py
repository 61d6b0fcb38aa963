"""A pool that has everything a pool can have, made by the operations, moves and comes out the same.

Byte by byte, but for the seals and the salt, which are other in every export.
"""

import base64
import re
from typing import Any
from urllib.parse import urlsplit

from support.access_tokens import token_of
from support.functions_server import arn
from support.mfa_pools import prefers, registers_app
from support.passkey_device import PARTY
from support.passkey_pools import registered
from support.remembered_device import KeptDevice
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_ins import FLOWS, AuthApi, result_of
from support.user_rows import set_status
from transfer.conftest import export_of
from transfer.generated_pools import reader

from poolhouse.app import App
from poolhouse.entities.users import UserStatus
from poolhouse.transfer.importer import load

PASSWORD = "Correct-Horse-9!"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
SENDER = {"LambdaVersion": "V1_0", "LambdaArn": arn("sender")}
TEXT, NUMBER = {"AttributeDataType": "String"}, {"AttributeDataType": "Number"}

SETTINGS: dict[str, Any] = {
    "Policies": {
        "PasswordPolicy": {
            "MinimumLength": 9,
            "RequireUppercase": True,
            "PasswordHistorySize": 3,
            "TemporaryPasswordValidityDays": 3,
        },
        "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]},
    },
    "DeletionProtection": "ACTIVE",
    "LambdaConfig": {
        **{name: arn(name) for name in ("PreSignUp", "PostConfirmation", "CustomMessage")},
        "CustomEmailSender": SENDER,
        "CustomSMSSender": SENDER,
        "KMSKeyID": KEY,
    },
    "AutoVerifiedAttributes": ["email", "phone_number"],
    "AliasAttributes": ["email", "phone_number", "preferred_username"],
    "VerificationMessageTemplate": {
        "SmsMessage": "Ваш код {####}",
        "EmailMessage": "<b>{####}</b> \n 😀",
        "EmailSubject": 'Say "hi"',
        "DefaultEmailOption": "CONFIRM_WITH_CODE",
    },
    "EmailConfiguration": {
        "EmailSendingAccount": "DEVELOPER",
        "SourceArn": "arn:aws:ses:eu-central-1:123456789012:identity/home.example",
        "From": "Home <home@home.example>",
        "ReplyToEmailAddress": "reply@home.example",
    },
    "SmsConfiguration": {
        "SnsCallerArn": "arn:aws:iam::123456789012:role/sms",
        "ExternalId": "external",
        "SnsRegion": "eu-central-1",
    },
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
    "DeviceConfiguration": {
        "ChallengeRequiredOnNewDevice": True,
        "DeviceOnlyRememberedOnUserPrompt": False,
    },
    "UserPoolTags": {"stage": "test", "Ω key": ""},
    "AdminCreateUserConfig": {
        "AllowAdminCreateUserOnly": False,
        "InviteMessageTemplate": {
            "SMSMessage": "{username} {####}",
            "EmailMessage": "{username} has {####}",
            "EmailSubject": "Welcome",
        },
    },
    "UsernameConfiguration": {"CaseSensitive": False},
    "AccountRecoverySetting": {
        "RecoveryMechanisms": [
            {"Name": "verified_email", "Priority": 1},
            {"Name": "verified_phone_number", "Priority": 2},
        ]
    },
    "Schema": [
        {"Name": "family_name", **TEXT, "Mutable": True, "Required": False},
        {"Name": "short", **TEXT, "StringAttributeConstraints": {"MinLength": "1"}},
        {"Name": "age", **NUMBER, "NumberAttributeConstraints": {"MaxValue": "150.5"}},
        {"Name": "born", "AttributeDataType": "DateTime"},
        {"Name": "member", "AttributeDataType": "Boolean", "Mutable": False},
        {"Name": "secret", **TEXT, "DeveloperOnlyAttribute": True},
    ],
}

CLIENT: dict[str, Any] = {
    "GenerateSecret": True,
    "AccessTokenValidity": 30,
    "TokenValidityUnits": {"AccessToken": "minutes"},
    "ReadAttributes": ["email", "custom:age"],
    "WriteAttributes": ["email", "custom:age"],
    "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email"],
    "SupportedIdentityProviders": ["COGNITO"],
    "CallbackURLs": ["https://home.example/back", "myapp://back", "http://localhost:3000/back"],
    "DefaultRedirectURI": "myapp://back",
    "LogoutURLs": ["https://home.example/bye", "http://127.0.0.1:3000/bye"],
    "PreventUserExistenceErrors": "ENABLED",
}

MFA: dict[str, Any] = {
    "MfaConfiguration": "OPTIONAL",
    "SmsMfaConfiguration": {
        "SmsAuthenticationMessage": "Mein Code {####}",
        "SmsConfiguration": SETTINGS["SmsConfiguration"],
    },
    "EmailMfaConfiguration": {"Message": "Code: {####}", "Subject": "Ein Code"},
    "SoftwareTokenMfaConfiguration": {"Enabled": True},
    "WebAuthnConfiguration": {"RelyingPartyId": PARTY, "UserVerification": "required"},
}

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
DOMAINS = ("everything", "id.everything.example")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
LOGO = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": PNG}

ATTRIBUTES = {
    "email": "zoë@home.example",
    "email_verified": "true",
    "phone_number": "+491701234567",
    "phone_number_verified": "true",
    "preferred_username": "Zoë😀",
    "address": '{"formatted": "1 \\"High\\" St\\n"}',
    "custom:age": "-0.50",
    "custom:born": "2000-01-01",
    "custom:member": "True",
    "dev:custom:secret": "\u2028 </script>",
}


def furnish(server: RunningServer, pool: PoolForTest) -> None:
    """Clients, groups, and users in every state that there is."""
    cognito, of_pool = pool.cognito, {"UserPoolId": pool.id}
    cognito.add_custom_attributes(**of_pool, CustomAttributes=[{"Name": "later", **TEXT}])
    made = cognito.create_user_pool_client(**of_pool, ClientName="server", **CLIENT)
    client_id = made["UserPoolClient"]["ClientId"]
    cognito.add_user_pool_client_secret(**of_pool, ClientId=client_id)
    cognito.create_group(**of_pool, GroupName="Ünïcode", Description="d", Precedence=0)
    cognito.create_group(
        **of_pool, GroupName="roles", RoleArn="arn:aws:iam::123456789012:role/r", Precedence=7
    )
    cognito.create_group(**of_pool, GroupName="empty")

    furnish_domain(cognito, of_pool, client_id)

    def create(username: str, attributes: dict[str, str]) -> None:
        listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
        cognito.admin_create_user(**of_pool, Username=username, UserAttributes=listed)

    create("Zoë", ATTRIBUTES)
    for password in (PASSWORD, PASSWORD + "2", PASSWORD + "3"):
        cognito.admin_set_user_password(
            **of_pool, Username="Zoë", Password=password, Permanent=True
        )
    give_factors(server, pool, "Zoë")
    for group in ("Ünïcode", "roles"):
        cognito.admin_add_user_to_group(**of_pool, Username="Zoë", GroupName=group)
    # A new email that waits to be proved, and a code for a new password.
    cognito.update_user_attributes(
        AccessToken=token_of(server, pool, "Zoë"),
        UserAttributes=[{"Name": "email", "Value": "new@home.example"}],
    )
    cognito.forgot_password(ClientId=pool.client_id, Username="Zoë")
    # A sign-up that waits to be confirmed, and an invitation.
    pool.sign_up("waiting", attributes={"email": "waiting@home.example"})
    create("invited", {"email": "invited@home.example"})
    cognito.admin_disable_user(**of_pool, Username="invited")
    for status in UserStatus:
        set_status(server, pool, pool.sign_up(f"is-{status.value}")["UserSub"], status)


def furnish_domain(cognito: Any, of_pool: dict[str, str], client_id: str) -> None:
    """Both domains, and one of every kind of resource, with images."""
    of_client = {**of_pool, "ClientId": client_id}
    cognito.create_user_pool_domain(**of_pool, Domain=DOMAINS[0], ManagedLoginVersion=2)
    certificate = {"CertificateArn": CERTIFICATE}
    cognito.create_user_pool_domain(**of_pool, Domain=DOMAINS[1], CustomDomainConfig=certificate)
    scope = {"ScopeName": "read", "ScopeDescription": "Lire, это"}
    cognito.create_resource_server(**of_pool, Identifier="weather", Name="W", Scopes=[scope])
    cognito.create_managed_login_branding(**of_client, Settings={"categories": {}}, Assets=[LOGO])
    cognito.set_ui_customization(
        **of_client, CSS=".label-customizable {font-weight: 400}", ImageFile=PNG
    )
    cognito.create_terms(
        **of_client,
        TermsName="terms-of-use",
        TermsSource="LINK",
        Enforcement="NONE",
        Links={"cognito:default": "https://home.example/terms"},
    )


def give_factors(server: RunningServer, pool: PoolForTest, username: str) -> None:
    """A device, a passkey and an authenticator app, which is preferred to SMS, and another app that
    waits for its first code.
    """
    result = result_of(AuthApi(pool, by_admin=False).by_password(username, PASSWORD + "3"))
    device = KeptDevice(result)
    device.confirm(pool.cognito, DeviceName="Zoë's")
    registered(server, pool, username)
    registers_app(pool, result["AccessToken"], "Ünïcode phone")
    pool.cognito.associate_software_token(AccessToken=result["AccessToken"])
    prefers(pool, username, app="preferred", sms=True)
    pool.cognito.admin_user_global_sign_out(UserPoolId=pool.id, Username=username)


def without_seals(export: bytes) -> bytes:
    return re.sub(rb',"sealed":"[^"]*"}\n', b"}\n", export)


def customization(cognito: Any, names: dict[str, str]) -> dict[str, Any]:
    """The CSS and the logo of the classic pages, without the address of the server."""
    answer: dict[str, Any] = cognito.get_ui_customization(**names)
    if "ImageUrl" in answer["UICustomization"]:
        url = answer["UICustomization"]["ImageUrl"]
        answer["UICustomization"]["ImageUrl"] = urlsplit(url).path
    return answer


def answers(server: RunningServer, pool_id: str) -> list[Any]:
    """What administrators see of the pool."""
    cognito, of_pool = server.client(), {"UserPoolId": pool_id}
    clients = cognito.list_user_pool_clients(**of_pool, MaxResults=60)["UserPoolClients"]
    users = cognito.list_users(**of_pool)["Users"]
    by_client = [{**of_pool, "ClientId": client["ClientId"]} for client in clients]
    seen = [
        cognito.describe_user_pool(**of_pool),
        cognito.get_user_pool_mfa_config(**of_pool),
        cognito.get_signing_certificate(**of_pool),
        cognito.list_groups(**of_pool),
        cognito.list_resource_servers(**of_pool),
        cognito.list_terms(**of_pool),
        *(cognito.describe_user_pool_domain(Domain=name) for name in DOMAINS),
        *(
            cognito.describe_managed_login_branding_by_client(**names)
            for names, client in zip(by_client, clients, strict=True)
            if client["ClientName"] == "server"
        ),
        *(customization(cognito, names) for names in by_client),
        *(cognito.describe_user_pool_client(**names) for names in by_client),
        *(cognito.list_user_pool_client_secrets(**names) for names in by_client),
        *(cognito.admin_get_user(**of_pool, Username=user["Username"]) for user in users),
        *(
            ask(**of_pool, Username=user["Username"])
            for ask in (
                cognito.admin_list_groups_for_user,
                cognito.admin_list_devices,
                cognito.admin_get_user_auth_factors,
            )
            for user in users
        ),
    ]
    for answer in seen:
        del answer["ResponseMetadata"]
    return seen


def test_export_and_import_of_a_pool_with_everything_round_trip(
    servers: tuple[RunningServer, RunningServer],
) -> None:
    source, target = servers
    pool = PoolForTest(source.client(), client={"ExplicitAuthFlows": FLOWS}, **SETTINGS)
    pool.cognito.set_user_pool_mfa_config(UserPoolId=pool.id, **MFA)
    furnish(source, pool)
    export = export_of(source, pool.id)
    kinds = [line.split(b'"')[3].decode() for line in export.splitlines()]
    assert (kinds.count("client"), kinds.count("group")) == (2, 3)
    assert kinds.count("user") == 3 + len(UserStatus)
    assert (kinds.count("domain"), kinds.count("asset")) == (2, 2)
    assert kinds.count("resource") == 4

    async def arrive(app: App) -> int:
        return await load(app.services.store, reader(export))

    assert target.run(arrive) == 3 + len(UserStatus)
    again = export_of(target, pool.id)
    assert without_seals(again) == without_seals(export)
    assert again != export
    assert answers(target, pool.id) == answers(source, pool.id)
    assert target.run(arrive) == 0
    for alias in ("zoë@home.example", "+491701234567", "zoë😀", "ZOË"):
        found = target.client().admin_get_user(UserPoolId=pool.id, Username=alias)
        assert found["Username"] == "Zoë"
