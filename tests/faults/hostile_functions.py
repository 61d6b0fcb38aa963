"""Lambda functions that misbehave. Each writes into a file that it has begun."""

import os
import sys
from pathlib import Path
from typing import Any

Event = dict[str, Any]
BEGUN = Path(__file__).with_name("begun")


def loops(_event: Event, _context: object) -> None:
    BEGUN.write_text("loops")
    while True:
        pass


def exits(_event: Event, _context: object) -> None:
    os._exit(3)


def is_killed(_event: Event, _context: object) -> None:
    os.kill(os.getpid(), 9)


def answers_hugely(event: Event, _context: object) -> Event:
    event["response"] = {"text": "x" * 20_000_000}
    return event


def eats_memory_and_fails(_event: Event, _context: object) -> None:
    raise MemoryError("m" * 5_000_000)


def recurses(_event: Event, _context: object) -> None:
    recurses(_event, _context)


def answers_no_json(_event: Event, _context: object) -> object:
    return {1, 2}


def answers_nothing(_event: Event, _context: object) -> None:
    return None


def answers_a_list(_event: Event, _context: object) -> list[int]:
    return [1]


def answers_wrong_types(event: Event, _context: object) -> Event:
    event["response"] = {"autoConfirmUser": "yes", "autoVerifyEmail": {"a": []}}
    return event


def prints_endlessly(event: Event, _context: object) -> Event:
    for _ in range(2_000):
        sys.stdout.write("x" * 1_000)
        sys.stderr.write("\x1b[2J\r\n")
    return event


def closes_what_it_has(event: Event, _context: object) -> Event:
    os.closerange(0, 65_536)
    return event
