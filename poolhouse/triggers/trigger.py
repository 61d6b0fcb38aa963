"""The shape that all triggers share: which function is asked, its event, and its checked answer."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from msgspec import UnsetType

from poolhouse.triggers.events import Invocation, event
from poolhouse.triggers.invoke import Invoker
from poolhouse.wire.structs import LambdaConfigType

AnswerT = TypeVar("AnswerT")


class Trigger(ABC, Generic[AnswerT]):
    """One question to a pool's function. A subclass is a trigger, its fields what the event says.

    `name` is the trigger's, as in the pool's settings; `source` the event's `triggerSource`;
    `blank` the `response` that the function may fill in.
    """

    name: ClassVar[str]
    blank: ClassVar[Mapping[str, object] | UnsetType] = {}
    source: Any
    version: ClassVar[str] = "1"

    @property
    def once(self) -> str:
        """Return the key of the stored response, for when the operation runs again."""
        return str(self.source)

    def arn_of(self, functions: LambdaConfigType) -> str | None:
        """Return the pool's function for this trigger, or None."""
        arn: str | None = getattr(functions, self.name)
        return arn

    @abstractmethod
    def request(self, invocation: Invocation) -> Mapping[str, object]:
        """Return the event's `request`; a value of None in it is JSON null."""

    @abstractmethod
    def answer(self, response: Mapping[str, object], invocation: Invocation) -> AnswerT:
        """Return what the function's `response` says. Raises for one that isn't allowed."""

    @abstractmethod
    def absent(self) -> AnswerT:
        """Return the answer for a pool that has no such function, or raise."""

    async def invoke(self, invoker: Invoker, arn: str, invocation: Invocation) -> AnswerT:
        """Ask the function. Raises what `Invoker.call` raises, and what `answer` does."""
        asked = event(
            self.source, invocation, self.request(invocation), self.blank, version=self.version
        )
        return self.answer(await invoker.call(self.name, arn, asked), invocation)


class Notice(Trigger[None]):
    """A trigger whose answer is ignored, but it must be an answer."""

    def answer(self, response: Mapping[str, object], invocation: Invocation) -> None:
        return None

    def absent(self) -> None:
        return None
