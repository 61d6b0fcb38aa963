"""AdminConfirmSignUp and PostConfirmation: the event, and a failing function."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer, running
from support.served_pools import NewPool

SOURCE = "PostConfirmation_ConfirmSignUp"
TRIGGER = {"LambdaConfig": {"PostConfirmation": arn("confirmed")}}
EMAIL = {"email": "alice@home.example"}


def test_post_confirmation_event_has_all_members(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:triggers-3, ev:triggers-6.2: ConfirmSignUp's source, and no client to name."""
    pool = new_pool(**TRIGGER, AutoVerifiedAttributes=["email"])
    sub = pool.sign_up(
        attributes={**EMAIL, "name": "Zoë", "phone_number": "+491701234567"},
        ClientMetadata={"of": "the sign-up"},
    )["UserSub"]
    pool.admin_confirm(ClientMetadata={"ticket": "4711", "by": "the help desk"})
    assert functions.events == [
        {
            "version": "1",
            "triggerSource": SOURCE,
            "region": "eu-central-1",
            "userPoolId": pool.id,
            "userName": "alice",
            "callerContext": {
                "awsSdkVersion": "aws-sdk-unknown-unknown",
                "clientId": None,
            },
            "request": {
                "userAttributes": {
                    "sub": sub,
                    "cognito:user_status": "CONFIRMED",
                    "email": "alice@home.example",
                    "email_verified": "false",
                    "name": "Zoë",
                    "phone_number": "+491701234567",
                    "phone_number_verified": "false",
                },
                "clientMetadata": {"ticket": "4711", "by": "the help desk"},
            },
            "response": {},
        }
    ]


def test_event_in_email_pool_has_sub_as_user_name_and_email_as_alias(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    """Published events of such pools show the alias although the email is unverified."""
    pool = new_pool(UsernameAttributes=["email"], **TRIGGER)
    sub = pool.sign_up("alice@home.example")["UserSub"]
    pool.admin_confirm("alice@home.example")
    (event,) = functions.events
    assert event["userName"] == sub
    assert event["request"]["userAttributes"] == {
        "sub": sub,
        "cognito:user_status": "CONFIRMED",
        "cognito:email_alias": "alice@home.example",
        "email": "alice@home.example",
        "email_verified": "false",
    }


def test_event_lacks_unverified_alias(functions: FunctionsServer, new_pool: NewPool) -> None:
    pool = new_pool(AliasAttributes=["email"], **TRIGGER)
    pool.sign_up(attributes=EMAIL)
    pool.admin_confirm()
    (event,) = functions.events
    assert "cognito:email_alias" not in event["request"]["userAttributes"]


def test_admin_confirm_sign_up_without_metadata_passes_no_client_metadata(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:triggers-3: the key is absent, not null."""
    pool = new_pool(**TRIGGER)
    pool.sign_up()
    pool.admin_confirm()
    assert functions.events[0]["request"].keys() == {"userAttributes"}


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"": ""},
        {"key": '🦉 \u202e\u0301 ẞ \u2028 \\ " </script>'},
        {"ключ": "значение", "鍵": "値"},
        {"sub": "another", "cognito:user_status": "UNCONFIRMED", "clientMetadata": "{}"},
        {"long": "x" * 100_000},
        {f"key{n}": "v" for n in range(2_000)},
    ],
    ids=["empty", "empty strings", "odd", "alphabets", "names of ours", "long", "many"],
)
def test_admin_confirm_sign_up_client_metadata_is_passed_unchanged(
    functions: FunctionsServer, new_pool: NewPool, metadata: dict[str, str]
) -> None:
    """Not validated, and no source of attributes (ev:users-8.3)."""
    pool = new_pool(**TRIGGER)
    pool.sign_up(attributes={"name": "Alice"})
    before = pool.user()["attributes"]
    pool.admin_confirm(ClientMetadata=metadata)
    assert functions.events[0]["request"]["clientMetadata"] == metadata
    assert pool.user()["attributes"] == before


def test_admin_confirm_sign_up_invokes_no_other_function(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:triggers-4: no PreSignUp, no CustomMessage, no PostAuthentication."""
    others = ("PreSignUp", "CustomMessage", "PreAuthentication", "PostAuthentication")
    pool = new_pool(LambdaConfig={name: arn(name) for name in (*others, "PostConfirmation")})
    pool.sign_up()
    functions.forget()
    pool.admin_confirm()
    assert [event["triggerSource"] for event in functions.events] == [SOURCE]


def test_function_runs_after_confirmation_is_committed(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:users-8.3: a function that reads the user sees CONFIRMED."""
    pool = new_pool(**TRIGGER)
    pool.sign_up()
    seen: list[str] = []

    def look(event: Any) -> Any:
        answer = server.client().admin_get_user(UserPoolId=pool.id, Username="alice")
        seen.append(answer["UserStatus"])
        return event

    functions.answers[SOURCE] = look
    pool.admin_confirm()
    assert seen == ["CONFIRMED"]


def test_refused_confirmation_invokes_no_function(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    pool = new_pool(**TRIGGER)
    pool.sign_up()
    pool.admin_confirm()
    functions.forget()
    with refused("NotAuthorizedException"):
        pool.admin_confirm()
    with refused("UserNotFoundException"):
        pool.admin_confirm("nobody")
    assert functions.events == []


def test_changed_function_is_invoked_by_next_call(
    cognito: Any, functions: FunctionsServer, new_pool: NewPool
) -> None:
    pool = new_pool()
    for username in ("alice", "bob"):
        pool.sign_up(username)
    pool.admin_confirm("alice")
    cognito.update_user_pool(UserPoolId=pool.id, **TRIGGER)
    pool.admin_confirm("bob")
    assert [event["userName"] for event in functions.events] == ["bob"]


def throwing(message: str) -> Any:
    def throw(_: Any) -> Any:
        raise FunctionError(message)

    return throw


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        (
            throwing("boom"),
            "UserLambdaValidationException",
            "PostConfirmation failed with error boom.",
        ),
        (
            throwing("Größe: 2 \u2265 1"),
            "UserLambdaValidationException",
            "PostConfirmation failed with error Größe: 2 \u2265 1.",
        ),
        (lambda _: None, "InvalidLambdaResponseException", "Unrecognizable lambda output"),
        (lambda _: "ok", "InvalidLambdaResponseException", "Unrecognizable lambda output"),
        (
            lambda event: {**event, "response": None},
            "InvalidLambdaResponseException",
            "Unrecognizable lambda output",
        ),
    ],
    ids=["throws", "throws unicode", "null", "text", "no response"],
)
def test_failing_function_returns_error_and_user_stays_confirmed(
    functions: FunctionsServer, new_pool: NewPool, answer: Any, code: str, sentence: str
) -> None:
    """ev:users-8.3, ev:triggers-2.1; the retry meets the status."""
    pool = new_pool(**TRIGGER)
    pool.sign_up()
    functions.answers[SOURCE] = answer
    with refused(code, sentence):
        pool.admin_confirm(ClientMetadata={"by": "me"})
    assert pool.user()["UserStatus"] == "CONFIRMED"
    functions.answers.clear()
    sentence = "User cannot be confirmed. Current status is CONFIRMED"
    with refused("NotAuthorizedException", sentence):
        pool.admin_confirm()
    assert len(functions.events) == 1


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory, functions: FunctionsServer) -> Iterator[Any]:
    """A server that gives functions a twentieth of a second, and where one of them isn't there."""
    triggers = {"*": functions.url, "gone": "http://127.0.0.1:9/"}
    folder = tmp_path_factory.mktemp("hurried")
    with running(folder, triggers=triggers, trigger_seconds=0.05) as server:
        yield server


@pytest.mark.parametrize(
    ("function", "error", "attempts"),
    [
        ("gone", "", 0),
        ("slow", "Socket timeout while invoking Lambda function.", 3),
    ],
)
def test_function_without_response_leaves_user_confirmed(
    hurried: Any, functions: FunctionsServer, function: str, error: str, attempts: int
) -> None:
    """ev:triggers-2: three attempts in all after a time-out, none after another failure."""
    functions.forget()
    answering = threading.Event()
    functions.answers[SOURCE] = lambda event: answering.wait(30) and event
    client = hurried.client()
    pool = client.create_user_pool(PoolName="p", LambdaConfig={"PostConfirmation": arn(function)})[
        "UserPool"
    ]["Id"]
    app = client.create_user_pool_client(UserPoolId=pool, ClientName="app")["UserPoolClient"]
    client.sign_up(ClientId=app["ClientId"], Username="alice", Password="Correct-Horse-9!")
    with pytest.raises(ClientError) as caught:
        client.admin_confirm_sign_up(UserPoolId=pool, Username="alice")
    answering.set()
    answer = caught.value.response["Error"]
    assert answer["Code"] == "UnexpectedLambdaException"
    assert answer["Message"].startswith(f"PostConfirmation invocation failed due to error {error}")
    assert len(functions.events) == attempts
    user = client.admin_get_user(UserPoolId=pool, Username="alice")
    assert user["UserStatus"] == "CONFIRMED"
    functions.forget()


def test_unknown_members_of_response_are_ignored(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    pool = new_pool(**TRIGGER)
    pool.sign_up()
    functions.answers[SOURCE] = lambda _: {
        "request": {"userAttributes": {"name": "Mallory"}},
        "response": {"autoConfirmUser": False, "more": [1]},
    }
    pool.admin_confirm()
    user = pool.user()
    assert user["UserStatus"] == "CONFIRMED"
    assert "name" not in user["attributes"]
