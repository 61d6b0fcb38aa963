"""The table of a domain's endpoints for programs."""

from collections.abc import Mapping
from typing import Final

from poolhouse.oauth.device_authorization import device_authorization
from poolhouse.oauth.endpoints import Endpoint
from poolhouse.oauth.introspection import introspect
from poolhouse.oauth.registration import register
from poolhouse.oauth.revocation import revoke
from poolhouse.oauth.token import token
from poolhouse.oauth.user_info import user_info
from poolhouse.services.domain_extras import DomainExtras

_ENDPOINTS: Final[Mapping[tuple[str, str], Endpoint]] = {
    ("POST", "/oauth2/token"): Endpoint("Token_POST", token),
    ("POST", "/oauth2/revoke"): Endpoint("Revoke_POST", revoke),
    ("POST", "/oauth2/register"): Endpoint("Register_POST", register),
    # Apps ask for a profile with every page, and it is their user's own: as GetUser, not audited.
    ("GET", "/oauth2/userInfo"): Endpoint("UserInfo_GET", user_info, is_audited=False),
    # UNVERIFIED: is POST accepted (ev:oauth-2)? OpenID Connect asks for it.
    ("POST", "/oauth2/userInfo"): Endpoint("UserInfo_POST", user_info, is_audited=False),
}
_INTROSPECTION: Final = Endpoint("Introspect_POST", introspect, is_audited=False)
_DEVICE_AUTHORIZATION: Final = Endpoint("DeviceAuthorization_POST", device_authorization)


def endpoints(extras: DomainExtras) -> Mapping[tuple[str, str], Endpoint]:
    """Return the endpoints by method and path."""
    found = dict(_ENDPOINTS)
    if extras.token_introspection:
        found["POST", "/oauth2/introspect"] = _INTROSPECTION
    if extras.device_grant:
        found["POST", "/oauth2/device_authorization"] = _DEVICE_AUTHORIZATION
    return found
