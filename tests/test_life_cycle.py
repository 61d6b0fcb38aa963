"""The life of users, as a state machine over the wire: every answer is what the model predicts."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from support.run_size import size
from support.running_server import ROOT_KEY, RunningServer, running
from support.store_engines import Engine, new_store
from support.user_model import RIGHT, UNLOCKED_FAILURES, WRONG, Kind, ModelPool, ModelUser, Refused
from support.wire_client import Wire, call, request, signed_headers

PASSWORD, WRONG_PASSWORD = "Correct-Horse-9!", "Wrong-Horse-9!"
NAMES = ("ann", "Ann", "ANN", "bob")
EMAILS = ("a@example.com", "A@Example.com", "b@example.com")
KINDS: dict[Kind, dict[str, Any]] = {
    Kind(): {},
    Kind(case_sensitive=False): {"UsernameConfiguration": {"CaseSensitive": False}},
    Kind(alias=True): {"AliasAttributes": ["email"]},
    Kind(alias=True, case_sensitive=False): {
        "AliasAttributes": ["email"],
        "UsernameConfiguration": {"CaseSensitive": False},
    },
    Kind(by_email=True): {"UsernameAttributes": ["email"]},
    Kind(by_email=True, case_sensitive=False): {
        "UsernameAttributes": ["email"],
        "UsernameConfiguration": {"CaseSensitive": False},
    },
}
_runs = itertools.count(1)


class Pools:
    """A server with one pool of each kind, made once; each run uses names of its own in it."""

    def __init__(self, server: RunningServer) -> None:
        self.wire = Wire(server.port)
        self._url = server.url
        self.ids = {kind: self._make(more) for kind, more in KINDS.items()}

    def _make(self, more: dict[str, Any]) -> tuple[str, str]:
        settings = {"PoolName": "p", "AutoVerifiedAttributes": ["email"], **more}
        pool: str = self.ask("CreateUserPool", **settings)["UserPool"]["Id"]
        flows = ["ALLOW_USER_PASSWORD_AUTH"]
        made = self.ask(
            "CreateUserPoolClient", UserPoolId=pool, ClientName="c", ExplicitAuthFlows=flows
        )
        return pool, made["UserPoolClient"]["ClientId"]

    def ask(self, operation: str, **members: Any) -> Any:
        """The answer, or why it is refused."""
        body = json.dumps(members).encode()
        if "ClientId" in members:
            answer = self.wire.ask(call(operation, body))
        else:
            headers = signed_headers(self._url, operation, body, ROOT_KEY)
            answer = self.wire.ask(request(body, headers))
        if answer.status == 200:
            return answer.json if answer.body else {}
        status, code, sentence = answer.error
        assert status == 400, answer
        return Refused(code, sentence or "")


@pytest.fixture(scope="module")
def pools(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, store_engine: Engine
) -> Any:
    store = new_store(request, store_engine)
    with running(tmp_path_factory.mktemp("lives"), store=store, code=RIGHT) as server:
        pools = Pools(server)
        yield pools
        pools.wire.close()


class LifeCycle(RuleBasedStateMachine):
    """Names in rules are short; on the wire each run puts its number before them."""

    pools: Pools

    @initialize(kind=st.sampled_from(list(KINDS)))
    def begin(self, kind: Kind) -> None:
        self.model = ModelPool(kind)
        self.pool, self.client = self.pools.ids[kind]
        self.mark = f"r{next(_runs)}-"
        self.signed_in: list[ModelUser] = []

    def names(self) -> st.SearchStrategy[str]:
        return st.sampled_from([*NAMES, *EMAILS])

    def admin(self, operation: str, name: str, **more: Any) -> Any:
        return self.pools.ask(operation, UserPoolId=self.pool, Username=name, **more)

    def public(self, operation: str, name: str, **more: Any) -> Any:
        return self.pools.ask(operation, ClientId=self.client, Username=name, **more)

    def asked(self, operation: str, **more: Any) -> Any:
        return self.pools.ask(operation, ClientId=self.client, **more)

    def agree(self, answer: Any, expected: Refused | None) -> None:
        refused = answer if isinstance(answer, Refused) else None
        assert refused == expected, f"answered {answer}, expected {expected}"

    def named(self, data: st.DataObject) -> str:
        """Some name of a user: one of the few, or the sub of an existing user."""
        subs = [user.sub for user in self.model.users]
        marked = [self.mark + name for name in (*NAMES, *EMAILS)]
        return data.draw(st.sampled_from([*marked, *subs]))

    def new(self, data: st.DataObject) -> tuple[str, str | None]:
        """A name and an address for a new user."""
        if self.model.kind.by_email:
            name = data.draw(st.sampled_from([*EMAILS, NAMES[0]]))
            return self.mark + name, None
        name = data.draw(st.sampled_from([*NAMES, EMAILS[0]]))
        email = data.draw(st.sampled_from([None, *EMAILS]))
        return self.mark + name, email and self.mark + email

    @rule(data=st.data())
    def sign_up(self, data: st.DataObject) -> None:
        name, email = self.new(data)
        attributes = [{"Name": "email", "Value": email}] if email else []
        more = {"Password": PASSWORD, "UserAttributes": attributes}
        answer = self.public("SignUp", name, **more)
        self.agree(answer, self.model.sign_up(name, email))
        if not isinstance(answer, Refused):
            user = self.model.users[-1]
            user.sub = answer["UserSub"]
            assert answer["UserConfirmed"] is False
            assert ("CodeDeliveryDetails" in answer) == user.has_code

    @rule(data=st.data(), verified=st.booleans())
    def admin_create(self, data: st.DataObject, verified: bool) -> None:
        name, email = self.new(data)
        verified = verified and (email is not None or self.model.kind.by_email)
        attributes = [{"Name": "email", "Value": email}] if email else []
        if verified:
            attributes.append({"Name": "email_verified", "Value": "true"})
        more = {
            "MessageAction": "SUPPRESS",
            "UserAttributes": attributes,
            "TemporaryPassword": PASSWORD,
        }
        answer = self.admin("AdminCreateUser", name, **more)
        self.agree(answer, self.model.create(name, email, verified=verified))
        if not isinstance(answer, Refused):
            found = {a["Name"]: a["Value"] for a in answer["User"]["Attributes"]}
            self.model.users[-1].sub = found["sub"]

    @precondition(lambda self: self.model.users)
    @rule(data=st.data(), code=st.sampled_from([RIGHT, RIGHT, WRONG]))
    def confirm(self, data: st.DataObject, code: str) -> None:
        name = self.named(data)
        answer = self.public("ConfirmSignUp", name, ConfirmationCode=code)
        self.agree(answer, self.model.confirm(name, code))

    @rule(data=st.data())
    def admin_confirm(self, data: st.DataObject) -> None:
        name = self.named(data)
        self.agree(self.admin("AdminConfirmSignUp", name), self.model.admin_confirm(name))

    @rule(data=st.data())
    def resend(self, data: st.DataObject) -> None:
        name = self.named(data)
        self.agree(self.public("ResendConfirmationCode", name), self.model.resend(name))

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = self.named(data)
        self.agree(self.admin("AdminDeleteUser", name), self.model.delete(name))

    @rule(data=st.data(), enabled=st.booleans())
    def set_enabled(self, data: st.DataObject, enabled: bool) -> None:
        name = self.named(data)
        operation = "AdminEnableUser" if enabled else "AdminDisableUser"
        self.agree(self.admin(operation, name), self.model.enable(name, enabled=enabled))

    @precondition(lambda self: self.model.users)
    @rule(data=st.data(), right=st.sampled_from([True, True, False]), goes_on=st.booleans())
    def sign_in(self, data: st.DataObject, right: bool, goes_on: bool) -> None:
        """Users who are asked for another password give one, or come back another time."""
        name = self.named(data)
        user = self.model.find(name)
        right = right or (user is not None and user.failures == UNLOCKED_FAILURES)
        given = {"USERNAME": name, "PASSWORD": PASSWORD if right else WRONG_PASSWORD}
        answer = self.asked("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
        self.agree(answer, self.model.sign_in(name, right=right))
        if isinstance(answer, Refused):
            return
        assert user is not None
        challenge = answer.get("ChallengeName")
        assert (challenge == "NEW_PASSWORD_REQUIRED") == (user.status == "FORCE_CHANGE_PASSWORD")
        if challenge and not goes_on:
            return
        if challenge:
            answer = self.asked(
                "RespondToAuthChallenge",
                ChallengeName=challenge,
                Session=answer["Session"],
                ChallengeResponses={"USERNAME": name, "NEW_PASSWORD": PASSWORD},
            )
        self.model.has_signed_in(user, answer["AuthenticationResult"]["AccessToken"])
        if user not in self.signed_in:
            self.signed_in.append(user)

    @precondition(lambda self: self.signed_in)
    @rule(data=st.data())
    def open_with_token(self, data: st.DataObject) -> None:
        user = data.draw(st.sampled_from(self.signed_in))
        answer = self.pools.ask("GetUser", AccessToken=user.token)
        self.agree(answer, self.model.opens(user))
        if not isinstance(answer, Refused):
            assert self.sub(answer["UserAttributes"]) == user.sub

    @rule(data=st.data())
    def get(self, data: st.DataObject) -> None:
        name = self.named(data)
        user = self.model.find(name)
        answer = self.admin("AdminGetUser", name)
        if user is None:
            assert answer == Refused("UserNotFoundException", "User does not exist.")
        else:
            self.check(user, answer, answer["UserAttributes"])

    @invariant()
    def everybody_is_listed_and_nobody_else(self) -> None:
        if not hasattr(self, "model"):
            return
        by = "email" if self.model.kind.by_email else "username"
        listed = self.pools.ask("ListUsers", UserPoolId=self.pool, Filter=f'{by} ^= "{self.mark}"')
        found = {self.sub(user["Attributes"]): user for user in listed["Users"]}
        assert found.keys() == {user.sub for user in self.model.users}
        for user in self.model.users:
            self.check(user, found[user.sub], found[user.sub]["Attributes"])

    @staticmethod
    def sub(attributes: list[dict[str, str]]) -> str:
        return next(each["Value"] for each in attributes if each["Name"] == "sub")

    def check(self, user: ModelUser, shown: Any, listed: list[dict[str, str]]) -> None:
        attributes = {each["Name"]: each["Value"] for each in listed}
        assert shown["Username"] == (user.sub if self.model.kind.by_email else user.name)
        assert shown["UserStatus"] == user.status
        assert shown["Enabled"] is user.enabled
        assert attributes.get("email") == user.email
        assert (attributes.get("email_verified", "false") == "true") == user.verified


def test_life_cycle_of_users_follows_the_model(pools: Pools) -> None:
    LifeCycle.pools = pools
    run_state_machine_as_test(
        LifeCycle,
        settings=settings(
            max_examples=size(40, nightly=120),
            stateful_step_count=25,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
