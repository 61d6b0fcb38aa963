"""Dynamic client registration: RFC 7591 and ev:domain-1.10."""

import itertools
import json
from typing import Any

import pytest
from support.audit_reading import Trail
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import PoolForTest
from support.wire_client import Answer, Wire, request

from poolhouse.rules.oauth import registration
from poolhouse.services import rate_limits

DCR_SCOPE = "aws.cognito/dcr/register"
BACK = "https://notes.example/back"
GOOD: dict[str, Any] = {"redirect_uris": [BACK], "client_name": "Field notes (local)"}

_numbers = itertools.count(1)
_addresses = itertools.count(2)


class Registering:
    """A pool with a domain, where apps may register as `configuration` says."""

    def __init__(self, server: RunningServer, **configuration: Any) -> None:
        self.server = server
        self.pool = PoolForTest(server.client(), DcrConfiguration=configuration)
        self.domain = f"register-{next(_numbers)}"
        self.pool.cognito.create_user_pool_domain(Domain=self.domain, UserPoolId=self.pool.id)
        self.pool.cognito.create_resource_server(
            UserPoolId=self.pool.id,
            Identifier="notes",
            Name="notes",
            Scopes=[{"ScopeName": "read", "ScopeDescription": "Read notes"}],
        )
        self.address = f"127.0.0.{next(_addresses)}"
        """Each has an address of its own, so that no test counts against another."""

    def post(self, body: Any, token: str | None = None, **headers: str) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **headers}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        line = f"POST /domains/{self.domain}/oauth2/register HTTP/1.1"
        with Wire(self.server.port, self.address) as wire:
            return wire.ask(request(data, sent, line))

    def registered(self, body: Any, token: str | None = None) -> dict[str, Any]:
        answer = self.post(body, token)
        assert answer.status == 201, answer
        found: dict[str, Any] = answer.json
        return found

    def refused(self, body: Any, token: str | None = None) -> tuple[int, str]:
        """Return status and code of a refusal, which must have made no app client."""
        before = self.clients()
        answer = self.post(body, token)
        assert self.clients() == before
        return answer.status, answer.json["error"]

    def clients(self) -> list[str]:
        listed = self.pool.cognito.list_user_pool_clients(UserPoolId=self.pool.id, MaxResults=60)
        return [client["ClientId"] for client in listed["UserPoolClients"]]

    def describe(self, client_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.pool.cognito.describe_user_pool_client(
            UserPoolId=self.pool.id, ClientId=client_id
        )["UserPoolClient"]
        return found

    def initial_token(self, scope: str = DCR_SCOPE) -> str:
        """A token of an app client that may register others."""
        client = self.pool.cognito.create_user_pool_client(
            UserPoolId=self.pool.id,
            ClientName="registrar",
            GenerateSecret=True,
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthScopes=[scope],
        )["UserPoolClient"]
        result = self.pool.cognito.get_client_token(
            ClientId=client["ClientId"], Secret=client["ClientSecret"]
        )
        token: str = result["ClientAuthenticationResult"]["AccessToken"]
        return token


@pytest.fixture
def opened(server: RunningServer) -> Registering:
    return Registering(server, OpenDcrEnabled=True, AllowedScopes=["notes/read", DCR_SCOPE])


@pytest.fixture
def closed(server: RunningServer) -> Registering:
    return Registering(server, AllowedScopes=["notes/read"])


def test_open_registration_answers_all_that_was_registered(opened: Registering) -> None:
    """RFC 7591 §3.2.1."""
    answer = opened.post({**GOOD, "logo_uri": "https://notes.example/logo.png"})
    assert answer.status == 201
    assert "no-store" in (answer.header("cache-control") or "")
    found = answer.json
    client_id, secret = found.pop("client_id"), found.pop("client_secret")
    assert found.pop("client_id_issued_at") > 1_700_000_000
    assert found == {
        "client_name": "Field notes local",
        "redirect_uris": [BACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid email phone profile notes/read",
        "client_secret_expires_at": 0,
    }
    described = opened.describe(client_id)
    assert described["ClientType"] == "DCR"
    assert described["ClientSecret"] == secret
    assert described["CallbackURLs"] == [BACK]
    assert described["AllowedOAuthFlows"] == ["code"]
    assert described["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]


def test_public_registration_has_no_secret(opened: Registering) -> None:
    asked = {**GOOD, "token_endpoint_auth_method": "none", "scope": "openid notes/read"}
    found = opened.registered(asked)
    assert not {"client_secret", "client_secret_expires_at"} & found.keys()
    assert found["scope"] == "openid notes/read"
    assert "ClientSecret" not in opened.describe(found["client_id"])


def test_registered_client_cannot_sign_users_in_by_the_api(opened: Registering) -> None:
    found = opened.registered({**GOOD, "token_endpoint_auth_method": "none"})
    opened.pool.sign_up()
    with refused("InvalidParameterException"):
        opened.pool.cognito.initiate_auth(
            ClientId=found["client_id"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "alice", "PASSWORD": "Correct-Horse-9!"},
        )


def test_registered_client_has_no_secret_operations_and_never_the_scope(
    opened: Registering,
) -> None:
    """The API model."""
    found = opened.registered(GOOD)
    named = {"UserPoolId": opened.pool.id, "ClientId": found["client_id"]}
    cognito = opened.pool.cognito
    with refused("InvalidParameterException"):
        cognito.add_user_pool_client_secret(**named)
    (secret,) = cognito.list_user_pool_client_secrets(**named)["ClientSecrets"]
    with refused("InvalidParameterException"):
        cognito.delete_user_pool_client_secret(**named, ClientSecretId=secret["ClientSecretId"])
    with refused("ScopeDoesNotExistException", f"Invalid scope requested: {DCR_SCOPE}"):
        cognito.update_user_pool_client(**named, AllowedOAuthScopes=[DCR_SCOPE])
    listed = cognito.list_user_pool_clients(UserPoolId=opened.pool.id, ClientType="DCR")
    assert [each["ClientId"] for each in listed["UserPoolClients"]] == [found["client_id"]]


def test_authenticated_registration_may_have_client_credentials(closed: Registering) -> None:
    token = closed.initial_token()
    found = closed.registered({"grant_types": ["client_credentials"]}, token)
    assert found["scope"] == "notes/read"
    assert (found["grant_types"], found["response_types"]) == (["client_credentials"], [])
    assert "redirect_uris" not in found
    result = closed.pool.cognito.get_client_token(
        ClientId=found["client_id"], Secret=found["client_secret"]
    )["ClientAuthenticationResult"]
    assert result["AccessToken"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://notes.example/back"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://notes.example/#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [BACK + str(n) for n in range(101)]}, "invalid_redirect_uri"),
        ({"redirect_uris": BACK}, "invalid_client_metadata"),
        ({**GOOD, "grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({**GOOD, "grant_types": ["password"]}, "invalid_client_metadata"),
        ({**GOOD, "grant_types": []}, "invalid_client_metadata"),
        ({**GOOD, "grant_types": ["refresh_token"]}, "invalid_client_metadata"),
        ({**GOOD, "grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        (
            {**GOOD, "grant_types": ["authorization_code", "client_credentials"]},
            "invalid_client_metadata",
        ),
        ({**GOOD, "response_types": ["token"]}, "invalid_client_metadata"),
        ({**GOOD, "response_types": []}, "invalid_client_metadata"),
        ({**GOOD, "token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({**GOOD, "scope": "admin"}, "invalid_client_metadata"),
        ({**GOOD, "scope": f"openid {DCR_SCOPE}"}, "invalid_client_metadata"),
        ({**GOOD, "scope": "aws.cognito.signin.user.admin"}, "invalid_client_metadata"),
        ({**GOOD, "scope": ""}, "invalid_client_metadata"),
        ({**GOOD, "client_name": "x" * 129}, "invalid_client_metadata"),
        ({**GOOD, "client_name": 7}, "invalid_client_metadata"),
        (b"", "invalid_client_metadata"),
        (b"[]", "invalid_client_metadata"),
        (b"{", "invalid_client_metadata"),
        (b"\xff", "invalid_client_metadata"),
        (b'{"x":' + b"[" * 20_000, "invalid_client_metadata"),
        (b'{"x":"' + b"x" * registration.LARGEST + b'"}', "invalid_client_metadata"),
    ],
)
def test_registration_that_cannot_be_honoured_is_refused(
    opened: Registering, asked: Any, code: str
) -> None:
    """RFC 7591 §3.2.2."""
    assert opened.refused(asked) == (400, code)


def test_registration_without_token_is_unauthorized_unless_open(closed: Registering) -> None:
    answer = closed.post(GOOD)
    assert (answer.status, answer.json["error"]) == (401, "invalid_token")
    assert (answer.header("www-authenticate") or "").startswith("Bearer ")


@pytest.mark.parametrize("kind", ["nonsense", "other-pool", "other-scope", "gone", "user"])
def test_registration_by_a_bad_initial_token_is_unauthorized(
    opened: Registering, server: RunningServer, kind: str
) -> None:
    """Also if registration is open: a caller that shows a token means it."""
    if kind == "nonsense":
        token = "a.b.c"
    elif kind == "other-pool":
        token = Registering(server).initial_token()
    elif kind == "other-scope":
        token = opened.initial_token("notes/read")
    elif kind == "gone":
        before = set(opened.clients())
        token = opened.initial_token()
        (registrar,) = set(opened.clients()) - before
        opened.pool.cognito.delete_user_pool_client(UserPoolId=opened.pool.id, ClientId=registrar)
    else:
        opened.pool.sign_up()
        opened.pool.admin_confirm()
        token = user_token(opened)
    assert opened.refused(GOOD, token) == (401, "invalid_token")


def user_token(opened: Registering) -> str:
    """An access token of a user."""
    cognito, pool = opened.pool.cognito, opened.pool
    client = cognito.create_user_pool_client(
        UserPoolId=pool.id, ClientName="api", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]
    result = cognito.initiate_auth(
        ClientId=client["ClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "alice", "PASSWORD": "Correct-Horse-9!"},
    )
    token: str = result["AuthenticationResult"]["AccessToken"]
    return token


@pytest.mark.parametrize(
    "configuration",
    [
        {"EnableStatus": "Disabled", "OpenDcrEnabled": True},
        {"OpenDcrEnabled": True, "OpenDcrGrantTypes": []},
        {"OpenDcrEnabled": True, "OpenDcrGrantTypes": ["implicit"]},
    ],
)
def test_registration_that_is_off_is_denied(
    server: RunningServer, configuration: dict[str, Any]
) -> None:
    assert Registering(server, **configuration).refused(GOOD) == (403, "access_denied")


def test_authenticated_registration_without_grant_types_is_denied(server: RunningServer) -> None:
    closed = Registering(server, AuthenticatedGrantTypes=[])
    token = closed.initial_token()
    assert closed.refused(GOOD, token) == (403, "access_denied")


def test_open_registration_with_client_credentials_needs_the_configuration(
    server: RunningServer,
) -> None:
    given = {"OpenDcrGrantTypes": ["client_credentials"], "AllowedScopes": ["notes/read"]}
    opened = Registering(server, OpenDcrEnabled=True, **given)
    assert opened.refused(GOOD) == (400, "invalid_client_metadata")
    assert opened.registered({"grant_types": ["client_credentials"]})["client_secret"]
    public = {"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"}
    assert opened.refused(public) == (400, "invalid_client_metadata")


def test_open_registrations_from_one_address_are_bounded(opened: Registering) -> None:
    for _ in range(rate_limits.REGISTRATIONS_OF_ADDRESS):
        opened.registered(GOOD)
    assert opened.refused(GOOD) == (429, "temporarily_unavailable")
    assert opened.registered(GOOD, opened.initial_token())


def test_registration_stops_at_the_quota_of_app_clients(
    opened: Registering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registration, "MOST_CLIENTS", 2)
    opened.registered(GOOD)
    assert opened.refused(GOOD) == (403, "access_denied")


def test_registration_is_answered_across_origins(opened: Registering) -> None:
    line = f"OPTIONS /domains/{opened.domain}/oauth2/register HTTP/1.1"
    with Wire(opened.server.port) as wire:
        answer = wire.ask(request(b"", {"Origin": "https://notes.example"}, line), "OPTIONS")
    assert answer.status == 200
    assert answer.header("access-control-allow-origin") == "*"
    assert "POST" in (answer.header("access-control-allow-methods") or "")


def test_registration_without_a_pool_at_the_root_of_dev_mode_is_denied(dev: RunningServer) -> None:
    with Wire(dev.port) as wire:
        data = json.dumps(GOOD).encode()
        answer = wire.ask(request(data, {}, "POST /oauth2/register HTTP/1.1"))
    assert (answer.status, answer.json["error"]) == (403, "access_denied")


@pytest.mark.parametrize(
    ("given", "registered"),
    [
        ("MCP Inspector (v2)", "MCP Inspector v2"),
        ("a\u202eb\n<script>", "a b script"),
        ("\u30e1\u30e2", "Registered app"),
        ("", "Registered app"),
        (None, "Registered app"),
    ],
)
def test_registered_name_has_characters_of_the_api_model(
    opened: Registering, given: str | None, registered: str
) -> None:
    found = opened.registered({**GOOD, "client_name": given})
    assert found["client_name"] == registered
    assert opened.describe(found["client_id"])["ClientName"] == registered


def test_registration_leaves_a_record_of_the_new_client(opened: Registering) -> None:
    trail = Trail(opened.server)
    answer = opened.post(GOOD)
    record = trail.of_id(answer.header("x-amzn-requestid") or "")
    assert record.principal == f"client/{answer.json['client_id']}"
    assert (record.action, record.step) == ("cognito-idp:Register_POST", "OPEN")
    assert record.resource.endswith(opened.pool.id)
    assert answer.json["client_secret"] not in repr(record)
