"""What pools' domains serve beyond AWS, each as an opt-in setting."""

from typing import Self

import msgspec

from poolhouse.config.settings import Settings


class DomainExtras(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a domain's endpoints and pages. By default they answer as AWS does."""

    token_introspection: bool = False
    advertise_pkce: bool = False
    rp_initiated_logout: bool = False
    offline_access: bool = False
    wildcard_callbacks: bool = False
    device_grant: bool = False
    standard_user_info: bool = False
    account_page: bool = False
    recovery_codes: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the settings of these names."""
        return cls(**{name: getattr(settings, name) for name in cls.__struct_fields__})
