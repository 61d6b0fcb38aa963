"""Measure how long `poolhouse dev` takes from exec to its first answer of a signed call.

Then the first page is asked for, which imports what pages need: its processor time, and the memory
before and after it.

python tools/measure_start.py            ten starts on empty directories, ten on one that is there
python tools/measure_start.py --imports  what loading costs, by package
python tools/measure_start.py --beside "moto_server -p {port}"
                                         the wall time beside another server's, in turn

Wall time is what a user waits for, and says something on a quiet machine only; processor time is
comparable on a busy one too.
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROOT = Path(__file__).resolve().parent.parent
STARTS = 10
SECONDS = 30.0
BODY = b'{"MaxResults": 1}'


class Start(NamedTuple):
    """The cost of a start, in seconds and MiB."""

    wall: float
    processor: float
    memory: float
    first_page: float
    memory_with_pages: float


def start(data: Path) -> Start:
    """Return one start, in seconds; signing isn't part of it, connecting and asking is."""
    command = [sys.executable, "-P", "-m", "poolhouse", "dev", "--port", "0", "--data", str(data)]
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            url = next(filter(None, map(_endpoint, process.stdout)))
            ready = time.perf_counter()
            headers = _signed(url)
            asked = time.perf_counter()
            answer = httpx.post(url, content=BODY, headers=headers, timeout=SECONDS)
            answered = time.perf_counter()
            assert answer.status_code == 200, answer.text
            wall = answered - asked + ready - began
            processor, memory = _processor_seconds(process.pid), _memory(process.pid)
            httpx.get(url, headers={"Accept": "text/html"}, timeout=SECONDS)
            page = _processor_seconds(process.pid) - processor
            return Start(wall, processor, memory, page, _memory(process.pid))
        finally:
            process.terminate()


def beside(command: str) -> None:
    """Print both servers' times until the first signed call is answered, each the best of ten."""
    with tempfile.TemporaryDirectory() as folder:
        ours = ["--data", str(Path(folder) / "kept")]
        commands = {
            "poolhouse": [
                sys.executable,
                "-P",
                "-m",
                "poolhouse",
                "dev",
                "--port",
                "{port}",
                *ours,
            ],
            "beside": command.split(),
        }
        first_answer(commands["poolhouse"])
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(STARTS):
            for name, words in commands.items():
                times[name].append(first_answer(words))
        best = {name: min(seconds) for name, seconds in times.items()}
        print("  ".join(f"{name} {seconds:.3f} s" for name, seconds in best.items()))
        print(f"share {best['poolhouse'] / best['beside']:.2f}")


def first_answer(command: list[str]) -> float:
    """Return the seconds from exec to the first answer of a signed call, asked for all the time."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    headers = _signed(url)
    began = time.perf_counter()
    with subprocess.Popen(
        [word.format(port=port) for word in command],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            while time.perf_counter() - began < SECONDS:
                try:
                    answer = httpx.post(url, content=BODY, headers=headers, timeout=SECONDS)
                except httpx.TransportError:
                    time.sleep(0.002)
                    continue
                assert answer.status_code == 200, answer.text
                return time.perf_counter() - began
            raise TimeoutError(command)
        finally:
            process.terminate()


def _endpoint(line: str) -> str | None:
    found = re.search(r"Endpoint +(\S+)", line)
    return found and found[1]


def _signed(url: str) -> dict[str, str]:
    target = "AWSCognitoIdentityProviderService.ListUserPools"
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", url, data=BODY, headers=headers)
    SigV4Auth(Credentials("any", "any"), "cognito-idp", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def _processor_seconds(pid: int) -> float:
    """Return the CPU time of the process and its threads so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    """Return the resident memory of the process."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def report(name: str, starts: list[Start]) -> None:
    print(
        f"{name:20}"
        f"  wall: best {min(s.wall for s in starts):.3f} s,"
        f" median {statistics.median(s.wall for s in starts):.3f} s"
        f"  processor: median {statistics.median(s.processor for s in starts):.2f} s"
        f"  memory: median {statistics.median(s.memory for s in starts):.1f} MiB"
        f"  first page: processor median {statistics.median(s.first_page for s in starts):.2f} s,"
        f" then {statistics.median(s.memory_with_pages for s in starts):.1f} MiB"
    )


def imports() -> None:
    """Print the milliseconds that each package's own modules take to load, slowest first."""
    program = (
        "from poolhouse.cli import server_commands\n"
        "from poolhouse.cli.process_setup import prepare\n"
        "from poolhouse.config.settings import Settings\n"
        "prepare(Settings(dev=True))\n"
        "from poolhouse.cli import banner, server_process\n"
        "from poolhouse.store.engines.sqlite import database\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-X", "importtime", "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    own = Counter[str]()
    for microseconds, module in re.findall(
        r"^import time: +(\d+) \| +\d+ \| +(\S+)$", done.stderr, re.M
    ):
        own[module.partition(".")[0]] += int(microseconds)
    print(f"{sum(own.values()) / 1000:8.1f}  all")
    for package, microseconds in own.most_common(25):
        print(f"{microseconds / 1000:8.1f}  {package}")


def main() -> None:
    if "--imports" in sys.argv[1:]:
        imports()
        return
    if "--beside" in sys.argv[1:]:
        beside(sys.argv[sys.argv.index("--beside") + 1])
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "kept"
        start(data)  # also warms the caches
        report("empty directory", [start(Path(folder) / str(n)) for n in range(STARTS)])
        report("existing directory", [start(data) for _ in range(STARTS)])


if __name__ == "__main__":
    main()
