"""A small model of a pool's users: what each call answers, and who is there afterwards.

Written from the evidence (names: ev:users-6; sign-up: ev:users-7, ev:users-8; administrators:
ev:users-10; sign-in: ev:auth-3.1), not from the code under test. One contact,
the email address, which the pool verifies by itself.
"""

import re
from dataclasses import dataclass, field

RIGHT, WRONG = "123456", "654321"
MOST_CONFIRMATIONS, MOST_RESENDINGS = 15, 5
"""In an hour, of one user (ev:users-17.1)."""
UNLOCKED_FAILURES = 4
"""Wrong passwords in a row that don't lock a user out yet, not even shortly (ev:auth-4.1)."""


@dataclass(frozen=True)
class Refused:
    code: str
    sentence: str


USER_EXISTS = Refused("UsernameExistsException", "User already exists")
ACCOUNT_EXISTS = Refused("UsernameExistsException", "User account already exists")
EMAIL_EXISTS = Refused("UsernameExistsException", "An account with the given email already exists.")
ALIAS_EXISTS = Refused("AliasExistsException", "An account with the email already exists.")
NO_USER = Refused("UserNotFoundException", "User does not exist.")
NO_USER_OF_CLIENT = Refused("UserNotFoundException", "Username/client id combination not found.")
WRONG_CODE = Refused(
    "CodeMismatchException", "Invalid verification code provided, please try again."
)
NO_CODE = Refused("ExpiredCodeException", "Invalid code provided, please request a code again.")
TOO_OFTEN = Refused("LimitExceededException", "Attempt limit exceeded, please try after some time.")
DISABLED = Refused("NotAuthorizedException", "User is disabled.")
NOT_CONFIRMED = Refused("UserNotConfirmedException", "User is not confirmed.")
INCORRECT = Refused("NotAuthorizedException", "Incorrect username or password.")
REVOKED = Refused("NotAuthorizedException", "Access Token has been revoked")
CONFIRMED_ALREADY = Refused("InvalidParameterException", "User is already confirmed.")
NOTHING_TO_RESEND = Refused(
    "NotAuthorizedException", "Cannot resend codes. Auto verification not turned on."
)
NOT_AN_EMAIL = Refused("InvalidParameterException", "Username should be an email.")
LIKE_AN_ALIAS = Refused(
    "InvalidParameterException",
    "Username cannot be of email format, since user pool is configured for email alias.",
)


def not_to_be_confirmed(status: str) -> Refused:
    return Refused(
        "NotAuthorizedException", f"User cannot be confirmed. Current status is {status}"
    )


def not_to_be_resent(status: str) -> Refused:
    return Refused("InvalidParameterException", f"Cannot resend codes. Current status is {status}")


@dataclass(frozen=True)
class Kind:
    """What a pool calls its users by."""

    alias: bool = False
    """The verified email address is another name."""
    by_email: bool = False
    """The email address is the name, and the username is the sub."""
    case_sensitive: bool = True


@dataclass(eq=False)
class ModelUser:
    name: str
    email: str | None
    status: str
    verified: bool = False
    enabled: bool = True
    has_code: bool = False
    sub: str = ""
    confirmations: int = 0
    resendings: int = 0
    failures: int = 0
    """Wrong passwords since the last right one."""
    token: str | None = None
    """An access token of the last sign-in; `revoked`: something has ended that since."""
    revoked: bool = False


@dataclass
class ModelPool:
    kind: Kind
    users: list[ModelUser] = field(default_factory=list)

    # --- Calls: each returns why it is refused, or None ---

    def sign_up(self, name: str, email: str | None) -> Refused | None:
        refused = self._bad_form(name)
        if refused is None and self.kind.by_email and self._holder(name) is not None:
            refused = EMAIL_EXISTS
        if refused is None and self._named(name) is not None:
            refused = USER_EXISTS
        if refused is None:
            email = name if self.kind.by_email else email
            user = ModelUser(name, email, "UNCONFIRMED", has_code=email is not None)
            self.users.append(user)
        return refused

    def create(self, name: str, email: str | None, *, verified: bool) -> Refused | None:
        email = name if self.kind.by_email else email
        refused = self._bad_form(name)
        if refused is None and self.kind.by_email and self._holder(name) is not None:
            refused = EMAIL_EXISTS
        # UNVERIFIED: which of the two names is told first, when both are taken?
        if refused is None and self._alias_taken(None, email, verified=verified):
            refused = EMAIL_EXISTS  # boto3#3213
        if refused is None and self._named(name) is not None:
            refused = ACCOUNT_EXISTS
        if refused is None:
            self.users.append(ModelUser(name, email, "FORCE_CHANGE_PASSWORD", verified))
        return refused

    def confirm(self, name: str, code: str) -> Refused | None:
        user = self.find(name)
        if user is None:
            return NO_USER_OF_CLIENT
        if not user.enabled or user.status != "UNCONFIRMED":  # ev:users-1.5
            return not_to_be_confirmed(user.status) if user.enabled else DISABLED
        if user.confirmations >= MOST_CONFIRMATIONS:
            return TOO_OFTEN
        if not user.has_code or code != RIGHT:
            user.confirmations += 1
            return WRONG_CODE if user.has_code else NO_CODE
        if self._alias_taken(user, user.email, verified=True):
            return ALIAS_EXISTS
        user.status, user.verified, user.has_code = "CONFIRMED", True, False
        return None

    def admin_confirm(self, name: str) -> Refused | None:
        user = self.find(name)
        if user is None:
            return NO_USER
        if user.status != "UNCONFIRMED":
            return not_to_be_confirmed(user.status)
        user.status, user.has_code = "CONFIRMED", False
        return None

    def resend(self, name: str) -> Refused | None:
        user = self.find(name)
        if user is None:
            return NO_USER_OF_CLIENT
        reasons = {
            DISABLED: not user.enabled,
            CONFIRMED_ALREADY: user.status == "CONFIRMED",
            not_to_be_resent(user.status): user.status != "UNCONFIRMED",
            NOTHING_TO_RESEND: user.email is None,
            TOO_OFTEN: user.resendings >= MOST_RESENDINGS,
        }
        refused = next((refused for refused, holds in reasons.items() if holds), None)
        if refused is None:
            user.resendings += 1
            user.has_code = True
        return refused

    def delete(self, name: str) -> Refused | None:
        user = self.find(name)
        if user is None:
            return NO_USER
        self.users.remove(user)
        return None

    def enable(self, name: str, *, enabled: bool) -> Refused | None:
        user = self.find(name)
        if user is None:
            return NO_USER
        user.enabled = enabled
        user.revoked |= not enabled
        return None

    def sign_in(self, name: str, *, right: bool) -> Refused | None:
        """By password. Who has a temporary one is asked for another, and is not refused."""
        user = self.find(name)
        if user is None:
            return NO_USER
        if user.status == "UNCONFIRMED":
            return NOT_CONFIRMED
        if not right:
            user.failures += 1
            return INCORRECT
        if not user.enabled:
            return DISABLED
        user.failures = 0
        return None

    def has_signed_in(self, user: ModelUser, token: str) -> None:
        user.status, user.token, user.revoked = "CONFIRMED", token, False

    def opens(self, user: ModelUser) -> Refused | None:
        """The user's last access token, which outlives the user."""
        if user not in self.users:
            return NO_USER
        if not user.enabled:
            return DISABLED
        return REVOKED if user.revoked else None

    # --- Names ---

    def find(self, name: str) -> ModelUser | None:
        """By username, sub, or email where it is a name: the first that matches."""
        by_sub = next((user for user in self.users if user.sub == name.lower()), None)
        return self._named(name) or by_sub or self._holder(name)

    def _named(self, name: str) -> ModelUser | None:
        if self.kind.by_email:
            return None
        return next((user for user in self.users if self._same(user.name, name)), None)

    def _holder(self, email: str) -> ModelUser | None:
        """Whose name this address is: always where users are called by it, else once verified."""
        if not self.kind.alias and not self.kind.by_email:
            return None
        return next(
            (
                user
                for user in self.users
                if user.email is not None
                and self._same(user.email, email)
                and (self.kind.by_email or user.verified)
            ),
            None,
        )

    def _alias_taken(self, user: ModelUser | None, email: str | None, *, verified: bool) -> bool:
        if email is None or not verified or not self.kind.alias:
            return False
        return self._holder(email) not in {None, user}

    def _bad_form(self, name: str) -> Refused | None:
        is_email = re.fullmatch(r"\S+@\S+\.\S+", name) is not None
        if self.kind.by_email:
            return None if is_email else NOT_AN_EMAIL
        return LIKE_AN_ALIAS if self.kind.alias and is_email else None

    def _same(self, one: str, other: str) -> bool:
        return one == other or (not self.kind.case_sensitive and one.lower() == other.lower())
