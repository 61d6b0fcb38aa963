"""The regions that a server serves: one or several, from every source of settings."""

from pathlib import Path
from typing import Any

import pytest

from poolhouse.bootstrap.settings import load
from poolhouse.config.settings import BadSettings


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a poolhouse.toml of the machine that runs these tests."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "given",
    [
        {"flags": {"region": ["eu-west-1", "us-east-1"]}},
        {"flags": {"region": ["eu-west-1,us-east-1,eu-west-1"]}},
        {"flags": {"region": "eu-west-1, us-east-1"}},
        {"variable": "eu-west-1,us-east-1"},
        {"file": "['eu-west-1', 'us-east-1']"},
        {"file": "'eu-west-1,us-east-1'"},
    ],
)
def test_load_several_regions_keeps_their_order(tmp_path: Path, given: dict[str, Any]) -> None:
    if "file" in given:
        (tmp_path / "poolhouse.toml").write_text(f"region = {given['file']}\n")
    variables = {"POOLHOUSE_REGION": given.get("variable", "")}
    settings = load("serve", given.get("flags", {}), variables)
    assert settings.region == ("eu-west-1", "us-east-1")
    assert settings.home_region == "eu-west-1"


@pytest.mark.parametrize("value", ["[]", "['here']", "1", "[1]"])
def test_load_file_without_a_region_is_refused(tmp_path: Path, value: str) -> None:
    (tmp_path / "poolhouse.toml").write_text(f"region = {value}\n")
    with pytest.raises(BadSettings, match=r"`region` must be .*, but poolhouse\.toml has"):
        load("serve", {}, {})
