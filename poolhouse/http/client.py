"""The HTTP client of a worker."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


class HttpClient:
    """The one HTTP client of a worker, made when the first transport or sender needs it.

    Not one for the whole process: its connections belong to an event loop, and end with it.
    """

    def __init__(self) -> None:
        self._made: httpx.AsyncClient | None = None

    def __call__(self) -> "httpx.AsyncClient":
        import httpx  # noqa: PLC0415 - a tenth of a second that only who uses it should spend

        if self._made is None:
            # The invoker and the delivery keep the time.
            self._made = httpx.AsyncClient(timeout=None, trust_env=False)  # noqa: S113
        return self._made

    async def close(self) -> None:
        if self._made is not None:
            await self._made.aclose()
