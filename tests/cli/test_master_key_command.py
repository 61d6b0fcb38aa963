"""`poolhouse master-key rotate`, and what is left of one that was cut short."""

import stat
from pathlib import Path

import pytest
from cli.programs import Server, answer, cognito, poolhouse, refusal, root_key

from poolhouse.crypto.master_key import MasterKey


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a store that holds one sealed secret."""
    answer(poolhouse(tmp_path, "keys", "create", "--user", "ann", "--admin"))
    return tmp_path / ".poolhouse"


def rotate(data: Path) -> None:
    answer(poolhouse(data.parent, "master-key", "rotate"))


def kept(data: Path) -> list[Path]:
    """The old keys' files, oldest first."""
    return sorted(data.glob("master.key.until-*"))


def test_master_key_rotate_keeps_the_former_key_aside(data: Path) -> None:
    old = (data / "master.key").read_bytes()
    rotate(data)
    [aside] = kept(data)
    assert aside.read_bytes() == old != (data / "master.key").read_bytes()
    assert stat.S_IMODE((data / "master.key").stat().st_mode) == 0o600
    assert "user/ann" in answer(poolhouse(data.parent, "keys", "list"))
    rotate(data)
    assert len(kept(data)) == 2


def test_master_key_rotate_makes_the_former_key_useless(data: Path) -> None:
    rotate(data)
    kept(data)[0].replace(data / "master.key")
    done = poolhouse(data.parent, "keys", "list")
    assert "The master key doesn't unseal the store" in refusal(done, 1)


def test_master_key_rotate_under_a_running_server_succeeds(tmp_path: Path) -> None:
    data = tmp_path / ".poolhouse"
    with Server(tmp_path, "serve") as server:
        client = cognito(server.url, root_key(data))
        client.create_user_pool(PoolName="before")
        rotate(data)
        client.create_user_pool(PoolName="after")
        server.stop()
    with Server(tmp_path, "serve") as server:
        pools = cognito(server.url, root_key(data)).list_user_pools(MaxResults=60)["UserPools"]
        assert {pool["Name"] for pool in pools} == {"before", "after"}
        server.stop()


def test_master_key_rotate_interrupted_before_the_store_changed_is_finished(data: Path) -> None:
    draft = data / "master.key.new"
    MasterKey.load_or_create(draft)
    expected = draft.read_bytes()
    assert "user/ann" in answer(poolhouse(data.parent, "keys", "list"))
    rotate(data)
    assert (data / "master.key").read_bytes() == expected
    assert not draft.exists()
    assert "user/ann" in answer(poolhouse(data.parent, "keys", "list"))


def test_master_key_rotate_interrupted_after_the_store_changed_is_finished(data: Path) -> None:
    old = (data / "master.key").read_bytes()
    rotate(data)
    expected = (data / "master.key").read_bytes()
    (data / "master.key").rename(data / "master.key.new")
    kept(data)[0].replace(data / "master.key")
    assert "user/ann" in answer(poolhouse(data.parent, "keys", "list"))
    rotate(data)
    assert (data / "master.key").read_bytes() == expected
    assert [file.read_bytes() for file in kept(data)] == [old]


def test_master_key_rotate_without_key_or_store_changes_nothing(tmp_path: Path, data: Path) -> None:
    (data / "master.key").rename(tmp_path / "moved.key")
    refusal(poolhouse(tmp_path, "master-key", "rotate"), 1)
    assert not list(data.glob("master.key*"))
    flags = ("--master-key", tmp_path / "moved.key")
    assert "user/ann" in answer(poolhouse(tmp_path, "keys", "list", *flags))
    elsewhere = poolhouse(tmp_path, "master-key", "rotate", "--data", "elsewhere")
    assert refusal(elsewhere, 1).startswith("There is no store in elsewhere")
    assert not (tmp_path / "elsewhere").exists()
