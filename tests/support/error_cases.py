"""Situations in which Cognito refuses: the sentence it speaks, and where that is known from.

A situation is a row of a table: the error's class, its sentence (written out, not made by the
product), the source, the call that is refused, what was done before it, and the pool's settings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from poolhouse.wire.errors import ServiceError
from support.access_tokens import token_of
from support.functions_server import FunctionsServer
from support.running_server import RunningServer
from support.sent_codes import another, code_of, messages_to
from support.served_pools import PoolForTest

PASSWORD = "Correct-Horse-9!"
EMAIL, PHONE = {"email": "alice@home.example"}, {"phone_number": "+491701234567"}
VERIFIED_EMAIL = {**EMAIL, "email_verified": "true"}
VERIFIED_PHONE = {**PHONE, "phone_number_verified": "true"}


class World:
    """Where a situation takes place: a server, and a pool made for it alone."""

    def __init__(
        self, server: RunningServer, cognito: Any, functions: FunctionsServer, pool: PoolForTest
    ) -> None:
        self.server = server
        self.cognito = cognito
        self.functions = functions
        self.pool = pool

    def shown(self) -> list[Any]:
        """All that administrators see of the pool, and how much its users were sent."""
        answers = [
            self.cognito.describe_user_pool(UserPoolId=self.pool.id),
            self.cognito.list_user_pool_clients(UserPoolId=self.pool.id, MaxResults=60),
            self.cognito.list_users(UserPoolId=self.pool.id),
            self.cognito.list_groups(UserPoolId=self.pool.id),
            self.cognito.list_resource_servers(UserPoolId=self.pool.id),
        ]
        for answer in answers:
            del answer["ResponseMetadata"]
            answer.pop("NextToken", None)  # never the same twice
        names = [user["Username"] for user in answers[2]["Users"]]
        return [*answers, [len(messages_to(self.server, self.pool, name)) for name in names]]


@dataclass(frozen=True)
class Step:
    """One call. Members that are functions are asked for their value when the call is made."""

    operation: str
    members: dict[str, Any]

    def __call__(self, world: World) -> Any:
        values = {
            name: value(world) if callable(value) else value for name, value in self.members.items()
        }
        return getattr(world.cognito, self.operation)(**values)


@dataclass(frozen=True)
class Situation:
    """`leaves_changes`: what is refused has been done all the same, as the service does it."""

    error: type[ServiceError]
    sentence: str
    source: str
    call: Step
    before: tuple[Callable[[Any], object], ...]
    settings: dict[str, Any]
    leaves_changes: bool = False

    @property
    def name(self) -> str:
        return f"{self.call.operation}-{self.error.__name__}"


def refuses(
    error: type[ServiceError],
    sentence: str,
    source: str,
    call: Step,
    *before: Callable[[Any], object],
    leaves_changes: Any = False,
    **settings: Any,
) -> Situation:
    """A row of the table. `{pool}` and `{client}` in the sentence stand for ids."""
    return Situation(error, sentence, source, call, before, settings, leaves_changes)


# The calls that situations are made of


def listed(attributes: dict[str, str]) -> list[dict[str, str]]:
    """Attributes as requests have them."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def admin(operation: str, **members: Any) -> Step:
    """An administrator's call for the pool."""
    return Step(operation, {"UserPoolId": lambda world: world.pool.id, **members})


def client(operation: str, **members: Any) -> Step:
    """A call of the pool's app client."""
    return Step(operation, {"ClientId": lambda world: world.pool.client_id, **members})


def signed_in(operation: str, username: str = "alice", **members: Any) -> Step:
    """A call of a user who is signed in."""

    def token(world: World) -> str:
        return token_of(world.server, world.pool, username)

    return Step(operation, {"AccessToken": token, **members})


def signs_up(
    username: str = "alice", attributes: dict[str, str] | None = None, **more: Any
) -> Step:
    members = {"Username": username, "Password": PASSWORD, **more}
    return client("sign_up", UserAttributes=listed(attributes or {}), **members)


def is_created(
    username: str = "alice", attributes: dict[str, str] | None = None, **more: Any
) -> Step:
    members = {"Username": username, "UserAttributes": listed(attributes or {}), **more}
    return admin("admin_create_user", **members)


def has_password(username: str = "alice", password: str = PASSWORD) -> Step:
    """The user is CONFIRMED, and has this password for good."""
    return admin("admin_set_user_password", Username=username, Password=password, Permanent=True)


def the_code(username: str = "alice") -> Callable[[World], str]:
    return lambda world: code_of(world.server, world.pool, username)


def a_wrong_code(username: str = "alice") -> Callable[[World], str]:
    return lambda world: another(code_of(world.server, world.pool, username))


def confirms(username: str = "alice", **more: Any) -> Step:
    """By the code that was sent, unless another is given."""
    return client(
        "confirm_sign_up", **{"Username": username, "ConfirmationCode": the_code(username), **more}
    )


def recovers(username: str = "alice", **more: Any) -> Step:
    """A forgotten password is replaced."""
    members = {"Username": username, "ConfirmationCode": the_code(username), "Password": PASSWORD}
    return client("confirm_forgot_password", **{**members, **more})


def changes(
    attributes: dict[str, str], by: str = "update_user_attributes", username: str = "alice"
) -> Step:
    """By the user, or by an administrator."""
    members = {"UserAttributes": listed(attributes)}
    if by == "update_user_attributes":
        return signed_in(by, username, **members)
    return admin(by, Username=username, **members)


def answering(source: str, answer: Callable[[dict[str, Any]], Any]) -> Callable[[World], object]:
    """The pool's function answers so from now on."""
    return lambda world: world.functions.answers.__setitem__(source, answer)
