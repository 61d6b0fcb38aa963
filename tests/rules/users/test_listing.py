"""Users as lists show them."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from poolhouse.entities.mfa import MfaSettings
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules.users import listing
from poolhouse.wire.structs import AttributeType, UserType

ZOE = User(
    sub="0b2f",
    pool_id="eu-west-1_Barn",
    username="zoe",
    status=UserStatus.CONFIRMED,
    enabled=False,
    attributes={"custom:forever": "so"},
    created_at=datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
    modified_at=datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("names", "answered"),
    [
        (None, ["sub", "custom:forever"]),
        ([], []),
        (["custom:forever"], ["custom:forever"]),
        (["email"], []),
        (["email", "sub"], ["sub"]),
    ],
)
def test_described_user_has_only_requested_attributes(
    names: list[str] | None, answered: list[str]
) -> None:
    """aws-sdk-js#2203."""
    shown = listing.described(listing.listed(ZOE), names)
    assert [attribute.Name for attribute in shown.Attributes or []] == answered


def test_described_user_shows_everything_but_secrets() -> None:
    assert listing.described(listing.listed(ZOE)) == UserType(
        Username="zoe",
        Attributes=[
            AttributeType(Name="sub", Value="0b2f"),
            AttributeType(Name="custom:forever", Value="so"),
        ],
        UserCreateDate=1767323045.678,
        UserLastModifiedDate=1767323046.0,
        Enabled=False,
        UserStatus=UserStatus.CONFIRMED,
    )


def test_described_user_mfa_options_show_sms_only() -> None:
    """MFAOptions is the form of before there were other factors (API model of UserType)."""
    for settings, shown in ((MfaSettings(sms=True), 1), (MfaSettings(email=True), 0)):
        listed = listing.listed(ZOE)
        options = listing.described(replace(listed, mfa=settings)).MFAOptions
        assert len(options or []) == shown
