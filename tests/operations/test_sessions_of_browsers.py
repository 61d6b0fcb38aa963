"""SSO sessions in the lists, and revocation of linked ones (ev:domain-1.2, ev:oauth-16)."""

import re
from typing import Any

import pytest
from support.domain_pools import OAUTH, DomainPool
from support.page_browser import CALLBACK, Browser, Page
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool

MISSING = ("ResourceNotFoundException", "Session does not exist.")


@pytest.fixture
def domain(server: RunningServer, new_pool: NewPool) -> DomainPool:
    """A pool with a domain that tracks sessions, and alice."""
    made = DomainPool(server, new_pool(client=OAUTH))
    made.add_user()
    made.pool.cognito.set_user_pool_session_configuration(
        UserPoolId=made.pool.id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 20}
    )
    return made


def token_of(domain: DomainPool, browser: Browser) -> str:
    page = domain.authorize(
        browser, response_type="token", scope="openid aws.cognito.signin.user.admin"
    )
    return page.fragment["access_token"]


def listed(domain: DomainPool, token: str) -> dict[str, dict[str, Any]]:
    found = domain.pool.cognito.list_user_sessions(AccessToken=token)["Sessions"]
    return {each["SessionId"]: each for each in found}


def admin_listed(domain: DomainPool) -> dict[str, dict[str, Any]]:
    found = domain.pool.cognito.admin_list_user_sessions(
        UserPoolId=domain.pool.id, Username="alice"
    )["Sessions"]
    return {each["SessionId"]: each for each in found}


def only(sessions: dict[str, dict[str, Any]], kind: str) -> str:
    (found,) = (name for name, each in sessions.items() if each["SessionType"] == kind)
    return found


def admin_revoke(domain: DomainPool, session_id: str, **more: str) -> None:
    domain.pool.cognito.admin_revoke_user_session(
        UserPoolId=domain.pool.id, Username="alice", SessionId=session_id, **more
    )


def is_live(domain: DomainPool, browser: Browser) -> bool:
    return "code=" in domain.authorize(browser).location


def is_valid(domain: DomainPool, token: str) -> bool:
    try:
        domain.pool.cognito.get_user(AccessToken=token)
    except domain.pool.cognito.exceptions.NotAuthorizedException:
        return False
    return True


def test_list_shows_the_sso_session_and_its_token_session(domain: DomainPool) -> None:
    token = token_of(domain, domain.signed_in())
    there = listed(domain, token)
    sso, tokens = there[only(there, "SSO")], there[only(there, "TOKEN")]
    assert re.fullmatch(r"sso[a-z0-9]{25}", sso["SessionId"])
    assert sso["ClientId"] == domain.client_id
    assert "OriginSessionId" not in sso
    assert sso["IsCurrentSession"] is False
    assert sso["LastIPAddress"] == "192.0.2.7"
    assert sso["LastActiveDate"] >= sso["CreateDate"]
    assert tokens["OriginSessionId"] == sso["SessionId"]
    assert tokens["IsCurrentSession"] is True
    assert admin_listed(domain).keys() == there.keys()


def test_sso_session_revoked_alone_leaves_its_tokens(domain: DomainPool) -> None:
    browser = domain.signed_in()
    token = token_of(domain, browser)
    admin_revoke(domain, only(admin_listed(domain), "SSO"))
    assert not is_live(domain, browser)
    assert is_valid(domain, token)
    assert "OriginSessionId" not in admin_listed(domain).popitem()[1]


def test_sso_session_revoked_with_linked_ones_ends_its_tokens_alone(domain: DomainPool) -> None:
    browser, other = domain.signed_in(), domain.signed_in()
    mine = [token_of(domain, browser), token_of(domain, browser)]
    kept = token_of(domain, other)
    current = next(each for each in listed(domain, mine[0]).values() if each["IsCurrentSession"])
    admin_revoke(domain, current["OriginSessionId"], RevokeAssociatedSessions="LINKED")
    assert [is_valid(domain, token) for token in mine] == [False, False]
    assert is_valid(domain, kept)
    assert (is_live(domain, browser), is_live(domain, other)) == (False, True)


def test_token_session_revoked_with_linked_ones_ends_its_parent_and_no_sibling(
    domain: DomainPool,
) -> None:
    browser = domain.signed_in()
    first, second = token_of(domain, browser), token_of(domain, browser)
    current = next(each for each in listed(domain, first).values() if each["IsCurrentSession"])
    domain.pool.cognito.revoke_user_session(
        AccessToken=second, SessionId=current["SessionId"], RevokeAssociatedSessions="LINKED"
    )
    assert (is_valid(domain, first), is_valid(domain, second)) == (False, True)
    assert not is_live(domain, browser)


@pytest.mark.parametrize("kind", ["TOKEN", "SSO"])
def test_session_revoked_twice_is_not_found(domain: DomainPool, kind: str) -> None:
    token_of(domain, domain.signed_in())
    session_id = only(admin_listed(domain), kind)
    admin_revoke(domain, session_id, RevokeAssociatedSessions="NONE")
    with refused(*MISSING):
        admin_revoke(domain, session_id)


def test_sso_session_of_another_user_is_not_found(domain: DomainPool) -> None:
    domain.add_user("bob")
    domain.signed_in("bob")
    (theirs,) = domain.sessions("bob")
    token = token_of(domain, domain.signed_in())
    with refused(*MISSING):
        domain.pool.cognito.revoke_user_session(AccessToken=token, SessionId=theirs.handle)
    with refused(*MISSING):
        admin_revoke(domain, theirs.handle)


def test_sso_session_that_has_ended_is_not_listed(domain: DomainPool) -> None:
    browser = domain.signed_in()
    browser.get(
        f"{domain.root}/logout", client_id=domain.client_id, logout_uri=OAUTH["LogoutURLs"][0]
    )
    assert admin_listed(domain) == {}


def test_code_of_a_revoked_sso_session_gives_no_tokens(domain: DomainPool) -> None:
    """Else a code that is under way would outlive the revocation of its session."""
    browser = domain.signed_in()
    kept = domain.authorize(browser).query["code"]
    lost = domain.authorize(browser).query["code"]
    assert exchange(domain, kept).status == 200
    admin_revoke(domain, only(admin_listed(domain), "SSO"))
    refusal = exchange(domain, lost)
    assert (refusal.status, refusal.body) == (400, b'{"error":"invalid_grant"}')


def exchange(domain: DomainPool, code: str) -> Page:
    form = {
        "grant_type": "authorization_code",
        "client_id": domain.client_id,
        "redirect_uri": CALLBACK,
        "code": code,
    }
    return domain.browser().post(f"{domain.root}/oauth2/token", form)
