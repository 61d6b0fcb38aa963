"""Resource servers over the wire (ev:oauth-12)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from support.audit_reading import Trail
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest

from poolhouse.app import App
from poolhouse.entities.pool_resources import ResourceServer
from poolhouse.rules.pools.resource_servers import MOST_OF_POOL
from poolhouse.store import pool_resources

READ = {"ScopeName": "read", "ScopeDescription": "Read forecasts"}
WRITE = {"ScopeName": "write:all", "ScopeDescription": "Ünïcode"}


def create(
    cognito: Any, pool: PoolForTest, identifier: str = "weather", **members: Any
) -> dict[str, Any]:
    made: dict[str, Any] = cognito.create_resource_server(
        UserPoolId=pool.id, Identifier=identifier, **{"Name": "Weather", **members}
    )
    return dict(made["ResourceServer"])


def described(cognito: Any, pool: PoolForTest, identifier: str = "weather") -> dict[str, Any]:
    found = cognito.describe_resource_server(UserPoolId=pool.id, Identifier=identifier)
    return dict(found["ResourceServer"])


def test_create_resource_server_returns_what_describe_does(cognito: Any, pool: PoolForTest) -> None:
    """The AWS CLI's example of create-resource-server."""
    made = create(cognito, pool, Scopes=[READ, WRITE])
    assert made == {
        "UserPoolId": pool.id,
        "Identifier": "weather",
        "Name": "Weather",
        "Scopes": [READ, WRITE],
    }
    assert described(cognito, pool) == made


@pytest.mark.parametrize(
    "identifier", ["https://api.home.example/v1", "weather", "!#[]~", "a" * 256]
)
def test_resource_server_identifier_is_any_visible_text(
    cognito: Any, pool: PoolForTest, identifier: str
) -> None:
    """The API model's pattern."""
    assert create(cognito, pool, identifier)["Identifier"] == identifier
    assert described(cognito, pool, identifier)["Scopes"] == []


def test_update_resource_server_without_scopes_removes_them(
    cognito: Any, pool: PoolForTest
) -> None:
    """ev:model: what isn't provided is set to the default value."""
    create(cognito, pool, Scopes=[READ])
    named = {"UserPoolId": pool.id, "Identifier": "weather"}
    updated = cognito.update_resource_server(**named, Name="Forecasts", Scopes=[WRITE])
    assert updated["ResourceServer"]["Scopes"] == [WRITE]
    assert described(cognito, pool)["Name"] == "Forecasts"
    cognito.update_resource_server(**named, Name="Forecasts")
    assert described(cognito, pool)["Scopes"] == []


def test_delete_resource_server_makes_it_unknown(cognito: Any, pool: PoolForTest) -> None:
    create(cognito, pool)
    cognito.delete_resource_server(UserPoolId=pool.id, Identifier="weather")
    with refused("ResourceNotFoundException"):
        described(cognito, pool)
    assert create(cognito, pool)["Identifier"] == "weather"


@pytest.mark.both_stores
def test_list_resource_servers_pages_by_identifier(
    cognito: Any, pool: PoolForTest, new_pool: NewPool
) -> None:
    names = [f"api-{number}" for number in range(5)]
    for name in reversed(names):
        create(cognito, pool, name)
    create(cognito, new_pool(), "another-pools")
    listed: list[str] = []
    token: dict[str, str] = {}
    sizes = []
    while True:
        page = cognito.list_resource_servers(UserPoolId=pool.id, MaxResults=2, **token)
        listed += [each["Identifier"] for each in page["ResourceServers"]]
        sizes.append(len(page["ResourceServers"]))
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert (listed, sizes) == (names, [2, 2, 1])
    whole = cognito.list_resource_servers(UserPoolId=pool.id)["ResourceServers"]
    assert whole[0] == described(cognito, pool, names[0])


def test_list_resource_servers_token_of_another_pool_is_refused(
    cognito: Any, pool: PoolForTest, new_pool: NewPool
) -> None:
    for name in ("a", "b"):
        create(cognito, pool, name)
    token = cognito.list_resource_servers(UserPoolId=pool.id, MaxResults=1)["NextToken"]
    with refused("InvalidParameterException", "Paging Marker is Invalid for Request"):
        cognito.list_resource_servers(UserPoolId=new_pool().id, NextToken=token)


def test_resource_server_of_another_pool_is_unknown(
    cognito: Any, pool: PoolForTest, new_pool: NewPool
) -> None:
    create(cognito, pool)
    other = new_pool()
    with refused("ResourceNotFoundException", "Resource server weather does not exist."):
        described(cognito, other)
    create(cognito, other)


def test_create_resource_server_beyond_the_quota_is_refused(
    server: RunningServer, cognito: Any, pool: PoolForTest
) -> None:
    """ev:domain-1.8."""
    now = datetime(2026, 1, 2, tzinfo=UTC)

    async def fill(app: App) -> None:
        await app.services.store.commit(
            *(
                pool_resources.add(
                    ResourceServer(
                        pool_id=pool.id,
                        identifier=f"api-{number}",
                        name="API",
                        created_at=now,
                        modified_at=now,
                    )
                )
                for number in range(MOST_OF_POOL)
            )
        )

    server.run(fill)
    with refused("LimitExceededException", "Maximum number of resource servers has been reached."):
        create(cognito, pool)
    cognito.delete_resource_server(UserPoolId=pool.id, Identifier="api-7")
    create(cognito, pool)


def test_resource_server_changes_leave_audit_records(
    server: RunningServer, pool: PoolForTest, cognito: Any
) -> None:
    trail = Trail(server)
    named = {"UserPoolId": pool.id, "Identifier": "weather"}
    for operation, action, more in (
        ("create_resource_server", "CreateResourceServer", {"Name": "Weather"}),
        ("update_resource_server", "UpdateResourceServer", {"Name": "Weather"}),
        ("delete_resource_server", "DeleteResourceServer", {}),
    ):
        record = trail.of(getattr(cognito, operation)(**named, **more))
        assert (record.action, record.outcome) == (f"cognito-idp:{action}", "committed")
        assert record.resource.endswith(f"userpool/{pool.id}")
