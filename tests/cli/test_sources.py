"""Where settings come from, and what is said of mistakes."""

from pathlib import Path
from typing import Any

import pytest
from cli.programs import poolhouse, refusal

from poolhouse.cli.sources import load
from poolhouse.config import BadSettings, Purpose, Settings


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(
    file: str | None = None,
    environment: dict[str, str] | None = None,
    purpose: Purpose = "tool",
    **flags: Any,
) -> Settings:
    """`file` is the text of poolhouse.toml."""
    if file is not None:
        Path("poolhouse.toml").write_text(file)
    return load(purpose, flags, environment or {})


def mistakes(*given: Any, **flags: Any) -> tuple[str, ...]:
    with pytest.raises(BadSettings) as bad:
        read(*given, **flags)
    return bad.value.mistakes


def test_without_any_source_there_are_the_defaults() -> None:
    assert read() == Settings()
    assert read(purpose="dev") == Settings(dev=True)


def test_flags_win_over_the_environment_and_that_over_the_file() -> None:
    file = 'region = "eu-west-1"\nport = 1\nworkers = 2'
    settings = read(file, {"POOLHOUSE_PORT": "2", "POOLHOUSE_WORKERS": "3"}, workers="4")
    assert (settings.region, settings.port, settings.workers) == ("eu-west-1", 2, 4)


def test_a_flag_that_is_not_given_and_an_empty_variable_say_nothing() -> None:
    settings = read("memory = true\nport = 1", {"POOLHOUSE_PORT": ""}, "dev", memory=None)
    assert (settings.memory, settings.port) == (True, 1)
    assert read(purpose="dev", memory=False).memory is False


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("FALSE", False)])
def test_texts_are_read_as_what_they_stand_for(text: str, value: bool) -> None:
    settings = read(
        None,
        {
            "POOLHOUSE_MEMORY": text,
            "POOLHOUSE_TRIGGER_SECONDS": "2.5",
            "POOLHOUSE_DATA": "elsewhere",
            "POOLHOUSE_PUBLIC_URL": "https://id.example.com/",
        },
        "dev",
    )
    assert settings.memory is value
    assert settings.trigger_seconds == 2.5
    assert settings.data == Path("elsewhere")
    assert settings.public_url == "https://id.example.com"


def test_a_file_may_be_named_and_then_it_must_be_there(tmp_path: Path) -> None:
    named = tmp_path / "other.toml"
    named.write_text("port = 5")
    assert load("tool", {}, {}, named).port == 5
    assert load("tool", {}, {"POOLHOUSE_CONFIG": str(named)}).port == 5
    with pytest.raises(BadSettings, match=r"settings file none\.toml can't be read: No such file"):
        load("tool", {}, {}, Path("none.toml"))


def test_a_file_must_be_toml() -> None:
    assert mistakes("port 5") == (
        "The settings file poolhouse.toml is not TOML:"
        " Expected '=' after a key in a key/value pair (at line 1, column 6).",
    )


def test_triggers_of_all_sources_are_put_together() -> None:
    settings = read(
        '[triggers]\none = "http://file/"\ntwo = "http://file/"',
        {"POOLHOUSE_TRIGGERS": "two=http://variable/ 'three=my files/f.py:handler'"},
        triggers=["four=http://flag/?a=b"],
    )
    assert settings.triggers == {
        "one": "http://file/",
        "two": "http://variable/",
        "three": "my files/f.py:handler",
        "four": "http://flag/?a=b",
    }


def test_all_mistakes_of_all_sources_are_told_at_once() -> None:
    found = mistakes(
        'prot = 1\nport = "1"\n[triggers]\nf = 5',
        {
            "POOLHOUSE_REGOIN": "x",
            "POOLHOUSE_WORKERS": "0",
            "POOLHOUSE_DEV": "true",
            "POOLHOUSE_SMTP_TLS": "maybe",
        },
        "serve",
        account_id="12",
        code="123456",
        triggers=["g=none.py:handler"],
    )
    assert set(found) == {
        "poolhouse.toml has the unknown setting `prot`; did you mean `port`?",
        "`port` must be a port from 0 to 65535, but poolhouse.toml says '1'.",
        "`triggers` must be of the form FUNCTION=PLACE, unlike in poolhouse.toml.",
        "POOLHOUSE_REGOIN is no setting; did you mean `POOLHOUSE_REGION`?",
        "POOLHOUSE_DEV is no setting.",
        "`workers` must be a whole number from 1 to 512, but POOLHOUSE_WORKERS says '0'.",
        "`smtp_tls` must be none, starttls or tls, but POOLHOUSE_SMTP_TLS says 'maybe'.",
        "`account_id` must be twelve digits, but --account-id says '12'.",
        "`code` (--code) makes every code the same and is for `poolhouse dev` only.",
        "--trigger has a trigger that can't be used: g: there is no file for"
        f" 'none.py:handler' in {Path.cwd()}.",
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "70000"),
        ("port", "-1"),
        ("port", "http"),
        ("host", ""),
        ("host", "a b"),
        ("region", "Virginia"),
        ("region", "us-east-1\n"),
        ("account_id", "00000000000x"),
        ("store", "mysql://u:sesame@h/d"),
        ("store", "sqlite://"),
        ("store", "postgresql://u:sesame@h:port/d"),
        ("store", "postgresql://u:sesame/open@h/d"),
        ("public_url", "https://id.example.com/path"),
        ("public_url", "https://u:sesame@id.example.com"),
        ("public_url", "ftp://id.example.com"),
        ("largest_body", "12"),
        ("trigger_seconds", "0"),
        ("code", "12345"),
        ("code", "1234567"),
        ("memory", "maybe"),
        ("data", ""),
    ],
)
def test_a_value_of_the_wrong_form_is_told_with_its_setting_and_source(
    name: str, text: str
) -> None:
    [mistake] = mistakes(**{name: text})
    assert mistake.startswith(f"`{name}` must be ")
    assert f", but --{name.replace('_', '-')} says " in mistake
    assert name != "store" or "sesame" not in mistake


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
    assert read(store=store).store == store


def test_a_command_tells_every_mistake_on_a_line(tmp_path: Path) -> None:
    (tmp_path / "poolhouse.toml").write_text('region = "here"')
    done = poolhouse(tmp_path, "serve", "--port", "x", POOLHOUSE_WORKERS="many")
    lines = refusal(done, 2).splitlines()
    assert [line.split()[0] for line in lines] == ["`region`", "`workers`", "`port`"]


def test_a_secret_has_no_flag(tmp_path: Path) -> None:
    done = poolhouse(tmp_path, "serve", "--smtp-password", "p")
    assert "No such option" in refusal(done, 2)
