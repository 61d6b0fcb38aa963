"""Passkeys in the field for the name: a challenge of no user, and what may be done with it."""

import json
from typing import Any

import pytest
from support.page_browser import Page
from support.passkey_device import PasskeyDevice
from support.passkey_pools import passkey_pool, registered
from support.running_server import RunningServer
from support.served_pools import NewPool
from support.sign_in_pages import WEB_APP, Site, Visitor, path_of

from poolhouse.entities.domains import CLASSIC, MANAGED_LOGIN

CLIENT = {**WEB_APP, "PreventUserExistenceErrors": "ENABLED"}


@pytest.fixture
def site(server: RunningServer, new_pool: NewPool) -> Site:
    return Site(server, passkey_pool(new_pool, client=CLIENT), MANAGED_LOGIN)


def challenge(visitor: Visitor, site: Site) -> Any:
    page = visitor.get(site.path("/login/passkey"))
    assert page.header("content-type") == "application/json"
    return json.loads(page.body)


def send(visitor: Visitor, site: Site, session: str, credential: str) -> Page:
    visitor.login()
    form = {"_csrf": visitor.cookies["XSRF-TOKEN"], "session": session, "credential": credential}
    return visitor.post(site.path("/login/passkey"), form)


def signed(device: PasskeyDevice, given: Any) -> str:
    return device.get(json.dumps(given["options"]))


def test_passkey_that_names_its_user_signs_in_once(server: RunningServer, site: Site) -> None:
    device, visitor = registered(server, site.pool), site.visitor()
    given = challenge(visitor, site)
    assert given["options"]["allowCredentials"] == []
    credential = signed(device, given)
    assert list(send(visitor, site, given["session"], credential).result) == ["code", "state"]
    other = site.visitor()
    again = send(other, site, given["session"], credential)
    assert again.status in (303, 400)
    assert "cognito" not in other.cookies
    assert "code=" not in (again.header("location") or "")


def test_passkey_of_another_user_or_of_none_is_refused(server: RunningServer, site: Site) -> None:
    """The signature is alice's; the user whom it names isn't."""
    bob: str = site.pool.sign_up("bob")["UserSub"]
    site.pool.admin_confirm("bob")
    device, visitor = registered(server, site.pool), site.visitor()
    for handle in (bob.encode(), b"0" * 36, b"alice", b"\0" * 36, b""):
        device.user_handle = handle
        given = challenge(visitor, site)
        page = send(visitor, site, given["session"], signed(device, given))
        assert (page.status, page.error) == (400, "Incorrect username or password."), handle
    assert "cognito" not in visitor.cookies


def test_passkey_challenge_of_another_request_is_refused(server: RunningServer, site: Site) -> None:
    device, visitor = registered(server, site.pool), site.visitor()
    first, second = challenge(visitor, site), challenge(visitor, site)
    page = send(visitor, site, second["session"], signed(device, first))
    assert page.status == 400
    assert send(visitor, site, "forged", signed(device, first)).status == 400
    assert send(visitor, site, first["session"], "{}").status == 400


def test_passkey_challenge_opens_nothing_at_the_api(server: RunningServer, site: Site) -> None:
    device, given = registered(server, site.pool), challenge(site.visitor(), site)
    with pytest.raises(site.pool.cognito.exceptions.NotAuthorizedException):
        site.pool.cognito.respond_to_auth_challenge(
            ClientId=site.pool.client_id,
            ChallengeName="WEB_AUTHN",
            Session=given["session"],
            ChallengeResponses={"USERNAME": "alice", "CREDENTIAL": signed(device, given)},
        )


def test_passkey_form_of_another_site_does_nothing(server: RunningServer, site: Site) -> None:
    device, visitor = registered(server, site.pool), site.visitor()
    given = challenge(visitor, site)
    form = {"session": given["session"], "credential": signed(device, given)}
    page = visitor.post(site.path("/login/passkey"), form)
    assert (page.status, path_of(page.location)) == (303, f"{site.root}/login/passkey")


def test_passkey_autofill_is_not_offered_where_passkeys_do_not_begin(
    server: RunningServer, new_pool: NewPool, site: Site
) -> None:
    """On classic pages, and toward a level that the app asks for."""
    classic = Site(server, site.pool, CLASSIC)
    for other, params in ((classic, {}), (site, {"acr_values": "urn:cognito:loa:2"})):
        visitor = other.visitor()
        assert "passkey-autofill" not in visitor.login(**params).text
        assert visitor.get(other.path("/login/passkey", **params)).status == 404
