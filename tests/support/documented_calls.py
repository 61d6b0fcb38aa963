"""One request and response of each operation, as docs/operations/ shows them.

A server answers them all. What differs from run to run (ids, tokens, moments) is replaced by a
placeholder, so that the same code always records the same text.

    PYTHONPATH=.:tests python -m support.documented_calls     record them again
"""

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from support.every_operation import CODE, EveryOperation
from support.mfa_pools import FACTORS, registers_app
from support.passkey_device import PARTY
from support.passkey_pools import FACTORS as WITH_PASSKEYS
from support.passkey_pools import registered
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, result_of

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "operations" / "examples.json"

Example = dict[str, Any]
"""`request` and `response`, each a JSON object; `response` is None for an empty body."""

_OPAQUE = {
    *("AccessToken", "IdToken", "RefreshToken", "Session", "Token", "SubjectToken", "NextToken"),
    *("PaginationToken", "ClientSecret", "ClientSecretValue", "ClientSecretId", "Secret"),
    *("SecretCode", "UserCode", "Certificate", "DeviceKey", "DeviceGroupKey", "DeviceName"),
    *("PasswordVerifier", "Salt", "SessionId", "CredentialId", "Credential", "UserSub"),
    *("SRP_A", "SRP_B", "SALT", "SECRET_BLOCK", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP"),
    *("PASSWORD_CLAIM_SIGNATURE", "DEVICE_KEY", "REFRESH_TOKEN", "SECRET_HASH"),
    *("CIMDPolicyId", "IssuedToken", "DeviceType", "challenge", "id", "rawId", "publicKey"),
    *("clientDataJSON", "attestationObject", "authenticatorData"),
    *("CSSVersion",),
}
"""Members whose values are made at random, or from such."""
_MOMENT = re.compile(r"(Date|Time|Timestamp|At|Since|Until)$")
_PATTERNS = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<sub>"),
    (re.compile(r"\beu-central-1_[A-Za-z0-9]{9}\b"), "eu-central-1_EXAMPLE00"),
    (re.compile(r"http://(127\.0\.0\.1|localhost):\d+"), "http://localhost:9229"),
    (re.compile(r"\bpool \d+\b"), "my pool"),
    (re.compile(r"\bhome-\d+\b"), "home"),
    (re.compile(r"^20\d{12}$"), "20261130120000"),  # the version of a domain
]


class Recorder:
    """Keeps the first success of each operation that its clients call."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._body: bytes = b""
        self.examples: dict[str, Example] = {}

    def __getattr__(self, name: str) -> Any:
        """Be the server in everything else."""
        return getattr(self._server, name)

    def client(self, *given: Any, **more: Any) -> Any:
        client = self._server.client(*given, **more)
        client.meta.events.register("before-send.cognito-idp", self._sent)
        client.meta.events.register("after-call.cognito-idp", self._answered)
        return client

    def _sent(self, request: Any, **_: Any) -> None:
        self._body = request.body

    def _answered(self, http_response: Any, model: Any, **_: Any) -> None:
        if http_response.status_code == 200:
            answer = json.loads(http_response.content) if http_response.content else None
            example = {"request": json.loads(self._body), "response": answer}
            self.examples.setdefault(model.name, _normal(example))


def _normal(value: Any, name: str = "") -> Any:
    """Return the value with placeholders in it; `name` is the member that holds it."""
    if isinstance(value, dict):
        return {key: _normal(inner, key) for key, inner in value.items()}
    if name in _OPAQUE and value is not None:
        return f"<{name}>"
    if isinstance(value, list):
        return [_normal(each, name) for each in value]
    if name == "ExpiresIn" and 3500 < value <= 3600:
        return 3600  # a derived token ends with its subject token, which is some seconds old
    if isinstance(value, float) and _MOMENT.search(name):
        return 1796000000.0
    return _normal_text(value, name) if isinstance(value, str) else value


def _normal_text(text: str, name: str) -> str:
    if name == "ClientId":
        return "1example23456789"
    for pattern, placeholder in _PATTERNS:
        text = pattern.sub(placeholder, text)
    return text


def record(server: RunningServer) -> dict[str, Example]:
    """Call every operation; the examples by the operation's name."""
    recorder = Recorder(server)
    EveryOperation(recorder).play()  # type: ignore[arg-type]
    _sign_in(recorder)
    return dict(sorted(recorder.examples.items()))


def _sign_in(recorder: Recorder) -> None:
    """What EveryOperation leaves out: challenges, factors, users that administrators create."""
    cognito = recorder.client()
    pool = PoolForTest(cognito, client={"ExplicitAuthFlows": FLOWS}, Policies=WITH_PASSKEYS)
    cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        MfaConfiguration="OPTIONAL",
        WebAuthnConfiguration={"RelyingPartyId": PARTY},
        **FACTORS["app"],
    )
    alice = {"UserPoolId": pool.id, "Username": "alice"}
    cognito.admin_create_user(
        **alice,
        TemporaryPassword="Temporary-Horse-9!",
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": "alice@home.example"}],
    )
    api = AuthApi(pool, by_admin=True)
    asked = api.by_password(password="Temporary-Horse-9!")
    api.respond("NEW_PASSWORD_REQUIRED", asked["Session"], USERNAME="alice", NEW_PASSWORD=PASSWORD)
    tokens = result_of(AuthApi(pool, by_admin=False).by_srp())
    registered(recorder, pool)  # type: ignore[arg-type]
    token = {"AccessToken": tokens["AccessToken"]}
    (passkey,) = cognito.list_web_authn_credentials(**token)["Credentials"]
    cognito.delete_web_authn_credential(**token, CredentialId=passkey["CredentialId"])
    registers_app(pool, tokens["AccessToken"], "phone")
    cognito.admin_delete_software_token(**alice)


def recorded(folder: Path) -> dict[str, Example]:
    """Record on a server of its own, whose store is in the folder."""
    with running(folder, code=CODE) as server:
        return record(server)


def written(examples: dict[str, Example]) -> str:
    return json.dumps(examples, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        EXAMPLES.parent.mkdir(exist_ok=True)
        EXAMPLES.write_text(written(recorded(Path(folder))), "utf-8")
    sys.stdout.write(f"wrote {EXAMPLES}\n")
