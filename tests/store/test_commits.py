"""A commit applies all of its writes or none, whatever is in it and whatever runs beside it."""

import asyncio
import itertools
import traceback

import pytest
from support.store_samples import NOTES, all_notes, change, drop, put

from poolhouse.store.interface import (
    Conflict,
    Database,
    Unavailable,
    UniqueViolation,
    VersionConflict,
    Write,
)
from poolhouse.store.store import open_database

LONE_SURROGATE = "\ud800"
"""Not a character: no engine can keep it."""


async def test_commit_with_a_failed_condition_changes_nothing(notes: Database) -> None:
    await notes.commit([put("kept"), put("dropped"), put("changed")])
    was = await all_notes(notes)
    for length, fails in itertools.product(range(1, 6), (put("kept"), change("kept", 7))):
        for place in range(length):
            others = [put("new"), drop("dropped"), put("newer"), change("changed", 1)]
            writes = others[: length - 1]
            writes.insert(place, fails)
            with pytest.raises(Conflict) as caught:
                await notes.commit(writes)
            assert caught.value is fails.otherwise
            assert await all_notes(notes) == was, (length, place)


async def test_commit_applies_all_writes(notes: Database) -> None:
    await notes.commit([put("a"), put("b"), put("c")])
    for length in range(1, 6):
        writes = [change("a", length), put(f"new {length}"), drop("b"), drop("c"), drop("none")]
        await notes.commit(writes[:length])
    assert await all_notes(notes) == {"a": 6} | {f"new {n}": 1 for n in range(2, 6)}


async def test_commit_without_writes_succeeds(notes: Database) -> None:
    await notes.commit([])


async def test_commit_unconditional_write_may_touch_no_row(notes: Database) -> None:
    await notes.commit([drop("nobody")])
    await notes.commit([drop("nobody"), drop("nothing")])
    await notes.commit([drop("nobody"), put("somebody"), drop("nothing")])
    assert await all_notes(notes) == {"somebody": 1}


async def test_commit_raises_the_first_failed_condition(notes: Database) -> None:
    await notes.commit([put("taken")])
    for writes, raised in (
        ([put("taken"), change("gone", 1)], UniqueViolation),
        ([change("gone", 1), put("taken")], VersionConflict),
        ([drop("x"), put("free"), change("gone", 1), put("taken")], VersionConflict),
        ([drop("x"), put("free"), put("taken"), change("gone", 1)], UniqueViolation),
    ):
        with pytest.raises(Conflict) as caught:
            await notes.commit(writes)
        assert type(caught.value) is raised


async def test_unique_violation_names_the_taken_value(notes: Database) -> None:
    await notes.commit([put("red")])
    with pytest.raises(UniqueViolation) as caught:
        await notes.commit([put("blue"), put("red")])
    assert (caught.value.kind, caught.value.value) == ("note", "red")


async def test_commit_that_fails_does_not_affect_concurrent_ones(notes: Database) -> None:
    """Commits at the same moment may share a transaction; their fates they don't share."""
    await notes.commit([put("taken")])
    commits: dict[str, tuple[list[Write], type[Exception] | None]] = {}
    for n in range(0, 60, 6):
        commits |= {
            f"{n}": ([put(f"{n}")], None),
            f"{n + 1}": ([put(f"{n + 1}"), put("taken")], UniqueViolation),
            f"{n + 2}": ([put(f"{n + 2}"), drop("taken too")], None),
            f"{n + 3}": ([put(f"{n + 3}"), put("any", body=LONE_SURROGATE)], ValueError),
            f"{n + 4}": ([put(f"{n + 4}"), change("gone", 1)], VersionConflict),
            f"{n + 5}": ([drop("x"), put(f"{n + 5}"), put("any", version=2**63)], ValueError),
        }
    outcomes = await asyncio.gather(
        *(notes.commit(writes) for writes, _ in commits.values()), return_exceptions=True
    )
    for (id, (_, expected)), outcome in zip(commits.items(), outcomes, strict=True):
        assert type(outcome) is (expected or type(None)), id
    applied = {id for id, (_, failure) in commits.items() if failure is None}
    assert set(await all_notes(notes)) == applied | {"taken"}


async def test_commits_at_the_same_moment_share_a_transaction(empty_url: str) -> None:
    groups: list[int] = []
    database = await open_database(empty_url, groups.append)
    await database.apply(NOTES, 1)
    await asyncio.gather(*(database.commit([put(f"{n}")]) for n in range(60)))
    await asyncio.gather(*(database.commit([put(f"{n}, too"), drop("x")]) for n in range(60)))
    assert groups == [60, 60]
    assert len(await all_notes(database)) == 120
    await database.close()


async def test_commit_with_an_invalid_value_changes_nothing_and_hides_the_value(
    notes: Database,
) -> None:
    """A key of a table is as private as any other value: nothing quotes it."""
    insert = "INSERT INTO notes (id, version) VALUES ($1, $2)"
    private = "bob@example.com"
    await notes.commit([put(private)])
    was = await all_notes(notes)
    for failure, broken in (
        (Unavailable, Write(insert, (private, 1))),
        (ValueError, Write(insert, (private + LONE_SURROGATE, 1))),
        (ValueError, Write(insert, (private, 2**63))),
        (ValueError, Write(insert, (private, object()))),
    ):
        for writes in ([broken], [put("a"), broken], [drop(private), put("a"), broken]):
            if failure is Unavailable and len(writes) == 3:
                continue  # deleted before, the key would be free
            with pytest.raises(failure) as caught:
                await notes.commit(writes)
            assert private not in "".join(traceback.format_exception(caught.value))
            assert await all_notes(notes) == was


async def test_fetch_with_an_invalid_value_hides_the_value(notes: Database) -> None:
    for broken in ("bob" + LONE_SURROGATE, object()):
        with pytest.raises(ValueError, match="a parameter of this kind") as caught:
            await notes.fetch("SELECT version FROM notes WHERE id = $1", broken)
        assert "bob" not in "".join(traceback.format_exception(caught.value))


async def test_commit_on_a_closed_store_is_refused(notes: Database) -> None:
    accepted = [asyncio.ensure_future(notes.commit([put(f"{n}")])) for n in range(5)]
    await asyncio.sleep(0)
    await notes.close()
    await asyncio.gather(*accepted)
    with pytest.raises(Unavailable):
        await notes.commit([put("late")])
