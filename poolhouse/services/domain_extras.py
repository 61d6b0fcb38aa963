"""What pools' domains serve beyond AWS, each as an opt-in setting."""

from dataclasses import dataclass, fields
from typing import Self

from poolhouse.config.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainExtras:
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
        return cls(**{each.name: getattr(settings, each.name) for each in fields(cls)})
