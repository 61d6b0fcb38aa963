"""Handlers that send the server what no runtime would."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from support.trigger_world import ARN

from poolhouse.triggers.transports.contract import Transport

Make = Callable[..., Transport]


async def run(transport: Transport, event: object = None) -> Any:
    async with asyncio.timeout(60):
        answer = await transport.invoke(ARN, json.dumps(event).encode(), 60)
    return json.loads(answer.payload)


API = "/2018-06-01/runtime/invocation"
HOSTILE = {
    "garbage on the channel": "send(b'\\xff' * 8)",
    "a result of another call": f"send(post('{API}/x/response') + b'2\\r\\n\\r\\n{{}}')",
    "a request for another event": f"send(b'GET {API}/next HTTP/1.1\\r\\n\\r\\n')",
    "a request of no path": "send(b'GET / HTTP/1.1\\r\\n\\r\\n')",
    "a start that failed after all": (
        "send(post('/2018-06-01/runtime/init/error') + b'2\\r\\n\\r\\n{}')"
    ),
    "an upgrade": "send(b'GET / HTTP/1.1\\r\\nConnection: Upgrade\\r\\nUpgrade: h2c\\r\\n\\r\\n')",
    "a huge length": "send(post(own) + b'99999999999\\r\\n\\r\\n'); time.sleep(1000)",
    "an endless body": (
        "head = post(own).replace(b'Content-Length', b'Transfer-Encoding');"
        "send(head + b'chunked\\r\\n\\r\\n')\n"
        "                while True: send(b'10000\\r\\n' + bytes(65536) + b'\\r\\n')"
    ),
    "an endless header": (
        "send(b'GET / HTTP/1.1\\r\\nA: ')\n                while True: send(b'a' * 65536)"
    ),
    "an endless stream on the channel": "exec('while True: send(bytes(65536))')",
    "closes everything": "os.closerange(0, 65_536)",
    "closes the channel and goes on": "os.close(channel); time.sleep(1000)",
    "a fork that holds the channel": "os.fork() or time.sleep(1000); os._exit(3)",
    "a huge answer": "return 'x' * 50_000_000",
}
SENDING = """
        import os, sys, time
        channel = int(sys.argv[1])

        def send(data):
            while data:
                data = data[os.write(channel, data):]

        def post(path):
            return f"POST {path} HTTP/1.1\\r\\nContent-Length: ".encode()
"""


@pytest.mark.parametrize("deed", HOSTILE)
async def test_hostile_handler_affects_only_its_own_call(handler: Make, deed: str) -> None:
    python = handler(
        "app.py",
        f"""
        {SENDING}
        def handler(event, context):
            own = f"{API}/{{context.aws_request_id}}/response"
            if event:
                {HOSTILE[deed]}
            return "fine"
        """,
    )
    assert await run(python) == "fine"
    assert "errorMessage" in str(await run(python, True))
    assert await run(python) == "fine"


@pytest.mark.parametrize("more", ["b''", "b'\\xff' * 100_000", "post(own) + b'1\\r\\n\\r\\n2'"])
async def test_hostile_handler_posting_results_itself_counts_once(handler: Make, more: str) -> None:
    python = handler(
        "app.py",
        f"""
        {SENDING}
        def handler(event, context):
            own = f"{API}/{{context.aws_request_id}}/response"
            if event:
                send(post(own) + b"1\\r\\n\\r\\n1" + {more})
            return "fine"
        """,
    )
    for _ in range(2):
        assert await run(python) == "fine"
        assert await run(python, True) == 1
