"""Each operation once, with success, apart from those that sign users in.

The plays go on one after another: each finds what the one before it has left.
"""

import itertools
from typing import Any

from support.cached_documents import keep_document
from support.remembered_device import KeptDevice
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.sign_ins import FLOWS, AuthApi, result_of

CODE = "123456"
"""What every code that the server sends must be."""
PNG = b"\x89PNG\r\n\x1a\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
SCOPE = "aws.cognito.signin.user.admin"
_numbers = itertools.count(1)
"""Names of domains are unique in a server, which may see several plays."""
EXCHANGES = ("ALLOW_TOKEN_EXCHANGE_IMPERSONATION", "ALLOW_TOKEN_EXCHANGE_DELEGATION")


class EveryOperation:
    """A pool with alice and bob, and an app client that allows everything."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._cognito: Any = server.client()
        self._pool = PoolForTest(
            self._cognito,
            client={
                "ExplicitAuthFlows": [*FLOWS, *EXCHANGES],
                "AllowedOAuthScopes": [SCOPE, "openid"],
            },
            AutoVerifiedAttributes=["email"],
            DeviceConfiguration={},
        )
        self._of_pool: dict[str, Any] = {"UserPoolId": self._pool.id}
        self._of_client: dict[str, Any] = {"ClientId": self._pool.client_id}
        self._alice = {**self._of_pool, "Username": "alice"}

    def play(self) -> None:
        self._sign_up()
        self._tokens_and_devices()
        self._users()
        self._groups()
        self._pools()
        self._domains()
        self._resource_servers()
        self._sessions()
        self._clients()
        self._looks()
        self._terms()
        self._client_documents()
        self._ends()

    def _tokens(self) -> dict[str, Any]:
        return result_of(AuthApi(self._pool, by_admin=False).by_password())

    def _sign_up(self) -> None:
        cognito = self._cognito
        named = {**self._of_client, "Username": "alice"}
        self._pool.sign_up(attributes={"email": "alice@home.example"})
        cognito.resend_confirmation_code(**named)
        cognito.confirm_sign_up(**named, ConfirmationCode=CODE)
        self._pool.sign_up("bob")
        self._pool.admin_confirm("bob", ClientMetadata={"campaign": "spring"})

    def _tokens_and_devices(self) -> None:
        cognito = self._cognito
        tokens = self._tokens()
        token = {"AccessToken": tokens["AccessToken"]}
        device = tokens["NewDeviceMetadata"]["DeviceKey"]
        one_device = {"DeviceKey": device}
        KeptDevice(tokens).confirm(cognito)
        cognito.get_device(**token, **one_device)
        cognito.list_devices(**token)
        cognito.admin_get_device(**self._alice, **one_device)
        cognito.admin_list_devices(**self._alice)
        cognito.update_device_status(**token, **one_device, DeviceRememberedStatus="remembered")
        cognito.admin_update_device_status(
            **self._alice, **one_device, DeviceRememberedStatus="not_remembered"
        )
        AuthApi(self._pool, by_admin=False).start(
            "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"], DEVICE_KEY=device
        )
        cognito.get_tokens_from_refresh_token(
            **self._of_client, RefreshToken=tokens["RefreshToken"], DeviceKey=device
        )
        for kind in ("ACCESS_TOKEN", "ID_TOKEN"):
            cognito.get_derived_token(
                **self._of_client,
                SubjectToken=tokens["AccessToken"],
                SubjectTokenType="ACCESS_TOKEN",
                RequestedTokenType=kind,
            )

    def _users(self) -> None:
        cognito = self._cognito
        named = {**self._of_client, "Username": "alice"}
        mail = [{"Name": "email", "Value": "alice@home.example"}]
        token = {"AccessToken": self._tokens()["AccessToken"]}
        cognito.get_user(**token)
        cognito.get_user_auth_factors(**token)
        cognito.admin_get_user_auth_factors(**self._alice)
        cognito.admin_get_user(**self._alice)
        cognito.set_user_settings(**token, MFAOptions=[])
        cognito.admin_set_user_settings(**self._alice, MFAOptions=[])
        cognito.set_user_mfa_preference(**token)
        cognito.admin_set_user_mfa_preference(**self._alice)
        cognito.update_user_attributes(**token, UserAttributes=mail)
        cognito.admin_update_user_attributes(**self._alice, UserAttributes=mail)
        cognito.get_user_attribute_verification_code(**token, AttributeName="email")
        cognito.verify_user_attribute(**token, AttributeName="email", Code=CODE)
        cognito.update_user_attributes(**token, UserAttributes=[{"Name": "name", "Value": "A"}])
        cognito.delete_user_attributes(**token, UserAttributeNames=["name"])
        cognito.admin_delete_user_attributes(**self._alice, UserAttributeNames=["name"])
        cognito.change_password(
            **token, PreviousPassword="Correct-Horse-9!", ProposedPassword="Another-Horse-9!"
        )
        cognito.forgot_password(**named)
        cognito.confirm_forgot_password(**named, ConfirmationCode=CODE, Password="Correct-Horse-9!")

    def _groups(self) -> None:
        cognito = self._cognito
        cognito.create_group(**self._of_pool, GroupName="staff")
        cognito.get_group(**self._of_pool, GroupName="staff")
        cognito.update_group(**self._of_pool, GroupName="staff", Precedence=1)
        cognito.list_groups(**self._of_pool)
        cognito.admin_add_user_to_group(**self._alice, GroupName="staff")
        cognito.list_users_in_group(**self._of_pool, GroupName="staff")
        cognito.admin_list_groups_for_user(**self._alice)
        cognito.admin_remove_user_from_group(**self._alice, GroupName="staff")
        cognito.delete_group(**self._of_pool, GroupName="staff")

    def _pools(self) -> None:
        cognito = self._cognito
        cognito.describe_user_pool(**self._of_pool)
        cognito.update_user_pool(**self._of_pool, PoolName="renamed", DeviceConfiguration={})
        cognito.get_user_pool_mfa_config(**self._of_pool)
        cognito.set_user_pool_mfa_config(
            **self._of_pool,
            MfaConfiguration="OPTIONAL",
            SoftwareTokenMfaConfiguration={"Enabled": True},
        )
        cognito.add_custom_attributes(
            **self._of_pool, CustomAttributes=[{"Name": "x", "AttributeDataType": "String"}]
        )
        cognito.get_signing_certificate(**self._of_pool)
        cognito.list_user_pools(MaxResults=9)
        arn = cognito.describe_user_pool(**self._of_pool)["UserPool"]["Arn"]
        cognito.tag_resource(ResourceArn=arn, Tags={"a": "b"})
        cognito.list_tags_for_resource(ResourceArn=arn)
        cognito.untag_resource(ResourceArn=arn, TagKeys=["a"])
        cognito.list_users(**self._of_pool)
        cognito.list_users(**self._of_pool, Filter='email ^= "a"')

    def _domains(self) -> None:
        cognito = self._cognito
        named = {**self._of_pool, "Domain": f"home-{next(_numbers)}"}
        cognito.create_user_pool_domain(**named, ManagedLoginVersion=1)
        cognito.describe_user_pool_domain(Domain=named["Domain"])
        cognito.update_user_pool_domain(**named, ManagedLoginVersion=2)
        cognito.delete_user_pool_domain(**named)

    def _resource_servers(self) -> None:
        cognito = self._cognito
        named = {**self._of_pool, "Identifier": "weather.example"}
        scopes = [{"ScopeName": "read", "ScopeDescription": "Read forecasts"}]
        cognito.create_resource_server(**named, Name="Weather", Scopes=scopes)
        cognito.describe_resource_server(**named)
        cognito.update_resource_server(**named, Name="Forecasts", Scopes=scopes)
        cognito.list_resource_servers(**self._of_pool)
        cognito.delete_resource_server(**named)

    def _sessions(self) -> None:
        cognito = self._cognito
        cognito.set_user_pool_session_configuration(
            **self._of_pool, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 9}
        )
        cognito.get_user_pool_session_configuration(**self._of_pool)
        cognito.get_user_pool_client_session_configuration(**self._of_pool, **self._of_client)
        cognito.set_user_pool_client_session_configuration(
            **self._of_pool, **self._of_client, SSOSession={"MaxValidityMinutes": 9}
        )
        self._tokens()
        there = cognito.admin_list_user_sessions(**self._alice)["Sessions"]
        token = {"AccessToken": self._tokens()["AccessToken"]}
        (here,) = (s for s in cognito.list_user_sessions(**token)["Sessions"] if s not in there)
        cognito.revoke_user_session(**token, SessionId=there[0]["SessionId"])
        cognito.admin_revoke_user_session(**self._alice, SessionId=here["SessionId"])

    def _clients(self) -> None:
        cognito = self._cognito
        cognito.list_user_pool_clients(**self._of_pool)
        cognito.describe_user_pool_client(**self._of_pool, **self._of_client)
        service = cognito.create_user_pool_client(
            **self._of_pool,
            ClientName="service",
            GenerateSecret=True,
            AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthScopes=["aws.cognito/dcr/register"],
        )["UserPoolClient"]
        of_service = {"ClientId": service["ClientId"]}
        cognito.get_client_token(**of_service, Secret=service["ClientSecret"])
        descriptor = cognito.add_user_pool_client_secret(**self._of_pool, **of_service)[
            "ClientSecretDescriptor"
        ]
        cognito.list_user_pool_client_secrets(**self._of_pool, **of_service)
        cognito.delete_user_pool_client_secret(
            **self._of_pool, **of_service, ClientSecretId=descriptor["ClientSecretId"]
        )
        cognito.update_user_pool_client(**self._of_pool, **of_service, ClientName="renamed")
        cognito.delete_user_pool_client(**self._of_pool, **of_service)

    def _looks(self) -> None:
        cognito = self._cognito
        logo = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "SVG", "Bytes": SVG}
        style = cognito.create_managed_login_branding(
            **self._of_pool,
            **self._of_client,
            Settings={"components": {"pageBackground": {"lightMode": {"color": "fff8e7ff"}}}},
            Assets=[logo],
        )["ManagedLoginBranding"]
        named = {**self._of_pool, "ManagedLoginBrandingId": style["ManagedLoginBrandingId"]}
        cognito.describe_managed_login_branding(**named)
        cognito.describe_managed_login_branding_by_client(**self._of_pool, **self._of_client)
        cognito.update_managed_login_branding(
            **named, Settings={"componentClasses": {"buttons": {"borderRadius": 4.0}}}
        )
        cognito.delete_managed_login_branding(**named)
        domain = {**self._of_pool, "Domain": f"home-{next(_numbers)}"}
        cognito.create_user_pool_domain(**domain)
        css = ".submitButton-customizable { background-color: #0a6187; }"
        cognito.set_ui_customization(**self._of_pool, CSS=css, ImageFile=PNG)
        cognito.get_ui_customization(**self._of_pool, **self._of_client)
        cognito.delete_user_pool_domain(**domain)

    def _terms(self) -> None:
        cognito = self._cognito
        terms = cognito.create_terms(
            **self._of_pool,
            **self._of_client,
            TermsName="terms-of-use",
            TermsSource="LINK",
            Enforcement="NONE",
            Links={
                "cognito:default": "https://app.example/terms",
                "cognito:german": "https://app.example/de/terms",
            },
        )["Terms"]
        named = {**self._of_pool, "TermsId": terms["TermsId"]}
        cognito.describe_terms(**named)
        cognito.describe_terms_by_client(
            **self._of_pool, **self._of_client, TermsName="terms-of-use"
        )
        cognito.list_terms(**self._of_pool)
        cognito.update_terms(**named, Links={"cognito:default": "https://app.example/terms"})
        cognito.delete_terms(**named)

    def _client_documents(self) -> None:
        cognito = self._cognito
        policy = cognito.create_cimd_policy(
            **self._of_pool,
            **self._of_client,
            PolicyName="partners",
            URLPatterns=["https://*.partner.example/oauth/*"],
        )["CIMDPolicy"]
        of_policy = {**self._of_pool, "CIMDPolicyId": policy["CIMDPolicyId"]}
        cognito.describe_cimd_policy(**of_policy)
        cognito.update_cimd_policy(
            **of_policy, **self._of_client, URLPatterns=["https://*.partner.example/*"]
        )
        cognito.list_cimd_policies(**self._of_pool)
        url = "https://app.partner.example/client.json"
        keep_document(self._server, self._pool.id, policy["CIMDPolicyId"], url)
        cognito.list_client_metadata_urls(**of_policy)
        cognito.update_client_metadata_url_state(**of_policy, URL=url, Action="INVALIDATE")
        cognito.delete_cimd_policy(**of_policy)

    def _ends(self) -> None:
        cognito = self._cognito
        tokens = self._tokens()
        device = tokens["NewDeviceMetadata"]["DeviceKey"]
        KeptDevice(tokens).confirm(cognito)
        cognito.admin_forget_device(**self._alice, DeviceKey=device)
        tokens = self._tokens()
        KeptDevice(tokens).confirm(cognito)
        device = tokens["NewDeviceMetadata"]["DeviceKey"]
        cognito.forget_device(AccessToken=tokens["AccessToken"], DeviceKey=device)
        cognito.revoke_token(**self._of_client, Token=tokens["RefreshToken"])
        tokens = self._tokens()
        cognito.global_sign_out(AccessToken=tokens["AccessToken"])
        cognito.admin_user_global_sign_out(**self._alice)
        cognito.admin_reset_user_password(**self._alice)
        cognito.admin_set_user_password(**self._alice, Password="Correct-Horse-9!", Permanent=True)
        cognito.admin_disable_user(**self._alice)
        cognito.admin_enable_user(**self._alice)
        cognito.admin_delete_user(**self._of_pool, Username="bob")
        tokens = self._tokens()
        cognito.delete_user(AccessToken=tokens["AccessToken"])
        cognito.delete_user_pool(**self._of_pool)
