"""The issuer of tokens (ev:auth-13)."""

import pytest
from msgspec.structs import replace
from support.store_samples import POOL, a_pool

from poolhouse.rules.tokens import issuers
from poolhouse.wire.enums import IssuerType
from poolhouse.wire.structs import IssuerConfigurationType

ORIGINAL = f"https://cognito-idp.eu-central-1.amazonaws.com/{POOL}"
UPDATED = f"https://issuer-cognito-idp.eu-central-1.amazonaws.com/{POOL}"


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        (None, ORIGINAL),
        (IssuerConfigurationType(), ORIGINAL),
        (IssuerConfigurationType(Type=IssuerType.ORIGINAL), ORIGINAL),
        (IssuerConfigurationType(Type=IssuerType.UPDATED), UPDATED),
    ],
)
def test_aws_issuer_is_as_the_pool_is_configured(
    configured: IssuerConfigurationType | None, expected: str
) -> None:
    pool = a_pool(POOL)
    pool = replace(pool, settings=replace(pool.settings, IssuerConfiguration=configured))
    assert issuers.as_on_aws(pool) == expected


@pytest.mark.parametrize(
    ("region", "domain"),
    [("us-west-2", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn")],
)
def test_aws_issuer_names_region_of_pool(region: str, domain: str) -> None:
    pool_id = f"{region}_ABCdef123"
    expected = f"https://cognito-idp.{region}.{domain}/{pool_id}"
    assert issuers.as_on_aws(a_pool(pool_id)) == expected


def test_issuer_of_the_server_is_where_the_keys_are() -> None:
    assert issuers.own(POOL, "https://id.example.com") == f"https://id.example.com/{POOL}"
