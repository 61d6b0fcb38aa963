"""Good requests for most operations, made by calling a server in this process.

They are what fuzzing starts from: each is right in every member, with tokens, Sessions and codes
that the server has issued.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import uvicorn
from uvicorn.server import ServerState

from poolhouse.app import App
from poolhouse.http.protocol import Http1Protocol
from support.running_server import REGION
from support.sign_ins import FLOWS, PASSWORD, SrpClient
from support.wire_client import CONTENT_TYPE, TARGET

CODE = "123456"
KEY = "AKIAFUZZFUZZFUZZFUZZ"
"""An access key that dev mode doesn't know, and so lets in without verifying signatures: what is
changed afterwards needn't be signed again."""


class _Pipe(asyncio.Transport):
    """A transport that keeps what is written, and says when something was."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 50_000)})
        self.written = bytearray()
        self.closed = False
        self.news = asyncio.Event()

    def write(self, data: Any) -> None:
        self.written += data
        self.news.set()

    def close(self) -> None:
        self.closed = True
        self.news.set()

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        """Nothing more is fed before the answer is there."""

    def resume_reading(self) -> None:
        """The same."""


class Connection:
    """A connection of the real protocol, without a socket."""

    def __init__(self, app: App) -> None:
        self._config = uvicorn.Config(cast(Any, app.server))
        self._state = ServerState()
        self._open()

    def _open(self) -> None:
        self._pipe = _Pipe()
        self._http = Http1Protocol(self._config, self._state, {})
        self._http.connection_made(self._pipe)

    async def ask(self, data: bytes) -> tuple[int | None, bytes]:
        """Return status and body of the first answer; None if the request wasn't whole."""
        self._pipe.news.clear()
        self._http.data_received(data)
        if self._http._task is not None and not self._pipe.written:
            await self._pipe.news.wait()
        written, self._pipe.written = bytes(self._pipe.written), bytearray()
        if self._pipe.closed or not written or self._http._task or self._http.is_receiving:
            self.close()
            self._open()
        if not written.startswith(b"HTTP/1.1 "):
            return None, written
        head, _, body = written.partition(b"\r\n\r\n")
        return int(head[9:12]), body

    def close(self) -> None:
        self._pipe.closed = True
        self._http.connection_lost(None)


def written(operation: str, body: bytes, **headers: str) -> bytes:
    """A call, signed by an unknown key; `headers` replace what it has."""
    now = datetime.now(UTC)
    scope = f"{KEY}/{now:%Y%m%d}/{REGION}/cognito-idp/aws4_request"
    given = {
        "host": "127.0.0.1:9229",
        "content-type": CONTENT_TYPE,
        "x-amz-target": TARGET + operation,
        "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope},"
        f" SignedHeaders=host;x-amz-target, Signature={'0' * 64}",
        "content-length": str(len(body)),
        **headers,
    }
    lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace") + body


@dataclass
class Recorded:
    """An operation and the members of a good request."""

    operation: str
    members: dict[str, Any]


class CallRecorder:
    """Sends one call after the other, and keeps them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.calls: list[Recorded] = []

    async def ask(self, operation: str, *, may_fail: Any = False, **members: Any) -> Any:
        body = json.dumps(members).encode()
        status, answer = await self._connection.ask(written(operation, body))
        assert status == 200 or may_fail, (operation, members, answer)
        self.calls.append(Recorded(operation, members))
        return json.loads(answer) if answer else {}


async def record(connection: Connection) -> list[Recorded]:
    """Call most operations, and return what was sent."""
    recorder = CallRecorder(connection)
    ask = recorder.ask
    made = await ask("CreateUserPool", PoolName="p", AutoVerifiedAttributes=["email"])
    pool = {"UserPoolId": made["UserPool"]["Id"]}
    client = await ask("CreateUserPoolClient", **pool, ClientName="c", ExplicitAuthFlows=FLOWS)
    app = {"ClientId": client["UserPoolClient"]["ClientId"]}
    await ask(
        "SetUserPoolMfaConfig",
        **pool,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    await ask("DescribeUserPool", **pool)
    await ask("DescribeUserPoolClient", **pool, **app)
    await ask("ListUserPools", MaxResults=10)
    await ask("ListUserPoolClients", **pool, MaxResults=10)
    await _users(recorder, pool, app)
    tokens = await _sign_ins(recorder, pool, app)
    await _own_calls(recorder, app, tokens)
    await _groups(recorder, pool)
    return recorder.calls


async def _users(recorder: CallRecorder, pool: dict[str, Any], app: dict[str, Any]) -> None:
    ask, alice = recorder.ask, {"Username": "alice"}
    email = [{"Name": "email", "Value": "alice@example.com"}]
    metadata = {"ClientMetadata": {"key": "value"}}
    await ask("SignUp", **app, **alice, Password=PASSWORD, UserAttributes=email, **metadata)
    await ask("ResendConfirmationCode", **app, **alice, **metadata)
    await ask("ConfirmSignUp", **app, **alice, ConfirmationCode=CODE, **metadata)
    await ask("ForgotPassword", **app, **alice, **metadata)
    proof = {**app, **alice, "ConfirmationCode": CODE, "Password": PASSWORD}
    await ask("ConfirmForgotPassword", **proof, **metadata)
    bob = {**pool, "Username": "bob"}
    await ask("AdminCreateUser", **bob, MessageAction="SUPPRESS", TemporaryPassword=PASSWORD)
    await ask("AdminSetUserPassword", **bob, Password=PASSWORD, Permanent=True)
    await ask("AdminGetUser", **bob)
    await ask("AdminUpdateUserAttributes", **bob, UserAttributes=[{"Name": "name", "Value": "B"}])
    await ask("AdminDeleteUserAttributes", **bob, UserAttributeNames=["name"])
    await ask("AdminDisableUser", **bob)
    await ask("AdminEnableUser", **bob)
    await ask("AdminConfirmSignUp", **bob, may_fail=True)
    await ask("AdminListGroupsForUser", **bob)
    await ask("AdminListDevices", **bob)
    await ask("AdminUserGlobalSignOut", **bob)
    await ask("ListUsers", **pool, Filter='username ^= "a"', AttributesToGet=["email"], Limit=5)


async def _sign_ins(
    recorder: CallRecorder, pool: dict[str, Any], app: dict[str, Any]
) -> dict[str, Any]:
    ask = recorder.ask
    srp = SrpClient(pool["UserPoolId"].split("_")[1], PASSWORD)
    begun = await ask(
        "InitiateAuth",
        **app,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": "alice", "SRP_A": srp.srp_a},
    )
    await ask(
        "RespondToAuthChallenge",
        **app,
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=srp.responses(begun["ChallengeParameters"]),
    )
    wanted = {"USERNAME": "alice", "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    await ask("InitiateAuth", **app, AuthFlow="USER_AUTH", AuthParameters=wanted)
    password = {"USERNAME": "alice", "PASSWORD": PASSWORD}
    admin = {"AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": password}
    await ask("AdminInitiateAuth", **pool, **app, **admin)
    signed_in = await ask(
        "InitiateAuth", **app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=password
    )
    tokens: dict[str, Any] = signed_in["AuthenticationResult"]
    refresh = {"REFRESH_TOKEN": tokens["RefreshToken"]}
    await ask("InitiateAuth", **app, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=refresh)
    return tokens


async def _own_calls(recorder: CallRecorder, app: dict[str, Any], tokens: dict[str, Any]) -> None:
    ask, mine = recorder.ask, {"AccessToken": tokens["AccessToken"]}
    await ask("GetUser", **mine)
    await ask("GetUserAuthFactors", **mine)
    await ask("UpdateUserAttributes", **mine, UserAttributes=[{"Name": "name", "Value": "A"}])
    await ask("DeleteUserAttributes", **mine, UserAttributeNames=["name"])
    await ask("GetUserAttributeVerificationCode", **mine, AttributeName="email")
    await ask("VerifyUserAttribute", **mine, AttributeName="email", Code=CODE)
    await ask("ChangePassword", **mine, PreviousPassword=PASSWORD, ProposedPassword=PASSWORD)
    await ask("AssociateSoftwareToken", **mine)
    await ask("VerifySoftwareToken", **mine, UserCode="000000", may_fail=True)
    await ask("SetUserMFAPreference", **mine, SMSMfaSettings={"Enabled": False})
    await ask("SetUserSettings", **mine, MFAOptions=[])
    await ask("ListUserSessions", **mine, may_fail=True)
    await ask("ListDevices", **mine, may_fail=True)
    credential = {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"x": "AA"}}
    await ask("CompleteWebAuthnRegistration", **mine, Credential=credential, may_fail=True)
    await ask("RevokeToken", **app, Token="not.a.token")
    await ask(
        "GetTokensFromRefreshToken", **app, RefreshToken=tokens["RefreshToken"], may_fail=True
    )
    subject = {"SubjectToken": tokens["AccessToken"], "SubjectTokenType": "ACCESS_TOKEN"}
    await ask("GetDerivedToken", **app, **subject, may_fail=True)


async def _groups(recorder: CallRecorder, pool: dict[str, Any]) -> None:
    ask, group = recorder.ask, {**pool, "GroupName": "g"}
    await ask("CreateGroup", **group, Description="d", Precedence=1)
    await ask("AdminAddUserToGroup", **group, Username="bob")
    await ask("UpdateGroup", **group, Precedence=2)
    await ask("ListUsersInGroup", **group, Limit=3)
    await ask("ListGroups", **pool)
    await ask("GetGroup", **group)
