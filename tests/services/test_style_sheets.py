"""Style sheets of app clients: made once a version, and few at a time."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from poolhouse.entities.pool_resources import ManagedLoginBranding
from poolhouse.services.branding import MOST_SHEETS, StyleSheets

NOW = datetime(2026, 11, 30, tzinfo=UTC)
STYLE = ManagedLoginBranding(
    pool_id="us-east-1_Abc123",
    branding_id="b",
    client_id="c",
    settings={"components": {"pageBackground": {"lightMode": {"color": "fff8e7ff"}}}},
    created_at=NOW,
    modified_at=NOW,
)


def test_style_sheet_of_one_version_is_made_once() -> None:
    sheets = StyleSheets()
    made = sheets.of(STYLE)
    assert sheets.of(replace(STYLE)) is made
    changed = replace(STYLE, settings=None, modified_at=NOW + timedelta(milliseconds=1))
    assert sheets.of(changed).name != made.name


def test_name_of_style_sheet_depends_on_its_content_alone() -> None:
    first, second = StyleSheets().of(STYLE), StyleSheets().of(replace(STYLE, client_id="d"))
    assert first == second


def test_cached_style_sheets_are_bounded() -> None:
    sheets = StyleSheets()
    for number in range(3 * MOST_SHEETS):
        sheets.of(replace(STYLE, client_id=f"c{number}"))
        assert len(sheets._made) <= MOST_SHEETS
