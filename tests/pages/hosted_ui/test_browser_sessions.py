"""When a browser's session counts, and what ends it (ev:oauth-8, ev:domain-1.2)."""

import base64
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from support.domain_pools import OAUTH, DomainPool
from support.page_browser import Browser
from support.running_server import RunningServer
from support.served_pools import NewPool
from support.sign_ins import PASSWORD


def is_live(domain: DomainPool, browser: Browser) -> bool:
    return "code=" in domain.authorize(browser).location


def test_session_ends_after_an_hour(domain: DomainPool) -> None:
    assert is_live(domain, domain.signed_in(ago=timedelta(minutes=59)))
    assert not is_live(domain, domain.signed_in(ago=timedelta(minutes=61)))


def test_session_serves_every_client_of_the_pool(domain: DomainPool) -> None:
    """ev:oauth-8: SSO between clients."""
    other = domain.add_client()
    assert domain.authorize(domain.signed_in(), client_id=other).query["code"]


def test_session_of_a_browser_is_not_made_by_the_api(domain: DomainPool) -> None:
    """amplify-js#14804."""
    domain.pool.cognito.initiate_auth(
        ClientId=domain.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD},
    )
    assert domain.sessions() == []


def test_session_of_another_pools_domain_is_unknown(
    domain: DomainPool, server: RunningServer, new_pool: NewPool
) -> None:
    other = DomainPool(server, new_pool(client=OAUTH))
    browser = domain.signed_in()
    assert "/login?" in other.authorize(browser).location


def test_session_of_another_domain_of_the_pool_is_unknown(
    domain: DomainPool, server: RunningServer
) -> None:
    """ev:oauth-8: prefix and custom domain have separate cookies."""
    second = DomainPool(server, domain.pool)
    assert not is_live(second, domain.signed_in())
    assert is_live(second, second.signed_in())


def test_client_with_zero_minutes_always_asks_and_others_do_not(domain: DomainPool) -> None:
    """ev:domain-1.2: MaxValidityMinutes 0."""
    cognito, pool_id = domain.pool.cognito, domain.pool.id
    cognito.set_user_pool_session_configuration(
        UserPoolId=pool_id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 5}
    )
    strict = domain.add_client()
    cognito.set_user_pool_client_session_configuration(
        UserPoolId=pool_id, ClientId=strict, SSOSession={"MaxValidityMinutes": 0}
    )
    browser = domain.signed_in()
    assert "/login?" in domain.authorize(browser, client_id=strict).location
    assert is_live(domain, browser)


def test_session_ends_with_the_next_sign_in_of_its_browser(domain: DomainPool) -> None:
    """A copy of its cookie must not outlive what a sign-out can reach."""
    domain.add_user("bob")
    browser = domain.signed_in()
    copy = Browser(browser.port, dict(browser.cookies))
    again = domain.asked(prompt="login")
    browser.get(f"{domain.root}/login", **again)
    form = {"_csrf": browser.cookies["XSRF-TOKEN"], "username": "bob", "password": PASSWORD}
    assert browser.post(f"{domain.root}/login?{urlencode(again)}", form).query["code"]
    assert is_live(domain, browser)
    assert not is_live(domain, copy)


def test_session_ends_with_disabling_and_not_with_global_sign_out(domain: DomainPool) -> None:
    """ev:oauth-6: GlobalSignOut leaves the login cookie valid."""
    cognito, names = domain.pool.cognito, {"UserPoolId": domain.pool.id, "Username": "alice"}
    browser = domain.signed_in()
    cognito.admin_user_global_sign_out(**names)
    assert is_live(domain, browser)
    cognito.admin_disable_user(**names)
    assert not is_live(domain, browser)


def test_session_ends_with_its_user(domain: DomainPool) -> None:
    browser = domain.signed_in()
    domain.pool.cognito.admin_delete_user(UserPoolId=domain.pool.id, Username="alice")
    assert not is_live(domain, browser)


def test_session_ends_with_the_password_that_it_began_with(domain: DomainPool) -> None:
    by_password, by_passkey = domain.signed_in(), domain.signed_in(proofs=("swk",), level=3)
    domain.pool.cognito.admin_set_user_password(
        UserPoolId=domain.pool.id, Username="alice", Password=PASSWORD + "!", Permanent=True
    )
    assert not is_live(domain, by_password)
    assert is_live(domain, by_passkey)


def test_session_ends_while_a_password_is_to_be_reset(domain: DomainPool) -> None:
    domain.pool.cognito.admin_update_user_attributes(
        UserPoolId=domain.pool.id,
        Username="alice",
        UserAttributes=[
            {"Name": "email", "Value": "alice@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    browser = domain.signed_in()
    domain.pool.cognito.admin_reset_user_password(UserPoolId=domain.pool.id, Username="alice")
    assert not is_live(domain, browser)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: "",
        lambda value: value[:-1],
        lambda value: value[:40] + ("A" if value[40] != "A" else "B") + value[41:],
        lambda value: value + "A",
        lambda value: "A" * len(value),
        lambda value: "A" * 5_000,
        lambda value: "%00",
        lambda value: "\u00e9",
        lambda value: base64.urlsafe_b64encode(b"\x94\xa1a\xa1b\xa1c\xc4\x00").decode(),
    ],
)  # fmt: skip
def test_cookie_forged_is_no_session(domain: DomainPool, spoil: object) -> None:
    assert callable(spoil)
    browser = domain.signed_in()
    browser.cookies["cognito"] = spoil(browser.cookies["cognito"])
    assert not is_live(domain, browser)


def test_cookie_of_the_longest_path_counts(domain: DomainPool) -> None:
    """RFC 6265 §5.4: it comes first. The other is of a domain at the server's root."""
    browser = domain.signed_in()
    browser.cookies["cognito"] += "; cognito=of-the-root"
    assert is_live(domain, browser)


def test_session_survives_another_version_of_the_pages(domain: DomainPool) -> None:
    """ev:oauth-8: it ends on AWS."""
    browser = domain.signed_in()
    domain.pool.cognito.update_user_pool_domain(
        UserPoolId=domain.pool.id, Domain=domain.name, ManagedLoginVersion=2
    )
    assert domain.authorize(browser).query["code"]
