"""`python -m bench.profile`: where the time of a call goes, function by function, in one process.

No socket and no load generator: the pipeline is handed requests, so that what is above the floor's
parts can be seen. The profiler itself slows Python down more than what is written in C.
"""

import asyncio
import cProfile
import json
import pstats
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop

from poolhouse import app as building
from poolhouse.bootstrap.first_start import make_root
from poolhouse.config.settings import Settings
from poolhouse.http.messages import HttpRequest
from poolhouse.ids import Ids
from poolhouse.rules.aws.sigv4_signing import Credentials, sign

CALLS = 4_000
AT_ONCE = 64
REGION = "us-east-1"


def _request(operation: str, body: dict[str, Any], key: Credentials | None) -> HttpRequest:
    """Return a request as an SDK sends it."""
    now, content = datetime.now(UTC), json.dumps(body).encode()
    headers = {
        "host": "127.0.0.1:9229",
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": f"AWSCognitoIdentityProviderService.{operation}",
    }
    if key is not None:
        headers |= sign(
            "POST",
            "/",
            headers,
            content,
            credentials=key,
            region=REGION,
            service="cognito-idp",
            now=now,
        )
    return HttpRequest(
        method="POST",
        path=b"/",
        query=b"",
        headers=[(name.encode(), value.encode()) for name, value in headers.items()],
        body=content,
        id="profile",
        received_at=now,
        now=now,
        source_ip="127.0.0.1",
        is_secure=False,
    )


async def _profile() -> None:
    with tempfile.TemporaryDirectory(prefix="poolhouse-profile-") as folder:
        settings = Settings(data=Path(folder), region=(REGION,))
        app = await building.build(settings)
        file = await make_root(app.services.store, Ids(), settings, datetime.now(UTC))
        assert file is not None
        secret = dict(line.split(" = ") for line in file.read_text().splitlines() if " = " in line)
        key = Credentials(secret["aws_access_key_id"], secret["aws_secret_access_key"])
        api = app.server._api

        async def ask(operation: str, body: dict[str, Any]) -> Any:
            return json.loads((await api.handle(_request(operation, body, key))).body)

        pool = (await ask("CreateUserPool", {"PoolName": "p"}))["UserPool"]["Id"]
        named = {"UserPoolId": pool, "ClientName": "c"}
        client = (await ask("CreateUserPoolClient", named))["UserPoolClient"]["ClientId"]
        names = [f"user-{n}" for n in range(CALLS)]
        sign_up = {"ClientId": client, "Password": "Correct-Horse-9!"}
        loads = {
            "SignUp": [_request("SignUp", {**sign_up, "Username": n}, None) for n in names],
            **{
                operation: [
                    _request(operation, {"UserPoolId": pool, "Username": n}, key) for n in names
                ]
                for operation in ("AdminGetUser", "AdminConfirmSignUp")
            },
        }
        for operation, requests in loads.items():
            half = len(requests) // 2
            begun = time.process_time()
            await _drive(api, requests[:half])
            each = (time.process_time() - begun) / half * 1e6
            print(f"\n{operation}: {each:.0f} µs of CPU a call, {AT_ONCE} at once, no HTTP\n")
            profiler = cProfile.Profile()
            profiler.enable()
            await _drive(api, requests[half:])
            profiler.disable()
            pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(14)
        await app.stop()


async def _drive(api: Any, requests: list[HttpRequest]) -> None:
    for begin in range(0, len(requests), AT_ONCE):
        batch = requests[begin : begin + AT_ONCE]
        answers = await asyncio.gather(*map(api.handle, batch))
        assert all(answer.status == 200 for answer in answers)


if __name__ == "__main__":
    uvloop.run(_profile())
