"""Addresses of domains: what is advertised, and which host or path is which domain."""

from datetime import UTC, datetime

import pytest

from poolhouse.entities.domains import Domain
from poolhouse.services.domain_urls import DomainUrls, advertised
from poolhouse.wire.structs import CustomDomainConfigType

SERVER = "https://id.example.com:9229"
BELOW = "https://{domain}.auth.example.com"
AT = datetime(2026, 11, 30, tzinfo=UTC)
ARN = "arn:aws:acm:us-east-1:123456789012:certificate/1"


def domain(name: str, *, is_custom: bool = False) -> Domain:
    return Domain(
        name=name,
        pool_id="us-east-1_Example",
        custom=CustomDomainConfigType(CertificateArn=ARN) if is_custom else None,
        created_at=AT,
        modified_at=AT,
    )


@pytest.mark.parametrize(
    ("template", "by_path_only", "name", "is_custom", "url"),
    [
        (None, False, "shop", False, f"{SERVER}/domains/shop"),
        (BELOW, False, "shop", False, "https://shop.auth.example.com"),
        ("http://{domain}.localhost:9229", True, "shop", False, "http://shop.localhost:9229"),
        (
            "https://sign-in-{domain}.example.com",
            False,
            "a",
            False,
            "https://sign-in-a.example.com",
        ),
        (None, False, "auth.shop.example", True, "https://auth.shop.example"),
        (BELOW, False, "auth.shop.example", True, "https://auth.shop.example"),
        (BELOW, True, "auth.shop.example", True, f"{SERVER}/domains/auth.shop.example"),
    ],
)
def test_domain_url_is_advertised_by_kind_and_setting(
    template: str | None, by_path_only: bool, name: str, is_custom: bool, url: str
) -> None:
    urls = DomainUrls(template, by_path_only=by_path_only)
    assert urls.url_of(domain(name, is_custom=is_custom), SERVER) == url


@pytest.mark.parametrize(
    ("template", "host", "names"),
    [
        (BELOW, "shop.auth.example.com", ("shop", "shop.auth.example.com")),
        (BELOW, "Shop.AUTH.example.com:8443", ("shop", "shop.auth.example.com")),
        (BELOW, "a.shop.auth.example.com", ("a.shop.auth.example.com",)),
        (BELOW, "auth.example.com", ("auth.example.com",)),
        (BELOW, "shop.auth.example.com.evil.example", ("shop.auth.example.com.evil.example",)),
        (BELOW, "shopxauth.example.com", ("shopxauth.example.com",)),
        (None, "auth.shop.example", ("auth.shop.example",)),
        (None, "AUTH.shop.example:443", ("auth.shop.example",)),
        (None, "xn--bcher-kva.example", ("xn--bcher-kva.example",)),
        ("http://{domain}.localhost:9229", "shop.localhost:9229", ("shop", "shop.localhost")),
        ("https://{domain}", "shop", ("shop",)),
        (None, "127.0.0.1:9229", ("127.0.0.1",)),
        (None, "shop", ()),
        (None, "localhost:9229", ()),
    ],
)
def test_domain_host_is_read_without_its_port_and_case(
    template: str | None, host: str, names: tuple[str, ...]
) -> None:
    assert DomainUrls(template).names_of_host(host) == names


@pytest.mark.parametrize(
    "host",
    [
        "",
        "[::1]:9229",
        "auth.shop.example.",
        ".auth.shop.example",
        "auth.shop.example:",
        "auth.shop.example:443:443",
        "auth.shop.example:443@evil.example",
        "auth.shop.example:evil.example",
        "user@auth.shop.example",
        "auth.shop.example/evil",
        "auth.shop.example?",
        "auth.shop.example#",
        "auth.shop.example\\",
        "auth.shop.example, evil.example",
        "auth.shop.example evil.example",
        "auth.shop.example\t",
        "auth.shop.example\n",
        "auth.shop.example\0",
        "auth%2eshop.example",
        "auth_shop.example",
        "b\u00fccher.example",
        "\uff41uth.shop.example",
        "auth.shop.example:\u0664\u0664\u0663",
        "a" * 254 + ".example",
        "<script>.example",
    ],
)
def test_domain_host_that_is_no_dns_name_is_of_no_domain(host: str) -> None:
    for template in (None, BELOW, "https://{domain}"):
        assert DomainUrls(template).names_of_host(host) == ()


@pytest.mark.parametrize(
    ("host", "is_secure", "url"),
    [
        ("Auth.Shop.example", True, "https://auth.shop.example"),
        ("auth.shop.example:443", True, "https://auth.shop.example"),
        ("auth.shop.example:443", False, "http://auth.shop.example:443"),
        ("auth.shop.example:80", False, "http://auth.shop.example"),
        ("auth.shop.example:80", True, "https://auth.shop.example:80"),
        ("auth.shop.example:8443", True, "https://auth.shop.example:8443"),
    ],
)
def test_domain_address_of_host_is_the_origin_of_browsers(
    host: str, is_secure: bool, url: str
) -> None:
    assert DomainUrls.address_of_host(host, is_secure=is_secure) == url


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/domains/shop/login", ("shop", "/login")),
        ("/domains/shop/", ("shop", "/")),
        ("/domains/auth.shop.example/oauth2/token", ("auth.shop.example", "/oauth2/token")),
        ("/domains/shop/domains/other/login", ("shop", "/domains/other/login")),
        ("/domains/shop//login", ("shop", "//login")),
        ("/domains/shop", None),
        ("/domains/", None),
        ("/domains//login", None),
        ("/domains/../login", None),
        ("/domains/./login", None),
        ("/domains/Shop/login", None),
        ("/domains/shop\0/login", None),
        ("/domains/sh op/login", None),
        ("/domains/b\u00fccher/login", None),
        (f"/domains/{'a' * 254}/login", None),
        ("/Domains/shop/login", None),
        ("/domain/shop/login", None),
    ],
)
def test_domain_path_names_the_domain_and_the_path_there(
    path: str, found: tuple[str, str] | None
) -> None:
    assert DomainUrls.name_in_path(path) == found


@pytest.mark.parametrize("names", [("aaa", "zz.shop.example"), ("zz.shop.example", "aaa")])
def test_advertised_domain_is_the_custom_one_whatever_their_order(names: tuple[str, str]) -> None:
    """Discovery names it, and dev mode's root shows its pages."""
    made = [domain(name, is_custom="." in name) for name in names]
    found = advertised(made)
    assert found is not None
    assert found.name == "zz.shop.example"
    assert advertised(made[:1]) is made[0]
    assert advertised([]) is None
