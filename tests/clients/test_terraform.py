"""Terraform with its AWS provider: what it has applied, it must find as it left it.

After each `apply` a `plan` must have nothing to do: a member that the server resets, keeps or adds
where AWS doesn't would be planned again for ever. Nothing is downloaded: the test runs where
`terraform` and a mirror with the provider unpacked are installed, and is skipped elsewhere.

Both programs take seconds to start. So the provider is started once, as its developers do it, and
one folder holds all resources, which change together from step to step.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from clients.terraform_steps import STEPS
from support.running_server import ROOT_KEY, RunningServer

PROVIDER = "registry.terraform.io/hashicorp/aws"
NOTHING_TO_DO, CHANGES = 0, 2
"""Exit codes of `terraform plan -detailed-exitcode`."""

PLACES = (
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    "/opt/*",
)
"""Where operating systems and Terraform keep mirrors of providers, besides the environment."""


def _mirrors() -> Iterator[Path]:
    """Folders that may hold providers, as the environment, a CLI configuration or habit says."""
    if cache := os.environ.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(cache)
    rc = Path(os.environ.get("TF_CLI_CONFIG_FILE", "~/.terraformrc")).expanduser()
    if rc.is_file():
        named = re.findall(r'(?:path|plugin_cache_dir)\s*=\s*"([^"]+)"', rc.read_text())
        yield from map(Path, named)
    for place in PLACES:
        path = Path(place).expanduser()
        yield from path.parent.glob(path.name)


def _provider() -> Path | None:
    found = (each.glob(f"{PROVIDER}/*/*/terraform-provider-aws*") for each in _mirrors())
    return next((file for files in found for file in files if os.access(file, os.X_OK)), None)


BINARY, PROGRAM = _provider(), shutil.which("terraform")
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(
        BINARY is None or PROGRAM is None,
        reason="needs terraform and an unpacked mirror of hashicorp/aws: it downloads nothing",
    ),
]


@contextlib.contextmanager
def _running_provider() -> Iterator[str]:
    """The provider, running; what Terraform must find in TF_REATTACH_PROVIDERS to use it."""
    assert BINARY is not None
    with subprocess.Popen(
        [BINARY, "-debug"],
        env={"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1,localhost"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            lines = (re.search(r"TF_REATTACH_PROVIDERS='(.*)'", line) for line in process.stdout)
            yield next(found[1] for found in lines if found)
        finally:
            process.kill()


class Terraform:
    """A working folder of Terraform, whose provider speaks to the server."""

    def __init__(
        self, folder: Path, server: RunningServer, provider: str, **variables: str
    ) -> None:
        self._folder = folder
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TF_CLI_CONFIG_FILE": str(folder / "terraformrc"),
            "TF_REATTACH_PROVIDERS": provider,
            "CHECKPOINT_DISABLE": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            **{f"TF_VAR_{name}": value for name, value in variables.items()},
        }
        (folder / "terraformrc").write_text("provider_installation {}\n")
        (folder / "provider.tf").write_text(
            f"""
            terraform {{
              required_providers {{ aws = {{ source = "hashicorp/aws" }} }}
            }}
            provider "aws" {{
              region                      = "{server.settings.home_region}"
              access_key                  = "{ROOT_KEY[0]}"
              secret_key                  = "{ROOT_KEY[1]}"
              skip_credentials_validation = true
              skip_metadata_api_check     = true
              skip_requesting_account_id  = true
              max_retries                 = 1
              endpoints {{ cognitoidp = "{server.url}" }}
            }}
            """
        )
        self._run("init", "-input=false")

    def apply(self, configuration: str) -> None:
        """Bring the server to a configuration, and see that there is nothing left to do."""
        (self._folder / "main.tf").write_text(configuration)
        self._run("apply", "-auto-approve", "-input=false")
        self.plan(NOTHING_TO_DO)

    def plan(self, expected: int) -> None:
        self._run("plan", "-detailed-exitcode", "-input=false", expected=expected)

    def destroy(self) -> None:
        self._run("destroy", "-auto-approve", "-input=false")

    def id(self, kind: str, name: str) -> str:
        """What Terraform has stored as the id of a resource."""
        state = json.loads((self._folder / "terraform.tfstate").read_text())
        [found] = [r for r in state["resources"] if (r["type"], r["name"]) == (kind, name)]
        return str(found["instances"][0]["attributes"]["id"])

    def _run(self, command: str, *flags: str, expected: int = 0) -> None:
        assert PROGRAM is not None
        done = subprocess.run(
            [PROGRAM, command, "-no-color", *flags],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expected, f"terraform {command}:\n{done.stdout}\n{done.stderr}"


@pytest.fixture
def made_elsewhere(cognito: Any) -> dict[str, str]:
    """A pool and an app client that another service has made and Terraform adopts."""
    pool_id = cognito.create_user_pool(PoolName="of another service")["UserPool"]["Id"]
    made = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="search-1")
    return {"UserPoolId": pool_id, "ClientId": made["UserPoolClient"]["ClientId"]}


@pytest.fixture
def terraform(
    tmp_path: Path, server: RunningServer, made_elsewhere: dict[str, str]
) -> Iterator[Terraform]:
    with _running_provider() as provider:
        yield Terraform(tmp_path, server, provider, other_pool=made_elsewhere["UserPoolId"])


def domain_of(cognito: Any, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = cognito.describe_user_pool_domain(Domain=name)["DomainDescription"]
    return answer


def shown(cognito: Any, pool_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    del answer["LastModifiedDate"]
    return answer


def test_terraform_after_each_change_has_nothing_to_do(
    terraform: Terraform, server: RunningServer, cognito: Any, made_elsewhere: dict[str, str]
) -> None:
    """Pools with every setting, MFA modes, clients, groups, users and memberships, step by step.

    Domains, resource servers, looks of pages, and a client that another service has made, too.

    The first change made Terraform lose all tags (terraform-provider-aws#32857). Of a group it
    sends only what has changed, so that the rest must be kept.
    """
    terraform.apply(STEPS[0])
    full, plain = (terraform.id("aws_cognito_user_pool", name) for name in ("full", "plain"))
    app = {"UserPoolId": plain, "ClientId": terraform.id("aws_cognito_user_pool_client", "full")}
    before = shown(cognito, full)
    secret = cognito.describe_user_pool_client(**app)["UserPoolClient"]["ClientSecret"]
    assert before["SmsConfiguration"]["SnsRegion"] == server.settings.home_region

    terraform.apply(STEPS[1])
    assert domain_of(cognito, "terraform")["ManagedLoginVersion"] == 1
    assert cognito.describe_user_pool_client(**made_elsewhere)["UserPoolClient"][
        "AllowedOAuthFlows"
    ] == ["code"]
    after = shown(cognito, full)
    assert after["Policies"]["PasswordPolicy"].pop("MinimumLength") == 14
    assert before["Policies"]["PasswordPolicy"].pop("MinimumLength") == 12
    assert after == before
    terraform.apply(STEPS[2])
    assert shown(cognito, full)["UserPoolTags"] == {"Env": "test"}
    assert domain_of(cognito, "terraform")["ManagedLoginVersion"] == 2
    certificate = domain_of(cognito, "login.home.example")["CustomDomainConfig"]["CertificateArn"]
    assert certificate.endswith("/2")
    terraform.apply(STEPS[3])
    assert "UserPoolAddOns" not in shown(cognito, full)
    assert cognito.admin_get_user(UserPoolId=plain, Username="alice")["Enabled"] is False
    terraform.apply(STEPS[4])
    groups = cognito.admin_list_groups_for_user(UserPoolId=plain, Username="alice")["Groups"]
    assert groups == []
    assert domain_of(cognito, "terraform") == domain_of(cognito, "login.home.example") == {}
    assert domain_of(cognito, "terraform-other")["UserPoolId"] == plain
    terraform.apply(STEPS[5])
    assert cognito.describe_user_pool_client(**app)["UserPoolClient"]["ClientSecret"] == secret

    cognito.update_user_pool(UserPoolId=plain, UserPoolTags={"made": "elsewhere"})
    terraform.plan(CHANGES)
    terraform.destroy()
    for pool_id in (full, plain):
        with pytest.raises(ClientError) as gone:
            cognito.describe_user_pool(UserPoolId=pool_id)
        assert gone.value.response["Error"]["Code"] == "ResourceNotFoundException"
