"""Many rows in one write: all of them are inserted, or nothing of their commit is applied."""

import asyncio
import traceback
from typing import Any

import pytest
from support.postgres_server import PostgresServer
from support.store_samples import NOTES, all_notes, change, drop, put

from poolhouse.store.interface import (
    Database,
    Inserts,
    Unavailable,
    UniqueViolation,
    VersionConflict,
    Write,
    singly,
)
from poolhouse.store.store import open_database

LONE_SURROGATE = "\ud800"


def put_all(*ids: str, body: Any = None) -> Inserts:
    """Notes of version 1, all without a body but the last."""
    *others, last = [put(id) for id in ids]
    rows = [(*other.parameters[:2], None) for other in others]
    return Inserts(last.statement, [*rows, (*last.parameters[:2], body)], UniqueViolation("notes"))


async def test_inserts_insert_every_row(notes: Database) -> None:
    await notes.commit([put_all(*(f"{n}" for n in range(1000)))])
    assert await all_notes(notes) == {f"{n}": 1 for n in range(1000)}
    await notes.commit([put("a"), put_all("b", "c", body="new"), change("0", 1), drop("1")])
    found = await all_notes(notes)
    assert {found[id] for id in "abc"} == {1}
    assert found["0"] == 2
    assert "1" not in found
    [row] = await notes.fetch("SELECT body FROM notes WHERE id = $1", "c")
    assert row[0] == "new"


async def test_inserts_without_rows_do_nothing(notes: Database) -> None:
    await notes.commit([Inserts(put("a").statement, [], UniqueViolation("note"))])
    assert await all_notes(notes) == {}


async def test_inserts_with_an_existing_row_change_nothing(notes: Database) -> None:
    await notes.commit([put("taken"), put("dropped")])
    was = await all_notes(notes)
    for ids in (("taken", "b"), ("a", "taken"), ("a", "twice", "b", "twice")):
        fails = put_all(*ids)
        commits: list[list[Write | Inserts]] = [
            [fails],
            [put("new"), fails],
            [fails, drop("dropped")],
            [put_all("c"), fails],
        ]
        for writes in commits:
            with pytest.raises(UniqueViolation) as caught:
                await notes.commit(writes)
            assert caught.value is fails.otherwise
            assert await all_notes(notes) == was
    with pytest.raises(VersionConflict):
        await notes.commit([put_all("a", "b"), change("gone", 1)])
    assert await all_notes(notes) == was


@pytest.mark.parametrize("broken", [LONE_SURROGATE, object(), 2**63])
async def test_inserts_with_an_invalid_value_change_nothing_and_hide_the_value(
    notes: Database, broken: Any
) -> None:
    private = "bob@example.com"
    breaks = put_all("a", private, body=broken)
    commits: list[list[Write | Inserts]] = [
        [breaks],
        [put("c"), breaks],
        [put_all("d"), breaks],
    ]
    for writes in commits:
        beside = asyncio.ensure_future(notes.commit([put_all("x", "y")]))
        with pytest.raises(ValueError, match="a parameter of this kind") as caught:
            await notes.commit(writes)
        assert private not in "".join(traceback.format_exception(caught.value))
        await beside
        assert await all_notes(notes) == {"x": 1, "y": 1}
        await notes.commit([drop("x"), drop("y")])


async def test_inserts_refused_by_the_server_are_retried_singly(
    postgres_server: PostgresServer,
) -> None:
    """A trigger plays a server that can't take them, in the words that PostgreSQL has for it."""
    postgres = await open_database(await postgres_server.database())
    await postgres.apply(
        [
            *NOTES,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
            " IF (SELECT count(*) FROM new_rows) > 1 THEN"
            " RAISE EXCEPTION 'singly, please' USING ERRCODE = '0A000'; END IF;"
            " RETURN NULL; END$$",
            "CREATE TRIGGER refuse AFTER INSERT ON notes REFERENCING NEW TABLE AS new_rows"
            " EXECUTE FUNCTION refuse()",
        ],
        1000,
    )
    await postgres.commit([put("taken"), put_all("a", "b")])
    with pytest.raises(UniqueViolation):
        await postgres.commit([put_all("c", "taken")])
    assert await all_notes(postgres) == {"taken": 1, "a": 1, "b": 1}
    await postgres.close()


async def test_inserts_into_a_missing_table_are_unavailable(notes: Database) -> None:
    with pytest.raises(Unavailable):
        await notes.commit(
            [Inserts("INSERT INTO nothing (id) VALUES ($1)", [("a",)], UniqueViolation("it"))]
        )


def test_singly_keeps_writes_and_makes_one_of_each_row() -> None:
    many = put_all("a", "b")
    alone = drop("c")
    assert list(singly([alone, many])) == [
        alone,
        *(Write(many.statement, row, many.otherwise) for row in many.rows),
    ]
