"""The device authorization grant (RFC 8628), if the setting is on."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from support.audit_reading import Trail
from support.devices_at_domains import (
    DEVICE_CLIENT,
    Device,
    StandingClock,
    answers,
    enters,
    standing_clock,
)
from support.domain_endpoints import WEB_APP, Endpoints, add_domain
from support.domain_pools import OAUTH, DomainPool
from support.page_browser import Browser, Page
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.sign_ins import PASSWORD, claims_of

from poolhouse.app import App
from poolhouse.rules.oauth.device_grants import GRANT_TYPE, LETTERS
from poolhouse.services.rate_limits import DEVICES_OF_ADDRESS

PENDING = (400, {"error": "authorization_pending"})
INVALID = (400, {"error": "invalid_grant"})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("data"), device_grant=True) as made:
        yield made


@pytest.fixture
def clock(server: RunningServer) -> Iterator[StandingClock]:
    with standing_clock(server) as clock:
        yield clock


@pytest.fixture
def domain(server: RunningServer, clock: StandingClock) -> DomainPool:
    made = DomainPool(server, PoolForTest(server.client(), DEVICE_CLIENT))
    made.add_user(email="alice@example.com")
    return made


@pytest.fixture
def device(domain: DomainPool) -> Device:
    return Device(domain)


def error_of(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


def allowed(device: Device, codes: dict[str, Any], browser: Browser | None = None) -> Page:
    """Let alice allow a request, and return the page at the end."""
    browser = browser or device.domain.signed_in()
    question = enters(device.domain, browser, codes["user_code"])
    return answers(browser, question, "allow")


def test_device_request_is_answered_by_two_codes_and_the_pages_address(device: Device) -> None:
    answer = device.asks()
    codes = answer.json()
    assert answer.headers["cache-control"].startswith("no-cache, no-store")
    assert re.fullmatch(rf"[{LETTERS}]{{4}}-[{LETTERS}]{{4}}", codes["user_code"])
    assert re.fullmatch(r"[\w-]{43}", codes["device_code"])
    page = f"{device.domain.url}/device"
    assert codes == {
        "device_code": codes["device_code"],
        "user_code": codes["user_code"],
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={codes['user_code']}",
        "expires_in": 600,
        "interval": 5,
    }


def test_device_gets_tokens_once_its_user_has_allowed_them(
    device: Device, clock: StandingClock
) -> None:
    codes = device.codes(scope="openid email")
    assert error_of(device.polls(codes)) == PENDING
    assert "connected" in allowed(device, codes).text
    clock.later(seconds=5)
    answer = device.polls(codes)
    tokens = answer.json()
    assert tokens.keys() == {
        *("id_token", "access_token", "refresh_token", "expires_in", "token_type")
    }
    claims = claims_of(tokens["access_token"])
    assert (claims["username"], claims["scope"]) == ("alice", "openid email")
    assert claims_of(tokens["id_token"])["aud"] == device.domain.client_id
    renewed = device.endpoints.refresh(tokens["refresh_token"]).json()
    assert claims_of(renewed["access_token"])["origin_jti"] == claims["origin_jti"]


def test_device_code_used_twice_revokes_what_the_first_use_gave(
    device: Device, clock: StandingClock
) -> None:
    codes = device.codes()
    allowed(device, codes)
    tokens = device.polls(codes).json()
    clock.later(seconds=5)
    assert error_of(device.polls(codes)) == INVALID
    assert error_of(device.endpoints.refresh(tokens["refresh_token"])) == INVALID


def test_device_code_of_a_denied_request_is_refused(device: Device) -> None:
    codes = device.codes()
    browser = device.domain.signed_in()
    page = answers(browser, enters(device.domain, browser, codes["user_code"]), "deny")
    assert "You denied the request" in page.text
    assert error_of(device.polls(codes)) == (400, {"error": "access_denied"})
    assert enters(device.domain, browser, codes["user_code"]).status == 400


def test_device_code_expires(device: Device, clock: StandingClock) -> None:
    codes = device.codes()
    clock.later(minutes=10)
    assert error_of(device.polls(codes)) == (400, {"error": "expired_token"})
    assert enters(device.domain, device.domain.signed_in(), codes["user_code"]).status == 400


def test_device_that_polls_too_often_is_slowed_down_by_five_seconds(
    device: Device, clock: StandingClock
) -> None:
    codes = device.codes()
    slow_down = (400, {"error": "slow_down"})
    assert error_of(device.polls(codes)) == PENDING
    clock.later(seconds=2)
    assert error_of(device.polls(codes)) == slow_down
    clock.later(seconds=5)
    assert error_of(device.polls(codes)) == slow_down, "the interval is 10 seconds by now"
    clock.later(seconds=8)
    assert error_of(device.polls(codes)) == PENDING


def test_device_code_is_its_app_clients_own(device: Device) -> None:
    domain = device.domain
    codes = device.codes()
    allowed(device, codes)
    made = domain.pool.cognito.create_user_pool_client(
        UserPoolId=domain.pool.id, ClientName="another", **DEVICE_CLIENT
    )["UserPoolClient"]
    assert error_of(Device(domain, made).polls(codes)) == INVALID
    other = DomainPool(domain.server, PoolForTest(domain.server.client(), DEVICE_CLIENT))
    assert error_of(Device(other).polls(codes)) == INVALID
    for code in ("x", "x" * 100):
        assert error_of(device.polls({"device_code": code})) == INVALID
    assert device.polls(codes).status_code == 200


def test_device_code_of_a_user_who_is_disabled_since_is_refused(device: Device) -> None:
    codes = device.codes()
    allowed(device, codes)
    pool = device.domain.pool
    pool.cognito.admin_disable_user(UserPoolId=pool.id, Username="alice")
    assert error_of(device.polls(codes)) == INVALID


def test_device_code_ends_when_its_user_signs_out_everywhere(device: Device) -> None:
    """A request that is allowed after the sign-out is another matter."""
    pool, earlier = device.domain.pool, device.codes()
    allowed(device, earlier)
    pool.cognito.admin_user_global_sign_out(UserPoolId=pool.id, Username="alice")
    later = device.codes()
    allowed(device, later)
    assert error_of(device.polls(earlier)) == INVALID
    assert device.polls(later).status_code == 200


def test_device_request_of_a_client_without_the_grant_is_refused(
    server: RunningServer, device: Device
) -> None:
    plain = device.domain.pool.cognito.create_user_pool_client(
        UserPoolId=device.domain.pool.id, ClientName="plain", **OAUTH
    )["UserPoolClient"]
    answer = Device(device.domain, plain).asks()
    assert error_of(answer) == (400, {"error": "unauthorized_client"})


def test_device_request_of_a_confidential_client_needs_its_secret(device: Device) -> None:
    pool = device.domain.pool
    made = pool.cognito.create_user_pool_client(
        UserPoolId=pool.id, ClientName="secret", GenerateSecret=True, **DEVICE_CLIENT
    )["UserPoolClient"]
    confidential = Device(device.domain, made)
    assert confidential.asks().status_code == 200
    wrong = (400, {"error": "invalid_client"})
    assert error_of(confidential.asks(client_secret=None)) == wrong
    assert error_of(confidential.polls({"device_code": "x"}, client_secret=None)) == wrong


@pytest.mark.parametrize("scope", ["files/read", "openid x", "aws.cognito/dcr/register"])
def test_device_request_for_a_scope_that_the_client_lacks_is_refused(
    device: Device, scope: str
) -> None:
    assert error_of(device.asks(scope=scope)) == (400, {"error": "invalid_scope"})


def test_sign_in_for_a_device_is_that_of_the_pages_and_returns_with_the_code(
    device: Device,
) -> None:
    """A link with the code leads to no answer by itself: users enter it, sign in, and press."""
    codes, browser = device.codes(), device.domain.browser()
    link = urlsplit(codes["verification_uri_complete"])
    [form] = browser.get(f"{link.path}?{link.query}").forms
    assert form.fields["user_code"] == codes["user_code"]
    start = browser.post(form.action, form.fields)
    login = browser.get(browser.get(start.location).location)
    [sign_in, *_] = login.forms
    end = browser.post(
        sign_in.action, {**sign_in.fields, "username": "alice", "password": PASSWORD}
    )
    assert end.location == f"{link.path}?{link.query}"
    assert "code=" not in end.location.replace("user_code=", "")
    for visitor, code in ((device.domain.signed_in(), codes["user_code"]), (browser, "BCDF-GHJK")):
        [form] = visitor.get(link.path, user_code=code).forms
        assert (form.fields["user_code"], ("action", "allow") in form.buttons) == (code, False)
    assert error_of(device.polls(codes)) == PENDING
    question = browser.get(end.location)
    assert "app" in question.text
    assert codes["user_code"] in question.text
    assert "127.0.0.1" in question.text
    assert error_of(device.polls(codes))[1] in ({"error": "slow_down"}, PENDING[1])
    answers(browser, question, "allow")
    assert ("action", "allow") not in browser.get(end.location).forms[0].buttons


def test_sign_in_for_a_device_of_a_client_that_never_reuses_sessions_ends(
    device: Device, clock: StandingClock
) -> None:
    pool = device.domain.pool
    pool.cognito.set_user_pool_session_configuration(
        UserPoolId=pool.id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 20}
    )
    pool.cognito.set_user_pool_client_session_configuration(
        UserPoolId=pool.id,
        ClientId=pool.client_id,
        SSOSession={"MaxValidityMinutes": 0},
    )
    codes = device.codes()
    browser = device.domain.signed_in()
    assert enters(device.domain, browser, codes["user_code"]).forms
    clock.later(minutes=6)
    again = enters(device.domain, browser, codes["user_code"])
    assert urlsplit(again.location).path.endswith("/oauth2/authorize")


def test_allowing_a_device_by_another_sites_form_or_for_another_account_allows_nothing(
    device: Device,
) -> None:
    codes, domain = device.codes(), device.domain
    browser = domain.signed_in()
    [form] = enters(domain, browser, codes["user_code"]).forms
    sent = {**form.fields, "action": "allow"}
    for page in (
        browser.post(form.action, sent, Sec_Fetch_Site="cross-site"),
        browser.post(form.action, sent, Origin="https://evil.example"),
        browser.post(form.action, {**sent, "_csrf": ""}),
        browser.get(form.action, **sent),
        browser.post(form.action, {**sent, "account": "sso-of-another"}),
    ):
        assert "connected" not in page.text
    assert error_of(device.polls(codes)) == PENDING
    assert browser.post(form.action, sent).status == 200


def test_allowing_a_device_twice_in_a_row_shows_the_same_end(device: Device) -> None:
    codes = device.codes()
    browser = device.domain.signed_in()
    question = enters(device.domain, browser, codes["user_code"])
    assert [answers(browser, question, "allow").status for _ in range(2)] == [200, 200]
    assert device.polls(codes).status_code == 200


@pytest.mark.parametrize("typed", ["bcdfghjk", " {code} ", "{lower}", "{spaced}"])
def test_user_code_is_read_as_people_type_it(device: Device, typed: str) -> None:
    code = device.codes()["user_code"]
    given = typed.format(
        code=code, lower=code.lower().replace("-", ""), spaced=code.replace("-", " – ")
    )
    page = enters(device.domain, device.domain.signed_in(), given)
    assert page.status == (400 if typed == "bcdfghjk" else 200)


def test_device_page_stays_in_the_language_that_was_asked_for(device: Device) -> None:
    domain, browser = device.domain, device.domain.signed_in()
    [form] = browser.get(f"{domain.root}/device", lang="de").forms
    sent = {**form.fields, "user_code": device.codes()["user_code"]}
    question = browser.post(form.action, sent)
    assert '<html lang="de"' in question.text
    assert '<html lang="de"' in answers(browser, question, "allow").text


def test_device_page_has_a_menu_of_languages_that_keeps_the_code(device: Device) -> None:
    browser, path = device.domain.browser(), f"{device.domain.root}/device"
    _, _, rest = browser.get(path, user_code="BCDF-GHJK").text.partition('class="languages"')
    menu, _, _ = rest.partition("</details>")
    assert f'<form method="get" action="{path}">' in menu
    assert re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', menu) == [
        ("user_code", "BCDF-GHJK")
    ]
    chosen = browser.get(path, user_code="BCDF-GHJK", lang="ar")
    assert '<html lang="ar" dir="rtl">' in chosen.text
    assert chosen.forms[0].fields["user_code"] == "BCDF-GHJK"
    assert '<html lang="ar" dir="rtl">' in browser.get(path).text


def test_device_page_refuses_other_methods(device: Device) -> None:
    page = device.domain.browser().send("PUT", f"{device.domain.root}/device")
    assert (page.status, page.body) == (405, b"")


def test_user_code_that_waits_too_long_for_others_is_one_too_many(device: Device) -> None:
    """Many guesses at once must not look like a broken page."""
    server = device.domain.server

    async def busy(app: App) -> None:
        async def acquire(sub: str) -> None:
            raise TimeoutError

        app.services.guess_locks.acquire = acquire  # type: ignore[method-assign]

    async def undo(app: App) -> None:
        del app.services.guess_locks.acquire

    server.run(busy)
    try:
        page = enters(device.domain, device.domain.browser(), "BCDF-GHJK")
    finally:
        server.run(undo)
    assert page.status == 429


def test_hostile_agent_of_a_device_is_escaped(device: Device) -> None:
    form = {"client_id": device.domain.client_id}
    headers = {"user-agent": "<script>alert(1)</script>"}
    url = f"{device.domain.url}/oauth2/device_authorization"
    codes = httpx.post(url, data=form, headers=headers).json()
    question = enters(device.domain, device.domain.signed_in(), codes["user_code"])
    assert "<script>alert" not in question.text
    assert "&lt;script&gt;alert(1)" in question.text


def test_device_requests_from_one_address_are_limited(
    server: RunningServer, device: Device
) -> None:
    url = f"{device.domain.url}/oauth2/device_authorization"
    form = {"client_id": device.domain.client_id}
    with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.9")) as program:
        statuses = [program.post(url, data=form).status_code for _ in range(DEVICES_OF_ADDRESS + 1)]
    assert statuses == [200] * DEVICES_OF_ADDRESS + [429]
    assert device.asks().status_code == 200


def test_device_grant_leaves_audit_records(server: RunningServer, device: Device) -> None:
    codes = device.codes()
    device.polls(codes)
    allowed(device, codes)
    server.run(lambda app: app._trail.flush())
    seen = {(each.action, each.step, each.outcome) for each in Trail(server).now()}
    prefix = "cognito-idp:"
    assert (f"{prefix}DeviceAuthorization_POST", None, "ok") in seen
    assert (f"{prefix}Device_POST", "ALLOW", "ok") in seen
    assert "authorization_pending" not in {outcome for _, _, outcome in seen}


def test_discovery_names_the_endpoint_of_devices(device: Device) -> None:
    domain = device.domain
    found = httpx.get(f"{domain.server.url}/{domain.pool.id}/.well-known/openid-configuration")
    assert found.json()["device_authorization_endpoint"].endswith("/oauth2/device_authorization")


def test_authorization_error_of_a_devices_sign_in_leads_back_to_its_page(device: Device) -> None:
    page = device.domain.authorize(redirect_uri=GRANT_TYPE, prompt="none", state="BCDF-GHJK")
    assert urlsplit(page.location).path == f"{device.domain.root}/device"
    assert parse_qs(urlsplit(page.location).query) == {"user_code": ["BCDF-GHJK"]}


def test_device_grant_is_absent_by_default(strict: RunningServer) -> None:
    pool = PoolForTest(strict.client(), {**WEB_APP, "CallbackURLs": [GRANT_TYPE]})
    app = Endpoints(add_domain(strict, pool), pool.client)
    assert app.post("/oauth2/device_authorization", {}).status_code == 404
    answer = app.token(grant_type=GRANT_TYPE, device_code="x")
    assert error_of(answer) == (400, {"error": "unsupported_grant_type"})
    assert httpx.get(f"{app.url}/device").status_code == 404
    found = httpx.get(f"{strict.url}/{pool.id}/.well-known/openid-configuration").json()
    assert "device_authorization_endpoint" not in found
