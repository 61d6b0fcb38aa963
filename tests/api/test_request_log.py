"""The log of requests: what an operator reads of each, and what no line may hold."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from structlog.testing import capture_logs
from support.audit_reading import refused
from support.domain_pools import OAUTH, DomainPool
from support.running_server import ROOT_KEY, RunningServer, running
from support.sent_codes import another, code_of
from support.served_pools import PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, result_of
from support.store_contents import eventually
from support.wire_client import Wire, call, request, signed_headers

from poolhouse.app import App
from poolhouse.cli import logs
from poolhouse.http.messages import LOGGED_AS
from poolhouse.wire.operations import OPERATIONS

PREFIX = "AWSCognitoIdentityProviderService"
METADATA = "metadata-MARKER"
GUESS = "Guessed-horse-77!"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A strict server that logs each request."""
    with running(tmp_path_factory.mktemp("logging"), log_level="debug") as server:
        yield server


@pytest.fixture
def pool(server: RunningServer) -> PoolForTest:
    made = PoolForTest(
        server.client(), client={"ExplicitAuthFlows": FLOWS}, AutoVerifiedAttributes=["email"]
    )
    made.sign_up(attributes={"email": "alice@example.com"})
    return made


def line_of(logged: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The line of a request, which may come a moment after its answer."""
    request_id = answer["ResponseMetadata"]["RequestId"]

    def found() -> list[dict[str, Any]]:
        return [dict(each) for each in logged if each.get("request_id") == request_id]

    (line,) = eventually(found)
    return line


def lines_of_refusals(logged: list[Any]) -> list[dict[str, Any]]:
    """The lines of refused requests; other servers of the process log of their messages."""
    return [dict(each) for each in logged if each["event"] == LOGGED_AS and "reason" in each]


def test_signature_for_another_region_has_a_line_that_names_both(server: RunningServer) -> None:
    with capture_logs() as logged, Wire(server.port) as wire:
        headers = signed_headers(server.url, "ListUserPools", b"{}", ROOT_KEY, region="us-west-2")
        assert wire.ask(request(b"{}", headers)).error[1] == "InvalidSignatureException"
        (line,) = eventually(lambda: lines_of_refusals(logged))
    assert line["reason"] == (
        "signed for region 'us-west-2' and service 'cognito-idp';"
        f" this server is 'cognito-idp' in region '{server.settings.home_region}'"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "poolhouse_backend", "localhost:9229"])
@pytest.mark.parametrize("is_told", [False, True], ids=["public_url", "X-Forwarded-Host"])
def test_signature_for_another_host_has_a_line_that_names_both(
    server: RunningServer, host: str, is_told: bool
) -> None:
    """As behind a proxy that replaces Host, which is nginx's default."""
    url = "http://id.example.com:8443" if is_told else server.url
    headers = signed_headers(url, "ListUserPools", b"{}", ROOT_KEY) | {"Host": host}
    if is_told:
        headers["X-Forwarded-Host"] = "elsewhere, id.example.com:8443"
    with capture_logs() as logged, Wire(server.port) as wire:
        assert wire.ask(request(b"{}", headers)).error[1] == "InvalidSignatureException"
        (line,) = eventually(lambda: lines_of_refusals(logged))
    signed_for = url.removeprefix("http://")
    assert line["reason"] == (
        f"the request is signed for the host {signed_for!r}, but came with the Host {host!r}:"
        " let the proxy pass Host on as it came"
    )


def test_signature_with_another_secret_has_a_line_that_names_no_other_host(
    server: RunningServer,
) -> None:
    headers = signed_headers(server.url, "ListUserPools", b"{}", (ROOT_KEY[0], "another"))
    with capture_logs() as logged, Wire(server.port) as wire:
        sent = request(b"{}", headers | {"Host": "proxy"})
        assert wire.ask(sent).error[1] == "InvalidSignatureException"
        (line,) = eventually(lambda: lines_of_refusals(logged))
    assert "signed for" not in line["reason"]
    assert "for the host 'proxy'" in line["reason"]


def test_refused_request_has_a_line_with_the_reason(pool: PoolForTest) -> None:
    with capture_logs() as logged:
        answer = refused(AuthApi(pool, by_admin=False).by_password, username="nobody")
        line = line_of(logged, answer)
    assert isinstance(line.pop("ms"), float)
    assert line == {
        "log_level": "info",
        "event": "request",
        "operation": "InitiateAuth",
        "outcome": "UserNotFoundException",
        "refusal": "NoSuchUser",
        "principal": f"client/{pool.client_id}",
        "pool": pool.id,
        "user": "nobody",
        "step": "USER_PASSWORD_AUTH",
        "address": "127.0.0.1",
        "request_id": answer["ResponseMetadata"]["RequestId"],
    }


def test_administrative_request_has_a_line_with_its_principal(pool: PoolForTest) -> None:
    with capture_logs() as logged:
        line = line_of(logged, pool.admin_confirm())
    assert (line["log_level"], line["outcome"]) == ("debug", "ok")
    assert (line["operation"], line["user"]) == ("AdminConfirmSignUp", "alice")
    assert line["principal"].endswith(":root")


@pytest.mark.parametrize(
    ("level", "lines"), [("debug", 2), ("info", 1), ("warning", 0), ("error", 0)]
)
def test_level_decides_which_requests_are_logged(tmp_path: Path, level: str, lines: int) -> None:
    with running(tmp_path, log_level=level) as server, capture_logs() as logged:
        root = server.client()
        root.list_user_pools(MaxResults=1)
        refused(root.describe_user_pool, UserPoolId="eu-central-1_NoSuchOne")
        server.run(_nothing)
    assert len([each for each in logged if each["event"] == "request"]) == lines


async def _nothing(_app: App) -> None:
    """A turn of the server's loop."""


def test_refusals_beyond_the_rate_are_counted(tmp_path: Path) -> None:
    with capture_logs() as logged:
        with running(tmp_path, audit_refusals=4) as server, Wire(server.port) as wire:
            for _ in range(50):
                wire.ask(call("GetUser", b'{"AccessToken":"x"}'))
        lines = [each for each in logged if each.get("operation") == "GetUser"]
    assert [each["event"] for each in lines].count("request") == 4
    assert lines[-1] == {
        "log_level": "info",
        "event": "more requests of this kind in a minute",
        "operation": "GetUser",
        "outcome": "NotAuthorizedException",
        "refusal": "InvalidAccessToken",
        "address": "127.0.0.1",
        "count": 46,
    }


def test_dev_mode_logs_each_request_however_many(dev: RunningServer) -> None:
    with capture_logs() as logged, Wire(dev.port) as wire:
        for _ in range(200):
            wire.ask(call("GetUser", b'{"AccessToken":"x"}'))
        dev.run(_nothing)
    assert len([each for each in logged if each["event"] == "request"]) == 200


def test_log_lines_have_no_secret(server: RunningServer, pool: PoolForTest) -> None:
    metadata = {"ClientMetadata": {"key": METADATA}}
    alice = {"ClientId": pool.client_id, "Username": "alice"}
    with capture_logs() as logged:
        code = code_of(server, pool)
        refused(pool.cognito.confirm_sign_up, **alice, ConfirmationCode=another(code), **metadata)
        refused(pool.cognito.confirm_sign_up, **alice, ConfirmationCode="code MARKER")
        pool.cognito.confirm_sign_up(**alice, ConfirmationCode=code, **metadata)
        api = AuthApi(pool, by_admin=False)
        refused(api.by_password, password=GUESS)
        tokens = result_of(api.by_password())
        refused(pool.cognito.get_user, AccessToken=tokens["IdToken"])
        pool.cognito.get_user(AccessToken=tokens["AccessToken"])
        api.start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"])
        last = pool.cognito.revoke_token(ClientId=pool.client_id, Token=tokens["RefreshToken"])
        line_of(logged, last)
    text = repr(logged)
    assert text.count("'request'") >= 9
    for secret in (METADATA, GUESS, PASSWORD, "MARKER", tokens["AccessToken"], tokens["IdToken"]):
        assert secret not in text
    assert tokens["RefreshToken"] not in text
    codes = {code, another(code)}
    assert not codes & {str(value) for line in logged for value in line.values()}


NOT_BUILT = "ListIdentityProviders"


def line_at_domain(logged: list[Any], operation: str) -> dict[str, Any]:
    """The line of the only request to this endpoint or page."""
    (line,) = eventually(
        lambda: [dict(each) for each in logged if each.get("operation") == operation]
    )
    return line


def test_redirect_uri_of_no_app_client_has_a_line_that_names_it(server: RunningServer) -> None:
    domain = DomainPool(server, PoolForTest(server.client(), client=OAUTH))
    with capture_logs() as logged:
        domain.authorize(redirect_uri="http://127.0.0.1:3000/")
        line = line_at_domain(logged, "Authorize_GET")
    assert line["outcome"] == "redirect_mismatch"
    assert "refusal" not in line, "it's no more exact"
    assert "'http://127.0.0.1:3000/'" in line["reason"]


def test_logout_uri_of_no_app_client_has_a_line_that_names_it(server: RunningServer) -> None:
    domain = DomainPool(server, PoolForTest(server.client(), client=OAUTH))
    asked = {"client_id": domain.client_id, "logout_uri": "http://localhost:9/?s3cret"}
    with capture_logs() as logged:
        domain.browser().get(f"{domain.root}/logout", **asked)
        line = line_at_domain(logged, "Logout_GET")
    assert line["outcome"] == "redirect_mismatch"
    reason = f"logout_uri 'http://localhost:9/'… isn't among the LogoutURLs of {domain.client_id}"
    assert line["reason"] == reason


def test_logout_as_openid_connect_has_it_has_a_line_that_names_the_setting(
    server: RunningServer,
) -> None:
    domain = DomainPool(server, PoolForTest(server.client(), client=OAUTH))
    asked = {"client_id": domain.client_id, "post_logout_redirect_uri": "https://app.example.com"}
    with capture_logs() as logged:
        domain.browser().get(f"{domain.root}/logout", **asked)
        line = line_at_domain(logged, "Logout_GET")
    assert line["refusal"] == "LogoutTargetMissing"
    assert "logout_uri is missing; only with the setting `rp_initiated_logout`" in line["reason"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (None, "client_id is missing"),
        ("nobody", "the pool has no app client 'nobody'"),
        ("no id, but s3cret", "client_id is no app client's"),
    ],
)
def test_unknown_app_client_has_a_line_that_names_it(
    server: RunningServer, given: str | None, reason: str
) -> None:
    domain = DomainPool(server, PoolForTest(server.client(), client=OAUTH))
    with capture_logs() as logged:
        domain.authorize(client_id=given)
        line = line_at_domain(logged, "Authorize_GET")
    assert (line["refusal"], line["reason"]) == ("UnknownAppClient", reason)


def test_app_client_without_flows_has_a_line_that_names_the_refusal(server: RunningServer) -> None:
    domain = DomainPool(server, PoolForTest(server.client()))
    with capture_logs() as logged:
        domain.authorize()
        line = line_at_domain(logged, "Authorize_GET")
    assert (line["outcome"], line["refusal"]) == ("invalid_request", "OAuthNotEnabled")
    assert "AllowedOAuthFlowsUserPoolClient" in line["reason"]


def test_wrong_password_on_a_page_has_a_line_with_refusal_and_step(server: RunningServer) -> None:
    domain = DomainPool(server, PoolForTest(server.client(), client=OAUTH))
    domain.add_user()
    browser = domain.browser()
    browser.get(f"{domain.root}/login", **domain.asked())
    with capture_logs() as logged:
        browser.post(
            f"{domain.root}/login?{urlencode(domain.asked())}",
            {"_csrf": browser.cookies["XSRF-TOKEN"], "username": "alice", "password": GUESS},
        )
        line = line_at_domain(logged, "Login_POST")
    assert (line["refusal"], line["step"]) == ("IncorrectPassword", "USER_PASSWORD_AUTH")
    assert GUESS not in str(line)


def test_operation_that_is_not_built_answers_as_aws_does(tmp_path: Path) -> None:
    """AWS sends the code alone: aws-sdk-go#3689."""
    with running(tmp_path) as server, Wire(server.port) as wire, capture_logs() as logged:
        answers = [wire.ask(call(NOT_BUILT)) for _ in range(3)]
        wire.ask(call("NoSuchOperation"))
        server.run(_nothing)
    assert [each.error for each in answers] == [(400, "UnknownOperationException", None)] * 3
    warnings = [each for each in logged if each["log_level"] == "warning"]
    assert warnings == [
        {
            "log_level": "warning",
            "event": "operation isn't built",
            "operation": NOT_BUILT,
            "status_page": "docs/operations.md",
        }
    ], "once a minute, however often it is asked for"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (f"{PREFIX}.NoSuchOperation", f" {PREFIX}.NoSuchOperation is no operation"),
        ("DynamoDB_20120810.ListTables", " DynamoDB_20120810.ListTables is no operation"),
        ("a b<c>", "X-Amz-Target is no operation"),
        ("", "there is no X-Amz-Target"),
        (f"{PREFIX}.{NOT_BUILT}", "isn't built yet; docs/operations.md"),
    ],
)
def test_unknown_operation_has_a_line_with_the_reason(
    server: RunningServer, target: str, reason: str
) -> None:
    with Wire(server.port) as wire, capture_logs() as logged:
        answer = wire.ask(request(b"{}", {"X-Amz-Target": target} if target else {}))
        server.run(_nothing)
    assert answer.error == (400, "UnknownOperationException", None)
    [line] = [each for each in logged if each["event"] == "request"]
    assert reason in line["reason"]


def test_operation_that_is_not_built_is_named_in_dev_mode(tmp_path: Path) -> None:
    assert NOT_BUILT in OPERATIONS
    started = running(tmp_path, dev=True, memory=True)
    with started as dev, Wire(dev.port) as wire, capture_logs() as logged:
        status, code, sentence = wire.ask(call(NOT_BUILT)).error
        unknown = wire.ask(call("NoSuchOperation")).error
        dev.run(_nothing)
    assert (status, code) == (400, "UnknownOperationException")
    assert NOT_BUILT in (sentence or "")
    assert "docs/operations.md" in (sentence or "")
    assert unknown == (400, "UnknownOperationException", None)
    assert [each["operation"] for each in logged if each["log_level"] == "warning"] == [NOT_BUILT]


def test_readable_line_begins_with_the_operation_and_its_outcome() -> None:
    line: Any = {"event": "request", "operation": "GetUser", "outcome": "ok", "ms": 1.5}
    line["level"] = "debug"
    for processor in logs._readable():
        line = processor(None, "debug", line)
    assert str(line).split(maxsplit=1)[1].startswith("[debug")
    assert "GetUser ok" in str(line)
    assert "ms=1.5" in str(line)
    assert "operation=" not in str(line)


def test_line_for_machines_is_json() -> None:
    line: Any = {"event": "request", "operation": "GetUser", "outcome": "ok", "ms": 1.5}
    for processor in logs._as_json():
        line = processor(None, "debug", line)
    shown = json.loads(line)
    assert shown.pop("timestamp")
    assert shown == {"message": "request", "operation": "GetUser", "outcome": "ok", "ms": 1.5}
