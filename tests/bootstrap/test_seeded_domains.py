"""Domains and resource servers of seed files: the example of docs/seeds.md, twice and edited."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.running_server import RunningServer, running
from support.sign_ins import claims_of

from poolhouse.app import App
from poolhouse.bootstrap.seed.apply import apply
from poolhouse.bootstrap.seed.document import BadSeed, read

PAGE = Path(__file__).parents[2] / "docs" / "seeds.md"
EXAMPLE = re.search(r"<!-- example of domains -->\n```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
POOL, REGION = "us-east-1_Sales", "us-east-1"
ORDERS = "https://sales.example/orders"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running(tmp_path / "data", dev=True, memory=True, region=(REGION,)) as made:
        yield made


@pytest.fixture
def cognito(server: RunningServer) -> Any:
    return server.client()


class Seeding:
    """Applies the example, with some texts replaced."""

    def __init__(self, server: RunningServer, file: Path) -> None:
        self._server, self._file = server, file

    def apply(self, *edits: tuple[str, str]) -> None:
        assert EXAMPLE is not None
        text = EXAMPLE[1]
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        self._file.write_text(text)
        seed = read(self._file, REGION)
        self._server.run(lambda app: apply(app.services, seed, datetime.now(UTC)))

    def generation(self) -> int | None:
        """Return the number that every change of the configuration increments."""

        async def refreshed(app: App) -> int | None:
            await app.services.store.configuration.refresh()
            return app.services.store.configuration.new_cache().generation

        return self._server.run(refreshed)


@pytest.fixture
def seeding(server: RunningServer, tmp_path: Path) -> Seeding:
    return Seeding(server, tmp_path / "file.yaml")


def test_seed_with_domains_serves_them_and_their_machines(
    seeding: Seeding, server: RunningServer, cognito: Any
) -> None:
    seeding.apply()
    domain = cognito.describe_user_pool_domain(Domain="sales")["DomainDescription"]
    assert (domain["UserPoolId"], domain["ManagedLoginVersion"]) == (POOL, 2)
    pool = cognito.describe_user_pool(UserPoolId=POOL)["UserPool"]
    assert (pool["Domain"], pool["CustomDomain"]) == ("sales", "login.sales.example")
    answer = httpx.post(
        f"{server.url}/domains/sales/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=("salesservice", "NotASecretOfAnyWorth0000"),
    )
    assert claims_of(answer.json()["access_token"])["scope"] == f"{ORDERS}/read"


def test_seed_with_domains_applied_again_changes_nothing(seeding: Seeding) -> None:
    seeding.apply()
    before = seeding.generation()
    seeding.apply()
    assert seeding.generation() == before


def test_seed_with_domains_edited_changes_what_was_edited(seeding: Seeding, cognito: Any) -> None:
    seeding.apply()
    seeding.apply(
        ("        ManagedLoginVersion: 2\n", ""),
        ("certificate/1", "certificate/2"),
        ("Name: orders", "Name: all orders"),
        ("ScopeDescription: Read orders", "ScopeDescription: See orders"),
    )
    assert (
        cognito.describe_user_pool_domain(Domain="sales")["DomainDescription"][
            "ManagedLoginVersion"
        ]
        == 1
    )
    custom = cognito.describe_user_pool_domain(Domain="login.sales.example")["DomainDescription"]
    assert custom["CustomDomainConfig"]["CertificateArn"].endswith("/2")
    found = cognito.describe_resource_server(UserPoolId=POOL, Identifier=ORDERS)["ResourceServer"]
    assert found["Name"] == "all orders"
    assert found["Scopes"] == [{"ScopeName": "read", "ScopeDescription": "See orders"}]


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            ("Domain: sales\n", "Domain: aws-sales\n"),
            ":5: InvalidParameterException: Domain can",
        ),
        (("us-east-1_Sales", "us-east-1_Other"), ":5: the pool us-east-1_Sales has the domain"),
        (
            ("login.sales.example", "sales"),
            ":7: the domain sales is already in line 5",
        ),
        (("Domain: sales\n", "Domain: market\n"), ":5: InvalidParameterException: "),
        (
            (
                "        CustomDomainConfig:\n          CertificateArn: "
                "arn:aws:acm:us-east-1:000000000000:certificate/1\n",
                "",
            ),
            ":7: a domain that is there can't become custom, or a prefix",
        ),
        (
            ("orders/read]\n        Callback", "orders/write]\n        Callback"),
            "ScopeDoesNotExist",
        ),
    ],
)
def test_seed_with_domains_that_cannot_be_is_refused_with_its_line(
    seeding: Seeding, edit: tuple[str, str], sentence: str
) -> None:
    seeding.apply()
    with pytest.raises(BadSeed) as refused:
        seeding.apply(edit)
    assert any(sentence in mistake for mistake in refused.value.mistakes), refused.value.mistakes
