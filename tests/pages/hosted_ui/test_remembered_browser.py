"""A remembered browser in place of the second factor, at the pages of a pool's domain."""

from typing import Any

import httpx
import pytest
from support.audit_reading import Trail
from support.challenge_sites import NewSite
from support.functions_server import FunctionError, FunctionsServer, arn
from support.mfa_pools import VERIFIED_EMAIL, changes
from support.page_browser import CALLBACK, Page
from support.running_server import RunningServer
from support.sent_codes import another, code_of
from support.sign_in_pages import Site, Visitor
from support.sign_ins import PASSWORD
from support.store_contents import eventually

BOX = "remember_device"
ALWAYS = {"ChallengeRequiredOnNewDevice": True}
ON_PROMPT = {**ALWAYS, "DeviceOnlyRememberedOnUserPrompt": True}


def tracking(new_site: NewSite, devices: dict[str, bool], **settings: Any) -> Site:
    return new_site(
        mfa=("email",), attributes=VERIFIED_EMAIL, DeviceConfiguration=devices, **settings
    )


def with_code(server: RunningServer, site: Site, visitor: Visitor, page: Page, **box: str) -> Page:
    """Send the form of the second factor, with its box as the user leaves it."""
    [form, *_] = page.forms
    code = code_of(server, site.pool, form.fields["username"])
    sent = {**form.fields, **box, "code": code}
    return visitor.post(form.action, sent)


def signed_in(server: RunningServer, site: Site, **box: str) -> Visitor:
    visitor = site.visitor()
    assert with_code(server, site, visitor, visitor.sign_in(), **box).result["code"]
    return visitor


def devices_of(site: Site, username: str = "alice") -> list[Any]:
    found = site.pool.cognito.admin_list_devices(UserPoolId=site.pool.id, Username=username)
    return found["Devices"]  # type: ignore[no-any-return]


def asks_for_code(page: Page) -> bool:
    return page.status == 200 and "verification_code" in page.read.ids


def test_browser_whose_user_checks_the_box_is_not_asked_again(
    new_site: NewSite, server: RunningServer
) -> None:
    site = tracking(new_site, ON_PROMPT)
    visitor = site.visitor()
    asked = visitor.sign_in()
    [form, *_] = asked.forms
    wrong = visitor.post(
        form.action, {**form.fields, BOX: "yes", "code": another(code_of(server, site.pool))}
    )
    assert wrong.forms[0].fields[BOX] == "yes"
    assert with_code(server, site, visitor, wrong).result["code"]
    [device] = devices_of(site)
    shown = {each["Name"]: each["Value"] for each in device["DeviceAttributes"]}
    assert shown["dev:device_remembered_status"] == "remembered"
    assert visitor.sign_in(prompt="login").result["code"]
    # Another browser is asked, and so is this one after the first factor only.
    assert asks_for_code(site.visitor().sign_in())
    assert visitor.sign_in(password="Wrong-Horse-9!", prompt="login").status == 400


def test_browser_whose_user_leaves_the_box_is_asked_again(
    new_site: NewSite, server: RunningServer
) -> None:
    site = tracking(new_site, ON_PROMPT)
    visitor = signed_in(server, site)
    assert devices_of(site) == []
    assert asks_for_code(visitor.sign_in(prompt="login"))


def test_pool_that_remembers_always_has_no_box(new_site: NewSite, server: RunningServer) -> None:
    site = tracking(new_site, ALWAYS)
    visitor = site.visitor()
    asked = visitor.sign_in()
    assert BOX not in asked.read.inputs
    assert with_code(server, site, visitor, asked).result["code"]
    assert visitor.sign_in(prompt="login").result["code"]
    assert len(devices_of(site)) == 1


def test_pool_that_trusts_no_device_remembers_no_browser(
    new_site: NewSite, server: RunningServer
) -> None:
    """Nor does a box count that the page doesn't have."""
    for configured in ({"DeviceOnlyRememberedOnUserPrompt": True}, {}):
        site = tracking(new_site, configured)
        visitor = signed_in(server, site, **{BOX: "yes"})
        assert devices_of(site) == []
        assert asks_for_code(visitor.sign_in(prompt="login"))


@pytest.mark.parametrize("how", ["admin_forget_device", "admin_update_device_status"])
def test_browser_that_is_no_longer_trusted_is_asked_and_remembered_anew(
    new_site: NewSite, server: RunningServer, how: str
) -> None:
    site = tracking(new_site, ON_PROMPT)
    visitor = signed_in(server, site, **{BOX: "yes"})
    [device] = devices_of(site)
    status = {"DeviceRememberedStatus": "not_remembered"} if "status" in how else {}
    getattr(site.pool.cognito, how)(
        UserPoolId=site.pool.id, Username="alice", DeviceKey=device["DeviceKey"], **status
    )
    asked = visitor.sign_in(prompt="login")
    assert asks_for_code(asked)
    assert with_code(server, site, visitor, asked, **{BOX: "yes"}).result["code"]
    assert visitor.sign_in(prompt="login").result["code"]


def test_remembered_browser_is_of_its_own_user_and_pool(
    new_site: NewSite, server: RunningServer
) -> None:
    site = tracking(new_site, ON_PROMPT)
    site.pool.sign_up("bob")
    site.pool.admin_confirm("bob")
    changes(site.pool, {**VERIFIED_EMAIL, "email": "bob@home.example"}, "bob")
    visitor = signed_in(server, site, **{BOX: "yes"})
    asked = visitor.sign_in("bob", prompt="login")
    assert asks_for_code(asked)
    assert with_code(server, site, visitor, asked, **{BOX: "yes"}).result["code"]
    for name in ("alice", "bob"):  # the browser keeps both
        assert visitor.sign_in(name, prompt="login").result["code"]
    elsewhere = tracking(new_site, ON_PROMPT).visitor()
    cookie = elsewhere.cookies["device"] = visitor.cookies["device"]
    assert asks_for_code(elsewhere.sign_in())
    forged = site.visitor()
    middle = len(cookie) // 2
    changed = "B" if cookie[middle] == "A" else "A"
    forged.cookies["device"] = f"{cookie[:middle]}{changed}{cookie[middle + 1 :]}"
    assert asks_for_code(forged.sign_in())


def test_remembered_browser_leads_to_no_level(new_site: NewSite, server: RunningServer) -> None:
    site = tracking(new_site, ON_PROMPT)
    visitor = signed_in(server, site, **{BOX: "yes"})
    three = {"acr_values": "urn:cognito:loa:3"}
    assert "code" in visitor.sign_in(prompt="login", acr_values="urn:cognito:loa:1").result
    assert asks_for_code(visitor.sign_in(prompt="login", **three))
    # Nor is the session of such a sign-in one of the level.
    onward = visitor.get(site.path("/oauth2/authorize", **three))
    assert "/login?" in onward.location


def test_remembered_browser_lets_no_disabled_user_nor_a_later_one_in(
    new_site: NewSite, server: RunningServer
) -> None:
    site = tracking(new_site, ON_PROMPT)
    visitor = signed_in(server, site, **{BOX: "yes"})
    named = {"UserPoolId": site.pool.id, "Username": "alice"}
    site.pool.cognito.admin_disable_user(**named)
    assert visitor.sign_in(prompt="login").status == 400
    site.pool.cognito.admin_delete_user(**named)
    site.pool.sign_up()
    site.pool.admin_confirm()
    changes(site.pool, VERIFIED_EMAIL)
    assert asks_for_code(visitor.sign_in(prompt="login"))


def test_remembered_browser_changes_no_temporary_password(
    new_site: NewSite, server: RunningServer
) -> None:
    site = tracking(new_site, ON_PROMPT)
    visitor = signed_in(server, site, **{BOX: "yes"})
    site.pool.cognito.admin_set_user_password(
        UserPoolId=site.pool.id, Username="alice", Password=PASSWORD, Permanent=False
    )
    assert "new_password" in visitor.sign_in(prompt="login").read.inputs


def test_audit_names_the_remembered_browser(new_site: NewSite, server: RunningServer) -> None:
    site = tracking(new_site, ON_PROMPT)
    visitor = signed_in(server, site, **{BOX: "yes"})
    assert visitor.sign_in(prompt="login").result["code"]

    def steps() -> list[str | None] | None:
        there = [
            each.step
            for each in Trail(server).now()
            if each.action == "cognito-idp:Login_POST" and site.pool.id in each.resource
        ]
        return there if len(there) == 3 else None

    assert eventually(steps) == [
        "USER_PASSWORD_AUTH",
        "EMAIL_OTP, ConfirmDevice",
        "USER_PASSWORD_AUTH, DEVICE_SRP_AUTH",
    ]


def test_refresh_after_a_sign_in_by_a_remembered_browser_needs_no_device_key(
    new_site: NewSite, server: RunningServer
) -> None:
    site = tracking(new_site, ON_PROMPT)
    visitor = signed_in(server, site, **{BOX: "yes"})
    code = visitor.sign_in(prompt="login").result["code"]
    url = f"{server.url}{site.root}/oauth2/token"
    asked = {"client_id": site.pool.client_id, "redirect_uri": CALLBACK}
    tokens = httpx.post(url, data={**asked, "grant_type": "authorization_code", "code": code})
    token = tokens.json()["refresh_token"]
    again = httpx.post(url, data={**asked, "grant_type": "refresh_token", "refresh_token": token})
    assert (again.status_code, "access_token" in again.json()) == (200, True)


def test_functions_hear_of_new_and_remembered_browsers(
    new_site: NewSite, server: RunningServer, functions: FunctionsServer
) -> None:
    """A refusal at the end leaves no device."""
    site = tracking(
        new_site,
        ALWAYS,
        LambdaConfig={"PostAuthentication": arn("after"), "PreTokenGeneration": arn("tokens")},
    )

    def refuse(_: dict[str, Any]) -> None:
        raise FunctionError("not today")

    functions.answers["PostAuthentication_Authentication"] = refuse
    visitor = site.visitor()
    refused = with_code(server, site, visitor, visitor.sign_in())
    assert "error" in refused.result
    assert (devices_of(site), "device" in visitor.cookies) == ([], False)
    del functions.answers["PostAuthentication_Authentication"]
    functions.events.clear()
    visitor = signed_in(server, site)
    assert "#" in visitor.sign_in(prompt="login", response_type="token").location
    after = functions.of("PostAuthentication_Authentication")
    assert [event["request"]["newDeviceUsed"] for event in after] == [True, False]
    assert functions.of("TokenGeneration_AuthenticateDevice")
