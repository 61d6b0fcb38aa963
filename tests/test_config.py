"""The settings: their help, their secrets, and what doesn't go together."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from poolhouse.config import FACTS, Purpose, Settings, contradictions, is_loopback, master_key_file


def sentences(purpose: Purpose, **settings: Any) -> list[str]:
    return list(contradictions(Settings(**settings), purpose, dict.fromkeys(settings, "here")))


def test_every_setting_has_a_line_of_help_and_says_what_it_must_be() -> None:
    assert FACTS.keys() == set(Settings.__struct_fields__) - {"dev"}
    for name, facts in FACTS.items():
        assert facts.help.endswith("."), name
        assert facts.must and not facts.must.endswith("."), name


def test_every_default_is_a_value_that_the_setting_could_be_given() -> None:
    for name, facts in FACTS.items():
        default = getattr(Settings(), name)
        if not isinstance(default, Path):
            assert msgspec.convert(default, facts.type, dec_hook=lambda _, it: it) == default, name


def test_shown_settings_hold_no_secret() -> None:
    secrets = {
        name: f"secret {name}"
        for name, facts in FACTS.items()
        if facts.secret or "password" in name or "secret" in name or "token" in name
    }
    assert {"store", "smtp_password"} <= secrets.keys()
    assert "secret " not in repr(Settings(**secrets))


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
    ],
)
def test_loopback_is_told_by_the_address_alone(host: str, is_one: bool) -> None:
    assert is_loopback(host) is is_one


def test_the_master_key_is_in_the_data_directory_unless_it_is_elsewhere() -> None:
    assert master_key_file(Settings(data=Path("d"))) == Path("d/master.key")
    assert master_key_file(Settings(master_key=Path("/run/key"))) == Path("/run/key")


WELL_MATCHED: list[tuple[Purpose, dict[str, Any]]] = [
    ("dev", {}),
    ("dev", {"host": "::1", "memory": True, "code": "123456", "seed": "s"}),
    ("serve", {}),
    ("serve", {"workers": 8}),
    ("serve", {"host": "0.0.0.0", "behind_proxy": True}),
    ("serve", {"host": "::", "tls_certificate": Path("c"), "tls_key": Path("k")}),
    ("serve", {"smtp_username": "u", "smtp_password": "p", "smtp_host": "mail.example.com"}),
    ("serve", {"smtp_tls": "none", "smtp_host": "mail.example.com"}),
    ("tool", {"code": "123456", "seed": "s", "host": "0.0.0.0", "workers": 8}),
]


@pytest.mark.parametrize(("purpose", "settings"), WELL_MATCHED)
def test_settings_that_go_together(purpose: Purpose, settings: dict[str, Any]) -> None:
    assert sentences(purpose, **settings) == []


ILL_MATCHED: list[tuple[Purpose, dict[str, Any], str]] = [
    ("dev", {"host": "0.0.0.0"}, "`host` must be a loopback address, but here says '0.0.0.0'"),
    ("dev", {"workers": 2}, "`workers` (here) is for `poolhouse serve`"),
    ("dev", {"memory": True, "store": "sqlite:///x"}, "exclude each other"),
    ("serve", {"memory": True}, "`memory` (here) loses everything at the end"),
    ("serve", {"code": "123456"}, "`code` (here) makes every code the same"),
    ("serve", {"seed": "s"}, "`seed` (here) makes every secret guessable"),
    ("serve", {"host": "192.0.2.1"}, "set `tls_certificate` and `tls_key`, or `behind_proxy`"),
    ("tool", {"memory": True}, "`memory` (here) keeps the store inside the server"),
    ("tool", {"tls_certificate": Path("c")}, "`tls_certificate` (here) needs `tls_key` too."),
    ("tool", {"tls_key": Path("k")}, "`tls_key` (here) needs `tls_certificate` too."),
    ("tool", {"smtp_username": "u"}, "`smtp_username` (here) needs `smtp_password` too."),
    (
        "serve",
        {
            "smtp_tls": "none",
            "smtp_host": "mail.example.com",
            "smtp_username": "u",
            "smtp_password": "p",
        },
        "`smtp_tls` must not be none (here) when there is an `smtp_password`",
    ),
]


@pytest.mark.parametrize(("purpose", "settings", "part"), ILL_MATCHED)
def test_settings_that_do_not_go_together(
    purpose: Purpose, settings: dict[str, Any], part: str
) -> None:
    [sentence] = sentences(purpose, **settings)
    assert part in sentence
