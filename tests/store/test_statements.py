"""Every statement of the store finds its rows by an index, on both engines, however many there are.

The statements are read from the sources, so that a new one is looked at without being listed here.
Only one that is put together while the program runs needs a line in `put_together`. TEST_USERS is
how many rows each table has: a million takes minutes, and shows the same plans.
"""

import ast
import functools
import importlib
import itertools
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg
from msgspec.structs import replace
from support.store_samples import POOL, a_user

import poolhouse.store
from poolhouse.entities.users import UserStatus
from poolhouse.rules.users.user_filter import SEARCHABLE, UserFilter
from poolhouse.store import users
from poolhouse.store.bulk import user_records
from poolhouse.store.interface import Database
from poolhouse.store.migrate import migrate
from poolhouse.store.store import open_database
from poolhouse.store.user_search import SEARCHED, search_for
from poolhouse.store.users import COLUMNS, LISTED

ROWS = int(os.environ.get("TEST_USERS", "5000"))
FEW = 2000
"""Rows of a table of CONFIGURATION."""

CONFIGURATION = {
    *("access_keys", "clients", "deleted_groups", "groups", "pools", "principals"),
    *("signing_keys", "domains", "pool_resources", "pool_assets", "client_documents"),
}
"""Tables of what there are thousands of where there are millions of users."""

ONE_ROW = {"configuration", "data_keys"}
"""Tables with nothing to search in."""

STORE = Path(poolhouse.store.__file__).parent
ENGINES = STORE / "engines"
"""Their own statements are about the table of migrations, or join the writes of a commit."""

EXCUSED = {
    "SELECT version, body, sealed FROM access_keys ORDER BY id": "for the command line: all keys",
    "SELECT body FROM pools WHERE deleted = 1 LIMIT 10": "pools are few",
    "SELECT id FROM deleted_groups WHERE deleted_at < $1 LIMIT $2": "they are soon swept away",
    "SELECT kid, key_use, created_at, retired_at, private_key FROM signing_keys"
    " WHERE pool_id = $1 ORDER BY created_at, kid": "a pool has a handful of keys",
    "UPDATE schema_version SET version = version WHERE version = 1": "a row for each migration",
}
"""What may look at more rows than it returns, or sort them, and why that stays little."""

BOUNDED = {"SCAN CONSTANT ROW", "SCAN counted", "SCAN page", "SCAN found"}
"""SQLite's steps through a single row, or through a subquery that has a LIMIT."""

GUARDS = {"body", "deleted", "digest", "remembered", "retired_at", "version", "wrapped"}
"""Columns that PostgreSQL may compare in rows that an index has led to already."""


STATEMENT = re.compile(r"(SELECT|INSERT|UPDATE|DELETE|WITH)\b")

FEW_VALUES = {
    "pool_id": 2,
    "group_id": 2,
    "status": 2,
    "enabled": 2,
    "find_given_name": 2,
    "find_family_name": 2,
    "purpose": 4,
    "action": 4,
    "key_use": 2,
    "remembered": 2,
    "kind": 5,
}
"""Columns whose values are shared by many rows, by how many values they have. Two is the hardest: a
planner that doesn't know the value expects every second row to have it.
"""

SELDOM = {"retired_at", "signed_out_at", "sign_in", "mfa", "pending"}
"""Columns that are mostly empty."""

UNIQUE_SUBS = {"users", "credentials", "names", "software_tokens", "passkey_challenges"}
"""Tables that have one row a user, or, as the names, are another way to users."""


def put_together() -> list[str]:
    """An example, or all there are, of each statement that isn't a constant of its module."""
    user = a_user()
    changed = replace(
        user,
        status=UserStatus.CONFIRMED,
        enabled=not user.enabled,
        attributes=dict.fromkeys(SEARCHED, "changed"),
    )
    return [
        *searches(),
        users.save(changed, user).statement,
        *(write.statement for write in users.delete(user)),
        user_records._statement(2),
        " UNION ALL ".join(
            f"SELECT * FROM (SELECT id, version, sealed FROM outbox WHERE {condition}"
            " ORDER BY due_at, id LIMIT $2) AS found"
            for condition in ("due_at <= $1", "due_at > $3")
        ),
        "SELECT id, sealed FROM inbox ORDER BY id DESC LIMIT $1",
        "SELECT id, sealed FROM inbox WHERE pool_id >= $1 AND pool_id <= $1"
        " ORDER BY pool_id DESC, id DESC LIMIT $2",
        "SELECT id, sealed FROM inbox WHERE pool_id = $1 AND username = $2"
        " ORDER BY id DESC LIMIT $3",
        "SELECT sub FROM users WHERE pool_id = $1 AND sub IN ($2, $3)",
        "DELETE FROM sessions WHERE sub = $1 AND pool_id = $2 AND id IN ($3, $4)",
    ]


def searches() -> list[str]:
    """ListUsers with every filter, for the first page and for those behind it."""
    found = []
    for wanted in (None, *filters()):
        search = search_for(wanted)
        plain = not search.prefix or search.column == "sub"
        for after in (None, "sub" if plain else '["value","sub"]'):
            where, parameters = search.condition(POOL, after)
            limit = f"LIMIT ${len(parameters) + 1}"
            whole = [COLUMNS] if wanted is None else []
            found += [
                f"SELECT {what} FROM users WHERE {where} {limit}" for what in (LISTED, *whole)
            ]
    return found


def filters() -> list[UserFilter]:
    values = {"status": "Enabled", "cognito:user_status": "UNCONFIRMED"}
    return [
        UserFilter(attribute=attribute, prefix=prefix, value=values.get(attribute, "v"))
        for attribute in sorted(SEARCHABLE)
        for prefix in (False, True)
    ]


class Source:
    """A text of SQL in a module of the store."""

    def __init__(self, file: Path, node: ast.Constant | ast.JoinedStr) -> None:
        self.place = f"poolhouse/store/{file.name}:{node.lineno}"
        parts = [node] if isinstance(node, ast.Constant) else node.values
        texts = [str(part.value) if isinstance(part, ast.Constant) else None for part in parts]
        self.begins = texts[0] or ""
        self.statement: str | None = self.begins
        """None where it is put together of what isn't known before the program runs."""
        if isinstance(node, ast.JoinedStr):
            self.statement = _value(file, node)
        pattern = "".join(".*" if text is None else re.escape(text) for text in texts)
        self.shows = re.compile(pattern, re.DOTALL).fullmatch


def _value(file: Path, node: ast.JoinedStr) -> str | None:
    place = file.relative_to(STORE).with_suffix("")
    module = importlib.import_module(".".join(("poolhouse.store", *place.parts)))
    try:
        return str(eval(compile(ast.Expression(node), file, "eval"), dict(vars(module))))
    except NameError:
        return None


@functools.cache
def sources() -> list[Source]:
    """Every text in the store's modules that begins as a statement does, or that is used as one."""
    found = []
    for file in sorted(STORE.rglob("*.py")):
        if file.is_relative_to(ENGINES):
            continue
        nodes = list(ast.walk(ast.parse(file.read_text())))
        pieces = {id(part) for node in nodes for part in getattr(node, "values", ())}
        asked = {id(node.args[0]) for node in nodes if isinstance(node, ast.Call) and _asks(node)}
        for node in nodes:
            if not isinstance(node, ast.Constant | ast.JoinedStr) or id(node) in pieces:
                continue
            if isinstance(node, ast.JoinedStr) or isinstance(node.value, str):
                source = Source(file, node)
                if id(node) in asked or STATEMENT.match(source.begins):
                    found.append(source)
    return found


def _asks(node: ast.AST) -> bool:
    """A call of `fetch`, or of `Write`, whose first argument is a statement."""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    return getattr(node.func, "attr", getattr(node.func, "id", "")) in {"fetch", "Write"}


def statements() -> list[str]:
    constant = (source.statement for source in sources() if source.statement is not None)
    return list(dict.fromkeys([*constant, *put_together()]))


def test_statement_built_at_run_time_has_an_example() -> None:
    """Give examples of it in `put_together`, all forms that it can have."""
    built = [source for source in sources() if source.statement is None]
    assert [each.place for each in built if not any(map(each.shows, put_together()))] == []


def test_statement_examples_and_exceptions_exist_in_the_sources() -> None:
    shown = [source.shows for source in sources()]
    kept = {*EXCUSED, *put_together()}
    assert [text for text in kept if not any(shows(text) for shows in shown)] == []


async def test_sqlite_finds_the_rows_of_every_statement_by_an_index(tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path}/store.db")
    await migrate(database)
    tables = await database.fetch(
        "SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c"
        " WHERE m.type = 'table' ORDER BY m.name, c.cid"
    )
    series = (
        "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows})"
        " INSERT OR IGNORE INTO {table} ({columns}) SELECT {values} FROM s"
    )
    await fill(database, tables, series)
    wrong = {}
    for statement in statements():
        rows = await database.fetch(
            f"EXPLAIN QUERY PLAN {statement}", *[None] * parameters(statement)
        )
        plan = [str(row[3]) for row in rows]
        reads_all = [s for s in plan if s.startswith("SCAN") and s not in BOUNDED]
        reads_all = [s for s in reads_all if not _page_of_all(statement, s)]
        sorts = [step for step in plan if "TEMP B-TREE" in step]
        if (reads_all or sorts) and statement not in EXCUSED:
            wrong[statement] = plan
    assert not wrong, "\n".join(f"{k}\n      {v}" for k, v in wrong.items())
    await database.close()


async def test_postgres_finds_the_rows_of_every_statement_by_an_index(postgres_server: Any) -> None:
    """In the plan for unknown values, which serves a statement that is asked often."""
    url = await postgres_server.database()
    database = await open_database(url, connections=1)
    tables = await database.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
    )
    series = (
        "INSERT INTO {table} ({columns}) SELECT {values} FROM generate_series(1, {rows}) AS s (n)"
        " ON CONFLICT DO NOTHING"
    )
    await fill(database, tables, series)
    cleaning = await asyncpg.connect(url)
    await cleaning.execute("VACUUM ANALYZE")
    await cleaning.close()
    # What is explained without values holds with them: every connection of the store is told so.
    assert (await database.fetch("SHOW plan_cache_mode"))[0][0] == "force_generic_plan"
    rows = await database.fetch(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid, 1, true) FROM pg_index"
    )
    leading = {name: column for name, column in rows}  # noqa: C416 - types of a row are unknown
    wrong = {}
    for statement in statements():
        await database.fetch(f"PREPARE asked AS {statement}")
        given = f"({', '.join(['NULL'] * parameters(statement))})".replace("()", "")
        rows = await database.fetch(f"EXPLAIN EXECUTE asked{given}")
        await database.fetch("DEALLOCATE asked")
        plan = [str(row[0]).strip() for row in rows]
        reads_all = [step for step in plan if "Seq Scan on" in step and not _is_of_one_row(step)]
        if not _guards(plan) or not _are_led(plan, leading):
            reads_all += plan
        sorts = [step for step in plan if "Sort" in step]
        if (reads_all or sorts) and statement not in EXCUSED:
            wrong[statement] = plan
    assert not wrong, "\n".join(f"{k}\n      {v}" for k, v in wrong.items())
    await database.close()


def parameters(statement: str) -> int:
    return len(set(re.findall(r"\$\d+", statement)))


def _page_of_all(statement: str, step: str) -> bool:
    """SQLite's step through an index from its beginning, which a LIMIT ends after a page."""
    return "WHERE" not in statement and "LIMIT" in statement and "INDEX" in step


def _is_of_one_row(step: str) -> bool:
    return any(f"Seq Scan on {table} " in step for table in ONE_ROW)


def _guards(plan: Sequence[str]) -> bool:
    """Whether what is compared in the rows themselves is compared in a few only."""
    led = " ".join(step for step in plan if step.startswith("Index Cond:"))
    may_be = GUARDS | ({"sub", "pool_id"} if re.search(r"\b(sub|key|id) = ", led) else set())
    steps = [step for step in plan if step.startswith("Filter:")]
    compared = {name for step in steps for name in re.findall(r"\b([a-z_]+)\)? (?:[=<>]|IS)", step)}
    return compared <= may_be or any(map(_is_of_one_row, plan))


def _are_led(plan: Sequence[str], leading: Mapping[str, str]) -> bool:
    """Whether every condition on an index is about its first column: else all of it is read."""
    for step, following in itertools.pairwise(plan):
        found = re.search(r" using (\w+) on ", step)
        if found and following.startswith("Index Cond:") and leading[found[1]] not in following:
            return False
    return True


async def fill(database: Database, tables: Sequence[Sequence[Any]], series: str) -> None:
    """Put rows into every table, whatever tables there are."""
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in tables:
        columns.setdefault(str(table), []).append((str(column), str(kind).lower()))
    for step, table in enumerate(columns.keys() - {"schema_version"} - ONE_ROW, 1000):
        insert = series.format(
            table=table,
            columns=", ".join(name for name, _ in columns[table]),
            values=", ".join(_column(table, name, kind) for name, kind in columns[table]),
            rows=min(ROWS, FEW) if table in CONFIGURATION else ROWS,
        )
        await database.apply([insert], step)  # which may take as long as it likes


def _column(table: str, name: str, kind: str) -> str:
    """A column's value in the n-th row, in the SQL of both engines."""
    if name in SELDOM:
        number = "CASE n % 10 WHEN 0 THEN n END"
    elif name in FEW_VALUES:
        number = f"n % {FEW_VALUES[name] if table not in CONFIGURATION else FEW // 4}"
    elif name == "sub" and table not in UNIQUE_SUBS:
        number = "n / 2"
    else:
        number = "n"
    if kind in {"bigint", "integer"}:
        return "0" if name == "deleted" else number
    if name == "digest":
        return f"CAST('digest' || ({number}) AS {kind})"
    if kind in {"bytea", "blob"}:
        return "CAST('sealed, and therefore longer than what it holds' AS " + kind + ")"
    return f"'{name}' || ({number})"
