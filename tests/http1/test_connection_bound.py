"""The connections that are closed when there are too many."""

from dataclasses import dataclass

import pytest

from poolhouse.http.connection_bound import ArrivingRequests, connections_to_close

PATIENCE = 60.0


@dataclass(frozen=True)
class Connection:
    """One of the connections, by what makes the choice."""

    seconds_left: float
    is_receiving: bool = False
    is_answered: bool = False


IDLE = Connection(40.0)
LONGER_IDLE = Connection(30.0)
NEW = Connection(59.5)
KEPT = Connection(74.0)
"""It has just been answered."""
SLOW = Connection(20.0, is_receiving=True)
SLOWER = Connection(10.0, is_receiving=True)
ANSWERED = Connection(1.0, is_answered=True)


@pytest.mark.parametrize(
    ("connections", "closed"),
    [
        ([IDLE, LONGER_IDLE], LONGER_IDLE),
        ([IDLE, SLOW, NEW, KEPT, ANSWERED], IDLE),
        ([NEW, SLOW, SLOWER, KEPT, ANSWERED], SLOWER),
        ([NEW, KEPT, ANSWERED], NEW),
        ([KEPT, ANSWERED], KEPT),
    ],
)
def test_superfluous_connection_is_the_longest_idle_or_else_the_slowest(
    connections: list[Connection], closed: Connection
) -> None:
    assert connections_to_close(connections, most=10, patience=PATIENCE) == [closed]


def test_superfluous_connections_are_none_while_all_are_answered() -> None:
    assert connections_to_close([ANSWERED] * 10, most=10, patience=PATIENCE) == []


def test_superfluous_connections_are_a_share_of_many() -> None:
    """So that a flood of new ones costs little each."""
    connections = [Connection(30.0 - n / 100) for n in range(1_000)]
    chosen = connections_to_close(connections, most=1_000, patience=PATIENCE)
    assert chosen == connections[: -len(chosen) - 1 : -1]
    assert 50 < len(chosen) < 100


def test_requests_that_arrive_are_bounded_together_and_the_slowest_closed() -> None:
    requests = ArrivingRequests[Connection](most=160)
    assert requests.hold(SLOW, 100) == []
    assert requests.hold(SLOWER, 40) == []
    assert requests.hold(NEW, 20) == []
    assert requests.total == 160
    assert requests.hold(NEW, 21) == [SLOWER], "down to 15 sixteenths, so that this is rare"
    assert requests.total == 121
    requests.release(SLOW)
    requests.release(SLOW)
    assert requests.total == 21
