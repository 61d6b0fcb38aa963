"""Refusals of the steps behind a form: which field each is about, and its status."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

import msgspec

from poolhouse.errors import users as of_users
from poolhouse.errors.protocol import RateExceeded
from poolhouse.pages.hosted_ui.form_fields import (
    CODE,
    PASSWORD,
    USERNAME,
    FormField,
    attribute_field_name,
)
from poolhouse.pages.hosted_ui.page_request import ClientRequest
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.store.interface import Conflict
from poolhouse.wire import errors as aws
from poolhouse.wire.errors import ServiceError

T = TypeVar("T")
Errors = dict[str, str]
"""Sentences by the name of their field; by an empty name what is about none."""

_FIELDS: Final[dict[type[ServiceError], str]] = {
    aws.CodeMismatchException: CODE,
    aws.ExpiredCodeException: CODE,
    aws.InvalidPasswordException: PASSWORD,
    aws.PasswordHistoryPolicyViolationException: PASSWORD,
    of_users.PasswordNeeded: PASSWORD,
    aws.UsernameExistsException: USERNAME,
    of_users.UsernameMustBeEmail: USERNAME,
    of_users.UsernameMustBePhone: USERNAME,
    of_users.UsernameMustBeEither: USERNAME,
    of_users.UsernameLooksLikeAlias: USERNAME,
    of_users.InvalidEmail: attribute_field_name("email"),
    of_users.InvalidPhone: attribute_field_name("phone_number"),
}
_LIMITS: Final = (
    aws.LimitExceededException,
    aws.TooManyRequestsException,
    aws.TooManyFailedAttemptsException,
)


async def run(page: ClientRequest, work: Callable[[], Awaitable[T]]) -> T:
    """Run a step as the API runs its operation. Raises only ServiceErrors that can be shown."""
    try:
        return await page.run(work)
    except Conflict:
        raise RateExceeded from None


def of_error(error: ServiceError, fields: list[FormField], texts: Texts) -> Errors:
    """Return what a form shows of a refusal, at the field that it is about."""
    names = {entry.name for entry in fields}
    if isinstance(error, of_users.OutsideSchema) and (found := _of_schema(error, names)):
        return found
    name = next((name for kind, name in _FIELDS.items() if isinstance(error, kind)), "")
    if name not in names and name.startswith("requiredAttributes"):
        name = USERNAME  # the name is the email or phone number
    return {name if name in names else "": texts.sentence(error).strip()}


def _of_schema(error: ServiceError, names: set[str]) -> Errors:
    """Return the faults of attributes by their fields. A line of the sentence is about one."""
    found = {}
    for line in error.text.partition("schema: ")[2].splitlines():
        attribute, _, fault = line.partition(": ")
        name = attribute_field_name(attribute)
        if name in names and fault:
            found[name] = line
    return found


def status_of(error: ServiceError) -> int:
    """Return the truthful status of a page with this refusal."""
    return 429 if isinstance(error, _LIMITS) else error.status


def of_values(
    values: Mapping[str, str],
    fields: list[FormField],
    kinds: Mapping[str, object],
    texts: Texts,
) -> Errors:
    """Return what is missing or can't be read, before any step is run."""
    found = {}
    for entry in fields:
        value = values.get(entry.name, "")
        if not value:
            if entry.required:
                found[entry.name] = texts.field_required.format(label=entry.label)
        elif not _fits(value, kinds.get(entry.name), entry.longest):
            found[entry.name] = texts.field_malformed.format(label=entry.label)
    return found


def _fits(value: str, kind: object, longest: int | None) -> bool:
    """Return whether the API would read a value: its type and its length."""
    if longest is not None and len(value) > longest:
        return False
    try:
        msgspec.convert(value, type=kind or str)
    except msgspec.ValidationError:
        return False
    return True
