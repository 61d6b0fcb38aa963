"""What administrators configure of a pool beside its settings and app clients.

Each struct is one kind of resource. `id` names one in the API, and `key` is what else is unique in
its pool.
"""

from abc import ABCMeta, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

import msgspec

from poolhouse.wire.enums import (
    AssetCategoryType,
    AssetExtensionType,
    ColorSchemeModeType,
    ResourceServerManagedByType,
    TermsEnforcementType,
    TermsSourceType,
)
from poolhouse.wire.structs import ResourceServerScopeType


class _AbstractStruct(msgspec.StructMeta, ABCMeta):
    """The type of a struct that only its kinds can be made of."""


class PoolResource(
    msgspec.Struct, metaclass=_AbstractStruct, frozen=True, kw_only=True, omit_defaults=True
):
    """The common members of all kinds."""

    kind: ClassVar[str]

    pool_id: str
    created_at: datetime
    modified_at: datetime
    version: int = 1

    @property
    @abstractmethod
    def id(self) -> str:
        """Return what the API calls this resource."""

    @property
    def key(self) -> str:
        """Return what else is unique among the resources of this kind in a pool."""
        return self.id


class ResourceServer(PoolResource, frozen=True, kw_only=True, omit_defaults=True):
    """An API that access tokens are for, with its scopes: `identifier/scope` in a token."""

    kind = "resource-server"

    identifier: str
    name: str
    scopes: tuple[ResourceServerScopeType, ...] = ()
    managed_by: ResourceServerManagedByType | None = None

    @property
    def id(self) -> str:
        return self.identifier

    @property
    def scope_names(self) -> frozenset[str]:
        """Return the scopes as tokens and app clients name them."""
        return frozenset(f"{self.identifier}/{scope.ScopeName}" for scope in self.scopes)


class StyleAsset(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An image of a style, without its bytes."""

    category: AssetCategoryType
    color_mode: ColorSchemeModeType
    extension: AssetExtensionType
    resource_id: str | None = None
    content: str | None = None
    """Name of the image in the store, made of its bytes; None if the request had none."""


class ManagedLoginBranding(PoolResource, frozen=True, kw_only=True, omit_defaults=True):
    """The style of an app client's pages. The assets' contents are kept apart from it."""

    kind = "branding"

    branding_id: str
    client_id: str
    uses_defaults: bool = False
    """`UseCognitoProvidedValues`."""
    settings: dict[str, Any] | None = None
    assets: tuple[StyleAsset, ...] = ()

    @property
    def id(self) -> str:
        return self.branding_id

    @property
    def assets_owner(self) -> str:
        """Return whose images these are, in the store."""
        return f"{self.kind}/{self.client_id}"

    @property
    def key(self) -> str:
        return self.client_id


class UICustomization(PoolResource, frozen=True, kw_only=True, omit_defaults=True):
    """CSS and logo of the classic pages, for one app client or for `ALL`."""

    kind = "ui-customization"

    client_id: str
    css: str | None = None
    css_version: str
    image: str | None = None
    """Name of the logo in the store."""

    @property
    def id(self) -> str:
        return self.client_id

    @property
    def assets_owner(self) -> str:
        """Return whose image the logo is, in the store."""
        return f"{self.kind}/{self.client_id}"


TERMS_OF_USE: Final = "terms-of-use"
PRIVACY_POLICY: Final = "privacy-policy"
NAMES_OF_TERMS: Final = (TERMS_OF_USE, PRIVACY_POLICY)
"""The two documents that an app client may link to."""


class Terms(PoolResource, frozen=True, kw_only=True, omit_defaults=True):
    """Links to terms of use or a privacy policy, by language."""

    kind = "terms"

    terms_id: str
    client_id: str
    name: str
    source: TermsSourceType
    enforcement: TermsEnforcementType
    links: dict[str, str]

    @property
    def id(self) -> str:
        return self.terms_id

    @property
    def key(self) -> str:
        return f"{self.client_id}/{self.name}"


class ClientDocumentPolicy(PoolResource, frozen=True, kw_only=True, omit_defaults=True):
    """Which URLs of client ID metadata documents name clients of a pool.

    `client_id` is the app client whose settings these clients have.
    """

    kind = "cimd-policy"

    policy_id: str
    client_id: str
    name: str
    cache_seconds: int
    url_patterns: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.policy_id


class PoolAsset(msgspec.Struct, frozen=True):
    """An image of a resource. `owner` names the resource, `name` holds the hash of the content."""

    pool_id: str
    owner: str
    name: str
    content: bytes


KINDS: Final[Mapping[str, type[PoolResource]]] = {
    each.kind: each for each in sorted(PoolResource.__subclasses__(), key=lambda each: each.kind)
}
"""Every kind of resource, by the name that the store has for it."""
