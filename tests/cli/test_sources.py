"""What is said of names and addresses that aren't any, and how a command says it."""

from pathlib import Path

import pytest
from cli.programs import poolhouse, refusal

from poolhouse.cli.sources import load
from poolhouse.config import BadSettings


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ("POOLHOUSE_REGOIN", "POOLHOUSE_REGOIN is no setting; did you mean `POOLHOUSE_REGION`?"),
        ("POOLHOUSE_DEV", "POOLHOUSE_DEV is no setting."),
    ],
)
def test_an_unknown_name_is_told_with_the_one_it_resembles(variable: str, sentence: str) -> None:
    """Not with one that has nothing in common with it but the prefix of all."""
    with pytest.raises(BadSettings) as bad:
        load("serve", {}, {variable: "x"})
    assert bad.value.mistakes == (sentence,)


@pytest.mark.parametrize(
    "store",
    [
        "sqlite:///relative.db",
        "sqlite:////absolute.db",
        "postgresql://u:p@one:5432,two:5433/d?sslmode=require",
        "postgres:///d?host=/run/postgresql",
        "postgresql://[::1]:5432/d",
    ],
)
def test_stores_that_can_be_named(store: str) -> None:
    assert load("tool", {"store": store}, {}).store == store


@pytest.mark.parametrize(
    "store", ["postgresql://u:sesame@h:port/d", "postgresql://u:sesame/open@h/d", "mysql://sesame"]
)
def test_a_store_that_cannot_be_named_is_told_without_its_password(store: str) -> None:
    with pytest.raises(BadSettings) as bad:
        load("tool", {"store": store}, {})
    [mistake] = bad.value.mistakes
    assert mistake.startswith("`store` must be sqlite:///PATH or postgresql://")
    assert "sesame" not in mistake


def test_a_command_tells_every_mistake_on_a_line(tmp_path: Path) -> None:
    (tmp_path / "poolhouse.toml").write_text('region = "here"')
    done = poolhouse(tmp_path, "serve", "--port", "x", POOLHOUSE_WORKERS="many")
    lines = refusal(done, 2).splitlines()
    assert [line.split()[0] for line in lines] == ["`region`", "`workers`", "`port`"]


def test_a_secret_has_no_flag(tmp_path: Path) -> None:
    done = poolhouse(tmp_path, "serve", "--smtp-password", "p")
    assert "No such option" in refusal(done, 2)
