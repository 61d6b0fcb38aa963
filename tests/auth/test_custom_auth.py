"""CUSTOM_AUTH: the pool's own functions ask, judge, and let in (ev:auth-3.2, ev:triggers-6)."""

from typing import Any

import pytest
from support.custom_functions import (
    CREATE,
    DEFINE,
    TRIGGERS,
    VERIFY,
    WORD,
    answered,
    ask_for_the_word,
    rounds,
    sources,
    verify,
)
from support.functions_server import FunctionError, FunctionsServer
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi, result_of

WRONG = "Incorrect username or password."
DEAD = "Invalid session for the user."
USED = "Invalid session for the user, session can only be used once."


@pytest.fixture
def pool(new_pool: NewPool, functions: FunctionsServer) -> PoolForTest:
    """A pool that asks for the word, with alice, whom it was all about before."""
    made = new_pool(client={"ExplicitAuthFlows": FLOWS}, LambdaConfig=TRIGGERS)
    made.sign_up(attributes={"email": "alice@home.example"})
    made.admin_confirm()
    ask_for_the_word(functions)
    functions.events.clear()
    return made


@pytest.fixture
def api(pool: PoolForTest, by_admin: bool) -> AuthApi:
    return AuthApi(pool, by_admin=by_admin)


def asked_for_the_word(api: AuthApi, username: str = "alice", **more: Any) -> dict[str, Any]:
    asked: dict[str, Any] = api.start("CUSTOM_AUTH", USERNAME=username, **more)
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    return asked


def say(api: AuthApi, asked: dict[str, Any], word: str, **more: Any) -> Any:
    username = asked["ChallengeParameters"]["USERNAME"]
    return api.respond("CUSTOM_CHALLENGE", asked["Session"], USERNAME=username, ANSWER=word, **more)


def test_custom_auth_invokes_functions_in_order_and_returns_tokens(
    api: AuthApi, functions: FunctionsServer
) -> None:
    asked = asked_for_the_word(api)
    assert asked["ChallengeParameters"] == {"hint": "a fish", "USERNAME": "alice"}
    # No PreAuthentication: github.com/aws-amplify/amplify-js/issues/5318
    assert sources(functions) == ["DefineAuthChallenge", "CreateAuthChallenge"]
    assert rounds(functions.of(DEFINE)[0]) == []
    attributes = functions.of(DEFINE)[0]["request"]["userAttributes"]
    assert attributes["email"] == "alice@home.example"
    assert functions.of(CREATE)[0]["request"]["challengeName"] == "CUSTOM_CHALLENGE"

    functions.events.clear()
    result_of(say(api, asked, WORD))
    assert sources(functions) == [
        *("VerifyAuthChallengeResponse", "DefineAuthChallenge"),
        *("PostAuthentication", "TokenGeneration"),
    ]
    judged = functions.of(VERIFY)[0]["request"]
    assert judged["privateChallengeParameters"] == {"word": WORD}
    assert judged["challengeAnswer"] == WORD
    assert rounds(functions.of(DEFINE)[0]) == [("CUSTOM_CHALLENGE", True, "WORD-0")]


def test_custom_auth_without_srp_ignores_pre_authentication(
    api: AuthApi, functions: FunctionsServer
) -> None:
    """AWS's word: github.com/aws-amplify/amplify-js/issues/5318"""

    def refuse(_: dict[str, Any]) -> dict[str, Any]:
        raise FunctionError("closed on Sundays")

    functions.answers["PreAuthentication_Authentication"] = refuse
    result_of(say(api, asked_for_the_word(api), WORD))
    assert functions.of("PreAuthentication_Authentication") == []


def test_custom_auth_wrong_answer_repeats_until_functions_fail_it(
    api: AuthApi, functions: FunctionsServer
) -> None:
    asked = asked_for_the_word(api)
    seen = {asked["Session"]}
    for _ in range(2):
        asked = say(api, asked, "cod")
        assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
        seen.add(asked["Session"])
    assert len(seen) == 3
    with refused("NotAuthorizedException", WRONG):  # amplify-js#5834
        say(api, asked, "cod")
    assert rounds(functions.of(DEFINE)[-1]) == [
        ("CUSTOM_CHALLENGE", False, f"WORD-{n}") for n in range(3)
    ]
    with refused("NotAuthorizedException", DEAD):
        say(api, asked, WORD)


def test_custom_auth_wrong_answers_do_not_lock_the_user(api: AuthApi) -> None:
    for _ in range(3):  # dg:authentication; amplify-js#10171
        asked = asked_for_the_word(api)
        for _ in range(2):
            asked = say(api, asked, "cod")
        with refused("NotAuthorizedException", WRONG):
            say(api, asked, "cod")
    result_of(say(api, asked_for_the_word(api), WORD))
    result_of(api.by_password())


def test_custom_auth_session_is_single_use(api: AuthApi, functions: FunctionsServer) -> None:
    first = asked_for_the_word(api)
    second = say(api, first, "cod")
    functions.events.clear()
    with refused("NotAuthorizedException", USED):  # amplify-js#13123
        say(api, first, WORD)
    assert functions.events == []
    result_of(say(api, second, WORD))
    with refused("NotAuthorizedException", USED):
        say(api, second, WORD)


@pytest.mark.both_stores
def test_concurrent_answers_invoke_verify_trigger_once(
    api: AuthApi, functions: FunctionsServer
) -> None:
    """Otherwise a thousand guesses at once would each be the first of three."""
    asked = asked_for_the_word(api)
    meanwhile = []

    def judge_slowly(event: dict[str, Any]) -> dict[str, Any]:
        with refused("NotAuthorizedException", USED):
            say(api, asked, WORD)
        meanwhile.append("refused")
        return verify(event)

    functions.answers[VERIFY] = judge_slowly
    assert say(api, asked, "cod")["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert meanwhile == ["refused"]


@pytest.mark.parametrize("source", [VERIFY, DEFINE, CREATE])
def test_custom_auth_function_error_ends_sign_in(
    api: AuthApi, functions: FunctionsServer, source: str
) -> None:
    asked = asked_for_the_word(api)

    def throw(_: dict[str, Any]) -> None:
        raise FunctionError("no more fish")

    kept, functions.answers[source] = functions.answers[source], throw
    trigger = source.partition("_")[0]
    with refused(
        "UserLambdaValidationException", f"{trigger} failed with error no more fish."
    ):  # amazon-cognito-passwordless-email-auth#17, like the next
        say(api, asked, "cod")
    functions.answers[source] = kept
    functions.events.clear()
    with refused("NotAuthorizedException", DEAD):
        say(api, asked, WORD)
    assert functions.events == []


def test_metadata_reaches_the_functions_with_answers_only(
    api: AuthApi, functions: FunctionsServer
) -> None:
    asked = asked_for_the_word(api, metadata={"sea": "north"})
    for source in (DEFINE, CREATE):  # ev:triggers-5
        assert not functions.of(source)[0]["request"].get("clientMetadata")
    say(api, asked, "cod", metadata={"sea": "south"})
    for source in (VERIFY, DEFINE, CREATE):
        assert functions.of(source)[-1]["request"]["clientMetadata"] == {"sea": "south"}


def test_custom_auth_signs_in_without_temporary_password(pool: PoolForTest, api: AuthApi) -> None:
    pool.cognito.admin_create_user(UserPoolId=pool.id, Username="bob", MessageAction="SUPPRESS")
    result_of(say(api, asked_for_the_word(api, "bob"), WORD))
    assert pool.user("bob")["UserStatus"] == "FORCE_CHANGE_PASSWORD"  # amplify-js#5834


@pytest.mark.parametrize("missing", ["Define", "Create", "Verify"])
def test_custom_auth_takes_all_of_its_functions(
    new_pool: NewPool, functions: FunctionsServer, by_admin: bool, missing: str
) -> None:
    triggers = {name: arn for name, arn in TRIGGERS.items() if not name.startswith(missing)}
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, LambdaConfig=triggers)
    pool.sign_up()
    pool.admin_confirm()
    ask_for_the_word(functions)
    api = AuthApi(pool, by_admin=by_admin)
    with refused(
        "InvalidParameterException",
        "Custom auth lambda trigger is not configured for the user pool.",  # ev:auth-2.1
    ):
        say(api, asked_for_the_word(api), WORD)


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        ("UNCONFIRMED", "UserNotConfirmedException", "User is not confirmed."),
        ("disabled", "NotAuthorizedException", "User is disabled."),
    ],
)
def test_custom_auth_of_disabled_or_unconfirmed_user_is_refused_at_the_end(
    pool: PoolForTest, api: AuthApi, status: str, code: str, sentence: str
) -> None:
    pool.sign_up("carol")
    if status == "disabled":
        pool.admin_confirm("carol")
        pool.cognito.admin_disable_user(UserPoolId=pool.id, Username="carol")
    asked = asked_for_the_word(api, "carol")
    with refused(code, sentence):
        say(api, asked, WORD)


class TestUnknownUsers:
    """PreventUserExistenceErrors and users who don't exist (ev:auth-2.3)."""

    @pytest.fixture
    def hiding(self, new_pool: NewPool, functions: FunctionsServer, by_admin: bool) -> AuthApi:
        pool = new_pool(
            client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"},
            LambdaConfig=TRIGGERS,
        )
        ask_for_the_word(functions)
        return AuthApi(pool, by_admin=by_admin)

    def test_custom_auth_of_unknown_user_invokes_functions_but_never_signs_in(
        self, hiding: AuthApi, functions: FunctionsServer
    ) -> None:
        asked = asked_for_the_word(hiding, "nobody")
        with refused("NotAuthorizedException", WRONG):
            say(hiding, asked, WORD)
        assert sources(functions) == [
            *("DefineAuthChallenge", "CreateAuthChallenge"),
            *("VerifyAuthChallengeResponse", "DefineAuthChallenge"),
        ]
        for event in functions.events:
            assert event["request"]["userNotFound"] is True
            assert event["request"]["userAttributes"] == {}

    def test_custom_auth_tokens_for_unknown_user_are_refused(
        self, hiding: AuthApi, functions: FunctionsServer
    ) -> None:
        functions.answers[DEFINE] = lambda event: answered(event, issueTokens=True)
        with refused("NotAuthorizedException", WRONG):
            hiding.start("CUSTOM_AUTH", USERNAME="nobody")

    def test_custom_auth_with_other_client_is_refused(
        self, api: AuthApi, functions: FunctionsServer
    ) -> None:
        with refused("UserNotFoundException", "User does not exist."):
            api.start("CUSTOM_AUTH", USERNAME="nobody")
        assert functions.events == []


class TestSessionsOfLimitedLength:
    """A Session has 4096 characters at most (the API's model)."""

    def private(self, functions: FunctionsServer, length: int) -> None:
        functions.answers[CREATE] = lambda event: answered(
            event, privateChallengeParameters={"word": WORD, "more": "x" * length}
        )

    def test_private_parameters_may_be_long(self, api: AuthApi, functions: FunctionsServer) -> None:
        self.private(functions, 2_000)
        asked = say(api, asked_for_the_word(api), "cod")
        assert 2_000 < len(asked["Session"]) <= 4_096
        result_of(say(api, asked, WORD))

    def test_private_parameters_too_long_are_refused(
        self, api: AuthApi, functions: FunctionsServer
    ) -> None:
        self.private(functions, 4_000)
        with refused("InvalidLambdaResponseException"):
            asked_for_the_word(api)
