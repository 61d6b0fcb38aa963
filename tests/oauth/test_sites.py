"""Addresses of a pool's domain: by host, by path, and at the root of dev mode."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.access_tokens import token_of
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.wire_client import Answer, Wire

from poolhouse import app
from poolhouse.entities.domains import Domain
from poolhouse.http.messages import HttpRequest
from poolhouse.oauth.sites import ROOT_PAGES, ROOT_PATHS, Site, Sites
from poolhouse.pages.hosted_ui.routes import PAGES
from poolhouse.rules.oauth.account_sign_in import Section
from poolhouse.store import domains
from poolhouse.wire.structs import CustomDomainConfigType

CUSTOM = "auth.shop.example"
PREFIX = "shop"
TEMPLATE = "https://{domain}.auth.example.com"
AT_TEMPLATE = "shop.auth.example.com"
ARN = "arn:aws:acm:us-east-1:123456789012:certificate/1"
AT = datetime(2026, 11, 30, tzinfo=UTC)
USER_INFO = "/oauth2/userInfo"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose prefix domains have hosts of their own."""
    with running(tmp_path_factory.mktemp("sites"), domain_url=TEMPLATE) as server:
        yield server


@pytest.fixture(scope="module")
def pool(server: RunningServer) -> PoolForTest:
    """A pool with a prefix domain and a custom one."""
    pool = PoolForTest(server.client())
    add_domain(server, pool.id, PREFIX)
    add_domain(server, pool.id, CUSTOM, is_custom=True)
    pool.sign_up()
    return pool


def add_domain(
    server: RunningServer, pool_id: str, name: str, *, is_custom: bool = False
) -> Domain:
    domain = Domain(
        name=name,
        pool_id=pool_id,
        custom=CustomDomainConfigType(CertificateArn=ARN) if is_custom else None,
        created_at=AT,
        modified_at=AT,
    )

    async def add(running_app: app.App) -> None:
        await running_app.services.store.commit(domains.add(domain))

    server.run(add)
    return domain


def delete_domain(server: RunningServer, domain: Domain) -> None:
    async def delete(running_app: app.App) -> None:
        await running_app.services.store.commit(domains.delete(domain))

    server.run(delete)


def site_of(
    server: RunningServer, host: str, path: str, *, is_secure: bool = False, at_root: bool = False
) -> tuple[Site, str] | None:
    """The site that a request addresses, and the path there."""
    received = HttpRequest(
        method="GET",
        path=path.encode(),
        query=b"",
        headers=[(b"host", host.encode("latin-1"))],
        body=b"",
        id="1",
        received_at=AT,
        now=AT,
        source_ip=None,
        is_secure=is_secure,
    )

    async def find(running_app: app.App) -> tuple[Site, str] | None:
        return await Sites(running_app.services, at_root=at_root).find(received, path)

    return server.run(find)


def user_info(server: RunningServer, host: str, path: str, token: str) -> Answer:
    lines = [f"Host: {host}", f"Authorization: Bearer {token}"]
    text = "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""])
    with Wire(server.port) as wire:
        return wire.ask(text.encode("latin-1"), "GET")


def own_host(server: RunningServer) -> str:
    return f"127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("host", "path", "is_secure", "url", "root_path"),
    [
        (CUSTOM, "/login", True, f"https://{CUSTOM}", ""),
        (f"{CUSTOM.upper()}:443", "/login", True, f"https://{CUSTOM}", ""),
        (f"{CUSTOM}:8443", "/login", True, f"https://{CUSTOM}:8443", ""),
        (CUSTOM, "/login", False, f"http://{CUSTOM}", ""),
        (AT_TEMPLATE, "/login", True, f"https://{AT_TEMPLATE}", ""),
        ("OWN", "/domains/shop/login", False, "SERVER/domains/shop", "/domains/shop"),
        (
            "OWN",
            f"/domains/{CUSTOM}/login",
            False,
            f"SERVER/domains/{CUSTOM}",
            f"/domains/{CUSTOM}",
        ),
        ("unknown.example", "/domains/shop/login", True, "SERVER/domains/shop", "/domains/shop"),
        ("a b@c", "/domains/shop/login", True, "SERVER/domains/shop", "/domains/shop"),
    ],
)
def test_site_of_every_form_of_address_is_the_domain(
    server: RunningServer,
    pool: PoolForTest,
    host: str,
    path: str,
    is_secure: bool,
    url: str,
    root_path: str,
) -> None:
    """An unknown host isn't repeated in URLs: those are this server's own."""
    host = host.replace("OWN", own_host(server))
    found = site_of(server, host, path, is_secure=is_secure)
    assert found is not None
    site, below = found
    assert below == "/login"
    assert (site.url, site.root_path) == (url.replace("SERVER", server.url), root_path)
    assert site.pool is not None
    assert site.domain is not None
    assert site.pool.id == site.domain.pool_id == pool.id


def test_site_by_path_names_the_loopback_name_of_the_client(
    server: RunningServer, pool: PoolForTest
) -> None:
    found = site_of(server, f"localhost:{server.port}", "/domains/shop/login")
    assert found is not None
    assert found[0].url == f"http://localhost:{server.port}/domains/shop"


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("OWN", "/login"),
        ("OWN", USER_INFO),
        ("OWN", "/domains/unknown/login"),
        ("OWN", "/domains/shop"),
        ("unknown.example", "/login"),
        (f"{CUSTOM}.", "/login"),
        (f"{CUSTOM}:443@evil.example", "/login"),
        (f"{CUSTOM}, evil.example", "/login"),
        (f"evil.{CUSTOM}", "/login"),
        ("shop", "/login"),
        ("other.auth.example.com", "/login"),
        ("", "/login"),
    ],
)
def test_site_of_other_hosts_and_paths_is_none(
    server: RunningServer, pool: PoolForTest, host: str, path: str
) -> None:
    assert site_of(server, host.replace("OWN", own_host(server)), path) is None


def test_site_of_domain_host_serves_no_other_domain_by_path(
    server: RunningServer, pool: PoolForTest
) -> None:
    """Otherwise the origin of one pool's pages would be another pool's too."""
    found = site_of(server, CUSTOM, "/domains/shop/login", is_secure=True)
    assert found is not None
    site, below = found
    assert (site.url, below) == (f"https://{CUSTOM}", "/domains/shop/login")


def test_site_of_custom_domain_below_the_base_name_is_found(server: RunningServer) -> None:
    """No prefix has this name, so that the whole host counts."""
    pool = PoolForTest(server.client())
    domain = add_domain(server, pool.id, "own.auth.example.com", is_custom=True)
    found = site_of(server, domain.name, "/login", is_secure=True)
    assert found is not None
    assert found[0].domain == domain


def test_site_of_new_and_deleted_domain_counts_from_the_next_request(server: RunningServer) -> None:
    host = "late.shop.example"
    assert site_of(server, host, "/login") is None
    pool = PoolForTest(server.client())
    domain = add_domain(server, pool.id, host, is_custom=True)
    assert site_of(server, host, "/login") is not None
    delete_domain(server, domain)
    assert site_of(server, host, "/login") is None


def test_user_info_at_every_address_of_the_domain_returns_the_user(
    server: RunningServer, pool: PoolForTest
) -> None:
    token = token_of(server, pool, scope="openid")
    for host, path in (
        (CUSTOM, USER_INFO),
        (AT_TEMPLATE, USER_INFO),
        (own_host(server), f"/domains/shop{USER_INFO}"),
        (own_host(server), f"/domains/{CUSTOM}{USER_INFO}"),
    ):
        answer = user_info(server, host, path, token)
        assert answer.status == 200, answer
        assert answer.json["username"] == "alice"


def test_user_info_at_domain_of_another_pool_is_refused(
    server: RunningServer, pool: PoolForTest
) -> None:
    other = PoolForTest(server.client())
    add_domain(server, other.id, "other-shop")
    token = token_of(server, pool, scope="openid")
    answer = user_info(server, own_host(server), f"/domains/other-shop{USER_INFO}", token)
    assert (answer.status, answer.json["error"]) == (401, "invalid_token")


def test_user_info_at_root_is_unknown_outside_dev_mode(
    server: RunningServer, pool: PoolForTest
) -> None:
    token = token_of(server, pool, scope="openid")
    assert user_info(server, own_host(server), USER_INFO, token).status == 404


def test_user_info_at_root_of_dev_mode_finds_the_pool_by_the_token(tmp_path: Path) -> None:
    """In a region that isn't the home region, as dev mode serves every region."""
    with running(tmp_path, dev=True, memory=True) as server:
        for region in (None, "ap-southeast-2"):
            cognito = server.client(region_name=region) if region else server.client()
            pool = PoolForTest(cognito)
            pool.sign_up()
            token = token_of(server, pool, scope="openid")
            answer = user_info(server, own_host(server), USER_INFO, token)
            assert (answer.status, answer.json["username"]) == (200, "alice")


@pytest.mark.parametrize(
    "path", ["/oauth2/token", "/oauth2/revoke", USER_INFO, "/login", "/logout", "/signup"]
)
def test_site_at_root_of_dev_mode_has_no_pool_yet(server: RunningServer, path: str) -> None:
    found = site_of(server, own_host(server), path, at_root=True)
    assert found is not None
    site, below = found
    assert below == path
    assert (site.url, site.root_path, site.pool, site.domain) == (server.url, "", None, None)
    assert site.serves("any pool's id")


@pytest.mark.parametrize("path", ["/", "/inbox", "/oauth2", "/dev/clock", "/metrics", "/loginx"])
def test_site_at_root_of_dev_mode_leaves_other_paths_alone(
    server: RunningServer, path: str
) -> None:
    assert site_of(server, own_host(server), path, at_root=True) is None


def test_request_with_two_hosts_is_refused(server: RunningServer, pool: PoolForTest) -> None:
    """Proxies and servers could each take another one."""
    text = f"GET /login HTTP/1.1\r\nHost: {CUSTOM}\r\nHost: evil.example\r\n\r\n"
    with Wire(server.port) as wire:
        assert wire.ask(text.encode(), "GET").status == 400


def test_root_of_dev_mode_serves_every_page() -> None:
    """But for the page of devices, which is always at a domain."""
    paths = {page.path for page in PAGES} | {section.path for section in Section}
    others = {path for path in paths if not path.startswith(ROOT_PATHS)}
    assert others <= ROOT_PAGES
