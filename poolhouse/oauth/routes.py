"""The table of a domain's endpoints for programs."""

from collections.abc import Mapping
from typing import Final

from poolhouse.oauth.endpoints import Endpoint
from poolhouse.oauth.user_info import user_info

_USER_INFO: Final = Endpoint("UserInfo_GET", user_info, is_audited=False)
"""Apps ask with every page, and it shows users their own profile only: as GetUser, not audited."""

ENDPOINTS: Final[Mapping[tuple[str, str], Endpoint]] = {
    ("GET", "/oauth2/userInfo"): _USER_INFO,
}
