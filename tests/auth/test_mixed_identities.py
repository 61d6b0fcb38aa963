"""A thief who has accounts of his own mixes everything that he was ever given: nothing of it, in
whatever order, by whatever operation, ends in another user's tokens.

Every flow and every challenge that is registered takes part.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.custom_functions import CREATE, TRIGGERS, answered, ask_for_the_word
from support.functions_server import FunctionsServer
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi, SrpClient, claims_of, srp_client
from support.stolen_sessions import CHALLENGES, SIGN_IN_FLOWS, try_to_answer

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
THIEFS, SECRET, TEMPORARY = "Thiefs-horse-1!", "Secret-horse-1!", "Temporary-horse-1!"
NAMES = ["alice", "carol", "mallory", "nobody"]
WORD = "the thief's word"


class Held(NamedTuple):
    """What the thief was given, and how it is meant to be used."""

    session: str
    api: int
    name: str
    challenge: str


@dataclass
class World:
    """Two pools with users of the same names, and two app clients of the first.

    Here: alice, of whom the thief knows nothing; carol, whose password he knows, but not her second
    factor; and mallory, who is himself. There: all of them are his.
    """

    here: Any
    there: Any
    apis: list[AuthApi]
    own: set[str]
    others: dict[str, Any]
    held: list[Held] = field(default_factory=list)
    asked: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    tokens: int = 0

    def start(self, api: int, flow: str, name: str, chosen: str, client: SrpClient) -> None:
        """`chosen` is what USER_AUTH begins with; a custom sign-in begins with SRP if that does."""
        given = {"USERNAME": name, "PASSWORD": THIEFS, "SRP_A": client.srp_a}
        if flow == "USER_AUTH":
            given["PREFERRED_CHALLENGE"] = chosen
        elif chosen == "PASSWORD_SRP":
            given["CHALLENGE_NAME"] = "SRP_A"
        self.learn(api, name, lambda: self.apis[api].start(flow, **given))

    def answer(self, number: int, changed: dict[str, Any], **given: str) -> None:
        """Use what is held as it is meant to be, but for what is `changed`."""
        held = self.held[-1 - number % len(self.held)]._replace(**changed)
        api = self.apis[held.api]
        self.learn(
            *(held.api, held.name),
            lambda: try_to_answer(api, held.challenge, held.session, held.name, **given),
        )

    def prove(self, number: int, clients: list[SrpClient]) -> None:
        """Answer a password's challenge, with the password that the thief knows."""
        if self.asked:
            api, asked = self.asked[-1 - number % len(self.asked)]
            responses = clients[api].responses(asked)
            answer = self.apis[api].respond
            self.learn(
                *(api, asked["USERNAME"]), lambda: answer("PASSWORD_VERIFIER", None, **responses)
            )

    def learn(self, api: int, name: str, call: Any) -> None:
        """Make a request; keep what comes of it, and look whose tokens they are."""
        try:
            got = call()
        except ClientError as refusal:
            assert refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 400
            return
        if "AuthenticationResult" in got:
            assert claims_of(got["AuthenticationResult"]["AccessToken"])["sub"] in self.own
            self.tokens += 1
            return
        parameters = got["ChallengeParameters"]
        for session in (got.get("Session"), parameters.get("SECRET_BLOCK")):
            if session:
                self.held.append(Held(session, api, name, got["ChallengeName"]))
        if "SRP_B" in parameters and "DEVICE_KEY" not in parameters:
            self.asked.append((api, parameters))

    def check_others(self) -> None:
        for name, before in self.others.items():
            assert profile(self.here, name) == before, name


def profile(pool: PoolForTest, name: str) -> dict[str, Any]:
    """A user as administrators see one."""
    user: dict[str, Any] = pool.user(name)
    del user["ResponseMetadata"]
    return user


def populated(new_pool: NewPool, passwords: dict[str, str], **more: Any) -> PoolForTest:
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"},
        LambdaConfig=TRIGGERS,
        MfaConfiguration="OPTIONAL",
        SmsConfiguration=SMS,
        **more,
    )
    for name, password in passwords.items():
        pool.sign_up(name, password=password, attributes={"phone_number": "+15555550100"})
        pool.admin_confirm(name)
    return pool


@pytest.fixture
def world(new_pool: NewPool, functions: FunctionsServer) -> World:
    here = populated(new_pool, {"alice": SECRET, "carol": THIEFS, "mallory": THIEFS})
    here.cognito.admin_set_user_mfa_preference(
        UserPoolId=here.id, Username="carol", SMSMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    there = populated(new_pool, dict.fromkeys(("alice", "carol", "mallory"), THIEFS))
    # The most dangerous Session of all: its holder chooses a password.
    there.cognito.admin_set_user_password(
        UserPoolId=there.id, Username="alice", Password=THIEFS, Permanent=False
    )
    ask_for_the_word(functions)
    functions.answers[CREATE] = his_own_word
    apis = [
        AuthApi(pool, by_admin=by_admin) for pool in (here, there) for by_admin in (False, True)
    ]
    own = {there.user(name)["attributes"]["sub"] for name in ("alice", "carol", "mallory")}
    own.add(here.user("mallory")["attributes"]["sub"])
    others = {name: profile(here, name) for name in ("alice", "carol")}
    second = Second(here)
    return World(here, there, [*apis, AuthApi(second, by_admin=False)], own, others)


class Second:
    """The first pool by its other app client."""

    def __init__(self, pool: PoolForTest) -> None:
        self.id, self.cognito = pool.id, pool.cognito
        self.client = pool.cognito.create_user_pool_client(
            UserPoolId=pool.id, ClientName="other", ExplicitAuthFlows=FLOWS
        )["UserPoolClient"]
        self.client_id = self.client["ClientId"]


def his_own_word(event: dict[str, Any]) -> dict[str, Any]:
    """The thief knows only what mallory is asked for."""
    word = WORD if event["userName"] == "mallory" else "nobody's to know"
    return answered(event, privateChallengeParameters={"word": word})


apis = st.integers(0, 4)
names = st.sampled_from(NAMES)
numbers = st.one_of(st.integers(0, 3), st.integers(0, 1_000))
"""Mostly of what came last."""
changes: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"challenge": st.sampled_from(CHALLENGES)}),
    st.fixed_dictionaries({"api": apis}),
    st.fixed_dictionaries({"name": names}),
    st.fixed_dictionaries({"challenge": st.sampled_from(CHALLENGES), "api": apis}),
)
CHOICES = ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", ""]
SAYINGS = [WORD, *CHOICES, "SMS_MFA"]
STARTS = st.tuples(
    st.just("start"), apis, st.sampled_from(SIGN_IN_FLOWS), names, st.sampled_from(CHOICES)
)
ANSWERS = st.tuples(st.just("answer"), numbers, changes, st.sampled_from(SAYINGS))
PROOFS = st.tuples(st.just("prove"), numbers)


@settings(
    max_examples=20,
    deadline=None,
    # Not made smaller: what was found may rest on what was given in an example before.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.one_of(STARTS, ANSWERS, PROOFS), min_size=10, max_size=25))
def test_mixed_identities_open_only_the_attackers_own_accounts(
    world: World, steps: list[tuple[Any, ...]]
) -> None:
    """What he was given stays his from one example to the next."""
    here, there = (srp_client(pool, THIEFS) for pool in (world.here, world.there))
    clients = [here, here, there, there, here]
    if not world.held:
        world.start(2, "USER_PASSWORD_AUTH", "alice", "", there)
    for what, *more in steps:
        if what == "start":
            at, flow, name, chosen = more
            world.start(at, flow, name, chosen, clients[at])
        elif what == "answer":
            number, changed, said = more
            world.answer(number, changed, ANSWER=said, PASSWORD=THIEFS, SRP_A=here.srp_a)
        else:
            world.prove(more[0], clients)
    world.check_others()


def test_mixed_identities_attacker_signs_in_to_own_accounts(world: World) -> None:
    """Else the test above would show nothing."""
    client = srp_client(world.here, THIEFS)
    world.start(0, "USER_PASSWORD_AUTH", "mallory", "", client)
    world.start(0, "CUSTOM_AUTH", "mallory", "", client)
    world.answer(0, {}, ANSWER=WORD)
    world.start(0, "USER_SRP_AUTH", "mallory", "", client)
    world.prove(0, [client])
    assert world.tokens == 3
    world.start(0, "USER_PASSWORD_AUTH", "carol", "", client)
    assert world.tokens == 3


@pytest.mark.parametrize("api", range(2))
@pytest.mark.parametrize("challenge", CHALLENGES)
def test_session_answers_only_its_own_challenge(world: World, api: int, challenge: str) -> None:
    """Every flow begun for alice, and then another challenge answered than hers."""
    client = srp_client(world.here, THIEFS)
    for flow in SIGN_IN_FLOWS:
        for chosen in CHOICES if flow == "USER_AUTH" else CHOICES[:2]:
            world.start(api, flow, "alice", chosen, client)
    assert {held.challenge for held in world.held} >= {
        *("PASSWORD_VERIFIER", "CUSTOM_CHALLENGE", "SELECT_CHALLENGE")
    }
    begun = list(world.held)
    for held in begun:
        world.held = [held]
        world.answer(0, {"challenge": challenge}, ANSWER=WORD, PASSWORD=THIEFS)
    assert world.tokens == 0
    world.check_others()
