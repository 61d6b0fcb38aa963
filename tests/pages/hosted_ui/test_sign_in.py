"""`/login` as browsers without scripts, and public scripts, use it (ev:domain-1.2)."""

import pytest
from support.running_server import RunningServer
from support.served_pools import NewPool
from support.sign_in_pages import WEB_APP, Site
from support.sign_ins import PASSWORD


@pytest.fixture
def site(server: RunningServer, new_pool: NewPool) -> Site:
    """A domain with the classic pages, and alice, who is confirmed."""
    pool = new_pool(client=WEB_APP)
    pool.sign_up()
    pool.admin_confirm()
    return Site(server, pool)


def test_sign_in_by_name_and_password_returns_a_code_to_the_app(site: Site) -> None:
    """ev:domain-1.2: the same steps as public scripts, which read the Location."""
    visitor = site.visitor()
    shown = visitor.login()
    assert shown.status == 200
    done = visitor.post(
        site.path("/login"),
        {
            "_csrf": visitor.cookies["XSRF-TOKEN"],
            "username": "alice",
            "password": PASSWORD,
            "cognitoAsfData": "",
            "signInSubmitButton": "Sign in",
        },
    )
    assert done.status == 302
    assert done.result.keys() == {"code", "state"}
    assert done.result["state"] == "the state"


def test_sign_in_wrong_password_shows_the_form_with_the_name(site: Site) -> None:
    visitor = site.visitor()
    shown = visitor.sign_in(password="Wrong-Horse-9!")
    assert (shown.status, shown.error) == (400, "Incorrect username or password.")
    assert shown.title.startswith("Error:")
    assert shown.forms[0].fields["username"] == "alice"
    assert shown.forms[0].fields["password"] == ""
    assert visitor.submit(shown, password=PASSWORD).result["code"]
