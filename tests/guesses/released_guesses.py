"""Guesses at one secret that are released together, and how many of them may be answered."""

from collections.abc import Sequence

from guesses.guessing_world import Guessable, Target
from guesses.released_requests import LIMITED, released_together


def storm(port: int, guessable: Guessable, target: Target) -> list[str]:
    """What so many wrong guesses, and behind them the right one, are answered.

    Nothing but what a single guess may be answered, and refusals that tell nothing.
    """
    requests = [target.wrong(n) for n in range(guessable.together - guessable.right_among)]
    if guessable.right_among:
        requests.append(target.right())
    answers = released_together(port, requests)
    assert set(answers) <= {target.wrong_says, target.right_says, *LIMITED, *target.afterwards}
    return answers


def most_wrong(guessable: Guessable, target: Target, answers: Sequence[str]) -> int:
    """How many wrong guesses may be answered at most, by what became of the right one.

    The server may look at it before others. Within an hourly limit it counts like them. It clears
    the failures before it if it was accepted.
    """
    if answers[-1] in LIMITED or not guessable.right_among:
        return guessable.limit
    if guessable.hourly:
        return guessable.limit - 1
    return guessable.limit * (2 if target.clears else 1)
