"""Refresh tokens at `/oauth2/token`: of sign-ins by the API, and rotated ones (ev:oauth-4)."""

from typing import Any

import pytest
from support.domain_endpoints import WEB_APP, Endpoints, add_domain, code_of
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import PASSWORD

DEVICES = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}


def _signed_in_by_the_api(pool: PoolForTest) -> str:
    pool.sign_up()
    pool.admin_confirm()
    answer = pool.cognito.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD},
    )
    token: str = answer["AuthenticationResult"]["RefreshToken"]
    return token


@pytest.mark.parametrize(
    ("settings", "is_taken"), [({}, True), ({"DeviceConfiguration": DEVICES}, False)]
)
def test_refresh_token_of_the_api_is_taken_where_no_devices_are_remembered(
    server: RunningServer, new_pool: NewPool, settings: dict[str, Any], is_taken: bool
) -> None:
    """dg:token-endpoint."""
    client = {**WEB_APP, "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}
    pool = new_pool(client=client, **settings)
    app = Endpoints(add_domain(server, pool), pool.client)
    answer = app.refresh(_signed_in_by_the_api(pool))
    assert (answer.status_code == 200) is is_taken, answer.text
    if not is_taken:
        assert answer.json() == {"error": "invalid_grant"}


def test_refresh_token_that_was_rotated_is_good_within_its_grace_period(
    server: RunningServer, new_pool: NewPool
) -> None:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60}
    pool = new_pool(client={**WEB_APP, "RefreshTokenRotation": rotation})
    pool.sign_up()
    pool.admin_confirm()
    app = Endpoints(add_domain(server, pool), pool.client)
    first = app.exchange(code_of(server, pool)).json()["refresh_token"]
    for answer in (app.refresh(first), app.refresh(first)):
        assert answer.json()["refresh_token"] != first
