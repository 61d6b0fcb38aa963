"""Load settings from the file, the environment and the flags; later ones override earlier ones.

An operator gets all mistakes at once, not one per try.
"""

import difflib
import shlex
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from poolhouse.bootstrap import page_changes
from poolhouse.config.settings import FACTS, BadSettings, Purpose, Settings
from poolhouse.config.validation import validate

PREFIX: Final = "POOLHOUSE_"
DEFAULT_FILE: Final = Path("poolhouse.toml")

_SERVERS: Final = frozenset({"public_url", "ses_endpoint", "sns_endpoint"})
"""Addresses of whole servers."""


class _Given(NamedTuple):
    """A value with the place it was given in; texts are still to be read as what they stand for."""

    value: Any
    source: str
    is_text: bool


def load(
    purpose: Purpose,
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    file: Path | None = None,
) -> Settings:
    """Return the settings from their defaults, the file, the environment and the flags.

    `flags` maps names to texts, bools, for `region` a list, or for `triggers` a list of
    `FUNCTION=PLACE`; None is a flag that wasn't given. Without `file`, POOLHOUSE_CONFIG names it,
    else ./poolhouse.toml is read if it is there. Triggers of all sources are put together. Raises
    BadSettings.
    """
    mistakes: list[str] = []
    given: dict[str, _Given] = {}
    triggers: dict[str, _Given] = {}
    sources = (
        _from_file(file, environment, mistakes, purpose),
        _from_environment(environment, mistakes),
        _from_flags(flags),
    )
    for source in sources:
        if found := source.pop("triggers", None):
            triggers |= _triggers(found, mistakes)
        given |= source
    values = {}
    for name, one in given.items():
        try:
            values[name] = _value(name, one)
        except ValueError:
            mistakes.append(_not_that(name, one))
    values["triggers"] = {function: one.value for function, one in triggers.items()}
    settings = Settings(dev=purpose == "dev", **values)
    origins = {name: one.source for name, one in given.items()}
    mistakes += validate(settings, purpose, origins)
    if purpose != "tool":
        mistakes += _unusable_triggers(triggers)
        mistakes += _unusable_sender_key(settings.sender_key, origins)
        mistakes += page_changes.mistakes(settings, origins)
    if mistakes:
        raise BadSettings(mistakes)
    return settings


# --- Sources --------------------------------------------------------------------------------


def _from_file(
    file: Path | None, environment: Mapping[str, str], mistakes: list[str], purpose: Purpose
) -> dict[str, _Given]:
    if file is None and (named := environment.get(f"{PREFIX}CONFIG")):
        file = Path(named)
    if file is None and not DEFAULT_FILE.exists():
        return {}
    import tomllib  # noqa: PLC0415 - only a start with a file pays for it

    path = file or DEFAULT_FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        mistakes.append(f"The settings file {path} can't be read: {error.strerror}.")
        return {}
    except ValueError as error:
        mistakes.append(f"The settings file {path} is not TOML: {error}.")
        return {}
    mistakes += [
        f"Unknown setting `{name}` in {path}{_perhaps(name)}"
        for name in sorted(table.keys() - FACTS.keys())
    ]
    if purpose == "serve":
        mistakes += _open_to_others(path, table)
    known = table.keys() & FACTS.keys()
    return {name: _Given(table[name], str(path), is_text=False) for name in FACTS if name in known}


def _open_to_others(path: Path, table: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence if other users could read the file's secrets, or name functions in it."""
    mode = path.stat().st_mode
    secrets = [name for name in table if name in FACTS and _is_secret(name, table[name])]
    if secrets and mode & stat.S_IROTH:
        yield (
            f"The settings file {path} holds `{secrets[0]}` and can be read by other users:"
            f" chmod o-r {path}"
        )
    if mode & stat.S_IWOTH:
        yield f"The settings file {path} can be changed by other users: chmod o-w {path}"


def _is_secret(name: str, value: object) -> bool:
    """Return whether a value is secret; an address is secret if it has a password or a token."""
    if name == "store" and isinstance(value, str):
        return "password=" in value or ":" in value.partition("://")[2].rpartition("@")[0]
    if name == "sms_webhook":
        return "?" in str(value)
    return FACTS[name].secret


def _from_environment(environment: Mapping[str, str], mistakes: list[str]) -> dict[str, _Given]:
    """Return whether a variable was given: an empty one wasn't, as in files for containers."""
    found = {}
    names = {_variable(name): name for name in FACTS}
    for variable, text in sorted(environment.items()):
        if not variable.startswith(PREFIX) or not text or variable == f"{PREFIX}CONFIG":
            continue
        if variable in names:
            found[names[variable]] = _Given(text, variable, is_text=True)
        else:
            name = variable.removeprefix(PREFIX)
            mistakes.append(f"Unknown setting {variable}{_perhaps(name.lower(), _variable)}")
    return found


def _from_flags(flags: Mapping[str, Any]) -> dict[str, _Given]:
    given = {name: value for name, value in flags.items() if value is not None and value != []}
    if isinstance(several := given.get("region"), list):
        given["region"] = ",".join(several)
    return {
        name: _Given(value, flag(name), is_text=isinstance(value, str))
        for name, value in given.items()
    }


def flag(name: str) -> str:
    """Return the flag of a setting. Triggers are given one by one."""
    return "--trigger" if name == "triggers" else "--" + name.replace("_", "-")


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _perhaps(name: str, written: Callable[[str], str] = str) -> str:
    """Return a suggestion for an unknown name: the setting that it resembles, as it is written."""
    close = difflib.get_close_matches(name, FACTS, 1)
    return f"; did you mean `{written(close[0])}`?" if close else "."


# --- Values ---------------------------------------------------------------------------------


def _value(name: str, given: _Given) -> Any:
    """Read a value as its setting's type. Raises ValueError."""
    value = given.value
    if name == "environment" and given.is_text:
        value = _environment(value)
    if name == "domain_certificates" and given.is_text:
        value = _certificates(value)
    if name == "region":
        value = _listed(value)
    value = msgspec.convert(value, FACTS[name].type, strict=not given.is_text, dec_hook=_path)
    if name in _SERVERS and value is not None:
        return _origin(value)
    if name == "store" and value is not None:
        _check_hosts(value)
    return value


def _environment(text: str) -> dict[str, dict[str, str]]:
    """Read FUNCTION:NAME=VALUE parts, quoted as in a shell. Raises ValueError."""
    found: dict[str, dict[str, str]] = {}
    for part in shlex.split(text):
        place, _, value = part.partition("=")
        function, _, name = place.rpartition(":")
        found.setdefault(function, {})[name] = value
    return found


def _certificates(text: str) -> dict[str, list[str]]:
    """Read HOST=CERTIFICATE,KEY parts, quoted as in a shell. Raises ValueError."""
    parts = (part.partition("=") for part in shlex.split(text))
    return {host: files.split(",") for host, _, files in parts}


def _listed(value: Any) -> Any:
    """Split texts at their commas: `a,b` is as good as a list of two, or as two flags."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        return value
    parts = (part.strip() for text in texts for part in text.split(","))
    return list(dict.fromkeys(parts))


def _path(kind: type, value: object) -> Path:
    if kind is not Path or not isinstance(value, str) or not value:
        raise ValueError("not a path")
    return Path(value)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    bare = not (parts.query or parts.fragment or parts.username) and parts.path in {"", "/"}
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0 or not bare:
        raise ValueError("not the address of a server")
    return url.rstrip("/")


def _check_hosts(url: str) -> None:
    """Check the hosts of PostgreSQL's address, each with its port. Raises ValueError.

    It finds a password whose slash isn't escaped, too: that would look like a port.
    """
    for host in urlsplit(url).netloc.rpartition("@")[2].split(","):
        _ = urlsplit(f"//{host}").port


def _not_that(name: str, given: _Given) -> str:
    """Return the sentence on a wrong value. An address is shown only without a password."""
    facts = FACTS[name]
    hidden = facts.secret or "@" in str(given.value)
    shown = "something else" if hidden else repr(given.value)
    return f"`{name}` must be {facts.must}, but {given.source} has {shown}."


def _triggers(given: _Given, mistakes: list[str]) -> dict[str, _Given]:
    """Return places by function, from a table, from flags, or from `FUNCTION=PLACE` parts."""
    value = given.value
    if isinstance(value, str):
        try:
            value = shlex.split(value)
        except ValueError:
            value = None
    if isinstance(value, list):
        parts = [str(part).partition("=") for part in value]
        value = {function: place for function, _, place in parts}
    if not isinstance(value, dict) or not all(
        function and isinstance(place, str) and place for function, place in value.items()
    ):
        mistakes.append(
            f"`triggers` must have the form FUNCTION=PLACE, but {given.source} has another."
        )
        return {}
    return {function: given._replace(value=place) for function, place in value.items()}


def _unusable_triggers(triggers: Mapping[str, _Given]) -> Iterator[str]:
    """Try to make each transport; none of them runs anything before it is first invoked."""
    if not triggers:
        return
    from poolhouse.triggers.factory import (  # noqa: PLC0415 - only if needed
        TransportDependencies,
        transport,
    )

    unused: Any = None
    dependencies = TransportDependencies(
        client=lambda: unused,
        now=unused,
        wall_clock=unused,
        new_request_id=unused,
        folder=Path.cwd(),
        python="",
        node="",
    )
    for function, given in triggers.items():
        try:
            transport(function, given.value, dependencies)
        except ValueError as error:
            yield f"{given.source} has a trigger that can't be used: {error}."


def _unusable_sender_key(place: str | None, origins: Mapping[str, str]) -> Iterator[str]:
    """Try to load it: a message that can't be sealed would wait without any error."""
    if place is None:
        return
    try:
        from poolhouse.triggers.data_keys import data_key_source  # noqa: PLC0415 - only if needed

        unused: Any = None
        data_key_source(
            place, client=lambda: unused, credentials=None, now=unused, folder=Path.cwd()
        )
    except ImportError:
        yield (
            f"`sender_key` ({origins['sender_key']}) needs a library:"
            " pip install 'poolhouse[senders]'."
        )
    except ValueError as error:
        yield f"`sender_key` ({origins['sender_key']}) can't be used: {error}."
