"""NUL characters that unauthenticated callers send where no JSON parser sees them.

PostgreSQL can neither store them nor be asked for them. Each such request was answered 500, with an
error in the log.
"""

import base64
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest
from botocore.exceptions import ClientError
from support.running_server import REGION, RunningServer

pytestmark = pytest.mark.both_stores


def part(content: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(content)).rstrip(b"=").decode()


@pytest.mark.parametrize("pool_id", ["\0", "eu-central-1_a\0b", "é", ""])
def test_get_user_by_a_token_of_a_malformed_pool_id_is_refused(cognito: Any, pool_id: str) -> None:
    claims = {
        "iss": f"https://poolhouse.example/{pool_id}",
        "exp": 4_000_000_000,
        "token_use": "access",
        "sub": "alice",
    }
    token = f"{part({'kid': 'any', 'alg': 'RS256'})}.{part(claims)}.{part('any')}"
    with pytest.raises(ClientError) as caught:
        cognito.get_user(AccessToken=token)
    assert caught.value.response["Error"] == {
        "Code": "NotAuthorizedException",
        "Message": "Invalid Access Token",
    }


@pytest.mark.parametrize("key_id", ["AKIA\0", "\0", "é", ""])
def test_admin_get_user_presigned_by_a_malformed_key_id_is_refused(
    server: RunningServer, key_id: str
) -> None:
    now = datetime.now(UTC)
    scope = f"{key_id}/{now:%Y%m%d}/{REGION}/cognito-idp/aws4_request"
    query = (
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={now:%Y%m%dT%H%M%SZ}&X-Amz-Expires=60"
        f"&X-Amz-SignedHeaders=host%3Bx-amz-target&X-Amz-Signature={'0' * 64}"
        f"&X-Amz-Credential={quote(scope, safe='', encoding='latin-1')}"
    )
    answer = httpx.post(
        f"{server.url}/?{query}",
        content=b"{}",
        headers={"X-Amz-Target": "AWSCognitoIdentityProviderService.AdminGetUser"},
        trust_env=False,
    )
    assert answer.status_code == 400
    assert answer.json()["__type"] == "UnrecognizedClientException"
