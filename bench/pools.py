"""A fresh pool for each test: the cycle of a CI pipeline, on Poolhouse and on its peers.

CreateUserPool, CreateUserPoolClient, SignUp, AdminConfirmSignUp and a sign-in with a password, a
hundred times, each in a pool of its own. All servers get the same requests of the same boto3, a
round each in turn. Start the peers yourself, outside of this repository.
"""

import contextlib
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from bench import pools_report
from bench.pools_report import Cycle, PoolsReport
from bench.report import processor

CYCLES: Final = 100
ROUNDS: Final = 3
PAUSE_SECONDS: Final = 3.0
"""Seconds between rounds: what a server does in idle time, it has done by then."""

_PASSWORD: Final = "Correct-horse-9"
_NAME: Final = "alice@example.com"
_START_SECONDS: Final = 30.0

_console = Console(highlight=False, soft_wrap=True)


def main(peers: Sequence[str], *, cycles: int, write_docs: bool) -> None:
    """Measure Poolhouse and the peers, each given as NAME=URL."""
    began = datetime.now(UTC)
    with running_poolhouse() as url:
        urls = {"Poolhouse": url, **dict(peer.split("=", 1) for peer in peers)}
        rounds = {name: list[Cycle]() for name in urls}
        for _ in range(ROUNDS):
            for name, address in urls.items():
                time.sleep(PAUSE_SECONDS)
                rounds[name].append(_round(name, boto3_client(address), cycles))
                _print(rounds[name][-1])
    report = PoolsReport(
        at=began,
        cycles=cycles,
        peers=tuple(peers),
        processor=processor(),
        system=f"{platform.system()} {platform.machine()}",
        cores=os.cpu_count() or 1,
        busy=os.getloadavg()[2],
        results=tuple(
            sorted(each, key=lambda one: one.seconds)[ROUNDS // 2] for each in rounds.values()
        ),
    )
    _console.print(f"\nKept in {pools_report.keep(report)}")
    if write_docs:
        pools_report.write_section(report)


@contextlib.contextmanager
def running_poolhouse() -> Iterator[str]:
    """Run dev mode in memory, as a CI pipeline starts it, and yield its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "poolhouse", "dev", "--memory", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(url)
            return
        time.sleep(0.05)
    raise SystemExit(f"nothing answers at {url}")


def boto3_client(url: str) -> Any:
    """Return a client of the API at this URL, which doesn't retry."""
    return boto3.client(
        "cognito-idp",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )


def _round(name: str, client: Any, cycles: int) -> Cycle:
    """Run the cycle so many times. It ends at the first error, which is shown."""
    times: dict[str, list[float]] = {}
    error, done = "", 0
    began = time.perf_counter()
    for number in range(cycles):
        try:
            _print_times(client, f"pool {number}", times)
        except (ClientError, BotoCoreError) as refused:
            error = str(refused)
            break
        done += 1
    seconds = time.perf_counter() - began
    return Cycle(
        server=name,
        seconds=seconds / max(done, 1),
        steps={step: median(each) for step, each in times.items()},
        done=done,
        error=error,
    )


def _print_times(client: Any, name: str, times: dict[str, list[float]]) -> None:
    """Run one cycle. Usernames are email addresses, as one of the peers takes no others."""

    def do(step: str, call: Callable[..., Any], **given: Any) -> Any:
        began = time.perf_counter()
        answer = call(**given)
        times.setdefault(step, []).append(time.perf_counter() - began)
        return answer

    made = do(
        "CreateUserPool", client.create_user_pool, PoolName=name, UsernameAttributes=["email"]
    )
    pool = made["UserPool"]["Id"]
    made = do(
        "CreateUserPoolClient",
        client.create_user_pool_client,
        UserPoolId=pool,
        ClientName="app",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    app = made["UserPoolClient"]["ClientId"]
    email = [{"Name": "email", "Value": _NAME}]
    do(
        "SignUp",
        client.sign_up,
        ClientId=app,
        Username=_NAME,
        Password=_PASSWORD,
        UserAttributes=email,
    )
    do("AdminConfirmSignUp", client.admin_confirm_sign_up, UserPoolId=pool, Username=_NAME)
    answer: Mapping[str, Any] = do(
        "InitiateAuth",
        client.initiate_auth,
        ClientId=app,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": _NAME, "PASSWORD": _PASSWORD},
    )
    assert answer["AuthenticationResult"]["IdToken"]


def _print(cycle: Cycle) -> None:
    shown = ", ".join(f"{step} {1000 * each:.1f}" for step, each in cycle.steps.items())
    _console.print(
        f"{cycle.server:16} {1000 * cycle.seconds:7.1f} ms a cycle of {cycle.done}   {shown}"
        + (f"   {cycle.error}" if cycle.error else "")
    )
