"""Ways into other people's accounts, each of which must be closed.

The first is one that a server of this kind had: an unsigned RespondToAuthChallenge with an invented
Session and NEW_PASSWORD_REQUIRED set a confirmed user's password, and answered with tokens.
"""

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi, claims_of, result_of
from support.stolen_sessions import CHALLENGES, IN_BLOCK, STOLEN, everything, try_to_answer

from poolhouse.auth.session_codec import LONGEST

TEMPORARY = "Temporary-horse-1!"
DEAD = "Invalid session for the user."
INCORRECT = "Incorrect username or password."
DEAD_BLOCK = INCORRECT  # measured: ministack#1758
INVENTED = [
    *("x" * 20, "A" * 20, "AYABe" + "A" * 59, base64.b64encode(bytes(200)).decode()),
    base64.b64encode(json.dumps({"username": "alice", "awaits": CHALLENGES}).encode()).decode(),
    base64.b64encode(b"\x01" + bytes(range(200))).decode(),
    "." * 30,
    "\N{LATIN SMALL LETTER E WITH ACUTE}" * 30,
    "A" * 4096,
]


@pytest.mark.parametrize("name", CHALLENGES)
def test_forged_session_is_refused(api: AuthApi, open_pool: PoolForTest, name: str) -> None:
    before = open_pool.user()
    for session in INVENTED:
        with refused("NotAuthorizedException", DEAD_BLOCK if name in IN_BLOCK else DEAD):
            try_to_answer(api, name, session, "alice")
    after = open_pool.user()
    assert (before["UserStatus"], before["UserLastModifiedDate"]) == (
        *(after["UserStatus"], after["UserLastModifiedDate"]),
    )
    result_of(api.by_password())
    with refused("NotAuthorizedException", INCORRECT):
        api.by_password(password=STOLEN)


@pytest.mark.parametrize("name", CHALLENGES)
def test_missing_session_is_refused(api: AuthApi, name: str) -> None:
    """DEVICE_SRP_AUTH goes without, after a password: pycognito sends none."""
    with pytest.raises(ClientError) as caught:
        api.respond(name, **everything("alice"))
    error = caught.value.response["Error"]
    missing = {"Session", "PASSWORD_CLAIM_SECRET_BLOCK"}
    assert error["Message"] in {
        *(f"Missing required parameter {each}" for each in missing),
        "Cannot initiate DEVICE_SRP_AUTH flow without first authenticating",
    }


class TestSession:
    """Of bob, who has a temporary password: the holder of this Session sets his password."""

    @pytest.fixture
    def pool(self, open_pool: PoolForTest) -> PoolForTest:
        self.invite(open_pool)
        return open_pool

    def invite(self, pool: PoolForTest) -> None:
        pool.cognito.admin_create_user(
            UserPoolId=pool.id,
            Username="bob",
            TemporaryPassword=TEMPORARY,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": "bob@home.example"}],
        )

    def session(self, pool: PoolForTest, *, by_admin: bool) -> str:
        asked = AuthApi(pool, by_admin=by_admin).by_password("bob", TEMPORARY)
        assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
        return str(asked["Session"])

    def finish(self, api: AuthApi, session: str, username: str = "bob") -> Any:
        return api.respond("NEW_PASSWORD_REQUIRED", session, USERNAME=username, NEW_PASSWORD=STOLEN)

    @pytest.mark.parametrize("goes_on_by_admin", [False, True])
    def test_session_is_used_once_by_either_operation(
        self, pool: PoolForTest, by_admin: bool, goes_on_by_admin: bool
    ) -> None:
        """Servers begin and end with different operations (pmill/aws-cognito#25)."""
        session = self.session(pool, by_admin=by_admin)
        result_of(self.finish(AuthApi(pool, by_admin=goes_on_by_admin), session))
        with refused("NotAuthorizedException", f"{DEAD[:-1]}, session can only be used once."):
            self.finish(AuthApi(pool, by_admin=not goes_on_by_admin), session)

    def test_serves_its_own_app_client(self, pool: PoolForTest, by_admin: bool) -> None:
        session = self.session(pool, by_admin=by_admin)
        pool.client_id = pool.cognito.create_user_pool_client(
            UserPoolId=pool.id, ClientName="other", ExplicitAuthFlows=FLOWS
        )["UserPoolClient"]["ClientId"]
        with refused("NotAuthorizedException", DEAD):
            self.finish(AuthApi(pool, by_admin=by_admin), session)

    def test_serves_its_own_pool(
        self, pool: PoolForTest, new_pool: NewPool, by_admin: bool
    ) -> None:
        other = new_pool(client={"ExplicitAuthFlows": FLOWS})
        self.invite(other)
        session = self.session(other, by_admin=by_admin)
        with refused("NotAuthorizedException", DEAD):
            self.finish(AuthApi(pool, by_admin=by_admin), session)

    def test_serves_its_own_user(self, pool: PoolForTest, by_admin: bool) -> None:
        api = AuthApi(pool, by_admin=by_admin)
        session = self.session(pool, by_admin=by_admin)
        for other in ("alice", "nobody"):
            with refused("NotAuthorizedException", DEAD):
                self.finish(api, session, other)
        sub = pool.user("bob")["attributes"]["sub"]
        assert claims_of(result_of(self.finish(api, session, sub))["AccessToken"])["sub"] == sub
        result_of(api.by_password())

    def test_answers_only_what_was_asked(self, pool: PoolForTest, by_admin: bool) -> None:
        session = self.session(pool, by_admin=by_admin)
        for name in CHALLENGES:
            if name != "NEW_PASSWORD_REQUIRED":
                with refused("NotAuthorizedException", DEAD):
                    try_to_answer(AuthApi(pool, by_admin=by_admin), name, session, "bob")

    def test_session_changed_is_refused(self, pool: PoolForTest) -> None:
        api, session = AuthApi(pool, by_admin=False), self.session(pool, by_admin=False)
        sealed = base64.b64decode(session)
        for place in range(0, len(sealed), 11):
            changed = bytearray(sealed)
            changed[place] ^= 1
            with refused("NotAuthorizedException", DEAD):
                self.finish(api, base64.b64encode(changed).decode())
        for short in (sealed[:-1], sealed[1:], sealed * 2, b""):
            if len(cut := base64.b64encode(short).decode()) in range(20, 4097):
                with refused("NotAuthorizedException", DEAD):
                    self.finish(api, cut)

    def test_session_of_user_disabled_meanwhile_is_refused(
        self, pool: PoolForTest, by_admin: bool
    ) -> None:
        session = self.session(pool, by_admin=by_admin)
        pool.cognito.admin_disable_user(UserPoolId=pool.id, Username="bob")
        with refused("NotAuthorizedException", "User is disabled."):
            self.finish(AuthApi(pool, by_admin=by_admin), session)
        assert pool.user("bob")["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_secret_block_length_is_limited(api: AuthApi) -> None:
    with refused("NotAuthorizedException", DEAD_BLOCK):
        try_to_answer(
            api,
            "PASSWORD_VERIFIER",
            "A" * 20,
            "alice",
            PASSWORD_CLAIM_SECRET_BLOCK="A" * (LONGEST + 4),
        )
