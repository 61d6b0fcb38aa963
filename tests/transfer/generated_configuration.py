"""Domains, resources and images of pools, generated."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from poolhouse.entities.clients import Client, ClientSecret
from poolhouse.entities.domains import Domain
from poolhouse.entities.pool_resources import (
    KINDS,
    ClientDocumentPolicy,
    ManagedLoginBranding,
    PoolAsset,
    PoolResource,
    ResourceServer,
    Terms,
    UICustomization,
)
from poolhouse.entities.pools import Pool
from poolhouse.entities.signing_keys import KeyUse, PoolKey
from poolhouse.store.timestamps import EPOCH
from poolhouse.wire.enums import TermsEnforcementType, TermsSourceType
from poolhouse.wire.structs import (
    CustomDomainConfigType,
    ResourceServerScopeType,
    UserPoolClientType,
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
names = st.text("abcxyz019-_", min_size=1, max_size=20)
versions = st.integers(1, 10**9)
_millisecond = timedelta(milliseconds=1)
secrets = st.binary(min_size=1, max_size=40)
moments = st.integers(-(10**11), 10**13).map(lambda n: EPOCH + n * _millisecond)


@st.composite
def configuration(draw: st.DrawFn, pool: Pool) -> dict[str, Any]:
    """The members of the contents that aren't the pool's own settings."""
    return {
        "domains": tuple(
            _domain(draw, pool, custom=custom)
            for custom in draw(st.lists(st.booleans(), unique=True).map(sorted))
        ),
        "resources": tuple(
            _resource(draw, pool, kind)
            for kind in KINDS.values()
            for _ in range(draw(st.integers(0, 1)))
        ),
        "assets": tuple(
            PoolAsset(pool.id, f"owner {n}", draw(names), draw(st.binary(max_size=40)))
            for n in range(draw(st.integers(0, 2)))
        ),
    }


def _domain(draw: st.DrawFn, pool: Pool, *, custom: bool) -> Domain:
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    return Domain(
        name="id.home.example" if custom else "home",
        pool_id=pool.id,
        pages_version=draw(st.sampled_from([1, 2])),
        custom=CustomDomainConfigType(CertificateArn=arn) if custom else None,
        created_at=draw(moments),
        modified_at=draw(moments),
        version=draw(versions),
    )


def _resource(draw: st.DrawFn, pool: Pool, kind: type[PoolResource]) -> PoolResource:
    """With the members that the kind demands, whatever they are."""
    members: dict[type[PoolResource], dict[str, st.SearchStrategy[Any]]] = {
        ResourceServer: {
            "identifier": st.just("weather"),
            "name": names,
            "scopes": st.lists(
                st.builds(ResourceServerScopeType, ScopeName=names, ScopeDescription=names),
                max_size=2,
            ).map(tuple),
        },
        ManagedLoginBranding: {
            "branding_id": names,
            "client_id": names,
            "settings": st.none() | st.dictionaries(names, names | st.integers(0, 9), max_size=2),
        },
        UICustomization: {"client_id": names, "css": st.none() | texts, "css_version": names},
        Terms: {
            "terms_id": names,
            "client_id": names,
            "name": names,
            "source": st.just(TermsSourceType.LINK),
            "enforcement": st.just(TermsEnforcementType.NONE),
            "links": st.dictionaries(names, names, max_size=2),
        },
        ClientDocumentPolicy: {
            "policy_id": names,
            "client_id": names,
            "name": names,
            "cache_seconds": st.integers(1, 9),
            "url_patterns": st.lists(names, max_size=2).map(tuple),
        },
    }
    return kind(
        pool_id=pool.id,
        created_at=draw(moments),
        modified_at=draw(moments),
        version=draw(versions),
        **{name: draw(values) for name, values in members[kind].items()},
    )


def a_generated_client(draw: st.DrawFn, pool: Pool, n: int) -> Client:
    secret = st.builds(ClientSecret, id=texts, value=texts, created_at=moments)
    return Client(
        id=f"client{n}",
        pool_id=pool.id,
        settings=UserPoolClientType(ClientName=draw(names)),
        secrets=tuple(draw(st.lists(secret, max_size=2))),
        created_at=draw(moments),
        modified_at=draw(moments),
        version=draw(versions),
        sso_minutes=draw(st.integers(0, 129_600)),
    )


def a_generated_key(draw: st.DrawFn, pool: Pool, n: int, use: KeyUse) -> PoolKey:
    return PoolKey(
        kid=f"key {n}",
        pool_id=pool.id,
        use=use,
        private_der=draw(secrets),
        created_at=draw(moments),
    )
