"""Styles, classic CSS and images as the pages of a domain show them."""

import re
from typing import Any

import pytest
from support.domain_pools import OAUTH, DomainPool
from support.looks import CSS, ICO, PAGE, PNG, SVG, asset
from support.page_browser import Page
from support.running_server import RunningServer
from support.served_pools import NewPool

from poolhouse.entities.domains import CLASSIC, MANAGED_LOGIN

LOGO = {"components": {"form": {"logo": {"enabled": True}}}}
HARMFUL = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def managed(server: RunningServer, new_pool: NewPool) -> DomainPool:
    return DomainPool(server, new_pool(client=OAUTH), MANAGED_LOGIN)


@pytest.fixture
def classic(server: RunningServer, new_pool: NewPool) -> DomainPool:
    return DomainPool(server, new_pool(client=OAUTH), CLASSIC)


def login(domain: DomainPool) -> Page:
    page = domain.browser().get(f"{domain.root}/login", **domain.asked())
    assert page.status == 200
    return page


def get(domain: DomainPool, path: str) -> Page:
    return domain.browser().get(path)


def styled(domain: DomainPool, **members: Any) -> str:
    made = domain.pool.cognito.create_managed_login_branding(
        UserPoolId=domain.pool.id, ClientId=domain.client_id, **members
    )
    branding_id: str = made["ManagedLoginBranding"]["ManagedLoginBrandingId"]
    return branding_id


def customized(domain: DomainPool, **members: Any) -> dict[str, Any]:
    answer = domain.pool.cognito.set_ui_customization(UserPoolId=domain.pool.id, **members)
    customization: dict[str, Any] = answer["UICustomization"]
    return customization


def files_of(page: Page) -> list[str]:
    return re.findall(r'(?:href|src|srcset)="([^"]*/branding/[^"]*)"', page.text)


def image_sources(page: Page) -> str:
    policy = dict(
        directive.split(" ", 1)
        for directive in (page.header("content-security-policy") or "").split("; ")
    )
    return policy["img-src"]


def test_pages_without_a_style_have_the_servers_own_looks(
    managed: DomainPool, classic: DomainPool
) -> None:
    """DIFFERS: AWS answers "Login pages unavailable" (ev:oauth-3.2)."""
    for domain in (managed, classic):
        page = login(domain)
        assert files_of(page) == []
        assert image_sources(page) == "data:"


def test_style_sheet_of_a_style_is_linked_and_served_for_ever(managed: DomainPool) -> None:
    styled(managed, Settings=PAGE)
    page = login(managed)
    (path,) = files_of(page)
    assert path.startswith(f"{managed.root}/branding/{managed.pool.id}/branding/")
    nonce = re.search(r"style-src 'nonce-([^']+)'", page.header("content-security-policy") or "")
    assert nonce is not None
    assert f'<link rel="stylesheet" href="{path}" nonce="{nonce[1]}">' in page.text
    assert image_sources(page) == "data: 'self'"
    sheet = get(managed, path)
    assert sheet.status == 200
    assert sheet.header("content-type") == "text/css; charset=utf-8"
    assert sheet.header("cache-control") == "public, max-age=31536000, immutable"
    assert sheet.header("x-content-type-options") == "nosniff"
    assert "--page:#fff8e7ff;" in sheet.text


def test_changed_style_has_another_path(managed: DomainPool) -> None:
    branding_id = styled(managed, Settings=PAGE)
    (before,) = files_of(login(managed))
    managed.pool.cognito.update_managed_login_branding(
        UserPoolId=managed.pool.id,
        ManagedLoginBrandingId=branding_id,
        Settings={"componentClasses": {"buttons": {"borderRadius": 1.0}}},
    )
    (after,) = files_of(login(managed))
    assert after != before
    assert "--radius-small:1px;" in get(managed, after).text
    old = get(managed, before)
    assert (old.text, old.header("cache-control")) == (get(managed, after).text, "no-store")
    managed.pool.cognito.delete_managed_login_branding(
        UserPoolId=managed.pool.id, ManagedLoginBrandingId=branding_id
    )
    assert files_of(login(managed)) == []
    assert get(managed, after).status == 404


def test_logo_and_icon_of_a_style_are_shown(managed: DomainPool) -> None:
    icon = asset("FAVICON_ICO", "DYNAMIC", Extension="ICO", Bytes=ICO)
    styled(managed, Settings=LOGO, Assets=[asset(Extension="PNG", Bytes=PNG), icon])
    page = login(managed)
    icon_path, _, logo_path = files_of(page)
    assert f'<link rel="icon" href="{icon_path}">' in page.text
    assert f'<img class="logo-customizable" src="{logo_path}" alt="">' in page.text
    for path, kind, content in ((icon_path, "image/x-icon", ICO), (logo_path, "image/png", PNG)):
        image = get(managed, path)
        assert (image.status, image.body) == (200, content)
        assert image.header("content-type") == kind
        assert image.header("cache-control") == "public, max-age=31536000, immutable"


def test_logo_that_is_not_enabled_is_not_shown(managed: DomainPool) -> None:
    styled(managed, Settings=PAGE, Assets=[asset()])
    assert "<img" not in login(managed).text


def test_dynamic_mode_has_a_logo_for_each_scheme(managed: DomainPool) -> None:
    settings = {**LOGO, "categories": {"global": {"colorSchemeMode": "DYNAMIC"}}}
    dark = asset(mode="DARK", Extension="PNG", Bytes=PNG)
    styled(managed, Settings=settings, Assets=[asset(), dark])
    source, image = files_of(login(managed))[1:]
    assert (source[-4:], image[-4:]) == (".png", ".svg")


def test_header_and_footer_are_shown_if_enabled(managed: DomainPool) -> None:
    bar = {"logo": {"enabled": True, "location": "END"}}
    settings = {
        "categories": {"global": {"pageHeader": {"enabled": True}}},
        "components": {"pageHeader": bar, "pageFooter": bar},
    }
    assets = [asset("PAGE_HEADER_LOGO"), asset("PAGE_FOOTER_LOGO", Extension="PNG", Bytes=PNG)]
    styled(managed, Settings=settings, Assets=assets)
    page = login(managed)
    assert '<header class="page-header end">' in page.text
    assert "page-footer" not in page.text


def test_image_runs_nothing_in_a_browser(managed: DomainPool) -> None:
    styled(managed, Settings=LOGO, Assets=[asset(Bytes=HARMFUL)])
    image = get(managed, files_of(login(managed))[-1])
    assert image.body == HARMFUL
    assert image.header("content-type") == "image/svg+xml"
    assert image.header("content-security-policy") == "sandbox; default-src 'none'"
    assert image.header("x-content-type-options") == "nosniff"


def test_background_of_a_style_sheet_is_beside_it(managed: DomainPool) -> None:
    styled(managed, Settings=PAGE, Assets=[asset("PAGE_BACKGROUND")])
    (path,) = files_of(login(managed))
    name = re.search(r'url\("([^"]+)"\)', get(managed, path).text)
    assert name is not None
    assert get(managed, f"{path.rpartition('/')[0]}/{name[1]}").body == SVG


def test_files_of_other_pools_and_names_are_not_found(
    managed: DomainPool, classic: DomainPool
) -> None:
    styled(managed, Settings=LOGO, Assets=[asset()])
    sheet, logo = files_of(login(managed))
    folder = logo.rpartition("/")[0]
    paths = [
        sheet.replace(managed.root, classic.root),
        logo.replace(managed.root, classic.root),
        sheet.replace("/branding/" + managed.pool.id, "/branding/" + classic.pool.id),
        sheet.replace(managed.client_id, classic.client_id),
        f"{folder}/{'0' * 32}.svg",
        f"{folder}/x.html",
        f"{folder}/..%2f..%2fx.svg",
        re.sub(r"/branding/([^/]+)/branding/", r"/branding/\1/terms/", sheet),
        re.sub(r"/branding/([^/]+)/branding/", r"/branding/\1/ui-customization/", sheet),
        f"{managed.root}/branding/{managed.pool.id}",
    ]
    assert [get(managed, path).status for path in paths] == [404] * len(paths)
    assert get(managed, sheet.removeprefix(managed.root)).status == 404


def test_classic_pages_have_the_css_and_the_logo(classic: DomainPool) -> None:
    answered = customized(classic, CSS=CSS, ImageFile=PNG)
    page = login(classic)
    sheet, logo = files_of(page)
    assert get(classic, sheet).text == f":root {CSS}"
    assert answered["ImageUrl"] == f"{classic.server.url}{logo}"
    assert get(classic, logo).body == PNG
    assert f'<img class="logo-customizable" src="{logo}" alt="">' in page.text


def test_own_customization_of_a_client_precedes_that_of_the_pool(classic: DomainPool) -> None:
    customized(classic, CSS=CSS)
    own = CSS.replace("0a6187", "111111")
    customized(classic, ClientId=classic.client_id, CSS=own)
    (sheet,) = files_of(login(classic))
    assert get(classic, sheet).text == f":root {own}"


def test_looks_of_the_other_version_are_not_used(managed: DomainPool, classic: DomainPool) -> None:
    customized(managed, CSS=CSS)
    styled(classic, Settings=PAGE)
    assert files_of(login(managed)) == []
    assert files_of(login(classic)) == []


def test_first_view_with_a_style_is_small(managed: DomainPool) -> None:
    """ev:domain-4.3: 20 KB for the page and its style sheets."""
    styled(managed, Settings={"categories": {"global": {"colorSchemeMode": "DYNAMIC"}}})
    page = login(managed)
    paths = re.findall(r'<link rel="stylesheet" href="([^"]*)"', page.text)
    assert len(paths) == 2
    assert len(page.body) + sum(len(get(managed, path).body) for path in paths) <= 20_480
