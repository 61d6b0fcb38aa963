"""Every operation that writes to users names its own trigger source.

Evidence: ev:triggers-4, ev:triggers-6.6, ev:triggers-6.11.

Sources of sign-ins, `…_Authentication`, belong to the operations of sign-in.
"""

import base64
import os
import queue
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from support.access_tokens import token_of
from support.functions_server import FunctionsServer, arn
from support.running_server import RunningServer, running
from support.sent_codes import messages_to
from support.served_pools import PoolForTest

METADATA = {"ticket": "4711"}
KEY_ARN = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CONTACTS = {"email": "alice@barn.example", "phone_number": "+12065550100"}
OTHERS = {"email": "zoe@hay.example", "phone_number": "+12065550199"}
MEDIUMS = {"email": "EMAIL", "phone_number": "SMS"}


class UserWithContact(NamedTuple):
    """A user whose only contact is `contact`; what each operation is asked with."""

    server: RunningServer
    pool: PoolForTest
    contact: str

    @property
    def client(self) -> dict[str, Any]:
        return {
            "ClientId": self.pool.client_id,
            "Username": "alice",
            "ClientMetadata": METADATA,
        }

    @property
    def admin(self) -> dict[str, Any]:
        return {"UserPoolId": self.pool.id, "Username": "alice", "ClientMetadata": METADATA}

    @property
    def token(self) -> dict[str, Any]:
        return {"AccessToken": token_of(self.server, self.pool), "ClientMetadata": METADATA}

    def attributes(self, values: dict[str, str]) -> list[dict[str, str]]:
        return [{"Name": self.contact, "Value": values[self.contact]}]

    def signs_up(self) -> None:
        attributes = {self.contact: CONTACTS[self.contact]}
        self.pool.sign_up(attributes=attributes, ClientMetadata=METADATA)

    def is_made(self, **more: Any) -> None:
        self.pool.cognito.admin_create_user(
            **self.admin,
            UserAttributes=self.attributes(CONTACTS),
            DesiredDeliveryMediums=[MEDIUMS[self.contact]],
            **more,
        )

    def is_there(self) -> None:
        """alice, confirmed and with a verified contact; no message was sent to her."""
        self.is_made(MessageAction="SUPPRESS")
        admin = {"UserPoolId": self.pool.id, "Username": "alice"}
        self.pool.cognito.admin_set_user_password(
            **admin, Password="Correct-Horse-9!", Permanent=True
        )
        verified = [{"Name": f"{self.contact}_verified", "Value": "true"}]
        self.pool.cognito.admin_update_user_attributes(
            **admin, UserAttributes=self.attributes(CONTACTS) + verified
        )


Ask = Callable[[UserWithContact], object]


class Case(NamedTuple):
    ask: Ask
    occasion: str
    before: Ask
    by_client: bool = True
    """Whether an app client asks; otherwise an administrator."""


CASES = {
    "SignUp": Case(UserWithContact.signs_up, "SignUp", lambda _: None),
    "ResendConfirmationCode": Case(
        lambda alice: alice.pool.cognito.resend_confirmation_code(**alice.client),
        "ResendCode",
        UserWithContact.signs_up,
    ),
    "AdminCreateUser": Case(
        UserWithContact.is_made, "AdminCreateUser", lambda _: None, by_client=False
    ),
    "AdminCreateUser, again": Case(
        lambda alice: alice.is_made(MessageAction="RESEND"),
        "AdminCreateUser",
        lambda alice: alice.is_made(MessageAction="SUPPRESS"),
        by_client=False,
    ),
    "ForgotPassword": Case(
        lambda alice: alice.pool.cognito.forgot_password(**alice.client),
        "ForgotPassword",
        UserWithContact.is_there,
    ),
    "AdminResetUserPassword": Case(
        lambda alice: alice.pool.cognito.admin_reset_user_password(**alice.admin),
        "ForgotPassword",
        UserWithContact.is_there,
        by_client=False,
    ),
    "UpdateUserAttributes": Case(
        lambda alice: alice.pool.cognito.update_user_attributes(
            **alice.token, UserAttributes=alice.attributes(OTHERS)
        ),
        "UpdateUserAttribute",
        UserWithContact.is_there,
    ),
    "AdminUpdateUserAttributes": Case(
        lambda alice: alice.pool.cognito.admin_update_user_attributes(
            **alice.admin, UserAttributes=alice.attributes(OTHERS)
        ),
        "UpdateUserAttribute",
        UserWithContact.is_there,
        by_client=False,
    ),
    "GetUserAttributeVerificationCode": Case(
        lambda alice: alice.pool.cognito.get_user_attribute_verification_code(
            **alice.token, AttributeName=alice.contact
        ),
        "VerifyUserAttribute",
        UserWithContact.is_there,
    ),
}
by_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
by_contact = pytest.mark.parametrize("contact", MEDIUMS)


def alice_of(server: RunningServer, contact: str, triggers: dict[str, Any]) -> UserWithContact:
    pool = PoolForTest(
        server.client(),
        AutoVerifiedAttributes=[contact],
        SmsConfiguration={"SnsCallerArn": "arn:aws:iam::123456789012:role/texts"},
        LambdaConfig=triggers,
    )
    return UserWithContact(server, pool, contact)


def client_id_of(alice: UserWithContact, case: Case) -> str | None:
    """AdminCreateUser has a constant, other operations of administrators null (ev:triggers-3)."""
    if case.by_client:
        return alice.pool.client_id
    return "CLIENT_ID_NOT_APPLICABLE" if case.occasion == "AdminCreateUser" else None


def check(event: dict[str, Any], source: str, alice: UserWithContact, case: Case) -> None:
    assert event["triggerSource"] == source
    assert event["userName"] == "alice"
    assert event["request"]["clientMetadata"] == METADATA
    assert event["callerContext"]["clientId"] == client_id_of(alice, case)
    attributes = event["request"]["userAttributes"]
    assert attributes["sub"] == alice.pool.user()["attributes"]["sub"]
    assert attributes[alice.contact] in (CONTACTS[alice.contact], OTHERS[alice.contact])
    assert attributes["cognito:user_status"] == alice.pool.user()["UserStatus"]


@by_contact
@by_case
def test_custom_message_is_asked_by_its_source(
    server: RunningServer, functions: FunctionsServer, case: Case, contact: str
) -> None:
    functions.forget()
    alice = alice_of(server, contact, {"CustomMessage": arn("words")})
    case.before(alice)
    functions.forget()
    source = f"CustomMessage_{case.occasion}"
    text = "{####} for {username}"
    functions.answers[source] = lambda event: (
        event | {"response": {"smsMessage": text, "emailMessage": text}}
    )
    case.ask(alice)
    (event,) = functions.of(source)
    check(event, source, alice, case)
    sent = messages_to(server, alice.pool)[-1]
    assert (sent.trigger_source, sent.channel) == (source, MEDIUMS[contact])
    assert sent.destination == event["request"]["userAttributes"][contact]
    # {username} is filled in where there is a usernameParameter: in invitations alone.
    name = "alice" if event["request"]["usernameParameter"] else "{username}"
    assert sent.body.endswith(f" for {name}")
    assert (name == "alice") is (case.occasion == "AdminCreateUser")


@pytest.fixture(scope="module")
def sending(
    tmp_path_factory: pytest.TempPathFactory, functions: FunctionsServer
) -> Iterator[RunningServer]:
    """A server with a key to seal codes with."""
    directory = tmp_path_factory.mktemp("sending")
    key_file = directory / "sender.key"
    key_file.write_bytes(base64.b64encode(os.urandom(32)))
    with running(directory, triggers={"*": functions.url}, sender_key=str(key_file)) as server:
        yield server


@by_contact
@by_case
def test_custom_sender_is_invoked_with_its_source(
    sending: RunningServer, functions: FunctionsServer, case: Case, contact: str
) -> None:
    functions.forget()
    trigger = "CustomEmailSender" if contact == "email" else "CustomSMSSender"
    received: queue.Queue[dict[str, Any]] = queue.Queue()
    function = {"LambdaVersion": "V1_0", "LambdaArn": arn("send")}
    alice = alice_of(sending, contact, {trigger: function, "KMSKeyID": KEY_ARN})
    source = f"{trigger}_{case.occasion}"
    case.before(alice)
    functions.answers[source] = received.put
    case.ask(alice)
    event = received.get(timeout=30)
    check(event, source, alice, case)
    assert event["request"]["code"]
    functions.forget()


SILENT: dict[str, Ask] = {
    "AdminConfirmSignUp": lambda alice: alice.pool.admin_confirm(ClientMetadata=METADATA),
    "AdminCreateUser, SUPPRESS": lambda alice: alice.pool.cognito.admin_create_user(
        UserPoolId=alice.pool.id,
        Username="bob",
        UserAttributes=alice.attributes(OTHERS),
        MessageAction="SUPPRESS",
    ),
    "AdminSetUserPassword": lambda alice: alice.pool.cognito.admin_set_user_password(
        UserPoolId=alice.pool.id, Username="alice", Password="Battery-Staple-7!", Permanent=True
    ),
    "AdminDisableUser": lambda alice: alice.pool.cognito.admin_disable_user(
        UserPoolId=alice.pool.id, Username="alice"
    ),
    "AdminDeleteUser": lambda alice: alice.pool.cognito.admin_delete_user(
        UserPoolId=alice.pool.id, Username="alice"
    ),
    "AdminUpdateUserAttributes of no contact": lambda alice: (
        alice.pool.cognito.admin_update_user_attributes(
            **alice.admin, UserAttributes=[{"Name": "name", "Value": "Alice"}]
        )
    ),
}


@pytest.mark.parametrize("ask", SILENT.values(), ids=SILENT.keys())
def test_operations_without_message_invoke_no_function(
    server: RunningServer, functions: FunctionsServer, ask: Ask
) -> None:
    """ev:users-8.3, ev:users-9.2; ev:triggers-4."""
    functions.forget()
    alice = alice_of(server, "email", {"CustomMessage": arn("words")})
    alice.signs_up()
    functions.forget()
    before = len(messages_to(server, alice.pool))
    ask(alice)
    assert [event["triggerSource"] for event in functions.events] == []
    assert len(messages_to(server, alice.pool)) == before
