"""UserMigration: a function brings users from elsewhere (ev:triggers-6.10)."""

from typing import Any

import pytest
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import code_of, messages_to
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, claims_of, result_of, srp_client

WRONG = "Incorrect username or password."
SIGN_IN = "UserMigration_Authentication"
FORGOTTEN = "UserMigration_ForgotPassword"
ZOE = {"email": "zoe@home.example", "email_verified": "true"}
TRIGGERS = {
    name: arn(name)
    for name in (
        *("UserMigration", "PreSignUp", "PreAuthentication"),
        *("PostAuthentication", "PreTokenGeneration", "PostConfirmation"),
    )
}


def answer_with(functions: FunctionsServer, source: str = SIGN_IN, **response: Any) -> None:
    """The function answers so from now on."""
    said = {"userAttributes": ZOE, "finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS"}
    functions.answers[source] = lambda event: {**event, "response": said | response}


def sources(functions: FunctionsServer) -> list[str]:
    return [event["triggerSource"] for event in functions.events]


def a_pool(new_pool: NewPool, client: dict[str, Any] | None = None, **settings: Any) -> PoolForTest:
    allowed = {"ExplicitAuthFlows": FLOWS} | (client or {})
    return new_pool(client=allowed, **({"LambdaConfig": TRIGGERS} | settings))


def a_failed_migration(pool: PoolForTest) -> Any:
    """ev:triggers-6.10; UNVERIFIED: the type."""
    sentence = f"Exception migrating user in app client {pool.client_id}"
    return refused("UserNotFoundException", sentence)


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    return a_pool(new_pool)


@pytest.fixture
def api(pool: PoolForTest, by_admin: bool) -> AuthApi:
    return AuthApi(pool, by_admin=by_admin)


def test_migrated_user_signs_in_and_is_stored(
    pool: PoolForTest, api: AuthApi, functions: FunctionsServer
) -> None:
    answer_with(functions)
    signed_in = api.start(
        "USER_PASSWORD_AUTH", USERNAME="zoe", PASSWORD=PASSWORD, metadata={"from": "there"}
    )
    result = result_of(signed_in)
    assert claims_of(result["IdToken"])["email"] == "zoe@home.example"
    assert sources(functions) == [  # ev:triggers-4, ev:triggers-8
        SIGN_IN,
        "PreSignUp_AdminCreateUser",
        *("PreAuthentication_Authentication", "PostAuthentication_Authentication"),
        "TokenGeneration_Authentication",
    ]
    event = functions.of(SIGN_IN)[0]
    assert event["userName"] == "zoe"
    assert event["callerContext"]["clientId"] == pool.client_id
    assert event["request"]["password"] == PASSWORD
    assert event["request"]["validationData"] == {"from": "there"}
    before = functions.of("PreSignUp_AdminCreateUser")[0]["request"]
    assert before["validationData"] == {"from": "there"}

    functions.events.clear()
    result_of(api.by_password("zoe"))
    assert functions.of(SIGN_IN) == []
    user = pool.user("zoe")
    assert user["UserStatus"] == "CONFIRMED"
    assert user["attributes"].items() >= ZOE.items()


def test_migrated_password_against_policy_is_kept(api: AuthApi, functions: FunctionsServer) -> None:
    answer_with(functions)  # guide23
    result_of(api.by_password("zoe", "x"))
    result_of(api.by_password("zoe", "x"))
    with refused("NotAuthorizedException", WRONG):
        api.by_password("zoe", "y")


@pytest.mark.parametrize("status", [None, "RESET_REQUIRED"])
def test_migration_without_final_status_requires_new_password(
    server: RunningServer,
    pool: PoolForTest,
    api: AuthApi,
    functions: FunctionsServer,
    status: str | None,
) -> None:
    answer_with(functions, finalUserStatus=status)
    for _ in range(2):
        with refused("PasswordResetRequiredException", "Password reset required for the user"):
            api.by_password("zoe")
    assert len(functions.of(SIGN_IN)) == 1
    assert pool.user("zoe")["UserStatus"] == "RESET_REQUIRED"
    pool.cognito.forgot_password(ClientId=pool.client_id, Username="zoe")
    pool.cognito.confirm_forgot_password(
        ClientId=pool.client_id,
        Username="zoe",
        ConfirmationCode=code_of(server, pool, "zoe"),
        Password="Chosen-horse-2!",
    )
    result_of(api.by_password("zoe", "Chosen-horse-2!"))


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "CUSTOM_AUTH"])
def test_migration_needs_the_plain_password(
    new_pool: NewPool, by_admin: bool, functions: FunctionsServer, flow: str
) -> None:
    triggers = TRIGGERS | {"DefineAuthChallenge": arn("define")}
    pool = a_pool(new_pool, LambdaConfig=triggers)
    answer_with(functions)
    with refused("UserNotFoundException", "User does not exist."):
        AuthApi(pool, by_admin=by_admin).start(flow, USERNAME="zoe", SRP_A=srp_client(pool).srp_a)
    assert functions.events == []


def test_migration_runs_for_chosen_password(
    pool: PoolForTest, api: AuthApi, functions: FunctionsServer
) -> None:
    answer_with(functions)
    chosen = {"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD}
    result_of(api.start("USER_AUTH", USERNAME="zoe", **chosen))
    assert len(functions.of(SIGN_IN)) == 1


def refuse(_: dict[str, Any]) -> None:
    raise FunctionError("bad password")


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        (refuse, "UserLambdaValidationException", "UserMigration failed with error bad password."),
        (lambda event: event, "UserNotFoundException", "Exception migrating user in app client "),
    ],
)
def test_migration_refused_by_the_function_creates_no_user(
    pool: PoolForTest,
    api: AuthApi,
    functions: FunctionsServer,
    answer: Any,
    code: str,
    sentence: str,
) -> None:
    functions.answers[SIGN_IN] = answer
    client = pool.client_id if sentence.endswith("client ") else ""
    with refused(code, sentence + client):
        api.by_password("zoe")
    with refused("UserNotFoundException"):
        pool.user("zoe")


@pytest.mark.parametrize("answer", [refuse, lambda event: event])
def test_failed_migration_gets_response_of_wrong_password(
    new_pool: NewPool, by_admin: bool, functions: FunctionsServer, answer: Any
) -> None:
    pool = a_pool(new_pool, client={"PreventUserExistenceErrors": "ENABLED"})
    functions.answers[SIGN_IN] = answer
    with refused("NotAuthorizedException", WRONG):
        AuthApi(pool, by_admin=by_admin).by_password("zoe")
    before = functions.of("PreAuthentication_Authentication")[0]["request"]
    assert before["userNotFound"] is True


@pytest.mark.parametrize("hides", ["ENABLED", "LEGACY"])
def test_guesses_that_the_function_refuses_lock_the_name(
    new_pool: NewPool, by_admin: bool, functions: FunctionsServer, hides: str
) -> None:
    pool = a_pool(new_pool, client={"PreventUserExistenceErrors": hides})
    functions.answers[SIGN_IN] = refuse
    api = AuthApi(pool, by_admin=by_admin)
    # The first locks are short: guesses follow until one falls into one.
    for _ in range(15):
        with pytest.raises(pool.cognito.exceptions.ClientError) as caught:
            api.by_password("zoe", "guess")
        if caught.value.response["Error"]["Message"] == "Password attempts exceeded":
            break
    else:
        pytest.fail("no lock")


@pytest.mark.parametrize(
    ("settings", "response"),
    [
        ({}, {"userAttributes": {"shoe_size": "42"}}),
        ({}, {"userAttributes": {"email": "no address"}}),
        ({}, {"userAttributes": {"email": '"zoe"@home.example'}}),
        ({}, {"userAttributes": {"email": "zoe(at home)@home.example"}}),
        ({}, {"userAttributes": {"sub": "11111111-0000-4000-8000-000000000001"}}),
        ({}, {"userAttributes": {"email_verified": "true"}}),
        ({"Schema": [{"Name": "name", "Required": True}]}, {}),
        ({}, {"enableSMSMFA": True}),
        ({"AliasAttributes": ["email"]}, {"userAttributes": {"username": "a@home.example"}}),
        ({"UsernameAttributes": ["email"]}, {}),
    ],
)
def test_invalid_migrated_user_is_not_created(
    new_pool: NewPool,
    by_admin: bool,
    functions: FunctionsServer,
    settings: dict[str, Any],
    response: dict[str, Any],
) -> None:
    pool = a_pool(new_pool, **settings)
    answer_with(functions, **response)
    with a_failed_migration(pool):
        AuthApi(pool, by_admin=by_admin).by_password("zoe")
    assert pool.cognito.list_users(UserPoolId=pool.id)["Users"] == []


def test_migration_accepts_email_username(
    new_pool: NewPool, by_admin: bool, functions: FunctionsServer
) -> None:
    pool = a_pool(
        new_pool,
        UsernameAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
    )
    api = AuthApi(pool, by_admin=by_admin)
    answer_with(functions)
    first = claims_of(result_of(api.by_password("Zoe@home.example"))["AccessToken"])
    assert first["username"] == first["sub"]
    again = claims_of(result_of(api.by_password("zoe@home.example"))["AccessToken"])
    assert again["sub"] == first["sub"]
    assert len(functions.of(SIGN_IN)) == 1


class TestAliases:
    """Signing in with an alias: the function says what the username is (guide23)."""

    @pytest.fixture
    def aliased(self, new_pool: NewPool) -> PoolForTest:
        return a_pool(new_pool, AliasAttributes=["email"])

    @pytest.fixture
    def api(self, aliased: PoolForTest, by_admin: bool) -> AuthApi:
        return AuthApi(aliased, by_admin=by_admin)

    def test_migration_sets_username(self, api: AuthApi, functions: FunctionsServer) -> None:
        answer_with(functions, userAttributes=ZOE | {"username": "zoe"})
        for name in ("zoe@home.example", "zoe@home.example", "zoe"):
            result = result_of(api.by_password(name))
            assert claims_of(result["AccessToken"])["username"] == "zoe"
        assert len(functions.of(SIGN_IN)) == 1

    def test_migration_moves_taken_alias_only_if_forced(
        self, aliased: PoolForTest, api: AuthApi, functions: FunctionsServer
    ) -> None:
        aliased.cognito.admin_create_user(
            UserPoolId=aliased.id,
            Username="old",
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in ZOE.items()],
        )
        answer_with(functions)
        with a_failed_migration(aliased):
            api.by_password("zoe")
        answer_with(functions, forceAliasCreation=True)
        result_of(api.by_password("zoe"))
        assert aliased.user("zoe@home.example")["Username"] == "zoe"
        assert aliased.user("old")["attributes"]["email_verified"] == "false"

    def test_migration_does_not_sign_in_existing_user(
        self, aliased: PoolForTest, api: AuthApi, functions: FunctionsServer
    ) -> None:
        aliased.sign_up("zoe")
        aliased.admin_confirm("zoe")
        answer_with(functions, userAttributes=ZOE | {"username": "zoe"})
        with a_failed_migration(aliased):
            api.by_password("zoe@home.example", "Another-horse-1!")
        with refused("NotAuthorizedException", WRONG):
            api.by_password("zoe", "Another-horse-1!")
        result_of(api.by_password("zoe"))


@pytest.mark.both_stores
def test_concurrent_migrations_create_one_user(
    pool: PoolForTest, api: AuthApi, functions: FunctionsServer
) -> None:
    answer_with(functions)
    answer, subs = functions.answers[SIGN_IN], []

    def meanwhile(event: dict[str, Any]) -> Any:
        functions.answers[SIGN_IN] = answer
        subs.append(claims_of(result_of(api.by_password("zoe"))["AccessToken"])["sub"])
        return answer(event)

    functions.answers[SIGN_IN] = meanwhile
    subs.append(claims_of(result_of(api.by_password("zoe"))["AccessToken"])["sub"])
    assert subs[0] == subs[1]
    assert len(pool.cognito.list_users(UserPoolId=pool.id)["Users"]) == 1


def test_pre_sign_up_refusal_creates_no_migrated_user(
    pool: PoolForTest, api: AuthApi, functions: FunctionsServer
) -> None:
    answer_with(functions)

    def closed(_: dict[str, Any]) -> None:
        raise FunctionError("closed")

    functions.answers["PreSignUp_AdminCreateUser"] = closed
    with refused("UserLambdaValidationException", "PreSignUp failed with error closed."):
        api.by_password("zoe")
    with refused("UserNotFoundException"):
        pool.user("zoe")


@pytest.mark.parametrize(
    ("response", "channels"),
    [
        ({"messageAction": "SUPPRESS"}, []),
        ({"messageAction": None}, []),  # by SMS, and there is no number
        ({"messageAction": None, "desiredDeliveryMediums": ["EMAIL"]}, ["EMAIL"]),
    ],
)
def test_migration_invitation_has_no_password(
    server: RunningServer,
    pool: PoolForTest,
    api: AuthApi,
    functions: FunctionsServer,
    response: dict[str, Any],
    channels: list[str],
) -> None:
    answer_with(functions, **response)
    result_of(api.by_password("zoe"))
    sent = messages_to(server, pool, "zoe")
    assert [message.channel.value for message in sent] == channels
    assert all(PASSWORD not in repr(message) for message in sent)


def test_migrated_user_can_have_sms_as_second_factor(
    new_pool: NewPool, by_admin: bool, functions: FunctionsServer, server: RunningServer
) -> None:
    sms = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
    pool = a_pool(new_pool, MfaConfiguration="OPTIONAL", SmsConfiguration=sms)
    answer_with(functions, enableSMSMFA=True, userAttributes={"phone_number": "+15555550100"})
    api = AuthApi(pool, by_admin=by_admin)
    asked = api.by_password("zoe")
    assert asked["ChallengeName"] == "SMS_MFA"
    code = code_of(server, pool, "zoe")
    result_of(api.respond("SMS_MFA", asked["Session"], USERNAME="zoe", SMS_MFA_CODE=code))


class TestForgottenPasswords:
    """UserMigration_ForgotPassword: no password to try, and then a code."""

    def forgot(self, pool: PoolForTest, **more: Any) -> Any:
        return pool.cognito.forgot_password(ClientId=pool.client_id, Username="zoe", **more)

    def test_forgot_password_migrates_user_who_sets_password(
        self, server: RunningServer, pool: PoolForTest, functions: FunctionsServer
    ) -> None:
        answer_with(functions, FORGOTTEN)
        details = self.forgot(pool, ClientMetadata={"from": "there"})["CodeDeliveryDetails"]
        assert details["Destination"] == "z***@h***"
        event = functions.of(FORGOTTEN)[0]["request"]
        assert "password" not in event
        assert event["clientMetadata"] == {"from": "there"}  # ev:triggers-5
        assert pool.user("zoe")["UserStatus"] == "RESET_REQUIRED"
        pool.cognito.confirm_forgot_password(
            ClientId=pool.client_id,
            Username="zoe",
            ConfirmationCode=code_of(server, pool, "zoe"),
            Password=PASSWORD,
        )
        result_of(AuthApi(pool, by_admin=False).by_password("zoe"))
        assert len(functions.of(FORGOTTEN)) == 1
        assert functions.of(SIGN_IN) == []

    def test_forgot_password_unmigrated_user_is_not_found(self, pool: PoolForTest) -> None:
        """ev:users-9.3."""
        with refused("UserNotFoundException", "Username/client id combination not found."):
            self.forgot(pool)

    @pytest.mark.parametrize("answer", [refuse, lambda event: event])
    def test_forgot_password_without_migrated_user_returns_decoy_details(
        self, server: RunningServer, new_pool: NewPool, functions: FunctionsServer, answer: Any
    ) -> None:
        pool = a_pool(new_pool, client={"PreventUserExistenceErrors": "ENABLED"})
        functions.answers[FORGOTTEN] = answer
        assert self.forgot(pool)["CodeDeliveryDetails"]["Destination"]
        assert messages_to(server, pool, "zoe") == []
