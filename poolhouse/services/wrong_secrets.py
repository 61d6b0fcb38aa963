"""Wrong secrets of app clients that a worker has read, and that aren't counted in the store yet.

`client_secret_guesses.py` has the reason.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class WrongSecrets:
    """Numbers of wrong guesses that this worker has read and not counted yet, by holder."""

    def __init__(self) -> None:
        self._under_way: dict[str, int] = {}

    def count(self, holder: str) -> int:
        """Return how many are under way."""
        return self._under_way.get(holder, 0)

    @contextmanager
    def one_more(self, holder: str) -> Iterator[None]:
        """Count one within the block."""
        self._under_way[holder] = self.count(holder) + 1
        try:
            yield
        finally:
            left = self.count(holder) - 1
            if left:
                self._under_way[holder] = left
            else:
                del self._under_way[holder]
