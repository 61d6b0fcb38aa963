"""One request of a sign-in, by the public or the administrators' operation."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.authorization import BrowserSession
from poolhouse.entities.clients import Client
from poolhouse.entities.devices import BrowserDevice, Device
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.errors.auth import MissingParameter
from poolhouse.rules.users import usernames
from poolhouse.services.client_authentication import verify_secret_hash
from poolhouse.services.context import Call
from poolhouse.services.decoy_users import is_decoy
from poolhouse.services.notifications import Notification
from poolhouse.services.triggers import TriggerSubject
from poolhouse.store.interface import Write
from poolhouse.wire.enums import ChallengeNameType
from poolhouse.wire.structs import AuthenticationResultType

Ending = Callable[["Attempt", AuthSession], Awaitable["AuthResponse"]]
"""A function that commits a complete sign-in and returns what the client gets."""

LONGEST_NAME: Final = 128
"""Characters, by the API's model."""


@dataclass(slots=True, kw_only=True, repr=False)
class Attempt:
    """The state and tools of one sign-in request, for flows and challenges.

    `given` are AuthParameters or ChallengeResponses. `is_start`: this request begins the sign-in,
    and its ClientMetadata reaches other functions than that of an answer. `writes` gathers what
    becomes true if this step succeeds: all of it is committed at once, before a function hears of
    it.
    """

    call: Call
    pool: Pool
    client: Client
    by_admin: bool
    given: Mapping[str, str]
    client_metadata: Mapping[str, str] | None
    is_start: bool
    session: str | None = None
    step: AuthSession | None = None
    """The step that is answered; None at the start."""
    device: Device | None = None
    """The confirmed one that is signed in with, where the pool tracks devices."""
    writes: list[Write] = field(default_factory=list)
    saves_user: bool = False
    """Among `writes` is one that saves the user, on the condition that nothing else has."""
    ending: "Ending | None" = None
    """What a complete sign-in gives; None: tokens, as at the API."""
    by_page: bool = False
    """The client is a page of the pool's domain. Such pages are this server's own: they need no
    SECRET_HASH, and ExplicitAuthFlows is about other clients."""
    browser_devices: Sequence[BrowserDevice] = ()
    """On pages: what the browser keeps of devices, each of another user."""
    remembers_browser: bool = False
    """On pages: the user wants this browser to take the second factor's place."""
    _user: User | None = None
    _is_client_authenticated: bool = False

    @property
    def metadata_for_functions(self) -> Mapping[str, str] | None:
        """Return the ClientMetadata for functions; None at the start of a sign-in (ev:triggers-5).

        At the start only PreAuthentication, UserMigration and PreSignUp get it, as
        `validationData`.
        """
        return None if self.is_start else self.client_metadata

    @property
    def subject(self) -> TriggerSubject:
        """Return the user that events of functions describe."""
        return TriggerSubject.signing_in(self.pool, self.client, self.user)

    @property
    def user(self) -> User:
        """Return the user that is signing in, with the changes that `writes` will make."""
        assert self._user is not None
        return self._user

    @user.setter
    def user(self, user: User) -> None:
        self.check_client_authenticated()
        self._user = user
        self.name_target(user.username)

    def name_target(self, username: str) -> None:
        """Name the user in the audit record, cut to the length of a username.

        Any caller may send a longer one.
        """
        self.call.audit.target = username[:LONGEST_NAME]

    def authenticate_client(self, username: str, user: User | None) -> None:
        """Verify SECRET_HASH, if the app client has a secret and isn't a page.

        Clients make it of the username that they send, or of the user's own username or sub, which
        the server has returned to them (ev:auth-2.2). `user` is None for an unknown one.
        """
        if self.by_page:
            self._is_client_authenticated = True
            return
        # As many for an unknown user as for a known one, since each takes its time.
        names = (username,) * 3 if user is None else (username, user.username, user.sub)
        verify_secret_hash(self.client, self.given.get("SECRET_HASH"), *names)
        self._is_client_authenticated = True

    def check_client_authenticated(self) -> None:
        """Raise RuntimeError if a step of the sign-in has left out `authenticate_client`."""
        if not self._is_client_authenticated:
            raise RuntimeError("the sign-in goes on before its app client is authenticated")

    @property
    def shown_username(self) -> str:
        """Return the username shown to the client; for decoy users, a plausible one."""
        user = self.user
        return usernames.decoy_username(self.pool, user) if is_decoy(user) else user.username

    def required(self, name: str) -> str:
        """Return a parameter that must be present and not empty."""
        value = self.given.get(name)
        if not value:
            raise MissingParameter(name=name)
        return value


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ChallengeIssued:
    """A challenge for the user. `session` has the state that its response needs."""

    name: ChallengeNameType
    parameters: Mapping[str, str]
    session: AuthSession
    available: list[ChallengeNameType] | None = None
    notification: Notification | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Authorization:
    """A complete sign-in at a pool's domain.

    `code` is for the app; without one, its request was for tokens at once, which `result` of the
    response has. `browser_cookie` is the value that resumes `browser_session`.
    """

    code: str | None
    browser_session: BrowserSession
    browser_cookie: str
    browser_device: BrowserDevice | None = None
    """A new device, for the browser to keep."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AuthResponse:
    """The response to the client, by the members' names of the four operations."""

    challenge: ChallengeNameType | None = None
    session: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    result: AuthenticationResultType | None = None
    available: list[ChallengeNameType] | None = None
    has_other_factors: bool = False
    """On pages: the user may go back to the choice of factors (`other_factors.py`)."""
    authorization: Authorization | None = None
    """At a pool's domain: what takes the place of tokens."""
