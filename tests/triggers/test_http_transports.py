"""Requests on the wire to the Lambda API and to webhooks."""

import hmac
import json

import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from support.trigger_world import ARN, NOW, Server, http

from poolhouse.rules.aws.sigv4_signing import Credentials
from poolhouse.triggers.factory import TransportDependencies, transport
from poolhouse.triggers.transports.contract import TransportFailure

EVENT = b'{"userName":"ann"}'


async def test_lambda_transport_posts_the_event_to_the_functions_arn(
    server: Server, means: TransportDependencies
) -> None:
    server.reply = http(200, b'{"response": {}}')
    answer = await transport(ARN, f"lambda+{server.url}", means).invoke(ARN, EVENT, 5)
    path, headers, body = server.requests[0]
    assert path == f"/2015-03-31/functions/{ARN.replace(':', '%3A')}/invocations"
    assert headers["x-amz-invocation-type"] == "RequestResponse"
    assert body == EVENT
    assert "authorization" not in headers  # emulators need none
    assert (answer.payload, answer.function_error) == (b'{"response": {}}', None)


async def test_lambda_transport_of_an_emulator_posts_to_the_functions_name(
    server: Server, means: TransportDependencies
) -> None:
    await transport("*", f"lambda+{server.url}/function", means).invoke(ARN, EVENT, 5)
    assert server.requests[0][0] == "/2015-03-31/functions/function/invocations"


async def test_lambda_transport_signature_equals_botocore(
    server: Server, means: TransportDependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = Credentials("AKIAEXAMPLE", "a secret key", "a session token")
    signed = msgspec.structs.replace(means, credentials=credentials)
    await transport(ARN, f"lambda+{server.url}", signed).invoke(ARN, EVENT, 5)
    path, headers, _ = server.requests[0]

    same = AWSRequest(
        "POST",
        server.url + path,
        {"X-Amz-Invocation-Type": "RequestResponse", "host": headers["host"]},
        EVENT,
    )
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOW.replace(tzinfo=None))
    boto = BotoCredentials("AKIAEXAMPLE", "a secret key", "a session token")
    SigV4Auth(boto, "lambda", "eu-west-1").add_auth(same)
    assert headers["authorization"] == same.headers["Authorization"]
    assert headers["x-amz-security-token"] == "a session token"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (
            http(404, b"{}", "x-amzn-ErrorType: ResourceNotFoundException:http://x/"),
            "ResourceNotFoundException",
        ),
        (http(500, b"{}", "x-amzn-ErrorType: ServiceException"), "ServiceException"),
        (http(502, b"<html>"), "HTTP status 502"),
        (http(307, b"", "Location: http://127.0.0.1:1/"), "HTTP status 307"),
        (b"no HTTP at all\r\n\r\n", "Connection failed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut", "Connection failed"),
    ],
)
async def test_lambda_transport_failed_invoke_has_the_error_code(
    server: Server, means: TransportDependencies, reply: bytes, reason: str
) -> None:
    server.reply = reply
    with pytest.raises(TransportFailure) as failure:
        await transport(ARN, f"lambda+{server.url}", means).invoke(ARN, EVENT, 5)
    assert failure.value.reason == reason


async def test_webhook_transport_connection_refused_fails(means: TransportDependencies) -> None:
    with pytest.raises(TransportFailure, match="Connection failed"):
        await transport(ARN, "http://127.0.0.1:1/hook", means).invoke(ARN, EVENT, 5)


async def test_lambda_transport_of_the_runtime_interface_emulator_detects_errors(
    server: Server, means: TransportDependencies
) -> None:
    server.reply = http(200, b'{"errorType": "Error", "errorMessage": "boom"}')
    answer = await transport(ARN, f"lambda+{server.url}", means).invoke(ARN, EVENT, 5)
    assert answer.function_error == "Unhandled"


async def test_webhook_transport_request_is_signed(
    server: Server, means: TransportDependencies
) -> None:
    secret = b"shared secret"
    signed = msgspec.structs.replace(means, webhook_secret=secret)
    await transport(ARN, f"{server.url}/hooks?x=1", signed).invoke(ARN, EVENT, 5)
    path, headers, body = server.requests[0]
    assert (path, body) == ("/hooks?x=1", EVENT)
    assert headers["poolhouse-function"] == ARN
    assert headers["content-type"] == "application/json"
    # The format is documented at the top of webhook.py: receivers rely on it.
    seconds = int(NOW.timestamp())
    digest = hmac.new(secret, f"{seconds}.".encode() + body, "sha256").hexdigest()
    assert headers["poolhouse-signature"] == f"t={seconds},v1={digest}"


async def test_webhook_transport_without_secret_is_not_signed(
    server: Server, means: TransportDependencies
) -> None:
    await transport(ARN, server.url, means).invoke(ARN, EVENT, 5)
    assert "poolhouse-signature" not in server.requests[0][1]


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (http(400, b'{"errorMessage": "No guests"}'), "No guests"),
        (http(400, b"No guests\n", "Content-Type: text/plain; charset=utf-8"), "No guests"),
        (http(400, b"x" * 5000, "Content-Type: text/plain"), "x" * 256),
        (http(400, b"\xff\xff", "Content-Type: text/plain"), "\ufffd\ufffd"),
        (http(400, b"", "Content-Type: text/plain"), "HTTP status 400"),
        (http(503, b"<html>stack trace", "Content-Type: text/html"), "HTTP status 503"),
        (http(302, b"", "Location: http://127.0.0.1:1/"), "HTTP status 302"),
    ],
)
async def test_webhook_transport_error_status_is_a_function_error(
    server: Server, means: TransportDependencies, reply: bytes, message: str
) -> None:
    server.reply = reply
    answer = await transport(ARN, server.url, means).invoke(ARN, EVENT, 5)
    assert answer.function_error == "Unhandled"
    assert json.loads(answer.payload)["errorMessage"] == message


async def test_webhook_transport_compressed_response_is_not_decompressed(
    server: Server, means: TransportDependencies
) -> None:
    server.reply = http(200, b"\x1f\x8b and so on", "Content-Encoding: gzip")
    answer = await transport(ARN, server.url, means).invoke(ARN, EVENT, 5)
    assert answer.payload == b"\x1f\x8b and so on"
    assert server.requests[0][1]["accept-encoding"] == "identity"
