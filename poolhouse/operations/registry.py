"""The registry of operations: which function runs which, and how its caller is authenticated.

An operation of the API that isn't here isn't built yet: it answers AWS's error for an unknown
operation, and `docs/operations.md` names it.
"""

import enum
import importlib
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

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

HANDLERS: Final[Mapping[str, tuple[str, ...]]] = {
    "user_pools": (
        "create_user_pool",
        "describe_user_pool",
        "update_user_pool",
        "delete_user_pool",
        "list_user_pools",
        "get_signing_certificate",
    ),
    "clients": (
        "create_user_pool_client",
        "describe_user_pool_client",
        "update_user_pool_client",
        "delete_user_pool_client",
        "list_user_pool_clients",
    ),
    "client_secrets": (
        "add_user_pool_client_secret",
        "list_user_pool_client_secrets",
        "delete_user_pool_client_secret",
    ),
    "domains": (
        "create_user_pool_domain",
        "describe_user_pool_domain",
        "update_user_pool_domain",
        "delete_user_pool_domain",
    ),
    "resource_servers": (
        "create_resource_server",
        "describe_resource_server",
        "update_resource_server",
        "delete_resource_server",
        "list_resource_servers",
    ),
    "client_documents": (
        "create_cimd_policy",
        "describe_cimd_policy",
        "update_cimd_policy",
        "delete_cimd_policy",
        "list_cimd_policies",
        "list_client_metadata_urls",
        "update_client_metadata_url_state",
    ),
    "sign_up": (
        "sign_up",
        "confirm_sign_up",
        "admin_confirm_sign_up",
        "resend_confirmation_code",
    ),
    "sign_in": (
        "initiate_auth",
        "admin_initiate_auth",
        "respond_to_auth_challenge",
        "admin_respond_to_auth_challenge",
    ),
    "tokens": (
        "get_tokens_from_refresh_token",
        "revoke_token",
        "global_sign_out",
        "admin_user_global_sign_out",
        "get_client_token",
        "get_derived_token",
    ),
    "sessions": (
        "set_user_pool_session_configuration",
        "get_user_pool_session_configuration",
        "set_user_pool_client_session_configuration",
        "get_user_pool_client_session_configuration",
        "list_user_sessions",
        "admin_list_user_sessions",
        "revoke_user_session",
        "admin_revoke_user_session",
    ),
    "users": (
        "admin_create_user",
        "admin_get_user",
        "admin_delete_user",
        "admin_enable_user",
        "admin_disable_user",
        "list_users",
        "get_user",
        "delete_user",
    ),
    "attributes": (
        "update_user_attributes",
        "admin_update_user_attributes",
        "delete_user_attributes",
        "admin_delete_user_attributes",
        "get_user_attribute_verification_code",
        "verify_user_attribute",
        "add_custom_attributes",
    ),
    "passwords": (
        "forgot_password",
        "confirm_forgot_password",
        "change_password",
        "admin_set_user_password",
        "admin_reset_user_password",
    ),
    "passkeys": (
        "start_web_authn_registration",
        "complete_web_authn_registration",
        "list_web_authn_credentials",
        "delete_web_authn_credential",
    ),
    "devices": (
        "confirm_device",
        "get_device",
        "forget_device",
        "list_devices",
        "update_device_status",
        "admin_get_device",
        "admin_forget_device",
        "admin_list_devices",
        "admin_update_device_status",
    ),
    "software_tokens": (
        "associate_software_token",
        "verify_software_token",
        "admin_delete_software_token",
    ),
    "mfa": (
        "set_user_mfa_preference",
        "admin_set_user_mfa_preference",
        "set_user_settings",
        "admin_set_user_settings",
        "get_user_auth_factors",
        "admin_get_user_auth_factors",
        "set_user_pool_mfa_config",
        "get_user_pool_mfa_config",
    ),
    "groups": (
        "create_group",
        "get_group",
        "update_group",
        "delete_group",
        "list_groups",
        "admin_add_user_to_group",
        "admin_remove_user_from_group",
        "admin_list_groups_for_user",
        "list_users_in_group",
    ),
    "tags": (
        "tag_resource",
        "untag_resource",
        "list_tags_for_resource",
    ),
    "branding": (
        "create_managed_login_branding",
        "describe_managed_login_branding",
        "describe_managed_login_branding_by_client",
        "update_managed_login_branding",
        "delete_managed_login_branding",
    ),
    "ui_customization": (
        "set_ui_customization",
        "get_ui_customization",
    ),
    "terms": (
        "create_terms",
        "describe_terms",
        "describe_terms_by_client",
        "update_terms",
        "delete_terms",
        "list_terms",
    ),
}
"""The functions of each module that are operations. A module is loaded when one of its operations
is first called, so that a start waits for none of them.
"""


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
    audited: Audited
    authenticate_client: AuthenticateClient | None


_BY_NAME = {name.lower(): operation for name, operation in OPERATIONS.items()}
"""Without regard to case: AWS writes both MFAPreference and MfaConfig."""


def _entry(handle: Handle) -> Entry:
    operation = _BY_NAME[handle.__name__.replace("_", "")]
    call = next(iter(inspect.get_annotations(handle).values()))
    if call is SignedInCall:  # an access token is how users are signed in at the API
        call = UserCall
    return Entry(
        operation=operation,
        handle=handle,
        call=call,
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


class OperationTable(Mapping[str, Entry]):
    """Every operation that is built, by name. An entry is made when it is first looked up."""

    def __init__(self) -> None:
        self._places = {
            _BY_NAME[function.replace("_", "")].name: (module, function)
            for module, functions in HANDLERS.items()
            for function in functions
        }
        self.entries: dict[str, Entry] = {}
        """Those that were looked up so far."""

    def __getitem__(self, name: str) -> Entry:
        entry = self.entries.get(name)
        if entry is None:
            module, function = self._places[name]
            loaded = importlib.import_module(f"poolhouse.operations.{module}")
            entry = self.entries[name] = _entry(getattr(loaded, function))
        return entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def load(self) -> None:
        """Make every entry now, so that no request waits for a module."""
        for name in self:
            self[name]


TABLE: Final = OperationTable()
