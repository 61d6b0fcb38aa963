"""Confirming by the link in a mail, from the sign-up to the page (ev:users-13.4, ev:oauth-2)."""

import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer, running
from support.sent_codes import another, code_of, messages_to
from support.served_pools import NewPool, PoolForTest

from poolhouse.rules.auth.secret_hash import secret_hash

EMAIL = {"email": "alice@barn.example"}
BY_LINK: dict[str, Any] = {
    "AutoVerifiedAttributes": ["email"],
    "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK"},
}
CONFIRMED, ALREADY = "You’re confirmed", "Already confirmed"
USELESS = "This link doesn’t work"


def link_to(server: RunningServer, pool: PoolForTest) -> str:
    """The link in the newest mail to alice."""
    return link_of(messages_to(server, pool)[-1].body)


def link_of(mail: str) -> str:
    found = re.search('<a href="([^"]*)">', mail)
    assert found
    return html.unescape(found[1])


def link_in_inbox(server: RunningServer, pool: PoolForTest) -> str:
    inbox = f"{server.url}/inbox/messages.json?pool={pool.id}"
    (mail,) = httpx.get(inbox, trust_env=False).json()
    return link_of(mail["body"])


def opened(server: RunningServer, link: str, method: str = "GET") -> httpx.Response:
    path = link.removeprefix(server.app.services.public_url)
    return httpx.request(method, server.url + path, trust_env=False)


def heading(page: httpx.Response) -> str:
    found = re.search("<h1>(.*)</h1>", page.text)
    assert found
    return html.unescape(found[1])


def without_nonce(page: httpx.Response) -> str:
    return re.sub('nonce="[^"]*"', "", page.text)


def by_hand(server: RunningServer, **query: str) -> httpx.Response:
    return opened(server, f"/confirmUser?{urlencode(query)}")


def test_link_confirms_sign_up(server: RunningServer, new_pool: NewPool) -> None:
    """The address is proved by it too, as by the code."""
    pool = new_pool(**BY_LINK)
    answer = pool.sign_up(attributes=EMAIL)
    assert answer["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    (mail,) = messages_to(server, pool)
    assert mail.subject == "Your verification link"
    page = opened(server, link_to(server, pool))
    assert (page.status_code, heading(page)) == (200, CONFIRMED)
    user = pool.user()
    assert user["UserStatus"] == "CONFIRMED"
    assert user["attributes"]["email_verified"] == "true"


def test_link_has_the_servers_public_url(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool(**BY_LINK)
    pool.sign_up(attributes=EMAIL)
    code = code_of(server, pool)
    assert link_to(server, pool) == (
        f"{server.app.services.public_url}/confirmUser?client_id={pool.client_id}"
        f"&user_name=alice&confirmation_code={code}"
    )


def test_code_of_link_confirms_by_confirm_sign_up(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool(**BY_LINK)
    pool.sign_up(attributes=EMAIL)
    pool.cognito.confirm_sign_up(
        ClientId=pool.client_id, Username="alice", ConfirmationCode=code_of(server, pool)
    )
    assert heading(opened(server, link_to(server, pool))) == ALREADY


def test_link_in_email_pool_has_the_username(server: RunningServer, new_pool: NewPool) -> None:
    """amazon-cognito-identity-js#521: `user_name` is a UUID there."""
    pool = new_pool(**BY_LINK, UsernameAttributes=["email"])
    sub = pool.sign_up("alice@barn.example")["UserSub"]
    (mail,) = messages_to(server, pool, sub)
    link = html.unescape(mail.body)
    assert f"&user_name={sub}&" in link
    by_hand(server, client_id=pool.client_id, user_name=sub, confirmation_code=mail.code)
    assert pool.user(sub)["UserStatus"] == "CONFIRMED"


def test_resent_link_replaces_the_previous(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool(**BY_LINK)
    pool.sign_up(attributes=EMAIL)
    first = link_to(server, pool)
    pool.cognito.resend_confirmation_code(ClientId=pool.client_id, Username="alice")
    assert messages_to(server, pool)[-1].trigger_source == "CustomMessage_ResendCode"
    second = link_to(server, pool)
    assert heading(opened(server, first)) == USELESS
    assert heading(opened(server, second)) == CONFIRMED


def test_link_works_once(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool(**BY_LINK)
    pool.sign_up(attributes=EMAIL)
    link = link_to(server, pool)
    assert heading(opened(server, link)) == CONFIRMED
    page = opened(server, link)
    assert (page.status_code, heading(page)) == (400, ALREADY)


@pytest.mark.parametrize("path", ["/confirmUser", "/confirmUser/"])
def test_confirmation_link_path_with_and_without_slash_confirms(
    server: RunningServer, new_pool: NewPool, path: str
) -> None:
    """The guide has the slash, live links have none (amplify-js#9006)."""
    pool = new_pool(**BY_LINK)
    pool.sign_up(attributes=EMAIL)
    query = urlsplit(link_to(server, pool)).query
    assert heading(opened(server, f"{path}?{query}")) == CONFIRMED


def test_confirmation_link_head_request_confirms_nothing(
    server: RunningServer, new_pool: NewPool
) -> None:
    """HEAD is safe, and mail scanners use it."""
    pool = new_pool(**BY_LINK)
    pool.sign_up(attributes=EMAIL)
    link = link_to(server, pool)
    looked = opened(server, link, "HEAD")
    assert (looked.status_code, looked.content) == (200, b"")
    assert opened(server, link, "POST").status_code == 405  # as on AWS (ev:oauth-2)
    assert pool.user()["UserStatus"] == "UNCONFIRMED"
    assert heading(opened(server, link)) == CONFIRMED


def test_link_of_client_with_secret_needs_no_hash(server: RunningServer, new_pool: NewPool) -> None:
    """The API asks for it; but the link comes from the server, which has the secret."""
    pool = new_pool(**BY_LINK, client={"GenerateSecret": True})
    proof = secret_hash(pool.client["ClientSecret"], "alice", pool.client_id)
    pool.sign_up(attributes=EMAIL, SecretHash=proof)
    with refused("NotAuthorizedException"):
        pool.cognito.confirm_sign_up(
            ClientId=pool.client_id, Username="alice", ConfirmationCode=code_of(server, pool)
        )
    assert heading(opened(server, link_to(server, pool))) == CONFIRMED


def test_custom_message_function_writes_the_link_message(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer
) -> None:
    """DefinitelyTyped#62357: the event has the link's parameter, here beside the code's."""
    pool = new_pool(**BY_LINK, LambdaConfig={"CustomMessage": arn("words")})
    functions.answers["CustomMessage_SignUp"] = lambda event: (
        event | {"response": {"emailMessage": f"Hay! {event['request']['linkParameter']}"}}
    )
    pool.sign_up(attributes=EMAIL)
    (event,) = functions.of("CustomMessage_SignUp")
    assert event["request"]["linkParameter"] == "{##Click Here##}"
    assert event["request"]["codeParameter"] == "{####}"
    (mail,) = messages_to(server, pool)
    assert mail.body.startswith("Hay! <a href=")
    assert mail.body.endswith(">Click Here</a>")
    assert heading(opened(server, link_to(server, pool))) == CONFIRMED


def test_link_written_by_function_confirms(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer
) -> None:
    """amazon-cognito-identity-js#521: in pools that confirm by code, functions write the link."""
    pool = new_pool(AutoVerifiedAttributes=["email"], LambdaConfig={"CustomMessage": arn("words")})
    functions.answers["CustomMessage_SignUp"] = lambda event: (
        event
        | {
            "response": {
                "emailMessage": f'<a href="/confirmUser?client_id={pool.client_id}'
                f'&amp;user_name={event["userName"]}&amp;confirmation_code={{####}}">Go</a>'
            }
        }
    )
    pool.sign_up(attributes=EMAIL)
    assert heading(opened(server, link_to(server, pool))) == CONFIRMED


def test_attributes_and_passwords_have_codes_in_such_pools_too(
    server: RunningServer, new_pool: NewPool
) -> None:
    """The guide on message templates."""
    pool = new_pool(**BY_LINK)
    pool.sign_up(attributes=EMAIL)
    opened(server, link_to(server, pool))
    pool.cognito.forgot_password(ClientId=pool.client_id, Username="alice")
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": "email", "Value": "alice@hay.example"}],
    )
    for mail in messages_to(server, pool)[1:]:
        assert mail.subject == "Your verification code"
        assert mail.body == f"Your verification code is {mail.code}. "


def test_confirmation_link_post_confirmation_event_has_no_client_metadata(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer
) -> None:
    """ev:triggers-4: the link fires what ConfirmSignUp fires; nothing can be passed in it."""
    pool = new_pool(**BY_LINK, LambdaConfig={"PostConfirmation": arn("after")})
    pool.sign_up(attributes=EMAIL, ClientMetadata={"of": "the sign-up"})
    opened(server, link_to(server, pool) + "&ClientMetadata=x")
    (event,) = functions.of("PostConfirmation_ConfirmSignUp")
    assert event["request"].keys() == {"userAttributes"}
    assert event["request"]["userAttributes"]["cognito:user_status"] == "CONFIRMED"
    assert event["callerContext"]["clientId"] == pool.client_id


def test_failing_function_is_shown_and_user_stays_confirmed(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer
) -> None:
    def fail(_: dict[str, Any]) -> Any:
        raise FunctionError("<b>details that are nobody's business</b>")

    functions.answers["PostConfirmation_ConfirmSignUp"] = fail
    pool = new_pool(**BY_LINK, LambdaConfig={"PostConfirmation": arn("after")})
    pool.sign_up(attributes=EMAIL)
    page = opened(server, link_to(server, pool))
    assert (page.status_code, heading(page)) == (400, "Confirmed, but not finished")
    assert "nobody" not in page.text
    assert pool.user()["UserStatus"] == "CONFIRMED"


@pytest.mark.parametrize("client", [{}, {"PreventUserExistenceErrors": "ENABLED"}])
def test_link_with_wrong_code_looks_like_unknown_user(
    server: RunningServer, new_pool: NewPool, client: dict[str, Any]
) -> None:
    """The page never tells more than AWS's error, and never more than that the link is no good."""
    pool = new_pool(**BY_LINK, client=client)
    pool.sign_up(attributes=EMAIL)
    wrong = another(code_of(server, pool))
    named = {"client_id": pool.client_id, "confirmation_code": wrong}
    known = by_hand(server, user_name="alice", **named)
    unknown = by_hand(server, user_name="nobody", **named)
    assert (known.status_code, heading(known)) == (400, USELESS)
    assert (known.status_code, without_nonce(known)) == (400, without_nonce(unknown))


def test_guesses_are_counted_as_those_of_the_operation_are(
    server: RunningServer, new_pool: NewPool
) -> None:
    """ev:users-8.2: 15 in an hour, whichever way they come."""
    pool = new_pool(**BY_LINK)
    pool.sign_up(attributes=EMAIL)
    wrong = another(code_of(server, pool))
    guess = {"client_id": pool.client_id, "user_name": "alice", "confirmation_code": wrong}
    for _ in range(14):
        assert heading(by_hand(server, **guess)) == USELESS
    with refused("CodeMismatchException"):
        pool.cognito.confirm_sign_up(
            ClientId=pool.client_id, Username="alice", ConfirmationCode=wrong
        )
    page = opened(server, link_to(server, pool))
    assert (page.status_code, heading(page)) == (400, "Too many attempts")
    assert pool.user()["UserStatus"] == "UNCONFIRMED"


def test_link_of_disabled_user_is_refused(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool(**BY_LINK)
    pool.sign_up(attributes=EMAIL)
    pool.cognito.admin_disable_user(UserPoolId=pool.id, Username="alice")
    assert heading(opened(server, link_to(server, pool))) == "This account can’t be confirmed"


def test_link_with_taken_alias_is_reported(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool(**BY_LINK, AliasAttributes=["email"])
    pool.sign_up(attributes=EMAIL)
    link = link_to(server, pool)
    pool.sign_up("bob", attributes=EMAIL)
    (mail,) = messages_to(server, pool, "bob")
    by_hand(server, client_id=pool.client_id, user_name="bob", confirmation_code=mail.code)
    assert heading(opened(server, link)) == "Another account has this address"


def test_link_expires_after_a_day(tmp_path: Path) -> None:
    """ev:users-8.2."""
    with running(tmp_path, dev=True, memory=True) as server:
        pool = PoolForTest(server.client(), **BY_LINK)
        pool.sign_up(attributes=EMAIL)
        link = link_in_inbox(server, pool)
        httpx.post(f"{server.url}/dev/clock", json={"advance_seconds": 86_400}, trust_env=False)
        page = opened(server, link)
        assert (page.status_code, heading(page)) == (400, "This link has expired")


HOSTILE = {
    "nothing": "",
    "no values": "?client_id=&user_name=&confirmation_code=",
    "markup": "?client_id=%3Cscript%3E&user_name=%3Cscript%3E&confirmation_code=%22%3E%3Cscript%3E",
    "NUL": "?client_id=%00&user_name=%00&confirmation_code=%00",
    "no UTF-8": "?client_id=%ff%fe&user_name=%ff&confirmation_code=%c0%80",
    "raw bytes": "?client_id=\xff&user_name=\xfe",
    "many": "?" + "&".join(f"user_name={n}" for n in range(1_000)),
    "long": f"?client_id={'a' * 5_000}&user_name={'b' * 5_000}",
    "no pairs": "?;;;&&&===&user_name",
    "an unknown client": "?client_id=1example&user_name=alice&confirmation_code=123456",
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE.keys())
def test_confirmation_page_does_not_repeat_the_request(server: RunningServer, query: str) -> None:
    page = opened(server, f"/confirmUser{query}")
    assert (page.status_code, heading(page)) == (400, USELESS)
    assert "script" not in page.text


def test_page_has_a_closed_security_policy(server: RunningServer) -> None:
    headers = opened(server, "/confirmUser").headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert re.fullmatch(r"'nonce-[\w+/]{22}=='", policy.pop("style-src"))
    assert policy == {
        "default-src": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
