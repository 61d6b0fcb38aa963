"""A file that isn't whole, or isn't what was written, is refused before anything is stored."""

import asyncio
import base64
from collections.abc import Callable

import msgspec
import pytest
from transfer.generated_pools import (
    PASSPHRASE,
    a_pool_of,
    exported,
    keep,
    open_store,
    reader,
)

from poolhouse.transfer.file_format import ImportRefused
from poolhouse.transfer.importer import load

Lines = list[bytes]


@pytest.fixture(scope="module")
def export() -> bytes:
    """Header, pool, key, client, group, three users, trailer."""

    async def make() -> bytes:
        store = await open_store("sqlite://")
        contents = a_pool_of(users=3)
        await keep(store, contents)
        made = await exported(store, contents.pool)
        await store.close()
        return made

    return asyncio.run(make())


def seal(line: bytes) -> bytes:
    sealed: str = msgspec.json.decode(line)["sealed"]
    return sealed.encode()


def swapped(lines: Lines, one: int, other: int) -> Lines:
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def with_other_seal(lines: Lines) -> Lines:
    """The first user with the second one's password."""
    lines[5] = lines[5].replace(seal(lines[5]), seal(lines[6]))
    return lines


def with_extra_member(lines: Lines) -> Lines:
    """A second list of groups behind the seal, where a careless digest wouldn't look."""
    lines[5] = lines[5].replace(b'"}\n', b'","groups":[]}\n')
    return lines


def changed(lines: Lines, number: int, what: bytes, into: bytes) -> Lines:
    assert what in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(what, into)
    return lines


NOT_AS_WRITTEN = "The export was changed: lines are missing, moved or different."
DAMAGES: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "no trailer": (lambda lines: lines[:-1], "cut short: it ends with line 8"),
    "half a line": (lambda lines: [*lines[:6], lines[6][:40]], "cut short, or damaged, in line 7"),
    "the header alone": (lambda lines: lines[:1], "cut short: it ends with line 1"),
    "a user missing": (lambda lines: lines[:6] + lines[7:], NOT_AS_WRITTEN),
    "a user twice": (lambda lines: lines[:6] + lines[5:], NOT_AS_WRITTEN),
    "users moved": (lambda lines: swapped(lines, 5, 6), NOT_AS_WRITTEN),
    "a user before the group": (lambda lines: swapped(lines, 4, 5), "Line 6 is out of place"),
    "no pool": (lambda lines: lines[:1] + lines[2:], "Line 2 is out of place"),
    "two pools": (lambda lines: lines[:2] + lines[1:], "Line 3 is out of place"),
    "a status changed": (
        lambda lines: changed(lines, 6, b'"UNCONFIRMED"', b'"CONFIRMED"'),
        NOT_AS_WRITTEN,
    ),
    "a name changed": (lambda lines: changed(lines, 6, b'"user0"', b'"admin"'), NOT_AS_WRITTEN),
    "counts changed": (
        lambda lines: changed(lines, 9, b'"users":3', b'"users":2'),
        "Line 9 is damaged",
    ),
    "a pool's setting changed": (
        lambda lines: changed(lines, 2, b'"home"', b'"rome"'),
        NOT_AS_WRITTEN,
    ),
    "another's seal": (with_other_seal, "Line 6 is damaged: it can't be unsealed"),
    "a member behind the seal": (with_extra_member, NOT_AS_WRITTEN),
    "a member that isn't known": (
        lambda lines: changed(lines, 6, b'"kind"', b'"more":1,"kind"'),
        "Line 6 is damaged",
    ),
    "no JSON": (lambda lines: [*lines[:5], b"\xff\xfe\n", *lines[6:]], "Line 6 is damaged"),
    "more behind the end": (lambda lines: [*lines, b"\n"], "Line 9 should be the last"),
    "another pool's header": (
        lambda lines: changed(lines, 1, b"eu-central-1_Generated", b"eu-central-1_Other"),
        "Line 2 belongs to another pool",
    ),
    "a newer format": (
        lambda lines: changed(lines, 1, b'"format":2', b'"format":3,"new":[]'),
        "format 3, and this Poolhouse knows formats up to 2",
    ),
    "no export": (lambda _: [b"Dear Sir or Madam\n"], "not an export of a pool"),
    "nothing": (lambda _: [], "not an export of a pool"),
    "not the beginning": (lambda lines: lines[1:], "not an export of a pool"),
    "costs beyond all measure": (
        lambda lines: changed(lines, 1, b'"n":2', b'"n":1073741824'),
        "not an export of a pool",
    ),
    "costs that aren't": (
        lambda lines: changed(lines, 1, b'"n":2', b'"n":3'),
        "costs of scrypt are invalid",
    ),
    "lower costs": (lambda lines: changed(lines, 1, b'"n":2', b'"n":4'), "Wrong passphrase"),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_import_of_a_damaged_export_changes_nothing(export: bytes, damage: str) -> None:
    do, sentence = DAMAGES[damage]
    store = await open_store("sqlite://")
    with pytest.raises(ImportRefused, match=sentence):
        await load(store, reader(b"".join(do(export.splitlines(keepends=True)))))
    assert await store.bulk.presence("eu-central-1_Generated") is None
    await store.close()


def test_import_with_another_passphrase_is_refused(export: bytes) -> None:
    with pytest.raises(ImportRefused, match="Wrong passphrase for this export"):
        reader(export, PASSPHRASE + "!")


def test_export_seals_every_secret(export: bytes) -> None:
    secrets = [b"s3cret", b"a verifier of a password", b"sixteen bytes!!!", b"a private key"]
    secrets += [b"an app's secret.", b"an app's next one", b"a verifier of a device's secret"]
    for secret in secrets:
        assert secret not in export
        assert base64.b64encode(secret)[:-4] not in export


async def test_import_of_a_file_changed_between_readings_stays_hidden(export: bytes) -> None:
    """The pool stays hidden: what was checked isn't what was loaded."""
    store = await open_store("sqlite://")
    reading = reader(export)

    def change(step: str) -> None:
        if step == "loading":
            lines = export.splitlines(keepends=True)
            reading.file.seek(0)
            reading.file.write(b"".join(lines[:5] + lines[6:]))
            reading.file.truncate()

    with pytest.raises(ImportRefused, match=NOT_AS_WRITTEN):
        await load(store, reading, change)
    assert await store.pools.find("eu-central-1_Generated") is None
    await store.close()
