"""The domain of dev mode's ready-made pool, and the OAuth members of its app client."""

from pathlib import Path
from typing import Any

import pytest
from support.running_server import REGION, RunningServer, running

from poolhouse import app
from poolhouse.bootstrap.dev_domain import DOMAIN, OAUTH, domain_url
from poolhouse.bootstrap.first_start import CLIENT_ID
from poolhouse.entities.domains import CLASSIC, MANAGED_LOGIN, Domain
from poolhouse.store import domains

POOL = f"{REGION}_Poolhouse"


def domain_of(server: RunningServer, name: str = DOMAIN) -> Domain | None:
    async def find(running_app: app.App) -> Domain | None:
        await running_app.services.store.configuration.refresh()
        return await running_app.services.store.domains.find(name)

    return server.run(find)


def dev_client(server: RunningServer) -> dict[str, Any]:
    described: dict[str, Any] = server.client().describe_user_pool_client(
        UserPoolId=POOL, ClientId=CLIENT_ID
    )["UserPoolClient"]
    return described


def without_domain(server: RunningServer) -> None:
    """Delete the domain: the rest of the store is as before there were domains."""
    domain = domain_of(server)
    assert domain is not None

    async def delete(running_app: app.App) -> None:
        await running_app.services.store.commit(domains.delete(domain))

    server.run(delete)


def update_client(server: RunningServer, **members: Any) -> None:
    server.client().update_user_pool_client(UserPoolId=POOL, ClientId=CLIENT_ID, **members)


def test_dev_domain_of_new_folder_leads_to_the_pool(tmp_path: Path) -> None:
    with running(tmp_path, dev=True) as server:
        domain = domain_of(server)
        assert domain is not None
        assert (domain.pool_id, domain.pages_version) == (POOL, MANAGED_LOGIN)
        client = dev_client(server)
    assert client["AllowedOAuthFlowsUserPoolClient"] is True
    assert client["AllowedOAuthFlows"] == ["code"]
    assert set(client["AllowedOAuthScopes"]) == {
        *("openid", "email", "phone", "profile"),
        "aws.cognito.signin.user.admin",
    }
    assert "http://localhost:3000/" in client["CallbackURLs"]
    assert "http://localhost:5173/" in client["CallbackURLs"]
    assert "http://localhost:3000/" in client["LogoutURLs"]


def test_dev_domain_is_added_to_folder_of_before_that_keeps_its_client(tmp_path: Path) -> None:
    with running(tmp_path, dev=True) as server:
        flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        update_client(server, ExplicitAuthFlows=flows, AccessTokenValidity=2, ClientName="mine")
        without_domain(server)
        before = dev_client(server)
    assert "CallbackURLs" not in before
    with running(tmp_path, dev=True) as server:
        assert domain_of(server) is not None
        after = dev_client(server)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert changed == {*OAUTH, "LastModifiedDate"}


def test_dev_domain_of_client_with_own_callback_urls_leaves_them(tmp_path: Path) -> None:
    own = {**OAUTH, "CallbackURLs": ["https://app.example.com/"], "LogoutURLs": []}
    with running(tmp_path, dev=True) as server:
        update_client(server, **own)
        without_domain(server)
        before = dev_client(server)
    with running(tmp_path, dev=True) as server:
        assert domain_of(server) is not None
        assert dev_client(server) == before


def test_dev_domain_next_start_leaves_client_without_oauth_alone(tmp_path: Path) -> None:
    with running(tmp_path, dev=True) as server:
        update_client(server)
        before = dev_client(server)
    assert before["AllowedOAuthFlowsUserPoolClient"] is False
    with running(tmp_path, dev=True) as server:
        assert dev_client(server) == before


def test_dev_domain_of_pool_without_managed_login_has_classic_pages(tmp_path: Path) -> None:
    with running(tmp_path, dev=True) as server:
        without_domain(server)
        server.client().update_user_pool(UserPoolId=POOL, UserPoolTier="LITE")
    with running(tmp_path, dev=True) as server:
        domain = domain_of(server)
    assert domain is not None
    assert domain.pages_version == CLASSIC


@pytest.mark.parametrize("owner", ["this pool", "another pool"])
def test_dev_domain_next_start_leaves_own_domain_and_taken_name(tmp_path: Path, owner: str) -> None:
    """A pool that has a domain gets no second one; a name of another pool stays there."""
    with running(tmp_path, dev=True) as server:
        ready_made = domain_of(server)
        assert ready_made is not None
        other = server.client().create_user_pool(PoolName="other")["UserPool"]["Id"]
        mine = Domain(
            name="mine" if owner == "this pool" else DOMAIN,
            pool_id=POOL if owner == "this pool" else other,
            created_at=ready_made.created_at,
            modified_at=ready_made.modified_at,
        )

        async def replace(running_app: app.App) -> None:
            store = running_app.services.store
            await store.commit(domains.delete(ready_made))
            await store.commit(domains.add(mine))

        server.run(replace)
    with running(tmp_path, dev=True) as server:
        assert domain_of(server, mine.name) == mine
        shown = server.run(lambda running_app: domain_url(running_app.services, POOL))
        if owner == "this pool":
            assert domain_of(server) is None
            assert shown == f"{server.url}/domains/mine"
        else:
            assert shown is None
