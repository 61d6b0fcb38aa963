"""Errors of unknown settings and malformed store addresses, as commands report them."""

from pathlib import Path

import pytest
from cli.programs import poolhouse, refusal

from poolhouse.bootstrap.settings import load
from poolhouse.config.settings import BadSettings


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ("POOLHOUSE_REGOIN", "Unknown setting POOLHOUSE_REGOIN; did you mean `POOLHOUSE_REGION`?"),
        ("POOLHOUSE_DEV", "Unknown setting POOLHOUSE_DEV."),
    ],
)
def test_settings_unknown_name_suggests_the_most_similar(variable: str, sentence: str) -> None:
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
def test_settings_store_urls_are_accepted(store: str) -> None:
    assert load("tool", {"store": store}, {}).store == store


@pytest.mark.parametrize(
    "store", ["postgresql://u:sesame@h:port/d", "postgresql://u:sesame/open@h/d", "mysql://sesame"]
)
def test_settings_malformed_store_url_hides_its_password(store: str) -> None:
    with pytest.raises(BadSettings) as bad:
        load("tool", {"store": store}, {})
    [mistake] = bad.value.mistakes
    assert mistake.startswith("`store` must be sqlite:///PATH or postgresql://")
    assert "sesame" not in mistake


def test_command_reports_each_settings_error_on_a_line(tmp_path: Path) -> None:
    (tmp_path / "poolhouse.toml").write_text('region = "here"')
    done = poolhouse(tmp_path, "serve", "--port", "x", POOLHOUSE_WORKERS="many")
    lines = refusal(done, 2).splitlines()
    assert [line.split()[0] for line in lines] == ["`region`", "`workers`", "`port`"]


def test_command_has_no_flag_for_a_secret(tmp_path: Path) -> None:
    done = poolhouse(tmp_path, "serve", "--smtp-password", "p")
    assert "No such option" in refusal(done, 2)


@pytest.mark.parametrize(
    ("setting", "mode", "sentence"),
    [
        ("smtp_password = 'p'", 0o644, "holds `smtp_password` and can be read by other users"),
        ("store = 'postgresql://u:p@h/d'", 0o604, "holds `store` and can be read by other users"),
        (
            "store = 'postgresql://h/d?password=p'",
            0o604,
            "holds `store` and can be read by other users",
        ),
        (
            "sms_webhook = 'https://h/?t=p'",
            0o604,
            "holds `sms_webhook` and can be read by other users",
        ),
        ("region = 'us-east-1'", 0o602, "can be changed by other users"),
    ],
)
def test_start_with_settings_file_open_to_others_is_refused(
    tmp_path: Path, setting: str, mode: int, sentence: str
) -> None:
    """As for the files of keys: the group may read it, as container platforms have it."""
    file = tmp_path / "poolhouse.toml"
    file.write_text(f"{setting}\nsmtp_username = 'u'\n")
    file.chmod(mode)
    with pytest.raises(BadSettings) as bad:
        load("serve", {}, {"POOLHOUSE_PORT": "x"}, file)
    assert f"The settings file {file} {sentence}: chmod o-" in "\n".join(bad.value.mistakes)
    file.chmod(0o640)
    with pytest.raises(BadSettings) as bad:
        load("serve", {}, {"POOLHOUSE_PORT": "x"}, file)
    assert "others" not in "\n".join(bad.value.mistakes)


@pytest.mark.parametrize("store", ["postgresql://u@h/d", "sqlite:///a.db"])
def test_settings_file_without_secrets_can_be_read_by_others(tmp_path: Path, store: str) -> None:
    file = tmp_path / "poolhouse.toml"
    file.write_text(f"store = '{store}'\nsms_webhook = 'https://h/p'\n")
    file.chmod(0o644)
    assert load("serve", {}, {}, file).store == store
