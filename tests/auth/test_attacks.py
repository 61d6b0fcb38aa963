"""Ways around a proof: what a sign-in under way has proved must still be so at its next step."""

from collections.abc import Callable
from typing import Any

import pytest
from support.custom_functions import CREATE, TRIGGERS, ask_for_the_word, create
from support.functions_server import FunctionsServer
from support.mfa_pools import VERIFIED_EMAIL, AuthenticatorApp, mfa_pool, prefers, registers_app
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import code_of
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi, result_of, srp_client

from poolhouse.app import App
from poolhouse.entities.codes import Action, AttemptCount

TEMPORARY, OWN, STOLEN = "Temporary-horse-1!", "Another-horse-9!", "Stolen-horse-1!"
DEAD = "Invalid session for the user."
ADMIN_ONLY = {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}


def invites_bob(pool: PoolForTest) -> None:
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="bob",
        TemporaryPassword=TEMPORARY,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": "bob@home.example"}],
    )


def chooses(api: AuthApi, session: str, password: str, username: str = "bob") -> Any:
    given = {"USERNAME": username, "NEW_PASSWORD": password}
    return api.respond("NEW_PASSWORD_REQUIRED", session, **given)


def sets(pool: PoolForTest, username: str, password: str, *, permanent: bool = True) -> None:
    pool.cognito.admin_set_user_password(
        UserPoolId=pool.id, Username=username, Password=password, Permanent=permanent
    )


def by_the_user(pool: PoolForTest) -> None:
    api = AuthApi(pool, by_admin=False)
    result_of(chooses(api, api.by_password("bob", TEMPORARY)["Session"], OWN))


def by_an_administrator(pool: PoolForTest) -> None:
    sets(pool, "bob", OWN)


def by_another_invitation(pool: PoolForTest) -> None:
    sets(pool, "bob", OWN, permanent=False)


@pytest.mark.parametrize("replaced", [by_the_user, by_an_administrator, by_another_invitation])
def test_session_of_replaced_temporary_password_sets_no_password(
    open_pool: PoolForTest, by_admin: bool, replaced: Callable[[Any], None]
) -> None:
    """Who has read an invitation must be quicker than its owner."""
    invites_bob(open_pool)
    api = AuthApi(open_pool, by_admin=by_admin)
    thief = api.by_password("bob", TEMPORARY)["Session"]
    replaced(open_pool)
    with refused("NotAuthorizedException", DEAD):
        chooses(api, thief, STOLEN)
    with refused("NotAuthorizedException", "Incorrect username or password."):
        api.by_password("bob", STOLEN)
    api.by_password("bob", OWN)


@pytest.fixture
def alice(new_pool: NewPool) -> Any:
    """With an app as second factor."""
    pool: Any = mfa_pool(new_pool, "OPTIONAL", "app", "email", AccountRecoverySetting=ADMIN_ONLY)
    token = result_of(AuthApi(pool, by_admin=False).by_password())["AccessToken"]
    pool.app = registers_app(pool, token)
    prefers(pool, app="preferred")
    return pool


@pytest.mark.parametrize("way", ["by_password", "by_srp"])
def test_session_of_replaced_password_is_refused(alice: Any, by_admin: bool, way: str) -> None:
    """A new password, after a theft, ends what was begun with the old one."""
    api = AuthApi(alice, by_admin=by_admin)
    session = getattr(api, way)()["Session"]
    sets(alice, "alice", OWN)
    given = {"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": alice.app.code(1)}
    with refused("NotAuthorizedException", DEAD):
        api.respond("SOFTWARE_TOKEN_MFA", session, **given)
    session = getattr(api, way)(password=OWN)["Session"]
    result_of(api.respond("SOFTWARE_TOKEN_MFA", session, **given))


def test_session_of_replaced_password_sets_up_no_factor(new_pool: NewPool) -> None:
    """Neither does one that its owner was told to reset."""
    pool = mfa_pool(new_pool, "ON", "app", attributes=VERIFIED_EMAIL)
    cognito, api = pool.cognito, AuthApi(pool, by_admin=False)
    first, second = api.by_password()["Session"], api.by_password()["Session"]
    associated = cognito.associate_software_token(Session=second)
    sets(pool, "alice", OWN)
    with refused("NotAuthorizedException", DEAD):
        cognito.associate_software_token(Session=first)
    app = AuthenticatorApp(associated["SecretCode"])
    with refused("NotAuthorizedException", DEAD):
        cognito.verify_software_token(Session=associated["Session"], UserCode=app.code())
    session = api.by_password(password=OWN)["Session"]
    cognito.admin_reset_user_password(UserPoolId=pool.id, Username="alice")
    with refused("NotAuthorizedException", DEAD):
        cognito.associate_software_token(Session=session)


def test_address_given_before_another_factor_was_set_up_is_refused(
    server: RunningServer, new_pool: NewPool, by_admin: bool
) -> None:
    """A password alone sets up no factor beside the one that the user has by now."""
    pool = mfa_pool(new_pool, "ON", "app", "email", AccountRecoverySetting=ADMIN_ONLY)
    api = AuthApi(pool, by_admin=by_admin)
    thief = api.by_password()["Session"]
    asked = api.respond("MFA_SETUP", thief, USERNAME="alice", EMAIL="thief@home.example")
    session = api.by_password()["Session"]
    associated = pool.cognito.associate_software_token(Session=session)
    app = AuthenticatorApp(associated["SecretCode"])
    pool.cognito.verify_software_token(Session=associated["Session"], UserCode=app.code())
    code = {"EMAIL_OTP_CODE": code_of(server, pool)}
    with refused("NotAuthorizedException", DEAD):
        api.respond("EMAIL_OTP", asked["Session"], USERNAME="alice", **code)
    assert "email" not in pool.user()["attributes"]


def test_custom_auth_right_password_is_committed_before_functions_are_asked(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer
) -> None:
    """The time that functions take shows a right password, so its count is settled before them."""
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, LambdaConfig=TRIGGERS)
    pool.sign_up()
    pool.admin_confirm()
    sub = pool.user()["attributes"]["sub"]
    ask_for_the_word(functions)
    counts: list[AttemptCount | None] = []

    async def count(app: App) -> AttemptCount | None:
        user = await app.services.store.users.by_sub(pool.id, sub)
        assert user is not None
        return await app.services.store.codes.attempts(user, Action.PASSWORD)

    def look_and_create(event: dict[str, Any]) -> dict[str, Any]:
        counts.append(server.run(count))
        return create(event)

    functions.answers[CREATE] = look_and_create
    client, api = srp_client(pool), AuthApi(pool, by_admin=False)
    given = {"USERNAME": "alice", "SRP_A": client.srp_a, "CHALLENGE_NAME": "SRP_A"}
    asked = api.start("CUSTOM_AUTH", **given)
    api.respond(
        "PASSWORD_VERIFIER", asked["Session"], **client.responses(asked["ChallengeParameters"])
    )
    assert [counted and counted.count for counted in counts] == [0]
