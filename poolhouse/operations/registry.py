"""The registry of operations: which function runs which, and how its caller is authenticated.

An operation of the API that isn't here isn't built yet: it answers AWS's error for an unknown
operation, and `docs/operations.md` names it.
"""

import enum
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from poolhouse.operations import (
    attributes,
    branding,
    client_documents,
    client_secrets,
    clients,
    devices,
    domains,
    groups,
    mfa,
    passkeys,
    passwords,
    resource_servers,
    sessions,
    sign_in,
    sign_up,
    software_tokens,
    tags,
    terms,
    tokens,
    ui_customization,
    user_pools,
    users,
)
from poolhouse.services.client_authentication import (
    AuthenticateClient,
    by_client_secret,
    by_client_secret_for_revocation,
    by_secret,
    by_secret_hash,
    by_signature_or_client_secret,
)
from poolhouse.services.context import AnyCall, ClientCall, SignedInCall, UserCall
from poolhouse.wire.operations import OPERATIONS, Operation
from poolhouse.wire.structs import Shape

Handle = Callable[[Any, Any], Awaitable[Shape | None]]

HANDLERS = {
    "user_pools": (
        user_pools.create_user_pool,
        user_pools.describe_user_pool,
        user_pools.update_user_pool,
        user_pools.delete_user_pool,
        user_pools.list_user_pools,
        user_pools.get_signing_certificate,
    ),
    "clients": (
        clients.create_user_pool_client,
        clients.describe_user_pool_client,
        clients.update_user_pool_client,
        clients.delete_user_pool_client,
        clients.list_user_pool_clients,
        client_secrets.add_user_pool_client_secret,
        client_secrets.list_user_pool_client_secrets,
        client_secrets.delete_user_pool_client_secret,
    ),
    "domains": (
        domains.create_user_pool_domain,
        domains.describe_user_pool_domain,
        domains.update_user_pool_domain,
        domains.delete_user_pool_domain,
    ),
    "resource_servers": (
        resource_servers.create_resource_server,
        resource_servers.describe_resource_server,
        resource_servers.update_resource_server,
        resource_servers.delete_resource_server,
        resource_servers.list_resource_servers,
    ),
    "client_documents": (
        client_documents.create_cimd_policy,
        client_documents.describe_cimd_policy,
        client_documents.update_cimd_policy,
        client_documents.delete_cimd_policy,
        client_documents.list_cimd_policies,
        client_documents.list_client_metadata_urls,
        client_documents.update_client_metadata_url_state,
    ),
    "sign_up": (
        sign_up.sign_up,
        sign_up.confirm_sign_up,
        sign_up.admin_confirm_sign_up,
        sign_up.resend_confirmation_code,
    ),
    "sign_in": (
        sign_in.initiate_auth,
        sign_in.admin_initiate_auth,
        sign_in.respond_to_auth_challenge,
        sign_in.admin_respond_to_auth_challenge,
    ),
    "tokens": (
        tokens.get_tokens_from_refresh_token,
        tokens.revoke_token,
        tokens.global_sign_out,
        tokens.admin_user_global_sign_out,
        tokens.get_client_token,
        tokens.get_derived_token,
    ),
    "sessions": (
        sessions.set_user_pool_session_configuration,
        sessions.get_user_pool_session_configuration,
        sessions.set_user_pool_client_session_configuration,
        sessions.get_user_pool_client_session_configuration,
        sessions.list_user_sessions,
        sessions.admin_list_user_sessions,
        sessions.revoke_user_session,
        sessions.admin_revoke_user_session,
    ),
    "users": (
        users.admin_create_user,
        users.admin_get_user,
        users.admin_delete_user,
        users.admin_enable_user,
        users.admin_disable_user,
        users.list_users,
        users.get_user,
        users.delete_user,
    ),
    "attributes": (
        attributes.update_user_attributes,
        attributes.admin_update_user_attributes,
        attributes.delete_user_attributes,
        attributes.admin_delete_user_attributes,
        attributes.get_user_attribute_verification_code,
        attributes.verify_user_attribute,
        attributes.add_custom_attributes,
    ),
    "passwords": (
        passwords.forgot_password,
        passwords.confirm_forgot_password,
        passwords.change_password,
        passwords.admin_set_user_password,
        passwords.admin_reset_user_password,
    ),
    "passkeys": (
        passkeys.start_web_authn_registration,
        passkeys.complete_web_authn_registration,
        passkeys.list_web_authn_credentials,
        passkeys.delete_web_authn_credential,
    ),
    "devices": (
        devices.confirm_device,
        devices.get_device,
        devices.forget_device,
        devices.list_devices,
        devices.update_device_status,
        devices.admin_get_device,
        devices.admin_forget_device,
        devices.admin_list_devices,
        devices.admin_update_device_status,
    ),
    "mfa": (
        software_tokens.associate_software_token,
        software_tokens.verify_software_token,
        software_tokens.admin_delete_software_token,
        mfa.set_user_mfa_preference,
        mfa.admin_set_user_mfa_preference,
        mfa.set_user_settings,
        mfa.admin_set_user_settings,
        mfa.get_user_auth_factors,
        mfa.admin_get_user_auth_factors,
        mfa.set_user_pool_mfa_config,
        mfa.get_user_pool_mfa_config,
    ),
    "groups": (
        groups.create_group,
        groups.get_group,
        groups.update_group,
        groups.delete_group,
        groups.list_groups,
        groups.admin_add_user_to_group,
        groups.admin_remove_user_from_group,
        groups.admin_list_groups_for_user,
        groups.list_users_in_group,
    ),
    "tags": (
        tags.tag_resource,
        tags.untag_resource,
        tags.list_tags_for_resource,
    ),
    "branding": (
        branding.create_managed_login_branding,
        branding.describe_managed_login_branding,
        branding.describe_managed_login_branding_by_client,
        branding.update_managed_login_branding,
        branding.delete_managed_login_branding,
    ),
    "ui_customization": (
        ui_customization.set_ui_customization,
        ui_customization.get_ui_customization,
    ),
    "terms": (
        terms.create_terms,
        terms.describe_terms,
        terms.describe_terms_by_client,
        terms.update_terms,
        terms.delete_terms,
        terms.list_terms,
    ),
}


class Audited(enum.Enum):
    """Decides which calls of an operation leave an audit record of their own.

    Refused calls leave one in every case. Those that no administrator signed leave it up to a rate;
    beyond it they are counted (`audit/writer.py`).
    """

    EVERY_CALL = enum.auto()
    EVERY_PROOF = enum.auto()
    """A success is recorded; one of an unauthenticated caller, up to that rate."""
    REFUSALS = enum.auto()
    """A success leaves none."""


PROVING_NOTHING: Final[Mapping[str, str]] = {
    "InitiateAuth": "answers a challenge to every unauthenticated caller",
    "RespondToAuthChallenge": "may answer the next challenge before anything is proved",
    "ForgotPassword": "sends a code to the user that any caller names",
    "ResendConfirmationCode": "sends a code to the user that any caller names",
    "RevokeToken": "succeeds with a token that was never issued",
}
"""Operations that succeed without authenticating the caller, and why."""

UNRECORDED_READS: Final[Mapping[str, str]] = {
    "GetUser": "apps call it with every page, and it shows users their own profile only",
    "GetUserAuthFactors": "shows users their own factors only",
    "GetDevice": "shows users their own device only",
    "ListDevices": "shows users their own devices only",
    "ListUserSessions": "shows users their own sessions only",
    "ListWebAuthnCredentials": "shows users their own passkeys only",
}
"""Operations whose success leaves no audit record, and why."""


CLIENT_AUTHENTICATION: Final[Mapping[str, AuthenticateClient]] = {
    "SignUp": by_secret_hash,
    "ConfirmSignUp": by_secret_hash,
    "ResendConfirmationCode": by_secret_hash,
    "ForgotPassword": by_secret_hash,
    "ConfirmForgotPassword": by_secret_hash,
    "GetTokensFromRefreshToken": by_client_secret,
    "RevokeToken": by_client_secret_for_revocation,
    "GetClientToken": by_secret,
    "GetDerivedToken": by_signature_or_client_secret,
}
"""The function that authenticates an operation's app client before the operation runs."""

AUTHENTICATED_BY_SIGN_IN: Final[Mapping[str, str]] = {
    "InitiateAuth": "SECRET_HASH of AuthParameters",
    "AdminInitiateAuth": "SECRET_HASH of AuthParameters",
    "RespondToAuthChallenge": "SECRET_HASH of ChallengeResponses",
    "AdminRespondToAuthChallenge": "SECRET_HASH of ChallengeResponses",
}
"""Operations whose app client the sign-in engine authenticates, and by which parameter.

The hash may be made of several names of a user, whom the engine has to find first. No sign-in goes
on without it (`auth/attempt.py`).
"""


class Entry(NamedTuple):
    """An operation that is built: its row in the API, its function, and what that must be given.

    `call` is the type of the function's first parameter: it states what must be authenticated.
    `authenticate_client` is called before the function, each time that the operation is run.
    """

    operation: Operation
    handle: Handle
    call: type[AnyCall]
    subject: str
    audited: Audited
    authenticate_client: AuthenticateClient | None


_BY_NAME = {name.lower(): operation for name, operation in OPERATIONS.items()}
"""Without regard to case: AWS writes both MFAPreference and MfaConfig."""


def _entry(handle: Handle, subject: str) -> Entry:
    operation = _BY_NAME[handle.__name__.replace("_", "")]
    call = next(iter(inspect.get_annotations(handle).values()))
    if call is SignedInCall:  # an access token is how users are signed in at the API
        call = UserCall
    return Entry(
        operation=operation,
        handle=handle,
        call=call,
        subject=subject,
        audited=_audited(operation.name),
        authenticate_client=_authenticate_client(operation.name, call),
    )


def _authenticate_client(name: str, call: type[AnyCall]) -> AuthenticateClient | None:
    """Return the operation's row. Raises KeyError for an app client's operation without one."""
    if call is ClientCall and name not in AUTHENTICATED_BY_SIGN_IN:
        return CLIENT_AUTHENTICATION[name]
    return None


def _audited(name: str) -> Audited:
    if name in UNRECORDED_READS:
        return Audited.REFUSALS
    return Audited.EVERY_PROOF if name in PROVING_NOTHING else Audited.EVERY_CALL


TABLE: dict[str, Entry] = {
    entry.operation.name: entry
    for subject, handlers in HANDLERS.items()
    for entry in (_entry(handle, subject) for handle in handlers)
}
"""Every operation that is built, by name."""
