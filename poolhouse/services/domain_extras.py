"""What endpoints of pools' domains serve beyond AWS, each as an opt-in setting."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainExtras:
    """The settings of the endpoints. By default they answer as AWS does."""

    token_introspection: bool = False
    advertise_pkce: bool = False
