"""Settings: where they come from, which source wins, and every mistake told at once."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from poolhouse.bootstrap.settings import flag, load
from poolhouse.cli.worker import orders
from poolhouse.config.addresses import is_loopback
from poolhouse.config.settings import FACTS, BadSettings, Purpose, Settings

NOWHERE: dict[str, str] = {}


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a poolhouse.toml of the developer's own."""
    monkeypatch.chdir(tmp_path)


def given(purpose: Purpose = "serve", /, **flags: Any) -> Settings:
    return load(purpose, flags, NOWHERE)


def mistakes(purpose: Purpose = "serve", /, **flags: Any) -> list[str]:
    """What is wrong with these flags."""
    with pytest.raises(BadSettings) as bad:
        load(purpose, flags, NOWHERE)
    return list(bad.value.mistakes)


def test_settings_not_given_have_defaults() -> None:
    assert given() == Settings()
    assert given("tool") == Settings()
    assert given("dev") == Settings(dev=True)


def test_defaults_are_safe() -> None:
    settings = Settings()
    assert not settings.dev
    assert is_loopback(settings.host)
    assert settings.smtp_tls == "starttls"
    assert not settings.behind_proxy


def test_settings_flag_overrides_variable_and_variable_overrides_file(tmp_path: Path) -> None:
    file = tmp_path / "poolhouse.toml"
    file.write_text('port = 1\nregion = "eu-west-1"\naccount_id = "111111111111"\n')
    settings = load(
        "serve",
        {"port": "3"},
        {"POOLHOUSE_PORT": "2", "POOLHOUSE_REGION": "eu-west-2", "PATH": "/bin"},
    )
    assert (settings.port, settings.region) == (3, ("eu-west-2",))
    assert settings.account_id == "111111111111"


def test_settings_file_is_named_by_flag_or_variable_or_found(tmp_path: Path) -> None:
    for number, name in enumerate(("poolhouse.toml", "by-variable.toml", "by-flag.toml"), 1):
        (tmp_path / name).write_text(f"port = {number}")
    variable = {"POOLHOUSE_CONFIG": "by-variable.toml"}
    assert load("serve", {}, NOWHERE).port == 1
    assert load("serve", {}, variable).port == 2
    assert load("serve", {}, variable, Path("by-flag.toml")).port == 3


@pytest.mark.parametrize("named_by", ["flag", "variable"])
def test_settings_file_named_but_missing_is_refused(named_by: str) -> None:
    with pytest.raises(BadSettings, match=r"settings file none\.toml can.t be read: No such file"):
        if named_by == "flag":
            load("serve", {}, NOWHERE, Path("none.toml"))
        else:
            load("serve", {}, {"POOLHOUSE_CONFIG": "none.toml"})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"port = ", "The settings file poolhouse.toml is not TOML: "),
        (b"\xff\xfe", "The settings file poolhouse.toml is not TOML: "),
        (b"prot = 1", "Unknown setting `prot` in poolhouse.toml; did you mean `port`?"),
        (b"zzzzz = 1", "Unknown setting `zzzzz` in poolhouse.toml."),
        (b"dev = true", "Unknown setting `dev` in poolhouse.toml."),
        (b'port = "9229"', "`port` must be a port from 0 to 65535, but poolhouse.toml has '9229'"),
        (b"workers = true", "`workers` must be a whole number from 1 to 512, but poolhouse.toml"),
        (b"data = 1", "`data` must be a text, but poolhouse.toml has 1."),
        (b"code = 123456", "`code` must be six digits, but poolhouse.toml has 123456."),
        (b"[triggers]\nf = 1", "`triggers` must have the form FUNCTION=PLACE, but poolho"),
    ],
)
def test_settings_file_error_is_described(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "poolhouse.toml").write_bytes(content)
    with pytest.raises(BadSettings) as bad:
        load("dev", {}, NOWHERE)
    [mistake] = bad.value.mistakes
    assert mistake.startswith(sentence)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("port", "0", 0),
        ("data", "/var/lib/poolhouse", Path("/var/lib/poolhouse")),
        ("store", "postgresql://u@h1:1,h2:2/d", "postgresql://u@h1:1,h2:2/d"),
        ("behind_proxy", "true", True),
        ("behind_proxy", "0", False),
        ("trigger_seconds", "2.5", 2.5),
        ("public_url", "https://id.example.com/", "https://id.example.com"),
        ("smtp_tls", "tls", "tls"),
        ("smtp_host", "null", "null"),
        ("stop_seconds", "0", 0),
    ],
)
def test_settings_variable_is_parsed_by_its_type(name: str, text: str, value: object) -> None:
    assert getattr(load("serve", {}, {f"POOLHOUSE_{name.upper()}": text}), name) == value


def test_settings_empty_variable_counts_as_not_given() -> None:
    assert load("serve", {}, {"POOLHOUSE_PORT": "", "POOLHOUSE_CONFIG": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "a b"),
        ("port", "65536"),
        ("port", "-1"),
        ("port", "http"),
        ("store", "mysql://h/d"),
        ("store", "postgresql://u:pass/word@h/d"),
        ("workers", "0"),
        ("workers", "513"),
        ("region", "Frankfurt"),
        ("region", "us-east-1,"),
        ("region", "us-east-1,here"),
        ("region", "us-east-1;us-west-2"),
        ("region", "us-east-1000"),
        ("region", "us-northnorthnorth-1"),
        ("account_id", "12345"),
        ("public_url", "id.example.com"),
        ("public_url", "https://id.example.com/path"),
        ("public_url", "https://u:p@id.example.com"),
        ("public_url", "https://id.example.com:port"),
        ("largest_body", "1023"),
        ("stop_seconds", "-1"),
        ("postgres_connections", "0"),
        ("trigger_seconds", "0"),
        ("trigger_seconds", "nan"),
        ("trigger_seconds", "inf"),
        ("code", "abcdef"),
        ("code", "123456\n"),
        ("smtp_port", "0"),
        ("smtp_tls", "ssl"),
        ("behind_proxy", "maybe"),
        ("data", ""),
    ],
)
def test_settings_invalid_value_is_refused_with_the_expected_form(name: str, value: str) -> None:
    [mistake] = mistakes("dev", **{name: value})
    assert mistake.startswith(f"`{name}` must be {FACTS[name].must}, but {flag(name)} has ")


def test_settings_errors_of_all_sources_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "poolhouse.toml").write_text("colour = 1\nport = -1")
    variables = {"POOLHOUSE_WORKERS": "many", "POOLHOUSE_PROT": "1", "POOLHOUSE_HOST": "0.0.0.0"}
    flags = {"code": "123456", "account_id": "me", "tls_key": "key.pem", "triggers": ["f"]}
    with pytest.raises(BadSettings) as bad:
        load("serve", flags, variables)
    named = [
        "colour",
        "port",
        "WORKERS",
        "PROT",
        "host",
        "code",
        "account-id",
        "tls_key",
        "trigger",
    ]
    for name in named:
        assert any(name in mistake for mistake in bad.value.mistakes), name
    assert len(bad.value.mistakes) == len(named)
    assert str(bad.value) == "\n".join(bad.value.mistakes)


SECRETS = {
    "store": "postgresql://me:hunter2@db/d",
    "smtp_password": "hunter2",
    "sms_webhook": "https://sms.example.com/hunter2",
    "webhook_secret": "hunter2",
    "aws_secret_access_key": "hunter2",
    "aws_session_token": "hunter2",
    "passphrase": "hunter2",
    "environment": {"welcome": {"API_KEY": "hunter2"}},
}


def test_settings_repr_hides_secrets() -> None:
    assert {name for name, facts in FACTS.items() if facts.secret} == SECRETS.keys()
    settings = Settings(**SECRETS)  # type: ignore[arg-type]
    assert "hunter2" not in repr(settings) + str(settings) + f"{settings!r:.900}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("store", "mysql://me:hunter2@db/d"),
        ("store", "postgresql://me:hunter2/x@db/d"),
        ("sms_webhook", "ftp://sms.example.com/hunter2"),
        ("public_url", "https://me:hunter2@example.com"),
        ("triggers", ["f=https://me:hunter2@example.com/"]),
        ("triggers", ["f=https://example.com/#hunter2"]),
        ("environment", "welcome:API-KEY=hunter2"),
        ("environment", "welcome:API_KEY='hunter2"),
        ("environment", "API_KEY=hunter2"),
        ("environment", {"two words": {"API_KEY": "hunter2"}}),
    ],
)
def test_settings_error_hides_secrets(name: str, value: object) -> None:
    assert "hunter2" not in str(mistakes("dev", **{name: value}))


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"host": "0.0.0.0"}, "`host` must be a loopback address, but --host has '0.0.0.0'"),
        ({"host": "example.com"}, "`host` must be a loopback address"),
        ({"workers": "2"}, "`workers` (--workers) is for `poolhouse serve`"),
        (
            {"memory": True, "store": "sqlite:///x"},
            "`memory` (--memory) and `store` (--store) exclude each other.",
        ),
    ],
)
def test_dev_mode_stays_on_this_machine(flags: dict[str, Any], sentence: str) -> None:
    [mistake] = mistakes("dev", **flags)
    assert sentence in mistake
    assert load("tool", flags | {"memory": None}, NOWHERE)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1"])
def test_dev_mode_listens_on_any_loopback_address(host: str) -> None:
    assert given("dev", host=host).host == host


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"code": "123456"}, "`code` (--code) makes every code the same"),
        ({"fixed_ids": "x"}, "`fixed_ids` (--fixed-ids) makes every secret guessable"),
        ({"seed": "x"}, "`seed` (--seed) creates pools and users from a file"),
        ({"memory": True}, "`memory` (--memory) loses all data at the end"),
        ({"host": "0.0.0.0"}, "passwords would be sent unencrypted"),
        ({"host": "::"}, "passwords would be sent unencrypted"),
    ],
)
def test_production_refuses_what_is_for_development(flags: dict[str, Any], sentence: str) -> None:
    [mistake] = mistakes("serve", **flags)
    assert sentence in mistake


@pytest.mark.parametrize(
    "secured", [{"behind_proxy": True}, {"tls_certificate": "c.pem", "tls_key": "k.pem"}]
)
def test_production_listens_to_others_over_tls(secured: dict[str, Any]) -> None:
    assert given("serve", host="0.0.0.0", **secured).host == "0.0.0.0"


def test_settings_tool_with_memory_store_is_refused() -> None:
    [mistake] = mistakes("tool", memory=True)
    assert mistake.startswith("`memory` (--memory) keeps the store in the server")


@pytest.mark.parametrize("purpose", ["dev", "serve", "tool"])
@pytest.mark.parametrize(
    ("has", "lacks"),
    [
        ("tls_certificate", "tls_key"),
        ("tls_key", "tls_certificate"),
        ("smtp_username", "smtp_password"),
        ("smtp_password", "smtp_username"),
        ("aws_access_key_id", "aws_secret_access_key"),
        ("aws_secret_access_key", "aws_access_key_id"),
    ],
)
def test_settings_half_of_a_pair_is_refused(purpose: Purpose, has: str, lacks: str) -> None:
    assert mistakes(purpose, **{has: "x"}) == [f"`{has}` ({flag(has)}) needs `{lacks}` too."]


@pytest.mark.parametrize(
    ("one", "other"), [("smtp_host", "ses_endpoint"), ("sns_endpoint", "sms_webhook")]
)
def test_settings_exclusive_senders_are_refused(one: str, other: str) -> None:
    flags = {one: "https://example.com", other: "https://example.com"}
    assert mistakes(**flags) == [
        f"`{one}` ({flag(one)}) and `{other}` ({flag(other)}) exclude each other."
    ]


def test_settings_smtp_password_without_tls_is_refused() -> None:
    secured: dict[str, Any] = {"smtp_username": "me", "smtp_password": "secret", "smtp_tls": "none"}
    [mistake] = mistakes(smtp_host="mail.example.com", **secured)
    assert mistake.startswith("`smtp_tls` must not be none (--smtp-tls)")
    assert given(smtp_host="localhost", **secured).smtp_tls == "none"


def test_triggers_of_all_sources_are_put_together(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.py").write_text("def handler(event, context): return event")
    (tmp_path / "poolhouse.toml").write_text(
        '[triggers]\none = "a.py:handler"\ntwo = "a.py:handler"\n'
    )
    variables = {"POOLHOUSE_TRIGGERS": "two=b.py:handler 'three=b.py:handler'"}
    flags = {"triggers": ["three=c.py:handler", "four=https://example.com/?a=b"]}
    assert load("dev", flags, variables).triggers == {
        "one": "a.py:handler",
        "two": "b.py:handler",
        "three": "c.py:handler",
        "four": "https://example.com/?a=b",
    }


@pytest.mark.parametrize(
    ("trigger", "sentence"),
    [
        ("f", "`triggers` must have the form FUNCTION=PLACE, but --trigger has another."),
        ("f=", "`triggers` must have the form FUNCTION=PLACE, but --trigger has another."),
        ("=place", "`triggers` must have the form FUNCTION=PLACE, but --trigger has another."),
        ("f=none.py:handler", "--trigger has a trigger that can't be used: f: there is no file"),
        ("a b=none.py:handler", "--trigger has a trigger that can't be used: 'a b' is neither"),
        ("f=x.rb:handler", "--trigger has a trigger that can't be used: f: 'x.rb' is not a Python"),
    ],
)
def test_settings_unusable_trigger_is_refused(trigger: str, sentence: str) -> None:
    [mistake] = mistakes("dev", triggers=[trigger])
    assert mistake.startswith(sentence)


def test_settings_tool_does_not_load_triggers() -> None:
    """It may run on another machine, with the settings of the server."""
    assert given("tool", triggers=["f=none.py:handler"]).triggers == {"f": "none.py:handler"}


def test_settings_round_trip_to_a_worker() -> None:
    settings = Settings(
        data=Path("/data"), triggers={"f": "a.py:h"}, tls_key=Path("k"), trigger_seconds=900.0
    )
    decoded = msgspec.json.decode(
        orders(settings), type=Settings, dec_hook=lambda _, text: Path(text)
    )
    assert decoded == settings
    assert b"\n" not in orders(Settings(smtp_password="a\nb"))


def test_settings_have_help() -> None:
    for name, facts in FACTS.items():
        assert facts.help.endswith("."), name
        assert facts.must, name


def test_settings_defaults_are_valid_values() -> None:
    for name, facts in FACTS.items():
        default = getattr(Settings(), name)
        if not isinstance(default, Path):
            assert msgspec.convert(default, facts.type, dec_hook=lambda _, it: it) == default, name


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"]
)
def test_settings_non_loopback_address_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)
