"""`/login` as browsers without scripts, and public scripts, use it (ev:domain-1.2)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.functions_server import FunctionError, FunctionsServer, arn
from support.page_browser import Page
from support.running_server import RunningServer
from support.sent_codes import messages_to
from support.served_pools import NewPool
from support.sign_in_pages import WEB_APP, Site, path_of
from support.sign_ins import PASSWORD

WRONG = "Wrong-Horse-9!"
INCORRECT = "Incorrect username or password."


def new_site(server: RunningServer, new_pool: NewPool, **client: Any) -> Site:
    """A domain with the classic pages, and alice; `client` are more members of the app client."""
    pool = new_pool(client={**WEB_APP, **client})
    pool.sign_up()
    pool.admin_confirm()
    return Site(server, pool)


def refuse(_: dict[str, Any]) -> Any:
    """A function that throws."""
    raise FunctionError("not today")


@pytest.fixture
def site(server: RunningServer, new_pool: NewPool) -> Site:
    """A domain with the classic pages, and alice, who is confirmed."""
    return new_site(server, new_pool)


@pytest.mark.parametrize("path", ["/login", "/login/continue"])
def test_sign_in_by_name_and_password_returns_a_code_to_the_app(site: Site, path: str) -> None:
    """ev:domain-1.2: the same steps as public scripts, which read the Location."""
    visitor = site.visitor()
    shown = visitor.get(site.path(path))
    assert shown.status == 200
    done = visitor.post(
        site.path(path),
        {
            "_csrf": visitor.cookies["XSRF-TOKEN"],
            "username": "alice",
            "password": PASSWORD,
            "cognitoAsfData": "",
            "signInSubmitButton": "Sign in",
        },
    )
    assert done.status == 302
    assert list(done.result) == ["code", "state"]
    assert done.result["state"] == "the state"
    assert visitor.cookies["cognito"]


def test_sign_in_page_has_the_names_that_tests_of_apps_look_for(site: Site) -> None:
    """ev:domain-1.3, each id once."""
    read = site.visitor().login().read
    assert read.forms[0].action == site.path("/login")
    assert read.forms[0].fields.keys() == {"_csrf", "cognitoAsfData", "username", "password"}
    assert read.forms[0].buttons == [("signInSubmitButton", "Sign in")]
    assert read.inputs["username"]["id"] == "signInFormUsername"
    assert read.inputs["username"]["autocomplete"] == "username"
    assert read.inputs["password"]["id"] == "signInFormPassword"
    assert read.inputs["password"]["autocomplete"] == "current-password"
    assert len(read.ids) == len(set(read.ids))
    text = site.visitor().login().text
    for name in (
        "background",
        "label",
        "inputField",
        "submitButton",
        "textDescription",
        "redirect",
    ):
        assert f"{name}-customizable" in text
    assert 'name="cognitoSignInForm"' in text


def test_sign_in_first_view_is_small_and_asks_no_other_host(site: Site) -> None:
    """ev:domain-4.3: HTML and style sheet in 20 KB, and nothing of a third party."""
    visitor = site.visitor()
    page = visitor.login()
    style = visitor.get(page.text.partition('rel="stylesheet" href="')[2].partition('"')[0])
    assert style.status == 200
    assert len(page.body) + len(style.body) < 20_480
    assert "http" not in page.text.replace("https%3A%2F%2Fapp.example.com", "")


def test_sign_in_page_is_of_the_pool_as_it_is_and_its_token_of_the_browser(site: Site) -> None:
    """Pages are rendered once, and no browser gets what another one has."""
    first, second, third = site.visitor(), site.visitor(), site.visitor()
    shown, again = first.login(), second.login(state="another state")
    site.pool.cognito.update_user_pool(
        UserPoolId=site.pool.id, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True}
    )
    changed = third.login()
    assert f'href="{site.root}/signup?' in shown.text
    assert "the+state" in shown.text and "another+state" not in shown.text
    assert "another+state" in again.text and "the+state" not in again.text
    assert "/signup?" not in changed.text
    tokens = [page.forms[0].fields["_csrf"] for page in (shown, again, changed)]
    assert len(set(tokens)) == 3
    assert tokens == [each.cookies["XSRF-TOKEN"] for each in (first, second, third)]


def test_sign_in_login_hint_fills_in_the_name(site: Site) -> None:
    """ev:domain-1.4."""
    shown = site.visitor().login(login_hint='"><b>zoe')
    assert shown.forms[0].fields["username"] == '"><b>zoe'
    assert "<b>" not in shown.text


def test_sign_in_wrong_password_shows_the_form_with_the_name(site: Site) -> None:
    visitor = site.visitor()
    shown = visitor.sign_in(password=WRONG)
    assert (shown.status, shown.error) == (400, INCORRECT)
    assert shown.title.startswith("Error:")
    assert shown.forms[0].fields["username"] == "alice"
    assert shown.forms[0].fields["password"] == ""
    assert WRONG not in shown.text
    assert visitor.submit(shown, password=PASSWORD).result["code"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"username": "", "password": PASSWORD}, "Username: enter a value."),
        ({"username": "alice", "password": ""}, "Password: enter a value."),
    ],
)
def test_sign_in_empty_field_is_named(site: Site, typed: dict[str, str], sentence: str) -> None:
    visitor = site.visitor()
    shown = visitor.submit(visitor.login(), **typed)
    assert (shown.status, shown.error) == (400, sentence)
    empty = next(name for name, value in typed.items() if not value)
    assert shown.read.inputs[empty]["aria-invalid"] == "true"
    assert shown.read.inputs[empty]["aria-describedby"] == "loginErrorMessage"


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [("ENABLED", INCORRECT), ("LEGACY", "User does not exist.")],
)
def test_sign_in_unknown_name_is_hidden_as_the_app_client_has_it(
    server: RunningServer, new_pool: NewPool, setting: str, sentence: str
) -> None:
    """ev:oauth-9."""
    site = new_site(server, new_pool, PreventUserExistenceErrors=setting)
    shown = site.visitor().sign_in("nemo")
    assert (shown.status, shown.error) == (400, sentence)


def test_sign_in_unknown_name_has_the_page_of_a_wrong_password(
    server: RunningServer, new_pool: NewPool
) -> None:
    site = new_site(server, new_pool, PreventUserExistenceErrors="ENABLED")
    visitor = site.visitor()
    known = visitor.sign_in("alice", WRONG)
    unknown = visitor.sign_in("zelda", WRONG)
    assert normal(known).replace("alice", "NAME") == normal(unknown).replace("zelda", "NAME")
    assert known.status == unknown.status


def normal(page: Page) -> str:
    """A page without what differs at each request."""
    nonce = page.text.partition('nonce="')[2].partition('"')[0]
    return page.text.replace(nonce, "NONCE")


def test_sign_in_app_client_with_secret_needs_no_hash_on_its_pages(
    server: RunningServer, new_pool: NewPool
) -> None:
    site = new_site(server, new_pool)
    made = site.pool.cognito.create_user_pool_client(
        UserPoolId=site.pool.id, ClientName="backend", GenerateSecret=True, **WEB_APP
    )["UserPoolClient"]
    done = site.visitor().sign_in(client_id=made["ClientId"])
    assert done.result["code"]


def test_sign_in_unconfirmed_user_gets_a_new_code_and_the_page_for_it(
    server: RunningServer, new_pool: NewPool
) -> None:
    """ev:oauth-9."""
    pool = new_pool(client=WEB_APP, AutoVerifiedAttributes=["email"])
    pool.sign_up("bob", attributes={"email": "bob@home.example"})
    site = Site(server, pool)
    done = site.visitor().sign_in("bob")
    assert (done.status, path_of(done.location)) == (302, f"{site.root}/confirm")
    assert "state=the+state" in done.location
    assert len(messages_to(server, pool, "bob")) == 2


def test_sign_in_user_whose_password_was_reset_goes_on_at_forgot_password(site: Site) -> None:
    site.pool.cognito.admin_update_user_attributes(
        UserPoolId=site.pool.id,
        Username="alice",
        UserAttributes=[
            {"Name": "email", "Value": "alice@home.example"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    site.pool.cognito.admin_reset_user_password(UserPoolId=site.pool.id, Username="alice")
    done = site.visitor().sign_in()
    assert path_of(done.location) == f"{site.root}/forgotPassword"
    assert "state=the+state" in done.location


def test_sign_in_disabled_user_is_refused(site: Site) -> None:
    site.pool.cognito.admin_disable_user(UserPoolId=site.pool.id, Username="alice")
    shown = site.visitor().sign_in()
    assert (shown.status, shown.error) == (400, "User is disabled.")


def test_sign_in_many_wrong_passwords_at_once_lock_out_on_the_page_too(site: Site) -> None:
    """The count is the one of the API, which counts before it compares."""
    with ThreadPoolExecutor(16) as threads:
        pages = list(threads.map(lambda _: site.visitor().sign_in(password=WRONG), range(32)))
    errors = [page.error for page in pages]
    assert {page.status for page in pages} == {400}
    assert errors.count(INCORRECT) <= 6
    shown = site.visitor().sign_in()
    assert (shown.status, shown.error) == (400, "Password attempts exceeded")


def test_sign_in_pre_authentication_function_decides(
    site: Site, functions: FunctionsServer
) -> None:
    """UNVERIFIED: its refusal is shown on the page."""
    site.pool.cognito.update_user_pool(
        UserPoolId=site.pool.id, LambdaConfig={"PreAuthentication": arn("no")}
    )
    functions.answers["PreAuthentication_Authentication"] = refuse
    shown = site.visitor().sign_in()
    assert (shown.status, shown.error) == (
        400,
        "PreAuthentication failed with error not today.",
    )


def test_sign_in_refused_after_its_success_returns_to_the_app(
    site: Site, functions: FunctionsServer
) -> None:
    """ev:oauth-3.1."""
    site.pool.cognito.update_user_pool(
        UserPoolId=site.pool.id, LambdaConfig={"PostAuthentication": arn("no")}
    )
    functions.answers["PostAuthentication_Authentication"] = refuse
    visitor = site.visitor()
    done = visitor.sign_in()
    assert done.result == {
        "error_description": "PostAuthentication failed with error not today.",
        "state": "the state",
        "error": "invalid_request",
    }
    assert "cognito" not in visitor.cookies


def test_sign_in_form_without_its_token_shows_the_page_again(site: Site) -> None:
    visitor = site.visitor()
    form = visitor.login().forms[0]
    filled = {**form.fields, "username": "alice", "password": PASSWORD}
    for wrong in ({"_csrf": "x"}, {"_csrf": ""}):
        page = visitor.post(form.action, {**filled, **wrong})
        assert (page.status, path_of(page.location)) == (303, f"{site.root}/login")
    for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}):
        page = visitor.post(form.action, filled, **headers)
        assert (page.status, path_of(page.location)) == (303, f"{site.root}/login")
    page = site.visitor().post(form.action, filled)
    assert (page.status, path_of(page.location)) == (303, f"{site.root}/login")


def test_sign_in_in_two_tabs_works_in_both(site: Site) -> None:
    visitor = site.visitor()
    one, other = visitor.login(state="one"), visitor.login(state="other")
    assert visitor.submit(one, username="alice", password=PASSWORD).result["state"] == "one"
    assert visitor.submit(other, username="alice", password=PASSWORD).result["state"] == "other"


def test_sign_in_with_live_session_offers_the_account_first(site: Site) -> None:
    """ev:domain-1.1."""
    visitor = site.visitor()
    visitor.sign_in()
    assert "Sign in as alice" in visitor.login().text
    assert visitor.submit(visitor.login(prompt="login"), username="alice", password=PASSWORD).result


def test_sign_in_implicit_grant_returns_tokens_in_the_fragment(site: Site) -> None:
    done = site.visitor().sign_in(response_type="token")
    assert done.status == 302
    assert "#" in done.location
    assert "access_token=" in done.location.partition("#")[2]


@pytest.mark.parametrize(
    "value",
    ["<script>alert(1)</script>", "'\"><img src=x>", "{{7*7}}", "\u202e\u0000", "é" * 9_000],
)
@pytest.mark.parametrize(
    "field", ["username", "password", "challenge", "session", "action", "code"]
)
def test_sign_in_hostile_field_is_neither_shown_raw_nor_a_failure(
    site: Site, field: str, value: str
) -> None:
    visitor = site.visitor()
    form = visitor.login().forms[0]
    filled = {**form.fields, "username": "alice", "password": WRONG, "session": "x"}
    page = visitor.post(form.action, {**filled, "challenge": "SMS_MFA", field: value})
    if "\0" in value:
        assert path_of(page.location) == f"{site.root}/error"
    else:
        assert page.status == 400
        assert "<script>" not in page.text
        assert "<img" not in page.text
        assert "49" not in page.error


@pytest.mark.parametrize(
    ("settings", "label", "keyboard"),
    [
        ({}, "Username", "text"),
        ({"UsernameAttributes": ["email"]}, "Email", "email"),
        ({"UsernameAttributes": ["phone_number"]}, "Phone number", "tel"),
        ({"UsernameAttributes": ["email", "phone_number"]}, "Email or phone number", "text"),
        ({"AliasAttributes": ["email"]}, "Username or email", "text"),
        ({"AliasAttributes": ["phone_number"]}, "Username or phone number", "text"),
    ],
)
def test_sign_in_label_of_the_name_follows_the_pool(
    server: RunningServer, new_pool: NewPool, settings: dict[str, Any], label: str, keyboard: str
) -> None:
    """ev:oauth-9."""
    shown = Site(server, new_pool(client=WEB_APP, **settings)).visitor().login()
    assert f">{label}</label>" in shown.text
    assert shown.read.inputs["username"]["inputmode"] == keyboard
