"""The supervisor's watch over its workers."""

import asyncio

import pytest

from poolhouse.workers import supervisor
from poolhouse.workers.supervisor import Supervisor


async def test_watch_goes_on_after_an_unforeseen_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else no hanging worker would be noticed any more, and nothing would say so."""
    monkeypatch.setattr(supervisor, "HEARTBEAT_SECONDS", 0)
    watched = asyncio.Event()

    class Failing(Supervisor):
        times = 0

        def _watch_once(self) -> None:
            self.times += 1
            if self.times == 1:
                raise ValueError("a secret of the settings")
            watched.set()

    watching = asyncio.create_task(Failing([], b"", [], stop_seconds=1)._watch())
    async with asyncio.timeout(60):
        await watched.wait()
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    logged = capsys.readouterr().out
    assert "ValueError" in logged
    assert "a secret" not in logged
