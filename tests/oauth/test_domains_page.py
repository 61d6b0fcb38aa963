"""docs/domains.md: every command is run, and answers what the page shows."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from support.devices_at_domains import answers, enters
from support.domain_endpoints import MACHINE, Endpoints
from support.domain_pools import OAUTH, DomainPool
from support.page_browser import CALLBACK
from support.running_server import ROOT_KEY, RunningServer, running
from support.served_pools import PoolForTest

PAGE: Final = Path(__file__).parents[2] / "docs" / "domains.md"
STEP: Final = re.compile(
    r"^<!-- (?P<event>[^\n]+) -->$|^```sh\n(?P<commands>.*?)^```\n```\n(?P<shown>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
PREVIEW: Final = "https://*.preview.example.com/callback"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(
        tmp_path_factory.mktemp("data"),
        **dict.fromkeys(
            (
                *("rp_initiated_logout", "offline_access", "wildcard_callbacks"),
                *("token_introspection", "advertise_pkce", "device_grant"),
                "standard_user_info",
            ),
            True,
        ),
    ) as made:
        yield made


class Reader:
    """A reader of the page with a domain, who types its commands."""

    def __init__(self, server: RunningServer) -> None:
        client = {**OAUTH, "CallbackURLs": [CALLBACK, PREVIEW]}
        self.domain = DomainPool(server, PoolForTest(server.client(), client))
        self.domain.add_user(email="alice@example.com")
        pool = self.domain.pool
        pool.cognito.set_user_pool_session_configuration(
            UserPoolId=pool.id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 20}
        )
        machine = pool.cognito.create_user_pool_client(
            UserPoolId=pool.id, ClientName="app", **MACHINE
        )["UserPoolClient"]
        self.variables = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": server.url,
            "AWS_DEFAULT_REGION": server.settings.home_region,
            "AWS_ACCESS_KEY_ID": ROOT_KEY[0],
            "AWS_SECRET_ACCESS_KEY": ROOT_KEY[1],
            "SERVER": server.url,
            "DOMAIN": self.domain.url,
            "POOL": pool.id,
            "CLIENT": pool.client_id,
            "CALLBACK": CALLBACK,
            "MACHINE": machine["ClientId"],
            "SECRET": machine["ClientSecret"],
        }
        self.sign_in()

    def sign_in(self) -> None:
        """The user signs in, and the app gets tokens."""
        self.browser = self.domain.signed_in()
        scope = "openid email aws.cognito.signin.user.admin"
        code = self.domain.authorize(self.browser, scope=scope).query["code"]
        tokens = Endpoints(self.domain.url, self.domain.pool.client).exchange(code).json()
        self.variables["COOKIE"] = f"cognito={self.browser.cookies['cognito']}"
        self.variables |= {name.upper(): str(value) for name, value in tokens.items()}

    def sees(self, event: str) -> None:
        """Do what the page says in a comment."""
        if event == "the user signs in again":
            self.sign_in()
        else:
            assert event == "the user allows the device"
            question = enters(self.domain, self.browser, self.variables["USER_CODE"])
            assert answers(self.browser, question, "allow").status == 200

    def types(self, commands: str) -> str:
        """Run commands, and return what they print. What later ones need becomes variables."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        if done.stdout.startswith('{"device_code"'):
            answer = json.loads(done.stdout)
            self.variables |= {name.upper(): str(value) for name, value in answer.items()}
        if "create-user-pool-client" in commands:
            self.variables["DEVICE_CLIENT"] = done.stdout.strip()
        return done.stdout.strip()


def test_commands_of_the_domains_page_answer_as_it_shows(server: RunningServer) -> None:
    reader = Reader(server)
    steps = list(STEP.finditer(PAGE.read_text()))
    assert len([step for step in steps if step["commands"]]) == PAGE.read_text().count("```sh")
    for step in steps:
        if step["event"]:
            reader.sees(step["event"])
            continue
        expected = re.escape(step["shown"].strip()).replace("…", ".*")
        printed = reader.types(step["commands"])
        assert re.fullmatch(expected, printed), (step["commands"], printed)
